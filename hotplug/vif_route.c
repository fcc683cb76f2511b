/* SPDX-License-Identifier: GPL-2.0-or-later
 * A vif without a bridge: routes to the guest's addresses, and somebody on the other side who answers for
 * them. What there is, is vif_route_look.c; here is what is missing, and the way back.
 */
#include "hotplug/link.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "hotplug/sysctl.h"
#include "hotplug/vif_route.h"

static int apply_link(struct routed *r, unsigned mtu, struct xlite_error *err)
{
	struct nl_msg *msg;
	int ret;

	if (r->vif.up && (!mtu || mtu == r->vif.mtu))
		return 0;
	msg = net_link_msg(RTM_SETLINK, NLM_F_ACK, r->vif.ifindex, NULL, IFF_UP, IFF_UP);
	if (msg && mtu && nla_put_u32(msg, IFLA_MTU, mtu)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	ret = net_talk(r->net, msg, NULL, NULL, err);
	if (ret)
		xlite_error_prefix(err, "raise it");
	r->changed = true;
	return ret;
}

static int apply_address(struct routed *r, int family, struct xlite_error *err)
{
	struct inet inet;
	char text[INET_TEXT];
	int ret;

	if (!routed_has_family(r, family) || !routed_borrowed(r, family, &inet) || routed_has_address(r, &inet))
		return 0;
	ret = rt_address_change(r->net, true, r->vif.ifindex, &inet, err);
	if (ret)
		xlite_error_prefix(err, "add address %s", inet_text(&inet, text));
	r->changed = true;
	return ret;
}

static int apply_routes(struct routed *r, struct xlite_error *err)
{
	char text[INET_TEXT];
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < r->nr_routes; i++) {
		if (!routed_single(&r->routes[i]) || routed_has_inet(r->ips, r->nr_ips, &r->routes[i].dst) ||
		    routed_has_address(r, &r->routes[i].dst))
			continue;
		ret = rt_route_change(r->net, false, r->vif.ifindex, &r->routes[i].dst, err);
		if (ret)
			xlite_error_prefix(err, "remove the route to %s", inet_text(&r->routes[i].dst, text));
		r->changed = true;
	}
	for (i = 0; !ret && i < r->nr_ips; i++) {
		if (routed_has_route(r, &r->ips[i]) || routed_has_inet(r->ips, i, &r->ips[i]))
			continue;
		ret = rt_route_change(r->net, true, r->vif.ifindex, &r->ips[i], err);
		if (ret)
			xlite_error_prefix(err, "route %s to it", inet_text(&r->ips[i], text));
		if (ret == -EEXIST)
			xlite_error_hint(err, "that address has a route already: ip route get %s", inet_text(&r->ips[i], text));
		r->changed = true;
	}
	return ret;
}

static int apply_proxies(struct routed *r, struct xlite_error *err)
{
	char text[INET_TEXT];
	size_t i;
	int ret = sysctl_want("ipv6", r->gatewaydev, "proxy_ndp", 1, &r->changed, err);

	for (i = 0; !ret && i < r->nr_ips; i++) {
		if (r->ips[i].family != AF_INET6 || routed_has_inet(r->proxies, r->nr_proxies, &r->ips[i]) ||
		    routed_has_inet(r->ips, i, &r->ips[i]))
			continue;
		ret = rt_proxy_change(r->net, true, r->gateway.ifindex, &r->ips[i], err);
		if (ret)
			xlite_error_prefix(err, "let %s answer for %s", r->gatewaydev, inet_text(&r->ips[i], text));
		r->changed = true;
	}
	return ret;
}

static int apply_ipv4(struct routed *r, struct xlite_error *err)
{
	int ret = sysctl_want("ipv4", r->name, "proxy_arp", 1, &r->changed, err);

	if (!ret && r->gatewaydev && routed_needs_arp(r))
		ret = sysctl_want("ipv4", r->gatewaydev, "proxy_arp", 1, &r->changed, err);
	return ret ? ret : sysctl_forward_ipv4(r->name, r->gatewaydev, &r->changed, err);
}

static int apply(struct routed *r, unsigned mtu, struct xlite_error *err)
{
	int ret = apply_link(r, mtu, err);

	if (!ret)
		ret = apply_address(r, AF_INET, err);
	if (!ret)
		ret = apply_address(r, AF_INET6, err);
	if (!ret)
		ret = apply_routes(r, err);
	if (!ret && routed_has_family(r, AF_INET))
		ret = apply_ipv4(r, err);
	if (!ret && routed_has_family(r, AF_INET6))
		ret = sysctl_forward_ipv6(&r->changed, err);
	if (!ret && routed_has_family(r, AF_INET6) && r->gatewaydev)
		ret = apply_proxies(r, err);
	return ret;
}

int hotplug_vif_route(struct hotplug_net *net, const char *name, const struct hotplug_vif_route *route, bool *changed,
		      struct xlite_error *err)
{
	struct routed r = { .net = net, .name = name, .gatewaydev = route->gatewaydev };
	int ret = routed_look(&r, route, false, err);

	if (!ret) {
		ret = apply(&r, route->mtu, err);
		/* Of a guest that runs already, what it had stays. */
		if (ret && !routed_any(&r))
			hotplug_vif_unroute(net, name, route, NULL);
	}
	if (ret)
		xlite_error_prefix(err, "%s: routed", name);
	else if (changed)
		*changed = r.changed;
	routed_clear(&r);
	return ret;
}

/* Goes on after a failure, and tells of the first. */
static void unroute_step(int step, int *ret, struct xlite_error *one, struct xlite_error *err)
{
	/* The kernel removes routes with addresses and with the link. */
	if (!step || step == -ESRCH || step == -ENOENT || step == -ENODEV || step == -EADDRNOTAVAIL || *ret)
		return;
	*ret = step;
	if (err)
		*err = *one;
}

int hotplug_vif_unroute(struct hotplug_net *net, const char *name, const struct hotplug_vif_route *route,
			struct xlite_error *err)
{
	struct routed r = { .net = net, .name = name, .gatewaydev = route->gatewaydev };
	struct xlite_error one = { 0 };
	struct inet inet;
	size_t i;
	int family, ret = routed_look(&r, route, true, err);

	if (ret) {
		routed_clear(&r);
		return ret;
	}
	for (i = 0; i < r.nr_ips; i++) {
		if (routed_has_inet(r.proxies, r.nr_proxies, &r.ips[i]))
			unroute_step(rt_proxy_change(net, false, r.gateway.ifindex, &r.ips[i], &one), &ret, &one, err);
	}
	for (i = 0; i < r.nr_routes; i++) {
		if (routed_single(&r.routes[i]) && routed_has_inet(r.ips, r.nr_ips, &r.routes[i].dst))
			unroute_step(rt_route_change(net, false, r.vif.ifindex, &r.routes[i].dst, &one), &ret, &one, err);
	}
	for (family = AF_INET; family <= AF_INET6; family += AF_INET6 - AF_INET) {
		if (r.vif.ifindex && routed_borrowed(&r, family, &inet) && routed_has_address(&r, &inet))
			unroute_step(rt_address_change(net, false, r.vif.ifindex, &inet, &one), &ret, &one, err);
	}
	if (r.vif.ifindex)
		unroute_step(hotplug_vif_offline(net, name, &one), &ret, &one, err);
	routed_clear(&r);
	if (ret)
		xlite_error_prefix(err, "%s: take its routes away", name);
	return ret;
}
