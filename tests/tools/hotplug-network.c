/* SPDX-License-Identifier: GPL-2.0-or-later
 * Networks and vifs for hotplug-tool. What changes something prints "changed=0" or "changed=1".
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/bits.h"
#include "hotplug/link.h"
#include "hotplug/network.h"
#include "tests/tools/hotplug-tool.h"

#define LIST_MAX 32

/** A network as given by KEY=VALUE words. */
struct words {
	struct hotplug_network network;
	const char *addresses[LIST_MAX], *ports[LIST_MAX], *subnets[LIST_MAX];
};

static unsigned number(const char *text)
{
	return text ? (unsigned)strtoul(text, NULL, 10) : 0;
}

static void word(struct words *w, const char *key, const char *value)
{
	struct hotplug_network *n = &w->network;

	if (!strcmp(key, "stp"))
		n->stp = number(value);
	else if (!strcmp(key, "vlan"))
		n->vlan_filtering = number(value);
	else if (!strcmp(key, "mtu"))
		n->mtu = number(value);
	else if (!strcmp(key, "masquerade"))
		n->masquerade = number(value);
	else if (!strcmp(key, "uplink"))
		n->uplink = value;
	else if (!strcmp(key, "tag"))
		n->tag = value;
	else if (!strcmp(key, "address") && n->nr_addresses < LIST_MAX)
		w->addresses[n->nr_addresses++] = value;
	else if (!strcmp(key, "port") && n->nr_ports < LIST_MAX)
		w->ports[n->nr_ports++] = value;
	else if (!strcmp(key, "subnet") && n->nr_subnets < LIST_MAX)
		w->subnets[n->nr_subnets++] = value;
	else
		exit(XLITE_USAGE);
}

/* BRIDGE [KEY=VALUE...] */
static void words_read(struct words *w, char **args)
{
	char *equals;

	memset(w, 0, sizeof(*w));
	snprintf(w->network.bridge, sizeof(w->network.bridge), "%s", args[0]);
	w->network.tag = "xlite:test";
	w->network.addresses = w->addresses;
	w->network.ports = w->ports;
	w->network.subnets = w->subnets;
	while (*++args) {
		equals = strchr(*args, '=');
		if (!equals)
			exit(XLITE_USAGE);
		*equals = '\0';
		word(w, *args, equals + 1);
	}
}

static void print_list(const char *what, char **list, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		printf("%s=%s\n", what, list[i]);
}

static int observe(struct hotplug_net *net, char **args, struct xlite_error *err)
{
	struct hotplug_network_state s;
	struct words w;
	int ret;

	words_read(&w, args);
	ret = hotplug_network_observe(net, &w.network, &s, err);
	if (ret)
		return ret;
	printf("exists=%d bridge=%d ours=%d stp=%d vlan=%d up=%d mtu=%u tag=%s ipv4=%d ipv6=%d noroute=%s off=%s\n",
	       s.exists, s.bridge, s.ours, s.stp, s.vlan_filtering, s.up, s.mtu, s.tag, s.forward_ipv4, s.forward_ipv6,
	       s.no_route, s.forward_off);
	print_list("address", s.addresses, s.nr_addresses);
	print_list("port", s.ports, s.nr_ports);
	print_list("vif", s.vifs, s.nr_vifs);
	hotplug_network_state_clear(&s);
	return 0;
}

static int apply(struct hotplug_net *net, char **args, struct xlite_error *err)
{
	bool changed = false;
	struct words w;
	int ret;

	words_read(&w, args);
	ret = hotplug_network_apply(net, &w.network, &changed, err);
	if (!ret)
		printf("changed=%d\n", changed);
	return ret;
}

static int overlaps(struct hotplug_net *net, char **args, struct xlite_error *err)
{
	char why[200] = "", owner[128] = "";
	struct words w;
	int ret;

	words_read(&w, args);
	ret = hotplug_network_overlaps(net, &w.network, why, sizeof(why), owner, err);
	if (ret >= 0)
		printf("overlaps=%d %s%s%s\n", ret, why, *owner ? " of " : "", owner);
	return ret < 0 ? ret : 0;
}

static int network_remove(struct hotplug_net *net, char **args, struct xlite_error *err)
{
	bool changed = false;
	struct words w;
	int ret;

	words_read(&w, args);
	ret = hotplug_network_remove(net, &w.network, &changed, err);
	if (!ret)
		printf("changed=%d\n", changed);
	return ret;
}

static int cuts(struct hotplug_net *net, char **args, struct xlite_error *err)
{
	char why[256];
	struct words w;
	int ret;

	words_read(&w, args);
	ret = hotplug_network_cuts_default_route(net, &w.network, why, sizeof(why), err);
	if (ret < 0)
		return ret;
	printf("cuts=%d %s\n", ret, why);
	return 0;
}

/* VIF MTU */
static int vif_mtu(struct hotplug_net *net, char **args, struct xlite_error *err)
{
	return hotplug_vif_mtu(net, args[0], number(args[1]), err);
}

/* VIF VLAN */
static int vif_vlan(struct hotplug_net *net, char **args, struct xlite_error *err)
{
	return hotplug_vif_vlan(net, args[0], number(args[1]), err);
}

static int vif_vlan_get(struct hotplug_net *net, char **args, struct xlite_error *err)
{
	struct hotplug_vif_vlans vlans;
	int ret = hotplug_vif_vlans_get(net, args[0], &vlans, err);

	if (ret)
		return ret;
	printf("vlan=%u only=%d", vlans.untagged, vlans.only);
	for (unsigned i = 0, nr = 0; i < sizeof(vlans.tagged) * 8; i++) {
		if (bits_has(vlans.tagged, i))
			printf("%s%u", nr++ ? "," : " tagged=", i);
	}
	puts(vlans.other ? " other" : "");
	return 0;
}

/* VIF BRIDGE [MTU [VLAN [TAGGED...]]]: 20 or 30-39 */
static int vif_rebridge(struct hotplug_net *net, char **args, struct xlite_error *err)
{
	struct hotplug_vif_options options = { .mtu = number(args[2]), .vlan = args[2] ? number(args[3]) : 0 };
	uint8_t tagged[HOTPLUG_VLAN_BYTES] = { 0 };

	for (char **arg = args[2] && args[3] ? args + 4 : NULL; arg && *arg; arg++) {
		unsigned first = number(*arg), last = strchr(*arg, '-') ? number(strchr(*arg, '-') + 1) : first;

		for (unsigned i = first; i <= last && i < sizeof(tagged) * 8; i++)
			bits_put(tagged, i, true);
		options.tagged = tagged;
	}
	return hotplug_vif_rebridge(net, args[0], args[1], &options, err);
}

/* VIF GATEWAYDEV|- IP... */
static struct hotplug_vif_route route_of(char **args)
{
	struct hotplug_vif_route route = { .gatewaydev = strcmp(args[1], "-") ? args[1] : NULL,
					   .ips = (const char *const *)args + 2 };

	while (route.ips[route.nr_ips])
		route.nr_ips++;
	return route;
}

static int vif_route(struct hotplug_net *net, char **args, struct xlite_error *err)
{
	struct hotplug_vif_route route = route_of(args);
	bool changed = false;
	int ret = hotplug_vif_route(net, args[0], &route, &changed, err);

	if (!ret)
		printf("changed=%d\n", changed);
	return ret;
}

static int vif_route_observe(struct hotplug_net *net, char **args, struct xlite_error *err)
{
	struct hotplug_vif_route route = route_of(args);
	struct hotplug_vif_route_state s;
	int ret = hotplug_vif_route_observe(net, args[0], &route, &s, err);

	if (!ret)
		printf("up=%d complete=%d routes=%u foreign=%u proxied=%u\n", s.up, s.complete, s.nr_routes, s.nr_foreign,
		       s.nr_proxied);
	return ret;
}

static int vif_unroute(struct hotplug_net *net, char **args, struct xlite_error *err)
{
	struct hotplug_vif_route route = route_of(args);

	return hotplug_vif_unroute(net, args[0], &route, err);
}

static int bridge_only(struct hotplug_net *net, char **args, struct xlite_error *err)
{
	struct hotplug_link link;
	int ret = hotplug_bridge_only(net, &link, err);

	if (!ret)
		printf("name=%s\n", link.name);
	return ret;
}

static int link_rename(struct hotplug_net *net, char **args, struct xlite_error *err)
{
	return hotplug_link_rename(net, args[0], args[1], err);
}

static int with_net(int (*fn)(struct hotplug_net *net, char **args, struct xlite_error *err), char **args,
		    struct xlite_error *err)
{
	struct hotplug_net *net;
	int ret = hotplug_net_open(&net, err);

	if (ret)
		return ret;
	ret = fn(net, args, err);
	hotplug_net_close(net);
	return ret;
}

#define COMMAND(fn) \
	static int cmd_##fn(char **args, struct xlite_error *err) { return with_net(fn, args, err); }

COMMAND(observe)
COMMAND(apply)
COMMAND(network_remove)
COMMAND(cuts)
COMMAND(overlaps)
COMMAND(bridge_only)
COMMAND(link_rename)
COMMAND(vif_mtu)
COMMAND(vif_vlan)
COMMAND(vif_vlan_get)
COMMAND(vif_rebridge)
COMMAND(vif_route)
COMMAND(vif_route_observe)
COMMAND(vif_unroute)

const struct tool_command tool_network[] = {
	{ "network-observe", 1, cmd_observe },
	{ "network-apply", 1, cmd_apply },
	{ "network-remove", 1, cmd_network_remove },
	{ "network-cuts", 1, cmd_cuts },
	{ "network-overlaps", 1, cmd_overlaps },
	{ "bridge-only", 0, cmd_bridge_only },
	{ "link-rename", 2, cmd_link_rename },
	{ "vif-mtu", 2, cmd_vif_mtu },
	{ "vif-vlan", 2, cmd_vif_vlan },
	{ "vif-vlan-get", 1, cmd_vif_vlan_get },
	{ "vif-rebridge", 2, cmd_vif_rebridge },
	{ "vif-route", 2, cmd_vif_route },
	{ "vif-route-observe", 2, cmd_vif_route_observe },
	{ "vif-unroute", 2, cmd_vif_unroute },
};
const size_t tool_network_nr = ARRAY_SIZE(tool_network);
