/* SPDX-License-Identifier: GPL-2.0-or-later
 * Changes by rtnetlink: one address, host route, proxied neighbour, or port at a time.
 */
#include "hotplug/rt.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <string.h>

#include "hotplug/sysctl.h"

#define RT_NEW (NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL)
#define RT_DEL (NLM_F_REQUEST | NLM_F_ACK)

static struct nl_msg *rt_change(int type, bool add, void *head, size_t len)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, add ? RT_NEW : RT_DEL);

	if (msg && nlmsg_append(msg, head, len, NLMSG_ALIGNTO)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

/* Sends msg, or frees it where filling it failed. */
static int rt_send(struct hotplug_net *net, struct nl_msg *msg, int bad, struct xlite_error *err)
{
	if (msg && bad) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return net_talk(net, msg, NULL, NULL, err);
}

/* "Permission denied" and the like say nothing of the cause. */
static int rt_tell(int ret, int ifindex, int family, struct xlite_error *err)
{
	char name[IF_NAMESIZE], why[80];

	if (family != AF_INET6 || (ret != -EACCES && ret != -EOPNOTSUPP && ret != -EAFNOSUPPORT && ret != -ENODEV) ||
	    !if_indextoname((unsigned)ifindex, name) || !hotplug_ipv6_off(name, why))
		return ret;
	xlite_error_set(err, ret, "IPv6 is switched off on %s: %s", name, why);
	xlite_error_hint(err, "switch it on, or leave IPv6 addresses and subnets out");
	return ret;
}

/* The broadcast address of an IPv4 network, as the tools set it; none for point to point. */
static int address_put_broadcast(struct nl_msg *msg, const struct inet *inet)
{
	uint32_t address;

	if (inet->family != AF_INET || inet->prefix > 30 || !inet->prefix)
		return 0;
	memcpy(&address, inet->bytes, sizeof(address));
	address |= htonl(UINT32_MAX >> inet->prefix);
	return nla_put_u32(msg, IFA_BROADCAST, address);
}

int rt_address_change(struct hotplug_net *net, bool add, int ifindex, const struct inet *inet, struct xlite_error *err)
{
	struct ifaddrmsg ifa = { .ifa_family = (unsigned char)inet->family, .ifa_prefixlen = (unsigned char)inet->prefix,
				 .ifa_index = (unsigned)ifindex };
	struct nl_msg *msg = rt_change(add ? RTM_NEWADDR : RTM_DELADDR, add, &ifa, sizeof(ifa));
	int len = (int)inet_size(inet->family);
	int bad = msg ? nla_put(msg, IFA_LOCAL, len, inet->bytes) || nla_put(msg, IFA_ADDRESS, len, inet->bytes) : 0;

	if (msg && add && !bad)
		bad = address_put_broadcast(msg, inet);
	/* Usable at once: a bridge without a port would never end duplicate detection. */
	if (msg && add && !bad && inet->family == AF_INET6)
		bad = nla_put_u32(msg, IFA_FLAGS, IFA_F_NODAD);
	return rt_tell(rt_send(net, msg, bad, err), ifindex, add ? inet->family : 0, err);
}

int rt_route_change(struct hotplug_net *net, bool add, int oif, const struct inet *dst, struct xlite_error *err)
{
	struct rtmsg rtm = { .rtm_family = (unsigned char)dst->family, .rtm_dst_len = (unsigned char)dst->prefix,
			     .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_STATIC, .rtm_type = RTN_UNICAST,
			     .rtm_scope = dst->family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE };
	struct nl_msg *msg = rt_change(add ? RTM_NEWROUTE : RTM_DELROUTE, add, &rtm, sizeof(rtm));
	int bad = msg ? nla_put(msg, RTA_DST, (int)inet_size(dst->family), dst->bytes) ||
			nla_put_u32(msg, RTA_OIF, (uint32_t)oif) : 0;

	return rt_tell(rt_send(net, msg, bad, err), oif, add ? dst->family : 0, err);
}

int rt_proxy_change(struct hotplug_net *net, bool add, int ifindex, const struct inet *inet, struct xlite_error *err)
{
	struct ndmsg ndm = { .ndm_family = (unsigned char)inet->family, .ndm_ifindex = ifindex, .ndm_flags = NTF_PROXY,
			     .ndm_state = NUD_PERMANENT };
	struct nl_msg *msg = rt_change(add ? RTM_NEWNEIGH : RTM_DELNEIGH, add, &ndm, sizeof(ndm));
	int bad = msg ? nla_put(msg, NDA_DST, (int)inet_size(inet->family), inet->bytes) : 0;

	return rt_tell(rt_send(net, msg, bad, err), ifindex, add ? inet->family : 0, err);
}

int rt_link_master(struct hotplug_net *net, int ifindex, int bridge, bool up, struct xlite_error *err)
{
	struct nl_msg *msg = net_link_msg(RTM_SETLINK, NLM_F_ACK, ifindex, NULL, up ? IFF_UP : 0, up ? IFF_UP : 0);
	int bad = msg ? nla_put_u32(msg, IFLA_MASTER, (uint32_t)bridge) : 0;

	return rt_send(net, msg, bad, err);
}
