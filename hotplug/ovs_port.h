/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: ports of Open vSwitch, as its database has them. ovs-vswitchd makes the kernel follow.
 */
#ifndef HOTPLUG_OVS_PORT_H
#define HOTPLUG_OVS_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "hotplug/link.h"

struct ovs_port {
	bool there;
	bool other;		/* its VLANs are none that a spec can say */
	char uuid[40];		/* of its row */
	char bridge[16];
	unsigned tag;		/* untagged, 0: none */
	bool trunk;		/* it has only some with their tags; without tag and trunk it has all */
	uint8_t trunks[HOTPLUG_VLAN_BYTES];
};

/**
 * Whether the bridge is one of Open vSwitch's. -ENOENT, -ECONNREFUSED: there is no Open vSwitch, or it does not
 * run.
 */
int ovs_bridge_is(const char *bridge, bool *is, struct xlite_error *err);
/** What it has of a port; errors as above. */
int ovs_port_get(const char *name, struct ovs_port *port, struct xlite_error *err);
/**
 * Makes the link a port of the bridge with these VLANs, and of no other; waits until ovs-vswitchd has it. keep: what
 * else is set of a port that is there already stays. Ports of ours whose link has gone are removed in the same
 * transaction. -ENODEV: no such bridge; -ETIMEDOUT: ovs-vswitchd does not act; -EIO: it refused.
 */
int ovs_port_set(const char *name, const char *bridge, const struct hotplug_vif_options *options, bool keep,
		 struct xlite_error *err);
/** Removes the port, if there is one and Open vSwitch runs; wait: until ovs-vswitchd has let go of the link. */
int ovs_port_remove(const char *name, bool wait, struct xlite_error *err);

#endif
