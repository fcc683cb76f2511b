/* SPDX-License-Identifier: GPL-2.0-or-later
 * Pools of CPUs (xen/sysctl.h: XEN_SYSCTL_cpupool_op). The scheduler asks where a vCPU may run; vCPUs leave a CPU by
 * themselves.
 */
#include "xen-core/domain/pool.h"

#include <xen/errno.h>
#include <xen/sysctl.h>

#include "xen-core/cpu/percpu.h"
#include "xen-core/domain/domain.h"
#include "xen-core/domain/sched.h"

/* Number 0 is always there, and has what was not taken from it. */
static struct { bool there; uint64_t cpus; } pools[POOLS_MAX];
static uint64_t taken;

uint64_t cpus_all(void)
{
	return nr_cpus < 64 ? BIT(nr_cpus) - 1 : ~UINT64_C(0);
}

bool pool_there(unsigned pool)
{
	return !pool || (pool < POOLS_MAX && pools[pool].there);
}

uint64_t pool_cpus(unsigned pool)
{
	if (!pool)
		return cpus_all() & ~taken;
	return pool_there(pool) ? pools[pool].cpus : 0;
}

uint64_t pool_free_cpus(void)
{
	uint64_t mask = taken;

	for (unsigned i = 1; i < POOLS_MAX; i++)
		mask &= ~pools[i].cpus;
	return mask;
}

unsigned pool_domains(unsigned pool)
{
	unsigned nr = 0;

	for (const struct domain *d = domain_list; d; d = d->next)
		nr += d->pool == pool;
	return nr;
}

uint64_t pool_vcpu_cpus(const struct vcpu *v)
{
	uint64_t mask = pool_cpus(v->domain->pool);

	return v->affinity & mask ? v->affinity & mask : mask;
}

unsigned pool_nth_cpu(uint64_t mask, unsigned n)
{
	uint64_t left = mask;

	/* Behind the last comes the first. */
	for (n %= CPUS_MAX; n; n--)
		left = left & (left - 1) ? left & (left - 1) : mask;
	return (unsigned)__builtin_ctzll(left);
}

int pool_create(uint32_t *pool)
{
	unsigned n = *pool;

	if (n == XEN_SYSCTL_CPUPOOL_PAR_ANY) {
		for (n = 1; n < POOLS_MAX && pools[n].there; n++)
			;
		if (n == POOLS_MAX)
			return -XEN_ENOSPC;
	}
	if (n >= POOLS_MAX)
		return -XEN_EINVAL;
	if (pool_there(n))
		return -XEN_EEXIST;
	pools[n].there = true;
	*pool = n;
	return 0;
}

int pool_destroy(unsigned pool)
{
	if (!pool_there(pool))
		return -XEN_ENOENT;
	if (pool_cpus(pool) || pool_domains(pool) || !pool)
		return -XEN_EBUSY;
	pools[pool].there = false;
	return 0;
}

int pool_add(unsigned pool, unsigned cpu)
{
	if (cpu >= nr_cpus)
		return -XEN_EINVAL;
	if (!(pool_free_cpus() & BIT(cpu)))
		return -XEN_ENODEV;
	if (!pool_there(pool))
		return -XEN_ENOENT;
	if (pool)
		pools[pool].cpus |= BIT(cpu);
	else
		taken &= ~BIT(cpu);
	return 0;
}

/* Where interrupts of domain 0's devices arrive. */
static bool is_dom0s(unsigned cpu)
{
	for (unsigned i = 0; dom0 && i < dom0->nr_vcpus; i++)
		if (dom0->vcpus[i] && dom0->vcpus[i]->cpu == cpu)
			return true;
	return false;
}

int pool_remove(unsigned pool, unsigned cpu)
{
	uint64_t mask = pool_cpus(pool);

	if (cpu >= nr_cpus)
		return -XEN_EINVAL;
	if (!pool_there(pool))
		return -XEN_ENOENT;
	if (!(mask & BIT(cpu)))
		return -XEN_ENODEV;
	if (is_dom0s(cpu) || (mask == BIT(cpu) && pool_domains(pool)))
		return -XEN_EBUSY;
	if (pool)
		pools[pool].cpus &= ~BIT(cpu);
	else
		taken |= BIT(cpu);
	sched_look(cpu);
	return 0;
}

int pool_move(struct domain *d, unsigned pool)
{
	if (d == dom0)
		return -XEN_EPERM;
	if (!pool_cpus(pool))
		return -XEN_ENOENT;
	if (d->pool == pool)
		return 0;
	d->pool = pool;
	for (unsigned i = 0; i < d->nr_vcpus; i++)
		if (d->vcpus[i])
			vcpu_set_affinity(d->vcpus[i], ~UINT64_C(0));
	return 0;
}
