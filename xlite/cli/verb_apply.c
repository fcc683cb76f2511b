/* SPDX-License-Identifier: GPL-2.0-or-later
 * apply: specs in, plan made, carried out; or a saved plan, which must be the plan that is made now.
 */
#include "xlite/cli/cli.h"
#include "xlite/reconcile/saved.h"
#include "xlite/run/carry.h"
#include "xlite/run/foresee.h"
#include "xlite/run/planning.h"

/* What apply has in hand. */
struct work {
	struct cfg_set *set;
	struct saved_plan *saved;	/* or NULL */
	struct run run;
	struct state state;
	struct plan plan;
};

/* What is done in full or not begun, as far as that can be foreseen. */
static int foresee(struct work *work, struct xlite_error *err)
{
	int rc;

	host_planning(work->run.host, true);
	rc = foresee_plan(&work->run, &work->state, &work->plan, err);
	host_planning(work->run.host, false);
	return rc;
}

static int make_plan(struct cli *cli, struct work *work, struct xlite_error *err)
{
	int rc = work->saved ? saved_check_host(work->saved, err) : 0;

	if (rc)
		return rc;
	/* A look that does not act foresees by itself. */
	if (cli->options.dry_run)
		rc = planning_look(&work->run, work->set, false, &work->state, &work->plan, err);
	else
		rc = planning_look_to_act(&work->run, work->set, &work->state, &work->plan, err);
	if (!rc && !cli->options.dry_run && (work->saved || cli->options.confirm_s))
		rc = foresee(work, err);
	return rc || !work->saved ? rc : saved_check(work->saved, &work->plan, err);
}

static int carry_out(struct cli *cli, struct work *work)
{
	struct xlite_error err = { 0 };
	struct run_outcome outcome;
	int rc = make_plan(cli, work, &err), status = 0;

	if (rc)
		return cli_fail(&err);
	cli_warn(cli, work->run.host, &work->plan);
	if (cli->options.dry_run) {
		rc = cli_show_plan(cli, &work->plan);
		if ((!rc || rc == XLITE_DIFFERS) && cli->options.confirm_s)
			status = cli_carry_confirmed(cli, &work->run, &work->state, &work->plan);
		return status ? status : rc == XLITE_DIFFERS && !cli->options.detailed_exitcode ? 0 : rc;
	}
	if (cli->options.confirm_s)
		return cli_carry_confirmed(cli, &work->run, &work->state, &work->plan);
	if (work->run.host->locked)
		run_clean_stale(&work->run, &work->state);
	run_carry_out(&work->run, &work->plan, &outcome);
	return !outcome.status && outcome.changed && cli->options.detailed_exitcode ? XLITE_DIFFERS : (int)outcome.status;
}

/* They decide what the plan is, and it is made already. */
static int refuse_options(const struct cli *cli)
{
	const struct cli_options *options = &cli->options;
	const char *given = options->set       ? "set"
			    : options->replace ? "replace"
			    : options->adopt   ? "adopt"
			    : options->yes     ? "yes"
					       : NULL;

	return given ? cli_bad_usage(cli, "--%s: a saved plan is carried out with the options that it was made with",
				     given)
		     : 0;
}

static void take_options(struct run *run, const struct saved_options *options)
{
	run->options.set = options->set;
	run->options.prune = options->prune;
	run->options.replace = options->replace;
	run->options.adopt = options->adopt;
	run->options.yes = options->yes;
}

static int apply_loaded(struct cli *cli, struct work *work)
{
	struct run_objects objects = RUN_OBJECTS_INIT;
	struct xlite_error err = { 0 };
	struct host host;
	int status = work->saved ? refuse_options(cli) : 0;

	if (status)
		return status;
	cli_catch_signals();
	if (cli_host_open(cli, &host, &err))
		return cli_fail(&err);
	cli_run_init(cli, &host, &work->run);
	work->run.objects = &objects;
	if (work->saved)
		take_options(&work->run, saved_options(work->saved));
	status = carry_out(cli, work);
	plan_clear(&work->plan);
	state_clear(&work->state);
	cli_host_close(cli, &host);
	run_objects_release(&objects);
	return status;
}

int verb_apply(struct cli *cli)
{
	struct work work = { 0 };
	int status = cli_load_plan(cli, cli->args, cli->nr_args, &work.set, &work.saved);

	if (!status)
		status = apply_loaded(cli, &work);
	cfg_set_free(work.set);
	saved_free(work.saved);
	return status;
}
