/* SPDX-License-Identifier: GPL-2.0-or-later
 * A domain's QEMU as a process: started, found, ended. There is one for each domain that needs any, in a folder
 * /run/xlite/qemu/DOMID-UUID. A lock on a file there lasts as long as the process, so that any later run finds it,
 * whoever started it and however that run ended. What it serves: hotplug/qemu_disk.h.
 */
#ifndef HOTPLUG_QEMU_H
#define HOTPLUG_QEMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"

/** Whose it is. A domain that takes over a number has another uuid, one that is built anew another number. */
struct hotplug_qemu {
	uint32_t domid;
	char uuid[37];
};

/** Whether QEMU can be had: $XLITE_QEMU, or where Debian and Xen put it. -ENOENT with the package in the hint. */
int hotplug_qemu_check(struct xlite_error *err);
/**
 * Starts one for the domain, which must exist, unless it has one already; it answers when it is ready. *pid becomes
 * its process, 0 where it is not known yet. Its folder is made before it.
 */
int hotplug_qemu_start(const struct hotplug_qemu *of, pid_t *pid, struct xlite_error *err);
/** Whether there is a folder of this domain's: it has a QEMU, or had one and was not cleaned up. */
bool hotplug_qemu_known(const struct hotplug_qemu *of);
/** Whether the domain's QEMU lives. */
bool hotplug_qemu_runs(const struct hotplug_qemu *of);
/** The number of its process, 0 where it has none or it is not known yet. */
pid_t hotplug_qemu_number(const struct hotplug_qemu *of);
/**
 * Ends it, gently where it listens, and waits for its end; none is success. What else the user of the domain's device
 * model runs is killed, unless the number is another domain's by now. The folder stays (hotplug_qemu_forget).
 */
int hotplug_qemu_end(const struct hotplug_qemu *of, int64_t deadline_ns, struct xlite_error *err);
/** Removes the folder. */
void hotplug_qemu_forget(const struct hotplug_qemu *of);
/** All folders. *list is malloc'ed, the caller frees it. */
int hotplug_qemu_list(struct hotplug_qemu **list, size_t *nr, struct xlite_error *err);

/** Whether the process is a QEMU that libxl started for the domain, whose number it wrote down in XenStore. */
bool hotplug_qemu_other_runs(uint32_t domid, pid_t pid);
/**
 * Ends it, gently at first, and removes its sockets. A process that is none, or not the domain's, is left alone:
 * success.
 */
int hotplug_qemu_other_end(uint32_t domid, pid_t pid, struct xlite_error *err);

#endif
