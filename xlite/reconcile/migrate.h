/* SPDX-License-Identifier: GPL-2.0-or-later
 * A guest that goes to another host while it runs, over a link to `xlite receive' there: lines, and between them a
 * saved domain's stream (xlite/lib/stream.h). Either side may die at any time; DECISIONS.md has who has the guest then.
 *
 *   source                                        target
 *   xlite-migrate 1, uuid, disk..., end           send (it is not here), or here (it runs here)
 *   stream up to the guest's CPUs                 ready (there is room, disks and networks, and its CPUs can be had here)
 *   stream: rounds; suspends; the rest            whole
 *   writes down that it is handed over; go        runs
 *   removes its domain
 *
 * In the place of any answer the target may say no, with the reason.
 */
#ifndef RECONCILE_MIGRATE_H
#define RECONCILE_MIGRATE_H

#include "cfg/spec.h"
#include "xlite/reconcile/host.h"
#include "xlite/reconcile/state.h"

/** Both ends of a link; of the source the pipes of ssh, of the target standard input and output. */
struct migrate_link {
	int to, from;
};

#define MIGRATE_LINE_MAX 2048
#define MIGRATE_VERSION "xlite-migrate 1"

/** Writes one line: text without line breaks. -EPIPE and others: the link is gone. */
int migrate_say(const struct migrate_link *link, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** Says no, with the reason; a link that is gone is none's fault any more. */
void migrate_say_no(const struct migrate_link *link, const struct xlite_error *err);
/**
 * Reads one line, without its end. 0, -ETIMEDOUT, -EPIPE where the link ends, -EINTR where interrupted (or NULL) gets
 * not 0, or another. timeout_s 0: as long as it takes.
 */
int migrate_hear(const struct migrate_link *link, char line[MIGRATE_LINE_MAX], unsigned timeout_s,
		 const volatile int *interrupted);

struct migrate_options {
	const struct migrate_link *link;
	const char *target;		/* as it was named, for messages and the record */
	unsigned timeout_s;		/* for the guest to suspend */
	unsigned downtime_ms;		/* 0: not said */
	void (*progress)(void *ctx, uint64_t done, uint64_t total);
	void *progress_ctx;
};

/**
 * Checks on the source whether the guest can go at all: save_check, and disks of which another host can know that
 * they are the same.
 */
int migrate_check(struct host *host, const struct state_domain *domain, struct xlite_error *err);
/**
 * Sends it. 0: it runs there, and its domain is gone here, with a record that says where it went. Else it runs on here;
 * or, with *handed_over, nobody has said whether it runs there: then its domain stays here, suspended, and is not let
 * go on.
 */
int migrate_domain(struct host *host, const struct state_domain *domain, const struct migrate_options *options,
		   bool *handed_over, struct xlite_error *err);
/** Where a domain that is handed over went: as target of migrate_options; free()d by the caller, or NULL. */
char *migrate_where(struct host *host, uint32_t domid);

/**
 * What tells the disks of two hosts apart, one vbd's in a line: "xvda blk ID SIZE", "xvdb file SIZE"; -EOPNOTSUPP where
 * nothing does. domid: of the domain that has it, whose backend knows the device; or UINT32_MAX: as its source says
 * here.
 */
int migrate_disk(const struct cfg_vbd *vbd, uint32_t domid, char line[MIGRATE_LINE_MAX], struct xlite_error *err);
/** Waits until nothing is under way to the domain's disks any more, by its backends. */
int migrate_wait_disks(struct host *host, const struct state_domain *domain, struct xlite_error *err);

/** What the target was told in the beginning. */
struct migrate_hello {
	uint8_t uuid[16];
	char **disks;
	size_t nr_disks;
};
/** Reads it. -EPROTONOSUPPORT: of another version. */
int migrate_hear_hello(const struct migrate_link *link, struct migrate_hello *hello, const volatile int *interrupted,
		       struct xlite_error *err);
void migrate_hello_clear(struct migrate_hello *hello);
/**
 * Whether the disks of the spec are, here, those that the source has: -EINVAL (XLITE_CONFLICT) names the first that
 * is not.
 */
int migrate_check_disks(const struct migrate_hello *hello, const struct cfg_domain *spec, struct xlite_error *err);

#endif
