/* SPDX-License-Identifier: GPL-2.0-or-later
 * Plans that say what would be refused. The order of jobs is that of carrying out, so that what one domain gives up
 * counts for the next.
 */
#include "xlite/run/foresee.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"

/* The item's own domain and those that are deleted before it, then those that give up something. */
static const struct state_domain **list_ends(const struct job *job, struct apply_ends *ends)
{
	const struct state_domain **items = calloc(job->nr_after + 1, sizeof(*items));

	*ends = (struct apply_ends){ .items = items };
	if (!items)
		return NULL;
	if (job->item->have)
		items[ends->nr++] = job->item->have;
	for (int gone = 1; gone >= 0; gone--) {
		for (size_t i = 0; i < job->nr_after; i++) {
			const struct plan_item *before = job->after[i]->item;

			if (before->have && (before->action == PLAN_DELETE) == gone && before->action != PLAN_NONE)
				items[ends->nr++] = before->have;
		}
		ends->nr_gone = gone ? ends->nr : ends->nr_gone;
	}
	return items;
}

/* Who was to give up what it needs is refused. */
static int foresee_takes(const struct job *job, struct xlite_error *err)
{
	char what[CLAIMS_TEXT_MAX];

	for (size_t i = 0; i < job->nr_after; i++) {
		const struct job *before = job->after[i];

		if (before->item->action == PLAN_REFUSED && job_takes(job, before, what))
			return xlite_error_status(err, -ECANCELED, before->item->status,
						  "%s, which was to give up %s, is refused", before->item->name, what);
	}
	return 0;
}

int foresee_job(struct host *host, const struct job *job, struct xlite_error *err)
{
	auto_free const struct state_domain **items = NULL;
	struct apply_ends ends;
	int rc = foresee_takes(job, err);

	if (rc)
		return rc;
	if (job->item->action == PLAN_CHANGE)
		return apply_foresee_change(host, job->item, job->nr_after, err);
	items = list_ends(job, &ends);
	if (!items)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	rc = apply_foresee(host, job->item->want, &ends, err);
	/* What went well may have left words of what was tried on the way. */
	if (!rc)
		*err = (struct xlite_error){ 0 };
	return rc;
}

static void refuse(struct plan_item *item, const struct xlite_error *found)
{
	plan_refuse(item, xlite_error_exit(found), found->hint, "%s", found->message);
	item->foretold = true;
}

/* Too little memory for all of them keeps each from being built. */
static void refuse_all(struct plan *plan, const struct xlite_error *found)
{
	for (size_t i = 0; i < plan->nr; i++) {
		if (apply_builds(&plan->items[i]))
			refuse(&plan->items[i], found);
	}
}

static bool is_made(const struct plan_item *item)
{
	return item->action == PLAN_CREATE || item->action == PLAN_CHANGE || item->action == PLAN_REPLACE;
}

static const struct cfg_network **list_coming(const struct plan *plan, size_t *nr)
{
	const struct cfg_network **coming = calloc(plan->nr_networks + 1, sizeof(*coming));

	*nr = 0;
	for (size_t i = 0; coming && i < plan->nr_networks; i++) {
		if (is_made(&plan->networks[i]))
			coming[(*nr)++] = plan->networks[i].want_network;
	}
	return coming;
}

/* Who stands before the one that was to give up something may be planned behind it. Returns whether any was refused. */
static bool refuse_takers(const struct jobs *jobs, struct plan *plan)
{
	bool any = false;

	for (size_t i = 0; i < plan->nr; i++) {
		struct plan_item *item = &plan->items[i];
		struct xlite_error found = { 0 };

		if ((!apply_builds(item) && item->action != PLAN_CHANGE) || !foresee_takes(&jobs->jobs[i], &found))
			continue;
		refuse(item, &found);
		any = true;
	}
	return any;
}

static int foresee_jobs(const struct run *run, struct plan *plan)
{
	struct jobs jobs;
	int rc = jobs_init(&jobs, run, plan);

	for (size_t i = 0; i < plan->nr && !rc; i++) {
		struct plan_item *item = &plan->items[i];
		struct xlite_error found = { 0 };

		if ((apply_builds(item) || item->action == PLAN_CHANGE) && foresee_job(run->host, &jobs.jobs[i], &found))
			refuse(item, &found);
	}
	while (!rc && refuse_takers(&jobs, plan))
		;
	jobs_clear(&jobs);
	return rc;
}

/* All that are in one are known before the first is refused. */
static void refuse_swaps(struct jobs *jobs, struct plan *plan)
{
	char (*texts)[CLAIMS_TEXT_MAX] = calloc(plan->nr + 1, sizeof(*texts));
	auto_free const struct job **others = calloc(plan->nr + 1, sizeof(*others));

	for (size_t i = 0; texts && others && i < plan->nr; i++)
		others[i] = jobs_find_swap(jobs, &jobs->jobs[i], texts[i]);
	for (size_t i = 0; texts && others && i < plan->nr; i++) {
		if (!others[i])
			continue;
		plan_refuse(&plan->items[i], XLITE_FAILED,
			    "apply documents first in which one of them does without what the other is to get, or is stopped; and then these",
			    "it is to get %s from %s, which waits for it in turn: one run cannot exchange that", texts[i], others[i]->item->name);
		plan->items[i].foretold = true;
	}
	free(texts);
}

int foresee_swaps(const struct run *run, struct plan *plan, struct xlite_error *err)
{
	struct jobs jobs;
	int rc = jobs_init(&jobs, run, plan);

	if (!rc)
		refuse_swaps(&jobs, plan);
	jobs_clear(&jobs);
	if (rc)
		return xlite_error_set(err, rc, "out of memory");
	plan_hold_prune(plan);
	return 0;
}

static bool is_planned(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->nr; i++) {
		if (plan->items[i].want && !strcmp(plan->items[i].name, name))
			return true;
	}
	return false;
}

/*
 * What depends on a domain that is neither in the plan nor on the host. Where a domain is to be created, the names of
 * all are known.
 */
static void refuse_without_dependency(const struct state *state, struct plan *plan)
{
	for (size_t i = 0; i < plan->nr; i++) {
		struct plan_item *item = &plan->items[i];

		for (size_t k = 0; item->action == PLAN_CREATE && k < item->want->nr_depends_on; k++) {
			const char *name = item->want->depends_on[k].name;

			if (is_planned(plan, name) || state_find_name(state, name))
				continue;
			plan_refuse(item, XLITE_FAILED, "apply its file first, or together with this one",
				    "depends_on: there is no domain %s on this host", name);
			item->foretold = true;
		}
	}
}

int foresee_plan(const struct run *run, const struct state *state, struct plan *plan, struct xlite_error *err)
{
	auto_free const struct cfg_network **coming = list_coming(plan, &run->host->nr_coming);
	struct xlite_error room = { 0 };
	int rc = coming ? 0 : -ENOMEM;

	run->host->coming = coming;
	run->host->planned = plan;
	if (!rc && apply_check_memory(run->host, plan, &room))
		refuse_all(plan, &room);
	else if (!rc)
		rc = foresee_jobs(run, plan);
	run->host->coming = NULL;
	run->host->planned = NULL;
	run->host->nr_coming = 0;
	if (rc)
		return xlite_error_set(err, rc, "out of memory");
	refuse_without_dependency(state, plan);
	plan_refuse_dependants(plan);
	plan_hold_prune(plan);
	return 0;
}
