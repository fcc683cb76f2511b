/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: a process, and all that it starts, that reach no other files than these (landlock(7)).
 */
#ifndef HOTPLUG_FILES_ONLY_H
#define HOTPLUG_FILES_ONLY_H

/** What may be read, and what read and written, besides programs and their libraries; paths, borrowed, NULL: none. */
struct files_only {
	const char *read, *write;
};

/**
 * Confines the calling process for good: it keeps no power of root's but that over files, gains none by a program,
 * dumps no core, and reaches no other files, where the kernel has Landlock (Linux 5.13; before 6.2 other files can
 * still be cut short). Negative errno: the process must not go on.
 */
int files_only_enter(const struct files_only *files);

#endif
