/* SPDX-License-Identifier: GPL-2.0-or-later
 * CPUID as guests see it: what the processor has and we let through, and Xen's own leaves (xen/arch-x86/cpuid.h).
 */
#include "xen-core/domain/cpuid.h"

#include <xen/arch-x86/cpuid.h>

#include "xen-core/cpu/apic.h"
#include "xen-core/domain/domain.h"
#include "xen-core/domain/virt.h"

#define XEN_LEAF	0x40000000
#define XEN_VERSION	(4 << 16 | 17)

/* Leaf 1: features that guests get. */
#define L1_ECX_SSE3	(1u << 0)
#define L1_ECX_X2APIC	(1u << 21)
#define L1_ECX_GUEST	(1u << 31)
#define L1_ECX	(L1_ECX_SSE3 | 1u << 9 | 1u << 13 | 1u << 19 | 1u << 20 | 1u << 22 | 1u << 23 | 1u << 25 | 1u << 30)
/* All but VME.. to CLFSH that need nothing of ours; not MTRR (12), MCE (7), MCA (14), DS, ACPI, SS, TM, PBE. */
#define L1_EDX	(1u << 0 | 1u << 1 | 1u << 2 | 1u << 3 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 8 | 1u << 9 | 1u << 11 | 1u << 13 | 1u << 15 | \
		 1u << 16 | 1u << 17 | 1u << 19 | 1u << 23 | 1u << 24 | 1u << 25 | 1u << 26)
/* Leaf 80000001: LAHF, CR8 legacy, ABM, SSE4A, misaligned SSE, prefetch; not SVM. */
#define E1_ECX	(1u << 0 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 7 | 1u << 8)
#define E1_EDX	(L1_EDX | 1u << 20 | 1u << 22 | 1u << 29 | 1u << 30 | 1u << 31 | 1u << 11)

static struct cpuid leaf_xen(struct vcpu *v, uint32_t leaf, uint32_t subleaf)
{
	switch (leaf - XEN_LEAF) {
	case 0:
		return (struct cpuid){ XEN_LEAF + 4, XEN_CPUID_SIGNATURE_EBX, XEN_CPUID_SIGNATURE_ECX, XEN_CPUID_SIGNATURE_EDX };
	case 1:
		return (struct cpuid){ .eax = XEN_VERSION };
	case 2:
		return (struct cpuid){ .eax = 1, .ebx = XEN_LEAF };
	case 3:
		if (subleaf)
			return (struct cpuid){ 0 };
		return (struct cpuid){ .ebx = 0, .ecx = (uint32_t)(time_tsc_hz() / 1000) };
	case 4:
		return (struct cpuid){ .eax = XEN_HVM_CPUID_VCPU_ID_PRESENT | XEN_HVM_CPUID_DOMID_PRESENT | XEN_HVM_CPUID_X2APIC_VIRT,
				       .ebx = v->id, .ecx = v->domain->id };
	}
	return (struct cpuid){ 0 };
}

struct cpuid cpuid_guest(struct vcpu *v, uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r;

	if (leaf >= XEN_LEAF && leaf < XEN_LEAF + 0x100)
		return leaf_xen(v, leaf, subleaf);
	if (leaf >= XEN_LEAF && leaf < 0x80000000)
		return (struct cpuid){ 0 };
	r = cpuid(leaf, subleaf);
	switch (leaf) {
	case 1:
		r.ebx = (r.ebx & 0x0000ffff) | 1 << 16 | v->lapic.id << 24;
		r.ecx = (r.ecx & L1_ECX) | L1_ECX_X2APIC | L1_ECX_GUEST;
		r.edx &= L1_EDX;
		if (!(v->lapic.base & APIC_BASE_ON))
			r.edx &= ~(1u << 9);
		break;
	case 4:
		r.eax &= 0x3fff;
		break;
	case 0x80000001:
		r.ecx &= E1_ECX;
		r.edx &= E1_EDX;
		break;
	case 5:		/* MONITOR */
	case 6:		/* temperature and power */
	case 7:
	case 0xa:	/* counters */
	case 0xb:	/* topology: one thread a core, one core a package */
	case 0xd:	/* XSAVE */
	case 0x80000007:
	case 0x8000000a:
		r = (struct cpuid){ 0 };
		break;
	case 0x80000008:
		r.ecx = 0;
		r.ebx = 0;
		break;
	}
	return r;
}
