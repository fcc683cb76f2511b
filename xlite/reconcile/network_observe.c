/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the kernel has of networks, laid over their specs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/network.h"
#include "hotplug/nft.h"
#include "xlite/reconcile/network.h"
#include "xlite/reconcile/vif_spec.h"

static bool has(char *const *items, size_t nr, const char *item)
{
	for (size_t i = 0; i < nr; i++) {
		if (!strcmp(items[i], item))
			return true;
	}
	return false;
}

/* The same members, in any order. */
static bool same_set(char *const *have, size_t nr_have, const char *const *want, size_t nr_want)
{
	if (nr_have != nr_want)
		return false;
	for (size_t i = 0; i < nr_want; i++) {
		if (!has(have, nr_have, want[i]))
			return false;
	}
	return true;
}

/* The list of a spec becomes what the kernel has. */
static int replace_strings(struct cfg_strings *strings, char **items, size_t nr)
{
	char **copy = calloc(nr + 1, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	for (size_t i = 0; i < strings->nr; i++)
		free(strings->items[i]);
	free(strings->items);
	free(strings->places);
	*strings = (struct cfg_strings){ .items = copy };
	for (; strings->nr < nr; strings->nr++) {
		if (!(copy[strings->nr] = strdup(items[strings->nr])))
			return -ENOMEM;
	}
	return 0;
}

static int lay_kernel(struct cfg_network *spec, const struct vif_spec_bridge *bridge_spec,
		      const struct hotplug_network_state *kernel)
{
	const struct hotplug_network *wanted = &bridge_spec->network;
	int rc = 0;

	spec->stp = kernel->stp;
	spec->vlan_filtering = kernel->vlan_filtering;
	if (spec->forward_delay_s)
		spec->forward_delay_s = kernel->forward_delay_s;
	if (spec->mtu)
		spec->mtu = kernel->mtu;
	if (!same_set(kernel->addresses, kernel->nr_addresses, wanted->addresses, wanted->nr_addresses))
		rc = replace_strings(&spec->gateway, kernel->addresses, kernel->nr_addresses);
	if (!rc && !same_set(kernel->ports, kernel->nr_ports, wanted->ports, wanted->nr_ports))
		rc = replace_strings(&spec->ports, kernel->ports, kernel->nr_ports);
	return rc;
}

static int observe_bridge(struct host *host, struct state_network *network, struct xlite_error *err)
{
	struct hotplug_network_state kernel = { 0 };
	struct vif_spec_bridge bridge_spec;
	struct hotplug_net *net;
	int rc = host_net(host, &net, err);

	if (rc)
		return rc;
	vif_spec_network(network->spec, &bridge_spec);
	rc = hotplug_network_observe(net, &bridge_spec.network, &kernel, err);
	if (!rc && !kernel.exists)
		network->fault = "its bridge is gone";
	else if (!rc && !kernel.ours)
		network->fault = "another program has taken over its bridge";
	else if (!rc && !kernel.up)
		network->fault = "its bridge is down";
	else if (!rc && !network->fault && kernel.no_route[0]) {
		snprintf(network->off, sizeof(network->off), "the route to its subnet %s is gone", kernel.no_route);
		network->fault = network->off;
	} else if (!rc && !network->fault && kernel.forward_off[0]) {
		snprintf(network->off, sizeof(network->off), "its packets are not forwarded: %s is 0", kernel.forward_off);
		network->fault = network->off;
	}
	if (!rc && kernel.exists && kernel.ours && lay_kernel(network->spec, &bridge_spec, &kernel))
		rc = xlite_error_set(err, -ENOMEM, "out of memory");
	hotplug_network_state_clear(&kernel);
	return rc;
}

static void look_at_rules(struct state_network *network, const struct hotplug_nft_list *rules)
{
	struct hotplug_nft_nat nat;
	uint64_t fingerprint;

	vif_spec_nat(network->spec, &nat);
	if (network->fault || hotplug_nft_nat_fingerprint(&nat, &fingerprint, NULL))
		return;
	for (size_t i = 0; i < rules->nr; i++) {
		const struct hotplug_nft_entry *entry = &rules->entries[i];

		if (entry->kind == HOTPLUG_NFT_NAT && !strcmp(entry->name, network->name) && entry->fingerprint == fingerprint)
			return;
	}
	network->fault = "its nft rules are gone or changed";
}

int networks_observe(struct host *host, struct state *state, struct xlite_error *err)
{
	const struct hotplug_nft_list *rules = NULL;
	int rc = 0;

	for (size_t i = 0; i < state->nr_networks && !rc; i++) {
		struct state_network *network = &state->networks[i];

		if (!network->spec || network->spec->mode == CFG_VIF_ROUTE)
			continue;
		/* Rules are compared with the spec before the kernel's state is laid over it. */
		if (network->spec->mode == CFG_VIF_NAT && !rules)
			rc = host_rules(host, &rules, err);
		if (!rc && network->spec->mode == CFG_VIF_NAT)
			look_at_rules(network, rules);
		if (!rc)
			rc = observe_bridge(host, network, err);
		if (rc)
			xlite_error_prefix(err, "network %s", network->name);
	}
	return rc;
}
