/* SPDX-License-Identifier: GPL-2.0-or-later
 * Running jobs: one after the other in this process, or several in workers.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "xlite/reconcile/guest_type.h"
#include "xlite/reconcile/observe.h"
#include "xlite/run/foresee.h"
#include "xlite/run/jobs.h"

/* Between two looks at a dependency: short at first, since many are ready at once. */
#define LOOK_FIRST_MS 10
#define LOOK_LAST_MS 200
/* How long somebody else may have the host's lock. */
#define JOBS_LOCK_MS 60000
/* Where there is a deadline: to be asked to end, a guest needs no lock. */
#define ASK_LOCK_MS 10000
/* A signal that comes just before poll does not end it. */
#define LISTEN_MS 500

static void tell(struct jobs *jobs, const struct job *job, const char *type, const char *status, const struct xlite_error *err)
{
	struct host_event event = { .type = type, .domain = job->item->name, .status = status, .err = err };

	if (!jobs->host->report)
		return;
	if (job->waits_since_ns && type[0] == 's') {
		event.step = "dependencies";
		event.took_ns = clock_now_ns() - job->waits_since_ns;
	}
	host_report(jobs->host, &event);
}

static void fail(struct jobs *jobs, struct job *job, const char *word)
{
	job->state = JOB_FAILED;
	job->status = xlite_error_exit(&job->err);
	jobs->nr_finished++;
	run_tell_progress(jobs->run, jobs->nr_finished, jobs->nr);
	tell(jobs, job, "result", word, &job->err);
	run_tell_result(jobs->run, &(struct run_result){ "domain", job->item, word, job->domid, &job->err });
	if (!jobs->first)
		jobs->first = job->status;
	if (!jobs->failed && !job->item->pruned)
		jobs->failed = job->item->name;
}

static void finish(struct jobs *jobs, struct job *job, const char *done)
{
	if (job->err.code) {
		fail(jobs, job, "failed");
		return;
	}
	job->state = JOB_DONE;
	jobs->nr_finished++;
	jobs->changed = jobs->changed || job->item->action != PLAN_NONE;
	run_tell_progress(jobs->run, jobs->nr_finished, jobs->nr);
	tell(jobs, job, "result", done, NULL);
	run_tell_result(jobs->run, &(struct run_result){ "domain", job->item, done, job->domid, NULL });
}

static void skip(struct jobs *jobs, struct job *job)
{
	xlite_error_prefix(&job->err, job->item->pruned ? "%s" : "%s: not started", job->item->name);
	fail(jobs, job, "skipped");
}

/* The lock was another's for a while, who may have made what is to be made. */
static int is_still_absent(struct host *host, const struct cfg_domain *want, struct xlite_error *err)
{
	struct state_domain *other;
	struct state state = { 0 };
	int rc = observe_list(host, &state, err);

	if (!rc)
		rc = observe_names(host, &state, NULL, NULL, err);
	other = rc ? NULL : state_find_uuid(&state, want->uuid);
	if (!rc && (!other || other->info.dying))
		other = state_find_name(&state, want->name);
	if (other)
		rc = apply_overtaken(other->info.domid, err);
	state_clear(&state);
	return rc;
}

/*
 * A deletion with a deadline goes on without the lock: who holds it keeps no guest from its end. Its worker takes
 * it for what comes after.
 */
static int lock_host(struct jobs *jobs, struct job *job)
{
	bool asks = jobs->options.deadline_ns && job->item->action == PLAN_DELETE;
	int rc = asks && jobs->unlocked ? 0 : host_lock(jobs->host, asks ? ASK_LOCK_MS : JOBS_LOCK_MS, &job->err);

	if (rc == -EAGAIN && asks) {
		jobs->unlocked = true;
		memset(&job->err, 0, sizeof(job->err));
		rc = 0;
	}
	if (!rc && jobs->host->let_go && job->item->action == PLAN_CREATE)
		rc = is_still_absent(jobs->host, job->item->want, &job->err);
	return rc ? xlite_error_prefix(&job->err, "%s", job->item->name) : 0;
}

/* Made here, it is there for all workers. One that cannot have it says why. */
static void share_grub(struct jobs *jobs, const struct job *job)
{
	const struct hotplug_grub *grub;

	if (apply_builds(job->item) && cfg_boots_by_grub(job->item->want))
		host_grub(jobs->host, guest_type_of(job->item->want->type), &grub, NULL);
}

static int start_worker(struct jobs *jobs, struct job *job)
{
	share_grub(jobs, job);
	return worker_start(&job->worker, jobs->host, jobs->gate, job->item, &jobs->options, &job->err);
}

static void start(struct jobs *jobs, struct job *job)
{
	bool light = job->item->action == PLAN_NONE || job->item->action == PLAN_REFUSED;
	const char *done = "";

	if (!light && lock_host(jobs, job)) {
		finish(jobs, job, done);
	} else if (jobs->nr_at_once == 1 || light) {
		/* What went well may have left words of what was tried on the way. */
		if (!apply_item(jobs->host, job->item, &jobs->options, &done, &job->domid, &job->err))
			memset(&job->err, 0, sizeof(job->err));
		finish(jobs, job, done);
	} else if (start_worker(jobs, job)) {
		finish(jobs, job, done);
	} else {
		job->state = JOB_RUNNING;
		jobs->nr_running++;
	}
}

/* Looks at what the job depends on: 1 all is ready, 0 not yet, negative: it never will be. */
static int look(struct jobs *jobs, struct job *job)
{
	int rc = 1;

	if (job->nr_waits && !job->waits_since_ns) {
		job->waits_since_ns = clock_now_ns();
		tell(jobs, job, "step", "start", NULL);
	}
	for (size_t i = 0; i < job->nr_waits; i++) {
		struct xlite_error err = { 0 };
		int one = ready_check(&job->waits[i], jobs->host, &err);

		if (one < 0) {
			job->err = err;
			tell(jobs, job, "step", "failed", &job->err);
			return one;
		}
		rc = rc && one;
	}
	if (rc && job->nr_waits)
		tell(jobs, job, "step", "done", NULL);
	jobs->waiting = jobs->waiting || !rc;
	return rc;
}

static bool is_successor(const struct job *job, const struct job *pruned)
{
	for (size_t i = 0; i < job->nr_after; i++) {
		if (job->after[i] == pruned && apply_builds(job->item))
			return true;
	}
	return false;
}

/* Whether what is to be built when domains are gone could be, as far as that can be known. */
static int foresee(struct jobs *jobs, struct job *successor)
{
	int rc = foresee_job(jobs->host, successor, &successor->err);

	return rc ? xlite_error_prefix(&successor->err, "%s", successor->item->name) : 0;
}

static bool is_prune(const struct job *job)
{
	return job->item->pruned && job->item->action == PLAN_DELETE;
}

/* Nothing is pruned after a failure, or when what takes its place would fail: 1 it may go, negative: it stays. */
static int may_prune(struct jobs *jobs, struct job *job)
{
	for (size_t i = 0; i < jobs->nr && !jobs->failed; i++) {
		struct job *successor = &jobs->jobs[i];

		if (successor->state == JOB_PENDING && is_successor(successor, job) && foresee(jobs, successor))
			fail(jobs, successor, "failed");
	}
	return jobs->failed ? xlite_error_status(&job->err, -ECANCELED, XLITE_FAILED, "not pruned, as %s failed",
						 jobs->failed)
			    : 1;
}

/* Whether it is the job's turn: 1 yes, 0 not yet, negative never. */
static int is_due(struct jobs *jobs, struct job *job)
{
	char what[CLAIMS_TEXT_MAX];
	bool unfinished = false;

	for (size_t i = 0; i < job->nr_after; i++) {
		const struct job *before = job->after[i];

		if (before->state == JOB_FAILED && before->item->pruned && apply_builds(job->item))
			return xlite_error_status(&job->err, -ECANCELED, (enum xlite_status)before->status,
						  "%s, whose disk, MAC, port or memory it needs, is still there", before->item->name);
		if (before->state == JOB_FAILED && job_takes(job, before, what))
			return xlite_error_status(&job->err, -ECANCELED, (enum xlite_status)before->status,
						  "%s, which was to give up %s, failed", before->item->name, what);
		if (before->state == JOB_FAILED && apply_builds(job->item))
			return xlite_error_status(&job->err, -ECANCELED, (enum xlite_status)before->status,
						  "%s, which it depends on, failed", before->item->name);
		if (before->state == JOB_PENDING || before->state == JOB_RUNNING)
			unfinished = true;
	}
	if (unfinished)
		return 0;
	return is_prune(job) ? may_prune(jobs, job) : look(jobs, job);
}

/* Starts whatever is due, as far as there is room. Returns whether anything was started or has ended. */
static bool start_some(struct jobs *jobs)
{
	bool moved = false;

	jobs->waiting = false;
	for (size_t i = 0; i < jobs->nr && jobs->nr_running < jobs->nr_at_once && !host_interrupted(jobs->host); i++) {
		struct job *job = &jobs->jobs[i];
		int due = job->state == JOB_PENDING ? is_due(jobs, job) : 0;

		if (due > 0)
			start(jobs, job);
		else if (due < 0)
			skip(jobs, job);
		moved = moved || due;
	}
	return moved;
}

/* A worker's guest has decided, and what is done then changes the host. */
static void lock_again(struct jobs *jobs, struct job *job)
{
	struct xlite_error err = { 0 };

	host_lock(jobs->host, JOBS_LOCK_MS, &err);
	worker_go_on(&job->worker, &err);
}

/* While all that goes on is waiting for guests, the host is anybody's. */
static void unlock_while_waiting(struct jobs *jobs)
{
	for (size_t i = 0; i < jobs->nr; i++) {
		if (jobs->jobs[i].state == JOB_RUNNING && !jobs->jobs[i].worker.waits)
			return;
	}
	jobs->host->let_go = jobs->host->let_go || jobs->host->locked;
	host_unlock(jobs->host);
}

static void hear(struct jobs *jobs, struct job *job)
{
	if (worker_hear(&job->worker, jobs->host, job->item, &job->err)) {
		if (job->worker.wants)
			lock_again(jobs, job);
		return;
	}
	jobs->nr_running--;
	job->domid = job->worker.domid;
	finish(jobs, job, job->worker.done);
}

/* Waits for words of workers, at most so long. */
static void listen_ms(struct jobs *jobs, int ms)
{
	nfds_t nr = 0;

	for (size_t i = 0; i < jobs->nr; i++) {
		if (jobs->jobs[i].state == JOB_RUNNING)
			jobs->pollers[nr++] = (struct pollfd){ .fd = jobs->jobs[i].worker.fd, .events = POLLIN };
	}
	if (poll(jobs->pollers, nr, ms) <= 0)
		return;
	for (size_t i = 0, k = 0; i < jobs->nr; i++) {
		if (jobs->jobs[i].state == JOB_RUNNING && jobs->pollers[k++].revents)
			hear(jobs, &jobs->jobs[i]);
	}
}

/* Somebody must be the first of a circle, by the rules that hold for his kind. */
static void start_of_circle(struct jobs *jobs)
{
	struct job *job = jobs_find_circle(jobs);

	if (is_prune(job) && may_prune(jobs, job) < 0)
		skip(jobs, job);
	else
		start(jobs, job);
}

static void stop_all(struct jobs *jobs)
{
	for (size_t i = 0; i < jobs->nr; i++) {
		if (jobs->jobs[i].state == JOB_RUNNING)
			worker_stop(&jobs->jobs[i].worker);
	}
	while (jobs->nr_running)
		listen_ms(jobs, LISTEN_MS);
}

void jobs_run(struct jobs *jobs)
{
	int pause_ms = LOOK_FIRST_MS;

	run_tell_progress(jobs->run, 0, jobs->nr);
	while (jobs->nr_finished < jobs->nr && !host_interrupted(jobs->host)) {
		if (start_some(jobs)) {
			pause_ms = LOOK_FIRST_MS;
		} else if (jobs->waiting || jobs->nr_running) {
			unlock_while_waiting(jobs);
			listen_ms(jobs, jobs->waiting ? pause_ms : LISTEN_MS);
			pause_ms = pause_ms * 2 > LOOK_LAST_MS ? LOOK_LAST_MS : pause_ms * 2;
		} else if (!host_interrupted(jobs->host)) {
			start_of_circle(jobs);
		}
	}
	stop_all(jobs);
	run_tell_progress(jobs->run, 0, 0);
}
