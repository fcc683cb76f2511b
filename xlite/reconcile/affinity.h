/* SPDX-License-Identifier: GPL-2.0-or-later
 * Which of the host's CPUs the vCPUs of a domain may run on, and should, as the spec's lists say.
 */
#ifndef RECONCILE_AFFINITY_H
#define RECONCILE_AFFINITY_H

#include "cfg/cfg.h"
#include "xlite/reconcile/host.h"

/**
 * Whether each vCPU could run on the CPUs of that pool: -EINVAL names the list and the CPUs that the pool has, where
 * none of the list is among them. Xen would refuse such an affinity, and ignore such a soft one.
 */
int affinity_check(struct host *host, uint32_t pool, const struct cfg_domain *spec, struct xlite_error *err);
/**
 * Gives the first nr_vcpus vCPUs of a domain the affinities of the spec, any CPU where it has no list
 * (XEN_DOMCTL_setvcpuaffinity).
 */
int affinity_set(struct host *host, uint32_t domid, unsigned nr_vcpus, const struct cfg_domain *spec,
		 struct xlite_error *err);
/**
 * Makes lists those that Xen has, unless they mean the same on a host whose last CPU is max_cpu: maps has one of
 * map_bytes for each vCPU. -ENOMEM.
 */
int affinity_observe(struct cfg_strings *lists, const uint8_t *maps, size_t map_bytes, unsigned nr_vcpus,
		     unsigned max_cpu);

#endif
