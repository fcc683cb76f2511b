/* SPDX-License-Identifier: GPL-2.0-or-later
 * What apply, plan and delete do about networks: looked at only where the files name some, or a set is pruned.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "xlite/cli/planning.h"
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

/* What would cut the host off, take somebody else's device, or take away one that is used, is refused before anything is done. */
static int look_for_harm(const struct cli *cli, struct host *host, struct plan_item *item, struct xlite_error *err)
{
	struct xlite_error found = { 0 };
	char why[160];
	int rc;

	if (item->action != PLAN_CREATE && item->action != PLAN_CHANGE && item->action != PLAN_REPLACE)
		return 0;
	if (network_possible(host, item->want_network, &found) || is_held(host, item, &found)) {
		plan_refuse(item, found.status ? found.status : XLITE_FAILED, found.hint, "%s", found.message);
		return 0;
	}
	rc = cli->options.yes ? 0 : network_cuts(host, item->want_network, why, sizeof(why), err);
	if (rc > 0) {
		plan_refuse(item, XLITE_FAILED, "--yes does it all the same", "it would cut the host's own way out: %s", why);
	}
	return rc < 0 ? rc : 0;
}

static int add_pruned(struct plan *plan, const struct cli *cli, const struct cfg_set *set, struct state *state)
{
	for (size_t i = 0; i < state->nr_networks; i++) {
		struct state_network *network = &state->networks[i];

		if (!network->record.set || strcmp(network->record.set, cli->options.set) || is_wanted(set, network->name))
			continue;
		if (plan_add_network_delete(plan, network))
			return -ENOMEM;
		plan->networks[plan->nr_networks - 1].pruned = true;
	}
	return 0;
}

int planning_networks(struct cli *cli, struct host *host, const struct cfg_set *set, struct state *state, struct plan *plan,
		      struct xlite_error *err)
{
	struct plan_options options = { .replace = cli->options.replace, .set = cli->options.set };
	size_t nr;
	struct cfg_network *const *networks = cfg_set_networks(set, &nr);
	int rc = 0;

	if (!nr && !cli->options.prune)
		return 0;
	if (host) {
		rc = networks_read(host, state, err);
		if (!rc)
			rc = networks_observe(host, state, err);
	}
	for (size_t i = 0; i < nr && !rc; i++) {
		rc = plan_add_network(plan, networks[i], state, &options);
		if (rc)
			return xlite_error_set(err, rc, "out of memory");
		if (host)
			rc = look_for_harm(cli, host, &plan->networks[plan->nr_networks - 1], err);
	}
	if (!rc && cli->options.prune && add_pruned(plan, cli, set, state))
		rc = xlite_error_set(err, -ENOMEM, "out of memory");
	if (!rc)
		plan_hold_prune(plan);
	return rc;
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

int planning_carry_networks(struct cli *cli, struct host *host, const struct plan *plan, bool removal, bool *changed,
			    const char **failed)
{
	struct apply_options options = { .set = cli->options.set };
	int first = 0;

	for (size_t i = 0; i < plan->nr_networks; i++) {
		const struct plan_item *item = &plan->networks[i];
		struct xlite_error err = { 0 };
		const char *done = "unchanged";

		if ((item->action == PLAN_DELETE) != removal)
			continue;
		if (cli_interrupted)
			return XLITE_INTERRUPTED;
		if (carry_one(host, item, &options, *failed, &done, &err)) {
			int status = cli_fail(&err);

			if (!item->pruned && !*failed)
				*failed = item->name;
			first = first ? first : status;
			continue;
		}
		*changed = *changed || item->action != PLAN_NONE;
		cli_result_of(cli, "network", item->name, done);
	}
	return first;
}
