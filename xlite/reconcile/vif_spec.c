/* SPDX-License-Identifier: GPL-2.0-or-later
 * From specs to what hotplug/ understands. Pure.
 */
#include "xlite/reconcile/vif_spec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/inet.h"

void vif_spec_cidr(const char *address, const struct cfg_strings *subnets, char out[56])
{
	struct inet inet, subnet;
	bool found = false;

	snprintf(out, 56, "%s", address);
	if (inet_parse_address(address, &inet, NULL))
		return;
	for (size_t i = 0; subnets && i < subnets->nr && !found; i++) {
		found = !inet_parse_cidr(subnets->items[i], &subnet, NULL) && inet_contains(&subnet, &inet);
		if (found)
			inet.prefix = subnet.prefix;
	}
	snprintf(out, 56, "%.47s/%u", address, inet.prefix & 255);
}

void vif_spec_network(const struct cfg_network *spec, struct vif_spec_bridge *bridge_spec)
{
	struct hotplug_network *network = &bridge_spec->network;

	size_t nr = spec->gateway.nr < VIF_SPEC_GATEWAYS ? spec->gateway.nr : VIF_SPEC_GATEWAYS;

	snprintf(bridge_spec->tag, sizeof(bridge_spec->tag), "xlite:%s", spec->name);
	for (size_t i = 0; i < nr; i++) {
		vif_spec_cidr(spec->gateway.items[i], &spec->subnet, bridge_spec->texts[i]);
		bridge_spec->addresses[i] = bridge_spec->texts[i];
	}
	*network = (struct hotplug_network){
		.stp = spec->stp,
		.forward_delay_s = spec->forward_delay_s,
		.vlan_filtering = spec->vlan_filtering,
		.mtu = spec->mtu,
		.addresses = bridge_spec->addresses,
		.nr_addresses = nr,
		.ports = (const char *const *)spec->ports.items,
		.nr_ports = spec->ports.nr,
		.masquerade = spec->mode == CFG_VIF_NAT,
		.subnets = (const char *const *)spec->subnet.items,
		.nr_subnets = spec->subnet.nr,
		.uplink = spec->uplink,
		.tag = bridge_spec->tag,
	};
	snprintf(network->bridge, sizeof(network->bridge), "%s", spec->bridge ? spec->bridge : "");
}

void vif_spec_nat(const struct cfg_network *spec, struct hotplug_nft_nat *nat)
{
	*nat = (struct hotplug_nft_nat){
		.network = spec->name,
		.bridge = spec->bridge,
		.uplink = spec->uplink,
		.subnets = (const char *const *)spec->subnet.items,
		.nr_subnets = spec->subnet.nr,
	};
}

void vif_spec_ips(const struct cfg_vif *vif, struct vif_spec_ips *ips)
{
	ips->nr = 0;
	for (size_t i = 0; i < vif->ip.nr && i < VIF_SPEC_IPS; i++) {
		const char *ip = vif->ip.items[i];

		snprintf(ips->texts[i], sizeof(ips->texts[i]), "%.*s", (int)strcspn(ip, "/"), ip);
		ips->items[ips->nr++] = ips->texts[i];
	}
}

bool vif_spec_filters(const struct cfg_vif *vif)
{
	return vif->filter && vif->ip.nr;
}

void vif_spec_filter(const char *owner, const struct cfg_vif *vif, const char *device, const struct vif_spec_ips *ips,
		     struct hotplug_nft_filter *filter)
{
	*filter = (struct hotplug_nft_filter){ .device = device, .owner = owner, .ips = ips->items, .nr_ips = ips->nr };
	memcpy(filter->mac, vif->mac, sizeof(filter->mac));
}

/* To the first address of each family. */
static void add_forward(const struct cfg_forward *forward, const struct vif_spec_ips *ips, struct hotplug_nft_forward *out,
			size_t *nr)
{
	bool done[2] = { false, false };

	for (size_t i = 0; i < ips->nr; i++) {
		bool v6 = strchr(ips->items[i], ':');

		if (done[v6])
			continue;
		done[v6] = true;
		out[(*nr)++] = (struct hotplug_nft_forward){
			.udp = forward->protocol == CFG_UDP,
			.host_port = (uint16_t)forward->port,
			.ip = ips->items[i],
			.port = (uint16_t)forward->to,
		};
	}
}

int vif_spec_forwards(const struct cfg_domain *domain, struct hotplug_nft_forward **forwards, size_t *nr,
		      struct vif_spec_ips **texts)
{
	size_t most = 0;

	*nr = 0;
	for (size_t i = 0; i < domain->nr_vifs; i++)
		most += 2 * domain->vifs[i].nr_forwards;
	*forwards = calloc(most + 1, sizeof(**forwards));
	*texts = calloc(domain->nr_vifs + 1, sizeof(**texts));
	if (!*forwards || !*texts)
		return -ENOMEM;
	for (size_t i = 0; i < domain->nr_vifs; i++) {
		const struct cfg_vif *vif = &domain->vifs[i];

		vif_spec_ips(vif, &(*texts)[i]);
		for (size_t k = 0; k < vif->nr_forwards; k++)
			add_forward(&vif->forwards[k], &(*texts)[i], *forwards, nr);
	}
	return 0;
}

bool vif_spec_has_forwards(const struct cfg_domain *domain)
{
	for (size_t i = 0; i < domain->nr_vifs; i++) {
		if (domain->vifs[i].nr_forwards)
			return true;
	}
	return false;
}
