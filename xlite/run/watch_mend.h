/* SPDX-License-Identifier: GPL-2.0-or-later
 * Doing what is due with domains that have ended.
 */
#ifndef RUN_WATCH_MEND_H
#define RUN_WATCH_MEND_H

#include "xlite/run/run.h"
#include "xlite/run/watch_domains.h"

/**
 * Builds anew, or removes, each domain that is due by now_s. What was seen is looked at again once the domain is in
 * this run's hand; a domain that another run works on is left to it. Tells run's observer and the log, and words to fd.
 */
void watch_mend(struct run *run, const struct watch_domains *domains, uint64_t now_s, int fd);
/**
 * Takes out of a plan what the watch does by itself: domains that have ended, those that are being built anew, and
 * those that were removed at their end; but for those whose document is another since, which of a domain that is still
 * there only counts with changed (a file is not what it was), as other tools change it, too. Records that were kept for
 * what stays in the plan, or is in no document, are given up.
 */
void watch_leave(struct plan *plan, struct state *state, bool changed);

#endif
