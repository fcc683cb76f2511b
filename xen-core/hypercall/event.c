/* SPDX-License-Identifier: GPL-2.0-or-later
 * event_channel_op (xen/event_channel.h): arguments in, domain/event.c, results out.
 */
#include "xen-core/hypercall/hypercall.h"

#include <xen/event_channel.h>

union op {
	struct evtchn_alloc_unbound alloc;
	struct evtchn_bind_interdomain interdomain;
	struct evtchn_bind_virq virq;
	struct evtchn_bind_ipi ipi;
	struct evtchn_close close;
	struct evtchn_send send;
	struct evtchn_status status;
	struct evtchn_bind_vcpu vcpu;
	struct evtchn_unmask unmask;
	struct evtchn_reset reset;
};

static int event_status(struct vcpu *v, struct evtchn_status *s)
{
	static const uint32_t words[] = {
		[EVENT_FREE] = EVTCHNSTAT_closed, [EVENT_RESERVED] = EVTCHNSTAT_closed, [EVENT_UNBOUND] = EVTCHNSTAT_unbound,
		[EVENT_INTERDOMAIN] = EVTCHNSTAT_interdomain, [EVENT_VIRQ] = EVTCHNSTAT_virq, [EVENT_IPI] = EVTCHNSTAT_ipi,
	};
	struct event_port *p;
	struct domain *d;
	int rc = call_target(v, s->dom, &d);

	if (rc)
		return rc;
	if (s->port >= d->events.limit)
		return -XEN_EINVAL;
	p = event_get(d, s->port);
	s->status = p ? words[p->state] : EVTCHNSTAT_closed;
	s->vcpu = p ? p->vcpu : 0;
	if (p && p->state == EVENT_UNBOUND)
		s->u.unbound.dom = p->remote_domain;
	if (p && p->state == EVENT_INTERDOMAIN) {
		s->u.interdomain.dom = p->remote_domain;
		s->u.interdomain.port = p->remote_port;
	}
	if (p && p->state == EVENT_VIRQ)
		s->u.virq = p->virq;
	return 0;
}

static int alloc_unbound(struct vcpu *v, struct evtchn_alloc_unbound *a)
{
	uint16_t remote = a->remote_dom == DOMID_SELF ? v->domain->id : a->remote_dom;
	struct domain *d;
	int rc = call_target(v, a->dom, &d);

	return rc ? rc : event_alloc_unbound(d, remote, &a->port);
}

static int event_op(struct vcpu *v, uint64_t cmd, union op *op)
{
	struct domain *d = v->domain;
	int rc;

	switch (cmd) {
	case EVTCHNOP_alloc_unbound:
		return alloc_unbound(v, &op->alloc);
	case EVTCHNOP_bind_interdomain:
		return event_bind_interdomain(d, op->interdomain.remote_dom, op->interdomain.remote_port, &op->interdomain.local_port);
	case EVTCHNOP_bind_virq:
		return event_bind_virq(d, op->virq.virq, op->virq.vcpu, &op->virq.port);
	case EVTCHNOP_bind_ipi:
		return event_bind_ipi(d, op->ipi.vcpu, &op->ipi.port);
	case EVTCHNOP_close:
		return event_close(d, op->close.port);
	case EVTCHNOP_send:
		return event_send(d, op->send.port);
	case EVTCHNOP_status:
		return event_status(v, &op->status);
	case EVTCHNOP_bind_vcpu:
		return event_bind_vcpu(d, op->vcpu.port, op->vcpu.vcpu);
	case EVTCHNOP_unmask:
		return event_unmask(d, op->unmask.port);
	case EVTCHNOP_reset:
		rc = call_target(v, op->reset.dom, &d);
		if (!rc)
			event_clear(d);
		return rc;
	}
	return -XEN_ENOSYS;
}

/* Bytes that each operation reads, and writes back; 0: not known. */
static const uint8_t sizes[] = {
	[EVTCHNOP_bind_interdomain] = sizeof(struct evtchn_bind_interdomain),
	[EVTCHNOP_bind_virq] = sizeof(struct evtchn_bind_virq),
	[EVTCHNOP_close] = sizeof(struct evtchn_close),
	[EVTCHNOP_send] = sizeof(struct evtchn_send),
	[EVTCHNOP_status] = sizeof(struct evtchn_status),
	[EVTCHNOP_alloc_unbound] = sizeof(struct evtchn_alloc_unbound),
	[EVTCHNOP_bind_ipi] = sizeof(struct evtchn_bind_ipi),
	[EVTCHNOP_bind_vcpu] = sizeof(struct evtchn_bind_vcpu),
	[EVTCHNOP_unmask] = sizeof(struct evtchn_unmask),
	[EVTCHNOP_reset] = sizeof(struct evtchn_reset),
};

int64_t call_event(struct vcpu *v, struct hypercall *call)
{
	const uint64_t *arg = call->arg;
	union op op;
	size_t size = arg[0] < ARRAY_SIZE(sizes) ? sizes[arg[0]] : 0;
	int rc;

	if (!size)
		return -XEN_ENOSYS;
	if (!guest_read(v, &op, arg[1], size))
		return -XEN_EFAULT;
	rc = event_op(v, arg[0], &op);
	if (!rc && arg[0] != EVTCHNOP_send && arg[0] != EVTCHNOP_close && arg[0] != EVTCHNOP_unmask && !guest_write(v, arg[1], &op, size))
		return -XEN_EFAULT;
	return rc;
}
