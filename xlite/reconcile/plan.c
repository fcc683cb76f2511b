/* SPDX-License-Identifier: GPL-2.0-or-later
 * Compares wanted domains with the state and decides what each needs. Pure.
 */
#include "xlite/reconcile/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/sched.h>

#include "xlite/reconcile/change.h"
#include "xlite/reconcile/guest_type.h"

bool plan_can_change(const struct cfg_diff *diff)
{
	return diff->change == CFG_NOTHING || (diff->change != CFG_REPLACES && change_knows(diff->path));
}

static struct plan_item *plan_grow(struct plan *plan)
{
	struct plan_item *items = realloc(plan->items, (plan->nr + 1) * sizeof(*items));

	if (!items)
		return NULL;
	plan->items = items;
	memset(&items[plan->nr], 0, sizeof(*items));
	return &items[plan->nr++];
}

/* Why a domain that exists must be made anew whatever its spec says; NULL where it need not. */
static const char *plan_remains(const struct state_domain *have)
{
	if (state_unfinished(have))
		return "an earlier run did not finish it";
	return have->info.shutdown ? state_end(&have->info)->told : NULL;
}

/* Whether a spec that waits for the next boot is the one that is wanted. */
static bool plan_waits_already(const struct plan_item *item, bool *same)
{
	struct cfg_diff *diffs = NULL;
	size_t nr = 0;
	int rc;

	*same = false;
	if (!item->have->next)
		return true;
	rc = cfg_diff(item->have->next, item->want, &diffs, &nr);
	*same = !rc && !nr;
	cfg_diff_free(diffs, nr);
	return !rc;
}

/* Without differences that can be made now: is there anything to do? */
static void plan_weigh_same(struct plan_item *item)
{
	bool same;

	plan_waits_already(item, &same);
	if (!state_owned(item->have)) {
		item->action = PLAN_CHANGE;
		snprintf(item->reason, sizeof(item->reason), "it is taken over as it is");
	} else if (item->have->record.begun) {
		item->action = PLAN_CHANGE;
		snprintf(item->reason, sizeof(item->reason), "an earlier run did not finish its devices");
	} else if (item->waits && !same) {
		item->action = PLAN_CHANGE;
	} else if (item->waits) {
		snprintf(item->reason, sizeof(item->reason), "what differs waits for its next boot");
	} else if (item->have->next) {
		item->action = PLAN_CHANGE;
		snprintf(item->reason, sizeof(item->reason), "what waited for its next boot is taken back");
	}
}

#define QEMU_ENDED "%s: the QEMU that served it has ended, and a running guest cannot be given it back"

/* The differences that cannot be made on the running domain decide between change, replace and refusal. */
static void plan_weigh(struct plan_item *item, const struct plan_options *options)
{
	const struct cfg_diff *stuck = NULL, *later = NULL;
	size_t nr_stuck = 0, nr_later = 0;

	for (size_t i = 0; i < item->nr_diffs; i++) {
		const struct cfg_diff *diff = &item->diffs[i];

		if (plan_at_next_boot(diff) && state_owned(item->have)) {
			later = later ? later : diff;
			nr_later++;
		} else if (!plan_can_change(diff)) {
			stuck = stuck ? stuck : diff;
			nr_stuck++;
		}
	}
	item->waits = nr_later;
	if (options->replace && stuck && plan_is_qemu(stuck)) {
		item->action = PLAN_REPLACE;
		snprintf(item->reason, sizeof(item->reason), QEMU_ENDED, stuck->path);
	} else if (options->replace && (stuck || later)) {
		item->action = PLAN_REPLACE;
		snprintf(item->reason, sizeof(item->reason), "%s cannot be changed in place", (stuck ? stuck : later)->path);
	} else if (stuck && plan_is_qemu(stuck)) {
		plan_refuse(item, XLITE_FAILED,
			    "--replace builds the domain again; `xlite delete --now' first, if its guest is stuck",
			    QEMU_ENDED, stuck->path);
	} else if (stuck) {
		char more[32] = "";

		if (nr_stuck > 1)
			snprintf(more, sizeof(more), " and %zu more", nr_stuck - 1);
		plan_refuse(item, XLITE_FAILED, "--replace shuts the guest down and builds it again",
			    "%s%s cannot be changed on the running domain (%s)", stuck->path, more,
			    cfg_change_name(stuck->change));
	} else if (item->nr_diffs > nr_later) {
		item->action = PLAN_CHANGE;
		if (item->lags)
			snprintf(item->reason, sizeof(item->reason), "the guest has not followed yet");
	} else {
		plan_weigh_same(item);
	}
}

/* The key by which the spec keeps a domain that has ended as this one has; NULL: none. */
static const char *plan_preserves(const struct cfg_domain *want, const struct state_domain *have)
{
	const struct state_end *end = state_end(&have->info);
	const enum cfg_action *action = (const void *)((const char *)want + end->policy_at);

	if (!have->info.shutdown || state_unfinished(have) || !end->policy)
		return NULL;
	return *action == CFG_ACTION_PRESERVE ? end->policy : NULL;
}

/*
 * xl save and xl migrate suspend a guest first, and it is theirs until they are done: what it has in memory is nowhere
 * else. option is what ends it all the same.
 */
static bool plan_refuse_suspended(struct plan_item *item, const struct plan_options *options, const char *option)
{
	const struct xlite_domain_info *info = &item->have->info;
	char hint[sizeof(item->hint)];

	if (!info->shutdown || info->shutdown_reason != SHUTDOWN_suspend)
		return false;
	if (item->want && state_handed_over(item->have)) {
		plan_refuse(item, XLITE_CONFLICT,
			    "the same `xlite migrate' again asks that host; `xlite delete --now' removes what is here",
			    "its guest is handed over to another host, where it may run");
		return true;
	}
	if (options->replace)
		return false;
	snprintf(hint, sizeof(hint), state_owned(item->have) ?
		 "`xlite unpause' lets its guest go on; %s ends it, and what it has in memory is lost" :
		 "%s ends it all the same, and what it has in memory is lost", option);
	plan_refuse(item, XLITE_CONFLICT, hint, "it is suspended: another tool may be saving or migrating it");
	return true;
}

/* The host would go with it. */
static bool plan_refuse_dom0(struct plan_item *item)
{
	if (item->have->info.domid)
		return false;
	plan_refuse(item, XLITE_CONFLICT, "", "it is the control domain, which xlite runs in");
	return true;
}

/* By what the document means a domain that another tool made. */
static const char *plan_known_by(const struct plan_item *item)
{
	return item->have->name && !strcmp(item->have->name, item->want->name) ? "name" : "uuid";
}

/* Of another tool's domain: what it is built as decides whether its guest can boot at all. */
static bool plan_refuse_type(struct plan_item *item)
{
	const struct cfg_domain *have = item->have->spec;

	/* Of one that a killed run of ours has left before its record nothing says yet which type it is. */
	if (state_owned(item->have) || state_unfinished(item->have) || !have || have->type == item->want->type ||
	    item->want->state == CFG_STATE_STOPPED)
		return false;
	plan_refuse(item, XLITE_CONFLICT,
		    "leave it to the tool that made it, and give this one another name (and uuid)",
		    "the domain of this %s (domid %u) is %s, made by another tool; building it again as %s could leave its guest unable to boot",
		    plan_known_by(item), item->have->info.domid, guest_type_of(have->type)->about,
		    guest_type_of(item->want->type)->about);
	return true;
}

static int plan_compare(struct plan_item *item, const struct plan_options *options)
{
	const struct cfg_domain *want = item->want;
	const struct state_domain *have = item->have;
	const char *remains = plan_remains(have), *kept = options->replace ? NULL : plan_preserves(want, have);
	int rc;

	if (plan_refuse_dom0(item))
		return 0;
	if (!state_owned(have) && !state_unfinished(have) && !options->adopt) {
		plan_refuse(item, XLITE_CONFLICT, "--adopt takes it over; or choose another name, or uuid",
			    "a domain of this %s runs already (%s%sdomid %u) and was not made by xlite", plan_known_by(item),
			    have->name ? have->name : "", have->name ? ", " : "", have->info.domid);
		return 0;
	}
	if (plan_refuse_type(item))
		return 0;
	if (want->state == CFG_STATE_STOPPED) {
		if (plan_refuse_suspended(item, options, "--replace"))
			return 0;
		item->action = PLAN_DELETE;
		snprintf(item->reason, sizeof(item->reason), "state: stopped is wanted");
		return 0;
	}
	if (have->spec && !state_unfinished(have)) {
		rc = cfg_diff(have->spec, want, &item->diffs, &item->nr_diffs);
		if (!rc)
			rc = plan_mark_waiting(item);
		if (!rc)
			plan_mark_emulated(item);
		if (!rc)
			rc = plan_add_sizes(item);
		if (!rc)
			rc = plan_add_backends(item);
		if (!rc)
			rc = plan_add_lag(item);
		if (!rc)
			rc = plan_add_set(item, &have->record, options);
		if (rc)
			return rc;
	}
	if (remains && kept) {
		plan_refuse(item, XLITE_FAILED, "--replace removes what is left of it",
			    "%s and is kept for inspection (%s: preserve)", remains, kept);
		return 0;
	}
	if (plan_refuse_suspended(item, options, "--replace"))
		return 0;
	if (remains) {
		item->action = PLAN_RESTART;
		snprintf(item->reason, sizeof(item->reason), "%s", remains);
		return 0;
	}
	if (!have->spec) {
		plan_refuse(item, XLITE_FAILED, "--replace shuts the guest down and builds it again",
			    "its record cannot be read by this version of xlite (format %u)", have->record.format);
		if (options->replace)
			item->action = PLAN_REPLACE;
		return 0;
	}
	plan_weigh(item, options);
	return 0;
}

/*
 * Whether another document gives the domain another name, so that it is free once that is done. Of one that cannot
 * be read nothing is done.
 */
static bool plan_renames(const struct plan_options *options, const struct state_domain *have)
{
	for (size_t i = 0; have->spec && i < options->nr_wanted; i++) {
		if (!memcmp(options->wanted[i]->uuid, have->info.uuid, 16))
			return strcmp(options->wanted[i]->name, have->name);
	}
	return false;
}

/*
 * A guest that sleeps in a file, or runs on another host, is not booted beside that, also not in the place of what a
 * killed restore has left of its domain.
 */
static bool plan_refuse_asleep(struct plan_item *item, const struct state *state, const struct plan_options *options)
{
	const struct xlite_record *saved = state_saved(state, item->want->name, item->want->uuid);

	if (item->want->state == CFG_STATE_STOPPED || options->replace || !saved)
		return false;
	if (saved->moved)
		plan_refuse(item, XLITE_CONFLICT,
			    "`xlite migrate' there brings it back, and `xlite delete' forgets that it was here; --replace boots it "
			    "anew, which must not be while it runs there",
			    "its guest was sent to another host, and runs there");
	else
		plan_refuse(item, XLITE_CONFLICT,
			    "`xlite restore FILE' lets it go on; --replace boots it anew, and `xlite delete' forgets that it was saved: "
			    "do not restore it after either, since its disks will have changed",
			    "its guest was saved, and sleeps in a file");
	return true;
}

int plan_add(struct plan *plan, const struct cfg_domain *want, const struct state *state, const struct plan_options *options)
{
	struct plan_item *item = plan_grow(plan);
	struct state_domain *named;

	if (!item)
		return -ENOMEM;
	item->want = want;
	item->name = want->name;
	item->have = state_find_uuid(state, want->uuid);
	named = state_find_name(state, want->name);
	if (named && named != item->have && plan_renames(options, named))
		named = NULL;
	if (named && item->have && named != item->have) {
		plan_refuse(item, XLITE_CONFLICT, "", "the name %s belongs to another domain (domid %u)", want->name,
			    named->info.domid);
		return 0;
	}
	if (named && !item->have && state_owned(named)) {
		plan_refuse(item, XLITE_CONFLICT, "delete that one first, or give this one another name",
			    "the name is in use by another domain of xlite's (domid %u, uuid %s)", named->info.domid,
			    named->record.uuid);
		return 0;
	}
	if (!item->have)
		item->have = named;
	if ((!item->have || state_unfinished(item->have)) && plan_refuse_asleep(item, state, options))
		return 0;
	if (item->have)
		return plan_compare(item, options);
	item->action = want->state == CFG_STATE_STOPPED ? PLAN_NONE : PLAN_CREATE;
	return 0;
}

static int plan_add_end(struct plan *plan, struct state_domain *have, const struct plan_options *options, const char *option)
{
	struct plan_item *item = plan_grow(plan);

	if (!item)
		return -ENOMEM;
	item->have = have;
	item->name = have->name ? have->name : "(unnamed)";
	item->action = PLAN_DELETE;
	if (plan_refuse_dom0(item))
		return 0;
	if (!state_owned(have) && !options->adopt)
		plan_refuse(item, XLITE_CONFLICT, "--adopt allows it; `xlite destroy` and `xlite shutdown` act on any domain",
			    "it was not made by xlite");
	else
		plan_refuse_suspended(item, options, option);
	return 0;
}

int plan_add_delete(struct plan *plan, struct state_domain *have, const struct plan_options *options)
{
	return plan_add_end(plan, have, options, "--now");
}

int plan_add_prune(struct plan *plan, struct state_domain *have, const struct plan_options *options)
{
	int rc = plan_add_end(plan, have, options, "--replace");

	if (!rc)
		plan->items[plan->nr - 1].pruned = true;
	return rc;
}

bool plan_differs(const struct plan *plan)
{
	const struct plan_item *item;

	for (size_t i = 0; (item = plan_at(plan, i)); i++) {
		if (item->action != PLAN_NONE)
			return true;
	}
	return false;
}

struct plan_warning *plan_warn(struct plan *plan)
{
	struct plan_warning *more = reallocarray(plan->warnings, plan->nr_warnings + 1, sizeof(*more));

	if (!more)
		return NULL;
	plan->warnings = more;
	return memset(&more[plan->nr_warnings++], 0, sizeof(*more));
}

void plan_clear(struct plan *plan)
{
	for (size_t i = 0; i < plan->nr; i++)
		cfg_diff_free(plan->items[i].diffs, plan->items[i].nr_diffs);
	for (size_t i = 0; i < plan->nr_networks; i++)
		cfg_diff_free(plan->networks[i].diffs, plan->networks[i].nr_diffs);
	for (size_t i = 0; i < plan->nr_volumes; i++)
		cfg_diff_free(plan->volumes[i].diffs, plan->volumes[i].nr_diffs);
	free(plan->networks);
	free(plan->volumes);
	free(plan->warnings);
	free(plan->items);
	memset(plan, 0, sizeof(*plan));
}
