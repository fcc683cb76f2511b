/* SPDX-License-Identifier: GPL-2.0-or-later
 * Files that have grown under a loop device which a guest has.
 */
#include "hotplug/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hotplug/sysfs.h"

#define SECTOR 512

bool hotplug_disk_size(const char *device, const char *source, uint64_t *offered, uint64_t *bytes)
{
	char sectors[24];
	struct stat st;

	if (strncmp(device, "/dev/loop", 9) || *source != '/' || stat(source, &st) || !S_ISREG(st.st_mode) ||
	    sysfs_read(sectors, sizeof(sectors), "/sys/block/%s/size", device + 5))
		return false;
	*offered = strtoull(sectors, NULL, 10) * SECTOR;
	*bytes = (uint64_t)st.st_size / SECTOR * SECTOR;
	/* A loop device that has ended by now offers nothing. */
	return *offered;
}

int hotplug_disk_grow(const char *device, struct xlite_error *err)
{
	int fd = open(device, O_RDONLY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return xlite_error_sys(err, -errno, "open %s", device);
	rc = ioctl(fd, LOOP_SET_CAPACITY) < 0 ? -errno : 0;
	close(fd);
	return rc ? xlite_error_sys(err, rc, "%s: take the file's new size", device) : 0;
}
