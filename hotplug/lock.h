/* SPDX-License-Identifier: GPL-2.0-or-later
 * The lock per host that is held while domains are created: ours, and the one that xl takes
 * for the same purpose. Both end with the process, however it ends.
 */
#ifndef HOTPLUG_LOCK_H
#define HOTPLUG_LOCK_H

#include <stdint.h>

#include "common/error.h"

/** Ours: flock(2). Its directory is made if missing. */
#define HOTPLUG_LOCK_OWN "/run/xlite/lock"
/** xl's: fcntl(2) F_WRLCK on the whole file (xen: tools/xl/xl_vmcontrol.c:acquire_lock; XL_LOCK_FILE). */
#define HOTPLUG_LOCK_XL "/var/lock/xl"

struct hotplug_lock {
	int own, xl;	/* descriptors, -1 while not held */
};

#define HOTPLUG_LOCK_INIT { -1, -1 }

/**
 * Takes both locks, ours first. deadline_ns on CLOCK_MONOTONIC; one that has passed means a single try. -EAGAIN (exit
 * status XLITE_AGAIN) when the time is up: the message names the process that holds it, where the kernel tells. Where
 * xl's directory does not exist there is no xl either, and its lock is left out. Not to be taken twice by one process,
 * and in a process that holds it nothing else may open and close xl's file, which would let go of it.
 */
int hotplug_lock_take(struct hotplug_lock *lock, int64_t deadline_ns, struct xlite_error *err);
/** As hotplug_lock_take, with the paths of both files. */
int hotplug_lock_take_at(struct hotplug_lock *lock, const char *own, const char *xl, int64_t deadline_ns,
			 struct xlite_error *err);
/** Lets go of what is held. NULL and twice are allowed. */
void hotplug_lock_release(struct hotplug_lock *lock);

#endif
