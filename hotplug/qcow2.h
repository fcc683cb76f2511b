/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: what the head of a qcow2 image says of it.
 */
#ifndef HOTPLUG_QCOW2_H
#define HOTPLUG_QCOW2_H

#include <stdint.h>

#include "common/error.h"

/**
 * Whether the file open for reading as fd is a qcow2 image that a guest may be given; path is for messages. *bytes
 * becomes the size of the disk in it. -EINVAL: no such image, cut off, of a version or kind that is not taken, or one
 * that names other files, which QEMU would open as root (qemu: docs/interop/qcow2.txt).
 */
int qcow2_check(int fd, const char *path, uint64_t *bytes, struct xlite_error *err);

#endif
