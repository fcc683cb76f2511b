/* SPDX-License-Identifier: GPL-2.0-or-later
 * Block devices for vbds: tags through libblkid, regular files through loop devices that
 * end by themselves, and the refusal of disks that somebody else has in use.
 */
#ifndef HOTPLUG_DISK_H
#define HOTPLUG_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"

/** A disk ready to be given to blkback. */
struct hotplug_disk {
	/*
	 * of the block device: /dev/loop3, /dev/sda1 (the name the kernel uses); "" for a file only checked, and for a
	 * qcow2 image in a file
	 */
	char path[64];
	unsigned major, minor;	/* of the block device; 0, 0 for a file only checked */
	int fd;			/* keeps a loop device alive, or an exclusive claim on a block device, until blkback
				 * has opened it; a qcow2 image's file, for QEMU; -1 else */
	bool loop, readonly;
	uint64_t bytes;
	/* identity of the source: the file's st_dev and st_ino; a block device's st_rdev and 0 */
	dev_t file_dev;
	ino_t file_ino;
};

/** A device that a guest other than the asking one may write to, and so may have written tags to. */
struct hotplug_disk_claim {
	dev_t dev;
	char who[96];		/* "domid 3 (51712)", for messages */
};

struct hotplug_disk_claims {
	struct hotplug_disk_claim *items;
	size_t nr;
};

struct hotplug_disk_source {
	const char *source;	/* absolute path, or LABEL= UUID= PARTUUID= PARTLABEL= */
	const struct hotplug_disk_claims *claims;	/* of tags: what is no answer; or NULL */
	bool readonly, shared;
	bool raw;		/* the spec says that its bytes are the disk's, whatever they look like */
	/* it must be an image of that format, and is not given a loop device: QEMU gets its file */
	bool qcow2;
	bool discard;		/* what the guest is offered; nothing is done for it here */
	bool direct; /* a file: bypass the page cache of this domain where its file system can (LO_FLAGS_DIRECT_IO).
				 * Off is right for most: reads of an image that several guests use are then shared. */
};

/**
 * Finds the path that source names; changes nothing. path of PATH_MAX bytes. A path is taken as it is (symbolic links
 * are followed when it is opened). A tag is looked up on all block devices but members of others (RAID, LVM, multipath:
 * the device on top counts) and loop devices that end by themselves (other guests' disks); nothing is cached on disk.
 * A device that is among claims (or NULL), is a partition of one that is, or is built on one, is no answer to a tag.
 * -ENOENT names the tag or file (and for a dangling link its target); -ENOTUNIQ two devices with the same tag;
 * -EBUSY where only claimed ones have it; -EINVAL for a relative path or an unknown tag.
 */
int hotplug_disk_resolve(const char *source, const struct hotplug_disk_claims *claims, char *path, size_t size,
			 struct xlite_error *err);
/** Whether the source is looked for by a tag, of which claims matter. */
bool hotplug_disk_is_tag(const char *source);
/**
 * Checks without changing anything that the source can be used as asked. Fills the identity (file_dev, file_ino, bytes)
 * and for a block device path, major and minor; *disk owns nothing afterwards. -EINVAL: not a regular file or block
 * device, empty, no multiple of 512 bytes, or an image of some format although neither raw nor qcow2 was said; -EROFS:
 * read-write asked of what is read-only; -EBUSY: mounted, swap, part of another device or exclusively open (unless both
 * readonly and shared), or in use through a loop device: any for read-write, a writable one for readonly (unless
 * shared). The message says by what. Of a qcow2 image bytes is the size of the disk in it; -EINVAL as qcow2_check says.
 * Which devices other domains have is in XenStore: compare major and minor, and file_dev and file_ino, there.
 */
int hotplug_disk_check(const struct hotplug_disk_source *source, struct hotplug_disk *disk, struct xlite_error *err);
/**
 * Checks, then opens. A regular file gets a loop device that ends when its last user closes it, so that being killed at
 * any moment leaves none behind; unless shared, a flock(2) on the file (exclusive, or shared where readonly) lives as
 * long as that loop device and keeps other runs out. A block device is claimed (O_EXCL) until hotplug_disk_close,
 * unless readonly and shared. A qcow2 image in a file is opened as asked and locked as above; the lock lasts as long as
 * a descriptor that was duplicated from disk->fd. -EAGAIN when all attempts at a free loop device were lost to others.
 */
int hotplug_disk_open(const struct hotplug_disk_source *source, struct hotplug_disk *disk, struct xlite_error *err);
/** Lets go of the descriptor; a loop device that nobody else has open ends here. NULL and twice are allowed. */
void hotplug_disk_close(struct hotplug_disk *disk);
/**
 * Waits until blkback has opened the device of domain domid and number devid (its sysfs directory shows
 * physical_device), so that the descriptor may be closed. deadline_ns on CLOCK_MONOTONIC; -ETIMEDOUT past it, -EIO as
 * soon as blkback gave up.
 */
int hotplug_disk_wait_backend(uint32_t domid, unsigned devid, int64_t deadline_ns, struct xlite_error *err);
/**
 * Whether blkback has that device now. It drops one whose guest has removed its frontend; the number of a loop
 * device is free then.
 */
bool hotplug_disk_has_backend(uint32_t domid, unsigned devid);

/** What a source is by now, whose device a guest has. */
struct hotplug_disk_now {
	bool other;		/* another file or block device has the name: it was exchanged */
	/* bytes that the loop device offers; 0 for a block device, which tells its size by itself */
	uint64_t offered;
	uint64_t bytes;		/* bytes that the file has now (whole sectors of 512) */
};

/** Looks, by identity. False where the source is no path, or is not there, or device is gone: nothing is known. */
bool hotplug_disk_look(const char *device, const char *source, struct hotplug_disk_now *now);
/**
 * Whether a process serves something else than what source is by now: none of its descriptors is open on that file or
 * block device. False where nothing can be known: source is no path or not there, or the process is gone.
 */
bool hotplug_disk_other_in(pid_t pid, const char *source);
/** Makes a loop device offer its file's present size; blkback tells the guest at the guest's next access. */
int hotplug_disk_grow(const char *device, struct xlite_error *err);

/** A loop device that has something as its backing file. */
struct hotplug_loop_user {
	char name[16];		/* "loop3" */
	unsigned major, minor;
	bool readonly;
};

/**
 * Lists the loop devices backed by the file st_dev dev and st_ino ino, or by the block device st_rdev dev where ino is
 * 0, by identity and not by name. *users is malloc'ed, the caller frees it; NULL where *nr is 0.
 */
int hotplug_loop_users(dev_t dev, ino_t ino, struct hotplug_loop_user **users, size_t *nr, struct xlite_error *err);

#endif
