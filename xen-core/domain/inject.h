/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XEN_CORE_DOMAIN_INJECT_H
#define XEN_CORE_DOMAIN_INJECT_H

#include <stdint.h>

struct vcpu;

/** The vector that the vCPU is to be interrupted by next: that of event channels, then its APIC's. -1: nothing is pending. */
int inject_next(const struct vcpu *v);
/** It was given to the vCPU. */
void inject_taken(struct vcpu *v, uint8_t vector);

#endif
