/* SPDX-License-Identifier: GPL-2.0-or-later
 * The steps of saving a domain. Giving the file its name is the commit: before it every failure ends with the guest
 * running in its domain, and a run that is killed leaves the guest suspended there, to be resumed or saved by the next
 * one; after it the domain is removed, and as long as it is there the file is not restored beside it.
 */
#include "xlite/reconcile/save.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "xlite/lib/pack.h"
#include "xlite/lib/save.h"
#include "xlite/reconcile/again.h"
#include "xlite/reconcile/apply.h"
#include "xlite/reconcile/guest_type.h"
#include "xlite/reconcile/save_int.h"
#include "xlite/reconcile/step.h"

#define LOCK_MS 60000
#define PARTIAL ".partial"

int save_check(struct host *host, const struct state_domain *domain, struct xlite_error *err)
{
	const struct guest_type *type = domain->spec ? guest_type_of(domain->spec->type) : NULL;

	if (!state_owned(domain)) {
		xlite_error_status(err, -EPERM, XLITE_CONFLICT, "was not made by xlite");
		xlite_error_hint(err, "`xl save' saves what xl made; `xlite restore' reads that, too");
		return -EPERM;
	}
	if (state_unfinished(domain))
		return xlite_error_status(err, -EBUSY, XLITE_CONFLICT, "its creation was never finished");
	/* A file of it would be a second guest. */
	if (state_handed_over(domain)) {
		xlite_error_status(err, -EBUSY, XLITE_CONFLICT, "its guest is handed over to another host, where it may run");
		xlite_error_hint(err, "the same `xlite migrate' again asks that host");
		return -EBUSY;
	}
	if (!type)
		return xlite_error_set(err, -EINVAL, "its record (/libxl/%u/xlite) cannot be read", domain->info.domid);
	if (type->unsaved)
		return xlite_error_set(err, -EOPNOTSUPP, "%s", type->unsaved);
	/* As `xl rename' gives some. */
	if (!cfg_is_domain_name(domain->spec->name ? domain->spec->name : "")) {
		xlite_error_set(err, -EINVAL, "its name is one that no spec can have, so that it could not be restored");
		xlite_error_hint(err, "rename it first: xl rename");
		return -EINVAL;
	}
	if (!save_is_suspended(&domain->info) && (domain->info.shutdown || domain->info.dying))
		return xlite_error_set(err, -ESRCH, "it does not run: %s", state_word(domain));
	if (domain->info.paused && !save_is_suspended(&domain->info)) {
		xlite_error_set(err, -EBUSY, "the guest is paused, and cannot take part in its suspension");
		xlite_error_hint(err, "`xlite unpause %s' first", domain->name ? domain->name : "");
		return -EBUSY;
	}
	return xlite_save_check(host->xen, type->build, err);
}

/* A file that is there may hold the only copy of another guest. */
static int check_file(void *ctx, struct xlite_error *err)
{
	struct save_job *job = ctx;
	const char *path = job->options->path;
	struct stat st;

	if (!path)
		return 0;
	if ((size_t)snprintf(job->partial, sizeof(job->partial), "%s" PARTIAL, path) >= sizeof(job->partial))
		return xlite_error_set(err, -ENAMETOOLONG, "%s: the name is too long", path);
	if (lstat(path, &st))
		return errno == ENOENT ? 0 : xlite_error_sys(err, -errno, "%s", path);
	xlite_error_status(err, -EEXIST, XLITE_CONFLICT, "%s is there already, and may hold another guest", path);
	xlite_error_hint(err, "choose another name, or remove the file");
	return -EEXIST;
}

/* What a killed run left of it is written over; a run that lives has it locked. */
static int open_file(void *ctx, struct xlite_error *err)
{
	struct save_job *job = ctx;

	if (!job->options->path) {
		job->fd = job->options->fd;
		return 0;
	}
	job->fd = save_file_open(job->partial, err);
	job->ours = job->fd >= 0;
	return job->ours ? 0 : job->fd;
}

static int remove_file(void *ctx, struct xlite_error *err)
{
	struct save_job *job = ctx;
	int rc = job->ours && unlink(job->partial) && errno != ENOENT ? -errno : 0;

	return rc ? xlite_error_sys(err, rc, "remove %s", job->partial) : 0;
}

static int write_all(void *ctx, const void *bytes, size_t len)
{
	struct save_job *job = ctx;
	const char *at = bytes;

	while (len) {
		ssize_t done = write(job->fd, at, len);

		if (done < 0 && errno == EINTR && !host_interrupted(job->host))
			continue;
		if (done < 0)
			return -errno;
		at += done;
		len -= (size_t)done;
	}
	return 0;
}

static int pack_all(void *ctx, const void *bytes, size_t len)
{
	return xlite_packer_write(((struct save_job *)ctx)->packer, bytes, len);
}

/* The end record is written behind the last of them, so that the file is as long as it should be. */
static int leave_hole(void *ctx, size_t len)
{
	struct save_job *job = ctx;

	return lseek(job->fd, (off_t)len, SEEK_CUR) < 0 ? -errno : 0;
}

static void tell_progress(void *ctx, uint64_t done, uint64_t total)
{
	struct save_job *job = ctx;

	if (job->options->progress)
		job->options->progress(job->options->progress_ctx, done, total);
}

static int write_domain(void *ctx, struct xlite_error *err)
{
	struct save_job *job = ctx;
	bool packs = job->options->compress;
	const struct xlite_save_io io = {
		.ctx = job, .write = packs ? pack_all : write_all, .zeros = !packs && job->options->path ? leave_hole : NULL,
		.progress = tell_progress, .interrupted = job->host->interrupted,
	};
	int rc = packs ? xlite_packer_new(&job->packer, write_all, job, err) : 0;

	if (!rc)
		rc = xlite_save_write(job->host->xen, job->domain->info.domid,
				      guest_type_of(job->domain->spec->type)->build, job->text.data, job->text.len, &io,
				      &job->bytes, err);
	if (!rc && packs && (rc = xlite_packer_end(job->packer)))
		xlite_error_sys(err, rc, "write");
	if (rc && job->options->path)
		xlite_error_prefix(err, "%s", job->partial);
	return rc;
}

static int commit(void *ctx, struct xlite_error *err)
{
	struct save_job *job = ctx;
	const char *path = job->options->path;
	int rc;

	/* Of standard output, too, since it may be a file: what the disk has no room for may be told only now. */
	rc = save_file_sync(job->fd, !path);
	if (rc)
		return xlite_error_sys(err, rc, "%s: fsync", path ? job->partial : "standard output");
	if (!path)
		return 0;
	rc = file_rename_new(AT_FDCWD, job->partial, path);
	if (rc)
		return xlite_error_sys(err, rc, "rename %s to %s", job->partial, path);
	job->ours = false;
	rc = save_file_sync_folder(path);
	if (!rc)
		return 0;
	/* It may not be there after a power failure: the guest goes on here, and there must be no copy of it. */
	unlink(path);
	return xlite_error_sys(err, rc, "%s: fsync of its folder", path);
}

static const struct step save_steps[] = {
	{ "file", check_file, open_file, remove_file },
	{ "suspend", NULL, save_suspend, save_wake },
	{ "memory", NULL, write_domain, NULL },
	{ "commit", NULL, commit, NULL },
	{ NULL, NULL, NULL, NULL },
};

int save_remove(struct host *host, const struct state_domain *domain, enum again_why why, struct xlite_error *err)
{
	int rc = host_lock(host, LOCK_MS, err);

	return rc ? rc : again_remove(host, domain, 0, why, err);
}

/* The guest is in the file: its domain goes, and a record stays that keeps watches from building another. */
static int finish(struct save_job *job, struct xlite_error *err)
{
	const struct save_options *options = job->options;
	struct host *host = job->host;
	int rc;

	if (options->keep) {
		rc = save_resume(host, job->domain, err);
	} else {
		rc = save_remove(host, job->domain, AGAIN_SAVED, err);
	}
	if (!rc)
		return 0;
	xlite_error_prefix(err, options->path ? "all of it is in %s; then" : "all of it was written; then", options->path);
	if (!options->keep)
		xlite_error_hint(err,
				 "what is left of its domain keeps the file from being restored: `xlite delete --now %s' removes it",
				 job->domain->name ? job->domain->name : "");
	return rc;
}

int save_domain(struct host *host, const struct state_domain *domain, const struct save_options *options, uint64_t *bytes,
		struct xlite_error *err)
{
	struct save_job job = { .host = host, .domain = domain, .options = options, .text = BUF_INIT, .fd = -1 };
	char again[160];
	int rc = save_text(domain, &job.text, err);

	snprintf(again, sizeof(again), "`xlite unpause %.100s' resumes the guest", domain->name ? domain->name : "");
	if (!rc)
		rc = steps_walk(host, domain->name, save_steps, &job, again, err);
	if (!rc)
		rc = finish(&job, err);
	if (job.fd >= 0 && options->path && close(job.fd) && !rc)
		rc = 0; /* fsync has said all there is to say */
	*bytes = job.bytes;
	xlite_packer_free(job.packer);
	buf_clear(&job.text);
	return rc;
}
