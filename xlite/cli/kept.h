/* SPDX-License-Identifier: GPL-2.0-or-later
 * Domains that were stopped or saved, and those that are just being built anew, as if they were there: for lists of
 * domains.
 */
#ifndef CLI_KEPT_H
#define CLI_KEPT_H

#include "xlite/reconcile/state.h"

struct kept {
	struct state_domain *items;	/* absent; their records are the state's */
	size_t nr;
};

/**
 * Of what was observed with its stale records; with rebuilding those of which nothing is there until a run has built
 * them anew. -ENOMEM. The caller clears it (kept_clear) before the state.
 */
int kept_find(const struct state *state, bool rebuilding, struct kept *kept, struct xlite_error *err);
void kept_clear(struct kept *kept);

#endif
