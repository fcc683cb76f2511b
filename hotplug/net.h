/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: a netlink session on bare sockets, messages built and parsed by libnl.
 * libnl's own sockets cost three more system calls each and hide the kernel's own error text.
 */
#ifndef HOTPLUG_NET_H
#define HOTPLUG_NET_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include "common/error.h"
#include "hotplug/link.h"

/**
 * The most bytes of one datagram: an interface without its statistics takes 1-2 KiB, a dump comes in parts of 32 KiB.
 */
#define NET_BUFFER 32768
/** How long an answer may take. The kernel answers before send() returns; this guards against anything else. */
#define NET_TIMEOUT_MS 5000

struct hotplug_net {
	int fd;		/* requests */
	int events;	/* RTNLGRP_LINK; -1 until subscribed */
	uint32_t seq;
	bool interrupted; /* the last answer was a list that changed while it was made (NLM_F_DUMP_INTR) */
	union {
		struct nlmsghdr align;
		char bytes[NET_BUFFER];
	} in;
};

/** Sees each message of an answer; a negative errno ends the request with it. */
typedef int (*net_reply_fn)(struct nlmsghdr *hdr, void *ctx);

/** A session on descriptors it then owns (events may be -1); NULL when out of memory, which closes nothing. */
struct hotplug_net *net_from_fds(int fd, int events);
/**
 * A link message: the interface by ifindex, or by name where that is 0. change and flags as in struct ifinfomsg.
 * NULL when out of memory.
 */
struct nl_msg *net_link_msg(int type, int nl_flags, int ifindex, const char *name, unsigned change, unsigned flags);
/**
 * Sends msg (freed in any case; NULL counts as -ENOMEM) and reads the whole answer. reply may be NULL. The error's
 * message is only the kernel's reason: the caller prefixes what it was about.
 */
int net_talk(struct hotplug_net *net, struct nl_msg *msg, net_reply_fn reply, void *ctx, struct xlite_error *err);
/**
 * One datagram from the kernel into net->in, of *len bytes; -ETIMEDOUT past deadline_ns, -ENOBUFS when events were
 * lost, -EMSGSIZE when it did not fit.
 */
int net_receive(struct hotplug_net *net, int fd, int64_t deadline_ns, int *len);
/** Whether name can be that of an interface; else -EINVAL. */
int net_check_name(const char *name, struct xlite_error *err);

#endif
