/* SPDX-License-Identifier: GPL-2.0-or-later
 * A vCPU's registers in the form of Xen's records (xen/arch-x86/hvm/save.h: hvm_hw_cpu).
 */
#include <xen/hvm/save.h>

#include "xen-core/cpu/asm.h"
#include "xen-core/domain/virt.h"
#include "xen-core/svm/svm.h"

#define SEGMENTS(f) f(cs) f(ds) f(es) f(fs) f(gs) f(ss) f(tr) f(ldtr)
#define GENERAL(f) f(rbx) f(rcx) f(rdx) f(rbp) f(rsi) f(rdi) f(r8) f(r9) f(r10) f(r11) f(r12) f(r13) f(r14) f(r15)
#define CONTROL(f) f(rax) f(rsp) f(rip) f(rflags) f(cr0) f(cr2) f(cr3) f(dr6) f(dr7) f(sysenter_cs) f(sysenter_esp) f(sysenter_eip)

/* What VMRUN would refuse is refused here. */
#define EFER_GUEST (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE)

static bool sane(const struct hvm_hw_cpu *c)
{
	return !(c->cr0 >> 32) && !(c->cr4 & ~(uint64_t)CR4_GUEST) && !(c->msr_efer & ~(uint64_t)EFER_GUEST) &&
	       !(c->dr6 >> 32) && !(c->dr7 >> 32) && (!(c->cr0 & CR0_PG) || (c->cr0 & CR0_PE)) &&
	       !((c->msr_efer & EFER_LME) && (c->cr0 & CR0_PG) && !(c->cr4 & CR4_PAE));
}

bool virt_set_context(struct vcpu *v, const struct hvm_hw_cpu *c)
{
	struct vmcb *m = svm_vmcb(v);

	if (!sane(c))
		return false;
#define SET(s) m->s = (struct vmcb_segment){ (uint16_t)c->s##_sel, (uint16_t)c->s##_arbytes, c->s##_limit, c->s##_base };
	SEGMENTS(SET)
#undef SET
#define SET(r) v->gpr.r = c->r;
	GENERAL(SET)
#undef SET
#define SET(r) m->r = c->r;
	CONTROL(SET)
#undef SET
	m->gdtr.limit = c->gdtr_limit;
	m->gdtr.base = c->gdtr_base;
	m->idtr.limit = c->idtr_limit;
	m->idtr.base = c->idtr_base;
	svm_set_cr4(v, c->cr4);
	m->efer = c->msr_efer | EFER_SVME;
	m->star = c->msr_star;
	m->lstar = c->msr_lstar;
	m->cstar = c->msr_cstar;
	m->sfmask = c->msr_syscall_mask;
	m->kernel_gs_base = c->shadow_gs;
	m->cpl = m->ss.attributes >> 5 & 3;
	m->rflags |= 2;
	v->debug[0] = c->dr0;
	v->debug[1] = c->dr1;
	v->debug[2] = c->dr2;
	v->debug[3] = c->dr3;
	if (c->flags & XEN_X86_FPU_INITIALISED)
		memcpy(v->fpu, c->fpu_regs, sizeof(c->fpu_regs));
	/* Bits of MXCSR that the processor does not have would fault when they are loaded. */
	*(uint32_t *)((char *)v->fpu + 24) &= 0xffbf;
	return true;
}

void virt_get_context(const struct vcpu *v, struct hvm_hw_cpu *c)
{
	const struct vmcb *m = svm_vmcb(v);

	memset(c, 0, sizeof(*c));
#define GET(s) c->s##_sel = m->s.selector, c->s##_arbytes = m->s.attributes, c->s##_limit = m->s.limit, c->s##_base = m->s.base;
	SEGMENTS(GET)
#undef GET
#define GET(r) c->r = v->gpr.r;
	GENERAL(GET)
#undef GET
#define GET(r) c->r = m->r;
	CONTROL(GET)
#undef GET
	c->gdtr_limit = m->gdtr.limit;
	c->gdtr_base = m->gdtr.base;
	c->idtr_limit = m->idtr.limit;
	c->idtr_base = m->idtr.base;
	c->cr4 = virt_cr4(v);
	c->msr_efer = virt_efer(v);
	c->msr_star = m->star;
	c->msr_lstar = m->lstar;
	c->msr_cstar = m->cstar;
	c->msr_syscall_mask = m->sfmask;
	c->shadow_gs = m->kernel_gs_base;
	c->dr0 = v->debug[0];
	c->dr1 = v->debug[1];
	c->dr2 = v->debug[2];
	c->dr3 = v->debug[3];
	c->flags = XEN_X86_FPU_INITIALISED;
	memcpy(c->fpu_regs, v->fpu, sizeof(c->fpu_regs));
}
