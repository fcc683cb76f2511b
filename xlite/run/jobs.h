/* SPDX-License-Identifier: GPL-2.0-or-later
 * The items of a plan on their way: which must be finished before which, what each waits for, and who works on it.
 */
#ifndef RUN_JOBS_H
#define RUN_JOBS_H

#include <poll.h>

#include "xlite/reconcile/claims.h"
#include "xlite/reconcile/ready.h"
#include "xlite/run/run.h"
#include "xlite/run/worker.h"

enum job_state { JOB_PENDING, JOB_RUNNING, JOB_DONE, JOB_FAILED };

struct job {
	const struct plan_item *item;
	enum job_state state;
	bool seen;		/* by the search for circles */
	int status;		/* exit status of one that failed */
	struct job **
		/*
		 * what must be finished before: dependencies, and domains that give up what it needs, or are pruned and
		 * have that; for a deletion, dependants; for one that is pruned, all others
		 */
		after;
	size_t nr_after;
	struct ready *waits;	/* one per dependency of a domain that is to be built */
	size_t nr_waits;
	int64_t waits_since_ns;	/* 0: its wait has not begun */
	uint32_t domid;		/* of what was built, or 0 */
	struct worker worker;	/* where state is JOB_RUNNING */
	struct xlite_error err;
};

struct jobs {
	const struct run *run;
	struct host *host;
	struct apply_options options;
	struct job *jobs;
	struct pollfd *pollers;
	int gate;		/* see worker_start; -1 without workers */
	size_t nr, nr_at_once, nr_running, nr_finished;
	bool waiting;		/* a dependency is being waited for */
	bool changed;
	bool unlocked;		/* the lock is another's, and what ends by a deadline does not wait for it any more */
	int first;		/* exit status of the first that failed */
	/* name of the first object that failed and is not pruned, or NULL: with one nothing is pruned */
	const char *failed;
};

/** One job for each item, in the plan's order. Returns 0 or -ENOMEM; jobs_clear in either case. */
int jobs_init(struct jobs *jobs, const struct run *run, const struct plan *plan);
void jobs_clear(struct jobs *jobs);
/** Runs all jobs, as many at once as there may be, until all are finished or the run was interrupted. */
void jobs_run(struct jobs *jobs);
/**
 * One of those that wait for each other in a circle, or NULL: records can say so, when domains were applied one by one.
 * What is pruned comes last, and what only waits for a circle is none of it.
 */
struct job *jobs_find_circle(struct jobs *jobs);
/** Whether the job needs something that the other's domain, which is not pruned, gives up: what, in text. */
enum claims_pass job_takes(const struct job *job, const struct job *before, char text[CLAIMS_TEXT_MAX]);
/** The job that gives up what this one needs (text), and waits, by whatever others, for this one itself; or NULL. */
const struct job *jobs_find_swap(struct jobs *jobs, const struct job *job, char text[CLAIMS_TEXT_MAX]);
/** Whether the run was interrupted before the job was done. */
bool jobs_is_left(const struct job *job);
bool jobs_any_left(const struct jobs *jobs);

#endif
