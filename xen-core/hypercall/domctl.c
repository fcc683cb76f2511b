/* SPDX-License-Identifier: GPL-2.0-or-later
 * domctl (xen/domctl.h, interface 0x15): what dom0 does with other domains.
 */
#include "xen-core/hypercall/hypercall.h"

#include <xen/domctl.h>
#include <xen/event_channel.h>
#include <xen/hvm/save.h>

#include "xen-core/cpu/percpu.h"
#include "xen-core/domain/cpuid.h"
#include "xen-core/domain/memory.h"
#include "xen-core/domain/pool.h"
#include "xen-core/domain/sched.h"

#define TABLES_DEFAULT 256
#define FIRST_SPECIAL ((unsigned)DOMID_FIRST_RESERVED)

void domain_info(const struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	bool running = false, blocked = false;

	*info = (struct xen_domctl_getdomaininfo){ .domain = d->id,
						   .tot_pages = frames_owned(d->id),
						   .max_pages = d->max_frames,
						   .shared_info_frame = ptr_mfn(d->shared).v,
						   .gpaddr_bits = 48,
						   .cpupool = d->pool,
						   .flags = XEN_DOMINF_hvm_guest | XEN_DOMINF_hap };
	for (unsigned i = 0; i < d->nr_vcpus; i++) {
		const struct vcpu *v = d->vcpus[i];

		if (!v)
			continue;
		info->max_vcpu_id = i;
		info->cpu_time += v->run_ns;
		if (v->run == VCPU_DOWN)
			continue;
		blocked = (blocked || !info->nr_online_vcpus) && v->run == VCPU_BLOCKED;
		info->nr_online_vcpus++;
		running |= cpus[v->cpu].current == v;
	}
	if (!d->nr_vcpus)
		info->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
	info->flags |=
		(d->dying ? XEN_DOMINF_dying : 0) | (d->pause ? XEN_DOMINF_paused : 0) |
		(blocked ? XEN_DOMINF_blocked : 0) | (running ? XEN_DOMINF_running : 0) |
		(d->shut_down ? XEN_DOMINF_shutdown | (uint32_t)d->shutdown_code << XEN_DOMINF_shutdownshift : 0);
	memcpy(info->handle, d->handle, sizeof(info->handle));
}

/* The next number that is free, beginning behind the one given last: a number is not used again at once. */
static uint16_t next_id(uint16_t wanted)
{
	static uint16_t last;

	if (wanted && wanted < FIRST_SPECIAL)
		return domain_find(wanted) ? 0 : wanted;
	for (unsigned i = 0; i < FIRST_SPECIAL; i++) {
		last = last + 1u < FIRST_SPECIAL ? (uint16_t)(last + 1) : 1;
		if (!domain_find(last))
			return last;
	}
	return 0;
}

static int create(struct xen_domctl *op)
{
	const struct xen_domctl_createdomain *c = &op->u.createdomain;
	struct domain *d;
	uint16_t id;

	if ((c->flags & ~XEN_DOMCTL_CDF_oos_off) != (XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap))
		return -XEN_EINVAL;
	if (c->arch.emulation_flags & ~(uint32_t)XEN_X86_EMU_LAPIC)
		return -XEN_EINVAL;
	if (!c->max_vcpus || c->max_vcpus > VCPUS_MAX || !pool_cpus(c->cpupool_id))
		return -XEN_EINVAL;
	id = next_id(op->domain);
	if (!id)
		return op->domain ? -XEN_EEXIST : -XEN_ENOSPC;
	d = domain_new(id);
	if (!d)
		return -XEN_ENOMEM;
	memcpy(d->handle, c->handle, sizeof(d->handle));
	d->max_vcpus = c->max_vcpus;
	d->pool = c->cpupool_id;
	d->pause = 1;
	event_init(d, c->max_evtchn_port < EVENT_PORTS ? c->max_evtchn_port + 1 : EVENT_PORTS);
	/* Xen's frames of them have 512 each. */
	grant_init(d, c->max_grant_frames > 0 ? (unsigned)c->max_grant_frames : 0,
		   c->max_maptrack_frames < 0 ? UINT32_MAX : (uint32_t)MIN(c->max_maptrack_frames, 1 << 20) * 512);
	d->p2m.max_tables = TABLES_DEFAULT;
	op->domain = id;
	return 0;
}

/* Spread over the CPUs of its pool. */
static int set_vcpus(struct domain *d, unsigned nr)
{
	if (nr > d->max_vcpus || nr < d->nr_vcpus)
		return -XEN_EINVAL;
	for (unsigned i = d->nr_vcpus; i < nr; i++) {
		int rc = vcpu_new(d, i, pool_nth_cpu(pool_cpus(d->pool), d->id + i));

		if (rc)
			return rc;
	}
	return 0;
}

/* Whoever calls while another is at it goes on with it. */
static int64_t destroy(struct vcpu *v, const struct hypercall *call, struct domain *d)
{
	if (d == dom0 || d == v->domain)
		return -XEN_EINVAL;
	return d->dead || domain_destroy(d, call_until(call)) ? 0 : CALL_AGAIN;
}

static int vcpu_info_get(struct domain *d, struct xen_domctl_getvcpuinfo *info)
{
	const struct vcpu *v = info->vcpu < d->nr_vcpus ? d->vcpus[info->vcpu] : NULL;

	if (!v)
		return -XEN_ESRCH;
	info->online = v->run != VCPU_DOWN;
	info->blocked = v->run == VCPU_BLOCKED;
	info->running = cpus[v->cpu].current == v;
	info->cpu_time = v->run_ns;
	info->cpu = v->cpu;
	return 0;
}

static int affinity(struct vcpu *v, struct domain *d, struct xen_domctl_vcpuaffinity *a, bool set)
{
	struct vcpu *of = a->vcpu < d->nr_vcpus ? d->vcpus[a->vcpu] : NULL;
	uint64_t mask;
	int rc = 0;

	if (!of)
		return -XEN_ESRCH;
	/* The scheduler prefers no CPU, so that whoever asks for it is told; any CPU is what every vCPU has. */
	if (set && (a->flags & XEN_VCPUAFFINITY_SOFT)) {
		rc = cpumap_get(v, &a->cpumap_soft, &mask);
		if (!rc && mask != cpus_all())
			rc = -XEN_EOPNOTSUPP;
		if (rc)
			return rc;
	}
	if (set && (a->flags & XEN_VCPUAFFINITY_HARD)) {
		rc = cpumap_get(v, &a->cpumap_hard, &mask);
		if (rc)
			return rc;
		/* dom0's vCPUs stay where their interrupts arrive. */
		if (!mask || (d == dom0 && !(mask & BIT(of->cpu))))
			return -XEN_EINVAL;
		vcpu_set_affinity(of, mask);
	}
	if (a->flags & XEN_VCPUAFFINITY_HARD)
		rc = cpumap_put(v, &a->cpumap_hard, set ? pool_vcpu_cpus(of) : of->affinity & cpus_all());
	if (!rc && (a->flags & XEN_VCPUAFFINITY_SOFT))
		rc = cpumap_put(v, &a->cpumap_soft, ~UINT64_C(0));
	return rc;
}

static int scheduler(struct domain *d, struct xen_domctl_scheduler_op *s)
{
	if (s->sched_id != XEN_SCHEDULER_CREDIT2)
		return -XEN_EINVAL;
	if (s->cmd == XEN_DOMCTL_SCHEDOP_getinfo) {
		s->u.credit2.weight = d->weight;
		s->u.credit2.cap = d->cap;
		return 0;
	}
	if (s->cmd != XEN_DOMCTL_SCHEDOP_putinfo)
		return -XEN_EINVAL;
	if (s->u.credit2.weight)
		d->weight = s->u.credit2.weight;
	if (s->u.credit2.cap != (uint16_t)~0u)
		domain_set_cap(d, s->u.credit2.cap);
	return 0;
}

static int hvm_context(struct vcpu *v, struct domain *d, struct xen_domctl_hvmcontext *c, bool set)
{
	return set ? context_load(v, d, HANDLE(c->buffer), c->size) : context_save(v, d, HANDLE(c->buffer), &c->size);
}

static int cpu_policy(struct vcpu *v, struct domain *d, const struct xen_domctl_cpu_policy *p)
{
	if (p->nr_leaves > 256)
		return -XEN_E2BIG;
	for (uint32_t i = 0; i < p->nr_leaves; i++) {
		xen_cpuid_leaf_t leaf;

		if (!guest_read(v, &leaf, HANDLE(p->leaves) + i * sizeof(leaf), sizeof(leaf)))
			return -XEN_EFAULT;
		cpuid_policy(d, leaf.leaf, leaf.subleaf, (struct cpuid){ leaf.a, leaf.b, leaf.c, leaf.d });
	}
	return 0;
}

/* Pages for its tables are taken from all that is free, as they are needed, but no more than the pool would hold. */
static int paging_pool(struct domain *d, uint64_t bytes)
{
	if (d == dom0 || bytes % PAGE_SIZE)
		return -XEN_EINVAL;
	d->p2m.max_tables = MAX(bytes / PAGE_SIZE, (uint64_t)TABLES_DEFAULT);
	return 0;
}

/* What is about one domain that is there. */
static int64_t domain_op(struct vcpu *v, const struct hypercall *call, struct domain *d, struct xen_domctl *op)
{
	switch (op->cmd) {
	case XEN_DOMCTL_destroydomain:
		return destroy(v, call, d);
	case XEN_DOMCTL_pausedomain:
		if (d == v->domain)
			return -XEN_EINVAL;
		domain_pause(d);
		sched_quiesce(d);
		return 0;
	case XEN_DOMCTL_unpausedomain:
		if (d == v->domain)
			return -XEN_EINVAL;
		domain_unpause(d);
		return 0;
	case XEN_DOMCTL_max_mem:
		d->max_frames = op->u.max_mem.max_memkb / (PAGE_SIZE / KIB);
		return 0;
	case XEN_DOMCTL_max_vcpus:
		return d == v->domain ? -XEN_EINVAL : set_vcpus(d, op->u.max_vcpus.max);
	case XEN_DOMCTL_getvcpuinfo:
		return vcpu_info_get(d, &op->u.getvcpuinfo);
	case XEN_DOMCTL_setvcpuaffinity:
	case XEN_DOMCTL_getvcpuaffinity:
		return affinity(v, d, &op->u.vcpuaffinity, op->cmd == XEN_DOMCTL_setvcpuaffinity);
	case XEN_DOMCTL_scheduler_op:
		return scheduler(d, &op->u.scheduler_op);
	case XEN_DOMCTL_sethvmcontext:
	case XEN_DOMCTL_gethvmcontext:
		if (d == v->domain)
			return -XEN_EINVAL;
		return hvm_context(v, d, &op->u.hvmcontext, op->cmd == XEN_DOMCTL_sethvmcontext);
	case XEN_DOMCTL_setdomainhandle:
		memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
		return 0;
	case XEN_DOMCTL_set_cpu_policy:
		return cpu_policy(v, d, &op->u.cpu_policy);
	case XEN_DOMCTL_settscinfo:
	case XEN_DOMCTL_setnodeaffinity:
		/* The TSC is the machine's, and there is one node. */
		return 0;
	case XEN_DOMCTL_set_paging_mempool_size:
		return paging_pool(d, op->u.paging_mempool.size);
	}
	return -XEN_ENOSYS;
}

int64_t call_domctl(struct vcpu *v, struct hypercall *call)
{
	const uint64_t *arg = call->arg;
	struct xen_domctl op;
	struct domain *d;
	int64_t rc;

	if (!guest_read_struct(v, &op, arg[0]))
		return -XEN_EFAULT;
	if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
		return -XEN_EACCES;
	if (op.cmd == XEN_DOMCTL_createdomain) {
		rc = create(&op);
	} else if (op.cmd == XEN_DOMCTL_getdomaininfo) {
		/* The first from that number on. */
		for (d = domain_list; d && d->id < op.domain; d = d->next)
			;
		rc = d ? 0 : -XEN_ESRCH;
		if (d) {
			op.domain = d->id;
			domain_info(d, &op.u.getdomaininfo);
		}
	} else {
		d = domain_find(op.domain);
		rc = d && (!d->dying || op.cmd == XEN_DOMCTL_destroydomain) ? domain_op(v, call, d, &op) : -XEN_ESRCH;
	}
	if (!rc && !guest_write_struct(v, arg[0], &op))
		return -XEN_EFAULT;
	return rc;
}
