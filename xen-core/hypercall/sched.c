/* SPDX-License-Identifier: GPL-2.0-or-later
 * sched_op (xen/sched.h).
 */
#include "xen-core/hypercall/hypercall.h"

#include <xen/sched.h>

#include "xen-core/domain/inject.h"
#include "xen-core/domain/sched.h"

static int64_t op_shutdown(struct vcpu *v, uint64_t va)
{
	struct sched_shutdown s;

	if (!guest_read_struct(v, &s, va))
		return -XEN_EFAULT;
	if (s.reason > SHUTDOWN_MAX)
		return -XEN_EINVAL;
	/* Once: others of its vCPUs may do so as well. */
	if (!v->domain->shut_down)
		log_print("domain %u shuts down, reason %u\n", v->domain->id, s.reason);
	domain_shutdown(v->domain, (uint8_t)s.reason);
	return 0;
}

/* dom0 says that another has ended, and why; itself it ends by SCHEDOP_shutdown. */
static int64_t op_remote_shutdown(struct vcpu *v, uint64_t va)
{
	struct sched_remote_shutdown s;
	struct domain *d;
	int rc;

	if (!guest_read_struct(v, &s, va))
		return -XEN_EFAULT;
	rc = call_target(v, s.domain_id, &d);
	if (rc)
		return rc;
	if (!v->domain->privileged)
		return -XEN_EPERM;
	if (d == v->domain || s.reason > SHUTDOWN_MAX)
		return -XEN_EINVAL;
	domain_shutdown(d, (uint8_t)s.reason);
	return 0;
}

static int64_t op_poll(struct vcpu *v, const struct hypercall *call)
{
	struct sched_poll poll;
	evtchn_port_t port = 0;

	if (!call_read(v, call, &poll, call->arg[1], "w48"))
		return -XEN_EFAULT;
	if (poll.nr_ports > 128)
		return -XEN_EINVAL;
	for (unsigned i = 0; i < poll.nr_ports; i++) {
		if (!guest_read(v, &port, HANDLE(poll.ports) + i * sizeof(port), sizeof(port)))
			return -XEN_EFAULT;
		if (!event_get(v->domain, port))
			return -XEN_EINVAL;
		if (event_pending(v->domain, port))
			return 0;
	}
	/* An interrupt that the guest can take now is not slept through. */
	if (!inject_deliverable(v))
		vcpu_poll(v, poll.nr_ports == 1 ? port : 0, poll.timeout);
	return 0;
}

int64_t call_sched(struct vcpu *v, struct hypercall *call)
{
	const uint64_t *arg = call->arg;
	switch (arg[0]) {
	case SCHEDOP_yield:
		vcpu_yield(v);
		return 0;
	case SCHEDOP_block:
		v->info->evtchn_upcall_mask = 0;
		vcpu_block(v);
		return 0;
	case SCHEDOP_shutdown:
		return op_shutdown(v, arg[1]);
	case SCHEDOP_poll:
		return op_poll(v, call);
	case SCHEDOP_remote_shutdown:
		return op_remote_shutdown(v, arg[1]);
	}
	return -XEN_ENOSYS;
}
