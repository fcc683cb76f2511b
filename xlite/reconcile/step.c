/* SPDX-License-Identifier: GPL-2.0-or-later
 * Walks steps forwards, and back when one fails. What could not be undone is told, each part of it.
 */
#include "xlite/reconcile/step.h"

#include <errno.h>

#include "common/buf.h"

/* As much of the undoing's own words as leaves room for what is to be done about it. */
#define LIST_MAX 480

/* Undoes the steps up to `failed`, last first; it may have done a part of its work. */
static void walk_back(struct host *host, const char *domain, const struct step *steps, size_t failed, void *job,
		      struct buf *left)
{
	for (size_t i = failed + 1; i-- > 0;) {
		struct xlite_error undo = { 0 };
		int64_t start = host_start_ns(host);

		if (!steps[i].undo)
			continue;
		if (!steps[i].undo(job, &undo)) {
			host_tell(host, "undo", domain, steps[i].name, "done", start, NULL);
			continue;
		}
		host_tell(host, "undo", domain, steps[i].name, "failed", start, &undo);
		buf_printf(left, "%sstep %s (%s)", left->len ? ", " : "", steps[i].name, undo.message);
	}
}

static void fall_back(struct host *host, const char *domain, const struct step *steps, size_t failed, void *job,
		      const char *again, struct xlite_error *err)
{
	const volatile int *interrupted = host->interrupted;
	auto_buf struct buf left = BUF_INIT;

	/* What undoes an interrupted run may have to wait, too. */
	host->interrupted = NULL;
	walk_back(host, domain, steps, failed, job, &left);
	host->interrupted = interrupted;
	if (left.failed)
		xlite_error_left(err, "some steps, and memory ran out; %s", again);
	else if (left.len)
		xlite_error_left(err, "%.*s%s; %s", LIST_MAX, buf_str(&left), left.len > LIST_MAX ? "..." : "", again);
}

int steps_check(const struct step *steps, void *job, const struct step **failed, struct xlite_error *err)
{
	for (; steps->name; steps++) {
		int rc = steps->check ? steps->check(job, err) : 0;

		if (rc && failed)
			*failed = steps;
		if (rc)
			return rc;
	}
	return 0;
}

static int check_all(struct host *host, const char *domain, const struct step *steps, void *job, struct xlite_error *err)
{
	const struct step *failed;
	int rc = steps_check(steps, job, &failed, err);

	if (rc)
		host_tell(host, "step", domain, failed->name, "failed", 0, err);
	return rc;
}

static int run_one(struct host *host, const struct step *step, void *job, struct xlite_error *err)
{
	if (host->interrupted && *host->interrupted)
		return xlite_error_set(err, -EINTR, "interrupted before step %s; what was done is undone", step->name);
	return step->run(job, err);
}

int steps_walk(struct host *host, const char *domain, const struct step *steps, void *job, const char *again,
	       struct xlite_error *err)
{
	int rc = check_all(host, domain, steps, job, err);

	for (size_t i = 0; !rc && steps[i].name; i++) {
		int64_t start = host_start_ns(host);

		if (!steps[i].run)
			continue;
		host_tell(host, "step", domain, steps[i].name, "start", 0, NULL);
		rc = run_one(host, &steps[i], job, err);
		host_tell(host, "step", domain, steps[i].name, rc ? "failed" : "done", start, rc ? err : NULL);
		if (rc)
			fall_back(host, domain, steps, i, job, again, err);
	}
	return rc;
}
