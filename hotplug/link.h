/* SPDX-License-Identifier: GPL-2.0-or-later
 * Network links by netlink, in-process: finding a bridge, waiting for a vif, joining it to its bridge.
 */
#ifndef HOTPLUG_LINK_H
#define HOTPLUG_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/** A netlink session: one socket for requests and, opened when first needed, one for link events. */
struct hotplug_net;

int hotplug_net_open(struct hotplug_net **out, struct xlite_error *err);
void hotplug_net_close(struct hotplug_net *net);

struct hotplug_link {
	int ifindex;
	int master;		/* ifindex of the bridge it is a port of, 0 if none */
	unsigned mtu;
	bool up, bridge;
	bool vlan_filtering;	/* of a bridge; Open vSwitch's all do */
	bool ovs;		/* a bridge of Open vSwitch; of what hotplug_bridge_find has found only */
	uint8_t mac[6];
	char name[16];
};

/**
 * Looks one link up by name (at most 15 bytes, else -EINVAL; a kernel's alternative name will do); -ENODEV without it.
 */
int hotplug_link_get(struct hotplug_net *net, const char *name, struct hotplug_link *link, struct xlite_error *err);
/**
 * Checks that name is a bridge: -ENODEV when it does not exist (the hint names the bridges that do), -ENOTTY when it is
 * something else, also when it is a bridge of Open vSwitch.
 */
int hotplug_bridge_check(struct hotplug_net *net, const char *name, struct hotplug_link *link, struct xlite_error *err);
/**
 * The same, but a bridge of Open vSwitch is one, too (link->ovs, and not link->bridge). Its database is asked only
 * about what is no bridge of Linux.
 */
int hotplug_bridge_find(struct hotplug_net *net, const char *name, struct hotplug_link *link, struct xlite_error *err);
/** The bridge of a host that has just one: -ENODEV without any, -ENOTUNIQ with several (the hint names them). */
int hotplug_bridge_only(struct hotplug_net *net, struct hotplug_link *link, struct xlite_error *err);
/** Gives a link that is down another name; -EEXIST when that is taken, -ENODEV without the link, -EINVAL. */
int hotplug_link_rename(struct hotplug_net *net, const char *from, const char *to, struct xlite_error *err);
/** Subscribes to link events: call before what will make the link appear. Once is enough for a session. */
int hotplug_link_subscribe(struct hotplug_net *net, struct xlite_error *err);
/**
 * Waits until the link exists; deadline_ns on CLOCK_MONOTONIC, -ETIMEDOUT past it (a link that is there is found also
 * then). Subscribes if that was not done.
 */
int hotplug_link_wait(struct hotplug_net *net, const char *name, int64_t deadline_ns, struct hotplug_link *link,
		      struct xlite_error *err);
/** Bytes of a map of VLANs: bit n of byte n/8 is VLAN n. */
#define HOTPLUG_VLAN_BYTES 512
/** How a vif is in its bridge; {0} or NULL: as the bridge would have it. */
struct hotplug_vif_options {
	unsigned mtu;	/* bytes; 0: the bridge's */
	/*
	 * 1..4094: the VLAN of this port, untagged; 0: none if it has tagged ones, else what the bridge gives (Open
	 * vSwitch: all)
	 */
	unsigned vlan;
	const uint8_t *tagged;	/* a map of those that it has besides, with their tags; NULL: none */
};

/** The VLANs of a port. */
struct hotplug_vif_vlans {
	unsigned untagged;	/* 0: none */
	uint8_t tagged[HOTPLUG_VLAN_BYTES];
	bool other;		/* some that are neither: untagged on their way out only, or in only */
	bool only;		/* it has no VLAN but the untagged one */
};

/**
 * What Xen's vif-bridge does: MTU, MAC fe:ff:ff:ff:ff:ff, no IPv6 autoconfiguration of its own, joined to the bridge,
 * its VLANs, up. vif and bridge as just looked up; a vif in another bridge moves. vif-bridge also writes the MTU to the
 * frontend's node `mtu` in XenStore: that is the caller's. Undone by hotplug_vif_offline, or by the link's own end;
 * after a failure the vif is down and in no bridge. -EOPNOTSUPP: a VLAN in a bridge that does not filter VLANs;
 * -EINVAL: none such. In a bridge of Open vSwitch the vif is a port by its database: what is there of its name is
 * replaced, and ports of ours whose links have gone are removed.
 */
int hotplug_vif_bridge(struct hotplug_net *net, const struct hotplug_link *vif, const struct hotplug_link *bridge,
		       const struct hotplug_vif_options *options, struct xlite_error *err);
/** Changes the MTU of a vif that runs, where it differs. */
int hotplug_vif_mtu(struct hotplug_net *net, const char *name, unsigned mtu, struct xlite_error *err);
/**
 * Makes vlan (1..4094) the only VLAN of a port that runs, untagged, or gives it VLAN 1 as the kernel does (0), where it
 * differs: the new one first, so that none is without. -EOPNOTSUPP as hotplug_vif_bridge; -ENOTCONN: it is in no
 * bridge.
 */
int hotplug_vif_vlan(struct hotplug_net *net, const char *name, unsigned vlan, struct xlite_error *err);
/** The VLANs of a port; none where its bridge does not filter them. */
int hotplug_vif_vlans_get(struct hotplug_net *net, const char *name, struct hotplug_vif_vlans *vlans,
			  struct xlite_error *err);
/**
 * Moves a vif that runs to another bridge (or does to it what differs in its own). After a failure it is where it was,
 * with the VLAN and MTU it had, as far as the kernel lets it.
 */
int hotplug_vif_rebridge(struct hotplug_net *net, const char *name, const char *bridge,
			 const struct hotplug_vif_options *options, struct xlite_error *err);
/** A vif without a bridge, whose addresses the host routes to it. */
struct hotplug_vif_route {
	const char *gatewaydev;	/* the device that leads out, whose address the vif borrows; NULL: none */
	const char *const *ips;	/* the guest's addresses, without prefix length, both families mixed */
	size_t nr_ips;
	unsigned mtu;		/* bytes; 0: leave it */
};

/** What a routed vif has of it. */
struct hotplug_vif_route_state {
	bool up;
	bool complete;		/* everything is as hotplug_vif_route would leave it */
	unsigned nr_routes;	/* of the guest's addresses that lead to the vif */
	unsigned nr_foreign;	/* routes to single addresses that lead to the vif, and are not of the guest's */
	unsigned nr_proxied;	/* of its IPv6 addresses that gatewaydev answers for */
};

/**
 * What Xen's vif-route does, and the same for IPv6: the vif is up; it has gatewaydev's first address of each family
 * that the guest has (as /32 and /128), a route to each of ips, and proxy_arp; gatewaydev answers for the guest: for
 * IPv6 by proxied neighbours, for IPv4 by proxy_arp where one of ips lies in a network of gatewaydev's own. Forwarding
 * is turned on for both devices (for IPv6 it is the host's). Only what is missing is done; routes to single addresses
 * that are not in ips are removed; *changed may be NULL. -ENODEV; -EINVAL; -EEXIST: an address has a route to another
 * device. A failure undoes the call for a vif that had no such route; one that had some keeps them, and what was done
 * so far.
 */
int hotplug_vif_route(struct hotplug_net *net, const char *name, const struct hotplug_vif_route *route, bool *changed,
		      struct xlite_error *err);
/** Fills state; changes nothing. -ENODEV without the vif. */
int hotplug_vif_route_observe(struct hotplug_net *net, const char *name, const struct hotplug_vif_route *route,
			      struct hotplug_vif_route_state *state, struct xlite_error *err);
/**
 * Removes the routes, the addresses and the proxied neighbours, and takes the vif down; success when it has gone, whose
 * routes went with it: but the neighbours stay on gatewaydev until this is called. gatewaydev's switches and forwarding
 * stay.
 */
int hotplug_vif_unroute(struct hotplug_net *net, const char *name, const struct hotplug_vif_route *route,
			struct xlite_error *err);
/** Down and out of its bridge; success when the link has gone. */
int hotplug_vif_offline(struct hotplug_net *net, const char *name, struct xlite_error *err);
/** The name of the bridge, of Linux or Open vSwitch, that a link is a port of; "" where it is in none. */
int hotplug_vif_bridge_name(struct hotplug_net *net, const struct hotplug_link *vif, char name[16],
			    struct xlite_error *err);
/**
 * Removes what Open vSwitch has of a link that goes, or has gone, by its name: the port would outlive it, and the next
 * link of that name would be put into that bridge.
 */
int hotplug_vif_forget(const char *name, struct xlite_error *err);

#endif
