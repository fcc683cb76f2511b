/* SPDX-License-Identifier: GPL-2.0-or-later
 * A vCPU's timers, and NMIs, as its CPU's scheduler sees them: whom they wake, and when. What the one-shot timer does
 * is in test_sched.c.
 */
#include <xen/sched.h>
#include <xen/vcpu.h>

#include "tests/core/sched_check.h"

#include "xen-core/domain/inject.h"
#include "xen-core/domain/sched.h"
#include "xen-core/domain/timer.h"

enum { SVR = 0x0f, LVT = 0x32, TMICT = 0x38, TDCR = 0x3e, VECTOR = 0x41, PER_MS = 100000 };

static void arm(struct vcpu *v, uint32_t lvt, uint32_t count)
{
	assert_true(vlapic_write(v, SVR, 0x1ff));
	assert_true(vlapic_write(v, TDCR, 0xb));
	assert_true(vlapic_write(v, LVT, lvt));
	assert_true(vlapic_write(v, TMICT, count));
}

static void test_apic(void **state)
{
	struct vcpu *v = one(1, 256);
	uint64_t start = host_now_ns;

	cpu_this()->resched = false;
	arm(v, VECTOR, 3 * PER_MS);
	assert_true(cpu_this()->resched);
	sched_once();
	assert_int_equal(host_now_ns, start + 3 * MS);
	assert_int_equal(vlapic_pending(v), -1);
	sched_once();
	assert_int_equal(vlapic_pending(v), VECTOR);
	vlapic_take(v, VECTOR);
	assert_true(vlapic_write(v, 0x0b, 0));
	/* Through a sleep. */
	start = host_now_ns;
	arm(v, VECTOR, 40 * PER_MS);
	vcpu_halt(v);
	while (v->run == VCPU_BLOCKED)
		sched_once();
	assert_int_equal(vlapic_pending(v), VECTOR);
	expect_near(host_now_ns, start + 40 * MS, SLICE);
	assert_true(host_now_ns >= start + 40 * MS);
}

/* One who has been told, and cannot listen, does not make the CPU look up again and again. */
static void test_quiet(void **state)
{
	struct vcpu *v = one(1, 256), *other = one(2, 256);

	arm(v, LVT_PERIODIC | VECTOR, 1);
	domain_pause(v->domain);
	run_for(1 * MS);
	assert_int_equal(vlapic_pending(v), VECTOR);
	for (unsigned i = 0; i < 5; i++) {
		uint64_t before = host_now_ns;

		sched_once();
		assert_ptr_equal(ran, other);
		assert_int_equal(host_now_ns - before, SLICE);
	}
	/* When it runs, it may take it, and has the next at its time. */
	domain_unpause(v->domain);
	domain_pause(other->domain);
	for (unsigned i = 0; i < 5; i++) {
		uint64_t before = host_now_ns;

		sched_once();
		assert_ptr_equal(ran, v);
		assert_true(host_now_ns - before <= MS / 10);
	}
}

/* A vector that is none never rings, nor does the timer of one that is down or at its end: nobody wakes up for it. */
static void test_silent(void **state)
{
	struct vcpu *v = one(1, 256);

	arm(v, LVT_PERIODIC | 15, 1);
	assert_int_equal(v->lapic.timer_ns, 0);
	arm(v, LVT_PERIODIC | VECTOR, 1);
	assert_int_not_equal(v->lapic.timer_ns, 0);
	vcpu_stop(v);
	host_now_ns += 1 * MS;
	sched_once();
	assert_null(ran);
	assert_int_equal(cpu_this()->timer_ns, 0);
	assert_int_equal(vlapic_pending(v), -1);
	vcpu_start(v);
	run_for(1 * MS);
	assert_int_equal(vlapic_pending(v), VECTOR);
	vlapic_take(v, VECTOR);
	assert_true(vlapic_write(v, 0x0b, 0));
	v->domain->shut_down = true;
	host_now_ns += 1 * MS;
	sched_once();
	assert_null(ran);
	assert_int_equal(cpu_this()->timer_ns, 0);
	assert_int_equal(vlapic_pending(v), -1);
	v->domain->shut_down = false;
}

/* A guest cannot interrupt who runs on a CPU where its own waits for its turn; nor again and again who is told already. */
static void test_no_kicks(void **state)
{
	struct vcpu *v = one(1, 256), *other = one(2, 256);
	unsigned kicks;

	v->cpu = other->cpu = 0;
	cpus[0].current = other;
	host_cpu = 1;
	kicks = host_kicks[0];
	vcpu_wake(v);
	inject_nmi(v);
	vlapic_interrupt(v, VECTOR);
	assert_int_equal(host_kicks[0], kicks);
	vcpu_wake(other);
	assert_int_equal(host_kicks[0], kicks + 1);
	vlapic_interrupt(other, VECTOR);
	assert_int_equal(host_kicks[0], kicks + 2);
	vlapic_interrupt(other, VECTOR);
	assert_int_equal(host_kicks[0], kicks + 2);
	/* One that sleeps is woken, once. */
	v->run = VCPU_BLOCKED;
	vcpu_wake(v);
	assert_int_equal(v->run, VCPU_RUNNABLE);
	assert_int_equal(host_kicks[0], kicks + 3);
	vcpu_wake(v);
	assert_int_equal(host_kicks[0], kicks + 3);
	host_cpu = 0;
	cpus[0].current = NULL;
}

/* The same by what a guest does to its other vCPUs: timers, stops and starts. */
static void test_no_kicks_of_own(void **state)
{
	struct vcpu *v = one(1, 256), *other = one(2, 256);
	unsigned kicks;

	cpus[0].current = other;
	host_cpu = 1;
	kicks = host_kicks[0];
	for (unsigned i = 0; i < 10; i++) {
		timer_set_periodic(v, MS);
		vcpu_stop(v);
		vcpu_start(v);
	}
	assert_int_equal(host_kicks[0], kicks);
	assert_int_equal(v->run, VCPU_RUNNABLE);
	/* Its turn comes, without. */
	host_cpu = 0;
	cpus[0].current = NULL;
	v->credit = 0;
	run_for(2 * SLICE);
	assert_true(v->run_ns > 0);
	/* A CPU that sleeps, or has the same domain, is told. */
	host_cpu = 1;
	cpus[0].current = NULL;
	kicks = host_kicks[0];
	vcpu_stop(v);
	vcpu_start(v);
	assert_int_equal(host_kicks[0], kicks + 2);
	cpus[0].current = v;
	timer_set_periodic(v, MS);
	vcpu_stop(v);
	assert_int_equal(host_kicks[0], kicks + 4);
	/* An NMI for one that has halted. */
	cpus[0].current = other;
	v->halted = true;
	inject_nmi(v);
	assert_int_equal(host_kicks[0], kicks + 5);
	host_cpu = 0;
	cpus[0].current = NULL;
}

static void test_moves(void **state)
{
	struct vcpu *v = one(1, 256);

	arm(v, VECTOR, 30 * PER_MS);
	sched_once();
	vcpu_set_affinity(v, BIT(1));
	sched_once();
	assert_int_equal(v->cpu, 1);
	host_now_ns += 50 * MS;
	sched_once();
	assert_int_equal(vlapic_pending(v), -1);
	host_cpu = 1;
	sched_once();
	assert_int_equal(vlapic_pending(v), VECTOR);
	host_cpu = 0;
}

static bool ticked(struct vcpu *v, uint32_t port)
{
	bool was = event_pending(v->domain, port);

	v->domain->shared->evtchn_pending[0] = 0;
	v->info->evtchn_pending_sel = 0;
	v->info->evtchn_upcall_pending = 0;
	return was;
}

static void test_periodic(void **state)
{
	struct vcpu *v = one(1, 256);
	uint32_t port;

	assert_int_equal(event_bind_virq(v->domain, VIRQ_TIMER, 0, &port), 0);
	v->domain->shared->evtchn_mask[0] = 0;
	timer_set_periodic(v, 4 * MS);
	for (unsigned i = 0; i < 10; i++) {
		uint64_t before = host_now_ns;

		sched_once();
		assert_int_equal(host_now_ns - before, 4 * MS);
		assert_false(ticked(v, port));
		timers_look(v, host_now_ns);
		assert_true(ticked(v, port));
	}
	/* One that waits is left alone, and told once when it goes on. */
	vcpu_block(v);
	for (unsigned i = 0; i < 5; i++) {
		host_now_ns += 50 * MS;
		sched_once();
		assert_int_equal(cpu_this()->timer_ns, 0);
	}
	assert_int_equal(v->run, VCPU_BLOCKED);
	assert_false(ticked(v, port));
	vcpu_wake(v);
	timers_look(v, host_now_ns);
	assert_true(ticked(v, port));
	timer_set_periodic(v, 0);
	run_for(50 * MS);
	assert_false(ticked(v, port));
}

static void test_nmi(void **state)
{
	struct domain *d = host_domain(1, 2, 1);
	struct vcpu *v = d->vcpus[0];

	vcpu_block(v);
	inject_nmi(v);
	assert_int_equal(v->run, VCPU_RUNNABLE);
	assert_true(v->nmi);
	/* Nobody sleeps who has one, with interrupts off or not. */
	vcpu_halt(v);
	assert_int_equal(v->run, VCPU_RUNNABLE);
	host_regs(v)->irqs_off = true;
	vcpu_halt(v);
	assert_int_equal(v->run, VCPU_RUNNABLE);
	/* In one, the next is no reason. */
	host_regs(v)->in_nmi = true;
	vcpu_halt(v);
	assert_int_equal(v->run, VCPU_DOWN);
	inject_nmi(v);
	assert_int_equal(v->run, VCPU_DOWN);
	host_regs(v)->in_nmi = false;
	inject_nmi(v);
	assert_int_equal(v->run, VCPU_RUNNABLE);
	/* Two that are halted for good are no end, if one of them hears of it in time. */
	v->nmi = false;
	vcpu_halt(v);
	assert_int_equal(v->run, VCPU_DOWN);
	assert_false(d->shut_down);
	/* One that is down has none, nor keeps it for later. */
	vcpu_stop(v);
	inject_nmi(v);
	assert_int_equal(v->run, VCPU_DOWN);
	assert_false(v->nmi);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_apic, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_quiet, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_silent, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_no_kicks, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_no_kicks_of_own, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_moves, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_periodic, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_nmi, sched_setup, sched_teardown),
	};

	return cmocka_run_group_tests_name("core timer", tests, NULL, NULL);
}
