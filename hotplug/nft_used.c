/* SPDX-License-Identifier: GPL-2.0-or-later
 * Whether there is nftables, and a table of ours, in a few system calls: most hosts have none, and running nft to hear
 * that costs milliseconds. Follows linux/netfilter/nf_tables.h.
 */
#include "hotplug/nft.h"

#include <errno.h>
#include <netinet/in.h>		/* before Linux's own, which gives way to it */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "hotplug/net.h"
#include "hotplug/nft_text.h"

static int ask(struct hotplug_net *net, uint8_t family)
{
	struct nfgenmsg head = { .nfgen_family = family, .version = NFNETLINK_V0 };
	struct nl_msg *msg = nlmsg_alloc_simple(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE, NLM_F_REQUEST | NLM_F_ACK);

	if (msg && (nlmsg_append(msg, &head, sizeof(head), NLMSG_ALIGNTO) || nla_put_string(msg, NFTA_TABLE_NAME, "xlite"))) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return net_talk(net, msg, NULL, NULL, NULL);
}

/* Whether the kernel's own list of what is built into it names nftables; also where there is no list, and so no modules. */
static bool is_built_in(void)
{
	struct utsname name;
	char path[160], line[256];
	bool found = false;
	FILE *file;

	if (uname(&name))
		return true;
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.builtin", name.release);
	file = fopen(path, "re");
	if (!file)
		return true;
	while (!found && fgets(line, sizeof(line), file))
		found = strstr(line, "/nf_tables.ko");
	fclose(file);
	return found;
}

bool hotplug_nft_there(void)
{
	static int known = -1;

	/* Asking by netlink would load the module. */
	if (!access("/sys/module/nf_tables", F_OK))
		return true;
	if (known < 0)
		known = is_built_in();
	return known;
}

bool nft_has_table(const char *family)
{
	struct hotplug_net *net;
	bool has;
	int fd;

	if (!hotplug_nft_there())
		return false;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	net = fd < 0 ? NULL : net_from_fds(fd, -1);
	if (!net) {
		if (fd >= 0)
			close(fd);
		return true;
	}
	/* What cannot be found out so is left to nft. */
	has = ask(net, !strcmp(family, "inet") ? NFPROTO_INET : NFPROTO_NETDEV) != -ENOENT;
	hotplug_net_close(net);
	return has;
}

bool hotplug_nft_used(void)
{
	return nft_has_table("inet") || nft_has_table("netdev");
}
