/* SPDX-License-Identifier: GPL-2.0-or-later
 * Verbs about the language: validate, explain, schema. They need no host.
 */
#include <stdio.h>

#include "common/auto.h"
#include "xlite/cli/cli.h"

int verb_validate(struct cli *cli)
{
	struct cfg_set *set;
	int status = cli_load(cli, cli->args, cli->nr_args, &set);
	struct cfg_network *const *networks;
	struct cfg_domain *const *domains;
	size_t nr, nr_networks;

	if (status)
		return status;
	domains = cfg_set_domains(set, &nr);
	networks = cfg_set_networks(set, &nr_networks);
	for (size_t i = 0; i < nr_networks + nr && cli->options.print; i++) {
		auto_buf struct buf text = BUF_INIT;

		if (i < nr_networks)
			cfg_print_network(networks[i], cli->options.all, &text);
		else
			cfg_print(domains[i - nr_networks], cli->options.all, &text);
		printf("%s%s", i ? "---\n" : "", buf_str(&text));
	}
	cfg_set_free(set);
	return 0;
}

int verb_explain(struct cli *cli)
{
	struct xlite_error err = { 0 };
	auto_buf struct buf text = BUF_INIT;

	if (cfg_explain(cli->nr_args ? cli->args[0] : NULL, &text, &err)) {
		err.status = XLITE_USAGE;
		return cli_fail(&err);
	}
	fputs(buf_str(&text), stdout);
	return 0;
}

int verb_schema(struct cli *cli)
{
	auto_buf struct buf text = BUF_INIT;

	cfg_schema(&text);
	fputs(buf_str(&text), stdout);
	return 0;
}
