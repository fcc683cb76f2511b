/* SPDX-License-Identifier: GPL-2.0-or-later
 * The scheduler: each CPU takes the runnable vCPU that has run least for its weight, for a slice at most.
 */
#include "xen-core/domain/sched.h"

#include <xen/sched.h>
#include <xen/vcpu.h>

#include "xen-core/cpu/apic.h"
#include "xen-core/cpu/asm.h"
#include "xen-core/cpu/machine.h"
#include "xen-core/cpu/percpu.h"
#include "xen-core/domain/console.h"
#include "xen-core/domain/core.h"
#include "xen-core/domain/device_irq.h"
#include "xen-core/domain/domain.h"
#include "xen-core/domain/inject.h"
#include "xen-core/domain/pool.h"
#include "xen-core/domain/time.h"
#include "xen-core/domain/timer.h"
#include "xen-core/domain/virt.h"
#include "xen-core/lib/lock.h"
#include "xen-core/mm/limbo.h"

#define WEIGHT_DEFAULT 256
/* How much less than the others one who slept may seem to have had. */
#define HEADSTART_NS	SLICE_NS

static struct vcpu *queues[CPUS_MAX];
static uint64_t virtual_time[CPUS_MAX];	/* how much those that run have had, for their weight */
static struct lock core_lock;

/* Whether the CPU, not this one, may know translations that its guest does not have any more; only those of d, unless NULL. */
static bool stale(unsigned cpu, const struct domain *d)
{
	const struct vcpu *v = cpus[cpu].current;

	return cpu != cpu_number() && v && (!d || v->domain == d) && v->flushes != v->domain->p2m.flushes;
}

void domain_flush(const struct domain *d)
{
	for (unsigned i = 0; i < nr_cpus; i++)
		if (stale(i, d))
			apic_kick_out(i);
}

/* Whoever runs a guest some of whose memory was taken away leaves it once: the call that took it must not end before. */
static void flush_others(void)
{
	static uint64_t seen;

	if (seen == p2m_flushes)
		return;
	seen = p2m_flushes;
	domain_flush(NULL);
}

struct core_hold core_longest;
static uint64_t taken_at;

static void hold_end(void)
{
	const struct vcpu *v = vcpu_this();
	uint64_t ticks = rdtsc() - taken_at;
	unsigned at = v ? (v->trail_at - 1) % ARRAY_SIZE(v->trail) : 0;

	if (ticks > core_longest.ticks)
		core_longest = (struct core_hold){ ticks, v ? v->domain->id : DOMID_IDLE, v ? v->trail[at].what : 0,
						   v ? v->trail[at].detail : 0 };
}

void core_tell_longest(bool anew)
{
	log_print("longest in the hypervisor: %lu us, d%u: exit 0x%x %08x\n",
		  core_longest.ticks * 1000 / (time_tsc_hz() / 1000), core_longest.domain, core_longest.what,
		  core_longest.detail);
	if (anew)
		core_longest.ticks = 0;
}

void core_leave(struct vcpu *v)
{
	flush_others();
	if (v) {
		v->running = true;
		__atomic_store_n(&cpu_this()->in_guest, true, __ATOMIC_SEQ_CST);
	}
	hold_end();
	lock_drop(&core_lock);
}

void core_enter(struct vcpu *v)
{
	if (v)
		__atomic_store_n(&cpu_this()->in_guest, false, __ATOMIC_SEQ_CST);
	lock_take(&core_lock);
	taken_at = rdtsc();
	if (v)
		v->running = false;
	limbo_look();
}

bool core_wanted(void)
{
	return lock_wanted(&core_lock);
}

void sched_add(struct vcpu *v)
{
	v->next = queues[v->cpu];
	queues[v->cpu] = v;
}

void sched_remove(struct vcpu *v)
{
	struct vcpu **at = &queues[v->cpu];

	while (*at && *at != v)
		at = &(*at)->next;
	if (*at)
		*at = v->next;
	if (cpus[v->cpu].current == v)
		cpus[v->cpu].current = NULL;
}

static bool may_run(const struct vcpu *v)
{
	return !capped(v->domain) && v->run == VCPU_RUNNABLE && !v->pause && !v->domain->pause &&
	       !v->domain->shut_down && !v->domain->dying;
}

void vcpu_runstate_set(struct vcpu *v, int state)
{
	uint64_t now = time_now_ns();

	if (v->runstate.state == state)
		return;
	v->runstate.time[v->runstate.state] += now - v->runstate.state_entry_time;
	v->runstate.state_entry_time = now;
	v->runstate.state = state;
}

/* Who slept goes first, but does not get for it what it did not use. */
static void credit_take(struct vcpu *v)
{
	uint64_t now = virtual_time[v->cpu];

	v->credit = MAX(v->credit, now > HEADSTART_NS ? now - HEADSTART_NS : 0);
}

void sched_look(unsigned cpu)
{
	if (cpu == cpu_number())
		cpu_this()->resched = true;
	else
		apic_kick(cpu);
}

void vcpu_look(const struct vcpu *v)
{
	const struct vcpu *has = cpus[v->cpu].current;

	if (!has || has->domain == v->domain)
		sched_look(v->cpu);
}

/* One that waits for its turn is no reason to interrupt who has it: or a guest could do so to others, as often as it likes. */
void vcpu_wake(struct vcpu *v)
{
	bool slept = v->run == VCPU_BLOCKED;

	if (slept) {
		v->run = VCPU_RUNNABLE;
		v->polling = false;
		credit_take(v);
		vcpu_runstate_set(v, RUNSTATE_runnable);
	}
	if (slept || cpus[v->cpu].current == v)
		sched_look(v->cpu);
}

void domain_end_if_down(struct domain *d)
{
	for (unsigned i = 0; i < d->nr_vcpus; i++)
		if (d->vcpus[i] && d->vcpus[i]->run != VCPU_DOWN)
			return;
	domain_shutdown(d, SHUTDOWN_poweroff);
}

/* Halted without interrupts it goes on by an NMI alone. */
static void halt_for_good(struct vcpu *v)
{
	vcpu_stop(v);
	v->halted = true;
	domain_end_if_down(v->domain);
}

void vcpu_halt(struct vcpu *v)
{
	if (virt_irqs_on(v))
		vcpu_block(v);
	else if (!inject_nmi_ready(v))
		halt_for_good(v);
}

void vcpu_block(struct vcpu *v)
{
	if (inject_pending(v))
		return;
	v->run = VCPU_BLOCKED;
	vcpu_runstate_set(v, RUNSTATE_blocked);
	cpu_this()->resched = true;
}

/*
 * Who has halted by itself must have had its turn before. Others can be started and stopped without end, and wait
 * for theirs.
 */
void vcpu_start(struct vcpu *v)
{
	bool slept = v->halted;

	v->run = VCPU_RUNNABLE;
	v->halted = false;
	v->initialised = true;
	credit_take(v);
	vcpu_runstate_set(v, RUNSTATE_runnable);
	if (slept)
		sched_look(v->cpu);
	else
		vcpu_look(v);
}

void vcpu_stop(struct vcpu *v)
{
	v->run = VCPU_DOWN;
	v->halted = false;
	vcpu_runstate_set(v, RUNSTATE_offline);
	vcpu_look(v);
}

void vcpu_yield(struct vcpu *v)
{
	/* Behind all who have had no more than those that run. */
	v->credit = MAX(v->credit, virtual_time[v->cpu] + 1);
	cpu_this()->resched = true;
}

void vcpu_poll(struct vcpu *v, uint32_t port, uint64_t until_ns)
{
	v->run = VCPU_BLOCKED;
	v->polling = true;
	v->poll_port = port;
	v->poll_end_ns = until_ns;
	vcpu_runstate_set(v, RUNSTATE_blocked);
	cpu_this()->resched = true;
}

void vcpu_set_affinity(struct vcpu *v, uint64_t mask)
{
	v->affinity = mask;
	/* Its CPU sends it on its way. */
	sched_look(v->cpu);
}

static void vcpu_switch(struct cpu *cpu, struct vcpu *v)
{
	if (cpu->current == v)
		return;
	if (cpu->current) {
		virt_save(cpu->current);
		if (cpu->current->run == VCPU_RUNNABLE)
			vcpu_runstate_set(cpu->current, RUNSTATE_runnable);
	}
	if (v)
		virt_load(v);
	cpu->current = v;
}

/* The vCPUs that may not run here any more go elsewhere. */
static void evict(struct cpu *cpu)
{
	struct vcpu *v, *next;
	uint64_t mask;

	for (v = queues[cpu->number]; v; v = next) {
		next = v->next;
		mask = pool_vcpu_cpus(v);
		if (mask & BIT(cpu->number))
			continue;
		if (cpu->current == v)
			vcpu_switch(cpu, NULL);
		sched_remove(v);
		v->cpu = pool_nth_cpu(mask, v->domain->id + v->id);
		v->credit = virtual_time[v->cpu];
		sched_add(v);
		apic_kick(v->cpu);
	}
}

static void domain_look(struct domain *d)
{
	for (unsigned i = 0; i < d->nr_vcpus; i++)
		if (d->vcpus[i])
			sched_look(d->vcpus[i]->cpu);
}

void domain_pause(struct domain *d)
{
	d->pause++;
	domain_look(d);
}

void domain_unpause(struct domain *d)
{
	if (d->pause)
		d->pause--;
	domain_look(d);
}

/* Who has the vCPU, out of its guest. */
static void let_in(const struct vcpu *v)
{
	apic_kick(v->cpu);
	core_leave(NULL);
	cpu_relax();
	core_enter(NULL);
}

void sched_quiesce(struct domain *d)
{
	d->pins++;
	for (unsigned i = 0; i < d->nr_vcpus; i++) {
		struct vcpu *v = d->vcpus[i];

		while (v && v->cpu != cpu_number() && cpus[v->cpu].current == v)
			let_in(v);
	}
	d->pins--;
}

void vcpu_quiesce(struct vcpu *v)
{
	v->domain->pins++;
	v->pause++;
	while (v->running)
		let_in(v);
	v->pause--;
	v->domain->pins--;
}

/* Timers that are due fire; returns when the next is, 0: none. Those of who cannot run wait until it can. */
static uint64_t timers(unsigned cpu, uint64_t now)
{
	uint64_t next = cpu ? 0 : console_look(now);

	for (struct vcpu *v = queues[cpu]; v; v = v->next) {
		if (v->run != VCPU_DOWN && !v->domain->shut_down && !v->domain->dying)
			next = timer_first(next, timers_look(v, now));
		if (capped(v->domain))
			next = timer_first(next, v->domain->window_end_ns);
	}
	return next;
}

static struct vcpu *choose(unsigned cpu)
{
	struct vcpu *best = NULL;

	for (struct vcpu *v = queues[cpu]; v; v = v->next)
		if (may_run(v) && (!best || v->credit < best->credit))
			best = v;
	if (best)
		virtual_time[cpu] = MAX(virtual_time[cpu], best->credit);
	return best;
}

/* Until an interrupt; who has nothing else to do clears free memory meanwhile. */
static void sleep_until_next(struct cpu *cpu, uint64_t next)
{
	unsigned seen = cpu->interrupts;

	apic_timer(next);
	core_leave(NULL);
	while (cpu->interrupts == seen && frames_clean())
		irq_let();
	if (cpu->interrupts == seen)
		irq_wait();
	core_enter(NULL);
	device_irq_deliver();
}

/* The chosen one runs until its slice is over or somebody has news. */
static void run(struct cpu *cpu, struct vcpu *v, uint64_t now, uint64_t next)
{
	uint64_t end = now + cap_slice_ns(v->domain), start = now;

	vcpu_runstate_set(v, RUNSTATE_running);
	time_runstate(v);
	time_update(v);
	time_copy(v);
	/* Whatever else of its APIC's is pending, it may take that now. */
	apic_timer(timer_first(timer_first(next, v->lapic.timer_ns), end));
	cpu->resched = false;
	do {
		virt_run(v);
		domains_reap();
	} while (!cpu->resched && may_run(v) && (pool_vcpu_cpus(v) & BIT(cpu->number)));
	now = time_now_ns();
	v->run_ns += now - start;
	cap_count(v->domain, now, now - start);
	v->credit += (now - start) * WEIGHT_DEFAULT / v->domain->weight;
}

void sched_once(void)
{
	struct cpu *cpu = cpu_this();
	uint64_t now = time_now_ns(), next;
	struct vcpu *v;

	domains_reap();
	machine_nmi_tell();
	evict(cpu);
	next = timers(cpu->number, now);
	v = choose(cpu->number);
	cpu->resched = false;
	vcpu_switch(cpu, v);
	if (v)
		run(cpu, v, now, next);
	else
		sleep_until_next(cpu, next);
}

void sched_loop(void)
{
	core_enter(NULL);
	for (;;)
		sched_once();
}
