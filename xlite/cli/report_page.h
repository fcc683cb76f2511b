/* SPDX-License-Identifier: GPL-2.0-or-later
 * The page that report writes, and the host's log for it.
 */
#ifndef CLI_REPORT_PAGE_H
#define CLI_REPORT_PAGE_H

#include "cfg/cfg.h"
#include "common/buf.h"
#include "xlite/cli/kept.h"
#include "xlite/lib/xen.h"
#include "xlite/reconcile/plan.h"
#include "xlite/reconcile/state.h"

/** What the page tells. */
struct report {
	const char *host;			/* its name; NULL: none was looked at */
	const struct xlite_xen_version *xen;	/* NULL without a host */
	const struct xlite_host_info *info;	/* NULL without a host */
	const struct cfg_set *set;
	const struct state *state;
	const struct kept *kept;
	const struct plan *plan;
	const char *changes;			/* lines of the log; NULL: it could not be read */
};

/** Adds the page: whole, and with nothing from elsewhere. -ENOMEM. */
int report_page(const struct report *report, struct buf *out);
/**
 * The last lines of xlite's in the host's log: the journal, else syslog's files. False: none of them can be read,
 * or has any.
 */
bool report_log(struct buf *out);

#endif
