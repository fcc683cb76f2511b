/* SPDX-License-Identifier: GPL-2.0-or-later
 * Test guest: the local APIC, by its page and by registers, and registers that are not there.
 */
#include "tests/guests/guest.h"

const char guest_name[] = "apic";

#define ID 0x02
#define VERSION 0x03
#define TPR 0x08
#define EOI 0x0b
#define SVR 0x0f
#define ISR 0x10
#define IRR 0x20
#define ESR 0x28
#define ICR 0x30
#define ICR2 0x31
#define SELF 0x3f
#define MSR_BASE 0x1b
#define BASE_ON 0x800u
#define BASE_X2 0x400u
#define TO_SELF 0x40000u

static void ipi(uint8_t vector)
{
	if (!guest_x2apic)
		apic_write(ICR2, 0);
	apic_write(ICR, TO_SELF | vector);
}

static bool is_set(unsigned set, uint8_t vector)
{
	return apic_read(set + vector / 32) >> vector % 32 & 1;
}

/* It waits while interrupts are off, is in service from its delivery on, and until its end keeps lower ones away. */
static void delivery(uint8_t vector)
{
	unsigned before = guest_irqs[vector], low = guest_irqs[vector - 0x10];

	guest_eoi[vector] = false;
	ipi(vector);
	CHECK(is_set(IRR, vector));
	CHECK_IS(guest_irqs[vector], before);
	irqs_on();
	irqs_off();
	CHECK_IS(guest_irqs[vector], before + 1);
	CHECK(is_set(ISR, vector));
	CHECK(!is_set(IRR, vector));
	guest_eoi[vector - 0x10] = true;
	ipi(vector - 0x10);
	irqs_on();
	irqs_off();
	CHECK_IS(guest_irqs[vector - 0x10], low);
	apic_write(EOI, 0);
	CHECK(!is_set(ISR, vector));
	irqs_on();
	irqs_off();
	CHECK_IS(guest_irqs[vector - 0x10], low + 1);
	CHECK(!is_set(ISR, vector - 0x10));
}

static void priority(uint8_t vector)
{
	unsigned before = guest_irqs[vector];

	guest_eoi[vector] = true;
	apic_write(TPR, 0xf0);
	ipi(vector);
	irqs_on();
	irqs_off();
	CHECK_IS(guest_irqs[vector], before);
	apic_write(TPR, 0);
	irqs_on();
	irqs_off();
	CHECK_IS(guest_irqs[vector], before + 1);
}

/* CR8 says the same. QEMU 7.2 ends when a guest lowers it while an interrupt waits for that: it is lowered by the register. */
static void priority_cr8(uint8_t vector)
{
	unsigned before = guest_irqs[vector];
	uint64_t cr8;

	__asm__ volatile("mov %0, %%cr8" : : "r"(UINT64_C(15)));
	CHECK_IS(apic_read(TPR), 0xf0);
	ipi(vector);
	irqs_on();
	irqs_off();
	CHECK_IS(guest_irqs[vector], before);
	apic_write(TPR, 0);
	irqs_on();
	irqs_off();
	CHECK_IS(guest_irqs[vector], before + 1);
	__asm__ volatile("mov %%cr8, %0" : "=r"(cr8));
	CHECK_IS(cr8, 0);
}

static void halted(uint8_t vector)
{
	unsigned before = guest_irqs[vector];

	ipi(vector);
	__asm__ volatile("sti; hlt; cli" : : : "memory");
	CHECK_IS(guest_irqs[vector], before + 1);
}

/* A vector that is none is an error of who sends it. */
static void error_status(void)
{
	CHECK_IS(apic_read(ESR), 0);
	apic_write(SELF, 5);
	/* A processor shows it from now on, and so does Xen 4.20; Xen 4.17 has shown it before, and keeps it. */
	apic_write(ESR, 0);
	CHECK_IS(apic_read(ESR), 0x20);
	apic_write(ESR, 0);
}

/* What a register holds after an instruction works on it. */
#define WORKED(insn, before, with)                                                                             \
	({                                                                                                     \
		uint64_t with_ = (with);                                                                       \
		apic_write(TPR, before);                                                                       \
		__asm__ volatile(insn : "+a"(with_) : "b"(APIC_PAGE + TPR * 16) : "memory", "cc");             \
		taken = with_;                                                                                 \
		apic_read(TPR);                                                                                \
	})

/* By whatever instruction, as if it were memory. */
static void by_instructions(void)
{
	uint64_t taken;
	uint8_t is;

	CHECK_IS(WORKED("orl $0x10, (%%rbx)", 0x21, 0), 0x31);
	CHECK_IS(WORKED("andl %%eax, (%%rbx)", 0x2f, 0x33), 0x23);
	CHECK_IS(WORKED("xorb $0xff, (%%rbx)", 0x2f, 0), 0xd0);
	CHECK_IS(WORKED("lock addl %%eax, (%%rbx)", 0x21, 0x30), 0x51);
	CHECK_IS(WORKED("subl $1, (%%rbx)", 0x30, 0), 0x2f);
	CHECK_IS(WORKED("incl (%%rbx)", 0x2f, 0), 0x30);
	CHECK_IS(WORKED("decw (%%rbx)", 0x30, 0), 0x2f);
	CHECK_IS(WORKED("notl (%%rbx)", 0x31, 0), 0xce);
	CHECK_IS(WORKED("btsl $6, (%%rbx)", 0x01, 0), 0x41);
	CHECK_IS(WORKED("addl (%%rbx), %%eax", 0x21, 0x100000021), 0x21);
	CHECK_IS(taken, 0x42);
	CHECK_IS(WORKED("xchgl %%eax, (%%rbx)", 0x21, 0x35), 0x35);
	CHECK_IS(taken, 0x21);
	CHECK_IS(WORKED("pushq (%%rbx); popq %%rax", 0x21, 7), 0x21);
	CHECK_IS(taken, 0);
	__asm__ volatile("cmpl $0x21, (%1); sete %0" : "=q"(is) : "b"(APIC_PAGE + TPR * 16) : "cc");
	CHECK_IS(is, 1);
	__asm__ volatile("testl $0x1e, (%1); setz %0" : "=q"(is) : "b"(APIC_PAGE + TPR * 16) : "cc");
	CHECK_IS(is, 1);
	__asm__ volatile("btl $5, (%1); setc %0" : "=q"(is) : "b"(APIC_PAGE + TPR * 16) : "cc");
	CHECK_IS(is, 1);
	apic_write(TPR, 0);
}

static void by_page(void)
{
	uint64_t base, value;

	CHECK_IS(guest_rdmsr(MSR_BASE, &base), -1);
	CHECK_IS(base & ~UINT64_C(0xfff), APIC_PAGE);
	CHECK_IS(base & (BASE_ON | BASE_X2), BASE_ON);
	CHECK_IS(apic_read(ID) >> 24, 0);
	CHECK_IS(apic_read(VERSION) & 0xf0, 0x10);
	CHECK_IS(guest_rdmsr(0x802, &value), 13);
	CHECK_IS(guest_wrmsr(0x80b, 0), 13);
	apic_write(SVR, 0x1ff);
	by_instructions();
	delivery(0x50);
	priority(0x60);
	priority_cr8(0x60);
	halted(0x60);
}

static void by_register(void)
{
	uint64_t base, value;

	CHECK(guest_cpuid(1, 0).ecx & 1u << 21);
	CHECK_IS(guest_rdmsr(MSR_BASE, &base), -1);
	CHECK_IS(guest_wrmsr(MSR_BASE, base | BASE_X2), -1);
	guest_x2apic = true;
	CHECK_IS(guest_rdmsr(MSR_BASE, &value), -1);
	CHECK_IS(value, base | BASE_X2);
	CHECK_IS(apic_read(ID), 0);
	delivery(0x70);
	priority(0x80);
	halted(0x80);
	error_status();
	apic_write(SELF, 0x80);
	irqs_on();
	irqs_off();
	CHECK(!is_set(IRR, 0x80));
	/* Back by way of off alone, and no register where there is none. */
	CHECK_IS(guest_wrmsr(MSR_BASE, base), 13);
	CHECK_IS(guest_wrmsr(MSR_BASE, (base & ~(uint64_t)BASE_ON) | BASE_X2), 13);
	CHECK_IS(guest_rdmsr(0x80e, &value), 13);
	CHECK_IS(guest_wrmsr(0x803, 0), 13);
	CHECK_IS(guest_wrmsr(0x80b, 1), 13);
	CHECK_IS(guest_rdmsr(0x8ff, &value), 13);
}

static void registers(void)
{
	uint64_t value;

	CHECK_IS(guest_msr_unknown(guest_rdmsr(0x12345678, &value)), 13);
	CHECK_IS(guest_msr_unknown(guest_wrmsr(0x12345678, 0)), 13);
	CHECK_IS(guest_rdmsr(0xc0000080, &value), -1);
	CHECK_IS(value & 0x1500, 0x500);
	CHECK_IS(guest_wrmsr(0xc0000080, value | 1ull << 63), 13);
	CHECK_IS(guest_wrmsr(0xc0000080, value & ~0x100ull), 13);
	CHECK_IS(guest_rdmsr(0x277, &value), -1);
	CHECK_IS(guest_wrmsr(0x277, value), -1);
}

void guest_test(void)
{
	by_page();
	by_register();
	registers();
}
