/* SPDX-License-Identifier: GPL-2.0-or-later
 * Ports, and the two levels of bits: these lie in shared_info, where the guest changes them while we do, so each is one
 * atomic operation.
 */
#include "xen-core/domain/event.h"

#include <xen/errno.h>
#include <xen/event_channel.h>

#include "xen-core/cpu/apic.h"
#include "xen-core/domain/domain.h"
#include "xen-core/domain/event_fifo.h"
#include "xen-core/domain/sched.h"

void event_init(struct domain *d, uint32_t limit)
{
	d->events.limit = MIN(limit, (uint32_t)EVENT_PORTS);
	d->events.first = 1;
}

static uint32_t nr_ports(const struct domain *d)
{
	return d->events.fifo ? d->events.limit
			      : MIN(d->events.limit, (uint32_t)(d->narrow ? EVENT_PORTS_NARROW : EVENT_PORTS_BITS));
}

bool event_known(const struct domain *d, uint32_t port)
{
	return port < d->events.limit && (port < EVENT_PER_PAGE || (d->events.pages && d->events.pages[port / EVENT_PER_PAGE]));
}

static struct event_port *port_at(struct domain *d, uint32_t port)
{
	struct event_port *page =
		port && event_known(d, port) && d->events.pages ? d->events.pages[port / EVENT_PER_PAGE] : NULL;

	return page ? page + port % EVENT_PER_PAGE : NULL;
}

static struct event_port *port_make(struct domain *d, uint32_t port)
{
	struct event_port **pages = d->events.pages;

	if (!pages)
		d->events.pages = pages = page_alloc();
	if (pages && !pages[port / EVENT_PER_PAGE])
		pages[port / EVENT_PER_PAGE] = page_alloc();
	return port_at(d, port);
}

struct event_port *event_get(struct domain *d, uint32_t port)
{
	struct event_port *p = port_at(d, port);

	return p && p->state != EVENT_FREE ? p : NULL;
}

static struct vcpu *target(struct domain *d, const struct event_port *p)
{
	return p->vcpu < d->nr_vcpus ? d->vcpus[p->vcpu] : NULL;
}

/* All but where it was queued last: the guest may not have taken it off there. */
static void port_set(struct event_port *p, struct event_port with)
{
	with.priority = EVENT_PRIORITY;
	with.queue_vcpu = p->queue_vcpu;
	with.queue_priority = p->queue_priority;
	*p = with;
}

/* The lowest that is free, and on no queue any more. */
static int port_alloc(struct domain *d, struct event_port with, uint32_t *port)
{
	for (uint32_t i = d->events.first; i < nr_ports(d); i++) {
		struct event_port *p = port_make(d, i);

		if (!p)
			return -XEN_ENOMEM;
		if (p->state == EVENT_FREE && !(d->events.fifo && fifo_linked(d, i))) {
			port_set(p, with);
			*port = i;
			return 0;
		}
		if (p->state != EVENT_FREE && d->events.first == i)
			d->events.first++;
	}
	return -XEN_ENOSPC;
}

static bool test_and_set(xen_ulong_t *bits, uint32_t nr)
{
	xen_ulong_t bit = (xen_ulong_t)1 << nr % 64;

	return __atomic_fetch_or(&bits[nr / 64], bit, __ATOMIC_SEQ_CST) & bit;
}

static bool test_and_clear(xen_ulong_t *bits, uint32_t nr)
{
	xen_ulong_t bit = (xen_ulong_t)1 << nr % 64;

	return __atomic_fetch_and(&bits[nr / 64], ~bit, __ATOMIC_SEQ_CST) & bit;
}

static bool test(const xen_ulong_t *bits, uint32_t nr)
{
	return __atomic_load_n(&bits[nr / 64], __ATOMIC_SEQ_CST) >> nr % 64 & 1;
}

/* Of words that are shorter each bit is where it is in those of 64, but they are fewer. A port from before may be beyond. */
static bool has_bit(const struct domain *d, uint32_t port)
{
	return port < (d->narrow ? EVENT_PORTS_NARROW : EVENT_PORTS_BITS);
}

static xen_ulong_t *masks(struct domain *d)
{
	return d->narrow ? (void *)((struct narrow_shared_info *)(void *)d->shared)->mask : d->shared->evtchn_mask;
}

bool event_pending(const struct domain *d, uint32_t port)
{
	if (d->events.fifo)
		return fifo_pending(d, port);
	return has_bit(d, port) && test(d->shared->evtchn_pending, port);
}

void event_look(struct vcpu *v)
{
	if (v->domain->narrow)
		((struct narrow_vcpu_info *)(void *)v->info)->pending_sel = UINT32_MAX;
	else
		v->info->evtchn_pending_sel = ~(xen_ulong_t)0;
	event_upcall(v);
}

void event_upcall(struct vcpu *v)
{
	__atomic_store_n(&v->info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST);
	vcpu_wake(v);
}

/* The upper of the two levels. */
static void tell(struct vcpu *v, uint32_t port)
{
	/* The word of 32 bits is the upper half of one. */
	if (!(v->domain->narrow ? test_and_set((xen_ulong_t *)(void *)v->info, 32 + port / 32) :
	      test_and_set(&v->info->evtchn_pending_sel, port / 64)))
		event_upcall(v);
}

void event_raise(struct domain *d, uint32_t port)
{
	struct event_port *p = event_get(d, port);
	struct vcpu *v = p ? target(d, p) : NULL;

	if (!v)
		return;
	if (d->events.fifo)
		fifo_raise(d, v, port);
	else if (has_bit(d, port) && !test_and_set(d->shared->evtchn_pending, port) && !test(masks(d), port))
		tell(v, port);
	/* Who polls looks at ports that are masked, too. */
	for (unsigned i = 0; i < d->nr_vcpus; i++)
		if (d->vcpus[i] && d->vcpus[i]->polling && (!d->vcpus[i]->poll_port || d->vcpus[i]->poll_port == port))
			vcpu_wake(d->vcpus[i]);
}

int event_alloc_unbound(struct domain *d, uint16_t remote, uint32_t *port)
{
	return port_alloc(d, (struct event_port){ .state = EVENT_UNBOUND, .remote_domain = remote }, port);
}

int event_bind_interdomain(struct domain *d, uint16_t remote, uint32_t remote_port, uint32_t *port)
{
	struct domain *other = remote == DOMID_SELF ? d : domain_find(remote);
	struct event_port *theirs = other ? event_get(other, remote_port) : NULL;
	int rc;

	if (!other || other->dying)
		return -XEN_ESRCH;
	if (!theirs || theirs->state != EVENT_UNBOUND || theirs->remote_domain != d->id)
		return -XEN_EINVAL;
	rc = port_alloc(d,
			(struct event_port){
				.state = EVENT_INTERDOMAIN, .remote_domain = other->id, .remote_port = remote_port },
			port);
	if (rc)
		return rc;
	theirs->state = EVENT_INTERDOMAIN;
	theirs->remote_port = *port;
	/* What was sent before anybody listened is not lost. */
	event_raise(d, *port);
	return 0;
}

bool event_virq_is_global(uint32_t virq)
{
	return virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF && virq != VIRQ_XENPMU;
}

int event_bind_virq(struct domain *d, uint32_t virq, uint32_t vcpu, uint32_t *port)
{
	struct vcpu *v = vcpu < d->nr_vcpus ? d->vcpus[vcpu] : NULL;
	int rc;

	if (virq >= NR_VIRQS || (event_virq_is_global(virq) && vcpu))
		return -XEN_EINVAL;
	/* What tells of the host is for who may change it. */
	if (event_virq_is_global(virq) && !d->privileged)
		return -XEN_EPERM;
	if (!v)
		return -XEN_ENOENT;
	if (v->virq_port[virq])
		return -XEN_EEXIST;
	rc = port_alloc(d, (struct event_port){ .state = EVENT_VIRQ, .virq = (uint8_t)virq, .vcpu = vcpu }, port);
	if (!rc)
		v->virq_port[virq] = *port;
	return rc;
}

int event_bind_ipi(struct domain *d, uint32_t vcpu, uint32_t *port)
{
	if (vcpu >= d->nr_vcpus || !d->vcpus[vcpu])
		return -XEN_ENOENT;
	return port_alloc(d, (struct event_port){ .state = EVENT_IPI, .vcpu = vcpu }, port);
}

int event_bind_vcpu(struct domain *d, uint32_t port, uint32_t vcpu)
{
	struct event_port *p = event_get(d, port);

	if (vcpu >= d->nr_vcpus || !d->vcpus[vcpu])
		return -XEN_ENOENT;
	if (!p || p->state == EVENT_IPI || (p->state == EVENT_VIRQ && !event_virq_is_global(p->virq)))
		return -XEN_EINVAL;
	p->vcpu = vcpu;
	return 0;
}

int event_close(struct domain *d, uint32_t port)
{
	struct event_port *p = event_get(d, port), *theirs;
	struct domain *other;

	if (!p)
		return -XEN_EINVAL;
	if (p->state == EVENT_INTERDOMAIN) {
		other = domain_find(p->remote_domain);
		theirs = other ? event_get(other, p->remote_port) : NULL;
		if (theirs && theirs->state == EVENT_INTERDOMAIN) {
			theirs->state = EVENT_UNBOUND;
			theirs->remote_domain = d->id;
			theirs->remote_port = 0;
		}
	} else if (p->state == EVENT_VIRQ) {
		d->vcpus[event_virq_is_global(p->virq) ? 0 : p->vcpu]->virq_port[p->virq] = 0;
	}
	port_set(p, (struct event_port){ .state = EVENT_FREE });
	d->events.first = MIN(d->events.first, port);
	if (d->events.fifo)
		fifo_unpend(d, port);
	else if (has_bit(d, port))
		test_and_clear(d->shared->evtchn_pending, port);
	return 0;
}

bool event_clear(struct domain *d, uint64_t until_ns)
{
	struct event_port **pages = d->events.pages;

	for (uint32_t i = 0; pages && i < EVENT_PORTS / EVENT_PER_PAGE; i++) {
		if (!pages[i])
			continue;
		for (uint32_t k = 0; k < EVENT_PER_PAGE; k++)
			event_close(d, i * EVENT_PER_PAGE + k);
		page_free(pages[i]);
		pages[i] = NULL;
		if (time_over(until_ns))
			return false;
	}
	page_free(pages);
	d->events.pages = NULL;
	d->events.first = 1;
	fifo_clear(d);
	return true;
}

int event_send(struct domain *d, uint32_t port)
{
	struct event_port *p = event_get(d, port);
	struct domain *other;

	if (!p)
		return -XEN_EINVAL;
	switch (p->state) {
	case EVENT_INTERDOMAIN:
		other = domain_find(p->remote_domain);
		if (other)
			event_raise(other, p->remote_port);
		return 0;
	case EVENT_IPI:
		event_raise(d, port);
		return 0;
	case EVENT_UNBOUND:
		return 0;
	default:
		return -XEN_EINVAL;
	}
}

int event_unmask(struct domain *d, uint32_t port)
{
	struct event_port *p = event_get(d, port);
	struct vcpu *v = p ? target(d, p) : NULL;

	if (!p)
		return -XEN_EINVAL;
	if (d->events.fifo) {
		if (v)
			fifo_unmask(d, v, port);
	} else if (has_bit(d, port) && test_and_clear(masks(d), port) && event_pending(d, port) && v) {
		tell(v, port);
	}
	return 0;
}

int event_set_priority(struct domain *d, uint32_t port, uint32_t priority)
{
	struct event_port *p = event_get(d, port);

	if (!event_known(d, port))
		return -XEN_EINVAL;
	if (!d->events.fifo)
		return -XEN_ENOSYS;
	if (!p)
		return -XEN_EACCES;
	if (priority >= EVENT_QUEUES)
		return -XEN_EINVAL;
	/* If it is on a queue now, it stays there until the guest takes it off. */
	p->priority = (uint8_t)priority;
	return 0;
}

void event_virq(struct vcpu *v, uint32_t virq)
{
	if (v->virq_port[virq])
		event_raise(v->domain, v->virq_port[virq]);
}

void event_virq_domain(struct domain *d, uint32_t virq)
{
	if (d && d->nr_vcpus && d->vcpus[0])
		event_virq(d->vcpus[0], virq);
}
