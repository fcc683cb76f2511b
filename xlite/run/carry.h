/* SPDX-License-Identifier: GPL-2.0-or-later
 * Carrying a plan out, and cleaning up after runs that died.
 */
#ifndef RUN_CARRY_H
#define RUN_CARRY_H

#include "xlite/run/run.h"

/**
 * Carries every item of the plan out and tells the observer what became of each. What fails, or is interrupted, is in
 * the outcome; nothing is begun that the memory of the host cannot hold.
 */
void run_carry_out(const struct run *run, const struct plan *plan, struct run_outcome *outcome);
/**
 * Removes the nodes of stale records that are kept for no domain, and rules and QEMUs that no domain has any more; what
 * could not be removed is told as trouble. Records without a domain are what a run left that died while it deleted,
 * rules and a QEMU without one what xl ended: whoever changes the host next cleans up.
 */
void run_clean_stale(const struct run *run, const struct state *state);

#endif
