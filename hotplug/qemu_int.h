/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: what starting a QEMU and talking to one share.
 */
#ifndef HOTPLUG_QEMU_INT_H
#define HOTPLUG_QEMU_INT_H

#include "hotplug/qemu.h"
#include "hotplug/qmp.h"

#define QEMU_DIR "/run/xlite/qemu"
/** Room for the path of a file in a domain's folder. */
#define QEMU_PATH 96

/** The path of a file in the domain's folder ("lock", "pid", "qmp", "log"), the folder's own for "". Returns path. */
const char *qemu_path(const struct hotplug_qemu *of, const char *file, char path[QEMU_PATH]);
/** Its process, by the file that it wrote, and only if that process has the lock's file as its input; 0: not known. */
pid_t qemu_process(const struct hotplug_qemu *of);
/** Connects; tries again while it is still starting. -ESRCH, with its last words, once it has ended. */
int qemu_connect(const struct hotplug_qemu *of, struct qmp *qmp, int64_t deadline_ns, struct xlite_error *err);

#endif
