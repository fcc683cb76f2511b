/* SPDX-License-Identifier: GPL-2.0-or-later
 * Starting a program that gives up its powers first, for good (capabilities(7), prctl(2)).
 */
#include "hotplug/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"

/** What is kept: files and sockets of any owner, as a spec names them; and to be another user, until it is. */
#define KEPT (1u << CAP_DAC_OVERRIDE)
#define KEPT_CONTROL (1u << CAP_SETUID | 1u << CAP_SETGID)
/** Where the child tells that it could not be started; the kernel closes it when it could. */
#define TELL 3

static int drop_capabilities(unsigned kept)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	/* The kernel refuses the first one that it does not know. */
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++) {
		if (!(cap < 32 && kept & 1u << cap) && prctl(PR_CAPBSET_DROP, cap))
			return -errno;
	}
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
		return -errno;
	data[0].effective = data[0].permitted = kept;
	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

static int confine(const struct jail *jail)
{
	const struct rlimit none = { 0, 0 }, file = { JAIL_FILE_MAX, JAIL_FILE_MAX };
	bool control = jail && jail->control;

	if (setrlimit(RLIMIT_CORE, &none) || (control && setrlimit(RLIMIT_FSIZE, &file)) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return drop_capabilities(KEPT | (control ? KEPT_CONTROL : 0));
}

int spawn_drop_powers(void)
{
	return confine(NULL);
}

_Static_assert(JAIL_FD_FIRST == TELL + 1, "JAIL_FD_FIRST");

static int take_files(const struct jail *jail, int in, int out, int error, int tell)
{
	int nr = jail ? (int)jail->nr_fds : 0, far[JAIL_FDS_MAX + 1];

	if (nr > JAIL_FDS_MAX)
		return -EINVAL;
	/* Any of them may be where others go: first all go beyond these places. */
	for (int i = 0; i <= nr; i++) {
		far[i] = fcntl(i == nr ? tell : jail->fds[i], F_DUPFD_CLOEXEC, JAIL_FD_FIRST + nr);
		if (far[i] < 0)
			return -errno;
	}
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(error, 2) < 0 || dup3(far[nr], TELL, O_CLOEXEC) < 0)
		return -errno;
	for (int i = 0; i < nr; i++) {
		if (dup2(far[i], JAIL_FD_FIRST + i) < 0)
			return -errno;
	}
	return syscall(SYS_close_range, JAIL_FD_FIRST + nr, ~0u, 0) ? -errno : 0;
}

static int run(const struct jail *jail, const char *path, const char *const argv[], const char *const envp[])
{
	sigset_t none;
	int ret;

	sigemptyset(&none);
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	/* A file that gets too large is an error of the write then, not the process's end. */
	if (jail && jail->control)
		signal(SIGXFSZ, SIG_IGN);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (setsid() < 0)
		return -errno;
	ret = jail ? jail_filter() : 0;
	if (ret)
		return ret;
	execve(path, (char *const *)argv, (char *const *)envp);
	return -errno;
}

static void child(int tell, const struct jail *jail, const char *path, const char *const argv[],
		  const char *const envp[], int in, int out, int error)
{
	int ret = take_files(jail, in, out, error, tell);

	if (!ret) {
		tell = TELL;
		ret = jail ? jail_enter(jail) : 0;
	}
	if (!ret)
		ret = confine(jail);
	if (!ret)
		ret = run(jail, path, argv, envp);
	if (write(tell, &ret, sizeof(ret)) < 0)
		_exit(126);
	_exit(127);
}

int spawn_confined(pid_t *pid, const struct jail *jail, const char *path, const char *const argv[],
		   const char *const envp[], int in, int out, int error)
{
	auto_close int in_own = -1, out_own = -1, error_own = -1, told = -1, tell = -1;
	int ends[2], ret = 0;
	ssize_t n;

	*pid = 0;
	in = spawn_lift(in, &in_own);
	out = spawn_lift(out, &out_own);
	error = spawn_lift(error, &error_own);
	if (in < 0 || out < 0 || error < 0)
		return -EMFILE;
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	told = ends[0];
	tell = ends[1];
	*pid = fork();
	if (!*pid)
		child(tell, jail, path, argv, envp, in, out, error);
	if (*pid < 0) {
		ret = -errno;
		*pid = 0;
		return ret;
	}
	close(tell);
	tell = -1;
	do {
		n = read(told, &ret, sizeof(ret));
	} while (n < 0 && errno == EINTR);
	if (n != sizeof(ret))
		return 0;
	spawn_reap(*pid);
	*pid = 0;
	return ret;
}
