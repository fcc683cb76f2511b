/* SPDX-License-Identifier: GPL-2.0-or-later
 * The local APICs of the machine, and its time. Registers as in AMD64 APM 2, chapter 16.
 */
#ifndef XEN_CORE_CPU_APIC_H
#define XEN_CORE_CPU_APIC_H

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_SEC UINT64_C(1000000000)

/** Finds out how fast TSC and APIC timer are, by the PIT. Once, on the first CPU. */
void time_init(void);
/** Nanoseconds since time_init; the same on all CPUs. */
uint64_t time_now_ns(void);
/**
 * Whether it is later than until_ns, unless that is 0. Whoever works long under the lock asks, and goes on another
 * time.
 */
static inline bool time_over(uint64_t until_ns)
{
	return until_ns && time_now_ns() > until_ns;
}
/** The TSC's ticks a second, and its value at time 0. */
uint64_t time_tsc_hz(void);
uint64_t time_tsc_start(void);
/** Whether the TSC goes on at one pace whatever the processor does, as it says of itself. */
bool time_tsc_stable(void);
/** Factors from ticks to time, the same that guests are given: ns = ((ticks << shift) * mul) >> 32. */
void time_scale(uint32_t *mul, int8_t *shift);
/** Seconds and nanoseconds of the day's clock (CMOS) at time 0, since 1970, UTC. */
void time_boot_wallclock(uint64_t *sec, uint32_t *nsec);

/** Turns the calling CPU's APIC on. */
void apic_init(void);
uint32_t apic_id(void);
/** The timer interrupt at that time (ns), 0: never. Of this CPU; what was set before is forgotten. */
void apic_timer(uint64_t at_ns);
/** Makes another CPU leave its guest, or its sleep. */
void apic_kick(unsigned cpu);
/**
 * The same, and waits until it has left its guest. The caller is the one that is in xen-core: nobody enters a guest
 * meanwhile.
 */
void apic_kick_out(unsigned cpu);
/** An NMI to it. */
void apic_nmi(unsigned cpu);
/** INIT and startup IPIs; code is a page below 1 MiB. */
void apic_start(uint32_t apic_id, uint32_t page);
/** The first of these alone: whatever that CPU does, it waits for another startup from now on. */
void apic_stop(uint32_t apic_id);
/** End of the interrupt in service of the highest priority. */
void apic_eoi(void);
/** What those of devices are given to, with interrupts off. boot/ sets it. */
extern void (*apic_device_irq)(uint8_t vector);
/** Called for each interrupt of the host. */
void apic_interrupt(uint8_t vector);

/*
 * Other controllers, as the firmware leaves them (legacy_irq.c). dom0 programs them anew when it wants interrupts
 * of its devices.
 */
/** Both 8259s are masked. Before interrupts are first let in. */
void pic_mask(void);
/** Every input of the I/O APICs that ACPI names is masked. */
void ioapics_mask(void);

#endif
