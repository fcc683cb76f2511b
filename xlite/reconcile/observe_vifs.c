/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the host's network says of running vifs: somebody may have moved one, or flushed the rules. Where it differs from
 * the spec, the spec as observed gets what is so, and the plan shows it.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/link.h"
#include "hotplug/nft.h"
#include "xlite/reconcile/devices.h"
#include "xlite/reconcile/observe_int.h"
#include "xlite/reconcile/vif_spec.h"

static int set_target(struct cfg_vif *vif, const char *target)
{
	free(vif->target);
	vif->target = strdup(target);
	return vif->target ? 0 : -ENOMEM;
}

static void clear_strings(struct cfg_strings *strings)
{
	for (size_t i = 0; i < strings->nr; i++)
		free(strings->items[i]);
	strings->nr = 0;
}

/* What a spec cannot say is shown as none of either, so that it differs whichever the spec has. */
static int lay_vlans(struct hotplug_net *net, struct cfg_vif *vif, const char *name)
{
	struct hotplug_vif_vlans vlans;
	char *tagged;

	if (hotplug_vif_vlans_get(net, name, &vlans, NULL))
		return 0;
	vif->vlan = vlans.other ? 0 : vlans.untagged;
	cfg_strings_clear(&vif->trunk);
	if (vlans.other)
		return 0;
	tagged = cfg_cpus_text(vlans.tagged, sizeof(vlans.tagged));
	if (tagged && *tagged)
		return cfg_strings_add(&vif->trunk, tagged);
	free(tagged);
	return tagged ? 0 : -ENOMEM;
}

/* Where the vif is, if it is not where it is to be. What cannot be asked for is no difference. */
static int lay_place(struct hotplug_net *net, struct cfg_vif *vif, const struct hotplug_link *link,
		     const struct devices_vif_host *place, bool *differs)
{
	char bridge[16];

	*differs = !place->link.ovs && link->master != place->link.ifindex;
	if ((!*differs && !place->link.ovs) || hotplug_vif_bridge_name(net, link, bridge, NULL))
		return 0;
	*differs = strcmp(bridge, place->bridge);
	return *differs ? set_target(vif, bridge[0] ? bridge : "(none)") : 0;
}

static int lay_bridge(struct hotplug_net *net, struct cfg_vif *vif, const char *name, const struct devices_vif_host *place)
{
	struct hotplug_link link;
	bool differs;
	int rc;

	/* Without a link there is no backend yet, or no more; that is not the network's. */
	if (hotplug_link_get(net, name, &link, NULL))
		return 0;
	rc = lay_place(net, vif, &link, place, &differs);
	if (rc || differs)
		return rc;
	if (vif->mtu)
		vif->mtu = link.mtu;
	/* In Open vSwitch one without a VLAN has all, and in a bridge of Linux that which the bridge gives. */
	return place->link.ovs || (place->link.vlan_filtering && (vif->vlan || vif->trunk.nr)) ? lay_vlans(net, vif, name) : 0;
}

/* The bridge has gone, or keeps VLANs apart no more: the same run may mend it, and the vif has to follow. */
static int lay_no_place(struct cfg_vif *vif, const struct devices_vif_host *place)
{
	if (vif->kind == CFG_VIF_ROUTE)
		return 0;
	if (!place->bridge[0])
		return set_target(vif, "(none)");
	vif->vlan = 0;
	cfg_strings_clear(&vif->trunk);
	return 0;
}

static void lay_route(struct hotplug_net *net, struct cfg_vif *vif, const char *name, const struct devices_vif_host *place)
{
	struct hotplug_vif_route_state state = { 0 };
	struct vif_spec_ips ips;
	struct hotplug_vif_route route = { .gatewaydev = place->uplink, .mtu = vif->mtu };

	vif_spec_ips(vif, &ips);
	route.ips = ips.items;
	route.nr_ips = ips.nr;
	if (!hotplug_vif_route_observe(net, name, &route, &state, NULL) && !state.complete)
		clear_strings(&vif->ip);
}

/* Where a script put the vif is its own affair; the MTU is not. */
static void lay_script(struct hotplug_net *net, struct cfg_vif *vif, const char *name)
{
	struct hotplug_link link;

	if (vif->mtu && !hotplug_link_get(net, name, &link, NULL))
		vif->mtu = link.mtu;
}

static bool has_entry(const struct hotplug_nft_list *rules, enum hotplug_nft_kind kind, const char *name, uint64_t fingerprint)
{
	for (size_t i = 0; i < rules->nr; i++) {
		const struct hotplug_nft_entry *entry = &rules->entries[i];

		if (entry->kind == kind && !strcmp(entry->name, name))
			return entry->fingerprint == fingerprint;
	}
	return false;
}

static void lay_filter(const struct hotplug_nft_list *rules, const char *owner, struct cfg_vif *vif, const char *device)
{
	struct hotplug_nft_filter filter;
	struct vif_spec_ips ips;
	uint64_t fingerprint;

	if (!vif_spec_filters(vif))
		return;
	vif_spec_ips(vif, &ips);
	vif_spec_filter(owner, vif, device, &ips, &filter);
	if (!hotplug_nft_filter_fingerprint(&filter, &fingerprint, NULL) &&
	    !has_entry(rules, HOTPLUG_NFT_FILTER, device, fingerprint))
		vif->filter = false;
}

static void lay_forwards(const struct hotplug_nft_list *rules, const char *owner, struct cfg_domain *spec)
{
	struct hotplug_nft_forward *forwards = NULL;
	struct vif_spec_ips *texts = NULL;
	uint64_t fingerprint;
	size_t nr = 0;

	if (vif_spec_has_forwards(spec) && !vif_spec_forwards(spec, &forwards, &nr, &texts) &&
	    !hotplug_nft_forwards_fingerprint(owner, forwards, nr, &fingerprint, NULL) &&
	    !has_entry(rules, HOTPLUG_NFT_FORWARDS, owner, fingerprint)) {
		for (size_t i = 0; i < spec->nr_vifs; i++)
			spec->vifs[i].nr_forwards = 0;
	}
	free(forwards);
	free(texts);
}

static bool needs_rules(const struct cfg_domain *spec)
{
	bool needs = vif_spec_has_forwards(spec);

	for (size_t i = 0; i < spec->nr_vifs; i++)
		needs = needs || vif_spec_filters(&spec->vifs[i]);
	return needs;
}

/* Without a link there is no backend yet, or no more. */
static void lay_name(struct cfg_vif *vif, const char *name)
{
	if (!vif->ifname || !strcmp(vif->ifname, name) || !if_nametoindex(name))
		return;
	free(vif->ifname);
	vif->ifname = NULL;
}

/* The emulated card beside a vif, while the guest has it. What is wrong with it is the vif's to mend. */
static int lay_card(struct hotplug_net *net, const struct observe_request *look, const struct hotplug_nft_list *rules, size_t i,
		    const char *owner, const struct devices_vif_host *place)
{
	struct cfg_domain *spec = look->domain->spec;
	struct cfg_vif *vif = &spec->vifs[i];
	struct hotplug_link link;
	bool differs;
	char name[32];

	devices_vif_card(look->domain->info.domid, look->domain->devids[XLITE_DEVICE_VIF][i], name);
	if (!cfg_vif_emulated(spec, vif) || hotplug_link_get(net, name, &link, NULL))
		return 0;
	lay_filter(rules, owner, vif, name);
	return lay_place(net, vif, &link, place, &differs);
}

static int look_at_vifs(struct host *host, const struct observe_request *look, const struct hotplug_nft_list *rules,
			struct xlite_error *err)
{
	struct cfg_domain *spec = look->domain->spec;
	struct hotplug_net *net;
	char owner[37], name[32];
	int rc = host_net(host, &net, err);

	xlite_uuid_text(look->domain->info.uuid, owner);
	lay_forwards(rules, owner, spec);
	for (size_t i = 0; i < spec->nr_vifs && !rc; i++) {
		struct cfg_vif *vif = &spec->vifs[i];
		struct devices_vif_host place;

		devices_vif_link(look->domain->info.domid, look->domain->devids[XLITE_DEVICE_VIF][i], name);
		lay_name(vif, name);
		lay_filter(rules, owner, vif, name);
		if (vif->script)
			lay_script(net, vif, name);
		else if (devices_vif_check(host, vif, DEVICES_EVERY_DOMID, &place, NULL))
			rc = lay_no_place(vif, &place) ? xlite_error_set(err, -ENOMEM, "out of memory") : 0;
		else if (vif->kind == CFG_VIF_ROUTE)
			lay_route(net, vif, name, &place);
		else if (lay_bridge(net, vif, name, &place) || lay_card(net, look, rules, i, owner, &place))
			rc = xlite_error_set(err, -ENOMEM, "out of memory");
	}
	return rc;
}

int observe_vifs(struct host *host, const struct observe_request *looks, size_t nr, struct xlite_error *err)
{
	const struct hotplug_nft_list *rules = NULL;
	int rc = 0;

	for (size_t i = 0; i < nr && !rc; i++) {
		const struct cfg_domain *spec = looks[i].domain->spec;

		/* A domain that has shut down has no network to speak of. */
		if (!looks[i].owned || looks[i].domain->info.shutdown || !spec->nr_vifs)
			continue;
		if (needs_rules(spec) && !rules)
			rc = host_rules(host, &rules, err);
		if (!rc)
			rc = look_at_vifs(host, &looks[i], rules, err);
	}
	return rc;
}
