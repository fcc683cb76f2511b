/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: talking to a domain's QEMU.
 */
#ifndef HOTPLUG_QEMU_INT_H
#define HOTPLUG_QEMU_INT_H

#include "hotplug/process.h"
#include "hotplug/qemu.h"
#include "hotplug/qmp.h"

/** Its process; borrows of. */
struct process qemu_process(const struct hotplug_qemu *of);
/** The program, or NULL. */
const char *qemu_program(void);
/** What it makes in its folder, NULL-terminated. */
extern const char *const qemu_own_files[];

/** Connects; tries again while it is still starting. -ESRCH, with its last words, once it has ended. */
int qemu_connect(const struct hotplug_qemu *of, struct qmp *qmp, int64_t deadline_ns, struct xlite_error *err);

#endif
