/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: what the parts of a network's plumbing share.
 */
#ifndef HOTPLUG_NETWORK_HAVE_H
#define HOTPLUG_NETWORK_HAVE_H

#include "hotplug/network.h"
#include "hotplug/rt.h"

/** An application that runs. */
struct network_apply {
	struct hotplug_net *net;
	const struct hotplug_network *want;
	struct link_info have;	/* the bridge */
	bool created, changed;
	bool *was_down;		/* for each port wanted: this run raised it */
};

/** -EINVAL, naming the culprit, for names, addresses, ports or a tag that cannot be. */
int network_check(const struct hotplug_network *network, struct xlite_error *err);
/** Whether a link is a bridge of this network: by its tag, or unfinished. */
bool network_ours(const struct hotplug_network *network, const struct link_info *info);
/** Whether a port is netback's, or is called as one. */
bool network_is_vif(const struct link_info *port);
/** Whether an address is one that apply would keep or remove: not the kernel's own, not learnt. */
bool network_counts(const struct rt_address *address);
/** Whether list has name. */
bool network_names(const char *const *list, size_t nr, const char *name);
/** Whether inet is among the network's own addresses, which are known to be valid. */
bool network_has_address(const struct hotplug_network *network, const struct inet *inet);
/** Whether one of the subnets or addresses has this family. */
bool network_has_family(const struct hotplug_network *network, int family);
/**
 * What lacks of the routes to subnets in which the bridge has no address; and adding these, and removing those of
 * before.
 */
int network_routes_observe(struct hotplug_net *net, const struct hotplug_network *network,
			   struct hotplug_network_state *state, struct xlite_error *err);
int network_routes_apply(struct network_apply *a, struct xlite_error *err);
/** Turns forwarding of IPv4 on for the bridge and what leads out. */
int network_forward_ipv4(struct network_apply *a, struct xlite_error *err);
/**
 * Creates the bridge, which then is in have; or changes options, MTU, tag and state of what is there, where they
 * differ.
 */
int network_bridge_create(struct network_apply *a, struct xlite_error *err);
int network_bridge_change(struct network_apply *a, struct xlite_error *err);

#endif
