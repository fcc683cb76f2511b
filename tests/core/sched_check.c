/* SPDX-License-Identifier: GPL-2.0-or-later
 * Guests that work, and CPUs that sleep, in time that is a number.
 */
#include "tests/core/sched_check.h"

#include <xen/vcpu.h>

#include "xen-core/domain/pool.h"
#include "xen-core/domain/sched.h"

struct vcpu *ran;
uint64_t longest, slept, exit_ns;
static uint64_t stretch;		/* how long the one that ran has run at once */

void busy(struct vcpu *v)
{
	struct cpu *cpu = cpu_this();
	uint64_t end = cpu->timer_ns;

	assert_int_equal(v->cpu, host_cpu);
	assert_ptr_equal(cpu->current, v);
	assert_int_equal(v->run, VCPU_RUNNABLE);
	assert_true(pool_vcpu_cpus(v) & BIT(host_cpu));
	assert_false(v->pause || v->domain->pause || v->domain->shut_down || v->domain->dying);
	assert_int_equal(v->runstate.state, RUNSTATE_running);
	assert_true(end > host_now_ns && end <= host_now_ns + SLICE);
	if (exit_ns && host_now_ns + exit_ns < end)
		end = host_now_ns + exit_ns;
	stretch = (ran == v ? stretch : 0) + end - host_now_ns;
	longest = MAX(longest, stretch);
	host_now_ns = end;
	ran = v;
	if (end != cpu->timer_ns)
		return;
	cpu->timer_ns = 0;
	cpu->resched = true;
}

void doze(void)
{
	struct cpu *cpu = cpu_this();

	ran = NULL;
	assert_null(cpu->current);
	if (!cpu->timer_ns)
		return;
	assert_true(cpu->timer_ns > host_now_ns);
	slept += cpu->timer_ns - host_now_ns;
	host_now_ns = cpu->timer_ns;
}

int sched_setup(void **state)
{
	host_init(1024, 2);
	host_guest = busy;
	host_sleep = doze;
	ran = NULL;
	stretch = longest = slept = exit_ns = 0;
	return 0;
}

int sched_teardown(void **state)
{
	return host_clear() ? 0 : -1;
}

void run_for(uint64_t ns)
{
	for (uint64_t end = host_now_ns + ns; host_now_ns < end;)
		sched_once();
}

struct vcpu *one(uint16_t id, uint16_t weight)
{
	struct domain *d = host_domain(id, 1, 1);

	d->weight = weight;
	return d->vcpus[0];
}

void expect_near(uint64_t is, uint64_t wanted, uint64_t off)
{
	if (is + off < wanted || is > wanted + off)
		fail_msg("%lu is not near %lu", is, wanted);
}
