/* SPDX-License-Identifier: GPL-2.0-or-later
 * The place of the one watch of a host: a lock, and a socket that says what it does to whoever asks.
 */
#ifndef RUN_WATCH_SEAT_H
#define RUN_WATCH_SEAT_H

#include "common/buf.h"
#include "common/error.h"

/** Locked by the watch, with fcntl(2), which tells its process. */
#define WATCH_LOCK "/run/xlite/watch"
/** Of stream type, for root alone: it sends the status to each who connects, and closes. */
#define WATCH_SOCKET "/run/xlite/watch.sock"

struct watch_seat {
	int lock, fd;		/* fd: the socket, for poll; -1: none */
};

#define WATCH_SEAT_INIT { -1, -1 }

/**
 * Takes the place, and opens the socket. While another process (holder, 0: not known) has it, it is waited for, after
 * waits was called once. -EINTR when a signal ends the wait.
 */
int watch_seat_take(struct watch_seat *seat, void (*waits)(void *ctx, int holder), void *ctx, struct xlite_error *err);
/** Answers one who has connected; never waits for him. */
void watch_seat_answer(const struct watch_seat *seat, const struct buf *text);
void watch_seat_leave(struct watch_seat *seat);
/** Asks the watch that runs on this host. -ESRCH: there is none. */
int watch_seat_ask(struct buf *text, struct xlite_error *err);

#endif
