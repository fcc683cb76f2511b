/* SPDX-License-Identifier: GPL-2.0-or-later
 * Changes in place: each kind of difference is a step whose undo sets the former value.
 */
#ifndef RECONCILE_CHANGE_H
#define RECONCILE_CHANGE_H

#include "xlite/reconcile/apply.h"
#include "xlite/reconcile/step.h"

struct change_devices;

struct change_job {
	struct host *host;
	const struct plan_item *item;
	const char *set;
	const struct cfg_domain *next;		/* what waits for the next boot, or NULL */
	bool given;				/* only checked, while what it attaches is another's yet */
	unsigned timeout_ms;			/* for a guest to let go of a device */
	struct change_devices *devices;		/* change_devices.c's; freed by change_devices_free */
};

#define CHANGE_STEPS_MAX 20

/** Fills steps with those that the differences of the item need, ended by a row without a name. */
void change_steps(const struct plan_item *item, struct step steps[CHANGE_STEPS_MAX]);
/** Whether the guest has to follow what the item changes, or was asked to by an earlier run and had not. */
bool change_asks_guest(const struct plan_item *item);
/** Whether a path is of a kind that change_steps knows; the planner's question. */
bool change_knows(const char *path);

#endif
