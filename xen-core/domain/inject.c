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

int inject_next(const struct vcpu *v)
{
	return upcall(v) ? v->domain->callback_vector : vlapic_pending(v);
}

void inject_taken(struct vcpu *v, uint8_t vector)
{
	if (!upcall(v) || vector != v->domain->callback_vector)
		vlapic_take(v, vector);
}
