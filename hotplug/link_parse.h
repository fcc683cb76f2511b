/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: what a link message of rtnetlink says.
 */
#ifndef HOTPLUG_LINK_PARSE_H
#define HOTPLUG_LINK_PARSE_H

#include <netlink/msg.h>

#include "hotplug/link.h"

/** In what the kernel counts a bridge's times, on every host of ours (clock_t; sysconf(_SC_CLK_TCK)). */
#define HOTPLUG_USER_HZ 100

struct link_info {
	struct hotplug_link link;
	char kind[24];		/* "bridge", "vif", "openvswitch"; "" for hardware (and netback's vifs) */
	char alias[128];	/* IFLA_IFALIAS, "" without */
	char bus[16];		/* of the device behind it: "xen-backend" for a vif; "" without */
	uint32_t group;
	bool stp;		/* of a bridge */
	uint32_t forward_delay;	/* of a bridge, in 1/HOTPLUG_USER_HZ s */
	unsigned char family;	/* AF_UNSPEC; AF_BRIDGE for what a bridge says of its ports */
};

/** Reads RTM_NEWLINK or RTM_DELLINK; -EBADMSG for anything else or anything malformed. */
int link_parse(struct nlmsghdr *hdr, struct link_info *info);
/** As hotplug_link_get, with all that is known. */
int link_info_get(struct hotplug_net *net, const char *name, struct link_info *info, struct xlite_error *err);

#endif
