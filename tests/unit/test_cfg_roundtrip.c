/* SPDX-License-Identifier: GPL-2.0-or-later
 * Properties over specs made up from the table: printed and read again they are the same, a copy is the
 * same, and every single change shows as exactly that difference.
 */
#include "tests/unit/cfg_check.h"

#include <stdlib.h>

#include "cfg/keys.h"
#include "common/auto.h"
#include "tests/fuzz/cfg_gen.h"

#define SPECS 300

static uint32_t seed;

static void bytes(uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		data[i] = (uint8_t)(seed >> 24);
	}
}

static struct cfg_set *make(const struct cfg_domain **domain, struct buf *text)
{
	struct cfg_set *set = cfg_set_new();
	uint8_t data[2000];
	struct cfg_gen gen = { .data = data, .len = sizeof(data) };

	bytes(data, sizeof(data));
	cfg_gen_domain(&gen, text);
	*domain = parse_one(set, buf_str(text));
	return set;
}

static size_t nr_diffs(const struct cfg_domain *a, const struct cfg_domain *b)
{
	struct cfg_diff *diffs;
	size_t nr;

	assert_int_equal(cfg_diff(a, b, &diffs, &nr), 0);
	for (size_t i = 0; i < nr; i++)
		print_message("%s: %s -> %s\n", diffs[i].path, diffs[i].before ? diffs[i].before : "none",
			      diffs[i].after ? diffs[i].after : "none");
	cfg_diff_free(diffs, nr);
	return nr;
}

static void check_print(const struct cfg_domain *domain, bool all)
{
	struct cfg_set *set = cfg_set_new();
	auto_buf struct buf text = BUF_INIT, again = BUF_INIT;
	const struct cfg_domain *back;

	cfg_print(domain, all, &text);
	assert_false(text.failed);
	back = parse_one(set, buf_str(&text));
	assert_int_equal(nr_diffs(domain, back), 0);
	assert_memory_equal(domain->uuid, back->uuid, 16);
	cfg_print(back, all, &again);
	assert_string_equal(buf_str(&text), buf_str(&again));
	cfg_set_free(set);
}

/* Counts that a key was written at all, so that no maker goes missing unnoticed. */
static void count(const struct cfg_section *section, const char *text, unsigned *seen, unsigned *at)
{
	for (size_t i = 0; i < section->nr; i++) {
		auto_buf struct buf name = BUF_INIT;

		if (section->keys[i].later)
			continue;
		buf_printf(&name, "%s: ", section->keys[i].name);
		seen[(*at)++] += strstr(text, buf_str(&name)) != NULL;
		if (section->keys[i].section)
			count(section->keys[i].section, text, seen, at);
	}
}

static void test_print_and_read(void **state)
{
	unsigned seen[100] = { 0 }, nr = 0;

	seed = 1;
	for (unsigned i = 0; i < SPECS; i++) {
		const struct cfg_domain *domain;
		auto_buf struct buf text = BUF_INIT;
		struct cfg_set *set = make(&domain, &text);

		check_print(domain, false);
		check_print(domain, true);
		nr = 0;
		count(&cfg_domain_section, buf_str(&text), seen, &nr);
		cfg_set_free(set);
	}
	assert_true(nr > 30);
	for (unsigned i = 0; i < nr; i++)
		assert_true(seen[i] > 0);
}

static const struct cfg_network *parse_network(struct cfg_set *set, const char *text)
{
	struct cfg_network *const *networks;
	const struct cfg_diag *diags;
	size_t nr;

	if (cfg_set_parse(set, "test", text, strlen(text))) {
		cfg_set_diags(set, &diags);
		fail_msg("%s in: %s", diags->message, text);
	}
	networks = cfg_set_networks(set, &nr);
	assert_int_equal(nr, 1);
	return networks[0];
}

static void check_network(const struct cfg_network *network, bool all)
{
	struct cfg_set *set = cfg_set_new();
	auto_buf struct buf text = BUF_INIT, again = BUF_INIT;
	const struct cfg_network *back;
	struct cfg_diff *diffs;
	size_t nr;

	cfg_print_network(network, all, &text);
	back = parse_network(set, buf_str(&text));
	assert_int_equal(cfg_diff_network(network, back, &diffs, &nr), 0);
	assert_int_equal(nr, 0);
	cfg_print_network(back, all, &again);
	assert_string_equal(buf_str(&text), buf_str(&again));
	cfg_set_free(set);
}

static void test_networks(void **state)
{
	unsigned seen[40] = { 0 }, nr = 0;

	seed = 4;
	for (unsigned i = 0; i < SPECS; i++) {
		auto_buf struct buf text = BUF_INIT;
		struct cfg_set *set = cfg_set_new();
		uint8_t data[500];
		struct cfg_gen gen = { .data = data, .len = sizeof(data) };
		struct cfg_network *copy;

		bytes(data, sizeof(data));
		cfg_gen_network(&gen, &text);
		copy = cfg_network_copy(parse_network(set, buf_str(&text)));
		check_network(copy, false);
		cfg_set_free(set);
		/* The original is gone; the copy must not need it. */
		check_network(copy, true);
		cfg_network_free(copy);
		nr = 0;
		count(&cfg_network_section, buf_str(&text), seen, &nr);
	}
	for (unsigned i = 0; i < nr; i++)
		assert_true(seen[i] > 0);
	cfg_network_free(NULL);
}

/* Volumes and pools: what is printed reads as the same, which is told by its printed form with every key. */
static void check_storage(const char *text, bool all, struct buf *printed, struct buf *full)
{
	struct cfg_set *set = cfg_set_new();
	struct cfg_volume *const *volumes;
	struct cfg_pool *const *pools;
	const struct cfg_diag *diags;
	size_t nr, nr_pools;

	if (cfg_set_parse(set, "test", text, strlen(text))) {
		cfg_set_diags(set, &diags);
		fail_msg("%s in: %s", diags->message, text);
	}
	volumes = cfg_set_volumes(set, &nr);
	pools = cfg_set_pools(set, &nr_pools);
	assert_int_equal(nr + nr_pools, 1);
	if (nr) {
		struct cfg_volume *copy = cfg_volume_copy(volumes[0]);

		cfg_print_volume(copy, all, printed);
		cfg_print_volume_json(volumes[0], full);
		cfg_volume_free(copy);
	} else {
		cfg_print_pool(pools[0], all, printed);
		cfg_print_pool_json(pools[0], full);
	}
	cfg_set_free(set);
}

static void test_storage(void **state)
{
	unsigned seen[40] = { 0 }, nr = 0;

	seed = 6;
	for (unsigned i = 0; i < SPECS; i++) {
		auto_buf struct buf text = BUF_INIT, printed = BUF_INIT, again = BUF_INIT, full = BUF_INIT,
				    full_again = BUF_INIT;
		uint8_t data[500];
		struct cfg_gen gen = { .data = data, .len = sizeof(data) };

		bytes(data, sizeof(data));
		if (i % 4)
			cfg_gen_volume(&gen, &text);
		else
			cfg_gen_pool(&gen, &text);
		check_storage(buf_str(&text), i % 2, &printed, &full);
		check_storage(buf_str(&printed), i % 2, &again, &full_again);
		assert_string_equal(buf_str(&printed), buf_str(&again));
		assert_string_equal(buf_str(&full), buf_str(&full_again));
		nr = 0;
		count(i % 4 ? &cfg_volume_section : &cfg_pool_section, buf_str(&text), seen, &nr);
	}
	cfg_volume_free(NULL);
	cfg_pool_free(NULL);
}

static void test_copy(void **state)
{
	seed = 2;
	for (unsigned i = 0; i < SPECS; i++) {
		const struct cfg_domain *domain;
		auto_buf struct buf text = BUF_INIT, before = BUF_INIT, after = BUF_INIT;
		struct cfg_set *set = make(&domain, &text);
		struct cfg_domain *copy = cfg_domain_copy(domain);

		cfg_print(domain, true, &before);
		assert_int_equal(nr_diffs(domain, copy), 0);
		/* The original goes; the copy must not need it. */
		cfg_set_free(set);
		cfg_print(copy, true, &after);
		assert_string_equal(buf_str(&before), buf_str(&after));
		cfg_domain_free(copy);
	}
}

/* Moves lines of a spec, which are keys, into a defaults document before it: any but those of identity. */
static void split(const char *text, struct buf *out)
{
	auto_buf struct buf rest = BUF_INIT;

	buf_puts(out, "kind: defaults\n");
	for (size_t len; *text; text += len) {
		uint8_t chance;

		len = strcspn(text, "\n") + 1;
		bytes(&chance, 1);
		if (chance % 2 || !strncmp(text, "kind:", 5) || !strncmp(text, "name:", 5) || !strncmp(text, "uuid:", 5))
			buf_add(&rest, text, len);
		else
			buf_add(out, text, len);
	}
	buf_printf(out, "---\n%s", buf_str(&rest));
}

/* Where a value is written makes no difference. */
static void test_defaults_make_the_same(void **state)
{
	seed = 5;
	for (unsigned i = 0; i < SPECS; i++) {
		const struct cfg_domain *domain;
		auto_buf struct buf text = BUF_INIT, parts = BUF_INIT;
		struct cfg_set *set = make(&domain, &text), *other = cfg_set_new();

		split(buf_str(&text), &parts);
		assert_int_equal(nr_diffs(domain, parse_one(other, buf_str(&parts))), 0);
		cfg_set_free(set);
		cfg_set_free(other);
	}
}

/* Any two specs: the diff one way is the diff the other way, turned around. */
static void test_diff_is_symmetric(void **state)
{
	seed = 3;
	for (unsigned i = 0; i < SPECS; i++) {
		const struct cfg_domain *a, *b;
		auto_buf struct buf text_a = BUF_INIT, text_b = BUF_INIT;
		struct cfg_set *set_a = make(&a, &text_a), *set_b = make(&b, &text_b);
		struct cfg_diff *there, *back;
		size_t nr, nr_back, added = 0, removed = 0;

		assert_int_equal(cfg_diff(a, b, &there, &nr), 0);
		assert_int_equal(cfg_diff(b, a, &back, &nr_back), 0);
		assert_int_equal(nr, nr_back);
		for (size_t k = 0; k < nr; k++) {
			assert_int_equal(there[k].how, !there[k].before ? '+' : !there[k].after ? '-' : '~');
			added += there[k].how == '+';
			removed += back[k].how == '-';
			assert_true(there[k].how == '-' ? !there[k].place.line : there[k].place.line > 0);
		}
		assert_int_equal(added, removed);
		cfg_diff_free(there, nr);
		cfg_diff_free(back, nr_back);
		cfg_set_free(set_a);
		cfg_set_free(set_b);
	}
}

/*
 * What can be had before the next boot: nothing that needs one differs from what runs, all else is as wanted, and it can be
 * written and read again, as the record does.
 */
static void test_keep(void **state)
{
	seed = 5;
	for (unsigned i = 0; i < SPECS; i++) {
		const struct cfg_domain *have, *want;
		auto_buf struct buf text_a = BUF_INIT, text_b = BUF_INIT, printed = BUF_INIT;
		struct cfg_set *set_a = make(&have, &text_a), *set_b = make(&want, &text_b), *set_c = cfg_set_new();
		struct cfg_domain *now = cfg_domain_copy(want);
		struct cfg_diff *diffs;
		size_t nr;

		assert_int_equal(cfg_domain_keep(now, have), 0);
		assert_int_equal(cfg_diff(have, now, &diffs, &nr), 0);
		for (size_t k = 0; k < nr; k++)
			assert_true(diffs[k].change != CFG_ON_REBOOT || !strncmp(diffs[k].path, "vifs[", 5));
		cfg_diff_free(diffs, nr);
		assert_int_equal(cfg_diff(now, want, &diffs, &nr), 0);
		for (size_t k = 0; k < nr; k++)
			assert_true(diffs[k].change == CFG_ON_REBOOT || !strcmp(diffs[k].path, "vcpus.online"));
		cfg_diff_free(diffs, nr);
		cfg_print(now, false, &printed);
		assert_int_equal(cfg_set_parse(set_c, "kept", buf_str(&printed), printed.len), 0);
		cfg_domain_free(now);
		cfg_set_free(set_a);
		cfg_set_free(set_b);
		cfg_set_free(set_c);
	}
}

/* One changed line is one difference, with its path, class and place. */
static void test_single_changes(void **state)
{
	static const char base[] = "name: a\nuuid: 3e5b2b70-0a4a-452b-a227-f452af80a8f3\nmemory: 64MiB\nkernel: /k\n"
				   "vifs: [{bridge: b, mac: 00:16:3e:00:00:01}]\nvbds: [{vdev: xvda, source: /d}]\nvcpus: {max: 2, online: 1}\n";
	static const struct { const char *from, *to, *path, *before, *after; enum cfg_change change;
	} cases[] = {
		{ "name: a", "name: b", "name", "a", "b", CFG_LIVE },
		{ "a8f3", "a8f4", "uuid", "3e5b2b70-0a4a-452b-a227-f452af80a8f3",
		  "3e5b2b70-0a4a-452b-a227-f452af80a8f4", CFG_REPLACES },
		{ "memory: 64MiB", "memory: {target: 32MiB, max: 64MiB}", "memory.target", "64MiB", "32MiB", CFG_LIVE },
		{ "memory: 64MiB", "memory: {target: 64MiB, max: 1GiB}", "memory.max", "64MiB", "1GiB", CFG_LIVE },
		{ "memory: 64MiB", "memory: {target: 64MiB, nodes: 0}", "memory.nodes", NULL, "0", CFG_LIVE },
		{ "kernel: /k", "kernel: /k\nramdisk: /r", "ramdisk", NULL, "/r", CFG_ON_REBOOT },
		{ "online: 1", "online: 2", "vcpus.online", "1", "2", CFG_LIVE },
		{ "max: 2", "max: 3", "vcpus.max", "2", "3", CFG_ON_REBOOT },
		{ "online: 1", "online: 1, affinity: 3", "vcpus.affinity", "all", "3", CFG_LIVE },
		{ "online: 1", "online: 1, affinity: [3, 0-1]", "vcpus.affinity", "all", "[3, 0-1]", CFG_LIVE },
		{ "online: 1", "online: 1, soft_affinity: [2, all]", "vcpus.soft_affinity", "all", "[2, all]",
		  CFG_LIVE },
		{ "bridge: b", "bridge: c", "vifs[00:16:3e:00:00:01].bridge", "b", "c", CFG_HOTPLUG },
		{ "bridge: b", "bridge: b, mtu: 100", "vifs[00:16:3e:00:00:01].mtu", NULL, "100", CFG_LIVE },
		{ "bridge: b", "bridge: b, ifname: web0", "vifs[00:16:3e:00:00:01].ifname", NULL, "web0", CFG_HOTPLUG },
		{ "bridge: b", "bridge: b, trunk: [30-39, 20]", "vifs[00:16:3e:00:00:01].trunk", NULL, "20,30-39",
		  CFG_LIVE },
		{ "bridge: b", "bridge: b, vlan: 7", "vifs[00:16:3e:00:00:01].vlan", NULL, "7", CFG_LIVE },
		{ "bridge: b", "bridge: b, rate: 1MB/s@20ms", "vifs[00:16:3e:00:00:01].rate", NULL, "8Mb/s@20ms",
		  CFG_LIVE },
		{ "bridge: b", "bridge: b, filter: false", "vifs[00:16:3e:00:00:01].filter", "true", "false", CFG_LIVE },
		{ "bridge: b", "bridge: b, ip: 10.0.0.1/8", "vifs[00:16:3e:00:00:01].ip", NULL, "[10.0.0.1/8]",
		  CFG_LIVE },
		{ "kernel: /k", "kernel: /k\ndepends_on: [b]", "depends_on[b]", NULL, "{}", CFG_NOTHING },
		{ "kernel: /k", "kernel: /k\ndepends_on: [{name: b, tcp: 5}]", "depends_on[b]", NULL, "{tcp: 5}",
		  CFG_NOTHING },
		{ "kernel: /k", "kernel: /k\npool: fast", "pool", "Pool-0", "fast", CFG_LIVE },
		{ "source: /d", "source: /e", "vbds[xvda].source", "/d", "/e", CFG_HOTPLUG },
		{ "[{vdev: xvda, source: /d}]", "[]", "vbds[xvda]", "{source: /d}", NULL, CFG_HOTPLUG },
		{ "kernel: /k", "kernel: /k\nstate: paused", "state", "running", "paused", CFG_LIVE },
		{ "kernel: /k", "kernel: /k\nshutdown_timeout: 90", "shutdown_timeout", "1m", "90s", CFG_NOTHING },
		{ "kernel: /k", "kernel: /k\nlabels: {a: ''}", "labels[a]", NULL, "", CFG_LIVE },
		{ "kernel: /k", "kernel: /k\nlimits: {grant_frames: 9}", "limits.grant_frames", NULL, "9",
		  CFG_ON_REBOOT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_buf struct buf text = BUF_INIT;
		struct cfg_set *set_a = cfg_set_new(), *set_b = cfg_set_new();
		const char *at = strstr(base, cases[i].from);
		const struct cfg_domain *a = parse_one(set_a, base), *b;
		struct cfg_diff *diffs;
		size_t nr;

		buf_printf(&text, "%.*s%s%s", (int)(at - base), base, cases[i].to, at + strlen(cases[i].from));
		b = parse_one(set_b, buf_str(&text));
		assert_int_equal(cfg_diff(a, b, &diffs, &nr), 0);
		assert_int_equal(nr, 1);
		assert_string_equal(diffs[0].path, cases[i].path);
		assert_int_equal(diffs[0].change, cases[i].change);
		assert_true(!diffs[0].before == !cases[i].before &&
			    (!diffs[0].before || !strcmp(diffs[0].before, cases[i].before)));
		assert_true(!diffs[0].after == !cases[i].after && (!diffs[0].after || !strcmp(diffs[0].after, cases[i].after)));
		cfg_diff_free(diffs, nr);
		cfg_set_free(set_a);
		cfg_set_free(set_b);
	}
}

/* A spec that was observed, not parsed: nothing says that its identities were given, and its text may be anything. */
static void test_observed(void **state)
{
	struct cfg_domain *domain = cfg_domain_new();
	auto_buf struct buf text = BUF_INIT, json = BUF_INIT;

	domain->name = strdup("caf\xe9");
	memset(domain->uuid, 7, sizeof(domain->uuid));
	domain->memory_kib = domain->max_memory_kib = 4096;
	domain->vifs = calloc(1, sizeof(*domain->vifs));
	domain->nr_vifs = 1;
	domain->vifs->target = strdup("br0");
	memset(domain->vifs->mac, 2, 6);
	domain->vifs->filter = true;
	cfg_print(domain, false, &text);
	assert_string_equal(buf_str(&text), "name: caf?\nuuid: 07070707-0707-0707-0707-070707070707\nmemory: 4MiB\nvifs:\n"
			    "- bridge: br0\n  mac: \"02:02:02:02:02:02\"\n");
	cfg_print_json(domain, &json);
	assert_non_null(strstr(buf_str(&json), "\"name\": \"caf?\""));
	assert_non_null(strstr(buf_str(&json), "\"kernel\": null"));
	cfg_domain_free(domain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print_and_read),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_storage),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_defaults_make_the_same),
		cmocka_unit_test(test_diff_is_symmetric),
		cmocka_unit_test(test_keep),
		cmocka_unit_test(test_single_changes),
		cmocka_unit_test(test_observed),
	};

	return cmocka_run_group_tests_name("cfg_roundtrip", tests, NULL, NULL);
}
