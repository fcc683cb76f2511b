/* SPDX-License-Identifier: GPL-2.0-or-later
 * What on this host would keep guests' packets from passing: see reach.h. Vifs that share a bridge, a network or an
 * uplink share a way, which is looked at once.
 */
#include "xlite/reconcile/reach.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/firewall.h"
#include "hotplug/network.h"
#include "hotplug/sysctl.h"
#include "xlite/reconcile/network.h"
#include "xlite/reconcile/vif_spec.h"

struct way {
	enum cfg_vif_kind kind;
	const char *target;		/* as vifs name it */
	const char *device;		/* the bridge, or what leads out; NULL where that is not known */
	const struct cfg_network *network; /* NULL: none has this name */
	struct cfg_network *found;	/* the same, where it is not one of the plan's */
	const struct cfg_strings *addresses;
	unsigned families;		/* of what is routed, HOTPLUG_FIREWALL_* */
};

struct ways {
	struct way *items;
	size_t nr;
	struct host *host;
	struct plan *plan;
};

static unsigned families_of(const struct cfg_strings *addresses)
{
	unsigned families = 0;

	for (size_t i = 0; i < addresses->nr; i++)
		families |= strchr(addresses->items[i], ':') ? HOTPLUG_FIREWALL_IPV6 : HOTPLUG_FIREWALL_IPV4;
	return families;
}

static const struct cfg_network *wanted_network(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->nr_networks; i++) {
		if (plan->networks[i].want_network && !strcmp(plan->networks[i].name, name))
			return plan->networks[i].want_network;
	}
	return NULL;
}

static struct way *find_way(const struct ways *ways, enum cfg_vif_kind kind, const char *target)
{
	for (size_t i = 0; i < ways->nr; i++) {
		if (ways->items[i].kind == kind && !strcmp(ways->items[i].target, target))
			return &ways->items[i];
	}
	return NULL;
}

/* A network that no document describes is in the host's records; that it is not is said by others. */
static void look_up(struct ways *ways, struct way *way)
{
	way->network = wanted_network(ways->plan, way->target);
	if (!way->network && !network_find(ways->host, way->target, &way->found, NULL))
		way->network = way->found;
	if (!way->network)
		way->device = way->kind == CFG_VIF_ROUTE ? way->target : NULL;
	else
		way->device = way->kind == CFG_VIF_ROUTE ? way->network->uplink : way->network->bridge;
	if (way->network && way->network->subnet.nr)
		way->addresses = &way->network->subnet;
}

static int add_way(struct ways *ways, enum cfg_vif_kind kind, const char *target, const struct cfg_strings *ips)
{
	struct way *way = find_way(ways, kind, target);

	if (!way) {
		way = reallocarray(ways->items, ways->nr + 1, sizeof(*way));
		if (!way)
			return -ENOMEM;
		ways->items = way;
		way += ways->nr++;
		*way = (struct way){ .kind = kind, .target = target, .device = target, .addresses = ips };
		if (kind != CFG_VIF_BRIDGE)
			look_up(ways, way);
		if (way->network)
			way->families = families_of(&way->network->subnet);
	}
	if (ips && kind == CFG_VIF_ROUTE)
		way->families |= families_of(ips);
	if (!way->addresses)
		way->addresses = ips;
	return 0;
}

static int list_ways(struct ways *ways)
{
	const struct plan *plan = ways->plan;
	int rc = 0;

	for (size_t i = 0; i < plan->nr_networks && !rc; i++) {
		const struct cfg_network *network = plan->networks[i].want_network;

		if (network)
			rc = add_way(ways, network->mode,
				     network->mode == CFG_VIF_BRIDGE ? network->bridge : network->name, NULL);
	}
	for (size_t i = 0; i < plan->nr && !rc; i++) {
		const struct cfg_domain *want = plan->items[i].want;

		for (size_t k = 0; want && want->state != CFG_STATE_STOPPED && k < want->nr_vifs && !rc; k++)
			rc = add_way(ways, want->vifs[k].kind, want->vifs[k].target, &want->vifs[k].ip);
	}
	return rc;
}

/* Adds the warning, and gives it to the items that use the way. */
static int warn(struct ways *ways, const struct way *way, const char *text, const char *hint)
{
	static const char *const kinds[] = {
		[CFG_VIF_BRIDGE] = "bridge", [CFG_VIF_ROUTE] = "route", [CFG_VIF_NAT] = "network"
	};
	struct plan *plan = ways->plan;
	struct plan_warning *warning = plan_warn(plan);

	if (!warning)
		return -ENOMEM;
	snprintf(warning->text, sizeof(warning->text), "%s %s: %s", way->network ? "network" : kinds[way->kind],
		 way->target, text);
	snprintf(warning->hint, sizeof(warning->hint), "%s", hint);
	for (size_t i = 0; i < plan->nr_networks; i++) {
		if (plan->networks[i].want_network && plan->networks[i].want_network == way->network &&
		    !plan->networks[i].warned)
			plan->networks[i].warned = plan->nr_warnings;
	}
	for (size_t i = 0; i < plan->nr; i++) {
		const struct cfg_domain *want = plan->items[i].want;

		for (size_t k = 0; want && k < want->nr_vifs && !plan->items[i].warned; k++) {
			if (want->vifs[k].kind == way->kind && !strcmp(want->vifs[k].target, way->target))
				plan->items[i].warned = plan->nr_warnings;
		}
	}
	return 0;
}

/* How this kind of firewall is told to let the device's packets through. */
static void way_out(const struct hotplug_firewall_chain *chain, const char *device, char *hint, size_t size)
{
	const char *six = chain->family[2] ? "6" : "";

	if (!strcmp(chain->family, "bridge"))
		snprintf(hint, size, "nft insert rule bridge %s %s iifname \"vif*\" accept, and the same with oifname",
			 chain->table, chain->chain);
	else if (!strcmp(chain->table, "firewalld"))
		snprintf(hint, size,
			 "firewall-cmd --zone=trusted --add-interface=%s lets it through, and to the host itself",
			 device);
	else if (chain->legacy || !strcmp(chain->table, "filter"))
		snprintf(hint, size,
			 "ip%stables%s -I %s -i %s -j ACCEPT, and the same with -o (ufw: ufw route allow in on %s)",
			 six, chain->legacy ? "-legacy" : "", chain->chain, device, device);
	else
		snprintf(hint, size, "nft insert rule %s %s %s iifname \"%s\" accept, and the same with oifname", chain->family,
			 chain->table, chain->chain, device);
}

static bool lets_through(const struct way *way, const struct hotplug_firewall_chain *chain)
{
	const char *const *addresses = way->addresses ? (const char *const *)way->addresses->items : NULL;

	return hotplug_firewall_names(chain, way->device, addresses, way->addresses ? way->addresses->nr : 0) ||
	       (way->kind != CFG_VIF_NAT && hotplug_firewall_names(chain, "vif0.0", NULL, 0));
}

static int warn_of_chain(struct ways *ways, const struct way *way, const struct hotplug_firewall_chain *chain, bool handed_on)
{
	static const char six[] = "net.bridge.bridge-nf-call-ip6tables", four[] = "net.bridge.bridge-nf-call-iptables";
	const char *sysctl = chain->packets & HOTPLUG_FIREWALL_IPV4 ? four : six;
	char text[480], out[320], hint[480];

	snprintf(text, sizeof(text),
		 "the firewall's chain %s (table %s %s%s) drops what no rule of it lets through (%s), and none "
		 "names %s%s%s%s",
		 chain->chain, chain->family, chain->table, chain->legacy ? ", iptables-legacy" : "",
		 chain->last_rule ? "its last rule" : "its policy", way->device,
		 handed_on ? "; it sees what passes a bridge, too, as " : "", handed_on ? sysctl : "",
		 handed_on ? " is 1" : "");
	way_out(chain, way->device, out, sizeof(out));
	snprintf(hint, sizeof(hint), "%s%s%s%s", handed_on ? "sysctl " : "", handed_on ? sysctl : "",
		 handed_on ? "=0, or: " : "", out);
	return warn(ways, way, text, hint);
}

/* What a bridge of Open vSwitch forwards, no chain of a firewall sees. */
static bool is_unseen(struct ways *ways, const struct way *way)
{
	struct hotplug_link link;
	struct hotplug_net *net;

	return way->kind == CFG_VIF_BRIDGE && !host_net(ways->host, &net, NULL) &&
	       !hotplug_bridge_find(net, way->device, &link, NULL) && link.ovs;
}

static int check_firewall(struct ways *ways, const struct way *way, const struct hotplug_firewall *firewall, unsigned handed)
{
	unsigned packets = way->kind == CFG_VIF_BRIDGE ? HOTPLUG_FIREWALL_BRIDGED | handed : way->families;
	int rc = 0;

	for (size_t i = 0; i < firewall->nr && way->device && !rc; i++) {
		const struct hotplug_firewall_chain *chain = &firewall->chains[i];
		bool handed_on = way->kind == CFG_VIF_BRIDGE && !(chain->packets & HOTPLUG_FIREWALL_BRIDGED);

		if ((chain->packets & packets) && !lets_through(way, chain) && !is_unseen(ways, way))
			rc = warn_of_chain(ways, way, chain, handed_on);
	}
	return rc;
}

/* What an address of a family needs of the host; a bridge that is not there yet gets what `default' says. */
static int check_ipv6(struct ways *ways, const struct way *way)
{
	char text[200], off[80];

	if (!(way->families & HOTPLUG_FIREWALL_IPV6) || !way->device || !hotplug_ipv6_off(way->device, off))
		return 0;
	snprintf(text, sizeof(text), "it has IPv6 addresses, and IPv6 is switched off on this host (%s)", off);
	return warn(ways, way, text, "switch IPv6 on, or leave those addresses out");
}

/* Of a network that this run does not apply, and so does not mend. */
static int check_forwarding(struct ways *ways, const struct way *way)
{
	struct hotplug_network_state kernel = { 0 };
	struct vif_spec_bridge bridge_spec;
	struct hotplug_net *net;
	char text[200];
	int rc = 0;

	if (way->kind != CFG_VIF_NAT || !way->found || host_net(ways->host, &net, NULL))
		return 0;
	vif_spec_network(way->found, &bridge_spec);
	if (!hotplug_network_observe(net, &bridge_spec.network, &kernel, NULL) && kernel.forward_off[0]) {
		snprintf(text, sizeof(text), "its packets are not forwarded (%s is 0)", kernel.forward_off);
		rc = warn(ways, way, text, "apply the network's document again");
	}
	hotplug_network_state_clear(&kernel);
	return rc;
}

/* Somebody gave another link an address there since the network was made. */
static int check_subnets(struct ways *ways, const struct way *way)
{
	struct xlite_error apart = { 0 };

	for (size_t i = 0; i < ways->plan->nr_networks; i++) {
		const struct plan_item *item = &ways->plan->networks[i];

		/* Said as a refusal. */
		if (item->want_network && item->want_network == way->network && item->action != PLAN_NONE &&
		    item->action != PLAN_CHANGE)
			return 0;
	}
	if (!way->network || network_apart(ways->host, way->network, &apart) != -EADDRINUSE)
		return 0;
	return warn(ways, way, apart.message, apart.hint);
}

static unsigned packets_of(const struct ways *ways, unsigned handed)
{
	unsigned packets = 0;

	for (size_t i = 0; i < ways->nr; i++)
		packets |= ways->items[i].kind == CFG_VIF_BRIDGE ? HOTPLUG_FIREWALL_BRIDGED | handed : ways->items[i].families;
	return packets;
}

int reach_check(struct host *host, struct plan *plan, struct xlite_error *err)
{
	struct ways ways = { .host = host, .plan = plan };
	struct hotplug_firewall firewall = { 0 };
	unsigned handed, packets;
	int rc = list_ways(&ways);

	handed = ways.nr ? hotplug_firewall_sees_bridged() : 0;
	packets = packets_of(&ways, handed);
	/* That it cannot be found out keeps nobody from going on. */
	if (packets && hotplug_firewall_list(packets, &firewall, clock_deadline_ms(VIF_SPEC_NFT_MS), NULL))
		firewall.nr = 0;
	for (size_t i = 0; i < ways.nr && !rc; i++) {
		rc = check_firewall(&ways, &ways.items[i], &firewall, handed);
		if (!rc)
			rc = check_ipv6(&ways, &ways.items[i]);
		if (!rc)
			rc = check_forwarding(&ways, &ways.items[i]);
		if (!rc)
			rc = check_subnets(&ways, &ways.items[i]);
	}
	hotplug_firewall_clear(&firewall);
	for (size_t i = 0; i < ways.nr; i++)
		cfg_network_free(ways.items[i].found);
	free(ways.items);
	return rc ? xlite_error_set(err, rc, "out of memory") : 0;
}
