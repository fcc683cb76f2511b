/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a watch does to the host it does in a process of its own, so that it goes on listening meanwhile. The process
 * dies with the watch; what it has come to is looked at, not told, but for words to show.
 */
#ifndef RUN_WATCH_CHILD_H
#define RUN_WATCH_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"

/** What became of a domain; of the files where name is "". */
struct watch_word {
	char name[256];
	uint8_t uuid[16];
	bool failed;
	uint64_t hash;		/* of the differences that were told, for files */
	char text[512];
};

struct watch_child {
	pid_t pid;		/* 0: there is none */
	int fd;			/* for poll: words, then its end */
};

/** Starts work(ctx, fd) in a process of its own, with the signal mask given; what it returns is the exit status. */
int watch_child_start(struct watch_child *child, int (*work)(void *ctx, int fd), void *ctx, const sigset_t *mask,
		      struct xlite_error *err);
/** In the process: tells a word. */
void watch_child_tell(int fd, const struct watch_word *word);
/** What fd has: 1 a word; 0 the process has ended, and with which status (negative: by a signal). */
int watch_child_hear(struct watch_child *child, struct watch_word *word, int *status);

#endif
