/* SPDX-License-Identifier: GPL-2.0-or-later
 * sysctl's cpupool_op: pools of CPUs as dom0 makes them and asks about them.
 */
#include "xen-core/hypercall/hypercall.h"

#include <xen/sysctl.h>

#include "xen-core/domain/pool.h"

/* Of the first pool from that number on: so they are listed. */
static int info(struct vcpu *v, struct xen_sysctl_cpupool_op *p)
{
	unsigned pool = p->cpupool_id;

	while (pool < POOLS_MAX && !pool_there(pool))
		pool++;
	if (pool >= POOLS_MAX)
		return -XEN_ENOENT;
	p->cpupool_id = pool;
	p->sched_id = XEN_SCHEDULER_CREDIT2;
	p->n_dom = pool_domains(pool);
	return cpumap_put(v, &p->cpumap, pool_cpus(pool));
}

static int create(struct xen_sysctl_cpupool_op *p)
{
	return p->sched_id == XEN_SCHEDULER_CREDIT2 ? pool_create(&p->cpupool_id) : -XEN_ENOENT;
}

/* Any: the first of the free ones, the last of the pool's. */
static int add(const struct xen_sysctl_cpupool_op *p)
{
	uint64_t mask = pool_free_cpus();

	if (p->cpu != XEN_SYSCTL_CPUPOOL_PAR_ANY)
		return pool_add(p->cpupool_id, p->cpu);
	return mask ? pool_add(p->cpupool_id, (unsigned)__builtin_ctzll(mask)) : -XEN_EINVAL;
}

static int take(const struct xen_sysctl_cpupool_op *p)
{
	uint64_t mask = pool_cpus(p->cpupool_id);

	if (p->cpu != XEN_SYSCTL_CPUPOOL_PAR_ANY)
		return pool_remove(p->cpupool_id, p->cpu);
	return mask ? pool_remove(p->cpupool_id, 63 - (unsigned)__builtin_clzll(mask)) : -XEN_EINVAL;
}

static int move(const struct xen_sysctl_cpupool_op *p)
{
	struct domain *d = p->domid < DOMID_FIRST_RESERVED ? domain_find((uint16_t)p->domid) : NULL;

	return d && !d->dying ? pool_move(d, p->cpupool_id) : -XEN_EINVAL;
}

int cpupool_op(struct vcpu *v, struct xen_sysctl_cpupool_op *p)
{
	switch (p->op) {
	case XEN_SYSCTL_CPUPOOL_OP_CREATE:
		return create(p);
	case XEN_SYSCTL_CPUPOOL_OP_DESTROY:
		return pool_destroy(p->cpupool_id);
	case XEN_SYSCTL_CPUPOOL_OP_INFO:
		return info(v, p);
	case XEN_SYSCTL_CPUPOOL_OP_ADDCPU:
		return add(p);
	case XEN_SYSCTL_CPUPOOL_OP_RMCPU:
		return take(p);
	case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
		return move(p);
	case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
		return cpumap_put(v, &p->cpumap, pool_free_cpus());
	}
	return -XEN_ENOSYS;
}
