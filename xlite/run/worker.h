/* SPDX-License-Identifier: GPL-2.0-or-later
 * One item of a plan carried out in a process of its own, which tells its parent by messages what it does.
 */
#ifndef RUN_WORKER_H
#define RUN_WORKER_H

#include <sys/types.h>

#include "xlite/reconcile/apply.h"

struct worker {
	pid_t pid;
	int fd;			/* the end of a pipe from which its messages are read */
	char done[16];		/* its result ("created"), when it has told it */
	uint32_t domid;		/* of what it built, or 0 */
	bool finished;
	bool waits;		/* it waits for its guest, and has given up the host's lock */
	bool wants;		/* it asks for the lock again: see worker_go_on */
	int answer;		/* the end of a pipe to which the answer to that is written */
};

/**
 * Begins to carry the item out. The process opens its own connections, keeps the host's lock as long as it lives, and
 * dies with its parent. Its commits to XenStore take turns with those of the other workers by gate
 * (xlite_store_set_gate). It ignores SIGINT, which a terminal sends to all: worker_stop says when to stop.
 */
int worker_start(struct worker *worker, struct host *host, int gate, const struct plan_item *item,
		 const struct apply_options *options, struct xlite_error *err);
/**
 * Takes one message, when fd is readable, and reports it on host. Returns 1 while there is more to come; when the
 * worker has ended 0, with done, or the error that it met: one that was killed is an error, too.
 */
int worker_hear(struct worker *worker, struct host *host, const struct plan_item *item, struct xlite_error *err);
/** Tells a worker that wants the lock that it is held again, or with an error that it cannot be had. */
void worker_go_on(struct worker *worker, const struct xlite_error *err);
/** Asks it to stop after its current step and to undo. */
void worker_stop(const struct worker *worker);

#endif
