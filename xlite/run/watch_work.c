/* SPDX-License-Identifier: GPL-2.0-or-later
 * The watch's two processes: one builds and removes domains that have ended, one applies files.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "xlite/run/watch_int.h"
#include "xlite/run/watch_mend.h"

/* Files are left alone for so long before they are read, but at most so long after the first change. */
#define SETTLE_MS 1000
#define SETTLE_MAX_MS 10000

static void trouble(const struct watch_loop *loop, const struct xlite_error *err)
{
	run_tell_trouble(&loop->watch->run, err);
}

int watch_open_host(struct watch_loop *loop, struct host *host, struct xlite_error *err)
{
	memset(host, 0, sizeof(*host));
	host->interrupted = loop->watch->interrupted;
	return host_open(host, err);
}

static int mend(void *ctx, int fd)
{
	struct watch_loop *loop = ctx;
	struct run_objects objects = RUN_OBJECTS_INIT;
	struct xlite_error err = { 0 };
	struct run run = loop->watch->run;
	struct host host;

	if (watch_open_host(loop, &host, &err)) {
		trouble(loop, &err);
		return xlite_error_exit(&err);
	}
	run.host = &host;
	run.objects = &objects;
	watch_mend(&run, &loop->domains, loop->mend_began_s, fd);
	host_close(&host);
	return 0;
}

static int apply(void *ctx, int fd)
{
	const struct watch_loop *loop = ctx;
	const struct watch *watch = loop->watch;
	struct watch_word word = { 0 };
	struct watch_ask ask = {
		.cause = loop->cause,
		.act = loop->cause != WATCH_TIME || !watch->drift_warns,
		.told = loop->drift,
		.tells = &word.hash,
	};
	int status = watch->apply(watch->ctx, &ask);

	watch_child_tell(fd, &word);
	return status;
}

static void start_mender(struct watch_loop *loop)
{
	struct xlite_error err = { 0 };

	loop->mend_began_s = watch_now_s();
	watch_domains_try(&loop->domains, loop->mend_began_s);
	if (watch_child_start(&loop->mender, mend, loop, &loop->mask, &err)) {
		trouble(loop, &err);
		watch_domains_tried(&loop->domains, loop->mend_began_s);
	}
}

void watch_plan_apply(struct watch_loop *loop, int64_t in_ns, enum watch_cause cause)
{
	int64_t at_ns = clock_now_ns() + in_ns;

	/* What a change asks for is more than what a time does. */
	if (at_ns < loop->apply_ns || cause == WATCH_CHANGED)
		loop->apply_ns = at_ns;
	if (loop->cause == WATCH_TIME || cause == WATCH_CHANGED)
		loop->cause = cause;
}

/* Watched before they are read, so that no change is missed between. */
static void arm_files(struct watch_loop *loop)
{
	struct xlite_error err = { 0 };

	if (watch_files_arm(&loop->files, loop->watch->paths, loop->watch->nr_paths, &err)) {
		xlite_error_prefix(&err, "changes of files may be missed");
		trouble(loop, &err);
	}
}

static void start_applier(struct watch_loop *loop)
{
	struct xlite_error err = { 0 };

	arm_files(loop);
	loop->changed_ns = 0;
	loop->apply_ns = WATCH_NEVER;
	loop->applied.cause = loop->cause;
	if (watch_child_start(&loop->applier, apply, loop, &loop->mask, &err)) {
		trouble(loop, &err);
		loop->applied.fails++;
		watch_plan_apply(loop, watch_retry_s(loop->applied.fails, loop->watch->longest_s) * NS_PER_SEC, loop->cause);
		return;
	}
	loop->cause = WATCH_TIME;
	if (loop->watch->interval_s)
		watch_plan_apply(loop, loop->watch->interval_s * NS_PER_SEC, WATCH_TIME);
}

/* What another run, or a time that was too short, kept it from is tried again; what files or the host refuse is not. */
static void applied(struct watch_loop *loop, int status)
{
	struct watch_applied *done = &loop->applied;

	done->known = true;
	done->status = status;
	done->at_s = watch_now_s();
	done->real_s = time(NULL);
	done->fails = status == XLITE_AGAIN || status == XLITE_TIMEOUT || status < 0 ? done->fails + 1 : 0;
	if (done->fails)
		watch_plan_apply(loop, watch_retry_s(done->fails, loop->watch->longest_s) * NS_PER_SEC, done->cause);
	loop->look = true;
}

void watch_hear_mender(struct watch_loop *loop)
{
	struct xlite_error err = { 0 };
	struct watch_word word;
	int status = 0;

	if (watch_child_hear(&loop->mender, &word, &status)) {
		watch_domains_take(&loop->domains, &word, watch_now_s());
		return;
	}
	loop->look = true;
	if (watch_domains_look(&loop->domains, &loop->host, watch_now_s(), &err))
		trouble(loop, &err);
	watch_domains_tried(&loop->domains, watch_now_s());
}

void watch_hear_applier(struct watch_loop *loop)
{
	struct watch_word word;
	int status = 0;

	if (watch_child_hear(&loop->applier, &word, &status))
		loop->drift = word.hash;
	else
		applied(loop, status);
}

void watch_hear_files(struct watch_loop *loop)
{
	int64_t now_ns = clock_now_ns(), settle_ns = SETTLE_MS * NS_PER_MS, last_ns;

	if (!watch_files_hear(&loop->files))
		return;
	if (!loop->changed_ns)
		loop->changed_ns = now_ns;
	last_ns = loop->changed_ns + SETTLE_MAX_MS * NS_PER_MS - now_ns;
	watch_plan_apply(loop, last_ns < 0 ? 0 : last_ns < settle_ns ? last_ns : settle_ns, WATCH_CHANGED);
}

void watch_start_due(struct watch_loop *loop)
{
	if (*loop->watch->hangup && loop->watch->nr_paths)
		watch_plan_apply(loop, 0, WATCH_CHANGED);
	*loop->watch->hangup = 0;
	if (!loop->mender.pid && watch_domains_due_s(&loop->domains) <= watch_now_s())
		start_mender(loop);
	if (!loop->applier.pid && loop->apply_ns <= clock_now_ns())
		start_applier(loop);
}

void watch_stop(struct watch_loop *loop)
{
	struct watch_word word;
	int status;

	run_notify(&loop->notify, "STOPPING=1");
	if (loop->mender.pid)
		kill(loop->mender.pid, SIGTERM);
	if (loop->applier.pid)
		kill(loop->applier.pid, SIGTERM);
	while (loop->mender.pid && watch_child_hear(&loop->mender, &word, &status))
		;
	while (loop->applier.pid && watch_child_hear(&loop->applier, &word, &status))
		;
}
