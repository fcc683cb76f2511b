/* SPDX-License-Identifier: GPL-2.0-or-later
 * Sets of CPUs as calls have them (xen/domctl.h: struct xenctl_bitmap).
 */
#ifndef XEN_CORE_HYPERCALL_CPUMAP_H
#define XEN_CORE_HYPERCALL_CPUMAP_H

#include <stdint.h>

struct vcpu;
struct xenctl_bitmap;

/** What the guest names, of the CPUs there are. -EFAULT. */
int cpumap_get(struct vcpu *v, const struct xenctl_bitmap *map, uint64_t *mask);
/** Fills the guest's map, with zeros beyond. -EINVAL: it is huge. -EFAULT. */
int cpumap_put(struct vcpu *v, const struct xenctl_bitmap *map, uint64_t mask);

#endif
