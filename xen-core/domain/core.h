/* SPDX-License-Identifier: GPL-2.0-or-later
 * One CPU at a time is in xen-core; the others run guests, or sleep. What this lock costs is measured in bench/; what it
 * saves is every other lock.
 */
#ifndef XEN_CORE_DOMAIN_CORE_H
#define XEN_CORE_DOMAIN_CORE_H

struct vcpu;

/** Before a guest is entered, or the CPU sleeps (v is NULL); and after. */
void core_leave(struct vcpu *v);
void core_enter(struct vcpu *v);

#endif
