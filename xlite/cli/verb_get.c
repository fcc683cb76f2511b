/* SPDX-License-Identifier: GPL-2.0-or-later
 * list and get: what runs, as a table, names, JSON or specs.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/auto.h"
#include "xlite/cli/cli.h"
#include "xlite/cli/kept.h"
#include "xlite/cli/list.h"
#include "xlite/reconcile/devices_qemu.h"
#include "xlite/reconcile/observe.h"
#include "xlite/reconcile/record_spec.h"

static void print_table(struct state_domain *const *domains, size_t nr, bool wide)
{
	struct cli_table table = { .titles = list_columns, .nr_columns = wide ? 8 : 6 };

	for (size_t i = 0; i < nr; i++)
		list_add_row(&table, domains[i], state_word(domains[i]), wide);
	cli_table_print(&table);
}

static void print_json(struct host *host, struct state_domain *const *domains, size_t nr)
{
	struct xlite_host_info info;
	json_t *list = json_array(), *root;
	char *text;

	for (size_t i = 0; i < nr; i++)
		json_array_append_new(list, list_json(domains[i], state_word(domains[i])));
	root = json_pack("{s:o}", "domains", list);
	if (!xlite_host_info(host->xen, &info, NULL))
		json_object_set_new(root, "host", json_pack("{s:I, s:I, s:I, s:i}", "total_kib", (json_int_t)info.total_kib,
							    "free_kib", (json_int_t)info.free_kib, "claimed_kib",
							    (json_int_t)info.outstanding_kib, "cpus", info.nr_cpus));
	text = json_dumps(root, JSON_INDENT(2));
	if (text)
		puts(text);
	free(text);
	json_decref(root);
}

/* What another tool's domain may have that is to be seen nowhere. */
static const char *unrecorded(const struct cfg_domain *spec)
{
	if (spec->type == CFG_TYPE_HVM)
		return ": what it boots, its display and its timers are not recorded anywhere; built again it would have what is here, or the default";
	return spec->kernel
		       ? ""
		       : ": its kernel is not recorded anywhere; without one here it would boot from its disk, by GRUB";
}

static const char *absent_note(const struct xlite_record *record)
{
	if (record->moved)
		return "moved: its guest was sent to another host";
	if (record->saved)
		return "saved: `xlite restore FILE' lets its guest go on";
	return record->again ? "being built anew" : "stopped: `xlite start' builds it again";
}

static void print_yaml(const struct cli *cli, struct state_domain *const *domains, size_t nr)
{
	bool first = true;

	for (size_t i = 0; i < nr; i++) {
		/* What waits for the next boot is what was asked for. */
		const struct cfg_domain *spec = domains[i]->next ? domains[i]->next : domains[i]->spec;
		struct buf text = BUF_INIT;

		if (!domains[i]->info.domid || !domains[i]->spec)
			continue;
		cfg_print(spec, cli->options.all, &text);
		if (!first)
			puts("---");
		if (domains[i]->absent)
			printf("# %s\n", absent_note(&domains[i]->record));
		else if (!state_owned(domains[i]))
			printf("# not made by xlite%s\n", unrecorded(domains[i]->spec));
		else if (cfg_boots_by_grub(spec))
			puts("# boots its own disk, by GRUB");
		if (!cfg_is_domain_name(domains[i]->spec->name ? domains[i]->spec->name : ""))
			puts("# a spec cannot have this name: rename the domain (xl rename) before it is adopted");
		if (domains[i]->qemu_ended)
			printf("# the QEMU that %s has ended\n", domains[i]->spec->type == CFG_TYPE_HVM
									 ? "emulated the rest of its PC"
									 : "served its qcow2 and NBD disks");
		fputs(buf_str(&text), stdout);
		buf_clear(&text);
		first = false;
	}
}

static int observe_living(struct host *host, struct state_domain *const *domains, size_t nr, struct xlite_error *err)
{
	auto_free struct state_domain **living = calloc(nr + 1, sizeof(*living));
	size_t nr_living = 0;

	if (!living)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < nr; i++) {
		if (domains[i]->info.domid && !domains[i]->info.dying && !domains[i]->absent)
			living[nr_living++] = domains[i];
	}
	return observe_details(host, living, nr_living, err);
}

/* Whether a QEMU may have ended: one of ours, or one that xl started for a domain that was taken over. */
static bool has_qemus(const struct state *state)
{
	bool any = state->nr_qemus;

	for (size_t i = 0; i < state->nr && !any; i++) {
		struct cfg_set *set;
		const struct cfg_domain *spec = record_spec(&state->domains[i].record, &set);

		any = spec && devices_need_qemu(spec);
		cfg_set_free(set);
	}
	return any;
}

/* In detail also where the table's state tells of a QEMU. */
static int print_all(struct cli *cli, struct host *host, const struct state *state, struct state_domain **domains, size_t nr,
		     struct xlite_error *err)
{
	bool detail = cli->options.output == CLI_JSON || cli->options.output == CLI_YAML || has_qemus(state);
	int rc = 0;

	if (detail && cli->verb->run == verb_get)
		rc = observe_living(host, domains, nr, err);
	if (rc)
		return rc;
	switch (cli->options.output) {
	case CLI_JSON:
		print_json(host, domains, nr);
		break;
	case CLI_YAML:
		print_yaml(cli, domains, nr);
		break;
	case CLI_NAME:
		for (size_t i = 0; i < nr; i++) {
			if (domains[i]->name && !domains[i]->absent)
				printf("domain/%s\n", domains[i]->name);
		}
		break;
	default:
		print_table(domains, nr, cli->options.output == CLI_WIDE);
	}
	return 0;
}

/* One that is there before one that is not, whatever means it. */
static struct state_domain *find(struct state *state, const struct kept *kept, const char *arg)
{
	struct state_domain *domain = cli_find_observed(state, arg);
	const char *name = cli_domain_arg(arg);

	for (size_t i = 0; i < kept->nr && !domain; i++) {
		if (!strcmp(kept->items[i].name, name) || !strcasecmp(kept->items[i].record.uuid, name))
			domain = &kept->items[i];
	}
	return domain;
}

/* Picks the named domains, all of them without a name; a name that is not there is an error after the others were shown. */
static size_t pick(struct cli *cli, struct state *state, const struct kept *kept, struct state_domain **domains, int *status)
{
	bool all = !cli->nr_args && !cli->options.selector;
	size_t nr = 0;

	for (size_t i = 0; i < state->nr && all; i++)
		domains[nr++] = &state->domains[i];
	for (size_t i = 0; i < kept->nr && all; i++)
		domains[nr++] = &kept->items[i];
	for (int k = 0; k < cli->nr_args; k++) {
		struct state_domain *domain = find(state, kept, cli->args[k]);

		if (domain) {
			domains[nr++] = domain;
			continue;
		}
		fprintf(stderr, "xlite: %s: no such domain\n", cli->args[k]);
		*status = XLITE_FAILED;
	}
	return nr;
}

/* Those that are there, those that were stopped, and those that come back. */
static int show(struct cli *cli, struct host *host, struct state *state, int *status, struct xlite_error *err)
{
	auto_free struct state_domain **domains = NULL;
	struct kept kept = { 0 };
	int rc = kept_find(state, true, &kept, err);
	size_t nr;

	if (!rc && !(domains = calloc(state->nr + kept.nr + (size_t)cli->nr_args + 1, sizeof(*domains))))
		rc = xlite_error_set(err, -ENOMEM, "out of memory");
	if (!rc) {
		nr = pick(cli, state, &kept, domains, status);
		if (nr || !cli->nr_args)
			rc = print_all(cli, host, state, domains, nr, err);
	}
	kept_clear(&kept);
	return rc;
}

int verb_list(struct cli *cli)
{
	struct xlite_error err = { 0 };
	struct host host;
	struct state state = { 0 };
	int status = 0, rc;

	if (cli->options.watch)
		return list_watch(cli);
	rc = cli_host_open(cli, &host, &err);
	if (!rc)
		rc = observe(&host, cli->options.output != CLI_TABLE && cli->options.output != CLI_NAME, &state, &err);
	if (!rc)
		rc = observe_records(&host, &state, list_needs_record, NULL, &err);
	if (!rc)
		rc = show(cli, &host, &state, &status, &err);
	state_clear(&state);
	cli_host_close(cli, &host);
	return rc ? cli_fail(&err) : status;
}

int verb_get(struct cli *cli)
{
	struct xlite_error err = { 0 };
	struct host host;
	struct state state = { 0 };
	int status = 0, rc;

	if (get_means_networks(cli))
		return get_networks(cli);
	if (get_means_volumes(cli))
		return get_volumes(cli);
	rc = cli_host_open(cli, &host, &err);
	if (!rc)
		rc = observe(&host, true, &state, &err);
	if (!rc)
		rc = show(cli, &host, &state, &status, &err);
	state_clear(&state);
	cli_host_close(cli, &host);
	return rc ? cli_fail(&err) : status;
}
