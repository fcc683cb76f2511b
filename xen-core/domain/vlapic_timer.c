/* SPDX-License-Identifier: GPL-2.0-or-later
 * The timer of a vCPU's local APIC (AMD64 APM 2, 16.4.1). It counts system time by the clock that Xen's has, so that a
 * guest finds the same on both; nothing happens at a tick but at the last.
 */
#include "xen-core/domain/vlapic.h"

#include "xen-core/cpu/apic.h"
#include "xen-core/domain/domain.h"
#include "xen-core/domain/sched.h"

#define CYCLE_NS	10	/* 100 MHz */
/* No shorter period: it would be the host's work more than the guest's. */
#define PERIOD_LEAST_NS	100000
#define LVT_BITS	(LVT_MASKED | LVT_PERIODIC | 0xff)

/* Bits 0, 1 and 3 of the divider: by 2, 4 and so on to 128, then by 1. */
static uint64_t count_ns(const struct vlapic *l)
{
	return (uint64_t)CYCLE_NS << ((((l->divide & 3) | (l->divide & 8) >> 1) + 1) & 7);
}

static bool periodic(const struct vlapic *l)
{
	return l->lvt[LVT_TIMER] & LVT_PERIODIC;
}

uint32_t vlapic_timer_left(const struct vcpu *v)
{
	const struct vlapic *l = &v->lapic;
	uint64_t passed;

	if (!l->counting)
		return 0;
	passed = (time_now_ns() - l->start_ns) / count_ns(l);
	if (periodic(l))
		return l->count - (uint32_t)(passed % l->count);
	return passed < l->count ? l->count - (uint32_t)passed : 0;
}

/* Whether its end is an interrupt: the first 16 vectors are none. */
static bool rings(const struct vlapic *l)
{
	return !(l->lvt[LVT_TIMER] & LVT_MASKED) && (l->lvt[LVT_TIMER] & 0xff) >= 16;
}

/* So much of the count is left. Nobody waits for the end of what does not ring. */
static void go_on(struct vcpu *v, uint32_t left)
{
	struct vlapic *l = &v->lapic;
	uint64_t now = time_now_ns();

	l->counting = left;
	l->start_ns = now - (l->count - left) * count_ns(l);
	l->timer_ns = left && rings(l) ? now + left * count_ns(l) : 0;
	sched_look(v->cpu);
}

void vlapic_timer_set(struct vcpu *v, uint32_t count)
{
	v->lapic.count = count;
	go_on(v, count);
}

void vlapic_timer_divide(struct vcpu *v, uint32_t value)
{
	uint32_t left = vlapic_timer_left(v);

	v->lapic.divide = value & 0xb;
	go_on(v, left);
}

void vlapic_timer_lvt(struct vcpu *v, uint32_t value)
{
	uint32_t left = vlapic_timer_left(v);

	v->lapic.lvt[LVT_TIMER] = value & LVT_BITS;
	go_on(v, left);
}

void vlapic_timer_stop(struct vcpu *v)
{
	v->lapic.count = 0;
	v->lapic.counting = false;
	v->lapic.timer_ns = 0;
}

/* What was missed is one interrupt, as pending ones of the same vector are. */
void vlapic_timer_look(struct vcpu *v, uint64_t now)
{
	struct vlapic *l = &v->lapic;
	uint64_t step = MAX(l->count * count_ns(l), (uint64_t)PERIOD_LEAST_NS);

	if (!l->timer_ns || l->timer_ns > now)
		return;
	l->timer_ns = periodic(l) ? l->timer_ns + ((now - l->timer_ns) / step + 1) * step : 0;
	vlapic_interrupt(v, (uint8_t)l->lvt[LVT_TIMER]);
}

uint64_t vlapic_timer_news(const struct vcpu *v)
{
	const struct vlapic *l = &v->lapic;
	uint8_t vector = (uint8_t)l->lvt[LVT_TIMER];

	return l->irr[vector / 32] & 1u << vector % 32 ? 0 : l->timer_ns;
}
