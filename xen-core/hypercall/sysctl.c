/* SPDX-License-Identifier: GPL-2.0-or-later
 * sysctl (xen/sysctl.h, interface 0x15): the host as dom0 asks about it.
 */
#include "xen-core/hypercall/hypercall.h"

#include <xen/sysctl.h>

#include "xen-core/cpu/apic.h"
#include "xen-core/cpu/log.h"
#include "xen-core/cpu/percpu.h"
#include "xen-core/domain/core.h"
#include "xen-core/domain/cpuid.h"
#include "xen-core/mm/limbo.h"

/* As many as 4.17 has. */
#define FEATURE_WORDS 19
#define POLICY_LEAVES 120
#define POLICY_MSRS 2

static int physinfo(struct xen_sysctl_physinfo *i)
{
	*i = (struct xen_sysctl_physinfo){
		.threads_per_core = 1,
		.cores_per_socket = nr_cpus,
		.nr_cpus = nr_cpus,
		.max_cpu_id = nr_cpus - 1,
		.nr_nodes = 1,
		.cpu_khz = (uint32_t)(time_tsc_hz() / 1000),
		.capabilities = XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_hap | XEN_SYSCTL_PHYSCAP_gnttab_v1,
		.total_pages = frames_total(),
		.free_pages = frames_free(),
		.max_mfn = frames_highest(),
	};
	return 0;
}

static int domain_list_get(struct vcpu *v, struct xen_sysctl_getdomaininfolist *l)
{
	uint32_t nr = 0;

	for (struct domain *d = domain_list; d && nr < l->max_domains; d = d->next) {
		struct xen_domctl_getdomaininfo info;

		if (d->id < l->first_domain)
			continue;
		domain_info(d, &info);
		if (!guest_write_struct(v, HANDLE(l->buffer) + nr * sizeof(info), &info))
			return -XEN_EFAULT;
		nr++;
	}
	l->num_domains = nr;
	return 0;
}

static bool leaf_put(struct vcpu *v, struct xen_sysctl_cpu_policy *p, uint32_t *nr, uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r = cpuid_guest(v, leaf, subleaf == XEN_CPUID_NO_SUBLEAF ? 0 : subleaf);
	xen_cpuid_leaf_t out = { leaf, subleaf, r.eax, r.ebx, r.ecx, r.edx };

	/* Those of a hypervisor are not part of a policy but for their place. */
	if ((leaf & 0xf0000000) == 0x40000000)
		out.a = out.b = out.c = out.d = 0;
	if (*nr >= p->nr_leaves || !guest_write_struct(v, HANDLE(p->leaves) + *nr * sizeof(out), &out))
		return false;
	++*nr;
	return true;
}

/*
 * How many subleaves are told, by what libxenguest makes of a policy that it was given: it wants the same number
 * back. 0: it has none.
 */
static unsigned subleaves(uint32_t leaf)
{
	return leaf == 4 ? 6 : leaf == 7 ? 1 : leaf == 0xb || leaf == 0xd ? 2 : 0;
}

static int cpu_policy(struct vcpu *v, struct xen_sysctl_cpu_policy *p)
{
	static const uint32_t firsts[] = { 0, 0x40000000, 0x40000100, 0x80000000 };
	uint32_t nr = 0, last;

	/* Room for all that libxenguest may make of it. */
	if (!HANDLE(p->leaves)) {
		p->nr_leaves = POLICY_LEAVES;
		p->nr_msrs = POLICY_MSRS;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(firsts); i++) {
		last = (firsts[i] & 0xf0000000) == 0x40000000 ? firsts[i] : cpuid_guest(v, firsts[i], 0).eax;
		for (uint32_t leaf = firsts[i]; leaf <= last; leaf++) {
			unsigned count = subleaves(leaf);

			for (unsigned s = 0; s < MAX(count, 1u); s++)
				if (!leaf_put(v, p, &nr, leaf, count ? s : XEN_CPUID_NO_SUBLEAF))
					return -XEN_ENOBUFS;
		}
	}
	p->nr_leaves = nr;
	p->nr_msrs = 0;
	return 0;
}

/* Words of a featureset (xen/arch-x86/cpufeatureset.h): leaf 1, 80000001, and of 7 and others what guests do not get. */
static int featureset(struct vcpu *v, struct xen_sysctl_cpu_featureset *f)
{
	struct cpuid basic = cpuid_guest(v, 1, 0), extended = cpuid_guest(v, 0x80000001, 0);
	uint32_t words[] = { basic.edx, basic.ecx, extended.edx, extended.ecx };
	uint32_t zero = 0;

	if (f->index > XEN_SYSCTL_cpu_featureset_hvm_max)
		return -XEN_EINVAL;
	if (f->nr_features > 64)
		return -XEN_E2BIG;
	for (uint32_t i = 0; HANDLE(f->features) && i < f->nr_features; i++)
		if (!guest_write_struct(v, HANDLE(f->features) + i * sizeof(zero), i < ARRAY_SIZE(words) ? &words[i] : &zero))
			return -XEN_EFAULT;
	f->nr_features = MAX(f->nr_features, (uint32_t)FEATURE_WORDS);
	return 0;
}

static int topology(struct vcpu *v, struct xen_sysctl_cputopoinfo *t)
{
	for (unsigned i = 0; HANDLE(t->cputopo) && i < MIN(t->num_cpus, nr_cpus); i++) {
		xen_sysctl_cputopo_t cpu = { .core = i, .socket = 0, .node = 0 };

		if (!guest_write_struct(v, HANDLE(t->cputopo) + i * sizeof(cpu), &cpu))
			return -XEN_EFAULT;
	}
	t->num_cpus = nr_cpus;
	return 0;
}

static int numa(struct vcpu *v, struct xen_sysctl_numainfo *n)
{
	xen_sysctl_meminfo_t mem = { frames_total() * PAGE_SIZE, frames_free() * PAGE_SIZE };
	uint32_t distance = 10;

	if (n->num_nodes && HANDLE(n->meminfo) && !guest_write_struct(v, HANDLE(n->meminfo), &mem))
		return -XEN_EFAULT;
	if (n->num_nodes && HANDLE(n->distance) && !guest_write_struct(v, HANDLE(n->distance), &distance))
		return -XEN_EFAULT;
	n->num_nodes = 1;
	return 0;
}

static int console_read(struct vcpu *v, struct xen_sysctl_readconsole *c)
{
	static char text[16384];
	size_t from = c->incremental ? c->index : 0, len = log_read(text, MIN((size_t)c->count, sizeof(text)), &from);

	if (!guest_write(v, HANDLE(c->buffer), text, len))
		return -XEN_EFAULT;
	c->count = (uint32_t)len;
	c->index = (uint32_t)from;
	return 0;
}

/* As Xen's where that one profiles its locks; others do nothing, and are no error there either. */
static int debug_keys(struct vcpu *v, uint64_t keys, uint32_t nr)
{
	char key;

	for (uint32_t i = 0; i < nr && i < 64; i++) {
		if (!guest_read_struct(v, &key, keys + i))
			return -XEN_EFAULT;
		if (key == 'l' || key == 'L')
			core_tell_longest(key == 'L');
	}
	return 0;
}

static int sysctl(struct vcpu *v, struct xen_sysctl *op)
{
	switch (op->cmd) {
	case XEN_SYSCTL_readconsole:
		return console_read(v, &op->u.readconsole);
	case XEN_SYSCTL_physinfo:
		return physinfo(&op->u.physinfo);
	case XEN_SYSCTL_debug_keys:
		return debug_keys(v, HANDLE(op->u.debug_keys.keys), op->u.debug_keys.nr_keys);
	case XEN_SYSCTL_sched_id:
		op->u.sched_id.sched_id = XEN_SCHEDULER_CREDIT2;
		return 0;
	case XEN_SYSCTL_getdomaininfolist:
		return domain_list_get(v, &op->u.getdomaininfolist);
	case XEN_SYSCTL_cputopoinfo:
		return topology(v, &op->u.cputopoinfo);
	case XEN_SYSCTL_numainfo:
		return numa(v, &op->u.numainfo);
	case XEN_SYSCTL_cpupool_op:
		return cpupool_op(v, &op->u.cpupool_op);
	case XEN_SYSCTL_get_cpu_featureset:
		return featureset(v, &op->u.cpu_featureset);
	case XEN_SYSCTL_get_cpu_policy:
		return cpu_policy(v, &op->u.cpu_policy);
	}
	return -XEN_ENOSYS;
}

int64_t call_sysctl(struct vcpu *v, struct hypercall *call)
{
	const uint64_t *arg = call->arg;
	struct xen_sysctl op;
	int rc;

	if (!guest_read_struct(v, &op, arg[0]))
		return -XEN_EFAULT;
	if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
		return -XEN_EACCES;
	/* What only waits for CPUs to forget it is free. */
	if (op.cmd == XEN_SYSCTL_physinfo && !limbo_drain(call_until(call)))
		return CALL_AGAIN;
	rc = sysctl(v, &op);
	if (!rc && !guest_write_struct(v, arg[0], &op))
		return -XEN_EFAULT;
	return rc;
}
