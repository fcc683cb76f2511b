/* SPDX-License-Identifier: GPL-2.0-or-later
 * The fake's hypercalls; those of memory and sysctl are in files of their own. Checks are those that Xen makes, read
 * from its public headers and documents.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/fake_xen.h"

#include <xen/domctl.h>
#include <xen/event_channel.h>
#include <xen/hvm/hvm_op.h>
#include <xen/sched.h>
#include <xen/version.h>

static long xen_version(struct fake_xen *fake, uint64_t cmd, void *arg)
{
	switch (cmd) {
	case XENVER_version:
		return (long)(fake->major << 16 | fake->minor);
	case XENVER_extraversion:
		memcpy(arg, ".7", 3);
		return 0;
	case XENVER_capabilities:
		memcpy(arg, "hvm-3.0-x86_64 ", 16);
		return 0;
	}
	return -ENOSYS;
}

void fake_put_info(const struct fake_xen *fake, const struct fake_domain *domain, void *raw)
{
	struct xen_domctl_getdomaininfo info = {
		.domain = (domid_t)domain->domid,
		.flags = XEN_DOMINF_hvm_guest | XEN_DOMINF_hap | (domain->paused ? XEN_DOMINF_paused : 0) |
			 (domain->shutdown ? XEN_DOMINF_shutdown | domain->reason << XEN_DOMINF_shutdownshift : 0),
		.tot_pages = domain->pages - fake->hide_pages,
		.max_pages = domain->max_pages,
		.outstanding_pages = domain->claimed > domain->pages ? domain->claimed - domain->pages : 0,
		.nr_online_vcpus = domain->vcpus,
		.max_vcpu_id = domain->vcpus - 1,
		.cpu_time = 12345,
	};

	memcpy(info.handle, domain->create + 4, 16);
	memcpy(raw, &info, offsetof(struct xen_domctl_getdomaininfo, cpupool) + 4);
}

/* Not from the heap: tests make that fail. */
static uint8_t *bitmap(void)
{
	void *p = mmap(NULL, FAKE_GFNS / 8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
}

static long create(struct fake_xen *fake, struct abi_domctl_call *call)
{
	const struct xen_domctl_createdomain *op = (void *)call->u;
	struct fake_domain *domain = NULL;
	uint32_t domid = 1;

	if (call->domid != (fake->domctl >= 0x18 ? 0x7ff5 : 0))
		return -EEXIST;
	if (op->flags != (XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap) || !op->max_vcpus || fake->no_hap)
		return -EINVAL;
	for (unsigned i = 0; i < FAKE_DOMAINS; i++)
		if (!fake->domains[i].exists)
			domain = &fake->domains[i];
	if (!domain)
		return -ENOMEM;
	while (fake_domain(fake, domid))
		domid++;
	if (domain->populated) {
		close(domain->memory);
		close(domain->grants);
		munmap(domain->populated, FAKE_GFNS / 8);
		munmap(domain->dirty, FAKE_GFNS / 8);
	}
	*domain = (struct fake_domain){ .exists = true, .paused = true, .domid = domid, .weight = 256 };
	memcpy(domain->create, call->u, sizeof(domain->create));
	domain->populated = bitmap();
	domain->dirty = bitmap();
	domain->memory = memfd_create("guest", MFD_CLOEXEC);
	domain->grants = memfd_create("grants", MFD_CLOEXEC);
	if (ftruncate(domain->memory, (off_t)(FAKE_GFNS << 12)) || ftruncate(domain->grants, 4096))
		abort();
	call->domid = (uint16_t)domid;
	return 0;
}

static long load_context(struct fake_domain *domain, const struct xen_domctl_hvmcontext *op)
{
	const uint8_t *data = op->buffer.p;
	uint32_t at = 0, size = op->size;

	domain->context = false;
	domain->nr_mtrr = 0;
	domain->raw_bytes = size < sizeof(domain->raw) ? size : (uint32_t)sizeof(domain->raw);
	memcpy(domain->raw, data, domain->raw_bytes);
	for (bool first = true;; first = false) {
		struct hvm_save_descriptor d;
		const uint8_t *body = data + at + sizeof(d);

		if (size - at < sizeof(d))
			return -ENODATA;
		memcpy(&d, data + at, sizeof(d));
		if (d.length > size - at - sizeof(d) || first != (d.typecode == HVM_SAVE_CODE(HEADER)))
			return -ENODATA;
		at += (uint32_t)sizeof(d) + d.length;
		if (d.typecode == HVM_SAVE_CODE(END))
			return at == size ? 0 : -E2BIG;
		if (d.instance >= domain->vcpus)
			return -EINVAL;
		if (first) {
			struct hvm_save_header header;

			memcpy(&header, body, sizeof(header));
			if (d.length != sizeof(header) || header.magic != HVM_FILE_MAGIC || header.version != HVM_FILE_VERSION)
				return -EINVAL;
		} else if (d.typecode == HVM_SAVE_CODE(CPU)) {
			if (d.length != HVM_SAVE_LENGTH(CPU))
				return -EINVAL;
			memcpy(&domain->cpu, body, d.length);
			domain->context = true;
		} else if (d.typecode == HVM_SAVE_CODE(MTRR)) {
			struct hvm_hw_mtrr mtrr;

			if (d.length != HVM_SAVE_LENGTH(MTRR) || d.instance != domain->nr_mtrr)
				return -EINVAL;
			memcpy(&mtrr, body, d.length);
			domain->mtrr_def_type = mtrr.msr_mtrr_def_type;
			domain->nr_mtrr++;
		} else {
			return -EINVAL;
		}
	}
}

static long save_context(struct fake_domain *domain, struct xen_domctl_hvmcontext *op)
{
	if (op->buffer.p && op->size < domain->raw_bytes)
		return -ENOSPC;
	if (op->buffer.p)
		memcpy(op->buffer.p, domain->raw, domain->raw_bytes);
	op->size = domain->raw_bytes;
	return 0;
}

static long domain_policy(const struct fake_domain *domain, struct xen_domctl_cpu_policy *op)
{
	if (op->nr_leaves < domain->nr_leaves || op->nr_msrs < domain->nr_msrs)
		return -ENOBUFS;
	memcpy(op->leaves.p, domain->leaves, domain->nr_leaves * sizeof(*domain->leaves));
	memcpy(op->msrs.p, domain->msrs, domain->nr_msrs * sizeof(*domain->msrs));
	op->nr_leaves = domain->nr_leaves;
	op->nr_msrs = domain->nr_msrs;
	return 0;
}

static long frame_types(struct fake_domain *domain, struct xen_domctl_getpageframeinfo3 *op)
{
	if (op->num > 1024)
		return -E2BIG;
	for (uint64_t i = 0; i < op->num; i++) {
		uint64_t gfn = op->array.p[i];

		op->array.p[i] = gfn < FAKE_GFNS && fake_is_populated(domain, gfn) ? XEN_DOMCTL_PFINFO_NOTAB
										   : XEN_DOMCTL_PFINFO_XTAB;
	}
	return 0;
}

static long scheduler(struct fake_xen *fake, struct fake_domain *domain, struct xen_domctl_scheduler_op *op)
{
	if (op->sched_id != (fake->credit1 ? XEN_SCHEDULER_CREDIT : XEN_SCHEDULER_CREDIT2))
		return -EINVAL;
	if (op->cmd == XEN_DOMCTL_SCHEDOP_putinfo) {
		domain->weight = op->u.credit.weight;
		domain->cap = op->u.credit.cap;
	}
	op->u.credit.weight = domain->weight;
	op->u.credit.cap = domain->cap;
	return 0;
}

static void move_map(uint8_t *own, bool set, const struct xenctl_bitmap *map)
{
	size_t bytes = map->nr_bits / 8 < 8 ? map->nr_bits / 8 : 8;

	memcpy(set ? own : map->bitmap.p, set ? map->bitmap.p : own, bytes);
}

static long affinity(struct fake_domain *domain, bool set, struct xen_domctl_vcpuaffinity *op)
{
	if (!op->flags || op->flags & ~(XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT) || op->vcpu >= domain->vcpus ||
	    op->vcpu >= FAKE_VCPUS)
		return -EINVAL;
	if (op->flags & XEN_VCPUAFFINITY_HARD)
		move_map(domain->affinity[op->vcpu][0], set, &op->cpumap_hard);
	if (op->flags & XEN_VCPUAFFINITY_SOFT)
		move_map(domain->affinity[op->vcpu][1], set, &op->cpumap_soft);
	return 0;
}

static long set_policy(struct fake_xen *fake, struct fake_domain *domain, const struct xen_domctl_cpu_policy *op)
{
	if (fake->no_policy)
		return -ENOSYS;
	if (op->nr_leaves > FAKE_LEAVES || op->nr_msrs > sizeof(domain->msrs) / sizeof(domain->msrs[0]))
		return -E2BIG;
	if (op->nr_leaves)
		memcpy(domain->leaves, op->leaves.p, op->nr_leaves * sizeof(*domain->leaves));
	if (op->nr_msrs)
		memcpy(domain->msrs, op->msrs.p, op->nr_msrs * sizeof(*domain->msrs));
	domain->nr_leaves = op->nr_leaves;
	domain->nr_msrs = op->nr_msrs;
	for (unsigned i = 0; i < domain->nr_leaves; i++) {
		if (domain->leaves[i].leaf == 1)
			domain->leaves[i].c &= ~fake->lacks;
	}
	return 0;
}

static long destroy(struct fake_xen *fake, struct fake_domain *domain)
{
	if (fake->restarts) {
		fake->restarts--;
		return -ERESTART;
	}
	domain->exists = false;
	return 0;
}

static long vcpus(struct fake_domain *domain, const struct xen_domctl_max_vcpus *op)
{
	const struct xen_domctl_createdomain *create_op = (const void *)domain->create;

	if (op->max != create_op->max_vcpus)
		return -EINVAL;
	domain->vcpus = op->max;
	return 0;
}

static long log_clean(struct fake_domain *domain, const struct xen_domctl_shadow_op *op)
{
	if (!domain->logs || !op->dirty_bitmap.p)
		return -EINVAL;
	memset(op->dirty_bitmap.p, 0, op->pages / 8);
	for (; domain->nr_written; domain->nr_written--) {
		uint64_t gfn = domain->written[domain->nr_written - 1];

		if (gfn < op->pages)
			op->dirty_bitmap.p[gfn / 8] |= (uint8_t)(1 << gfn % 8);
	}
	return 0;
}

static long shadow(struct fake_domain *domain, const struct xen_domctl_shadow_op *op)
{
	switch (op->op) {
	case XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION:
		domain->pool_bytes = (uint64_t)op->mb << 20;
		return 0;
	case XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY:
		if (domain->logs)
			return -EINVAL;
		domain->logs = true;
		domain->nr_written = 0;
		return 0;
	case XEN_DOMCTL_SHADOW_OP_CLEAN:
		return log_clean(domain, op);
	case XEN_DOMCTL_SHADOW_OP_OFF:
		domain->logs = false;
		return 0;
	}
	return -EINVAL;
}

static long vcpu_info(const struct fake_domain *domain, struct xen_domctl_getvcpuinfo *op)
{
	op->online = 1;
	op->cpu_time = 777;
	return op->vcpu < domain->vcpus ? 0 : -ESRCH;
}

/* As Xen does, the next domain where there is none of that domid. */
static long get_info(struct fake_xen *fake, struct abi_domctl_call *call)
{
	for (uint32_t domid = call->domid; domid < 100; domid++) {
		const struct fake_domain *domain = fake_domain(fake, domid);

		if (domain) {
			fake_put_info(fake, domain, call->u);
			return 0;
		}
	}
	return -ESRCH;
}

static long domctl(struct fake_xen *fake, struct abi_domctl_call *call)
{
	struct fake_domain *domain = fake_domain(fake, call->domid);

	if (call->version != fake->domctl)
		return -EACCES;
	fake->last_cmd = call->cmd;
	if (call->cmd == XEN_DOMCTL_createdomain)
		return create(fake, call);
	if (call->cmd == XEN_DOMCTL_getdomaininfo)
		return get_info(fake, call);
	if (!domain)
		return -ESRCH;
	switch (call->cmd) {
	case XEN_DOMCTL_destroydomain:
		return destroy(fake, domain);
	case XEN_DOMCTL_pausedomain:
	case XEN_DOMCTL_unpausedomain:
		domain->paused = call->cmd == XEN_DOMCTL_pausedomain;
		return 0;
	case XEN_DOMCTL_max_mem:
		domain->max_pages = call->u[0] >> 2;
		return 0;
	case XEN_DOMCTL_max_vcpus:
		return vcpus(domain, (void *)call->u);
	case XEN_DOMCTL_set_paging_mempool_size:
		if (fake->domctl < 0x15)
			return -ENOSYS;
		domain->pool_bytes = call->u[0];
		return domain->pool_bytes % 4096 ? -EINVAL : 0;
	case XEN_DOMCTL_shadow_op:
		return shadow(domain, (void *)call->u);
	case XEN_DOMCTL_set_cpu_policy:
		return set_policy(fake, domain, (void *)call->u);
	case XEN_DOMCTL_scheduler_op:
		return scheduler(fake, domain, (void *)call->u);
	case XEN_DOMCTL_setvcpuaffinity:
	case XEN_DOMCTL_getvcpuaffinity:
		return affinity(domain, call->cmd == XEN_DOMCTL_setvcpuaffinity, (void *)call->u);
	case XEN_DOMCTL_setnodeaffinity:
	case XEN_DOMCTL_getnodeaffinity:
		move_map((uint8_t *)&domain->nodes, call->cmd == XEN_DOMCTL_setnodeaffinity, (void *)call->u);
		return 0;
	case XEN_DOMCTL_getvcpuinfo:
		return vcpu_info(domain, (void *)call->u);
	case XEN_DOMCTL_sethvmcontext:
		return load_context(domain, (void *)call->u);
	case XEN_DOMCTL_gethvmcontext:
		return save_context(domain, (void *)call->u);
	case XEN_DOMCTL_get_cpu_policy:
		return domain_policy(domain, (void *)call->u);
	case XEN_DOMCTL_getpageframeinfo3:
		return frame_types(domain, (void *)call->u);
	case XEN_DOMCTL_gettscinfo:
		memcpy(call->u, domain->tsc, sizeof(domain->tsc));
		return 0;
	case XEN_DOMCTL_settscinfo:
		memcpy(domain->tsc, call->u, sizeof(domain->tsc));
		return 0;
	}
	return -ENOSYS;
}

static long event_channel(struct fake_xen *fake, uint64_t cmd, struct evtchn_alloc_unbound *op)
{
	struct fake_domain *domain = cmd == EVTCHNOP_alloc_unbound ? fake_domain(fake, op->dom) : NULL;

	if (!domain || op->remote_dom)
		return -ESRCH;
	op->port = ++domain->ports;
	return 0;
}

static long hvm(struct fake_xen *fake, uint64_t cmd, struct xen_hvm_param *op)
{
	struct fake_domain *domain = cmd == HVMOP_set_param || cmd == HVMOP_get_param ? fake_domain(fake, op->domid) : NULL;

	if (!domain || op->index >= FAKE_PARAMS)
		return -EINVAL;
	if (cmd == HVMOP_get_param)
		op->value = domain->params[op->index];
	else
		domain->params[op->index] = op->value;
	return 0;
}

static long sched(struct fake_xen *fake, uint64_t cmd, const struct sched_remote_shutdown *op)
{
	struct fake_domain *domain = cmd == SCHEDOP_remote_shutdown ? fake_domain(fake, op->domain_id) : NULL;

	if (!domain)
		return -ESRCH;
	domain->shutdown = true;
	domain->reason = op->reason;
	return 0;
}

long fake_hypercall(struct fake_xen *fake, uint64_t op, const uint64_t *args)
{
	void *arg = (void *)(uintptr_t)args[1];

	if (fake_fault(fake))
		return fake->fail_with;
	switch (op) {
	case __HYPERVISOR_xen_version:
		return xen_version(fake, args[0], arg);
	case __HYPERVISOR_domctl:
		return domctl(fake, (void *)(uintptr_t)args[0]);
	case __HYPERVISOR_sysctl:
		return fake_sysctl(fake, (void *)(uintptr_t)args[0]);
	case __HYPERVISOR_memory_op:
		return fake_memory_op(fake, args[0], arg);
	case __HYPERVISOR_event_channel_op:
		return event_channel(fake, args[0], arg);
	case __HYPERVISOR_hvm_op:
		return hvm(fake, args[0], arg);
	case __HYPERVISOR_sched_op:
		return sched(fake, args[0], arg);
	}
	return -ENOSYS;
}
