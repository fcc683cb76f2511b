/* SPDX-License-Identifier: GPL-2.0-or-later
 * Watches, the queue of events and waiting for a node, against a fake xenstored.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/clock.h"
#include "tests/unit/fake_store.h"

static struct xlite_error err;
static const char *path, *token;

static int clear_error(void **state)
{
	memset(&err, 0, sizeof(err));
	alarm(60);
	return 0;
}

/* A client that watches "/w" with the token "t". */
static void watch_init(struct fake *fake)
{
	fake_init(fake, NULL);
	fake_say(fake, XS_WATCH, 1, "OK", 3);
	fake_flush(fake);
	assert_int_equal(xlite_store_watch(fake->store, "/w", "t", &err), 0);
}

static int next_event(struct fake *fake, int ms)
{
	return xlite_store_event(fake->store, ms ? clock_deadline_ms(ms) : 0, &path, &token, &err);
}

static void events_in_order_and_once(void **state)
{
	struct fake fake;

	watch_init(&fake);
	assert_int_equal(next_event(&fake, 0), -ETIMEDOUT);
	fake_event(&fake, "/w/1", "t");
	fake_event(&fake, "/w/2", "t");
	fake_event(&fake, "/w/1", "t");
	fake_event(&fake, "/w/2", "other");
	fake_event(&fake, "/w/3", "t");
	fake_flush(&fake);
	assert_int_equal(next_event(&fake, 1000), 0);
	assert_string_equal(path, "/w/1");
	assert_string_equal(token, "t");
	assert_int_equal(next_event(&fake, 0), 0);
	assert_string_equal(path, "/w/2");
	/* Once given out, it may come again. */
	fake_event(&fake, "/w/1", "t");
	fake_flush(&fake);
	assert_int_equal(next_event(&fake, 0), 0);
	assert_string_equal(path, "/w/3");
	assert_int_equal(next_event(&fake, 1000), 0);
	assert_string_equal(path, "/w/1");
	assert_int_equal(next_event(&fake, 10), -ETIMEDOUT);
	fake_clear(&fake);
}

static void flood_is_merged(void **state)
{
	struct fake fake;
	char node[32];
	bool root = false;
	int nr = 0;

	watch_init(&fake);
	for (int i = 0; i < 3000; i++) {
		snprintf(node, sizeof(node), "/w/%d", i);
		fake_event(&fake, node, "t");
		fake_flush(&fake);
		if (i % 100 == 0) {
			/* Takes in what came, by way of a request. */
			fake_say(&fake, XS_WRITE, (uint32_t)(2 + i / 100), "OK", 3);
			fake_flush(&fake);
			assert_int_equal(xlite_store_write(fake.store, 0, "/x", "", &err), 0);
		}
	}
	while (!next_event(&fake, 0)) {
		root = root || !strcmp(path, "/w");
		nr++;
	}
	assert_true(root);
	assert_in_range(nr, 500, 520 + 100);
	fake_clear(&fake);
}

static void answer_events_only(struct fake *fake, const struct fake_request *request)
{
	for (int i = 0; i < 200; i++) {
		fake_event(fake, "/w", "t");
		fake_flush(fake);
		usleep(10000);
	}
}

static void events_are_no_answer(void **state)
{
	int64_t from = clock_now_ns();
	struct fake fake;

	fake_init(&fake, answer_events_only);
	xlite_store_set_timeout(fake.store, 100);
	assert_int_equal(xlite_store_write(fake.store, 0, "/x", "y", &err), -ETIMEDOUT);
	assert_in_range(clock_now_ns() - from, 100 * NS_PER_MS, 1000 * NS_PER_MS);
	fake_clear(&fake);
}

static void unwatch_forgets(void **state)
{
	struct fake fake;

	watch_init(&fake);
	assert_int_equal(xlite_store_watch(fake.store, "/v", "t", &err), -EEXIST);
	assert_int_equal(xlite_store_unwatch(fake.store, "/v", "t", &err), -ENOENT);
	assert_int_equal(xlite_store_unwatch(fake.store, "/w", "u", &err), -ENOENT);
	fake_event(&fake, "/w/1", "t");
	fake_say(&fake, XS_UNWATCH, 2, "OK", 3);
	fake_event(&fake, "/w/2", "t");
	fake_flush(&fake);
	assert_int_equal(xlite_store_unwatch(fake.store, "/w", "t", &err), 0);
	assert_int_equal(next_event(&fake, 10), -ETIMEDOUT);
	fake_clear(&fake);
}

static void refused_watch_is_none(void **state)
{
	struct fake fake;

	fake_init(&fake, NULL);
	fake_error(&fake, 1, "ENOSPC");
	fake_flush(&fake);
	assert_int_equal(xlite_store_watch(fake.store, "/w", "t", &err), -ENOSPC);
	assert_non_null(strstr(err.message, "watch /w"));
	fake_event(&fake, "/w", "t");
	fake_flush(&fake);
	assert_int_equal(next_event(&fake, 10), -ETIMEDOUT);
	fake_clear(&fake);
}

static void answer_nobody_asked_for(void **state)
{
	struct fake fake;

	watch_init(&fake);
	fake_text(&fake, XS_READ, 1, "v");
	fake_flush(&fake);
	assert_int_equal(next_event(&fake, 1000), -EPROTO);
	assert_int_equal(next_event(&fake, 1000), -EPROTO);
	fake_clear(&fake);
}

static void event_ends_with_the_connection(void **state)
{
	struct fake fake;

	watch_init(&fake);
	fake_event(&fake, "/w", "t");
	fake.out.len--;
	fake_flush(&fake);
	close(fake.fd);
	fake.fd = -1;
	assert_int_equal(next_event(&fake, 1000), -ECONNRESET);
	fake_clear(&fake);
}

static void on_signal(int sig)
{
}

static void signal_interrupts(void **state)
{
	struct itimerval timer = { .it_value.tv_usec = 20000 };
	struct sigaction sa = { .sa_handler = on_signal }, old;
	struct fake fake;

	watch_init(&fake);
	sigaction(SIGALRM, &sa, &old);
	setitimer(ITIMER_REAL, &timer, NULL);
	assert_int_equal(next_event(&fake, 10000), -EINTR);
	assert_int_equal(xlite_error_exit(&err), XLITE_INTERRUPTED);
	sigaction(SIGALRM, &old, NULL);
	fake_event(&fake, "/w", "t");
	fake_flush(&fake);
	assert_int_equal(next_event(&fake, 1000), 0);
	fake_clear(&fake);
}

/* A node that changes with each read: mode counts down, at 0 it holds "4"; below, it is gone. */
static void answer_wait(struct fake *fake, const struct fake_request *request)
{
	char value[16];

	if (request->type == XS_WATCH) {
		fake_event(fake, request->body, request->body + strlen(request->body) + 1);
		fake_ok(fake, request);
	} else if (request->type == XS_READ) {
		if (fake->mode < 0) {
			fake_error(fake, request->id, "ENOENT");
			return;
		}
		snprintf(value, sizeof(value), "%d", fake->mode--);
		fake_text(fake, XS_READ, request->id, value);
		fake_event(fake, "/n", "xlite-wait-1");
	} else {
		fake_plain(fake, request);
	}
}

static void wait_for_a_value(void **state)
{
	static const char *const values[] = { "zzz", "2", "1", NULL };
	struct fake fake;
	size_t which = 9;

	fake_init(&fake, answer_wait);
	fake.mode = 5;
	assert_int_equal(xlite_store_wait(fake.store, "/n", values, clock_deadline_ms(5000), &which, &err), 0);
	assert_int_equal(which, 1);
	assert_int_equal(next_event(&fake, 10), -ETIMEDOUT);
	fake_clear(&fake);
}

static void wait_for_the_end(void **state)
{
	static const char *const none[] = { NULL };
	struct fake fake;

	fake_init(&fake, answer_wait);
	fake.mode = 3;
	assert_int_equal(xlite_store_wait(fake.store, "/n", none, clock_deadline_ms(5000), NULL, &err), 0);
	fake_clear(&fake);
}

static void guest_that_writes_for_ever(void **state)
{
	static const char *const values[] = { "never", NULL };
	int64_t from = clock_now_ns();
	struct fake fake;

	fake_init(&fake, answer_wait);
	fake.mode = 100000000;
	assert_int_equal(xlite_store_wait(fake.store, "/n", values, clock_deadline_ms(300), NULL, &err), -ETIMEDOUT);
	assert_in_range(clock_now_ns() - from, 300 * NS_PER_MS, 3000 * NS_PER_MS);
	assert_non_null(strstr(err.message, "/n"));
	assert_int_equal(xlite_store_write(fake.store, 0, "/still", "usable", &err), 0);
	fake_clear(&fake);
	/* 8 at once and then 50 a second. */
	assert_in_range(fake.nr_requests, 10, 40);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, clear_error)
	const struct CMUnitTest tests[] = {
		CASE(events_in_order_and_once), CASE(flood_is_merged), CASE(events_are_no_answer),
		CASE(unwatch_forgets), CASE(refused_watch_is_none),
		CASE(answer_nobody_asked_for), CASE(event_ends_with_the_connection), CASE(signal_interrupts),
		CASE(wait_for_a_value), CASE(wait_for_the_end), CASE(guest_that_writes_for_ever),
	};

	return cmocka_run_group_tests_name("store_watch", tests, NULL, NULL);
}
