/* SPDX-License-Identifier: GPL-2.0-or-later
 * The loop of the watch: one ppoll(2) on all that can happen. Nothing wakes it but an event, or the time of something
 * that is due; a service manager's watchdog is the one thing that wants it to be awake now and then.
 */
#include "xlite/run/watch.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/auto.h"
#include "common/buf.h"
#include "common/clock.h"
#include "xlite/run/watch_int.h"

#define RELEASE "@releaseDomain"
#define TOKEN "watch"

static void say(const struct watch_loop *loop, const char *text)
{
	loop->watch->say(loop->watch->ctx, text);
}

/* All events that have come; asking for anything may have brought some. */
static int hear_store(struct watch_loop *loop, struct xlite_error *err)
{
	struct xlite_error none = { 0 };
	const char *path, *token;
	int rc;

	while (!(rc = xlite_store_event(loop->host.store, 0, &path, &token, &none)))
		loop->look = true;
	if (rc == -ETIMEDOUT || rc == -EINTR)
		return 0;
	*err = none;
	return rc;
}

static int look(struct watch_loop *loop, struct xlite_error *err)
{
	int rc = 0;

	while (!rc && loop->look) {
		loop->look = false;
		rc = watch_domains_look(&loop->domains, &loop->host, watch_now_s(), err);
		if (!rc)
			rc = hear_store(loop, err);
	}
	for (size_t i = 0; i < loop->domains.nr && !rc; i++) {
		char text[512];

		if (watch_domains_say(&loop->domains.items[i], watch_now_s(), text, sizeof(text)))
			say(loop, text);
	}
	return rc;
}

static void answer(struct watch_loop *loop)
{
	auto_buf struct buf text = BUF_INIT;

	watch_status_print(&loop->domains, &loop->host, &loop->applied, loop->watch->about, &text);
	watch_seat_answer(&loop->seat, &text);
}

static int64_t min_ns(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When it must be awake again, whatever happens. */
static int64_t next_ns(const struct watch_loop *loop)
{
	uint64_t due_s = watch_domains_due_s(&loop->domains), now_s = watch_now_s();
	int64_t next = loop->alive_ns;

	if (!loop->mender.pid && due_s != UINT64_MAX)
		next = min_ns(next, clock_now_ns() + (due_s > now_s ? (int64_t)(due_s - now_s) * NS_PER_SEC : 0));
	if (!loop->applier.pid)
		next = min_ns(next, loop->apply_ns);
	return next;
}

static void wait_for_events(struct watch_loop *loop)
{
	struct pollfd ends[] = {
		{ .fd = xlite_store_fd(loop->host.store), .events = POLLIN }, { .fd = loop->seat.fd, .events = POLLIN },
		{ .fd = loop->files.fd, .events = POLLIN }, { .fd = loop->mender.pid ? loop->mender.fd : -1, .events = POLLIN },
		{ .fd = loop->applier.pid ? loop->applier.fd : -1, .events = POLLIN },
	};
	int64_t next = next_ns(loop), left = next == WATCH_NEVER ? 0 : next - clock_now_ns();
	struct timespec time = { .tv_sec = left > 0 ? left / NS_PER_SEC : 0, .tv_nsec = left > 0 ? left % NS_PER_SEC : 0 };

	if (ppoll(ends, ARRAY_SIZE(ends), next == WATCH_NEVER ? NULL : &time, &loop->mask) <= 0)
		return;
	if (ends[1].revents)
		answer(loop);
	if (ends[2].revents)
		watch_hear_files(loop);
	if (ends[3].revents)
		watch_hear_mender(loop);
	if (ends[4].revents)
		watch_hear_applier(loop);
}

static void tell_alive(struct watch_loop *loop)
{
	if (loop->alive_ns > clock_now_ns())
		return;
	run_notify(&loop->notify, "WATCHDOG=1");
	loop->alive_ns = clock_now_ns() + loop->notify.every_ns;
}

static void tell_status(struct watch_loop *loop)
{
	static char last[256];
	char text[256];

	watch_status_line(&loop->domains, &loop->applied, text, sizeof(text));
	if (!strcmp(text, last))
		return;
	strcpy(last, text);
	run_notify(&loop->notify, "STATUS=%s", text);
}

static void write_metrics(struct watch_loop *loop)
{
	struct xlite_error err = { 0 };

	if (watch_metrics_update(&loop->metrics, &loop->domains, &loop->applied, &err))
		run_tell_trouble(&loop->watch->run, &err);
}

static int turn(struct watch_loop *loop, struct xlite_error *err)
{
	int rc = 0;

	while (!rc && !*loop->watch->interrupted) {
		rc = hear_store(loop, err);
		if (!rc)
			rc = look(loop, err);
		if (rc)
			break;
		watch_start_due(loop);
		tell_alive(loop);
		tell_status(loop);
		write_metrics(loop);
		wait_for_events(loop);
	}
	return rc;
}

static void on_waits(void *ctx, int holder)
{
	struct watch_loop *loop = ctx;
	char text[128], who[32] = "";

	/* It may have ended just now, or be in another namespace. */
	if (holder > 0)
		snprintf(who, sizeof(who), " (pid %d)", holder);
	snprintf(text, sizeof(text), "another watch%s runs on this host; this one waits for its end", who);
	say(loop, text);
	run_notify(&loop->notify, "STATUS=waits for the end of another watch%s", who);
}

static int begin(struct watch_loop *loop, struct xlite_error *err)
{
	int rc = watch_seat_take(&loop->seat, on_waits, loop, err);

	if (!rc)
		rc = watch_open_host(loop, &loop->host, err);
	if (!rc)
		rc = xlite_store_watch(loop->host.store, RELEASE, TOKEN, err);
	return rc;
}

enum xlite_status run_watch(struct watch *watch, struct xlite_error *err)
{
	struct watch_loop loop = {
		.watch = watch, .seat = WATCH_SEAT_INIT, .files = WATCH_FILES_INIT, .look = true,
		.domains = { .longest_s = watch->longest_s, .files = watch->nr_paths },
		.apply_ns = watch->nr_paths ? 0 : WATCH_NEVER, .cause = WATCH_STARTED, .alive_ns = WATCH_NEVER,
		.metrics = { .path = watch->metrics, .began = time(NULL), .last = BUF_INIT },
	};
	sigset_t caught;
	int rc;

	run_notify_init(&loop.notify);
	rc = begin(&loop, err);
	/* From here on they come while it waits, and at no other time. */
	sigemptyset(&caught);
	sigaddset(&caught, SIGINT);
	sigaddset(&caught, SIGTERM);
	sigaddset(&caught, SIGHUP);
	sigprocmask(SIG_BLOCK, &caught, &loop.mask);
	if (!rc) {
		loop.alive_ns = loop.notify.every_ns ? 0 : WATCH_NEVER;
		run_notify(&loop.notify, "READY=1");
		rc = turn(&loop, err);
		watch_stop(&loop);
	}
	sigprocmask(SIG_SETMASK, &loop.mask, NULL);
	watch_metrics_end(&loop.metrics);
	watch_domains_clear(&loop.domains);
	watch_files_clear(&loop.files);
	watch_seat_leave(&loop.seat);
	if (loop.host.xen || loop.host.store)
		host_close(&loop.host);
	return !rc || rc == -EINTR ? XLITE_OK : xlite_error_exit(err);
}
