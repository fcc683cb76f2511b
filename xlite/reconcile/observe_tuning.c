/* SPDX-License-Identifier: GPL-2.0-or-later
 * Scheduler parameters and affinity of domains, asked of Xen for all of them together.
 */
#include "xlite/reconcile/observe_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "xlite/reconcile/pool.h"

static bool has_cpu(const uint8_t *cpus, size_t nr_bytes, unsigned cpu)
{
	return cpu / 8 < nr_bytes && cpus[cpu / 8] & (1 << cpu % 8);
}

/* Xen keeps the bits of CPUs that it can have, and no others. */
static bool same_cpus(const uint8_t *a, const uint8_t *b, size_t nr_bytes, unsigned max_cpu)
{
	for (unsigned cpu = 0; cpu <= max_cpu; cpu++) {
		if (has_cpu(a, nr_bytes, cpu) != has_cpu(b, nr_bytes, cpu))
			return false;
	}
	return true;
}

/* The affinity that Xen has, if it is not what the spec says. */
static int lay_cpus(struct cfg_domain *spec, const struct xlite_domain_tuning *tuning, unsigned max_cpu)
{
	uint8_t wanted[sizeof(tuning->cpus)];
	uint8_t all[sizeof(tuning->cpus)];
	uint8_t found[sizeof(tuning->cpus)];

	memset(all, 0xff, sizeof(all));
	memcpy(found, tuning->cpus, sizeof(found));
	if (cfg_parse_cpus(spec->affinity ? spec->affinity : "all", wanted, sizeof(wanted)))
		return 0;
	if (same_cpus(wanted, found, sizeof(found), max_cpu) && !tuning->cpus_differ)
		return 0;
	free(auto_take(spec->affinity));
	if (same_cpus(all, found, sizeof(found), max_cpu) && !tuning->cpus_differ)
		return 0;
	spec->affinity = cfg_cpus_text(found, sizeof(found));
	return spec->affinity ? 0 : -ENOMEM;
}

/* Names of pools are few and seldom asked for. */
static int lay_pool(struct host *host, struct state_domain *domain, struct xlite_error *err)
{
	auto_free char *said = auto_take(domain->spec->pool);

	return pool_name(host, domain->info.cpupool, said, &domain->spec->pool, err);
}

int observe_tuning(struct host *host, const struct observe_request *looks, size_t nr, struct xlite_error *err)
{
	auto_free struct xlite_domain_tuning *tunings = calloc(nr, sizeof(*tunings));
	struct xlite_host_info info;
	int rc;

	if (!tunings)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < nr; i++) {
		tunings[i].domid = looks[i].domain->info.domid;
		tunings[i].nr_vcpus = looks[i].nr_cpus;
	}
	rc = xlite_host_info(host->xen, &info, err);
	if (!rc)
		rc = xlite_domain_get_tuning(host->xen, tunings, nr, err);
	for (size_t i = 0; i < nr && !rc; i++) {
		struct cfg_domain *spec = looks[i].domain->spec;

		if (tunings[i].sched_known) {
			spec->weight = tunings[i].weight;
			spec->cap = tunings[i].cap;
		}
		if (tunings[i].cpus_known && lay_cpus(spec, &tunings[i], info.max_cpu_id))
			rc = xlite_error_set(err, -ENOMEM, "out of memory");
		if (!rc)
			rc = lay_pool(host, looks[i].domain, err);
	}
	return rc;
}
