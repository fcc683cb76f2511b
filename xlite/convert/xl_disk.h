/* SPDX-License-Identifier: GPL-2.0-or-later
 * One disk as xl writes it down (xen: docs/man/xl-disk-configuration.5, tools/libs/util/libxlu_disk_l.l): parameters
 * with names, parameters by position, and prefixes of the time of xm.
 */
#ifndef CONVERT_XL_DISK_H
#define CONVERT_XL_DISK_H

#include <stdbool.h>

#include "common/buf.h"

enum xl_disk_format {
	XL_DISK_UNKNOWN,
	XL_DISK_RAW,
	XL_DISK_QCOW,
	XL_DISK_QCOW2,
	XL_DISK_VHD,
	XL_DISK_QED,
	XL_DISK_EMPTY
};

struct xl_disk {
	char *target, *vdev, *script, *backend, *backendtype, *specification;	/* owned, or NULL */
	enum xl_disk_format format;
	bool format_given;
	bool readonly, shared, cdrom, no_discard, direct_io_safe, untrusted, colo;
	bool xm_phy;		/* with the prefix phy: */
	bool xm_access;		/* with a `!` */
	bool access_given;
	bool swallowed;		/* `target=` has taken what looks like more parameters */
};

/** Reads the text. 0, -ENOMEM, or -EINVAL with the reason in why. In each case disk is to be cleared. */
int xl_disk_parse(struct xl_disk *disk, const char *text, struct buf *why);
void xl_disk_clear(struct xl_disk *disk);
/**
 * The name of a disk in the language's form: for d0p1 and for Xen's numbers as well, and without /dev/. malloc'ed; NULL
 * if it is no disk's name, or out of memory.
 */
char *xl_disk_vdev(const char *name);

#endif
