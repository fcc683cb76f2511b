/* SPDX-License-Identifier: GPL-2.0-or-later
 * A domain of twenty vCPUs for the tests of their APICs: what is done to each is counted.
 */
#ifndef TESTS_CORE_VLAPIC_CHECK_H
#define TESTS_CORE_VLAPIC_CHECK_H

#include "tests/core/core_check.h"

#include "xen-core/domain/domain.h"

#define VCPUS 20
#define BASE UINT64_C(0xfee00000)

enum {
	ID = 0x02,
	VERSION = 0x03,
	TPR = 0x08,
	APR = 0x09,
	PPR = 0x0a,
	EOI = 0x0b,
	LDR = 0x0d,
	DFR = 0x0e,
	SVR = 0x0f,
	ISR = 0x10,
	IRR = 0x20,
	ESR = 0x28,
	CMCI = 0x2f,
	ICR = 0x30,
	ICR2 = 0x31,
	LVT = 0x32,
	LVT_LAST = 0x37,
	TMICT = 0x38,
	TMCCT = 0x39,
	TDCR = 0x3e,
	SELF = 0x3f,
	REGS = 0x100
};

extern struct domain domain;
extern struct vcpu vcpus[VCPUS];
extern unsigned woken[VCPUS], started[VCPUS], stopped[VCPUS], ended[256];
extern uint64_t now_ns;		/* the clock */
extern unsigned looked;		/* how often a CPU was told to look after its timers */
extern unsigned ends;		/* how often the domain ended */
extern bool in_nmi;
extern int page[VCPUS];		/* where it was started, -1: nowhere */

/** As domUs have them: vCPU n has APIC ID 2n. Each APIC is on. For cmocka. */
int setup(void **state);
/** Counts, and what is pending, begin anew. */
void forget(void);
/** All go over to x2APIC mode. */
void x2_all(void);
/** Registers that must be there to be written, and read. */
void put(struct vcpu *v, unsigned reg, uint64_t value);
void expect_reg(struct vcpu *v, unsigned reg, uint64_t value);
/** To APIC IDs, or whatever dest says, in the mode that the sender is in. */
void ipi(struct vcpu *from, uint32_t low, uint32_t dest);

#endif
