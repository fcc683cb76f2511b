/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XEN_CORE_DOMAIN_MSR_H
#define XEN_CORE_DOMAIN_MSR_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/**
 * Model-specific registers as guests see them. False: there is none of that number, or not with that value; a fault
 * is due.
 */
bool msr_read(struct vcpu *v, uint32_t msr, uint64_t *value);
bool msr_write(struct vcpu *v, uint32_t msr, uint64_t value);

#endif
