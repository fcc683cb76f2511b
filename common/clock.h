/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Deadlines: absolute times on the monotonic clock, in nanoseconds.
 */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_SEC INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

/** Now on CLOCK_MONOTONIC, in nanoseconds. */
static inline int64_t clock_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * NS_PER_SEC + ts.tv_nsec;
}

/** The deadline that lies ms milliseconds ahead. */
static inline int64_t clock_deadline_ms(int64_t ms)
{
	return clock_now_ns() + ms * NS_PER_MS;
}

/** Milliseconds until deadline_ns for poll(2): rounded up, 0 when it has passed, at most an hour. */
static inline int clock_poll_ms(int64_t deadline_ns)
{
	int64_t left = deadline_ns - clock_now_ns();

	if (left <= 0)
		return 0;
	left = (left + NS_PER_MS - 1) / NS_PER_MS;
	return left > 3600000 ? 3600000 : (int)left;
}

#endif
