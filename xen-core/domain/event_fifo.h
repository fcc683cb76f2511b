/* SPDX-License-Identifier: GPL-2.0-or-later
 * Pending events as queues (xen/event_channel.h, "FIFO ABI"), for event.c: a word for each port in pages that the guest
 * gives one by one, and for each vCPU a control block, also in a page of the guest's, with the heads of 16 queues by
 * priority.
 *
 *	word	31 PENDING | 30 MASKED | 29 LINKED | 28 BUSY | 16..0 the next port of its queue, 0: it is the last
 *	block	0 ready (a bit for each queue that has become filled) | 8 head[16]
 *
 * Both are the guest's to write at any time. Where a queue ends is known here alone.
 */
#ifndef XEN_CORE_DOMAIN_EVENT_FIFO_H
#define XEN_CORE_DOMAIN_EVENT_FIFO_H

#include <stdbool.h>
#include <stdint.h>

struct domain;
struct vcpu;

/**
 * EVTCHNOP_init_control: a vCPU's control block, at offset of the domain's frame gfn, which is kept by a reference. The
 * first one switches the domain over, for good unless its ports are reset. -ENOENT: no such vCPU. -EINVAL: it has one,
 * or the place is none.
 */
int fifo_init_control(struct domain *d, uint32_t vcpu, uint64_t gfn, uint32_t offset);
/**
 * EVTCHNOP_expand_array: words for 1024 more ports, in a frame kept likewise. -EOPNOTSUPP: no control block yet.
 * -ENOSPC, -EINVAL.
 */
int fifo_expand(struct domain *d, uint64_t gfn);
/** Back to two levels, with all ports closed; the frames are given back. */
void fifo_clear(struct domain *d);

/** One port of a domain that was switched over. Where there is no word yet, raising it is remembered. */
void fifo_raise(struct domain *d, struct vcpu *v, uint32_t port);
void fifo_unmask(struct domain *d, struct vcpu *v, uint32_t port);
void fifo_unpend(struct domain *d, uint32_t port);
bool fifo_pending(const struct domain *d, uint32_t port);
/** Whether it is on a queue still, for all that the guest says: then it must not be given to somebody else. */
bool fifo_linked(const struct domain *d, uint32_t port);

#endif
