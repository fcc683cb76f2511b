/* SPDX-License-Identifier: GPL-2.0-or-later
 * A step is {name, check, do, undo}; steps_walk() alone walks them, forwards, and back on failure. The names are
 * what `plan -v`, events and fault tests show.
 */
#ifndef RECONCILE_STEP_H
#define RECONCILE_STEP_H

#include "xlite/reconcile/host.h"

struct step {
	const char *name;
	/* changes nothing; all checks run before the first do */
	int (*check)(void *job, struct xlite_error *err);
	int (*run)(void *job, struct xlite_error *err);
	int (*undo)(void *job, struct xlite_error *err);	/* undoes a run that succeeded or failed half-way */
};

/**
 * Runs all checks, then all steps; where one fails, undoes it and those before it, last first. domain is for what is
 * reported. Undos that fail are each told in err (xlite_error_left), with again: what is to be done then. Returns what
 * the step that failed returned.
 */
int steps_walk(struct host *host, const char *domain, const struct step *steps, void *job, const char *again,
	       struct xlite_error *err);

/** The checks alone; *failed, if not NULL, is the step whose check failed. */
int steps_check(const struct step *steps, void *job, const struct step **failed, struct xlite_error *err);

#endif
