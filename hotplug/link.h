/* SPDX-License-Identifier: GPL-2.0-or-later
 * Network links by netlink, in-process: finding a bridge, waiting for a vif, joining it to its bridge.
 */
#ifndef HOTPLUG_LINK_H
#define HOTPLUG_LINK_H

#include <stdbool.h>
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
	bool vlan_filtering;	/* of a bridge */
	uint8_t mac[6];
	char name[16];
};

/** Looks one link up by name (at most 15 bytes, else -EINVAL; a kernel's alternative name will do); -ENODEV without it. */
int hotplug_link_get(struct hotplug_net *net, const char *name, struct hotplug_link *link, struct xlite_error *err);
/**
 * Checks that name is a bridge: -ENODEV when it does not exist (the hint names the bridges that do), -ENOTTY when it is
 * something else, also when it is a bridge of Open vSwitch.
 */
int hotplug_bridge_check(struct hotplug_net *net, const char *name, struct hotplug_link *link, struct xlite_error *err);
/** Subscribes to link events: call before what will make the link appear. Once is enough for a session. */
int hotplug_link_subscribe(struct hotplug_net *net, struct xlite_error *err);
/**
 * Waits until the link exists; deadline_ns on CLOCK_MONOTONIC, -ETIMEDOUT past it (a link that is there is found also then).
 * Subscribes if that was not done.
 */
int hotplug_link_wait(struct hotplug_net *net, const char *name, int64_t deadline_ns, struct hotplug_link *link,
		      struct xlite_error *err);
/**
 * What Xen's vif-bridge does: MTU (0: the bridge's), MAC fe:ff:ff:ff:ff:ff, no IPv6 autoconfiguration of its own, joined
 * to the bridge, up. vif and bridge as just looked up; a vif in another bridge moves. vif-bridge also writes the MTU to the
 * frontend's node `mtu` in XenStore: that is the caller's. Undone by hotplug_vif_offline, or by the link's own end; after a
 * failure the vif is down and in no bridge.
 */
int hotplug_vif_bridge(struct hotplug_net *net, const struct hotplug_link *vif, const struct hotplug_link *bridge, unsigned mtu,
		       struct xlite_error *err);
/** Down and out of its bridge; success when the link has gone. */
int hotplug_vif_offline(struct hotplug_net *net, const char *name, struct xlite_error *err);

#endif
