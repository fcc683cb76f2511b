/* SPDX-License-Identifier: GPL-2.0-or-later
 * Verbs about the language: validate, explain, schema. They need no host.
 */
#include <stdio.h>

#include "common/auto.h"
#include "xlite/cli/cli.h"

static void begin_document(struct buf *text)
{
	if (text->len)
		buf_puts(text, "---\n");
}

static void print_set(const struct cfg_set *set, bool all, struct buf *text)
{
	size_t nr_networks, nr_pools, nr_volumes, nr_domains;
	struct cfg_network *const *networks = cfg_set_networks(set, &nr_networks);
	struct cfg_pool *const *pools = cfg_set_pools(set, &nr_pools);
	struct cfg_volume *const *volumes = cfg_set_volumes(set, &nr_volumes);
	struct cfg_domain *const *domains = cfg_set_domains(set, &nr_domains);

	for (size_t i = 0; i < nr_networks; i++) {
		begin_document(text);
		cfg_print_network(networks[i], all, text);
	}
	for (size_t i = 0; i < nr_pools; i++) {
		begin_document(text);
		cfg_print_pool(pools[i], all, text);
	}
	for (size_t i = 0; i < nr_volumes; i++) {
		begin_document(text);
		cfg_print_volume(volumes[i], all, text);
	}
	for (size_t i = 0; i < nr_domains; i++) {
		begin_document(text);
		cfg_print(domains[i], all, text);
	}
}

int verb_validate(struct cli *cli)
{
	struct cfg_set *set;
	auto_buf struct buf text = BUF_INIT;
	int status = cli_load(cli, cli->args, cli->nr_args, &set);

	if (status)
		return status;
	if (cli->options.print)
		print_set(set, cli->options.all, &text);
	fputs(buf_str(&text), stdout);
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
