/* SPDX-License-Identifier: GPL-2.0-or-later
 * Sources that have changed under a device which a guest has: files that have grown, and what was put in their place.
 */
#include "hotplug/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"

#define SECTOR 512

/* The device's own file may have lost its name, or got another. */
static bool loop_look(const char *device, const struct stat *source, struct hotplug_disk_now *now)
{
	auto_close int fd = open(device, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct loop_info64 info;
	uint64_t offered;

	/* A loop device that has ended by now offers nothing. */
	if (fd < 0 || ioctl(fd, LOOP_GET_STATUS64, &info) < 0 || ioctl(fd, BLKGETSIZE64, &offered) < 0 || !offered)
		return false;
	now->other = info.lo_device != source->st_dev || info.lo_inode != source->st_ino;
	now->offered = offered;
	now->bytes = (uint64_t)source->st_size / SECTOR * SECTOR;
	return true;
}

bool hotplug_disk_look(const char *device, const char *source, struct hotplug_disk_now *now)
{
	struct stat st, have;

	*now = (struct hotplug_disk_now){ false };
	if (*source != '/' || stat(source, &st))
		return false;
	if (S_ISREG(st.st_mode) && !strncmp(device, "/dev/loop", 9))
		return loop_look(device, &st, now);
	if (stat(device, &have) || !S_ISBLK(have.st_mode))
		return false;
	now->other = !S_ISBLK(st.st_mode) || st.st_rdev != have.st_rdev;
	return true;
}

static bool same_thing(const struct stat *a, const struct stat *b)
{
	if (S_ISBLK(a->st_mode))
		return S_ISBLK(b->st_mode) && a->st_rdev == b->st_rdev;
	return !S_ISBLK(b->st_mode) && a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool hotplug_disk_other_in(pid_t pid, const char *source)
{
	struct stat want, open_as;
	bool found = false, any = false;
	struct dirent *entry;
	char path[48];
	DIR *dir;

	if (pid <= 0 || *source != '/' || stat(source, &want))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		if (*entry->d_name == '.' || fstatat(dirfd(dir), entry->d_name, &open_as, 0))
			continue;
		any = true;
		found = same_thing(&want, &open_as);
	}
	if (dir)
		closedir(dir);
	return any && !found;
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
