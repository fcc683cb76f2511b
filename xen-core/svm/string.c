/* SPDX-License-Identifier: GPL-2.0-or-later
 * String instructions of which one end is a port, or memory that is not there: one step at a time, so that a guest can
 * be interrupted between two, as it may.
 */
#include "xen-core/cpu/asm.h"
#include "xen-core/domain/guest.h"
#include "xen-core/domain/virt.h"
#include "xen-core/svm/svm.h"

#define RCX 1
#define RSP 4
#define RSI 6
#define RDI 7
#define RFLAGS_DF 0x400
#define PF_PRESENT 1
#define PF_WRITE 2

/* Only so many bytes of it are meant; four clear those above. */
static void reg_add(struct vcpu *v, unsigned reg, unsigned size, uint64_t add)
{
	uint64_t *r = svm_reg(v, reg), value = *r + add;

	if (size == 2)
		memcpy(r, &value, 2);
	else
		*r = size == 4 ? (uint32_t)value : value;
}

static uint64_t reg_get(struct vcpu *v, unsigned reg, unsigned size)
{
	uint64_t value = *svm_reg(v, reg);

	return size == 8 ? value : value & (BIT(8 * size) - 1);
}

static uint64_t base_of(const struct vcpu *v, uint8_t prefix)
{
	const struct vmcb *m = svm_vmcb(v);

	if (prefix == 0x64)
		return m->fs.base;
	if (prefix == 0x65)
		return m->gs.base;
	if (virt_long_mode(v))
		return 0;
	return prefix == 0x26 ? m->es.base : prefix == 0x2e ? m->cs.base : prefix == 0x36 ? m->ss.base : m->ds.base;
}

/* Whether the guest's own tables know all of it. */
static bool mapped(struct vcpu *v, uint64_t va, unsigned size, bool write)
{
	gaddr_t at;

	return guest_translate(v, va, write, &at) && guest_translate(v, va + size - 1, write, &at);
}

static bool page_fault(struct vcpu *v, uint64_t va, unsigned size, bool write)
{
	svm_vmcb(v)->cr2 = va;
	svm_exception(v, 14, (mapped(v, va, size, false) ? PF_PRESENT : 0) | (write ? PF_WRITE : 0));
	return false;
}

/* false: the guest has a page fault to deal with first. What is not RAM has no bytes to read, and takes none. */
static bool source(struct vcpu *v, const struct insn *insn, uint64_t *value)
{
	uint64_t va = base_of(v, insn->segment) + reg_get(v, RSI, insn->address);

	if (!mapped(v, va, insn->size, false))
		return page_fault(v, va, insn->size, false);
	guest_read(v, value, va, insn->size);
	return true;
}

static bool store(struct vcpu *v, uint64_t va, uint64_t value, unsigned size)
{
	if (!mapped(v, va, size, true))
		return page_fault(v, va, size, true);
	guest_write(v, va, &value, size);
	return true;
}

static bool target(struct vcpu *v, const struct insn *insn, uint64_t value)
{
	return store(v, base_of(v, virt_long_mode(v) ? 0 : 0x26) + reg_get(v, RDI, insn->address), value, insn->size);
}

bool svm_push(struct vcpu *v, uint64_t value, unsigned size)
{
	const struct vmcb_segment *ss = &svm_vmcb(v)->ss;
	unsigned width = virt_long_mode(v) ? 8 : (ss->attributes & SEGMENT_BIG) ? 4 : 2;
	uint64_t rsp = reg_get(v, RSP, width) - size;

	/* What a user may reach is not checked here. */
	if (virt_cpl(v) == 3) {
		virt_inject_gp(v);
		return false;
	}
	rsp = width == 8 ? rsp : rsp & (BIT(8 * width) - 1);
	if (!store(v, (width == 8 ? 0 : ss->base) + rsp, value, size))
		return false;
	reg_add(v, RSP, width, -(uint64_t)size);
	return true;
}

bool svm_string(struct vcpu *v, const struct insn *insn, uint64_t value)
{
	uint64_t step = (svm_vmcb(v)->rflags & RFLAGS_DF) ? -(uint64_t)insn->size : insn->size;
	bool reads = insn->kind == INSN_MOVS, writes = reads || insn->kind == INSN_INS;

	/* What a user may reach is not checked here. */
	if (writes && virt_cpl(v) == 3)
		return false;
	if (insn->rep && !reg_get(v, RCX, insn->address)) {
		svm_advance(v, insn->len);
		return true;
	}
	if ((reads && !source(v, insn, &value)) || (writes && !target(v, insn, value)))
		return true;
	if (reads || insn->kind == INSN_OUTS)
		reg_add(v, RSI, insn->address, step);
	if (writes || insn->kind == INSN_STOS)
		reg_add(v, RDI, insn->address, step);
	if (insn->rep)
		reg_add(v, RCX, insn->address, ~UINT64_C(0));
	/* Otherwise the same instruction exits again. */
	if (!insn->rep || !reg_get(v, RCX, insn->address))
		svm_advance(v, insn->len);
	return true;
}

void svm_string_io(struct vcpu *v, uint32_t value)
{
	struct insn insn;
	bool known = svm_insn(v, &insn) && (insn.kind == INSN_INS || insn.kind == INSN_OUTS);

	insn.size = svm_vmcb(v)->exitinfo1 >> 4 & 7;
	if (!known || !svm_string(v, &insn, value))
		virt_inject_gp(v);
}
