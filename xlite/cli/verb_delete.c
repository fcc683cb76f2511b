/* SPDX-License-Identifier: GPL-2.0-or-later
 * delete: domains by name or by spec file, shut down and removed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "xlite/cli/cli.h"
#include "xlite/reconcile/network.h"
#include "xlite/reconcile/observe.h"
#include "xlite/reconcile/record_spec.h"
#include "xlite/run/carry.h"
#include "xlite/run/planning.h"

/* With --all: a process waits for each guest. */
#define ALL_AT_ONCE 64
/* With --deadline: for another run, and the host's lock. */
#define TAKE_S 10

struct doomed {
	const struct cli *cli;
	const struct cfg_set *set;
	const struct state *state;
};

/* What is to be deleted, as it was seen last. */
struct deletion {
	struct cli *cli;
	struct host *host;
	const struct cfg_set *set;	/* or NULL */
	struct state state;
	struct plan plan;
	struct buf absent;		/* lines about what is not there */
};

/* NAME of "network/NAME", else NULL. */
static const char *network_arg(const char *arg)
{
	return strncmp(arg, "network/", 8) ? NULL : arg + 8;
}

static bool names_domain(const char *arg)
{
	return !cli_is_file(arg) && !network_arg(arg) && !cli_volume_arg(arg);
}

static bool is_doomed(const void *ctx, const struct state_domain *domain)
{
	const struct doomed *doomed = ctx;

	if (doomed->cli->options.all)
		return domain->info.domid;
	for (int i = 0; i < doomed->cli->nr_args; i++) {
		if (names_domain(doomed->cli->args[i]) && cli_find_observed(doomed->state, doomed->cli->args[i]) == domain)
			return true;
	}
	return doomed->set && planning_means(doomed->set, domain);
}

/* One domain may be named by its spec, its name, its uuid and its domid. */
static bool is_planned(const struct plan *plan, const struct state_domain *domain)
{
	for (size_t i = 0; i < plan->nr; i++) {
		if (plan->items[i].have == domain)
			return true;
	}
	return false;
}

static void add_absent(struct deletion *deletion, const char *kind, const char *name)
{
	buf_printf(&deletion->absent, "%s/%s absent\n", kind, name);
}

/*
 * One that is just not there, since a watch ended while it built it anew, goes with what was kept of it; so does one
 * that its key has removed.
 */
static void add_gone(struct deletion *deletion, const char *name)
{
	uint8_t uuid[16];

	if (xlite_uuid_parse(name, uuid))
		cfg_uuid_of_name(name, uuid);
	if (state_stale_release(&deletion->state, name, uuid))
		buf_printf(&deletion->absent, "domain/%s %s\n", name, deletion->cli->options.dry_run ? "delete" : "deleted");
	else
		add_absent(deletion, "domain", name);
}

/* domain is NULL where none is there; uuid is the one that the name or the document stands for. */
static int add_domain(struct deletion *deletion, const char *name, const uint8_t uuid[16], struct state_domain *domain,
		      struct xlite_error *err)
{
	/* Who has a deadline, or is in a hurry, ends a guest also while it is being saved. */
	struct plan_options options = {
		.adopt = deletion->cli->options.adopt,
		.replace = deletion->cli->options.now || deletion->cli->options.deadline_s,
	};
	int rc;

	if (!domain) {
		add_gone(deletion, name);
		return 0;
	}
	if (is_planned(&deletion->plan, domain))
		return 0;
	if (!domain->info.domid)
		return xlite_error_status(err, -EPERM, XLITE_CONFLICT,
					  "%s is the control domain, which xlite does not delete", name);
	/* A run died before it wrote whose it is. The uuid is ours. */
	options.adopt = options.adopt || (state_unfinished(domain) && !memcmp(uuid, domain->info.uuid, 16));
	/* Beside one that a watch did not come to finish there is the record that it is built from. */
	state_stale_release(&deletion->state, "", domain->info.uuid);
	rc = observe_details(deletion->host, &domain, 1, err);
	/* Of all domains, one that cannot be read as a whole keeps none from its end, not even itself. */
	if (rc && deletion->cli->options.all) {
		cli_fail(err);
		*err = (struct xlite_error){ 0 };
		rc = 0;
	}
	return rc ? rc : plan_add_delete(&deletion->plan, domain, &options);
}

static int add_network(struct deletion *deletion, const char *name)
{
	struct state_network *network = state_find_network(&deletion->state, name);

	if (network)
		return plan_add_network_delete(&deletion->plan, network);
	add_absent(deletion, "network", name);
	return 0;
}

static int add_networks(struct deletion *deletion, struct xlite_error *err)
{
	const struct cli *cli = deletion->cli;
	size_t nr = 0;
	struct cfg_network *const *networks = deletion->set ? cfg_set_networks(deletion->set, &nr) : NULL;
	bool any = nr;
	int rc = 0;

	for (int i = 0; i < cli->nr_args; i++)
		any = any || network_arg(cli->args[i]);
	if (any)
		rc = networks_read(deletion->host, &deletion->state, err);
	for (size_t i = 0; i < nr && !rc; i++)
		rc = add_network(deletion, networks[i]->name);
	for (int i = 0; i < cli->nr_args && !rc; i++) {
		if (network_arg(cli->args[i]))
			rc = add_network(deletion, network_arg(cli->args[i]));
	}
	return rc;
}

/* The domains of spec files, dependants first. */
static int add_documents(struct deletion *deletion, struct xlite_error *err)
{
	auto_free struct cfg_domain **domains = NULL;
	bool depends = false;
	size_t nr = 0;
	int rc = deletion->set ? cfg_set_order(deletion->set, &domains, &nr) : 0;

	for (size_t i = 0; i < nr; i++)
		depends = depends || domains[i]->nr_depends_on;
	for (size_t k = 0; k < nr && !rc; k++) {
		size_t i = depends ? nr - 1 - k : k;

		rc = add_domain(deletion, domains[i]->name, domains[i]->uuid,
				state_find_uuid(&deletion->state, domains[i]->uuid), err);
	}
	return rc;
}

/* All that are ours, also those that a watch did not come to finish. */
static int add_all(struct deletion *deletion, struct xlite_error *err)
{
	struct state *state = &deletion->state;
	uint8_t uuid[16];
	int rc = 0;

	for (size_t i = 0; i < state->nr && !rc; i++) {
		if (state->domains[i].info.domid && state_owned(&state->domains[i]))
			rc = add_domain(deletion, state->domains[i].name, state->domains[i].info.uuid, &state->domains[i], err);
	}
	for (size_t i = 0; i < state->nr_stale; i++) {
		if (!xlite_uuid_parse(state->stale[i].record.uuid, uuid))
			state_stale_release(state, "", uuid);
	}
	return rc;
}

static int look(struct deletion *deletion, struct xlite_error *err)
{
	const struct cli *cli = deletion->cli;

	if (cli->options.all)
		return observe(deletion->host, false, &deletion->state, err);
	return cli_observe_named(deletion->host, (const char *const *)cli->args, (size_t)cli->nr_args, names_domain,
				 deletion->set, &deletion->state, err);
}

/* Whom delete means: the domains of spec files, and those that are named. Absent ones are done already. */
static int find_doomed(struct deletion *deletion, struct xlite_error *err)
{
	const struct cli *cli = deletion->cli;
	struct state *state = &deletion->state;
	int rc = look(deletion, err);

	if (!rc)
		rc = observe_records(deletion->host, state, is_doomed, &(struct doomed){ cli, deletion->set, state }, err);
	if (!rc)
		rc = cli->options.all ? add_all(deletion, err) : add_documents(deletion, err);
	for (int i = 0; i < cli->nr_args && !rc; i++) {
		uint8_t uuid[16];

		if (!names_domain(cli->args[i]))
			continue;
		if (xlite_uuid_parse(cli_domain_arg(cli->args[i]), uuid))
			cfg_uuid_of_name(cli_domain_arg(cli->args[i]), uuid);
		rc = add_domain(deletion, cli_domain_arg(cli->args[i]), uuid, cli_find_observed(state, cli->args[i]), err);
	}
	if (!rc)
		rc = add_networks(deletion, err);
	if (!rc)
		rc = cli_delete_volumes(cli, deletion->set, &deletion->state, &deletion->plan, &deletion->absent, err);
	return rc == -ENOMEM ? xlite_error_set(err, rc, "out of memory") : rc;
}

static void forget(struct deletion *deletion)
{
	plan_clear(&deletion->plan);
	state_clear(&deletion->state);
	buf_clear(&deletion->absent);
}

/* What the arguments mean is in this run's hand before it looks: what another run is just making would not be there yet. */
static int take_meant(const struct deletion *deletion, const struct run *run, struct xlite_error *err)
{
	const struct cli *cli = deletion->cli;
	int rc = deletion->set ? run_objects_add_documents(run->objects, deletion->set) : 0;

	for (int i = 0; i < cli->nr_args && !rc; i++) {
		if (names_domain(cli->args[i]))
			rc = run_objects_add_word(run->objects, cli_domain_arg(cli->args[i]));
		else if (network_arg(cli->args[i]))
			rc = run_objects_add_network(run->objects, network_arg(cli->args[i]));
		else if (cli_volume_arg(cli->args[i]))
			rc = run_objects_add_volume(run->objects, cli_volume_arg(cli->args[i]));
	}
	return rc ? xlite_error_set(err, rc, "out of memory") : run_take_objects(run, err);
}

/*
 * A domain that was named by its number, or has a uuid of its own, is known only now. 1: another run had it, and
 * was waited for.
 */
static int take_found(const struct deletion *deletion, const struct run *run, struct xlite_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < deletion->plan.nr && !rc; i++)
		rc = run_objects_add_domain(run->objects, deletion->plan.items[i].name,
					    deletion->plan.items[i].have->info.uuid);
	return rc ? xlite_error_set(err, rc, "out of memory") : run_take_objects(run, err);
}

static int find_and_take(struct deletion *deletion, const struct run *run, struct xlite_error *err)
{
	int rc = take_meant(deletion, run, err);

	if (rc < 0)
		return rc;
	do {
		forget(deletion);
		rc = find_doomed(deletion, err);
	} while (!rc && (rc = take_found(deletion, run, err)) > 0);
	return rc;
}

/*
 * Where there is a deadline, another run is not waited for much longer than it takes to end it: who holds a domain
 * cannot keep it.
 */
static int find_in_time(struct deletion *deletion, const struct run *run, struct xlite_error *err)
{
	struct run patient = *run;
	int rc;

	if (!run->options.deadline_ns)
		return find_and_take(deletion, run, err);
	patient.options.timeout_s = TAKE_S;
	rc = find_and_take(deletion, &patient, err);
	if (rc != -EAGAIN)
		return rc;
	fprintf(stderr, "xlite: %s; that does not keep it from its end\n", err->message);
	*err = (struct xlite_error){ 0 };
	forget(deletion);
	return find_doomed(deletion, err);
}

/* Those that were stopped, saved or off: all that there was of them is a record. */
static void log_forgotten(const struct deletion *deletion, const struct run *run)
{
	for (size_t i = 0; i < deletion->state.nr_stale; i++) {
		const struct state_stale *stale = &deletion->state.stale[i];
		struct cfg_set *set = NULL;
		const struct cfg_domain *spec = stale->given_up ? record_spec(&stale->record, &set) : NULL;

		if (spec && !state_find_uuid(&deletion->state, spec->uuid))
			run_log_write(run->log, &(struct run_log_entry){
							.kind = "domain", .name = spec->name, .result = "deleted" });
		cfg_set_free(set);
	}
}

/* What earlier runs left can wait for the lock, or for the next run; guests that have a deadline cannot. */
static int clean(struct deletion *deletion, const struct run *run, struct xlite_error *err)
{
	bool hurries = run->options.deadline_ns;
	int rc = 0;

	if (state_has_leftovers(&deletion->state))
		rc = host_lock(deletion->host, hurries ? TAKE_S * 1000 : PLANNING_LOCK_MS, err);
	if (!rc) {
		run_clean_stale(run, &deletion->state);
		log_forgotten(deletion, run);
	}
	return rc == -EAGAIN && hurries ? 0 : rc;
}

static int carry_out(struct deletion *deletion, const struct run *run)
{
	struct xlite_error err = { 0 };
	struct run_outcome outcome;
	int rc = find_in_time(deletion, run, &err);

	if (!rc)
		rc = clean(deletion, run, &err);
	if (rc)
		return cli_fail(&err);
	if (!deletion->cli->options.quiet)
		fputs(buf_str(&deletion->absent), stdout);
	run_carry_out(run, &deletion->plan, &outcome);
	return outcome.status;
}

static int show(struct deletion *deletion)
{
	struct xlite_error err = { 0 };

	if (find_doomed(deletion, &err))
		return cli_fail(&err);
	if (!deletion->cli->options.quiet)
		fputs(buf_str(&deletion->absent), stdout);
	cli_show_plan(deletion->cli, &deletion->plan);
	return 0;
}

static int delete_all(struct cli *cli, const struct cfg_set *set)
{
	struct run_objects objects = RUN_OBJECTS_INIT;
	struct xlite_error err = { 0 };
	struct host host;
	struct run run;
	struct deletion deletion = { .cli = cli, .host = &host, .set = set };
	int status;

	if (cli_host_open(cli, &host, &err))
		return cli_fail(&err);
	cli_run_init(cli, &host, &run);
	run.objects = &objects;
	/* One after the other, as they are named, but for all of a host, which have an order of their own. */
	run.options.jobs = cli->options.all ? ALL_AT_ONCE : 1;
	if (cli->options.deadline_s)
		run.options.deadline_ns = clock_deadline_ms((int64_t)cli->options.deadline_s * 1000);
	status = cli->options.dry_run ? show(&deletion) : carry_out(&deletion, &run);
	forget(&deletion);
	cli_host_close(cli, &host);
	run_objects_release(&objects);
	return status;
}

int verb_delete(struct cli *cli)
{
	auto_free char **files = calloc((size_t)cli->nr_args + 1, sizeof(*files));
	struct cfg_set *set = NULL;
	int nr = 0, status = 0;

	if (!files)
		return XLITE_FAILED;
	for (int i = 0; i < cli->nr_args; i++) {
		if (cli_is_file(cli->args[i]))
			files[nr++] = cli->args[i];
	}
	status = cli_check_volume_words(cli);
	if (status)
		return status;
	if (nr || cli->options.bundle)
		status = cli_load(cli, files, nr, &set);
	if (status)
		return status;
	cli_catch_signals();
	status = delete_all(cli, set);
	cfg_set_free(set);
	return status;
}
