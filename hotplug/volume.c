/* SPDX-License-Identifier: GPL-2.0-or-later
 * Volumes that are there: looked at, listed, grown, removed. How one is made is volume_make.c.
 */
#include "hotplug/volume_int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/file.h"
#include "hotplug/loop.h"
#include "hotplug/lvm.h"
#include "hotplug/disk.h"
#include "hotplug/qcow2.h"
#include "hotplug/qemu_img.h"

/* Every folder on the way that is missing; the last is for us alone, as disks hold secrets. */
static int make_folders(const char *folder, struct xlite_error *err)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", folder);
	for (char *slash = strchr(path + 1, '/'); ; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		if (mkdir(path, slash ? 0755 : 0700) && errno != EEXIST)
			return xlite_error_sys(err, -errno, "make the folder %s", path);
		if (!slash)
			return 0;
		*slash = '/';
	}
}

/* Who else may write there can put a link, or another disk, in the place of a volume. */
static int folder_check(int fd, const char *folder, struct xlite_error *err)
{
	struct stat st;

	if (fstat(fd, &st))
		return xlite_error_sys(err, -errno, "%s", folder);
	if (st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH)))
		return 0;
	xlite_error_set(err, -EACCES, "the folder %s %s", folder, st.st_uid != geteuid() ? "belongs to another user" :
			"can be written to by other users");
	xlite_error_hint(err, "`chown root %s; chmod go-w %s', if nobody else is to have a hand in its volumes", folder,
			 folder);
	return -EACCES;
}

int volume_folder_open(const char *path, bool make, int *fd, const char **name, struct xlite_error *err)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	int rc = 0;

	if (!slash || slash - path >= PATH_MAX - 1)
		return xlite_error_sys(err, -ENAMETOOLONG, "%s", path);
	*name = slash + 1;
	snprintf(folder, sizeof(folder), "%.*s", slash == path ? 1 : (int)(slash - path), path);
	*fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0 && errno == ENOENT && make) {
		rc = make_folders(folder, err);
		if (rc)
			return rc;
		*fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (*fd < 0)
		return xlite_error_sys(err, -errno, "open the folder %s", folder);
	rc = folder_check(*fd, folder, err);
	if (rc) {
		close(*fd);
		*fd = -1;
	}
	return rc;
}

int volume_file_open(int folder, const char *name, const char *path, int flags, int *fd, struct stat *st,
		     struct xlite_error *err)
{
	if (fstatat(folder, name, st, AT_SYMLINK_NOFOLLOW))
		return xlite_error_sys(err, -errno, "%s", path);
	if (!S_ISREG(st->st_mode))
		return xlite_error_set(err, -EINVAL, "%s: it is %s, and a volume is a file", path,
				       S_ISLNK(st->st_mode)   ? "a symbolic link"
				       : S_ISDIR(st->st_mode) ? "a folder"
							      : "something else");
	*fd = openat(folder, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (*fd < 0 || fstat(*fd, st))
		return xlite_error_sys(err, -errno, "open %s", path);
	return 0;
}

int volume_file_lock(int fd, const char *path, struct xlite_error *err)
{
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return 0;
	return errno == EWOULDBLOCK ? xlite_error_set(err, -EBUSY, "%s: a domain, or another program, uses it", path) :
				      xlite_error_sys(err, -errno, "lock %s", path);
}

int volume_preallocate(int fd, const char *path, uint64_t bytes, struct xlite_error *err)
{
	/* By the kernel alone: writing zeroes instead would harm what a domain writes meanwhile. */
	if (!fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)bytes))
		return 0;
	return xlite_error_sys(err, -errno, "take the space of %s in advance", path);
}

int hotplug_volume_look(const char *path, bool qcow2, struct hotplug_volume_now *now, struct xlite_error *err)
{
	auto_close int folder = -1, fd = -1;
	const char *name;
	struct stat st;
	int rc;

	*now = (struct hotplug_volume_now){ false };
	if (lstat(path, &st) && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	rc = volume_folder_open(path, false, &folder, &name, err);
	if (!rc)
		rc = volume_file_open(folder, name, path, O_RDONLY, &fd, &st, err);
	if (rc)
		return rc;
	*now = (struct hotplug_volume_now){ .exists = true,
					    .bytes = (uint64_t)st.st_size,
					    .allocated = (uint64_t)st.st_blocks * 512 };
	return qcow2 ? qcow2_check(fd, path, &now->bytes, err) : 0;
}

/* A qcow2 image is resized by qemu-img, which must have it alone. */
static int grow_open(const struct hotplug_volume *volume, int *fd, struct stat *st, struct xlite_error *err)
{
	auto_close int folder = -1;
	const char *name;
	int rc = volume_folder_open(volume->path, false, &folder, &name, err);

	if (!rc)
		rc = volume_file_open(folder, name, volume->path, O_RDWR, fd, st, err);
	if (!rc && volume->qcow2)
		rc = volume_file_lock(*fd, volume->path, err);
	if (rc == -EBUSY && volume->qcow2)
		xlite_error_hint(err, "a qcow2 volume grows while no domain uses it: shut the domain down, then apply again");
	return rc;
}

static int grow_qcow2(const struct hotplug_volume *volume, int fd, const struct hotplug_volume_watch *watch,
		      struct xlite_error *err)
{
	char size[32];
	const char *const args[] = { "resize", "-q", "-f", "qcow2", volume->path, size, NULL };
	uint64_t bytes;
	int rc = qcow2_check(fd, volume->path, &bytes, err);

	if (rc)
		return rc;
	if (bytes >= volume->bytes)
		return bytes == volume->bytes ? 0 : xlite_error_set(err, -EINVAL, "%s: it is larger by now", volume->path);
	snprintf(size, sizeof(size), "%llu", (unsigned long long)volume->bytes);
	return qemu_img_run(args, &(struct files_only){ .write = volume->path }, watch, err);
}

static int grow_raw(const struct hotplug_volume *volume, int fd, const struct stat *st, struct xlite_error *err)
{
	int rc = 0;

	if ((uint64_t)st->st_size > volume->bytes)
		return xlite_error_set(err, -EINVAL, "%s: it is larger by now", volume->path);
	if (volume->preallocate)
		rc = volume_preallocate(fd, volume->path, volume->bytes, err);
	if (rc)
		return rc;
	return ftruncate(fd, (off_t)volume->bytes) ? xlite_error_sys(err, -errno, "grow %s", volume->path) : 0;
}

int hotplug_volume_check_grow(const struct hotplug_volume *volume, struct xlite_error *err)
{
	auto_close int fd = -1;
	const char *program;
	struct stat st;
	int rc;

	if (volume->vg)
		return hotplug_lvm_check_grow(volume, err);
	rc = grow_open(volume, &fd, &st, err);
	return !rc && volume->qcow2 ? qemu_img_find(&program, err) : rc;
}

int hotplug_volume_grow(const struct hotplug_volume *volume, const struct hotplug_volume_watch *watch, struct xlite_error *err)
{
	auto_close int fd = -1;
	struct stat st;
	int rc;

	if (volume->vg)
		return hotplug_lvm_grow(volume, watch, err);
	rc = grow_open(volume, &fd, &st, err);
	if (rc)
		return rc;
	rc = volume->qcow2 ? grow_qcow2(volume, fd, watch, err) : grow_raw(volume, fd, &st, err);
	if (rc)
		return rc;
	return fsync(fd) ? xlite_error_sys(err, -errno, "write %s to the disk", volume->path) : 0;
}

/*
 * The kernel grants a write lease to a sole opener only; some file systems know none. Who opens the file meanwhile has
 * the kernel tell us: by SIGURG, which does nothing, since SIGIO would end the run.
 */
static int refuse_users(int fd, const struct stat *st, const char *path, struct xlite_error *err)
{
	auto_free struct hotplug_loop_user *users = NULL;
	size_t nr = 0;
	int rc = volume_file_lock(fd, path, err);

	if (rc)
		return rc;
	if (fcntl(fd, F_SETSIG, SIGURG) < 0)
		return xlite_error_sys(err, -errno, "%s", path);
	if (fcntl(fd, F_SETLEASE, F_WRLCK) && (errno == EAGAIN || errno == EBUSY))
		return xlite_error_set(err, -EBUSY, "%s: a domain, or another program, has it open", path);
	fcntl(fd, F_SETLEASE, F_UNLCK);
	rc = hotplug_loop_users(st->st_dev, st->st_ino, &users, &nr, err);
	return !rc && nr ? xlite_error_set(err, -EBUSY, "%s: in use through /dev/%s", path, users[0].name) : rc;
}

int hotplug_volume_remove(const char *path, bool qcow2, struct xlite_error *err)
{
	auto_close int folder = -1, fd = -1;
	const char *name;
	struct stat st;
	int rc = volume_folder_open(path, false, &folder, &name, err);

	if (!rc)
		rc = volume_file_open(folder, name, path, O_RDWR, &fd, &st, err);
	if (!rc)
		rc = refuse_users(fd, &st, path, err);
	if (rc)
		return rc;
	rc = unlinkat(folder, name, 0) ? -errno : file_sync_folder(folder);
	return rc ? xlite_error_sys(err, rc, "remove %s", path) : 0;
}

bool volume_cut_format(char *name, bool *qcow2)
{
	char *dot = strrchr(name, '.');

	*qcow2 = dot && !strcmp(dot, ".qcow2");
	if (*name == '.' || !dot || (!*qcow2 && strcmp(dot, ".raw")))
		return false;
	*dot = '\0';
	return true;
}

int hotplug_volume_each(const char *folder, int (*each)(void *arg, const char *name, bool qcow2), void *arg,
			struct xlite_error *err)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int rc = 0;

	if (!dir)
		return errno == ENOENT ? 0 : xlite_error_sys(err, -errno, "open the folder %s", folder);
	while (!rc && (entry = readdir(dir))) {
		bool qcow2;

		if (volume_cut_format(entry->d_name, &qcow2))
			rc = each(arg, entry->d_name, qcow2);
	}
	closedir(dir);
	return rc;
}
