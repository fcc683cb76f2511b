/* SPDX-License-Identifier: GPL-2.0-or-later
 * restore: a guest that was saved goes on, in a domain that is built as apply builds one. receive: so does one that
 * comes from another host, when that has said so.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "xlite/cli/cli.h"
#include "xlite/lib/pack.h"
#include "xlite/reconcile/migrate.h"
#include "xlite/reconcile/observe.h"
#include "xlite/reconcile/restore.h"
#include "xlite/run/carry.h"
#include "xlite/run/planning.h"

#include <xen/sched.h>

/* For the source to say that the guest goes on here: it has nothing else to do by then. */
#define GO_S 60

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
	const struct migrate_link *link;	/* it comes from another host; or NULL */
	struct migrate_hello hello;
	bool runs;		/* and it does here: the source must not hear anything else */
};

static ssize_t read_some(void *ctx, void *buffer, size_t len)
{
	const struct work *work = ctx;
	ssize_t got = read(work->fd, buffer, len);

	return got < 0 ? -errno : got;
}

static int say(const struct work *work, const char *word, struct xlite_error *err)
{
	int rc = migrate_say(work->link, "%s", word);

	return rc ? xlite_error_sys(err, rc, "the link") : 0;
}

static int say_ready(void *ctx, struct xlite_error *err)
{
	return say(ctx, "ready", err);
}

/*
 * All is here. The other host has written down that it is, and only then says that the guest goes on here: after
 * it, it does not there.
 */
static int hear_go(void *ctx, struct xlite_error *err)
{
	const struct work *work = ctx;
	char line[MIGRATE_LINE_MAX];
	int rc = say(work, "whole", err);

	if (!rc)
		rc = migrate_hear(work->link, line, GO_S, &cli_interrupted);
	if (rc && !err->code)
		return xlite_error_sys(err, rc, "the other host has not said that the guest is to go on here");
	return rc || !strcmp(line, "go")
		       ? rc
		       : xlite_error_set(err, -EBADMSG, "`%.60s' is not what is to be on the link", line);
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
	const char *path;
	int rc;

	if (work->link) {
		work->io = (struct xlite_save_io){
			.ctx = work, .read = read_some, .accepted = say_ready, .interrupted = &cli_interrupted,
		};
		rc = xlite_restore_open(&work->restore, &work->io, err);
		return rc ? rc : restore_text_read(xlite_restore_head(work->restore), &work->text, err);
	}
	path = work->cli->args[0];
	work->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : 0;
	if (work->fd < 0)
		return xlite_error_sys(err, -errno, "open");
	work->io = (struct xlite_save_io){
		.ctx = work,
		.read = read_unpacked,
		.end = end_unpacked,
		.progress = tell_progress,
		.interrupted = &cli_interrupted,
	};
	rc = xlite_unpacker_new(&work->unpacker, read_some, work, err);
	if (!rc)
		rc = xlite_restore_open(&work->restore, &work->io, err);
	return rc || work->cli->options.spec ? rc : restore_text_read(xlite_restore_head(work->restore), &work->text, err);
}

static const char *source_of(const struct work *work)
{
	return work->link ? "the other host" : work->cli->args[0];
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
		if (!work->set ||
		    cfg_set_parse(work->set, work->text.foreign ? source_of(work) : CFG_RECORD, work->text.spec.data,
				  work->text.spec.len) ||
		    cfg_set_check(work->set)) {
			if (work->set)
				cli_print_diags(work->set);
			fprintf(stderr,
				"xlite: %s: what is told above is of the configuration in it; --spec FILE gives another\n",
				source_of(work));
			status = XLITE_BAD_SPEC;
		}
	}
	if (status)
		return status;
	cfg_set_domains(work->set, &nr);
	cfg_set_networks(work->set, &nr_networks);
	if (nr == 1 && !nr_networks)
		return 0;
	fprintf(stderr, "xlite: %s: %zu domains and %zu networks, where one domain is needed\n",
		spec ? spec : source_of(work), nr, nr_networks);
	return XLITE_BAD_SPEC;
}

/* A guest is in one place: nobody may have its name or its uuid, but for what a restore has left that was killed. */
static int check_free(const struct work *work, struct xlite_error *err)
{
	const struct plan_item *item = &work->plan.items[0];
	const struct state_domain *have = item->have;

	if (have && !state_unfinished(have)) {
		xlite_error_status(err, -EBUSY, XLITE_CONFLICT,
				   "domain %s (domid %u, %s) is there, and has its name or its uuid",
				   have->name ? have->name : "without a name", have->info.domid, state_word(have));
		if (have->info.shutdown && have->info.shutdown_reason == SHUTDOWN_suspend)
			xlite_error_hint(
				err,
				"it may be what this was saved of: `xlite unpause' resumes the guest there, `xlite delete --now' removes it");
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
	const struct apply_arrival arrival = { .ctx = work, .whole = hear_go };
	struct apply_options options = {
		.set = work->text.set.len ? buf_str(&work->text.set) : NULL,
		.restore = work->restore,
		.paused = cli->options.paused,
		.next = work->text.next.len ? buf_str(&work->text.next) : NULL,
		.arrival = work->link ? &arrival : NULL,
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

static const char *word_of(const struct work *work)
{
	return work->link ? "received" : "restored";
}

static void log_restored(struct work *work, uint32_t domid, const struct xlite_error *err)
{
	struct run_log_entry entry = {
		.kind = "domain",
		.name = work->plan.items[0].name,
		.result = err ? "failed" : word_of(work),
		.err = err,
		.domid = domid,
	};

	run_log_write(work->run.log, &entry);
}

static void report(struct work *work, struct host *host, uint32_t domid, int rc, struct xlite_error *err)
{
	const char *name = work->plan.nr ? work->plan.items[0].name : NULL;

	if (name && (domid || !rc))
		log_restored(work, domid, rc ? err : NULL);
	if (rc && (name || work->cli->nr_args))
		xlite_error_prefix(err, "%s", name ? name : work->cli->args[0]);
	if (name)
		host_report(host, &(struct host_event){ .type = "result",
							.domain = name,
							.status = rc ? "failed" : word_of(work),
							.err = rc ? err : NULL });
	if (!rc && !work->link)
		cli_result(work->cli, name, word_of(work));
}

static int restore(struct work *work, struct host *host, struct xlite_error *err)
{
	struct run_objects objects = RUN_OBJECTS_INIT;
	uint32_t domid = 0;
	int rc;

	cli_run_init(work->cli, host, &work->run);
	work->run.objects = &objects;
	/* In the place of what its record says, which is that it was saved. */
	work->run.options.replace = true;
	rc = carry_out(work, &domid, err);
	report(work, host, domid, rc, err);
	plan_clear(&work->plan);
	state_clear(&work->state);
	host_unlock(host);
	run_objects_release(&objects);
	return rc;
}

static void work_clear(struct work *work)
{
	cfg_set_free(work->set);
	restore_text_clear(&work->text);
	xlite_restore_free(work->restore);
	xlite_unpacker_free(work->unpacker);
	migrate_hello_clear(&work->hello);
	if (work->fd > 0)
		close(work->fd);
}

static int open_and_restore(struct work *work)
{
	struct xlite_error err = { 0 };
	struct host host;
	int rc;

	cli_catch_signals();
	if (cli_host_open(work->cli, &host, &err))
		return cli_fail(&err);
	rc = restore(work, &host, &err);
	cli_host_close(work->cli, &host);
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
		status = open_and_restore(&work);
	work_clear(&work);
	return status;
}

/* Whether the guest runs here: then it is not sent. What is left of a run that was killed is removed later, as restore does. */
static int look_for_it(struct work *work, struct host *host, bool *here, struct xlite_error *err)
{
	const struct state_domain *have;
	struct state state = { 0 };
	char uuid[37];
	const char *arg = uuid;
	int rc;

	xlite_uuid_text(work->hello.uuid, uuid);
	rc = cli_find_domain(host, arg, &state, (struct state_domain **)&have, err);
	*here = !rc && !state_unfinished(have) && !state_handed_over(have);
	state_clear(&state);
	if (rc == -ESRCH) {
		*err = (struct xlite_error){ 0 };
		rc = 0;
	}
	return rc;
}

static int receive(struct work *work, struct host *host, struct xlite_error *err)
{
	size_t nr = 0;
	bool here = false;
	int rc = migrate_hear_hello(work->link, &work->hello, &cli_interrupted, err);

	if (!rc)
		rc = look_for_it(work, host, &here, err);
	if (rc || here)
		return rc ? rc : say(work, "here", err);
	rc = say(work, "send", err);
	if (!rc)
		rc = open_stream(work, err);
	if (!rc && load_spec(work))
		rc = xlite_error_set(err, -EINVAL, "its spec is none here: what is wrong with it is told on standard error");
	if (!rc)
		rc = migrate_check_disks(&work->hello, cfg_set_domains(work->set, &nr)[0], err);
	if (!rc)
		rc = restore(work, host, err);
	work->runs = !rc;
	return rc ? rc : say(work, "runs", err);
}

int verb_receive(struct cli *cli)
{
	const struct migrate_link link = { .to = 1, .from = 0 };
	struct work work = { .cli = cli, .fd = 0, .link = &link };
	struct xlite_error err = { 0 };
	struct host host;
	int rc;

	if (cli_writes_to_terminal() || isatty(0))
		return cli_bad_usage(cli, "this is for `xlite migrate' of another host to run");
	cli_catch_signals();
	signal(SIGPIPE, SIG_IGN);
	rc = cli_host_open(cli, &host, &err);
	if (!rc) {
		rc = receive(&work, &host, &err);
		cli_host_close(cli, &host);
	}
	/*
	 * A no lets the guest go on there: it is not said while it runs here, nor of a domain that could not be
	 * removed again.
	 */
	if (rc && !work.runs && !err.left[0])
		migrate_say_no(&link, &err);
	work_clear(&work);
	return rc ? XLITE_FAILED : 0;
}
