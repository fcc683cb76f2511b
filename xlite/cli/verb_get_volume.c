/* SPDX-License-Identifier: GPL-2.0-or-later
 * get volumes, get volume/NAME: the volumes of the default pool, and of the pools that files describe. Xen is not asked.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/json.h"
#include "common/auto.h"
#include "xlite/cli/cli.h"
#include "xlite/reconcile/volume.h"

const char *cli_volume_arg(const char *arg)
{
	return strncmp(arg, "volume/", 7) || cli_is_file(arg) ? NULL : arg + 7;
}

bool get_means_volumes(const struct cli *cli)
{
	return cli->nr_args && (!strcmp(cli->args[0], "volumes") || cli_volume_arg(cli->args[0]));
}

static bool is_meant(const struct cli *cli, const char *name)
{
	for (int i = 0; i < cli->nr_args; i++) {
		const char *arg = cli_volume_arg(cli->args[i]);

		if (!strcmp(cli->args[i], "volumes") || (arg && !strcmp(arg, name)))
			return true;
	}
	return false;
}

static bool is_in(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return !strncmp(path, folder, len) && path[len] == '/' && !strchr(path + len + 1, '/');
}

/* How well a pool fits what is there: a volume group may have several, with a thin pool each. */
static unsigned fits(const struct cfg_pool *pool, const struct state_volume *volume)
{
	if (!pool->vg || !volume->vg)
		return !pool->vg && !volume->vg && is_in(volume->path, pool->folder) ? 2 : 0;
	if (strcmp(pool->vg, volume->vg))
		return 0;
	if (!pool->thin_pool || !volume->thin_pool)
		return pool->thin_pool == volume->thin_pool ? 2 : 1;
	return strcmp(pool->thin_pool, volume->thin_pool) ? 1 : 2;
}

/* The name of the pool that has it. */
static const char *pool_of(const struct cfg_set *set, const struct state_volume *volume)
{
	size_t nr = 0;
	struct cfg_pool *const *pools = set ? cfg_set_pools(set, &nr) : NULL;
	const struct cfg_pool *best = NULL;

	for (size_t i = 0; i < nr; i++) {
		if (fits(pools[i], volume) > (best ? fits(best, volume) : 0))
			best = pools[i];
	}
	return best ? best->name : CFG_DEFAULT_POOL;
}

static void add_size(struct cli_table *table, uint64_t bytes)
{
	if (bytes >= UINT64_C(10) << 30)
		cli_table_add(table, "%.1fGiB", (double)bytes / (1 << 30));
	else
		cli_table_add(table, "%.1fMiB", (double)bytes / (1 << 20));
}

static void print_table(const struct cfg_set *set, const struct state_volume *const *volumes, size_t nr, bool wide)
{
	static const char *const heads[] = { "NAME", "POOL", "FORMAT", "SIZE", "ALLOCATED", "STATE", "PATH" };
	struct cli_table table = { .titles = heads, .nr_columns = wide ? ARRAY_SIZE(heads) : ARRAY_SIZE(heads) - 1 };

	for (size_t i = 0; i < nr; i++) {
		cli_table_add(&table, "%s", volumes[i]->name);
		cli_table_add(&table, "%s", pool_of(set, volumes[i]));
		cli_table_add(&table, "%s", cfg_format_name(volumes[i]->format));
		add_size(&table, volumes[i]->bytes);
		add_size(&table, volumes[i]->allocated);
		cli_table_add(&table, "%s", volumes[i]->fault ? volumes[i]->fault : "ok");
		if (wide)
			cli_table_add(&table, "%s", volumes[i]->path);
	}
	cli_table_print(&table);
}

static void print_json(const struct cfg_set *set, const struct state_volume *const *volumes, size_t nr)
{
	json_t *list = json_array();
	char *text;

	for (size_t i = 0; i < nr; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:o}", "name", volumes[i]->name,
						      "pool", pool_of(set, volumes[i]), "path", volumes[i]->path,
						      "format", cfg_format_name(volumes[i]->format), "bytes",
						      (json_int_t)volumes[i]->bytes, "allocated",
						      (json_int_t)volumes[i]->allocated, "fault",
						      cfg_json_text(volumes[i]->fault)));
	text = json_dumps(list, JSON_INDENT(2));
	if (text)
		puts(text);
	free(text);
	json_decref(list);
}

/* A document by which nothing would change. */
static struct cfg_volume *document_of(const struct cfg_set *set, const struct state_volume *volume)
{
	struct cfg_volume *spec = cfg_volume_new();

	if (!spec)
		return NULL;
	free(spec->pool);
	spec->name = strdup(volume->name);
	spec->pool = strdup(pool_of(set, volume));
	spec->format = volume->format;
	spec->size_kib = state_volume_kib(volume);
	if (spec->name && spec->pool)
		return spec;
	cfg_volume_free(spec);
	return NULL;
}

static void print_yaml(const struct cli *cli, const struct cfg_set *set, const struct state_volume *const *volumes, size_t nr)
{
	for (size_t i = 0, shown = 0; i < nr; i++) {
		struct cfg_volume *spec = volumes[i]->fault ? NULL : document_of(set, volumes[i]);
		auto_buf struct buf text = BUF_INIT;

		if (!spec)
			continue;
		cfg_print_volume(spec, cli->options.all, &text);
		cfg_volume_free(spec);
		printf("%s%s", shown++ ? "---\n" : "", buf_str(&text));
	}
}

static int by_name(const void *a, const void *b)
{
	const struct state_volume *one = *(const struct state_volume *const *)a, *two = *(const struct state_volume *const *)b;
	int order = strcmp(one->name, two->name);

	return order ? order : strcmp(one->path, two->path);
}

static int print_all(const struct cli *cli, const struct cfg_set *set, const struct state *state)
{
	auto_free const struct state_volume **volumes = calloc(state->nr_volumes + 1, sizeof(*volumes));
	size_t nr = 0;

	for (size_t i = 0; volumes && i < state->nr_volumes; i++) {
		if (is_meant(cli, state->volumes[i].name))
			volumes[nr++] = &state->volumes[i];
	}
	if (!volumes)
		return XLITE_FAILED;
	qsort(volumes, nr, sizeof(*volumes), by_name);
	if (cli->options.output == CLI_JSON)
		print_json(set, volumes, nr);
	else if (cli->options.output == CLI_YAML)
		print_yaml(cli, set, volumes, nr);
	else if (cli->options.output == CLI_NAME)
		for (size_t i = 0; i < nr; i++)
			printf("volume/%s\n", volumes[i]->name);
	else
		print_table(set, volumes, nr, cli->options.output == CLI_WIDE);
	return 0;
}

static int check_names(const struct cli *cli, const struct state *state)
{
	int status = 0;

	for (int i = 0; i < cli->nr_args; i++) {
		const char *arg = cli_volume_arg(cli->args[i]);

		if (!strcmp(cli->args[i], "volumes") || cli_is_file(cli->args[i]) ||
		    (arg && state_find_volume(state, arg, CFG_FORMAT_RAW)))
			continue;
		fprintf(stderr, "xlite: %s: no such volume\n", cli->args[i]);
		status = XLITE_FAILED;
	}
	return status;
}

/* The pools of files, which may describe much else. */
static int load_pools(struct cli *cli, struct cfg_set **set)
{
	auto_free char **files = calloc((size_t)cli->nr_args + 1, sizeof(*files));
	int nr = 0;

	for (int i = 0; files && i < cli->nr_args; i++) {
		if (cli_is_file(cli->args[i]))
			files[nr++] = cli->args[i];
	}
	if (!files)
		return XLITE_FAILED;
	return nr ? cli_load(cli, files, nr, set) : 0;
}

static int read_pools(const struct cfg_set *set, struct state *state, struct xlite_error *err)
{
	size_t nr = 0;
	struct cfg_pool *const *pools = set ? cfg_set_pools(set, &nr) : NULL;
	int rc = volumes_read(state, cfg_set_pool(set, CFG_DEFAULT_POOL), err);

	for (size_t i = 0; i < nr && !rc; i++)
		rc = volumes_read(state, pools[i], err);
	return rc;
}

int get_volumes(struct cli *cli)
{
	struct xlite_error err = { 0 };
	struct cfg_set *set = NULL;
	struct state state = { 0 };
	int status = load_pools(cli, &set);

	if (!status && read_pools(set, &state, &err))
		status = cli_fail(&err);
	else if (!status)
		status = print_all(cli, set, &state);
	if (!status)
		status = check_names(cli, &state);
	state_clear(&state);
	cfg_set_free(set);
	return status;
}
