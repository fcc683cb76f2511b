/* SPDX-License-Identifier: GPL-2.0-or-later
 * Doing what is due with domains that have ended.
 */
#ifndef RUN_WATCH_MEND_H
#define RUN_WATCH_MEND_H

#include "xlite/run/run.h"
#include "xlite/run/watch_domains.h"

/**
 * Builds anew, or removes, each domain that is due by now_s. What was seen is looked at again once the domain is in this
 * run's hand; a domain that another run works on is left to it. Tells run's observer and the log, and words to fd.
 */
void watch_mend(struct run *run, const struct watch_domains *domains, uint64_t now_s, int fd);
/**
 * Takes out of a plan what the watch does by itself: domains that have ended, and those that are being built anew. With
 * changed (a file is not what it was) a domain that has ended is left in it where its spec differs from that which it ran by.
 */
void watch_leave(struct plan *plan, const struct state *state, bool changed);

#endif
