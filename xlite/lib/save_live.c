/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Memory of a guest that runs on while it is written: all of it once, then, round by round, what Xen's log says the guest
 * has written to since (log-dirty), until the rest is little enough to be written while the guest is suspended.
 */
#include <errno.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "xlite/lib/save_int.h"

#include <xen/domctl.h>
#include <xen/memory.h>

_Static_assert(offsetof(struct xen_domctl_shadow_op, dirty_bitmap) == 16 &&
		       offsetof(struct xen_domctl_shadow_op, pages) == 24,
	       "shadow_op");

/*
 * Rounds at most: a guest that writes faster than its memory goes out never comes to the end. Without a time that was
 * named there are as many, and is as little left, as xl has it: further rounds cost more than they save.
 */
#define ROUNDS 5
#define ROUNDS_NAMED 30
#define PAGES_FEW 50
#define DOWNTIME_MS 300

/* Frames that are to be written; all bitmaps are as long as the frames that the domain had at the beginning. */
struct log {
	uint64_t nr_groups;
	size_t bytes;
	uint8_t *dirty;		/* in memory that Xen may write to */
	uint8_t *rest;		/* of the last round before the guest was suspended */
	uint64_t sent, began_ns;	/* bytes, and since when, for the rate */
};

static int shadow_op(struct xlite_save *save, const char *name, uint32_t op, const struct log *log)
{
	struct xen_domctl_shadow_op *call;
	struct xen_batch batch;

	xen_batch_init(&batch, save->xen);
	call = xen_batch_domctl(&batch, name, XEN_WRITES, XEN_DOMCTL_shadow_op, save->domid);
	call->op = op;
	if (log) {
		set_xen_guest_handle_raw(call->dirty_bitmap, log->dirty);
		call->pages = log->nr_groups * STREAM_PAGES_MAX;
	}
	return xen_batch_run(&batch, NULL);
}

/* A run that was killed has left it on. */
static int switch_on(struct xlite_save *save, struct xlite_error *err)
{
	int rc = shadow_op(save, "log-dirty on", XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, NULL);

	if (rc == -EINVAL) {
		shadow_op(save, "log-dirty off", XEN_DOMCTL_SHADOW_OP_OFF, NULL);
		rc = shadow_op(save, "log-dirty on", XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, NULL);
	}
	if (!rc)
		return 0;
	xlite_error_sys(err, rc, "Xen does not log what the guest writes to (shadow_op)");
	xlite_error_hint(err, "`xlite save' and `xlite restore' move the guest without that");
	return rc;
}

/* What was written to since the last time, as bits of log->dirty. Returns how many, or a negative errno. */
static int64_t take_dirty(struct xlite_save *save, struct log *log, struct xlite_error *err)
{
	uint64_t nr = 0, word;
	int rc;

	memset(log->dirty, 0, log->bytes);
	rc = shadow_op(save, "log-dirty clean", XEN_DOMCTL_SHADOW_OP_CLEAN, log);
	if (rc)
		return xlite_error_sys(err, rc, "log of what the guest writes to (shadow_op)");
	for (size_t i = 0; i < log->bytes; i += sizeof(word)) {
		memcpy(&word, log->dirty + i, sizeof(word));
		nr += (unsigned)__builtin_popcountll(word);
	}
	return (int64_t)nr;
}

static bool any_of_group(const struct log *log, uint64_t group)
{
	const uint8_t *at = log->dirty + group * (STREAM_PAGES_MAX / 8);

	return *at || memcmp(at, at + 1, STREAM_PAGES_MAX / 8 - 1);
}

/* The pages of log->dirty that are memory. */
static int write_dirty(struct xlite_save *save, const struct log *log, struct xlite_error *err)
{
	uint64_t types[STREAM_PAGES_MAX], frames[STREAM_PAGES_MAX];
	int rc = 0;

	for (uint64_t group = 0; group < log->nr_groups && !rc; group++) {
		uint64_t first = group * STREAM_PAGES_MAX;
		size_t nr = 0;

		if (!any_of_group(log, group))
			continue;
		rc = save_interrupted(save->io, err);
		if (!rc)
			rc = save_page_types(save, group, 1, types, err);
		for (unsigned i = 0; i < STREAM_PAGES_MAX && !rc; i++) {
			if (log->dirty[(first + i) / 8] >> i % 8 & 1 && save_is_memory(types[i]))
				frames[nr++] = first + i;
		}
		if (!rc && nr)
			rc = save_write_frames(save, frames, nr, err);
	}
	return rc;
}

/* How long pages take at the rate at which all went until now. */
static uint64_t time_ms(const struct xlite_save *save, const struct log *log, uint64_t pages)
{
	uint64_t sent = save->writer.bytes - log->sent, ms = (uint64_t)(clock_now_ns() - (int64_t)log->began_ns) / NS_PER_MS;

	return sent ? pages * STREAM_PAGE_BYTES * (ms + 1) / sent : 0;
}

/* Rounds until the rest is small; that is then in log->rest. */
static int write_rounds(struct xlite_save *save, struct log *log, struct xlite_error *err)
{
	const struct xlite_save_live *live = save->live;
	uint64_t most_ms = live->downtime_ms ? live->downtime_ms : DOWNTIME_MS;
	unsigned rounds = live->rounds ? live->rounds : live->downtime_ms ? ROUNDS_NAMED : ROUNDS;
	int rc = 0;

	for (unsigned round = 1; !rc; round++) {
		int64_t nr = take_dirty(save, log, err);
		uint64_t ms = nr > PAGES_FEW || live->downtime_ms ? time_ms(save, log, (uint64_t)(nr > 0 ? nr : 0)) : 0;

		if (nr < 0)
			return (int)nr;
		if (live->round)
			live->round(live->ctx, round, (uint64_t)nr);
		if (ms <= most_ms || round == rounds) {
			memcpy(log->rest, log->dirty, log->bytes);
			/* Who has named a time means it. */
			return ms <= most_ms || !live->downtime_ms
				       ? 0
				       : xlite_error_set(err, -EBUSY,
							 "the guest writes to its memory faster than it can be sent: the rest would take %llu ms, "
							 "more than %llu, after %u rounds",
							 (unsigned long long)ms, (unsigned long long)most_ms, rounds);
		}
		rc = write_dirty(save, log, err);
	}
	return rc;
}

/* Of a guest that is suspended by now. Its memory may have grown beyond what the log was asked for. */
static int write_rest(struct xlite_save *save, struct log *log, struct xlite_error *err)
{
	uint64_t groups = 0;
	int64_t nr;
	int rc = save_nr_groups(save, &groups, err);

	if (!rc && groups > log->nr_groups)
		return xlite_error_set(err, -EAGAIN, "the guest has got more memory on its way");
	nr = rc ? rc : take_dirty(save, log, err);
	if (nr < 0)
		return (int)nr;
	for (size_t i = 0; i < log->bytes; i++)
		log->dirty[i] |= log->rest[i];
	return write_dirty(save, log, err);
}

static int write_logged(struct xlite_save *save, struct log *log, struct xlite_error *err)
{
	int rc;

	log->sent = save->writer.bytes;
	log->began_ns = (uint64_t)clock_now_ns();
	rc = save_all_memory(save, err);
	if (!rc)
		rc = write_rounds(save, log, err);
	if (!rc)
		rc = save->live->suspend(save->live->ctx, err);
	return rc ? rc : write_rest(save, log, err);
}

int save_live_memory(struct xlite_save *save, struct xlite_error *err)
{
	struct log log = { 0 };
	int rc = save_nr_groups(save, &log.nr_groups, err), off;

	if (rc)
		return rc;
	log.bytes = log.nr_groups * (STREAM_PAGES_MAX / 8);
	log.dirty = save_locked_new(log.bytes);
	log.rest = log.dirty ? save_locked_new(log.bytes) : NULL;
	if (!log.rest)
		rc = xlite_error_sys(err, -errno, "memory for a log of %zu bytes", log.bytes);
	if (!rc)
		rc = switch_on(save, err);
	if (!rc) {
		rc = write_logged(save, &log, err);
		/* In any case: the guest may yet go on here. */
		off = shadow_op(save, "log-dirty off", XEN_DOMCTL_SHADOW_OP_OFF, NULL);
		if (!rc && off)
			rc = xlite_error_sys(err, off, "log of what the guest writes to (shadow_op)");
	}
	save_locked_free(log.rest, log.bytes);
	save_locked_free(log.dirty, log.bytes);
	return rc;
}
