/* SPDX-License-Identifier: GPL-2.0-or-later
 * CPUID as guests see it: what the processor has and we let through, and Xen's own leaves (xen/arch-x86/cpuid.h).
 */
#include "xen-core/domain/cpuid.h"

#include <xen/arch-x86/cpuid.h>

#include "xen-core/cpu/apic.h"
#include "xen-core/domain/domain.h"
#include "xen-core/domain/virt.h"

#define LAST_BASIC	0xdu
#define LAST_EXTENDED	0x80000008u
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
		return (struct cpuid){ XEN_LEAF + 4, XEN_CPUID_SIGNATURE_EBX, XEN_CPUID_SIGNATURE_ECX,
				       XEN_CPUID_SIGNATURE_EDX };
	case 1:
		return (struct cpuid){ .eax = XEN_VERSION };
	case 2:
		return (struct cpuid){ .eax = 1, .ebx = XEN_LEAF };
	case 3:
		if (subleaf)
			return (struct cpuid){ 0 };
		return (struct cpuid){ .ebx = 0, .ecx = (uint32_t)(time_tsc_hz() / 1000) };
	case 4:
		return (struct cpuid){ .eax = XEN_HVM_CPUID_VCPU_ID_PRESENT | XEN_HVM_CPUID_DOMID_PRESENT |
					      XEN_HVM_CPUID_X2APIC_VIRT,
				       .ebx = v->id,
				       .ecx = v->domain->id };
	}
	return (struct cpuid){ 0 };
}

/* Bits 23-16 of EBX in leaf 1, 31-26 of EAX in leaf 4, ECX of leaf 80000008; features are in leaves 1 and 80000001. */
void cpuid_policy(struct domain *d, uint32_t leaf, uint32_t subleaf, struct cpuid r)
{
	d->topology.set = 1;
	if (leaf == 1) {
		d->topology.ids = (uint8_t)(r.ebx >> 16);
		d->topology.htt = r.edx >> 28 & 1;
		d->hidden.l1_ecx = ~r.ecx;
		d->hidden.l1_edx = ~r.edx;
	} else if (leaf == 0x80000001) {
		d->hidden.e1_ecx = ~r.ecx;
		d->hidden.e1_edx = ~r.edx;
	} else if (leaf == 4 && subleaf < ARRAY_SIZE(d->topology.cache)) {
		d->topology.cache[subleaf] = (uint8_t)(r.eax >> 26);
	} else if (leaf == 0x80000008) {
		d->topology.cores = r.ecx & 0xf0ff;
	}
}

struct cpuid cpuid_guest(struct vcpu *v, uint32_t leaf, uint32_t subleaf)
{
	const struct domain *d = v->domain;
	struct cpuid r;

	if (leaf >= XEN_LEAF && leaf < XEN_LEAF + 0x100)
		return leaf_xen(v, leaf, subleaf);
	if (leaf >= XEN_LEAF && leaf < 0x80000000)
		return (struct cpuid){ 0 };
	/* A processor answers for others with zeros, or with what it has last: neither is to show the machine's own. */
	if (leaf > MIN(cpuid(leaf & 0x80000000, 0).eax, (leaf & 0x80000000) ? LAST_EXTENDED : LAST_BASIC))
		return (struct cpuid){ 0 };
	r = cpuid(leaf, subleaf);
	switch (leaf) {
	case 0:
		r.eax = MIN(r.eax, LAST_BASIC);
		break;
	case 0x80000000:
		r.eax = MIN(r.eax, LAST_EXTENDED);
		break;
	case 1:
		r.ebx = (r.ebx & 0x0000ffff) | (d->topology.set ? d->topology.ids : 1u) << 16 | v->lapic.id << 24;
		r.ecx = (((r.ecx & L1_ECX) | L1_ECX_X2APIC) & ~d->hidden.l1_ecx) | L1_ECX_GUEST;
		r.edx = (r.edx & L1_EDX & ~d->hidden.l1_edx) | (uint32_t)d->topology.htt << 28;
		if (!(v->lapic.base & APIC_BASE_ON))
			r.edx &= ~(1u << 9);
		break;
	case 4:
		r.eax = (r.eax & 0x3fff) |
			(subleaf < ARRAY_SIZE(d->topology.cache) ? (uint32_t)d->topology.cache[subleaf] << 26 : 0);
		break;
	case 0x80000001:
		r.ecx &= E1_ECX & ~d->hidden.e1_ecx;
		r.edx &= E1_EDX & ~d->hidden.e1_edx;
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
		r.ecx = d->topology.cores;
		r.ebx = 0;
		break;
	}
	return r;
}
