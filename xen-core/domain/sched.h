/* SPDX-License-Identifier: GPL-2.0-or-later
 * Who runs. Each CPU has the vCPUs that are bound to it; of those that can run, the one that has had least for its
 * weight does.
 */
#ifndef XEN_CORE_DOMAIN_SCHED_H
#define XEN_CORE_DOMAIN_SCHED_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;
struct domain;

/** A CPU's work, from its start to the end of the world. */
void sched_loop(void) __attribute__((noreturn));
/** One turn of it, in xen-core: the vCPU whose turn it is runs, or the CPU sleeps where there is none. */
void sched_once(void);
/** The vCPU becomes known to its CPU, or is forgotten; it does not run in between. */
void sched_add(struct vcpu *v);
void sched_remove(struct vcpu *v);
/** That CPU chooses anew who runs there. */
void sched_look(unsigned cpu);
/**
 * The same for the vCPU's, unless another domain has it: that one's slice ends by itself. For what a guest may do
 * without end.
 */
void vcpu_look(const struct vcpu *v);
/** It has something to do: a blocked one runs again, one that runs elsewhere looks up from its guest. */
void vcpu_wake(struct vcpu *v);
/** HLT: it waits for an interrupt, unless one is there. */
void vcpu_halt(struct vcpu *v);
/** The same, but whether interrupts are on does not matter. */
void vcpu_block(struct vcpu *v);
/** From down to runnable, and back. */
void vcpu_start(struct vcpu *v);
void vcpu_stop(struct vcpu *v);
/** Where none of its vCPUs goes on, nobody can start one again: the guest has ended, and wants no power. */
void domain_end_if_down(struct domain *d);
/** Another may run before it does again. */
void vcpu_yield(struct vcpu *v);
/** Waits for the port, 0: any, or the time (0: none). */
void vcpu_poll(struct vcpu *v, uint32_t port, uint64_t until_ns);
/** The CPUs that it would run on, of those of its pool; it moves when it runs on none of them. Not for dom0's. */
void vcpu_set_affinity(struct vcpu *v, uint64_t cpus);
/** One who wants none of the domain's vCPUs to run, and one fewer. */
void domain_pause(struct domain *d);
void domain_unpause(struct domain *d);
/** Waits until no CPU has a vCPU of the domain, which none may run; others work meanwhile. */
void sched_quiesce(struct domain *d);
/**
 * Waits until a vCPU other than the caller's is outside of its guest, and all that it left the guest for is done;
 * others work meanwhile.
 */
void vcpu_quiesce(struct vcpu *v);
/**
 * Waits until no other CPU knows what was taken out of the domain's memory, NULL: any's. Those that run other
 * domains go on.
 */
void domain_flush(const struct domain *d);
/** The state that its runstate tells, since when. RUNSTATE_*. */
void vcpu_runstate_set(struct vcpu *v, int state);

/* Caps of domains (cap.c; xen/domctl.h: XEN_DOMCTL_SCHEDOP_putinfo, credit2). */
/* For how long one runs at once, where others wait. */
#define SLICE_NS	(10 * 1000000ull)

/**
 * How much of one CPU a domain may have, 0: all there is of all. It holds over time: a little more at once is had
 * less later.
 */
void domain_set_cap(struct domain *d, uint16_t percent);
/** Whether it has had all of it, and waits for the next window. */
bool capped(struct domain *d);
/** It has run for so long, until now. */
void cap_count(struct domain *d, uint64_t now, uint64_t used);
/** For how long it may run at once: SLICE_NS, or less where there is a cap. */
uint64_t cap_slice_ns(const struct domain *d);

#endif
