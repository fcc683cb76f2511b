/* SPDX-License-Identifier: GPL-2.0-or-later
 * Asking a guest to suspend, by control/shutdown in XenStore, and letting one go on that has.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/auto.h"
#include "common/clock.h"
#include "xlite/reconcile/apply.h"
#include "xlite/reconcile/save_int.h"

#include <xen/sched.h>

/*
 * A guest that was told to stay may have begun to suspend before it read that: just now, or (Linux gives its
 * processes 20 s to freeze) before.
 */
#define LATE_MS 3000
#define FREEZE_MS 25000
/* After which it is asked again. */
#define AGAIN_MS 10000
/* For a guest to connect its disks. */
#define DISKS_MS 20000
#define CONNECTED "4"	/* xen/io/xenbus.h: XenbusStateConnected */

bool save_is_suspended(const struct xlite_domain_info *info)
{
	return info->shutdown && !info->dying && info->shutdown_reason == SHUTDOWN_suspend;
}

static int look(struct save_job *job, struct xlite_domain_info *info, struct xlite_error *err)
{
	int rc = xlite_domain_info(job->host->xen, job->domain->info.domid, info, err);

	if (!rc && memcmp(info->uuid, job->domain->info.uuid, 16))
		rc = xlite_error_status(err, -ESTALE, XLITE_AGAIN, "domid %u belongs to another domain by now", info->domid);
	return rc;
}

static const char *node(const struct save_job *job, char path[64])
{
	snprintf(path, 64, "/local/domain/%u/control/shutdown", job->domain->info.domid);
	return path;
}

/* The guest empties the node when it has read it. */
static bool has_read(const struct save_job *job)
{
	auto_free char *value = NULL;
	char path[64];
	size_t len;

	return !xlite_store_read(job->host->store, 0, node(job, path), &value, &len, NULL) && !len;
}

static int tell_late(const struct save_job *job, struct xlite_error *err)
{
	unsigned timeout_s = job->options->timeout_s;

	if (has_read(job))
		return xlite_error_set(err, -ETIMEDOUT,
				       "the guest has read that it is to suspend, and not done so within %u s",
				       timeout_s);
	xlite_error_set(err, -ETIMEDOUT, "the guest has not read that it is to suspend within %u s", timeout_s);
	xlite_error_hint(err, "its kernel needs support for suspending on Xen, and a driver that reads control/shutdown");
	return -ETIMEDOUT;
}

/*
 * Linux gives up, without a word, when one of its drivers is not ready for it, as just after it was restored; it is
 * asked again then. One that is only slow does not read that any more: save_resume takes it back.
 */
static int ask(struct save_job *job, struct xlite_error *err)
{
	int64_t deadline_ns = clock_deadline_ms((int64_t)job->options->timeout_s * 1000);
	uint32_t domid = job->domain->info.domid;
	char path[64];
	int rc;

	do {
		int64_t slice_ns = clock_deadline_ms(AGAIN_MS);

		rc = xlite_store_write(job->host->store, 0, node(job, path), "suspend", err);
		job->asked = job->asked || !rc;
		if (!rc)
			rc = apply_wait_stopped(job->host, domid, slice_ns < deadline_ns ? slice_ns : deadline_ns, err);
	} while (rc == -ETIMEDOUT && clock_now_ns() < deadline_ns);
	if (rc != -ETIMEDOUT)
		return rc;
	*err = (struct xlite_error){ 0 };
	return tell_late(job, err);
}

/* Whether all disks are connected, at both ends: which there are the backends say, and the guest's word is only waited for. */
static bool disks_connected(struct save_job *job)
{
	static const char *const kinds[] = { "vbd", "qdisk" };
	struct xlite_store_batch *list = xlite_store_batch_new(), *read = xlite_store_batch_new();
	uint32_t domid = job->domain->info.domid;
	bool connected = true;
	const char *devid;
	size_t nr = 0;

	for (size_t i = 0; list && i < ARRAY_SIZE(kinds); i++)
		xlite_store_batch_list(list, "/local/domain/0/backend/%s/%u", kinds[i], domid);
	if (list && read && !xlite_store_batch_run(job->host->store, list, NULL)) {
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
			for (size_t k = 0; (devid = xlite_store_batch_child(list, i, k)); k++, nr += 2) {
				xlite_store_batch_read(read, "/local/domain/0/backend/%s/%u/%s/state", kinds[i], domid, devid);
				xlite_store_batch_read(read, "/local/domain/%u/device/vbd/%s/state", domid, devid);
			}
		}
		connected = !xlite_store_batch_run(job->host->store, read, NULL);
		for (size_t i = 0; i < nr && connected; i++) {
			const char *state = xlite_store_batch_value(read, i, NULL);

			connected = state && !strcmp(state, CONNECTED);
		}
	}
	xlite_store_batch_free(list);
	xlite_store_batch_free(read);
	return connected;
}

/*
 * Linux dies (a BUG in its blkfront) when it is suspended a second time before it has connected its disks after the
 * first: as one is that has just been restored. A guest without a driver for its disks never connects them, and is
 * asked when the time is up.
 */
static int wait_disks(struct save_job *job, struct xlite_error *err)
{
	const struct timespec pause = { .tv_nsec = 100 * NS_PER_MS };
	int64_t deadline_ns = clock_deadline_ms(DISKS_MS);

	while (!disks_connected(job) && clock_now_ns() < deadline_ns) {
		if (host_interrupted(job->host))
			return xlite_error_set(err, -EINTR, "interrupted");
		nanosleep(&pause, NULL);
	}
	return 0;
}

int save_suspend(void *ctx, struct xlite_error *err)
{
	struct save_job *job = ctx;
	struct xlite_domain_info info;
	int rc = look(job, &info, err);

	if (rc || save_is_suspended(&info))
		return rc;
	rc = wait_disks(job, err);
	if (!rc)
		rc = ask(job, err);
	if (!rc)
		rc = look(job, &info, err);
	if (!rc && !save_is_suspended(&info))
		rc = xlite_error_set(err, -ESRCH, "the guest has not suspended: it has shut down, rebooted or crashed instead");
	return rc;
}

/* A run that was killed between the two may have written that it is saved and to be removed. */
static int forget_saved(struct host *host, const struct state_domain *domain, struct xlite_error *err)
{
	struct xlite_store_batch *batch;
	struct xlite_record record = domain->record;
	int rc;

	if (!record.saved && !record.moved)
		return 0;
	batch = xlite_store_batch_new();
	if (!batch)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	record.saved = record.moved = false;
	xlite_record_finish(batch, domain->info.domid, &record);
	rc = xlite_store_batch_apply(host->store, batch, err);
	xlite_store_batch_free(batch);
	return rc;
}

int save_resume(struct host *host, const struct state_domain *domain, struct xlite_error *err)
{
	char path[64];
	int rc = forget_saved(host, domain, err);

	/* A guest that was asked twice would follow a second time, and nobody would be there to let it go on. */
	snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown", domain->info.domid);
	if (!rc)
		rc = xlite_store_write(host->store, 0, path, "", err);
	if (!rc)
		rc = xlite_domain_resume(host->xen, domain->info.domid, err);
	return rc ? rc : xlite_store_resume(host->store, domain->info.domid, err);
}

/* Takes the question back, then looks whether the guest had followed. */
int save_wake(void *ctx, struct xlite_error *err)
{
	struct save_job *job = ctx;
	struct xlite_domain_info info;
	char path[64];
	int rc = look(job, &info, err);

	if (!rc && !info.shutdown && job->asked) {
		bool late = has_read(job);

		rc = xlite_store_write(job->host->store, 0, node(job, path), "", err);
		if (!rc)
			apply_wait_stopped(job->host, info.domid, clock_deadline_ms(late ? FREEZE_MS : LATE_MS), NULL);
		if (!rc)
			rc = look(job, &info, err);
	}
	return !rc && save_is_suspended(&info) ? save_resume(job->host, job->domain, err) : rc;
}
