/* SPDX-License-Identifier: GPL-2.0-or-later
 * The rules of address translation: a network's way out, and ports of the host that lead to a guest.
 */
#include "hotplug/nft_text.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define NAT_HOOK "nat hook postrouting priority srcnat; policy accept;"
#define DNAT_HOOK "nat hook prerouting priority dstnat; policy accept;"
/** At output nft has no word for this priority before 1.0.8; dstnat is -100. */
#define OUT_HOOK "nat hook output priority -100; policy accept;"

static const char *family_word(const struct inet *inet)
{
	return inet->family == AF_INET ? "ip" : "ip6";
}

static int nat_check(const struct hotplug_nft_nat *nat, struct xlite_error *err)
{
	struct inet inet;
	size_t i;
	int ret = nft_check_name("network", nat->network, HOTPLUG_NFT_NAME_MAX, err);

	if (!ret)
		ret = nft_check_name("bridge", nat->bridge, 15, err);
	if (!ret && nat->uplink)
		ret = nft_check_name("uplink", nat->uplink, 15, err);
	if (!ret && !nat->nr_subnets)
		ret = xlite_error_set(err, -EINVAL, "network %s: no subnet to translate", nat->network);
	for (i = 0; !ret && i < nat->nr_subnets; i++) {
		ret = inet_parse_cidr(nat->subnets[i], &inet, err);
		if (ret)
			xlite_error_prefix(err, "network %s", nat->network);
	}
	return ret;
}

/* What a guest sends to a sibling by way of the host's port comes back the same way only from the host's address. */
static void nat_subnet(struct nft_text *text, const struct hotplug_nft_nat *nat, const char *cidr)
{
	struct inet inet;
	char subnet[INET_TEXT];
	const char *ip;

	inet_parse_cidr(cidr, &inet, NULL);
	inet_mask(&inet);
	inet_text_cidr(&inet, subnet);
	ip = family_word(&inet);
	nft_rule(text, "%s saddr %s oifname %s\"%s\" masquerade", ip, subnet, nat->uplink ? "" : "!= ",
		 nat->uplink ? nat->uplink : nat->bridge);
	nft_rule(text, "%s saddr %s %s daddr %s oifname \"%s\" ct status dnat masquerade", ip, subnet, ip, subnet, nat->bridge);
}

int nft_text_nat(struct nft_text *text, const struct hotplug_nft_nat *nat, struct xlite_error *err)
{
	int ret = nat_check(nat, err);
	size_t i;

	if (ret)
		return ret;
	text->family = "inet";
	text->owner = nat->network;
	nft_chain(text, NFT_NAT, nat->network, NAT_HOOK);
	for (i = 0; i < nat->nr_subnets; i++)
		nat_subnet(text, nat, nat->subnets[i]);
	return text->script.failed ? xlite_error_sys(err, -ENOMEM, "network %s", nat->network) : 0;
}

static int forward_check(const struct hotplug_nft_forward *list, size_t i, struct xlite_error *err)
{
	const struct hotplug_nft_forward *forward = &list[i];
	struct inet inet, other;
	int ret = inet_parse_address(forward->ip, &inet, err);
	size_t k;

	if (ret)
		return ret;
	if (!forward->host_port || !forward->port)
		return xlite_error_set(err, -EINVAL, "a port is 1 to 65535");
	for (k = 0; k < i; k++) {
		if (list[k].udp != forward->udp || list[k].host_port != forward->host_port)
			continue;
		if (!inet_parse_address(list[k].ip, &other, NULL) && other.family == inet.family)
			return xlite_error_set(err, -EEXIST, "%s port %u is forwarded twice", forward->udp ? "UDP" : "TCP",
					       forward->host_port);
	}
	return 0;
}

static void forward_rule(struct nft_text *text, const struct hotplug_nft_forward *forward)
{
	const char *word = forward->udp ? "udp" : "tcp", *ip;
	char address[INET_TEXT];
	struct inet inet;
	bool v4;

	inet_parse_address(forward->ip, &inet, NULL);
	inet_text(&inet, address);
	v4 = inet.family == AF_INET;
	ip = family_word(&inet);
	nft_rule(text, "%s daddr != %s fib daddr type local %s dport %u dnat %s to %s%s%s:%u", ip,
		 v4 ? "127.0.0.0/8" : "::1", word, forward->host_port, ip, v4 ? "" : "[", address, v4 ? "" : "]",
		 forward->port);
}

int nft_text_forwards(struct nft_text *text, const char *owner, const struct hotplug_nft_forward *forwards, size_t nr,
		      struct xlite_error *err)
{
	int ret = nft_check_name("owner", owner, HOTPLUG_NFT_NAME_MAX, err);
	size_t i;

	for (i = 0; !ret && i < nr; i++) {
		ret = forward_check(forwards, i, err);
		if (ret)
			xlite_error_prefix(err, "forward of %s", owner);
	}
	if (ret)
		return ret;
	text->family = "inet";
	text->owner = owner;
	nft_chain(text, NFT_DNAT, owner, DNAT_HOOK);
	for (i = 0; i < nr; i++)
		forward_rule(text, &forwards[i]);
	nft_chain(text, NFT_OUT, owner, OUT_HOOK);
	for (i = 0; i < nr; i++)
		forward_rule(text, &forwards[i]);
	return text->script.failed ? xlite_error_sys(err, -ENOMEM, "forward of %s", owner) : 0;
}
