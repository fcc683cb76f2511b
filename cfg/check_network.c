/* SPDX-License-Identifier: GPL-2.0-or-later
 * Checks inside one vif or one network that need more than one key, and what follows from them; see check.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/check.h"
#include "cfg/keys.h"
#include "cfg/range.h"
#include "common/auto.h"
#include "common/bits.h"

static bool any_ipv4(const struct cfg_strings *addresses)
{
	for (size_t i = 0; i < addresses->nr; i++) {
		if (!strchr(addresses->items[i], ':'))
			return true;
	}
	return false;
}

static bool is_v6(const char *address)
{
	return strchr(address, ':');
}

/* The first IPv4 address with a prefix length, if any, does not reach the gateway: Linux then takes neither. */
static bool is_outside(const struct cfg_vif *vif, const char *gateway)
{
	struct cfg_range address, router;
	size_t i = 0;

	while (i < vif->ip.nr && is_v6(vif->ip.items[i]))
		i++;
	return i < vif->ip.nr && !cfg_range_read(vif->ip.items[i], &address) && !cfg_range_read(gateway, &router) &&
	       address.has_bits && !cfg_range_holds(&address, &router);
}

static void check_router(struct cfg_checker *checker, const struct cfg_vif *vif, size_t i)
{
	const char *text = vif->gateway.items[i];
	const struct cfg_place *place = &vif->gateway.places[i];

	if (strchr(text, '/'))
		cfg_checker_error_at(checker, place, "gateway: `%s` has a prefix length; a router is an address", text);
	else if (i && is_v6(text) == is_v6(vif->gateway.items[0]))
		cfg_checker_error_at(checker, place, "gateway: `%s` is the second of its family", text);
	else if (vif->announce == CFG_ANNOUNCE_CMDLINE && is_v6(text))
		cfg_checker_error_at(checker, place, "gateway: the command line takes IPv4 only");
	else if (vif->announce == CFG_ANNOUNCE_CMDLINE && is_outside(vif, text))
		cfg_checker_error_at(checker, place,
				     "gateway: `%s` is outside of the address's subnet, and Linux's command line "
				     "takes no such router; `announce: xenstore` can tell it",
				     text);
}

static void check_routers(struct cfg_checker *checker, const struct cfg_vif *vif)
{
	for (size_t i = 0; i < vif->gateway.nr && vif->gateway.places; i++)
		check_router(checker, vif, i);
}

/* vif5.0, vif5.0-emu: whatever domain and device have these numbers next needs the name. */
static bool is_kernels(const char *name)
{
	static const char digits[] = "0123456789";
	size_t n = strncmp(name, "vif", 3) ? 0 : strspn(name + 3, digits);

	if (!n || name[3 + n] != '.' || !strspn(name + 4 + n, digits))
		return false;
	name += 4 + n;
	name += strspn(name, digits);
	return !*name || !strcmp(name, "-emu");
}

static bool is_tagged(const struct cfg_vif *vif)
{
	uint8_t vlans[CFG_NR_VLANS / 8];

	return !cfg_parse_cpus(vif->trunk.items[0], vlans, sizeof(vlans)) && bits_has(vlans, vif->vlan);
}

void cfg_check_vif(struct cfg_checker *checker, void *base)
{
	struct cfg_vif *vif = base;

	if (cfg_unite_lists(&vif->trunk, CFG_NR_VLANS))
		cfg_checker_failed(checker);
	if (cfg_checker_given(checker, "vlan") && vif->trunk.nr && is_tagged(vif))
		cfg_checker_error(checker, "trunk",
				  "trunk: `%u` is the vlan, whose packets have no tag; `^%u` takes it out of a range",
				  vif->vlan, vif->vlan);
	if (vif->ifname && is_kernels(vif->ifname))
		cfg_checker_error(checker, "ifname",
				  "ifname: `%s` is what Linux calls a vif by its domain's number; choose another name",
				  vif->ifname);
	if (cfg_checker_partial(checker))
		return;
	check_routers(checker, vif);
	if (!vif->ip.nr && !(cfg_checker_present(checker, "ip") && !cfg_checker_given(checker, "ip"))) {
		if (cfg_checker_given(checker, "route"))
			cfg_checker_error(checker, NULL, "`ip` is missing (it is needed with `route`)");
		if (vif->nr_forwards)
			cfg_checker_error(checker, "forward", "forward: needs an `ip` that the ports lead to");
		if (vif->announce)
			cfg_checker_error(checker, "announce", "announce: there is no `ip` to tell");
	} else if (vif->announce == CFG_ANNOUNCE_CMDLINE && cfg_checker_given(checker, "ip") && !any_ipv4(&vif->ip)) {
		cfg_checker_error(checker, "announce", "announce: the command line takes IPv4 only, and `ip` has none");
	}
	/* One that could not be read is no reason to say that the guest is told of nothing. */
	if (cfg_checker_present(checker, "announce") && !cfg_checker_given(checker, "announce"))
		vif->announce = CFG_ANNOUNCE_XENSTORE;
}

static void derive_bridge(struct cfg_checker *checker, struct cfg_network *network)
{
	auto_buf struct buf why = BUF_INIT;
	int rc;

	if (network->mode == CFG_VIF_ROUTE || network->bridge || !network->name || cfg_checker_present(checker, "bridge"))
		return;
	rc = cfg_value_ifname.parse(NULL, network->name, &network->bridge, &why);
	if (rc == -ENOMEM)
		cfg_checker_failed(checker);
	else if (rc)
		cfg_checker_error(checker, "name", "name: %s; call the bridge otherwise with `bridge`", buf_str(&why));
}

/* The address behind the first of each subnet. */
static int derive_gateways(struct cfg_network *network)
{
	struct cfg_strings *gateway = &network->gateway;
	size_t nr = network->subnet.nr;

	gateway->items = calloc(nr, sizeof(char *));
	gateway->places = calloc(nr, sizeof(*gateway->places));
	if (!gateway->items || !gateway->places)
		return -ENOMEM;
	for (; gateway->nr < nr; gateway->nr++) {
		char text[INET6_ADDRSTRLEN];
		struct cfg_range range;

		if (cfg_range_read(network->subnet.items[gateway->nr], &range))
			return -EINVAL;
		range.first[range.family == AF_INET6 ? 15 : 3] |= 1;
		inet_ntop(range.family, range.first, text, sizeof(text));
		gateway->places[gateway->nr] = network->subnet.places[gateway->nr];
		if (asprintf(&gateway->items[gateway->nr], "%s/%u", text, range.bits) < 0) {
			gateway->items[gateway->nr] = NULL;
			return -ENOMEM;
		}
	}
	return 0;
}

/* Network, gateway and a domain need an address each, and IPv4 has one more for all. */
static void check_room(struct cfg_checker *checker, const struct cfg_network *network)
{
	for (size_t i = 0; i < network->subnet.nr; i++) {
		struct cfg_range range;

		if (cfg_range_read(network->subnet.items[i], &range))
			continue;
		if (range.bits > (range.family == AF_INET6 ? 126 : 30))
			cfg_checker_error_at(checker, &network->subnet.places[i],
					     "subnet: `%s` has no room for a gateway and a "
					     "domain",
					     network->subnet.items[i]);
	}
}

static void check_gateway(struct cfg_checker *checker, const struct cfg_network *network, size_t i)
{
	const char *text = network->gateway.items[i];
	struct cfg_range gateway, subnet;

	if (cfg_range_read(text, &gateway))
		return;
	for (size_t j = 0; j < network->subnet.nr; j++) {
		unsigned width = gateway.family == AF_INET6 ? 128 : 32;

		if (cfg_range_read(network->subnet.items[j], &subnet) || !cfg_range_holds(&subnet, &gateway))
			continue;
		if (subnet.bits < width - 1 && !memcmp(gateway.address, subnet.first, sizeof(subnet.first)))
			cfg_checker_error_at(checker, &network->gateway.places[i], "gateway: `%s` is the address of the subnet "
					     "itself", text);
		return;
	}
	/* A host that is reached from outside of a subnet says so; without the length it may as well be a slip. */
	if (gateway.has_bits && gateway.bits == (gateway.family == AF_INET6 ? 128 : 32))
		return;
	cfg_checker_error_at(checker, &network->gateway.places[i],
			     "gateway: `%s` is not in the network's `subnet`; one outside of it "
			     "has the prefix length of a single address, /%u",
			     text, gateway.family == AF_INET6 ? 128 : 32);
}

static void check_ports(struct cfg_checker *checker, const struct cfg_network *network)
{
	const struct cfg_strings *ports = &network->ports;

	for (size_t i = 0; i < ports->nr; i++) {
		if (network->bridge && !strcmp(ports->items[i], network->bridge))
			cfg_checker_error_at(checker, &ports->places[i], "ports: `%s` is the bridge itself", ports->items[i]);
		for (size_t j = 0; j < i; j++) {
			if (strcmp(ports->items[i], ports->items[j]))
				continue;
			cfg_checker_error_at(checker, &ports->places[i], "ports: `%s` is named twice", ports->items[i]);
			break;
		}
	}
}

static void check_nat(struct cfg_checker *checker, struct cfg_network *network)
{
	bool subnet_given = cfg_checker_given(checker, "subnet");

	if (!network->subnet.nr && (subnet_given || !cfg_checker_present(checker, "subnet")) && !cfg_checker_partial(checker))
		cfg_checker_error(checker, "subnet", "`subnet` is missing (it is needed with mode `nat`)");
	check_room(checker, network);
	if (cfg_checker_given(checker, "gateway") && !network->gateway.nr)
		cfg_checker_error(checker, "gateway", "gateway: a network of mode nat needs one");
	if (subnet_given && network->subnet.nr && !cfg_checker_present(checker, "gateway") &&
	    derive_gateways(network) == -ENOMEM)
		cfg_checker_failed(checker);
}

void cfg_check_network(struct cfg_checker *checker, void *base)
{
	struct cfg_network *network = base;

	if (cfg_checker_present(checker, "mode") && !cfg_checker_given(checker, "mode"))
		return;
	derive_bridge(checker, network);
	if (network->mode == CFG_VIF_NAT)
		check_nat(checker, network);
	if (network->mode == CFG_VIF_ROUTE && !cfg_checker_present(checker, "uplink") && !cfg_checker_partial(checker))
		cfg_checker_error(checker, NULL, "`uplink` is missing (it is needed with mode `route`)");
	if (network->gateway_given && cfg_checker_given(checker, "subnet") && network->subnet.nr) {
		for (size_t i = 0; i < network->gateway.nr; i++)
			check_gateway(checker, network, i);
	}
	check_ports(checker, network);
}
