/* SPDX-License-Identifier: GPL-2.0-or-later
 * The XenStore client against a xenstored that answers late, in pieces, in another order, wrongly or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/clock.h"
#include "tests/unit/fake_store.h"

static struct xlite_error err;

static int clear_error(void **state)
{
	memset(&err, 0, sizeof(err));
	/* A client that hangs is a failure. */
	alarm(60);
	return 0;
}

/* Reads "/x" with what was said in advance. */
static int read_x(struct fake *fake)
{
	char *value = NULL;
	size_t len;
	int ret;

	fake_flush(fake);
	ret = xlite_store_read(fake->store, 0, "/x", &value, &len, &err);
	free(value);
	return ret;
}

static void single_requests(void **state)
{
	struct fake fake;
	char *value, **names;
	size_t len, nr;

	for (size_t chunk = 0; chunk < 5; chunk++) {
		fake_init(&fake, fake_plain);
		fake.chunk = chunk;
		assert_int_equal(xlite_store_read(fake.store, 0, "/x", &value, &len, &err), 0);
		assert_int_equal(len, 5);
		assert_string_equal(value, "value");
		free(value);
		assert_int_equal(xlite_store_list(fake.store, 0, "/x", &names, &nr, &err), 0);
		assert_int_equal(nr, 2);
		assert_string_equal(names[0], "a");
		assert_string_equal(names[1], "b");
		assert_null(names[2]);
		free(names);
		assert_int_equal(xlite_store_write(fake.store, 0, "/x", "", &err), 0);
		assert_int_equal(xlite_store_remove(fake.store, 0, "/x", &err), 0);
		assert_int_equal(xlite_store_introduce(fake.store, 3, 0xfeffc, 1, &err), 0);
		assert_int_equal(xlite_store_release(fake.store, 3, &err), 0);
		assert_int_equal(xlite_store_counts(fake.store)->messages, 6);
		assert_int_equal(xlite_store_counts(fake.store)->writes, 2);
		assert_int_equal(xlite_store_counts(fake.store)->round_trips, 6);
		fake_clear(&fake);
	}
	assert_int_equal(err.code, 0);
}

static void check_bytes(struct fake *fake, const struct fake_request *request)
{
	if (request->type == XS_INTRODUCE)
		fake->mode = request->len == 10 && !memcmp(request->body, "3\0" "4096\0" "17", 10);
	if (request->type == XS_WRITE)
		fake->mode = request->txn == 5 && request->len == 6 && !memcmp(request->body, "/x\0abc", 6);
	if (request->type == XS_SET_PERMS)
		fake->mode = request->len == 9 && !memcmp(request->body, "/x\0n0\0r3", 9);
	if (request->type == XS_TRANSACTION_START || request->type == XS_RELEASE)
		fake->mode = request->len >= 1;
	fake_plain(fake, request);
}

static void bytes_on_the_wire(void **state)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	struct fake fake;

	fake_init(&fake, check_bytes);
	assert_int_equal(xlite_store_introduce(fake.store, 3, 4096, 17, &err), 0);
	assert_true(fake.mode);
	assert_int_equal(xlite_store_write(fake.store, 5, "/x", "abc", &err), 0);
	assert_true(fake.mode);
	xlite_store_batch_perms(batch, 0, 'n', 3, "/%s", "x");
	assert_int_equal(xlite_store_batch_run(fake.store, batch, &err), 0);
	assert_true(fake.mode);
	xlite_store_batch_free(batch);
	fake_clear(&fake);
}

struct split {
	struct fake *fake;
	size_t at;
};

static void *send_in_two(void *arg)
{
	struct split *split = arg;
	struct buf *out = &split->fake->out;

	send(split->fake->fd, out->data, split->at, 0);
	usleep(300);
	send(split->fake->fd, out->data + split->at, out->len - split->at, 0);
	return NULL;
}

static void split_at_every_byte(void **state)
{
	struct fake fake;
	struct split split = { .fake = &fake };
	size_t total = 2;
	const char *path, *token;

	for (split.at = 1; split.at < total; split.at++) {
		pthread_t thread;
		char *value;
		size_t len;

		fake_init(&fake, NULL);
		fake_say(&fake, XS_WATCH, 1, "OK", 3);
		fake_flush(&fake);
		assert_int_equal(xlite_store_watch(fake.store, "/w", "token", &err), 0);
		fake_event(&fake, "/w/before", "token");
		fake_say(&fake, XS_READ, 2, "value", 5);
		fake_event(&fake, "/w/after", "token");
		total = fake.out.len;
		assert_int_equal(pthread_create(&thread, NULL, send_in_two, &split), 0);
		assert_int_equal(xlite_store_read(fake.store, 0, "/x", &value, &len, &err), 0);
		assert_string_equal(value, "value");
		free(value);
		assert_int_equal(xlite_store_event(fake.store, clock_deadline_ms(5000), &path, &token, &err), 0);
		assert_string_equal(path, "/w/before");
		assert_int_equal(xlite_store_event(fake.store, clock_deadline_ms(5000), &path, &token, &err), 0);
		assert_string_equal(path, "/w/after");
		assert_string_equal(token, "token");
		pthread_join(thread, NULL);
		fake_clear(&fake);
	}
	assert_int_equal(total, 84);
}

static void answers_out_of_order(void **state)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	struct fake fake;
	size_t len;

	fake_init(&fake, NULL);
	for (int i = 0; i < 4; i++)
		assert_int_equal(xlite_store_batch_read(batch, "/%d", i), i);
	fake_text(&fake, XS_READ, 3, "two");
	fake_error(&fake, 1, "EACCES");
	fake_event(&fake, "/unasked", "for");
	fake_text(&fake, XS_READ, 4, "");
	fake_text(&fake, XS_READ, 2, "one");
	fake_flush(&fake);
	assert_int_equal(xlite_store_batch_run(fake.store, batch, &err), 0);
	assert_int_equal(xlite_store_batch_result(batch, 0), -EACCES);
	assert_null(xlite_store_batch_value(batch, 0, &len));
	assert_string_equal(xlite_store_batch_value(batch, 1, &len), "one");
	assert_string_equal(xlite_store_batch_value(batch, 2, &len), "two");
	assert_string_equal(xlite_store_batch_value(batch, 3, &len), "");
	assert_int_equal(len, 0);
	assert_int_equal(xlite_store_batch_result(batch, 4), -EINVAL);
	assert_int_equal(xlite_store_counts(fake.store)->round_trips, 1);
	xlite_store_batch_free(batch);
	fake_clear(&fake);
}

/* The connection is of no more use, and says why. */
static void assert_broken(struct fake *fake, int code, const char *why)
{
	assert_int_equal(err.code, code);
	assert_non_null(strstr(err.message, why));
	memset(&err, 0, sizeof(err));
	assert_int_equal(xlite_store_write(fake->store, 0, "/x", "y", &err), code);
	assert_non_null(strstr(err.message, "not usable any more"));
	assert_non_null(strstr(err.message, why));
}

static void wrong_answers(void **state)
{
	static const char list_without_nul[] = { 'a', 0, 'b' };
	static const struct {
		uint32_t type, id;
		const char *body;
		size_t len;
		const char *why;
	} cases[] = {
		{ XS_READ, 2, "v", 1, "nobody waits for" },
		{ XS_READ, 0, "v", 1, "nobody waits for" },
		{ XS_READ, UINT32_MAX, "v", 1, "nobody waits for" },
		{ XS_WRITE, 1, "OK", 3, "answered read with type 11" },
		{ XS_DIRECTORY, 1, list_without_nul, 3, "answered read with type 1" },
		{ 999, 1, "", 0, "answered read with type 999" },
		{ XS_WATCH_EVENT, 0, "/w", 3, "without path and token" },
		{ XS_WATCH_EVENT, 0, "/w\0tok", 6, "without path and token" },
		{ XS_WATCH_EVENT, 0, "/wtok", 5, "without path and token" },
		{ XS_WATCH_EVENT, 0, "", 0, "without path and token" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake fake;

		fake_init(&fake, NULL);
		fake_say(&fake, cases[i].type, cases[i].id, cases[i].body, cases[i].len);
		assert_int_equal(read_x(&fake), -EPROTO);
		assert_broken(&fake, -EPROTO, cases[i].why);
		fake_clear(&fake);
	}
}

static void answered_twice(void **state)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	struct fake fake;

	fake_init(&fake, NULL);
	xlite_store_batch_read(batch, "/a");
	xlite_store_batch_read(batch, "/b");
	fake_text(&fake, XS_READ, 1, "v");
	fake_text(&fake, XS_READ, 1, "v");
	fake_flush(&fake);
	assert_int_equal(xlite_store_batch_run(fake.store, batch, &err), -EPROTO);
	assert_broken(&fake, -EPROTO, "nobody waits for");
	xlite_store_batch_free(batch);
	fake_clear(&fake);
}

static void lengths_too_large(void **state)
{
	static const uint32_t lengths[] = { (256 << 10) + 1, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct xsd_sockmsg head = { .type = XS_READ, .req_id = 1, .len = lengths[i] };
		struct fake fake;

		fake_init(&fake, NULL);
		buf_add(&fake.out, &head, sizeof(head));
		assert_int_equal(read_x(&fake), -EPROTO);
		assert_broken(&fake, -EPROTO, "at most 262144 are expected");
		fake_clear(&fake);
	}
}

static void large_answer(void **state)
{
	static char text[200000];
	struct fake fake;
	char *value;
	size_t len;
	int size = 400000;

	memset(text, 'x', sizeof(text));
	fake_init(&fake, NULL);
	setsockopt(fake.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	fake_say(&fake, XS_READ, 1, text, sizeof(text));
	fake.chunk = 1000;
	fake_flush(&fake);
	assert_int_equal(xlite_store_read(fake.store, 0, "/x", &value, &len, &err), 0);
	assert_int_equal(len, sizeof(text));
	assert_memory_equal(value, text, len);
	free(value);
	fake_clear(&fake);
}

static void end_at_every_byte(void **state)
{
	for (size_t keep = 0; keep < 21; keep++) {
		struct fake fake;

		fake_init(&fake, NULL);
		fake_say(&fake, XS_READ, 1, "value", 5);
		fake.out.len = keep;
		fake_flush(&fake);
		shutdown(fake.fd, SHUT_WR);
		assert_int_equal(read_x(&fake), -ECONNRESET);
		assert_int_equal(xlite_error_exit(&err), XLITE_AGAIN);
		assert_int_equal(!!strstr(err.message, "in the middle"), keep > 0);
		assert_broken(&fake, -ECONNRESET, "closed the connection");
		assert_int_equal(xlite_error_exit(&err), XLITE_AGAIN);
		fake_clear(&fake);
	}
}

static void xenstored_gone(void **state)
{
	struct fake fake;

	fake_init(&fake, NULL);
	close(fake.fd);
	fake.fd = -1;
	assert_int_equal(xlite_store_write(fake.store, 0, "/x", "y", &err), -EPIPE);
	assert_int_equal(xlite_error_exit(&err), XLITE_AGAIN);
	assert_true(err.hint[0]);
	fake_clear(&fake);
}

static void no_answer(void **state)
{
	struct fake fake;
	int64_t from = clock_now_ns();

	fake_init(&fake, NULL);
	xlite_store_set_timeout(fake.store, 50);
	/* Events and half an answer are no answer. */
	fake_event(&fake, "/w", "t");
	fake_say(&fake, XS_READ, 1, "value", 5);
	fake.out.len--;
	assert_int_equal(read_x(&fake), -ETIMEDOUT);
	assert_true(clock_now_ns() - from >= 50 * NS_PER_MS);
	assert_int_equal(xlite_error_exit(&err), XLITE_TIMEOUT);
	assert_broken(&fake, -ETIMEDOUT, "xenstored does not answer");
	fake_clear(&fake);
}

static void errors_by_name(void **state)
{
	static const struct {
		const char *name;
		size_t len;
		int code;
	} cases[] = {
		{ "ENOENT", 7, -ENOENT }, { "EPERM", 6, -EPERM }, { "EQUOTA", 7, -EDQUOT }, { "ENOSPC", 7, -ENOSPC },
		{ "EAGAIN", 7, -EAGAIN }, { "ENOEN", 6, -EIO }, { "EWEIRD", 7, -EIO }, { "", 0, -EIO }, { "", 1, -EIO },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake fake;

		fake_init(&fake, NULL);
		fake_say(&fake, XS_ERROR, 1, cases[i].name, cases[i].len);
		assert_int_equal(read_x(&fake), cases[i].code);
		assert_non_null(strstr(err.message, "read /x"));
		fake_clear(&fake);
	}
}

static void refused_before_sending(void **state)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	struct fake fake;
	char text[5000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	fake_init(&fake, fake_plain);
	text[4096 - 3] = '\0';
	assert_int_equal(xlite_store_write(fake.store, 0, "/x", text, &err), 0);
	text[4096 - 3] = 'x';
	text[4096 - 2] = '\0';
	assert_int_equal(xlite_store_write(fake.store, 0, "/x", text, &err), -E2BIG);
	assert_non_null(strstr(err.message, "write /x: a message of 4097 bytes, at most 4096"));
	text[4096 - 2] = 'x';
	xlite_store_batch_read(batch, "/%s", text);
	assert_int_equal(xlite_store_batch_run(fake.store, batch, &err), -E2BIG);
	assert_int_equal(xlite_store_batch_commit(fake.store, batch, clock_deadline_ms(100), &err), -E2BIG);
	assert_int_equal(xlite_store_write(fake.store, 0, "relative", "", &err), -EINVAL);
	assert_int_equal(xlite_store_write(fake.store, 0, "", "", &err), -EINVAL);
	assert_int_equal(xlite_store_watch(fake.store, text, "t", &err), -E2BIG);
	assert_int_equal(xlite_store_counts(fake.store)->messages, 1);
	xlite_store_batch_free(batch);
	fake_clear(&fake);
	assert_int_equal(fake.nr_requests, 1);
}

static void full_buffers(void **state)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	const size_t count = 4000;
	struct fake fake;
	char text[512];
	int size = 4096;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	fake_init(&fake, fake_plain);
	setsockopt(fake.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(xlite_store_fd(fake.store), SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	for (size_t i = 0; i < count; i++) {
		xlite_store_batch_write(batch, text, "/x/%zu", i);
		xlite_store_batch_read(batch, "/x/%zu", i);
	}
	assert_int_equal(xlite_store_batch_run(fake.store, batch, &err), 0);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(xlite_store_batch_result(batch, 2 * i), 0);
		assert_string_equal(xlite_store_batch_value(batch, 2 * i + 1, NULL), "value");
	}
	/* Again with what it holds, and then empty. */
	assert_int_equal(xlite_store_batch_run(fake.store, batch, &err), 0);
	xlite_store_batch_clear(batch);
	assert_int_equal(xlite_store_batch_run(fake.store, batch, &err), 0);
	xlite_store_batch_free(batch);
	fake_clear(&fake);
	assert_int_equal(fake.nr_requests, 4 * count);
}

static void children_in_any_order(void **state)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	struct fake fake;

	fake_init(&fake, fake_plain);
	xlite_store_batch_list(batch, "/x");
	xlite_store_batch_list(batch, "/y");
	xlite_store_batch_read(batch, "/z");
	assert_int_equal(xlite_store_batch_run(fake.store, batch, &err), 0);
	assert_string_equal(xlite_store_batch_child(batch, 1, 1), "b");
	assert_string_equal(xlite_store_batch_child(batch, 1, 0), "a");
	assert_string_equal(xlite_store_batch_child(batch, 0, 1), "b");
	assert_null(xlite_store_batch_child(batch, 0, 2));
	assert_null(xlite_store_batch_child(batch, 0, 7));
	assert_string_equal(xlite_store_batch_child(batch, 0, 0), "a");
	assert_null(xlite_store_batch_child(batch, 2, 0));
	assert_null(xlite_store_batch_child(batch, 3, 0));
	xlite_store_batch_free(batch);
	fake_clear(&fake);
}

static void damaged_lists(void **state)
{
	static const struct {
		const char *body;
		size_t len;
	} cases[] = { { "a", 1 }, { "a\0b", 3 }, { "a\0", 3 }, { "\0a", 3 }, { "", 1 }, { "a/b", 4 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake fake;
		char **names;
		size_t nr;

		fake_init(&fake, NULL);
		fake_say(&fake, XS_DIRECTORY, 1, cases[i].body, cases[i].len);
		fake_flush(&fake);
		assert_int_equal(xlite_store_list(fake.store, 0, "/x", &names, &nr, &err), -EPROTO);
		assert_broken(&fake, -EPROTO, "list of /x is damaged");
		fake_clear(&fake);
	}
}

/* Over the device the header counts as well; a pty is a device that hands bytes on. */
static void device_limit(void **state)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	struct xlite_store *store;
	struct termios mode;
	char text[4200];
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;

	assert_true(master >= 0);
	assert_int_equal(grantpt(master) || unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	assert_int_equal(tcgetattr(slave, &mode), 0);
	cfmakeraw(&mode);
	assert_int_equal(tcsetattr(slave, TCSANOW, &mode), 0);
	assert_int_equal(xlite_store_from_fd(&store, slave, &err), 0);
	memset(text, 'x', sizeof(text));
	text[4096 - 16 - 2] = '\0';
	assert_int_equal(xlite_store_write(store, 0, "/x", text, &err), -E2BIG);
	assert_non_null(strstr(err.message, "at most 4080"));
	/* One request at a time: the second is not sent before the first is answered. */
	xlite_store_set_timeout(store, 50);
	xlite_store_batch_read(batch, "/x");
	xlite_store_batch_read(batch, "/y");
	assert_int_equal(xlite_store_batch_run(store, batch, &err), -ETIMEDOUT);
	assert_int_equal(read(master, text, sizeof(text)), 16 + 3);
	assert_string_equal(text + 16, "/x");
	xlite_store_batch_free(batch);
	xlite_store_close(store);
	close(master);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, clear_error)
	const struct CMUnitTest tests[] = {
		CASE(single_requests), CASE(bytes_on_the_wire), CASE(split_at_every_byte), CASE(answers_out_of_order),
		CASE(wrong_answers), CASE(answered_twice), CASE(lengths_too_large), CASE(large_answer),
		CASE(end_at_every_byte), CASE(xenstored_gone), CASE(no_answer), CASE(errors_by_name),
		CASE(refused_before_sending), CASE(full_buffers), CASE(children_in_any_order), CASE(damaged_lists),
		CASE(device_limit),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
