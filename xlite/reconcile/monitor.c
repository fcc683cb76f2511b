/* SPDX-License-Identifier: GPL-2.0-or-later
 * Finds xl's process for a domain among all processes, and ends it. A descriptor of the process is held meanwhile, so that its
 * number cannot become another's.
 */
#include "xlite/reconcile/monitor.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/auto.h"

#define END_MS 10000

static bool is_xl(int pid)
{
	char path[64], name[16];
	auto_close int fd = -1;
	ssize_t got;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, name, sizeof(name));
	return got == 3 && !memcmp(name, "xl\n", 3);
}

static bool has_log(int pid, const char *log)
{
	char path[64], target[PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/fd/1", pid);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return false;
	target[len] = '\0';
	return !strcmp(target, log);
}

/* The process whose log that is; 0: none. */
static int find(const char *log, int *pid, struct xlite_error *err)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	int rc = 0;

	*pid = 0;
	if (!dir)
		return xlite_error_sys(err, -errno, "/proc");
	while (!rc && (entry = readdir(dir))) {
		int one = isdigit((unsigned char)*entry->d_name) ? atoi(entry->d_name) : 0;

		if (!one || !is_xl(one) || !has_log(one, log))
			continue;
		if (*pid)
			rc = xlite_error_set(err, -EBUSY, "the processes %d and %d of xl's both write to %s", *pid, one, log);
		*pid = one;
	}
	closedir(dir);
	return rc;
}

static int end(int pid, const char *log, struct xlite_error *err)
{
	auto_close int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd poller = { .fd = fd, .events = POLLIN };

	if (fd < 0)
		return errno == ESRCH ? 0 : xlite_error_sys(err, -errno, "xl's process %d", pid);
	/* Whoever has the number has it for as long as the descriptor is open. */
	if (!is_xl(pid) || !has_log(pid, log))
		return 0;
	if (syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0) && errno != ESRCH)
		return xlite_error_sys(err, -errno, "ending xl's process %d", pid);
	if (poll(&poller, 1, END_MS) > 0)
		return 0;
	return xlite_error_set(err, -EBUSY, "xl's process %d, which would build the domain anew, does not end", pid);
}

int monitor_end(const char *name, struct xlite_error *err)
{
	char log[PATH_MAX];
	int pid = 0, rc;

	if ((size_t)snprintf(log, sizeof(log), "/var/log/xen/xl-%s.log", name) >= sizeof(log))
		return 0;
	rc = find(log, &pid, err);
	return rc || !pid ? rc : end(pid, log, err);
}
