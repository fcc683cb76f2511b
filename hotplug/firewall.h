/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a host's own firewall does to packets that it forwards: chains that drop them, in nftables (which iptables-nft,
 * ufw, firewalld and Docker fill, too) and in iptables' older tables. Nothing is changed.
 */
#ifndef HOTPLUG_FIREWALL_H
#define HOTPLUG_FIREWALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/** Kinds of packets, as a set. */
enum { HOTPLUG_FIREWALL_IPV4 = 1, HOTPLUG_FIREWALL_IPV6 = 2, HOTPLUG_FIREWALL_BRIDGED = 4 };

/** A chain at the hook `forward' that drops whatever no rule of it decides on. */
struct hotplug_firewall_chain {
	char family[8];		/* ip, ip6, inet or bridge, as nft has it */
	char table[64], chain[64];
	unsigned packets;	/* which it sees */
	bool legacy;		/* of iptables-legacy, whose rules are not read */
	bool last_rule;		/* it drops by its last rule, else by its policy */
	/* devices and networks that rules which let something through name: "lan0", "10.77.0.0/24" */
	char **names;
	size_t nr_names;
};

struct hotplug_firewall {
	struct hotplug_firewall_chain *chains;
	size_t nr;
};

/**
 * Lists the chains that see some of packets; xlite's own tables are left out. nft(8) is run only where there is one at
 * that hook; without nft a chain is judged by its policy alone. deadline_ns as in nft.h, whose errors these are, too.
 */
int hotplug_firewall_list(unsigned packets, struct hotplug_firewall *firewall, int64_t deadline_ns,
			  struct xlite_error *err);
/** Frees what the list holds; {0} will do. */
void hotplug_firewall_clear(struct hotplug_firewall *firewall);
/**
 * Whether a rule may let through what comes from or goes to the device, or one of the subnets: one that lets something
 * through names it, itself or by what it begins with ("vif*").
 */
bool hotplug_firewall_names(const struct hotplug_firewall_chain *chain, const char *device, const char *const *subnets,
			    size_t nr);
/** Whether br_netfilter hands bridged packets of these kinds to the chains of ip and ip6: the kinds it does. */
unsigned hotplug_firewall_sees_bridged(void);

#endif
