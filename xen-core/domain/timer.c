/* SPDX-License-Identifier: GPL-2.0-or-later
 * The timers of a vCPU: Xen's two (xen/vcpu.h), that of its APIC, and the end of a poll. The CPU that it is bound to
 * looks after them.
 */
#include "xen-core/domain/timer.h"

#include "xen-core/cpu/apic.h"
#include "xen-core/domain/domain.h"
#include "xen-core/domain/sched.h"
#include "xen-core/domain/vlapic.h"

void timer_set(struct vcpu *v, uint64_t at_ns)
{
	v->timer_ns = at_ns;
	sched_look(v->cpu);
}

void timer_set_periodic(struct vcpu *v, uint64_t period_ns)
{
	v->periodic_ns = period_ns;
	v->periodic_at_ns = period_ns ? time_now_ns() + period_ns : 0;
	vcpu_look(v);
}

uint64_t timer_first(uint64_t a, uint64_t b)
{
	return !a ? b : !b ? a : MIN(a, b);
}

static bool due(uint64_t at, uint64_t now)
{
	return at && at <= now;
}

uint64_t timers_look(struct vcpu *v, uint64_t now)
{
	uint64_t next;

	if (due(v->timer_ns, now)) {
		v->timer_ns = 0;
		event_virq(v, VIRQ_TIMER);
	}
	if (v->run == VCPU_BLOCKED && v->polling && due(v->poll_end_ns, now))
		vcpu_wake(v);
	vlapic_timer_look(v, now);
	/* It wakes nobody, as in Xen: one that waits hears of it when it goes on. */
	if (v->run == VCPU_RUNNABLE && due(v->periodic_at_ns, now)) {
		v->periodic_at_ns = now + v->periodic_ns;
		event_virq(v, VIRQ_TIMER);
	}
	next = timer_first(v->timer_ns, vlapic_timer_news(v));
	if (v->run == VCPU_BLOCKED && v->polling)
		next = timer_first(next, v->poll_end_ns);
	return v->run == VCPU_RUNNABLE ? timer_first(next, v->periodic_at_ns) : next;
}
