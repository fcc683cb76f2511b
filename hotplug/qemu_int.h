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
/**
 * The number of the user, and of the group, that the domain's device model becomes: nobody else's, and no other
 * domain's.
 */
uid_t qemu_user(uint32_t domid);
/**
 * Kills all that this user has: a device model that outlived its domain could reach the next one of that number. The
 * caller knows that there is no other domain's.
 */
int qemu_user_kill(uint32_t domid, struct xlite_error *err);
/** The program, or NULL. */
const char *qemu_program(void);
/** Whether it takes the option with this value; runs it for that. */
bool qemu_takes(const char *program, const char *option, const char *value);
/** What it makes in its folder, NULL-terminated. */
extern const char *const qemu_own_files[];

/** Connects; tries again while it is still starting. -ESRCH, with its last words, once it has ended. */
int qemu_connect(const struct hotplug_qemu *of, struct qmp *qmp, int64_t deadline_ns, struct xlite_error *err);

#endif
