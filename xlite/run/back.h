/* SPDX-License-Identifier: GPL-2.0-or-later
 * Taking back what a run has done: the state that was observed before it, as documents that are applied again.
 */
#ifndef RUN_BACK_H
#define RUN_BACK_H

#include "xlite/run/run.h"

/** What there was before a plan was carried out; it needs neither that plan nor its state any more. */
struct run_back {
	struct cfg_set *set;	/* what is changed, as it was; what is created, as stopped */
	char **networks;	/* that are created */
	size_t nr_networks;
};

#define RUN_BACK_INIT { 0 }

/**
 * Notes what carrying plan out, which was made for state, is to be taken back to. -EPERM names an object of which it
 * could not be taken back (one that is replaced, built again, deleted, adopted, or gets another set, or whose kept
 * record is given up), or that is refused; -ENOMEM. run_back_clear in any case.
 */
int run_back_prepare(struct run_back *back, const struct state *state, const struct plan *plan, struct xlite_error *err);
/**
 * Applies what was noted, and removes the networks that were created; run is the one that carried the plan out, whose
 * objects are still in its hand. What fails first, because of what comes later, is tried once more.
 */
void run_back_carry_out(const struct run *run, const struct run_back *back, struct run_outcome *outcome);
void run_back_clear(struct run_back *back);

#endif
