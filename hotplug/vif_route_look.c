/* SPDX-License-Identifier: GPL-2.0-or-later
 * What there is of a routed vif, and whether that is all.
 */
#include "hotplug/vif_route.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "hotplug/sysctl.h"

void routed_clear(struct routed *r)
{
	free(r->ips);
	free(r->routes);
	free(r->addresses);
	free(r->borrowed);
	free(r->proxies);
}

static int routed_ips(struct routed *r, const struct hotplug_vif_route *route, struct xlite_error *err)
{
	size_t i;
	int ret = 0;

	r->ips = calloc(route->nr_ips + 1, sizeof(*r->ips));
	if (!r->ips)
		return xlite_error_sys(err, -ENOMEM, "route");
	for (i = 0; !ret && i < route->nr_ips; i++)
		ret = inet_parse_address(route->ips[i], &r->ips[i], err);
	r->nr_ips = route->nr_ips;
	return ret;
}

int routed_look(struct routed *r, const struct hotplug_vif_route *route, bool gone, struct xlite_error *err)
{
	struct xlite_error look = { 0 };
	int ret = routed_ips(r, route, err);

	if (ret)
		return ret;
	ret = hotplug_link_get(r->net, r->name, &r->vif, &look);
	if (ret == -ENODEV && gone)
		ret = 0, r->vif.ifindex = 0;
	if (!ret && r->gatewaydev) {
		ret = hotplug_link_get(r->net, r->gatewaydev, &r->gateway, &look);
		if (ret == -ENODEV && gone)
			ret = 0, r->gateway.ifindex = 0;
	}
	if (ret && err)
		*err = look;
	if (!ret && r->vif.ifindex)
		ret = rt_routes(r->net, r->vif.ifindex, &r->routes, &r->nr_routes, err);
	if (!ret && r->vif.ifindex)
		ret = rt_addresses(r->net, r->vif.ifindex, &r->addresses, &r->nr_addresses, err);
	if (!ret && r->gateway.ifindex)
		ret = rt_addresses(r->net, r->gateway.ifindex, &r->borrowed, &r->nr_borrowed, err);
	if (!ret && r->gateway.ifindex)
		ret = rt_proxies(r->net, r->gateway.ifindex, &r->proxies, &r->nr_proxies, err);
	return ret;
}

bool routed_has_route(const struct routed *r, const struct inet *ip)
{
	size_t i;

	for (i = 0; i < r->nr_routes; i++) {
		if (inet_same(&r->routes[i].dst, ip))
			return true;
	}
	return false;
}

bool routed_has_inet(const struct inet *list, size_t nr, const struct inet *inet)
{
	while (nr) {
		if (inet_same(&list[--nr], inet))
			return true;
	}
	return false;
}

bool routed_has_address(const struct routed *r, const struct inet *inet)
{
	size_t i;

	for (i = 0; i < r->nr_addresses; i++) {
		if (inet_same(&r->addresses[i].inet, inet))
			return true;
	}
	return false;
}

bool routed_has_family(const struct routed *r, int family)
{
	size_t i;

	for (i = 0; i < r->nr_ips; i++) {
		if (r->ips[i].family == family)
			return true;
	}
	return false;
}

bool routed_single(const struct rt_route *route)
{
	return route->dst.prefix == inet_size(route->dst.family) * 8 && !route->gateway.family;
}

bool routed_borrowed(const struct routed *r, int family, struct inet *out)
{
	size_t i;

	for (i = 0; i < r->nr_borrowed; i++) {
		if (r->borrowed[i].inet.family != family || !r->borrowed[i].global)
			continue;
		*out = r->borrowed[i].inet;
		out->prefix = (unsigned)inet_size(family) * 8;
		return true;
	}
	return false;
}

bool routed_needs_arp(const struct routed *r)
{
	size_t i, k;

	for (i = 0; i < r->nr_ips; i++) {
		for (k = 0; r->ips[i].family == AF_INET && k < r->nr_borrowed; k++) {
			if (inet_contains(&r->borrowed[k].inet, &r->ips[i]))
				return true;
		}
	}
	return false;
}

bool routed_any(const struct routed *r)
{
	size_t i;

	for (i = 0; i < r->nr_routes; i++) {
		if (routed_single(&r->routes[i]) && !routed_has_address(r, &r->routes[i].dst))
			return true;
	}
	return false;
}

static bool complete(const struct routed *r, const struct hotplug_vif_route_state *state, unsigned mtu)
{
	bool v4 = routed_has_family(r, AF_INET), v6 = routed_has_family(r, AF_INET6);
	struct inet inet;
	size_t i;

	if (!state->up || state->nr_foreign || (mtu && mtu != r->vif.mtu))
		return false;
	for (i = 0; i < r->nr_ips; i++) {
		if (!routed_has_route(r, &r->ips[i]) || (r->ips[i].family == AF_INET6 && r->gatewaydev &&
						   !routed_has_inet(r->proxies, r->nr_proxies, &r->ips[i])))
			return false;
	}
	if ((v4 && routed_borrowed(r, AF_INET, &inet) && !routed_has_address(r, &inet)) ||
	    (v6 && routed_borrowed(r, AF_INET6, &inet) && !routed_has_address(r, &inet)))
		return false;
	if (v4 && (sysctl_get("ipv4", r->name, "proxy_arp") != 1 || !sysctl_forwards(AF_INET, r->name) ||
		   !sysctl_forwards(AF_INET, r->gatewaydev ? r->gatewaydev : "all") ||
		   (r->gatewaydev && routed_needs_arp(r) && sysctl_get("ipv4", r->gatewaydev, "proxy_arp") != 1)))
		return false;
	return !v6 || (sysctl_forwards(AF_INET6, r->name) &&
		       (!r->gatewaydev || sysctl_get("ipv6", r->gatewaydev, "proxy_ndp") == 1));
}

int hotplug_vif_route_observe(struct hotplug_net *net, const char *name, const struct hotplug_vif_route *route,
			      struct hotplug_vif_route_state *state, struct xlite_error *err)
{
	struct routed r = { .net = net, .name = name, .gatewaydev = route->gatewaydev };
	size_t i;
	int ret = routed_look(&r, route, false, err);

	memset(state, 0, sizeof(*state));
	for (i = 0; !ret && i < r.nr_ips; i++) {
		state->nr_routes += routed_has_route(&r, &r.ips[i]);
		state->nr_proxied += r.ips[i].family == AF_INET6 && routed_has_inet(r.proxies, r.nr_proxies, &r.ips[i]);
	}
	for (i = 0; !ret && i < r.nr_routes; i++)
		state->nr_foreign += routed_single(&r.routes[i]) && !routed_has_inet(r.ips, r.nr_ips, &r.routes[i].dst) &&
				     !routed_has_address(&r, &r.routes[i].dst);
	state->up = r.vif.up;
	state->complete = !ret && complete(&r, state, route->mtu);
	routed_clear(&r);
	if (ret)
		xlite_error_prefix(err, "%s: routed", name);
	return ret;
}
