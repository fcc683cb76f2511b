/* SPDX-License-Identifier: GPL-2.0-or-later
 * A kernel for netlink tests: answers are queued on socket pairs before the call, requests are read after it.
 */
#ifndef TESTS_HOTPLUG_FAKE_H
#define TESTS_HOTPLUG_FAKE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hotplug/net.h"

struct fake {
	int requests, events;	/* the kernel's ends */
	struct hotplug_net *net;
};

static inline void fake_open(struct fake *fake)
{
	int a[2], b[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, a), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, b), 0);
	fake->requests = a[1];
	fake->events = b[1];
	fake->net = net_from_fds(a[0], b[0]);
	assert_non_null(fake->net);
}

static inline void fake_close(struct fake *fake)
{
	hotplug_net_close(fake->net);
	close(fake->requests);
	close(fake->events);
}

/* No more answers: whoever waits for one is told so at once, instead of after the time-out. */
static inline void fake_end(struct fake *fake)
{
	shutdown(fake->requests, SHUT_WR);
}

static inline void fake_send(int fd, struct nl_msg *msg, uint32_t seq)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);

	hdr->nlmsg_seq = seq;
	assert_int_equal(send(fd, hdr, hdr->nlmsg_len, 0), hdr->nlmsg_len);
	nlmsg_free(msg);
}

/* What the kernel says of a link. master and kind may be 0 and NULL. */
static inline struct nl_msg *fake_link(int type, int nl_flags, int family, const char *name, int ifindex,
				       unsigned flags, unsigned mtu, int master, const char *kind)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };
	struct ifinfomsg info = { .ifi_family = (unsigned char)family, .ifi_index = ifindex, .ifi_flags = flags };
	struct nl_msg *msg = nlmsg_alloc_simple(type, nl_flags);
	struct nlattr *nest;

	assert_non_null(msg);
	nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO);
	nla_put_string(msg, IFLA_IFNAME, name);
	nla_put_u32(msg, IFLA_MTU, mtu);
	if (master)
		nla_put_u32(msg, IFLA_MASTER, (uint32_t)master);
	nla_put(msg, IFLA_ADDRESS, sizeof(mac), mac);
	if (kind) {
		nest = nla_nest_start(msg, IFLA_LINKINFO);
		nla_put_string(msg, IFLA_INFO_KIND, kind);
		nla_nest_end(msg, nest);
	}
	return msg;
}

static inline void fake_answer_link(struct fake *fake, uint32_t seq, const char *name, int ifindex, const char *kind)
{
	fake_send(fake->requests, fake_link(RTM_NEWLINK, 0, AF_UNSPEC, name, ifindex, IFF_UP, 1400, 7, kind), seq);
}

/* An acknowledgement; code 0 or a negative errno, reason the kernel's own words or NULL. */
static inline void fake_answer_code(struct fake *fake, uint32_t seq, int code, const char *reason)
{
	struct nlmsgerr e = { .error = code, .msg = { .nlmsg_len = sizeof(struct nlmsghdr), .nlmsg_seq = seq } };
	struct nl_msg *msg = nlmsg_alloc_simple(NLMSG_ERROR, NLM_F_CAPPED | (reason ? NLM_F_ACK_TLVS : 0));

	assert_non_null(msg);
	nlmsg_append(msg, &e, sizeof(e), NLMSG_ALIGNTO);
	if (reason)
		nla_put_string(msg, NLMSGERR_ATTR_MSG, reason);
	fake_send(fake->requests, msg, seq);
}

/* The next request that was sent; false when there is none. tb has its attributes, valid until the next call. */
static inline bool fake_request(struct fake *fake, struct nlmsghdr *hdr, struct ifinfomsg *info,
				struct nlattr *tb[IFLA_MAX + 1])
{
	static union { struct nlmsghdr hdr; char bytes[8192]; } in;
	ssize_t n = recv(fake->requests, in.bytes, sizeof(in.bytes), MSG_DONTWAIT);

	if (n < 0)
		return false;
	assert_int_equal(n, in.hdr.nlmsg_len);
	assert_int_equal(nlmsg_parse(&in.hdr, sizeof(*info), tb, IFLA_MAX, NULL), 0);
	*hdr = in.hdr;
	*info = *(struct ifinfomsg *)nlmsg_data(&in.hdr);
	return true;
}

#endif
