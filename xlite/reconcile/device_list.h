/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside reconcile only: the devices that a change in place concerns, and what is to be done with each.
 */
#ifndef RECONCILE_DEVICE_LIST_H
#define RECONCILE_DEVICE_LIST_H

#include "xlite/reconcile/change.h"
#include "xlite/reconcile/device_kind.h"

enum device_action { DEVICE_ATTACH, DEVICE_DETACH, DEVICE_CYCLE, DEVICE_ADJUST };

/* One device that differs: as it is and as it is to be, of one kind and number. A spec is NULL where there is none. */
struct device_change {
	enum device_action action;
	struct device old, new;
	bool detached, attached, adjusted;	/* what was begun, for undo */
	bool asked;				/* the guest is to let go of it, or an earlier run left it half made */
};

struct change_devices {
	struct device_change *items;
	size_t nr;
};

static inline bool device_detaches(const struct device_change *change)
{
	return change->action == DEVICE_DETACH || change->action == DEVICE_CYCLE;
}

static inline bool device_attaches(const struct device_change *change)
{
	return change->action == DEVICE_ATTACH || change->action == DEVICE_CYCLE;
}

/**
 * Fills job->devices, freed by change_devices_free also after a failure: what an earlier run left half made, then kind
 * by kind.
 */
int device_list(struct change_job *job, struct xlite_error *err);
/**
 * Whether what the new device needs may be held by one of the same domain that is to go: what a half made one has is
 * not known.
 */
bool device_is_held(const struct change_devices *devices, const struct device *new);

#endif
