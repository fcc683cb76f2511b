/* SPDX-License-Identifier: GPL-2.0-or-later
 * The table of hypercalls, and the one that carries several.
 */
#include "xen-core/hypercall/hypercall.h"

#include "xen-core/cpu/apic.h"
#include "xen-core/domain/core.h"
#include "xen-core/domain/domain.h"
#include "xen-core/domain/virt.h"

static int64_t call_multi(struct vcpu *v, struct hypercall *call);

struct row {
	int64_t (*call)(struct vcpu *v, struct hypercall *call);
	bool privileged;		/* dom0 alone may call it */
};

static const struct row rows[] = {
	[__HYPERVISOR_platform_op] = { call_platform, true },
	[__HYPERVISOR_memory_op] = { call_memory, false },
	[__HYPERVISOR_multicall] = { call_multi, false },
	[__HYPERVISOR_set_timer_op] = { call_set_timer, false },
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

static int64_t dispatch(struct vcpu *v, struct hypercall *call)
{
	const struct row *row = call->nr < ARRAY_SIZE(rows) ? &rows[call->nr] : NULL;

	if (!row || !row->call)
		return -XEN_ENOSYS;
	if (row->privileged && !v->domain->privileged)
		return -XEN_EPERM;
	/* The forms of what dom0 alone may call are not known for 32 bits. */
	if (row->privileged && call->narrow)
		return -XEN_ENOSYS;
	return row->call(v, call);
}

bool hypercall_stop(const struct hypercall *call)
{
	return call->may_stop && time_now_ns() > call->until_ns - (core_wanted() ? CALL_SLICE_NS - CALL_LEAST_NS : 0);
}

bool call_word(struct vcpu *v, const struct hypercall *call, uint64_t list, uint64_t nth, uint64_t *word)
{
	return call_read(v, call, word, list + nth * call_word_size(call), "w");
}

_Static_assert(sizeof(struct multicall_entry) == 8 * sizeof(uint64_t) && sizeof(struct multicall_entry) <= LAYOUT_MAX,
	       "words alone");

/* One entry. Where it stops, its argument and ours are put to where to go on. */
static int64_t multi_one(struct vcpu *v, struct hypercall *call, uint64_t at)
{
	struct multicall_entry entry;
	struct hypercall one = { .narrow = call->narrow, .may_stop = call->may_stop, .until_ns = call->until_ns };
	size_t word = call_word_size(call);
	int64_t rc;

	if (!call_read(v, call, &entry, at, "wwwwwwww"))
		return -XEN_EFAULT;
	one.nr = entry.op;
	for (unsigned k = 0; k < 5; k++)
		one.arg[k] = entry.args[k];
	rc = one.nr == __HYPERVISOR_multicall ? -XEN_EINVAL : dispatch(v, &one);
	if (rc == CALL_AGAIN)
		return guest_write_as(v, at + 2 * word, one.arg, 3 * sizeof(one.arg[0]), call_form(call, "www"))
			       ? CALL_AGAIN
			       : -XEN_EFAULT;
	return call_write(v, call, at + word, &rc, "w") ? 0 : -XEN_EFAULT;
}

/* One after the other, without stopping at failures. */
static int64_t call_multi(struct vcpu *v, struct hypercall *call)
{
	if (call->arg[1] > 1024)
		return -XEN_E2BIG;
	for (uint64_t done = 0; call->arg[1]; done++, call->arg[0] += 8 * call_word_size(call), call->arg[1]--) {
		int64_t rc = done && hypercall_stop(call) ? CALL_AGAIN : multi_one(v, call, call->arg[0]);

		if (rc)
			return rc;
	}
	return 0;
}

int64_t hypercall(struct vcpu *v, struct hypercall *call)
{
	int64_t rc;

	if (virt_cpl(v))
		return -XEN_EPERM;
	call->until_ns = time_now_ns() + CALL_SLICE_NS;
	rc = dispatch(v, call);
	if (rc < 0 && rc != CALL_AGAIN)
		domain_note(v->domain, "v%u: hypercall %lu(%lx, %lx) = %ld\n", v->id, call->nr, call->arg[0], call->arg[1], rc);
	return rc;
}

int call_target(struct vcpu *v, uint16_t id, struct domain **out)
{
	struct domain *d = domain_find(id);

	if (!d || (d->dying && d != v->domain))
		return -XEN_ESRCH;
	if (d != v->domain && !v->domain->privileged)
		return -XEN_EPERM;
	*out = d;
	return 0;
}
