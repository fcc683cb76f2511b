/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: running qemu-img.
 */
#ifndef HOTPLUG_QEMU_IMG_H
#define HOTPLUG_QEMU_IMG_H

#include "hotplug/files_only.h"
#include "hotplug/volume.h"

/** Whether there is a qemu-img; -ENOENT with a hint. */
int qemu_img_find(const char **path, struct xlite_error *err);
/**
 * Runs qemu-img with these arguments (NULL-terminated, without its name, at most 12). It is killed with all of its
 * group when this run ends, however that ends, or is interrupted (-EINTR). Of the host's files it reaches these alone.
 * -EIO: it failed; the message has the last line that it printed. With -p among the arguments the watch is told of the
 * progress.
 */
int qemu_img_run(const char *const args[], const struct files_only *files, const struct hotplug_volume_watch *watch,
		 struct xlite_error *err);

#endif
