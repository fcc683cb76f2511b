/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the tests of the scheduler share: guests that work for as long as they are let, and what they had.
 */
#ifndef TESTS_CORE_SCHED_CHECK_H
#define TESTS_CORE_SCHED_CHECK_H

#include "tests/core/host_check.h"

#define MS UINT64_C(1000000)
#define SLICE (10 * MS)

/* Who was in its guest last, NULL: the CPU slept; and for how long any was at once. */
extern struct vcpu *ran;
extern uint64_t longest;
extern uint64_t slept;
/* How often a guest leaves for a thing that takes no time, 0: never. */
extern uint64_t exit_ns;

int sched_setup(void **state);
int sched_teardown(void **state);
/** A guest works until its CPU is interrupted, if it may run at all; a CPU sleeps until its timer. */
void busy(struct vcpu *v);
void doze(void);
/** CPU 0, turn by turn. */
void run_for(uint64_t ns);
/** A domain of one vCPU, on CPU 0. */
struct vcpu *one(uint16_t id, uint16_t weight);
/** Off by so much at most. */
void expect_near(uint64_t is, uint64_t wanted, uint64_t off);

#endif
