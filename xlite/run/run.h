/* SPDX-License-Identifier: GPL-2.0-or-later
 * One run over many objects: what it works on, what it was asked for, and who is told how it goes. Nothing here prints,
 * ends the process or knows of options and terminals. A run is interrupted by host->interrupted, and its steps are told
 * by host->report.
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "xlite/reconcile/apply.h"
#include "xlite/reconcile/host.h"
#include "xlite/reconcile/plan.h"
#include "xlite/run/log.h"
#include "xlite/run/objects.h"

/** What was asked for; zero is the default of each. */
struct run_options {
	const char *set;		/* the set that the documents belong to, or NULL */
	bool prune;			/* delete the members of set that no document means */
	bool replace, adopt, now;
	bool leaves;			/* a watch's: what has ended or is kept is its business (watch_leave) */
	bool yes;			/* do also what cuts the host's own way out, or empties the set */
	unsigned timeout_s;		/* see apply_options */
	int64_t deadline_ns;		/* see apply_options */
	unsigned wait_s;		/* watch what was built for so long, and fail when it ends; 0: look once */
	size_t jobs;			/* domains at once; 0: one for each CPU, at most 8 */
};

/** What became of one object. */
struct run_result {
	const char *kind;		/* "domain", "network" or "volume" */
	const struct plan_item *item;
	/*
	 * "created", "changed", "unchanged", "replaced", "deleted", "destroyed"; with err "failed" or (not begun)
	 * "skipped"
	 */
	const char *word;
	uint32_t domid;			/* of what was built; 0: nothing was */
	const struct xlite_error *err;	/* or NULL */
};

/** Who is told. Each function may be NULL; what it is given is the run's, and valid until it returns. */
struct run_observer {
	void *ctx;
	/** An object is finished. */
	void (*result)(void *ctx, const struct run_result *result);
	/** Something that belongs to no object of the plan went wrong; the run goes on. */
	void (*trouble)(void *ctx, const struct xlite_error *err);
	/** Another run, of that process (0: not known), has the object in hand and is waited for. */
	void (*waits)(void *ctx, const char *name, pid_t holder);
	/** How many of the domains are finished; total 0: none is worked on any more. */
	void (*progress)(void *ctx, size_t finished, size_t total);
	/** The run was interrupted, and did not come to these of its total domains, or undid them. */
	void (*left)(void *ctx, const struct plan_item *const *items, size_t nr, size_t total);
};

struct run {
	struct host *host;
	struct run_objects *objects;	/* what it has in hand; NULL: it changes nothing, or the caller sees to that */
	struct run_options options;
	struct run_observer observer;
	const struct run_log *log;	/* who changes the host, for the host's log; NULL: nothing is logged */
};

/** What became of a run. */
struct run_outcome {
	bool changed;
	enum xlite_status status;	/* of the first that failed, XLITE_INTERRUPTED, or XLITE_OK */
};

/**
 * Takes what was added to run->objects, waiting for other runs for options.timeout_s (0: a minute). Returns 1 if one
 * was waited for, 0, or an error of run_objects_take.
 */
int run_take_objects(const struct run *run, struct xlite_error *err);

/** Tells the observer, and the host's log where something was to be changed. */
void run_tell_result(const struct run *run, const struct run_result *result);
/** Likewise. */
void run_tell_trouble(const struct run *run, const struct xlite_error *err);
/** Tells the observer. */
void run_tell_progress(const struct run *run, size_t finished, size_t total);

#endif
