/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: small reads from sysfs.
 */
#ifndef HOTPLUG_SYSFS_H
#define HOTPLUG_SYSFS_H

#include <stdbool.h>
#include <stddef.h>

/** The first line of a small file of sysfs or /proc, cut to size. 0 or a negative errno. */
int sysfs_read(char *text, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/** The first name in a block device's holders directory ("dm-0", "md1"); false when there is none. */
bool sysfs_holder(unsigned maj, unsigned min, char *name, size_t size);
/** Whether the block device is part of another one. */
bool sysfs_has_holder(unsigned maj, unsigned min);

#endif
