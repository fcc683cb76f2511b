/* SPDX-License-Identifier: GPL-2.0-or-later
 * Block devices for vbds: tags through libblkid, regular files through loop devices that
 * end by themselves, and the refusal of disks that somebody else has in use.
 */
#ifndef HOTPLUG_DISK_H
#define HOTPLUG_DISK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"

/** A disk ready to be given to blkback. */
struct hotplug_disk {
	char path[64];		/* of the block device: /dev/loop3, /dev/sda1 */
	unsigned major, minor;
	int fd;			/* keeps a loop device (autoclear) alive until blkback has opened it; -1 else */
	bool loop, readonly;
	uint64_t bytes;
	dev_t file_dev;		/* identity of the source: the file's device and inode, or the block device's number */
	ino_t file_ino;
};

struct hotplug_disk_source {
	const char *source;	/* path, or LABEL= UUID= PARTUUID= PARTLABEL= */
	bool readonly, shared, discard;
};

/** Finds the path that source names (a tag is looked up); changes nothing. path of PATH_MAX bytes. -ENOENT names the tag or file. */
int hotplug_disk_resolve(const char *source, char *path, size_t size, struct xlite_error *err);
/**
 * Checks without changing anything that the source can be used as asked: exists, is a regular file or a block device, may be
 * opened in the mode, is not empty, not mounted or swap or held (exclusive open) unless readonly and shared, and not the
 * backing file of a loop device that is in use read-write (unless shared). Fills the identity (file_dev, file_ino, bytes).
 */
int hotplug_disk_check(const struct hotplug_disk_source *source, struct hotplug_disk *disk, struct xlite_error *err);
/** Checks, then opens: for a regular file a loop device with LO_FLAGS_AUTOCLEAR (read-only where asked). */
int hotplug_disk_open(const struct hotplug_disk_source *source, struct hotplug_disk *disk, struct xlite_error *err);
/** Lets go of the descriptor; a loop device that nobody else has open ends here. */
void hotplug_disk_close(struct hotplug_disk *disk);
/**
 * Waits until blkback has opened the device of domain domid and number devid (its sysfs directory shows physical_device), so
 * that the descriptor may be closed. deadline_ns on CLOCK_MONOTONIC.
 */
int hotplug_disk_wait_backend(uint32_t domid, unsigned devid, int64_t deadline_ns, struct xlite_error *err);

#endif
