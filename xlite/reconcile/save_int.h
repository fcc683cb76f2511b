/* SPDX-License-Identifier: GPL-2.0-or-later
 * Private to saving: the job that its steps work on.
 */
#ifndef RECONCILE_SAVE_INT_H
#define RECONCILE_SAVE_INT_H

#include <limits.h>

#include "common/buf.h"
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

bool save_is_suspended(const struct xlite_domain_info *info);
/** The step that suspends the guest, and its undo. */
int save_suspend(void *job, struct xlite_error *err);
int save_wake(void *job, struct xlite_error *err);

#endif
