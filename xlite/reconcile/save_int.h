/* SPDX-License-Identifier: GPL-2.0-or-later
 * Private to saving: the job that its steps work on.
 */
#ifndef RECONCILE_SAVE_INT_H
#define RECONCILE_SAVE_INT_H

#include <limits.h>

#include "common/buf.h"
#include "xlite/reconcile/again.h"
#include "xlite/reconcile/save.h"

struct save_job {
	struct host *host;
	const struct state_domain *domain;
	const struct save_options *options;
	struct buf text;		/* for xl's header */
	char partial[PATH_MAX];
	int fd;				/* of the file, or options->fd; -1: not open */
	struct xlite_packer *packer;	/* or NULL */
	bool ours;			/* the partial file is there by this run */
	bool asked;			/* the guest was asked, by this run */
	uint64_t bytes;
};

/**
 * Opens the file that will be given its name, empty, locked and readable by its owner only. A guest's memory is nobody
 * else's to read: one that is there already must be what a killed run of the same user has left. Returns it, or -EAGAIN
 * (another run is writing it), -EEXIST, or another.
 */
int save_file_open(const char *partial, struct xlite_error *err);
/** fsync, which a pipe need not know: 0 or a negative errno. */
int save_file_sync(int fd, bool pipe);
/** After it no power failure takes the name away. 0 or a negative errno. */
int save_file_sync_folder(const char *path);

/** Removes the domain whose guest is elsewhere by now, and keeps its record, which says why. Takes the host's lock. */
int save_remove(struct host *host, const struct state_domain *domain, enum again_why why, struct xlite_error *err);
bool save_is_suspended(const struct xlite_domain_info *info);
/** The step that suspends the guest, and its undo. */
int save_suspend(void *job, struct xlite_error *err);
int save_wake(void *job, struct xlite_error *err);

#endif
