/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: who has a block device or a file in use, in words.
 */
#ifndef HOTPLUG_DISK_BUSY_H
#define HOTPLUG_DISK_BUSY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/** Who has a disk, and the way to free it. */
struct disk_busy {
	char reason[256];	/* "it is mounted on /srv" */
	char hint[224];		/* "`umount /srv` frees it", or "" */
};

/** Why an exclusive open of the block device failed. Always says something. */
void disk_busy_reason(unsigned maj, unsigned min, struct disk_busy *busy);
/** Where the block device, or a partition of it, is mounted; false if it is not. */
bool disk_mounted_on(unsigned maj, unsigned min, char *where, size_t size);
/**
 * Whether the block device st_rdev dev (ino 0), a partition of it, or the file dev, ino, is swap space in use; name: as
 * swapon(8) has it.
 */
bool disk_is_swap(dev_t dev, ino_t ino, char *name, size_t size);

#endif
