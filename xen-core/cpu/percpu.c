/* SPDX-License-Identifier: GPL-2.0-or-later
 * A CPU's own descriptor table, task state (for the stacks of exceptions that cannot trust theirs), and GS.
 */
#include "xen-core/cpu/percpu.h"

#include "xen-core/cpu/asm.h"
#include "xen-core/cpu/idt.h"
#include "xen-core/lib/lib.h"

struct cpu cpus[CPUS_MAX];
unsigned nr_cpus = 1;

/* Not constant: the processor notes that it was used. */
uint64_t gdt[4] __attribute__((aligned(16))) = {
	0, UINT64_C(0x00af9a000000ffff),	/* 08: code, 64 bits */
	UINT64_C(0x00cf92000000ffff),		/* 10: data */
	UINT64_C(0x00cf9a000000ffff),		/* 18: code, 32 bits, for starting processors */
};

#define TSS_SELECTOR 0x28
#define TSS_IST1 36

void cpu_init(unsigned number)
{
	struct cpu *cpu = &cpus[number];
	uint64_t base = (uintptr_t)cpu->tss;
	struct {
		uint16_t limit;
		const void *base;
	} __attribute__((packed)) pointer = { sizeof(cpu->gdt) - 1, cpu->gdt };

	cpu->self = cpu;
	cpu->number = number;
	memcpy(cpu->gdt, gdt, sizeof(gdt));
	cpu->gdt[5] = (sizeof(cpu->tss) - 1) | (base & 0xffffff) << 16 | UINT64_C(0x89) << 40 | (base >> 24 & 0xff) << 56;
	cpu->gdt[6] = base >> 32;
	for (unsigned i = 0; i < 2; i++) {
		uint64_t top = (uintptr_t)cpu->ist[i] + sizeof(cpu->ist[i]);

		memcpy(cpu->tss + TSS_IST1 + 8 * i, &top, sizeof(top));
	}
	__asm__ volatile("lgdt %0" : : "m"(pointer));
	__asm__ volatile("ltr %w0" : : "r"(TSS_SELECTOR));
	wrmsr(MSR_GS_BASE, (uintptr_t)cpu);
	idt_load();
}
