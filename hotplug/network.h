/* SPDX-License-Identifier: GPL-2.0-or-later
 * A network of the host: a bridge with its own addresses, host devices as ports, and forwarding.
 * Address translation is nft.h, vifs are link.h. Callers hold the host's lock.
 */
#ifndef HOTPLUG_NETWORK_H
#define HOTPLUG_NETWORK_H

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"
#include "hotplug/link.h"

/**
 * The group (IFLA_GROUP) of a bridge that is being made, until its tag is written: "xlit". A run that dies leaves that.
 */
#define HOTPLUG_NETWORK_GROUP 0x786c6974u

/** What a network is to be. Strings and arrays are the caller's and outlive the call. */
struct hotplug_network {
	char bridge[16];
	bool stp;		/* spanning tree; off, ports forward at once */
	unsigned forward_delay_s; /* of the spanning tree; 0: leave it */
	bool vlan_filtering;
	unsigned mtu;		/* bytes; 0: leave it to the ports */
	const char *const *addresses;	/* the bridge's own, IPv4 or IPv6 with prefix length */
	size_t nr_addresses;
	const char *const *ports;	/* host devices that become ports, and are raised */
	size_t nr_ports;
	bool masquerade;	/* here: forwarding is turned on. The rules are hotplug_nft_nat_set */
	/* what lives behind it: which families are forwarded, and what is routed to it */
	const char *const *subnets;
	size_t nr_subnets;
	const char *uplink;	/* the device that leads out; NULL: any but the bridge */
	const char *tag;	/* who owns the bridge, such as "xlite:NAME"; up to 127 bytes, in its IFLA_IFALIAS */
};

/** What the kernel has of a network; cleared with hotplug_network_state_clear. */
struct hotplug_network_state {
	bool exists, bridge;	/* a link of this name; it is a bridge */
	bool ours;		/* a bridge with our tag, or one whose making a run did not finish */
	bool stp, vlan_filtering, up;
	unsigned mtu, forward_delay_s;
	int ifindex;
	char tag[128];		/* whose it is, as the kernel has it; "" without */
	char **addresses;	/* permanent ones with prefix length, without the kernel's own fe80:: */
	size_t nr_addresses;
	char **ports;		/* without vifs */
	size_t nr_ports;
	char **vifs;		/* ports that are vifs, by name or by what is behind them */
	size_t nr_vifs;
	bool forward_ipv4, forward_ipv6; /* as far as the network needs them of bridge and uplink */
	char no_route[64];	/* a subnet that has no address of the bridge's, and no route to it; "" none */
	/* a switch that keeps its subnets from being forwarded: "net.ipv4.ip_forward"; "" none, or not masqueraded */
	char forward_off[64];
};

/** Fills state; success also when nothing is there. -EINVAL for a network that cannot be (names, addresses). */
int hotplug_network_observe(struct hotplug_net *net, const struct hotplug_network *network,
			    struct hotplug_network_state *state, struct xlite_error *err);
/** Frees what a state holds; NULL and {0} will do. */
void hotplug_network_state_clear(struct hotplug_network_state *state);
/**
 * Makes the bridge, or changes in place what differs of one of ours, and raises it; *changed (may be NULL) tells
 * whether anything was written. Addresses and ports that are not named are removed, except vifs; ports keep being up.
 * Forwarding is only ever turned on. A bridge that this call created and could not finish is removed again, with its
 * ports as they were; one that existed keeps what was done so far. -EEXIST: the name belongs to a link that is not
 * ours; -ENODEV: no such port; -EBUSY: a port belongs to another bridge; -EINVAL.
 */
int hotplug_network_apply(struct hotplug_net *net, const struct hotplug_network *network, bool *changed,
			  struct xlite_error *err);
/**
 * Removes the bridge; its host devices stay, up and free. Success when there is none. -EEXIST: not ours; -EBUSY: it has
 * vifs, which are named. Forwarding stays on.
 */
int hotplug_network_remove(struct hotplug_net *net, const struct hotplug_network *network, bool *changed,
			   struct xlite_error *err);
/**
 * Whether hotplug_network_apply would take this host's way out: 1 when a device that would become a port has a default
 * route, or the address by which that is reached, or when the bridge has one and would lose that address; 0 otherwise.
 * why (of size bytes) says it. Negative errno when it cannot be found out. Changes nothing.
 */
int hotplug_network_cuts_default_route(struct hotplug_net *net, const struct hotplug_network *network, char *why,
				       size_t size, struct xlite_error *err);
/**
 * Whether the host reaches one of the network's subnets, or a part of it, by another link than its bridge and ports, or
 * whether such a link has an address in a network that holds it: 1, why (of size bytes) says it, and owner has the
 * link's tag, if it is a bridge with one; 0; or negative errno. A route by a gateway that only holds the subnet is
 * none. Changes nothing.
 */
int hotplug_network_overlaps(struct hotplug_net *net, const struct hotplug_network *network, char *why, size_t size,
			     char owner[128], struct xlite_error *err);

#endif
