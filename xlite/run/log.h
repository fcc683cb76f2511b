/* SPDX-License-Identifier: GPL-2.0-or-later
 * A line in the host's log (syslog, which the journal reads as well) for each change, whatever verb made it: who, by
 * which command, what became of which object. xlite(1), LOG, describes the line.
 */
#ifndef RUN_LOG_H
#define RUN_LOG_H

#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"
#include "xlite/reconcile/plan.h"

/** Who changes the host, and how; borrowed. */
struct run_log {
	const char *user;
	const char *from;		/* what the other end of -H says of itself, or NULL */
	const char *command;		/* verb, options and arguments */
};

/** What became of an object. What is NULL or 0 is left out. */
struct run_log_entry {
	const char *kind, *name;	/* "domain", "web1"; both NULL: it is of no single object */
	const char *result;		/* "created", ...; with err "failed", "refused" or "skipped" */
	uint32_t domid;
	uint32_t was;			/* the domid before */
	const struct plan_item *item;	/* whose reason and differences are told */
	const struct xlite_error *err;
};

/**
 * The line in logfmt, with neither ident nor end of line. Whatever is in a name or a message, it stays one line, and no
 * value can look like a key: a value with anything but letters, digits and a few signs is in double quotes, with \",
 * \\, \n and \xNN inside.
 */
void run_log_format(const struct run_log *log, const struct run_log_entry *entry, struct buf *out);
/**
 * Sends the line by syslog(3): LOG_ERR for an error, LOG_WARNING for what was skipped, else LOG_NOTICE. Without a
 * /dev/log it does nothing.
 */
void run_log_write(const struct run_log *log, const struct run_log_entry *entry);

#endif
