/* SPDX-License-Identifier: GPL-2.0-or-later
 * Running nft(8): found in fixed places, its input in memory, its output bounded, killed at the deadline.
 */
#include "hotplug/nft_text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/spawn.h"

/** The most that nft may print: 10000 rules take about 8 MiB as JSON. */
#define OUTPUT_MAX (16u << 20)
/** What is kept of its errors. */
#define ERRORS_MAX 4096

static const char *const places[] = { "/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft", "/bin/nft" };
/* Its messages are shown beside xlite's own, which are English. */
static const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL };

/** One of its outputs. */
struct stream {
	int fd;			/* -1 once it has ended */
	struct buf *to;		/* NULL: thrown away */
	size_t max;
	bool cut;		/* what goes past max is left out; else it is an error */
};

static const char *nft_place(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		if (!access(places[i], X_OK))
			return places[i];
	}
	return NULL;
}

/* The input as a file in memory, which nft reads at its own pace. -1: none. */
static int input_open(const struct buf *input, int *fd)
{
	size_t done = 0;
	ssize_t n;

	*fd = -1;
	if (!input)
		return 0;
	*fd = memfd_create("nft", MFD_CLOEXEC);
	if (*fd < 0)
		return -errno;
	while (done < input->len) {
		n = write(*fd, input->data + done, input->len - done);
		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return lseek(*fd, 0, SEEK_SET) < 0 ? -errno : 0;
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

/* Until both outputs have ended, which they do with nft, since it starts nothing; and then nft itself. */
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

/* The first line that says something, without where in the script it was, and without bytes for a terminal. */
static void first_line(struct buf *errors)
{
	char *text = errors->data, *line = text, *c;

	if (!text)
		return;
	line += strspn(line, "\n\r\t ");
	if (!strncmp(line, "/dev/stdin:", 11)) {
		c = strstr(line, ": ");
		line = c ? c + 2 : line;
	}
	line[strcspn(line, "\n")] = '\0';
	for (c = line; *c; c++) {
		if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
			*c = '?';
	}
	errors->len = strlen(line);
	memmove(text, line, errors->len + 1);
}

static int run_result(int ret, int status, struct buf *errors, struct xlite_error *err)
{
	first_line(errors);
	if (ret == -ETIMEDOUT)
		return xlite_error_set(err, ret, "nft: not done in time, killed");
	if (ret == -E2BIG)
		return xlite_error_set(err, ret, "nft: it printed more than %u MiB", OUTPUT_MAX >> 20);
	if (ret)
		return xlite_error_sys(err, ret, "nft: run it");
	if (WIFSIGNALED(status))
		return xlite_error_set(err, -EIO, "nft: killed by signal %d", WTERMSIG(status));
	if (status)
		return xlite_error_set(err, -EIO, "nft: %s", errors->len ? buf_str(errors) : "it failed and did not say why");
	return 0;
}

static int run(const char *path, const char *const args[], int in, struct buf *out, int64_t deadline_ns,
	       struct xlite_error *err)
{
	auto_buf struct buf errors = BUF_INIT;
	struct stream streams[2] = { { -1, out, OUTPUT_MAX, false }, { -1, &errors, ERRORS_MAX, true } };
	int pipes[4] = { -1, -1, -1, -1 }, pidfd = -1, status = 0, ret;
	pid_t pid = 0;

	if (pipe2(pipes, O_CLOEXEC) < 0 || pipe2(pipes + 2, O_CLOEXEC) < 0)
		ret = -errno;
	else
		ret = spawn_program(&pid, &pidfd, path, args, environment, in, pipes[1], pipes[3]);
	if (pipes[1] >= 0)
		close(pipes[1]);
	if (pipes[3] >= 0)
		close(pipes[3]);
	streams[0].fd = pipes[0];
	streams[1].fd = pipes[2];
	if (!ret)
		ret = run_watch(pidfd, streams, deadline_ns);
	if (ret && pid)
		kill(-pid, SIGKILL);
	if (pid)
		status = spawn_reap(pid);
	if (streams[0].fd >= 0)
		close(streams[0].fd);
	if (streams[1].fd >= 0)
		close(streams[1].fd);
	if (pidfd >= 0)
		close(pidfd);
	return run_result(ret, status, &errors, err);
}

int nft_run(const char *const args[], const struct buf *input, struct buf *out, int64_t deadline_ns, struct xlite_error *err)
{
	const char *path = nft_place();
	auto_close int in = -1;
	int ret;

	if (!path) {
		ret = xlite_error_set(err, -ENOENT, "nft: not found in /usr/sbin, /sbin, /usr/bin or /bin");
		xlite_error_hint(err, "install it: apt-get install nftables");
		return ret;
	}
	ret = input_open(input, &in);
	if (ret)
		return xlite_error_sys(err, ret, "nft: write its script");
	return run(path, args, in, out, deadline_ns, err);
}
