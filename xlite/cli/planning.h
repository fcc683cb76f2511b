/* SPDX-License-Identifier: GPL-2.0-or-later
 * What apply, plan and delete share: from specs to a plan, and carrying it out.
 */
#ifndef CLI_PLANNING_H
#define CLI_PLANNING_H

#include "xlite/cli/cli.h"

/** How long another run may keep the host's lock. */
#define PLANNING_LOCK_MS 60000

/** True if one of the set's domains has that uuid or that name. */
bool planning_means(const struct cfg_set *set, const struct state_domain *domain);
/** Plans the set against a state that was observed. Returns 0 or -ENOMEM. */
int planning_make(struct cli *cli, const struct cfg_set *set, struct state *state, struct plan *plan, struct xlite_error *err);
/**
 * Observes the host and plans the set against it. state and plan are the caller's to clear. With act, the host's lock is
 * taken before the look as soon as it is clear that something is to be created; host->locked says whether it was.
 */
int planning_look(struct cli *cli, struct host *host, const struct cfg_set *set, bool act, struct state *state,
		  struct plan *plan, struct xlite_error *err);
/** Adds what the set says of networks; host is NULL where there is none to look at. */
int planning_networks(struct cli *cli, struct host *host, const struct cfg_set *set, struct state *state, struct plan *plan,
		      struct xlite_error *err);
/**
 * Carries out the plan's networks: the removals, which come after the domains, or all others. *failed is the name of the first object
 * that failed, or NULL; with one nothing is pruned. Returns the exit status.
 */
int planning_carry_networks(struct cli *cli, struct host *host, const struct plan *plan, bool removal, bool *changed,
			    const char **failed);
/** Removes the nodes of stale records, and rules that no domain has any more; says what could not be removed. */
void planning_clean_stale(struct host *host, const struct state *state);
/** Carries every item out and prints what became of it. Returns the exit status. */
int planning_carry_out(struct cli *cli, struct host *host, const struct plan *plan);
/** Prints the plan in the format that the options ask for. */
void planning_show(const struct cli *cli, const struct plan *plan);

#endif
