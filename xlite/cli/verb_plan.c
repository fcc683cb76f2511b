/* SPDX-License-Identifier: GPL-2.0-or-later
 * plan: what apply would do, against the host or against the specs of another file.
 */
#include "common/auto.h"
#include "config.h"
#include "xlite/cli/cli.h"
#include "xlite/reconcile/saved.h"
#include "xlite/run/planning.h"

/* status is that of the plan that was shown. */
static int write_plan(const struct cli *cli, const struct plan *plan, const struct cfg_set *set, int status)
{
	const struct cli_options *options = &cli->options;
	const struct saved_options saved = {
		.set = options->set,
		.prune = options->prune,
		.replace = options->replace,
		.adopt = options->adopt,
		.yes = options->yes,
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
		return cli_bad_usage(
			cli,
			"--out and --against contradict each other: a plan is carried out on the host that it was made for");
	status = cli_load(cli, cli->args, cli->nr_args, &set);
	if (status)
		return status;
	cli_run_init(cli, cli->options.against ? NULL : &host, &run);
	if (cli->options.against) {
		status = cli_plan_against(cli, &run, set, &against, &state, &plan);
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
