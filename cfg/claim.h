/* SPDX-License-Identifier: GPL-2.0-or-later
 * Things that may be used once among the documents of a set: collected, sorted, and what is claimed twice reported.
 */
#ifndef CFG_CLAIM_H
#define CFG_CLAIM_H

#include "cfg/set.h"

/** Something that must be unique: its bytes, where it stands, and whose it is. What it points to outlives it. */
struct cfg_claim {
	const void *bytes;
	size_t len;
	const char *scope;	/* what it must be unique in; NULL: among all */
	const char *advice;	/* said behind the error, or NULL */
	const struct cfg_place *place;
	const void *owner;	/* domain or network */
	const char *name;	/* the owner's; NULL: it has none */
	unsigned file_nr;
	bool writes, shared;
};

struct cfg_claims {
	struct cfg_claim *items;
	size_t nr, room;
	bool within;		/* also two claims of one owner are reported */
	bool failed;
};

/** Adds a claim; out of memory is told by failed. */
void cfg_claim(struct cfg_claims *claims, const struct cfg_claim *item);
/** Reports "WHAT already used by `NAME` (FILE:LINE:COLUMN)" for whatever is claimed again, and frees the claims. */
void cfg_claims_settle(struct cfg_set *set, struct cfg_claims *claims, const char *what);
/** An error at a place of the set. */
void cfg_place_error(struct cfg_set *set, const struct cfg_place *place, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
