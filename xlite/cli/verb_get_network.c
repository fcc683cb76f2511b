/* SPDX-License-Identifier: GPL-2.0-or-later
 * get networks, get network/NAME: networks as domains are shown.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/auto.h"
#include "xlite/cli/cli.h"
#include "xlite/reconcile/network.h"

bool get_means_networks(const struct cli *cli)
{
	return cli->nr_args && (!strcmp(cli->args[0], "networks") || !strncmp(cli->args[0], "network/", 8));
}

static bool is_meant(const struct cli *cli, const char *name)
{
	for (int i = 0; i < cli->nr_args; i++) {
		if (!strcmp(cli->args[i], "networks") ||
		    (!strncmp(cli->args[i], "network/", 8) && !strcmp(cli->args[i] + 8, name)))
			return true;
	}
	return false;
}

static void print_row(struct cli_table *table, const struct state_network *network)
{
	static const char *const modes[] = { "bridge", "route", "nat" };
	auto_buf struct buf subnets = BUF_INIT;
	const struct cfg_network *spec = network->spec;

	for (size_t i = 0; spec && i < spec->subnet.nr; i++)
		buf_printf(&subnets, "%s%s", i ? "," : "", spec->subnet.items[i]);
	cli_table_add(table, "%s", network->name);
	cli_table_add(table, "%s", spec ? modes[spec->mode] : "?");
	cli_table_add(table, "%s", spec && spec->bridge ? spec->bridge : "-");
	cli_table_add(table, "%s", subnets.len ? buf_str(&subnets) : "-");
	cli_table_add(table, "%s", network->record.set ? network->record.set : "-");
	cli_table_add(table, "%s", network->fault ? network->fault : spec ? "ok" : "unreadable");
}

static void print_document(const struct cli *cli, const struct state_network *network, size_t nr)
{
	auto_buf struct buf text = BUF_INIT;
	bool json = cli->options.output == CLI_JSON;

	if (!network->spec)
		return;
	if (json)
		cfg_print_network_json(network->spec, &text);
	else
		cfg_print_network(network->spec, cli->options.all, &text);
	printf("%s%s", !nr ? "" : json ? ",\n" : "---\n", buf_str(&text));
}

static size_t print_networks(const struct cli *cli, const struct state *state)
{
	static const char *const heads[] = { "NAME", "MODE", "BRIDGE", "SUBNET", "SET", "STATE" };
	bool table_wanted = cli->options.output == CLI_TABLE || cli->options.output == CLI_WIDE;
	struct cli_table table = { .titles = heads, .nr_columns = ARRAY_SIZE(heads) };
	size_t nr = 0;

	if (cli->options.output == CLI_JSON)
		puts("[");
	for (size_t i = 0; i < state->nr_networks; i++) {
		const struct state_network *network = &state->networks[i];

		if (!is_meant(cli, network->name))
			continue;
		if (table_wanted)
			print_row(&table, network);
		else if (cli->options.output == CLI_NAME)
			printf("network/%s\n", network->name);
		else
			print_document(cli, network, nr);
		nr++;
	}
	if (cli->options.output == CLI_JSON)
		puts("]");
	if (table_wanted)
		cli_table_print(&table);
	return nr;
}

int get_networks(struct cli *cli)
{
	struct xlite_error err = { 0 };
	struct host host;
	struct state state = { 0 };
	int status = 0, rc = cli_host_open(cli, &host, &err);

	if (!rc)
		rc = networks_read(&host, &state, &err);
	if (!rc)
		rc = networks_observe(&host, &state, &err);
	if (!rc)
		print_networks(cli, &state);
	for (int i = 0; i < cli->nr_args && !rc; i++) {
		const char *arg = cli->args[i];

		if (!strcmp(arg, "networks") || (!strncmp(arg, "network/", 8) && state_find_network(&state, arg + 8)))
			continue;
		fprintf(stderr, "xlite: %s: no such network\n", arg);
		status = XLITE_FAILED;
	}
	state_clear(&state);
	cli_host_close(cli, &host);
	return rc ? cli_fail(&err) : status;
}
