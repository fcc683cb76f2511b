/* SPDX-License-Identifier: GPL-2.0-or-later
 * Doing what is due. Domains are taken one after the other: each takes a fraction of a second, since its guest has ended.
 */
#include "xlite/run/watch_mend.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "xlite/reconcile/again.h"
#include "xlite/reconcile/observe.h"
#include "xlite/reconcile/record_spec.h"

#define LOCK_MS 60000

/* Another run that has the domain in hand decides what becomes of it. */
static int take(const struct run *run, const struct watched *item, struct xlite_error *err)
{
	struct run_objects_wait wait = { .deadline_ns = clock_now_ns(), .interrupted = run->host->interrupted };
	int rc = run_objects_add_domain(run->objects, item->name, item->uuid);

	if (rc)
		return xlite_error_set(err, rc, "out of memory");
	rc = run_objects_take(run->objects, RUN_OBJECTS_FILE, &wait, err);
	return rc < 0 ? rc : 0;
}

/* The domain as it is now; 0 with none: it is gone, or another's by now. */
static int look_again(struct host *host, const struct watched *item, struct state *state, struct state_domain **domain,
		      struct xlite_error *err)
{
	int rc = host_lock(host, LOCK_MS, err);

	*domain = NULL;
	if (!rc)
		rc = observe_domain(host, item->domid, state, err);
	if (rc)
		return rc == -ESRCH ? 0 : rc;
	if (memcmp(state->domains->info.uuid, item->uuid, 16) || !state_owned(state->domains))
		return 0;
	*domain = state->domains;
	return observe_details(host, domain, 1, err);
}

static void tell(const struct run *run, const struct watched *item, const struct plan_item *what, const char *word,
		 uint32_t domid, const struct xlite_error *err, int fd)
{
	struct watch_word told = { .failed = err };
	struct run_result result = { .kind = "domain", .item = what, .word = word, .domid = domid, .err = err };

	/* That another run is at it is no failure that a log should have, as long as it passes. */
	if (!err || xlite_error_exit(err) != XLITE_AGAIN || item->fails > 5)
		run_tell_result(run, &result);
	snprintf(told.name, sizeof(told.name), "%.255s", item->name);
	memcpy(told.uuid, item->uuid, 16);
	if (err)
		snprintf(told.text, sizeof(told.text), "failed: %.480s", err->message);
	else if (domid)
		snprintf(told.text, sizeof(told.text), "%s, built anew as domid %u", item->told, domid);
	else
		snprintf(told.text, sizeof(told.text), "%s, removed", item->told);
	watch_child_tell(fd, &told);
}

static int act(struct run *run, const struct watch_domains *domains, struct state_domain *domain, struct plan_item *what,
	       uint32_t *domid, struct xlite_error *err)
{
	struct xlite_record_ends ends = watch_count(&domain->record.ends, domains->longest_s, watch_now_s());
	struct apply_options options = { .ends = &ends };
	bool forced;

	what->have = domain;
	snprintf(what->reason, sizeof(what->reason), "%s", state_end(&domain->info)->told);
	if (!domain->spec)
		return xlite_error_set(err, -EINVAL, "its record cannot be read");
	switch (watch_deed(&domain->info, domain->spec)) {
	case WATCH_BUILD:
		what->action = PLAN_RESTART;
		return apply_reboot(run->host, domain, &options, domid, err);
	case WATCH_REMOVE:
		what->action = PLAN_DELETE;
		return domains->files ? again_remove(run->host, domain, 0, AGAIN_ENDED, err) :
					apply_stop(run->host, domain, &(struct apply_options){ 0 }, &forced, err);
	default:
		return 0;
	}
}

static void mend_ended(struct run *run, const struct watch_domains *domains, const struct watched *item, int fd,
		       struct xlite_error *err)
{
	struct plan_item what = { .name = item->name, .action = PLAN_NONE };
	struct state_domain *domain;
	struct state state = { 0 };
	uint32_t domid = 0;
	int rc = look_again(run->host, item, &state, &domain, err);

	if (!rc && domain)
		rc = act(run, domains, domain, &what, &domid, err);
	if (rc && what.action == PLAN_NONE)
		what.action = PLAN_RESTART;
	if (rc)
		xlite_error_prefix(err, "%s", item->name);
	if (what.action != PLAN_NONE)
		tell(run, item, &what,
		     rc                           ? "failed"
		     : what.action == PLAN_DELETE ? "deleted"
						  : "created",
		     domid, rc ? err : NULL, fd);
	state_clear(&state);
}

static void mend_kept(struct run *run, const struct watched *item, int fd, struct xlite_error *err)
{
	struct plan_item what = { .name = item->name, .action = PLAN_RESTART };
	struct state_stale stale = { .domid = item->domid };
	/* Its building was counted when it began; this is another, if that was long ago. */
	struct xlite_record_ends ends = { .nr = item->ends.nr ? item->ends.nr : 1, .built_s = watch_now_s() };
	uint32_t domid = 0;
	int rc;

	snprintf(what.reason, sizeof(what.reason), "%s", item->told);
	xlite_uuid_text(item->uuid, stale.record.uuid);
	rc = apply_resume(run->host, &stale, &ends, &domid, err);
	if (rc)
		xlite_error_prefix(err, "%s", item->name);
	if (rc || domid)
		tell(run, item, &what, rc ? "failed" : "created", domid, rc ? err : NULL, fd);
}

static void mend(struct run *run, const struct watch_domains *domains, const struct watched *item, int fd)
{
	struct plan_item what = { .name = item->name, .action = PLAN_RESTART };
	struct xlite_error err = { 0 };

	if (take(run, item, &err))
		tell(run, item, &what, "failed", 0, &err, fd);
	else if (item->kept)
		mend_kept(run, item, fd, &err);
	else
		mend_ended(run, domains, item, fd, &err);
	/* The next one's guest may be another run's, which needs the host. */
	host_unlock(run->host);
	run_objects_release(run->objects);
}

void watch_mend(struct run *run, const struct watch_domains *domains, uint64_t now_s, int fd)
{
	for (size_t i = 0; i < domains->nr && !host_interrupted(run->host); i++) {
		const struct watched *item = &domains->items[i];

		if (item->ended && item->due_s <= now_s && (item->deed == WATCH_BUILD || item->deed == WATCH_REMOVE))
			mend(run, domains, item, fd);
	}
}

static struct state_stale *find_kept(const struct state *state, const struct cfg_domain *want)
{
	char uuid[37];

	xlite_uuid_text(want->uuid, uuid);
	for (size_t i = 0; i < state->nr_stale; i++) {
		if (state_stale_kept(state, i) && !strcmp(state->stale[i].record.uuid, uuid))
			return &state->stale[i];
	}
	return NULL;
}

/* Whether the document is not the spec that was kept. What cannot be compared is another one. */
static bool differs(const struct state_stale *kept, const struct cfg_domain *want)
{
	struct cfg_set *set;
	const struct cfg_domain *had = record_spec(&kept->record, &set);
	struct cfg_diff *diffs = NULL;
	size_t nr = 0;
	bool same = had && !cfg_diff(had, want, &diffs, &nr) && !nr;

	cfg_diff_free(diffs, nr);
	cfg_set_free(set);
	return !same;
}

/* The policy of its record decides, and its back-off. */
static bool is_left(const struct plan_item *item, const struct state *state, bool changed)
{
	const struct state_domain *have = item->have;
	const struct state_stale *kept;

	if (!item->want || item->action == PLAN_NONE || item->want->state == CFG_STATE_STOPPED)
		return false;
	if (have && have->info.shutdown && state_owned(have) && have->spec)
		return !changed || !item->nr_diffs;
	if (have && !state_unfinished(have))
		return false;
	kept = find_kept(state, item->want);
	/*
	 * Who stopped it will say when it is to be there again, and one that was saved is not to be booted beside that:
	 * a file that has changed is no such word.
	 */
	return kept && (kept->record.stopped || kept->record.saved || !differs(kept, item->want));
}

static bool is_meant(const struct plan *plan, const struct state_stale *stale)
{
	char uuid[37];

	for (size_t i = 0; i < plan->nr; i++) {
		if (!plan->items[i].want)
			continue;
		xlite_uuid_text(plan->items[i].want->uuid, uuid);
		if (!strcmp(uuid, stale->record.uuid))
			return true;
	}
	return false;
}

void watch_leave(struct plan *plan, struct state *state, bool changed)
{
	for (size_t i = 0; i < plan->nr; i++) {
		struct plan_item *item = &plan->items[i];

		if (is_left(item, state, changed)) {
			item->action = PLAN_NONE;
			item->reason[0] = '\0';
		} else if (item->want && !state_saved(state, item->name, item->want->uuid)) {
			state_stale_release(state, item->name, item->want->uuid);
		}
	}
	/* No file would build it any more. */
	for (size_t i = 0; i < state->nr_stale; i++) {
		struct xlite_record *record = &state->stale[i].record;

		record->off = record->off && is_meant(plan, &state->stale[i]);
	}
}
