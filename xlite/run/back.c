/* SPDX-License-Identifier: GPL-2.0-or-later
 * From a plan to the documents that undo it.
 */
#include "xlite/run/back.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "xlite/reconcile/network.h"
#include "xlite/run/carry.h"
#include "xlite/run/planning.h"

/* A network stands in the way of another while a new domain has a vif in it: then the domain has gone, the second time. */
#define PASSES 2
/* Another run has the host's lock while it builds a hundred domains: what is to be taken back is not given up for that. */
#define LOCK_MS 1200000

static int cannot(const struct plan_item *item, enum xlite_status status, const char *why, struct xlite_error *err)
{
	xlite_error_status(err, -EPERM, status ? status : XLITE_FAILED, "--confirm: nothing is done, since %s/%s %s",
			   plan_item_kind(item), item->name, why);
	xlite_error_hint(err, "%s", item->hint[0] ? item->hint : "apply that without --confirm first");
	return -EPERM;
}

static bool ends_with(const char *text, const char *tail)
{
	size_t len = strlen(text), tail_len = strlen(tail);

	return len >= tail_len && !strcmp(text + len - tail_len, tail);
}

/* Differences that no document has. */
static int check_diffs(const struct plan_item *item, struct xlite_error *err)
{
	for (size_t i = 0; i < item->nr_diffs; i++) {
		if (!strcmp(item->diffs[i].path, "set"))
			return cannot(item, 0, "would be moved to another set, which could not be taken back", err);
		if (ends_with(item->diffs[i].path, "].size"))
			return cannot(item, 0, "would be told of a disk that has grown, which could not be taken back", err);
	}
	return 0;
}

static int check_item(const struct plan_item *item, struct xlite_error *err)
{
	char why[sizeof(item->reason) + 16];

	switch (item->action) {
	case PLAN_NONE:
	case PLAN_CREATE:
		return 0;
	case PLAN_CHANGE:
		if (item->have && !state_owned(item->have))
			return cannot(item, 0, "would be adopted, which could not be taken back", err);
		return check_diffs(item, err);
	case PLAN_RESTART:
		return cannot(item, 0, "would be built again, and what is left of it could not be taken back", err);
	case PLAN_REPLACE:
		return cannot(item, 0, "would be replaced, which could not be taken back", err);
	case PLAN_DELETE:
		return cannot(item, 0, "would be deleted, which could not be taken back", err);
	case PLAN_REFUSED:
		break;
	}
	snprintf(why, sizeof(why), "is refused: %s", item->reason);
	return cannot(item, item->status, why, err);
}

static int add_text(struct run_back *back, const struct buf *text)
{
	int rc = text->failed ? -ENOMEM : cfg_set_parse(back->set, CFG_RECORD, text->data, text->len);

	return rc > 0 ? -EINVAL : rc;
}

static bool is_touched(const struct plan_item *item, const char *vdev)
{
	char path[64];
	size_t len = (size_t)snprintf(path, sizeof(path), "vbds[%s]", vdev);

	for (size_t i = 0; i < item->nr_diffs; i++) {
		if (!strncmp(item->diffs[i].path, path, len))
			return true;
	}
	return false;
}

/* A disk that is given back has the format that it had: what a guest has made its file look like meanwhile is not asked. */
static void keep_formats(const struct plan_item *item, struct cfg_domain *was)
{
	for (size_t i = 0; i < was->nr_vbds; i++) {
		if (was->vbds[i].source && is_touched(item, was->vbds[i].vdev))
			was->vbds[i].format_given = true;
	}
}

/* As it was; what is created must not be there. */
static int note_domain(struct run_back *back, const struct plan_item *item)
{
	auto_buf struct buf text = BUF_INIT;
	struct cfg_domain *was;

	if (item->action != PLAN_CHANGE && item->action != PLAN_CREATE)
		return 0;
	was = cfg_domain_copy(item->action == PLAN_CREATE ? item->want
			      : item->have->next          ? item->have->next
							  : item->have->spec);
	if (!was)
		return -ENOMEM;
	if (item->action == PLAN_CREATE)
		was->state = CFG_STATE_STOPPED;
	keep_formats(item, was);
	cfg_print(was, false, &text);
	cfg_domain_free(was);
	return add_text(back, &text);
}

static int note_network(struct run_back *back, const struct plan_item *item)
{
	auto_buf struct buf text = BUF_INIT;
	char **networks;

	if (item->action == PLAN_CHANGE) {
		cfg_print_network(item->have_network->spec, false, &text);
		return add_text(back, &text);
	}
	if (item->action != PLAN_CREATE)
		return 0;
	networks = realloc(back->networks, (back->nr_networks + 1) * sizeof(*networks));
	if (!networks)
		return -ENOMEM;
	back->networks = networks;
	networks[back->nr_networks] = strdup(item->name);
	return networks[back->nr_networks++] ? 0 : -ENOMEM;
}

static int note_item(struct run_back *back, const struct plan_item *item, struct xlite_error *err)
{
	int rc = check_item(item, err);

	if (rc)
		return rc;
	rc = item->want_network ? note_network(back, item) : note_domain(back, item);
	if (rc == -EINVAL)
		return cannot(item, 0, "has a spec that no document can say, and could not be given back to it", err);
	return rc ? xlite_error_set(err, rc, "out of memory") : 0;
}

/* Of a domain that its guest has ended a watch keeps a record, by which it stays away, or comes again: no document has that. */
static int check_kept(const struct state *state, const struct plan *plan, struct xlite_error *err)
{
	for (size_t i = 0; i < state->nr_stale; i++) {
		const char *name = state->stale[i].record.uuid;
		char uuid[37];

		if (!state->stale[i].given_up)
			continue;
		for (size_t k = 0; k < plan->nr; k++) {
			xlite_uuid_text(plan->items[k].want ? plan->items[k].want->uuid : plan->items[k].have->info.uuid, uuid);
			name = strcmp(uuid, state->stale[i].record.uuid) ? name : plan->items[k].name;
		}
		xlite_error_status(err, -EPERM, XLITE_FAILED,
				   "--confirm: nothing is done, since domain/%s has ended, and what is kept of that could "
				   "not be taken back",
				   name);
		xlite_error_hint(err, "apply that without --confirm first");
		return -EPERM;
	}
	return 0;
}

int run_back_prepare(struct run_back *back, const struct state *state, const struct plan *plan, struct xlite_error *err)
{
	int rc;

	*back = (struct run_back){ .set = cfg_set_new() };
	if (!back->set)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	rc = check_kept(state, plan, err);
	for (size_t i = 0; i < plan->nr_networks && !rc; i++)
		rc = note_item(back, &plan->networks[i], err);
	/* Those that are made stay, as data does. */
	for (size_t i = 0; i < plan->nr_volumes && !rc; i++)
		rc = plan->volumes[i].action == PLAN_CHANGE
			     ? cannot(&plan->volumes[i], 0, "would grow, which could not be taken back", err)
			     : check_item(&plan->volumes[i], err);
	for (size_t i = 0; i < plan->nr && !rc; i++)
		rc = note_item(back, &plan->items[i], err);
	return rc;
}

/* The documents know of no network that is not to be. */
static int add_networks(const struct run *run, const struct run_back *back, struct state *state, struct plan *plan,
			struct xlite_error *err)
{
	int rc = 0;

	if (back->nr_networks && !state->networks) {
		rc = networks_read(run->host, state, err);
		if (!rc)
			rc = networks_observe(run->host, state, err);
	}
	for (size_t i = 0; i < back->nr_networks && !rc; i++) {
		struct state_network *network = state_find_network(state, back->networks[i]);

		if (network && plan_add_network_delete(plan, network))
			rc = xlite_error_set(err, -ENOMEM, "out of memory");
	}
	return rc;
}

/* Who has ended meanwhile, or was removed, has nothing that could be taken back: no guest is built for that. */
static void leave_ended(const struct run *run, struct plan *plan)
{
	for (size_t i = 0; i < plan->nr; i++) {
		struct plan_item *item = &plan->items[i];
		struct xlite_error err = { 0 };

		if (!apply_builds(item))
			continue;
		item->action = PLAN_NONE;
		item->reason[0] = '\0';
		xlite_error_set(&err, -ESRCH, "%s: has ended meanwhile, and is not built again", item->name);
		run_tell_trouble(run, &err);
	}
}

static void pass(const struct run *run, const struct run_back *back, struct run_outcome *outcome)
{
	struct xlite_error err = { 0 };
	struct state state = { 0 };
	struct plan plan = { 0 };
	int rc = host_lock(run->host, LOCK_MS, &err);

	if (!rc)
		rc = planning_look_to_act(run, back->set, &state, &plan, &err);
	if (!rc)
		rc = add_networks(run, back, &state, &plan, &err);
	if (rc) {
		run_tell_trouble(run, &err);
		*outcome = (struct run_outcome){ .status = xlite_error_exit(&err) };
	} else {
		run_clean_stale(run, &state);
		leave_ended(run, &plan);
		run_carry_out(run, &plan, outcome);
	}
	plan_clear(&plan);
	state_clear(&state);
}

void run_back_carry_out(const struct run *run, const struct run_back *back, struct run_outcome *outcome)
{
	struct run again = *run;

	/*
	 * What was there may be had again, even where it is what --yes was for. The set is that which all of it
	 * has: see check_diffs.
	 */
	again.options.prune = again.options.replace = again.options.adopt = false;
	again.options.yes = true;
	again.options.wait_s = 0;
	for (int i = 0; i < PASSES; i++) {
		pass(&again, back, outcome);
		if (!outcome->status)
			break;
	}
}

void run_back_clear(struct run_back *back)
{
	cfg_set_free(back->set);
	for (size_t i = 0; i < back->nr_networks; i++)
		free(back->networks[i]);
	free(back->networks);
	*back = (struct run_back)RUN_BACK_INIT;
}
