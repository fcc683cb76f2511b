/* SPDX-License-Identifier: GPL-2.0-or-later
 * Accesses to guest physical memory that is not there. The local APIC's page is emulated, for which the few instructions that a kernel
 * uses on it are decoded: mov between a register or a constant and 32 bits of memory.
 */
#include "xen-core/cpu/asm.h"
#include "xen-core/domain/virt.h"
#include "xen-core/mm/guest.h"
#include "xen-core/svm/svm.h"

#define APIC_PAGE 0xfee00000

struct mov {
	unsigned len;
	bool store;
	unsigned reg;			/* the register, 16: the constant */
	uint32_t constant;
};

uint64_t *svm_reg(struct vcpu *v, unsigned reg)
{
	struct vmcb *m = svm_vmcb(v);

	return reg == 0 ? &m->rax : reg == 4 ? &m->rsp : (uint64_t *)&v->gpr + reg;
}

/* Bytes behind the opcode that name the memory: ModRM, SIB, displacement. */
static unsigned operand_len(const uint8_t *p)
{
	unsigned mod = p[0] >> 6, rm = p[0] & 7, len = 1;

	if (mod == 3)
		return 0;
	if (rm == 4) {
		len++;
		if (mod == 0 && (p[1] & 7) == 5)
			len += 4;
	} else if (mod == 0 && rm == 5) {
		len += 4;
	}
	return len + (mod == 1 ? 1 : mod == 2 ? 4 : 0);
}

static bool decode(struct vcpu *v, struct mov *mov)
{
	uint8_t code[16] = { 0 };
	unsigned at = 0, len, rex = 0;
	uint64_t rip = virt_rip(v) + (virt_long_mode(v) ? 0 : svm_vmcb(v)->cs.base);

	/* The page behind may not be there, nor needed. */
	if (!guest_read(v, code, rip, 15) && !guest_read(v, code, rip, PAGE_SIZE - (rip & (PAGE_SIZE - 1))))
		return false;
	while (at < 4 && (code[at] == 0x3e || code[at] == 0x2e || code[at] == 0x65 || code[at] == 0x64))
		at++;
	if (virt_long_mode(v) && (code[at] & 0xf0) == 0x40)
		rex = code[at++];
	if ((rex & 8) || (code[at] != 0x8b && code[at] != 0x89 && code[at] != 0xc7 && code[at] != 0xa1 && code[at] != 0xa3))
		return false;
	*mov = (struct mov){ .store = code[at] != 0x8b && code[at] != 0xa1 };
	if (code[at] == 0xa1 || code[at] == 0xa3) {
		mov->len = at + 1 + (virt_long_mode(v) ? 8 : 4);
		return true;
	}
	len = operand_len(code + at + 1);
	if (!len)
		return false;
	mov->reg = code[at] == 0xc7 ? 16 : (code[at + 1] >> 3 & 7) | (rex & 4) << 1;
	mov->len = at + 1 + len;
	if (mov->reg == 16) {
		memcpy(&mov->constant, code + mov->len, 4);
		mov->len += 4;
	}
	return true;
}

static bool apic_access(struct vcpu *v, const struct mov *mov, uint64_t address)
{
	unsigned reg = (address & 0xff0) >> 4;
	uint64_t value = 0;

	if (mov->store)
		return vlapic_write(v, reg, mov->reg == 16 ? mov->constant : (uint32_t)*svm_reg(v, mov->reg));
	if (!vlapic_read(v, reg, &value))
		value = 0;
	*svm_reg(v, mov->reg) = (uint32_t)value;
	return true;
}

/* A device of the machine, which dom0 sees where it is: mapped when it is first used. Never memory that is somebody's. */
static bool device_map(struct vcpu *v, uint64_t address)
{
	mfn_t mfn = MFN(address >> PAGE_SHIFT);

	if (!v->domain->privileged || frame_is_ram(mfn) || (address & ~(PAGE_SIZE - 1)) == APIC_PAGE || mfn.v >= P2M_FRAMES)
		return false;
	return p2m_set(&v->domain->p2m, GFN(mfn.v), mfn, 0, P2M_MMIO, true, NULL) == 0;
}

void svm_npf(struct vcpu *v, uint64_t address, uint64_t error)
{
	struct mov mov;

	if (!(error & 1) && device_map(v, address))
		return;
	/* A write to what may only be read does nothing, as does one to where nothing is; a read finds ones. */
	if (!decode(v, &mov)) {
		domain_crash(v, "an instruction for memory at 0x%lx (error 0x%lx) that is not there, and is not understood", address, error);
		return;
	}
	if ((address & ~(PAGE_SIZE - 1)) == APIC_PAGE && (v->lapic.base & (APIC_BASE_ON | APIC_BASE_X2)) == APIC_BASE_ON)
		apic_access(v, &mov, address);
	else if (!mov.store)
		*svm_reg(v, mov.reg) = UINT32_MAX;
	svm_advance(v, mov.len);
}
