/* SPDX-License-Identifier: GPL-2.0-or-later
 * Interrupt controllers as the firmware leaves them. dom0 programs them anew when it wants interrupts of its devices.
 */
#ifndef XEN_CORE_CPU_LEGACY_IRQ_H
#define XEN_CORE_CPU_LEGACY_IRQ_H

/** Both 8259s are masked. Before interrupts are first let in. */
void pic_mask(void);
/** Every input of the I/O APICs that ACPI names is masked. */
void ioapics_mask(void);

#endif
