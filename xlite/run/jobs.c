/* SPDX-License-Identifier: GPL-2.0-or-later
 * Jobs made from a plan: order, waits, how many at once.
 */
#include "xlite/run/jobs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Unless -j says otherwise: more at once wait for each other in Xen and in xenstored. */
#define AT_ONCE_MAX 8

/* Whether the item is more than a line of output. */
static bool is_work(const struct plan_item *item)
{
	return item->action != PLAN_NONE && item->action != PLAN_REFUSED;
}

static size_t count_at_once(const struct run *run, const struct plan *plan)
{
	size_t work = 0, wanted = run->options.jobs;
	long cpus;

	for (size_t i = 0; i < plan->nr; i++)
		work += is_work(&plan->items[i]);
	if (work < 2)
		return 1;
	if (!wanted) {
		cpus = sysconf(_SC_NPROCESSORS_ONLN);
		wanted = cpus < 1 ? 1 : cpus > AT_ONCE_MAX ? AT_ONCE_MAX : (size_t)cpus;
	}
	return wanted < work ? wanted : work;
}

static struct job *find_wanted(const struct jobs *jobs, const char *name)
{
	for (size_t i = 0; i < jobs->nr; i++) {
		if (jobs->jobs[i].item->want && !strcmp(jobs->jobs[i].item->name, name))
			return &jobs->jobs[i];
	}
	return NULL;
}

static int add_after(struct job *job, struct job *before)
{
	struct job **after = realloc(job->after, (job->nr_after + 1) * sizeof(struct job *));

	if (!after)
		return -ENOMEM;
	job->after = after;
	after[job->nr_after++] = before;
	return 0;
}

/* A domain is built after those it depends on, and when they are ready. */
static int init_build(struct jobs *jobs, struct job *job)
{
	const struct cfg_domain *want = job->item->want;
	int rc = 0;

	if (!want->nr_depends_on)
		return 0;
	job->waits = calloc(want->nr_depends_on, sizeof(*job->waits));
	if (!job->waits)
		return -ENOMEM;
	for (size_t i = 0; i < want->nr_depends_on && !rc; i++) {
		struct job *before = find_wanted(jobs, want->depends_on[i].name);

		ready_init(&job->waits[job->nr_waits++], &want->depends_on[i], before ? before->item->want : NULL);
		if (before && apply_builds(before->item))
			ready_note_log(&job->waits[i]);
		if (before)
			rc = add_after(job, before);
	}
	return rc;
}

static bool needs(const struct plan_item *item, const char *name)
{
	const struct cfg_domain *spec = item->have ? item->have->spec : NULL;

	for (size_t i = 0; spec && i < spec->nr_depends_on; i++) {
		if (!strcmp(spec->depends_on[i].name, name))
			return true;
	}
	return false;
}

/* A domain is removed after those that depend on it, as their records say. */
static int init_delete(struct jobs *jobs, struct job *job)
{
	int rc = 0;

	for (size_t i = 0; i < jobs->nr && !rc; i++) {
		struct job *other = &jobs->jobs[i];

		if (other != job && other->item->action == PLAN_DELETE && needs(other->item, job->item->name))
			rc = add_after(job, other);
	}
	return rc;
}

/*
 * Whether job waits for other, by whatever others that are not finished. The marks of an earlier search must have
 * been wiped.
 */
static bool waits_for(struct job *job, const struct job *other)
{
	if (job == other)
		return true;
	if (job->state == JOB_DONE || job->state == JOB_FAILED)
		return false;
	if (job->seen)
		return false;
	job->seen = true;
	for (size_t i = 0; i < job->nr_after; i++) {
		if (waits_for(job->after[i], other))
			return true;
	}
	return false;
}

/* What is built, or changed, may take over what a domain has that is pruned, such as its disk or MAC: that one goes first. */
static int init_successor(struct jobs *jobs, struct job *pruned)
{
	const struct cfg_domain *spec = pruned->item->have->spec;
	int rc = 0;

	for (size_t i = 0; i < jobs->nr && spec && !rc; i++) {
		const struct plan_item *item = jobs->jobs[i].item;

		if ((apply_builds(item) || item->action == PLAN_CHANGE) && claims_clash(item->want, spec))
			rc = add_after(&jobs->jobs[i], pruned);
	}
	return rc;
}

/* What the item's domain becomes; NULL: it ends. */
static const struct cfg_domain *becomes(const struct plan_item *item)
{
	return item->action == PLAN_DELETE ? NULL : item->want;
}

static bool gives(const struct plan_item *item)
{
	const struct cfg_domain *have = item->have ? item->have->spec : NULL;

	/* One that is refused keeps what it has: who is to get that is not begun. */
	return have && !item->pruned && item->action != PLAN_NONE && claims_left(have, becomes(item));
}

enum claims_pass job_takes(const struct job *job, const struct job *before, char text[CLAIMS_TEXT_MAX])
{
	const struct plan_item *item = job->item, *from = before->item;

	if (job == before || !gives(from) || (!apply_builds(item) && item->action != PLAN_CHANGE))
		return CLAIMS_NOTHING;
	return claims_pass(item->want, item->have ? item->have->spec : NULL, from->have->spec, becomes(from), text);
}

/*
 * What one gives up another may get in the same run: that one comes after it, whatever the order of the documents.
 * Ports are looked at when all else has its order, and can be exchanged: then only one waits.
 */
static int init_passing(struct jobs *jobs, struct job *from, enum claims_pass what)
{
	char text[CLAIMS_TEXT_MAX];
	int rc = 0;

	for (size_t i = 0; i < jobs->nr && !rc && gives(from->item); i++) {
		if (job_takes(&jobs->jobs[i], from, text) != what)
			continue;
		for (size_t k = 0; k < jobs->nr; k++)
			jobs->jobs[k].seen = false;
		if (what != CLAIMS_PORTS || !waits_for(from, &jobs->jobs[i]))
			rc = add_after(&jobs->jobs[i], from);
	}
	return rc;
}

/* Where Xen has not the memory for what is built, that of what is deleted is needed first. */
static int init_room(struct jobs *jobs, struct job *ends)
{
	int rc = 0;

	for (size_t i = 0; i < jobs->nr && !rc; i++) {
		if (apply_builds(jobs->jobs[i].item))
			rc = add_after(&jobs->jobs[i], ends);
	}
	return rc;
}

/* A domain is pruned when everything else has gone well, but for what waits for it. */
static int init_prune(struct jobs *jobs, struct job *pruned)
{
	int rc = 0;

	for (size_t i = 0; i < jobs->nr && !rc; i++) {
		struct job *other = &jobs->jobs[i];

		if (other->item->pruned)
			continue;
		for (size_t k = 0; k < jobs->nr; k++)
			jobs->jobs[k].seen = false;
		if (!waits_for(other, pruned))
			rc = add_after(pruned, other);
	}
	return rc;
}

static bool is_in_circle(struct jobs *jobs, struct job *job)
{
	for (size_t i = 0; i < jobs->nr; i++)
		jobs->jobs[i].seen = false;
	for (size_t i = 0; i < job->nr_after; i++) {
		if (waits_for(job->after[i], job))
			return true;
	}
	return false;
}

struct job *jobs_find_circle(struct jobs *jobs)
{
	struct job *pruned = NULL;

	for (size_t i = 0; i < jobs->nr; i++) {
		struct job *job = &jobs->jobs[i];

		if (job->state != JOB_PENDING || !is_in_circle(jobs, job))
			continue;
		if (!job->item->pruned)
			return job;
		pruned = pruned ? pruned : job;
	}
	return pruned;
}

const struct job *jobs_find_swap(struct jobs *jobs, const struct job *job, char text[CLAIMS_TEXT_MAX])
{
	for (size_t i = 0; i < job->nr_after; i++) {
		struct job *before = job->after[i];

		if (!job_takes(job, before, text))
			continue;
		for (size_t k = 0; k < jobs->nr; k++)
			jobs->jobs[k].seen = false;
		if (waits_for(before, job))
			return before;
	}
	return NULL;
}

int jobs_init(struct jobs *jobs, const struct run *run, const struct plan *plan)
{
	int rc = 0;

	memset(jobs, 0, sizeof(*jobs));
	jobs->run = run;
	jobs->host = run->host;
	jobs->options = (struct apply_options){ .set = run->options.set,
						.now = run->options.now,
						.timeout_s = run->options.timeout_s,
						.deadline_ns = run->options.deadline_ns };
	jobs->gate = -1;
	jobs->nr_at_once = count_at_once(run, plan);
	jobs->jobs = calloc(plan->nr + 1, sizeof(*jobs->jobs));
	jobs->pollers = calloc(jobs->nr_at_once, sizeof(*jobs->pollers));
	if (!jobs->jobs || !jobs->pollers)
		return -ENOMEM;
	jobs->nr = plan->nr;
	if (jobs->nr_at_once > 1)
		jobs->gate = memfd_create("xlite", MFD_CLOEXEC);
	for (size_t i = 0; i < plan->nr; i++)
		jobs->jobs[i].item = &plan->items[i];
	for (size_t i = 0; i < plan->nr && !rc; i++) {
		if (apply_builds(&plan->items[i]))
			rc = init_build(jobs, &jobs->jobs[i]);
		else if (plan->items[i].action == PLAN_DELETE)
			rc = init_delete(jobs, &jobs->jobs[i]);
	}
	for (size_t i = 0; i < plan->nr && !rc; i++)
		rc = init_passing(jobs, &jobs->jobs[i], CLAIMS_ONE_OWNER);
	for (size_t i = 0; i < plan->nr && !rc; i++)
		rc = plan->ends_first && plan->items[i].action == PLAN_DELETE ? init_room(jobs, &jobs->jobs[i]) : 0;
	for (size_t i = 0; i < plan->nr && !rc; i++)
		rc = init_passing(jobs, &jobs->jobs[i], CLAIMS_PORTS);
	for (size_t i = 0; i < plan->nr && !rc; i++)
		rc = plan->items[i].pruned ? init_successor(jobs, &jobs->jobs[i]) : 0;
	for (size_t i = 0; i < plan->nr && !rc; i++)
		rc = plan->items[i].pruned ? init_prune(jobs, &jobs->jobs[i]) : 0;
	return rc;
}

void jobs_clear(struct jobs *jobs)
{
	for (size_t i = 0; i < jobs->nr; i++) {
		for (size_t k = 0; k < jobs->jobs[i].nr_waits; k++)
			ready_clear(&jobs->jobs[i].waits[k]);
		free(jobs->jobs[i].waits);
		free(jobs->jobs[i].after);
	}
	if (jobs->gate >= 0)
		close(jobs->gate);
	free(jobs->jobs);
	free(jobs->pollers);
}

bool jobs_is_left(const struct job *job)
{
	return job->state == JOB_PENDING || (job->state == JOB_FAILED && job->status == XLITE_INTERRUPTED);
}

bool jobs_any_left(const struct jobs *jobs)
{
	for (size_t i = 0; i < jobs->nr; i++) {
		if (jobs_is_left(&jobs->jobs[i]))
			return true;
	}
	return false;
}
