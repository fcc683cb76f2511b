/* SPDX-License-Identifier: GPL-2.0-or-later
 * apply: specs in, plan made, carried out.
 */
#include "xlite/cli/cli.h"
#include "xlite/run/carry.h"
#include "xlite/run/planning.h"

static int apply_set(struct cli *cli, const struct run *run, const struct cfg_set *set, struct state *state, struct plan *plan)
{
	struct xlite_error err = { 0 };
	struct run_outcome outcome;
	int rc = cli->options.dry_run ? planning_look(run, set, false, state, plan, &err) :
		 planning_look_to_act(run, set, state, plan, &err);

	if (rc)
		return cli_fail(&err);
	cli_warn(cli, run->host, plan);
	if (cli->options.dry_run) {
		rc = cli_show_plan(cli, plan);
		return rc == XLITE_DIFFERS && !cli->options.detailed_exitcode ? 0 : rc;
	}
	if (run->host->locked)
		run_clean_stale(run, state);
	run_carry_out(run, plan, &outcome);
	return !outcome.status && outcome.changed && cli->options.detailed_exitcode ? XLITE_DIFFERS : (int)outcome.status;
}

int verb_apply(struct cli *cli)
{
	struct xlite_error err = { 0 };
	struct cfg_set *set = NULL;
	struct host host;
	struct run run;
	struct run_objects objects = RUN_OBJECTS_INIT;
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
	cli_run_init(cli, &host, &run);
	run.objects = &objects;
	status = apply_set(cli, &run, set, &state, &plan);
	plan_clear(&plan);
	state_clear(&state);
	cli_host_close(cli, &host);
	run_objects_release(&objects);
	cfg_set_free(set);
	return status;
}
