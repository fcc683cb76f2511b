/* SPDX-License-Identifier: GPL-2.0-or-later
 * What apply, plan and delete do about networks: looked at only where the files name some, or a set is pruned.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "xlite/run/planning.h"
#include "xlite/reconcile/network.h"

static bool is_wanted(const struct cfg_set *set, const char *name)
{
	return cfg_set_network(set, name) != NULL;
}

/* Vifs that use the network may stand in the way. */
static int is_held(struct host *host, const struct plan_item *item, struct xlite_error *err)
{
	const struct state_network *have = item->have_network;

	if (!have || !have->spec)
		return 0;
	return network_held(host, item->want_network, have->spec, item->action == PLAN_REPLACE, err);
}

/* One that has its subnets already is warned of, not kept from other changes. */
static bool takes_subnet(const struct plan_item *item)
{
	bool takes = item->action != PLAN_CHANGE;

	for (size_t i = 0; i < item->nr_diffs; i++)
		takes = takes || !strncmp(item->diffs[i].path, "subnet", 6) || !strncmp(item->diffs[i].path, "gateway", 7);
	return takes;
}

/*
 * What would cut the host off, take somebody else's device, or take away one that is used, is refused before
 * anything is done.
 */
static int look_for_harm(const struct run *run, struct plan_item *item, struct xlite_error *err)
{
	struct xlite_error found = { 0 };
	char why[160];
	int rc;

	if (item->action != PLAN_CREATE && item->action != PLAN_CHANGE && item->action != PLAN_REPLACE)
		return 0;
	rc = network_possible(run->host, item->want_network, &found);
	if (!rc)
		rc = is_held(run->host, item, &found);
	if (!rc && takes_subnet(item))
		rc = network_apart(run->host, item->want_network, &found);
	if (!rc && !run->options.yes)
		rc = network_cuts(run->host, item->want_network, why, sizeof(why), &found);
	if (rc > 0)
		plan_refuse(item, XLITE_FAILED, "--yes does it all the same", "it would cut the host's own way out: %s", why);
	else if (rc)
		plan_refuse(item, found.status ? found.status : XLITE_FAILED, found.hint, "%s", found.message);
	item->foretold = rc;
	return rc == -ENOMEM ? xlite_error_set(err, rc, "%s", found.message) : 0;
}

static int add_pruned(struct plan *plan, const struct run *run, const struct cfg_set *set, struct state *state)
{
	for (size_t i = 0; i < state->nr_networks; i++) {
		struct state_network *network = &state->networks[i];

		if (!network->record.set || strcmp(network->record.set, run->options.set) || is_wanted(set, network->name))
			continue;
		if (plan_add_network_delete(plan, network))
			return -ENOMEM;
		plan->networks[plan->nr_networks - 1].pruned = true;
	}
	return 0;
}

int planning_networks(const struct run *run, const struct cfg_set *set, struct state *state, struct plan *plan,
		      struct xlite_error *err)
{
	struct plan_options options = { .replace = run->options.replace, .adopt = run->options.adopt, .set = run->options.set };
	size_t nr;
	struct cfg_network *const *networks = cfg_set_networks(set, &nr);
	int rc = 0;

	if (!nr && !run->options.prune)
		return 0;
	if (run->host) {
		rc = networks_read(run->host, state, err);
		if (!rc)
			rc = networks_observe(run->host, state, err);
	}
	for (size_t i = 0; i < nr && !rc; i++) {
		rc = plan_add_network(plan, networks[i], state, &options);
		if (rc)
			return xlite_error_set(err, rc, "out of memory");
		if (run->host)
			rc = look_for_harm(run, &plan->networks[plan->nr_networks - 1], err);
	}
	if (!rc && run->options.prune && add_pruned(plan, run, set, state))
		rc = xlite_error_set(err, -ENOMEM, "out of memory");
	if (!rc)
		plan_hold_prune(plan);
	return rc;
}
