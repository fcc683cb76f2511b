/* SPDX-License-Identifier: GPL-2.0-or-later
 * From specs to what hotplug/ understands. Everything filled here borrows from the spec and from itself.
 */
#ifndef RECONCILE_PLUMBING_H
#define RECONCILE_PLUMBING_H

#include "cfg/spec.h"
#include "hotplug/network.h"
#include "hotplug/nft.h"

/** How long one run of nft may take. */
#define PLUMBING_NFT_MS 30000
/** A vif's addresses at most (cfg/keys.c). */
#define PLUMBING_IPS 16

/** A network's addresses at most. */
#define PLUMBING_GATEWAYS 64

struct plumbing {
	struct hotplug_network network;
	char tag[80];
	char texts[PLUMBING_GATEWAYS][56];
	const char *addresses[PLUMBING_GATEWAYS];
};

/**
 * A network with a bridge. Its addresses get the prefix length of the subnet that they are in, where they have none.
 */
void plumbing_network(const struct cfg_network *spec, struct plumbing *plumbing);
/** A network of mode nat. */
void plumbing_nat(const struct cfg_network *spec, struct hotplug_nft_nat *nat);

/**
 * The address with its prefix length: its own, else that of the subnet that it is in, else that of a single address.
 * out of
 * 56 bytes.
 */
void plumbing_cidr(const char *address, const struct cfg_strings *subnets, char out[56]);

/** A vif's addresses without their prefix lengths. */
struct plumbing_ips {
	char texts[PLUMBING_IPS][48];
	const char *items[PLUMBING_IPS];
	size_t nr;
};
void plumbing_ips(const struct cfg_vif *vif, struct plumbing_ips *ips);
/** Whether the vif's packets are filtered. */
bool plumbing_filters(const struct cfg_vif *vif);
void plumbing_filter(const char *owner, const struct cfg_vif *vif, const char *device, const struct plumbing_ips *ips,
		     struct hotplug_nft_filter *filter);
/** All forwards of a domain, malloc'ed into *forwards, which point into *texts (both the caller's). -ENOMEM. */
int plumbing_forwards(const struct cfg_domain *domain, struct hotplug_nft_forward **forwards, size_t *nr,
		      struct plumbing_ips **texts);

#endif
