/* SPDX-License-Identifier: GPL-2.0-or-later
 * The host's end of an emulated network card.
 */
#ifndef HOTPLUG_TAP_H
#define HOTPLUG_TAP_H

#include "common/error.h"

/** What stands behind the name of a vif in that of its tap. */
#define HOTPLUG_TAP_SUFFIX "-emu"

/**
 * Makes a tap device of that name, which is gone when the last descriptor of it is closed. *fd is the caller's, and
 * closed in programs that it starts. -EBUSY: it is there already.
 */
int hotplug_tap_open(const char *name, int *fd, struct xlite_error *err);

#endif
