/* SPDX-License-Identifier: GPL-2.0-or-later
 * Loop devices: binding a free one to a file, and finding those a file is bound to.
 * Every one made here has LO_FLAGS_AUTOCLEAR: it ends with its last user, also if we are killed.
 */
#include "hotplug/loop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "common/auto.h"
#include "hotplug/disk.h"

/** Times to ask for another device when somebody else took the free one first. */
#define LOOP_TRIES 100

static int loop_control_open(struct xlite_error *err)
{
	int fd = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int ret = -errno;

	if (fd >= 0)
		return fd;
	xlite_error_sys(err, ret, "open /dev/loop-control");
	if (ret == -ENOENT || ret == -ENODEV || ret == -ENXIO)
		xlite_error_hint(err, "is the module loop loaded?");
	return ret;
}

/* Opens the free device that the kernel names; -EBUSY and -ENXIO when it has changed meanwhile. */
static int loop_open_free(int control, struct hotplug_disk *disk, int *fd, struct xlite_error *err)
{
	int nr = ioctl(control, LOOP_CTL_GET_FREE);

	if (nr < 0)
		return xlite_error_sys(err, -errno, "get a free loop device");
	snprintf(disk->path, sizeof(disk->path), "/dev/loop%d", nr);
	*fd = open(disk->path, (disk->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (*fd < 0)
		return xlite_error_sys(err, -errno, "open %s", disk->path);
	return 0;
}

/* The kernel silently makes a device read-only or not direct where it must: what was asked is what must come out. */
static int loop_verify(int fd, struct hotplug_disk *disk, struct xlite_error *err)
{
	struct loop_info64 info;
	struct stat st;
	int ro = 0;

	if (ioctl(fd, LOOP_GET_STATUS64, &info) < 0 || ioctl(fd, BLKROGET, &ro) < 0 || fstat(fd, &st) < 0)
		return xlite_error_sys(err, -errno, "examine %s", disk->path);
	if (!(info.lo_flags & LO_FLAGS_AUTOCLEAR))
		return xlite_error_set(err, -EIO, "%s would outlive its users", disk->path);
	if (disk->readonly && (!(info.lo_flags & LO_FLAGS_READ_ONLY) || !ro))
		return xlite_error_set(err, -EIO, "%s was to be read-only and is not", disk->path);
	if (!disk->readonly && ((info.lo_flags & LO_FLAGS_READ_ONLY) || ro))
		return xlite_error_set(err, -EROFS, "%s was to be writable and is not", disk->path);
	disk->major = major(st.st_rdev);
	disk->minor = minor(st.st_rdev);
	return 0;
}

static int loop_configure(int control, int file_fd, const char *name, bool direct, struct hotplug_disk *disk,
			  struct xlite_error *err)
{
	struct loop_config config = { .fd = (uint32_t)file_fd };
	auto_close int fd = -1;
	int ret = loop_open_free(control, disk, &fd, err);

	if (ret)
		return ret;
	config.info.lo_flags = LO_FLAGS_AUTOCLEAR | (disk->readonly ? LO_FLAGS_READ_ONLY : 0) |
			       (direct ? LO_FLAGS_DIRECT_IO : 0);
	/* For losetup's eyes only, and cut short by the kernel too. */
	snprintf((char *)config.info.lo_file_name, sizeof(config.info.lo_file_name), "%s", name);
	if (ioctl(fd, LOOP_CONFIGURE, &config) < 0) {
		ret = -errno;
		xlite_error_sys(err, ret, "bind %s to %s", disk->path, name);
		if (ret == -EINVAL)
			xlite_error_hint(err, "Linux before 5.8 has no LOOP_CONFIGURE");
		return ret;
	}
	ret = loop_verify(fd, disk, err);
	if (ret)
		return ret;
	disk->fd = fd;
	disk->loop = true;
	fd = -1;
	return 0;
}

int loop_attach(int file_fd, const char *name, bool direct, struct hotplug_disk *disk, struct xlite_error *err)
{
	struct xlite_error why = { 0 };
	auto_close int control = loop_control_open(err);
	int ret = -EBUSY;
	unsigned i;

	if (control < 0)
		return control;
	for (i = 0; i < LOOP_TRIES && (ret == -EBUSY || ret == -ENXIO); i++) {
		if (i)
			nanosleep(&(struct timespec){ .tv_nsec = 50000L * (long)i }, NULL);
		ret = loop_configure(control, file_fd, name, direct, disk, &why);
	}
	if (!ret)
		return 0;
	disk->path[0] = '\0';
	if (ret == -EBUSY || ret == -ENXIO)
		return xlite_error_set(err, -EAGAIN, "no loop device for %s: others took the free one %u times", name, i);
	if (err)
		*err = why;
	return ret;
}

/* lo_device and lo_rdevice hold the kernel's 64-bit encoding, which is that of glibc's dev_t. */
static bool loop_is_of(const struct loop_info64 *info, dev_t dev, ino_t ino)
{
	if (ino)
		return info->lo_device == dev && info->lo_inode == ino;
	return info->lo_rdevice == dev;
}

/* 1: name is a bound loop device backed by this; 0: not so, or no longer. */
static int loop_user_get(int block_dir, const char *name, dev_t dev, ino_t ino, struct hotplug_loop_user *user)
{
	char path[64];
	struct loop_info64 info;
	struct stat st;
	auto_close int fd = -1;

	/* Devices that are not bound have no such directory: opening each would cost more. */
	snprintf(path, sizeof(path), "%.15s/loop", name);
	if (faccessat(block_dir, path, F_OK, 0) < 0)
		return 0;
	snprintf(path, sizeof(path), "/dev/%.15s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT || errno == ENXIO || errno == ENODEV || errno == EBUSY ? 0 : -errno;
	if (ioctl(fd, LOOP_GET_STATUS64, &info) < 0)
		return errno == ENXIO || errno == ENODEV ? 0 : -errno;
	if (!loop_is_of(&info, dev, ino))
		return 0;
	if (fstat(fd, &st) < 0)
		return -errno;
	snprintf(user->name, sizeof(user->name), "%.15s", name);
	user->major = major(st.st_rdev);
	user->minor = minor(st.st_rdev);
	user->readonly = info.lo_flags & LO_FLAGS_READ_ONLY;
	return 1;
}

static int loop_users_scan(DIR *dir, dev_t dev, ino_t ino, struct hotplug_loop_user **users, size_t *nr)
{
	struct dirent *entry;

	while ((entry = readdir(dir))) {
		struct hotplug_loop_user user, *more;
		int ret;

		if (strncmp(entry->d_name, "loop", 4))
			continue;
		ret = loop_user_get(dirfd(dir), entry->d_name, dev, ino, &user);
		if (ret < 0)
			return ret;
		if (!ret)
			continue;
		more = reallocarray(*users, *nr + 1, sizeof(*more));
		if (!more)
			return -ENOMEM;
		more[(*nr)++] = user;
		*users = more;
	}
	return 0;
}

int hotplug_loop_users(dev_t dev, ino_t ino, struct hotplug_loop_user **users, size_t *nr, struct xlite_error *err)
{
	struct hotplug_loop_user *list = NULL;
	DIR *dir = opendir("/sys/block");
	size_t n = 0;
	int ret;

	if (!dir)
		return xlite_error_sys(err, -errno, "open /sys/block");
	ret = loop_users_scan(dir, dev, ino, &list, &n);
	closedir(dir);
	if (ret) {
		free(list);
		return xlite_error_sys(err, ret, "examine the loop devices");
	}
	*users = list;
	*nr = n;
	return 0;
}
