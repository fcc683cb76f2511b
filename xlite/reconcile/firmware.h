/* SPDX-License-Identifier: GPL-2.0-or-later
 * Where a host has what an emulated PC begins with: Xen's hvmloader, and the firmware that it puts in place.
 */
#ifndef RECONCILE_FIRMWARE_H
#define RECONCILE_FIRMWARE_H

#include "cfg/spec.h"
#include "xlite/lib/xen.h"

struct firmware {
	char loader[64];	/* hvmloader's path */
	const char *path;	/* the firmware's; static */
	const char *bios;	/* as hvmloader calls it; static; NULL: none was looked for */
};

/** Whether the hypervisor emulates what a PC needs of it: 0, or -EOPNOTSUPP. */
int firmware_on(const struct xlite_xen_version *xen, struct xlite_error *err);
/** Finds both. -ENOENT names what is not there, with the package in the hint. */
int firmware_find(const struct xlite_xen_version *xen, enum cfg_firmware kind, struct firmware *firmware,
		  struct xlite_error *err);

#endif
