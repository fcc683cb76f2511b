/* SPDX-License-Identifier: GPL-2.0-or-later
 * Devices' interrupts, on their way to dom0.
 */
#include "xen-core/domain/device_irq.h"

#include "xen-core/cpu/apic.h"
#include "xen-core/cpu/percpu.h"
#include "xen-core/domain/domain.h"

/*
 * The machine's EOI ends the highest vector in service, whichever dom0 has ended. A CPU only takes a vector of a higher
 * class than those in service (there are 15), so that these lie on a stack; one that dom0 ends below others waits until
 * they are ended.
 */
#define DEPTH 16

static struct {
	struct { uint8_t vector; bool arrived, ended; } stack[DEPTH];	/* arrived: and dom0 not told yet */
	unsigned nr;
	bool news;
} irqs[CPUS_MAX];

void device_irq(uint8_t vector)
{
	unsigned cpu = cpu_number(), at = 0;

	while (at < irqs[cpu].nr && irqs[cpu].stack[at].vector != vector)
		at++;
	/* In service it does not come again, and no deeper: what a processor does not do is not to break anything. */
	if (at == DEPTH)
		return;
	if (at == irqs[cpu].nr)
		irqs[cpu].nr++;
	irqs[cpu].stack[at].vector = vector;
	irqs[cpu].stack[at].arrived = true;
	irqs[cpu].stack[at].ended = false;
	irqs[cpu].news = true;
}

static void end_topmost(unsigned cpu)
{
	while (irqs[cpu].nr && irqs[cpu].stack[irqs[cpu].nr - 1].ended) {
		irqs[cpu].nr--;
		apic_eoi();
	}
}

void device_irq_deliver(void)
{
	unsigned cpu = cpu_number();
	struct vcpu *v = dom0 && cpu < dom0->nr_vcpus ? dom0->vcpus[cpu] : NULL;

	if (!irqs[cpu].news)
		return;
	irqs[cpu].news = false;
	for (unsigned i = 0; i < irqs[cpu].nr; i++) {
		if (!irqs[cpu].stack[i].arrived)
			continue;
		irqs[cpu].stack[i].arrived = false;
		/* Where dom0 has no vCPU nobody else will end it. */
		if (v)
			vlapic_interrupt(v, irqs[cpu].stack[i].vector);
		else
			irqs[cpu].stack[i].ended = true;
	}
	end_topmost(cpu);
}

void device_irq_eoi(struct vcpu *v, uint8_t vector)
{
	unsigned cpu = v->cpu;

	if (!v->domain->privileged)
		return;
	for (unsigned i = 0; i < irqs[cpu].nr; i++)
		if (irqs[cpu].stack[i].vector == vector && !irqs[cpu].stack[i].arrived)
			irqs[cpu].stack[i].ended = true;
	end_topmost(cpu);
}
