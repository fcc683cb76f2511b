/* SPDX-License-Identifier: GPL-2.0-or-later
 * vcpu_op (xen/vcpu.h), vm_assist.
 */
#include "xen-core/hypercall/hypercall.h"

#include <xen/vcpu.h>

#include "xen-core/cpu/apic.h"
#include "xen-core/domain/inject.h"
#include "xen-core/domain/sched.h"
#include "xen-core/domain/time.h"
#include "xen-core/domain/timer.h"

_Static_assert(sizeof(struct vcpu_register_runstate_memory_area) == sizeof(struct vcpu_register_time_memory_area),
	       "an address each");

#define PERIOD_LEAST_NS	(NS_PER_SEC / 1000)
#define PERIOD_MOST_NS	(UINT64_MAX >> 2)

/* Once, and on one page of the domain's own RAM. What was known before goes along. */
static int64_t register_info(struct vcpu *v, struct vcpu *of, uint64_t va)
{
	struct vcpu_register_vcpu_info r;
	struct vcpu_info *info;
	mfn_t mfn;

	if (!guest_read_struct(v, &r, va))
		return -XEN_EFAULT;
	if (r.offset > PAGE_SIZE - sizeof(struct vcpu_info) || r.offset % _Alignof(struct vcpu_info))
		return -XEN_EINVAL;
	if (mfn_ok(of->info_page))
		return -XEN_EINVAL;
	mfn = guest_frame_get(v->domain, GFN(r.mfn));
	if (!mfn_ok(mfn))
		return -XEN_EINVAL;
	info = (void *)((char *)mfn_ptr(mfn) + r.offset);
	memcpy(info, of->info, sizeof(*info));
	of->info_page = mfn;
	of->info = info;
	time_write(of);
	event_look(of);
	return 0;
}

/* Where it wants its runstate, or its time: the address may be wrong. Both are written anew. */
static int64_t register_area(struct vcpu *v, const struct hypercall *call, struct vcpu *of, uint64_t *at)
{
	struct vcpu_register_runstate_memory_area area;

	if (!call_read(v, call, &area, call->arg[2], "w"))
		return -XEN_EFAULT;
	*at = area.addr.p;
	of->runstate_told = 0;
	of->time_due = true;
	if (of == v) {
		time_runstate(v);
		time_copy(v);
	}
	return 0;
}

/* Up to now: how long it is what it is counts as well. */
static int64_t get_runstate(struct vcpu *v, const struct hypercall *call, const struct vcpu *of)
{
	struct vcpu_runstate_info info = of->runstate;

	info.time[info.state] += time_now_ns() - info.state_entry_time;
	return call_write(v, call, call->arg[2], &info, RUNSTATE_LAYOUT) ? 0 : -XEN_EFAULT;
}

static int64_t set_timer(struct vcpu *v, const struct hypercall *call, struct vcpu *of)
{
	struct vcpu_set_singleshot_timer set;

	if (of != v)
		return -XEN_EINVAL;
	if (!call_read(v, call, &set, call->arg[2], "84"))
		return -XEN_EFAULT;
	if ((set.flags & VCPU_SSHOTTMR_future) && set.timeout_abs_ns < time_now_ns())
		return -XEN_ETIME;
	timer_set(v, set.timeout_abs_ns ? set.timeout_abs_ns : 1);
	return 0;
}

static int64_t set_periodic(struct vcpu *v, struct vcpu *of, uint64_t va)
{
	struct vcpu_set_periodic_timer set;

	if (!guest_read_struct(v, &set, va))
		return -XEN_EFAULT;
	if (set.period_ns < PERIOD_LEAST_NS || set.period_ns > PERIOD_MOST_NS)
		return -XEN_EINVAL;
	timer_set_periodic(of, set.period_ns);
	return 0;
}

/* For so long nobody waits: it is a clock that has wrapped around, and the caller is to look before long. */
#define FAR_NS		(UINT64_C(1) << 50)
#define FAR_INSTEAD_NS	(NS_PER_SEC / 10)

int64_t call_set_timer(struct vcpu *v, struct hypercall *call)
{
	uint64_t at = call->narrow ? call->arg[0] | call->arg[1] << 32 : call->arg[0], now = time_now_ns();

	timer_set(v, at >> 63 || (at > now && at - now >= FAR_NS) ? now + FAR_INSTEAD_NS : at);
	return 0;
}

static int64_t up(struct vcpu *of)
{
	if (!of->initialised)
		return -XEN_EINVAL;
	if (of->run == VCPU_DOWN)
		vcpu_start(of);
	return 0;
}

/* What it is about to do on another CPU must not come after its end. */
static int64_t down(struct vcpu *v, struct vcpu *of)
{
	if (of != v)
		vcpu_quiesce(of);
	if (of->run != VCPU_DOWN)
		vcpu_stop(of);
	domain_end_if_down(of->domain);
	return 0;
}

int64_t call_vcpu(struct vcpu *v, struct hypercall *call)
{
	const uint64_t *arg = call->arg;
	struct domain *d = v->domain;
	struct vcpu *of = arg[1] < d->nr_vcpus ? d->vcpus[arg[1]] : NULL;

	if (!of)
		return -XEN_ENOENT;
	switch (arg[0]) {
	case VCPUOP_initialise:
		return vcpu_initialise(v, of, arg[2]);
	case VCPUOP_up:
		return up(of);
	case VCPUOP_down:
		return down(v, of);
	case VCPUOP_register_vcpu_time_memory_area:
		return register_area(v, call, of, &of->time_va);
	case VCPUOP_is_up:
		return of->run != VCPU_DOWN;
	case VCPUOP_get_runstate_info:
		return get_runstate(v, call, of);
	case VCPUOP_register_runstate_memory_area:
		return register_area(v, call, of, &of->runstate_va);
	case VCPUOP_set_periodic_timer:
		return set_periodic(v, of, arg[2]);
	case VCPUOP_stop_periodic_timer:
		timer_set_periodic(of, 0);
		return 0;
	case VCPUOP_set_singleshot_timer:
		return set_timer(v, call, of);
	case VCPUOP_stop_singleshot_timer:
		if (of != v)
			return -XEN_EINVAL;
		timer_set(v, 0);
		return 0;
	case VCPUOP_send_nmi:
		if (arg[2])
			return -XEN_EINVAL;
		inject_nmi(of);
		return 0;
	case VCPUOP_register_vcpu_info:
		return register_info(v, of, arg[2]);
	}
	return -XEN_ENOSYS;
}

int64_t call_vm_assist(struct vcpu *v, struct hypercall *call)
{
	const uint64_t *arg = call->arg;
	if (arg[1] != VMASST_TYPE_runstate_update_flag)
		return -XEN_EINVAL;
	if (arg[0] == VMASST_CMD_enable)
		v->domain->vm_assist |= 1ul << arg[1];
	else if (arg[0] == VMASST_CMD_disable)
		v->domain->vm_assist &= ~(1ul << arg[1]);
	else
		return -XEN_ENOSYS;
	return 0;
}
