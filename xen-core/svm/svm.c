/* SPDX-License-Identifier: GPL-2.0-or-later
 * AMD's secure virtual machine: turning it on, a vCPU's control block, entering a guest (AMD64 APM 2, chapter 15).
 */
#include "xen-core/svm/svm.h"

#include <xen/errno.h>

#include "xen-core/cpu/asm.h"
#include "xen-core/cpu/percpu.h"
#include "xen-core/domain/core.h"
#include "xen-core/domain/inject.h"
#include "xen-core/domain/port.h"
#include "xen-core/domain/virt.h"

void svm_enter(uint64_t vmcb, struct gpr *gpr, uint64_t host);

/* Registers that the control block swaps: the guest may have them. */
static const uint32_t free_msrs[] = {
	0x174, 0x175, 0x176, MSR_STAR, MSR_STAR + 1, MSR_STAR + 2, MSR_STAR + 3, MSR_FS_BASE, MSR_GS_BASE, MSR_KERNEL_GS,
};

static uint8_t *msr_map;

bool svm_next_rip_known;
static uint64_t cr4_always;		/* what the processor has on in guests, whatever they want */
static bool fpu_keeps_pointers;		/* FXRSTOR leaves x87's pointers as they are */

bool virt_present(void)
{
	struct cpuid vendor = cpuid(0x80000000, 0), svm;

	if (vendor.eax < 0x8000000a || !(cpuid(0x80000001, 0).ecx & 4)) {
		log_print("this processor has no SVM, and no other extension is known to this xen-core\n");
		return false;
	}
	svm = cpuid(0x8000000a, 0);
	if (!(svm.edx & 1)) {
		log_print("this processor's SVM has no nested paging\n");
		return false;
	}
	if (rdmsr(MSR_VM_CR) & 0x10) {
		log_print("the firmware has switched SVM off\n");
		return false;
	}
	svm_next_rip_known = svm.edx & 8;
	/* RstrFpErrPtrs, from Zen 2 on. */
	fpu_keeps_pointers = !(cpuid(0x80000008, 0).ebx & 4);
	/* A machine check without it is the machine's end, of which nobody would say a word. */
	cr4_always = cpuid(1, 0).edx & 1u << 7 ? CR4_MCE : 0;
	log_print("SVM with nested paging, %u address spaces\n", svm.ebx);
	return true;
}

static void msr_free(uint32_t msr)
{
	unsigned bit = msr < 0x2000 ? msr * 2 : 0x800 * 8 + (msr - 0xc0000000) * 2;

	msr_map[bit / 8] &= (uint8_t)~(3u << bit % 8);
}

int virt_cpu_init(void)
{
	struct cpu *cpu = cpu_this();

	if (!msr_map) {
		mfn_t mfn = frame_alloc(1, OWNER_CORE);

		if (!mfn_ok(mfn))
			return -XEN_ENOMEM;
		msr_map = memset(mfn_ptr(mfn), 0xff, 2 * PAGE_SIZE);
		for (size_t i = 0; i < ARRAY_SIZE(free_msrs); i++)
			msr_free(free_msrs[i]);
		svm_trap_init();
	}
	cpu->host_save = page_alloc();
	cpu->host_state = page_alloc();
	if (!cpu->host_save || !cpu->host_state)
		return -XEN_ENOMEM;
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME);
	wrmsr(MSR_VM_HSAVE_PA, (uintptr_t)cpu->host_save);
	vm_save((uintptr_t)cpu->host_state);
	return 0;
}

static void segments_flat(struct vmcb *m)
{
	struct vmcb_segment data = { 0, 0xc93, UINT32_MAX, 0 };

	m->cs = (struct vmcb_segment){ 0, 0xc9b, UINT32_MAX, 0 };
	m->ds = m->es = m->ss = m->fs = m->gs = data;
	m->gdtr = m->idtr = (struct vmcb_segment){ 0, 0, 0, 0 };
	m->ldtr = (struct vmcb_segment){ 0, 0x82, 0, 0 };
	m->tr = (struct vmcb_segment){ 0, 0x8b, 0x67, 0 };
}

int virt_vcpu_init(struct vcpu *v)
{
	struct vmcb *m = page_alloc();

	if (!m)
		return -XEN_ENOMEM;
	v->virt = m;
	v->fpu = page_alloc();
	if (!v->fpu)
		return -XEN_ENOMEM;
	/* FCW and MXCSR of a reset. */
	memcpy((char *)v->fpu, &(uint16_t){ 0x40 }, 2);
	memcpy((char *)v->fpu + 24, &(uint32_t){ 0x1f80 }, 4);
	m->cr = INTERCEPT_CR4_READ | INTERCEPT_CR4_WRITE | INTERCEPT_CR8_WRITE;	/* a lower priority may let an interrupt in */
	svm_debug_init(v);
	/* Endless ones must not keep the CPU (CVE-2015-5307, 8104); and machine checks, which are the host's. */
	m->exceptions = 1u << 1 | 1u << 17 | 1u << 18;
	m->intercept1 = INTERCEPT_INTR | INTERCEPT_NMI | INTERCEPT_SMI | INTERCEPT_INIT | INTERCEPT_RDPMC |
			INTERCEPT_CPUID | INTERCEPT_INVD | INTERCEPT_HLT | INTERCEPT_INVLPGA | INTERCEPT_IOIO |
			INTERCEPT_MSR | INTERCEPT_TASK | INTERCEPT_SHUTDOWN;
	m->intercept2 = INTERCEPT2_VMRUN | INTERCEPT2_VMMCALL | INTERCEPT2_VMLOAD | INTERCEPT2_VMSAVE |
			INTERCEPT2_STGI | INTERCEPT2_CLGI | INTERCEPT2_SKINIT | INTERCEPT2_RDTSCP | INTERCEPT2_ICEBP |
			INTERCEPT2_WBINVD | INTERCEPT2_MONITOR | INTERCEPT2_MWAIT | INTERCEPT2_MWAIT_ARMED |
			INTERCEPT2_XSETBV | INTERCEPT2_RDPRU;
	m->iopm = (uintptr_t)port_map(v->domain);
	m->msrpm = (uintptr_t)msr_map;
	m->asid = 1;
	m->vintr = VINTR_MASKING;
	m->np_enable = 1;
	m->n_cr3 = mfn_addr(ptr_mfn(v->domain->p2m.root)).v;
	m->pat = UINT64_C(0x0007040600070406);
	m->efer = EFER_SVME;
	m->dr6 = 0xffff0ff0;
	m->dr7 = 0x400;
	m->rflags = 2;
	m->cr0 = CR0_PE | CR0_ET;
	svm_set_cr4(v, 0);
	segments_flat(m);
	return 0;
}

void virt_vcpu_free(struct vcpu *v)
{
	page_free(v->virt);
	page_free(v->fpu);
	v->virt = v->fpu = NULL;
}

void virt_start_pvh(struct vcpu *v, uint32_t rip, uint32_t ebx)
{
	svm_vmcb(v)->rip = rip;
	v->gpr.rbx = ebx;
}

void virt_start_real(struct vcpu *v, uint8_t page)
{
	struct vmcb *m = svm_vmcb(v);
	struct vmcb_segment data = { 0, 0x93, 0xffff, 0 };

	memset(&v->gpr, 0, sizeof(v->gpr));
	m->cs = (struct vmcb_segment){ (uint16_t)(page << 8), 0x9b, 0xffff, (uint64_t)page << 12 };
	m->ds = m->es = m->ss = m->fs = m->gs = data;
	m->gdtr = m->idtr = (struct vmcb_segment){ 0, 0, 0xffff, 0 };
	m->ldtr = (struct vmcb_segment){ 0, 0x82, 0xffff, 0 };
	m->tr = (struct vmcb_segment){ 0, 0x8b, 0xffff, 0 };
	m->cpl = 0;
	m->efer = EFER_SVME;
	m->cr0 = CR0_ET | UINT32_C(0x60000000);
	svm_set_cr4(v, 0);
	m->cr3 = m->rip = m->rax = m->rsp = 0;
	m->rflags = 2;
	m->eventinj = m->shadow = 0;
	m->intercept1 &= ~INTERCEPT_IRET;
	v->nmi_end_rip = 0;
}

/*
 * Where the last instructions of others and their operands were is for none to see; neither is saved. These are
 * ours, and say nothing.
 */
static void fpu_forget_pointers(void)
{
	static const uint32_t zero;

	__asm__ volatile("fnclex\n\temms\n\tfildl %0" : : "m"(zero));
}

void virt_load(struct vcpu *v)
{
	struct vmcb *m = svm_vmcb(v);

	/* Another's translations may be in this CPU's buffers: all guests have the same address space identifier. */
	m->tlb_control = 1;
	if (fpu_keeps_pointers)
		fpu_forget_pointers();
	__asm__ volatile("fxrstorq %0" : : "m"(*(char (*)[512])v->fpu));
	svm_debug_load(v);
}

void virt_save(struct vcpu *v)
{
	__asm__ volatile("fxsaveq %0" : "=m"(*(char (*)[512])v->fpu));
	svm_debug_save(v);
}

/*
 * An interrupt that the guest can take at once is left to the processor, as a virtual one (15.21.4); for others an exit
 * tells when it can. They are not injected as events, with which QEMU 7.2 now and then goes wrong (DECISIONS.md).
 */
static void inject(struct vcpu *v)
{
	struct vmcb *m = svm_vmcb(v);
	bool nmi_waits = !svm_nmi(v);
	int vector;

	/* What the guest reads as CR8. */
	m->vintr = (m->vintr & ~(VINTR_IRQ | VINTR_IGN_TPR | VINTR_TPR)) | v->lapic.tpr >> 4;
	m->intercept1 &= ~INTERCEPT_VINTR;
	v->offered = vector = inject_next(v, &v->offered_of_apic);
	if (vector < 0 && !nmi_waits)
		return;
	m->vintr |= VINTR_IRQ | VINTR_IGN_TPR | VINTR_PRIORITY;
	m->vintr_vector = (uint8_t)vector;
	/* What was being delivered when the guest left goes first. */
	if (nmi_waits || (m->eventinj & EVENT_VALID) || !(m->rflags & 0x200) || (m->shadow & 1)) {
		m->intercept1 |= INTERCEPT_VINTR;
		v->offered = -1;
	} else if (v->offered_of_apic) {
		/*
		 * From now on the same vector may be sent again, which is another interrupt if the guest has taken
		 * this one by then.
		 */
		vlapic_take(v, (uint8_t)vector);
	}
}

/* INT n, INT3 and INTO are executed anew: given as an event, they would return to themselves. */
static bool by_instruction(uint64_t event)
{
	unsigned vector = event & 0xff;

	return (event & EVENT_TYPE) == EVENT_TYPE_SOFTWARE ||
	       ((event & EVENT_TYPE) == EVENT_TYPE_EXCEPTION && (vector == 3 || vector == 4));
}

/* Whether the offered interrupt was taken: also when the guest left in the middle of it, which goes on at the next entry. */
static void inject_end(struct vcpu *v)
{
	struct vmcb *m = svm_vmcb(v);
	bool begun = (m->exitintinfo & (EVENT_VALID | EVENT_TYPE)) == (EVENT_VALID | EVENT_TYPE_INTR) &&
		     (int)(m->exitintinfo & 0xff) == v->offered;

	if (v->offered >= 0 && v->offered_of_apic && (m->vintr & VINTR_IRQ) && !begun)
		vlapic_put_back(v, (uint8_t)v->offered);
	m->eventinj = (m->exitintinfo & EVENT_VALID) && !by_instruction(m->exitintinfo) ? m->exitintinfo : 0;
}

void virt_run(struct vcpu *v)
{
	struct vmcb *m = svm_vmcb(v);

	inject(v);
	if (v->flushes != v->domain->p2m.flushes)
		m->tlb_control = 1;
	v->flushes = v->domain->p2m.flushes;
	core_leave(v);
	svm_enter((uintptr_t)m, &v->gpr, (uintptr_t)cpu_this()->host_state);
	core_enter(v);
	m->tlb_control = 0;
	inject_end(v);
	svm_exit(v);
}

#define TELL(type, what, value) \
	type virt_##what(const struct vcpu *v) \
	{ \
		const struct vmcb *m = svm_vmcb(v); \
		return value; \
	}
TELL(uint64_t, cr0, m->cr0)
TELL(uint64_t, cr3, m->cr3)
TELL(uint64_t, cr4, m->cr4 & CR4_GUEST)
TELL(uint64_t, efer, m->efer & ~(uint64_t)EFER_SVME)
TELL(unsigned, cpl, m->cpl)
TELL(bool, long_mode, (m->efer & EFER_LMA) && (m->cs.attributes & 0x200))
TELL(bool, irqs_on, m->rflags & 0x200)

void svm_set_cr4(struct vcpu *v, uint64_t value)
{
	svm_vmcb(v)->cr4 = value | cr4_always;
}

void virt_set_efer(struct vcpu *v, uint64_t value)
{
	svm_vmcb(v)->efer = value | EFER_SVME;
}

void virt_set_tsc_offset(struct vcpu *v)
{
	svm_vmcb(v)->tsc_offset = v->tsc_offset;
}

uint64_t *virt_pat(struct vcpu *v)
{
	return &svm_vmcb(v)->pat;
}

void virt_inject_gp(struct vcpu *v)
{
	svm_exception(v, 13, 0);
}

void virt_inject_ud(struct vcpu *v)
{
	svm_exception(v, 6, 0);
}

void virt_dump(const struct vcpu *v)
{
	const struct vmcb *m = svm_vmcb(v);
	const struct gpr *g = &v->gpr;

	log_print("d%uv%u: rip %04x:%016lx rflags %lx cpl %u, exit 0x%lx info %lx %lx\n", v->domain->id, v->id,
		  m->cs.selector, m->rip, m->rflags, m->cpl, m->exitcode, m->exitinfo1, m->exitinfo2);
	log_print("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", m->rax, g->rbx, g->rcx, g->rdx);
	log_print("rsi %016lx rdi %016lx rbp %016lx rsp %016lx\n", g->rsi, g->rdi, g->rbp, m->rsp);
	log_print("r8  %016lx r9  %016lx r10 %016lx r11 %016lx\n", g->r8, g->r9, g->r10, g->r11);
	log_print("r12 %016lx r13 %016lx r14 %016lx r15 %016lx\n", g->r12, g->r13, g->r14, g->r15);
	log_print("cr0 %lx cr2 %lx cr3 %lx cr4 %lx efer %lx\n", m->cr0, m->cr2, m->cr3, m->cr4, m->efer);
}
