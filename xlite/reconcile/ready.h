/* SPDX-License-Identifier: GPL-2.0-or-later
 * Whether a domain that another one depends on is ready. Looks only, one after the other until a deadline: the caller
 * decides when, so that it can wait for several at once. What a guest can write is used as a flag and for nothing else.
 */
#ifndef RECONCILE_READY_H
#define RECONCILE_READY_H

#include <sys/types.h>

#include "cfg/cfg.h"
#include "common/buf.h"
#include "xlite/reconcile/host.h"

/** The wait for one dependency. */
struct ready {
	const struct cfg_dependency *want;
	/* of the dependency; NULL: not a document of the set, looked up on the host by name */
	const struct cfg_domain *spec;
	bool found, done;
	uint32_t domid;
	uint8_t uuid[16];
	int64_t deadline_ns;		/* 0: the wait has not begun */
	const char *lacks;		/* what it waits for, said when the time is up */
	char address[64];		/* tcp */
	int fd;				/* tcp: a connection under way; console: log or terminal; -1 */
	int64_t tried_ns;		/* tcp: since when */
	off_t log_from;			/* console: where in the log the domain's own output begins */
	bool terminal;			/* console: there was a terminal, and no log of it */
	char tail[256];			/* console: the end of what was read, where the text may have begun */
	size_t nr_tail;
};

/** Prepares a wait; nothing is looked at yet. */
void ready_init(struct ready *ready, const struct cfg_dependency *want, const struct cfg_domain *spec);
void ready_clear(struct ready *ready);
/**
 * To be called before a dependency is built: what its console log holds by now was printed by an earlier domain of that
 * name, and does not count.
 */
void ready_note_log(struct ready *ready);
/**
 * Looks once; never waits longer than for answers of Xen and XenStore. The first look begins the time that the
 * dependency has. 1: ready; 0: not yet; -ETIMEDOUT: its time is up; -ENOENT: no such domain; -ESRCH: it has ended or
 * crashed.
 */
int ready_check(struct ready *ready, struct host *host, struct xlite_error *err);
/** "running", "xenstore data/up", "tcp 5432", "console `text'": when it is ready, for people. */
void ready_text(const struct cfg_dependency *want, struct buf *out);

/* ready_probe.c: one look for each way of being ready; 1, 0 or an error that ends the wait. */
int ready_probe_xenstore(struct ready *ready, struct host *host, struct xlite_error *err);
int ready_probe_tcp(struct ready *ready, struct xlite_error *err);
int ready_probe_console(struct ready *ready, struct host *host, struct xlite_error *err);

#endif
