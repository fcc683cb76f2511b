/* SPDX-License-Identifier: GPL-2.0-or-later
 * What each CPU has for itself. GS holds its address while xen-core runs.
 */
#ifndef XEN_CORE_CPU_PERCPU_H
#define XEN_CORE_CPU_PERCPU_H

#include <stdbool.h>
#include <stdint.h>

#define CPUS_MAX 64
#define TIMER_UNSET 1			/* a time that nobody waits for any more */

struct vcpu;

struct cpu {
	struct cpu *self;		/* gs:0 */
	unsigned number;
	uint32_t apic_id;
	volatile bool online;
	struct vcpu *current;		/* whose state is in the registers, NULL if nobody's */
	unsigned interrupts;		/* how many were taken; changed with interrupts off only */
	unsigned nmis, nmis_told;	/* that had no reason */
	bool resched;			/* its scheduler is to choose anew before a guest runs */
	bool in_guest;			/* until it has left, before it waits for the lock */
	uint64_t seen;			/* of limbo, when it last left one */
	void *host_save;		/* pages of the virtualisation extension */
	void *host_state;
	uint64_t timer_ns;		/* what the local timer is set to, 0: nothing, TIMER_UNSET: it has come */
	uint64_t gdt[7];
	uint8_t tss[104] __attribute__((aligned(16)));
	uint8_t ist[2][4096] __attribute__((aligned(16)));
};

/* The segments that head.S loads before a CPU has a table of its own, which begins with them. */
extern uint64_t gdt[4];
extern struct cpu cpus[CPUS_MAX];
extern unsigned nr_cpus;

#ifdef XEN_CORE_TEST
/* On a host the test says which one it works as. */
struct cpu *cpu_this(void);
#else
static inline struct cpu *cpu_this(void)
{
	struct cpu *cpu;

	__asm__ volatile("mov %%gs:0, %0" : "=r"(cpu));
	return cpu;
}
#endif

static inline unsigned cpu_number(void)
{
	return cpu_this()->number;
}

/** Tables, task state and GS of the calling CPU, which is number; its apic_id is set. */
void cpu_init(unsigned number);

#endif
