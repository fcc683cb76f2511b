/* SPDX-License-Identifier: GPL-2.0-or-later
 * The timer of a vCPU's local APIC, behind vlapic.h's registers. When it is due is in lapic.timer_ns.
 */
#ifndef XEN_CORE_DOMAIN_VLAPIC_TIMER_H
#define XEN_CORE_DOMAIN_VLAPIC_TIMER_H

#include <stdint.h>

struct vcpu;

/** What the registers do: initial count (0: stops), divider, entry of the vector table. */
void vlapic_timer_set(struct vcpu *v, uint32_t count);
void vlapic_timer_divide(struct vcpu *v, uint32_t value);
void vlapic_timer_lvt(struct vcpu *v, uint32_t value);
/** The current count. */
uint32_t vlapic_timer_left(const struct vcpu *v);
/** As after a reset. */
void vlapic_timer_stop(struct vcpu *v);
/** Interrupts the vCPU if the time (ns) has come. */
void vlapic_timer_look(struct vcpu *v, uint64_t now);
/** When it is due next, if that would change anything for a vCPU that is not running: not while its last interrupt is pending. 0: never. */
uint64_t vlapic_timer_news(const struct vcpu *v);

#endif
