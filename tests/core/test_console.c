/* SPDX-License-Identifier: GPL-2.0-or-later
 * The host's console: the log goes on to it while anything of it is left. Of what is typed dom0 hears in time, also
 * where its CPU sleeps, and is let alone if it does not read.
 */
#include "tests/core/sched_check.h"

#include "xen-core/domain/console.h"
#include "xen-core/domain/sched.h"

static uint32_t port;

/* dom0, asleep, which wants to hear of the console. */
static struct vcpu *sleeper(void)
{
	struct vcpu *v = one(1, 256);

	dom0 = v->domain;
	dom0->privileged = true;
	dom0->callback_vector = 0x40;
	assert_int_equal(event_bind_virq(dom0, VIRQ_CONSOLE, 0, &port), 0);
	dom0->shared->evtchn_mask[0] = 0;
	vcpu_block(v);
	return v;
}

static void heard(struct vcpu *v)
{
	dom0->shared->evtchn_pending[0] = 0;
	v->info->evtchn_pending_sel = 0;
	v->info->evtchn_upcall_pending = 0;
	vcpu_block(v);
}

/* How often dom0 is told in that time; it does not read. */
static unsigned told(struct vcpu *v, uint64_t ns)
{
	uint64_t end = host_now_ns + ns;
	unsigned n = 0;

	while (host_now_ns < end) {
		sched_once();
		if (!event_pending(dom0, port))
			continue;
		n++;
		heard(v);
	}
	return n;
}

static void test_typed(void **state)
{
	struct vcpu *v = sleeper();

	host_typed = "";
	assert_int_equal(told(v, 1000 * MS), 0);
	assert_int_equal(v->run, VCPU_BLOCKED);
	host_typed = "ab";
	run_for(SLICE + 1 * MS);
	assert_true(event_pending(dom0, port));
	assert_int_equal(v->run, VCPU_RUNNABLE);
	/* Once is enough, whatever else comes before it reads. */
	heard(v);
	cpu_this()->resched = false;
	assert_int_equal(console_typed(), 'a');
	assert_true(cpu_this()->resched);
	assert_int_equal(console_typed(), 'b');
	assert_int_equal(console_typed(), -1);
	assert_int_equal(told(v, 1000 * MS), 0);
}

/* Right behind what was read, the UART's 16 characters may be full within 1.4 ms. */
static void test_pasted(void **state)
{
	struct vcpu *v = sleeper();

	host_typed = "a";
	run_for(SLICE + 1 * MS);
	heard(v);
	assert_int_equal(console_typed(), 'a');
	for (unsigned i = 0; i < 50; i++) {
		uint64_t start;

		run_for(1 * MS);
		assert_false(event_pending(dom0, port));
		start = host_now_ns;
		host_typed = "b";
		while (!event_pending(dom0, port))
			sched_once();
		assert_true(host_now_ns - start <= 1 * MS);
		heard(v);
		assert_int_equal(console_typed(), 'b');
	}
}

static void test_unread(void **state)
{
	struct vcpu *v = sleeper();
	unsigned n;

	host_typed = "a";
	n = told(v, 1000 * MS);
	assert_true(n >= 1 && n <= 10);
	n = told(v, 10000 * MS);
	assert_true(n >= 9 && n <= 11);
	/* Once it reads, all is as before. */
	assert_int_equal(console_typed(), 'a');
	host_typed = "b";
	run_for(SLICE + 1 * MS);
	assert_true(event_pending(dom0, port));
}

/* A CPU that sleeps wakes up each millisecond for as long as there is more to print, and not a moment longer. */
static void test_printed(void **state)
{
	struct vcpu *v = sleeper();
	uint64_t start;

	host_typed = "";
	run_for(100 * MS);
	assert_int_equal(v->run, VCPU_BLOCKED);
	host_log_left = 20;
	run_for(SLICE + 1 * MS);
	start = host_now_ns;
	while (host_log_left)
		sched_once();
	assert_true(host_now_ns - start <= 20 * MS);
	sched_once();
	start = host_now_ns;
	sched_once();
	assert_true(host_now_ns - start > 5 * MS);
}

/* Nobody looks, and no CPU wakes up for it. */
static void test_no_uart(void **state)
{
	struct vcpu *v = sleeper();

	assert_null(host_typed);
	assert_int_equal(console_look(host_now_ns), 0);
	dom0 = NULL;
	host_typed = "a";
	assert_true(console_look(host_now_ns) > host_now_ns);
	dom0 = v->domain;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_typed, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_pasted, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_printed, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_unread, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_no_uart, sched_setup, sched_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
