/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XEN_CORE_DOMAIN_CPUID_H
#define XEN_CORE_DOMAIN_CPUID_H

#include "xen-core/cpu/asm.h"

struct vcpu;

/** What CPUID says to a guest. */
struct cpuid cpuid_guest(struct vcpu *v, uint32_t leaf, uint32_t subleaf);

struct domain;
/**
 * Takes over what a leaf of a policy says of how a domain's vCPUs are grouped, and which features it hides; nothing
 * else of it.
 */
void cpuid_policy(struct domain *d, uint32_t leaf, uint32_t subleaf, struct cpuid r);

#endif
