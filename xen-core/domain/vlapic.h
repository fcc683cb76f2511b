/* SPDX-License-Identifier: GPL-2.0-or-later
 * The local APIC that a vCPU sees (AMD64 APM 2, chapter 16; x2APIC: 16.9).
 */
#ifndef XEN_CORE_DOMAIN_VLAPIC_H
#define XEN_CORE_DOMAIN_VLAPIC_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

#define APIC_BASE_BSP	0x100
#define APIC_BASE_X2	0x400
#define APIC_BASE_ON	0x800
#define LVT_TIMER	1		/* of lvt */
#define LVT_ERROR	6
#define LVT_MASKED	0x10000
#define LVT_PERIODIC	0x20000

struct vlapic {
	uint32_t id;
	uint64_t base;			/* MSR 0x1b */
	uint32_t irr[8], isr[8];
	uint32_t tpr, svr, ldr, dfr, esr, errors, icr_high, icr_low, divide, count;
	uint32_t lvt[7];		/* CMCI, timer, thermal, counters, LINT0, LINT1, error */
	bool counting;			/* the timer, since start_ns; timer_ns: when it is due, 0: never */
	uint64_t start_ns, timer_ns;
	bool wait_sipi;
};

void vlapic_init(struct vcpu *v, uint32_t id);
/** Registers by their number in x2APIC mode (0 to 0x3f). False: there is no such register, a fault is due. */
bool vlapic_read(struct vcpu *v, unsigned reg, uint64_t *value);
bool vlapic_write(struct vcpu *v, unsigned reg, uint64_t value);
/** MSR 0x1b. False: a fault is due. */
bool vlapic_set_base(struct vcpu *v, uint64_t value);
/** A vector becomes pending; wakes the vCPU. */
void vlapic_interrupt(struct vcpu *v, uint8_t vector);
/** The pending vector that may interrupt now, -1 if none; taken: it goes into service. */
int vlapic_pending(const struct vcpu *v);
void vlapic_take(struct vcpu *v, uint8_t vector);
/** What was taken is pending again; if the same has come since, the two are one. */
void vlapic_put_back(struct vcpu *v, uint8_t vector);

/* Its timer (vlapic_timer.c). */
/** What the registers do: initial count (0: stops), divider, entry of the vector table. */
void vlapic_timer_set(struct vcpu *v, uint32_t count);
void vlapic_timer_divide(struct vcpu *v, uint32_t value);
void vlapic_timer_lvt(struct vcpu *v, uint32_t value);
/** The current count. */
uint32_t vlapic_timer_left(const struct vcpu *v);
/** As after a reset. */
void vlapic_timer_stop(struct vcpu *v);
/** Interrupts the vCPU if the time (ns) has come. */
void vlapic_timer_look(struct vcpu *v, uint64_t now);
/**
 * When it is due next, if that would change anything for a vCPU that is not running: not while its last interrupt
 * is pending. 0: never.
 */
uint64_t vlapic_timer_news(const struct vcpu *v);

#endif
