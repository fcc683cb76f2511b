/* SPDX-License-Identifier: GPL-2.0-or-later
 * Volumes: disks kept as files NAME.FORMAT in a folder, a pool; those that LVM keeps are in lvm.h. Nothing else is kept
 * about them: a file of that name that is complete is the volume. One that is being made has another name, and is told
 * from one that a killed run left by its lock.
 */
#ifndef HOTPLUG_VOLUME_H
#define HOTPLUG_VOLUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/** What a volume is to be. Strings are borrowed. */
struct hotplug_volume {
	const char *path;	/* FOLDER/NAME.FORMAT, absolute; of LVM's /dev/VG/NAME */
	/* the volume group of LVM that it is in, raw, and the thin pool in that, or NULL; NULL: it is a file */
	const char *vg, *thin_pool;
	bool qcow2;		/* else raw */
	bool preallocate;	/* raw: its space is taken at once */
	uint64_t bytes;		/* a multiple of 512; 0: as large as the disk in the image */
	const char *from;	/* an image that it begins as a copy of, or NULL: zeroes */
	bool from_qcow2;	/* the image's format, else raw; it is never guessed */
	/* it is a volume, or another disk: -EBUSY while somebody has it locked, and locked while it is copied */
	bool from_volume;
	/* the format was given by itself: an image that looks like another is taken at that word */
	bool from_given;
	const char *sha256, *sha512;	/* that the image must have, in lower case; or NULL */
};

/** Who is told of a long work, and may end it. */
struct hotplug_volume_watch {
	const volatile int *interrupted;			/* or NULL */
	void (*progress)(void *ctx, unsigned percent);		/* or NULL */
	void *ctx;
};

/** What there is of a volume. */
struct hotplug_volume_now {
	bool exists;
	uint64_t bytes;		/* of the disk */
	uint64_t allocated;	/* of the file */
};

/**
 * Looks at a volume's file; *now says that there is none also where the folder is missing. -EINVAL: something else than
 * a file has its name, such as a symbolic link, which is never followed; or a qcow2 image as qcow2_check refuses it.
 * -EACCES: others may write to its folder, and could put another disk in its place.
 */
int hotplug_volume_look(const char *path, bool qcow2, struct hotplug_volume_now *now, struct xlite_error *err);
/**
 * Whether it could be made: the folder, if it is there, belongs to root alone; the image is there, is of the format
 * that was said, needs no other file, is not larger than bytes; qemu-img is there if it is needed; and the file system
 * has room for what is copied, or preallocated. The checksum is not read. *bytes, unless NULL, becomes the size of the
 * disk. -EINVAL, -ENOSPC, -ENOENT, -EACCES.
 */
int hotplug_volume_check(const struct hotplug_volume *volume, uint64_t *bytes, struct xlite_error *err);
/**
 * Makes it. The folder is made if missing. A file appears under its name only when it is complete and on the disk:
 * killed at any moment, a run leaves a hidden file at most, which the next one removes. -EEXIST: another run made it
 * meanwhile; -EAGAIN: is making it; -EBADMSG: the image has another checksum; -EINTR.
 */
int hotplug_volume_make(const struct hotplug_volume *volume, const struct hotplug_volume_watch *watch,
			struct xlite_error *err);
/** Whether it can be grown to its bytes now: -EBUSY for a qcow2 image in use, -ENOSPC. */
int hotplug_volume_check_grow(const struct hotplug_volume *volume, struct xlite_error *err);
/**
 * Makes the disk larger, never smaller (-EINVAL). A raw file may be in use: its loop devices keep the old size until
 * they are told (hotplug_disk_grow).
 */
int hotplug_volume_grow(const struct hotplug_volume *volume, const struct hotplug_volume_watch *watch,
			struct xlite_error *err);
/** Removes it, with its data. -EBUSY while anybody has it open; -ENOENT. */
int hotplug_volume_remove(const char *path, bool qcow2, struct xlite_error *err);
/**
 * Calls each with the volumes of a folder, in no order, until one answers something else than 0, and answers that. A
 * folder that is not there has none.
 */
int hotplug_volume_each(const char *folder, int (*each)(void *arg, const char *name, bool qcow2), void *arg,
			struct xlite_error *err);

#endif
