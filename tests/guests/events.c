/* SPDX-License-Identifier: GPL-2.0-or-later
 * Test guest: event channels to itself, from the bits in shared_info to its interrupt, the timer, and waiting for one.
 */
#include "tests/guests/guest.h"

const char guest_name[] = "events";

static struct vcpu_info *info;

static int64_t event(unsigned cmd, void *arg)
{
	return call(__HYPERVISOR_event_channel_op, cmd, arg);
}

static bool pending(evtchn_port_t port)
{
	return guest_shared->evtchn_pending[port / 64] >> port % 64 & 1;
}

static void mask(evtchn_port_t port, bool on)
{
	if (on)
		__atomic_fetch_or(&guest_shared->evtchn_mask[port / 64], UINT64_C(1) << port % 64, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_and(&guest_shared->evtchn_mask[port / 64], ~(UINT64_C(1) << port % 64), __ATOMIC_SEQ_CST);
}

static void clear(evtchn_port_t port)
{
	info->evtchn_upcall_pending = 0;
	__atomic_store_n(&info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	__atomic_fetch_and(&guest_shared->evtchn_pending[port / 64], ~(UINT64_C(1) << port % 64), __ATOMIC_SEQ_CST);
}

static void send(evtchn_port_t port)
{
	struct evtchn_send s = { .port = port };

	CHECK_IS(event(EVTCHNOP_send, &s), 0);
}

static int64_t status(evtchn_port_t port)
{
	struct evtchn_status s = { .dom = DOMID_SELF, .port = port };

	CHECK_IS(event(EVTCHNOP_status, &s), 0);
	return s.status;
}

static void setup(void)
{
	guest_upcalls_on();
	info = &guest_shared->vcpu_info[0];
	info->evtchn_upcall_pending = 0;
	irqs_on();
	irqs_off();
	guest_irqs[UPCALL_VECTOR] = 0;
}

static void bind(evtchn_port_t *near, evtchn_port_t *far)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	struct evtchn_bind_interdomain b = { .remote_dom = DOMID_SELF };

	CHECK_IS(event(EVTCHNOP_alloc_unbound, &a), 0);
	CHECK_IS(status(a.port), EVTCHNSTAT_unbound);
	b.remote_port = a.port;
	CHECK_IS(event(EVTCHNOP_bind_interdomain, &b), 0);
	CHECK(b.local_port != a.port);
	CHECK_IS(status(a.port), EVTCHNSTAT_interdomain);
	CHECK_IS(event(EVTCHNOP_bind_interdomain, &b), -XEN_EINVAL);
	*near = a.port;
	*far = b.local_port;
	clear(*far);
	clear(*near);
}

static void delivery(evtchn_port_t near, evtchn_port_t far)
{
	mask(near, false);
	send(far);
	CHECK(pending(near) && !pending(far));
	CHECK(info->evtchn_upcall_pending);
	CHECK(info->evtchn_pending_sel & 1ul << near / 64);
	CHECK_IS(guest_irqs[UPCALL_VECTOR], 0);
	irqs_on();
	irqs_off();
	CHECK_IS(guest_irqs[UPCALL_VECTOR], 1);
	/* Pending still: no second one. */
	clear(0);
	send(far);
	CHECK(!info->evtchn_upcall_pending);
	clear(near);
}

static void masking(evtchn_port_t near, evtchn_port_t far)
{
	struct evtchn_unmask u = { .port = near };

	mask(near, true);
	send(far);
	CHECK(pending(near));
	CHECK(!info->evtchn_upcall_pending);
	CHECK_IS(event(EVTCHNOP_unmask, &u), 0);
	CHECK(info->evtchn_upcall_pending);
	irqs_on();
	irqs_off();
	CHECK_IS(guest_irqs[UPCALL_VECTOR], 2);
	clear(near);
}

static void timer(void)
{
	struct evtchn_bind_virq b = { .virq = VIRQ_TIMER, .vcpu = 0 };
	struct vcpu_set_singleshot_timer t = { .flags = 0 };

	CHECK_IS(event(EVTCHNOP_bind_virq, &b), 0);
	CHECK_IS(event(EVTCHNOP_bind_virq, &b), -XEN_EEXIST);
	CHECK_IS(status(b.port), EVTCHNSTAT_virq);
	mask(b.port, false);
	for (unsigned i = 0; i < 5; i++) {
		unsigned before = guest_irqs[UPCALL_VECTOR];

		t.timeout_abs_ns = guest_now() + 20 * NS_PER_MS;
		/* By both calls that there are for it. */
		if (i & 1)
			CHECK_IS(guest_call(__HYPERVISOR_set_timer_op, t.timeout_abs_ns, 0, 0, 0, 0), 0);
		else
			CHECK_IS(guest_call(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, (uintptr_t)&t, 0, 0), 0);
		while (guest_irqs[UPCALL_VECTOR] == before)
			__asm__ volatile("sti; hlt; cli" : : : "memory");
		CHECK(guest_now() >= t.timeout_abs_ns);
		CHECK(pending(b.port));
		clear(b.port);
	}
	/* Blocked with interrupts off, the event wakes it, and comes when they are on. */
	t.timeout_abs_ns = guest_now() + 20 * NS_PER_MS;
	CHECK_IS(guest_call(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, (uintptr_t)&t, 0, 0), 0);
	CHECK_IS(call(__HYPERVISOR_sched_op, SCHEDOP_block, NULL), 0);
	CHECK(guest_now() >= t.timeout_abs_ns);
	CHECK(pending(b.port));
	irqs_on();
	irqs_off();
	clear(b.port);
	CHECK_IS(guest_call(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 7, (uintptr_t)&t, 0, 0), -XEN_ENOENT);
}

static void polling(evtchn_port_t near, evtchn_port_t far)
{
	struct sched_poll poll = { .nr_ports = 1, .timeout = guest_now() + 20 * NS_PER_MS };
	evtchn_port_t none = 4000;

	set_xen_guest_handle(poll.ports, &near);
	mask(near, true);
	/* Xen's may return early, now and then: who polls looks, and polls again. */
	for (unsigned i = 0; i < 8 && guest_now() < poll.timeout; i++)
		CHECK_IS(call(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll), 0);
	CHECK(guest_now() >= poll.timeout);
	send(far);
	poll.timeout = guest_now() + 3600000 * NS_PER_MS;
	CHECK_IS(call(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll), 0);
	clear(near);
	set_xen_guest_handle(poll.ports, &none);
	CHECK_IS(call(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll), -XEN_EINVAL);
	poll.nr_ports = 129;
	CHECK_IS(call(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll), -XEN_EINVAL);
}

static void closing(evtchn_port_t near, evtchn_port_t far)
{
	struct evtchn_close c = { .port = far };
	struct evtchn_bind_ipi ipi = { .vcpu = 0 };
	struct evtchn_send s = { .port = far };

	CHECK_IS(event(EVTCHNOP_close, &c), 0);
	CHECK_IS(status(near), EVTCHNSTAT_unbound);
	CHECK_IS(status(far), EVTCHNSTAT_closed);
	CHECK_IS(event(EVTCHNOP_send, &s), -XEN_EINVAL);
	CHECK_IS(event(EVTCHNOP_close, &c), -XEN_EINVAL);
	c.port = near;
	CHECK_IS(event(EVTCHNOP_close, &c), 0);
	CHECK_IS(event(EVTCHNOP_bind_ipi, &ipi), 0);
	send(ipi.port);
	CHECK(pending(ipi.port));
	ipi.vcpu = 9;
	CHECK_IS(event(EVTCHNOP_bind_ipi, &ipi), -XEN_ENOENT);
	c.port = 1u << 20;
	CHECK_IS(event(EVTCHNOP_close, &c), -XEN_EINVAL);
}

void guest_test(void)
{
	evtchn_port_t near, far;

	setup();
	bind(&near, &far);
	delivery(near, far);
	masking(near, far);
	timer();
	polling(near, far);
	closing(near, far);
}
