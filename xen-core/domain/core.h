/* SPDX-License-Identifier: GPL-2.0-or-later
 * One CPU at a time is in xen-core; the others run guests, or sleep. What this lock costs is measured in bench/; what
 * it saves is every other lock.
 */
#ifndef XEN_CORE_DOMAIN_CORE_H
#define XEN_CORE_DOMAIN_CORE_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/** Before a guest is entered, or the CPU sleeps (v is NULL); and after. */
void core_leave(struct vcpu *v);
void core_enter(struct vcpu *v);
/** Whether another CPU waits for this one to leave. */
bool core_wanted(void);

/*
 * The longest that one CPU kept the others out: in ticks of the TSC, and the last exit of the vCPU that it did so
 * for.
 */
struct core_hold {
	uint64_t ticks;
	uint16_t domain;		/* DOMID_IDLE: for none */
	uint32_t what, detail;		/* as in a vCPU's trail */
};
extern struct core_hold core_longest;
/** Says it in the log, and what is measured from then on begins anew if so wanted. */
void core_tell_longest(bool anew);

#endif
