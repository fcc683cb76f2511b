/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a run has in hand; and telling its observer and the host's log what became of it.
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

static void log_result(const struct run *run, const struct run_result *result)
{
	const struct plan_item *item = result->item;
	uint32_t had = item->have ? item->have->info.domid : 0;
	struct run_log_entry entry = {
		.kind = result->kind,
		.name = item->name,
		.result = item->action == PLAN_REFUSED ? "refused" : result->word,
		.err = result->err,
		.domid = result->domid ? result->domid : had,
		.was = result->domid && result->domid != had ? had : 0,
		.item = item,
	};

	run_log_write(run->log, &entry);
}

void run_tell_result(const struct run *run, const struct run_result *result)
{
	if (run->log && result->item->action != PLAN_NONE)
		log_result(run, result);
	if (run->observer.result)
		run->observer.result(run->observer.ctx, result);
}

void run_tell_trouble(const struct run *run, const struct xlite_error *err)
{
	if (run->log)
		run_log_write(run->log, &(struct run_log_entry){ .result = "failed", .err = err });
	if (run->observer.trouble)
		run->observer.trouble(run->observer.ctx, err);
}

void run_tell_progress(const struct run *run, size_t finished, size_t total)
{
	if (run->observer.progress)
		run->observer.progress(run->observer.ctx, finished, total);
}
