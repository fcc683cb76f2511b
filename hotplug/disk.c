/* SPDX-License-Identifier: GPL-2.0-or-later
 * A disk from its source to what blkback is given: what may be used how, and the loop device or claim
 * that keeps it so until blkback has it. The finding is disk_resolve.c, loop devices are loop.c.
 */
#include "hotplug/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "common/auto.h"
#include "hotplug/disk_busy.h"
#include "hotplug/image.h"
#include "hotplug/loop.h"
#include "hotplug/qcow2.h"
#include "hotplug/sysfs.h"

/** blkif counts in sectors of this size (xen/io/blkif.h). */
#define SECTOR 512
/** Times to try an exclusive open. */
#define CLAIM_TRIES 3

static const char *kind_of(mode_t mode)
{
	return S_ISDIR(mode) ? "a directory" : S_ISCHR(mode) ? "a character device" : S_ISFIFO(mode) ? "a pipe" :
	       S_ISSOCK(mode) ? "a socket" : "something else";
}

/* Refuses by kind before opening: opening a device or a pipe can have effects of its own. */
static int source_stat(const char *path, struct stat *st, struct xlite_error *err)
{
	if (stat(path, st) < 0)
		return xlite_error_sys(err, -errno, "%s", path);
	if (!S_ISREG(st->st_mode) && !S_ISBLK(st->st_mode))
		return xlite_error_set(err, -EINVAL, "%s: neither a regular file nor a block device but %s", path,
				       kind_of(st->st_mode));
	return 0;
}

static int size_check(const char *path, uint64_t bytes, struct xlite_error *err)
{
	if (!bytes)
		return xlite_error_set(err, -EINVAL, "%s: it is empty", path);
	if (bytes % SECTOR) {
		xlite_error_set(err, -EINVAL, "%s: its size, %llu bytes, is not a multiple of %d: the guest would not see the "
				"last %llu", path, (unsigned long long)bytes, SECTOR, (unsigned long long)(bytes % SECTOR));
		xlite_error_hint(err, "`truncate -s %%%d FILE` rounds it up", SECTOR);
		return -EINVAL;
	}
	return 0;
}

/* What the bytes of the source, of disk->bytes, are as a disk; of an image disk->bytes becomes the size of the disk in it. */
static int format_check(int fd, const char *path, const struct hotplug_disk_source *source, struct hotplug_disk *disk,
			struct xlite_error *err)
{
	int ret = source->raw || source->qcow2 ? 0 : image_check_raw(fd, path, err);

	if (ret)
		return ret;
	return source->qcow2 ? qcow2_check(fd, path, &disk->bytes, err) : size_check(path, disk->bytes, err);
}

static int file_refused(const char *path, int code, struct xlite_error *err)
{
	if (code == -EROFS) {
		xlite_error_set(err, code, "%s: mode rw was asked, but it is on a read-only file system", path);
		xlite_error_hint(err, "ask for mode: ro");
		return code;
	}
	return xlite_error_sys(err, code, "open %s", path);
}

/* Whether loop devices that are bound to the source allow the use; *disk has its identity. */
static int loop_users_check(const char *path, const struct hotplug_disk *disk, struct xlite_error *err)
{
	auto_free struct hotplug_loop_user *users = NULL;
	const struct hotplug_loop_user *user = NULL;
	char where[192];
	size_t nr = 0, i;
	int ret = hotplug_loop_users(disk->file_dev, disk->file_ino, &users, &nr, err);

	if (ret) {
		xlite_error_prefix(err, "%s", path);
		return ret;
	}
	for (i = 0; i < nr && !user; i++) {
		if (!disk->readonly || !users[i].readonly)
			user = &users[i];
	}
	if (!user)
		return 0;
	if (!disk_mounted_on(user->major, user->minor, where, sizeof(where)))
		where[0] = '\0';
	xlite_error_set(err, -EBUSY, "%s: in use %s through /dev/%s%s%s", path, user->readonly ? "read-only" : "read-write",
			user->name, where[0] ? ", mounted on " : "", where);
	if (where[0])
		xlite_error_hint(err, "`umount %s` frees it", where);
	else
		xlite_error_hint(err, "another domain may have it; `shared: true` says that this is meant");
	return -EBUSY;
}

/* The lock is the open file's own, so that it lasts as long as a loop device holds that file. File systems without: fine. */
static int file_lock(int fd, const char *path, bool readonly, struct xlite_error *err)
{
	if (!flock(fd, (readonly ? LOCK_SH : LOCK_EX) | LOCK_NB) || errno != EWOULDBLOCK)
		return 0;
	xlite_error_set(err, -EBUSY, "%s: another domain, or another program, has it locked", path);
	xlite_error_hint(err, "`shared: true` says that sharing is meant");
	return -EBUSY;
}

/*
 * Whether nobody else has the file open. The kernel grants a write lease to a sole opener only, so this costs the same
 * however many loop devices there are. SIGURG, which does nothing, instead of SIGIO, which kills, tells a holder that
 * somebody else is about to open the file.
 */
static bool file_alone(int fd)
{
	if (fcntl(fd, F_SETSIG, SIGURG) < 0 || fcntl(fd, F_SETLEASE, F_WRLCK) < 0)
		return false;
	return fcntl(fd, F_SETLEASE, F_UNLCK) == 0;
}

/* Opens and checks a regular file. */
static int file_open(const char *path, const struct hotplug_disk_source *source, struct hotplug_disk *disk, int *out,
		     struct xlite_error *err)
{
	auto_close int fd = open(path, (source->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char swap[PATH_MAX];
	struct stat st;
	int ret;

	if (fd < 0)
		return file_refused(path, -errno, err);
	if (fstat(fd, &st) < 0)
		return xlite_error_sys(err, -errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return xlite_error_set(err, -EAGAIN, "%s: it was replaced meanwhile", path);
	disk->file_dev = st.st_dev;
	disk->file_ino = st.st_ino;
	disk->bytes = (uint64_t)st.st_size;
	ret = format_check(fd, path, source, disk, err);
	if (ret)
		return ret;
	if (disk_is_swap(st.st_dev, st.st_ino, swap, sizeof(swap))) {
		xlite_error_set(err, -EBUSY, "%s: it is swap space", path);
		xlite_error_hint(err, "`swapoff %s` frees it", swap);
		return -EBUSY;
	}
	if (!source->shared && !file_alone(fd))
		ret = loop_users_check(path, disk, err);
	if (ret)
		return ret;
	*out = fd;
	fd = -1;
	return 0;
}

static int block_busy(const char *path, const struct hotplug_disk *disk, struct xlite_error *err)
{
	struct disk_busy busy;

	disk_busy_reason(disk->major, disk->minor, &busy);
	xlite_error_set(err, -EBUSY, "%s: in use: %s", path, busy.reason);
	if (busy.hint[0])
		xlite_error_hint(err, "%s", busy.hint);
	else if (disk->readonly)
		xlite_error_hint(err, "`shared: true` with `mode: ro` allows it all the same");
	return -EBUSY;
}

/* The kernel's own name of the device: short, and no link that may be moved. */
static int block_name(const char *path, struct hotplug_disk *disk, struct xlite_error *err)
{
	char link[64], target[PATH_MAX], *c;
	ssize_t n;

	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", disk->major, disk->minor);
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		return xlite_error_sys(err, -errno, "%s: there is no device %u:%u", path, disk->major, disk->minor);
	target[n] = '\0';
	snprintf(disk->path, sizeof(disk->path), "/dev/%.58s", strrchr(target, '/') ? strrchr(target, '/') + 1 : target);
	for (c = disk->path; *c; c++) {
		if (*c == '!')
			*c = '/';
	}
	return 0;
}

static int block_examine(int fd, const char *path, struct hotplug_disk *disk, struct xlite_error *err)
{
	int ro = 0;

	if (ioctl(fd, BLKGETSIZE64, &disk->bytes) < 0 || ioctl(fd, BLKROGET, &ro) < 0)
		return xlite_error_sys(err, -errno, "examine %s", path);
	if (ro && !disk->readonly) {
		xlite_error_set(err, -EROFS, "%s: mode rw was asked, but the device is read-only", path);
		xlite_error_hint(err, "ask for mode: ro");
		return -EROFS;
	}
	return 0;
}

/* Again after EBUSY, since somebody may only have been checking, as we do. */
static int block_claim(const char *path, bool claim)
{
	int fd = -1, i;

	for (i = 0; i < CLAIM_TRIES && fd < 0; i++) {
		if (i)
			nanosleep(&(struct timespec){ .tv_nsec = 3000000 }, NULL);
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (claim ? O_EXCL : 0));
		if (fd < 0 && errno != EBUSY)
			return fd;
	}
	return fd;
}

/*
 * Opened for reading even where writing is asked: closing a block device that was open for writing makes udev probe it
 * anew, and the exclusive claim does not depend on it. blkback opens it by itself, and not exclusively.
 */
static int block_open(const char *path, const struct hotplug_disk_source *source, const struct stat *st,
		      struct hotplug_disk *disk, int *out, struct xlite_error *err)
{
	bool claim = !(source->readonly && source->shared);
	auto_close int fd = -1;
	struct stat now;
	int ret;

	disk->file_dev = st->st_rdev;
	disk->major = major(st->st_rdev);
	disk->minor = minor(st->st_rdev);
	fd = block_claim(path, claim);
	if (fd < 0 && errno == EBUSY)
		return block_busy(path, disk, err);
	if (fd < 0)
		return xlite_error_sys(err, -errno, "open %s", path);
	if (fstat(fd, &now) < 0 || !S_ISBLK(now.st_mode) || now.st_rdev != st->st_rdev)
		return xlite_error_set(err, -EAGAIN, "%s: it was replaced meanwhile", path);
	ret = block_examine(fd, path, disk, err);
	if (!ret)
		ret = format_check(fd, path, source, disk, err);
	if (!ret && !source->shared)
		ret = loop_users_check(path, disk, err);
	if (!ret)
		ret = block_name(path, disk, err);
	if (ret)
		return ret;
	if (claim) {
		*out = fd;
		fd = -1;
	}
	return 0;
}

/* Resolves, opens and checks; *fd is open on a file, or holds the claim on a block device, or is -1. */
static int source_open(const struct hotplug_disk_source *source, struct hotplug_disk *disk, int *fd, char path[PATH_MAX],
		       struct xlite_error *err)
{
	struct stat st;
	int ret;

	memset(disk, 0, sizeof(*disk));
	disk->fd = -1;
	disk->readonly = source->readonly;
	ret = hotplug_disk_resolve(source->source, source->claims, path, PATH_MAX, err);
	if (ret)
		return ret;
	ret = source_stat(path, &st, err);
	if (ret)
		return ret;
	if (S_ISBLK(st.st_mode))
		return block_open(path, source, &st, disk, fd, err);
	return file_open(path, source, disk, fd, err);
}

int hotplug_disk_check(const struct hotplug_disk_source *source, struct hotplug_disk *disk, struct xlite_error *err)
{
	char path[PATH_MAX];
	auto_close int fd = -1;

	return source_open(source, disk, &fd, path, err);
}

/* The lock only now: a check alone must not make another run's opening fail. Takes *fd over where that is the disk's. */
static int file_attach(int *fd, const char *path, const struct hotplug_disk_source *source, struct hotplug_disk *disk,
		       struct xlite_error *err)
{
	int ret = source->shared ? 0 : file_lock(*fd, path, source->readonly, err);

	if (ret || !source->qcow2)
		return ret ? ret : loop_attach(*fd, path, source->direct, disk, err);
	disk->fd = *fd;
	*fd = -1;
	return 0;
}

int hotplug_disk_open(const struct hotplug_disk_source *source, struct hotplug_disk *disk, struct xlite_error *err)
{
	char path[PATH_MAX];
	auto_close int fd = -1;
	int ret = source_open(source, disk, &fd, path, err);

	if (ret)
		return ret;
	if (!disk->path[0])
		return file_attach(&fd, path, source, disk, err);
	disk->fd = fd;
	fd = -1;
	return 0;
}

void hotplug_disk_close(struct hotplug_disk *disk)
{
	if (!disk)
		return;
	if (disk->fd >= 0)
		close(disk->fd);
	disk->fd = -1;
}
