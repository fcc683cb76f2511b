/* SPDX-License-Identifier: GPL-2.0-or-later
 * Observation of the host: reads only, few round trips, nothing from a place that a guest may write.
 */
#ifndef RECONCILE_OBSERVE_H
#define RECONCILE_OBSERVE_H

#include "xlite/reconcile/host.h"
#include "xlite/reconcile/state.h"

/**
 * Lists all domains with their names, and the stale records; with records, those of all domains too, which costs
 * two messages for each. The caller clears the state.
 */
int observe(struct host *host, bool records, struct state *state, struct xlite_error *err);
/**
 * The domains as Xen lists them, nothing more: a first look, to which observe_names adds. The caller clears the state.
 */
int observe_list(struct host *host, struct state *state, struct xlite_error *err);
/**
 * Reads the names of the domains that wanted chooses (NULL: all), and the records that no domain has any more. Without
 * its name read a domain is found by its uuid only.
 */
int observe_names(struct host *host, struct state *state,
		  bool (*wanted)(const void *ctx, const struct state_domain *domain), const void *ctx,
		  struct xlite_error *err);
/** Only the domain domid, with name and record; -ESRCH without it. The caller clears the state. */
int observe_domain(struct host *host, uint32_t domid, struct state *state, struct xlite_error *err);
/**
 * Reads, in one flight, the records of the domains that wanted(ctx, domain) chooses (NULL: all) and that were not read
 * yet.
 */
int observe_records(struct host *host, struct state *state,
		    bool (*wanted)(const void *ctx, const struct state_domain *domain), const void *ctx,
		    struct xlite_error *err);
/**
 * Fills spec and devids of nr domains whose records were read: that spec with what is so now laid over it. In at most
 * three flights for all of them together; domains that have their details already are passed over.
 */
int observe_details(struct host *host, struct state_domain *const *domains, size_t nr, struct xlite_error *err);

#endif
