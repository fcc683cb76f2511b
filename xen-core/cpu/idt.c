/* SPDX-License-Identifier: GPL-2.0-or-later
 * Exceptions and interrupts of the host.
 */
#include "xen-core/cpu/idt.h"

#include "xen-core/cpu/apic.h"
#include "xen-core/cpu/asm.h"
#include "xen-core/cpu/log.h"
#include "xen-core/cpu/machine.h"
#include "xen-core/cpu/percpu.h"
#include "xen-core/lib/lib.h"

struct gate {
	uint16_t offset_low, selector;
	uint8_t ist, type;
	uint16_t offset_mid;
	uint32_t offset_high, reserved;
};

_Static_assert(sizeof(struct gate) == 16, "a gate has 16 bytes");

#define VECTOR_DB 1
#define VECTOR_NMI 2
#define VECTOR_MC 18

extern const char idt_entries[];

static struct gate idt[256] __attribute__((aligned(16)));
static void (*around_begin)(const struct trap_frame *frame), (*around_end)(const struct trap_frame *frame);

/* Double fault and machine check have stacks of their own, so that a broken stack is told, not a reset. */
static uint8_t idt_ist(unsigned vector)
{
	return vector == 8 ? 1 : vector == 18 ? 2 : 0;
}

void idt_load(void)
{
	struct {
		uint16_t limit;
		const void *base;
	} __attribute__((packed)) pointer = { sizeof(idt) - 1, idt };

	for (unsigned i = 0; i < 256; i++) {
		uintptr_t entry = (uintptr_t)idt_entries + i * 16;

		idt[i] = (struct gate){ (uint16_t)entry,         0x08, idt_ist(i), 0x8e, (uint16_t)(entry >> 16),
					(uint32_t)(entry >> 32), 0 };
	}
	__asm__ volatile("lidt %0" : : "m"(pointer));
}

void idt_around(void (*begin)(const struct trap_frame *frame), void (*end)(const struct trap_frame *frame))
{
	around_begin = begin;
	around_end = end;
}

/*
 * Nothing here steps or sets breakpoints: it is a guest's, and the processor or emulator is to blame. Said once, or
 * a guest fills the log.
 */
static void debug_trap(const struct trap_frame *f)
{
	static bool told;

	dr6_clear();
	if (!told)
		log_print("a debug exception in the hypervisor, at 0x%lx, is ignored, as those that follow\n", f->rip);
	told = true;
}

static void idt_fatal(const struct trap_frame *f)
{
	uint64_t *stack = (uint64_t *)f->rsp;

	/* It may have happened amidst a line. */
	log_seize();
	log_print("exception %lu, error 0x%lx, at 0x%lx, CR2 0x%lx, on CPU %u\n", f->vector, f->error, f->rip,
		  read_cr2(), cpu_number());
	log_print("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
	log_print("rsi %016lx rdi %016lx rbp %016lx rsp %016lx\n", f->rsi, f->rdi, f->rbp, f->rsp);
	log_print("r8  %016lx r9  %016lx r10 %016lx r11 %016lx\n", f->r8, f->r9, f->r10, f->r11);
	log_print("r12 %016lx r13 %016lx r14 %016lx r15 %016lx\n", f->r12, f->r13, f->r14, f->r15);
	if (f->rsp > 0x100000 && f->rsp < UINT64_C(1) << 32)
		for (int i = 0; i < 16; i++)
			log_print("stack %016lx\n", stack[i]);
	if (f->vector == VECTOR_MC)
		machine_check_print();
	panic("exception in the hypervisor");
}

void idt_trap(struct trap_frame *frame)
{
	if (frame->vector >= VECTOR_FIRST) {
		cpu_this()->interrupts++;
		apic_interrupt((uint8_t)frame->vector);
		return;
	}
	if (around_begin)
		around_begin(frame);
	if (frame->vector == VECTOR_DB)
		debug_trap(frame);
	else if (frame->vector == VECTOR_NMI)
		machine_nmi();
	else
		idt_fatal(frame);
	if (around_end)
		around_end(frame);
}
