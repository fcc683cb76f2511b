/* SPDX-License-Identifier: GPL-2.0-or-later
 * Why a guest left, and who is to deal with it.
 */
#include "xen-core/svm/svm.h"

#include "xen-core/cpu/asm.h"
#include "xen-core/cpu/percpu.h"
#include "xen-core/domain/cpuid.h"
#include "xen-core/domain/device_irq.h"
#include "xen-core/domain/msr.h"
#include "xen-core/domain/port.h"
#include "xen-core/domain/sched.h"
#include "xen-core/domain/virt.h"
#include "xen-core/hypercall/hypercall.h"

void svm_advance(struct vcpu *v, unsigned len)
{
	struct vmcb *m = svm_vmcb(v);

	m->rip = virt_long_mode(v) ? m->rip + len : (uint32_t)(m->rip + len);
	m->shadow = 0;
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
	struct cpuid r = cpuid_guest(v, (uint32_t)m->rax, (uint32_t)v->gpr.rcx);

	m->rax = r.eax;
	v->gpr.rbx = r.ebx;
	v->gpr.rcx = r.ecx;
	v->gpr.rdx = r.edx;
	svm_advance(v, 2);
}

static void exit_msr(struct vcpu *v)
{
	struct vmcb *m = svm_vmcb(v);
	uint32_t msr = (uint32_t)v->gpr.rcx;
	uint64_t value;

	if (m->exitinfo1 & 1) {
		value = (v->gpr.rdx & 0xffffffff) << 32 | (m->rax & 0xffffffff);
		if (!msr_write(v, msr, value)) {
			svm_exception(v, 13, 0);
			return;
		}
	} else {
		if (!msr_read(v, msr, &value)) {
			svm_exception(v, 13, 0);
			return;
		}
		m->rax = value & 0xffffffff;
		v->gpr.rdx = value >> 32;
	}
	svm_advance(v, 2);
}

/* mov to CR8: REX.R or LOCK stands before 0f 22. */
static void exit_cr8(struct vcpu *v)
{
	uint8_t code[8] = { 0 };
	unsigned at = 0, rex = 0, reg;
	uint64_t value;

	/* Bytes that cannot be read are not of the instruction. */
	for (unsigned i = 0; i < 5 && guest_read(v, code + i, virt_rip(v) + i + (virt_long_mode(v) ? 0 : svm_vmcb(v)->cs.base), 1); i++)
		;
	while (at < 2 && code[at] == 0xf0)
		at++;
	if (virt_long_mode(v) && (code[at] & 0xf0) == 0x40)
		rex = code[at++];
	reg = (code[at + 2] & 7) | (rex & 1) << 3;
	if (code[at] != 0x0f || code[at + 1] != 0x22) {
		virt_inject_ud(v);
		return;
	}
	value = *svm_reg(v, reg);
	if (value >> 4) {
		virt_inject_gp(v);
		return;
	}
	v->lapic.tpr = (uint32_t)value << 4;
	svm_advance(v, at + 3);
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
	m->rip = m->exitinfo2;
	m->shadow = 0;
}

static void exit_hypercall(struct vcpu *v)
{
	struct vmcb *m = svm_vmcb(v);
	struct hypercall call = {
		.nr = m->rax,
		.arg = { v->gpr.rdi, v->gpr.rsi, v->gpr.rdx, v->gpr.r10, v->gpr.r8 },
		.may_stop = true,
	};
	int64_t rc;

	/* Structures of 32-bit callers are laid out otherwise. */
	rc = virt_long_mode(v) ? hypercall(v, &call) : -XEN_ENOSYS;
	if (rc == CALL_AGAIN) {
		/* The same instruction goes on from where this one stopped. */
		v->gpr.rdi = call.arg[0];
		v->gpr.rsi = call.arg[1];
		v->gpr.rdx = call.arg[2];
		return;
	}
	svm_advance(v, 3);
	m->rax = (uint64_t)rc;
}

static void exit_exception(struct vcpu *v, unsigned vector)
{
	/* Both are faults or traps of the guest's own doing, and go to it. */
	if (vector == 1 || vector == 17) {
		svm_exception(v, vector, 0);
		return;
	}
	domain_crash(v, "an exception %u that was not asked for", vector);
}

/* Host interrupts: on for a moment, to be taken. */
static void exit_interrupt(void)
{
	irq_on();
	__asm__ volatile("nop");
	irq_off();
	device_irq_deliver();
}

void svm_exit(struct vcpu *v)
{
	struct vmcb *m = svm_vmcb(v);

	vcpu_trail(v, (uint32_t)m->exitcode, (uint32_t)(m->exitcode == EXIT_VMMCALL ? m->rax << 16 | (v->gpr.rdi & 0xffff) : m->exitinfo1), m->rip);
	switch (m->exitcode) {
	case EXIT_INTR:
	case EXIT_NMI:
		exit_interrupt();
		return;
	case EXIT_VINTR:
	case EXIT_SMI:
	case EXIT_INIT:
		return;
	case EXIT_IRET:
		svm_nmi_return(v);
		return;
	case EXIT_RDPMC:
		svm_exception(v, 13, 0);
		return;
	case EXIT_CPUID:
		exit_cpuid(v);
		return;
	case EXIT_MSR:
		exit_msr(v);
		return;
	case EXIT_IOIO:
		exit_io(v);
		return;
	case EXIT_VMMCALL:
		exit_hypercall(v);
		return;
	case EXIT_CR8_WRITE:
		exit_cr8(v);
		return;
	case EXIT_HLT:
		svm_advance(v, 1);
		vcpu_halt(v);
		return;
	case EXIT_NPF:
		svm_npf(v, m->exitinfo2, m->exitinfo1);
		return;
	case EXIT_SHUTDOWN:
		domain_crash(v, "triple fault");
		return;
	case EXIT_INVD:
		svm_advance(v, 2);
		return;
	}
	if (m->exitcode >= EXIT_DR && m->exitcode < EXIT_EXCEPTION)
		svm_debug_use(v);
	else if (m->exitcode >= EXIT_EXCEPTION && m->exitcode < EXIT_EXCEPTION + 32)
		exit_exception(v, (unsigned)(m->exitcode - EXIT_EXCEPTION));
	else if (m->exitcode > EXIT_INVD && m->exitcode < 0x090)
		/* Instructions of an extension that the guest does not have. */
		svm_exception(v, 6, 0);
	else
		domain_crash(v, "the processor left it with code 0x%lx", m->exitcode);
}
