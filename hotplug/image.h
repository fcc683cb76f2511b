/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: what a file's first bytes say that it is. It is asked for refusals alone: no format is chosen
 * by it.
 */
#ifndef HOTPLUG_IMAGE_H
#define HOTPLUG_IMAGE_H

#include "common/error.h"

/** A format that wraps a disk, so that its bytes are not the disk's. */
struct image_kind {
	const char *name;	/* with its article: "a qcow2 image" */
	const char *hint;	/* how to get the disk out of it */
};

/**
 * The kind of what is open for reading as fd; NULL for anything else, such as a disk, a file system, LUKS or an ISO.
 */
const struct image_kind *image_kind(int fd);
/** -EINVAL, with the way out, where fd is such a wrapping and the spec did not say so; path is for messages. */
int image_check_raw(int fd, const char *path, struct xlite_error *err);

#endif
