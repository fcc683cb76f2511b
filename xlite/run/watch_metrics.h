/* SPDX-License-Identifier: GPL-2.0-or-later
 * Numbers of a watch in Prometheus' text format, in a file that the textfile collector of its node exporter reads. The
 * file is written when a number changes, so that nothing wakes the watch for it.
 */
#ifndef RUN_WATCH_METRICS_H
#define RUN_WATCH_METRICS_H

#include <time.h>

#include "common/buf.h"
#include "xlite/run/watch_status.h"

struct watch_metrics {
	const char *path;	/* NULL: no file is wanted */
	time_t began;		/* of the watch, in CLOCK_REALTIME */
	struct buf last;	/* what the file has */
	bool failed;		/* it could not be written, which was told */
};

/** The text of the file. */
void watch_metrics_print(const struct watch_domains *domains, const struct watch_applied *applied, time_t began,
			 struct buf *out);
/** Writes the file, whole or not at all, if anything has changed. An error is returned once, until it has passed. */
int watch_metrics_update(struct watch_metrics *metrics, const struct watch_domains *domains,
			 const struct watch_applied *applied, struct xlite_error *err);
/** Removes the file: what is not watched any more has no numbers. */
void watch_metrics_end(struct watch_metrics *metrics);

#endif
