/* SPDX-License-Identifier: GPL-2.0-or-later
 * Where a vif goes: its bridge, network or uplink, and whether its MAC and its name on the host are free. Changes nothing.
 */
#include "xlite/reconcile/devices.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "xlite/reconcile/network.h"

static int check_bridge(struct hotplug_net *net, const struct cfg_vif *vif, const char *name, struct devices_vif_host *place,
			struct xlite_error *err)
{
	int rc = hotplug_bridge_find(net, name, &place->link, err);

	if (rc)
		return rc;
	snprintf(place->bridge, sizeof(place->bridge), "%s", name);
	if ((vif->vlan || vif->trunk.nr) && !place->link.vlan_filtering) {
		if (vif->vlan)
			xlite_error_set(err, -EOPNOTSUPP, "vlan %u: the bridge %s does not filter VLANs", vif->vlan, name);
		else
			xlite_error_set(err, -EOPNOTSUPP, "trunk %s: the bridge %s does not filter VLANs",
					vif->trunk.items[0], name);
		xlite_error_hint(err,
				 "vlan_filtering: true in its network document, or ip link set %s type bridge vlan_filtering 1",
				 name);
		return -EOPNOTSUPP;
	}
	return 0;
}

/* Where a script takes a vif is the script's to judge: its bridge may be Open vSwitch's, and need no link of that name. */
static int check_nat(struct host *host, struct hotplug_net *net, const struct cfg_vif *vif, struct devices_vif_host *place,
		     struct xlite_error *err)
{
	struct cfg_network *network = NULL;
	int rc = network_find(host, vif->target, &network, err);

	if (rc == -ENOENT) {
		xlite_error_set(err, rc, "there is no network %s", vif->target);
		xlite_error_hint(err, "a document of kind network, applied before or with this one, makes it");
	} else if (!rc && network->mode != CFG_VIF_NAT) {
		rc = xlite_error_set(err, -EINVAL, "the network %s is not of mode nat", vif->target);
	} else if (!rc && vif->script) {
		snprintf(place->bridge, sizeof(place->bridge), "%s", network->bridge);
	} else if (!rc) {
		rc = check_bridge(net, vif, network->bridge, place, err);
	}
	cfg_network_free(network);
	return rc;
}

/* The target of route: is a network of that mode, or else a device. */
static int check_route(struct host *host, struct hotplug_net *net, const struct cfg_vif *vif, struct devices_vif_host *place,
		       struct xlite_error *err)
{
	struct cfg_network *network = NULL;
	struct hotplug_link link;
	const char *uplink = vif->target;
	int rc = network_find(host, vif->target, &network, err);

	if (!rc && network->mode != CFG_VIF_ROUTE)
		rc = xlite_error_set(err, -EINVAL, "the network %s is not of mode route", vif->target);
	else if (!rc)
		uplink = network->uplink;
	else if (rc == -ENOENT)
		rc = 0;
	if (!rc && vif->gatewaydev)
		uplink = vif->gatewaydev;
	if (!rc && !vif->script)
		rc = hotplug_link_get(net, uplink, &link, err);
	if (!rc)
		snprintf(place->uplink, sizeof(place->uplink), "%s", uplink);
	cfg_network_free(network);
	return rc;
}

static int find_place(struct host *host, struct hotplug_net *net, const struct cfg_vif *vif, struct devices_vif_host *place,
		      struct xlite_error *err)
{
	switch (vif->kind) {
	case CFG_VIF_BRIDGE:
		if (!vif->script)
			return check_bridge(net, vif, vif->target, place, err);
		snprintf(place->bridge, sizeof(place->bridge), "%s", vif->target);
		return 0;
	case CFG_VIF_NAT:
		return check_nat(host, net, vif, place, err);
	default:
		return check_route(host, net, vif, place, err);
	}
}

/* A network that the plan makes first, or changes: what it is not yet on the host is no hindrance. NULL: there is none. */
static const struct cfg_network *coming(const struct host *host, const struct cfg_vif *vif)
{
	for (size_t i = 0; i < host->nr_coming; i++) {
		const struct cfg_network *network = host->coming[i];
		const char *name = vif->kind == CFG_VIF_BRIDGE ? network->bridge : network->name;

		if (name && !strcmp(name, vif->target) && (vif->kind == CFG_VIF_BRIDGE || vif->kind == network->mode))
			return network;
	}
	return NULL;
}

static int ifname_free(uint32_t own, const char *name, struct xlite_error *err)
{
	unsigned domid = 0;
	bool is_vif = devices_link_owner(name, &domid);

	/* Also a name that a link has besides its own is taken. */
	if (!if_nametoindex(name) || (is_vif && domid == own))
		return 0;
	if (is_vif)
		return xlite_error_status(err, -EEXIST, XLITE_CONFLICT, "ifname: %s is a vif of domain %u", name, domid);
	return xlite_error_status(err, -EEXIST, XLITE_CONFLICT, "ifname: the host has an interface %s of its own", name);
}

int devices_vif_check(struct host *host, const struct cfg_vif *vif, uint32_t own, struct devices_vif_host *place,
		      struct xlite_error *err)
{
	const struct cfg_network *network = coming(host, vif);
	struct hotplug_net *net;
	int rc = host_net(host, &net, err);

	memset(place, 0, sizeof(*place));
	if (network)
		snprintf(place->bridge, sizeof(place->bridge), "%s", network->bridge ? network->bridge : "");
	else if (!rc)
		rc = find_place(host, net, vif, place, err);
	if (!rc && own != DEVICES_EVERY_DOMID && vif->mac_given)
		rc = devices_mac_free(host, own, vif->mac, place->bridge, err);
	else if (!rc && own != DEVICES_EVERY_DOMID)
		rc = devices_derived_mac_free(host, own, vif->mac, place->bridge, err);
	if (!rc && own != DEVICES_EVERY_DOMID && vif->ifname)
		rc = ifname_free(own, vif->ifname, err);
	return rc;
}
