/* SPDX-License-Identifier: GPL-2.0-or-later
 * plan: what apply would do, against the host or against the specs of another file.
 */
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "config.h"
#include "xlite/cli/cli.h"
#include "xlite/reconcile/saved.h"
#include "xlite/run/planning.h"

/* The volumes as they would have been made. */
static int volumes_from_set(const struct cfg_set *set, struct state *state)
{
	size_t nr;
	struct cfg_volume *const *volumes = cfg_set_volumes(set, &nr);

	for (size_t i = 0; i < nr; i++) {
		struct state_volume *volume = state_add_volume(state, volumes[i]->name, volumes[i]->path, volumes[i]->format);

		if (!volume)
			return XLITE_FAILED;
		volume->bytes = volumes[i]->size_kib * 1024;
	}
	return 0;
}

/* A state made of the specs in a file, as if they had been applied: plans without a host. */
static int state_from_file(struct cli *cli, const char *path, struct state *state, struct cfg_set **set)
{
	char *paths[] = { (char *)path };
	struct cfg_domain *const *domains;
	size_t nr;
	struct cfg_network *const *networks;
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
	networks = cfg_set_networks(*set, &nr);
	state->networks = calloc(nr + 1, sizeof(*state->networks));
	for (size_t i = 0; state->networks && i < nr; i++) {
		struct state_network *network = &state->networks[state->nr_networks++];

		network->name = strdup(networks[i]->name);
		network->record.set = cli->options.set ? strdup(cli->options.set) : NULL;
		network->spec = cfg_network_copy(networks[i]);
	}
	return volumes_from_set(*set, state);
}

/* status is that of the plan that was shown. */
static int write_plan(const struct cli *cli, const struct plan *plan, const struct cfg_set *set, int status)
{
	const struct cli_options *options = &cli->options;
	const struct saved_options saved = {
		.set = options->set, .prune = options->prune, .replace = options->replace, .adopt = options->adopt, .yes = options->yes,
	};
	auto_buf struct buf text = BUF_INIT;
	struct xlite_error err = { 0 };
	int rc;

	fflush(stdout);
	rc = saved_print(plan, set, &saved, PACKAGE_VERSION, &text, &err);
	if (!rc)
		rc = cli_plan_file_write(options->out, &text, &err);
	return rc ? cli_fail(&err) : status;
}

int verb_plan(struct cli *cli)
{
	struct xlite_error err = { 0 };
	struct cfg_set *set = NULL, *against = NULL;
	struct host host = { 0 };
	struct run run;
	struct state state = { 0 };
	struct plan plan = { 0 };
	int status, rc = 0;

	if (cli->options.out && cli->options.against)
		return cli_bad_usage(cli, "--out and --against contradict each other: a plan is carried out on the host that it was made for");
	status = cli_load(cli, cli->args, cli->nr_args, &set);
	if (status)
		return status;
	cli_run_init(cli, cli->options.against ? NULL : &host, &run);
	if (cli->options.against) {
		status = state_from_file(cli, cli->options.against, &state, &against);
		if (!status)
			rc = planning_volumes(&run, set, &state, &plan, &err);
		if (!status && !rc)
			rc = planning_make(&run, set, &state, &plan, &err);
		if (!status && !rc)
			rc = planning_networks(&run, set, &state, &plan, &err);
		plan_refuse_dependants(&plan);
	} else {
		rc = cli_host_open(cli, &host, &err);
		if (!rc)
			rc = planning_look(&run, set, false, &state, &plan, &err);
	}
	cli_warn(cli, &host, &plan);
	if (!status)
		status = rc ? cli_fail(&err) : cli_show_plan(cli, &plan);
	if (!rc && cli->options.out)
		status = write_plan(cli, &plan, set, status);
	plan_clear(&plan);
	state_clear(&state);
	cli_host_close(cli, &host);
	cfg_set_free(against);
	cfg_set_free(set);
	return status;
}
