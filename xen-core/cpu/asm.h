/* SPDX-License-Identifier: GPL-2.0-or-later
 * Single instructions of x86-64, and the model-specific registers that we name (AMD64 Architecture Programmer's Manual
 * 2).
 */
#ifndef XEN_CORE_CPU_ASM_H
#define XEN_CORE_CPU_ASM_H

#include <stdbool.h>
#include <stdint.h>

#define MSR_APIC_BASE	0x1b
#define MSR_PAT		0x277
#define MSR_EFER	0xc0000080
#define MSR_STAR	0xc0000081
#define MSR_FS_BASE	0xc0000100
#define MSR_GS_BASE	0xc0000101
#define MSR_KERNEL_GS	0xc0000102
#define MSR_VM_CR	0xc0010114
#define MSR_VM_HSAVE_PA	0xc0010117

#define EFER_SCE	0x0001
#define EFER_LME	0x0100
#define EFER_LMA	0x0400
#define EFER_NXE	0x0800
#define EFER_SVME	0x1000

#define CR0_PE		0x00000001
#define CR0_ET		0x00000010
#define CR0_WP		0x00010000
#define CR0_PG		0x80000000
#define CR4_PSE		0x10u
#define CR4_PAE		0x20u
#define CR4_MCE		0x40u

#ifdef XEN_CORE_TEST
/* On a host the test has them. */
void dr_read(uint64_t dr[4]);
void dr_write(const uint64_t dr[4]);
void dr6_clear(void);
void vm_save(uint64_t vmcb);
void vm_load(uint64_t vmcb);
#else
/** The debug registers 0 to 3. */
static inline void dr_read(uint64_t dr[4])
{
	__asm__ volatile("mov %%dr0, %0; mov %%dr1, %1; mov %%dr2, %2; mov %%dr3, %3"
			 : "=&r"(dr[0]), "=&r"(dr[1]), "=&r"(dr[2]), "=r"(dr[3]));
}

static inline void dr_write(const uint64_t dr[4])
{
	__asm__ volatile("mov %0, %%dr0; mov %1, %%dr1; mov %2, %%dr2; mov %3, %%dr3"
			 :
			 : "r"(dr[0]), "r"(dr[1]), "r"(dr[2]), "r"(dr[3]));
}

static inline void dr6_clear(void)
{
	__asm__ volatile("mov %0, %%dr6" : : "r"(UINT64_C(0xffff0ff0)));
}

/** What a guest's entry and exit leave alone: FS, GS, task register, LDTR, system calls. At a physical address. */
static inline void vm_save(uint64_t vmcb)
{
	__asm__ volatile("vmsave %0" : : "a"(vmcb) : "memory");
}

static inline void vm_load(uint64_t vmcb)
{
	__asm__ volatile("vmload %0" : : "a"(vmcb) : "memory");
}
#endif

/* out8(port, value), in8(port) and so on. */
#define PORT_ACCESS(bits, letter) \
	static inline void out##bits(uint16_t port, uint##bits##_t value) \
	{ \
		__asm__ volatile("out" letter " %0, %1" : : "a"(value), "Nd"(port)); \
	} \
	static inline uint##bits##_t in##bits(uint16_t port) \
	{ \
		uint##bits##_t value; \
		__asm__ volatile("in" letter " %1, %0" : "=a"(value) : "Nd"(port)); \
		return value; \
	}
PORT_ACCESS(8, "b")
PORT_ACCESS(16, "w")
PORT_ACCESS(32, "l")

static inline uint64_t rdmsr(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static inline uint64_t rdtsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r;

	__asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
	return r;
}

/* False: there is none just now. The processor must have the instruction: CPUID 1, ECX bit 30. */
static inline bool rdrand(uint64_t *value)
{
	bool ok;

	__asm__ volatile("rdrand %0" : "=r"(*value), "=@ccc"(ok));
	return ok;
}

/* read_cr2() and so on. */
#define CONTROL_ACCESS(cr) \
	static inline uint64_t read_##cr(void) \
	{ \
		uint64_t value; \
		__asm__ volatile("mov %%" #cr ", %0" : "=r"(value)); \
		return value; \
	} \
	static inline void write_##cr(uint64_t value) \
	{ \
		__asm__ volatile("mov %0, %%" #cr : : "r"(value) : "memory"); \
	}
CONTROL_ACCESS(cr2)
CONTROL_ACCESS(cr3)
CONTROL_ACCESS(cr4)

static inline void cpu_relax(void)
{
	__asm__ volatile("pause");
}

static inline void irq_on(void)
{
	__asm__ volatile("sti" : : : "memory");
}

#ifdef XEN_CORE_TEST
static inline void irq_off(void)
{
}

void irq_let(void);
void irq_wait(void);
#else
static inline void irq_off(void)
{
	__asm__ volatile("cli" : : : "memory");
}

/* Those that are pending are taken. */
static inline void irq_let(void)
{
	__asm__ volatile("sti; nop; cli" : : : "memory");
}

/* Waits for an interrupt, which is taken at once: nothing comes between the two. Interrupts are off again after. */
static inline void irq_wait(void)
{
	__asm__ volatile("sti; hlt; cli" : : : "memory");
}
#endif

#endif
