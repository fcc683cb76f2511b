/* SPDX-License-Identifier: GPL-2.0-or-later
 * What delete does about volumes: removed by the flag and the name only.
 */
#include <errno.h>
#include <string.h>

#include "xlite/cli/cli.h"
#include "xlite/reconcile/volume.h"

/* What is to be deleted, as it was seen last. */
struct deletion {
	const struct cli *cli;
	const struct cfg_set *set;	/* or NULL */
	struct state *state;
	struct plan *plan;
	struct buf *absent;		/* lines about what is not there */
};

static bool is_named_volume(const struct cli *cli, const char *name)
{
	for (int i = 0; i < cli->nr_args; i++) {
		const char *arg = cli_volume_arg(cli->args[i]);

		if (arg && !strcmp(arg, name))
			return true;
	}
	return false;
}

static int add_volume(struct deletion *deletion, const char *name, struct xlite_error *err)
{
	const struct state_volume *volume = state_find_volume(deletion->state, name, CFG_FORMAT_RAW);
	const struct state_volume *twin = state_find_twin(deletion->state, name, CFG_FORMAT_RAW);

	if (twin)
		return xlite_error_set(err, -ENOTUNIQ, "volume/%s is both %s and %s", name, volume->path, twin->path);
	if (volume)
		return plan_add_volume_delete(deletion->plan, volume);
	buf_printf(deletion->absent, "volume/%s absent\n", name);
	return 0;
}

/* All are found before the first is planned: the plan points into the list. */
static int add_volumes(struct deletion *deletion, struct xlite_error *err)
{
	const struct cli *cli = deletion->cli;
	size_t nr = 0;
	struct cfg_volume *const *volumes = deletion->set ? cfg_set_volumes(deletion->set, &nr) : NULL;
	int rc = 0;

	for (int i = 0; i < cli->nr_args && !rc; i++) {
		if (cli_volume_arg(cli->args[i]))
			rc = volume_find_in_pools(deletion->state, deletion->set, cli_volume_arg(cli->args[i]), err);
	}
	for (int i = 0; i < cli->nr_args && !rc; i++) {
		if (cli_volume_arg(cli->args[i]))
			rc = add_volume(deletion, cli_volume_arg(cli->args[i]), err);
	}
	for (size_t i = 0; i < nr && !rc; i++) {
		if (!is_named_volume(cli, volumes[i]->name))
			rc = plan_add_volume_kept(deletion->plan, volumes[i]);
	}
	return rc;
}

int cli_delete_volumes(const struct cli *cli, const struct cfg_set *set, struct state *state, struct plan *plan,
		       struct buf *absent, struct xlite_error *err)
{
	struct deletion deletion = { cli, set, state, plan, absent };

	return add_volumes(&deletion, err);
}

/* Data goes by the flag and the name only. */
int cli_check_volume_words(const struct cli *cli)
{
	bool any = false;

	for (int i = 0; i < cli->nr_args; i++) {
		if (!cli_volume_arg(cli->args[i]))
			continue;
		if (!cli->options.delete_volumes)
			return cli_bad_usage(cli, "%s: a volume is deleted, with its data, by --delete-volumes only",
					     cli->args[i]);
		any = true;
	}
	return cli->options.delete_volumes && !any ?
	       cli_bad_usage(cli, "--delete-volumes: which volumes is told by their names, as volume/NAME") : 0;
}
