/* SPDX-License-Identifier: GPL-2.0-or-later
 * Pools of CPUs. A domain belongs to one, and runs on that one's CPUs alone; a CPU that is in none idles.
 */
#ifndef XEN_CORE_DOMAIN_POOL_H
#define XEN_CORE_DOMAIN_POOL_H

#include <stdbool.h>
#include <stdint.h>

struct domain;
struct vcpu;

#define POOLS_MAX 64

/** All of the machine's CPUs, and those that are in no pool. */
uint64_t cpus_all(void);
uint64_t pool_free_cpus(void);
/** The CPUs of a pool; 0 where it has none, or is not there. Pool 0 begins with all. */
uint64_t pool_cpus(unsigned pool);
bool pool_there(unsigned pool);
unsigned pool_domains(unsigned pool);
/** Where a vCPU may run: what its affinity leaves of its pool, or all of that if nothing. */
uint64_t pool_vcpu_cpus(const struct vcpu *v);
/** One of a set that is not empty, by turns. */
unsigned pool_nth_cpu(uint64_t mask, unsigned n);

/**
 * An empty pool, of that number or with XEN_SYSCTL_CPUPOOL_PAR_ANY of the first that is free. -EEXIST, -ENOSPC,
 * -EINVAL.
 */
int pool_create(uint32_t *pool);
/** -EBUSY while it has CPUs or domains. */
int pool_destroy(unsigned pool);
/** A CPU that is in no pool. -ENODEV: it is in one. */
int pool_add(unsigned pool, unsigned cpu);
/** -ENODEV: it is not in this one; -EBUSY: the last of a pool with domains, or one of domain 0's, which do not move. */
int pool_remove(unsigned pool, unsigned cpu);
/** The domain goes there, and forgets its affinity. Not dom0. -ENOENT: no such pool, or one without a CPU. */
int pool_move(struct domain *d, unsigned pool);

#endif
