/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a run has in hand; and telling its observer, who need not want to know everything.
 */
#include "xlite/run/run.h"

#include "common/clock.h"

#define OTHERS_S 60

int run_take_objects(const struct run *run, struct xlite_error *err)
{
	struct run_objects_wait wait = {
		.deadline_ns = clock_deadline_ms((int64_t)(run->options.timeout_s ? run->options.timeout_s : OTHERS_S) * 1000),
		.interrupted = run->host->interrupted, .waits = run->observer.waits, .ctx = run->observer.ctx,
	};

	return run->objects ? run_objects_take(run->objects, RUN_OBJECTS_FILE, &wait, err) : 0;
}

void run_tell_result(const struct run *run, const char *kind, const struct plan_item *item, const char *word, const struct xlite_error *err)
{
	if (run->observer.result)
		run->observer.result(run->observer.ctx, kind, item, word, err);
}

void run_tell_trouble(const struct run *run, const struct xlite_error *err)
{
	if (run->observer.trouble)
		run->observer.trouble(run->observer.ctx, err);
}

void run_tell_progress(const struct run *run, size_t finished, size_t total)
{
	if (run->observer.progress)
		run->observer.progress(run->observer.ctx, finished, total);
}
