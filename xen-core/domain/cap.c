/* SPDX-License-Identifier: GPL-2.0-or-later
 * Caps: how much of a CPU a domain may have at most, counted in windows of time.
 */
#include "xen-core/domain/sched.h"

#include "xen-core/cpu/apic.h"
#include "xen-core/domain/domain.h"

#define SLICE_LEAST_NS	(1000000ull)
#define WINDOW_NS	(100 * 1000000ull)	/* in which a cap counts: so many percent are so many milliseconds */

static uint64_t cap_ns(const struct domain *d)
{
	return d->cap * (WINDOW_NS / 100);
}

/* Windows that are over are paid for. What was had beyond is owed still: a slice may be more than a window's part. */
static void cap_window(struct domain *d, uint64_t now)
{
	uint64_t windows;

	if (now < d->window_end_ns)
		return;
	windows = (now - d->window_end_ns) / WINDOW_NS + 1;
	d->window_used_ns -= MIN(d->window_used_ns, windows * cap_ns(d));
	d->window_end_ns += windows * WINDOW_NS;
}

/* A domain with a cap that has had all of it waits for the next window. */
bool capped(struct domain *d)
{
	if (!d->cap || d->window_used_ns < cap_ns(d))
		return false;
	cap_window(d, time_now_ns());
	return d->window_used_ns >= cap_ns(d);
}

void domain_set_cap(struct domain *d, uint16_t percent)
{
	d->cap = percent;
	/* What was had by another measure is no debt. */
	d->window_used_ns = 0;
}

void cap_count(struct domain *d, uint64_t now, uint64_t used)
{
	if (!d->cap)
		return;
	cap_window(d, now);
	d->window_used_ns += used;
}

/* For how long it may run at once: where there is a cap, no longer than for what is left of it, or a little. */
uint64_t cap_slice_ns(const struct domain *d)
{
	uint64_t left = cap_ns(d) > d->window_used_ns ? cap_ns(d) - d->window_used_ns : 0;

	return d->cap ? MIN(SLICE_NS, MAX(left, SLICE_LEAST_NS)) : SLICE_NS;
}
