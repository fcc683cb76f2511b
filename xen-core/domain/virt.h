/* SPDX-License-Identifier: GPL-2.0-or-later
 * What xen-core asks of the processor's virtualisation extension. Nobody else knows which one it is: svm/ has AMD's.
 */
#ifndef XEN_CORE_DOMAIN_VIRT_H
#define XEN_CORE_DOMAIN_VIRT_H

#include "xen-core/domain/domain.h"

/** Whether this machine has what is needed; if not, the log says what is missing. */
bool virt_present(void);
/** Turns it on for the calling CPU. -ENOMEM. */
int virt_cpu_init(void);
/** Control structures of a vCPU, in the state of a PVH entry with all registers 0. -ENOMEM. */
int virt_vcpu_init(struct vcpu *v);
void virt_vcpu_free(struct vcpu *v);
/** PVH's entry: 32-bit protected mode without paging, at rip, ebx as given. */
void virt_start_pvh(struct vcpu *v, uint32_t rip, uint32_t ebx);
/** Real mode at page:0, as a startup IPI does. */
void virt_start_real(struct vcpu *v, uint8_t page);
struct hvm_hw_cpu;
/** All registers from, or to, a record of Xen's; false: the processor would not run with them, nothing was changed. */
bool virt_set_context(struct vcpu *v, const struct hvm_hw_cpu *cpu);
void virt_get_context(const struct vcpu *v, struct hvm_hw_cpu *cpu);
/** Makes the vCPU's state that of this CPU, or puts it away. */
void virt_load(struct vcpu *v);
void virt_save(struct vcpu *v);
/** Runs until something is to be done, and does it. Interrupts of the host are off before and after. */
void virt_run(struct vcpu *v);

uint64_t virt_cr0(const struct vcpu *v);
uint64_t virt_cr3(const struct vcpu *v);
uint64_t virt_cr4(const struct vcpu *v);
uint64_t virt_efer(const struct vcpu *v);
/** As the guest wrote it. */
void virt_set_efer(struct vcpu *v, uint64_t value);
/** The processor is to add v->tsc_offset from now on. */
void virt_set_tsc_offset(struct vcpu *v);
/** Where its page attribute table is kept. */
uint64_t *virt_pat(struct vcpu *v);
unsigned virt_cpl(const struct vcpu *v);
/** Whether its code runs with 64-bit operands. */
bool virt_long_mode(const struct vcpu *v);
/** Whether interrupts are on (RFLAGS.IF). */
bool virt_irqs_on(const struct vcpu *v);
/** Whether it has returned from its last NMI. */
bool virt_nmis_on(const struct vcpu *v);
/** The vCPU has a general-protection or invalid-opcode exception at its next instruction. */
void virt_inject_gp(struct vcpu *v);
void virt_inject_ud(struct vcpu *v);
/** Prints the registers. */
void virt_dump(const struct vcpu *v);

#endif
