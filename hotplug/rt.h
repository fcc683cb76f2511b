/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: addresses, routes, proxied neighbours and ports by rtnetlink: listed, added, removed.
 */
#ifndef HOTPLUG_RT_H
#define HOTPLUG_RT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/inet.h"
#include "hotplug/link_parse.h"
#include "hotplug/net.h"

/** The most of one kind that is listed (E2BIG past it): no host has a fraction of it. */
#define RT_LIST_MAX 65536

struct rt_address {
	struct inet inet;
	bool permanent;		/* not learnt, with no end */
	bool global;		/* not of the link or the host only */
};

struct rt_route {
	struct inet dst;	/* prefix 0: the default route */
	struct inet gateway;	/* family 0 without */
	int oif;		/* ifindex, 0 without */
	unsigned char protocol;	/* who made it, RTPROT_* */
};

/** Lists are the caller's, freed with free(); an empty one may be NULL. Filters: 0 for all. */
int rt_addresses(struct hotplug_net *net, int ifindex, struct rt_address **list, size_t *nr, struct xlite_error *err);
/** Unicast routes of the main table; a route with several next hops is listed once for each. */
int rt_routes(struct hotplug_net *net, int oif, struct rt_route **list, size_t *nr, struct xlite_error *err);
/** The addresses that ifindex answers neighbour discovery for (NTF_PROXY). */
int rt_proxies(struct hotplug_net *net, int ifindex, struct inet **list, size_t *nr, struct xlite_error *err);
/** What the host knows of its neighbours: those whose MAC it has, on any link. */
struct rt_neighbour {
	struct inet inet;
	uint8_t mac[6];
};
int rt_neighbours(struct hotplug_net *net, struct rt_neighbour **list, size_t *nr, struct xlite_error *err);
/** The ports of a bridge. */
int rt_ports(struct hotplug_net *net, int bridge, struct link_info **list, size_t *nr, struct xlite_error *err);

/** Each adds (-EEXIST when it is there) or removes. The error's message is the kernel's reason: the caller prefixes. */
int rt_address_change(struct hotplug_net *net, bool add, int ifindex, const struct inet *inet, struct xlite_error *err);
int rt_route_change(struct hotplug_net *net, bool add, int oif, const struct inet *dst, struct xlite_error *err);
int rt_proxy_change(struct hotplug_net *net, bool add, int ifindex, const struct inet *inet, struct xlite_error *err);
/** Puts a link into a bridge (0: out of any), and up where asked; never down. */
int rt_link_master(struct hotplug_net *net, int ifindex, int bridge, bool up, struct xlite_error *err);

#endif
