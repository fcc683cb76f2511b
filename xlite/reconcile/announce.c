/* SPDX-License-Identifier: GPL-2.0-or-later
 * The kernel's parameter ip=, made of a vif and its network. The record keeps the command line as the user wrote it, so
 * that nothing differs when the specs are compared; what XenStore says instead is in devices_vif.c.
 */
#include "xlite/reconcile/announce.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/range.h"
#include "common/auto.h"
#include "common/buf.h"
#include "xlite/reconcile/network.h"

/* The vif that is announced; a domain has one at most (cfg/check.c). */
static const struct cfg_vif *announced(const struct cfg_domain *domain, size_t *index)
{
	for (*index = 0; *index < domain->nr_vifs; ++*index) {
		if (domain->vifs[*index].announce == CFG_ANNOUNCE_CMDLINE)
			return &domain->vifs[*index];
	}
	return NULL;
}

/* A bridge is called otherwise than its network, if that says so. NULL where xlite did not make what the vif names. */
const struct cfg_network *announce_network(const struct state *state, const struct cfg_vif *vif)
{
	for (size_t i = 0; i < state->nr_networks; i++) {
		const struct cfg_network *network = state->networks[i].spec;
		const char *name = !network ? NULL : vif->kind == CFG_VIF_BRIDGE ? network->bridge : network->name;

		if (name && network->mode == vif->kind && !strcmp(name, vif->target))
			return network;
	}
	return NULL;
}

/* In the place of the one of its name, if there is one. */
static int put_network(struct state *state, const struct cfg_network *network)
{
	struct state_network *known = state_find_network(state, network->name);

	if (!known) {
		known = reallocarray(state->networks, state->nr_networks + 1, sizeof(*known));
		if (!known)
			return -ENOMEM;
		state->networks = known;
		known += state->nr_networks++;
		*known = (struct state_network){ .name = strdup(network->name) };
	}
	cfg_network_free(known->spec);
	known->spec = cfg_network_copy(network);
	return known->name && known->spec ? 0 : -ENOMEM;
}

int announce_networks(struct host *host, struct state *state, struct xlite_error *err)
{
	int rc = networks_read(host, state, err);

	for (size_t i = 0; i < host->nr_coming && !rc; i++) {
		if (put_network(state, host->coming[i]))
			rc = xlite_error_set(err, -ENOMEM, "out of memory");
	}
	return rc;
}

bool announce_prefix(const struct cfg_network *network, struct cfg_range *address)
{
	struct cfg_range subnet;

	for (size_t i = 0; network && !address->has_bits && i < network->subnet.nr; i++) {
		if (cfg_range_read(network->subnet.items[i], &subnet) || !cfg_range_holds(&subnet, address))
			continue;
		address->bits = subnet.bits;
		address->has_bits = true;
	}
	return address->has_bits;
}

/* The vif's first IPv4 address, with the prefix length of the subnet that it is in where it has none of its own. */
static bool find_address(const struct cfg_vif *vif, const struct cfg_network *network, struct cfg_range *address)
{
	size_t i = 0;

	while (i < vif->ip.nr && (cfg_range_read(vif->ip.items[i], address) || address->family != AF_INET))
		i++;
	return i < vif->ip.nr && announce_prefix(network, address);
}

static uint32_t mask_of(unsigned bits)
{
	return bits ? htonl(UINT32_MAX << (32 - bits)) : 0;
}

static uint32_t word_of(const struct cfg_range *range)
{
	uint32_t word;

	memcpy(&word, range->address, sizeof(word));
	return word;
}

static const char *text_of(uint32_t word, char text[INET_ADDRSTRLEN])
{
	return inet_ntop(AF_INET, &word, text, INET_ADDRSTRLEN);
}

/* The first of the IPv4 addresses that the guest reaches without a router; "" for none. */
static void find_gateway(const struct cfg_strings *gateways, const struct cfg_range *address, char text[INET_ADDRSTRLEN])
{
	struct cfg_range gateway;

	text[0] = '\0';
	for (size_t i = 0; i < gateways->nr && !text[0]; i++) {
		if (!cfg_range_read(gateways->items[i], &gateway) && gateway.family == AF_INET &&
		    !((word_of(&gateway) ^ word_of(address)) & mask_of(address->bits)))
			text_of(word_of(&gateway), text);
	}
}

/* What the vif says, or else the host's own address on a nat network. Linux takes no router that it needs another route for. */
static int gateway_of(const struct cfg_vif *vif, size_t index, const struct cfg_network *network,
		      const struct cfg_range *address, char text[INET_ADDRSTRLEN], struct xlite_error *err)
{
	text[0] = '\0';
	if (!vif->gateway.nr) {
		if (network && network->mode == CFG_VIF_NAT)
			find_gateway(&network->gateway, address, text);
		return 0;
	}
	find_gateway(&vif->gateway, address, text);
	if (text[0])
		return 0;
	xlite_error_set(err, -EINVAL, "vif %zu: gateway: %s is outside of the address's subnet, and Linux's command line takes "
			"no such router", index, vif->gateway.items[0]);
	xlite_error_hint(err, "announce: xenstore can tell the guest of it");
	return -EINVAL;
}

int announce_no_prefix(const struct cfg_vif *vif, size_t index, const char *key, struct xlite_error *err)
{
	static const char *const kinds[] = { [CFG_VIF_BRIDGE] = "bridge", [CFG_VIF_ROUTE] = "route", [CFG_VIF_NAT] = "nat" };

	xlite_error_set(err, -EINVAL, "vif %zu (%s: %s): %s: the prefix length of its address is not known", index,
			kinds[vif->kind], vif->target, key);
	xlite_error_hint(err, "write it with the address, as in `ip: 10.0.0.2/24', or give the network a subnet that holds it");
	return -EINVAL;
}

int announce_words(const struct cfg_domain *domain, const struct state *state, struct buf *out, struct xlite_error *err)
{
	char ip[INET_ADDRSTRLEN], gateway[INET_ADDRSTRLEN], mask[INET_ADDRSTRLEN], device[24] = "";
	size_t index;
	const struct cfg_vif *vif = announced(domain, &index);
	const struct cfg_network *network;
	struct cfg_range address;
	int rc;

	if (!vif)
		return 0;
	network = announce_network(state, vif);
	if (!find_address(vif, network, &address))
		return announce_no_prefix(vif, index, "announce", err);
	rc = gateway_of(vif, index, network, &address, gateway, err);
	if (rc)
		return rc;
	/* The kernel calls it ethN; by the time an initial ramdisk reads this, udev may have called it otherwise (enXN). */
	if (domain->nr_vifs > 1)
		snprintf(device, sizeof(device), "eth%zu", index);
	buf_printf(out, "%s%sip=%s::%s:%s:%s:%s:off", domain->cmdline ? domain->cmdline : "", domain->cmdline ? " " : "",
		   text_of(word_of(&address), ip), gateway, text_of(mask_of(address.bits), mask), domain->name, device);
	return 0;
}

int announce_cmdline(struct host *host, const struct cfg_domain *domain, char **cmdline, struct xlite_error *err)
{
	auto_buf struct buf text = BUF_INIT;
	struct state state = { 0 };
	size_t index;
	int rc = 0;

	*cmdline = NULL;
	if (announced(domain, &index)) {
		rc = announce_networks(host, &state, err);
		if (!rc)
			rc = announce_words(domain, &state, &text, err);
		state_clear(&state);
	} else if (domain->cmdline) {
		buf_printf(&text, "%s", domain->cmdline);
	}
	if (!rc && text.len && !(*cmdline = strdup(buf_str(&text))))
		rc = xlite_error_set(err, -ENOMEM, "out of memory");
	return rc;
}
