/* SPDX-License-Identifier: GPL-2.0-or-later
 * Starting a program: posix_spawn(3), and a pidfd to watch it by. What needs more before it runs is spawn_confined.c.
 */
#include "hotplug/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"

static int spawn_attributes(posix_spawnattr_t *attr)
{
	sigset_t all, none;
	int ret;

	sigfillset(&all);
	sigemptyset(&none);
	ret = posix_spawnattr_setflags(attr, (short)(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
	if (!ret)
		ret = posix_spawnattr_setpgroup(attr, 0);
	if (!ret)
		ret = posix_spawnattr_setsigdefault(attr, &all);
	return ret ? ret : posix_spawnattr_setsigmask(attr, &none);
}

static int spawn_files(posix_spawn_file_actions_t *files, int in, int out, int error)
{
	int ret = 0;

	if (in >= 0)
		ret = posix_spawn_file_actions_adddup2(files, in, 0);
	if (!ret)
		ret = posix_spawn_file_actions_adddup2(files, out, 1);
	if (!ret)
		ret = posix_spawn_file_actions_adddup2(files, error, 2);
	if (!ret && in < 0)
		ret = posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0);
	return ret ? ret : posix_spawn_file_actions_addclosefrom_np(files, 3);
}

static int spawn(pid_t *pid, const char *path, const char *const argv[], const char *const envp[], int in, int out, int error)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int ret = posix_spawn_file_actions_init(&files);

	if (ret)
		return -ret;
	ret = posix_spawnattr_init(&attr);
	if (!ret) {
		ret = spawn_files(&files, in, out, error);
		if (!ret)
			ret = spawn_attributes(&attr);
		if (!ret)
			ret = posix_spawn(pid, path, &files, &attr, (char *const *)argv, (char *const *)envp);
		posix_spawnattr_destroy(&attr);
	}
	posix_spawn_file_actions_destroy(&files);
	return -ret;
}

/* Where we were started without the first three, one of ours may be one of these, and be overwritten before it is copied. */
int spawn_lift(int fd, int *own)
{
	if (fd < 0 || fd > 2)
		return fd;
	*own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return *own;
}

int spawn_program(pid_t *pid, int *pidfd, const char *path, const char *const argv[], const char *const envp[], int in, int out,
		  int error)
{
	auto_close int in_own = -1, out_own = -1, error_own = -1;
	int ret;

	in = spawn_lift(in, &in_own);
	out = spawn_lift(out, &out_own);
	error = spawn_lift(error, &error_own);
	ret = out < 0 || error < 0 ? -EMFILE : spawn(pid, path, argv, envp, in, out, error);
	if (ret)
		return ret;
	*pidfd = (int)syscall(SYS_pidfd_open, *pid, 0);
	return *pidfd < 0 ? -errno : 0;
}

int spawn_reap(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}
