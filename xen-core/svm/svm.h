/* SPDX-License-Identifier: GPL-2.0-or-later
 * Between the files of AMD's extension.
 */
#ifndef XEN_CORE_SVM_SVM_H
#define XEN_CORE_SVM_SVM_H

#include "xen-core/domain/domain.h"
#include "xen-core/svm/decode.h"
#include "xen-core/svm/vmcb.h"

static inline struct vmcb *svm_vmcb(const struct vcpu *v)
{
	return v->virt;
}

/*
 * CR4 bits that the processor knows and a guest may set: VME to PAE, PGE, PCE, OSFXSR, OSXMMEXCPT. MCE is the
 * host's, and CPUID does not show it.
 */
#define CR4_GUEST	0x7bfu

/** Whether the processor tells, at an exit, where the next instruction is. */
extern bool svm_next_rip_known;

/** Exceptions of the host find its state, wherever they happen. Once. */
void svm_trap_init(void);
/** CR4 as the guest wrote it. */
void svm_set_cr4(struct vcpu *v, uint64_t value);
/** What to do about an exit. */
void svm_exit(struct vcpu *v);
/** The instruction that caused the exit is done; it was len bytes long. A guest that steps has its trap behind it. */
void svm_advance(struct vcpu *v, unsigned len);
/** An exception at the next entry, in front of interrupts. error is ignored for vectors without one. */
void svm_exception(struct vcpu *v, unsigned vector, uint32_t error);
/**
 * A pending NMI goes to the vCPU as the event of the next entry, if it may. False: it must wait, and be looked at again
 * once interrupts are on, or at any other exit.
 */
bool svm_nmi(struct vcpu *v);
/** The vCPU is about to return from one. */
void svm_nmi_return(struct vcpu *v);
/** Where a general register is kept, in the order of the encoding. */
uint64_t *svm_reg(struct vcpu *v, unsigned reg);
/** DR0 to DR3 are not in the machine's registers: every access exits. */
void svm_debug_init(struct vcpu *v);
/** They come there: at the first access, which is then tried again. */
void svm_debug_use(struct vcpu *v);
/** The vCPU comes to this CPU, or leaves it. */
void svm_debug_load(struct vcpu *v);
void svm_debug_save(struct vcpu *v);
/** The instruction where the vCPU is; false: it cannot be read, or is none of those that are known. */
bool svm_insn(struct vcpu *v, struct insn *insn);
/**
 * One step of a string instruction: what it reads from a port is value, as is what it finds where no RAM is; what is
 * written there is dropped. It is gone on with by itself while it repeats. false: not for this guest's users.
 */
bool svm_string(struct vcpu *v, const struct insn *insn, uint64_t value);
/** The same for one of ports. */
void svm_string_io(struct vcpu *v, uint32_t value);
/** A value of so many bytes goes to the guest's stack. False: it does not, and the guest has an exception. */
bool svm_push(struct vcpu *v, uint64_t value, unsigned size);
/** An access to memory that is not there: a device of ours, nothing, or for dom0 one of the machine's. */
void svm_npf(struct vcpu *v, uint64_t address, uint64_t error);

#endif
