/* SPDX-License-Identifier: GPL-2.0-or-later
 * Whether spec files may have changed: inotify(7) on the directories that hold them, with links followed as they are
 * when specs are read.
 */
#ifndef RUN_WATCH_FILES_H
#define RUN_WATCH_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"

/**
 * A watch descriptor of which one name counts, such as a link to a directory of specs in the directory that holds
 * it.
 */
struct watch_files_name {
	int wd;
	bool all;		/* it is a directory of specs, too: every name counts */
	char *name;
};

struct watch_files {
	int fd;			/* of inotify, for poll; -1: none */
	struct watch_files_name *names;
	size_t nr;
};

#define WATCH_FILES_INIT { .fd = -1 }

/**
 * Watches what is below paths (files and directories) now, in the place of what was watched before: to be called before
 * they are read, each time, since directories come and go. What is not there yet is watched for where it would be.
 */
int watch_files_arm(struct watch_files *files, char *const *paths, size_t nr, struct xlite_error *err);
/** Takes all events that have come; whether one of them concerns the paths. */
bool watch_files_hear(struct watch_files *files);
void watch_files_clear(struct watch_files *files);

#endif
