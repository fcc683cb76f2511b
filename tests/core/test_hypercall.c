/* SPDX-License-Identifier: GPL-2.0-or-later
 * What hypercalls make of arguments that are wrong: each is refused as Xen refuses it, and nothing has changed.
 */
#include <string.h>

#include <xen/domctl.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#include "tests/core/call_check.h"

#include "xen-core/cpu/apic.h"
#include "xen-core/cpu/asm.h"
#include "xen-core/domain/memory.h"
#include "xen-core/domain/sched.h"
#include "xen-core/hypercall/hypercall.h"

#define NOWHERE 0x5000000ul
#define LAST (CALL_RAM * PAGE_SIZE)	/* behind the domain's memory */
#define READ_ONLY 0x7000ul

static void test_numbers(void **state)
{
	static const uint8_t known[] = { 7, 12, 13, 15, 17, 18, 20, 21, 24, 29, 32, 33, 34, 35, 36 };

	for (uint64_t nr = 0; nr < 100; nr++) {
		if (memchr(known, (int)nr, sizeof(known)))
			continue;
		call_refused(host, nr, 0, ARG, 0, -XEN_ENOSYS);
		call_refused(guest, nr, 0, ARG, 0, -XEN_ENOSYS);
	}
	call_refused(guest, UINT64_MAX, 0, ARG, 0, -XEN_ENOSYS);
	call_refused(guest, BIT(32) | __HYPERVISOR_xen_version, XENVER_version, 0, 0, -XEN_ENOSYS);
	call_refused(guest, INT64_MAX, 0, ARG, 0, -XEN_ENOSYS);
	/* Nobody calls from a program. */
	host_regs(guest)->cpl = 3;
	host_regs(host)->cpl = 3;
	for (uint64_t nr = 0; nr < 100; nr++) {
		call_refused(guest, nr, 0, ARG, 0, -XEN_EPERM);
		call_refused(host, nr, 0, ARG, 0, -XEN_EPERM);
	}
}

/* Not even the argument is looked at. */
static void test_privileged(void **state)
{
	static const uint64_t rows[] = {
		__HYPERVISOR_domctl, __HYPERVISOR_sysctl, __HYPERVISOR_platform_op, __HYPERVISOR_physdev_op,
	};
	static const uint64_t ops[] = { XENMEM_claim_pages, XENMEM_set_pod_target };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		call_refused(guest, rows[i], ARG, ARG, 0, -XEN_EPERM);
		call_refused(guest, rows[i], NOWHERE, 0, 0, -XEN_EPERM);
		call_refused(guest, rows[i], PHYSDEVOP_pci_device_add, ARG, 0, -XEN_EPERM);
	}
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		call_refused(guest, __HYPERVISOR_memory_op, ops[i], ARG, 0, -XEN_EPERM);
	call_refused(guest, __HYPERVISOR_console_io, CONSOLEIO_read, 1, ARG, -XEN_EPERM);
	call_refused(guest, __HYPERVISOR_xen_version, XENVER_commandline, ARG, 0, -XEN_EPERM);
	PUT(guest, ARG, (struct xen_add_to_physmap_batch){ DOMID_SELF, XENMAPSPACE_gmfn_foreign, 1 });
	call_refused(guest, __HYPERVISOR_memory_op, XENMEM_add_to_physmap_batch, ARG, 0, -XEN_EPERM);
	PUT(guest, ARG, (struct xen_mem_acquire_resource){ DOMID_SELF, XENMEM_resource_grant_table });
	call_refused(guest, __HYPERVISOR_memory_op, XENMEM_acquire_resource, ARG, 0, -XEN_EPERM);
	PUT(guest, ARG, (struct xen_hvm_param){ DOMID_SELF, 0, HVM_PARAM_STORE_EVTCHN, 7 });
	call_refused(guest, __HYPERVISOR_hvm_op, HVMOP_set_param, ARG, 0, -XEN_EPERM);
	PUT(guest, ARG, (struct evtchn_bind_virq){ VIRQ_DOM_EXC, 0 });
	call_refused(guest, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, ARG, 0, -XEN_EPERM);
}

static void test_operations(void **state)
{
	static const struct { uint64_t nr, first; int64_t rc; } rows[] = {
		{ __HYPERVISOR_memory_op, 29, -XEN_ENOSYS }, { __HYPERVISOR_xen_version, 11, -XEN_ENOSYS },
		{ __HYPERVISOR_console_io, 2, -XEN_ENOSYS }, { __HYPERVISOR_grant_table_op, 12, -XEN_ENOSYS },
		{ __HYPERVISOR_vcpu_op, 14, -XEN_ENOSYS }, { __HYPERVISOR_sched_op, 8, -XEN_ENOSYS },
		{ __HYPERVISOR_event_channel_op, 14, -XEN_ENOSYS }, { __HYPERVISOR_hvm_op, 26, -XEN_ENOSYS },
		{ __HYPERVISOR_physdev_op, 33, -XEN_ENOSYS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (uint64_t op = rows[i].first; op < 64; op++)
			call_refused(host, rows[i].nr, op, 0, ARG, rows[i].rc);
		/* Upper bits of a memory operation say where it was left. */
		if (rows[i].nr == __HYPERVISOR_memory_op)
			continue;
		call_refused(host, rows[i].nr, BIT(32), 0, ARG, rows[i].rc);
		call_refused(host, rows[i].nr, UINT64_MAX, 0, ARG, rows[i].rc);
	}
	call_refused(guest, __HYPERVISOR_vm_assist, VMASST_CMD_enable, 0, 0, -XEN_EINVAL);
	call_refused(guest, __HYPERVISOR_vm_assist, VMASST_CMD_enable, UINT64_MAX, 0, -XEN_EINVAL);
	call_refused(guest, __HYPERVISOR_vm_assist, 2, VMASST_TYPE_runstate_update_flag, 0, -XEN_ENOSYS);
}

/* Those of the toolstack have a version each. */
static void test_control(void **state)
{
	static const struct { uint64_t nr; uint32_t version; } rows[] = {
		{ __HYPERVISOR_domctl, XEN_DOMCTL_INTERFACE_VERSION }, { __HYPERVISOR_sysctl, XEN_SYSCTL_INTERFACE_VERSION },
		{ __HYPERVISOR_platform_op, XENPF_INTERFACE_VERSION },
	};
	struct { uint32_t cmd, version; uint16_t domain, zero[250]; } op = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (uint32_t cmd = 0; cmd < 100; cmd++) {
			op.cmd = cmd;
			for (unsigned k = 0; k < 3; k++) {
				op.version = k == 0 ? rows[i].version - 1 : k == 1 ? rows[i].version + 1 : UINT32_MAX;
				if (rows[i].nr == __HYPERVISOR_platform_op)
					((uint32_t *)&op)[1] = op.version;
				PUT(host, ARG, op);
				call_refused(host, rows[i].nr, ARG, 0, 0, -XEN_EACCES);
			}
		}
		op.cmd = 1000;
		op.version = rows[i].version;
		PUT(host, ARG, op);
		call_refused(host, rows[i].nr, ARG, 0, 0, -XEN_ENOSYS);
	}
}

struct pointed { uint64_t nr, op; unsigned where; bool privileged, writes; };

/* Operations that read or write what argument number where points to. */
static const struct pointed pointed[] = {
	{ __HYPERVISOR_memory_op, XENMEM_decrease_reservation, 1 },
	{ __HYPERVISOR_memory_op, XENMEM_populate_physmap, 1 },
	{ __HYPERVISOR_memory_op, XENMEM_add_to_physmap, 1 },
	{ __HYPERVISOR_memory_op, XENMEM_remove_from_physmap, 1 },
	{ __HYPERVISOR_memory_op, XENMEM_add_to_physmap_batch, 1 },
	{ __HYPERVISOR_memory_op, XENMEM_acquire_resource, 1 },
	{ __HYPERVISOR_memory_op, XENMEM_memory_map, 1 },
	{ __HYPERVISOR_memory_op, XENMEM_set_memory_map, 1 },
	{ __HYPERVISOR_memory_op, XENMEM_current_reservation, 1 },
	{ __HYPERVISOR_memory_op, XENMEM_maximum_reservation, 1 },
	{ __HYPERVISOR_xen_version, XENVER_extraversion, 1, false, true },
	{ __HYPERVISOR_xen_version, XENVER_compile_info, 1, false, true },
	{ __HYPERVISOR_xen_version, XENVER_capabilities, 1, false, true },
	{ __HYPERVISOR_xen_version, XENVER_changeset, 1, false, true },
	{ __HYPERVISOR_xen_version, XENVER_platform_parameters, 1, false, true },
	{ __HYPERVISOR_xen_version, XENVER_get_features, 1, false, true },
	{ __HYPERVISOR_xen_version, XENVER_guest_handle, 1, false, true },
	{ __HYPERVISOR_xen_version, XENVER_commandline, 1, true, true },
	{ __HYPERVISOR_console_io, CONSOLEIO_write, 2 },
	{ __HYPERVISOR_console_io, CONSOLEIO_read, 2, true, true },
	{ __HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, 1 },
	{ __HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, 1, false, true },
	{ __HYPERVISOR_grant_table_op, GNTTABOP_copy, 1, false, true },
	{ __HYPERVISOR_grant_table_op, GNTTABOP_query_size, 1, false, true },
	{ __HYPERVISOR_grant_table_op, GNTTABOP_set_version, 1 },
	{ __HYPERVISOR_grant_table_op, GNTTABOP_get_version, 1, false, true },
	{ __HYPERVISOR_vcpu_op, VCPUOP_get_runstate_info, 2, false, true },
	{ __HYPERVISOR_vcpu_op, VCPUOP_register_runstate_memory_area, 2 },
	{ __HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 2 },
	{ __HYPERVISOR_vcpu_op, VCPUOP_set_periodic_timer, 2 },
	{ __HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 2 },
	{ __HYPERVISOR_vcpu_op, VCPUOP_initialise, 2 },
	{ __HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_time_memory_area, 2 },
	{ __HYPERVISOR_sched_op, SCHEDOP_shutdown, 1 },
	{ __HYPERVISOR_sched_op, SCHEDOP_poll, 1 },
	{ __HYPERVISOR_event_channel_op, EVTCHNOP_bind_interdomain, 1 },
	{ __HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, 1 },
	{ __HYPERVISOR_event_channel_op, EVTCHNOP_close, 1 },
	{ __HYPERVISOR_event_channel_op, EVTCHNOP_send, 1 },
	{ __HYPERVISOR_event_channel_op, EVTCHNOP_status, 1, false, true },
	{ __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, 1 },
	{ __HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, 1 },
	{ __HYPERVISOR_event_channel_op, EVTCHNOP_bind_vcpu, 1 },
	{ __HYPERVISOR_event_channel_op, EVTCHNOP_unmask, 1 },
	{ __HYPERVISOR_event_channel_op, EVTCHNOP_reset, 1 },
	{ __HYPERVISOR_event_channel_op, EVTCHNOP_init_control, 1 },
	{ __HYPERVISOR_event_channel_op, EVTCHNOP_expand_array, 1 },
	{ __HYPERVISOR_event_channel_op, EVTCHNOP_set_priority, 1 },
	{ __HYPERVISOR_hvm_op, HVMOP_set_param, 1 },
	{ __HYPERVISOR_hvm_op, HVMOP_get_param, 1, false, true },
	{ __HYPERVISOR_domctl, 0, 0, true },
	{ __HYPERVISOR_sysctl, 0, 0, true },
	{ __HYPERVISOR_platform_op, 0, 0, true },
	{ __HYPERVISOR_multicall, 0, 0 },
};

static void expect_fault(const struct pointed *p, uint64_t va)
{
	uint64_t arg[3] = { p->op };

	/* One of them, where there is a list; vCPU 0. */
	arg[2] = p->nr == __HYPERVISOR_grant_table_op;
	arg[1] = p->nr == __HYPERVISOR_console_io || p->nr == __HYPERVISOR_multicall;
	arg[p->where] = va;
	host_typed = "x";
	if (!p->privileged)
		call_refused(guest, p->nr, arg[0], arg[1], arg[2], -XEN_EFAULT);
	host_typed = "x";
	call_refused(host, p->nr, arg[0], arg[1], arg[2], -XEN_EFAULT);
}

static void test_nowhere(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(pointed); i++) {
		expect_fault(&pointed[i], NOWHERE);
		expect_fault(&pointed[i], 0xfee00000);
		expect_fault(&pointed[i], LAST);
		/* Its first bytes alone are there. */
		if (pointed[i].nr != __HYPERVISOR_console_io &&
		    !(pointed[i].nr == __HYPERVISOR_memory_op && pointed[i].op <= XENMEM_maximum_reservation) &&
		    !pointed[i].writes)
			expect_fault(&pointed[i], LAST - 1);
	}
}

/* What is not to be written is not, whatever it is. */
static void test_read_only(void **state)
{
	struct vcpu *const both[] = { host, guest };

	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		struct p2m *p2m = &both[i]->domain->p2m;
		gfn_t gfn = GFN(READ_ONLY >> PAGE_SHIFT);

		*(uint16_t *)memset(host_page(both[i]->domain, gfn.v), 0, PAGE_SIZE) = DOMID_SELF;
		assert_int_equal(p2m_set(p2m, gfn, p2m_lookup(p2m, gfn).mfn, 0, P2M_RAM, false, NULL), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(pointed); i++)
		if (pointed[i].writes)
			expect_fault(&pointed[i], READ_ONLY);
}

/* An address that was registered with paging on names nothing once it is off, instead of what its lower half does. */
static void test_no_paging(void **state)
{
	assert_int_equal(host_call(guest, __HYPERVISOR_xen_version, XENVER_guest_handle, 0x1000, 0), 0);
	call_refused(guest, __HYPERVISOR_xen_version, XENVER_guest_handle, BIT(32) | 0x1000, 0, -XEN_EFAULT);
	call_refused(guest, __HYPERVISOR_xen_version, XENVER_guest_handle, UINT64_C(0xffff888000001000), 0, -XEN_EFAULT);
	PUT(guest, ARG, (struct vcpu_register_runstate_memory_area){ .addr.p = UINT64_C(0xffff888000003000) });
	memset(host_page(guest->domain, 3), 0x77, PAGE_SIZE);
	assert_int_equal(host_call(guest, __HYPERVISOR_vcpu_op, VCPUOP_register_runstate_memory_area, 0, ARG), 0);
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		assert_int_equal(((unsigned char *)host_page(guest->domain, 3))[i], 0x77);
}

/* dom0 ends another domain with a code, once; nobody else does, and nobody itself so. */
static void test_remote_shutdown(void **state)
{
	static const struct { uint16_t domid; unsigned reason; int64_t rc;
	} wrong[] = {
		{ NOBODY, SHUTDOWN_crash, -XEN_ESRCH },
		{ 0, SHUTDOWN_crash, -XEN_EINVAL },
		{ DOMID_SELF, SHUTDOWN_crash, -XEN_EINVAL },
		{ OTHER, SHUTDOWN_MAX + 1, -XEN_EINVAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		PUT(host, ARG, (struct sched_remote_shutdown){ wrong[i].domid, wrong[i].reason });
		call_refused(host, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, ARG, 0, wrong[i].rc);
	}
	PUT(guest, ARG, (struct sched_remote_shutdown){ OTHER, SHUTDOWN_crash });
	call_refused(guest, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, ARG, 0, -XEN_EPERM);
	PUT(guest, ARG, (struct sched_remote_shutdown){ DOMID_SELF, SHUTDOWN_crash });
	call_refused(guest, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, ARG, 0, -XEN_EPERM);
	PUT(host, ARG, (struct sched_remote_shutdown){ OTHER, SHUTDOWN_watchdog });
	assert_int_equal(host_call(host, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, ARG, 0), 0);
	assert_true(other->shut_down);
	assert_int_equal(other->shutdown_code, SHUTDOWN_watchdog);
}

/* An interrupt that can be taken is no reason to wait; one that cannot, since they are off, is. */
static void test_poll_pending(void **state)
{
	PUT(guest, ARG, (struct sched_poll){ .nr_ports = 0, .timeout = host_now_ns + NS_PER_SEC });
	guest->domain->callback_vector = 0x40;
	guest->info->evtchn_upcall_pending = 1;
	assert_int_equal(host_call(guest, __HYPERVISOR_sched_op, SCHEDOP_poll, ARG, 0), 0);
	assert_int_equal(guest->run, VCPU_RUNNABLE);
	host_regs(guest)->irqs_off = true;
	assert_int_equal(host_call(guest, __HYPERVISOR_sched_op, SCHEDOP_poll, ARG, 0), 0);
	assert_int_equal(guest->run, VCPU_BLOCKED);
	vcpu_wake(guest);
	/* An NMI comes through all the same. */
	guest->nmi = true;
	assert_int_equal(host_call(guest, __HYPERVISOR_sched_op, SCHEDOP_poll, ARG, 0), 0);
	assert_int_equal(guest->run, VCPU_RUNNABLE);
}

/* dom0 gives frames away, and gets back those that nobody has taken meanwhile, empty: its devices know no others. */
static void test_dom0_memory(void **state)
{
	struct domain *d = host->domain;
	uint64_t gfn = 2;

	while (frame_owner(MFN(gfn)) != OWNER_NONE || frame_owner(MFN(gfn + 1)) != OWNER_NONE)
		gfn += 2;
	for (uint64_t i = 0; i < CALL_RAM; i++)
		assert_int_equal(memory_release(d, GFN(i), 0), 0);
	d->max_frames = UINT64_MAX / 2;
	for (uint64_t i = gfn; i < gfn + 2; i++) {
		assert_int_equal(memory_populate(d, GFN(i), 0), 0);
		assert_int_equal(p2m_lookup(&d->p2m, GFN(i)).mfn.v, i);
		memset(host_page(d, i), 0x5a, PAGE_SIZE);
		assert_int_equal(memory_release(d, GFN(i), 0), 0);
	}
	assert_true(frame_take(MFN(gfn + 1), OWNER_CORE));
	assert_int_equal(memory_populate(d, GFN(gfn + 1), 0), -XEN_ENOMEM);
	assert_int_equal(p2m_lookup(&d->p2m, GFN(gfn + 1)).type, P2M_NONE);
	/* None of a block is had when one is not. */
	assert_int_equal(memory_populate(d, GFN(gfn), 1), -XEN_ENOMEM);
	assert_int_equal(frame_owner(MFN(gfn)), OWNER_NONE);
	frame_put(MFN(gfn + 1));
	assert_int_equal(memory_populate(d, GFN(gfn), 1), 0);
	assert_int_equal(p2m_lookup(&d->p2m, GFN(gfn + 1)).mfn.v, gfn + 1);
	for (uint64_t i = gfn; i < gfn + 2; i++)
		assert_memory_equal(host_page(d, i), (char[PAGE_SIZE]){ 0 }, PAGE_SIZE);
	/* Where the machine has no memory there is none for it. */
	assert_int_equal(memory_populate(d, GFN(BIT(20)), 0), -XEN_ENOMEM);
}

static void test_paging(void **state)
{
	uint64_t *top = host_page(guest->domain, 8), *table = top;
	struct host_regs *regs = host_regs(guest);

	/* One page at 0x1000 of tables in frames 8 to 11, then what is wrong with each. */
	for (unsigned i = 8; i < 12; i++, table = host_page(guest->domain, i)) {
		memset(table, 0, PAGE_SIZE);
		table[i == 11] = (i == 11 ? 12 : i + 1) * PAGE_SIZE | 3;
	}
	table = host_page(guest->domain, 11);
	*regs = (struct host_regs){ .cr0 = CR0_PG, .cr3 = 8 * PAGE_SIZE, .efer = EFER_LMA };
	assert_int_equal(host_call(guest, __HYPERVISOR_xen_version, XENVER_guest_handle, 0x1000, 0), 0);
	call_refused(guest, __HYPERVISOR_xen_version, XENVER_guest_handle, 0x2000, 0, -XEN_EFAULT);
	call_refused(guest, __HYPERVISOR_xen_version, XENVER_guest_handle, 0, 0, -XEN_EFAULT);
	/* Not canonical, though the bits that are looked up are those of 0x1000. */
	call_refused(guest, __HYPERVISOR_xen_version, XENVER_guest_handle, BIT(48) | 0x1000, 0, -XEN_EFAULT);
	call_refused(guest, __HYPERVISOR_xen_version, XENVER_guest_handle, BIT(63) | 0x1000, 0, -XEN_EFAULT);
	table[1] = 12 * PAGE_SIZE | 1;
	call_refused(guest, __HYPERVISOR_xen_version, XENVER_guest_handle, 0x1000, 0, -XEN_EFAULT);
	table[1] = 12 * PAGE_SIZE | 2;
	call_refused(guest, __HYPERVISOR_xen_version, XENVER_guest_handle, 0x1000, 0, -XEN_EFAULT);
	table[1] = NOWHERE | 3;
	call_refused(guest, __HYPERVISOR_xen_version, XENVER_guest_handle, 0x1000, 0, -XEN_EFAULT);
	table[1] = UINT64_MAX;
	call_refused(guest, __HYPERVISOR_xen_version, XENVER_guest_handle, 0x1000, 0, -XEN_EFAULT);
	/* The top one is no large page, whatever it says. */
	top[0] |= 0x80;
	table[1] = 12 * PAGE_SIZE | 3;
	assert_int_equal(host_call(guest, __HYPERVISOR_xen_version, XENVER_guest_handle, 0x1000, 0), 0);
	/* Tables that are not there, or are themselves. */
	top[0] = NOWHERE | 3;
	call_refused(guest, __HYPERVISOR_xen_version, XENVER_guest_handle, 0x1000, 0, -XEN_EFAULT);
	regs->cr3 = UINT64_MAX;
	call_refused(guest, __HYPERVISOR_xen_version, XENVER_guest_handle, 0x1000, 0, -XEN_EFAULT);
	regs->cr3 = 8 * PAGE_SIZE;
	top[0] = top[1] = 8 * PAGE_SIZE | 3;
	top[2] = 8 * PAGE_SIZE | 1;
	call_refused(guest, __HYPERVISOR_xen_version, XENVER_guest_handle, 0x2000, 0, -XEN_EFAULT);
}

/* A console that is slow keeps dom0 waiting and nobody else; what a guest says goes where there is room. */
static void test_slow_console(void **state)
{
	struct hypercall call = { .nr = __HYPERVISOR_console_io, .arg = { CONSOLEIO_write, 300, ARG }, .may_stop = true };

	host_log_left = 2;
	host_as(guest);
	assert_int_equal(hypercall(guest, &call), 0);
	assert_int_equal(host_log_left, 2);
	call = (struct hypercall){ .nr = __HYPERVISOR_console_io, .arg = { CONSOLEIO_write, 300, ARG }, .may_stop = true };
	host_as(host);
	assert_int_equal(hypercall(host, &call), CALL_AGAIN);
	assert_int_equal(call.arg[1], 300);
	assert_int_equal(call.arg[2], ARG);
	assert_int_equal(hypercall(host, &call), CALL_AGAIN);
	assert_int_equal(hypercall(host, &call), 0);
	assert_int_equal(call.arg[1], 0);
	assert_int_equal(call.arg[2], ARG + 300);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_numbers, call_setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_privileged, call_setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_operations, call_setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_control, call_setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_nowhere, call_setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_read_only, call_setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_no_paging, call_setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_remote_shutdown, call_setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_poll_pending, call_setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_dom0_memory, call_setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_paging, call_setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_slow_console, call_setup, call_teardown),
	};

	return cmocka_run_group_tests_name("core hypercall", tests, NULL, NULL);
}
