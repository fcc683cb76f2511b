/* SPDX-License-Identifier: GPL-2.0-or-later
 * Time as guests see it. The TSC is the machine's, and an offset for who has written it: the same factors hold for all
 * vCPUs and ever.
 */
#include "xen-core/domain/time.h"

#include <xen/vcpu.h>

#include "xen-core/cpu/apic.h"
#include "xen-core/domain/domain.h"
#include "xen-core/domain/guest.h"

static uint64_t wall_ns;		/* since 1970 at system time 0 */

void time_update(struct vcpu *v)
{
	const struct vcpu_time_info *t = &v->info->time;

	if (t->tsc_timestamp != time_tsc_start() + v->tsc_offset || !t->tsc_to_system_mul)
		time_write(v);
}

void time_write(struct vcpu *v)
{
	struct vcpu_time_info *t = &v->info->time;
	uint64_t start = time_tsc_start() + v->tsc_offset;

	__atomic_store_n(&t->version, t->version + 1, __ATOMIC_SEQ_CST);
	time_scale(&t->tsc_to_system_mul, &t->tsc_shift);
	t->tsc_timestamp = start;
	t->system_time = 0;
	/* One vCPU's, as it is here, is good for all. */
	t->flags = time_tsc_stable() && !v->domain->tsc_written ? XEN_PVCLOCK_TSC_STABLE_BIT : 0;
	__atomic_store_n(&t->version, t->version + 1, __ATOMIC_SEQ_CST);
	v->time_due = true;
}

/* Where its tables, just now, do not have it, it is tried another time. */
void time_copy(struct vcpu *v)
{
	struct vcpu_time_info copy = v->info->time;

	if (!v->time_va || !v->time_due)
		return;
	copy.version |= 1;
	if (!guest_write(v, v->time_va, &copy.version, sizeof(copy.version)) ||
	    !guest_write(v, v->time_va, &copy, sizeof(copy)))
		return;
	copy.version++;
	guest_write(v, v->time_va, &copy.version, sizeof(copy.version));
	v->time_due = false;
}

void time_tsc_written(struct vcpu *v)
{
	struct domain *d = v->domain;

	d->tsc_written = true;
	for (unsigned i = 0; i < d->nr_vcpus; i++)
		if (d->vcpus[i])
			time_write(d->vcpus[i]);
	time_copy(v);
}

void time_update_wallclock(struct domain *d)
{
	struct narrow_shared_info *narrow = (void *)d->shared;
	uint32_t *wc = d->narrow ? narrow->wc : &d->shared->wc_version;
	uint32_t *sec_hi = d->narrow ? &narrow->wc_sec_hi : &d->shared->wc_sec_hi;
	uint64_t sec;
	uint32_t nsec;

	if (!wall_ns) {
		time_boot_wallclock(&sec, &nsec);
		wall_ns = sec * NS_PER_SEC + nsec;
	}
	__atomic_store_n(&wc[0], wc[0] + 1, __ATOMIC_SEQ_CST);
	wc[1] = (uint32_t)(wall_ns / NS_PER_SEC);
	wc[2] = (uint32_t)(wall_ns % NS_PER_SEC);
	*sec_hi = (uint32_t)(wall_ns / NS_PER_SEC >> 32);
	__atomic_store_n(&wc[0], wc[0] + 1, __ATOMIC_SEQ_CST);
}

void time_set_wallclock(uint64_t sec, uint32_t nsec, uint64_t system_ns)
{
	wall_ns = sec * NS_PER_SEC + nsec - system_ns;
	for (struct domain *d = domain_list; d; d = d->next)
		time_update_wallclock(d);
}

/* One after the other, so that a reader on another CPU sees the mark before what it guards. */
void time_runstate(struct vcpu *v)
{
	struct vcpu_runstate_info info = v->runstate;
	bool marked = v->domain->vm_assist & 1ul << VMASST_TYPE_runstate_update_flag, narrow = v->domain->narrow;
	uint64_t entry_time = v->runstate_va + (narrow ? 4 : offsetof(struct vcpu_runstate_info, state_entry_time));

	if (!v->runstate_va || v->runstate_told == v->runstate.state_entry_time)
		return;
	v->runstate_told = v->runstate.state_entry_time;
	if (marked) {
		info.state_entry_time |= XEN_RUNSTATE_UPDATE;
		guest_write(v, entry_time, &info.state_entry_time, 8);
		guest_write_as(v, v->runstate_va, &info, sizeof(info), narrow ? RUNSTATE_LAYOUT : NULL);
		info.state_entry_time &= ~XEN_RUNSTATE_UPDATE;
		guest_write(v, entry_time, &info.state_entry_time, 8);
	} else {
		guest_write_as(v, v->runstate_va, &info, sizeof(info), narrow ? RUNSTATE_LAYOUT : NULL);
	}
}
