/* SPDX-License-Identifier: GPL-2.0-or-later
 * vcpu_op's initialise (xen/vcpu.h, xen/hvm/hvm_vcpu.h): registers of a vCPU that then is started without INIT and
 * startup IPI. What Xen 4.17 refuses is refused.
 */
#include "xen-core/hypercall/hypercall.h"

#include <xen/hvm/hvm_vcpu.h>
#include <xen/hvm/save.h>

#include "xen-core/cpu/asm.h"
#include "xen-core/domain/virt.h"

/* Attributes of segments, as in a control block, and four bits that must be clear. */
enum { AR_ACCESSED = 0x1, AR_BUSY = 0x2, AR_DPL = 0x60, AR_PRESENT = 0x80, AR_GRANULAR = 0x800 };

/* Nothing, or memory that can be read, at the code's level of privilege. */
static bool data_ok(uint32_t ar, uint32_t code)
{
	return !ar || ((ar & 0xf090) == 0x90 && (ar & 0xa) != 0x8 && (ar & AR_DPL) <= (code & AR_DPL));
}

#define SEGMENT(s, mark) \
	c->s##_base = r->s##_base, c->s##_limit = r->s##_limit, c->s##_arbytes = r->s##_ar | (r->s##_ar & AR_PRESENT ? mark : 0)
#define GENERAL(e) \
	c->rax = r->e##ax, c->rcx = r->e##cx, c->rdx = r->e##dx, c->rbx = r->e##bx, c->rsp = r->e##sp, c->rbp = r->e##bp, c->rsi = r->e##si, \
	c->rdi = r->e##di, c->rip = r->e##ip, c->rflags = r->e##flags, c->cr0 = r->cr0, c->cr3 = r->cr3, c->cr4 = r->cr4, c->msr_efer = r->efer

static bool context_32(struct hvm_hw_cpu *c, const struct vcpu_hvm_x86_32 *r)
{
	uint32_t limit = r->cs_ar & AR_GRANULAR ? r->cs_limit << PAGE_SHIFT | (PAGE_SIZE - 1) : r->cs_limit;

	if (r->pad1 || r->pad2[0] || r->pad2[1] || r->pad2[2])
		return false;
	GENERAL(e);
	SEGMENT(cs, AR_ACCESSED);
	SEGMENT(ds, AR_ACCESSED);
	SEGMENT(ss, AR_ACCESSED);
	SEGMENT(es, AR_ACCESSED);
	SEGMENT(tr, AR_BUSY);
	/* Code; memory that can be written; a task in use: all present. */
	return (c->cs_arbytes & 0xf098) == 0x98 && (c->ss_arbytes & 0xf09a) == 0x92 &&
	       (c->tr_arbytes & 0xf09f) == 0x8b && data_ok(c->ds_arbytes, c->cs_arbytes) &&
	       data_ok(c->es_arbytes, c->cs_arbytes) && (c->ss_arbytes & AR_DPL) == (c->cs_arbytes & AR_DPL) &&
	       r->eip <= limit && (r->efer & (EFER_LMA | EFER_LME)) != EFER_LMA;
}

static bool context_64(struct hvm_hw_cpu *c, const struct vcpu_hvm_x86_64 *r)
{
	GENERAL(r);
	c->cs_arbytes = 0xa9b;
	c->ds_arbytes = c->es_arbytes = c->ss_arbytes = 0xc93;
	c->tr_arbytes = 0x8b;
	c->cs_limit = c->ds_limit = c->es_limit = c->ss_limit = UINT32_MAX;
	c->tr_limit = 0x67;
	return (uint64_t)((int64_t)(r->rip << 16) >> 16) == r->rip && (r->cr0 & CR0_PG) && (r->cr4 & CR4_PAE) &&
	       (r->efer & EFER_LME);
}

static bool context(struct hvm_hw_cpu *c, const struct vcpu_hvm_context *from)
{
	bool ok = !from->pad && ((from->mode == VCPU_HVM_MODE_32B && context_32(c, &from->cpu_regs.x86_32)) ||
				 (from->mode == VCPU_HVM_MODE_64B && context_64(c, &from->cpu_regs.x86_64)));

	if ((c->msr_efer & EFER_LME) && (c->cr0 & CR0_PG))
		c->msr_efer |= EFER_LMA;
	return ok;
}

int64_t vcpu_initialise(struct vcpu *v, struct vcpu *of, uint64_t va)
{
	struct hvm_hw_cpu c = { .ldtr_arbytes = 0x82, .dr6 = 0xffff0ff0, .dr7 = 0x400 };
	struct vcpu_hvm_context from;

	/* Its information has no place of its own yet. */
	if (of->id >= XEN_LEGACY_MAX_VCPUS && !mfn_ok(of->info_page))
		return -XEN_EINVAL;
	if (!guest_read_struct(v, &from, va))
		return -XEN_EFAULT;
	if (of->initialised)
		return -XEN_EEXIST;
	if (!context(&c, &from))
		return -XEN_EINVAL;
	/* What is pending of what it did before, too. */
	virt_start_real(of, 0);
	if (!virt_set_context(of, &c))
		return -XEN_EINVAL;
	of->tsc_offset = v->domain->vcpus[0]->tsc_offset;
	virt_set_tsc_offset(of);
	of->initialised = true;
	of->lapic.wait_sipi = false;
	return 0;
}
