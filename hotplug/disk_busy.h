/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: who has a block device or a file in use, in words.
 */
#ifndef HOTPLUG_DISK_BUSY_H
#define HOTPLUG_DISK_BUSY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/** Why an exclusive open of the block device failed: "it is mounted on /srv"... Always says something. */
void disk_busy_reason(unsigned maj, unsigned min, char *reason, size_t size);
/** Where the block device, or a partition of it, is mounted; false if it is not. */
bool disk_mounted_on(unsigned maj, unsigned min, char *where, size_t size);
/** Whether the block device st_rdev dev (ino 0), or the file dev, ino, is swap space in use. */
bool disk_is_swap(dev_t dev, ino_t ino);

#endif
