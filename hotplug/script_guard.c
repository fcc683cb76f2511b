/* SPDX-License-Identifier: GPL-2.0-or-later
 * The guard of a script: it starts it, waits for its end or that of the run, and in the latter case kills the script's
 * process group.
 */
#include "hotplug/script_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"
#include "hotplug/files_only.h"
#include "hotplug/spawn.h"

/* A number to whoever reads; a run that has died reads nothing. */
static void guard_tell(int fd, int number)
{
	while (write(fd, &number, sizeof(number)) < 0 && errno == EINTR)
		;
}

static int guard_hear(int fd, int *number)
{
	ssize_t got;

	do
		got = read(fd, number, sizeof(*number));
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)sizeof(*number) ? 0 : -EIO;
}

/* What a terminal or an administrator tells a run is not for its guard, which ends after it. */
static void guard_stay(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
	sigset_t none;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		signal(signals[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, 0);
	/* What the script leaves behind in its group is ours to wait for. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	setpgid(0, 0);
}

static void guard_kill(pid_t group)
{
	kill(-group, SIGKILL);
	while (waitpid(-group, NULL, 0) > 0 || errno == EINTR)
		;
}

static void guard_watch(int run, int ended, pid_t script, int pidfd)
{
	struct pollfd p[2] = { { .fd = pidfd, .events = POLLIN }, { .fd = run, .events = POLLIN } };

	while (poll(p, 2, -1) < 0 && errno == EINTR)
		;
	/* Nobody writes there: it is readable when the run has closed it, or is gone. */
	if (!p[0].revents)
		guard_kill(script);
	else
		guard_tell(ended, spawn_reap(script));
}

static void guard(int run, int ended, const char *path, const char *const argv[], const char *const envp[], int out,
		  const struct files_only *files)
{
	int pidfd = -1, rc;
	pid_t script = 0;

	guard_stay();
	rc = files ? files_only_enter(files) : 0;
	if (!rc)
		rc = spawn_program(&script, &pidfd, path, argv, envp, -1, out, out);
	close(out);
	if (rc && script)
		guard_kill(script);
	guard_tell(ended, rc);
	if (!rc)
		guard_watch(run, ended, script, pidfd);
}

int script_guard_start(struct script_guard *guarded, const char *path, const char *const argv[],
		       const char *const envp[], int out, const struct files_only *files)
{
	int run[2], ended[2], rc = 0;

	if (pipe2(run, O_CLOEXEC))
		return -errno;
	if (pipe2(ended, O_CLOEXEC)) {
		rc = -errno;
		close(run[0]);
		close(run[1]);
		return rc;
	}
	guarded->pid = fork();
	if (!guarded->pid) {
		close(run[1]);
		close(ended[0]);
		guard(run[0], ended[1], path, argv, envp, out, files);
		_exit(0);
	}
	if (guarded->pid < 0)
		rc = -errno;
	close(run[0]);
	close(ended[1]);
	guarded->run = run[1];
	guarded->ended = ended[0];
	if (!rc && guard_hear(guarded->ended, &rc))
		rc = -EIO;
	if (rc) {
		guarded->pid = guarded->pid < 0 ? 0 : guarded->pid;
		script_guard_end(guarded, true);
	}
	return rc;
}

int script_guard_end(struct script_guard *guarded, bool kill)
{
	int status = kill ? -ECANCELED : 0;

	if (!kill && guard_hear(guarded->ended, &status))
		status = -EIO;
	if (guarded->run >= 0)
		close(guarded->run);
	if (guarded->ended >= 0)
		close(guarded->ended);
	if (guarded->pid)
		spawn_reap(guarded->pid);
	*guarded = (struct script_guard)SCRIPT_GUARD_INIT;
	return status;
}
