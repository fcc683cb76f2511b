/* SPDX-License-Identifier: GPL-2.0-or-later
 * Observation of the host: reads only, few round trips, nothing from a place that a guest may write.
 */
#ifndef RECONCILE_OBSERVE_H
#define RECONCILE_OBSERVE_H

#include "xlite/reconcile/host.h"
#include "xlite/reconcile/state.h"

/**
 * Lists all domains with their names, and the stale records; with records, those of all domains too, which costs
 * six messages for each. The caller clears the state.
 */
int observe(struct host *host, bool records, struct state *state, struct xlite_error *err);
/** Reads, in one flight, the records of the domains that wanted(ctx, domain) chooses (NULL: all) and that were not read yet. */
int observe_records(struct host *host, struct state *state, bool (*wanted)(const void *ctx, const struct state_domain *domain),
		    const void *ctx, struct xlite_error *err);
/** Fills spec of one domain, whose record was read: that spec with what is so now laid over it. Does nothing the second time. */
int observe_details(struct host *host, struct state_domain *domain, struct xlite_error *err);

#endif
