/* SPDX-License-Identifier: GPL-2.0-or-later
 * Whether a network's subnets are the host's already, by another link: of two routes to one subnet the older wins, and the
 * network's guests are cut off, or the host is.
 */
#include "hotplug/network.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hotplug/network_have.h"

/* The part of a network that inet stands for. */
static bool overlap(const struct inet *a, const struct inet *b)
{
	struct inet first = *a, second = *b;

	inet_mask(&first);
	inet_mask(&second);
	return first.family == second.family && (inet_contains(&first, &second) || inet_contains(&second, &first));
}

/*
 * What is reached by a gateway may hold the subnet, as its more special part; a link that has an address there, or a
 * part of the subnet, may not.
 */
static bool takes(const struct rt_route *route, const struct inet *range)
{
	if (!route->dst.prefix || inet_link_local(&route->dst))
		return false;
	return route->gateway.family ? inet_contains(range, &route->dst) : overlap(range, &route->dst);
}

static int tell(struct hotplug_net *net, const struct rt_route *route, const struct inet *range, const char *name, char *why,
		size_t size, char owner[128])
{
	char text[INET_TEXT], of[INET_TEXT];
	struct link_info link;

	owner[0] = '\0';
	if (!link_info_get(net, name, &link, NULL) && link.link.bridge)
		snprintf(owner, 128, "%s", link.alias);
	snprintf(why, size, "%s is %s %s, which this host reaches by %s", inet_text_cidr(range, text),
		 inet_same(range, &route->dst) ? "the same as" : "in one with", inet_text_cidr(&route->dst, of), name);
	return 1;
}

static int check_range(struct hotplug_net *net, const struct hotplug_network *network, const struct rt_route *routes, size_t nr,
		       const char *text, char *why, size_t size, char owner[128])
{
	char name[IF_NAMESIZE];
	struct inet range;

	if (inet_parse_cidr(text, &range, NULL))
		return 0;
	inet_mask(&range);
	for (size_t i = 0; i < nr; i++) {
		if (!takes(&routes[i], &range) || !if_indextoname((unsigned)routes[i].oif, name) ||
		    !strcmp(name, network->bridge) || network_names(network->ports, network->nr_ports, name))
			continue;
		return tell(net, &routes[i], &range, name, why, size, owner);
	}
	return 0;
}

int hotplug_network_overlaps(struct hotplug_net *net, const struct hotplug_network *network, char *why, size_t size,
			     char owner[128], struct xlite_error *err)
{
	struct rt_route *routes;
	struct inet inet;
	size_t nr;
	int ret = network_check(network, err);

	/* Where the host is not in the network itself, its routes do not concern the guests. */
	if (ret || !network->nr_addresses)
		return ret;
	ret = rt_routes(net, 0, &routes, &nr, err);
	if (ret)
		return ret;
	for (size_t i = 0; !ret && i < network->nr_subnets; i++)
		ret = check_range(net, network, routes, nr, network->subnets[i], why, size, owner);
	/* A single address may be one that the host has elsewhere, too. */
	for (size_t i = 0; !ret && i < network->nr_addresses; i++) {
		if (!inet_parse_cidr(network->addresses[i], &inet, NULL) && inet.prefix < inet_size(inet.family) * 8)
			ret = check_range(net, network, routes, nr, network->addresses[i], why, size, owner);
	}
	free(routes);
	return ret;
}
