/* SPDX-License-Identifier: GPL-2.0-or-later
 * The NUMA nodes that a domain's memory comes from: memory.nodes of the spec, or those that Xen derives from where the
 * vCPUs may run.
 */
#ifndef RECONCILE_NUMA_H
#define RECONCILE_NUMA_H

#include "cfg/cfg.h"
#include "xlite/reconcile/host.h"

/** Whether the host has a node of the list: -EINVAL names those that it has. Nothing is asked without a list. */
int numa_check(struct host *host, const struct cfg_domain *spec, struct xlite_error *err);
/**
 * From now on the domain's memory comes from the spec's nodes; without a list, from those that Xen derives
 * (XEN_DOMCTL_setnodeaffinity).
 */
int numa_set(struct host *host, uint32_t domid, const struct cfg_domain *spec, struct xlite_error *err);

/** What is known of a host with several nodes, for many domains. */
struct numa {
	uint64_t online;			/* bit n: node n has memory */
	uint8_t node_of_cpu[CFG_NR_CPUS];
	unsigned max_cpu;
	uint8_t pool_cpus[XLITE_CPU_MAP_BYTES];	/* of that pool */
	uint32_t pool;
	bool pool_known;
};

int numa_init(struct numa *numa, struct host *host, unsigned max_cpu, struct xlite_error *err);
/**
 * The nodes that Xen derives for a domain, from numa->pool_cpus and the maps of its vCPUs: those of the CPUs where a
 * vCPU should run, or, where it can run on none of these, of those where it may (xen/common/sched:
 * domain_update_node_aff).
 */
uint64_t numa_derived(const struct numa *numa, const struct xlite_domain_tuning *tuning);
/** Makes nodes, one list or none, that which Xen has, unless they mean the same. -ENOMEM. */
int numa_observe(struct cfg_strings *nodes, uint64_t found, uint64_t derived, uint64_t online);
/** The same for a domain in a pool. */
int numa_lay(struct numa *numa, struct host *host, uint32_t pool, const struct xlite_domain_tuning *tuning,
	     struct cfg_domain *spec, struct xlite_error *err);

#endif
