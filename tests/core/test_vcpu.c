/* SPDX-License-Identifier: GPL-2.0-or-later
 * vCPUs that are started and stopped by vcpu_op, with what registers; set_timer_op; the copy of the time that a guest asks for.
 */
#include <string.h>

#include <xen/hvm/hvm_vcpu.h>
#include <xen/hvm/save.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#include "tests/core/call_check.h"

#include "xen-core/cpu/apic.h"
#include "xen-core/domain/sched.h"
#include "xen-core/domain/time.h"

#define TIME 0x3010ul
#define MODE_64 { .mode = VCPU_HVM_MODE_64B, .cpu_regs.x86_64 = { .rax = 1, .rsp = 0x9000, .rip = 0xffffffff81000000, .rflags = 2, \
		  .cr0 = 0x80000001, .cr3 = 0x5000, .cr4 = 0x20, .efer = 0x100 } }
#define MODE_32 { .mode = VCPU_HVM_MODE_32B, .cpu_regs.x86_32 = { .ebx = 3, .eip = 0x100000, .eflags = 2, .cr0 = 1, .cs_limit = UINT32_MAX, \
		  .ds_limit = UINT32_MAX, .ss_limit = UINT32_MAX, .es_limit = UINT32_MAX, .tr_limit = 0x67, .cs_ar = 0xc9a, .ds_ar = 0xc92, \
		  .ss_ar = 0xc92, .es_ar = 0, .tr_ar = 0x89 } }

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

static int64_t initialise(struct vcpu_hvm_context c)
{
	PUT(guest, ARG, c);
	return vcpu_op(VCPUOP_initialise, 1, ARG);
}

/* As after an INIT. */
static void reset(void)
{
	second->run = VCPU_DOWN;
	second->initialised = false;
	second->lapic.wait_sipi = true;
}

static void test_up_and_down(void **state)
{
	assert_int_equal(vcpu_op(VCPUOP_is_up, 1, 0), 1);
	assert_int_equal(vcpu_op(VCPUOP_up, 1, 0), 0);
	assert_int_equal(vcpu_op(VCPUOP_down, 1, 0), 0);
	assert_int_equal(vcpu_op(VCPUOP_is_up, 1, 0), 0);
	assert_int_equal(vcpu_op(VCPUOP_down, 1, 0), 0);
	/* It has registers still. */
	assert_int_equal(initialise((struct vcpu_hvm_context)MODE_64), -XEN_EEXIST);
	assert_int_equal(vcpu_op(VCPUOP_up, 1, 0), 0);
	assert_int_equal(second->run, VCPU_RUNNABLE);
	assert_int_equal(vcpu_op(VCPUOP_down, 0, 0), 0);
	assert_int_equal(guest->run, VCPU_DOWN);
	assert_false(guest->domain->shut_down);
	assert_int_equal(vcpu_op(VCPUOP_down, 1, 0), 0);
	assert_true(guest->domain->shut_down);
	assert_int_equal(guest->domain->shutdown_code, SHUTDOWN_poweroff);
	assert_int_equal(vcpu_op(VCPUOP_down, 7, 0), -XEN_ENOENT);
}

static void test_initialise(void **state)
{
	struct vcpu_hvm_context c = MODE_64;

	reset();
	assert_int_equal(vcpu_op(VCPUOP_up, 1, 0), -XEN_EINVAL);
	guest->tsc_offset = 77;
	assert_int_equal(initialise(c), 0);
	assert_int_equal(second->run, VCPU_DOWN);
	assert_int_equal(second->tsc_offset, 77);
	assert_false(second->lapic.wait_sipi);
	assert_int_equal(host_context.rip, 0xffffffff81000000);
	assert_int_equal(host_context.rax, 1);
	assert_int_equal(host_context.rsp, 0x9000);
	assert_int_equal(host_context.msr_efer, 0x500);
	assert_int_equal(host_context.cr3, 0x5000);
	assert_int_equal(host_context.cs_arbytes, 0xa9b);
	assert_int_equal(host_context.ss_arbytes, 0xc93);
	assert_int_equal(host_context.tr_arbytes, 0x8b);
	assert_int_equal(initialise(c), -XEN_EEXIST);
	assert_int_equal(vcpu_op(VCPUOP_up, 1, 0), 0);
	assert_int_equal(second->run, VCPU_RUNNABLE);
	reset();
	assert_int_equal(initialise((struct vcpu_hvm_context)MODE_32), 0);
	assert_int_equal(host_context.rip, 0x100000);
	assert_int_equal(host_context.rbx, 3);
	assert_int_equal(host_context.cs_arbytes, 0xc9b);
	assert_int_equal(host_context.ds_arbytes, 0xc93);
	assert_int_equal(host_context.es_arbytes, 0);
	assert_int_equal(host_context.tr_arbytes, 0x8b);
	/* One of many whose information has no place. */
	reset();
	second->id = XEN_LEGACY_MAX_VCPUS; /* beyond those of shared_info */
	assert_int_equal(initialise(c), -XEN_EINVAL);
	second->id = 1;
}

#define REFUSED_64(change) \
	do { \
		struct vcpu_hvm_context c = MODE_64; \
		c.change; \
		assert_int_equal(initialise(c), -XEN_EINVAL); \
		assert_false(second->initialised); \
	} while (0)
#define REFUSED_32(change) \
	do { \
		struct vcpu_hvm_context c = MODE_32; \
		c.cpu_regs.x86_32.change; \
		assert_int_equal(initialise(c), -XEN_EINVAL); \
		assert_false(second->initialised); \
	} while (0)

static void test_refused(void **state)
{
	reset();
	REFUSED_64(mode = 2);
	REFUSED_64(pad = 1);
	REFUSED_64(cpu_regs.x86_64.rip = UINT64_C(1) << 47);
	REFUSED_64(cpu_regs.x86_64.cr0 = 1);
	REFUSED_64(cpu_regs.x86_64.cr4 = 0);
	REFUSED_64(cpu_regs.x86_64.efer = 0);
	/* What the processor would not run with. */
	REFUSED_64(cpu_regs.x86_64.cr0 = 0x80000000);
	REFUSED_32(pad1 = 1);
	REFUSED_32(pad2[2] = 1);
	REFUSED_32(cs_ar = 0);
	REFUSED_32(cs_ar = 0xc92);
	REFUSED_32(cs_ar = 0x1c9a);
	REFUSED_32(cs_ar = 0xc8a);
	REFUSED_32(cs_ar = 0xc1a);
	REFUSED_32(ss_ar = 0);
	REFUSED_32(ss_ar = 0xc90);
	REFUSED_32(ss_ar = 0xcf2);
	REFUSED_32(ds_ar = 0xc98);
	REFUSED_32(ds_ar = 0xcf2);
	REFUSED_32(es_ar = 0xc12);
	REFUSED_32(tr_ar = 0);
	REFUSED_32(tr_ar = 0x99);
	REFUSED_32(tr_ar = 0x81);
	REFUSED_32(efer = 0x400);
	REFUSED_32(cs_limit = 0xff);
	REFUSED_32(cs_ar = 0x49a; c.cpu_regs.x86_32.cs_limit = 0xfffff);
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
	assert_memory_equal(&was.tsc_timestamp, &guest->info->time.tsc_timestamp,
			    sizeof(was) - offsetof(struct vcpu_time_info, tsc_timestamp));
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
		cmocka_unit_test_setup_teardown(test_initialise, setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_set_timer, setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_time_area, setup, call_teardown),
	};

	return cmocka_run_group_tests_name("core vcpu", tests, NULL, NULL);
}
