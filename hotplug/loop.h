/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: loop devices by ioctl (linux/loop.h; LOOP_CONFIGURE, Linux 5.8).
 */
#ifndef HOTPLUG_LOOP_H
#define HOTPLUG_LOOP_H

#include <stdbool.h>

#include "common/error.h"

struct hotplug_disk;

/**
 * Binds a free loop device to file_fd and fills path, major, minor, fd and loop of disk. It ends when the last
 * descriptor on it is closed; it is read-only where disk->readonly says so, and this is verified. name is for messages.
 */
int loop_attach(int file_fd, const char *name, bool direct, struct hotplug_disk *disk, struct xlite_error *err);

#endif
