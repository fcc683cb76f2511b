/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: what a process sees of the file system when it serves a guest, and which system calls it keeps.
 */
#ifndef HOTPLUG_JAIL_H
#define HOTPLUG_JAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/error.h"

/** The number of the first of a process's own descriptors. */
#define JAIL_FD_FIRST 4
#define JAIL_FDS_MAX 32

struct jail {
	const char *program;	/* its folder is seen, wherever it is */
	const char *folder;	/* the process's own, and the only one that it can change */
	const char *const *files;	/* seen as well, read-only; NULL-terminated, or NULL */
	const int *fds;		/* descriptors that it gets, as JAIL_FD_FIRST and the next; at most JAIL_FDS_MAX */
	size_t nr_fds;
	/*
	 * It emulates a PC: it sees Xen's control devices, which it restricts to its domain before the domain runs,
	 * keeps the powers to become another user, which it does then, too, files are no larger than JAIL_FILE_MAX, and
	 * there is no network.
	 */
	bool control;
};
/** Pictures of a display are files, and what is printed is; disks are none. */
#define JAIL_FILE_MAX (16 << 20)

/**
 * Puts the calling process, which must have root's powers still, into a mount namespace of its own whose root is an
 * empty tmpfs with: programs and libraries, what names of hosts are looked up in, xenstored's socket, /dev/null and its
 * like, and Xen's devices for grants and events, all read-only; and the folder. Xen's control devices are /dev/null
 * there, unless the jail is for one that has control. No other mount of the host is kept, so none of them is busy by
 * this. Negative errno; the process must end then. Linux 5.2.
 */
int jail_enter(const struct jail *jail);
/**
 * Forbids for good what a process that serves a guest has no use for and that reaches others: signals, new processes,
 * limits and priorities of others, tracing, mounts, keys, kernel interfaces of their own, and changes of taps and loop
 * devices that it has open (seccomp(2), EPERM). Needs
 * PR_SET_NO_NEW_PRIVS. Negative errno.
 */
int jail_filter(void);
/**
 * Shows a folder of the host's, read-only, to a process that is in such a place, under the same path. Success for a
 * process that sees the host's files. The process keeps this very folder: one that is made anew later is not seen.
 */
int jail_show(pid_t pid, const char *folder, struct xlite_error *err);

#endif
