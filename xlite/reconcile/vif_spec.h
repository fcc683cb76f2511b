/* SPDX-License-Identifier: GPL-2.0-or-later
 * From specs to what hotplug/ understands. Everything filled here borrows from the spec and from itself.
 */
#ifndef RECONCILE_VIF_SPEC_H
#define RECONCILE_VIF_SPEC_H

#include "cfg/spec.h"
#include "hotplug/network.h"
#include "hotplug/nft.h"

/** How long one run of nft may take. */
#define VIF_SPEC_NFT_MS 30000
/** A vif's addresses at most (cfg/keys.c). */
#define VIF_SPEC_IPS 16

/** A network's addresses at most. */
#define VIF_SPEC_GATEWAYS 64

/** A network with a bridge, and what its words point to. */
struct vif_spec_bridge {
	struct hotplug_network network;
	char tag[80];
	char texts[VIF_SPEC_GATEWAYS][56];
	const char *addresses[VIF_SPEC_GATEWAYS];
};

/**
 * A network with a bridge. Its addresses get the prefix length of the subnet that they are in, where they have none.
 */
void vif_spec_network(const struct cfg_network *spec, struct vif_spec_bridge *bridge_spec);
/** A network of mode nat. */
void vif_spec_nat(const struct cfg_network *spec, struct hotplug_nft_nat *nat);

/**
 * The address with its prefix length: its own, else that of the subnet that it is in, else that of a single address.
 * out is of 56 bytes.
 */
void vif_spec_cidr(const char *address, const struct cfg_strings *subnets, char out[56]);

/** A vif's addresses without their prefix lengths. */
struct vif_spec_ips {
	char texts[VIF_SPEC_IPS][48];
	const char *items[VIF_SPEC_IPS];
	size_t nr;
};
void vif_spec_ips(const struct cfg_vif *vif, struct vif_spec_ips *ips);
/** Whether the vif's packets are filtered. */
bool vif_spec_filters(const struct cfg_vif *vif);
void vif_spec_filter(const char *owner, const struct cfg_vif *vif, const char *device, const struct vif_spec_ips *ips,
		     struct hotplug_nft_filter *filter);
/** All forwards of a domain, malloc'ed into *forwards, which point into *texts (both the caller's). -ENOMEM. */
int vif_spec_forwards(const struct cfg_domain *domain, struct hotplug_nft_forward **forwards, size_t *nr,
		      struct vif_spec_ips **texts);
/** Whether a vif of the domain has forwarded ports. */
bool vif_spec_has_forwards(const struct cfg_domain *domain);

#endif
