/* SPDX-License-Identifier: GPL-2.0-or-later
 * What carrying a plan out would be refused, as far as a look at the host tells it before anything is done.
 */
#ifndef RUN_FORESEE_H
#define RUN_FORESEE_H

#include "xlite/run/jobs.h"

/**
 * Whether the job's domain could be built, or changed, once the jobs that it waits for have been done: the checks of
 * its own steps. Changes nothing. Errors are those of carrying it out, without the domain's name.
 */
int foresee_job(struct host *host, const struct job *job, struct xlite_error *err);
/**
 * Refuses in the plan what carrying it out would refuse, in the same words, and what depends on that; where anything is
 * refused nothing is pruned. Returns 0 or -ENOMEM.
 */
int foresee_plan(const struct run *run, const struct state *state, struct plan *plan, struct xlite_error *err);
/**
 * Refuses domains that are to get from each other what only one can have: one of them would have to give it up first,
 * and could not get the other's. Compares only; apply and plan both begin with it. Returns 0 or -ENOMEM.
 */
int foresee_swaps(const struct run *run, struct plan *plan, struct xlite_error *err);

#endif
