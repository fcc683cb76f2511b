/* SPDX-License-Identifier: GPL-2.0-or-later
 * The watch's lock and socket.
 */
#include "xlite/run/watch_seat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/auto.h"

/* Room for the answer: nobody is waited for. */
#define ANSWER_MAX (4 * 1024 * 1024)
#define ASK_S 10

static const struct sockaddr_un address = { AF_UNIX, WATCH_SOCKET };

static int lock(int fd, void (*waits)(void *ctx, int holder), void *ctx, struct xlite_error *err)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET }, other = whole;

	if (!fcntl(fd, F_SETLK, &whole))
		return 0;
	if (errno != EAGAIN && errno != EACCES)
		return xlite_error_sys(err, -errno, "lock " WATCH_LOCK);
	waits(ctx, fcntl(fd, F_GETLK, &other) || other.l_type == F_UNLCK ? 0 : (int)other.l_pid);
	if (!fcntl(fd, F_SETLKW, &whole))
		return 0;
	return errno == EINTR ? xlite_error_set(err, -EINTR, "interrupted while another watch runs") :
				xlite_error_sys(err, -errno, "lock " WATCH_LOCK);
}

/* Whose lock it is, his is the socket: what an earlier one left is removed. */
static int listen_there(struct watch_seat *seat, struct xlite_error *err)
{
	mode_t before;
	int rc;

	seat->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (seat->fd < 0)
		return xlite_error_sys(err, -errno, "socket");
	unlink(WATCH_SOCKET);
	before = umask(0177);
	rc = bind(seat->fd, (const struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
	umask(before);
	if (!rc && listen(seat->fd, 8))
		rc = -errno;
	return rc ? xlite_error_sys(err, rc, "listening on " WATCH_SOCKET) : 0;
}

int watch_seat_take(struct watch_seat *seat, void (*waits)(void *ctx, int holder), void *ctx, struct xlite_error *err)
{
	int rc;

	*seat = (struct watch_seat)WATCH_SEAT_INIT;
	mkdir("/run/xlite", 0755);
	seat->lock = open(WATCH_LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (seat->lock < 0)
		return xlite_error_sys(err, -errno, "open " WATCH_LOCK);
	rc = lock(seat->lock, waits, ctx, err);
	return rc ? rc : listen_there(seat, err);
}

void watch_seat_answer(const struct watch_seat *seat, const struct buf *text)
{
	auto_close int fd = accept4(seat->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int room = ANSWER_MAX;
	size_t at = 0;
	ssize_t n;

	if (fd < 0)
		return;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	while (at < text->len && (n = send(fd, text->data + at, text->len - at, MSG_NOSIGNAL)) > 0)
		at += (size_t)n;
}

void watch_seat_leave(struct watch_seat *seat)
{
	if (seat->fd >= 0) {
		unlink(WATCH_SOCKET);
		close(seat->fd);
	}
	if (seat->lock >= 0)
		close(seat->lock);
	*seat = (struct watch_seat)WATCH_SEAT_INIT;
}

int watch_seat_ask(struct buf *text, struct xlite_error *err)
{
	struct timeval patience = { .tv_sec = ASK_S };
	auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char chunk[4096];
	ssize_t n;

	if (fd < 0)
		return xlite_error_sys(err, -errno, "socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address))) {
		if (errno != ENOENT && errno != ECONNREFUSED)
			return xlite_error_sys(err, -errno, WATCH_SOCKET);
		return xlite_error_set(err, -ESRCH, "no watch runs on this host");
	}
	while ((n = recv(fd, chunk, sizeof(chunk), 0)) > 0)
		buf_add(text, chunk, (size_t)n);
	if (n < 0)
		return xlite_error_sys(err, -errno, "waiting for the watch's answer");
	return text->failed ? xlite_error_set(err, -ENOMEM, "out of memory") : 0;
}
