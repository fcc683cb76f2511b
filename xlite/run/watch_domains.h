/* SPDX-License-Identifier: GPL-2.0-or-later
 * The domains of xlite's that have ended on this host, what is to be done with each and when: read from the host at
 * each look. Only what is shown, and how often something failed, is kept from look to look.
 */
#ifndef RUN_WATCH_DOMAINS_H
#define RUN_WATCH_DOMAINS_H

#include "xlite/reconcile/host.h"
#include "xlite/run/watch_child.h"
#include "xlite/run/watch_policy.h"

/** One that has ended, or had and was built anew not long ago. Times are seconds of CLOCK_BOOTTIME, as in records. */
struct watched {
	char *name;
	uint8_t uuid[16];
	uint32_t domid;
	bool ended;			/* else it runs again, and ends below is as last seen */
	bool kept;			/* it is gone, and its record is kept for it (state_stale_kept) */
	enum watch_deed deed;
	const char *told;		/* "it has crashed"; static */
	const char *policy;		/* the key that says so, or NULL; static */
	struct xlite_record_ends ends;
	uint64_t due_s;			/* of WATCH_BUILD and WATCH_REMOVE */
	bool tried;			/* the process that is at work was to do it, and has not said that it did */
	unsigned fails;			/* in a row */
	uint64_t failed_s;
	bool said;			/* that it waits, or is kept */
	char last[512];			/* what became of it last, "" for nothing yet */
};

struct watch_domains {
	struct watched *items;
	size_t nr;
	unsigned longest_s;		/* of the back-off */
	uint64_t nr_built, nr_removed, nr_failed; /* since this process began */
	bool files;			/* there are files that could build again what is removed */
};

/** Now, on the clock of records. */
uint64_t watch_now_s(void);
/** Looks at the host. */
int watch_domains_look(struct watch_domains *domains, struct host *host, uint64_t now_s, struct xlite_error *err);
/** The earliest time at which something is to be done, or UINT64_MAX. */
uint64_t watch_domains_due_s(const struct watch_domains *domains);
/** What a process of the watch's told. */
void watch_domains_take(struct watch_domains *domains, const struct watch_word *word, uint64_t now_s);
/** A process begins with what is due by now. */
void watch_domains_try(struct watch_domains *domains, uint64_t now_s);
/** It has ended, and the host was looked at: what it was to do and is due yet has failed, whatever was told of it. */
void watch_domains_tried(struct watch_domains *domains, uint64_t now_s);
/** What to say about a domain that waits or is kept, once: true with a line in text. */
bool watch_domains_say(struct watched *item, uint64_t now_s, char *text, size_t size);
void watch_domains_clear(struct watch_domains *domains);

#endif
