/* SPDX-License-Identifier: GPL-2.0-or-later
 * The bridge of a network itself. What is created is of our group at once and gets its tag with the next
 * request, so that a run that dies between leaves a bridge that is known as ours.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <string.h>

#include "hotplug/network_have.h"

/* A kernel without VLANs on bridges refuses even to turn them off: what need not be said is not. */
static int put_options(struct nl_msg *msg, const struct hotplug_network *want, bool delay, bool stp, bool vlan)
{
	struct nlattr *info = nla_nest_start(msg, IFLA_LINKINFO), *data;

	if (!info || nla_put_string(msg, IFLA_INFO_KIND, "bridge"))
		return -ENOMEM;
	data = nla_nest_start(msg, IFLA_INFO_DATA);
	if (!data || (delay && nla_put_u32(msg, IFLA_BR_FORWARD_DELAY, want->forward_delay_s * HOTPLUG_USER_HZ)) ||
	    (stp && nla_put_u32(msg, IFLA_BR_STP_STATE, want->stp)) ||
	    (vlan && nla_put_u8(msg, IFLA_BR_VLAN_FILTERING, want->vlan_filtering)))
		return -ENOMEM;
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
	return 0;
}

static int bridge_talk(struct hotplug_net *net, struct nl_msg *msg, int bad, struct xlite_error *err)
{
	if (bad) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return net_talk(net, msg, NULL, NULL, err);
}

int network_bridge_create(struct network_apply *a, struct xlite_error *err)
{
	struct nl_msg *msg = net_link_msg(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, 0, a->want->bridge, 0, 0);
	int bad = msg ? nla_put_u32(msg, IFLA_GROUP, HOTPLUG_NETWORK_GROUP) ||
			put_options(msg, a->want, a->want->forward_delay_s, a->want->stp, a->want->vlan_filtering) : 0;
	int ret = bridge_talk(a->net, msg, bad, err);

	if (ret) {
		xlite_error_prefix(err, "create the bridge");
		return ret;
	}
	a->created = a->changed = true;
	return link_info_get(a->net, a->want->bridge, &a->have, err);
}

static int bridge_options(struct network_apply *a, struct xlite_error *err)
{
	bool stp = a->have.stp != a->want->stp, vlan = a->have.link.vlan_filtering != a->want->vlan_filtering;
	bool delay = a->want->forward_delay_s && a->have.forward_delay != a->want->forward_delay_s * HOTPLUG_USER_HZ;
	struct nl_msg *msg;
	int ret;

	if (!delay && !stp && !vlan)
		return 0;
	/* Options of a bridge are changed by RTM_NEWLINK without NLM_F_CREATE. */
	msg = net_link_msg(RTM_NEWLINK, NLM_F_ACK, a->have.link.ifindex, NULL, 0, 0);
	ret = bridge_talk(a->net, msg, msg ? put_options(msg, a->want, delay, stp, vlan) : 0, err);
	if (ret) {
		xlite_error_prefix(err, "set its STP, its delay and VLAN filtering");
		return ret;
	}
	a->changed = true;
	return 0;
}

/* Tag, group, MTU and state, in one request. */
static int bridge_link(struct network_apply *a, struct xlite_error *err)
{
	const struct hotplug_network *want = a->want;
	bool tag = strcmp(a->have.alias, want->tag), group = a->have.group == HOTPLUG_NETWORK_GROUP;
	bool mtu = want->mtu && a->have.link.mtu != want->mtu;
	struct nl_msg *msg;
	int bad, ret;

	if (!tag && !group && !mtu && a->have.link.up)
		return 0;
	msg = net_link_msg(RTM_SETLINK, NLM_F_ACK, a->have.link.ifindex, NULL, IFF_UP, IFF_UP);
	bad = msg ? (mtu && nla_put_u32(msg, IFLA_MTU, want->mtu)) ||
		    (tag && nla_put(msg, IFLA_IFALIAS, (int)strlen(want->tag), want->tag)) ||
		    (group && nla_put_u32(msg, IFLA_GROUP, 0)) : 0;
	ret = bridge_talk(a->net, msg, bad, err);
	if (ret) {
		xlite_error_prefix(err, "set its tag%s and raise it", mtu ? ", MTU" : "");
		return ret;
	}
	a->changed = true;
	return 0;
}

int network_bridge_change(struct network_apply *a, struct xlite_error *err)
{
	int ret = bridge_options(a, err);

	return ret ? ret : bridge_link(a, err);
}
