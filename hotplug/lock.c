/* SPDX-License-Identifier: GPL-2.0-or-later
 * The creation lock. Waiting is by trying again: a blocking call ended by a signal would lose the race
 * against a signal that comes just before it.
 */
#include "hotplug/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/sysfs.h"

/** First and longest pause between two tries. */
#define PAUSE_FIRST_NS NS_PER_MS
#define PAUSE_MAX_NS (50 * NS_PER_MS)

/* Tries once: 0, -EAGAIN when somebody else holds it, or another error. */
typedef int (*try_fn)(int fd);

static int try_flock(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) ? -errno : 0;
}

static int try_fcntl(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (!fcntl(fd, F_SETLK, &whole))
		return 0;
	return errno == EACCES ? -EAGAIN : -errno;
}

static int lock_try_until(int fd, try_fn try, int64_t deadline_ns)
{
	int64_t pause = PAUSE_FIRST_NS, left;
	int ret;

	for (;;) {
		ret = try(fd);
		if (ret != -EAGAIN && ret != -EINTR)
			return ret;
		left = deadline_ns - clock_now_ns();
		if (left <= 0)
			return -EAGAIN;
		if (pause > left)
			pause = left;
		nanosleep(&(struct timespec){ .tv_nsec = (long)pause }, NULL);
		pause = pause * 2 > PAUSE_MAX_NS ? PAUSE_MAX_NS : pause * 2;
	}
}

/* The process with a flock on fd's file, by /proc/locks ("1: FLOCK  ADVISORY  WRITE 123 fe:00:456 0 EOF"); 0 if not told. */
static long flock_holder(int fd)
{
	auto_fclose FILE *f = fopen("/proc/locks", "re");
	unsigned maj, min;
	unsigned long long ino;
	char line[160];
	struct stat st;
	long pid;

	if (!f || fstat(fd, &st) < 0)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		/* A second number, "1: -> FLOCK", is one that waits. */
		if (sscanf(line, "%*u: FLOCK %*s %*s %ld %x:%x:%llu", &pid, &maj, &min, &ino) == 4 &&
		    makedev(maj, min) == st.st_dev && ino == st.st_ino)
			return pid;
	}
	return 0;
}

static long fcntl_holder(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_GETLK, &whole) || whole.l_type == F_UNLCK ? 0 : whole.l_pid;
}

static int lock_held(const char *path, long pid, struct xlite_error *err)
{
	char name[32];

	if (pid <= 0)
		return xlite_error_status(err, -EAGAIN, XLITE_AGAIN, "%s: another process holds the lock", path);
	if (sysfs_read(name, sizeof(name), "/proc/%ld/comm", pid))
		name[0] = '\0';
	return xlite_error_status(err, -EAGAIN, XLITE_AGAIN, "%s: process %ld%s%s%s holds the lock", path, pid,
				  name[0] ? " (" : "", name, name[0] ? ")" : "");
}

static bool same_file(int fd, const char *path)
{
	struct stat a, b;

	return !fstat(fd, &a) && !lstat(path, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int own_mkdir(const char *path, struct xlite_error *err)
{
	char dir[PATH_MAX];
	char *slash;

	if ((size_t)snprintf(dir, sizeof(dir), "%s", path) >= sizeof(dir))
		return xlite_error_sys(err, -ENAMETOOLONG, "%s", path);
	slash = strrchr(dir, '/');
	if (!slash || slash == dir)
		return 0;
	*slash = '\0';
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return xlite_error_sys(err, -errno, "make directory %s", dir);
	return 0;
}

static int own_open(const char *path, struct xlite_error *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int ret;

	if (fd < 0 && errno == ENOENT) {
		ret = own_mkdir(path, err);
		if (ret)
			return ret;
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	}
	return fd < 0 ? xlite_error_sys(err, -errno, "open %s", path) : fd;
}

/* Until the file locked is the one that has the name: somebody may have removed it while we waited. */
static int own_take(const char *path, int64_t deadline_ns, struct xlite_error *err)
{
	for (;;) {
		auto_close int fd = own_open(path, err);
		int ret, mine;

		if (fd < 0)
			return fd;
		ret = lock_try_until(fd, try_flock, deadline_ns);
		if (ret == -EAGAIN)
			return lock_held(path, flock_holder(fd), err);
		if (ret)
			return xlite_error_sys(err, ret, "lock %s", path);
		if (same_file(fd, path)) {
			mine = fd;
			fd = -1;
			return mine;
		}
	}
}

/* -1 where there is no place for it, which is no error. */
static int xl_take(const char *path, int64_t deadline_ns, int *out, struct xlite_error *err)
{
	/* /var/lock is often writable by all. */
	auto_close int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0200);
	int ret;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return xlite_error_sys(err, -errno, "open %s", path);
	ret = lock_try_until(fd, try_fcntl, deadline_ns);
	if (ret == -EAGAIN)
		return lock_held(path, fcntl_holder(fd), err);
	if (ret)
		return xlite_error_sys(err, ret, "lock %s", path);
	*out = fd;
	fd = -1;
	return 0;
}

int hotplug_lock_take_at(struct hotplug_lock *lock, const char *own, const char *xl, int64_t deadline_ns,
			 struct xlite_error *err)
{
	int ret;

	lock->xl = -1;
	lock->own = own_take(own, deadline_ns, err);
	if (lock->own < 0) {
		ret = lock->own;
		lock->own = -1;
		return ret;
	}
	ret = xl_take(xl, deadline_ns, &lock->xl, err);
	if (ret)
		hotplug_lock_release(lock);
	return ret;
}

int hotplug_lock_take(struct hotplug_lock *lock, int64_t deadline_ns, struct xlite_error *err)
{
	return hotplug_lock_take_at(lock, HOTPLUG_LOCK_OWN, HOTPLUG_LOCK_XL, deadline_ns, err);
}

void hotplug_lock_release(struct hotplug_lock *lock)
{
	if (!lock)
		return;
	if (lock->xl >= 0)
		close(lock->xl);
	if (lock->own >= 0)
		close(lock->own);
	lock->own = lock->xl = -1;
}
