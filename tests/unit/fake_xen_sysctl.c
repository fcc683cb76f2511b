/* SPDX-License-Identifier: GPL-2.0-or-later
 * The fake's sysctl.
 */
#include <errno.h>
#include <string.h>

#include "tests/unit/fake_xen.h"

#include <xen/sysctl.h>

static long list(struct fake_xen *fake, struct xen_sysctl_getdomaininfolist *op)
{
	op->num_domains = 0;
	for (uint32_t domid = op->first_domain; domid < 100 && op->num_domains < op->max_domains; domid++) {
		const struct fake_domain *domain = fake_domain(fake, domid);

		if (domain)
			fake_put_info(fake, domain, (uint8_t *)op->buffer.p + fake->info_bytes * op->num_domains++);
	}
	for (uint32_t i = 0; i < fake->crowd && op->num_domains < op->max_domains; i++) {
		const struct fake_domain domain = { .domid = 100 + i };

		if (domain.domid >= op->first_domain)
			fake_put_info(fake, &domain, (uint8_t *)op->buffer.p + fake->info_bytes * op->num_domains++);
	}
	return 0;
}

static long physinfo(struct fake_xen *fake, uint8_t *u)
{
	struct xen_sysctl_physinfo head = {
		.nr_cpus = 2,
		.nr_nodes = 2,
		.cpu_khz = 2000000,
		.capabilities = XEN_SYSCTL_PHYSCAP_hvm | (fake->no_hap ? 0 : XEN_SYSCTL_PHYSCAP_hap),
	};
	uint64_t pages[4] = { 1 << 20, fake->free_pages, 0, 0 };

	for (unsigned i = 0; i < FAKE_DOMAINS; i++)
		if (fake->domains[i].exists && fake->domains[i].claimed > fake->domains[i].pages)
			pages[3] += fake->domains[i].claimed - fake->domains[i].pages;
	memcpy(u, &head, offsetof(struct xen_sysctl_physinfo, capabilities) + 4);
	memcpy(u + fake->physinfo_pages, pages, sizeof(pages));
	return 0;
}

static long get_policy(struct fake_xen *fake, struct xen_sysctl_cpu_policy *op)
{
	static const xen_cpuid_leaf_t leaves[] = {
		{ 0, XEN_CPUID_NO_SUBLEAF, 13, 0x68747541, 0x444d4163, 0x69746e65 },
		{ 1, XEN_CPUID_NO_SUBLEAF, 0x60fb1, 0x00040800, 0x80000000, 0x078bfbff },
		{ 4, 0, 0x0c000121, 0, 0, 0 },
		{ 4, 1, 0, 0, 0, 0 },
		{ 0x80000001, XEN_CPUID_NO_SUBLEAF, 0, 0, 0x113, 0 },
		{ 0x80000008, XEN_CPUID_NO_SUBLEAF, 0x3028, 0, 0x3003, 0 },
	};

	if (fake->no_policy)
		return -ENOSYS;
	if (op->index != XEN_SYSCTL_cpu_policy_hvm_default || op->nr_leaves < 6)
		return -ENOBUFS;
	memcpy(op->leaves.p, leaves, sizeof(leaves));
	op->nr_leaves = 6;
	return 0;
}

/* There is but one more pool. */
static long move(struct fake_xen *fake, const struct xen_sysctl_cpupool_op *op)
{
	return op->op == XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN && op->cpupool_id == 7 && fake_domain(fake, op->domid) ? 0 :
		-ESRCH;
}

/* Nodes 0 and 2. */
static long numa(struct xen_sysctl_numainfo *op)
{
	const xen_sysctl_meminfo_t nodes[] = { { 1 << 30, 0 }, { UINT64_MAX, UINT64_MAX }, { 1 << 30, 1 << 20 } };

	if (op->num_nodes < 3 || !op->meminfo.p)
		return -EINVAL;
	memcpy(op->meminfo.p, nodes, sizeof(nodes));
	op->num_nodes = 3;
	return 0;
}

/* CPU 1 is offline. Of more than there is room for, as many as fit are told. */
static long topology(struct xen_sysctl_cputopoinfo *op)
{
	const xen_sysctl_cputopo_t cpus[] = { { 0, 0, 0 }, { UINT32_MAX, UINT32_MAX, UINT32_MAX }, { 0, 1, 2 } };
	uint32_t nr = op->num_cpus < 3 ? op->num_cpus : 3;

	memcpy(op->cputopo.p, cpus, nr * sizeof(*cpus));
	op->num_cpus = nr;
	return 0;
}

long fake_sysctl(struct fake_xen *fake, struct abi_sysctl_call *call)
{
	if (call->version != fake->sysctl)
		return -EACCES;
	switch (call->cmd) {
	case XEN_SYSCTL_physinfo:
		return physinfo(fake, (uint8_t *)call->u);
	case XEN_SYSCTL_getdomaininfolist:
		return list(fake, (void *)call->u);
	case XEN_SYSCTL_get_cpu_policy:
		return get_policy(fake, (void *)call->u);
	case XEN_SYSCTL_numainfo:
		return numa((void *)call->u);
	case XEN_SYSCTL_cputopoinfo:
		return topology((void *)call->u);
	case XEN_SYSCTL_cpupool_op:
		return move(fake, (void *)call->u);
	}
	return -ENOSYS;
}
