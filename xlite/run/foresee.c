/* SPDX-License-Identifier: GPL-2.0-or-later
 * Plans that say what would be refused. The order of jobs is that of carrying out, so that what one domain gives up counts for the next.
 */
#include "xlite/run/foresee.h"

#include <errno.h>
#include <stdlib.h>

#include "common/auto.h"

/* The domains whose devices and memory count as free: the item's own, and those that are pruned for it. */
static const struct state_domain **list_ends(const struct job *job, size_t *nr)
{
	const struct state_domain **ends = calloc(job->nr_after + 1, sizeof(*ends));

	*nr = 0;
	if (!ends)
		return NULL;
	if (job->item->have)
		ends[(*nr)++] = job->item->have;
	for (size_t i = 0; i < job->nr_after; i++) {
		if (job->after[i]->item->pruned)
			ends[(*nr)++] = job->after[i]->item->have;
	}
	return ends;
}

int foresee_job(struct host *host, const struct job *job, struct xlite_error *err)
{
	auto_free const struct state_domain **ends = NULL;
	size_t nr;
	int rc;

	if (job->item->action == PLAN_CHANGE)
		return apply_foresee_change(host, job->item, err);
	ends = list_ends(job, &nr);
	if (!ends)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	rc = apply_foresee(host, job->item->want, ends, nr, err);
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
	jobs_clear(&jobs);
	return rc;
}

int foresee_plan(const struct run *run, struct plan *plan, struct xlite_error *err)
{
	auto_free const struct cfg_network **coming = list_coming(plan, &run->host->nr_coming);
	struct xlite_error room = { 0 };
	int rc = coming ? 0 : -ENOMEM;

	run->host->coming = coming;
	if (!rc && apply_check_room(run->host, plan, &room))
		refuse_all(plan, &room);
	else if (!rc)
		rc = foresee_jobs(run, plan);
	run->host->coming = NULL;
	run->host->nr_coming = 0;
	if (rc)
		return xlite_error_set(err, rc, "out of memory");
	plan_refuse_dependants(plan);
	plan_hold_prune(plan);
	return 0;
}
