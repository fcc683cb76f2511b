/* SPDX-License-Identifier: GPL-2.0-or-later
 * Caps of domains (xen/domctl.h: XEN_DOMCTL_SCHEDOP_putinfo, credit2).
 */
#ifndef XEN_CORE_DOMAIN_CAP_H
#define XEN_CORE_DOMAIN_CAP_H

#include <stdbool.h>
#include <stdint.h>

struct domain;

/* For how long one runs at once, where others wait. */
#define SLICE_NS	(10 * 1000000ull)

/** How much of one CPU a domain may have, 0: all there is of all. It holds over time: a little more at once is had less later. */
void domain_set_cap(struct domain *d, uint16_t percent);
/** Whether it has had all of it, and waits for the next window. */
bool capped(struct domain *d);
/** It has run for so long, until now. */
void cap_count(struct domain *d, uint64_t now, uint64_t used);
/** For how long it may run at once: SLICE_NS, or less where there is a cap. */
uint64_t cap_slice_ns(const struct domain *d);

#endif
