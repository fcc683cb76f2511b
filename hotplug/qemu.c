/* SPDX-License-Identifier: GPL-2.0-or-later
 * QEMU as a domain's process: which program, the words that it is started with, its QMP socket, its gentle end. Its
 * folder, lock and confinement are process.c's; what it serves is said by others (qemu_disk.c).
 */
#include "hotplug/qemu_int.h"

#include <errno.h>
#include <fcntl.h>
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

/* Numbers that nobody has been given (systemd: UIDs and GIDs). */
#define USER_BASE 0x70000000u
/** How long it may take to end when it was asked to; it writes out what it holds of its images. */
#define QUIT_MS 20000
#define PAUSE_NS (10 * NS_PER_MS)

const char *const qemu_own_files[] = { "qmp", "serial", "serial.log", "vnc", NULL };

/* Debian's package qemu-system-xen, and Xen's own build. */
static const char *const places[] = { QEMU_PROGRAM, "/usr/libexec/xen-qemu-system-i386", "/usr/lib/xen/bin/qemu-system-i386" };
/* Debian 11 has Xen's backends in qemu-system-x86. Later ones build that without Xen. */
static const char common[] = "/usr/bin/qemu-system-i386";

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

const char *qemu_program(void)
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

	if (qemu_program())
		return 0;
	xlite_error_set(err, -ENOENT, "QEMU with Xen's disk backend is not installed (no %s)",
			chosen && *chosen ? chosen : places[0]);
	xlite_error_hint(err, "apt-get install qemu-system-xen (Debian 11: qemu-system-x86); $XLITE_QEMU names it elsewhere");
	return -ENOENT;
}

struct process qemu_process(const struct hotplug_qemu *of)
{
	return (struct process){ .kind = "qemu", .title = "QEMU", .domid = of->domid, .uuid = of->uuid };
}

bool hotplug_qemu_known(const struct hotplug_qemu *of)
{
	const struct process process = qemu_process(of);

	return process_known(&process);
}

bool hotplug_qemu_runs(const struct hotplug_qemu *of)
{
	const struct process process = qemu_process(of);

	return process_runs(&process);
}

pid_t hotplug_qemu_number(const struct hotplug_qemu *of)
{
	const struct process process = qemu_process(of);

	return process_number(&process);
}

static int start(const struct process *process, const char *path, int lock, pid_t *pid, struct xlite_error *err)
{
	char domid[12], name[48], pidfile[PROCESS_PATH], qmp[PROCESS_PATH], socket[PROCESS_PATH + 48];
	const char *const argv[] = {
		path, "-xen-domid", domid, "-xen-attach", "-machine", "xenpv,accel=xen", "-m", "1", "-name", name,
		"-no-shutdown",
		"-nodefaults", "-no-user-config", "-display", "none", "-vga", "none", "-serial", "none", "-parallel", "none",
		"-monitor", "none", "-chardev", socket, "-mon", "chardev=qmp,mode=control", "-pidfile", pidfile, NULL,
	};
	static const char *const envp[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", NULL };

	snprintf(domid, sizeof(domid), "%u", process->domid);
	snprintf(name, sizeof(name), "xlite-%.36s", process->uuid);
	process_path(process, "pid", pidfile);
	snprintf(socket, sizeof(socket), "socket,id=qmp,server=on,wait=off,path=%s", process_path(process, "qmp", qmp));
	return process_start(process, argv, envp, lock, NULL, pid, err);
}

int hotplug_qemu_start(const struct hotplug_qemu *of, pid_t *pid, struct xlite_error *err)
{
	const struct process process = qemu_process(of);
	const char *where = qemu_program();
	auto_close int lock = -1;
	/* A dead one's socket would refuse instead of being absent. */
	int ret = where ? process_prepare(&process, qemu_own_files, &lock, err) : hotplug_qemu_check(err);

	*pid = 0;
	if (ret)
		return ret;
	if (lock >= 0)
		return start(&process, where, lock, pid, err);
	*pid = process_number(&process);
	return 0;
}

int qemu_connect(const struct hotplug_qemu *of, struct qmp *qmp, int64_t deadline_ns, struct xlite_error *err)
{
	const struct process process = qemu_process(of);
	char path[PROCESS_PATH], words[256];
	int ret;

	for (;;) {
		bool runs = process_runs(&process);

		ret = qmp_open(qmp, process_path(&process, "qmp", path), deadline_ns, err);
		if (!ret)
			return 0;
		if (!runs) {
			process_last_words(&process, words, sizeof(words));
			return xlite_error_set(err, -ESRCH, "QEMU has ended: %s", words);
		}
		/* It makes the socket, listens, and gives up a client that was there before us, in its own time. */
		if (ret != -ENOENT && ret != -ECONNREFUSED && ret != -EAGAIN && ret != -EPIPE && ret != -ECONNRESET)
			return ret;
		if (clock_now_ns() >= deadline_ns)
			return xlite_error_set(err, -ETIMEDOUT, "QEMU was not ready in time");
		nanosleep(&(struct timespec){ .tv_nsec = PAUSE_NS }, NULL);
	}
}

uid_t qemu_user(uint32_t domid)
{
	return USER_BASE + domid;
}

/* It may signal nobody (jail_filter.c), so that the child here is safe from it. */
int qemu_user_kill(uint32_t domid, struct xlite_error *err)
{
	const uid_t user = qemu_user(domid);
	pid_t child = fork();
	int status;

	if (!child) {
		/* By the bare call, which changes this thread, the only one: the C library would look for others. */
		if (syscall(SYS_setresuid, user, user, user) < 0)
			_exit(1);
		kill(-1, SIGKILL);
		_exit(0);
	}
	status = child < 0 ? -1 : spawn_reap(child);
	return status ? xlite_error_set(err, -EIO, "cannot end the processes of user %u, a device model's", (unsigned)user) : 0;
}

/* Is it that of another domain which has the number by now? */
static int is_successor(void *arg, uint32_t domid, const char *uuid)
{
	const struct hotplug_qemu *of = arg;

	return domid == of->domid && strcmp(uuid, of->uuid) != 0;
}

static void ask_to_quit(const struct hotplug_qemu *of, const struct process *process, int64_t deadline_ns)
{
	struct qmp qmp = QMP_INIT;

	if (!qemu_connect(of, &qmp, deadline_ns, NULL))
		qmp_call(&qmp, "quit", NULL, -1, NULL, deadline_ns, NULL);
	qmp_close(&qmp);
	process_wait_end(process, deadline_ns);
}

int hotplug_qemu_end(const struct hotplug_qemu *of, int64_t deadline_ns, struct xlite_error *err)
{
	const struct process process = qemu_process(of);
	int64_t gentle_ns = clock_deadline_ms(QUIT_MS);
	pid_t pid = process_number(&process);
	struct hotplug_qemu self = *of;
	int ret = 0;

	if (process_runs(&process))
		ask_to_quit(of, &process, gentle_ns < deadline_ns ? gentle_ns : deadline_ns);
	pid = pid ? pid : process_number(&process);
	/* What its lock and its number say is what a device model lets them say. */
	if (!process_each("qemu", is_successor, &self))
		ret = qemu_user_kill(of->domid, err);
	if (!ret && process_runs(&process))
		ret = process_kill(&process, pid, err);
	/* Where this very run has started it. */
	if (!ret && pid)
		waitpid(pid, NULL, WNOHANG);
	return ret;
}

void hotplug_qemu_forget(const struct hotplug_qemu *of)
{
	const struct process process = qemu_process(of);

	process_forget(&process, qemu_own_files);
}

struct found {
	struct hotplug_qemu *list;
	size_t nr;
};

static int found_add(void *arg, uint32_t domid, const char *uuid)
{
	struct found *found = arg;
	struct hotplug_qemu *more = reallocarray(found->list, found->nr + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	found->list = more;
	more[found->nr] = (struct hotplug_qemu){ .domid = domid };
	snprintf(more[found->nr++].uuid, sizeof(more->uuid), "%s", uuid);
	return 0;
}

int hotplug_qemu_list(struct hotplug_qemu **list, size_t *nr, struct xlite_error *err)
{
	struct found found = { 0 };
	int ret = process_each("qemu", found_add, &found);

	*list = found.list;
	*nr = found.nr;
	return ret ? xlite_error_set(err, ret, "out of memory") : 0;
}
