/* SPDX-License-Identifier: GPL-2.0-or-later
 * Telling the observer of a run, who need not want to know everything.
 */
#include "xlite/run/run.h"

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
