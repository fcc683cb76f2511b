/* SPDX-License-Identifier: GPL-2.0-or-later
 * --selector in the place of names: the domains that it means (select_match.c) become the command's arguments.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "xlite/cli/cli.h"
#include "xlite/cli/kept.h"
#include "xlite/reconcile/observe.h"

/* They are the command's, as those that were typed are. */
static int take_name(struct cli *cli, const struct state_domain *domain, struct xlite_error *err)
{
	if (!cli_select_means(cli->options.selector, domain))
		return 0;
	return asprintf(&cli->args[cli->nr_args++], "domain/%s", domain->name) < 0
		       ? xlite_error_set(err, -ENOMEM, "out of memory")
		       : 0;
}

/* Those that were stopped, where the verb is for them, too. */
static bool takes_stopped(const struct cli *cli)
{
	return cli->verb->run == verb_start || cli->verb->run == verb_get || cli->verb->run == verb_list ||
	       cli->verb->run == verb_delete;
}

static int take_names(struct cli *cli, const struct state *state, struct xlite_error *err)
{
	struct kept kept = { 0 };
	int rc = kept_find(state, cli->verb->run == verb_get || cli->verb->run == verb_list, &kept, err);

	cli->args = calloc(state->nr + kept.nr + 1, sizeof(*cli->args));
	cli->nr_args = 0;
	if (!rc && !cli->args)
		rc = xlite_error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < state->nr && !rc; i++)
		rc = take_name(cli, &state->domains[i], err);
	for (size_t i = 0; i < kept.nr && takes_stopped(cli) && !rc; i++)
		rc = take_name(cli, &kept.items[i], err);
	kept_clear(&kept);
	return rc;
}

int cli_select(struct cli *cli)
{
	struct xlite_error err = { 0 };
	struct state state = { 0 };
	struct host host;
	int rc = cli_host_open(cli, &host, &err);

	if (!rc)
		rc = observe(&host, true, &state, &err);
	if (!rc)
		rc = take_names(cli, &state, &err);
	state_clear(&state);
	cli_host_close(cli, &host);
	if (rc)
		return cli_fail(&err);
	/* A list of none is one, too. */
	if (cli->nr_args || !cli->verb->min_args)
		return -1;
	fprintf(stderr, "xlite: no domain has these labels: %s\n", cli->options.selector);
	return cli->verb->run == verb_wait ? XLITE_FAILED : 0;
}
