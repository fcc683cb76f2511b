/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a watch says of itself: lines of fields with tabs between, for `xlite watch --status'; and one line for a service
 * manager.
 *   watch PID COMMAND
 *   files STATUS SECONDS-AGO CAUSE		STATUS "-": not yet, or there are none
 *   domain NAME DOMID STATE TIMES WAIT LAST	TIMES built anew in a row; WAIT in seconds, "-" for nothing to wait for
 *   end
 */
#ifndef RUN_WATCH_STATUS_H
#define RUN_WATCH_STATUS_H

#include "common/buf.h"
#include "xlite/run/watch.h"
#include "xlite/run/watch_domains.h"

/** How the files' last run ended. */
struct watch_applied {
	bool known;
	enum watch_cause cause;
	int status;		/* exit status; negative: a signal */
	uint64_t at_s;		/* clock of watch_now_s */
	int64_t real_s;		/* CLOCK_REALTIME */
	unsigned fails;		/* in a row, of those that are tried again */
};

/** All of xlite's domains on the host, with what the watch knows of them. */
void watch_status_print(const struct watch_domains *domains, struct host *host, const struct watch_applied *applied,
			const char *about, struct buf *out);
/** "web1 waits; ..." in one line without a clock, so that it only changes when something happens. */
void watch_status_line(const struct watch_domains *domains, const struct watch_applied *applied, char *text,
		       size_t size);

#endif
