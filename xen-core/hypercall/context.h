/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XEN_CORE_HYPERCALL_CONTEXT_H
#define XEN_CORE_HYPERCALL_CONTEXT_H

#include <stdint.h>

struct vcpu;
struct domain;

/** Takes a domain's state from size bytes at the caller's va; vCPUs that get theirs become runnable. -EINVAL, -EFAULT. */
int context_load(struct vcpu *v, struct domain *d, uint64_t va, uint32_t size);
/** Writes it; *size is the room, then what was used. Without va, *size receives the room that is enough. -ENOSPC, -EFAULT. */
int context_save(struct vcpu *v, struct domain *d, uint64_t va, uint32_t *size);

#endif
