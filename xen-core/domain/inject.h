/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XEN_CORE_DOMAIN_INJECT_H
#define XEN_CORE_DOMAIN_INJECT_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/**
 * The vector that the vCPU is to be interrupted by next: that of event channels, then its APIC's. -1: nothing is
 * pending. *of_apic says which of the two it is.
 */
int inject_next(const struct vcpu *v, bool *of_apic);
/** Something is pending that the vCPU takes as soon as it goes on. */
bool inject_deliverable(const struct vcpu *v);
/** Something is pending, whether or not the vCPU can take it now. */
bool inject_pending(const struct vcpu *v);
/**
 * It has an NMI; one that has one already, or was never started, has no more by that. Wakes it, also where
 * interrupts would not.
 */
void inject_nmi(struct vcpu *v);
/** Whether it is to have that now, in front of all interrupts. */
bool inject_nmi_ready(const struct vcpu *v);

#endif
