/* SPDX-License-Identifier: GPL-2.0-or-later
 * The VLANs of a port of a bridge that filters them: one, untagged.
 * Facts: linux/net/bridge/br_netlink.c (bridges answer for VLANs in lists only).
 */
#include "hotplug/vif_vlan.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "hotplug/net.h"

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

int vif_vlan_check(const char *name, const struct hotplug_link *bridge, unsigned vlan, struct xlite_error *err)
{
	int ret;

	if (vlan > VLAN_MAX)
		return xlite_error_set(err, -EINVAL, "%s: VLAN %u: VLANs are 1 to %u", name, vlan, VLAN_MAX);
	if (!vlan || bridge->vlan_filtering)
		return 0;
	ret = xlite_error_set(err, -EOPNOTSUPP, "%s: VLAN %u: bridge %s does not filter VLANs", name, vlan, bridge->name);
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

static int vlan_change(struct hotplug_net *net, bool add, int ifindex, unsigned vlan, struct xlite_error *err)
{
	struct bridge_vlan_info info = { .flags = add ? VLAN_UNTAGGED : 0, .vid = (uint16_t)vlan };
	struct nl_msg *msg = vlan_msg(add ? RTM_SETLINK : RTM_DELLINK, NLM_F_ACK, ifindex);
	struct nlattr *nest = msg ? nla_nest_start(msg, IFLA_AF_SPEC) : NULL;
	int ret;

	if (msg && (!nest || nla_put(msg, IFLA_BRIDGE_VLAN_INFO, sizeof(info), &info))) {
		nlmsg_free(msg);
		msg = NULL;
	}
	if (msg)
		nla_nest_end(msg, nest);
	ret = net_talk(net, msg, NULL, NULL, err);
	if (ret)
		xlite_error_prefix(err, "%s VLAN %u", add ? "set" : "take out of", vlan);
	return ret;
}

static int vlan_reply(struct nlmsghdr *hdr, void *ctx)
{
	struct port_vlans *port = ctx;
	const struct ifinfomsg *ifi = nlmsg_data(hdr);
	const struct bridge_vlan_info *info;
	struct nlattr *spec, *attr;
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
		if (info->vid && info->vid <= VLAN_MAX)
			port->flags[info->vid] = (uint8_t)(info->flags & VLAN_UNTAGGED) | PORT_HAS;
	}
	return 0;
}

static int vlan_list(struct hotplug_net *net, struct port_vlans *port, struct xlite_error *err)
{
	struct nl_msg *msg = vlan_msg(RTM_GETLINK, NLM_F_DUMP, 0);
	int ret;

	memset(port->flags, 0, sizeof(port->flags));
	if (msg && nla_put_u32(msg, IFLA_EXT_MASK, RTEXT_FILTER_BRVLAN)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	ret = net_talk(net, msg, vlan_reply, port, err);
	if (ret)
		xlite_error_prefix(err, "list its VLANs");
	return ret;
}

int vif_vlan_set(struct hotplug_net *net, int ifindex, unsigned vlan, struct xlite_error *err)
{
	struct port_vlans port = { .ifindex = ifindex };
	unsigned i, want = vlan ? vlan : VLAN_DEFAULT;
	int ret = vlan_list(net, &port, err);

	if (!ret && port.flags[want] != (PORT_HAS | VLAN_UNTAGGED))
		ret = vlan_change(net, true, ifindex, want, err);
	for (i = 1; !ret && i <= VLAN_MAX; i++) {
		if (i != want && port.flags[i])
			ret = vlan_change(net, false, ifindex, i, err);
	}
	return ret;
}

/* The link and the bridge it is in. */
static int port_bridge(struct hotplug_net *net, const char *name, struct hotplug_link *vif, struct hotplug_link *bridge,
		       struct xlite_error *err)
{
	char master[IF_NAMESIZE];
	int ret = hotplug_link_get(net, name, vif, err);

	if (ret)
		return ret;
	if (!vif->master || !if_indextoname((unsigned)vif->master, master))
		return xlite_error_set(err, -ENOTCONN, "%s: it is in no bridge", name);
	return hotplug_bridge_check(net, master, bridge, err);
}

int hotplug_vif_vlan(struct hotplug_net *net, const char *name, unsigned vlan, struct xlite_error *err)
{
	struct hotplug_link vif, bridge;
	int ret = port_bridge(net, name, &vif, &bridge, err);

	if (!ret)
		ret = vif_vlan_check(name, &bridge, vlan, err);
	if (ret || !bridge.vlan_filtering)
		return ret;
	ret = vif_vlan_set(net, vif.ifindex, vlan, err);
	if (ret)
		xlite_error_prefix(err, "%s", name);
	return ret;
}

int hotplug_vif_vlan_get(struct hotplug_net *net, const char *name, unsigned *vlan, bool *only, struct xlite_error *err)
{
	struct hotplug_link vif, bridge;
	struct port_vlans port;
	unsigned i, nr = 0;
	int ret = port_bridge(net, name, &vif, &bridge, err);

	*vlan = 0;
	*only = true;
	if (ret || !bridge.vlan_filtering)
		return ret;
	port.ifindex = vif.ifindex;
	ret = vlan_list(net, &port, err);
	for (i = 1; !ret && i <= VLAN_MAX; i++) {
		nr += port.flags[i] ? 1 : 0;
		if (port.flags[i] == (PORT_HAS | VLAN_UNTAGGED))
			*vlan = i;
	}
	*only = nr <= 1;
	if (ret)
		xlite_error_prefix(err, "%s", name);
	return ret;
}
