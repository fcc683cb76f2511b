/* SPDX-License-Identifier: GPL-2.0-or-later
 * Event channels (xen/event_channel.h). A port is the guest's number; both ends know each other. What is pending the
 * guest learns from bits in shared_info (two levels), or, once it asked for them, from queues (event_fifo.h).
 */
#ifndef XEN_CORE_DOMAIN_EVENT_H
#define XEN_CORE_DOMAIN_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>

#define EVENT_PORTS		131072		/* with queues */
#define EVENT_PORTS_BITS	4096		/* with two levels */
#define EVENT_PORTS_NARROW	1024		/* and words of 32 bits */
#define EVENT_PER_PAGE		256
#define EVENT_WORD_PAGES	128
#define EVENT_QUEUES		16
#define EVENT_PRIORITY		7		/* of a port nobody gave another */

struct domain;
struct vcpu;

enum event_state { EVENT_FREE, EVENT_UNBOUND, EVENT_INTERDOMAIN, EVENT_VIRQ, EVENT_IPI };

struct event_port {
	uint8_t state, virq;
	uint16_t remote_domain;		/* or who may bind an unbound one */
	uint32_t remote_port;
	uint32_t vcpu;			/* who is told */
	uint8_t priority;		/* the queue that it is put on, 0 first */
	uint8_t queue_vcpu, queue_priority;	/* the one that it was put on last, which outlives a close */
	uint8_t waiting;		/* pending, but its word is not there yet */
};

_Static_assert(sizeof(struct event_port) == 16, "they fill their page");

/* What a 32-bit guest has in place of struct vcpu_info, and of struct shared_info (xen/xen.h). */
struct narrow_vcpu_info {
	uint8_t upcall_pending, pad0, upcall_mask, pad1;
	uint32_t pending_sel, arch[6];
	struct vcpu_time_info time;
};

struct narrow_shared_info {
	struct narrow_vcpu_info vcpu_info[32];
	uint32_t pending[32], mask[32], wc[3], arch[6], wc_sec_hi;
};

_Static_assert(sizeof(struct narrow_vcpu_info) == sizeof(struct vcpu_info) &&
		       offsetof(struct narrow_vcpu_info, time) == offsetof(struct vcpu_info, time),
	       "as in 64 bits");
_Static_assert(offsetof(struct narrow_shared_info, pending) == offsetof(struct shared_info, evtchn_pending),
	       "as in 64 bits");
_Static_assert(offsetof(struct narrow_shared_info, wc) == 2304 && offsetof(struct narrow_shared_info, wc_sec_hi) == 2340,
	       "as in 32 bits");

struct event_table {
	struct event_port **pages;	/* a page of them, there from the first port on */
	uint32_t limit;			/* the first number that may not be used */
	uint32_t first;			/* none below is free */
	bool fifo;			/* queues are in use */
	unsigned nr_word_pages;
	uint32_t *words[EVENT_WORD_PAGES];	/* the guest's pages, kept by a reference each */
};

/** Ports below limit, and as many as bits or words know, may be used; 0 never is. */
void event_init(struct domain *d, uint32_t limit);
/**
 * Closes all ports, the other ends become unbound; two levels are in use again. False: it is until_ns (0: never),
 * and there is more to do.
 */
bool event_clear(struct domain *d, uint64_t until_ns);
/** EVTCHNOP_*; negative errno. Out-arguments are set on success alone. */
int event_alloc_unbound(struct domain *d, uint16_t remote, uint32_t *port);
int event_bind_interdomain(struct domain *d, uint16_t remote, uint32_t remote_port, uint32_t *port);
int event_bind_virq(struct domain *d, uint32_t virq, uint32_t vcpu, uint32_t *port);
int event_bind_ipi(struct domain *d, uint32_t vcpu, uint32_t *port);
int event_bind_vcpu(struct domain *d, uint32_t port, uint32_t vcpu);
int event_close(struct domain *d, uint32_t port);
int event_send(struct domain *d, uint32_t port);
int event_unmask(struct domain *d, uint32_t port);
int event_set_priority(struct domain *d, uint32_t port, uint32_t priority);
/** The port, or NULL when it is none that is in use. */
struct event_port *event_get(struct domain *d, uint32_t port);
/** Whether a port is or was in use, or is near one: beyond these who looks at one after the other need not go on. */
bool event_known(const struct domain *d, uint32_t port);
/** Raises a VIRQ of one vCPU, or of a domain as a whole; nothing happens where it is not bound. */
void event_virq(struct vcpu *v, uint32_t virq);
void event_virq_domain(struct domain *d, uint32_t virq);
bool event_virq_is_global(uint32_t virq);
/** Whether a port is pending in the guest's bits, or word. */
bool event_pending(const struct domain *d, uint32_t port);
/** Sets a port pending and tells the vCPU unless masked. */
void event_raise(struct domain *d, uint32_t port);
/** Any port of the vCPU may be pending: it is to look at all. */
void event_look(struct vcpu *v);
/** Interrupts a vCPU, as there is something for it to find. */
void event_upcall(struct vcpu *v);

#endif
