/* SPDX-License-Identifier: GPL-2.0-or-later
 * Checks across documents that concern networks: names, bridges, ports and subnets used twice, and vifs that do not
 * fit the network they name. What is no document of the set may be on the host already: nothing is said of it. Documents
 * with errors of their own are checked as well, but nothing is compared with what such a network says of itself.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cfg/claim.h"
#include "cfg/range.h"
#include "common/auto.h"

/** The networks by name and by bridge. */
struct index {
	const struct cfg_network **by_name, **by_bridge;
	size_t nr, nr_bridges;
};

static int compare_names(const void *a, const void *b)
{
	return strcmp((*(const struct cfg_network *const *)a)->name, (*(const struct cfg_network *const *)b)->name);
}

static int compare_bridges(const void *a, const void *b)
{
	return strcmp((*(const struct cfg_network *const *)a)->bridge, (*(const struct cfg_network *const *)b)->bridge);
}

static bool index_make(struct index *index, const struct cfg_set *set)
{
	*index = (struct index){ .by_name = calloc(set->nr_networks + 1, sizeof(void *)),
				 .by_bridge = calloc(set->nr_networks + 1, sizeof(void *)) };
	if (!index->by_name || !index->by_bridge)
		return false;
	for (size_t i = 0; i < set->nr_networks; i++) {
		index->by_name[index->nr++] = set->networks[i];
		if (set->networks[i]->bridge)
			index->by_bridge[index->nr_bridges++] = set->networks[i];
	}
	qsort(index->by_name, index->nr, sizeof(void *), compare_names);
	qsort(index->by_bridge, index->nr_bridges, sizeof(void *), compare_bridges);
	return true;
}

/* The network of that name, or else NULL; sorted as compare says. */
static const struct cfg_network *look_up(const struct cfg_network *const *networks, size_t nr, char *name,
					 int (*compare)(const void *a, const void *b))
{
	const struct cfg_network wanted = { .name = name, .bridge = name }, *key = &wanted;
	const struct cfg_network *const *found = nr ? bsearch(&key, networks, nr, sizeof(*networks), compare) : NULL;

	return found ? *found : NULL;
}

static const char *mode_name(enum cfg_vif_kind mode)
{
	return mode == CFG_VIF_NAT ? "nat" : mode == CFG_VIF_ROUTE ? "route" : "bridge";
}

/* On a link each subnet has addresses that are nobody's; a guest that is routed is reached by its own address alone. */
static const char *reserved(const struct cfg_range *subnet, const struct cfg_range *address)
{
	bool first = !memcmp(address->address, subnet->first, sizeof(subnet->first));

	if (address->family == AF_INET6)
		return subnet->bits <= 126 && first ? "the address of all routers" : NULL;
	if (subnet->bits > 30)
		return NULL;
	return first ? "the address of a subnet" :
	       !memcmp(address->address, subnet->last, sizeof(subnet->last)) ? "the broadcast address" : NULL;
}

const char *cfg_network_address_fault(const struct cfg_network *network, const char *ip)
{
	struct cfg_range address, other;
	bool inside = !network->subnet.nr;
	const char *fault = NULL;

	if (cfg_range_read(ip, &address))
		return NULL;
	for (size_t i = 0; i < network->subnet.nr && !inside; i++) {
		inside = !cfg_range_read(network->subnet.items[i], &other) && cfg_range_holds(&other, &address);
		fault = inside && network->mode != CFG_VIF_ROUTE ? reserved(&other, &address) : NULL;
	}
	if (!inside)
		return "in no subnet";
	if (fault)
		return fault;
	for (size_t i = 0; i < network->gateway.nr; i++) {
		if (!cfg_range_read(network->gateway.items[i], &other) && other.family == address.family &&
		    !memcmp(other.address, address.address, sizeof(address.address)))
			return "the gateway";
	}
	return NULL;
}

static void check_addresses(struct cfg_set *set, const struct cfg_vif *vif, const struct cfg_network *network)
{
	for (size_t i = 0; i < vif->ip.nr; i++) {
		const char *fault = cfg_network_address_fault(network, vif->ip.items[i]);

		if (fault)
			cfg_place_error(set, &vif->ip.places[i], "ip: `%s` is %s of the network `%s` (%s:%u)", vif->ip.items[i],
					fault, network->name, network->place.file, network->place.line);
	}
}

/* Each guest has such an address of its own, by which it reaches a router that has one. */
static bool is_link_local(const struct cfg_range *range)
{
	return range->family == AF_INET6 && range->address[0] == 0xfe && (range->address[1] & 0xc0) == 0x80;
}

/*
 * Said here, not where a vif is read, for the same reason as in check_vif. sound: none of ip is missing for an
 * error of its own.
 */
static void check_routers(struct cfg_set *set, const struct cfg_vif *vif, bool sound)
{
	for (size_t i = 0; i < vif->gateway.nr; i++) {
		const char *text = vif->gateway.items[i];
		struct cfg_range router, address;
		bool family = false;

		if (cfg_range_read(text, &router))
			continue;
		for (size_t j = 0; j < vif->ip.nr; j++) {
			if (cfg_range_read(vif->ip.items[j], &address) || address.family != router.family)
				continue;
			family = true;
			if (!memcmp(address.address, router.address, sizeof(address.address)))
				cfg_place_error(set, &vif->gateway.places[i], "gateway: `%s` is the vif's own address", text);
		}
		if (!family && sound && vif->ip.nr && !is_link_local(&router))
			cfg_place_error(set, &vif->gateway.places[i],
					"gateway: `%s` is an IPv%c address, and `ip` has none", text,
					strchr(text, ':') ? '6' : '4');
	}
}

/* A vif that names a network by what the network is not. */
static void check_mode(struct cfg_set *set, const struct index *index, const struct cfg_vif *vif,
		       const struct cfg_network *network)
{
	if (network->mode != vif->kind)
		cfg_place_error(set, &vif->target_place, "the network `%s` (%s:%u) is of mode %s: write `%s: %s`",
				network->name, network->place.file, network->place.line, mode_name(network->mode),
				mode_name(network->mode),
				network->mode == CFG_VIF_BRIDGE ? network->bridge : network->name);
	else if (vif->kind == CFG_VIF_BRIDGE &&
		 !look_up(index->by_bridge, index->nr_bridges, vif->target, compare_bridges))
		cfg_place_error(set, &vif->target_place, "the bridge of the network `%s` (%s:%u) is called `%s`", network->name,
				network->place.file, network->place.line, network->bridge);
}

static void check_vif(struct cfg_set *set, const struct index *index, const struct cfg_vif *vif, bool sound)
{
	const struct cfg_place *place = vif->vlan ? &vif->vlan_place : &vif->trunk_place;
	const char *key = vif->vlan ? "vlan" : "trunk";
	const struct cfg_network *network, *bridge;

	/* Said here, not where a vif is read, so that the records of domains that were made with both stay readable. */
	if (vif->script && (vif->vlan || vif->trunk.nr))
		cfg_place_error(set, place, "%s: a hotplug script is not told of it; leave `script` out, or name a "
				"script or a bridge that puts the vif into the VLAN", key);
	check_routers(set, vif, sound);
	if (!vif->target)
		return;
	network = look_up(index->by_name, index->nr, vif->target, compare_names);
	if (network)
		check_mode(set, index, vif, network);
	if (network && network->mode == vif->kind && vif->kind != CFG_VIF_BRIDGE)
		check_addresses(set, vif, network);
	bridge = vif->kind == CFG_VIF_BRIDGE && (vif->vlan || vif->trunk.nr) ?
		 look_up(index->by_bridge, index->nr_bridges, vif->target, compare_bridges) : NULL;
	if (bridge && !bridge->vlan_filtering)
		cfg_place_error(set, place, "%s: the network `%s` (%s:%u) does not keep VLANs apart; set its "
				"`vlan_filtering`", key, bridge->name, bridge->place.file, bridge->place.line);
}

/* One range of one network. */
struct subnet {
	struct cfg_range range;
	const struct cfg_place *place;
	const struct cfg_network *network;
	size_t order;
};

static int compare_subnets(const void *left, const void *right)
{
	const struct subnet *a = left, *b = right;
	int order = cfg_range_compare(&a->range, &b->range);

	return order ? order : (a->order > b->order) - (a->order < b->order);
}

/* Ranges are inside each other or apart: sorted, whatever lies in the widest so far overlaps with it. */
static void report_overlaps(struct cfg_set *set, struct subnet *subnets, size_t nr)
{
	const struct subnet *widest = subnets;

	qsort(subnets, nr, sizeof(*subnets), compare_subnets);
	for (size_t i = 1; i < nr; i++) {
		const struct subnet *later = &subnets[i], *earlier = widest;

		if (later->range.family != widest->range.family ||
		    memcmp(later->range.first, widest->range.last, sizeof(later->range.first)) > 0) {
			widest = later;
			continue;
		}
		if (later->order < earlier->order) {
			later = widest;
			earlier = &subnets[i];
		}
		cfg_place_error(set, later->place, "subnet: overlaps with that of the network `%s` (%s:%u)",
				earlier->network->name ? earlier->network->name : "?", earlier->place->file,
				earlier->place->line);
	}
}

static size_t nr_all(const struct cfg_set *set)
{
	return set->nr_networks + set->nr_broken_networks;
}

/* Sound ones, then those with errors: what such a one says may be missing. */
static const struct cfg_network *network_at(const struct cfg_set *set, size_t i)
{
	return i < set->nr_networks ? set->networks[i] : set->broken_networks[i - set->nr_networks];
}

static void check_subnets(struct cfg_set *set)
{
	struct subnet *subnets;
	size_t nr = 0, most = 0;

	for (size_t i = 0; i < nr_all(set); i++)
		most += network_at(set, i)->subnet.nr;
	subnets = most ? calloc(most, sizeof(*subnets)) : NULL;
	for (size_t i = 0; subnets && i < nr_all(set); i++) {
		const struct cfg_network *network = network_at(set, i);

		for (size_t j = 0; j < network->subnet.nr; j++) {
			subnets[nr] = (struct subnet){ .place = &network->subnet.places[j], .network = network, .order = nr };
			nr += !cfg_range_read(network->subnet.items[j], &subnets[nr].range);
		}
	}
	if (nr)
		report_overlaps(set, subnets, nr);
	set->failed = set->failed || (most && !subnets);
	free(subnets);
}

/* Names, bridges and ports: what may be used once. */
static void claim_texts(struct cfg_set *set, int what)
{
	static const char *const words[] = { "this name is", "this bridge is", "this device is" };
	struct cfg_claims claims = { NULL };

	for (size_t i = 0; i < nr_all(set); i++) {
		const struct cfg_network *network = network_at(set, i);
		struct cfg_file *file = cfg_place_file(set, &network->place);
		const char *text = what == 0 ? network->name : network->bridge;
		struct cfg_claim item = { .bytes = text,
					  .len = text ? strlen(text) : 0,
					  .owner = network,
					  .name = network->name,
					  .place = what && network->bridge_place.line ? &network->bridge_place
										      : &network->name_place,
					  .file_nr = file ? file->nr : 0,
					  .writes = true };

		if (what < 2 && text)
			cfg_claim(&claims, &item);
		for (size_t j = 0; what == 2 && network->mode == CFG_VIF_BRIDGE && j < network->ports.nr; j++) {
			item.bytes = network->ports.items[j];
			item.len = strlen(network->ports.items[j]);
			item.place = &network->ports.places[j];
			cfg_claim(&claims, &item);
		}
	}
	cfg_claims_settle(set, &claims, words[what]);
}

static void check_vifs(struct cfg_set *set, const struct index *index, const struct cfg_domains *domains, bool sound)
{
	for (size_t i = 0; i < domains->nr; i++) {
		for (size_t j = 0; j < domains->items[i]->nr_vifs; j++)
			check_vif(set, index, &domains->items[i]->vifs[j], sound);
	}
}

void cfg_networks_check(struct cfg_set *set)
{
	struct index index;
	bool made;

	for (int what = 0; what < 3; what++)
		claim_texts(set, what);
	check_subnets(set);
	made = index_make(&index, set);
	if (made) {
		check_vifs(set, &index, &set->domains, true);
		check_vifs(set, &index, &set->broken, false);
	}
	set->failed = set->failed || !made;
	free(index.by_name);
	free(index.by_bridge);
}
