/* SPDX-License-Identifier: GPL-2.0-or-later
 * A lock around each look at our tables and the change that follows from it. It is not the host's lock (lock.h): a hotplug
 * program is run by somebody who holds that already, and removing a table must not take another run's new chain along.
 */
#include "hotplug/nft_text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"

/** What is locked is the directory itself: nothing is left lying there. */
#define LOCK_DIR "/run/xlite"
#define PAUSE_NS (5 * NS_PER_MS)

static int lock_open(void)
{
	int fd = open(LOCK_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && (!mkdir(LOCK_DIR, 0755) || errno == EEXIST))
		fd = open(LOCK_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int nft_lock(int64_t deadline_ns, struct xlite_error *err)
{
	int fd = lock_open(), ret;

	if (fd < 0)
		return xlite_error_sys(err, fd, "open %s", LOCK_DIR);
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		ret = errno != EWOULDBLOCK && errno != EINTR ? -errno : clock_now_ns() >= deadline_ns ? -EAGAIN : 0;
		if (ret) {
			close(fd);
			return xlite_error_sys(err, ret, "lock %s against other changes of nft's rules", LOCK_DIR);
		}
		nanosleep(&(struct timespec){ .tv_nsec = PAUSE_NS }, NULL);
	}
	return fd;
}
