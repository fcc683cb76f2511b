/* SPDX-License-Identifier: GPL-2.0-or-later
 * A disk image with a few small files, as cloud-init's data source NoCloud looks for it.
 */
#ifndef RECONCILE_CLOUD_ISO_H
#define RECONCILE_CLOUD_ISO_H

#include <stddef.h>

#include "common/buf.h"
#include "common/error.h"

/** A file of the image: its name and content, both the caller's. */
struct cloud_file {
	const char *name;
	const char *data;
	size_t len;
};

/**
 * Adds an ISO 9660 file system with Rock Ridge and Joliet names to image (ECMA-119; written by libarchive), whose
 * volume is called cidata. libarchive puts the files' content aside meanwhile, into a file without a name in the folder
 * aside. 0, or a negative errno with the reason in err.
 */
int cloud_iso(const struct cloud_file *files, size_t nr, const char *aside, struct buf *image, struct xlite_error *err);

#endif
