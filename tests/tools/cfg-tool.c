/* SPDX-License-Identifier: GPL-2.0-or-later
 * The spec language by itself, for tests: cfg-tool VERB [FILE...]. Exits 0, 65 for a bad spec, 64 for wrong use.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/cfg.h"
#include "common/auto.h"

static int read_file(const char *name, struct buf *text)
{
	FILE *f = strcmp(name, "-") ? fopen(name, "r") : stdin;
	char block[4096];
	size_t n;

	if (!f)
		return -errno;
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		buf_add(text, block, n);
	if (f != stdin)
		fclose(f);
	return text->failed ? -ENOMEM : 0;
}

/* across: also what concerns several documents; two versions of one domain have too much in common for that. */
static void load(struct cfg_set *set, char **files, bool across)
{
	const struct cfg_diag *diags;
	auto_buf struct buf out = BUF_INIT;
	size_t nr;

	for (; *files; files++) {
		auto_buf struct buf text = BUF_INIT;
		const char *base = strrchr(*files, '/') ? strrchr(*files, '/') + 1 : *files;
		int rc = read_file(*files, &text);

		if (rc)
			cfg_set_error(set, base, "%s", strerror(-rc));
		else
			cfg_set_parse(set, base, buf_str(&text), text.len);
	}
	if (across)
		cfg_set_check(set);
	nr = cfg_set_diags(set, &diags);
	for (size_t i = 0; i < nr; i++)
		cfg_diag_print(&diags[i], &out);
	fputs(buf_str(&out), stderr);
	if (nr)
		exit(65);
}

static void print_diffs(struct cfg_diff *diffs, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		printf("%c %s: %s -> %s (%s) line %u\n", diffs[i].how, diffs[i].path,
		       diffs[i].before ? diffs[i].before : "none", diffs[i].after ? diffs[i].after : "none",
		       cfg_change_name(diffs[i].change), diffs[i].place.line);
	cfg_diff_free(diffs, nr);
}

static void print_order(const struct cfg_set *set)
{
	struct cfg_domain **order;
	struct cfg_edge *edges;
	size_t nr;

	if (cfg_set_order(set, &order, &nr))
		exit(1);
	for (size_t i = 0; i < nr; i++)
		printf("%s\n", order[i]->name);
	free(order);
	if (cfg_set_edges(set, &edges, &nr))
		exit(1);
	for (size_t i = 0; i < nr; i++)
		printf("%s -> %s%s\n", edges[i].from->name, edges[i].dependency->name, edges[i].to ? "" : " (elsewhere)");
	free(edges);
}

static void on_networks(const char *verb, const struct cfg_set *set, struct buf *out)
{
	struct cfg_network *const *networks;
	struct cfg_diff *diffs;
	size_t nr, nr_diffs;

	networks = cfg_set_networks(set, &nr);
	for (size_t i = 0; i < nr; i++) {
		if (!strncmp(verb, "print", 5)) {
			buf_puts(out, out->len ? "---\n" : "");
			cfg_print_network(networks[i], strcmp(verb, "print"), out);
		} else if (!strcmp(verb, "json")) {
			cfg_print_network_json(networks[i], out);
		}
	}
	if (strcmp(verb, "diff") || nr != 2)
		return;
	if (cfg_diff_network(networks[0], networks[1], &diffs, &nr_diffs))
		exit(1);
	print_diffs(diffs, nr_diffs);
}

static void on_storage(const char *verb, const struct cfg_set *set, struct buf *out)
{
	bool all = strcmp(verb, "print");
	struct cfg_volume *const *volumes;
	struct cfg_pool *const *pools;
	size_t nr;

	pools = cfg_set_pools(set, &nr);
	for (size_t i = 0; i < nr && !strncmp(verb, "print", 5); i++) {
		buf_puts(out, out->len ? "---\n" : "");
		cfg_print_pool(pools[i], all, out);
	}
	volumes = cfg_set_volumes(set, &nr);
	for (size_t i = 0; i < nr && !strncmp(verb, "print", 5); i++) {
		buf_puts(out, out->len ? "---\n" : "");
		cfg_print_volume(volumes[i], all, out);
	}
}

static int on_files(const char *verb, char **files)
{
	struct cfg_set *set = cfg_set_new();
	auto_buf struct buf out = BUF_INIT;
	struct cfg_domain *const *domains;
	struct cfg_diff *diffs;
	size_t nr;

	if (!set)
		return 1;
	load(set, files, strcmp(verb, "diff") != 0);
	on_networks(verb, set, &out);
	on_storage(verb, set, &out);
	domains = cfg_set_domains(set, &nr);
	for (size_t i = 0; i < nr; i++) {
		if (out.len && !strncmp(verb, "print", 5))
			buf_puts(&out, "---\n");
		if (!strcmp(verb, "print") || !strcmp(verb, "print-all"))
			cfg_print(domains[i], strcmp(verb, "print"), &out);
		else if (!strcmp(verb, "json"))
			cfg_print_json(domains[i], &out);
	}
	fputs(buf_str(&out), stdout);
	if (!strcmp(verb, "order"))
		print_order(set);
	if (!strcmp(verb, "diff") && nr == 2) {
		if (cfg_diff(domains[0], domains[1], &diffs, &nr))
			return 1;
		print_diffs(diffs, nr);
	}
	cfg_set_free(set);
	return 0;
}

static int on_language(const char *verb, const char *path)
{
	auto_buf struct buf out = BUF_INIT;
	struct xlite_error err = { 0 };

	if (!strcmp(verb, "schema")) {
		cfg_schema(&out);
	} else if (!strcmp(verb, "man")) {
		cfg_man(&out);
	} else if (!strcmp(verb, "explain")) {
		if (cfg_explain(path, &out, &err)) {
			fprintf(stderr, "%s\n%s\n", err.message, err.hint);
			return 64;
		}
	} else {
		return 64;
	}
	fputs(buf_str(&out), stdout);
	return 0;
}

int main(int argc, char **argv)
{
	static const char *const verbs[] = { "validate", "print", "print-all", "json", "diff", "order" };

	if (argc < 2)
		return 64;
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (!strcmp(argv[1], verbs[i]))
			return on_files(argv[1], argv + 2);
	}
	return on_language(argv[1], argv[2]);
}
