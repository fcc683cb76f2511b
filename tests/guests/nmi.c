/* SPDX-License-Identifier: GPL-2.0-or-later
 * Test guest: NMIs, to itself and to a second CPU, which works, or is halted, with interrupts on or off. Each comes
 * once, and none in another.
 */
#include "tests/guests/guest.h"

const char guest_name[] = "nmi";

#define NMI 0x4400u
#define TO_SELF 0x40000u
#define TO_ALL 0x80000u
#define TO_OTHERS 0xc0000u

enum way { WORK, WORK_OFF, HALT, HALT_OFF, WAYS };

static volatile unsigned started, had[2], nested, inside[2], in_handler;
static volatile unsigned way, way_taken;

void guest_nmi(void)
{
	unsigned cpu = apic_read(2) >> 24 ? 1 : 0;

	if (inside[cpu])
		nested++;
	inside[cpu] = 1;
	had[cpu]++;
	if (cpu == 0 && in_handler) {
		/* Two that come meanwhile are one, later. */
		in_handler = 0;
		for (unsigned i = 0; i < 2; i++) {
			guest_ipi(0, NMI);
			call(__HYPERVISOR_sched_op, SCHEDOP_yield, NULL);
		}
	}
	inside[cpu] = 0;
}

void guest_ap_main(void)
{
	apic_write(0xf, 0x1ff);
	__atomic_store_n(&started, 1, __ATOMIC_SEQ_CST);
	for (;;) {
		unsigned now = way;

		if (now == WORK || now == HALT)
			irqs_on();
		else
			irqs_off();
		way_taken = now + 1;
		if (now == HALT || now == HALT_OFF)
			__asm__ volatile("hlt" : : : "memory");
		else
			__asm__ volatile("pause");
	}
}

/* Time for one too many. */
static void nobody_else(unsigned here, unsigned there)
{
	uint64_t end = guest_now() + 20 * NS_PER_MS;

	while (guest_now() < end)
		call(__HYPERVISOR_sched_op, SCHEDOP_yield, NULL);
	CHECK_IS(had[0], here);
	CHECK_IS(had[1], there);
	CHECK_IS(nested, 0);
}

static void to_itself(void)
{
	unsigned n = had[0];

	guest_ipi(0, NMI);
	CHECK(guest_wait(&had[0], ++n));
	guest_ipi(0, NMI | TO_SELF);
	CHECK(guest_wait(&had[0], ++n));
	CHECK_IS(guest_call(__HYPERVISOR_vcpu_op, VCPUOP_send_nmi, 0, 0, 0, 0), 0);
	CHECK(guest_wait(&had[0], ++n));
	nobody_else(n, had[1]);
	in_handler = 1;
	guest_ipi(0, NMI);
	CHECK(guest_wait(&had[0], n += 2));
	CHECK_IS(in_handler, 0);
	nobody_else(n, had[1]);
}

/* Behind the instruction that turns interrupts on, or loads the stack's segment, an NMI waits for one more. */
static void in_shadow(void)
{
	unsigned n = had[0];

	for (unsigned i = 0; i < 20; i++) {
		guest_ipi(0, NMI);
		__asm__ volatile("mov %%ss, %%eax; mov %%eax, %%ss; nop; sti; nop; cli" : : : "eax", "memory");
		CHECK(guest_wait(&had[0], ++n));
	}
	nobody_else(n, had[1]);
}

/* Xen forgets what comes to one that is about to halt with interrupts off. */
static void let_halt(enum way is)
{
	while (is == HALT_OFF && guest_call(__HYPERVISOR_vcpu_op, VCPUOP_is_up, 1, 0, 0, 0))
		call(__HYPERVISOR_sched_op, SCHEDOP_yield, NULL);
}

static void to_other(enum way is)
{
	unsigned n = had[0], m = had[1];

	for (unsigned i = 0; i < 5; i++) {
		let_halt(is);
		guest_ipi(2, NMI);
		CHECK(guest_wait(&had[1], ++m));
	}
	let_halt(is);
	guest_ipi(0, NMI | TO_OTHERS);
	CHECK(guest_wait(&had[1], ++m));
	let_halt(is);
	guest_ipi(0, NMI | TO_ALL);
	CHECK(guest_wait(&had[1], ++m));
	CHECK(guest_wait(&had[0], ++n));
	/* Xen wakes no halted one by this that has its interrupts off. */
	if (is != HALT_OFF) {
		CHECK_IS(guest_call(__HYPERVISOR_vcpu_op, VCPUOP_send_nmi, 1, 0, 0, 0), 0);
		CHECK(guest_wait(&had[1], ++m));
	}
	nobody_else(n, m);
}

void guest_test(void)
{
	guest_map_shared();
	apic_write(0xf, 0x1ff);
	CHECK_IS(guest_call(__HYPERVISOR_vcpu_op, VCPUOP_send_nmi, 0, (uintptr_t)&way, 0, 0), -XEN_EINVAL);
	CHECK_IS(guest_call(__HYPERVISOR_vcpu_op, VCPUOP_send_nmi, 9, 0, 0, 0), -XEN_ENOENT);
	to_itself();
	irqs_on();
	to_itself();
	irqs_off();
	in_shadow();
	guest_ap_start(&started);
	for (unsigned i = 0; i < WAYS; i++) {
		/* One that is halted looks up when it has an NMI. */
		way = i;
		if (way_taken != i + 1)
			guest_ipi(2, NMI);
		CHECK(guest_wait(&way_taken, i + 1));
		to_other(i);
	}
	CHECK(guest_nmis == had[0] + had[1]);
}
