/* SPDX-License-Identifier: GPL-2.0-or-later
 * The scheduler, turn by turn: who waits, for what, and where; and that no guest runs that must not.
 */
#include <xen/event_channel.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/vcpu.h>

#include "tests/core/sched_check.h"

#include "xen-core/cpu/asm.h"
#include "xen-core/domain/core.h"
#include "xen-core/domain/guest.h"
#include "xen-core/domain/memory.h"
#include "xen-core/domain/sched.h"
#include "xen-core/domain/timer.h"

static void test_poll(void **state)
{
	struct vcpu *v = one(1, 256);
	uint64_t start = host_now_ns;
	uint32_t port, other;

	assert_int_equal(event_bind_ipi(v->domain, 0, &port), 0);
	assert_int_equal(event_bind_ipi(v->domain, 0, &other), 0);
	vcpu_poll(v, 0, start + 7 * MS + 1);
	assert_int_equal(v->runstate.state, RUNSTATE_blocked);
	sched_once();
	assert_null(ran);
	assert_int_equal(host_now_ns, start + 7 * MS + 1);
	sched_once();
	assert_ptr_equal(ran, v);
	assert_false(v->polling);
	/* A time that is past is no reason to wait; none at all is no end. */
	vcpu_poll(v, 0, 1);
	sched_once();
	assert_ptr_equal(ran, v);
	vcpu_poll(v, port, 0);
	for (unsigned i = 0; i < 5; i++) {
		sched_once();
		assert_int_equal(cpu_this()->timer_ns, 0);
	}
	assert_null(ran);
	event_raise(v->domain, other);
	assert_int_equal(v->run, VCPU_BLOCKED);
	event_raise(v->domain, port);
	assert_int_equal(v->run, VCPU_RUNNABLE);
	sched_once();
	assert_ptr_equal(ran, v);
	vcpu_poll(v, 0, 0);
	event_raise(v->domain, other);
	assert_int_equal(v->run, VCPU_RUNNABLE);
}

/* The event comes at its time: to one that sleeps, and to one that works. */
static void test_timer(void **state)
{
	struct vcpu *v = one(1, 256);
	uint64_t start = host_now_ns;
	uint32_t port;

	assert_int_equal(event_bind_virq(v->domain, VIRQ_TIMER, 0, &port), 0);
	v->domain->shared->evtchn_mask[0] = 0;
	v->domain->callback_vector = 0x40;
	timer_set(v, start + 3 * MS);
	sched_once();
	assert_false(event_pending(v->domain, port));
	assert_int_equal(host_now_ns, start + 3 * MS);
	vcpu_block(v);
	sched_once();
	assert_true(event_pending(v->domain, port));
	assert_ptr_equal(ran, v);
	assert_int_equal(v->timer_ns, 0);
	/* With something pending nobody sleeps. */
	vcpu_block(v);
	assert_int_equal(v->run, VCPU_RUNNABLE);
	v->domain->shared->evtchn_pending[0] = 0;
	v->info->evtchn_pending_sel = 0;
	v->info->evtchn_upcall_pending = 0;
	start = host_now_ns;
	timer_set(v, start + 40 * MS);
	vcpu_block(v);
	while (host_now_ns < start + 40 * MS)
		sched_once();
	assert_int_equal(host_now_ns, start + 40 * MS);
	assert_null(ran);
	sched_once();
	assert_ptr_equal(ran, v);
	/* One that was taken back does not come. */
	timer_set(v, host_now_ns + 3 * MS);
	timer_set(v, 0);
	v->domain->shared->evtchn_pending[0] = 0;
	run_for(50 * MS);
	assert_false(event_pending(v->domain, port));
}

static bool runs(struct vcpu *v)
{
	uint64_t had = v->run_ns;

	cpu_this()->resched = false;
	for (unsigned i = 0; i < 4; i++)
		sched_once();
	return v->run_ns != had;
}

static void test_pause(void **state)
{
	struct vcpu *v = one(1, 256);
	struct domain *d = v->domain;

	assert_true(runs(v));
	domain_pause(d);
	assert_true(cpu_this()->resched);
	domain_pause(d);
	assert_false(runs(v));
	domain_unpause(d);
	assert_false(runs(v));
	domain_unpause(d);
	assert_true(cpu_this()->resched);
	assert_true(runs(v));
	domain_unpause(d);
	assert_int_equal(d->pause, 0);
	v->pause = 1;
	assert_false(runs(v));
	v->pause = 0;
	vcpu_stop(v);
	assert_int_equal(v->runstate.state, RUNSTATE_offline);
	assert_false(runs(v));
	/* Nothing wakes one that is down. */
	vcpu_wake(v);
	assert_false(runs(v));
	vcpu_start(v);
	assert_true(runs(v));
	domain_shutdown(d, SHUTDOWN_reboot);
	assert_false(runs(v));
	assert_null(cpu_this()->current);
	assert_false(host_regs(v)->loaded);
}

/* Halted without interrupts: the last one's end is the domain's. */
static void test_halt(void **state)
{
	struct domain *d = host_domain(1, 2, 1);

	vcpu_halt(d->vcpus[0]);
	assert_int_equal(d->vcpus[0]->run, VCPU_BLOCKED);
	host_regs(d->vcpus[0])->irqs_off = true;
	host_regs(d->vcpus[1])->irqs_off = true;
	vcpu_halt(d->vcpus[0]);
	assert_int_equal(d->vcpus[0]->run, VCPU_DOWN);
	assert_false(d->shut_down);
	vcpu_halt(d->vcpus[1]);
	assert_true(d->shut_down);
	assert_int_equal(d->shutdown_code, SHUTDOWN_poweroff);
}

static void test_affinity(void **state)
{
	struct vcpu *v = one(1, 256), *other = one(2, 256);

	run_for(55 * MS);
	while (ran != v)
		sched_once();
	vcpu_set_affinity(v, BIT(0) | BIT(1));
	assert_true(runs(v));
	assert_int_equal(v->cpu, 0);
	while (ran != v)
		sched_once();
	vcpu_set_affinity(v, BIT(1));
	assert_true(cpu_this()->resched);
	sched_once();
	assert_int_equal(v->cpu, 1);
	assert_ptr_equal(ran, other);
	assert_false(host_regs(v)->loaded);
	assert_int_equal(v->runstate.state, RUNSTATE_runnable);
	assert_int_equal(host_kicks[1], 1);
	assert_false(runs(v));
	host_cpu = 1;
	ran = NULL;
	assert_true(runs(v));
	/* From elsewhere: its own CPU is told to send it on. */
	host_cpu = 0;
	vcpu_set_affinity(v, BIT(0));
	assert_int_equal(v->cpu, 1);
	assert_int_equal(host_kicks[1], 2);
	host_cpu = 1;
	ran = NULL;
	sched_once();
	assert_null(ran);
	assert_int_equal(host_kicks[0], 1);
	host_cpu = 0;
	assert_true(runs(v));
}

static struct vcpu *there;
static unsigned tries;

/* The third time it listens. */
static void leave(unsigned cpu)
{
	assert_int_equal(there->domain->pins, 1);
	if (++tries < 3)
		return;
	there->running = false;
	if (cpus[cpu].current == there)
		cpus[cpu].current = NULL;
}

static void test_quiesce(void **state)
{
	struct domain *d = host_domain(1, 2, 1);

	there = d->vcpus[1];
	cpus[1].current = there;
	host_kicked = leave;
	tries = 0;
	sched_quiesce(d);
	assert_int_equal(tries, 3);
	assert_int_equal(d->pins, 0);
	sched_quiesce(d);
	assert_int_equal(tries, 3);
	/* Its own CPU need not be waited for. */
	cpus[0].current = d->vcpus[0];
	sched_quiesce(d);
	assert_int_equal(tries, 3);
	tries = 0;
	there->running = true;
	vcpu_quiesce(there);
	assert_int_equal(tries, 3);
	assert_int_equal(there->pause + d->pins, 0);
	cpus[0].current = NULL;
}

/* A call that takes memory away does not end while another CPU may know of it; who runs another domain is let alone. */
static void test_flush(void **state)
{
	struct domain *d = host_domain(1, 2, 4), *other = host_domain(2, 2, 4);
	struct vcpu *v = d->vcpus[1];

	cpus[1].current = v;
	cpus[1].in_guest = true;
	memset(host_kicks, 0, sizeof(host_kicks));
	core_leave(NULL);
	core_enter(NULL);
	assert_int_equal(host_kicks[1], 0);
	assert_int_equal(memory_release(other, GFN(1), 0), 0);
	core_leave(NULL);
	core_enter(NULL);
	assert_int_equal(host_kicks[1], 0);
	assert_int_equal(memory_release(d, GFN(1), 0), 0);
	assert_int_equal(memory_release(d, GFN(2), 0), 0);
	core_leave(NULL);
	core_enter(NULL);
	assert_int_equal(host_kicks[1], 1);
	assert_false(cpus[1].in_guest);
	/* It comes back, and knows. */
	v->flushes = d->p2m.flushes;
	cpus[1].in_guest = true;
	core_leave(NULL);
	core_enter(NULL);
	assert_int_equal(memory_populate(d, GFN(1), 0), 0);
	core_leave(NULL);
	core_enter(NULL);
	assert_int_equal(host_kicks[1], 1);
	cpus[1].in_guest = false;
	cpus[1].current = NULL;
}

/* All of the time is told, and as what it was. */
static void test_runstate(void **state)
{
	struct vcpu *v = one(1, 256);
	uint64_t start = host_now_ns, *had = v->runstate.time;

	one(2, 256);
	run_for(1000 * MS);
	vcpu_poll(v, 0, host_now_ns + 500 * MS);
	run_for(600 * MS);
	vcpu_stop(v);
	run_for(200 * MS);
	vcpu_start(v);
	assert_int_equal(had[RUNSTATE_blocked], 500 * MS);
	expect_near(had[RUNSTATE_offline], 200 * MS, SLICE);
	assert_int_equal(had[RUNSTATE_running], v->run_ns);
	assert_int_equal(had[0] + had[1] + had[2] + had[3], v->runstate.state_entry_time - start);
}

/* Who has nothing else to do clears memory. */
static void test_idle(void **state)
{
	while (frames_dirty())
		sched_once();
	assert_null(ran);
	assert_int_equal(cpu_this()->timer_ns, 0);
}

#define MANY 6

/* No vCPU of this CPU could have run. */
static void doze_alone(void)
{
	for (const struct domain *d = domain_list; d; d = d->next) {
		const struct vcpu *v = d->vcpus[0];

		assert_false(v->cpu == host_cpu && v->run == VCPU_RUNNABLE && !d->pause && !d->cap);
	}
	doze();
}

static void disturb(struct vcpu *v)
{
	switch (chance_below(8)) {
	case 0:
		vcpu_block(v);
		break;
	case 1: case 2:
		vcpu_wake(v);
		break;
	case 3:
		vcpu_poll(v, 0, chance_below(2) ? host_now_ns + chance_below(30 * MS) : 0);
		break;
	case 4:
		vcpu_set_affinity(v, 1 + chance_below(3));
		break;
	case 5:
		domain_unpause(v->domain);
		break;
	case 6:
		if (!chance_below(4))
			domain_pause(v->domain);
		break;
	default:
		domain_set_cap(v->domain, chance_below(3) ? 0 : (uint16_t)(1 + chance_below(100)));
	}
}

/* Whatever happens, no guest runs that must not (busy looks), and no CPU sleeps while one could. */
static void test_chance(void **state)
{
	struct vcpu *v[MANY];

	host_sleep = doze_alone;
	chance_seed(11);
	print_message("seed 11\n");
	for (unsigned i = 0; i < MANY; i++) {
		v[i] = host_domain((uint16_t)(i + 1), 1, 1)->vcpus[0];
		v[i]->domain->weight = (uint16_t)(1 + chance_below(2000));
	}
	for (unsigned i = 0; i < 100000; i++) {
		host_cpu = (unsigned)chance_below(2);
		exit_ns = chance_below(4) ? 0 : MS;
		ran = NULL;
		sched_once();
		if (chance_below(2))
			disturb(v[chance_below(MANY)]);
	}
	for (unsigned i = 0; i < MANY; i++)
		assert_true(v[i]->run_ns > 0);
}

/*
 * What keeps the other CPUs out for longest is known, with the domain and the exit; and measured anew when that is
 * asked for.
 */
static void test_longest(void **state)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_debug_keys, .interface_version = XEN_SYSCTL_INTERFACE_VERSION,
				 .u.debug_keys = { { .p = (void *)0x100 }, 1 } };
	const uint64_t ticks = 3000000;
	struct vcpu *v = one(1, 256);
	uint64_t start;

	core_leave(NULL);
	core_enter(NULL);
	/* This machine may have stopped the test for longer before. */
	core_longest.ticks = 0;
	v->domain->privileged = true;
	host_as(v);
	vcpu_trail(v, 0x81, 0x230007, 0x1000);
	for (start = rdtsc(); rdtsc() - start < ticks;)
		;
	core_leave(NULL);
	core_enter(NULL);
	assert_true(core_longest.ticks >= ticks);
	assert_int_equal(core_longest.domain, 1);
	assert_int_equal(core_longest.what, 0x81);
	assert_int_equal(core_longest.detail, 0x230007);
	/* A key that is not known changes nothing, and is no error. */
	assert_true(guest_write(v, 0x100, "hL", 2));
	assert_true(guest_write_struct(v, 0x800, &op));
	assert_int_equal(host_call(v, __HYPERVISOR_sysctl, 0x800, 0, 0), 0);
	assert_true(core_longest.ticks >= ticks);
	op.u.debug_keys.nr_keys = 2;
	assert_true(guest_write_struct(v, 0x800, &op));
	assert_int_equal(host_call(v, __HYPERVISOR_sysctl, 0x800, 0, 0), 0);
	assert_int_equal(core_longest.ticks, 0);
	cpus[0].current = NULL;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_poll, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_longest, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_timer, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_pause, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_halt, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_affinity, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_quiesce, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_flush, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_runstate, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_idle, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_chance, sched_setup, sched_teardown),
	};

	return cmocka_run_group_tests_name("core sched", tests, NULL, NULL);
}
