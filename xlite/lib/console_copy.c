/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The copying between a guest's terminal and the user's. One poll loop; signals come in by a descriptor, so that
 * there is one way out, on which the user's terminal is put back.
 */
#include "xlite/lib/console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "common/auto.h"

/* Read at once from the guest; escaped it may be four times as long. */
#define OUT_CHUNK 2048
/* Typed ahead of a guest that does not read. */
#define IN_ROOM 16384

enum { FD_TTY, FD_IN, FD_OUT, FD_SIGNAL, FD_GONE, NR_FDS };

struct copy {
	const struct xlite_console_options *options;
	int tty, signals, gone_fd;
	bool terminal;		/* the input is one, and in raw mode */
	bool in_done, tty_done, left;
	bool ending;		/* the domain is gone: what is there is shown, more is not waited for */
	struct xlite_console_safe safe;
	char in[IN_ROOM];	/* on its way to the guest: in[in_start .. in_end) */
	size_t in_start, in_end;
	char out[4 * OUT_CHUNK + 20];
	size_t out_start, out_end;
};

static int copy_error(const char *what, struct xlite_error *err)
{
	return xlite_error_sys(err, -errno, "console: %s", what);
}

static bool copy_again(void)
{
	return errno == EAGAIN || errno == EINTR;
}

/* The guest's side has ended: what is held back of its text is shown as it is. */
static void copy_tty_ended(struct copy *copy)
{
	copy->tty_done = true;
	copy->in_done = true;
	copy->in_start = copy->in_end = 0;
	if (copy->options->safe)
		copy->out_end += xlite_console_escape_end(&copy->safe, copy->out + copy->out_end);
}

/* From the guest, once all that it said before is shown. 1: got some. EIO: xenconsoled has closed its end. */
static int copy_from_tty(struct copy *copy, struct xlite_error *err)
{
	char bytes[OUT_CHUNK];
	ssize_t n = read(copy->tty, bytes, sizeof(bytes));

	copy->out_start = copy->out_end = 0;
	if (n < 0 && copy_again())
		return 0;
	if (n < 0 && errno != EIO)
		return copy_error("reading the guest's terminal", err);
	if (n <= 0) {
		copy_tty_ended(copy);
		return 0;
	}
	if (copy->options->safe) {
		copy->out_end = xlite_console_escape(&copy->safe, bytes, (size_t)n, copy->out);
	} else {
		memcpy(copy->out, bytes, (size_t)n);
		copy->out_end = (size_t)n;
	}
	return 1;
}

/* In small pieces: the descriptor is the user's, and may block once a piece no longer fits. */
static int copy_to_out(struct copy *copy, struct xlite_error *err)
{
	size_t len = copy->out_end - copy->out_start;
	ssize_t n = write(copy->options->out_fd, copy->out + copy->out_start, len < 512 ? len : 512);

	if (n < 0 && copy_again())
		return 0;
	if (n < 0 && errno == EPIPE) {
		copy->left = true;
		return 0;
	}
	if (n < 0)
		return copy_error("writing", err);
	copy->out_start += (size_t)n;
	return 0;
}

static int copy_to_tty(struct copy *copy, struct xlite_error *err)
{
	ssize_t n = write(copy->tty, copy->in + copy->in_start, copy->in_end - copy->in_start);

	if (n < 0 && copy_again())
		return 0;
	if (n < 0 && errno == EIO) {
		/* What it said last may still be read. */
		copy->in_done = true;
		copy->in_start = copy->in_end = 0;
		return 0;
	}
	if (n < 0)
		return copy_error("writing to the guest's terminal", err);
	copy->in_start += (size_t)n;
	if (copy->in_start == copy->in_end)
		copy->in_start = copy->in_end = 0;
	return 0;
}

/* From the user. A terminal is always read, since the escape must work even if the guest takes nothing more. */
static int copy_from_in(struct copy *copy, struct xlite_error *err)
{
	char bytes[512], *escape;
	size_t room = sizeof(copy->in) - copy->in_end;
	ssize_t n = read(copy->options->in_fd, bytes, copy->terminal || room > sizeof(bytes) ? sizeof(bytes) : room);

	if (n < 0 && copy_again())
		return 0;
	/* EIO: the user's terminal is gone. */
	if (n < 0 && errno != EIO)
		return copy_error("reading", err);
	if (n <= 0) {
		copy->in_done = true;
		return 0;
	}
	escape = copy->terminal && copy->options->escape >= 0 ? memchr(bytes, copy->options->escape, (size_t)n) : NULL;
	if (escape) {
		n = escape - bytes;
		copy->left = true;
	}
	if ((size_t)n > room)
		n = (ssize_t)room;
	memcpy(copy->in + copy->in_end, bytes, (size_t)n);
	copy->in_end += (size_t)n;
	return 0;
}

static void copy_prepare(const struct copy *copy, struct pollfd fds[NR_FDS])
{
	bool showing = copy->out_start < copy->out_end;
	bool sending = copy->in_start < copy->in_end;
	bool room = copy->in_end < sizeof(copy->in);

	for (int i = 0; i < NR_FDS; i++)
		fds[i] = (struct pollfd){ .fd = -1 };
	if (!copy->tty_done && (!showing || sending)) {
		fds[FD_TTY].fd = copy->tty;
		fds[FD_TTY].events = (short)((showing ? 0 : POLLIN) | (sending ? POLLOUT : 0));
	}
	if (!copy->in_done && (copy->terminal || room)) {
		fds[FD_IN].fd = copy->options->in_fd;
		fds[FD_IN].events = POLLIN;
	}
	/* Also without anything to show: a pipe whose reader has gone says so. */
	fds[FD_OUT].fd = copy->options->out_fd;
	fds[FD_OUT].events = showing ? POLLOUT : 0;
	fds[FD_SIGNAL].fd = copy->signals;
	fds[FD_SIGNAL].events = POLLIN;
	fds[FD_GONE].fd = copy->tty_done ? -1 : copy->gone_fd;
	fds[FD_GONE].events = POLLIN;
}

static int copy_serve(struct copy *copy, const struct pollfd fds[NR_FDS], struct xlite_error *err)
{
	const short ended = POLLHUP | POLLERR;
	bool showing = copy->out_start < copy->out_end;
	int ret = 0;

	if (fds[FD_OUT].revents & ended && !showing)
		copy->left = true;
	else if (fds[FD_OUT].revents)
		ret = copy_to_out(copy, err);
	if (!ret && fds[FD_TTY].revents & (POLLOUT | ended) && copy->in_start < copy->in_end)
		ret = copy_to_tty(copy, err);
	if (!ret && fds[FD_TTY].revents & (POLLIN | ended) && !showing)
		ret = copy_from_tty(copy, err);
	if (ret >= 0 && fds[FD_IN].revents)
		ret = copy_from_in(copy, err);
	return ret < 0 ? ret : 0;
}

/* What the guest said before it went. */
static int copy_rest(struct copy *copy, struct xlite_error *err)
{
	int ret = copy_from_tty(copy, err);

	if (!ret && !copy->tty_done)
		copy_tty_ended(copy);
	return ret < 0 ? ret : 0;
}

static bool copy_finished(const struct copy *copy)
{
	bool showing = copy->out_start < copy->out_end;
	bool sending = copy->in_start < copy->in_end;

	if (copy->left)
		return true;
	if (copy->tty_done)
		return !showing;
	return copy->in_done && !copy->options->stay && copy->options->in_fd >= 0 && !sending;
}

static int copy_loop(struct copy *copy, bool (*gone)(void *ctx), void *ctx, struct xlite_error *err)
{
	struct pollfd fds[NR_FDS];
	int ret = 0;

	while (!ret && !copy_finished(copy)) {
		if (copy->ending && !copy->tty_done && copy->out_start == copy->out_end) {
			ret = copy_rest(copy, err);
			continue;
		}
		copy_prepare(copy, fds);
		if (poll(fds, NR_FDS, -1) < 0) {
			if (errno == EINTR)
				continue;
			return copy_error("poll", err);
		}
		if (fds[FD_SIGNAL].revents)
			return xlite_error_set(err, -EINTR, "console: interrupted");
		ret = copy_serve(copy, fds, err);
		if (!ret && fds[FD_GONE].revents && gone(ctx))
			copy->ending = true;
		if (copy->ending || fds[FD_GONE].revents & (POLLHUP | POLLERR))
			copy->gone_fd = -1;
	}
	return ret;
}

/*
 * The signals that would end us, as a descriptor; but for SIGPIPE, which write reports. Those that are ignored stay
 * so. The old mask is the caller's to put back.
 */
static int copy_block_signals(sigset_t *old)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGQUIT, SIGHUP };
	struct sigaction action;
	sigset_t set, blocked;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (!sigaction(signals[i], NULL, &action) && action.sa_handler != SIG_IGN)
			sigaddset(&set, signals[i]);
	blocked = set;
	sigaddset(&blocked, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &blocked, old);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Takes the signals that came, so that putting the mask back does not end the program. */
static void copy_drain_signals(int fd)
{
	const struct timespec now = { 0 };
	struct signalfd_siginfo info;
	sigset_t pipe_set;

	while (read(fd, &info, sizeof(info)) > 0)
		;
	sigemptyset(&pipe_set);
	sigaddset(&pipe_set, SIGPIPE);
	sigtimedwait(&pipe_set, NULL, &now);
}

static int copy_run(struct copy *copy, bool (*gone)(void *ctx), void *ctx, struct xlite_error *err)
{
	struct termios before, raw;
	int ret;

	copy->terminal = copy->options->in_fd >= 0 && !tcgetattr(copy->options->in_fd, &before);
	if (copy->terminal) {
		raw = before;
		cfmakeraw(&raw);
		if (tcsetattr(copy->options->in_fd, TCSANOW, &raw))
			return copy_error("raw mode", err);
	}
	ret = copy_loop(copy, gone, ctx, err);
	if (copy->terminal)
		tcsetattr(copy->options->in_fd, TCSANOW, &before);
	return ret;
}

int xlite_console_copy(int tty_fd, const struct xlite_console_options *options, int gone_fd, bool (*gone)(void *ctx),
		       void *ctx, enum xlite_console_end *end, struct xlite_error *err)
{
	auto_free struct copy *copy = calloc(1, sizeof(*copy));
	sigset_t old;
	int ret;

	if (!copy)
		return xlite_error_sys(err, -ENOMEM, "console");
	copy->options = options;
	copy->tty = tty_fd;
	copy->gone_fd = gone_fd;
	copy->in_done = options->in_fd < 0;
	copy->signals = copy_block_signals(&old);
	ret = copy->signals < 0 ? copy_error("signalfd", err) : copy_run(copy, gone, ctx, err);
	if (copy->signals >= 0) {
		copy_drain_signals(copy->signals);
		close(copy->signals);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!ret && end)
		*end = copy->tty_done ? XLITE_CONSOLE_ENDED : XLITE_CONSOLE_LEFT;
	return ret;
}
