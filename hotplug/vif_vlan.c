/* SPDX-License-Identifier: GPL-2.0-or-later
 * The VLANs of a port of a bridge that filters them: one untagged, any number tagged.
 * Facts: linux/net/bridge/br_netlink.c (bridges answer for VLANs in lists only).
 */
#include "hotplug/vif_vlan.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "common/bits.h"
#include "hotplug/net.h"
#include "hotplug/ovs_port.h"

#define VLAN_MAX 4094
/** What the kernel gives a new port (default_pvid). */
#define VLAN_DEFAULT 1
#define VLAN_UNTAGGED (BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED)

/** The VLANs of one port: flags of each, plus one for "it is there". */
struct port_vlans {
	int ifindex;
	uint8_t flags[VLAN_MAX + 1];
};

#define PORT_HAS 0x80

int vif_vlan_check(const char *name, const struct hotplug_link *bridge, const struct hotplug_vif_options *options,
		   struct xlite_error *err)
{
	unsigned vlan = options ? options->vlan : 0;
	int ret;

	if (vlan > VLAN_MAX)
		return xlite_error_set(err, -EINVAL, "%s: VLAN %u: VLANs are 1 to %u", name, vlan, VLAN_MAX);
	if (bridge->vlan_filtering || (!vlan && !(options && options->tagged)))
		return 0;
	if (vlan)
		ret = xlite_error_set(err, -EOPNOTSUPP, "%s: VLAN %u: bridge %s does not filter VLANs", name, vlan,
				      bridge->name);
	else
		ret = xlite_error_set(err, -EOPNOTSUPP, "%s: tagged VLANs: bridge %s does not filter VLANs", name,
				      bridge->name);
	xlite_error_hint(err, "turn it on with `ip link set %s type bridge vlan_filtering 1`, or in the spec of its network",
			 bridge->name);
	return ret;
}

static struct nl_msg *vlan_msg(int type, int nl_flags, int ifindex)
{
	struct ifinfomsg info = { .ifi_family = AF_BRIDGE, .ifi_index = ifindex };
	struct nl_msg *msg = nlmsg_alloc_simple(type, NLM_F_REQUEST | nl_flags);

	if (msg && nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

/* A range is two entries, of its first and its last. */
static int put_vlans(struct nl_msg *msg, unsigned first, unsigned last, unsigned flags)
{
	struct bridge_vlan_info info = { .flags = (uint16_t)flags, .vid = (uint16_t)first };
	struct nlattr *nest = nla_nest_start(msg, IFLA_AF_SPEC);

	if (!nest)
		return -ENOMEM;
	if (last > first) {
		info.flags |= BRIDGE_VLAN_INFO_RANGE_BEGIN;
		if (nla_put(msg, IFLA_BRIDGE_VLAN_INFO, sizeof(info), &info))
			return -ENOMEM;
		info = (struct bridge_vlan_info){ .flags = (uint16_t)(flags | BRIDGE_VLAN_INFO_RANGE_END),
						  .vid = (uint16_t)last };
	}
	if (nla_put(msg, IFLA_BRIDGE_VLAN_INFO, sizeof(info), &info))
		return -ENOMEM;
	nla_nest_end(msg, nest);
	return 0;
}

static int vlan_change(struct hotplug_net *net, bool add, int ifindex, unsigned first, unsigned last, unsigned flags,
		       struct xlite_error *err)
{
	struct nl_msg *msg = vlan_msg(add ? RTM_SETLINK : RTM_DELLINK, NLM_F_ACK, ifindex);
	int ret;

	if (msg && put_vlans(msg, first, last, flags)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	ret = net_talk(net, msg, NULL, NULL, err);
	if (ret && last > first)
		xlite_error_prefix(err, "%s VLANs %u to %u", add ? "set" : "take out of", first, last);
	else if (ret)
		xlite_error_prefix(err, "%s VLAN %u", add ? "set" : "take out of", first);
	return ret;
}

static int vlan_reply(struct nlmsghdr *hdr, void *ctx)
{
	struct port_vlans *port = ctx;
	const struct ifinfomsg *ifi = nlmsg_data(hdr);
	const struct bridge_vlan_info *info;
	struct nlattr *spec, *attr;
	unsigned begin = 0;
	int left;

	if (nlmsg_datalen(hdr) < (int)sizeof(*ifi))
		return -EBADMSG;
	if (ifi->ifi_index != port->ifindex)
		return 0;
	spec = nlmsg_find_attr(hdr, sizeof(*ifi), IFLA_AF_SPEC);
	if (!spec)
		return 0;
	nla_for_each_nested(attr, spec, left) {
		if (nla_type(attr) != IFLA_BRIDGE_VLAN_INFO || nla_len(attr) < (int)sizeof(*info))
			continue;
		info = nla_data(attr);
		if (!info->vid || info->vid > VLAN_MAX)
			continue;
		if (info->flags & BRIDGE_VLAN_INFO_RANGE_BEGIN) {
			begin = info->vid;
			continue;
		}
		for (unsigned i = info->flags & BRIDGE_VLAN_INFO_RANGE_END && begin ? begin : info->vid; i <= info->vid; i++)
			port->flags[i] = (uint8_t)(info->flags & VLAN_UNTAGGED) | PORT_HAS;
		begin = 0;
	}
	return 0;
}

static int vlan_list(struct hotplug_net *net, struct port_vlans *port, struct xlite_error *err)
{
	struct nl_msg *msg = vlan_msg(RTM_GETLINK, NLM_F_DUMP, 0);
	int ret;

	memset(port->flags, 0, sizeof(port->flags));
	if (msg && nla_put_u32(msg, IFLA_EXT_MASK, RTEXT_FILTER_BRVLAN_COMPRESSED)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	ret = net_talk(net, msg, vlan_reply, port, err);
	if (ret)
		xlite_error_prefix(err, "list its VLANs");
	return ret;
}

/* What a port is to have of a VLAN: 0, or PORT_HAS and flags. */
static uint8_t wanted(const struct hotplug_vif_options *options, unsigned vlan)
{
	const uint8_t *tagged = options ? options->tagged : NULL;
	unsigned untagged = options && (options->vlan || tagged) ? options->vlan : VLAN_DEFAULT;

	if (vlan == untagged)
		return PORT_HAS | VLAN_UNTAGGED;
	return tagged && bits_has(tagged, vlan) ? PORT_HAS : 0;
}

static bool is_due(const struct port_vlans *port, const struct hotplug_vif_options *options, unsigned vlan, bool add)
{
	uint8_t want = wanted(options, vlan);

	return add ? want && port->flags[vlan] != want : !want && port->flags[vlan];
}

/* Adds or removes what differs, as many at a time as lie side by side. */
static int change_runs(struct hotplug_net *net, const struct port_vlans *port,
		       const struct hotplug_vif_options *options, bool add, struct xlite_error *err)
{
	int ret = 0;

	for (unsigned first = 1, last; first <= VLAN_MAX && !ret; first = last + 1) {
		uint8_t want = wanted(options, first);

		last = first;
		if (!is_due(port, options, first, add))
			continue;
		/* One that is untagged goes by itself: there is no range of them. */
		while (want != (PORT_HAS | VLAN_UNTAGGED) && last < VLAN_MAX && wanted(options, last + 1) == want &&
		       is_due(port, options, last + 1, add))
			last++;
		ret = vlan_change(net, add, port->ifindex, first, last, want & VLAN_UNTAGGED, err);
	}
	return ret;
}

int vif_vlan_set(struct hotplug_net *net, int ifindex, const struct hotplug_vif_options *options, struct xlite_error *err)
{
	struct port_vlans port = { .ifindex = ifindex };
	int ret = vlan_list(net, &port, err);

	if (!ret)
		ret = change_runs(net, &port, options, true, err);
	return ret ? ret : change_runs(net, &port, options, false, err);
}

/* The link and the bridge it is in. */
static int port_bridge(struct hotplug_net *net, const char *name, struct hotplug_link *vif, struct hotplug_link *bridge,
		       struct xlite_error *err)
{
	char of[16];
	int ret = hotplug_link_get(net, name, vif, err);

	if (!ret)
		ret = hotplug_vif_bridge_name(net, vif, of, err);
	if (ret)
		return ret;
	return of[0] ? hotplug_bridge_find(net, of, bridge, err)
		     : xlite_error_set(err, -ENOTCONN, "%s: it is in no bridge", name);
}

int hotplug_vif_vlan(struct hotplug_net *net, const char *name, unsigned vlan, struct xlite_error *err)
{
	const struct hotplug_vif_options options = { .vlan = vlan };
	struct hotplug_link vif, bridge;
	int ret = port_bridge(net, name, &vif, &bridge, err);

	if (!ret)
		ret = vif_vlan_check(name, &bridge, &options, err);
	if (ret || !bridge.vlan_filtering)
		return ret;
	ret = bridge.ovs ? ovs_port_set(name, bridge.name, &options, true, err) : vif_vlan_set(net, vif.ifindex, &options, err);
	if (ret)
		xlite_error_prefix(err, "%s", name);
	return ret;
}

static int ovs_vlans_get(const char *name, struct hotplug_vif_vlans *vlans, struct xlite_error *err)
{
	struct ovs_port port;
	int ret = ovs_port_get(name, &port, err);

	if (ret)
		return ret;
	vlans->untagged = port.tag;
	memcpy(vlans->tagged, port.trunks, sizeof(vlans->tagged));
	vlans->other = port.other;
	vlans->only = !port.trunk;
	return 0;
}

int hotplug_vif_vlans_get(struct hotplug_net *net, const char *name, struct hotplug_vif_vlans *vlans, struct xlite_error *err)
{
	struct hotplug_link vif, bridge;
	struct port_vlans port;
	int ret = port_bridge(net, name, &vif, &bridge, err);

	*vlans = (struct hotplug_vif_vlans){ .only = true };
	if (!ret && bridge.ovs)
		return ovs_vlans_get(name, vlans, err);
	if (ret || !bridge.vlan_filtering)
		return ret;
	port.ifindex = vif.ifindex;
	ret = vlan_list(net, &port, err);
	for (unsigned i = 1; !ret && i <= VLAN_MAX; i++) {
		if (port.flags[i] == (PORT_HAS | VLAN_UNTAGGED))
			vlans->untagged = i;
		else if (port.flags[i] == PORT_HAS)
			bits_put(vlans->tagged, i, true);
		else if (port.flags[i])
			vlans->other = true;
		vlans->only = vlans->only && (!port.flags[i] || vlans->untagged == i);
	}
	if (ret)
		xlite_error_prefix(err, "%s", name);
	return ret;
}
