/* SPDX-License-Identifier: GPL-2.0-or-later
 * The rules by which a guest sends from no address but its own. The chain is at the vif's ingress, before the bridge
 * or a route sees the frame, and drops what no rule accepts.
 */
#include "hotplug/nft_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/auto.h"
#include "common/mac.h"

/** Before other chains at this hook. */
#define FILTER_HOOK "filter hook ingress device \"%s\" priority -500; policy drop;"
/** More addresses than a guest is given. */
#define FILTER_IPS_MAX 1024

struct filter {
	char mac[18];
	struct inet *ips;	/* checked */
	size_t nr;
	struct inet link_local;	/* made of the MAC */
	bool ipv4;
};

/* RFC 4291, appendix A. */
static void filter_link_local(struct filter *filter, const uint8_t mac[6])
{
	const uint8_t id[8] = { mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5] };

	filter->link_local = (struct inet){ .family = AF_INET6, .prefix = 128, .bytes = { 0xfe, 0x80 } };
	memcpy(filter->link_local.bytes + 8, id, sizeof(id));
}

static int filter_check(struct filter *filter, const struct hotplug_nft_filter *want, struct xlite_error *err)
{
	const uint8_t *m = want->mac;
	int ret = nft_check_name("device", want->device, 15, err);
	size_t i;

	if (!ret)
		ret = nft_check_name("owner", want->owner, HOTPLUG_NFT_NAME_MAX, err);
	if (!ret && (m[0] & 1 || !memcmp(m, (uint8_t[6]){ 0 }, 6)))
		ret = xlite_error_set(err, -EINVAL, "%s: the MAC address is not that of a single interface", want->device);
	if (!ret && want->nr_ips > FILTER_IPS_MAX)
		ret = xlite_error_set(err, -EINVAL, "%s: more than %d addresses", want->device, FILTER_IPS_MAX);
	if (ret)
		return ret;
	filter->ips = calloc(want->nr_ips + 1, sizeof(*filter->ips));
	if (!filter->ips)
		return xlite_error_sys(err, -ENOMEM, "%s", want->device);
	for (i = 0; i < want->nr_ips; i++) {
		ret = inet_parse_address(want->ips[i], &filter->ips[i], err);
		if (ret) {
			xlite_error_prefix(err, "%s", want->device);
			return ret;
		}
		filter->ipv4 |= filter->ips[i].family == AF_INET;
	}
	filter->nr = want->nr_ips;
	mac_text(m, filter->mac);
	filter_link_local(filter, m);
	return 0;
}

static bool filter_repeats(const struct filter *filter, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++) {
		if (inet_same(&filter->ips[k], &filter->ips[i]))
			return true;
	}
	return false;
}

/* The addresses of a family after first, as the elements of a set. */
static void filter_set(const struct filter *filter, int family, const char *first, struct buf *set)
{
	char text[INET_TEXT];
	size_t i;

	buf_printf(set, "{ %s", first);
	for (i = 0; i < filter->nr; i++) {
		/* An element twice is refused; the link-local address is the first of its set. */
		if (filter->ips[i].family != family || filter_repeats(filter, i) ||
		    inet_same(&filter->ips[i], &filter->link_local))
			continue;
		buf_printf(set, "%s%s", set->len > 2 ? ", " : "", inet_text(&filter->ips[i], text));
	}
	buf_puts(set, " }");
}

static void filter_arp(struct nft_text *text, const struct filter *filter)
{
	auto_buf struct buf set = BUF_INIT;

	filter_set(filter, AF_INET, "0.0.0.0", &set);
	nft_rule(text, "arp htype 1 arp ptype ip arp hlen 6 arp plen 4 arp saddr ether %s arp saddr ip %s accept", filter->mac,
		 buf_str(&set));
}

static void filter_ipv4(struct nft_text *text, const struct filter *filter)
{
	auto_buf struct buf set = BUF_INIT;

	filter_set(filter, AF_INET, "", &set);
	nft_rule(text, "meta protocol ip udp sport 67 udp dport 68 drop");
	nft_rule(text, "ip saddr %s accept", buf_str(&set));
	nft_rule(text, "ip saddr 0.0.0.0 udp sport 68 udp dport 67 accept");
}

/* An advertisement for an address: its target lies 8 bytes into the message (RFC 4861, 4.4). */
static void filter_advert(struct nft_text *text, const struct inet *target)
{
	char hex[33];
	size_t i;

	for (i = 0; i < 16; i++)
		snprintf(hex + 2 * i, 3, "%02x", target->bytes[i]);
	nft_rule(text, "icmpv6 type nd-neighbor-advert @th,64,128 0x%s accept", hex);
}

static void filter_ipv6(struct nft_text *text, const struct filter *filter)
{
	auto_buf struct buf set = BUF_INIT;
	char own[INET_TEXT];
	size_t i;

	inet_text(&filter->link_local, own);
	filter_set(filter, AF_INET6, own, &set);
	nft_rule(text, "icmpv6 type { nd-router-advert, nd-redirect } drop");
	nft_rule(text, "meta protocol ip6 udp sport 547 udp dport 546 drop");
	nft_rule(text, "ip6 saddr :: icmpv6 type { nd-neighbor-solicit, nd-router-solicit, mld-listener-report, "
		       "mld2-listener-report } accept");
	nft_rule(text, "ip6 saddr != %s drop", buf_str(&set));
	filter_advert(text, &filter->link_local);
	for (i = 0; i < filter->nr; i++) {
		if (filter->ips[i].family == AF_INET6 && !filter_repeats(filter, i) &&
		    !inet_same(&filter->ips[i], &filter->link_local))
			filter_advert(text, &filter->ips[i]);
	}
	nft_rule(text, "icmpv6 type nd-neighbor-advert drop");
	nft_rule(text, "meta protocol ip6 accept");
}

static void filter_rules(struct nft_text *text, const struct filter *filter)
{
	nft_rule(text, "ether saddr != %s drop", filter->mac);
	if (!filter->nr) {
		nft_rule(text, "arp saddr ether != %s drop", filter->mac);
		nft_rule(text, "accept");
		return;
	}
	if (filter->ipv4) {
		filter_arp(text, filter);
		filter_ipv4(text, filter);
	}
	filter_ipv6(text, filter);
}

int nft_text_filter(struct nft_text *text, const struct hotplug_nft_filter *want, struct xlite_error *err)
{
	struct filter filter = { .nr = 0 };
	char hook[128];
	int ret = filter_check(&filter, want, err);

	if (!ret) {
		text->family = "netdev";
		text->owner = want->owner;
		snprintf(hook, sizeof(hook), FILTER_HOOK, want->device);
		nft_chain(text, NFT_FILTER, want->device, hook);
		filter_rules(text, &filter);
		if (text->script.failed)
			ret = xlite_error_sys(err, -ENOMEM, "%s", want->device);
	}
	free(filter.ips);
	return ret;
}
