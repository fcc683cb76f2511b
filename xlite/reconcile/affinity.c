/* SPDX-License-Identifier: GPL-2.0-or-later
 * Affinities of vCPUs: from the spec's lists to Xen's maps, and back.
 */
#include "xlite/reconcile/affinity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/bits.h"

/* Xen keeps the bits of CPUs that it can have, and no others. */
static bool same_cpus(const uint8_t *a, const uint8_t *b, unsigned max_cpu)
{
	for (unsigned cpu = 0; cpu <= max_cpu; cpu++) {
		if (bits_has(a, cpu) != bits_has(b, cpu))
			return false;
	}
	return true;
}

static int check_lists(const char *key, const struct cfg_strings *lists, const uint8_t *pool,
		       struct xlite_error *err)
{
	uint8_t wanted[XLITE_CPU_MAP_BYTES];
	auto_free char *text = NULL;

	for (size_t i = 0; i < lists->nr; i++) {
		char who[32];

		if (cfg_parse_cpus(lists->items[i], wanted, sizeof(wanted)) || bits_meet(wanted, pool, sizeof(wanted)))
			continue;
		snprintf(who, sizeof(who), lists->nr > 1 ? "vCPU %zu" : "no vCPU", i);
		text = cfg_cpus_text(pool, XLITE_CPU_MAP_BYTES);
		return xlite_error_set(err, -EINVAL, "vcpus.%s: %s could %srun on %s: the CPU pool has CPU %s", key, who,
				       lists->nr > 1 ? "not " : "", lists->items[i], text ? text : "none");
	}
	return 0;
}

int affinity_check(struct host *host, uint32_t pool, const struct cfg_domain *spec, struct xlite_error *err)
{
	uint8_t cpus[XLITE_CPU_MAP_BYTES];
	int rc;

	/* A hypervisor that does not tell is one that judges by itself. */
	if (!(spec->affinity.nr + spec->soft_affinity.nr) || xlite_pool_cpus(host->xen, pool, cpus, sizeof(cpus), NULL))
		return 0;
	rc = check_lists("affinity", &spec->affinity, cpus, err);
	return rc ? rc : check_lists("soft_affinity", &spec->soft_affinity, cpus, err);
}

static int read_list(const char *key, const struct cfg_strings *lists, unsigned vcpu, uint8_t cpus[XLITE_CPU_MAP_BYTES],
		     struct xlite_error *err)
{
	const char *list = cfg_cpus_of(lists, vcpu);
	int rc = cfg_parse_cpus(list, cpus, XLITE_CPU_MAP_BYTES);

	return rc ? xlite_error_set(err, rc, "vcpus.%s: cannot read `%s'", key, list) : 0;
}

int affinity_set(struct host *host, uint32_t domid, unsigned nr_vcpus, const struct cfg_domain *spec,
		 struct xlite_error *err)
{
	uint8_t hard[XLITE_CPU_MAP_BYTES], soft[XLITE_CPU_MAP_BYTES];
	int rc = 0;

	for (unsigned i = 0; i < nr_vcpus && !rc; i++) {
		rc = read_list("affinity", &spec->affinity, i, hard, err);
		if (!rc)
			rc = read_list("soft_affinity", &spec->soft_affinity, i, soft, err);
		if (!rc)
			rc = xlite_vcpu_set_affinity(host->xen, domid, i, hard, soft, sizeof(hard), err);
	}
	return rc;
}

static bool same_lists(const struct cfg_strings *lists, const uint8_t *maps, size_t map_bytes, unsigned nr_vcpus,
		       unsigned max_cpu)
{
	uint8_t wanted[XLITE_CPU_MAP_BYTES];

	if (lists->nr > 1 && lists->nr != nr_vcpus)
		return false;
	for (unsigned i = 0; i < nr_vcpus; i++) {
		if (cfg_parse_cpus(cfg_cpus_of(lists, i), wanted, sizeof(wanted)) ||
		    !same_cpus(wanted, maps + i * map_bytes, max_cpu))
			return false;
	}
	return true;
}

int affinity_observe(struct cfg_strings *lists, const uint8_t *maps, size_t map_bytes, unsigned nr_vcpus, unsigned max_cpu)
{
	uint8_t all[XLITE_CPU_MAP_BYTES];

	if (max_cpu >= map_bytes * 8)
		max_cpu = (unsigned)map_bytes * 8 - 1;
	if (same_lists(lists, maps, map_bytes, nr_vcpus, max_cpu))
		return 0;
	memset(all, 0xff, sizeof(all));
	cfg_strings_clear(lists);
	for (unsigned i = 0; i < nr_vcpus; i++) {
		const uint8_t *map = maps + i * map_bytes;
		int rc = cfg_strings_add(lists, same_cpus(all, map, max_cpu) ? strdup("all") : cfg_cpus_text(map, map_bytes));

		if (rc)
			return rc;
	}
	cfg_join_cpus(lists);
	return 0;
}
