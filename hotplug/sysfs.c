/* SPDX-License-Identifier: GPL-2.0-or-later
 * Small reads from sysfs, and what it says of a block device's holders.
 */
#include "hotplug/sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/auto.h"

int sysfs_read(char *text, size_t size, const char *fmt, ...)
{
	char path[256];
	auto_close int fd = -1;
	ssize_t n;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, size - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return 0;
}

bool sysfs_holder(unsigned maj, unsigned min, char *name, size_t size)
{
	char path[64];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/holders", maj, min);
	dir = opendir(path);
	if (!dir)
		return false;
	do {
		entry = readdir(dir);
	} while (entry && entry->d_name[0] == '.');
	if (entry)
		snprintf(name, size, "%s", entry->d_name);
	closedir(dir);
	return entry;
}

bool sysfs_has_holder(unsigned maj, unsigned min)
{
	char name[64];

	return sysfs_holder(maj, min, name, sizeof(name));
}
