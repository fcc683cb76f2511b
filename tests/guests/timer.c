/* SPDX-License-Identifier: GPL-2.0-or-later
 * Test guest: the local APIC's timer, and Xen's periodic one. How late something comes says nothing here: only that it
 * is not early, how often it comes, and that it comes at all.
 */
#include "tests/guests/guest.h"

const char guest_name[] = "timer";

#define EOI 0x0b
#define SVR 0x0f
#define LVT 0x32
#define TMICT 0x38
#define TMCCT 0x39
#define TDCR 0x3e
#define MASKED 0x10000u
#define PERIODIC 0x20000u
#define BY_1 0xb
#define TICK_NS 10ull
#define MS (NS_PER_MS / TICK_NS)	/* counts, divided by 1 */
#define SLACK_NS NS_PER_MS		/* how far the clocks of two CPUs may be apart */
#define MSR_BASE 0x1b
#define BASE_X2 0x400u
#define VECTOR 0x50

static void pass_ms(unsigned ms)
{
	for (uint64_t end = guest_now() + ms * NS_PER_MS; guest_now() < end;)
		call(__HYPERVISOR_sched_op, SCHEDOP_yield, NULL);
}

/* A time soon after there were that many; they must come within a minute. */
static uint64_t seen(unsigned wanted)
{
	uint64_t end = guest_now() + 60000 * NS_PER_MS;

	irqs_on();
	while (guest_irqs[VECTOR] < wanted && guest_now() < end)
		;
	irqs_off();
	CHECK(guest_irqs[VECTOR] >= wanted);
	return guest_now();
}

static void one_shot(uint32_t divider, unsigned by)
{
	unsigned before = guest_irqs[VECTOR];
	uint64_t start;

	apic_write(TDCR, divider);
	CHECK_IS(apic_read(TDCR), divider);
	apic_write(LVT, VECTOR);
	start = guest_now();
	apic_write(TMICT, 20 * MS / by);
	CHECK(seen(before + 1) + SLACK_NS >= start + 20 * NS_PER_MS);
	CHECK_IS(apic_read(TMCCT), 0);
	CHECK_IS(apic_read(TMICT), 20 * MS / by);
	irqs_on();
	pass_ms(50);
	irqs_off();
	CHECK_IS(guest_irqs[VECTOR], before + 1);
}

/* The count is where the time between two readings of the clock says. */
static void counts_down(uint32_t lvt, uint32_t divider, unsigned by)
{
	uint32_t count = 4000000000u, left;
	uint64_t t[4];

	apic_write(TDCR, divider);
	apic_write(LVT, lvt);
	t[0] = guest_now();
	apic_write(TMICT, count);
	t[1] = guest_now();
	pass_ms(5);
	t[2] = guest_now();
	left = apic_read(TMCCT);
	t[3] = guest_now();
	CHECK((count - left) * by * TICK_NS + SLACK_NS >= t[2] - t[1]);
	CHECK((count - left) * by * TICK_NS <= t[3] - t[0] + SLACK_NS);
	CHECK(apic_read(TMCCT) <= left);
	apic_write(TMICT, 0);
	CHECK_IS(apic_read(TMCCT), 0);
}

static void masked(void)
{
	unsigned before = guest_irqs[VECTOR];

	apic_write(TDCR, BY_1);
	apic_write(LVT, MASKED | VECTOR);
	apic_write(TMICT, MS);
	irqs_on();
	pass_ms(20);
	CHECK_IS(apic_read(TMCCT), 0);
	apic_write(TMICT, 0);
	apic_write(LVT, VECTOR);
	pass_ms(20);
	/* One that is taken back does not come either. */
	apic_write(TMICT, 1000 * MS);
	apic_write(TMICT, 0);
	pass_ms(20);
	irqs_off();
	CHECK_IS(guest_irqs[VECTOR], before);
}

static void periodic(void)
{
	unsigned before = guest_irqs[VECTOR];
	uint64_t start;

	apic_write(LVT, PERIODIC | VECTOR);
	start = guest_now();
	apic_write(TMICT, 5 * MS);
	for (unsigned n = 1; n <= 8; n++) {
		CHECK(seen(before + n) + SLACK_NS >= start + n * 5 * NS_PER_MS);
		CHECK(apic_read(TMCCT) <= 5 * MS);
	}
	/*
	 * No count is too small; what it does to the host is the host's to see. Each is ended here, as on Xen they
	 * else leave the guest no time.
	 */
	guest_eoi[VECTOR] = false;
	apic_write(TMICT, 1);
	for (unsigned n = 0; n < 20; n++) {
		seen(guest_irqs[VECTOR] + 1);
		apic_write(EOI, 0);
	}
	apic_write(TMICT, 0);
	guest_eoi[VECTOR] = true;
	irqs_on();
	pass_ms(20);
	before = guest_irqs[VECTOR];
	pass_ms(50);
	irqs_off();
	CHECK_IS(guest_irqs[VECTOR], before);
}

static void wakes(void)
{
	for (unsigned by_call = 0; by_call < 2; by_call++) {
		unsigned before = guest_irqs[VECTOR];

		apic_write(LVT, VECTOR);
		apic_write(TMICT, 20 * MS);
		while (guest_irqs[VECTOR] == before) {
			if (by_call)
				call(__HYPERVISOR_sched_op, SCHEDOP_block, NULL);
			else
				__asm__ volatile("sti; hlt; cli" : : : "memory");
			irqs_on();
			irqs_off();
		}
		CHECK_IS(guest_irqs[VECTOR], before + 1);
	}
}

static void switched_off(void)
{
	unsigned before = guest_irqs[VECTOR];

	apic_write(LVT, VECTOR);
	apic_write(TMICT, 10 * MS);
	apic_write(SVR, 0xff);
	CHECK_IS(apic_read(LVT), MASKED | VECTOR);
	apic_write(LVT, VECTOR);
	CHECK_IS(apic_read(LVT), MASKED | VECTOR);
	irqs_on();
	pass_ms(30);
	apic_write(TMICT, 0);
	apic_write(SVR, 0x1ff);
	CHECK_IS(apic_read(LVT), MASKED | VECTOR);
	pass_ms(10);
	irqs_off();
	CHECK_IS(guest_irqs[VECTOR], before);
}

static int64_t set_periodic(uint64_t period_ns)
{
	struct vcpu_set_periodic_timer set = { .period_ns = period_ns };

	return guest_call(__HYPERVISOR_vcpu_op, VCPUOP_set_periodic_timer, 0, (uintptr_t)&set, 0, 0);
}

static void of_xen(void)
{
	struct evtchn_bind_virq bind = { .virq = VIRQ_TIMER };
	volatile xen_ulong_t *word;
	xen_ulong_t bit;
	uint64_t start;

	CHECK_IS(call(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, &bind), 0);
	word = &guest_shared->evtchn_pending[bind.port / 64];
	bit = 1ul << bind.port % 64;
	CHECK_IS(set_periodic(NS_PER_MS - 1), -XEN_EINVAL);
	CHECK_IS(set_periodic(1ull << 63), -XEN_EINVAL);
	__atomic_and_fetch(word, ~bit, __ATOMIC_SEQ_CST);
	start = guest_now();
	CHECK_IS(set_periodic(10 * NS_PER_MS), 0);
	/* The first may be at once. */
	for (unsigned n = 0; n < 4; n++) {
		uint64_t end = guest_now() + 60000 * NS_PER_MS;

		while (!(*word & bit) && guest_now() < end)
			;
		CHECK(*word & bit);
		__atomic_and_fetch(word, ~bit, __ATOMIC_SEQ_CST);
		CHECK(guest_now() + SLACK_NS >= start + n * 10 * NS_PER_MS);
	}
	CHECK_IS(guest_call(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0, 0, 0), 0);
	__atomic_and_fetch(word, ~bit, __ATOMIC_SEQ_CST);
	pass_ms(50);
	CHECK(!(*word & bit));
}

static volatile struct vcpu_time_info copy;

/* The time information, once more where the guest wants it. */
static void time_area(void)
{
	struct vcpu_register_time_memory_area area = { .addr.p = (uintptr_t)&copy };
	const volatile struct vcpu_time_info *t = &guest_shared->vcpu_info[0].time;

	CHECK_IS(guest_call(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_time_memory_area, 0, (uintptr_t)&area, 0, 0), 0);
	CHECK(copy.version && !(copy.version & 1));
	CHECK(copy.tsc_timestamp && copy.tsc_timestamp <= t->tsc_timestamp);
	CHECK_IS(copy.tsc_to_system_mul, t->tsc_to_system_mul);
	CHECK_IS(copy.tsc_shift, t->tsc_shift);
	CHECK_IS(copy.flags, t->flags);
	area.addr.p = 0;
	CHECK_IS(guest_call(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_time_memory_area, 0, (uintptr_t)&area, 0, 0), 0);
	CHECK_IS(guest_call(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_time_memory_area, 9, (uintptr_t)&area, 0, 0),
		 -XEN_ENOENT);
}

void guest_test(void)
{
	uint64_t base;

	guest_map_shared();
	guest_eoi[VECTOR] = true;
	/* There is no deadline mode. */
	CHECK(!(guest_cpuid(1, 0).ecx & 1u << 24));
	apic_write(SVR, 0x1ff);
	CHECK_IS(apic_read(TMCCT), 0);
	one_shot(BY_1, 1);
	one_shot(0, 2);
	one_shot(0xa, 128);
	counts_down(VECTOR, BY_1, 1);
	counts_down(MASKED | VECTOR, 3, 16);
	counts_down(PERIODIC | VECTOR, 8, 32);
	masked();
	periodic();
	wakes();
	switched_off();
	of_xen();
	time_area();
	CHECK_IS(guest_rdmsr(MSR_BASE, &base), -1);
	CHECK_IS(guest_wrmsr(MSR_BASE, base | BASE_X2), -1);
	guest_x2apic = true;
	one_shot(1, 4);
	counts_down(VECTOR, 9, 64);
	CHECK_IS(guest_wrmsr(0x800 + TMCCT, 0), 13);
}
