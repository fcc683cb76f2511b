/* SPDX-License-Identifier: GPL-2.0-or-later
 * Looking links up by name, one at a time, and telling bridges from what only looks like one.
 * All links are never listed; the bridges are, for a hint, once something is wrong already.
 */
#include "hotplug/link.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "common/auto.h"
#include "common/buf.h"
#include "hotplug/link_parse.h"
#include "hotplug/net.h"
#include "hotplug/ovs_port.h"
#include "hotplug/ovsdb.h"

/** Names of bridges that a hint has room for. */
#define LINK_HINT_MAX 8

static const struct nla_policy link_policy[IFLA_MAX + 1] = {
	[IFLA_IFNAME] = { .type = NLA_STRING, .minlen = 2, .maxlen = IFNAMSIZ },
	[IFLA_MTU] = { .type = NLA_U32 },
	[IFLA_MASTER] = { .type = NLA_U32 },
	[IFLA_GROUP] = { .type = NLA_U32 },
	[IFLA_IFALIAS] = { .type = NLA_STRING },
	[IFLA_PARENT_DEV_BUS_NAME] = { .type = NLA_STRING },
	[IFLA_LINKINFO] = { .type = NLA_NESTED },
};

static const struct nla_policy info_policy[IFLA_INFO_MAX + 1] = {
	[IFLA_INFO_KIND] = { .type = NLA_STRING },
	[IFLA_INFO_DATA] = { .type = NLA_NESTED },
};

static const struct nla_policy bridge_policy[IFLA_BR_MAX + 1] = {
	[IFLA_BR_FORWARD_DELAY] = { .type = NLA_U32 },
	[IFLA_BR_STP_STATE] = { .type = NLA_U32 },
	[IFLA_BR_VLAN_FILTERING] = { .type = NLA_U8 },
};

static void link_parse_bridge(struct nlattr *nest, struct link_info *info)
{
	struct nlattr *tb[IFLA_BR_MAX + 1];

	if (!nest || nla_parse_nested(tb, IFLA_BR_MAX, nest, bridge_policy) < 0)
		return;
	info->forward_delay = tb[IFLA_BR_FORWARD_DELAY] ? nla_get_u32(tb[IFLA_BR_FORWARD_DELAY]) : 0;
	info->stp = tb[IFLA_BR_STP_STATE] && nla_get_u32(tb[IFLA_BR_STP_STATE]);
	info->link.vlan_filtering = tb[IFLA_BR_VLAN_FILTERING] && nla_get_u8(tb[IFLA_BR_VLAN_FILTERING]);
}

static void link_parse_kind(struct nlattr *nest, struct link_info *info)
{
	struct nlattr *tb[IFLA_INFO_MAX + 1];

	if (!nest || nla_parse_nested(tb, IFLA_INFO_MAX, nest, info_policy) < 0 || !tb[IFLA_INFO_KIND])
		return;
	nla_strlcpy(info->kind, tb[IFLA_INFO_KIND], sizeof(info->kind));
	info->link.bridge = !strcmp(info->kind, "bridge");
	if (info->link.bridge)
		link_parse_bridge(tb[IFLA_INFO_DATA], info);
}

int link_parse(struct nlmsghdr *hdr, struct link_info *info)
{
	struct nlattr *tb[IFLA_MAX + 1];
	const struct ifinfomsg *ifi = nlmsg_data(hdr);

	memset(info, 0, sizeof(*info));
	if (hdr->nlmsg_type != RTM_NEWLINK && hdr->nlmsg_type != RTM_DELLINK)
		return -EBADMSG;
	if (nlmsg_parse(hdr, sizeof(*ifi), tb, IFLA_MAX, link_policy) < 0 || !tb[IFLA_IFNAME] || ifi->ifi_index <= 0)
		return -EBADMSG;
	info->family = ifi->ifi_family;
	info->link.ifindex = ifi->ifi_index;
	info->link.up = ifi->ifi_flags & IFF_UP;
	nla_strlcpy(info->link.name, tb[IFLA_IFNAME], sizeof(info->link.name));
	if (tb[IFLA_MTU])
		info->link.mtu = nla_get_u32(tb[IFLA_MTU]);
	if (tb[IFLA_MASTER])
		info->link.master = (int)nla_get_u32(tb[IFLA_MASTER]);
	if (tb[IFLA_ADDRESS] && nla_len(tb[IFLA_ADDRESS]) == sizeof(info->link.mac))
		memcpy(info->link.mac, nla_data(tb[IFLA_ADDRESS]), sizeof(info->link.mac));
	if (tb[IFLA_GROUP])
		info->group = nla_get_u32(tb[IFLA_GROUP]);
	if (tb[IFLA_IFALIAS])
		nla_strlcpy(info->alias, tb[IFLA_IFALIAS], sizeof(info->alias));
	if (tb[IFLA_PARENT_DEV_BUS_NAME])
		nla_strlcpy(info->bus, tb[IFLA_PARENT_DEV_BUS_NAME], sizeof(info->bus));
	link_parse_kind(tb[IFLA_LINKINFO], info);
	return 0;
}

static int link_reply(struct nlmsghdr *hdr, void *ctx)
{
	return link_parse(hdr, ctx);
}

static struct nl_msg *link_get_msg(int nl_flags, const char *name)
{
	struct nl_msg *msg = net_link_msg(RTM_GETLINK, nl_flags, 0, name, 0, 0);

	/* Counters are two thirds of the answer, and cost the kernel a walk over all CPUs. */
	if (msg && nla_put_u32(msg, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

int link_info_get(struct hotplug_net *net, const char *name, struct link_info *info, struct xlite_error *err)
{
	int ret = net_check_name(name, err);

	if (ret)
		return ret;
	info->link.ifindex = 0;
	ret = net_talk(net, link_get_msg(0, name), link_reply, info, err);
	if (ret == -ENODEV)
		return xlite_error_set(err, ret, "%s: there is no such network interface", name);
	if (!ret && !info->link.ifindex)
		ret = xlite_error_set(err, -EBADMSG, "the kernel did not answer (netlink)");
	if (ret)
		xlite_error_prefix(err, "%s", name);
	return ret;
}

int hotplug_link_get(struct hotplug_net *net, const char *name, struct hotplug_link *link, struct xlite_error *err)
{
	struct link_info info;
	int ret = link_info_get(net, name, &info, err);

	if (!ret)
		*link = info.link;
	return ret;
}

struct bridge_list {
	struct buf names;
	unsigned nr;
	struct hotplug_link first;
};

static int bridge_reply(struct nlmsghdr *hdr, void *ctx)
{
	struct bridge_list *list = ctx;
	struct link_info info;

	/* Kernels before 4.6 ignore the filter and list everything. */
	if (link_parse(hdr, &info) || !info.link.bridge)
		return 0;
	if (!list->nr)
		list->first = info.link;
	if (list->nr++ < LINK_HINT_MAX)
		buf_printf(&list->names, "%s%s", list->names.len ? ", " : "", info.link.name);
	return 0;
}

static int bridge_dump(struct hotplug_net *net, struct bridge_list *list, struct xlite_error *err)
{
	struct nl_msg *msg = link_get_msg(NLM_F_DUMP, NULL);
	struct nlattr *nest = msg ? nla_nest_start(msg, IFLA_LINKINFO) : NULL;

	if (nest) {
		nla_put_string(msg, IFLA_INFO_KIND, "bridge");
		nla_nest_end(msg, nest);
	}
	return net_talk(net, msg, bridge_reply, list, err);
}

/* Names the bridges there are, as far as can be found out. */
static void bridge_hint(struct hotplug_net *net, struct xlite_error *err)
{
	struct bridge_list list = { .names = BUF_INIT };

	if (bridge_dump(net, &list, NULL) == 0 && !list.nr)
		xlite_error_hint(err, "this host has no bridge: make one, for example with "
				 "`ip link add xenbr0 type bridge` and `ip link set xenbr0 up`");
	else if (list.nr > LINK_HINT_MAX)
		xlite_error_hint(err, "bridges here: %s and %u more", buf_str(&list.names), list.nr - LINK_HINT_MAX);
	else if (list.nr)
		xlite_error_hint(err, "bridges here: %s", buf_str(&list.names));
	buf_clear(&list.names);
}

/* Whether what was found under the name, with this result, is a bridge of Linux. */
static int bridge_judge(struct hotplug_net *net, const char *name, int ret, const struct link_info *info,
			struct hotplug_link *link, struct xlite_error *err)
{
	if (ret == -ENODEV) {
		xlite_error_set(err, ret, "there is no bridge %s", name);
	} else if (ret) {
		return ret;
	} else if (!strcmp(info->kind, "openvswitch")) {
		ret = xlite_error_set(err, -ENOTTY, "%s belongs to Open vSwitch, which is not a Linux bridge", name);
		xlite_error_hint(err, "name a script that knows it, such as script: vif-openvswitch");
		return ret;
	} else if (!info->link.bridge) {
		ret = xlite_error_set(err, -ENOTTY, "%s is not a bridge but %s%s%s", name,
				      info->kind[0] ? "an interface of kind \"" : "a network card or the like",
				      info->kind, info->kind[0] ? "\"" : "");
	}
	if (ret) {
		if (err)
			bridge_hint(net, err);
		return ret;
	}
	*link = info->link;
	return 0;
}

int hotplug_bridge_check(struct hotplug_net *net, const char *name, struct hotplug_link *link, struct xlite_error *err)
{
	struct link_info info;

	return bridge_judge(net, name, link_info_get(net, name, &info, err), &info, link, err);
}

/* A port of Open vSwitch has a link of the same kind, and a bridge on its datapath in user space has one of another. */
int hotplug_bridge_find(struct hotplug_net *net, const char *name, struct hotplug_link *link, struct xlite_error *err)
{
	struct link_info info;
	bool ovs = false, is_kind;
	int ret = link_info_get(net, name, &info, err);

	is_kind = !ret && !strcmp(info.kind, "openvswitch");
	if (ret || info.link.bridge || (!is_kind && !ovsdb_there()))
		return bridge_judge(net, name, ret, &info, link, err);
	ret = ovs_bridge_is(name, &ovs, is_kind ? err : NULL);
	if (!ovs && !is_kind)
		return bridge_judge(net, name, 0, &info, link, err);
	if (ret)
		xlite_error_prefix(err, "%s", name);
	else if (!ovs)
		ret = xlite_error_set(err, -ENOTTY, "%s is an interface of Open vSwitch, but not one of its bridges", name);
	if (ret)
		return ret;
	*link = info.link;
	link->ovs = link->vlan_filtering = true;
	return 0;
}

int hotplug_bridge_only(struct hotplug_net *net, struct hotplug_link *link, struct xlite_error *err)
{
	struct bridge_list list = { .names = BUF_INIT };
	int ret = bridge_dump(net, &list, err);

	if (ret)
		xlite_error_prefix(err, "list the bridges");
	else if (list.nr == 1)
		*link = list.first;
	else
		ret = xlite_error_set(err, list.nr ? -ENOTUNIQ : -ENODEV, "no bridge was named, and this host has %s",
				      list.nr ? "several" : "none");
	buf_clear(&list.names);
	if ((ret == -ENOTUNIQ || ret == -ENODEV) && err)
		bridge_hint(net, err);
	return ret;
}
