/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: the parts of the list of chains that drop.
 */
#ifndef HOTPLUG_FIREWALL_INT_H
#define HOTPLUG_FIREWALL_INT_H

#include "hotplug/firewall.h"

/** A chain more, zeroed; NULL when out of memory. */
struct hotplug_firewall_chain *firewall_add(struct hotplug_firewall *firewall);
/** Frees what the chain has. */
void firewall_chain_clear(struct hotplug_firewall_chain *chain);
/** Adds those of iptables-legacy. What cannot be found out is left out. -ENOMEM. */
int firewall_legacy(unsigned packets, struct hotplug_firewall *firewall);
/** What becomes of packets that no other rule decides on. */
struct firewall_ends {
	bool drops;	/* the last rule drops all that come to it */
	bool accepts;	/* some rule accepts all: the policy is not asked */
};
/**
 * Reads what `nft -j list table' printed of the chain's table: its names, and how the chain ends. 0, -ENOMEM, -EBADMSG.
 */
int firewall_rules(struct hotplug_firewall_chain *chain, const char *json, size_t len, struct firewall_ends *ends);

#endif
