/* SPDX-License-Identifier: GPL-2.0-or-later
 * A step is {name, check, do, undo}; apply.c alone walks them, forwards, and back on failure. The names are
 * what `plan -v`, events and fault tests show.
 */
#ifndef RECONCILE_STEP_H
#define RECONCILE_STEP_H

#include "common/error.h"

struct step {
	const char *name;
	int (*check)(void *job, struct xlite_error *err);	/* changes nothing; all checks run before the first do */
	int (*run)(void *job, struct xlite_error *err);
	int (*undo)(void *job, struct xlite_error *err);	/* undoes a run that succeeded or failed half-way */
};

/** Steps of a creation, in order, ending with a row whose name is NULL. */
extern const struct step create_steps[];

#endif
