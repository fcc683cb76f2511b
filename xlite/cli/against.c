/* SPDX-License-Identifier: GPL-2.0-or-later
 * --against: a plan against the specs of another file, as if they had been applied, without a host.
 */
#include <stdlib.h>
#include <string.h>

#include "xlite/cli/cli.h"
#include "xlite/run/foresee.h"
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

int cli_plan_against(struct cli *cli, const struct run *run, const struct cfg_set *set, struct cfg_set **against,
		     struct state *state, struct plan *plan)
{
	struct xlite_error err = { 0 };
	int status = state_from_file(cli, cli->options.against, state, against), rc;

	if (status)
		return status;
	rc = planning_volumes(run, set, state, plan, &err);
	if (!rc)
		rc = planning_make(run, set, state, plan, &err);
	if (!rc)
		rc = planning_networks(run, set, state, plan, &err);
	/* What needs no host to be seen. */
	if (!rc)
		rc = foresee_swaps(run, plan, &err);
	plan_refuse_dependants(plan);
	return rc ? cli_fail(&err) : 0;
}
