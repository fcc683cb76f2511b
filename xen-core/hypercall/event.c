/* SPDX-License-Identifier: GPL-2.0-or-later
 * event_channel_op (xen/event_channel.h): arguments in, domain/event.c, results out.
 */
#include "xen-core/hypercall/hypercall.h"

#include <xen/event_channel.h>

#include "xen-core/domain/event_fifo.h"

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
	struct evtchn_init_control control;
	struct evtchn_expand_array array;
	struct evtchn_set_priority priority;
};

static int event_status(struct vcpu *v, struct evtchn_status *s)
{
	static const uint32_t words[] = {
		[EVENT_FREE] = EVTCHNSTAT_closed, [EVENT_UNBOUND] = EVTCHNSTAT_unbound,
		[EVENT_INTERDOMAIN] = EVTCHNSTAT_interdomain, [EVENT_VIRQ] = EVTCHNSTAT_virq, [EVENT_IPI] = EVTCHNSTAT_ipi,
	};
	struct event_port *p;
	struct domain *d;
	int rc = call_target(v, s->dom, &d);

	if (rc)
		return rc;
	if (!event_known(d, s->port))
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

/* Another's, as long as it does not run. */
static int64_t reset(struct vcpu *v, const struct hypercall *call, uint16_t id)
{
	struct domain *d;
	int rc = call_target(v, id, &d);

	if (!rc && d != v->domain && !d->pause)
		return -XEN_EINVAL;
	return rc ? rc : event_clear(d, call_until(call)) ? 0 : CALL_AGAIN;
}

static int event_op(struct vcpu *v, uint64_t cmd, union op *op)
{
	struct domain *d = v->domain;

	switch (cmd) {
	case EVTCHNOP_alloc_unbound:
		return alloc_unbound(v, &op->alloc);
	case EVTCHNOP_bind_interdomain:
		return event_bind_interdomain(d, op->interdomain.remote_dom, op->interdomain.remote_port,
					      &op->interdomain.local_port);
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
	case EVTCHNOP_init_control:
		op->control.link_bits = EVTCHN_FIFO_LINK_BITS;
		return fifo_init_control(d, op->control.vcpu, op->control.control_gfn, op->control.offset);
	case EVTCHNOP_expand_array:
		return fifo_expand(d, op->array.array_gfn);
	case EVTCHNOP_set_priority:
		return event_set_priority(d, op->priority.port, op->priority.priority);
	}
	return -XEN_ENOSYS;
}

/* Bytes that each operation reads, 0: not known; and whether they are written back. */
static const struct { uint8_t size; bool back; } shapes[] = {
	[EVTCHNOP_bind_interdomain] = { sizeof(struct evtchn_bind_interdomain), true },
	[EVTCHNOP_bind_virq] = { sizeof(struct evtchn_bind_virq), true },
	[EVTCHNOP_close] = { sizeof(struct evtchn_close), false },
	[EVTCHNOP_send] = { sizeof(struct evtchn_send), false },
	[EVTCHNOP_status] = { sizeof(struct evtchn_status), true },
	[EVTCHNOP_alloc_unbound] = { sizeof(struct evtchn_alloc_unbound), true },
	[EVTCHNOP_bind_ipi] = { sizeof(struct evtchn_bind_ipi), true },
	[EVTCHNOP_bind_vcpu] = { sizeof(struct evtchn_bind_vcpu), false },
	[EVTCHNOP_unmask] = { sizeof(struct evtchn_unmask), false },
	[EVTCHNOP_reset] = { sizeof(struct evtchn_reset), false },
	[EVTCHNOP_init_control] = { sizeof(struct evtchn_init_control), true },
	[EVTCHNOP_expand_array] = { sizeof(struct evtchn_expand_array), false },
	[EVTCHNOP_set_priority] = { sizeof(struct evtchn_set_priority), false },
};

int64_t call_event(struct vcpu *v, struct hypercall *call)
{
	const uint64_t *arg = call->arg;
	union op op;
	size_t size = arg[0] < ARRAY_SIZE(shapes) ? shapes[arg[0]].size : 0;
	int rc;

	if (!size)
		return -XEN_ENOSYS;
	if (!guest_read(v, &op, arg[1], size))
		return -XEN_EFAULT;
	if (arg[0] == EVTCHNOP_reset)
		return reset(v, call, op.reset.dom);
	rc = event_op(v, arg[0], &op);
	if (!rc && shapes[arg[0]].back && !guest_write(v, arg[1], &op, size))
		return -XEN_EFAULT;
	return rc;
}
