/* SPDX-License-Identifier: GPL-2.0-or-later
 * Running a program: found in fixed places, its output bounded.
 */
#include "hotplug/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/spawn.h"

static const char *const folders[] = { "/usr/sbin", "/sbin", "/usr/bin", "/bin" };
/* Its messages are shown beside xlite's own, which are English. */
static const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL };

/** One of its outputs. */
struct stream {
	int fd;			/* -1 once it has ended */
	struct buf *to;		/* NULL: thrown away */
	size_t max;
	bool cut;		/* what goes past max is left out; else it is an error */
};

bool program_find(struct program *program)
{
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		snprintf(program->path, sizeof(program->path), "%s/%s", folders[i], program->name);
		if (!access(program->path, X_OK))
			return true;
	}
	*program->path = '\0';
	return false;
}

int program_missing(const struct program *program, struct xlite_error *err)
{
	xlite_error_set(err, -ENOENT, "%s: not found in /usr/sbin, /sbin, /usr/bin or /bin", program->name);
	xlite_error_hint(err, "install it: apt-get install %s", program->package);
	return -ENOENT;
}

static int stream_read(struct stream *stream)
{
	char part[16384];
	ssize_t n = read(stream->fd, part, sizeof(part));
	size_t room = stream->to ? stream->max - stream->to->len : 0;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (!n) {
		close(stream->fd);
		stream->fd = -1;
		return 0;
	}
	if (!stream->to)
		return 0;
	if ((size_t)n > room && !stream->cut)
		return -E2BIG;
	buf_add(stream->to, part, (size_t)n > room ? room : (size_t)n);
	return stream->to->failed ? -ENOMEM : 0;
}

/* Until both outputs have ended, which they do with a program that starts nothing; and then the program itself. */
static int run_watch(int pidfd, struct stream streams[2], int64_t deadline_ns)
{
	struct pollfd p[3];
	int i, n, ret;

	for (;;) {
		p[0] = (struct pollfd){ .fd = streams[0].fd, .events = POLLIN };
		p[1] = (struct pollfd){ .fd = streams[1].fd, .events = POLLIN };
		p[2] = (struct pollfd){ .fd = p[0].fd < 0 && p[1].fd < 0 ? pidfd : -1, .events = POLLIN };
		n = poll(p, 3, clock_poll_ms(deadline_ns));
		if (n < 0 && errno != EINTR)
			return -errno;
		for (i = 0; n > 0 && i < 2; i++) {
			ret = p[i].revents ? stream_read(&streams[i]) : 0;
			if (ret)
				return ret;
		}
		if (n > 0 && p[2].revents)
			return 0;
		if (clock_now_ns() >= deadline_ns)
			return -ETIMEDOUT;
	}
}

void program_first_line(struct buf *errors)
{
	char *text = errors->data, *line = text;

	if (!text)
		return;
	line += strspn(line, "\n\r\t ");
	line[strcspn(line, "\n")] = '\0';
	for (char *c = line; *c; c++) {
		if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
			*c = '?';
	}
	errors->len = strlen(line);
	memmove(text, line, errors->len + 1);
}

static int run(struct program *program, const char *const args[], const int pipes[4], int64_t deadline_ns, int *status)
{
	struct stream streams[2] = { { pipes[0], program->out, program->out_max, false },
				     { pipes[2], &program->errors, PROGRAM_ERRORS_MAX, true } };
	int pidfd = -1, out = pipes[1], errors = pipes[3];
	pid_t pid = 0;
	int ret = spawn_program(&pid, &pidfd, program->path, args, environment, program->in, out, errors);

	close(out);
	close(errors);
	if (!ret)
		ret = run_watch(pidfd, streams, deadline_ns);
	if (ret && pid)
		kill(-pid, SIGKILL);
	if (pid)
		*status = spawn_reap(pid);
	for (size_t i = 0; i < ARRAY_SIZE(streams); i++) {
		if (streams[i].fd >= 0)
			close(streams[i].fd);
	}
	if (pidfd >= 0)
		close(pidfd);
	return ret;
}

int program_run(struct program *program, const char *const args[], int64_t deadline_ns, int *status)
{
	int pipes[4];

	*status = 0;
	if (!*program->path && !program_find(program))
		return -ENOENT;
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(pipes + 2, O_CLOEXEC) < 0) {
		int rc = -errno;

		close(pipes[0]);
		close(pipes[1]);
		return rc;
	}
	return run(program, args, pipes, deadline_ns, status);
}

/* What it has printed, once it has ended. */
static int take_output(struct program *program, int out, int errors)
{
	struct stat st;
	int rc = 0;

	if (program->out && (fstat(out, &st) || lseek(out, 0, SEEK_SET) < 0))
		rc = -errno;
	else if (program->out)
		rc = (uint64_t)st.st_size > program->out_max ? -E2BIG : buf_read(program->out, out, program->out_max);
	/* Without memory for its words there are none. */
	if (lseek(errors, 0, SEEK_SET) < 0 || buf_read(&program->errors, errors, PROGRAM_ERRORS_MAX))
		buf_clear(&program->errors);
	return rc;
}

int program_run_through(struct program *program, const char *const args[], int *status)
{
	auto_close int out = memfd_create(program->name, MFD_CLOEXEC);
	auto_close int errors = memfd_create(program->name, MFD_CLOEXEC), pidfd = -1;
	pid_t pid = 0;
	int rc;

	*status = 0;
	if (!*program->path && !program_find(program))
		return -ENOENT;
	if (out < 0 || errors < 0)
		return -errno;
	rc = spawn_program(&pid, &pidfd, program->path, args, environment, program->in, out, errors);
	if (!pid)
		return rc;
	*status = spawn_reap(pid);
	return take_output(program, out, errors);
}
