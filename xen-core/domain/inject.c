/* SPDX-License-Identifier: GPL-2.0-or-later
 * What interrupts a vCPU. Event channels come by a vector of their own that needs no EOI (HVM_PARAM_CALLBACK_IRQ of
 * type 2): they are level-triggered, in that they are pending for as long as the guest does not clear
 * evtchn_upcall_pending.
 */
#include "xen-core/domain/inject.h"

#include "xen-core/domain/domain.h"
#include "xen-core/domain/sched.h"
#include "xen-core/domain/virt.h"

static bool upcall(const struct vcpu *v)
{
	return v->domain->callback_vector && __atomic_load_n(&v->info->evtchn_upcall_pending, __ATOMIC_ACQUIRE);
}

int inject_next(const struct vcpu *v, bool *of_apic)
{
	*of_apic = !upcall(v);
	return *of_apic ? vlapic_pending(v) : v->domain->callback_vector;
}

bool inject_deliverable(const struct vcpu *v)
{
	bool of_apic;

	return inject_nmi_ready(v) || (virt_irqs_on(v) && inject_next(v, &of_apic) >= 0);
}

bool inject_pending(const struct vcpu *v)
{
	bool of_apic;

	return inject_nmi_ready(v) || inject_next(v, &of_apic) >= 0;
}

bool inject_nmi_ready(const struct vcpu *v)
{
	return v->nmi && virt_nmis_on(v);
}

void inject_nmi(struct vcpu *v)
{
	if (v->run == VCPU_DOWN && !v->halted)
		return;
	v->nmi = true;
	if (v->halted && inject_nmi_ready(v))
		vcpu_start(v);
	else
		vcpu_wake(v);
}
