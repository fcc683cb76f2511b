/* SPDX-License-Identifier: GPL-2.0-or-later
 * delete: domains by name or by spec file, shut down and removed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "xlite/cli/cli.h"
#include "xlite/reconcile/network.h"
#include "xlite/reconcile/observe.h"
#include "xlite/run/carry.h"
#include "xlite/run/planning.h"

struct doomed {
	const struct cli *cli;
	const struct cfg_set *set;
	const struct state *state;
};

/* NAME of "network/NAME", else NULL. */
static const char *network_arg(const char *arg)
{
	return strncmp(arg, "network/", 8) ? NULL : arg + 8;
}

static bool names_domain(const char *arg)
{
	return !cli_is_file(arg) && !network_arg(arg);
}

static bool is_doomed(const void *ctx, const struct state_domain *domain)
{
	const struct doomed *doomed = ctx;

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

/* domain is NULL where none is there. */
static int add_domain(struct cli *cli, struct host *host, const char *name, struct state_domain *domain, struct plan *plan,
		      struct xlite_error *err)
{
	struct plan_options options = { .adopt = cli->options.adopt };
	int rc;

	if (!domain) {
		cli_result(cli, name, "absent");
		return 0;
	}
	if (is_planned(plan, domain))
		return 0;
	if (!domain->info.domid)
		return xlite_error_status(err, -EPERM, XLITE_CONFLICT, "%s is the control domain, which xlite does not delete", name);
	rc = observe_details(host, &domain, 1, err);
	return rc ? rc : plan_add_delete(plan, domain, &options);
}

static int add_network(struct cli *cli, struct state *state, const char *name, struct plan *plan)
{
	struct state_network *network = state_find_network(state, name);

	if (network)
		return plan_add_network_delete(plan, network);
	cli_result_of(cli, "network", name, "absent");
	return 0;
}

static int add_networks(struct cli *cli, struct host *host, const struct cfg_set *set, struct state *state,
			struct plan *plan, struct xlite_error *err)
{
	size_t nr = 0;
	struct cfg_network *const *networks = set ? cfg_set_networks(set, &nr) : NULL;
	bool any = nr;
	int rc = 0;

	for (int i = 0; i < cli->nr_args; i++)
		any = any || network_arg(cli->args[i]);
	if (any)
		rc = networks_read(host, state, err);
	for (size_t i = 0; i < nr && !rc; i++)
		rc = add_network(cli, state, networks[i]->name, plan);
	for (int i = 0; i < cli->nr_args && !rc; i++) {
		if (network_arg(cli->args[i]))
			rc = add_network(cli, state, network_arg(cli->args[i]), plan);
	}
	return rc;
}

/* Whom delete means: the domains of spec files, dependants first, and those that are named. Absent ones are done already. */
static int find_doomed(struct cli *cli, struct host *host, const struct cfg_set *set, struct state *state,
		       struct plan *plan, struct xlite_error *err)
{
	size_t nr = 0;
	auto_free struct cfg_domain **domains = NULL;
	bool depends = false;
	int rc = set ? cfg_set_order(set, &domains, &nr) : 0;

	for (size_t i = 0; i < nr; i++)
		depends = depends || domains[i]->nr_depends_on;

	if (!rc)
		rc = observe(host, false, state, err);
	if (!rc)
		rc = observe_records(host, state, is_doomed, &(struct doomed){ cli, set, state }, err);
	for (size_t k = 0; k < nr && !rc; k++) {
		size_t i = depends ? nr - 1 - k : k;

		rc = add_domain(cli, host, domains[i]->name, state_find_uuid(state, domains[i]->uuid), plan, err);
	}
	for (int i = 0; i < cli->nr_args && !rc; i++) {
		if (names_domain(cli->args[i]))
			rc = add_domain(cli, host, cli->args[i], cli_find_observed(state, cli->args[i]), plan, err);
	}
	if (!rc)
		rc = add_networks(cli, host, set, state, plan, err);
	return rc == -ENOMEM ? xlite_error_set(err, rc, "out of memory") : rc;
}

static int delete_all(struct cli *cli, const struct cfg_set *set)
{
	struct xlite_error err = { 0 };
	struct host host;
	struct run run;
	struct run_outcome outcome;
	struct state state = { 0 };
	struct plan plan = { 0 };
	int status, rc = cli_host_open(cli, &host, &err);

	if (!rc)
		rc = find_doomed(cli, &host, set, &state, &plan, &err);
	if (!rc && state_has_leftovers(&state) && !cli->options.dry_run)
		rc = host_lock(&host, PLANNING_LOCK_MS, &err);
	if (rc) {
		status = cli_fail(&err);
	} else if (cli->options.dry_run) {
		cli_show_plan(cli, &plan);
		status = 0;
	} else {
		cli_run_init(cli, &host, &run);
		run_clean_stale(&run, &state);
		run_carry_out(&run, &plan, &outcome);
		status = outcome.status;
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
	cli->options.jobs = 1;
	status = delete_all(cli, set);
	cfg_set_free(set);
	return status;
}
