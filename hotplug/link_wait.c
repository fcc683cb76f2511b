/* SPDX-License-Identifier: GPL-2.0-or-later
 * Waiting for a link to appear: events are subscribed to first, then the link is looked up once,
 * so that none can slip between. Lost events (ENOBUFS) only cause one more look.
 */
#include "hotplug/link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hotplug/link_parse.h"
#include "hotplug/net.h"

int hotplug_link_subscribe(struct hotplug_net *net, struct xlite_error *err)
{
	struct sockaddr_nl self = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	int fd, ret;

	if (net->events >= 0)
		return 0;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return xlite_error_sys(err, -errno, "open a netlink socket for events");
	if (bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0) {
		ret = -errno;
		close(fd);
		return xlite_error_sys(err, ret, "subscribe to link events");
	}
	net->events = fd;
	return 0;
}

/* Whether one of the messages received tells of a link of this name. */
static bool events_name(struct hotplug_net *net, int len, const char *name)
{
	struct link_info info;
	struct nlmsghdr *hdr;

	for (hdr = &net->in.align; nlmsg_ok(hdr, len); hdr = nlmsg_next(hdr, &len)) {
		if (hdr->nlmsg_type == RTM_NEWLINK && !link_parse(hdr, &info) && info.family == AF_UNSPEC &&
		    !strcmp(info.link.name, name))
			return true;
	}
	return false;
}

/* Until an event names the link, or events were lost. */
static int events_wait(struct hotplug_net *net, const char *name, int64_t deadline_ns)
{
	int len, ret;

	do {
		len = 0;
		ret = net_receive(net, net->events, deadline_ns, &len);
		if (ret == -ENOBUFS || ret == -EMSGSIZE)
			return 0;
	} while (!ret && !events_name(net, len, name));
	return ret;
}

int hotplug_link_wait(struct hotplug_net *net, const char *name, int64_t deadline_ns, struct hotplug_link *link,
		      struct xlite_error *err)
{
	struct xlite_error look = { 0 };
	int ret;

	ret = hotplug_link_subscribe(net, err);
	if (ret)
		return ret;
	for (;;) {
		ret = hotplug_link_get(net, name, link, &look);
		if (ret != -ENODEV)
			break;
		/* An event is not the link itself: it may have gone again. */
		ret = events_wait(net, name, deadline_ns);
		if (ret == -ETIMEDOUT) {
			xlite_error_set(err, ret, "%s: the interface did not appear in time", name);
			xlite_error_hint(err, "is the module xen-netback loaded?");
			return ret;
		}
		if (ret)
			return xlite_error_sys(err, ret, "%s: wait for the interface", name);
	}
	if (ret && err)
		*err = look;
	return ret;
}
