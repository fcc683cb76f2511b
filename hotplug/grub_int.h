/* SPDX-License-Identifier: GPL-2.0-or-later
 * Private to hotplug/grub*.c: the files in memory that grub-mkimage reads.
 */
#ifndef HOTPLUG_GRUB_INT_H
#define HOTPLUG_GRUB_INT_H

#include <stddef.h>

#include "common/error.h"

/** A file in memory with these bytes; a descriptor, or a negative errno. */
int grub_file(const char *name, const void *bytes, size_t len);
/**
 * The disk that the image carries, a tar archive: our grub.cfg, and modules of that folder that it loads by itself.
 * As above.
 */
int grub_disk(const char *modules, struct xlite_error *err);

#endif
