/* SPDX-License-Identifier: GPL-2.0-or-later
 * Test guest: instructions that the hypervisor carries out. With prefixes they end where they end; a step over one
 * traps behind it; what CPUID does not show is not there.
 */
#include "tests/guests/guest.h"

const char guest_name[] = "insn";

#define MSR_TSC 0x10
#define MSR_DEBUGCTL 0x1d9
#define DR6_STEP 0x4000u
#define VECTOR_UD 6
#define VECTOR_GP 13

/* The registers that the instruction may take or give are rax, rbx, rcx, rdx. */
#define CODE(text, a, c)                                                                                  \
	do {                                                                                              \
		uint64_t a_ = (a), c_ = (c);                                                              \
		__asm__ volatile(text : "+a"(a_), "+c"(c_) : : "rbx", "rdx", "rdi", "rsi", "memory");     \
	} while (0)

/* It goes on inside of itself where its length is taken to be fixed: 0xf4 is HLT, which nothing would end. */
static void prefixes(void)
{
	irqs_off();
	CODE(".byte 0x2e, 0x0f, 0xa2", 0, 0);
	CODE(".byte 0x48, 0x0f, 0xa2", 0, 0);
	CODE(".byte 0x67, 0x0f, 0xa2", 0, 0);
	CODE(".byte 0x2e, 0x67, 0x4c, 0x0f, 0xa2", 0x80000000, 0);
	CODE(".byte 0x3e, 0x0f, 0x32", 0, 0x1b);
	CODE(".byte 0x48, 0x0f, 0x32", 0, 0xc0000080);
}

/* Where the step is to have ended. */
uint64_t next_rip;

static uint64_t dr6_take(void)
{
	uint64_t dr6;

	__asm__ volatile("mov %%dr6, %0; mov %1, %%dr6" : "=&r"(dr6) : "r"(UINT64_C(0xffff0ff0)));
	return dr6;
}

/* Trapped once, behind it, and DR6 says why. */
#define STEP(text, a, c)                                                                                        \
	do {                                                                                                    \
		unsigned before_ = guest_steps;                                                                 \
		dr6_take();                                                                                     \
		CODE("movq $1f, next_rip; pushfq; orl $0x100, (%%rsp); popfq\n\t" text "\n1:", a, c);           \
		CHECK_IS(guest_steps, before_ + 1);                                                             \
		CHECK_IS(guest_step_rip, next_rip);                                                             \
		CHECK(dr6_take() & DR6_STEP);                                                                   \
	} while (0)

static void steps(void)
{
	irqs_off();
	STEP("nop", 0, 0);
	STEP("cpuid", 0, 0);
	STEP("rdmsr", 0, 0x1b);
	STEP("inb $0x80, %%al", 0, 0);
	STEP("vmmcall", __HYPERVISOR_xen_version, 0);
	STEP("wbinvd", 0, 0);
	STEP("movq %%cr4, %%rbx", 0, 0);
}

/* Bits of CR4, and where CPUID says that there is what they switch on. */
static const struct { unsigned bit; uint32_t leaf; unsigned reg, shown;
} cr4_bits[] = {
	{ 6, 1, 3, 7 },   { 11, 7, 2, 2 }, { 16, 7, 1, 0 },  { 17, 1, 2, 17 },
	{ 18, 1, 2, 26 }, { 20, 7, 1, 7 }, { 21, 7, 1, 20 }, { 22, 7, 2, 3 },
};

static void cr4(void)
{
	uint64_t is, now;

	__asm__ volatile("mov %%cr4, %0" : "=r"(is));
	for (unsigned i = 0; i < ARRAY_SIZE(cr4_bits); i++) {
		struct cpuid r = guest_cpuid(cr4_bits[i].leaf, 0);
		const uint32_t words[] = { r.eax, r.ebx, r.ecx, r.edx };

		if (guest_cpuid(0, 0).eax >= cr4_bits[i].leaf && (words[cr4_bits[i].reg] >> cr4_bits[i].shown & 1))
			continue;
		CHECK_IS(guest_write_cr4(is | UINT64_C(1) << cr4_bits[i].bit), VECTOR_GP);
	}
	CHECK_IS(guest_write_cr4(is | UINT64_C(1) << 13), VECTOR_GP);	/* VMXE: not on this maker's */
	CHECK_IS(guest_write_cr4(is | UINT64_C(1) << 31), VECTOR_GP);
	CHECK_IS(guest_write_cr4(is & ~UINT64_C(0x20)), VECTOR_GP);	/* PAE, in long mode */
	__asm__ volatile("mov %%cr4, %0" : "=r"(now));
	CHECK_IS(now, is);
	CHECK_IS(guest_write_cr4(is | 0x88), -1);			/* DE, PGE */
	__asm__ volatile("mov %%cr4, %0" : "=r"(now));
	CHECK_IS(now, is | 0x88);
	CHECK_IS(guest_write_cr4(is), -1);
}

static uint64_t tsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

/* It goes on from there, and system time as if nothing had been. */
static void tsc_write(void)
{
	const uint64_t to = UINT64_C(1) << 50;
	uint64_t value, before = guest_now();

	CHECK_IS(guest_wrmsr(MSR_TSC, to), -1);
	CHECK(tsc() - to < UINT64_C(1) << 40);
	CHECK_IS(guest_rdmsr(MSR_TSC, &value), -1);
	CHECK(value - to < UINT64_C(1) << 40);
	value = guest_now();
	CHECK(value >= before && value - before < 100000 * NS_PER_MS);
}

static void debugctl(void)
{
	uint64_t value;

	for (unsigned i = 0; i < 3; i++) {
		CHECK_IS(guest_wrmsr(MSR_DEBUGCTL, i & 1), -1);
		CHECK_IS(guest_rdmsr(MSR_DEBUGCTL, &value), -1);
		CHECK_IS(value, i & 1);
	}
	for (uint32_t msr = 0x1db; msr <= 0x1de; msr++)
		CHECK_IS(guest_rdmsr(msr, &value), -1);
}

/* Nothing behind the last leaf that is told of. */
static void leaves(void)
{
	for (unsigned i = 0; i < 2; i++) {
		uint32_t base = i ? 0x80000000 : 0, last = guest_cpuid(base, 0).eax;

		for (uint32_t leaf = last + 1; leaf < last + 40; leaf++) {
			struct cpuid r = guest_cpuid(leaf, 0);

			CHECK_IS(r.eax | r.ebx | r.ecx | r.edx, 0);
		}
	}
}

void guest_test(void)
{
	prefixes();
	steps();
	if (!(guest_cpuid(0x80000001, 0).edx >> 27 & 1))
		CHECK_IS(guest_rdtscp(), VECTOR_UD);
	cr4();
	leaves();
	debugctl();
	guest_map_shared();
	tsc_write();
}
