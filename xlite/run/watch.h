/* SPDX-License-Identifier: GPL-2.0-or-later
 * The one long-running command: waits for domains to end, for files to change and for times to come, and has done what
 * is due. It keeps nothing that it cannot read again, and may be killed at any time.
 */
#ifndef RUN_WATCH_H
#define RUN_WATCH_H

#include <signal.h>

#include "xlite/run/run.h"

/** Why the files are looked at. */
enum watch_cause { WATCH_STARTED, WATCH_CHANGED, WATCH_TIME };

/** What the files' process is asked. */
struct watch_ask {
	enum watch_cause cause;
	bool act;		/* else differences are only told */
	uint64_t told;		/* hash of the differences that were told last, 0 for none: they are not told again */
	uint64_t *tells;	/* that of those that there are now */
};

struct watch {
	char *const *paths;		/* spec files and directories; none: only domains that have ended are handled */
	size_t nr_paths;
	unsigned longest_s;		/* the longest pause between two builds of a domain */
	unsigned interval_s;		/* how often the files are compared with the host; 0: when they change */
	bool drift_warns;		/* at the interval differences are told, not mended */
	struct run run;			/* its host is not opened yet: each process opens its own */
	/** Compares the files with the host and acts; in a process of its own. Returns an exit status. */
	int (*apply)(void *ctx, const struct watch_ask *ask);
	/** One line for people. */
	void (*say)(void *ctx, const char *text);
	void *ctx;
	const volatile int *interrupted;
	volatile int *hangup;		/* set by SIGHUP: look at the files now */
	const char *metrics;		/* file for Prometheus, or NULL */
	const char *about;		/* its command line, for the status */
};

/**
 * Runs until it is interrupted. SIGINT, SIGTERM and SIGHUP must have handlers that set what is above. Returns an exit
 * status.
 */
enum xlite_status run_watch(struct watch *watch, struct xlite_error *err);

#endif
