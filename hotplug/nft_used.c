/* SPDX-License-Identifier: GPL-2.0-or-later
 * Whether there is a table of ours, in a few system calls: most hosts have none, and running nft to hear that costs milliseconds.
 * Follows linux/netfilter/nf_tables.h.
 */
#include "hotplug/nft.h"

#include <errno.h>
#include <netinet/in.h>		/* before Linux's own, which gives way to it */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hotplug/net.h"

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

bool hotplug_nft_used(void)
{
	struct hotplug_net *net;
	bool used;
	int fd;

	/* To ask would load the module. */
	if (access("/sys/module/nf_tables", F_OK))
		return false;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	net = fd < 0 ? NULL : net_from_fds(fd, -1);
	if (!net) {
		if (fd >= 0)
			close(fd);
		return true;
	}
	/* What cannot be found out so is left to nft. */
	used = ask(net, NFPROTO_INET) != -ENOENT || ask(net, NFPROTO_NETDEV) != -ENOENT;
	hotplug_net_close(net);
	return used;
}
