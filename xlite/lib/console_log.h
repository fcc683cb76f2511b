/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The file in which xenconsoled, where it was started with --log=guest or --log=all, keeps what a guest prints. It is
 * of the name, not of the domain: a domain that is built anew goes on in it, and it stays when the domain is gone.
 */
#ifndef XLITE_LIB_CONSOLE_LOG_H
#define XLITE_LIB_CONSOLE_LOG_H

#include <stddef.h>
#include <sys/types.h>

/** Where xenconsoled writes, unless it was told otherwise (--log-dir). */
#define XLITE_CONSOLE_LOG_DIR "/var/log/xen/console"

/**
 * The file's path for a domain's name, into path of size bytes. -EINVAL: no file can have this name, since it is empty,
 * too long, or has a slash in it.
 */
int xlite_console_log_path(const char *name, char *path, size_t size);
/**
 * Opens it for reading, at its start. Returns a descriptor, the caller's, or -EINVAL as above, -ENOENT where there is
 * no such file, -ENOTSUP where it is no regular file, or what open(2) fails with.
 */
int xlite_console_log_open(const char *name);
/**
 * The offset at which the last `lines' lines of the file begin, or its last `most' bytes (0: all of it) where these
 * lines are longer; an unfinished line counts as one. Reads from the end, no more than it must: a guest may print
 * without end, and without an end of line. Negative errno.
 */
off_t xlite_console_log_tail(int fd, unsigned lines, off_t most);

#endif
