/* SPDX-License-Identifier: GPL-2.0-or-later
 * Words to a service manager: sd_notify(3)'s protocol, a datagram to the socket that $NOTIFY_SOCKET names.
 */
#ifndef RUN_NOTIFY_H
#define RUN_NOTIFY_H

#include <stdint.h>
#include <sys/un.h>

struct run_notify {
	struct sockaddr_un to;
	unsigned len;		/* of to; 0: nobody listens */
	int64_t every_ns;	/* WATCHDOG=1 is to be sent at least twice as often as its deadline; 0: not at all */
};

/**
 * Reads the environment, and takes these variables out of it, so that programs which are started do not speak for this
 * one.
 */
void run_notify_init(struct run_notify *notify);
/** Sends lines such as "READY=1\nSTATUS=..."; without somebody who listens it does nothing. */
void run_notify(const struct run_notify *notify, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
