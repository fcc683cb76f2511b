/* SPDX-License-Identifier: GPL-2.0-or-later
 * Verbs that act on running domains by name: pause, unpause, shutdown, reboot, destroy.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/auto.h"
#include "xlite/cli/deed.h"
#include "xlite/reconcile/migrate.h"
#include "xlite/reconcile/observe.h"
#include "xlite/reconcile/save.h"

#include <xen/sched.h>

static void log_deed(struct cli *cli, const char *name, uint32_t had, const struct deed *deed, const struct done *done,
		     const struct xlite_error *err)
{
	struct run_log_entry entry = {
		.kind = "domain", .name = name, .result = err ? "failed" : deed->word, .err = err,
		.domid = done->domid ? done->domid : had, .was = done->domid ? had : 0,
	};

	run_log_write(cli_log(cli), &entry);
}

static int act(struct cli *cli, struct host *host, struct state *state, struct state_domain *domain,
	       const struct deed *deed, struct done *done, struct xlite_error *err)
{
	if (!domain->info.domid)
		return xlite_error_status(err, -EPERM, XLITE_CONFLICT, "it is the control domain, and this verb is for guests");
	return deed->act(cli, host, state, domain, done, err);
}

static int one(struct cli *cli, struct host *host, const char *arg, const struct deed *deed, struct xlite_error *err)
{
	struct state state = { 0 };
	struct state_domain *domain = NULL;
	const struct state_stale *kept = NULL;
	struct done done = { 0 };
	int rc = cli_find_domain(host, arg, &state, &domain, err);
	const char *name = domain && domain->name ? domain->name : cli_domain_arg(arg);

	if (rc == -ESRCH && !domain && deed->act_kept)
		kept = state_find_kept(&state, name);
	if (!rc) {
		rc = act(cli, host, &state, domain, deed, &done, err);
	} else if (kept) {
		*err = (struct xlite_error){ 0 };
		rc = deed->act_kept(cli, host, kept, &done, err);
	}
	if (rc && (domain || kept))
		xlite_error_prefix(err, "%s", arg);
	if (done.changed)
		log_deed(cli, name, domain ? domain->info.domid : 0, deed, &done, rc ? err : NULL);
	if (!done.word)
		done.word = deed->word;
	host_report(host, &(struct host_event){ .type = "result",
						.domain = name,
						.status = rc ? "failed" : done.word,
						.err = rc ? err : NULL });
	if (!rc)
		cli_result(cli, name, done.word);
	state_clear(&state);
	return rc;
}

/* From the at-th on. */
static int say_left(const struct cli *cli, int at)
{
	fprintf(stderr, "xlite: interrupted: %d of %d domains are left:", cli->nr_args - at, cli->nr_args);
	for (int i = at; i < cli->nr_args; i++)
		fprintf(stderr, " %s", cli->args[i]);
	fputc('\n', stderr);
	return XLITE_INTERRUPTED;
}

int deed_each(struct cli *cli, const struct deed *deed)
{
	struct xlite_error err = { 0 };
	struct host host;
	int status = 0, at, rc = 0;

	cli_catch_signals();
	if (cli_host_open(cli, &host, &err))
		return cli_fail(&err);
	for (at = 0; at < cli->nr_args && !cli_interrupted; at++) {
		memset(&err, 0, sizeof(err));
		rc = one(cli, &host, cli->args[at], deed, &err);
		if (rc) {
			int failed = cli_fail(&err);

			status = status ? status : failed;
		}
	}
	/* The one that was interrupted is left, too. */
	at -= rc == -EINTR;
	if (at < cli->nr_args)
		status = say_left(cli, at);
	cli_host_close(cli, &host);
	return status;
}

/* One that has ended stays so: it neither goes on nor can be stopped. */
static int check_lives(const struct state_domain *domain, struct xlite_error *err)
{
	if (!domain->info.shutdown && !domain->info.dying)
		return 0;
	xlite_error_set(err, -ESRCH, "it does not run: %s", state_word(domain));
	xlite_error_hint(err, domain->info.dying
				      ? ""
				      : "`xlite reboot' builds it anew; `xlite delete' removes what is left of it");
	return -ESRCH;
}

static int act_pause(struct cli *cli, struct host *host, struct state *state, struct state_domain *domain, struct done *done,
		     struct xlite_error *err)
{
	int rc = check_lives(domain, err);

	done->changed = !domain->info.paused;
	return rc || domain->info.paused ? rc : xlite_domain_pause(host->xen, domain->info.domid, err);
}

static int check_handed_over(const struct cli *cli, struct host *host, const struct state_domain *domain,
			     struct xlite_error *err)
{
	auto_free char *where = NULL;

	if (!state_handed_over(domain) || cli->options.force)
		return 0;
	where = migrate_where(host, domain->info.domid);
	xlite_error_status(err, -EBUSY, XLITE_CONFLICT, "it is handed over to %s, where it may run",
			   where ? where : "another host");
	xlite_error_hint(err,
			 "`xlite migrate %.100s %.100s' asks that host; if it does not have it, --force lets it go on here",
			 domain->name ? domain->name : "", where ? where : "HOST");
	return -EBUSY;
}

/* Not of another tool's, nor of a run's that lives: it may be saving the guest, or sending it to another host. */
static int resume(struct cli *cli, struct host *host, const struct state_domain *domain, struct xlite_error *err)
{
	struct run_objects objects = RUN_OBJECTS_INIT;
	struct state_domain now = *domain;
	int rc;

	now.record = (struct xlite_record){ 0 };
	if (!state_owned(domain)) {
		xlite_error_status(err, -EBUSY, XLITE_CONFLICT,
				   "it is suspended, and was not made by xlite: another tool may be saving or migrating it");
		xlite_error_hint(err, "resume it with the tool that made it");
		return -EBUSY;
	}
	rc = deed_take(cli, host, domain->name ? domain->name : "", domain->info.uuid, &objects, err);
	/* As it is now: the run that was waited for may have handed it over. */
	if (!rc)
		rc = xlite_domain_info(host->xen, domain->info.domid, &now.info, err);
	if (!rc && memcmp(now.info.uuid, domain->info.uuid, 16))
		rc = apply_overtaken(0, err);
	if (!rc)
		rc = xlite_record_read(host->store, &domain->info.domid, 1, &now.record, err);
	if (!rc)
		rc = check_handed_over(cli, host, &now, err);
	if (!rc && now.info.shutdown)
		rc = save_resume(host, &now, err);
	xlite_record_clear(&now.record);
	run_objects_release(&objects);
	return rc;
}

/* A domain that never came to its commit would start half built. */
static int act_unpause(struct cli *cli, struct host *host, struct state *state, struct state_domain *domain, struct done *done,
		       struct xlite_error *err)
{
	int rc;

	/* Left by a run that was killed while it saved the guest. */
	if (domain->info.shutdown && !domain->info.dying && domain->info.shutdown_reason == SHUTDOWN_suspend) {
		done->changed = true;
		return resume(cli, host, domain, err);
	}
	if (state_unfinished(domain)) {
		xlite_error_status(err, -EBUSY, XLITE_CONFLICT, "its creation was never finished");
		xlite_error_hint(err, "`xlite apply' of its spec builds it anew");
		return -EBUSY;
	}
	rc = check_lives(domain, err);
	done->changed = domain->info.paused;
	return rc || !domain->info.paused ? rc : xlite_domain_unpause(host->xen, domain->info.domid, err);
}

static unsigned timeout_of(const struct cli *cli, const struct state_domain *domain)
{
	if (cli->options.timeout_s)
		return cli->options.timeout_s;
	return domain->spec ? domain->spec->shutdown_timeout_s : 60;
}

static int act_shutdown(struct cli *cli, struct host *host, struct state *state, struct state_domain *domain, struct done *done,
			struct xlite_error *err)
{
	int rc = observe_details(host, &domain, 1, err);

	done->changed = !domain->info.shutdown && !domain->info.dying;
	return rc ? rc : apply_shutdown(host, domain, "poweroff", timeout_of(cli, domain), err);
}

/* Beside a domain that a watch did not come to finish there is the record that it is built from. */
static int forget_kept(struct host *host, struct state *state, const uint8_t uuid[16], struct xlite_error *err)
{
	char text[37];
	int rc = 0;

	if (!state_stale_release(state, "", uuid))
		return 0;
	xlite_uuid_text(uuid, text);
	for (size_t i = 0; i < state->nr_stale && !rc; i++) {
		if (!strcmp(state->stale[i].record.uuid, text))
			rc = apply_clean_stale(host, &state->stale[i], err);
	}
	return rc;
}

static int act_destroy(struct cli *cli, struct host *host, struct state *state, struct state_domain *domain, struct done *done,
		       struct xlite_error *err)
{
	int rc = host_lock(host, 60000, err);

	done->changed = true;
	if (!rc)
		rc = forget_kept(host, state, domain->info.uuid, err);
	return rc ? rc : apply_destroy(host, domain->info.domid, domain->info.uuid, cli->options.timeout_s, err);
}

int deed_take(struct cli *cli, struct host *host, const char *name, const uint8_t uuid[16], struct run_objects *objects,
	      struct xlite_error *err)
{
	struct run run;
	int rc;

	cli_run_init(cli, host, &run);
	run.objects = objects;
	rc = run_objects_add_domain(objects, name, uuid);
	rc = rc ? xlite_error_set(err, rc, "out of memory") : run_take_objects(&run, err);
	return rc < 0 ? rc : 0;
}

/* No process waits beside a domain to start it again: what its record says is built anew, by the steps of apply. */
static int act_reboot(struct cli *cli, struct host *host, struct state *state, struct state_domain *domain, struct done *done,
		      struct xlite_error *err)
{
	struct apply_options options = { .now = cli->options.now, .timeout_s = cli->options.timeout_s };
	struct run_objects objects = RUN_OBJECTS_INIT;
	int rc = deed_take(cli, host, domain->name ? domain->name : "", domain->info.uuid, &objects, err);

	done->changed = true;
	if (!rc)
		rc = observe_details(host, &domain, 1, err);
	if (!rc)
		rc = apply_reboot(host, domain, &options, &done->domid, err);
	/* The next one's guest may be another run's, which needs the host. */
	host_unlock(host);
	run_objects_release(&objects);
	return rc;
}

int verb_pause(struct cli *cli)
{
	return deed_each(cli, &(struct deed){ act_pause, "paused" });
}

int verb_unpause(struct cli *cli)
{
	return deed_each(cli, &(struct deed){ act_unpause, "running" });
}

int verb_shutdown(struct cli *cli)
{
	return deed_each(cli, &(struct deed){ act_shutdown, "shutdown" });
}

int verb_reboot(struct cli *cli)
{
	return deed_each(cli, &(struct deed){ act_reboot, "rebooted" });
}

int verb_destroy(struct cli *cli)
{
	return deed_each(cli, &(struct deed){ act_destroy, "destroyed" });
}
