/* SPDX-License-Identifier: GPL-2.0-or-later
 * Carrying a plan out: networks and volumes that domains need, the domains, networks and volumes that no domain has any more;
 * and what earlier runs left.
 */
#include "xlite/run/carry.h"

#include <errno.h>
#include <stdlib.h>

#include "common/auto.h"
#include "xlite/reconcile/cloud_disk.h"
#include "xlite/reconcile/nft_rules.h"
#include "xlite/run/jobs.h"
#include "xlite/run/planning.h"
#include "xlite/run/stay.h"

static void tell(const struct run *run, const struct plan_item *item, const char *word, const struct xlite_error *err)
{
	const char *kind = plan_item_kind(item);

	host_report(run->host,
		    &(struct host_event){
			    .type = "result", .domain = item->name, .kind = kind, .status = word, .err = err });
	run_tell_result(run, &(struct run_result){ .kind = kind, .item = item, .word = word, .err = err });
}

/* One item, on which the lock must be had if there is anything to do. */
static int carry_one(struct host *host, const struct plan_item *item, const struct apply_options *options, const char *failed,
		     const char **done, struct xlite_error *err)
{
	int rc = 0;

	if (item->pruned && item->action == PLAN_DELETE && failed)
		return xlite_error_set(err, -ECANCELED, "network %s: not pruned, as %s failed", item->name, failed);
	if (item->action != PLAN_NONE)
		rc = host_lock(host, PLANNING_LOCK_MS, err);
	return rc ? rc : apply_network(host, item, options, done, err);
}

/*
 * The removals, which come after the domains, or all others. *failed is the name of the first object that failed, or
 * NULL; with one nothing is pruned. Returns the exit status.
 */
static int carry_networks(const struct run *run, const struct plan *plan, bool removal, bool *changed,
			  const char **failed)
{
	struct apply_options options = { .set = run->options.set };
	int first = 0;

	for (size_t i = 0; i < plan->nr_networks; i++) {
		const struct plan_item *item = &plan->networks[i];
		struct xlite_error err = { 0 };
		const char *done = "unchanged";

		if ((item->action == PLAN_DELETE) != removal)
			continue;
		if (host_interrupted(run->host))
			return XLITE_INTERRUPTED;
		if (carry_one(run->host, item, &options, *failed, &done, &err)) {
			tell(run, item, "failed", &err);
			if (!item->pruned && !*failed)
				*failed = item->name;
			first = first ? first : (int)xlite_error_exit(&err);
			continue;
		}
		*changed = *changed || item->action != PLAN_NONE;
		tell(run, item, done, NULL);
	}
	return first;
}

/*
 * Making one may take long, and the host's lock is others' meanwhile: the volume is in this run's hand alone. One is
 * removed with the lock: no domain is given it between the look who uses it and its end.
 */
static int carry_volumes(const struct run *run, const struct plan *plan, bool removal, bool *changed, const char **failed)
{
	int first = 0;

	for (size_t i = 0; i < plan->nr_volumes; i++) {
		const struct plan_item *item = &plan->volumes[i];
		struct xlite_error err = { 0 };
		const char *done = "unchanged";
		bool locked;
		int rc;

		if ((item->action == PLAN_DELETE) != removal)
			continue;
		if (host_interrupted(run->host))
			return XLITE_INTERRUPTED;
		locked = item->action == PLAN_CREATE && (item->want_volume->from || item->want_volume->clone) &&
			 host_wait_begin(run->host);
		rc = removal ? host_lock(run->host, PLANNING_LOCK_MS, &err) : 0;
		if (!rc)
			rc = apply_volume(run->host, item, &done, &err);
		if (locked && host_wait_end(run->host, locked, rc ? NULL : &err) && !rc)
			rc = err.code;
		if (rc) {
			tell(run, item, "failed", &err);
			*failed = *failed ? *failed : item->name;
			first = first ? first : (int)xlite_error_exit(&err);
			continue;
		}
		*changed = *changed || item->action != PLAN_NONE;
		tell(run, item, done, NULL);
	}
	return first;
}

/* What an interrupted run did not come to, or had to undo. */
static void tell_left(const struct run *run, const struct jobs *jobs)
{
	auto_free const struct plan_item **items = calloc(jobs->nr + 1, sizeof(*items));
	size_t nr = 0;

	for (size_t i = 0; items && i < jobs->nr; i++) {
		if (jobs_is_left(&jobs->jobs[i]))
			items[nr++] = jobs->jobs[i].item;
	}
	if (nr && run->observer.left)
		run->observer.left(run->observer.ctx, items, nr, jobs->nr);
}

/* One that fails does not keep those from their turn that do not depend on it. */
static int carry_domains(const struct run *run, const struct plan *plan, bool *changed, const char **failed)
{
	struct jobs jobs;
	int status;

	if (jobs_init(&jobs, run, plan)) {
		struct xlite_error err = { 0 };

		xlite_error_set(&err, -ENOMEM, "out of memory");
		run_tell_trouble(run, &err);
		status = xlite_error_exit(&err);
	} else {
		jobs.failed = *failed;
		jobs_run(&jobs);
		status = jobs.first;
		*failed = jobs.failed;
		if (host_interrupted(run->host) && jobs_any_left(&jobs)) {
			tell_left(run, &jobs);
			status = XLITE_INTERRUPTED;
		}
	}
	*changed = *changed || jobs.changed;
	jobs_clear(&jobs);
	return status;
}

void run_carry_out(const struct run *run, const struct plan *plan, struct run_outcome *outcome)
{
	struct xlite_error err = { 0 };
	const char *failed = NULL;
	int first, status;

	*outcome = (struct run_outcome){ 0 };
	if (apply_check_memory(run->host, plan, &err)) {
		run_tell_trouble(run, &err);
		outcome->status = xlite_error_exit(&err);
		return;
	}
	/* A network, or a volume, that fails is missed by the domains that need it, not by the others. */
	first = carry_networks(run, plan, false, &outcome->changed, &failed);
	status = carry_volumes(run, plan, false, &outcome->changed, &failed);
	first = first ? first : status;
	status = carry_domains(run, plan, &outcome->changed, &failed);
	first = first ? first : status;
	status = carry_networks(run, plan, true, &outcome->changed, &failed);
	first = first ? first : status;
	status = carry_volumes(run, plan, true, &outcome->changed, &failed);
	first = first ? first : status;
	if (first != XLITE_INTERRUPTED)
		status = (int)run_stay(run, plan);
	outcome->status = (enum xlite_status)(first ? first : status);
}

void run_clean_stale(const struct run *run, const struct state *state)
{
	struct xlite_error rules = { 0 }, disks = { 0 };

	for (size_t i = 0; i < state->nr_stale; i++) {
		struct xlite_error err = { 0 };

		if (!state_stale_kept(state, i) && apply_clean_stale(run->host, &state->stale[i], &err))
			run_tell_trouble(run, &err);
	}
	if (nft_rules_sweep(run->host, &rules))
		run_tell_trouble(run, &rules);
	if (cloud_disks_sweep(run->host, &disks))
		run_tell_trouble(run, &disks);
	for (size_t i = 0; i < state->nr_qemus; i++) {
		struct xlite_error err = { 0 };

		if (state_qemu_orphaned(state, i) && apply_clean_qemu(run->host, &state->qemus[i], &err))
			run_tell_trouble(run, &err);
	}
}
