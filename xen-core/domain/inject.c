/* SPDX-License-Identifier: GPL-2.0-or-later
 * What interrupts a vCPU. Event channels come by a vector of their own that needs no EOI (HVM_PARAM_CALLBACK_IRQ of type 2): they
 * are level-triggered, in that they are pending for as long as the guest does not clear evtchn_upcall_pending.
 */
#include "xen-core/domain/inject.h"

#include "xen-core/domain/domain.h"

static bool upcall(const struct vcpu *v)
{
	return v->domain->callback_vector && __atomic_load_n(&v->info->evtchn_upcall_pending, __ATOMIC_ACQUIRE);
}

int inject_next(const struct vcpu *v, bool *of_apic)
{
	*of_apic = !upcall(v);
	return *of_apic ? vlapic_pending(v) : v->domain->callback_vector;
}

bool inject_pending(const struct vcpu *v)
{
	bool of_apic;

	return inject_next(v, &of_apic) >= 0;
}

void inject_taken(struct vcpu *v, uint8_t vector)
{
	vlapic_take(v, vector);
}

void inject_put_back(struct vcpu *v, uint8_t vector)
{
	vlapic_put_back(v, vector);
}
