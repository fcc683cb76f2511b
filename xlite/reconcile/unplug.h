/* SPDX-License-Identifier: GPL-2.0-or-later
 * Taking one device away from a domain that lives on.
 */
#ifndef RECONCILE_UNPLUG_H
#define RECONCILE_UNPLUG_H

#include "xlite/reconcile/device_kind.h"

struct unplug {
	const struct device *device;	/* its spec is NULL where none is known */
	const uint8_t *uuid;		/* of the domain: whose QEMU is meant */
	bool force;			/* do not ask the guest */
	int64_t deadline_ns;		/* for the guest to let go */
	bool *stands;			/* or NULL: set to whether the guest was asked, and that was not taken back */
};

/** Whether a paused guest would have to agree: -EBUSY then. */
int unplug_check(struct host *host, const struct xlite_device *at, struct xlite_error *err);
/**
 * Asks the guest to let go, waits, runs the script, removes the nodes, waits for the kernel. -EBUSY with the guest's
 * own reason where it did not let go in time: the request is taken back if the guest has done nothing yet; otherwise it
 * stands, and the device goes when the guest allows it and the next run looks. A device that the guest never connected
 * to is taken at once, and so is a disk whose QEMU has ended. With the last disk that the domain's QEMU serves goes
 * that QEMU.
 */
int unplug_device(struct host *host, const struct unplug *unplug, struct xlite_error *err);

#endif
