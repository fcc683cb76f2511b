/* SPDX-License-Identifier: GPL-2.0-or-later
 * Routes to those subnets of a network in which the bridge has no address of its own, as on rented servers: the kernel
 * makes none for them.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "hotplug/network_have.h"

/*
 * Whether the subnet wants a route: the host is in the network by an address of this family, and by none that holds
 * the subnet.
 */
static bool wants(const struct hotplug_network *network, const struct inet *subnet)
{
	struct inet inet;
	bool any = false;

	for (size_t i = 0; i < network->nr_addresses; i++) {
		if (inet_parse_cidr(network->addresses[i], &inet, NULL) || inet.family != subnet->family)
			continue;
		any = true;
		inet_mask(&inet);
		if (inet_contains(&inet, subnet))
			return false;
	}
	return any;
}

static bool is_wanted(const struct hotplug_network *network, const struct inet *dst)
{
	struct inet subnet;

	for (size_t i = 0; i < network->nr_subnets; i++) {
		if (inet_parse_cidr(network->subnets[i], &subnet, NULL))
			continue;
		inet_mask(&subnet);
		if (inet_same(&subnet, dst))
			return wants(network, &subnet);
	}
	return false;
}

static bool has(const struct rt_route *routes, size_t nr, const struct inet *dst)
{
	while (nr) {
		if (inet_same(&routes[--nr].dst, dst))
			return true;
	}
	return false;
}

/* The first subnet that lacks its route. */
static const char *missing(const struct hotplug_network *network, const struct rt_route *routes, size_t nr, struct inet *subnet)
{
	for (size_t i = 0; i < network->nr_subnets; i++) {
		if (inet_parse_cidr(network->subnets[i], subnet, NULL))
			continue;
		inet_mask(subnet);
		if (wants(network, subnet) && !has(routes, nr, subnet))
			return network->subnets[i];
	}
	return NULL;
}

int network_routes_observe(struct hotplug_net *net, const struct hotplug_network *network, struct hotplug_network_state *state,
			   struct xlite_error *err)
{
	struct rt_route *routes;
	struct inet subnet;
	const char *text;
	size_t nr;
	int ret = rt_routes(net, state->ifindex, &routes, &nr, err);

	if (ret)
		return ret;
	text = missing(network, routes, nr, &subnet);
	if (text)
		inet_text_cidr(&subnet, state->no_route);
	free(routes);
	return 0;
}

static int change(struct network_apply *a, bool add, const struct inet *dst, struct xlite_error *err)
{
	char text[INET_TEXT];
	int ret = rt_route_change(a->net, add, a->have.link.ifindex, dst, err);

	a->changed = true;
	return ret ? xlite_error_prefix(err, "%s the route to %s", add ? "add" : "remove", inet_text_cidr(dst, text)) : 0;
}

int network_routes_apply(struct network_apply *a, struct xlite_error *err)
{
	struct rt_route *routes;
	struct inet subnet;
	size_t nr;
	int ret = rt_routes(a->net, a->have.link.ifindex, &routes, &nr, err);

	/* Others' routes are not static, or have a gateway. */
	for (size_t i = 0; !ret && i < nr; i++) {
		if (routes[i].protocol == RTPROT_STATIC && !routes[i].gateway.family && routes[i].dst.prefix &&
		    !is_wanted(a->want, &routes[i].dst))
			ret = change(a, false, &routes[i].dst, err);
	}
	for (size_t i = 0; !ret && i < a->want->nr_subnets; i++) {
		if (inet_parse_cidr(a->want->subnets[i], &subnet, NULL))
			continue;
		inet_mask(&subnet);
		if (wants(a->want, &subnet) && !has(routes, nr, &subnet))
			ret = change(a, true, &subnet, err);
	}
	free(routes);
	return ret;
}
