/* SPDX-License-Identifier: GPL-2.0-or-later
 * From specs to a plan: what apply, plan and delete share.
 */
#ifndef RUN_PLANNING_H
#define RUN_PLANNING_H

#include "xlite/run/run.h"

/** How long another run may keep the host's lock. */
#define PLANNING_LOCK_MS 60000

/** True if one of the set's domains has that uuid or that name. */
bool planning_means(const struct cfg_set *set, const struct state_domain *domain);
/**
 * Plans the set's domains against a state that was observed; run->host is not used. Returns 0, -ENOMEM, -ELOOP, or
 * -EINVAL where a set would be emptied by files that describe nothing.
 */
int planning_make(const struct run *run, const struct cfg_set *set, struct state *state, struct plan *plan,
		  struct xlite_error *err);
/**
 * Observes the host and plans the set against it. state and plan are the caller's to clear. With act, the host's lock
 * is taken before the look as soon as it is clear that something is to be created; host->locked says whether it was.
 */
int planning_look(const struct run *run, const struct cfg_set *set, bool act, struct state *state, struct plan *plan,
		  struct xlite_error *err);
/** As planning_look with act, and with the lock held where anything differs or was left by an earlier run. */
int planning_look_to_act(const struct run *run, const struct cfg_set *set, struct state *state, struct plan *plan,
			 struct xlite_error *err);
/**
 * Gives up records that are kept of domains which are being built anew, or were removed at their end: the documents say
 * now what becomes of these, unless options.leaves leaves that to the watch; and what is pruned has no document any
 * more.
 */
void planning_release(const struct run *run, const struct cfg_set *set, struct state *state);
/** Adds what the set says of networks; run->host is NULL where there is none to look at. */
int planning_networks(const struct run *run, const struct cfg_set *set, struct state *state, struct plan *plan,
		      struct xlite_error *err);

/**
 * Adds what the set says of volumes, before its domains are planned: vbds whose volume is in no document are told here
 * where it is, and disks of running domains whose volume grows are noted as grown. run->host is NULL where there is
 * none to look at.
 */
int planning_volumes(const struct run *run, const struct cfg_set *set, struct state *state, struct plan *plan,
		     struct xlite_error *err);
/** Refuses domains whose volume was not found, or cannot be used as they would. */
void planning_refuse_volumes(const struct cfg_set *set, const struct state *state, struct plan *plan);

#endif
