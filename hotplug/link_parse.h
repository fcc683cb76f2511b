/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: what a link message of rtnetlink says.
 */
#ifndef HOTPLUG_LINK_PARSE_H
#define HOTPLUG_LINK_PARSE_H

#include <netlink/msg.h>

#include "hotplug/link.h"

struct link_info {
	struct hotplug_link link;
	char kind[24];		/* "bridge", "vif", "openvswitch"; "" for hardware (and netback's vifs) */
	unsigned char family;	/* AF_UNSPEC; AF_BRIDGE for what a bridge says of its ports */
};

/** Reads RTM_NEWLINK or RTM_DELLINK; -EBADMSG for anything else or anything malformed. */
int link_parse(struct nlmsghdr *hdr, struct link_info *info);

#endif
