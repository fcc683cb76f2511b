/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the files of the watch's loop share: watch.c waits, watch_work.c starts its processes and hears them.
 */
#ifndef RUN_WATCH_INT_H
#define RUN_WATCH_INT_H

#include "xlite/run/notify.h"
#include "xlite/run/watch.h"
#include "xlite/run/watch_child.h"
#include "xlite/run/watch_domains.h"
#include "xlite/run/watch_files.h"
#include "xlite/run/watch_metrics.h"
#include "xlite/run/watch_seat.h"
#include "xlite/run/watch_status.h"

#define WATCH_NEVER INT64_MAX

struct watch_loop {
	struct watch *watch;
	struct host host;
	struct run_notify notify;
	struct watch_seat seat;
	struct watch_files files;
	struct watch_domains domains;
	struct watch_child mender, applier;
	sigset_t mask;			/* while it waits */
	bool look;			/* domains may have ended */
	uint64_t mend_began_s;
	int64_t changed_ns;		/* the first change that was not read yet; 0: none */
	int64_t apply_ns;		/* when the files are read next */
	enum watch_cause cause;
	uint64_t drift;			/* hash of the differences told last */
	struct watch_applied applied;
	struct watch_metrics metrics;
	int64_t alive_ns;		/* when the watchdog is told next */
};

/** Opens the host for this process; those of the watch have connections of their own. */
int watch_open_host(struct watch_loop *loop, struct host *host, struct xlite_error *err);
/** The files are read in so long, and why; not later than was planned before, unless one has changed. */
void watch_plan_apply(struct watch_loop *loop, int64_t in_ns, enum watch_cause cause);
/** Starts processes for what is due. */
void watch_start_due(struct watch_loop *loop);
/** Each takes what has come. */
void watch_hear_mender(struct watch_loop *loop);
void watch_hear_applier(struct watch_loop *loop);
void watch_hear_files(struct watch_loop *loop);
/** Ends the processes: what they have under way is undone, or finished. */
void watch_stop(struct watch_loop *loop);

#endif
