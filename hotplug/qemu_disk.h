/* SPDX-License-Identifier: GPL-2.0-or-later
 * Disks that a domain's QEMU serves, where the kernel's backend cannot: qcow2 images and NBD.
 */
#ifndef HOTPLUG_QEMU_DISK_H
#define HOTPLUG_QEMU_DISK_H

#include "hotplug/qemu.h"

/** A disk to be served. Strings are borrowed. */
struct hotplug_qemu_disk {
	unsigned devid;		/* 51712 */
	const char *vdev;	/* "xvda" */
	int fd;			/* of an image in a file, opened as readonly says; duplicated; -1: none */
	const char *device;	/* a block device with an image, or NULL */
	const char *nbd;	/* a source of NBD, or NULL */
	bool qcow2;		/* else raw: never guessed */
	bool readonly, shared, discard, cdrom;
};

/**
 * Serves one more disk; QEMU makes the nodes of its backend and of the guest's frontend in XenStore. -EIO: QEMU
 * refused.
 */
int hotplug_qemu_attach(const struct hotplug_qemu *of, const struct hotplug_qemu_disk *disk, int64_t deadline_ns,
			struct xlite_error *err);
/**
 * Closes a disk whose nodes in XenStore are gone, and waits until QEMU has noticed that. *left: how many disks it still
 * has. A disk that it does not have is success.
 */
int hotplug_qemu_detach(const struct hotplug_qemu *of, unsigned devid, size_t *left, int64_t deadline_ns,
			struct xlite_error *err);

#endif
