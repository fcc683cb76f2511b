/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: the waiting itself, apart from where sysfs is, for tests.
 */
#ifndef HOTPLUG_DISK_WAIT_H
#define HOTPLUG_DISK_WAIT_H

#include <stdint.h>

#include "common/error.h"

/** Waits for physical_device in dir, a backend's directory in sysfs. As hotplug_disk_wait_backend. */
int disk_wait_dir(const char *dir, int64_t deadline_ns, struct xlite_error *err);

#endif
