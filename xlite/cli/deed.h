/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a verb does with each domain that is named.
 */
#ifndef CLI_DEED_H
#define CLI_DEED_H

#include "xlite/cli/cli.h"

/** What a deed came to, for what is printed and for the host's log. */
struct done {
	bool changed;		/* it did something, or tried to */
	uint32_t domid;		/* of what it built */
	const char *word;	/* where it is not the deed's; static */
};

struct deed {
	/** state is all that was observed. */
	int (*act)(struct cli *cli, struct host *host, struct state *state, struct state_domain *domain,
		   struct done *done, struct xlite_error *err);
	const char *word;	/* for having done it */
	/** With the record of a domain that is not there, but was kept; NULL: such a domain is none. */
	int (*act_kept)(struct cli *cli, struct host *host, const struct state_stale *kept, struct done *done,
			struct xlite_error *err);
};

/** Does it with each of the arguments, also after one that fails. Returns an exit status. */
int deed_each(struct cli *cli, const struct deed *deed);
/** Takes a domain for this run, so that no other works on it; objects are the caller's to release. */
int deed_take(struct cli *cli, struct host *host, const char *name, const uint8_t uuid[16], struct run_objects *objects,
	      struct xlite_error *err);

#endif
