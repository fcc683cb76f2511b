/* SPDX-License-Identifier: GPL-2.0-or-later
 * Interrupts of devices. They are dom0's: it programs the I/O APIC itself, its vCPU n runs on CPU n, and its APIC IDs
 * are the machine's, so that a device's vector arrives at the CPU, and with the number, that dom0 chose. The machine's
 * EOI follows dom0's.
 */
#ifndef XEN_CORE_DOMAIN_DEVICE_IRQ_H
#define XEN_CORE_DOMAIN_DEVICE_IRQ_H

#include <stdint.h>

struct vcpu;

/** An interrupt has arrived at this CPU, which may be idle and not in xen-core: it is noted. Interrupts are off. */
void device_irq(uint8_t vector);
/** Those noted at this CPU become dom0's vCPU's; each is in service here until that has ended it. */
void device_irq_deliver(void);
/** dom0's vCPU, running here, ends a vector. */
void device_irq_eoi(struct vcpu *v, uint8_t vector);

#endif
