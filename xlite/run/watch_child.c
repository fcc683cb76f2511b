/* SPDX-License-Identifier: GPL-2.0-or-later
 * A process of the watch's. A word is below PIPE_BUF, so that it is written and read whole.
 */
#include "xlite/run/watch_child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

_Static_assert(sizeof(struct watch_word) <= PIPE_BUF, "a word is written at once");

int watch_child_start(struct watch_child *child, int (*work)(void *ctx, int fd), void *ctx, const sigset_t *mask,
		      struct xlite_error *err)
{
	pid_t parent = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return xlite_error_sys(err, -errno, "pipe");
	child->pid = fork();
	if (!child->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* A terminal sends it to all of the group; the watch says what is to end. */
		signal(SIGINT, SIG_IGN);
		sigprocmask(SIG_SETMASK, mask, NULL);
		_exit(getppid() == parent ? work(ctx, ends[1]) : 0);
	}
	close(ends[1]);
	child->fd = ends[0];
	if (child->pid > 0)
		return 0;
	child->pid = 0;
	close(ends[0]);
	return xlite_error_sys(err, -errno, "fork");
}

void watch_child_tell(int fd, const struct watch_word *word)
{
	while (write(fd, word, sizeof(*word)) < 0 && errno == EINTR)
		;
}

int watch_child_hear(struct watch_child *child, struct watch_word *word, int *status)
{
	ssize_t got;
	pid_t pid;
	int how = 0;

	do
		got = read(child->fd, word, sizeof(*word));
	while (got < 0 && errno == EINTR);
	if (got == (ssize_t)sizeof(*word))
		return 1;
	close(child->fd);
	do
		pid = waitpid(child->pid, &how, 0);
	while (pid < 0 && errno == EINTR);
	child->pid = 0;
	*status = WIFEXITED(how) ? WEXITSTATUS(how) : -WTERMSIG(how);
	return 0;
}
