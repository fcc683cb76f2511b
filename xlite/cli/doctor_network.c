/* SPDX-License-Identifier: GPL-2.0-or-later
 * What doctor says of networks: those that the host has are taken for a plan that wants them just so.
 */
#include "xlite/cli/doctor_network.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "xlite/reconcile/network.h"
#include "xlite/reconcile/observe.h"
#include "xlite/reconcile/reach.h"

static int plan_of(struct state *state, struct plan *plan)
{
	plan->items = calloc(state->nr + 1, sizeof(*plan->items));
	plan->networks = calloc(state->nr_networks + 1, sizeof(*plan->networks));
	if (!plan->items || !plan->networks)
		return -ENOMEM;
	for (size_t i = 0; i < state->nr; i++) {
		if (state->domains[i].info.domid && state->domains[i].spec)
			plan->items[plan->nr++] = (struct plan_item){ .want = state->domains[i].spec };
	}
	for (size_t i = 0; i < state->nr_networks; i++) {
		if (state->networks[i].spec)
			plan->networks[plan->nr_networks++] = (struct plan_item){ .name = state->networks[i].name,
										  .want_network = state->networks[i].spec };
	}
	return 0;
}

static bool find_faults(const struct state *state, doctor_find_fn find, void *ctx)
{
	bool good = true;
	char text[256];

	for (size_t i = 0; i < state->nr_networks; i++) {
		if (!state->networks[i].fault)
			continue;
		good = false;
		snprintf(text, sizeof(text), "network %s: %s", state->networks[i].name, state->networks[i].fault);
		find(ctx, false, text, "apply its document again");
	}
	return good;
}

void doctor_networks(struct xlite_xen *xen, struct xlite_store *store, doctor_find_fn find, void *ctx)
{
	struct host host = { .xen = xen, .store = store };
	struct xlite_error err = { 0 };
	struct state state = { 0 };
	struct plan plan = { 0 };
	int rc = observe(&host, true, &state, &err);
	bool good;

	if (!rc)
		rc = networks_read(&host, &state, &err);
	if (!rc)
		rc = networks_observe(&host, &state, &err);
	if (!rc && plan_of(&state, &plan))
		rc = xlite_error_set(&err, -ENOMEM, "out of memory");
	if (!rc)
		rc = reach_check(&host, &plan, &err);
	good = !rc && find_faults(&state, find, ctx);
	for (size_t i = 0; i < plan.nr_warnings; i++)
		find(ctx, false, plan.warnings[i].text, plan.warnings[i].hint);
	if (rc)
		find(ctx, false, err.message, err.hint);
	else if (good && !plan.nr_warnings && plan.nr + plan.nr_networks)
		find(ctx, true, "nothing known of this host keeps guests' packets from passing", "");
	plan_clear(&plan);
	state_clear(&state);
	hotplug_net_close(host.net);
	hotplug_nft_list_clear(&host.rules);
}
