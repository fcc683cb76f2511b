/* SPDX-License-Identifier: GPL-2.0-or-later
 * apply: specs in, plan made, carried out.
 */
#include "xlite/cli/planning.h"

/* Looks without the lock first where it can: when nothing differs there is nothing to wait for. */
static int apply_locked(struct cli *cli, struct host *host, const struct cfg_set *set, struct state *state, struct plan *plan)
{
	struct xlite_error err = { 0 };
	bool act = !cli->options.dry_run;
	int rc = planning_look(cli, host, set, act, state, plan, &err);

	if (!rc && act && !host->locked && (plan_differs(plan) || state_has_leftovers(state))) {
		rc = host_lock(host, PLANNING_LOCK_MS, &err);
		plan_clear(plan);
		state_clear(state);
		if (!rc)
			rc = planning_look(cli, host, set, act, state, plan, &err);
	}
	if (!rc && host->locked)
		planning_clean_stale(host, state);
	if (rc)
		return cli_fail(&err);
	if (cli->options.dry_run) {
		planning_show(cli, plan);
		return cli->options.detailed_exitcode && plan_differs(plan) ? XLITE_DIFFERS : 0;
	}
	return planning_carry_out(cli, host, plan);
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
