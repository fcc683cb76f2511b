/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: starting a program without copying our memory, with nothing of ours but three descriptors.
 */
#ifndef HOTPLUG_SPAWN_H
#define HOTPLUG_SPAWN_H

#include <sys/types.h>

#include "hotplug/jail.h"

/**
 * Starts path in a process group of its own, with default signal handlers and nothing blocked. in becomes its standard
 * input (-1: /dev/null), out and error the other two; all else is closed there. *pid and *pidfd are the caller's to
 * reap and close. Negative errno; *pid is set where the program runs nevertheless.
 */
int spawn_program(pid_t *pid, int *pidfd, const char *path, const char *const argv[], const char *const envp[], int in,
		  int out, int error);
/**
 * The same for what outlives us and is not trusted as we are: in a session of its own, which no terminal ends, without
 * a core dump, and with nothing of root's powers but its files (CAP_DAC_OVERRIDE), for good: the bounding set has no
 * other capability and no program that it runs gains one (PR_SET_NO_NEW_PRIVS). With a jail, which may be NULL, it sees
 * only that, and cannot start programs beside it nor reach others (hotplug/jail.h). It is not watched. On failure
 * nothing runs.
 */
int spawn_confined(pid_t *pid, const struct jail *jail, const char *path, const char *const argv[],
		   const char *const envp[], int in, int out, int error);
/**
 * Takes from the calling process, for good, what spawn_confined takes from a program but for its session. Negative
 * errno.
 */
int spawn_drop_powers(void);
/**
 * fd itself, or where it is one of the first three a duplicate beyond them, which is then *own's; negative without
 * descriptors left.
 */
int spawn_lift(int fd, int *own);
/** Waits for a child's end, which is near; its status. */
int spawn_reap(pid_t pid);

#endif
