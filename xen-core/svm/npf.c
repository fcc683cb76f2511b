/* SPDX-License-Identifier: GPL-2.0-or-later
 * Accesses to guest physical memory that is not there. The local APIC's page is emulated; a device of dom0's is mapped.
 * Where nothing is, all bits are read as ones and nothing is written, by the instructions that decode.c knows.
 */
#include "xen-core/cpu/asm.h"
#include "xen-core/domain/domain.h"
#include "xen-core/domain/guest.h"
#include "xen-core/domain/virt.h"
#include "xen-core/svm/svm.h"

#define APIC_PAGE 0xfee00000
#define NPF_PRESENT BIT(0)
#define NPF_WALK BIT(33)	/* it was a table of the guest's that is not there */

uint64_t *svm_reg(struct vcpu *v, unsigned reg)
{
	struct vmcb *m = svm_vmcb(v);

	return reg == 0 ? &m->rax : reg == 4 ? &m->rsp : (uint64_t *)&v->gpr + reg;
}

bool svm_insn(struct vcpu *v, struct insn *insn)
{
	const struct vmcb *m = svm_vmcb(v);
	uint8_t code[INSN_BYTES] = { 0 };
	unsigned bits = virt_long_mode(v) ? 64 : (m->cs.attributes & SEGMENT_BIG) ? 32 : 16;
	uint64_t rip = bits == 64 ? m->rip : (uint32_t)(m->rip + m->cs.base);

	/* The page behind may not be there, nor needed. */
	return guest_read_some(v, code, rip, sizeof(code)) && insn_decode(insn, code, bits);
}

static uint64_t bytes(uint64_t value, unsigned size)
{
	return size == 8 ? value : value & (BIT(8 * size) - 1);
}

/* As a processor does: 32 bits clear those above, fewer leave them. */
static void reg_set(struct vcpu *v, const struct insn *insn, uint64_t value)
{
	uint64_t *reg = svm_reg(v, insn->reg);

	if (insn->reg_size < 4)
		memcpy((char *)reg + insn->high, &value, insn->reg_size);
	else
		*reg = bytes(value, insn->reg_size);
}

static void load(struct vcpu *v, const struct insn *insn, uint64_t value)
{
	unsigned unused = 64 - 8 * insn->size;

	value = insn->sign ? (uint64_t)((int64_t)(value << unused) >> unused) : bytes(value, insn->size);
	reg_set(v, insn, value);
}

static uint64_t stored(struct vcpu *v, const struct insn *insn)
{
	return bytes(insn->constant ? insn->value : *svm_reg(v, insn->reg) >> 8 * insn->high, insn->size);
}

/* The APIC's registers are of 32 bits, 16 bytes apart; a part of one is as good, what goes beyond is nothing. */
static uint64_t apic_get(struct vcpu *v, uint64_t address, unsigned size)
{
	unsigned at = address & 15;
	uint64_t value;

	if (at + size > 4 || !vlapic_read(v, (address & 0xff0) >> 4, &value))
		return 0;
	return bytes(value >> 8 * at, size);
}

static void apic_put(struct vcpu *v, uint64_t address, unsigned size, uint64_t value)
{
	unsigned at = address & 15;
	uint64_t rest = 0;

	if (at + size > 4)
		return;
	if (size < 4)
		rest = apic_get(v, address & ~UINT64_C(15), 4) & ~(bytes(~UINT64_C(0), size) << 8 * at);
	vlapic_write(v, (address & 0xff0) >> 4, rest | value << 8 * at);
}

/* Something is calculated with what is at the address. Returns whether *value, now, goes there. */
static bool operate(struct vcpu *v, const struct insn *insn, uint64_t *value)
{
	uint64_t *flags = &svm_vmcb(v)->rflags, with = stored(v, insn), was = *value;
	struct insn accumulator = { .reg_size = insn->size };

	switch (insn->op) {
	case OP_XCHG:
		reg_set(v, insn, was);
		*value = with;
		return true;
	case OP_XADD:
		*value = alu(OP_ADD, insn->size, was, with, flags);
		reg_set(v, insn, was);
		return true;
	case OP_CMPXCHG:
		if (!alu(OP_CMP, insn->size, bytes(*svm_reg(v, 0), insn->size), was, flags))
			*value = with;
		else
			reg_set(v, &accumulator, was);
		return true;
	default:
		break;
	}
	if (!insn->to_reg) {
		*value = alu(insn->op, insn->size, was, with, flags);
		return alu_writes(insn->op);
	}
	with = alu(insn->op, insn->size, with, was, flags);
	if (alu_writes(insn->op))
		reg_set(v, insn, with);
	return false;
}

/* Returns false: nothing was done, and the guest has an exception. */
static bool access(struct vcpu *v, const struct insn *insn, uint64_t address, bool apic)
{
	uint64_t value = 0;

	if (insn->kind != INSN_STORE)
		value = apic ? apic_get(v, address, insn->size) : bytes(~UINT64_C(0), insn->size);
	if (insn->kind == INSN_LOAD) {
		load(v, insn, value);
		return true;
	}
	if (insn->kind == INSN_OPERATE && insn->op == OP_PUSH)
		return svm_push(v, value, insn->size);
	if (insn->kind == INSN_STORE)
		value = stored(v, insn);
	else if (!operate(v, insn, &value))
		return true;
	if (apic)
		apic_put(v, address, insn->size, value);
	return true;
}

/*
 * A device of the machine, which dom0 sees where it is: mapped when it is first used. Never memory that is somebody's;
 * and where another vCPU has mapped something since, that is what the instruction finds when it is tried again.
 */
static bool device_map(struct vcpu *v, uint64_t address)
{
	mfn_t mfn = MFN(address >> PAGE_SHIFT);

	if (v->domain->privileged && p2m_lookup(&v->domain->p2m, GFN(mfn.v)).type != P2M_NONE)
		return true;
	if (!v->domain->privileged || frame_is_ram(mfn) || (address & ~(PAGE_SIZE - 1)) == APIC_PAGE || mfn.v >= P2M_FRAMES)
		return false;
	return p2m_set(&v->domain->p2m, GFN(mfn.v), mfn, 0, P2M_MMIO, true, NULL) == 0;
}

/* A guest that cannot even be told is at its end. */
static void refuse(struct vcpu *v, uint64_t address, uint64_t error)
{
	if (svm_vmcb(v)->exitintinfo & EVENT_VALID) {
		domain_crash(v, "memory at 0x%lx (error 0x%lx) is not there while it is interrupted", address, error);
		return;
	}
	domain_note(v->domain,
		    "v%u: an instruction for memory at 0x%lx (error 0x%lx) that is not there, and is not understood\n",
		    v->id, address, error);
	virt_inject_gp(v);
}

void svm_npf(struct vcpu *v, uint64_t address, uint64_t error)
{
	bool apic = (address & ~(PAGE_SIZE - 1)) == APIC_PAGE &&
		    (v->lapic.base & (APIC_BASE_ON | APIC_BASE_X2)) == APIC_BASE_ON;
	struct insn insn;
	bool read_only;

	if (!(error & NPF_PRESENT) && device_map(v, address))
		return;
	/* What is mapped for reading alone: a driver that writes there is to hear of it. */
	read_only = (error & NPF_PRESENT) && p2m_lookup(&v->domain->p2m, GFN(address >> PAGE_SHIFT)).type == P2M_GRANT;
	if (read_only || (error & NPF_WALK) || !svm_insn(v, &insn) || insn.kind == INSN_INS || insn.kind == INSN_OUTS ||
	    ((insn.kind == INSN_MOVS || insn.kind == INSN_STOS) && !svm_string(v, &insn, ~UINT64_C(0))))
		refuse(v, address, error);
	else if (insn.kind != INSN_MOVS && insn.kind != INSN_STOS && access(v, &insn, address, apic))
		svm_advance(v, insn.len);
}
