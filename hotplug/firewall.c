/* SPDX-License-Identifier: GPL-2.0-or-later
 * Chains at the hook `forward' by netlink: which there are, and their policy. Rules are firewall_rules.c, iptables' older
 * tables firewall_legacy.c. Follows linux/netfilter/nf_tables.h.
 */
#include "hotplug/firewall.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>		/* before Linux's own, which gives way to it */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/auto.h"
#include "hotplug/firewall_int.h"
#include "hotplug/net.h"
#include "hotplug/nft_text.h"

/** More chains at this hook than any host has. */
#define CHAINS_MAX 256

/* NF_INET_FORWARD and NF_BR_FORWARD are one number. */
#define HOOK_FORWARD NF_INET_FORWARD

static const struct family {
	uint8_t number;
	const char *name;
	unsigned packets;
} families[] = {
	{ NFPROTO_IPV4, "ip", HOTPLUG_FIREWALL_IPV4 },
	{ NFPROTO_IPV6, "ip6", HOTPLUG_FIREWALL_IPV6 },
	{ NFPROTO_INET, "inet", HOTPLUG_FIREWALL_IPV4 | HOTPLUG_FIREWALL_IPV6 },
	{ NFPROTO_BRIDGE, "bridge", HOTPLUG_FIREWALL_BRIDGED },
};

/** The list as it grows: policy is kept of those chains whose last rule is still to be read. */
struct dump {
	struct hotplug_firewall *firewall;
	unsigned packets;
	bool drops[CHAINS_MAX];
};

static const struct family *family_of(uint8_t number)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		if (families[i].number == number)
			return &families[i];
	}
	return NULL;
}

static bool at_forward(struct nlattr *hook)
{
	struct nlattr *tb[NFTA_HOOK_MAX + 1];

	return hook && !nla_parse_nested(tb, NFTA_HOOK_MAX, hook, NULL) && tb[NFTA_HOOK_HOOKNUM] &&
	       nla_len(tb[NFTA_HOOK_HOOKNUM]) == 4 && ntohl(nla_get_u32(tb[NFTA_HOOK_HOOKNUM])) == HOOK_FORWARD;
}

static int chain_reply(struct nlmsghdr *hdr, void *ctx)
{
	static const struct nla_policy policy[NFTA_CHAIN_MAX + 1] = {
		[NFTA_CHAIN_TABLE] = { .type = NLA_STRING }, [NFTA_CHAIN_NAME] = { .type = NLA_STRING },
		[NFTA_CHAIN_TYPE] = { .type = NLA_STRING },
	};
	const struct nfgenmsg *head = nlmsg_data(hdr);
	struct nlattr *tb[NFTA_CHAIN_MAX + 1];
	struct hotplug_firewall_chain *chain;
	const struct family *family;
	struct dump *dump = ctx;

	if (nlmsg_parse(hdr, sizeof(*head), tb, NFTA_CHAIN_MAX, policy) < 0 || !tb[NFTA_CHAIN_TABLE] || !tb[NFTA_CHAIN_NAME])
		return -EBADMSG;
	family = family_of(head->nfgen_family);
	if (!family || !(family->packets & dump->packets) || !at_forward(tb[NFTA_CHAIN_HOOK]) || !tb[NFTA_CHAIN_TYPE] ||
	    strcmp(nla_get_string(tb[NFTA_CHAIN_TYPE]), "filter") || !strcmp(nla_get_string(tb[NFTA_CHAIN_TABLE]), "xlite") ||
	    dump->firewall->nr == CHAINS_MAX)
		return 0;
	chain = firewall_add(dump->firewall);
	if (!chain)
		return -ENOMEM;
	strcpy(chain->family, family->name);
	chain->packets = family->packets;
	nla_strlcpy(chain->table, tb[NFTA_CHAIN_TABLE], sizeof(chain->table));
	nla_strlcpy(chain->chain, tb[NFTA_CHAIN_NAME], sizeof(chain->chain));
	dump->drops[dump->firewall->nr - 1] = tb[NFTA_CHAIN_POLICY] && nla_len(tb[NFTA_CHAIN_POLICY]) == 4 &&
					      ntohl(nla_get_u32(tb[NFTA_CHAIN_POLICY])) == NF_DROP;
	return 0;
}

static int dump_chains(struct dump *dump, struct xlite_error *err)
{
	struct nfgenmsg head = { .nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0 };
	struct nl_msg *msg = nlmsg_alloc_simple(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN, NLM_F_REQUEST | NLM_F_DUMP);
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER), ret;
	struct hotplug_net *net = fd < 0 ? NULL : net_from_fds(fd, -1);

	if (!net) {
		ret = fd < 0 ? -errno : -ENOMEM;
		if (fd >= 0)
			close(fd);
		nlmsg_free(msg);
		return xlite_error_sys(err, ret, "open a netlink socket");
	}
	if (msg && nlmsg_append(msg, &head, sizeof(head), NLMSG_ALIGNTO)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	ret = net_talk(net, msg, chain_reply, dump, err);
	hotplug_net_close(net);
	return ret ? xlite_error_prefix(err, "list the firewall's chains") : 0;
}

/* Keeps the chain if it drops; without nft, and where nft says something else than expected, its policy is what counts. */
static int judge(struct hotplug_firewall_chain *chain, bool drops, bool *keep, int64_t deadline_ns)
{
	const char *const args[] = { "nft", "-j", "list", "table", chain->family, chain->table, NULL };
	auto_buf struct buf out = BUF_INIT;
	struct firewall_ends ends = { false, false };
	int ret = nft_run(args, NULL, &out, deadline_ns, NULL);

	if (!ret)
		ret = firewall_rules(chain, buf_str(&out), out.len, &ends);
	chain->last_rule = !drops && ends.drops;
	*keep = !ends.accepts && (drops || ends.drops);
	return ret == -ENOMEM ? ret : 0;
}

static int judge_all(struct dump *dump, int64_t deadline_ns)
{
	struct hotplug_firewall *firewall = dump->firewall;
	size_t kept = 0, nr = firewall->nr;
	int ret = 0;

	for (size_t i = 0; i < nr; i++) {
		bool keep = false;

		if (!ret)
			ret = judge(&firewall->chains[i], dump->drops[i], &keep, deadline_ns);
		if (keep)
			firewall->chains[kept++] = firewall->chains[i];
		else
			firewall_chain_clear(&firewall->chains[i]);
	}
	firewall->nr = kept;
	return ret;
}

int hotplug_firewall_list(unsigned packets, struct hotplug_firewall *firewall, int64_t deadline_ns, struct xlite_error *err)
{
	struct dump dump = { .firewall = firewall, .packets = packets };
	int ret = 0;

	*firewall = (struct hotplug_firewall){ 0 };
	if (hotplug_nft_there())
		ret = dump_chains(&dump, err);
	if (!ret && (judge_all(&dump, deadline_ns) || firewall_legacy(packets, firewall)))
		ret = xlite_error_set(err, -ENOMEM, "out of memory");
	if (ret)
		hotplug_firewall_clear(firewall);
	return ret;
}

static bool name_is(const char *name, const char *wanted)
{
	size_t len = strlen(name);

	if (len && name[len - 1] == '*')
		return !strncmp(name, wanted, len - 1);
	return !strcmp(name, wanted);
}

bool hotplug_firewall_names(const struct hotplug_firewall_chain *chain, const char *device, const char *const *subnets,
			    size_t nr)
{
	for (size_t i = 0; i < chain->nr_names; i++) {
		if (device && name_is(chain->names[i], device))
			return true;
		for (size_t k = 0; k < nr; k++) {
			if (!strcmp(chain->names[i], subnets[k]))
				return true;
		}
	}
	return false;
}

static bool is_on(const char *path)
{
	char text[4] = "";
	FILE *file = fopen(path, "re");
	bool on = file && fgets(text, sizeof(text), file) && text[0] == '1';

	if (file)
		fclose(file);
	return on;
}

unsigned hotplug_firewall_sees_bridged(void)
{
	return (is_on("/proc/sys/net/bridge/bridge-nf-call-iptables") ? HOTPLUG_FIREWALL_IPV4 : 0) |
	       (is_on("/proc/sys/net/bridge/bridge-nf-call-ip6tables") ? HOTPLUG_FIREWALL_IPV6 : 0);
}
