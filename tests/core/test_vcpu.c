/* SPDX-License-Identifier: GPL-2.0-or-later
 * vCPUs that are started and stopped by vcpu_op; set_timer_op; the copy of the time that a guest asks for.
 */
#include <string.h>

#include <xen/sched.h>
#include <xen/vcpu.h>

#include "tests/core/call_check.h"

#include "xen-core/cpu/apic.h"
#include "xen-core/domain/sched.h"
#include "xen-core/domain/time.h"

#define TIME 0x3010ul
static struct vcpu *second;

static int setup(void **state)
{
	int rc = call_setup(state);

	second = rc ? NULL : guest->domain->vcpus[1];
	return rc;
}

static int64_t vcpu_op(unsigned op, unsigned id, uint64_t arg)
{
	return host_call(guest, __HYPERVISOR_vcpu_op, op, id, arg);
}

static void test_up_and_down(void **state)
{
	assert_int_equal(vcpu_op(VCPUOP_is_up, 1, 0), 1);
	assert_int_equal(vcpu_op(VCPUOP_up, 1, 0), 0);
	assert_int_equal(vcpu_op(VCPUOP_down, 1, 0), 0);
	assert_int_equal(vcpu_op(VCPUOP_is_up, 1, 0), 0);
	assert_int_equal(vcpu_op(VCPUOP_down, 1, 0), 0);
	assert_int_equal(vcpu_op(VCPUOP_up, 1, 0), 0);
	assert_int_equal(second->run, VCPU_RUNNABLE);
	assert_int_equal(vcpu_op(VCPUOP_down, 0, 0), 0);
	assert_int_equal(guest->run, VCPU_DOWN);
	assert_false(guest->domain->shut_down);
	assert_int_equal(vcpu_op(VCPUOP_down, 1, 0), 0);
	assert_true(guest->domain->shut_down);
	assert_int_equal(guest->domain->shutdown_code, SHUTDOWN_poweroff);
	assert_int_equal(vcpu_op(VCPUOP_down, 7, 0), -XEN_ENOENT);
	/* After an INIT, nobody has said where it would go on. */
	second->initialised = false;
	assert_int_equal(vcpu_op(VCPUOP_up, 1, 0), -XEN_EINVAL);
}

static void test_set_timer(void **state)
{
	struct hypercall call = { .nr = __HYPERVISOR_set_timer_op, .arg = { 0x80000000, 0x12 }, .narrow = true };
	const uint64_t now = host_now_ns = 1000 * NS_PER_SEC;

	assert_int_equal(host_call(guest, __HYPERVISOR_set_timer_op, now + 5, 9, 9), 0);
	assert_int_equal(guest->timer_ns, now + 5);
	assert_int_equal(host_call(guest, __HYPERVISOR_set_timer_op, 1, 0, 0), 0);
	assert_int_equal(guest->timer_ns, 1);
	assert_int_equal(host_call(guest, __HYPERVISOR_set_timer_op, 0, 0, 0), 0);
	assert_int_equal(guest->timer_ns, 0);
	assert_int_equal(host_call(guest, __HYPERVISOR_set_timer_op, now + (UINT64_C(1) << 50) - 1, 0, 0), 0);
	assert_int_equal(guest->timer_ns, now + (UINT64_C(1) << 50) - 1);
	/* Where a clock has wrapped around. */
	assert_int_equal(host_call(guest, __HYPERVISOR_set_timer_op, now + (UINT64_C(1) << 50), 0, 0), 0);
	assert_int_equal(guest->timer_ns, now + NS_PER_SEC / 10);
	guest->timer_ns = 0;
	assert_int_equal(host_call(guest, __HYPERVISOR_set_timer_op, (uint64_t)-5, 0, 0), 0);
	assert_int_equal(guest->timer_ns, now + NS_PER_SEC / 10);
	/* 32 bits have two halves. */
	assert_int_equal(hypercall(guest, &call), 0);
	assert_int_equal(guest->timer_ns, UINT64_C(0x1280000000));
}

static struct vcpu_time_info copied(void)
{
	struct vcpu_time_info t;

	GET(guest, TIME, &t);
	assert_false(t.version & 1);
	return t;
}

static void test_time_area(void **state)
{
	struct vcpu_register_time_memory_area area = { .addr.p = TIME };
	struct vcpu_time_info was, is;

	time_update(guest);
	time_update(second);
	PUT(guest, ARG, area);
	assert_int_equal(vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, ARG), 0);
	was = copied();
	assert_memory_equal(&was.tsc_timestamp, &guest->info->time.tsc_timestamp, sizeof(was) - offsetof(struct vcpu_time_info, tsc_timestamp));
	assert_true(was.tsc_to_system_mul);
	assert_int_equal(was.flags, XEN_PVCLOCK_TSC_STABLE_BIT);
	/* Once one's TSC is its own, none is good for all any more. */
	second->tsc_offset = 1000;
	time_tsc_written(second);
	assert_int_equal(second->info->time.tsc_timestamp, 1000);
	assert_int_equal(second->info->time.flags, 0);
	assert_int_equal(guest->info->time.flags, 0);
	assert_int_equal(copied().flags, XEN_PVCLOCK_TSC_STABLE_BIT);
	time_copy(guest);
	is = copied();
	assert_int_equal(is.flags, 0);
	assert_true(is.version != was.version);
	/* Nothing is written without need, nor where nothing is. */
	PUT(guest, TIME, was);
	time_copy(guest);
	is = copied();
	assert_memory_equal(&is, &was, sizeof(is));
	area.addr.p = 0x5000000;
	PUT(guest, ARG, area);
	assert_int_equal(vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, ARG), 0);
	assert_true(guest->time_due);
	area.addr.p = 0;
	PUT(guest, ARG, area);
	assert_int_equal(vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, ARG), 0);
	time_copy(guest);
	is = copied();
	assert_memory_equal(&is, &was, sizeof(is));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_up_and_down, setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_set_timer, setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_time_area, setup, call_teardown),
	};

	return cmocka_run_group_tests_name("core vcpu", tests, NULL, NULL);
}
