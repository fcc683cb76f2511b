/* SPDX-License-Identifier: GPL-2.0-or-later
 * Guest of bench/count: does what a hypervisor is asked for most often, with marks around each part, so that the instructions
 * which it took can be counted. Marks 16 + 2n and 17 + 2n are around BATCH rounds of the nth kind.
 */
#include "tests/guests/guest.h"

#include "bench/count/mark.h"

const char guest_name[] = "count";

#define BATCHES 41u
#define BATCH 20u

#define COUNTED(kind, round)                               \
	for (unsigned b_ = 0; b_ < BATCHES; b_++) {        \
		MARK(16 + 2 * (kind));                     \
		for (unsigned r_ = 0; r_ < BATCH; r_++)    \
			round;                             \
		MARK(17 + 2 * (kind));                     \
	}


static evtchn_port_t here, there, near, far;
static volatile unsigned started;

static int64_t event(unsigned cmd, void *arg)
{
	return call(__HYPERVISOR_event_channel_op, cmd, arg);
}

static void clear(evtchn_port_t port)
{
	__atomic_fetch_and(&guest_shared->evtchn_pending[port / 64], ~(UINT64_C(1) << port % 64), __ATOMIC_SEQ_CST);
}

static void unmask(evtchn_port_t port)
{
	__atomic_fetch_and(&guest_shared->evtchn_mask[port / 64], ~(UINT64_C(1) << port % 64), __ATOMIC_SEQ_CST);
}

static void send(evtchn_port_t port)
{
	struct evtchn_send s = { .port = port };

	CHECK_IS(event(EVTCHNOP_send, &s), 0);
}

static void await(evtchn_port_t *port)
{
	struct sched_poll poll = { .nr_ports = 1 };

	set_xen_guest_handle(poll.ports, port);
	CHECK_IS(call(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll), 0);
	clear(*port);
}

void guest_ap_main(void)
{
	__atomic_store_n(&started, 1, __ATOMIC_SEQ_CST);
	for (;;) {
		await(&there);
		send(here);
	}
}

/* To itself, by another channel; the handler has run when the round ends. */
static void notify(void)
{
	unsigned before = guest_irqs[UPCALL_VECTOR];

	send(far);
	irqs_on();
	irqs_off();
	CHECK_IS(guest_irqs[UPCALL_VECTOR], before + 1);
	__atomic_store_n(&guest_shared->vcpu_info[0].evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	clear(near);
}

/* To the other CPU, and back: two notifications, and two switches where there is one processor for both. */
static void ping(void)
{
	send(there);
	await(&here);
}

static evtchn_port_t ipi_port(uint32_t vcpu)
{
	struct evtchn_bind_ipi b = { .vcpu = vcpu };

	CHECK_IS(event(EVTCHNOP_bind_ipi, &b), 0);
	return b.port;
}

static void setup(void)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	struct evtchn_bind_interdomain b = { .remote_dom = DOMID_SELF };

	guest_upcalls_on();
	guest_shared->vcpu_info[0].evtchn_upcall_pending = 0;
	CHECK_IS(event(EVTCHNOP_alloc_unbound, &a), 0);
	near = b.remote_port = a.port;
	CHECK_IS(event(EVTCHNOP_bind_interdomain, &b), 0);
	far = b.local_port;
	here = ipi_port(0);
	there = ipi_port(1);
	clear(near);
	clear(far);
	unmask(near);
	/* What binding has set is no event of ours. */
	irqs_on();
	irqs_off();
	__atomic_store_n(&guest_shared->vcpu_info[0].evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	guest_ap_start(&started);
}

void guest_test(void)
{
	uint32_t value;
	uint64_t msr;

	setup();
	COUNTED(0, guest_call(__HYPERVISOR_xen_version, XENVER_version, 0, 0, 0, 0))
	COUNTED(1, notify())
	COUNTED(2, ping())
	COUNTED(3, guest_cpuid(1, 0))
	COUNTED(4, guest_in(0x42, 1, &value))
	COUNTED(5, guest_rdmsr(0xc0000080, &msr))
	COUNTED(6, apic_read(2))
}
