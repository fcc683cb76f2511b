/* SPDX-License-Identifier: GPL-2.0-or-later
 * restore: a guest that was saved goes on, in a domain that is built as apply builds one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "xlite/cli/cli.h"
#include "xlite/lib/pack.h"
#include "xlite/reconcile/restore.h"
#include "xlite/run/carry.h"
#include "xlite/run/planning.h"

#include <xen/sched.h>

/* What restore has in hand. */
struct work {
	struct cli *cli;
	int fd;
	struct xlite_unpacker *unpacker;
	struct xlite_save_io io;
	struct xlite_restore *restore;
	struct restore_text text;
	struct cfg_set *set;
	struct run run;
	struct state state;
	struct plan plan;
};

static ssize_t read_some(void *ctx, void *buffer, size_t len)
{
	const struct work *work = ctx;
	ssize_t got = read(work->fd, buffer, len);

	return got < 0 ? -errno : got;
}

static ssize_t read_unpacked(void *ctx, void *buffer, size_t len)
{
	return xlite_unpacker_read(((struct work *)ctx)->unpacker, buffer, len);
}

static int end_unpacked(void *ctx)
{
	return xlite_unpacker_end(((struct work *)ctx)->unpacker);
}

static void tell_progress(void *ctx, uint64_t done, uint64_t total)
{
	const struct work *work = ctx;

	cli_amount(work->cli->args[0], done, total);
}

static int open_stream(struct work *work, struct xlite_error *err)
{
	const char *path = work->cli->args[0];
	int rc;

	work->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : 0;
	if (work->fd < 0)
		return xlite_error_sys(err, -errno, "open");
	work->io = (struct xlite_save_io){
		.ctx = work, .read = read_unpacked, .end = end_unpacked, .progress = tell_progress, .interrupted = &cli_interrupted,
	};
	rc = xlite_unpacker_new(&work->unpacker, read_some, work, err);
	if (!rc)
		rc = xlite_restore_open(&work->restore, &work->io, err);
	return rc || work->cli->options.spec ? rc : restore_text_read(xlite_restore_head(work->restore), &work->text, err);
}

/* The spec of the file, or that of --spec: one domain, and where its disks are. Returns an exit status. */
static int load_spec(struct work *work)
{
	size_t nr, nr_networks;
	char *spec = (char *)(uintptr_t)work->cli->options.spec;
	int status = 0;

	if (spec) {
		status = cli_load(work->cli, &spec, 1, &work->set);
	} else {
		work->set = cfg_set_new();
		if (!work->set || cfg_set_parse(work->set, work->text.foreign ? work->cli->args[0] : CFG_RECORD, work->text.spec.data,
						work->text.spec.len) || cfg_set_check(work->set)) {
			if (work->set)
				cli_print_diags(work->set);
			fprintf(stderr, "xlite: %s: what is told above is of the configuration in it; --spec FILE gives another\n", work->cli->args[0]);
			status = XLITE_BAD_SPEC;
		}
	}
	if (status)
		return status;
	cfg_set_domains(work->set, &nr);
	cfg_set_networks(work->set, &nr_networks);
	if (nr == 1 && !nr_networks)
		return 0;
	fprintf(stderr, "xlite: %s: %zu domains and %zu networks, where one domain is needed\n", spec ? spec : work->cli->args[0], nr,
		nr_networks);
	return XLITE_BAD_SPEC;
}

/* A guest is in one place: nobody may have its name or its uuid, but for what a restore has left that was killed. */
static int check_free(const struct work *work, struct xlite_error *err)
{
	const struct plan_item *item = &work->plan.items[0];
	const struct state_domain *have = item->have;

	if (have && !state_unfinished(have)) {
		xlite_error_status(err, -EBUSY, XLITE_CONFLICT, "domain %s (domid %u, %s) is there, and has its name or its uuid",
				   have->name ? have->name : "without a name", have->info.domid, state_word(have));
		if (have->info.shutdown && have->info.shutdown_reason == SHUTDOWN_suspend)
			xlite_error_hint(err, "it may be what this was saved of: `xlite unpause' resumes the guest there, `xlite delete --now' removes it");
		else
			xlite_error_hint(err, "a guest cannot run twice: its disks would be lost");
		return -EBUSY;
	}
	if (item->action == PLAN_REFUSED)
		return plan_refused(item, err);
	if (item->want->state == CFG_STATE_STOPPED)
		return xlite_error_status(err, -EINVAL, XLITE_BAD_SPEC, "its spec says that it is stopped");
	return 0;
}

/* Documents of volumes say where its disks are: the guest goes on with those that it had, and none is made for it. */
static int check_volumes(const struct work *work, struct xlite_error *err)
{
	for (size_t i = 0; i < work->plan.nr_volumes; i++) {
		const struct plan_item *item = &work->plan.volumes[i];

		if (item->action == PLAN_NONE)
			continue;
		if (item->action == PLAN_REFUSED) {
			xlite_error_status(err, -EBUSY, item->status, "volume %s: %s", item->name, item->reason);
			xlite_error_hint(err, "%s", item->hint);
		} else {
			xlite_error_set(err, -EBUSY, "volume %s would be %s, which restore does not do", item->name,
					item->action == PLAN_CREATE ? "created" : "changed");
			xlite_error_hint(err, "`xlite apply' of its document alone does that");
		}
		return -EBUSY;
	}
	return 0;
}

/* What is left of the domain is not what the guest is in: that is the file. */
static int remove_left(const struct work *work, struct xlite_error *err)
{
	const struct state_domain *have = work->plan.items[0].have;

	return have ? apply_destroy(work->run.host, have->info.domid, have->info.uuid, 0, err) : 0;
}

static int carry_out(struct work *work, uint32_t *domid, struct xlite_error *err)
{
	struct cli *cli = work->cli;
	struct apply_options options = {
		.set = work->text.set.len ? buf_str(&work->text.set) : NULL, .restore = work->restore, .paused = cli->options.paused,
		.next = work->text.next.len ? buf_str(&work->text.next) : NULL,
	};
	int rc = planning_look_to_act(&work->run, work->set, &work->state, &work->plan, err);

	if (!rc)
		rc = check_free(work, err);
	if (!rc)
		rc = check_volumes(work, err);
	if (!rc)
		rc = remove_left(work, err);
	if (!rc)
		rc = apply_create(work->run.host, work->plan.items[0].want, &options, domid, err);
	cli_amount(NULL, 0, 0);
	if (!rc)
		run_clean_stale(&work->run, &work->state);
	return rc;
}

static void log_restored(struct work *work, uint32_t domid, const struct xlite_error *err)
{
	struct run_log_entry entry = {
		.kind = "domain", .name = work->plan.items[0].name, .result = err ? "failed" : "restored", .err = err, .domid = domid,
	};

	run_log_write(work->run.log, &entry);
}

static int restore(struct work *work)
{
	struct run_objects objects = RUN_OBJECTS_INIT;
	struct xlite_error err = { 0 };
	uint32_t domid = 0;
	struct host host;
	int rc;

	cli_catch_signals();
	if (cli_host_open(work->cli, &host, &err))
		return cli_fail(&err);
	cli_run_init(work->cli, &host, &work->run);
	work->run.objects = &objects;
	/* In the place of what its record says, which is that it was saved. */
	work->run.options.replace = true;
	rc = carry_out(work, &domid, &err);
	if (work->plan.nr && (domid || !rc))
		log_restored(work, domid, rc ? &err : NULL);
	if (rc)
		xlite_error_prefix(&err, "%s", work->plan.nr ? work->plan.items[0].name : work->cli->args[0]);
	if (work->plan.nr)
		host_report(&host, &(struct host_event){ .type = "result", .domain = work->plan.items[0].name,
							 .status = rc ? "failed" : "restored", .err = rc ? &err : NULL });
	if (!rc)
		cli_result(work->cli, work->plan.items[0].name, "restored");
	plan_clear(&work->plan);
	state_clear(&work->state);
	cli_host_close(work->cli, &host);
	run_objects_release(&objects);
	return rc ? cli_fail(&err) : 0;
}

int verb_restore(struct cli *cli)
{
	struct work work = { .cli = cli, .fd = -1 };
	struct xlite_error err = { 0 };
	int status = 0;

	if (!strcmp(cli->args[0], "-") && getenv(CLI_ATTACHED))
		return cli_bad_usage(cli, "standard input does not come through -H: name a file of that host");
	if (open_stream(&work, &err)) {
		xlite_error_prefix(&err, "%s", cli->args[0]);
		status = cli_fail(&err);
	}
	if (!status)
		status = load_spec(&work);
	if (!status)
		status = restore(&work);
	cfg_set_free(work.set);
	restore_text_clear(&work.text);
	xlite_restore_free(work.restore);
	xlite_unpacker_free(work.unpacker);
	if (work.fd > 0)
		close(work.fd);
	return status;
}
