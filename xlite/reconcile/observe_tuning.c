/* SPDX-License-Identifier: GPL-2.0-or-later
 * Scheduler parameters and affinity of domains, asked of Xen for all of them together.
 */
#include "xlite/reconcile/observe_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/bits.h"
#include "xlite/reconcile/affinity.h"
#include "xlite/reconcile/numa.h"
#include "xlite/reconcile/pool.h"

/* Names of pools are few and seldom asked for. */
static int lay_pool(struct host *host, struct state_domain *domain, struct xlite_error *err)
{
	auto_free char *said = auto_take(domain->spec->pool);

	return pool_name(host, domain->info.cpupool, said, &domain->spec->pool, err);
}

/* Room for the maps of all vCPUs, one after the other; the caller frees the first. */
static uint8_t *give_room(struct xlite_domain_tuning *tunings, const struct observe_request *looks, size_t nr,
			  const struct xlite_host_info *info)
{
	size_t map_bytes = (info->max_cpu_id / 64 + 1) * 8, vcpus = 0;
	uint8_t *room, *at;

	map_bytes = map_bytes < XLITE_CPU_MAP_BYTES ? map_bytes : XLITE_CPU_MAP_BYTES;
	for (size_t i = 0; i < nr; i++)
		vcpus += looks[i].nr_cpus;
	room = at = calloc(2 * vcpus + 1, map_bytes);
	for (size_t i = 0; room && i < nr; i++) {
		tunings[i] = (struct xlite_domain_tuning){ .domid = looks[i].domain->info.domid, .nr_vcpus = looks[i].nr_cpus,
							   .map_bytes = map_bytes, .ask_nodes = info->nr_nodes > 1, .hard = at,
							   .soft = at + looks[i].nr_cpus * map_bytes };
		at += 2 * looks[i].nr_cpus * map_bytes;
	}
	return room;
}

/* Xen takes no notice of a soft affinity without a CPU of the affinity: that vCPU has none. */
static void drop_idle_soft(const struct xlite_domain_tuning *tuning)
{
	for (unsigned i = 0; i < tuning->nr_vcpus; i++) {
		const uint8_t *hard = tuning->hard + i * tuning->map_bytes;
		uint8_t *soft = tuning->soft + i * tuning->map_bytes;

		if (!bits_meet(hard, soft, tuning->map_bytes))
			memset(soft, 0xff, tuning->map_bytes);
	}
}

static int lay_cpus(struct cfg_domain *spec, const struct xlite_domain_tuning *tuning, unsigned max_cpu)
{
	int rc = affinity_observe(&spec->affinity, tuning->hard, tuning->map_bytes, tuning->nr_vcpus, max_cpu);

	drop_idle_soft(tuning);
	return rc ? rc : affinity_observe(&spec->soft_affinity, tuning->soft, tuning->map_bytes, tuning->nr_vcpus, max_cpu);
}

static int lay(struct host *host, struct state_domain *domain, const struct xlite_domain_tuning *tuning, unsigned max_cpu,
	       struct xlite_error *err)
{
	if (tuning->sched_known) {
		domain->spec->weight = tuning->weight;
		domain->spec->cap = tuning->cap;
	}
	if (tuning->cpus_known && lay_cpus(domain->spec, tuning, max_cpu))
		return xlite_error_set(err, -ENOMEM, "out of memory");
	return lay_pool(host, domain, err);
}

int observe_tuning(struct host *host, const struct observe_request *looks, size_t nr, struct xlite_error *err)
{
	auto_free struct xlite_domain_tuning *tunings = calloc(nr, sizeof(*tunings));
	auto_free uint8_t *maps = NULL;
	auto_free struct numa *numa = NULL;
	struct xlite_host_info info;
	int rc = xlite_host_info(host->xen, &info, err);

	if (rc)
		return rc;
	/* The one node that most hosts have is every domain's. */
	if (info.nr_nodes > 1) {
		numa = malloc(sizeof(*numa));
		rc = numa ? numa_init(numa, host, info.max_cpu_id, err) : xlite_error_set(err, -ENOMEM, "out of memory");
	}
	if (rc)
		return rc;
	if (tunings)
		maps = give_room(tunings, looks, nr, &info);
	if (!maps)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	rc = xlite_domain_get_tuning(host->xen, tunings, nr, err);
	for (size_t i = 0; i < nr && !rc; i++) {
		const struct state_domain *domain = looks[i].domain;

		/* Before the maps are read: Xen derives nodes from what they say, whether it has an effect or not. */
		if (numa)
			rc = numa_lay(numa, host, domain->info.cpupool, &tunings[i], domain->spec, err);
		if (!rc)
			rc = lay(host, looks[i].domain, &tunings[i], info.max_cpu_id, err);
	}
	return rc;
}
