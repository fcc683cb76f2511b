/* SPDX-License-Identifier: GPL-2.0-or-later
 * apply, plan and delete: specs in, plan made, carried out or shown.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "xlite/cli/cli.h"
#include "xlite/reconcile/observe.h"

#define LOCK_MS 60000

static bool is_wanted(const struct cfg_set *set, const struct state_domain *domain)
{
	size_t nr;
	struct cfg_domain *const *domains = cfg_set_domains(set, &nr);

	for (size_t i = 0; i < nr; i++) {
		if (!memcmp(domains[i]->uuid, domain->info.uuid, 16))
			return true;
	}
	return false;
}

/* The domains that the specs could mean, by uuid or by name. */
static bool is_meant(const void *ctx, const struct state_domain *domain)
{
	size_t nr;
	struct cfg_domain *const *domains = cfg_set_domains(ctx, &nr);

	for (size_t i = 0; i < nr; i++) {
		if (!memcmp(domains[i]->uuid, domain->info.uuid, 16) ||
		    (domain->name && !strcmp(domains[i]->name, domain->name)))
			return true;
	}
	return false;
}

/* Details of the domains that the specs mean; the others stay a line in a list. */
static int observe_wanted(struct host *host, const struct cfg_set *set, struct state *state, struct xlite_error *err)
{
	size_t nr;
	struct cfg_domain *const *domains = cfg_set_domains(set, &nr);

	for (size_t i = 0; i < nr; i++) {
		struct state_domain *domain = state_find_uuid(state, domains[i]->uuid);
		int rc;

		if (!domain)
			domain = state_find_name(state, domains[i]->name);
		rc = domain ? observe_details(host, domain, err) : 0;
		if (rc)
			return rc;
	}
	return 0;
}

static int add_pruned(struct plan *plan, const struct cli *cli, const struct cfg_set *set, struct state *state,
		      const struct plan_options *options)
{
	for (size_t i = 0; i < state->nr; i++) {
		struct state_domain *domain = &state->domains[i];

		if (domain->info.dying || !domain->record.set || strcmp(domain->record.set, cli->options.set) ||
		    is_wanted(set, domain))
			continue;
		if (plan_add_delete(plan, domain, options))
			return -ENOMEM;
	}
	return 0;
}

static int make_plan(struct cli *cli, const struct cfg_set *set, struct state *state, struct plan *plan,
		     struct xlite_error *err)
{
	struct plan_options options = { .replace = cli->options.replace, .adopt = cli->options.adopt };
	size_t nr;
	struct cfg_domain *const *domains = cfg_set_domains(set, &nr);
	int rc = 0;

	for (size_t i = 0; i < nr && !rc; i++)
		rc = plan_add(plan, domains[i], state, &options);
	if (!rc && cli->options.prune)
		rc = add_pruned(plan, cli, set, state, &options);
	return rc ? xlite_error_set(err, rc, "out of memory") : 0;
}

static int look(struct cli *cli, struct host *host, const struct cfg_set *set, struct state *state, struct plan *plan,
		struct xlite_error *err)
{
	int rc = observe(host, false, state, err);

	if (!rc)
		rc = observe_records(host, state, cli->options.prune ? NULL : is_meant, set, err);
	if (!rc)
		rc = observe_wanted(host, set, state, err);
	if (!rc)
		rc = make_plan(cli, set, state, plan, err);
	return rc;
}

/* Carries out every item; one that fails does not keep the others from their turn. */
static int carry_out(struct cli *cli, struct host *host, const struct plan *plan)
{
	struct apply_options options = { .set = cli->options.set, .now = cli->options.now, .timeout_s = cli->options.timeout_s };
	int status = 0, first = 0;
	bool changed = false;

	for (size_t i = 0; i < plan->nr; i++) {
		struct xlite_error err = { 0 };
		const char *done = "unchanged";

		if (cli_interrupted) {
			fprintf(stderr, "xlite: interrupted: %zu of %zu domains were not looked after\n", plan->nr - i, plan->nr);
			return XLITE_INTERRUPTED;
		}
		if (apply_item(host, &plan->items[i], &options, &done, &err)) {
			host_report(host, &(struct host_event){ .type = "result", .domain = plan->items[i].name,
								.status = "failed", .err = &err });
			status = cli_fail(&err);
			if (!first)
				first = status;
			continue;
		}
		host_report(host, &(struct host_event){ .type = "result", .domain = plan->items[i].name, .status = done });
		changed = changed || plan->items[i].action != PLAN_NONE;
		cli_result(cli, plan->items[i].name, done);
	}
	if (!first && changed && cli->options.detailed_exitcode)
		return XLITE_DIFFERS;
	return first;
}

/* Records without a domain are what a run left that died while it deleted; whoever changes the host next cleans up. */
static void clean_stale(struct host *host, const struct state *state)
{
	for (size_t i = 0; i < state->nr_stale; i++) {
		struct xlite_error err = { 0 };

		if (apply_clean_stale(host, &state->stale[i], &err))
			cli_fail(&err);
	}
}

static void show_plan(const struct cli *cli, const struct plan *plan)
{
	struct buf text = BUF_INIT;

	if (cli->options.output_given && cli->options.output == CLI_JSON)
		plan_print_json(plan, &text);
	else
		plan_print(plan, cli_color(1), cli->options.verbose, &text);
	fputs(buf_str(&text), stdout);
	buf_clear(&text);
}

/* Looks without the lock first: when nothing differs there is nothing to wait for. */
static int apply_locked(struct cli *cli, struct host *host, const struct cfg_set *set, struct state *state, struct plan *plan)
{
	struct xlite_error err = { 0 };
	int rc = look(cli, host, set, state, plan, &err);

	if (!rc && (plan_differs(plan) || state->nr_stale) && !cli->options.dry_run) {
		rc = host_lock(host, LOCK_MS, &err);
		plan_clear(plan);
		state_clear(state);
		if (!rc)
			rc = look(cli, host, set, state, plan, &err);
		if (!rc)
			clean_stale(host, state);
	}
	if (rc)
		return cli_fail(&err);
	if (cli->options.dry_run) {
		show_plan(cli, plan);
		return cli->options.detailed_exitcode && plan_differs(plan) ? XLITE_DIFFERS : 0;
	}
	return carry_out(cli, host, plan);
}

int verb_apply(struct cli *cli)
{
	struct xlite_error err = { 0 };
	struct cfg_set *set = NULL;
	struct host host;
	struct state state = { 0 };
	struct plan plan = { 0 };
	int status = cli_load(cli, cli->args, cli->nr_args, &set);

	if (status)
		return status;
	cli_catch_signals();
	if (cli_host_open(cli, &host, &err)) {
		cfg_set_free(set);
		return cli_fail(&err);
	}
	status = apply_locked(cli, &host, set, &state, &plan);
	plan_clear(&plan);
	state_clear(&state);
	cli_host_close(cli, &host);
	cfg_set_free(set);
	return status;
}

/* A state made of the specs in a file, as if they had been applied: plans without a host. */
static int state_from_file(struct cli *cli, const char *path, struct state *state, struct cfg_set **set)
{
	char *paths[] = { (char *)path };
	struct cfg_domain *const *domains;
	size_t nr;
	bool bundle = cli->options.bundle;
	int status;

	cli->options.bundle = false;
	status = cli_load(cli, paths, 1, set);
	cli->options.bundle = bundle;
	if (status)
		return status;
	domains = cfg_set_domains(*set, &nr);
	state->domains = calloc(nr ? nr : 1, sizeof(*state->domains));
	if (!state->domains)
		return XLITE_FAILED;
	for (size_t i = 0; i < nr; i++) {
		struct state_domain *domain = &state->domains[state->nr];

		if (domains[i]->state == CFG_STATE_STOPPED)
			continue;
		state->nr++;
		domain->info.domid = (uint32_t)state->nr;
		domain->info.paused = domains[i]->state == CFG_STATE_PAUSED;
		domain->info.cpu_time_ns = 1;
		memcpy(domain->info.uuid, domains[i]->uuid, 16);
		domain->name = strdup(domains[i]->name);
		domain->record.format = 1;
		domain->record.finished = true;
		domain->record.set = cli->options.set ? strdup(cli->options.set) : NULL;
		domain->spec = cfg_domain_copy(domains[i]);
		domain->detailed = true;
	}
	return 0;
}

static int plan_status(struct cli *cli, const struct plan *plan)
{
	show_plan(cli, plan);
	for (size_t i = 0; i < plan->nr; i++) {
		if (plan->items[i].action == PLAN_REFUSED && plan->items[i].status == XLITE_CONFLICT)
			return XLITE_CONFLICT;
	}
	return plan_differs(plan) ? XLITE_DIFFERS : 0;
}

int verb_plan(struct cli *cli)
{
	struct xlite_error err = { 0 };
	struct cfg_set *set = NULL, *against = NULL;
	struct host host = { 0 };
	struct state state = { 0 };
	struct plan plan = { 0 };
	int status = cli_load(cli, cli->args, cli->nr_args, &set), rc = 0;

	if (status)
		return status;
	if (cli->options.against) {
		status = state_from_file(cli, cli->options.against, &state, &against);
		if (!status)
			rc = make_plan(cli, set, &state, &plan, &err);
	} else {
		rc = cli_host_open(cli, &host, &err);
		if (!rc)
			rc = look(cli, &host, set, &state, &plan, &err);
	}
	if (!status)
		status = rc ? cli_fail(&err) : plan_status(cli, &plan);
	plan_clear(&plan);
	state_clear(&state);
	cli_host_close(cli, &host);
	cfg_set_free(against);
	cfg_set_free(set);
	return status;
}

struct doomed {
	const struct cli *cli;
	const struct cfg_set *set;
};

static bool is_doomed(const void *ctx, const struct state_domain *domain)
{
	const struct doomed *doomed = ctx;

	for (int i = 0; i < doomed->cli->nr_args && domain->name; i++) {
		if (!strcmp(doomed->cli->args[i], domain->name))
			return true;
	}
	return doomed->set && is_meant(doomed->set, domain);
}

/* Whom delete means: the domains of spec files, and names. Absent ones are done already. */
static int find_doomed(struct cli *cli, struct host *host, const struct cfg_set *set, struct state *state,
		       struct plan *plan, struct xlite_error *err)
{
	struct plan_options options = { .adopt = cli->options.adopt };
	size_t nr = 0;
	struct cfg_domain *const *domains = set ? cfg_set_domains(set, &nr) : NULL;
	int rc = observe(host, false, state, err);

	if (!rc)
		rc = observe_records(host, state, is_doomed, &(struct doomed){ cli, set }, err);
	for (size_t i = 0; i < nr && !rc; i++) {
		struct state_domain *domain = state_find_uuid(state, domains[i]->uuid);

		if (domain)
			rc = observe_details(host, domain, err);
		if (domain && !rc)
			rc = plan_add_delete(plan, domain, &options);
		else if (!rc)
			cli_result(cli, domains[i]->name, "absent");
	}
	for (int i = 0; i < cli->nr_args && !rc; i++) {
		struct state_domain *domain;

		if (cli_is_file(cli->args[i]))
			continue;
		domain = state_find_name(state, cli->args[i]);
		if (domain)
			rc = observe_details(host, domain, err);
		if (domain && !rc)
			rc = plan_add_delete(plan, domain, &options);
		else if (!rc)
			cli_result(cli, cli->args[i], "absent");
	}
	return rc == -ENOMEM ? xlite_error_set(err, rc, "out of memory") : rc;
}

static int delete_all(struct cli *cli, const struct cfg_set *set)
{
	struct xlite_error err = { 0 };
	struct host host;
	struct state state = { 0 };
	struct plan plan = { 0 };
	int status, rc = cli_host_open(cli, &host, &err);

	if (!rc)
		rc = find_doomed(cli, &host, set, &state, &plan, &err);
	if (rc) {
		status = cli_fail(&err);
	} else if (cli->options.dry_run) {
		show_plan(cli, &plan);
		status = 0;
	} else {
		clean_stale(&host, &state);
		status = carry_out(cli, &host, &plan);
	}
	plan_clear(&plan);
	state_clear(&state);
	cli_host_close(cli, &host);
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
	if (nr || cli->options.bundle)
		status = cli_load(cli, files, nr, &set);
	if (status)
		return status;
	cli_catch_signals();
	status = delete_all(cli, set);
	cfg_set_free(set);
	return status;
}
