/* SPDX-License-Identifier: GPL-2.0-or-later
 * The local APIC of a vCPU.
 */
#include "xen-core/domain/vlapic.h"

#include "xen-core/domain/device_irq.h"
#include "xen-core/domain/domain.h"
#include "xen-core/domain/inject.h"
#include "xen-core/domain/sched.h"
#include "xen-core/domain/virt.h"

enum {
	REG_ID = 0x02,
	REG_VERSION = 0x03,
	REG_TPR = 0x08,
	REG_APR = 0x09,
	REG_PPR = 0x0a,
	REG_EOI = 0x0b,
	REG_LDR = 0x0d,
	REG_DFR = 0x0e,
	REG_SVR = 0x0f,
	REG_ISR = 0x10,
	REG_TMR = 0x18,
	REG_IRR = 0x20,
	REG_ESR = 0x28,
	REG_CMCI = 0x2f,
	REG_ICR = 0x30,
	REG_ICR2 = 0x31,
	REG_LVT = 0x32,
	REG_LVT_LAST = 0x37,
	REG_TMICT = 0x38,
	REG_TMCCT = 0x39,
	REG_TDCR = 0x3e,
	REG_SELF = 0x3f,
};

#define VERSION		0x00050014
#define SHORT_SELF	0x40000u
#define ESR_SENT_VECTOR	0x20u	/* it is below 16 */
#define ESR_RECEIVED_VECTOR 0x40u
#define SVR_ENABLE	0x100
#define APIC_BASE_ADDRESS UINT64_C(0xfee00000)

enum { MODE_FIXED = 0, MODE_LOWEST = 1, MODE_NMI = 4, MODE_INIT = 5, MODE_STARTUP = 6 };

/* All but ID, base and what is pending or in service. */
static void reset(struct vcpu *v)
{
	struct vlapic *l = &v->lapic;

	vlapic_timer_stop(v);
	l->tpr = l->ldr = l->esr = l->errors = l->icr_high = l->icr_low = l->divide = 0;
	l->svr = 0xff;
	l->dfr = UINT32_MAX;
	for (unsigned i = 0; i < ARRAY_SIZE(l->lvt); i++)
		l->lvt[i] = LVT_MASKED;
}

void vlapic_init(struct vcpu *v, uint32_t id)
{
	struct vlapic *l = &v->lapic;

	memset(l, 0, sizeof(*l));
	l->id = id;
	l->base = APIC_BASE_ADDRESS | APIC_BASE_ON | (v->id ? 0 : APIC_BASE_BSP);
	reset(v);
}

static bool x2(const struct vlapic *l)
{
	return l->base & APIC_BASE_X2;
}

static int highest(const uint32_t *set)
{
	for (int i = 7; i >= 0; i--)
		if (set[i])
			return i * 32 + 31 - __builtin_clz(set[i]);
	return -1;
}

/* The priority that an interrupt must be above. */
static unsigned ppr(const struct vlapic *l)
{
	int service = highest(l->isr);
	unsigned isr = service < 0 ? 0 : (unsigned)service & 0xf0;

	return (l->tpr & 0xf0) >= isr ? l->tpr & 0xff : isr;
}

int vlapic_pending(const struct vcpu *v)
{
	const struct vlapic *l = &v->lapic;
	int vector = highest(l->irr);

	if (vector < 0 || !(l->base & APIC_BASE_ON) || !(l->svr & SVR_ENABLE) || ((unsigned)vector & 0xf0) <= (ppr(l) & 0xf0))
		return -1;
	return vector;
}

void vlapic_take(struct vcpu *v, uint8_t vector)
{
	v->lapic.irr[vector / 32] &= ~(1u << vector % 32);
	v->lapic.isr[vector / 32] |= 1u << vector % 32;
}

void vlapic_put_back(struct vcpu *v, uint8_t vector)
{
	v->lapic.isr[vector / 32] &= ~(1u << vector % 32);
	v->lapic.irr[vector / 32] |= 1u << vector % 32;
}

/* What is pending already has woken it, or cannot. */
void vlapic_interrupt(struct vcpu *v, uint8_t vector)
{
	uint32_t *irr = &v->lapic.irr[vector / 32], bit = 1u << vector % 32;

	if (*irr & bit)
		return;
	*irr |= bit;
	vcpu_wake(v);
}

static void eoi(struct vcpu *v)
{
	int vector = highest(v->lapic.isr);

	if (vector < 0)
		return;
	v->lapic.isr[vector / 32] &= ~(1u << vector % 32);
	device_irq_eoi(v, (uint8_t)vector);
}

static uint32_t logical_id(const struct vlapic *l)
{
	return x2(l) ? (l->id >> 4) << 16 | 1u << (l->id & 15) : l->ldr;
}

static bool addressed(const struct vcpu *v, const struct vcpu *from, uint32_t low, uint32_t dest)
{
	const struct vlapic *l = &v->lapic;

	switch (low >> 18 & 3) {
	case 1:
		return v == from;
	case 2:
		return true;
	case 3:
		return v != from;
	}
	if (dest == (x2(&from->lapic) ? UINT32_MAX : 0xff))
		return true;
	if (!(low & 0x800))
		return l->id == dest;
	if (!x2(l))
		return l->dfr >> 28 == 15 ? (l->ldr >> 24 & dest) != 0
					  : l->ldr >> 28 == dest >> 4 && (l->ldr >> 24 & dest & 15);
	return logical_id(l) >> 16 == dest >> 16 && (logical_id(l) & dest & 0xffff);
}

/* dom0's interrupts are in service at the machine as well, and end there when it ends them: it finds them as they are. */
static void init(struct vcpu *v)
{
	struct vlapic *l = &v->lapic;

	vcpu_stop(v);
	v->nmi = false;
	reset(v);
	if (!v->domain->privileged) {
		memset(l->irr, 0, sizeof(l->irr));
		memset(l->isr, 0, sizeof(l->isr));
	}
	l->wait_sipi = true;
	v->initialised = false;
}

static void start(struct vcpu *v, uint8_t page)
{
	if (!v->lapic.wait_sipi)
		return;
	v->lapic.wait_sipi = false;
	virt_start_real(v, page);
	vcpu_start(v);
}

/*
 * The error status register shows it once that is written, as a processor's does, and Xen's from 4.20 on (4.17's shows
 * it at once). Until then the interrupt for errors comes once for each kind.
 */
static void error(struct vcpu *v, uint32_t kind)
{
	struct vlapic *l = &v->lapic;
	uint32_t entry = l->lvt[LVT_ERROR];

	if ((l->errors & kind) == kind)
		return;
	/* One whose own vector is none would be an error again. */
	if (!(entry & LVT_MASKED) && (entry & 0xff) < 16)
		kind |= ESR_RECEIVED_VECTOR;
	l->errors |= kind;
	if (!(entry & LVT_MASKED) && (entry & 0xff) >= 16)
		vlapic_interrupt(v, (uint8_t)entry);
}

static void deliver(struct vcpu *v, unsigned mode, uint8_t vector)
{
	switch (mode) {
	case MODE_FIXED:
	case MODE_LOWEST:
		vlapic_interrupt(v, vector);
		break;
	case MODE_NMI:
		inject_nmi(v);
		break;
	case MODE_INIT:
		/* What it is about to do on another CPU must not come after its end. */
		vcpu_quiesce(v);
		init(v);
		break;
	case MODE_STARTUP:
		start(v, vector);
		break;
	default:
		domain_note(v->domain, "v%u: interrupt of mode %u is not known\n", v->id, mode);
		break;
	}
}

static void icr(struct vcpu *v, uint32_t low, uint32_t dest)
{
	unsigned mode = low >> 8 & 7;

	if ((mode == MODE_FIXED || mode == MODE_LOWEST) && (low & 0xff) < 16) {
		error(v, ESR_SENT_VECTOR);
		return;
	}
	/* The end of an INIT's level does nothing since the first APICs were gone. */
	if (mode == MODE_INIT && (low & 0x8000) && !(low & 0x4000))
		return;
	for (unsigned i = 0; i < v->domain->nr_vcpus; i++) {
		struct vcpu *to = v->domain->vcpus[i];

		if (!to || !addressed(to, v, low, dest))
			continue;
		deliver(to, mode, (uint8_t)low);
		if (mode == MODE_LOWEST)
			return;
	}
	if (mode == MODE_INIT)
		domain_end_if_down(v->domain);
}

/* Those that are read as they are kept. NULL: it is another, or there is none in that mode. */
static const uint32_t *plain(const struct vlapic *l, unsigned reg)
{
	switch (reg) {
	case REG_TPR:
		return &l->tpr;
	case REG_DFR:
		return x2(l) ? NULL : &l->dfr;
	case REG_SVR:
		return &l->svr;
	case REG_ESR:
		return &l->esr;
	case REG_CMCI:
		return &l->lvt[0];
	case REG_ICR2:
		return x2(l) ? NULL : &l->icr_high;
	case REG_TMICT:
		return &l->count;
	case REG_TDCR:
		return &l->divide;
	}
	if (reg >= REG_ISR && reg < REG_ISR + 8)
		return &l->isr[reg - REG_ISR];
	if (reg >= REG_IRR && reg < REG_IRR + 8)
		return &l->irr[reg - REG_IRR];
	return reg >= REG_LVT && reg <= REG_LVT_LAST ? &l->lvt[reg - REG_LVT + 1] : NULL;
}

bool vlapic_read(struct vcpu *v, unsigned reg, uint64_t *value)
{
	const struct vlapic *l = &v->lapic;
	const uint32_t *kept = plain(l, reg);

	if (kept)
		*value = *kept;
	else if (reg == REG_ID)
		*value = x2(l) ? l->id : l->id << 24;
	else if (reg == REG_VERSION)
		*value = VERSION;
	else if (reg == REG_TMCCT)
		*value = vlapic_timer_left(v);
	else if (reg == REG_PPR)
		*value = ppr(l);
	else if (reg == REG_LDR)
		*value = logical_id(l);
	else if (reg == REG_ICR)
		*value = l->icr_low | (x2(l) ? (uint64_t)l->icr_high << 32 : 0);
	else if ((reg >= REG_TMR && reg < REG_TMR + 8) || (reg == REG_APR && !x2(l)))
		*value = 0;
	else
		return false;
	return true;
}

/* All are masked while the APIC is off. */
static void lvt(struct vcpu *v, unsigned which, uint32_t value)
{
	value |= v->lapic.svr & SVR_ENABLE ? 0 : LVT_MASKED;
	if (which == LVT_TIMER)
		vlapic_timer_lvt(v, value);
	else
		v->lapic.lvt[which] = value;
}

/* What faults in x2APIC mode alone. */
static bool x2_refuses(unsigned reg, uint64_t value)
{
	switch (reg) {
	case REG_ID:
	case REG_LDR:
	case REG_DFR:
	case REG_ICR2:
		return true;
	case REG_EOI:
	case REG_ESR:
		return value != 0;
	case REG_TPR:
	case REG_SELF:
		return value > 0xff;
	case REG_ICR:
		return false;
	}
	return value > UINT32_MAX;
}

bool vlapic_write(struct vcpu *v, unsigned reg, uint64_t value)
{
	struct vlapic *l = &v->lapic;
	uint32_t low = (uint32_t)value;

	if (x2(l) && x2_refuses(reg, value))
		return false;
	switch (reg) {
	case REG_ID:
		return true;
	case REG_TPR:
		l->tpr = low & 0xff;
		return true;
	case REG_EOI:
		eoi(v);
		return true;
	case REG_LDR:
		l->ldr = low & 0xff000000;
		return true;
	case REG_DFR:
		l->dfr = low | 0x0fffffff;
		return true;
	case REG_SVR:
		l->svr = low & 0x3ff;
		for (unsigned i = 0; !(low & SVR_ENABLE) && i < ARRAY_SIZE(l->lvt); i++)
			lvt(v, i, l->lvt[i]);
		return true;
	case REG_ESR:
		l->esr = l->errors;
		l->errors = 0;
		return true;
	case REG_CMCI:
		lvt(v, 0, low);
		return true;
	case REG_ICR:
		l->icr_low = low & ~0x1000u;
		if (x2(l))
			l->icr_high = (uint32_t)(value >> 32);
		icr(v, low, x2(l) ? l->icr_high : l->icr_high >> 24);
		return true;
	case REG_ICR2:
		l->icr_high = low;
		return true;
	case REG_TMICT:
		vlapic_timer_set(v, low);
		return true;
	case REG_TDCR:
		vlapic_timer_divide(v, low);
		return true;
	case REG_SELF:
		if (!x2(l))
			return false;
		icr(v, SHORT_SELF | (uint8_t)value, 0);
		return true;
	}
	if (reg < REG_LVT || reg > REG_LVT_LAST)
		return false;
	lvt(v, reg - REG_LVT + 1, low);
	return true;
}

bool vlapic_set_base(struct vcpu *v, uint64_t value)
{
	struct vlapic *l = &v->lapic;
	uint64_t mode = value & (APIC_BASE_ON | APIC_BASE_X2);

	/* x2APIC mode is left by way of off alone, and off is never left for it directly. */
	if (mode == APIC_BASE_X2 || (x2(l) && mode == APIC_BASE_ON) ||
	    (!(l->base & APIC_BASE_ON) && mode == (APIC_BASE_ON | APIC_BASE_X2)))
		return false;
	if ((value & ~(uint64_t)(APIC_BASE_ON | APIC_BASE_X2 | APIC_BASE_BSP)) != APIC_BASE_ADDRESS)
		return false;
	l->base = (value & ~(uint64_t)APIC_BASE_BSP) | (l->base & APIC_BASE_BSP);
	if (!(mode & APIC_BASE_ON))
		vlapic_timer_stop(v);
	return true;
}
