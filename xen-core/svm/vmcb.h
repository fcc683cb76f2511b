/* SPDX-License-Identifier: GPL-2.0-or-later
 * The virtual machine control block (AMD64 APM 2, appendix B), and its permission maps.
 */
#ifndef XEN_CORE_SVM_VMCB_H
#define XEN_CORE_SVM_VMCB_H

#include <stddef.h>
#include <stdint.h>

struct vmcb_segment {
	uint16_t selector, attributes;
	uint32_t limit;
	uint64_t base;
};

#define SEGMENT_BIG 0x400		/* of attributes: 32 bits, not 16 */

struct vmcb {
	uint32_t cr, dr, exceptions, intercept1, intercept2;	/* 000 */
	uint8_t reserved1[0x28];
	uint16_t pause_threshold, pause_count;			/* 03c */
	uint64_t iopm, msrpm, tsc_offset;			/* 040 */
	uint32_t asid;						/* 058 */
	uint8_t tlb_control, reserved2[3];
	uint32_t vintr, vintr_vector;				/* 060 */
	uint64_t shadow;					/* 068 */
	uint64_t exitcode, exitinfo1, exitinfo2, exitintinfo;	/* 070 */
	uint64_t np_enable;					/* 090 */
	uint8_t reserved3[0x10];
	uint64_t eventinj, n_cr3, lbr;				/* 0a8 */
	uint64_t clean, nrip;					/* 0c0 */
	uint8_t reserved4[0x400 - 0xd0];
	struct vmcb_segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;	/* 400 */
	uint8_t reserved5[0x2b], cpl;				/* 4cb */
	uint8_t reserved6[4];
	uint64_t efer;						/* 4d0 */
	uint8_t reserved7[0x70];
	uint64_t cr4, cr3, cr0, dr7, dr6, rflags, rip;		/* 548 */
	uint8_t reserved8[0x58];
	uint64_t rsp;						/* 5d8 */
	uint8_t reserved9[0x18];
	uint64_t rax, star, lstar, cstar, sfmask, kernel_gs_base;	/* 5f8 */
	uint64_t sysenter_cs, sysenter_esp, sysenter_eip, cr2;	/* 628 */
	uint8_t reserved10[0x20];
	uint64_t pat;						/* 668 */
	uint8_t reserved11[0x1000 - 0x670];
};

_Static_assert(sizeof(struct vmcb) == 4096, "one page");
_Static_assert(offsetof(struct vmcb, iopm) == 0x040 && offsetof(struct vmcb, vintr) == 0x060, "control area");
_Static_assert(offsetof(struct vmcb, exitcode) == 0x070 && offsetof(struct vmcb, eventinj) == 0x0a8, "control area");
_Static_assert(offsetof(struct vmcb, es) == 0x400 && offsetof(struct vmcb, cpl) == 0x4cb, "state area");
_Static_assert(offsetof(struct vmcb, efer) == 0x4d0 && offsetof(struct vmcb, cr4) == 0x548, "state area");
_Static_assert(offsetof(struct vmcb, rsp) == 0x5d8 && offsetof(struct vmcb, rax) == 0x5f8, "state area");
_Static_assert(offsetof(struct vmcb, cr2) == 0x640 && offsetof(struct vmcb, pat) == 0x668, "state area");

/* First and second word of intercepts. */
#define INTERCEPT_INTR		(1u << 0)
#define INTERCEPT_NMI		(1u << 1)
#define INTERCEPT_SMI		(1u << 2)
#define INTERCEPT_INIT		(1u << 3)
#define INTERCEPT_VINTR		(1u << 4)
#define INTERCEPT_RDPMC		(1u << 15)
#define INTERCEPT_CPUID		(1u << 18)
#define INTERCEPT_IRET		(1u << 20)
#define INTERCEPT_INVD		(1u << 22)
#define INTERCEPT_HLT		(1u << 24)
#define INTERCEPT_INVLPGA	(1u << 26)
#define INTERCEPT_IOIO		(1u << 27)
#define INTERCEPT_MSR		(1u << 28)
#define INTERCEPT_TASK		(1u << 29)
#define INTERCEPT_SHUTDOWN	(1u << 31)
#define INTERCEPT2_VMRUN	(1u << 0)
#define INTERCEPT2_VMMCALL	(1u << 1)
#define INTERCEPT2_VMLOAD	(1u << 2)
#define INTERCEPT2_VMSAVE	(1u << 3)
#define INTERCEPT2_STGI		(1u << 4)
#define INTERCEPT2_CLGI		(1u << 5)
#define INTERCEPT2_SKINIT	(1u << 6)
#define INTERCEPT2_RDTSCP	(1u << 7)
#define INTERCEPT2_ICEBP	(1u << 8)
#define INTERCEPT2_WBINVD	(1u << 9)
#define INTERCEPT2_MONITOR	(1u << 10)
#define INTERCEPT2_MWAIT	(1u << 11)
#define INTERCEPT2_MWAIT_ARMED	(1u << 12)
#define INTERCEPT2_XSETBV	(1u << 13)
#define INTERCEPT2_RDPRU	(1u << 14)

#define INTERCEPT_CR4_READ	(1u << 4)	/* of cr */
#define INTERCEPT_CR4_WRITE	(1u << 20)
#define INTERCEPT_CR8_WRITE	(1u << 24)
#define INTERCEPT_DR_ALL	UINT32_MAX	/* of dr: reads in the lower half, writes in the upper */
#define DR7_ENABLED		0xffu

#define VINTR_TPR		15u
#define VINTR_IRQ		(1u << 8)
#define VINTR_PRIORITY		(0xfu << 16)
#define VINTR_IGN_TPR		(1u << 20)
#define VINTR_MASKING		(1u << 24)

#define EXIT_CR4_READ		0x004
#define EXIT_CR4_WRITE		0x014
#define EXIT_CR8_WRITE		0x018
#define EXIT_DR			0x020	/* reads, then writes, of 16 */
#define EXIT_EXCEPTION		0x040
#define EXIT_INTR		0x060
#define EXIT_NMI		0x061
#define EXIT_SMI		0x062
#define EXIT_INIT		0x063
#define EXIT_VINTR		0x064
#define EXIT_RDPMC		0x06f
#define EXIT_CPUID		0x072
#define EXIT_IRET		0x074
#define EXIT_INVD		0x076
#define EXIT_HLT		0x078
#define EXIT_IOIO		0x07b
#define EXIT_MSR		0x07c
#define EXIT_SHUTDOWN		0x07f
#define EXIT_VMMCALL		0x081
#define EXIT_ICEBP		0x088
#define EXIT_WBINVD		0x089
#define EXIT_NPF		0x400

#define EVENT_VALID		(UINT64_C(1) << 31)
#define EVENT_ERROR		(UINT64_C(1) << 11)
#define EVENT_TYPE		(UINT64_C(7) << 8)
#define EVENT_TYPE_INTR		(UINT64_C(0) << 8)
#define EVENT_TYPE_NMI		(UINT64_C(2) << 8)
#define EVENT_TYPE_EXCEPTION	(UINT64_C(3) << 8)
#define EVENT_TYPE_SOFTWARE	(UINT64_C(4) << 8)

#endif
