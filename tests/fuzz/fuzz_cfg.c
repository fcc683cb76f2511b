/* SPDX-License-Identifier: GPL-2.0-or-later
 * libFuzzer target for the spec language. Inputs that begin with a byte of 0x80 and more are decisions for
 * the generator, whose specs must be valid; all others are texts. Whatever is valid must survive being
 * printed and read again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/cfg.h"
#include "tests/fuzz/cfg_gen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void die(const char *what, const char *text)
{
	fprintf(stderr, "%s:\n%s\n", what, text);
	abort();
}

/* Reads text that was printed by us, and finds the same domain in it. */
static void same(const struct cfg_domain *domain, bool all)
{
	struct cfg_set *set = cfg_set_new();
	struct cfg_domain *const *domains;
	struct cfg_diff *diffs = NULL;
	struct buf text = BUF_INIT, again = BUF_INIT;
	size_t nr, nr_diffs = 0;

	cfg_print(domain, all, &text);
	if (cfg_set_parse(set, "printed", buf_str(&text), text.len))
		die("what was printed is not valid", buf_str(&text));
	domains = cfg_set_domains(set, &nr);
	if (nr != 1 || cfg_diff(domain, domains[0], &diffs, &nr_diffs) || nr_diffs)
		die("what was printed is another domain", buf_str(&text));
	cfg_print(domains[0], all, &again);
	if (strcmp(buf_str(&text), buf_str(&again)))
		die("it is printed otherwise the second time", buf_str(&text));
	cfg_diff_free(diffs, nr_diffs);
	buf_clear(&text);
	buf_clear(&again);
	cfg_set_free(set);
}

/* The same for a network. */
static void same_network(const struct cfg_network *network, bool all)
{
	struct cfg_set *set = cfg_set_new();
	struct cfg_network *const *networks;
	struct cfg_diff *diffs = NULL;
	struct buf text = BUF_INIT;
	size_t nr, nr_diffs = 0;

	cfg_print_network(network, all, &text);
	if (cfg_set_parse(set, "printed", buf_str(&text), text.len))
		die("what was printed is not valid", buf_str(&text));
	networks = cfg_set_networks(set, &nr);
	if (nr != 1 || cfg_diff_network(network, networks[0], &diffs, &nr_diffs) || nr_diffs)
		die("what was printed is another network", buf_str(&text));
	cfg_diff_free(diffs, nr_diffs);
	buf_clear(&text);
	cfg_set_free(set);
}

static void check_networks(const struct cfg_set *set)
{
	struct cfg_network *const *networks;
	struct buf out = BUF_INIT;
	size_t nr;

	networks = cfg_set_networks(set, &nr);
	for (size_t i = 0; i < nr; i++) {
		struct cfg_network *copy = cfg_network_copy(networks[i]);

		same_network(copy, false);
		same_network(copy, true);
		cfg_print_network_json(copy, &out);
		cfg_network_free(copy);
	}
	buf_clear(&out);
}

static void check_storage(const struct cfg_set *set)
{
	struct cfg_volume *const *volumes;
	struct cfg_pool *const *pools;
	struct buf out = BUF_INIT;
	size_t nr;

	volumes = cfg_set_volumes(set, &nr);
	for (size_t i = 0; i < nr; i++) {
		struct cfg_volume *copy = cfg_volume_copy(volumes[i]);

		cfg_print_volume(copy, i % 2, &out);
		cfg_print_volume_json(copy, &out);
		cfg_volume_free(copy);
	}
	pools = cfg_set_pools(set, &nr);
	for (size_t i = 0; i < nr; i++)
		cfg_print_pool(pools[i], i % 2, &out);
	buf_clear(&out);
}

static void check_order(const struct cfg_set *set)
{
	struct cfg_domain **order;
	struct cfg_edge *edges;
	size_t nr;

	cfg_set_order(set, &order, &nr);
	free(order);
	cfg_set_edges(set, &edges, &nr);
	free(edges);
}

static void check(struct cfg_set *set)
{
	struct cfg_domain *const *domains;
	const struct cfg_diag *diags;
	struct buf out = BUF_INIT;
	size_t nr;

	cfg_set_check(set);
	nr = cfg_set_diags(set, &diags);
	for (size_t i = 0; i < nr; i++)
		cfg_diag_print(&diags[i], &out);
	for (const char *p = buf_str(&out); *p; p++) {
		if ((unsigned char)*p < 0x20 && *p != '\n' && *p != '\t')
			die("a control byte would be shown", buf_str(&out));
	}
	domains = cfg_set_domains(set, &nr);
	for (size_t i = 0; i < nr; i++) {
		struct cfg_domain *copy = cfg_domain_copy(domains[i]);

		same(copy, false);
		same(copy, true);
		cfg_print_json(copy, &out);
		cfg_domain_free(copy);
	}
	buf_clear(&out);
	check_networks(set);
	check_storage(set);
	check_order(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cfg_set *set = cfg_set_new();

	if (len && *data >= 0x80) {
		struct cfg_gen gen = { .data = data + 1, .len = len - 1 };
		struct buf text = BUF_INIT;

		if (*data & 1)
			cfg_gen_network(&gen, &text);
		else
			cfg_gen_domain(&gen, &text);
		if (cfg_set_parse(set, "generated", buf_str(&text), text.len))
			die("what was generated is not valid", buf_str(&text));
		buf_clear(&text);
	} else {
		cfg_set_parse(set, "text", (const char *)data, len);
	}
	check(set);
	cfg_set_free(set);
	return 0;
}
