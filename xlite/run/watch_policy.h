/* SPDX-License-Identifier: GPL-2.0-or-later
 * What becomes of a domain that has ended, and when. Pure: no clock, no host.
 */
#ifndef RUN_WATCH_POLICY_H
#define RUN_WATCH_POLICY_H

#include "xlite/reconcile/state.h"

enum watch_deed {
	WATCH_NOTHING,	/* it has not ended, or is going already */
	WATCH_BUILD,	/* it is built anew from its record */
	WATCH_REMOVE,
	WATCH_KEEP,	/* its key says preserve */
	WATCH_LEAVE,	/* another tool's: it is suspended, or has ended by a code that no key is for */
};

/** By how it ended (info) and what its spec says of that. */
enum watch_deed watch_deed(const struct xlite_domain_info *info, const struct cfg_domain *spec);

/**
 * The least time between two builds of a domain after nr of them in a row: none after the first, then a second, twice
 * that after each more, and at most longest_s.
 */
unsigned watch_pause_s(unsigned nr, unsigned longest_s);
/**
 * Whether it has run so long (twice longest_s) since it was built anew that what was before is forgotten. Times are
 * those of struct xlite_record_ends.
 */
bool watch_is_healthy(const struct xlite_record_ends *ends, unsigned longest_s, uint64_t now_s);
/** The seconds from now until it may be built anew. */
unsigned watch_wait_s(const struct xlite_record_ends *ends, unsigned longest_s, uint64_t now_s);
/** What its record says once it is built anew now. */
struct xlite_record_ends watch_count(const struct xlite_record_ends *ends, unsigned longest_s, uint64_t now_s);
/** The pause after so many failures in a row to do what is to be done: from 1 s, doubling, at most longest_s. */
unsigned watch_retry_s(unsigned fails, unsigned longest_s);

#endif
