/* SPDX-License-Identifier: GPL-2.0-or-later
 * Devices' interrupts, on their way to dom0.
 */
#include "xen-core/domain/device_irq.h"

#include "xen-core/cpu/apic.h"
#include "xen-core/cpu/percpu.h"
#include "xen-core/domain/domain.h"

static struct {
	uint32_t arrived[8];	/* and dom0 not told yet */
	uint32_t waiting[8];	/* in service at the CPU's APIC, told, and not ended by dom0 */
	bool news;
} irqs[CPUS_MAX];

void device_irq(uint8_t vector)
{
	unsigned cpu = cpu_number();

	irqs[cpu].arrived[vector / 32] |= 1u << vector % 32;
	irqs[cpu].news = true;
}

static void deliver(unsigned cpu, uint8_t vector)
{
	struct vcpu *v = dom0 && cpu < dom0->nr_vcpus ? dom0->vcpus[cpu] : NULL;

	if (!v) {
		apic_eoi();
		return;
	}
	irqs[cpu].waiting[vector / 32] |= 1u << vector % 32;
	vlapic_interrupt(v, vector);
}

void device_irq_deliver(void)
{
	unsigned cpu = cpu_number();

	if (!irqs[cpu].news)
		return;
	irqs[cpu].news = false;
	for (unsigned i = 0; i < ARRAY_SIZE(irqs[cpu].arrived); i++)
		for (; irqs[cpu].arrived[i]; irqs[cpu].arrived[i] &= irqs[cpu].arrived[i] - 1)
			deliver(cpu, (uint8_t)(i * 32 + (unsigned)__builtin_ctz(irqs[cpu].arrived[i])));
}

void device_irq_eoi(struct vcpu *v, uint8_t vector)
{
	uint32_t *bits = &irqs[v->cpu].waiting[vector / 32];

	if (!v->domain->privileged || !(*bits & 1u << vector % 32))
		return;
	*bits &= ~(1u << vector % 32);
	apic_eoi();
}
