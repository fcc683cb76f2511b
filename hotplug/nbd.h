/* SPDX-License-Identifier: GPL-2.0-or-later
 * Exports of NBD servers: a source taken apart, and whether something serves there.
 */
#ifndef HOTPLUG_NBD_H
#define HOTPLUG_NBD_H

#include <stdint.h>

#include "common/error.h"

struct hotplug_nbd {
	char host[256], port[8];	/* TCP; host "" for a Unix socket */
	char path[108];			/* of the Unix socket; "" for TCP */
	char export[256];		/* may be "", the server's default export */
};

/** Takes nbd://HOST[:PORT][/EXPORT] or nbd+unix:///[EXPORT]?socket=PATH apart; -EINVAL for anything else. */
int hotplug_nbd_parse(const char *source, struct hotplug_nbd *nbd, struct xlite_error *err);
/**
 * Connects and waits for the server's greeting, no more: servers that end after one client do not count this one. A
 * host given by name is not looked up here, and passes. Refusals of the kernel as they are; -ETIMEDOUT past deadline_ns
 * (CLOCK_MONOTONIC); -EPROTO where what answers is no NBD server.
 */
int hotplug_nbd_check(const char *source, int64_t deadline_ns, struct xlite_error *err);

#endif
