/* SPDX-License-Identifier: GPL-2.0-or-later
 * Making a network, changing one of ours, removing it: addresses, ports and forwarding, and the way back.
 */
#include "hotplug/network.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "hotplug/network_have.h"
#include "hotplug/sysctl.h"

/* One address of the bridge, which may be as wanted already (spared). */
static int address_change(struct network_apply *a, bool add, const struct inet *inet, int spared, struct xlite_error *err)
{
	struct xlite_error one = { 0 };
	char text[INET_TEXT];
	int ret = rt_address_change(a->net, add, a->have.link.ifindex, inet, &one);

	a->changed = true;
	if (!ret || ret == spared)
		return 0;
	xlite_error_set(err, ret, "%s address %s: %s", add ? "add" : "remove", inet_text_cidr(inet, text), one.message);
	if (one.hint[0])
		xlite_error_hint(err, "%s", one.hint);
	return ret;
}

/* Removed first: with a primary IPv4 address go the others of its network, which then are found missing. */
static int addresses_remove(struct network_apply *a, struct xlite_error *err)
{
	struct rt_address *list;
	size_t i, nr;
	int ret = rt_addresses(a->net, a->have.link.ifindex, &list, &nr, err);

	for (i = 0; !ret && i < nr; i++) {
		if (!network_counts(&list[i]) || network_has_address(a->want, &list[i].inet))
			continue;
		ret = address_change(a, false, &list[i].inet, -EADDRNOTAVAIL, err);
	}
	free(list);
	return ret;
}

static bool address_listed(const struct rt_address *list, size_t nr, const struct inet *inet)
{
	while (nr) {
		if (inet_same(&list[--nr].inet, inet))
			return true;
	}
	return false;
}

static int addresses_add(struct network_apply *a, struct xlite_error *err)
{
	struct rt_address *list;
	struct inet inet;
	size_t i, nr;
	int ret = rt_addresses(a->net, a->have.link.ifindex, &list, &nr, err);

	for (i = 0; !ret && i < a->want->nr_addresses; i++) {
		inet_parse_cidr(a->want->addresses[i], &inet, NULL);
		if (address_listed(list, nr, &inet))
			continue;
		ret = address_change(a, true, &inet, -EEXIST, err);
	}
	free(list);
	return ret;
}

static int port_add(struct network_apply *a, size_t i, struct xlite_error *err)
{
	const char *name = a->want->ports[i];
	struct hotplug_link port;
	int ret = hotplug_link_get(a->net, name, &port, err);

	if (ret)
		return ret;
	if (port.master == a->have.link.ifindex && port.up)
		return 0;
	if (port.master && port.master != a->have.link.ifindex)
		return xlite_error_set(err, -EBUSY, "%s: it is a port of another bridge or bond", name);
	a->was_down[i] = !port.up;
	ret = rt_link_master(a->net, port.ifindex, a->have.link.ifindex, true, err);
	if (ret) {
		xlite_error_prefix(err, "%s: make it a port", name);
		return ret;
	}
	a->changed = true;
	return 0;
}

static int ports_remove(struct network_apply *a, struct xlite_error *err)
{
	struct link_info *list;
	size_t i, nr;
	int ret = rt_ports(a->net, a->have.link.ifindex, &list, &nr, err);

	for (i = 0; !ret && i < nr; i++) {
		if (network_is_vif(&list[i]) || network_names(a->want->ports, a->want->nr_ports, list[i].link.name))
			continue;
		ret = rt_link_master(a->net, list[i].link.ifindex, 0, false, err);
		if (ret)
			xlite_error_prefix(err, "%s: take it out", list[i].link.name);
		a->changed = true;
	}
	free(list);
	return ret;
}

static int ports_apply(struct network_apply *a, struct xlite_error *err)
{
	int ret = 0;
	size_t i;

	if (!a->created)
		ret = ports_remove(a, err);
	for (i = 0; !ret && i < a->want->nr_ports; i++)
		ret = port_add(a, i, err);
	return ret;
}

static int forwarding_apply(struct network_apply *a, struct xlite_error *err)
{
	int ret = 0;

	if (!a->want->masquerade)
		return 0;
	if (network_has_family(a->want, AF_INET))
		ret = network_forward_ipv4(a, err);
	if (!ret && network_has_family(a->want, AF_INET6))
		ret = sysctl_forward_ipv6(&a->changed, err);
	return ret;
}

static int apply_parts(struct network_apply *a, struct xlite_error *err)
{
	int ret = network_bridge_change(a, err);

	if (!ret)
		ret = addresses_remove(a, err);
	if (!ret)
		ret = addresses_add(a, err);
	if (!ret)
		ret = network_routes_apply(a, err);
	if (!ret)
		ret = ports_apply(a, err);
	return ret ? ret : forwarding_apply(a, err);
}

/* Removing the bridge frees its ports; those that this run raised go down again. */
static void apply_undo(struct network_apply *a)
{
	size_t i;

	net_talk(a->net, net_link_msg(RTM_DELLINK, NLM_F_ACK, a->have.link.ifindex, a->want->bridge, 0, 0), NULL, NULL, NULL);
	for (i = 0; i < a->want->nr_ports; i++) {
		if (a->was_down[i])
			net_talk(a->net, net_link_msg(RTM_SETLINK, NLM_F_ACK, 0, a->want->ports[i], IFF_UP, 0), NULL,
				 NULL, NULL);
	}
}

static int refuse_foreign(const struct hotplug_network *network, const struct link_info *have, struct xlite_error *err)
{
	int ret;

	if (!have->link.bridge)
		return xlite_error_status(err, -EEXIST, XLITE_CONFLICT, "bridge %s: an interface of this name exists, and is "
					  "not a bridge", network->bridge);
	ret = xlite_error_status(err, -EEXIST, XLITE_CONFLICT, "bridge %s: the bridge is not ours%s%s%s", network->bridge,
				 have->alias[0] ? ": it belongs to \"" : "", have->alias, have->alias[0] ? "\"" : "");
	xlite_error_hint(err, "choose another name, or let vifs name that bridge, which needs no network");
	return ret;
}

/* The bridge, if it is there and ours: 0; -ENODEV without one, which is no error. */
static int find(struct hotplug_net *net, const struct hotplug_network *network, struct link_info *have, struct xlite_error *err)
{
	struct xlite_error look = { 0 };
	int ret = network_check(network, err);

	if (ret)
		return ret;
	ret = link_info_get(net, network->bridge, have, &look);
	if (ret == -ENODEV)
		return ret;
	if (ret && err)
		*err = look;
	if (!ret && !network_ours(network, have))
		ret = refuse_foreign(network, have, err);
	return ret;
}

/* What would be found out late, and cost the undoing of what was done. */
static int check_devices(struct network_apply *a, struct xlite_error *err)
{
	struct hotplug_link link;
	int ret = 0;
	size_t i;

	if (a->want->masquerade && a->want->uplink)
		ret = hotplug_link_get(a->net, a->want->uplink, &link, err);
	for (i = 0; !ret && i < a->want->nr_ports; i++)
		ret = hotplug_link_get(a->net, a->want->ports[i], &link, err);
	return ret;
}

int hotplug_network_apply(struct hotplug_net *net, const struct hotplug_network *network, bool *changed,
			  struct xlite_error *err)
{
	struct network_apply a = { .net = net, .want = network };
	int found = find(net, network, &a.have, err), ret;

	if (found && found != -ENODEV)
		return found;
	a.was_down = calloc(network->nr_ports + 1, sizeof(*a.was_down));
	if (!a.was_down)
		return xlite_error_sys(err, -ENOMEM, "bridge %s", network->bridge);
	ret = check_devices(&a, err);
	if (!ret && found)
		ret = network_bridge_create(&a, err);
	if (!ret)
		ret = apply_parts(&a, err);
	if (ret && a.created)
		apply_undo(&a);
	free(a.was_down);
	if (ret)
		xlite_error_prefix(err, "bridge %s", network->bridge);
	else if (changed)
		*changed = a.changed;
	return ret;
}

static int refuse_vifs(struct hotplug_net *net, const struct link_info *have, struct xlite_error *err)
{
	struct buf names = BUF_INIT;
	struct link_info *list;
	size_t i, nr;
	int ret = rt_ports(net, have->link.ifindex, &list, &nr, err);

	for (i = 0; !ret && i < nr; i++) {
		if (network_is_vif(&list[i]))
			buf_printf(&names, "%s%s", names.len ? ", " : "", list[i].link.name);
	}
	free(list);
	if (!ret && names.len)
		ret = xlite_error_set(err, -EBUSY, "still used by %s", buf_str(&names));
	buf_clear(&names);
	return ret;
}

int hotplug_network_remove(struct hotplug_net *net, const struct hotplug_network *network, bool *changed,
			   struct xlite_error *err)
{
	struct link_info have;
	int ret = find(net, network, &have, err);

	if (changed)
		*changed = ret == 0;
	if (ret)
		return ret == -ENODEV ? 0 : ret;
	ret = refuse_vifs(net, &have, err);
	if (!ret)
		ret = net_talk(net, net_link_msg(RTM_DELLINK, NLM_F_ACK, have.link.ifindex, NULL, 0, 0), NULL, NULL, err);
	if (ret)
		xlite_error_prefix(err, "bridge %s", network->bridge);
	return ret;
}
