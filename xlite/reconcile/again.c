/* SPDX-License-Identifier: GPL-2.0-or-later
 * Records that outlive their domain while it is built anew.
 */
#include "xlite/reconcile/again.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/auto.h"
#include "xlite/reconcile/claims.h"
#include "xlite/reconcile/observe.h"
#include "xlite/reconcile/record_spec.h"

#define LOCK_MS 60000

void again_keep_formats(const struct cfg_domain *had, struct cfg_domain *want)
{
	for (size_t i = 0; i < want->nr_vbds; i++) {
		for (size_t k = 0; k < had->nr_vbds; k++) {
			if (had->vbds[k].format == want->vbds[i].format && claims_same_disk(&had->vbds[k], &want->vbds[i]))
				want->vbds[i].format_given = true;
		}
	}
}

/* What is left of the domain while it has gone; the spec is text's. */
static void kept_record(struct xlite_record *kept, const struct cfg_domain *want, const char *set,
			const struct xlite_record_ends *ends, struct buf *text)
{
	*kept = (struct xlite_record){ .format = 1, .finished = true, .again = true, .ends = *ends, .set = (char *)set };
	xlite_uuid_text(want->uuid, kept->uuid);
	cfg_print(want, false, text);
	kept->spec = (char *)buf_str(text);
}

/* Until the domain's nodes go its record stays as it is, since that says what they are; but for what is to become of it. */
static int mark(struct host *host, const struct state_domain *have, const struct xlite_record *kept, struct xlite_error *err)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	struct xlite_record record = have->record;
	int rc;

	if (!batch)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	record.ends = kept->ends;
	record.again = kept->again;
	record.off = kept->off;
	record.stopped = kept->stopped;
	record.saved = kept->saved;
	record.moved = kept->moved;
	xlite_record_finish(batch, have->info.domid, &record);
	rc = xlite_store_batch_apply(host->store, batch, err);
	xlite_store_batch_free(batch);
	return rc;
}

int again_destroy(struct host *host, const struct state_domain *have, unsigned timeout_s, const struct cfg_domain *want,
		  const struct xlite_record_ends *ends, struct xlite_error *err)
{
	auto_buf struct buf text = BUF_INIT;
	struct xlite_record kept;
	int rc;

	kept_record(&kept, want, have->record.set, ends, &text);
	if (text.failed)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	rc = mark(host, have, &kept, err);
	return rc ? rc : apply_destroy_keeping(host, have->info.domid, have->info.uuid, timeout_s, &kept, err);
}

int again_remove(struct host *host, const struct state_domain *have, unsigned timeout_s, enum again_why why,
		 struct xlite_error *err)
{
	auto_buf struct buf text = BUF_INIT;
	struct xlite_record kept;
	int rc;

	kept_record(&kept, have->next ? have->next : have->spec, have->record.set, &have->record.ends, &text);
	if (text.failed)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	/* What was applied last, not what the domain has become since: documents are compared with it. */
	if (!have->next)
		kept.spec = have->record.spec;
	kept.again = false;
	kept.off = why == AGAIN_ENDED;
	kept.stopped = why == AGAIN_STOPPED;
	kept.saved = why == AGAIN_SAVED || why == AGAIN_MOVED;
	kept.moved = why == AGAIN_MOVED;
	rc = mark(host, have, &kept, err);
	return rc ? rc : apply_destroy_keeping(host, have->info.domid, have->info.uuid, timeout_s, &kept, err);
}

int again_stay(struct host *host, const struct state_stale *stale, struct xlite_error *err)
{
	struct state_domain gone = { .info.domid = stale->domid };
	struct xlite_record kept;
	int rc = host_lock(host, LOCK_MS, err);

	if (!rc)
		rc = xlite_record_read(host->store, &gone.info.domid, 1, &gone.record, err);
	if (rc)
		return rc;
	if (gone.record.off && !strcmp(gone.record.uuid, stale->record.uuid)) {
		kept = gone.record;
		kept.off = false;
		kept.stopped = true;
		rc = mark(host, &gone, &kept, err);
	} else {
		rc = xlite_error_status(err, -ESTALE, XLITE_AGAIN, "another command started it, or gave it up");
	}
	xlite_record_clear(&gone.record);
	return rc;
}

void again_forget(struct host *host, uint32_t domid)
{
	struct xlite_domain_info info;
	char path[32];

	/* A number may have become another domain's. */
	if (xlite_domain_info(host->xen, domid, &info, NULL) != -ESRCH)
		return;
	snprintf(path, sizeof(path), "/libxl/%u", domid);
	xlite_store_remove(host->store, 0, path, NULL);
}

/* What waits for the domain's next boot, where the run that built it anew did not come to remove its nodes. */
static int read_next(struct host *host, uint32_t domid, struct xlite_record *next, struct xlite_error *err)
{
	char path[40];
	const char *paths[] = { path };

	snprintf(path, sizeof(path), "/libxl/%u/xlite/next", domid);
	return xlite_record_read_at(host->store, paths, 1, next, err);
}

/* The spec that the domain was being built from. */
static int read_want(struct host *host, uint32_t domid, const struct xlite_record *record, struct cfg_domain **want,
		     struct xlite_error *err)
{
	struct cfg_set *set = NULL, *next_set = NULL;
	struct cfg_domain *had = record_spec(record, &set), *spec = had;
	struct xlite_record next = { 0 };
	int rc = record->waits ? read_next(host, domid, &next, err) : 0;

	if (!rc && record->waits)
		spec = record_spec(&next, &next_set);
	*want = !rc && spec ? cfg_domain_copy(spec) : NULL;
	if (*want) {
		(*want)->state = CFG_STATE_RUNNING;
		if (had)
			again_keep_formats(had, *want);
	} else if (!rc) {
		rc = xlite_error_set(err, -EINVAL, "its record (/libxl/%u/xlite) cannot be read", domid);
	}
	xlite_record_clear(&next);
	cfg_set_free(next_set);
	cfg_set_free(set);
	return rc;
}

bool again_not_started(const struct state_domain *domain)
{
	struct cfg_set *set;
	const struct cfg_domain *spec;
	bool due;

	if (!domain->record.finished || !domain->info.paused || domain->info.cpu_time_ns)
		return false;
	spec = record_spec(&domain->record, &set);
	due = spec && spec->state == CFG_STATE_RUNNING;
	cfg_set_free(set);
	return due;
}

/*
 * 1: the domain is there by now; what was written of it as finished, and not unpaused any more, is. 0: it is not; one whose
 * creation was not finished is removed.
 */
static int settle_twin(struct host *host, uint32_t domid, const uint8_t uuid[16], struct xlite_error *err)
{
	struct state state = { 0 };
	uint32_t twin = 0;
	bool unfinished, due;
	int rc = apply_twin(host, domid, uuid, &twin, err);

	if (rc || !twin)
		return rc;
	rc = observe_domain(host, twin, &state, err);
	if (rc)
		return rc == -ESRCH ? 0 : rc;
	unfinished = state_unfinished(state.domains);
	due = again_not_started(state.domains);
	state_clear(&state);
	if (unfinished)
		return apply_destroy(host, twin, uuid, 0, err);
	rc = due ? xlite_domain_unpause(host->xen, twin, err) : 0;
	return rc ? rc : 1;
}

static int build(struct host *host, const struct cfg_domain *want, const struct state_stale *stale,
		 const struct xlite_record_ends *ends, uint32_t *domid, struct xlite_error *err)
{
	struct apply_options options = { .set = stale->record.set, .ends = ends };
	auto_buf struct buf text = BUF_INIT;
	struct xlite_record kept;
	int rc;

	kept_record(&kept, want, stale->record.set, ends, &text);
	if (text.failed)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	/* One that was to stay away does so if it cannot be built. */
	kept.again = stale->record.again;
	kept.off = stale->record.off;
	kept.stopped = stale->record.stopped;
	kept.saved = stale->record.saved;
	kept.moved = stale->record.moved;
	rc = apply_clean_keeping(host, stale, &kept, err);
	if (!rc)
		rc = apply_create(host, want, &options, domid, err);
	if (!rc)
		again_forget(host, stale->domid);
	return rc;
}

static bool is_due(const struct xlite_record *seen, const struct xlite_record *now)
{
	return now->again || (seen->off && now->off) || (seen->stopped && now->stopped);
}

int apply_resume(struct host *host, const struct state_stale *stale, const struct xlite_record_ends *ends, uint32_t *domid,
		 struct xlite_error *err)
{
	struct state_stale now = { .domid = stale->domid };
	struct cfg_domain *want = NULL;
	uint8_t uuid[16];
	int rc = host_lock(host, LOCK_MS, err);

	*domid = 0;
	if (!rc)
		rc = xlite_record_read(host->store, &now.domid, 1, &now.record, err);
	if (rc)
		return rc;
	/* Else another run was faster, or was told to give it up. */
	if (is_due(&stale->record, &now.record) && !strcmp(now.record.uuid, stale->record.uuid) &&
	    !xlite_uuid_parse(now.record.uuid, uuid)) {
		rc = settle_twin(host, now.domid, uuid, err);
		if (rc > 0)
			rc = apply_clean_stale(host, &now, err);
		else if (!rc && !(rc = read_want(host, now.domid, &now.record, &want, err)))
			rc = build(host, want, &now, ends, domid, err);
	}
	cfg_domain_free(want);
	xlite_record_clear(&now.record);
	return rc;
}
