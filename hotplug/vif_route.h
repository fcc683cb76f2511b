/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: what there is of a routed vif, for vif_route.c and vif_route_look.c.
 */
#ifndef HOTPLUG_VIF_ROUTE_H
#define HOTPLUG_VIF_ROUTE_H

#include "hotplug/rt.h"

struct routed {
	struct hotplug_net *net;
	const char *name, *gatewaydev;
	struct hotplug_link vif, gateway;	/* ifindex 0: there is none */
	struct inet *ips;
	size_t nr_ips;
	struct rt_route *routes;	/* that lead to the vif */
	struct rt_address *addresses, *borrowed;	/* the vif's and gatewaydev's */
	struct inet *proxies;		/* of gatewaydev */
	size_t nr_routes, nr_addresses, nr_borrowed, nr_proxies;
	bool changed;
};

/**
 * Fills all but net, name and gatewaydev; routed_clear in any case. That vif or gatewaydev are missing is no error
 * where gone.
 */
int routed_look(struct routed *r, const struct hotplug_vif_route *route, bool gone, struct xlite_error *err);
void routed_clear(struct routed *r);
bool routed_has_route(const struct routed *r, const struct inet *ip);
bool routed_has_address(const struct routed *r, const struct inet *inet);
bool routed_has_family(const struct routed *r, int family);
bool routed_has_inet(const struct inet *list, size_t nr, const struct inet *inet);
/** A route to one address: what we make, and not fe80::/64 or multicast, which are the kernel's. */
bool routed_single(const struct rt_route *route);
/** Whether the vif has a route to one address already, one of its own addresses apart. */
bool routed_any(const struct routed *r);
/** The address that the vif borrows: the first of gatewaydev that is not of its link only. */
bool routed_borrowed(const struct routed *r, int family, struct inet *out);
/** Whether one of the guest's IPv4 addresses lies in gatewaydev's own network, where others ask for it by ARP. */
bool routed_needs_arp(const struct routed *r);

#endif
