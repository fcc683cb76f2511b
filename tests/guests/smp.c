/* SPDX-License-Identifier: GPL-2.0-or-later
 * Test guest: a second CPU is started by INIT and a startup IPI, both interrupt each other, and events go to the one
 * that asked. An INIT to itself stops it, until it is started again; so do Xen's calls for that.
 */
#include <xen/hvm/hvm_vcpu.h>

#include "tests/guests/guest.h"

const char guest_name[] = "smp";

#define THERE 0x50			/* vector to the second, and back */
#define BACK 0x60
#define OFF 0x70
#define ROUNDS 20u

static volatile unsigned started, vcpu_id, apic_id;

void guest_ap_main(void)
{
	unsigned answered = guest_irqs[THERE], off = guest_irqs[OFF];

	vcpu_id = guest_cpuid(0x40000004, 0).ebx;
	apic_id = apic_read(2) >> 24;
	apic_write(0xf, 0x1ff);
	__atomic_store_n(&started, 1, __ATOMIC_SEQ_CST);
	for (;;) {
		__asm__ volatile("sti; hlt; cli" : : : "memory");
		while (answered < guest_irqs[THERE]) {
			answered++;
			guest_ipi(0, 0x4000 | BACK);
		}
		if (guest_irqs[OFF] != off)
			guest_ipi(2, 0x4500);
	}
}

static void start(void)
{
	guest_ap_start(&started);
	CHECK_IS(vcpu_id, 1);
	CHECK_IS(apic_id, 2);
	/* A second startup IPI finds it running. */
	guest_ipi(2, 0x4600 | AP_PAGE >> 12);
}

static bool second_up(void)
{
	return guest_call(__HYPERVISOR_vcpu_op, VCPUOP_is_up, 1, 0, 0, 0) == 1;
}

static void start_again(void)
{
	uint64_t end = guest_now() + 10000 * NS_PER_MS;

	guest_eoi[OFF] = true;
	guest_ipi(2, 0x4000 | OFF);
	while (second_up())
		CHECK(guest_now() < end);
	started = 0;
	start();
	CHECK(second_up());
}

/* Addresses above 4 GiB, at which is what is at others: page tables know it, and a CPU without them does not. */
#define HIGH (UINT64_C(1) << 32)
#define LOW 0xc00100ul			/* the same address without its upper half */
#define THERE_PAGE 0xa00000ul		/* 2 MiB of the sandbox, as those around LOW are */

static void map_high(void)
{
	static uint64_t directory[512] __attribute__((aligned(4096)));
	uint64_t cr3, *pdpt;

	__asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
	pdpt = (uint64_t *)(*(uint64_t *)(cr3 & ~UINT64_C(0xfff)) & ~UINT64_C(0xfff));
	directory[LOW >> 21] = THERE_PAGE | 0x87;
	pdpt[4] = (uintptr_t)directory | 7;
}

/*
 * Its runstate goes where its own tables say; while it has none, as after INIT, nowhere: not to the lower half of
 * the address.
 */
static void runstate_after_init(void)
{
	struct vcpu_register_runstate_memory_area area = { .addr.p = HIGH + LOW };
	const struct vcpu_runstate_info *there = (const void *)(THERE_PAGE + LOW % 0x200000);
	volatile uint8_t *low = (volatile uint8_t *)LOW;

	map_high();
	memset((void *)low, 0x55, sizeof(*there));
	CHECK_IS(guest_call(__HYPERVISOR_vcpu_op, VCPUOP_register_runstate_memory_area, 1, (uintptr_t)&area, 0, 0), 0);
	start_again();
	for (unsigned i = 0; i < sizeof(*there); i++)
		CHECK_IS(low[i], 0x55);
	CHECK(there->state_entry_time);
}

static int64_t vcpu_op(unsigned op, const void *arg)
{
	return guest_call(__HYPERVISOR_vcpu_op, op, 1, (uintptr_t)arg, 0, 0);
}

/* It goes on where it was. */
static void down_and_up(void)
{
	unsigned before = guest_irqs[BACK];

	CHECK_IS(vcpu_op(VCPUOP_down, NULL), 0);
	CHECK(!second_up());
	guest_ipi(2, 0x4000 | THERE);
	CHECK_IS(vcpu_op(VCPUOP_up, NULL), 0);
	CHECK(second_up());
	irqs_on();
	CHECK(guest_wait(&guest_irqs[BACK], before + 1));
	irqs_off();
}

static char begin_stack[4096] __attribute__((aligned(16)));
static volatile unsigned begun;

static void begin(void)
{
	begun = 1;
	for (;;)
		__asm__ volatile("hlt");
}

#define CONTROL(r) ({ uint64_t r_; __asm__ volatile("mov %%" r ", %0" : "=r"(r_)); r_; })

/* Without INIT's other half: the registers are named, in long mode. */
static void initialise(void)
{
	static struct vcpu_hvm_context c = { .mode = VCPU_HVM_MODE_64B };
	uint64_t efer;

	CHECK_IS(guest_rdmsr(0xc0000080, &efer), -1);
	c.cpu_regs.x86_64 = (struct vcpu_hvm_x86_64){ .rsp = (uintptr_t)begin_stack + sizeof(begin_stack) - 8,
						      .rip = (uintptr_t)begin,
						      .rflags = 2,
						      .cr0 = CONTROL("cr0"),
						      .cr3 = CONTROL("cr3"),
						      .cr4 = CONTROL("cr4"),
						      .efer = efer };
	CHECK_IS(vcpu_op(VCPUOP_initialise, &c), -XEN_EEXIST);
	guest_ipi(2, 0x4500);
	CHECK_IS(vcpu_op(VCPUOP_up, NULL), -XEN_EINVAL);
	c.pad = 1;
	CHECK_IS(vcpu_op(VCPUOP_initialise, &c), -XEN_EINVAL);
	c.pad = 0;
	CHECK_IS(vcpu_op(VCPUOP_initialise, &c), 0);
	CHECK(!second_up());
	CHECK_IS(begun, 0);
	CHECK_IS(vcpu_op(VCPUOP_up, NULL), 0);
	CHECK(guest_wait(&begun, 1));
}

void guest_test(void)
{
	struct evtchn_bind_ipi bind = { .vcpu = 1 };
	struct evtchn_send send = { 0 };

	guest_map_shared();
	guest_eoi[THERE] = guest_eoi[BACK] = true;
	apic_write(0xf, 0x1ff);
	CHECK_IS(apic_read(2) >> 24, 0);
	CHECK_IS(guest_call(__HYPERVISOR_vcpu_op, VCPUOP_is_up, 1, 0, 0, 0), 0);
	start();
	CHECK_IS(guest_call(__HYPERVISOR_vcpu_op, VCPUOP_is_up, 1, 0, 0, 0), 1);
	irqs_on();
	for (unsigned i = 1; i <= ROUNDS; i++) {
		guest_ipi(2, 0x4000 | THERE);
		CHECK(guest_wait(&guest_irqs[BACK], i));
	}
	irqs_off();
	CHECK_IS(guest_irqs[THERE], ROUNDS);
	CHECK_IS(guest_irqs[BACK], ROUNDS);
	CHECK_IS(call(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, &bind), 0);
	guest_shared->evtchn_mask[bind.port / 64] = ~(UINT64_C(1) << bind.port % 64);
	send.port = bind.port;
	CHECK_IS(call(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &send), 0);
	CHECK(guest_shared->vcpu_info[1].evtchn_upcall_pending);
	CHECK(!(guest_shared->vcpu_info[0].evtchn_pending_sel & 1ul << bind.port / 64));
	start_again();
	runstate_after_init();
	down_and_up();
	initialise();
}
