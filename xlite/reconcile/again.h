/* SPDX-License-Identifier: GPL-2.0-or-later
 * A domain that has ended and is built anew by its on_ key must not be lost with the run that does it: its record says
 * that it is being built anew before it goes, stays behind without a domain, and goes when the new one is finished.
 * Between the two any run can go on.
 */
#ifndef RECONCILE_AGAIN_H
#define RECONCILE_AGAIN_H

#include "xlite/reconcile/apply.h"

/**
 * Whether a run built the domain, wrote that it is finished, and died before it started it. One that is to be paused,
 * and one of another tool, which may be creating it, is left as it is.
 */
bool again_not_started(const struct state_domain *domain);
/** A disk that the guest has had as raw is raw, whatever the guest has written to its beginning. */
void again_keep_formats(const struct cfg_domain *had, struct cfg_domain *want);
/** apply_destroy of a domain in whose place want is built: a record of that is kept. The host's lock is held. */
int again_destroy(struct host *host, const struct state_domain *have, unsigned timeout_s, const struct cfg_domain *want,
		  const struct xlite_record_ends *ends, struct xlite_error *err);
/** Its key for its end said so; somebody stopped it; its guest was saved; or went to another host. */
enum again_why { AGAIN_ENDED, AGAIN_STOPPED, AGAIN_SAVED, AGAIN_MOVED };
/**
 * Removes a domain, and keeps a record that says why: files that still describe it are not to build it, unless it was
 * stopped and they are applied by hand. The host's lock is held.
 */
int again_remove(struct host *host, const struct state_domain *have, unsigned timeout_s, enum again_why why,
		 struct xlite_error *err);
/**
 * Makes of the record of a domain that its key has removed one of a domain that was stopped. -ESTALE (XLITE_AGAIN):
 * it is none any more.
 */
int again_stay(struct host *host, const struct state_stale *stale, struct xlite_error *err);
/** The new one is finished: removes the record that was kept. One that stays is removed by the next run. */
void again_forget(struct host *host, uint32_t domid);

#endif
