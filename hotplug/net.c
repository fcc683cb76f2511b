/* SPDX-License-Identifier: GPL-2.0-or-later
 * The netlink session: sockets, one request and its answer, the kernel's reason for a refusal.
 * What is asked is in link.c, link_wait.c and vif.c. Follows netlink(7), rtnetlink(7).
 */
#include "hotplug/net.h"

#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"

struct hotplug_net *net_from_fds(int fd, int events)
{
	struct hotplug_net *net = malloc(sizeof(*net));

	if (!net)
		return NULL;
	net->fd = fd;
	net->events = events;
	net->seq = 0;
	net->interrupted = false;
	return net;
}

int hotplug_net_open(struct hotplug_net **out, struct xlite_error *err)
{
	static const int on = 1;
	struct hotplug_net *net;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return xlite_error_sys(err, -errno, "open a netlink socket");
	/* Only the wording of errors depends on it: kernels before 4.12 do not know it. */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	net = net_from_fds(fd, -1);
	if (!net) {
		close(fd);
		return xlite_error_sys(err, -ENOMEM, "open a netlink socket");
	}
	*out = net;
	return 0;
}

void hotplug_net_close(struct hotplug_net *net)
{
	if (!net)
		return;
	if (net->fd >= 0)
		close(net->fd);
	if (net->events >= 0)
		close(net->events);
	free(net);
}

int net_check_name(const char *name, struct xlite_error *err)
{
	const char *why = NULL;
	const char *c;

	if (!name[0])
		return xlite_error_set(err, -EINVAL, "an interface has no empty name");
	if (strlen(name) >= IFNAMSIZ)
		why = "longer than 15 bytes";
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		why = "reserved";
	for (c = name; *c && !why; c++) {
		if (*c == '/' || *c == ':' || isspace((unsigned char)*c) || iscntrl((unsigned char)*c))
			why = "it has a slash, a colon or a space";
	}
	if (why)
		return xlite_error_set(err, -EINVAL, "%.64s: not a name of an interface: %s", name, why);
	return 0;
}

struct nl_msg *net_link_msg(int type, int nl_flags, int ifindex, const char *name, unsigned change, unsigned flags)
{
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex, .ifi_change = change, .ifi_flags = flags };
	struct nl_msg *msg = nlmsg_alloc_simple(type, NLM_F_REQUEST | nl_flags);

	if (!msg)
		return NULL;
	if (nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO) ||
	    (name && !ifindex && nla_put_string(msg, IFLA_IFNAME, name))) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static int net_wait(int fd, int64_t deadline_ns)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n = poll(&p, 1, clock_poll_ms(deadline_ns));

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (!n && clock_now_ns() >= deadline_ns)
		return -ETIMEDOUT;
	return 0;
}

int net_receive(struct hotplug_net *net, int fd, int64_t deadline_ns, int *len)
{
	for (;;) {
		struct sockaddr_nl from = { 0 };
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(fd, net->in.bytes, sizeof(net->in.bytes), MSG_DONTWAIT | MSG_TRUNC,
				     (struct sockaddr *)&from, &from_len);
		int ret;

		if (n > (ssize_t)sizeof(net->in.bytes))
			return -EMSGSIZE;
		if (!n)
			return -ECONNRESET;
		if (n > 0 && from.nl_pid)continue; /* from a process, not from the kernel */
		if (n > 0) {
			*len = (int)n;
			return 0;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return -errno;
		ret = net_wait(fd, deadline_ns);
		if (ret)
			return ret;
	}
}

/* The kernel's own words (NLMSGERR_ATTR_MSG), NULL without; they follow the request, which is quoted unless NLM_F_CAPPED. */
static const char *net_reason(struct nlmsghdr *hdr, const struct nlmsgerr *e)
{
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1];
	static const struct nla_policy policy[NLMSGERR_ATTR_MAX + 1] = { [NLMSGERR_ATTR_MSG] = { .type = NLA_STRING } };
	size_t have = (size_t)nlmsg_datalen(hdr), skip = sizeof(*e);

	if (!(hdr->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (!(hdr->nlmsg_flags & NLM_F_CAPPED)) {
		if (e->msg.nlmsg_len < sizeof(e->msg) || e->msg.nlmsg_len > have)
			return NULL;
		skip += NLMSG_ALIGN(e->msg.nlmsg_len - sizeof(e->msg));
	}
	if (skip >= have)
		return NULL;
	if (nla_parse(tb, NLMSGERR_ATTR_MAX, (struct nlattr *)((char *)nlmsg_data(hdr) + skip), (int)(have - skip), policy) < 0)
		return NULL;
	return tb[NLMSGERR_ATTR_MSG] ? nla_get_string(tb[NLMSGERR_ATTR_MSG]) : NULL;
}

static int net_error(struct nlmsghdr *hdr, struct xlite_error *err)
{
	const struct nlmsgerr *e = nlmsg_data(hdr);
	const char *reason;

	if (nlmsg_datalen(hdr) < (int)sizeof(*e) || e->error > 0 || e->error < -4095)
		return xlite_error_set(err, -EBADMSG, "the kernel's answer (netlink) is malformed");
	if (!e->error)
		return 0;
	reason = net_reason(hdr, e);
	if (reason)
		return xlite_error_sys(err, e->error, "%s", reason);
	return xlite_error_set(err, e->error, "%s", strerror(-e->error));
}

/* One datagram of an answer. 0: the answer is whole; 1: more is to come. */
static int net_answer(struct hotplug_net *net, int len, net_reply_fn reply, void *ctx, struct xlite_error *err)
{
	struct nlmsghdr *hdr;
	int ret;

	for (hdr = &net->in.align; nlmsg_ok(hdr, len); hdr = nlmsg_next(hdr, &len)) {
		if (hdr->nlmsg_seq != net->seq)continue; /* the end of an earlier answer that was given up */
		if (hdr->nlmsg_type == NLMSG_ERROR)
			return net_error(hdr, err);
		if (hdr->nlmsg_flags & NLM_F_DUMP_INTR)
			net->interrupted = true;
		if (hdr->nlmsg_type == NLMSG_DONE)
			return 0;
		if (hdr->nlmsg_type < NLMSG_MIN_TYPE)
			continue;
		ret = reply ? reply(hdr, ctx) : 0;
		if (ret < 0)
			return xlite_error_set(err, ret, "the kernel's answer (netlink) is malformed");
		if (!(hdr->nlmsg_flags & NLM_F_MULTI))
			return 0;
	}
	return 1;
}

int net_talk(struct hotplug_net *net, struct nl_msg *msg, net_reply_fn reply, void *ctx, struct xlite_error *err)
{
	int64_t deadline = clock_deadline_ms(NET_TIMEOUT_MS);
	struct nlmsghdr *hdr;
	ssize_t sent;
	int ret = 0, len = 0;

	if (!msg)
		return xlite_error_set(err, -ENOMEM, "%s", strerror(ENOMEM));
	hdr = nlmsg_hdr(msg);
	hdr->nlmsg_seq = ++net->seq;
	net->interrupted = false;
	do {
		sent = send(net->fd, hdr, hdr->nlmsg_len, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0)
		ret = -errno;
	nlmsg_free(msg);
	if (ret)
		return xlite_error_sys(err, ret, "send to netlink");
	do {
		ret = net_receive(net, net->fd, deadline, &len);
		if (ret)
			return xlite_error_sys(err, ret, "receive from netlink");
		ret = net_answer(net, len, reply, ctx, err);
	} while (ret > 0);
	return ret;
}
