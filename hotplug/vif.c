/* SPDX-License-Identifier: GPL-2.0-or-later
 * A vif's way into its bridge and out: what Xen's vif-bridge does, in two requests. VLANs are vif_vlan.c.
 * Facts: the order in which linux/net/core/rtnetlink.c:do_setlink takes the attributes of one request.
 */
#include "hotplug/link.h"

#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <string.h>

#include "hotplug/link_parse.h"
#include "hotplug/net.h"
#include "hotplug/ovs_port.h"
#include "hotplug/ovsdb.h"
#include "hotplug/vif_vlan.h"

/* The highest address that is not a broadcast: a bridge never takes it for its own. */
static const uint8_t vif_mac[6] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff };

static int vif_flags(struct hotplug_net *net, int ifindex, unsigned flags, struct xlite_error *err)
{
	return net_talk(net, net_link_msg(RTM_SETLINK, NLM_F_ACK, ifindex, NULL, IFF_UP, flags), NULL, NULL, err);
}

/* The backend's end takes no address of its own, not even fe80::. */
static int vif_put_no_ipv6(struct nl_msg *msg)
{
	struct nlattr *spec = nla_nest_start(msg, IFLA_AF_SPEC);
	struct nlattr *inet6 = spec ? nla_nest_start(msg, AF_INET6) : NULL;

	if (!inet6 || nla_put_u8(msg, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE))
		return -ENOMEM;
	nla_nest_end(msg, inet6);
	nla_nest_end(msg, spec);
	return 0;
}

/*
 * Everything but IFF_UP. The kernel takes address and MTU before the master, as is needed (a bridge lowers its own MTU
 * to that of a new port), but the IPv6 mode after the flags, and before 6.8 the master after them too: a link raised by
 * the same request would be up alone for a moment and give itself an address.
 */
static int vif_join(struct hotplug_net *net, const struct hotplug_link *vif, int bridge, unsigned mtu, bool ipv6,
		    struct xlite_error *err)
{
	struct nl_msg *msg = net_link_msg(RTM_SETLINK, NLM_F_ACK, vif->ifindex, NULL, 0, 0);
	int bad = msg ? 0 : -ENOMEM;

	if (!bad && memcmp(vif->mac, vif_mac, sizeof(vif_mac)))
		bad = nla_put(msg, IFLA_ADDRESS, sizeof(vif_mac), vif_mac);
	if (!bad && mtu != vif->mtu)
		bad = nla_put_u32(msg, IFLA_MTU, mtu);
	if (!bad && bridge != vif->master)
		bad = nla_put_u32(msg, IFLA_MASTER, (uint32_t)bridge);
	if (!bad && ipv6)
		bad = vif_put_no_ipv6(msg);
	if (bad) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return net_talk(net, msg, NULL, NULL, err);
}

/* The kernel lets nobody but Open vSwitch take a port out of it. */
static int vif_leave_ovs(struct hotplug_net *net, struct hotplug_link *vif, struct xlite_error *err)
{
	int ret = ovsdb_there() ? ovs_port_remove(vif->name, true, err) : 0;

	return ret || !vif->master ? ret : hotplug_link_get(net, vif->name, vif, err);
}

/* Where the vif is to be, by its master. Open vSwitch's ports get theirs from it, those of Linux's bridges leave them first. */
static int vif_master(struct hotplug_net *net, struct hotplug_link *vif, const struct hotplug_link *bridge, int *master,
		      struct xlite_error *err)
{
	struct link_info of;
	char name[IF_NAMESIZE];

	*master = bridge->ifindex;
	/* One that was just made is down and has no master: what Open vSwitch may have of its name cannot get it any more. */
	if (!bridge->ovs)
		return vif->master == bridge->ifindex || (!vif->master && !vif->up) ? 0 : vif_leave_ovs(net, vif, err);
	*master = vif->master;
	if (vif->master && if_indextoname((unsigned)vif->master, name) && !link_info_get(net, name, &of, NULL) &&
	    of.link.bridge)
		*master = 0;
	return 0;
}

/* Into the bridge, with the VLAN it is to have: it carries nothing before it is raised. */
static int vif_enter(struct hotplug_net *net, struct hotplug_link *vif, const struct hotplug_link *bridge, unsigned mtu,
		     const struct hotplug_vif_options *options, bool keep, struct xlite_error *err)
{
	bool any = options && (options->vlan || options->tagged);
	int master, ret = vif_master(net, vif, bridge, &master, err);

	if (!ret)
		ret = vif_join(net, vif, master, mtu, true, err);
	/* No IPv6 in this kernel, or none on this link while its MTU is below 1280, the least IPv6 takes. */
	if (ret == -EAFNOSUPPORT) {
		ret = vif_join(net, vif, master, mtu, false, err);
		if (!ret)
			ret = vif_join(net, vif, master, mtu, true, err);
		if (ret == -EAFNOSUPPORT)
			ret = 0;
	}
	if (!ret && bridge->ovs)
		return ovs_port_set(vif->name, bridge->name, options, keep, err);
	if (!ret && (any || (bridge->vlan_filtering && vif->master == bridge->ifindex)))
		ret = vif_vlan_set(net, vif->ifindex, options, err);
	return ret;
}

static int vif_bridge(struct hotplug_net *net, const struct hotplug_link *found, const struct hotplug_link *bridge,
		      const struct hotplug_vif_options *options, bool keep, struct xlite_error *err)
{
	unsigned mtu = options && options->mtu ? options->mtu : bridge->mtu;
	struct hotplug_link vif = *found;
	struct xlite_error refused = { 0 };
	int ret = vif_vlan_check(vif.name, bridge, options, err);

	if (ret)
		return ret;
	if (vif.up) /* a card that is up refuses a new address */
		ret = vif_flags(net, vif.ifindex, 0, &refused);
	if (!ret)
		ret = vif_enter(net, &vif, bridge, mtu, options, keep, &refused);
	if (!ret)
		ret = vif_flags(net, vif.ifindex, IFF_UP, &refused);
	if (!ret)
		return 0;
	hotplug_vif_offline(net, vif.name, NULL);
	xlite_error_set(err, ret, "%s: join bridge %s (MTU %u): %s", vif.name, bridge->name, mtu, refused.message);
	if (refused.hint[0])
		xlite_error_hint(err, "%s", refused.hint);
	return ret;
}

int hotplug_vif_bridge(struct hotplug_net *net, const struct hotplug_link *vif, const struct hotplug_link *bridge,
		       const struct hotplug_vif_options *options, struct xlite_error *err)
{
	return vif_bridge(net, vif, bridge, options, false, err);
}

int hotplug_vif_mtu(struct hotplug_net *net, const char *name, unsigned mtu, struct xlite_error *err)
{
	struct hotplug_link vif;
	struct nl_msg *msg;
	int ret = hotplug_link_get(net, name, &vif, err);

	if (ret || vif.mtu == mtu)
		return ret;
	msg = net_link_msg(RTM_SETLINK, NLM_F_ACK, vif.ifindex, NULL, 0, 0);
	if (msg && nla_put_u32(msg, IFLA_MTU, mtu)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	ret = net_talk(net, msg, NULL, NULL, err);
	if (ret)
		xlite_error_prefix(err, "%s: set MTU %u", name, mtu);
	return ret;
}

/* The bridge that a link is in; name is empty without one. */
static int vif_bridge_of(struct hotplug_net *net, const struct hotplug_link *vif, struct hotplug_link *bridge)
{
	char name[16];
	int ret = hotplug_vif_bridge_name(net, vif, name, NULL);

	memset(bridge, 0, sizeof(*bridge));
	return ret || !name[0] ? ret : hotplug_bridge_find(net, name, bridge, NULL);
}

int hotplug_vif_rebridge(struct hotplug_net *net, const char *name, const char *bridge,
			 const struct hotplug_vif_options *options, struct xlite_error *err)
{
	struct hotplug_vif_options before = { 0 };
	struct hotplug_link vif, from, to;
	struct hotplug_vif_vlans vlans = { .only = true };
	int ret = hotplug_bridge_find(net, bridge, &to, err);

	if (!ret)
		ret = hotplug_link_get(net, name, &vif, err);
	if (!ret)
		ret = vif_vlan_check(name, &to, options, err);
	if (ret)
		return ret;
	before.mtu = vif.mtu;
	if (vif_bridge_of(net, &vif, &from) || hotplug_vif_vlans_get(net, name, &vlans, NULL))
		from.ifindex = 0;
	before.vlan = vlans.untagged;
	before.tagged = vlans.only ? NULL : vlans.tagged;
	ret = vif_bridge(net, &vif, &to, options, from.ifindex == to.ifindex, err);
	/* What the failure left is down and alone: the kernel's answers of before do not hold. */
	if (ret && from.ifindex && !hotplug_link_get(net, name, &vif, NULL))
		hotplug_vif_bridge(net, &vif, &from, &before, NULL);
	return ret;
}

int hotplug_vif_forget(const char *name, struct xlite_error *err)
{
	return ovsdb_there() ? ovs_port_remove(name, false, err) : 0;
}

int hotplug_vif_offline(struct hotplug_net *net, const char *name, struct xlite_error *err)
{
	struct hotplug_link vif;
	struct nl_msg *msg;
	int ret = net_check_name(name, err);

	/* Without a master there is nothing to wait for, such as where Open vSwitch never took the port. */
	if (!ret && ovsdb_there())
		ret = ovs_port_remove(name, !hotplug_link_get(net, name, &vif, NULL) && vif.master, err);
	if (ret)
		return ret;
	msg = net_link_msg(RTM_SETLINK, NLM_F_ACK, 0, name, IFF_UP, 0);
	if (msg && nla_put_u32(msg, IFLA_MASTER, 0)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	ret = net_talk(net, msg, NULL, NULL, err);
	if (ret == -ENODEV)
		return 0;
	if (ret)
		xlite_error_prefix(err, "%s: leave its bridge", name);
	return ret;
}

int hotplug_link_rename(struct hotplug_net *net, const char *from, const char *to, struct xlite_error *err)
{
	struct hotplug_link link;
	struct nl_msg *msg;
	int ret = net_check_name(to, err);

	if (!ret)
		ret = hotplug_link_get(net, from, &link, err);
	if (ret)
		return ret;
	msg = net_link_msg(RTM_SETLINK, NLM_F_ACK, link.ifindex, NULL, 0, 0);
	if (msg && nla_put_string(msg, IFLA_IFNAME, to)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	ret = net_talk(net, msg, NULL, NULL, err);
	if (ret)
		xlite_error_prefix(err, "%s: rename it to %s", from, to);
	return ret;
}
