/* SPDX-License-Identifier: GPL-2.0-or-later
 * Devices' interrupts, on their way to dom0.
 */
#include "xen-core/domain/device_irq.h"

#include "xen-core/cpu/apic.h"
#include "xen-core/cpu/percpu.h"
#include "xen-core/domain/domain.h"

/* In service at each CPU's APIC, and not ended by dom0. */
static uint32_t waiting[CPUS_MAX][8];

void device_irq(uint8_t vector)
{
	unsigned cpu = cpu_number();
	struct vcpu *v = dom0 && cpu < dom0->nr_vcpus ? dom0->vcpus[cpu] : NULL;

	if (!v) {
		apic_eoi();
		return;
	}
	waiting[cpu][vector / 32] |= 1u << vector % 32;
	vlapic_interrupt(v, vector);
}

void device_irq_eoi(struct vcpu *v, uint8_t vector)
{
	uint32_t *bits = &waiting[v->cpu][vector / 32];

	if (!v->domain->privileged || !(*bits & 1u << vector % 32))
		return;
	*bits &= ~(1u << vector % 32);
	apic_eoi();
}
