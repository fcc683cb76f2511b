/* SPDX-License-Identifier: GPL-2.0-or-later
 * A QEMU that libxl started for a domain. Of it only a number is written down, which may be another process's by now:
 * what it was started with must name the domain (xen: tools/libs/light/libxl_dm.c).
 */
#include "hotplug/qemu.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"

/** How long it may take to end when it was asked to, and when it was killed. */
#define GENTLE_MS 20000
#define KILLED_MS 20000
/** The domain's number is among the first words. */
#define WORDS_MAX 4096

/* Whether a process's words have "-xen-domid" and then this number. */
static bool is_of(pid_t pid, uint32_t domid)
{
	char path[32], words[WORDS_MAX + 1], number[12];
	auto_fclose FILE *f = NULL;
	bool next = false;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	snprintf(number, sizeof(number), "%u", domid);
	f = fopen(path, "re");
	len = f ? fread(words, 1, WORDS_MAX, f) : 0;
	words[len] = '\0';
	for (size_t at = 0; at < len; at += strlen(words + at) + 1) {
		if (next)
			return !strcmp(words + at, number);
		next = !strcmp(words + at, "-xen-domid");
	}
	return false;
}

/* Looked at once it is held: a number that was given away meanwhile is another's. */
static int process_hold(uint32_t domid, pid_t pid)
{
	int pidfd = pid > 1 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;

	if (pidfd < 0 || is_of(pid, domid))
		return pidfd;
	close(pidfd);
	return -1;
}

bool hotplug_qemu_other_runs(uint32_t domid, pid_t pid)
{
	auto_close int pidfd = process_hold(domid, pid);

	return pidfd >= 0;
}

static bool end_by(int pidfd, int signal, int64_t timeout_ms)
{
	struct pollfd end = { .fd = pidfd, .events = POLLIN };

	syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
	return poll(&end, 1, (int)timeout_ms) > 0;
}

/* As libxl does it: hung up on, QEMU writes out what it holds of its images, and takes its sockets with it. */
int hotplug_qemu_other_end(uint32_t domid, pid_t pid, struct xlite_error *err)
{
	static const char *const sockets[] = { "libxl", "libxenstat" };
	auto_close int pidfd = process_hold(domid, pid);
	char path[48];

	if (pidfd >= 0 && !end_by(pidfd, SIGHUP, GENTLE_MS) && !end_by(pidfd, SIGKILL, KILLED_MS))
		return xlite_error_set(err, -ETIMEDOUT,
				       "the QEMU that xl started for domid %u (process %d) does not end", domid,
				       (int)pid);
	for (size_t i = 0; i < ARRAY_SIZE(sockets); i++) {
		snprintf(path, sizeof(path), "/run/xen/qmp-%s-%u", sockets[i], domid);
		unlink(path);
	}
	return 0;
}
