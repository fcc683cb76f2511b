/* SPDX-License-Identifier: GPL-2.0-or-later
 * The source's steps of a migration. Writing down that the guest is handed over is the commit: before it every failure
 * ends with the guest running here; after it only the target's word that it will not have the guest does.
 */
#include "xlite/reconcile/migrate.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "xlite/lib/layout.h"
#include "xlite/lib/save.h"
#include "xlite/reconcile/guest_type.h"
#include "xlite/reconcile/save_int.h"
#include "xlite/reconcile/step.h"

/* For the target to look at its host, and to do what it has to with a stream that it has; its own bounds are shorter. */
#define ANSWER_S 120

struct migration {
	struct save_job save;	/* first: its steps are used here */
	const struct migrate_options *options;
	char said[MIGRATE_LINE_MAX];
	bool handed_over;	/* it is written down */
	bool uncertain;		/* and the target may have it */
};

static int link_failed(const struct migration *m, int rc, struct xlite_error *err)
{
	if (rc == -EINTR)
		return xlite_error_set(err, rc, "interrupted");
	if (rc == -EPIPE)
		return xlite_error_set(err, rc, "%s: the link has ended", m->options->target);
	return xlite_error_sys(err, rc, "%s: the link", m->options->target);
}

/* The target's reason, as its own error would tell it. */
static int refused(const struct migration *m, char *said, struct xlite_error *err)
{
	char *hint = strchr(said, '\t');

	if (hint)
		*hint++ = '\0';
	xlite_error_status(err, -ECONNREFUSED, XLITE_CONFLICT, "%s: %.300s", m->options->target, said + 3);
	if (hint && *hint)
		xlite_error_hint(err, "%.200s", hint);
	return -ECONNREFUSED;
}

/* Waits for one of two words; *second tells which. other NULL: there is no second. */
static int hear(struct migration *m, const char *word, const char *other, bool *second, unsigned timeout_s,
		struct xlite_error *err)
{
	int rc = migrate_hear(m->options->link, m->said, timeout_s, m->handed_over ? NULL : m->save.host->interrupted);

	if (rc)
		return link_failed(m, rc, err);
	if (!strncmp(m->said, "no ", 3))
		return refused(m, m->said, err);
	if (second)
		*second = other && !strcmp(m->said, other);
	if (!strcmp(m->said, word) || (other && !strcmp(m->said, other)))
		return 0;
	return xlite_error_set(err, -EPROTO, "%s answers `%.60s', where `%s' is to be", m->options->target, m->said, word);
}

int migrate_check(struct host *host, const struct state_domain *domain, struct xlite_error *err)
{
	char line[MIGRATE_LINE_MAX];
	int rc = save_check(host, domain, err);

	for (size_t i = 0; !rc && i < domain->spec->nr_vbds; i++)
		rc = migrate_disk(&domain->spec->vbds[i], domain->info.domid, line, err);
	return rc;
}

static int say_hello(struct migration *m, bool *here, struct xlite_error *err)
{
	const struct migrate_link *link = m->options->link;
	const struct state_domain *domain = m->save.domain;
	char line[MIGRATE_LINE_MAX], uuid[37];
	int rc = migrate_say(link, MIGRATE_VERSION);

	xlite_uuid_text(domain->info.uuid, uuid);
	if (!rc)
		rc = migrate_say(link, "uuid %s", uuid);
	for (size_t i = 0; !rc && i < domain->spec->nr_vbds; i++) {
		rc = migrate_disk(&domain->spec->vbds[i], domain->info.domid, line, err);
		if (rc)
			return rc;
		rc = migrate_say(link, "disk %s", line);
	}
	if (!rc)
		rc = migrate_say(link, "end");
	return rc && rc != -EPIPE ? link_failed(m, rc, err) : hear(m, "send", "here", here, ANSWER_S, err);
}

static int run_hello(void *ctx, struct xlite_error *err)
{
	struct migration *m = ctx;
	bool here;
	int rc = say_hello(m, &here, err);

	if (rc || !here)
		return rc;
	xlite_error_status(err, -EEXIST, XLITE_CONFLICT, "%s has a domain with its uuid, which runs", m->options->target);
	xlite_error_hint(err, "a guest cannot run twice: its disks would be lost");
	return -EEXIST;
}

static int write_link(void *ctx, const void *bytes, size_t len)
{
	struct migration *m = ctx;
	const char *at = bytes;

	while (len) {
		ssize_t done = write(m->options->link->to, at, len);

		if (done < 0 && errno == EINTR && !host_interrupted(m->save.host))
			continue;
		if (done < 0)
			return -errno;
		at += done;
		len -= (size_t)done;
	}
	return 0;
}

static int hear_ready(void *ctx, struct xlite_error *err)
{
	return hear(ctx, "ready", NULL, NULL, ANSWER_S, err);
}

/* Nothing that is said now is good news. */
static int suspend(void *ctx, struct xlite_error *err)
{
	struct migration *m = ctx;
	struct pollfd link = { .fd = m->options->link->from, .events = POLLIN };

	if (poll(&link, 1, 0) > 0)
		return hear(m, "ready", NULL, NULL, ANSWER_S, err);
	return save_suspend(ctx, err);
}

static void tell_progress(void *ctx, uint64_t done, uint64_t total)
{
	const struct migrate_options *options = ((struct migration *)ctx)->options;

	if (options->progress)
		options->progress(options->progress_ctx, done, total);
}

/* Why the target does not read any more it has said, if it could. */
static int told_instead(struct migration *m, int rc, struct xlite_error *err)
{
	struct xlite_error theirs = { 0 };

	if (rc != -EPIPE || hear(m, "", NULL, NULL, ANSWER_S, &theirs) != -ECONNREFUSED)
		return rc;
	*err = theirs;
	return -ECONNREFUSED;
}

static int run_send(void *ctx, struct xlite_error *err)
{
	struct migration *m = ctx;
	struct save_job *job = &m->save;
	const struct xlite_save_io io = {
		.ctx = m, .write = write_link, .progress = tell_progress, .interrupted = job->host->interrupted
	};
	const struct xlite_save_live live = {
		.ctx = m, .downtime_ms = m->options->downtime_ms, .accepted = hear_ready, .suspend = suspend
	};
	int rc = xlite_save_live(job->host->xen, job->domain->info.domid, guest_type_of(job->domain->spec->type)->build,
				 job->text.data, job->text.len, &io, &live, &job->bytes, err);

	if (rc)
		return told_instead(m, rc, err);
	return migrate_wait_disks(job->host, job->domain, err);
}

static int hear_whole(void *ctx, struct xlite_error *err)
{
	return hear(ctx, "whole", NULL, NULL, ANSWER_S, err);
}

static void where_path(uint32_t domid, char path[48])
{
	snprintf(path, 48, "/libxl/%u/xlite/to", domid);
}

char *migrate_where(struct host *host, uint32_t domid)
{
	char path[48], *where = NULL;

	where_path(domid, path);
	return xlite_store_read(host->store, 0, path, &where, NULL, NULL) ? NULL : where;
}

/* In one transaction, so that who finds it handed over finds where. */
static int write_down(struct migration *m, bool moved, struct xlite_error *err)
{
	const struct state_domain *domain = m->save.domain;
	struct xlite_store_batch *batch = xlite_store_batch_new();
	struct xlite_record record = domain->record;
	char path[48];
	int rc;

	if (!batch)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	record.moved = record.saved = moved;
	where_path(domain->info.domid, path);
	if (moved)
		xlite_store_batch_write(batch, m->options->target, "%s", path);
	else
		xlite_store_batch_rm(batch, "%s", path);
	xlite_record_finish(batch, domain->info.domid, &record);
	rc = xlite_store_batch_apply(m->save.host->store, batch, err);
	xlite_store_batch_free(batch);
	return rc;
}

/*
 * What cannot be said was not heard, and a no is one: then the guest goes on here. Without any answer nobody knows.
 */
static int run_hand_over(void *ctx, struct xlite_error *err)
{
	struct migration *m = ctx;
	int rc = write_down(m, true, err);

	m->handed_over = true;
	if (rc)
		return rc;
	rc = migrate_say(m->options->link, "go");
	if (rc)
		return link_failed(m, rc, err);
	rc = hear(m, "runs", NULL, NULL, ANSWER_S, err);
	m->uncertain = rc && rc != -ECONNREFUSED;
	return m->uncertain ? 0 : rc;
}

static int undo_hand_over(void *ctx, struct xlite_error *err)
{
	struct migration *m = ctx;

	return m->handed_over ? write_down(m, false, err) : 0;
}

static const struct step migrate_steps[] = {
	{ "hello", NULL, run_hello, NULL },
	{ "send", NULL, run_send, save_wake },
	{ "whole", NULL, hear_whole, NULL },
	{ "hand-over", NULL, run_hand_over, undo_hand_over },
	{ NULL, NULL, NULL, NULL },
};

static int remove_here(struct migration *m, struct xlite_error *err)
{
	const struct state_domain *domain = m->save.domain;
	int rc = save_remove(m->save.host, domain, AGAIN_MOVED, err);

	if (!rc)
		return 0;
	xlite_error_prefix(err, "it runs on %s; then", m->options->target);
	xlite_error_hint(err, "`xlite delete --now %.100s' removes what is left of it here", domain->name ? domain->name : "");
	return rc;
}

static void hint_uncertain(const struct migration *m, struct xlite_error *err)
{
	const char *name = m->save.domain->name ? m->save.domain->name : "";

	xlite_error_hint(err,
			 "if `xlite -H %.60s list' shows it, `xlite migrate %.60s %.60s' removes it here; if not, `xlite unpause --force %.60s' lets it go "
			 "on here",
			 m->options->target, name, m->options->target, name);
}

/*
 * An earlier run has handed it over: only that it runs there says what became of it, since a guest that does not
 * may have run, and ended.
 */
static int settle(struct migration *m, struct xlite_error *err)
{
	auto_free char *where = migrate_where(m->save.host, m->save.domain->info.domid);
	bool here = false;
	int rc;

	if (where && strcmp(where, m->options->target)) {
		xlite_error_status(err, -EBUSY, XLITE_CONFLICT, "it is handed over to %s, where it may run", where);
		xlite_error_hint(err, "`xlite migrate %.100s %.100s' asks that host",
				 m->save.domain->name ? m->save.domain->name : "", where);
		return -EBUSY;
	}
	rc = say_hello(m, &here, err);
	if (!rc && here)
		return remove_here(m, err);
	if (rc)
		return rc;
	xlite_error_status(err, -ESTALE, XLITE_CONFLICT,
			   "it is handed over to %s, which does not have it: either it never went on there, or it has ended since",
			   m->options->target);
	hint_uncertain(m, err);
	return -ESTALE;
}

int migrate_domain(struct host *host, const struct state_domain *domain, const struct migrate_options *options,
		   bool *handed_over, struct xlite_error *err)
{
	const struct save_options save = { .timeout_s = options->timeout_s };
	struct migration m = {
		.save = { .host = host, .domain = domain, .options = &save, .text = BUF_INIT, .fd = -1 }, .options = options,
	};
	char again[160];
	int rc;

	*handed_over = state_handed_over(domain);
	if (*handed_over)
		return settle(&m, err);
	snprintf(again, sizeof(again), "`xlite unpause %.100s' resumes the guest", domain->name ? domain->name : "");
	rc = save_text(domain, &m.save.text, err);
	if (!rc)
		rc = steps_walk(host, domain->name, migrate_steps, &m, again, err);
	buf_clear(&m.save.text);
	if (!rc && m.uncertain) {
		*handed_over = true;
		xlite_error_prefix(err, "it is handed over, and not known to run there");
		hint_uncertain(&m, err);
		return err->code ? err->code : -EIO;
	}
	return rc ? rc : remove_here(&m, err);
}
