/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Waiting for a descriptor until a deadline.
 */
#ifndef COMMON_WAIT_H
#define COMMON_WAIT_H

#include <errno.h>
#include <poll.h>
#include <stdint.h>

#include "common/clock.h"

/**
 * Waits until fd has one of the events of poll(2), or an error or its end, which reading or writing then tells; signals
 * do not end it. 0, -ETIMEDOUT or another -errno.
 */
static inline int wait_fd(int fd, short events, int64_t deadline_ns)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n;

	do {
		n = poll(&p, 1, clock_poll_ms(deadline_ns));
	} while (n < 0 && errno == EINTR);
	return n > 0 ? 0 : n ? -errno : -ETIMEDOUT;
}

#endif
