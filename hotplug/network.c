/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a network may be, and what the kernel has of it. It is changed in network_apply.c.
 */
#include "hotplug/network.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hotplug/network_have.h"
#include "hotplug/sysctl.h"

int network_check(const struct hotplug_network *network, struct xlite_error *err)
{
	struct inet inet;
	size_t i;
	int ret = net_check_name(network->bridge, err);

	if (!ret && network->uplink)
		ret = net_check_name(network->uplink, err);
	if (!ret && (!network->tag || !network->tag[0] || strlen(network->tag) > 127))
		ret = xlite_error_set(err, -EINVAL, "a tag has 1 to 127 bytes");
	for (i = 0; !ret && i < network->nr_addresses; i++)
		ret = inet_parse_cidr(network->addresses[i], &inet, err);
	for (i = 0; !ret && i < network->nr_subnets; i++)
		ret = inet_parse_cidr(network->subnets[i], &inet, err);
	for (i = 0; !ret && i < network->nr_ports; i++) {
		ret = net_check_name(network->ports[i], err);
		if (!ret && (!strcmp(network->ports[i], network->bridge) || !strcmp(network->ports[i], "lo")))
			ret = xlite_error_set(err, -EINVAL, "%s cannot be a port", network->ports[i]);
	}
	if (ret)
		xlite_error_prefix(err, "bridge %.15s", network->bridge);
	return ret;
}

bool network_ours(const struct hotplug_network *network, const struct link_info *info)
{
	if (!info->link.bridge)
		return false;
	return info->alias[0] ? !strcmp(info->alias, network->tag) : info->group == HOTPLUG_NETWORK_GROUP;
}

/* vif1.0, vif1.0-emu, and what a spec may have renamed but netback still serves. */
bool network_is_vif(const struct link_info *port)
{
	const char *name = port->link.name;
	size_t n;

	if (!strcmp(port->bus, "xen-backend"))
		return true;
	if (strncmp(name, "vif", 3))
		return false;
	n = strspn(name + 3, "0123456789");
	return n && name[3 + n] == '.' && strspn(name + 4 + n, "0123456789");
}

bool network_counts(const struct rt_address *address)
{
	return address->permanent && !inet_link_local(&address->inet);
}

bool network_names(const char *const *list, size_t nr, const char *name)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (!strcmp(list[i], name))
			return true;
	}
	return false;
}

bool network_has_address(const struct hotplug_network *network, const struct inet *inet)
{
	struct inet want;
	size_t i;

	for (i = 0; i < network->nr_addresses; i++) {
		if (!inet_parse_cidr(network->addresses[i], &want, NULL) && inet_same(&want, inet))
			return true;
	}
	return false;
}

bool network_has_family(const struct hotplug_network *network, int family)
{
	struct inet inet;
	size_t i;

	for (i = 0; i < network->nr_subnets; i++) {
		if (!inet_parse_cidr(network->subnets[i], &inet, NULL) && inet.family == family)
			return true;
	}
	return false;
}

static int list_add(char ***list, size_t *nr, const char *text)
{
	char **more = reallocarray(*list, *nr + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	*list = more;
	more[*nr] = strdup(text);
	return more[*nr] ? (++*nr, 0) : -ENOMEM;
}

static void list_clear(char **list, size_t nr)
{
	while (nr)
		free(list[--nr]);
	free(list);
}

void hotplug_network_state_clear(struct hotplug_network_state *state)
{
	if (!state)
		return;
	list_clear(state->addresses, state->nr_addresses);
	list_clear(state->ports, state->nr_ports);
	list_clear(state->vifs, state->nr_vifs);
	memset(state, 0, sizeof(*state));
}

static int observe_addresses(struct hotplug_net *net, struct hotplug_network_state *state, struct xlite_error *err)
{
	struct rt_address *list;
	char text[INET_TEXT];
	size_t i, nr;
	int ret = rt_addresses(net, state->ifindex, &list, &nr, err);

	if (ret)
		return ret;
	for (i = 0; !ret && i < nr; i++) {
		if (network_counts(&list[i]))
			ret = list_add(&state->addresses, &state->nr_addresses, inet_text_cidr(&list[i].inet, text));
	}
	free(list);
	return ret ? xlite_error_sys(err, ret, "list its addresses") : 0;
}

static int observe_ports(struct hotplug_net *net, struct hotplug_network_state *state, struct xlite_error *err)
{
	struct link_info *list;
	size_t i, nr;
	int ret = rt_ports(net, state->ifindex, &list, &nr, err);

	if (ret)
		return ret;
	for (i = 0; !ret && i < nr; i++) {
		if (network_is_vif(&list[i]))
			ret = list_add(&state->vifs, &state->nr_vifs, list[i].link.name);
		else
			ret = list_add(&state->ports, &state->nr_ports, list[i].link.name);
	}
	free(list);
	return ret ? xlite_error_sys(err, ret, "list its ports") : 0;
}

/* The names of devices that lead out: the uplink, or else those that have a default route. */
static int outside(struct hotplug_net *net, const struct hotplug_network *network, int bridge, char ***names, size_t *nr,
		   struct xlite_error *err)
{
	struct rt_route *routes;
	char name[IF_NAMESIZE];
	size_t i, nr_routes;
	int ret;

	if (network->uplink)
		return list_add(names, nr, network->uplink) ? xlite_error_sys(err, -ENOMEM, "list the uplinks") : 0;
	ret = rt_routes(net, 0, &routes, &nr_routes, err);
	for (i = 0; !ret && i < nr_routes; i++) {
		if (routes[i].dst.prefix || routes[i].dst.family != AF_INET || routes[i].oif == bridge ||
		    !if_indextoname((unsigned)routes[i].oif, name) || network_names((const char *const *)*names, *nr, name))
			continue;
		if (list_add(names, nr, name))
			ret = xlite_error_sys(err, -ENOMEM, "list the uplinks");
	}
	free(routes);
	return ret;
}

static void is_off(struct hotplug_network_state *state, const char *device)
{
	/* What `all' says goes to each device when it is written. */
	if (sysctl_get("ipv4", "all", "forwarding") == 1)
		snprintf(state->forward_off, sizeof(state->forward_off), "net.ipv4.conf.%s.forwarding", device);
	else
		strcpy(state->forward_off, "net.ipv4.ip_forward");
}

static int observe_forwarding(struct hotplug_net *net, const struct hotplug_network *network,
			      struct hotplug_network_state *state, struct xlite_error *err)
{
	char **names = NULL;
	size_t i, nr = 0;
	int ret = outside(net, network, state->ifindex, &names, &nr, err);
	bool wanted = network->masquerade && network_has_family(network, AF_INET);

	state->forward_ipv6 = sysctl_forwards(AF_INET6, network->bridge);
	state->forward_ipv4 = sysctl_forwards(AF_INET, network->bridge) &&
			      (network->uplink || sysctl_forwards(AF_INET, "all"));
	if (!state->forward_ipv4 && wanted)
		is_off(state, network->bridge);
	for (i = 0; !ret && i < nr; i++) {
		if (sysctl_forwards(AF_INET, names[i]))
			continue;
		if (state->forward_ipv4 && wanted)
			is_off(state, names[i]);
		state->forward_ipv4 = false;
	}
	if (!state->forward_ipv6 && !state->forward_off[0] && network->masquerade && network_has_family(network, AF_INET6))
		strcpy(state->forward_off, "net.ipv6.conf.all.forwarding");
	list_clear(names, nr);
	return ret;
}

int network_forward_ipv4(struct network_apply *a, struct xlite_error *err)
{
	char **names = NULL;
	size_t i, nr = 0;
	int ret = outside(a->net, a->want, a->have.link.ifindex, &names, &nr, err);

	if (!ret)
		ret = sysctl_forward_ipv4(a->want->bridge, a->want->uplink, &a->changed, err);
	for (i = 0; !ret && i < nr; i++)
		ret = sysctl_want("ipv4", names[i], "forwarding", 1, &a->changed, err);
	list_clear(names, nr);
	return ret;
}

static void observe_link(const struct hotplug_network *network, const struct link_info *info,
			 struct hotplug_network_state *state)
{
	state->exists = true;
	state->bridge = info->link.bridge;
	state->ours = network_ours(network, info);
	state->stp = info->stp;
	state->forward_delay_s = info->forward_delay / HOTPLUG_USER_HZ;
	state->vlan_filtering = info->link.vlan_filtering;
	state->up = info->link.up;
	state->mtu = info->link.mtu;
	state->ifindex = info->link.ifindex;
	strcpy(state->tag, info->alias);
}

int hotplug_network_observe(struct hotplug_net *net, const struct hotplug_network *network, struct hotplug_network_state *state,
			    struct xlite_error *err)
{
	struct xlite_error look = { 0 };
	struct link_info info;
	int ret = network_check(network, err);

	memset(state, 0, sizeof(*state));
	if (ret)
		return ret;
	ret = link_info_get(net, network->bridge, &info, &look);
	if (ret == -ENODEV)
		return 0;
	if (ret) {
		if (err)
			*err = look;
		return ret;
	}
	observe_link(network, &info, state);
	ret = observe_addresses(net, state, err);
	if (!ret)
		ret = observe_ports(net, state, err);
	if (!ret)
		ret = observe_forwarding(net, network, state, err);
	if (!ret)
		ret = network_routes_observe(net, network, state, err);
	if (ret) {
		xlite_error_prefix(err, "bridge %s", network->bridge);
		hotplug_network_state_clear(state);
	}
	return ret;
}
