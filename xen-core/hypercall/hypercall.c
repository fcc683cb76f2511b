/* SPDX-License-Identifier: GPL-2.0-or-later
 * The table of hypercalls, and the one that carries several.
 */
#include "xen-core/hypercall/hypercall.h"

#include "xen-core/domain/virt.h"

static int64_t call_multi(struct vcpu *v, const uint64_t *arg);

struct row {
	int64_t (*call)(struct vcpu *v, const uint64_t *arg);
	bool privileged;		/* dom0 alone may call it */
};

static const struct row rows[] = {
	[__HYPERVISOR_platform_op] = { call_platform, true },
	[__HYPERVISOR_memory_op] = { call_memory, false },
	[__HYPERVISOR_multicall] = { call_multi, false },
	[__HYPERVISOR_xen_version] = { call_version, false },
	[__HYPERVISOR_console_io] = { call_console, false },
	[__HYPERVISOR_vm_assist] = { call_vm_assist, false },
	[__HYPERVISOR_grant_table_op] = { call_grant, false },
	[__HYPERVISOR_sysctl] = { call_sysctl, true },
	[__HYPERVISOR_domctl] = { call_domctl, true },
	[__HYPERVISOR_vcpu_op] = { call_vcpu, false },
	[__HYPERVISOR_sched_op] = { call_sched, false },
	[__HYPERVISOR_event_channel_op] = { call_event, false },
	[__HYPERVISOR_physdev_op] = { call_physdev, true },
	[__HYPERVISOR_hvm_op] = { call_hvm, false },
};

static int64_t dispatch(struct vcpu *v, uint64_t nr, const uint64_t *arg)
{
	if (nr >= ARRAY_SIZE(rows) || !rows[nr].call)
		return -XEN_ENOSYS;
	if (rows[nr].privileged && !v->domain->privileged)
		return -XEN_EPERM;
	return rows[nr].call(v, arg);
}

/* One after the other, without stopping at failures. */
static int64_t call_multi(struct vcpu *v, const uint64_t *arg)
{
	uint64_t nr = arg[1];

	if (nr > 1024)
		return -XEN_E2BIG;
	for (uint64_t i = 0; i < nr; i++) {
		uint64_t at = arg[0] + i * sizeof(struct multicall_entry);
		struct multicall_entry entry;
		uint64_t args[6];

		if (!guest_read_struct(v, &entry, at))
			return -XEN_EFAULT;
		for (unsigned k = 0; k < 6; k++)
			args[k] = entry.args[k];
		entry.result = entry.op == __HYPERVISOR_multicall ? (xen_ulong_t)-XEN_EINVAL : (xen_ulong_t)dispatch(v, entry.op, args);
		if (!guest_write(v, at + offsetof(struct multicall_entry, result), &entry.result, sizeof(entry.result)))
			return -XEN_EFAULT;
	}
	return 0;
}

int64_t hypercall(struct vcpu *v, struct hypercall *call)
{
	int64_t rc;

	if (virt_cpl(v))
		return -XEN_EPERM;
	rc = dispatch(v, call->nr, call->arg);
	if (rc < 0)
		log_debug("d%uv%u: hypercall %lu(%lx, %lx) = %ld\n", v->domain->id, v->id, call->nr, call->arg[0], call->arg[1], rc);
	return rc;
}

int call_target(struct vcpu *v, uint16_t id, struct domain **out)
{
	struct domain *d = domain_find(id);

	if (!d)
		return -XEN_ESRCH;
	if (d != v->domain && !v->domain->privileged)
		return -XEN_EPERM;
	*out = d;
	return 0;
}
