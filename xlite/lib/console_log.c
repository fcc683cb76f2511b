/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The log of a guest's console: by its name, never through a link.
 */
#include "xlite/lib/console_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Read at once while the end is looked for. */
#define BLOCK 4096

int xlite_console_log_path(const char *name, char *path, size_t size)
{
	int len;

	if (!*name || strchr(name, '/'))
		return -EINVAL;
	len = snprintf(path, size, XLITE_CONSOLE_LOG_DIR "/guest-%s.log", name);
	return len < 0 || (size_t)len >= size ? -EINVAL : 0;
}

int xlite_console_log_open(const char *name)
{
	char path[320];
	struct stat st;
	int fd = xlite_console_log_path(name, path, sizeof(path));

	if (fd)
		return fd;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ELOOP ? -ENOTSUP : -errno;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return -ENOTSUP;
}

off_t xlite_console_log_tail(int fd, unsigned lines, off_t most)
{
	char block[BLOCK];
	off_t end = lseek(fd, 0, SEEK_END), at = end, begin = most && end > most ? end - most : 0;
	bool last = true;

	if (end < 0)
		return -errno;
	while (at > begin) {
		off_t from = at - begin > BLOCK ? at - BLOCK : begin;
		ssize_t got = pread(fd, block, (size_t)(at - from), from);

		if (got < 0)
			return -errno;
		/* It was cut short meanwhile. */
		if (got != at - from)
			return from;
		while (at > from) {
			/* The end of the last line begins no further one. */
			if (block[at - 1 - from] == '\n' && !last && !--lines)
				return at;
			last = false;
			at--;
		}
	}
	return begin;
}
