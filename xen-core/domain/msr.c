/* SPDX-License-Identifier: GPL-2.0-or-later
 * Model-specific registers of a guest. Those that the control block swaps do not come here.
 */
#include "xen-core/domain/msr.h"

#include "xen-core/cpu/apic.h"
#include "xen-core/cpu/asm.h"
#include "xen-core/domain/domain.h"
#include "xen-core/domain/guest.h"
#include "xen-core/domain/time.h"
#include "xen-core/domain/virt.h"

#define MSR_TSC			0x10
#define MSR_PATCH_LEVEL		0x8b
#define MSR_MTRR_CAP		0xfe
#define MSR_MISC_ENABLE		0x1a0
#define MSR_DEBUGCTL		0x1d9
#define MSR_LAST_BRANCH		0x1db	/* from, to; then of the last exception */
#define MSR_X2APIC		0x800
#define MSR_SYSCFG		0xc0010010
#define MSR_HWCR		0xc0010015
#define MSR_HYPERCALL_PAGE	0x40000000
#define EFER_GUEST		(EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE | 0x4000)

/* Read as zero, written without effect: what kernels touch without asking CPUID. */
static const struct { uint32_t first, last; } ignored[] = {
	{ 0x2ff, 0x2ff }, { 0x200, 0x20f }, { 0x250, 0x250 }, { 0x258, 0x259 }, { 0x268, 0x26f },	/* MTRRs */
	{ MSR_MTRR_CAP, MSR_MTRR_CAP }, { MSR_MISC_ENABLE, MSR_MISC_ENABLE }, { MSR_PATCH_LEVEL, MSR_PATCH_LEVEL },
	{ 0x179, 0x17b }, { 0x400, 0x43f },								/* machine check */
	{ MSR_LAST_BRANCH, MSR_LAST_BRANCH + 3 },
	{ MSR_SYSCFG, MSR_SYSCFG }, { MSR_HWCR, MSR_HWCR }, { 0xc0010055, 0xc0010055 }, { 0xc0011029, 0xc0011029 },
};

static bool is_ignored(uint32_t msr)
{
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		if (msr >= ignored[i].first && msr <= ignored[i].last)
			return true;
	return false;
}

/* 32 bytes for each hypercall: mov $nr, %eax; vmmcall; ret. */
static bool hypercall_page(struct vcpu *v, uint64_t value)
{
	gfn_t gfn = GFN(value >> PAGE_SHIFT);
	mfn_t mfn;
	uint8_t *page;

	if (value & (PAGE_SIZE - 1))
		return false;
	mfn = guest_frame_get(v->domain, gfn);
	if (!mfn_ok(mfn))
		return false;
	page = mfn_ptr(mfn);
	memset(page, 0xcc, PAGE_SIZE);
	for (uint32_t nr = 0; nr < PAGE_SIZE / 32; nr++) {
		uint8_t code[] = { 0xb8, (uint8_t)nr, (uint8_t)(nr >> 8), 0, 0, 0x0f, 0x01, 0xd9, 0xc3 };

		memcpy(page + 32 * nr, code, sizeof(code));
	}
	/* iret is none that a guest with interrupts of its own may call. */
	memcpy(page + 32 * __HYPERVISOR_iret, (uint8_t[]){ 0x0f, 0x0b }, 2);
	frame_put(mfn);
	domain_set_form(v);
	return true;
}

bool msr_read(struct vcpu *v, uint32_t msr, uint64_t *value)
{
	if (msr >= MSR_X2APIC && msr < MSR_X2APIC + 0x100)
		return (v->lapic.base & APIC_BASE_X2) && vlapic_read(v, msr - MSR_X2APIC, value);
	switch (msr) {
	case MSR_TSC:
		*value = rdtsc() + v->tsc_offset;
		return true;
	case MSR_DEBUGCTL:
		*value = v->debugctl;
		return true;
	case MSR_APIC_BASE:
		*value = v->lapic.base;
		return true;
	case MSR_PAT:
		*value = *virt_pat(v);
		return true;
	case MSR_EFER:
		*value = virt_efer(v);
		return true;
	case MSR_HYPERCALL_PAGE:
		*value = 0;
		return true;
	}
	*value = 0;
	return is_ignored(msr);
}

static bool set_efer(struct vcpu *v, uint64_t value)
{
	uint64_t old = virt_efer(v);

	if (value & ~(uint64_t)EFER_GUEST)
		return false;
	/* Long mode is not entered or left by this register while paging is on. */
	if ((virt_cr0(v) & CR0_PG) && ((value ^ old) & EFER_LME))
		return false;
	virt_set_efer(v, (value & ~(uint64_t)EFER_LMA) | (old & EFER_LMA));
	return true;
}

static bool set_pat(struct vcpu *v, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++) {
		unsigned type = value >> 8 * i & 0xff;

		if (type > 7 || type == 2 || type == 3)
			return false;
	}
	*virt_pat(v) = value;
	return true;
}

/* System time goes on as it was: its TSC's offset is part of what the guest reckons with. */
static void set_tsc(struct vcpu *v, uint64_t value)
{
	v->tsc_offset = value - rdtsc();
	virt_set_tsc_offset(v);
	time_tsc_written(v);
}

bool msr_write(struct vcpu *v, uint32_t msr, uint64_t value)
{
	if (msr >= MSR_X2APIC && msr < MSR_X2APIC + 0x100)
		return (v->lapic.base & APIC_BASE_X2) && vlapic_write(v, msr - MSR_X2APIC, value);
	switch (msr) {
	case MSR_TSC:
		set_tsc(v, value);
		return true;
	case MSR_DEBUGCTL:
		/* Kept, not carried out: branches are not recorded. */
		v->debugctl = value;
		return true;
	case MSR_APIC_BASE:
		return vlapic_set_base(v, value);
	case MSR_PAT:
		return set_pat(v, value);
	case MSR_EFER:
		return set_efer(v, value);
	case MSR_HYPERCALL_PAGE:
		return hypercall_page(v, value);
	}
	return is_ignored(msr);
}
