/* SPDX-License-Identifier: GPL-2.0-or-later
 * A domain's QEMU as a process: started, found, ended. Its standard input is the locked file: the lock (fcntl(2), "Open file
 * description locks") is held by nothing else once we have closed it, so it says more than a number in a file could.
 */
#include "hotplug/qemu_int.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/spawn.h"

/** How long it may take to end when it was asked to; it writes out what it holds of its images. */
#define QUIT_MS 20000
#define PAUSE_NS (5 * NS_PER_MS)

/* Debian's package qemu-system-xen, and Xen's own build. */
static const char *const places[] = { QEMU_PROGRAM, "/usr/libexec/xen-qemu-system-i386", "/usr/lib/xen/bin/qemu-system-i386" };
/* Debian 11 has Xen's backends in qemu-system-x86. Later ones build that without Xen. */
static const char common[] = "/usr/bin/qemu-system-i386";
static const char *const files[] = { "pid", "qmp", "log", "lock" };

/* Is it linked to Xen's libraries? */
static bool knows_xen(const char *path)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	bool found = false;
	void *image;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size <= 0)
		return false;
	image = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (image == MAP_FAILED)
		return false;
	found = memmem(image, (size_t)st.st_size, "libxenevtchn.so", strlen("libxenevtchn.so"));
	munmap(image, (size_t)st.st_size);
	return found;
}

static const char *program(void)
{
	const char *chosen = getenv("XLITE_QEMU");

	if (chosen && *chosen)
		return access(chosen, X_OK) ? NULL : chosen;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (!access(places[i], X_OK))
			return places[i];
	}
	return !access(common, X_OK) && knows_xen(common) ? common : NULL;
}

int hotplug_qemu_check(struct xlite_error *err)
{
	const char *chosen = getenv("XLITE_QEMU");

	if (program())
		return 0;
	xlite_error_set(err, -ENOENT, "QEMU with Xen's disk backend is not installed (no %s)", chosen && *chosen ? chosen : places[0]);
	xlite_error_hint(err, "apt-get install qemu-system-xen (Debian 11: qemu-system-x86); $XLITE_QEMU names it elsewhere");
	return -ENOENT;
}

const char *qemu_path(const struct hotplug_qemu *of, const char *file, char path[QEMU_PATH])
{
	snprintf(path, QEMU_PATH, "%s/%u-%.36s%s%s", QEMU_DIR, of->domid, of->uuid, *file ? "/" : "", file);
	return path;
}

bool hotplug_qemu_known(const struct hotplug_qemu *of)
{
	char path[QEMU_PATH];

	return !access(qemu_path(of, "", path), F_OK);
}

bool hotplug_qemu_runs(const struct hotplug_qemu *of)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	char path[QEMU_PATH];
	auto_close int fd = open(qemu_path(of, "lock", path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	return fd >= 0 && !fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
}

static int folder_make(const struct hotplug_qemu *of, struct xlite_error *err)
{
	char path[QEMU_PATH];

	mkdir("/run/xlite", 0755);
	if (mkdir(QEMU_DIR, 0700) < 0 && errno != EEXIST)
		return xlite_error_sys(err, -errno, "create %s", QEMU_DIR);
	if (mkdir(qemu_path(of, "", path), 0700) < 0 && errno != EEXIST)
		return xlite_error_sys(err, -errno, "create %s", path);
	return 0;
}

static int spawn_qemu(const struct hotplug_qemu *of, const char *path, int lock, int log, pid_t *pid)
{
	char domid[12], name[48], folder[QEMU_PATH], pidfile[QEMU_PATH], qmp[QEMU_PATH], socket[QEMU_PATH + 48];
	const struct jail jail = { .program = path, .folder = qemu_path(of, "", folder) };
	const char *const argv[] = {
		path, "-xen-domid", domid, "-xen-attach", "-machine", "xenpv,accel=xen", "-m", "1", "-name", name, "-no-shutdown",
		"-nodefaults", "-no-user-config", "-display", "none", "-vga", "none", "-serial", "none", "-parallel", "none",
		"-monitor", "none", "-chardev", socket, "-mon", "chardev=qmp,mode=control", "-pidfile", pidfile, NULL,
	};
	static const char *const envp[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", NULL };

	snprintf(domid, sizeof(domid), "%u", of->domid);
	snprintf(name, sizeof(name), "xlite-%.36s", of->uuid);
	qemu_path(of, "pid", pidfile);
	snprintf(socket, sizeof(socket), "socket,id=qmp,server=on,wait=off,path=%s", qemu_path(of, "qmp", qmp));
	return spawn_confined(pid, &jail, path, argv, envp, lock, log, log);
}

pid_t qemu_process(const struct hotplug_qemu *of)
{
	char path[QEMU_PATH], proc[48];
	auto_fclose FILE *f = fopen(qemu_path(of, "pid", path), "re");
	struct stat lock, input;
	int pid = 0;

	if (!f || fscanf(f, "%d", &pid) != 1 || pid <= 1)
		return 0;
	snprintf(proc, sizeof(proc), "/proc/%d/fd/0", pid);
	if (stat(qemu_path(of, "lock", path), &lock) || stat(proc, &input))
		return 0;
	return lock.st_dev == input.st_dev && lock.st_ino == input.st_ino ? (pid_t)pid : 0;
}

int hotplug_qemu_start(const struct hotplug_qemu *of, pid_t *pid, struct xlite_error *err)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	const char *where = program();
	auto_close int lock = -1, log = -1;
	char path[QEMU_PATH];
	int ret = where ? folder_make(of, err) : hotplug_qemu_check(err);

	*pid = 0;
	if (ret)
		return ret;
	lock = open(qemu_path(of, "lock", path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock < 0)
		return xlite_error_sys(err, -errno, "create %s", path);
	if (fcntl(lock, F_OFD_SETLK, &whole) < 0) {
		if (errno != EAGAIN && errno != EACCES)
			return xlite_error_sys(err, -errno, "lock %s", path);
		*pid = qemu_process(of);
		return 0;
	}
	/* A dead one's socket would refuse instead of being absent. */
	unlink(qemu_path(of, "qmp", path));
	unlink(qemu_path(of, "pid", path));
	log = open(qemu_path(of, "log", path), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (log < 0)
		return xlite_error_sys(err, -errno, "create %s", path);
	ret = spawn_qemu(of, where, lock, log, pid);
	return ret ? xlite_error_sys(err, ret, "start %s", where) : 0;
}

/* Waits until the lock is free. */
static bool wait_end(const struct hotplug_qemu *of, int64_t deadline_ns)
{
	while (hotplug_qemu_runs(of)) {
		if (clock_now_ns() >= deadline_ns)
			return false;
		nanosleep(&(struct timespec){ .tv_nsec = PAUSE_NS }, NULL);
	}
	return true;
}

/* The process is looked at once more when its pidfd is held: a number that was given away meanwhile is not killed. */
static void process_kill(const struct hotplug_qemu *of, pid_t pid)
{
	auto_close int pidfd = pid ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;

	if (pidfd >= 0 && qemu_process(of) == pid)
		syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
}

int hotplug_qemu_end(const struct hotplug_qemu *of, int64_t deadline_ns, struct xlite_error *err)
{
	int64_t gentle_ns = clock_deadline_ms(QUIT_MS);
	struct qmp qmp = QMP_INIT;
	pid_t pid = qemu_process(of);

	if (!hotplug_qemu_runs(of))
		return 0;
	gentle_ns = gentle_ns < deadline_ns ? gentle_ns : deadline_ns;
	if (!qemu_connect(of, &qmp, gentle_ns, NULL))
		qmp_call(&qmp, "quit", NULL, -1, NULL, gentle_ns, NULL);
	qmp_close(&qmp);
	pid = pid ? pid : qemu_process(of);
	if (!wait_end(of, gentle_ns)) {
		process_kill(of, pid);
		if (!wait_end(of, clock_deadline_ms(QUIT_MS)))
			return xlite_error_set(err, -ETIMEDOUT, "the QEMU of domid %u does not end", of->domid);
	}
	/* Where this very run has started it. */
	if (pid)
		waitpid(pid, NULL, WNOHANG);
	return 0;
}

void hotplug_qemu_forget(const struct hotplug_qemu *of)
{
	char path[QEMU_PATH];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlink(qemu_path(of, files[i], path));
	rmdir(qemu_path(of, "", path));
}
