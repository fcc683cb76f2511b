/* SPDX-License-Identifier: GPL-2.0-or-later
 * Whether a network would take the host's own way out. A device that becomes a port keeps its addresses and
 * routes, but nothing that arrives for them is handed to the host any more.
 */
#include "hotplug/network.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hotplug/network_have.h"

struct cut {
	struct hotplug_net *net;
	struct rt_route *routes;	/* of all devices */
	size_t nr;
	char *why;
	size_t size;
};

static const struct rt_route *default_of(const struct cut *cut, int ifindex)
{
	size_t i;

	for (i = 0; i < cut->nr; i++) {
		if (!cut->routes[i].dst.prefix && cut->routes[i].oif == ifindex)
			return &cut->routes[i];
	}
	return NULL;
}

/* The default route may lead through another device (a VLAN, a tunnel) while its gateway is reached by this one's address. */
static int cut_by_address(struct cut *cut, const char *name, int ifindex, struct xlite_error *err)
{
	struct rt_address *list;
	char text[INET_TEXT];
	size_t i, k, nr;
	int ret = rt_addresses(cut->net, ifindex, &list, &nr, err);

	for (i = 0; !ret && i < nr; i++) {
		for (k = 0; !ret && k < cut->nr; k++) {
			if (cut->routes[k].dst.prefix || !cut->routes[k].gateway.family || inet_link_local(&list[i].inet) ||
			    !inet_contains(&list[i].inet, &cut->routes[k].gateway))
				continue;
			snprintf(cut->why, cut->size,
				 "%s has the address %s, by which the gateway of this host's default route "
				 "is reached",
				 name, inet_text_cidr(&list[i].inet, text));
			ret = 1;
		}
	}
	free(list);
	return ret;
}

static int cut_by_port(struct cut *cut, const char *name, int bridge, struct xlite_error *err)
{
	struct hotplug_link port;
	const struct rt_route *route;
	char text[INET_TEXT];
	int ret = hotplug_link_get(cut->net, name, &port, err);

	if (ret || (bridge && port.master == bridge))
		return ret;
	route = default_of(cut, port.ifindex);
	if (!route)
		return cut_by_address(cut, name, port.ifindex, err);
	if (route->gateway.family)
		snprintf(cut->why, cut->size, "%s has this host's default route (by %s)", name,
			 inet_text(&route->gateway, text));
	else
		snprintf(cut->why, cut->size, "%s has this host's default route", name);
	return 1;
}

/* Whether an address that stays would still reach the gateway. */
static bool reached_without(const struct hotplug_network *network, const struct inet *gateway)
{
	struct inet inet;
	size_t i;

	for (i = 0; i < network->nr_addresses; i++) {
		if (!inet_parse_cidr(network->addresses[i], &inet, NULL) && inet_contains(&inet, gateway))
			return true;
	}
	return false;
}

/* The bridge is there already: an address of it that would go, and with it the gateway. */
static int cut_by_bridge(struct cut *cut, const struct hotplug_network *network, int bridge, struct xlite_error *err)
{
	const struct inet *gateway;
	struct rt_address *list;
	char text[INET_TEXT];
	size_t i, k, nr;
	int ret = rt_addresses(cut->net, bridge, &list, &nr, err);

	for (i = 0; !ret && i < nr; i++) {
		for (k = 0; !ret && network_counts(&list[i]) && k < cut->nr; k++) {
			gateway = &cut->routes[k].gateway;
			if (cut->routes[k].dst.prefix || cut->routes[k].oif != bridge ||
			    !inet_contains(&list[i].inet, gateway) || network_has_address(network, &list[i].inet) ||
			    reached_without(network, gateway))
				continue;
			snprintf(cut->why, cut->size, "%s would lose the address %s, by which this host's default route leads",
				 network->bridge, inet_text_cidr(&list[i].inet, text));
			ret = 1;
		}
	}
	free(list);
	return ret;
}

/* A port that would be taken out of the bridge that has the default route. */
static int cut_by_leaving(struct cut *cut, const struct hotplug_network *network, int bridge, struct xlite_error *err)
{
	struct link_info *list;
	size_t i, nr;
	int ret = default_of(cut, bridge) ? rt_ports(cut->net, bridge, &list, &nr, err) : 1;

	if (ret)
		return ret == 1 ? 0 : ret;
	for (i = 0; !ret && i < nr; i++) {
		if (network_is_vif(&list[i]) || network_names(network->ports, network->nr_ports, list[i].link.name))
			continue;
		snprintf(cut->why, cut->size, "%s would leave %s, which has this host's default route", list[i].link.name,
			 network->bridge);
		ret = 1;
	}
	free(list);
	return ret;
}

int hotplug_network_cuts_default_route(struct hotplug_net *net, const struct hotplug_network *network, char *why, size_t size,
				       struct xlite_error *err)
{
	struct cut cut = { .net = net, .why = why, .size = size };
	struct hotplug_link bridge = { 0 };
	int ret = network_check(network, err);
	size_t i;

	if (size)
		why[0] = '\0';
	if (!ret)
		ret = rt_routes(net, 0, &cut.routes, &cut.nr, err);
	if (ret)
		return ret;
	if (hotplug_link_get(net, network->bridge, &bridge, NULL))
		bridge.ifindex = 0;
	for (i = 0; !ret && i < network->nr_ports; i++)
		ret = cut_by_port(&cut, network->ports[i], bridge.ifindex, err);
	if (!ret && bridge.ifindex)
		ret = cut_by_bridge(&cut, network, bridge.ifindex, err);
	if (!ret && bridge.ifindex)
		ret = cut_by_leaving(&cut, network, bridge.ifindex, err);
	free(cut.routes);
	return ret;
}
