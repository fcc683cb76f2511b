/* SPDX-License-Identifier: GPL-2.0-or-later
 * A guest that is put to sleep: suspended, written, and its domain removed once all of it is safe; or resumed. Until
 * the file has its name the guest is in its domain, and after any failure it goes on there. (Saved plans are saved.h.)
 */
#ifndef RECONCILE_SAVE_H
#define RECONCILE_SAVE_H

#include "xlite/reconcile/host.h"
#include "xlite/reconcile/state.h"

struct save_options {
	const char *path;		/* of a file that is not there yet; NULL: to fd */
	int fd;				/* a pipe or what else standard output is */
	unsigned timeout_s;		/* for the guest to suspend */
	bool compress;			/* by zstd */
	bool keep;			/* the guest goes on in its domain when all is written */
	/* told how many pages of how many were looked at; or NULL */
	void (*progress)(void *ctx, uint64_t done, uint64_t total);
	void *progress_ctx;
};

/** Checks that the domain, whose details were observed, can be saved at all. */
int save_check(struct host *host, const struct state_domain *domain, struct xlite_error *err);
/**
 * Suspends it, writes it, and removes it with all of its devices (or resumes it: keep). A domain that is suspended
 * already, as a run leaves it that was killed, is written as it is. The guest is waited for without the host's lock.
 * *bytes is what was written.
 */
int save_domain(struct host *host, const struct state_domain *domain, const struct save_options *options,
		uint64_t *bytes, struct xlite_error *err);
/** Lets the guest of a suspended domain go on in it. */
int save_resume(struct host *host, const struct state_domain *domain, struct xlite_error *err);
/** The text of xl's header: what libxl would want to know of the domain, and in x-xlite what xlite does. */
int save_text(const struct state_domain *domain, struct buf *out, struct xlite_error *err);

#endif
