/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XEN_CORE_DOMAIN_TIMER_H
#define XEN_CORE_DOMAIN_TIMER_H

#include <stdint.h>

struct vcpu;

/**
 * Sets a vCPU's one-shot timer (ns of system time), 0: off; or how long it is from tick to tick of its periodic
 * one, 0: it has none.
 */
void timer_set(struct vcpu *v, uint64_t at_ns);
void timer_set_periodic(struct vcpu *v, uint64_t period_ns);
/** Those of a vCPU that are due fire; returns when its CPU must look again, 0: for none of them. */
uint64_t timers_look(struct vcpu *v, uint64_t now);
/** The earlier of two times, of which 0 is never. */
uint64_t timer_first(uint64_t a, uint64_t b);

#endif
