/* SPDX-License-Identifier: GPL-2.0-or-later
 * Lists by rtnetlink: addresses, routes, proxied neighbours, ports. A list that changed while the kernel made
 * it is asked for again. Follows rtnetlink(7).
 */
#include "hotplug/rt.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"

/** How often a list is asked for that changes meanwhile. */
#define RT_TRIES 10

struct rt_list {
	char *data;
	size_t item, nr, room;
	int filter;
};

/* Room for one more, zeroed. */
static void *rt_add(struct rt_list *list)
{
	size_t room = list->room ? list->room * 2 : 16;
	char *data;

	if (list->nr == list->room) {
		if (room > RT_LIST_MAX)
			return NULL;
		data = reallocarray(list->data, room, list->item);
		if (!data)
			return NULL;
		list->data = data;
		list->room = room;
	}
	return memset(list->data + list->nr++ * list->item, 0, list->item);
}

static int rt_inet(struct inet *inet, int family, unsigned prefix, struct nlattr *attr)
{
	inet->family = family;
	inet->prefix = prefix;
	if (prefix > inet_size(family) * 8 || (attr && nla_len(attr) != (int)inet_size(family)))
		return -EBADMSG;
	if (attr)
		memcpy(inet->bytes, nla_data(attr), inet_size(family));
	return 0;
}

/* msg is built anew for each try, by make(). */
static int rt_dump(struct hotplug_net *net, struct nl_msg *(*make)(int filter), net_reply_fn reply, struct rt_list *list,
		   struct xlite_error *err)
{
	int tries, ret = 0;

	for (tries = 0; tries < RT_TRIES; tries++) {
		list->nr = 0;
		ret = net_talk(net, make(list->filter), reply, list, err);
		if (ret || !net->interrupted)
			break;
		ret = -EAGAIN;
	}
	if (ret == -EAGAIN)
		xlite_error_set(err, ret, "it changes faster than it can be listed");
	if (ret) {
		free(list->data);
		list->data = NULL;
		list->nr = 0;
	}
	return ret;
}

static struct nl_msg *rt_msg(int type, const void *head, size_t len)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, NLM_F_REQUEST | NLM_F_DUMP);

	if (msg && nlmsg_append(msg, (void *)(uintptr_t)head, len, NLMSG_ALIGNTO)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static struct nl_msg *address_msg(int filter)
{
	return rt_msg(RTM_GETADDR, &(struct ifaddrmsg){ 0 }, sizeof(struct ifaddrmsg));
}

static int address_reply(struct nlmsghdr *hdr, void *ctx)
{
	struct nlattr *tb[IFA_MAX + 1];
	const struct ifaddrmsg *ifa = nlmsg_data(hdr);
	struct rt_list *list = ctx;
	struct rt_address *address;
	uint32_t flags;

	if (hdr->nlmsg_type != RTM_NEWADDR || nlmsg_parse(hdr, sizeof(*ifa), tb, IFA_MAX, NULL) < 0)
		return -EBADMSG;
	if ((ifa->ifa_family != AF_INET && ifa->ifa_family != AF_INET6) ||
	    (list->filter && (int)ifa->ifa_index != list->filter))
		return 0;
	if (!tb[IFA_LOCAL] && !tb[IFA_ADDRESS])
		return 0;
	address = rt_add(list);
	if (!address)
		return -E2BIG;
	flags = tb[IFA_FLAGS] && nla_len(tb[IFA_FLAGS]) == 4 ? nla_get_u32(tb[IFA_FLAGS]) : ifa->ifa_flags;
	address->permanent = flags & IFA_F_PERMANENT;
	address->global = ifa->ifa_scope == RT_SCOPE_UNIVERSE;
	return rt_inet(&address->inet, ifa->ifa_family, ifa->ifa_prefixlen, tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS]);
}

int rt_addresses(struct hotplug_net *net, int ifindex, struct rt_address **out, size_t *nr, struct xlite_error *err)
{
	struct rt_list list = { .item = sizeof(**out), .filter = ifindex };
	int ret = rt_dump(net, address_msg, address_reply, &list, err);

	*out = (struct rt_address *)(void *)list.data;
	*nr = list.nr;
	return ret;
}

static struct nl_msg *route_msg(int filter)
{
	return rt_msg(RTM_GETROUTE, &(struct rtmsg){ 0 }, sizeof(struct rtmsg));
}

static int route_add(struct rt_list *list, const struct rt_route *route)
{
	struct rt_route *added;

	if (list->filter && route->oif != list->filter)
		return 0;
	added = rt_add(list);
	if (!added)
		return -E2BIG;
	*added = *route;
	return 0;
}

/* Each next hop of RTA_MULTIPATH; a gateway of another family (RTA_VIA) is left out. */
static int route_hops(struct rt_list *list, struct rt_route *route, struct nlattr *hops)
{
	struct nlattr *gateway;
	struct rtnexthop *hop;
	int left, ret = 0;

	for (hop = nla_data(hops), left = nla_len(hops); !ret && left >= (int)sizeof(*hop) && RTNH_OK(hop, left);
	     left -= (int)RTNH_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop)) {
		gateway = nla_find((struct nlattr *)(void *)RTNH_DATA(hop), (int)(hop->rtnh_len - sizeof(*hop)), RTA_GATEWAY);
		memset(&route->gateway, 0, sizeof(route->gateway));
		route->oif = hop->rtnh_ifindex;
		if (gateway && rt_inet(&route->gateway, route->dst.family, (unsigned)inet_size(route->dst.family) * 8, gateway))
			return -EBADMSG;
		ret = route_add(list, route);
	}
	return ret;
}

static int route_reply(struct nlmsghdr *hdr, void *ctx)
{
	struct nlattr *tb[RTA_MAX + 1];
	const struct rtmsg *rtm = nlmsg_data(hdr);
	struct rt_route route = { .oif = 0 };
	uint32_t table;

	if (hdr->nlmsg_type != RTM_NEWROUTE || nlmsg_parse(hdr, sizeof(*rtm), tb, RTA_MAX, NULL) < 0)
		return -EBADMSG;
	table = tb[RTA_TABLE] ? nla_get_u32(tb[RTA_TABLE]) : rtm->rtm_table;
	if ((rtm->rtm_family != AF_INET && rtm->rtm_family != AF_INET6) || table != RT_TABLE_MAIN ||
	    rtm->rtm_type != RTN_UNICAST || rtm->rtm_flags & RTM_F_CLONED)
		return 0;
	route.protocol = rtm->rtm_protocol;
	if (rt_inet(&route.dst, rtm->rtm_family, rtm->rtm_dst_len, tb[RTA_DST]))
		return -EBADMSG;
	if (tb[RTA_MULTIPATH])
		return route_hops(ctx, &route, tb[RTA_MULTIPATH]);
	if (tb[RTA_OIF])
		route.oif = (int)nla_get_u32(tb[RTA_OIF]);
	if (tb[RTA_GATEWAY] &&
	    rt_inet(&route.gateway, rtm->rtm_family, (unsigned)inet_size(rtm->rtm_family) * 8, tb[RTA_GATEWAY]))
		return -EBADMSG;
	return route_add(ctx, &route);
}

int rt_routes(struct hotplug_net *net, int oif, struct rt_route **out, size_t *nr, struct xlite_error *err)
{
	struct rt_list list = { .item = sizeof(**out), .filter = oif };
	int ret = rt_dump(net, route_msg, route_reply, &list, err);

	*out = (struct rt_route *)(void *)list.data;
	*nr = list.nr;
	return ret;
}

static struct nl_msg *proxy_msg(int filter)
{
	struct ndmsg ndm = { .ndm_family = AF_UNSPEC, .ndm_flags = NTF_PROXY };

	return rt_msg(RTM_GETNEIGH, &ndm, sizeof(ndm));
}

static int proxy_reply(struct nlmsghdr *hdr, void *ctx)
{
	struct nlattr *tb[NDA_MAX + 1];
	const struct ndmsg *ndm = nlmsg_data(hdr);
	struct rt_list *list = ctx;
	struct inet *inet;

	if (hdr->nlmsg_type != RTM_NEWNEIGH || nlmsg_parse(hdr, sizeof(*ndm), tb, NDA_MAX, NULL) < 0)
		return -EBADMSG;
	if (!(ndm->ndm_flags & NTF_PROXY) || !tb[NDA_DST] || (ndm->ndm_family != AF_INET && ndm->ndm_family != AF_INET6) ||
	    (list->filter && ndm->ndm_ifindex != list->filter))
		return 0;
	inet = rt_add(list);
	return inet ? rt_inet(inet, ndm->ndm_family, (unsigned)inet_size(ndm->ndm_family) * 8, tb[NDA_DST]) : -E2BIG;
}

int rt_proxies(struct hotplug_net *net, int ifindex, struct inet **out, size_t *nr, struct xlite_error *err)
{
	struct rt_list list = { .item = sizeof(**out), .filter = ifindex };
	int ret = rt_dump(net, proxy_msg, proxy_reply, &list, err);

	*out = (struct inet *)(void *)list.data;
	*nr = list.nr;
	return ret;
}

static struct nl_msg *neighbour_msg(int filter)
{
	return rt_msg(RTM_GETNEIGH, &(struct ndmsg){ .ndm_family = AF_UNSPEC }, sizeof(struct ndmsg));
}

/* Entries that failed have no MAC, or one of before. */
static int neighbour_reply(struct nlmsghdr *hdr, void *ctx)
{
	struct nlattr *tb[NDA_MAX + 1];
	const struct ndmsg *ndm = nlmsg_data(hdr);
	struct rt_neighbour *neighbour;

	if (hdr->nlmsg_type != RTM_NEWNEIGH || nlmsg_parse(hdr, sizeof(*ndm), tb, NDA_MAX, NULL) < 0)
		return -EBADMSG;
	if (!tb[NDA_DST] || !tb[NDA_LLADDR] || nla_len(tb[NDA_LLADDR]) != 6 ||
	    (ndm->ndm_state & (NUD_FAILED | NUD_INCOMPLETE)) ||
	    (ndm->ndm_family != AF_INET && ndm->ndm_family != AF_INET6))
		return 0;
	neighbour = rt_add(ctx);
	if (!neighbour)
		return -E2BIG;
	memcpy(neighbour->mac, nla_data(tb[NDA_LLADDR]), 6);
	return rt_inet(&neighbour->inet, ndm->ndm_family, (unsigned)inet_size(ndm->ndm_family) * 8, tb[NDA_DST]);
}

int rt_neighbours(struct hotplug_net *net, struct rt_neighbour **out, size_t *nr, struct xlite_error *err)
{
	struct rt_list list = { .item = sizeof(**out) };
	int ret = rt_dump(net, neighbour_msg, neighbour_reply, &list, err);

	*out = (struct rt_neighbour *)(void *)list.data;
	*nr = list.nr;
	return ret;
}

static struct nl_msg *ports_msg(int filter)
{
	struct nl_msg *msg = net_link_msg(RTM_GETLINK, NLM_F_DUMP, 0, NULL, 0, 0);

	if (msg && (nla_put_u32(msg, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) ||
		    nla_put_u32(msg, IFLA_MASTER, (uint32_t)filter))) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

/* What IFLA_MASTER asked for is looked at again: a kernel that ignores the filter lists everything. */
static int ports_reply(struct nlmsghdr *hdr, void *ctx)
{
	struct rt_list *list = ctx;
	struct link_info info, *port;
	int ret = link_parse(hdr, &info);

	if (ret || info.link.master != list->filter)
		return ret;
	port = rt_add(list);
	if (!port)
		return -E2BIG;
	*port = info;
	return 0;
}

int rt_ports(struct hotplug_net *net, int bridge, struct link_info **out, size_t *nr, struct xlite_error *err)
{
	struct rt_list list = { .item = sizeof(**out), .filter = bridge };
	int ret = rt_dump(net, ports_msg, ports_reply, &list, err);

	*out = (struct link_info *)(void *)list.data;
	*nr = list.nr;
	return ret;
}
