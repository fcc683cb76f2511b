/* SPDX-License-Identifier: GPL-2.0-or-later
 * Descriptor tables and exceptions of the host. An exception in xen-core is a bug. Interrupts: vector, then handler.
 */
#ifndef XEN_CORE_CPU_IDT_H
#define XEN_CORE_CPU_IDT_H

#include <stdbool.h>
#include <stdint.h>

#define VECTOR_FIRST	0x20
/* Ours; below are the guests' of devices. In order of priority. */
#define VECTOR_TIMER	0xf8
#define VECTOR_KICK	0xf9
#define VECTOR_SPURIOUS	0xff

/* What the entry code leaves on the stack. */
struct trap_frame {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;
};

/** The table of this CPU; before it, any exception resets the machine. */
void idt_load(void);
/**
 * These two are called with the frame of each exception, before and after it is dealt with: before, GS may be
 * anybody's.
 */
void idt_around(void (*begin)(const struct trap_frame *frame), void (*end)(const struct trap_frame *frame));
/** Called by the entry code. */
void idt_trap(struct trap_frame *frame);

#endif
