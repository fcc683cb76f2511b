/* SPDX-License-Identifier: GPL-2.0-or-later
 * Event channels, two-level (xen/event_channel.h). A port is the guest's number; both ends know each other.
 */
#ifndef XEN_CORE_DOMAIN_EVENT_H
#define XEN_CORE_DOMAIN_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#define EVENT_PORTS	4096
#define EVENT_PER_PAGE	256

struct domain;
struct vcpu;

enum event_state { EVENT_FREE, EVENT_RESERVED, EVENT_UNBOUND, EVENT_INTERDOMAIN, EVENT_VIRQ, EVENT_IPI };

struct event_port {
	uint8_t state, virq;
	uint16_t remote_domain;		/* or who may bind an unbound one */
	uint32_t remote_port;
	uint32_t vcpu;			/* who is told */
};

struct event_table {
	struct event_port *pages[EVENT_PORTS / EVENT_PER_PAGE];
	uint32_t limit;			/* the first number that may not be used */
};

/** Ports below limit, at most EVENT_PORTS, may be used; 0 never is. */
void event_init(struct domain *d, uint32_t limit);
/** Closes all ports; the other ends become unbound. */
void event_clear(struct domain *d);
/** EVTCHNOP_*; negative errno. Out-arguments are set on success alone. */
int event_alloc_unbound(struct domain *d, uint16_t remote, uint32_t *port);
int event_bind_interdomain(struct domain *d, uint16_t remote, uint32_t remote_port, uint32_t *port);
int event_bind_virq(struct domain *d, uint32_t virq, uint32_t vcpu, uint32_t *port);
int event_bind_ipi(struct domain *d, uint32_t vcpu, uint32_t *port);
int event_bind_vcpu(struct domain *d, uint32_t port, uint32_t vcpu);
int event_close(struct domain *d, uint32_t port);
int event_send(struct domain *d, uint32_t port);
int event_unmask(struct domain *d, uint32_t port);
/** The port, or NULL when it is none that is in use. */
struct event_port *event_get(struct domain *d, uint32_t port);
/** Raises a VIRQ of one vCPU, or of a domain as a whole; nothing happens where it is not bound. */
void event_virq(struct vcpu *v, uint32_t virq);
void event_virq_domain(struct domain *d, uint32_t virq);
bool event_virq_is_global(uint32_t virq);
/** Whether a port is pending in the guest's bits. */
bool event_pending(const struct domain *d, uint32_t port);
/** Sets a port pending and tells the vCPU unless masked. */
void event_raise(struct domain *d, uint32_t port);

#endif
