/* SPDX-License-Identifier: GPL-2.0-or-later
 * Filters, translation and forwards for hotplug-tool. What changes something prints "changed=0" or "changed=1".
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/firewall.h"
#include "hotplug/nft.h"
#include "tests/tools/hotplug-tool.h"

#define FORWARDS_MAX 32

static int64_t deadline(void)
{
	const char *ms = getenv("NFT_MS");

	return clock_deadline_ms(ms ? strtol(ms, NULL, 10) : 20000);
}

static size_t count(char **args)
{
	size_t n = 0;

	while (args[n])
		n++;
	return n;
}

static int told(int ret, const bool *changed)
{
	if (!ret)
		printf("changed=%d\n", *changed);
	return ret;
}

/* DEVICE OWNER MAC IP... */
static int filter(char **args, struct xlite_error *err)
{
	struct hotplug_nft_filter f = { .device = args[0], .owner = args[1], .ips = (const char *const *)args + 3,
					.nr_ips = count(args + 3) };
	bool changed = false;
	uint8_t *m = f.mac;

	if (sscanf(args[2], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", m, m + 1, m + 2, m + 3, m + 4, m + 5) != 6)
		exit(XLITE_USAGE);
	return told(hotplug_nft_filter_set(&f, &changed, deadline(), err), &changed);
}

static int filter_remove(char **args, struct xlite_error *err)
{
	bool changed = false;

	return told(hotplug_nft_filter_remove(args[0], &changed, deadline(), err), &changed);
}

/* NETWORK BRIDGE UPLINK|- SUBNET... */
static int nat(char **args, struct xlite_error *err)
{
	struct hotplug_nft_nat n = { .network = args[0], .bridge = args[1], .uplink = strcmp(args[2], "-") ? args[2] : NULL,
				     .subnets = (const char *const *)args + 3, .nr_subnets = count(args + 3) };
	bool changed = false;

	return told(hotplug_nft_nat_set(&n, &changed, deadline(), err), &changed);
}

static int nat_remove(char **args, struct xlite_error *err)
{
	bool changed = false;

	return told(hotplug_nft_nat_remove(args[0], &changed, deadline(), err), &changed);
}

/* OWNER tcp|udp/PORT=IP/PORT... */
static int forward(char **args, struct xlite_error *err)
{
	struct hotplug_nft_forward list[FORWARDS_MAX];
	size_t nr = count(args + 1), i;
	bool changed = false;
	char *port, *ip, *to;

	if (nr > FORWARDS_MAX)
		exit(XLITE_USAGE);
	for (i = 0; i < nr; i++) {
		port = strchr(args[i + 1], '/');
		ip = port ? strchr(port, '=') : NULL;
		to = ip ? strchr(ip, '/') : NULL;
		if (!to)
			exit(XLITE_USAGE);
		*port = *ip = *to = '\0';
		list[i] = (struct hotplug_nft_forward){ .udp = !strcmp(args[i + 1], "udp"),
							.host_port = (uint16_t)atoi(port + 1),
							.ip = ip + 1,
							.port = (uint16_t)atoi(to + 1) };
	}
	return told(hotplug_nft_forwards_set(args[0], list, nr, &changed, deadline(), err), &changed);
}

static int forward_remove(char **args, struct xlite_error *err)
{
	bool changed = false;

	return told(hotplug_nft_forwards_remove(args[0], &changed, deadline(), err), &changed);
}

static int list(char **args, struct xlite_error *err)
{
	static const char *const kinds[] = { "filter", "nat", "forwards" };
	struct hotplug_nft_list l;
	size_t i;
	int ret = hotplug_nft_list(&l, deadline(), err);

	for (i = 0; !ret && i < l.nr; i++)
		printf("%s name=%s owner=%s rules=%u stale=%d\n", kinds[l.entries[i].kind], l.entries[i].name,
		       l.entries[i].owner, l.entries[i].nr_rules, l.entries[i].stale);
	for (i = 0; !ret && i < l.nr_ports; i++)
		printf("port owner=%s %s=%u\n", l.ports[i].owner, l.ports[i].udp ? "udp" : "tcp", l.ports[i].port);
	if (!ret)
		hotplug_nft_list_clear(&l);
	return ret;
}

static int used(char **args, struct xlite_error *err)
{
	printf("used=%d\n", hotplug_nft_used());
	return 0;
}

/* [NAME...]: chains that drop what is forwarded; those that let one of the names through are marked. */
static int firewall(char **args, struct xlite_error *err)
{
	struct hotplug_firewall fw;
	int ret = hotplug_firewall_list(HOTPLUG_FIREWALL_IPV4 | HOTPLUG_FIREWALL_IPV6 | HOTPLUG_FIREWALL_BRIDGED, &fw,
					deadline(), err);

	for (size_t i = 0; !ret && i < fw.nr; i++) {
		const struct hotplug_firewall_chain *chain = &fw.chains[i];
		bool names = false;

		for (size_t k = 0; args[k]; k++)
			names = names || hotplug_firewall_names(chain, args[k], NULL, 0);
		printf("%s%s %s %s %s%s\n", chain->legacy ? "legacy " : "", chain->family, chain->table, chain->chain,
		       chain->last_rule ? "rule" : "policy",
		       names ? " names" : "");
	}
	if (!ret)
		hotplug_firewall_clear(&fw);
	return ret;
}

static int sweep(char **args, struct xlite_error *err)
{
	bool changed = false;

	return told(hotplug_nft_sweep(NULL, NULL, &changed, deadline(), err), &changed);
}

/* IFACE HEX: one frame, as it is. */
static int send_frame(char **args, struct xlite_error *err)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(args[0]) };
	auto_close int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	uint8_t frame[1514];
	size_t n;

	for (n = 0; n < sizeof(frame) && sscanf(args[1] + 2 * n, "%2hhx", &frame[n]) == 1; n++)
		;
	if (fd < 0 || sendto(fd, frame, n, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		return xlite_error_sys(err, -errno, "%s: send a frame", args[0]);
	return 0;
}

/* PORT TEXT: answers each datagram with the text, for ever. */
static int udp_answer(char **args, struct xlite_error *err)
{
	struct sockaddr_in6 own = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)atoi(args[0])) }, peer;
	auto_close int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len;
	char byte;

	if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof(own)))
		return xlite_error_sys(err, -errno, "port %s", args[0]);
	for (;;) {
		len = sizeof(peer);
		if (recvfrom(fd, &byte, 1, 0, (struct sockaddr *)&peer, &len) >= 0)
			sendto(fd, args[1], strlen(args[1]), 0, (struct sockaddr *)&peer, len);
	}
}

const struct tool_command tool_nft[] = {
	{ "nft-filter", 3, filter },
	{ "nft-filter-remove", 1, filter_remove },
	{ "nft-nat", 3, nat },
	{ "nft-nat-remove", 1, nat_remove },
	{ "nft-forward", 1, forward },
	{ "nft-forward-remove", 1, forward_remove },
	{ "nft-list", 0, list },
	{ "nft-used", 0, used },
	{ "firewall", 0, firewall },
	{ "nft-sweep", 0, sweep },
	{ "send-frame", 2, send_frame },
	{ "udp-answer", 2, udp_answer },
};
const size_t tool_nft_nr = ARRAY_SIZE(tool_nft);
