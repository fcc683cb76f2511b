/* SPDX-License-Identifier: GPL-2.0-or-later
 * Why a guest left, and who is to deal with it.
 */
#include "xen-core/svm/svm.h"

#include "xen-core/cpu/asm.h"
#include "xen-core/cpu/log.h"
#include "xen-core/cpu/machine.h"
#include "xen-core/cpu/percpu.h"
#include "xen-core/domain/cpuid.h"
#include "xen-core/domain/device_irq.h"
#include "xen-core/domain/msr.h"
#include "xen-core/domain/port.h"
#include "xen-core/domain/sched.h"
#include "xen-core/domain/virt.h"
#include "xen-core/hypercall/hypercall.h"

#define RFLAGS_TF	0x100u
#define DR6_STEP	0x4000u
#define VECTOR_DB	1
#define VECTOR_MC	18

/* Instructions that exit, by their bytes behind the prefixes. */
enum opcode { OP_CPUID, OP_RDMSR, OP_WRMSR, OP_VMMCALL, OP_HLT, OP_INVD, OP_WBINVD, OP_ICEBP };

static const struct { uint8_t bytes[3], nr; } opcodes[] = {
	[OP_CPUID] = { { 0x0f, 0xa2 }, 2 }, [OP_RDMSR] = { { 0x0f, 0x32 }, 2 }, [OP_WRMSR] = { { 0x0f, 0x30 }, 2 },
	[OP_VMMCALL] = { { 0x0f, 0x01, 0xd9 }, 3 }, [OP_HLT] = { { 0xf4 }, 1 }, [OP_INVD] = { { 0x0f, 0x08 }, 2 },
	[OP_WBINVD] = { { 0x0f, 0x09 }, 2 }, [OP_ICEBP] = { { 0xf1 }, 1 },
};

static void advance_to(struct vcpu *v, uint64_t rip)
{
	struct vmcb *m = svm_vmcb(v);

	m->rip = rip;
	m->shadow = 0;
	/* The processor would have stepped over it. */
	if (m->rflags & RFLAGS_TF) {
		m->dr6 |= DR6_STEP;
		svm_exception(v, VECTOR_DB, 0);
	}
}

void svm_advance(struct vcpu *v, unsigned len)
{
	uint64_t rip = svm_vmcb(v)->rip + len;

	advance_to(v, virt_long_mode(v) ? rip : (uint32_t)rip);
}

/* Its bytes at the vCPU's RIP: how many could be read. */
static size_t fetch(struct vcpu *v, uint8_t code[INSN_BYTES])
{
	const struct vmcb *m = svm_vmcb(v);
	uint64_t rip = virt_long_mode(v) ? m->rip : (uint32_t)(m->rip + m->cs.base);

	memset(code, 0, INSN_BYTES);
	return guest_read_some(v, code, rip, INSN_BYTES);
}

/*
 * How long the instruction is that exited, prefixes included: the processor tells where the next one is, or its bytes
 * do. 0 when another vCPU has written there since; the guest has #GP then, as from Xen.
 */
static unsigned length(struct vcpu *v, enum opcode op)
{
	const struct vmcb *m = svm_vmcb(v);
	uint8_t code[INSN_BYTES];
	unsigned len = 0;

	if (svm_next_rip_known && m->nrip - m->rip - 1 < INSN_BYTES)
		return (unsigned)(m->nrip - m->rip);
	if (fetch(v, code))
		len = insn_length(code, virt_long_mode(v), opcodes[op].bytes, opcodes[op].nr);
	if (!len)
		virt_inject_gp(v);
	return len;
}

static bool has_error(unsigned vector)
{
	return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17;
}

void svm_exception(struct vcpu *v, unsigned vector, uint32_t error)
{
	svm_vmcb(v)->eventinj = EVENT_VALID | EVENT_TYPE_EXCEPTION | vector |
				(has_error(vector) ? EVENT_ERROR | (uint64_t)error << 32 : 0);
}

static void exit_cpuid(struct vcpu *v)
{
	struct vmcb *m = svm_vmcb(v);
	unsigned len = length(v, OP_CPUID);
	struct cpuid r;

	if (!len)
		return;
	r = cpuid_guest(v, (uint32_t)m->rax, (uint32_t)v->gpr.rcx);
	m->rax = r.eax;
	v->gpr.rbx = r.ebx;
	v->gpr.rcx = r.ecx;
	v->gpr.rdx = r.edx;
	svm_advance(v, len);
}

static void exit_msr(struct vcpu *v)
{
	struct vmcb *m = svm_vmcb(v);
	uint32_t msr = (uint32_t)v->gpr.rcx;
	unsigned len = length(v, (m->exitinfo1 & 1) ? OP_WRMSR : OP_RDMSR);
	uint64_t value;
	bool ok;

	if (!len)
		return;
	if (m->exitinfo1 & 1) {
		value = (v->gpr.rdx & 0xffffffff) << 32 | (m->rax & 0xffffffff);
		ok = msr_write(v, msr, value);
	} else {
		ok = msr_read(v, msr, &value);
		m->rax = ok ? value & 0xffffffff : m->rax;
		v->gpr.rdx = ok ? value >> 32 : v->gpr.rdx;
	}
	if (ok)
		svm_advance(v, len);
	else
		virt_inject_gp(v);
}

/*
 * A move between a control register and *reg; its second byte is opcode. For CR8 REX.R or LOCK stands before 0f.
 * Returns the length, or 0: it is none, and the guest has #UD.
 */
static unsigned cr_move(struct vcpu *v, uint8_t opcode, uint64_t **reg)
{
	uint8_t code[INSN_BYTES];
	unsigned at = 0, rex = 0;

	/* Bytes that cannot be read are not of the instruction. */
	fetch(v, code);
	while (at < INSN_BYTES - 4 && (code[at] == 0xf0 || code[at] == 0x66 || code[at] == 0x67))
		at++;
	if (virt_long_mode(v) && (code[at] & 0xf0) == 0x40)
		rex = code[at++];
	if (code[at] != 0x0f || code[at + 1] != opcode) {
		virt_inject_ud(v);
		return 0;
	}
	*reg = svm_reg(v, (code[at + 2] & 7) | (rex & 1) << 3);
	return at + 3;
}

static unsigned cr_write(struct vcpu *v, uint64_t *value)
{
	uint64_t *reg;
	unsigned len = cr_move(v, 0x22, &reg);

	if (len)
		*value = virt_long_mode(v) ? *reg : (uint32_t)*reg;
	return len;
}

static void exit_cr4_read(struct vcpu *v)
{
	uint64_t *reg;
	unsigned len = cr_move(v, 0x20, &reg);

	if (!len)
		return;
	*reg = virt_cr4(v);
	svm_advance(v, len);
}

static void exit_cr8(struct vcpu *v)
{
	uint64_t value;
	unsigned len = cr_write(v, &value);

	if (!len)
		return;
	if (value >> 4) {
		virt_inject_gp(v);
		return;
	}
	v->lapic.tpr = (uint32_t)value << 4;
	svm_advance(v, len);
}

/*
 * A bit lets a guest use state that is not exchanged with that of others (protection keys, AVX), or that its CPUID does
 * not show: it has #GP, as from a processor without that.
 */
static void exit_cr4(struct vcpu *v)
{
	struct vmcb *m = svm_vmcb(v);
	uint64_t value;
	unsigned len = cr_write(v, &value);

	if (!len)
		return;
	if ((value & ~(uint64_t)CR4_GUEST) || ((m->efer & EFER_LMA) && !(value & CR4_PAE))) {
		virt_inject_gp(v);
		return;
	}
	/* It may have been written for just this: Linux switches global pages off and on. */
	if (value != virt_cr4(v))
		m->tlb_control = 1;
	svm_set_cr4(v, value);
	svm_advance(v, len);
}

static uint32_t io(struct vcpu *v, bool in, uint16_t port, unsigned size, uint32_t value)
{
	uint32_t mask = size == 4 ? UINT32_MAX : (1u << size * 8) - 1;

	if (in)
		return port_read(v, port, size) & mask;
	port_write(v, port, size, value & mask);
	return 0;
}

static void exit_io(struct vcpu *v)
{
	struct vmcb *m = svm_vmcb(v);
	uint16_t port = (uint16_t)(m->exitinfo1 >> 16);
	unsigned size = m->exitinfo1 >> 4 & 7;
	bool in = m->exitinfo1 & 1;
	uint32_t value;

	if (m->exitinfo1 & 4) {
		/* Nobody has a port that takes what is written there in strings. */
		svm_string_io(v, in ? io(v, true, port, size, 0) : 0);
		return;
	}
	value = io(v, in, port, size, (uint32_t)m->rax);
	if (in && size == 4)
		m->rax = value;
	else if (in)
		memcpy(&m->rax, &value, size);
	advance_to(v, m->exitinfo2);
}

static void exit_hypercall(struct vcpu *v)
{
	struct vmcb *m = svm_vmcb(v);
	struct gpr *r = &v->gpr;
	bool narrow = !virt_long_mode(v);
	uint64_t *wide_regs[] = { &r->rdi, &r->rsi, &r->rdx, &r->r10, &r->r8 },
		 *narrow_regs[] = { &r->rbx, &r->rcx, &r->rdx, &r->rsi, &r->rdi };
	uint64_t **regs = narrow ? narrow_regs : wide_regs, mask = narrow ? UINT32_MAX : UINT64_MAX;
	struct hypercall call = { .nr = m->rax & mask, .narrow = narrow, .may_stop = true };
	unsigned len = length(v, OP_VMMCALL);
	int64_t rc;

	if (!len)
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(wide_regs); i++)
		call.arg[i] = *regs[i] & mask;
	/* Real mode has no levels of privilege. */
	rc = (m->cr0 & CR0_PE) ? hypercall(v, &call) : -XEN_EPERM;
	if (rc == CALL_AGAIN) {
		/* The same instruction goes on from where this one stopped. */
		for (unsigned i = 0; i < 3; i++)
			*regs[i] = call.arg[i];
		return;
	}
	svm_advance(v, len);
	m->rax = (uint64_t)rc & mask;
}

static void exit_exception(struct vcpu *v, unsigned vector)
{
	/* Both are faults or traps of the guest's own doing, and go to it. */
	if (vector == 1 || vector == 17) {
		svm_exception(v, vector, 0);
		return;
	}
	if (vector == VECTOR_MC) {
		log_seize();
		machine_check_print();
		panic("machine check while domain %u ran", v->domain->id);
	}
	domain_crash(v, "an exception %u that was not asked for", vector);
}

static void exit_halt(struct vcpu *v)
{
	unsigned len = length(v, OP_HLT);

	if (!len)
		return;
	svm_advance(v, len);
	/* A step over it wakes it up. */
	if (!(svm_vmcb(v)->eventinj & EVENT_VALID))
		vcpu_halt(v);
}

/* Of what a guest without devices has written to memory others see the same with and without. Linux asks each of its CPUs. */
static void exit_caches(struct vcpu *v)
{
	unsigned len = length(v, svm_vmcb(v)->exitcode == EXIT_INVD ? OP_INVD : OP_WBINVD);

	if (!len)
		return;
	if (v->domain->privileged)
		__asm__ volatile("wbinvd" : : : "memory");
	svm_advance(v, len);
}

/* The trap of ICEBP comes behind it, and leaves DR6 alone. */
static void exit_icebp(struct vcpu *v)
{
	unsigned len = length(v, OP_ICEBP);

	if (!len)
		return;
	svm_advance(v, len);
	svm_exception(v, VECTOR_DB, 0);
}

/* Host interrupts: on for a moment, to be taken. */
static void exit_interrupt(struct vcpu *v)
{
	irq_on();
	__asm__ volatile("nop");
	irq_off();
	device_irq_deliver();
}

static void exit_nothing(struct vcpu *v)
{
}

static void exit_shutdown(struct vcpu *v)
{
	domain_crash(v, "triple fault");
}

/* A call's number and its first argument, four digits of each. */
static uint64_t call_told(const struct vcpu *v)
{
	return svm_vmcb(v)->rax << 16 | ((virt_long_mode(v) ? v->gpr.rdi : v->gpr.rbx) & 0xffff);
}

static void (*const handlers[])(struct vcpu *v) = {
	[EXIT_INTR] = exit_interrupt, [EXIT_NMI] = exit_interrupt, [EXIT_VINTR] = exit_nothing, [EXIT_SMI] = exit_nothing,
	[EXIT_INIT] = exit_nothing, [EXIT_IRET] = svm_nmi_return, [EXIT_RDPMC] = virt_inject_gp, [EXIT_CPUID] = exit_cpuid,
	[EXIT_MSR] = exit_msr, [EXIT_IOIO] = exit_io, [EXIT_VMMCALL] = exit_hypercall, [EXIT_CR8_WRITE] = exit_cr8,
	[EXIT_CR4_READ] = exit_cr4_read, [EXIT_CR4_WRITE] = exit_cr4, [EXIT_HLT] = exit_halt, [EXIT_SHUTDOWN] = exit_shutdown,
	[EXIT_INVD] = exit_caches, [EXIT_WBINVD] = exit_caches, [EXIT_ICEBP] = exit_icebp,
};

void svm_exit(struct vcpu *v)
{
	struct vmcb *m = svm_vmcb(v);
	uint64_t code = m->exitcode;

	vcpu_trail(v, (uint32_t)code, (uint32_t)(code == EXIT_VMMCALL ? call_told(v) : m->exitinfo1), m->rip);
	if (code < ARRAY_SIZE(handlers) && handlers[code])
		handlers[code](v);
	else if (code == EXIT_NPF)
		svm_npf(v, m->exitinfo2, m->exitinfo1);
	else if (code >= EXIT_DR && code < EXIT_EXCEPTION)
		svm_debug_use(v);
	else if (code >= EXIT_EXCEPTION && code < EXIT_EXCEPTION + 32)
		exit_exception(v, (unsigned)(code - EXIT_EXCEPTION));
	else if (code > EXIT_INVD && code < 0x090)
		/* Instructions of an extension that the guest does not have. */
		virt_inject_ud(v);
	else
		domain_crash(v, "the processor left it with code 0x%lx", code);
}
