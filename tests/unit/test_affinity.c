/* SPDX-License-Identifier: GPL-2.0-or-later
 * What Xen has of affinities and NUMA nodes, laid over what a spec says: the same in other words stays as it is written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/auto.h"
#include "xlite/reconcile/affinity.h"
#include "xlite/reconcile/numa.h"

#define ALL UINT64_MAX

/* Lists, ended by NULL, and what they are after Xen has said the masks of its vCPUs on a host whose last CPU is 7. */
static void affinity_case(const char *const *lists, const uint64_t *masks, unsigned nr_vcpus, const char *wanted)
{
	auto_buf struct buf text = BUF_INIT;
	struct cfg_strings found = { 0 };

	for (; *lists; lists++)
		assert_int_equal(cfg_strings_add(&found, strdup(*lists)), 0);
	assert_int_equal(affinity_observe(&found, (const uint8_t *)masks, sizeof(*masks), nr_vcpus, 7), 0);
	for (size_t i = 0; i < found.nr; i++)
		buf_printf(&text, "%s%s", i ? " " : "", found.items[i]);
	assert_string_equal(buf_str(&text), wanted);
	cfg_strings_clear(&found);
}

#define LISTS(...) ((const char *const []){ __VA_ARGS__ })
#define MASKS(...) ((const uint64_t []){ __VA_ARGS__ })

static void test_affinity(void **state)
{
	/* As it is: also where the list names CPUs that the host has not, and Xen has no bits for. */
	affinity_case(LISTS(NULL), MASKS(ALL, 0xff), 2, "");
	affinity_case(LISTS("0-7", NULL), MASKS(0xff, 0xff), 2, "0-7");
	affinity_case(LISTS("4-99", NULL), MASKS(0xf0, 0xf0), 2, "4-99");
	affinity_case(LISTS("1", "all", NULL), MASKS(2, ALL), 2, "1 all");
	affinity_case(LISTS("all,^0", NULL), MASKS(0xfe, 0xfe), 2, "all,^0");
	affinity_case(LISTS("1-4095", NULL), MASKS(0xfe, ALL - 1), 2, "1-4095");
	affinity_case(LISTS("all,^0-3", "all,^7-99", NULL), MASKS(0xf0, 0x7f), 2, "all,^0-3 all,^7-99");
	/* What differs is what Xen has. */
	affinity_case(LISTS(NULL), MASKS(1, 2), 2, "0 1");
	affinity_case(LISTS("0", NULL), MASKS(1, 2), 2, "0 1");
	affinity_case(LISTS("0", "1", NULL), MASKS(1, 0xff), 2, "0 all");
	affinity_case(LISTS("0", "1", NULL), MASKS(1, 1), 2, "0");
	affinity_case(LISTS("0", "1", NULL), MASKS(0xff, ALL), 2, "");
	affinity_case(LISTS("all,^0", NULL), MASKS(0xfc, 0xfc), 2, "2-7");
	affinity_case(LISTS("all,^0", NULL), MASKS(0xff, 0xff), 2, "");
	/* Other vCPUs than the spec counts. */
	affinity_case(LISTS("0", "1", NULL), MASKS(1, 2, 4), 3, "0 1 2");
	affinity_case(LISTS("0", "1", NULL), MASKS(1), 1, "0");
}

/* CPUs 0 to 3 are in node 0, 4 to 7 in node 2; CPU 3 is in another pool. */
static void make_host(struct numa *numa)
{
	memset(numa, 0, sizeof(*numa));
	memset(numa->node_of_cpu, XLITE_NO_NODE, sizeof(numa->node_of_cpu));
	memset(numa->node_of_cpu, 0, 4);
	memset(numa->node_of_cpu + 4, 2, 4);
	numa->online = 5;
	numa->max_cpu = 9;
	numa->pool_cpus[0] = 0xf7;
}

static uint64_t derived(const uint64_t *hard, const uint64_t *soft, unsigned nr_vcpus)
{
	struct xlite_domain_tuning tuning = {
		.nr_vcpus = nr_vcpus, .map_bytes = sizeof(*hard), .hard = (uint8_t *)hard, .soft = (uint8_t *)soft,
	};
	struct numa numa;

	make_host(&numa);
	return numa_derived(&numa, &tuning);
}

static void test_derived(void **state)
{
	assert_int_equal(derived(MASKS(ALL), MASKS(ALL), 1), 5);
	assert_int_equal(derived(MASKS(0x10), MASKS(ALL), 1), 4);
	assert_int_equal(derived(MASKS(1, 0x10), MASKS(ALL, ALL), 2), 5);
	assert_int_equal(derived(MASKS(ALL, ALL), MASKS(0x20, 0x10), 2), 4);
	/* One vCPU without a preference has none to narrow by. */
	assert_int_equal(derived(MASKS(ALL, ALL), MASKS(0x20, ALL), 2), 5);
	/* Where they should run they may not: then where they may counts. */
	assert_int_equal(derived(MASKS(1), MASKS(0x10), 1), 1);
	/* Of another pool, and of no node. */
	assert_int_equal(derived(MASKS(0x18), MASKS(ALL), 1), 4);
	assert_int_equal(derived(MASKS(0x101), MASKS(ALL), 1), 1);
}

static void nodes_case(const char *said, uint64_t found, uint64_t by_itself, const char *wanted)
{
	struct cfg_strings nodes = { 0 };

	if (said)
		assert_int_equal(cfg_strings_add(&nodes, strdup(said)), 0);
	assert_int_equal(numa_observe(&nodes, found, by_itself, 5), 0);
	assert_int_equal(nodes.nr, wanted != NULL);
	if (wanted)
		assert_string_equal(nodes.items[0], wanted);
	cfg_strings_clear(&nodes);
}

static void test_nodes(void **state)
{
	nodes_case(NULL, 5, 5, NULL);
	nodes_case(NULL, 1, 5, "0");
	nodes_case("0", 1, 5, "0");
	nodes_case("0", 1, 1, "0");
	nodes_case("0-1", 1, 5, "0-1");
	nodes_case("all", 5, 1, "all");
	nodes_case("all,^0", 4, 5, "all,^0");
	nodes_case("all,^2", 4, 5, "2");
	nodes_case("0", 4, 5, "2");
	nodes_case("0", 5, 5, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_affinity),
		cmocka_unit_test(test_derived),
		cmocka_unit_test(test_nodes),
	};

	return cmocka_run_group_tests_name("affinity", tests, NULL, NULL);
}
