/* SPDX-License-Identifier: GPL-2.0-or-later
 * NUMA nodes: what the spec says, what Xen has, and what Xen would choose. A host with one node is asked nothing.
 */
#include "xlite/reconcile/numa.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/bits.h"

/* Bit n is node n; a list that cannot be read is none. */
static uint64_t nodes_of(const char *list)
{
	uint64_t nodes = 0;

	return cfg_parse_cpus(list, (uint8_t *)&nodes, sizeof(nodes)) ? 0 : nodes;
}

static int online_nodes(struct host *host, uint64_t *online, struct xlite_error *err)
{
	uint8_t first;

	return xlite_host_nodes(host->xen, online, &first, 1, err);
}

int numa_check(struct host *host, const struct cfg_domain *spec, struct xlite_error *err)
{
	auto_free char *text = NULL;
	uint64_t online;
	int rc;

	if (!spec->memory_nodes.nr)
		return 0;
	rc = online_nodes(host, &online, err);
	if (rc || nodes_of(spec->memory_nodes.items[0]) & online)
		return rc;
	text = cfg_cpus_text((const uint8_t *)&online, sizeof(online));
	return xlite_error_set(err, -EINVAL, "memory.nodes: none of %s has memory: the host has NUMA node %s",
			       spec->memory_nodes.items[0], text ? text : "0");
}

int numa_set(struct host *host, uint32_t domid, const struct cfg_domain *spec, struct xlite_error *err)
{
	uint64_t online;
	int rc;

	if (!spec->memory_nodes.nr)
		return xlite_domain_set_nodes(host->xen, domid, XLITE_NODES_DERIVED, err);
	rc = online_nodes(host, &online, err);
	return rc ? rc : xlite_domain_set_nodes(host->xen, domid, nodes_of(spec->memory_nodes.items[0]) & online, err);
}

int numa_init(struct numa *numa, struct host *host, unsigned max_cpu, struct xlite_error *err)
{
	size_t nr = max_cpu < sizeof(numa->node_of_cpu) ? max_cpu + 1 : sizeof(numa->node_of_cpu);

	memset(numa, 0, sizeof(*numa));
	numa->max_cpu = (unsigned)nr - 1;
	return xlite_host_nodes(host->xen, &numa->online, numa->node_of_cpu, nr, err);
}

/* The nodes of the CPUs in the pool on which a vCPU may run; with soft, only of those on which one should. */
static uint64_t nodes_of_maps(const struct numa *numa, const struct xlite_domain_tuning *tuning, bool soft)
{
	uint64_t nodes = 0;

	for (unsigned cpu = 0; cpu <= numa->max_cpu && cpu / 8 < tuning->map_bytes; cpu++) {
		bool may = false, should = false;

		if (!bits_has(numa->pool_cpus, cpu) || numa->node_of_cpu[cpu] == XLITE_NO_NODE)
			continue;
		for (unsigned i = 0; i < tuning->nr_vcpus; i++) {
			may = may || bits_has(tuning->hard + i * tuning->map_bytes, cpu);
			should = should || bits_has(tuning->soft + i * tuning->map_bytes, cpu);
		}
		if (may && (should || !soft))
			nodes |= UINT64_C(1) << numa->node_of_cpu[cpu];
	}
	return nodes;
}

uint64_t numa_derived(const struct numa *numa, const struct xlite_domain_tuning *tuning)
{
	uint64_t nodes = nodes_of_maps(numa, tuning, true);

	return nodes ? nodes : nodes_of_maps(numa, tuning, false);
}

int numa_observe(struct cfg_strings *nodes, uint64_t found, uint64_t derived, uint64_t online)
{
	if (nodes->nr ? (nodes_of(nodes->items[0]) & online) == (found & online) : found == derived)
		return 0;
	cfg_strings_clear(nodes);
	if (found == derived)
		return 0;
	return cfg_strings_add(nodes, cfg_cpus_text((const uint8_t *)&found, sizeof(found)));
}

int numa_lay(struct numa *numa, struct host *host, uint32_t pool, const struct xlite_domain_tuning *tuning,
	     struct cfg_domain *spec, struct xlite_error *err)
{
	int rc;

	if (!tuning->nodes_known || !tuning->cpus_known)
		return 0;
	if (!numa->pool_known || numa->pool != pool) {
		rc = xlite_pool_cpus(host->xen, pool, numa->pool_cpus, sizeof(numa->pool_cpus), err);
		/* The pool may have gone, and the domain with it or to another. */
		if (rc)
			return rc == -ENOENT ? 0 : rc;
		numa->pool = pool;
		numa->pool_known = true;
	}
	if (numa_observe(&spec->memory_nodes, tuning->nodes, numa_derived(numa, tuning), numa->online))
		return xlite_error_set(err, -ENOMEM, "out of memory");
	return 0;
}
