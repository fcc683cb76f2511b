/* SPDX-License-Identifier: GPL-2.0-or-later
 * The policy of FORWARD in iptables' older tables (iptables-legacy), as the kernel gives it to iptables itself. Rules are not
 * read. Follows linux/netfilter_ipv4/ip_tables.h and linux/netfilter_ipv6/ip6_tables.h.
 */
#include <errno.h>
#include <netinet/in.h>		/* before Linux's own, which gives way to it */
#include <linux/netfilter.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/auto.h"
#include "hotplug/firewall_int.h"

/* The two families differ in the sizes of their structures alone. */
_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo), "one structure for both");
_Static_assert(offsetof(struct ipt_get_entries, entrytable) == offsetof(struct ip6t_get_entries, entrytable),
	       "one structure for both");

static const struct legacy {
	const char *family, *names;
	unsigned packets;
	int domain, level, get_info, get_entries;
	size_t entry_size;
} legacies[] = {
	{ "ip", "/proc/net/ip_tables_names", HOTPLUG_FIREWALL_IPV4, AF_INET, SOL_IP, IPT_SO_GET_INFO, IPT_SO_GET_ENTRIES,
	  sizeof(struct ipt_entry) },
	{ "ip6", "/proc/net/ip6_tables_names", HOTPLUG_FIREWALL_IPV6, AF_INET6, SOL_IPV6, IP6T_SO_GET_INFO, IP6T_SO_GET_ENTRIES,
	  sizeof(struct ip6t_entry) },
};

/* A table that is not in use would be made by asking for it. */
static bool has_filter(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[64];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = !strcmp(line, "filter\n");
	if (file)
		fclose(file);
	return found;
}

/* The policy is the last entry of a chain: its target has a verdict, -(NF_DROP + 1) where it drops. */
static bool policy_drops(int fd, const struct legacy *legacy)
{
	struct ipt_getinfo info = { .name = "filter" };
	struct xt_standard_target target;
	auto_free struct ipt_get_entries *entries = NULL;
	socklen_t len = sizeof(info);
	size_t at;

	if (getsockopt(fd, legacy->level, legacy->get_info, &info, &len) || !(info.valid_hooks & 1u << NF_INET_FORWARD))
		return false;
	len = (socklen_t)(sizeof(*entries) + info.size);
	entries = calloc(1, len);
	if (!entries)
		return false;
	strcpy(entries->name, "filter");
	entries->size = info.size;
	at = info.underflow[NF_INET_FORWARD] + legacy->entry_size;
	if (getsockopt(fd, legacy->level, legacy->get_entries, entries, &len) || at + sizeof(target) > info.size)
		return false;
	memcpy(&target, (const char *)entries->entrytable + at, sizeof(target));
	return !target.target.u.user.name[0] && target.verdict == -(NF_DROP + 1);
}

int firewall_legacy(unsigned packets, struct hotplug_firewall *firewall)
{
	struct hotplug_firewall_chain *chain;

	for (size_t i = 0; i < ARRAY_SIZE(legacies); i++) {
		const struct legacy *legacy = &legacies[i];
		auto_close int fd = -1;

		if (!(legacy->packets & packets) || !has_filter(legacy->names))
			continue;
		fd = socket(legacy->domain, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
		if (fd < 0 || !policy_drops(fd, legacy))
			continue;
		chain = firewall_add(firewall);
		if (!chain)
			return -ENOMEM;
		strcpy(chain->family, legacy->family);
		strcpy(chain->table, "filter");
		strcpy(chain->chain, "FORWARD");
		chain->packets = legacy->packets;
		chain->legacy = true;
	}
	return 0;
}
