/* SPDX-License-Identifier: GPL-2.0-or-later
 * Callers of 32 bits: their page tables, the forms of their structures, and what is shared with them.
 */
#include <string.h>

#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#include "tests/core/call_check.h"

#include "xen-core/cpu/asm.h"
#include "xen-core/hypercall/hypercall.h"

static int64_t named(uint64_t va)
{
	return host_call(guest, __HYPERVISOR_xen_version, XENVER_guest_handle, va, 0);
}

/* Tables of 32 bits in frames 8 to 10, of which the second is a large page's where there is one. */
static void test_paging_narrow(void **state)
{
	uint32_t *root4 = host_page(guest->domain, 8), *table4 = host_page(guest->domain, 9);
	uint64_t *root8 = host_page(guest->domain, 8), *dir8 = host_page(guest->domain, 9),
		 *table8 = host_page(guest->domain, 10);
	struct host_regs *regs = host_regs(guest);

	*regs = (struct host_regs){ .cr0 = CR0_PG, .cr3 = 8 * PAGE_SIZE | 0x18, .cr4 = CR4_PSE, .narrow = true };
	memset(root4, 0, PAGE_SIZE);
	memset(table4, 0, PAGE_SIZE);
	root4[1] = 9 * PAGE_SIZE | 3;
	table4[5] = 12 * PAGE_SIZE | 3;
	root4[2] = 0 | 0x83;
	assert_int_equal(named(0x405010), 0);
	assert_memory_equal((char *)host_page(guest->domain, 12) + 0x10, guest->domain->handle, 16);
	assert_int_equal(named(0x80d000), 0);
	call_refused(guest, __HYPERVISOR_xen_version, XENVER_guest_handle, 0x406000, 0, -XEN_EFAULT);
	call_refused(guest, __HYPERVISOR_xen_version, XENVER_guest_handle, 0xc05000, 0, -XEN_EFAULT);
	call_refused(guest, __HYPERVISOR_xen_version, XENVER_guest_handle, BIT(32) | 0x405000, 0, -XEN_EFAULT);
	table4[5] &= ~2u;
	call_refused(guest, __HYPERVISOR_xen_version, XENVER_guest_handle, 0x405000, 0, -XEN_EFAULT);
	/* Bits 32 to 39 of a large page's address, where no memory is; without PSE it is a table. */
	root4[2] |= 1u << 13;
	call_refused(guest, __HYPERVISOR_xen_version, XENVER_guest_handle, 0x80d000, 0, -XEN_EFAULT);
	root4[2] = 9 * PAGE_SIZE | 0x83;
	regs->cr4 = 0;
	table4[5] |= 2;
	assert_int_equal(named(0x805000), 0);
	/* With PAE: a root that is no page, and whose entries forbid nothing. */
	*regs = (struct host_regs){ .cr0 = CR0_PG, .cr3 = BIT(32) | (8 * PAGE_SIZE + 0x20), .cr4 = CR4_PAE, .narrow = true };
	for (unsigned i = 8; i < 11; i++)
		memset(host_page(guest->domain, i), 0, PAGE_SIZE);
	root8[4 + 3] = 9 * PAGE_SIZE | 1;
	dir8[0] = 10 * PAGE_SIZE | 3;
	dir8[1] = 0x83;
	table8[6] = 12 * PAGE_SIZE | 3;
	assert_int_equal(named(0xc0006000), 0);
	assert_int_equal(named(0xc020d000), 0);
	call_refused(guest, __HYPERVISOR_xen_version, XENVER_guest_handle, 0x6000, 0, -XEN_EFAULT);
	dir8[0] = 10 * PAGE_SIZE | 1;
	call_refused(guest, __HYPERVISOR_xen_version, XENVER_guest_handle, 0xc0006000, 0, -XEN_EFAULT);
	/* Its root has no large pages. */
	root8[4 + 3] |= 0x80;
	assert_int_equal(named(0xc020d000), 0);
}

/* A layout, the size of the structure, and of what a 32-bit compiler makes of it. */
static void test_layouts(void **state)
{
	static const struct { const char *layout; size_t wide, narrow; } layouts[] = {
		{ "224ww", sizeof(struct xen_add_to_physmap), 16 }, { "2w", sizeof(struct xen_remove_from_physmap), 8 },
		{ "ww442", sizeof(struct xen_memory_reservation), 20 }, { "4w", sizeof(struct xen_memory_map), 8 },
		{ "2p4w", sizeof(struct xen_foreign_memory_map), 12 }, { "w22pw22p222", sizeof(struct gnttab_copy), 24 },
		{ "8442248", sizeof(struct gnttab_map_grant_ref), 32 }, { "w48", sizeof(struct sched_poll), 16 },
		{ "488888", sizeof(struct vcpu_runstate_info), 44 }, { "84", sizeof(struct vcpu_set_singleshot_timer), 12 },
		{ "wwwwwwww", sizeof(struct multicall_entry), 32 },
	};
	static const struct gnttab_copy copy = { .source.u.gmfn = 0x11111111,
						 .source.domid = 0x2222,
						 .source.offset = 0x3333,
						 .dest.u.gmfn = 0x44444444,
						 .dest.domid = 0x5555,
						 .dest.offset = 0x6666,
						 .len = 0x7777,
						 .flags = 0x8888,
						 .status = 0x1999 };
	struct gnttab_copy back;
	const uint16_t narrow[] = { 0x1111, 0x1111, 0x2222, 0x3333, 0x4444, 0x4444, 0x5555, 0x6666, 0x7777, 0x8888, 0x1999, 0 };
	uint16_t is[ARRAY_SIZE(narrow)];

	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		assert_int_equal(layout_size(layouts[i].layout, false), layouts[i].wide);
		assert_int_equal(layout_size(layouts[i].layout, true), layouts[i].narrow);
		assert_true(layouts[i].wide <= LAYOUT_MAX);
	}
	assert_true(guest_write_as(guest, ARG, &copy, sizeof(copy), "w22pw22p222"));
	GET(guest, ARG, &is);
	assert_memory_equal(is, narrow, sizeof(narrow));
	assert_true(guest_read_as(guest, &back, sizeof(back), ARG, "w22pw22p222"));
	assert_memory_equal(&back, &copy, sizeof(copy));
}

static int64_t narrow_call(struct vcpu *v, uint64_t nr, uint64_t arg0, uint64_t arg1, uint64_t arg2)
{
	struct hypercall call = { .nr = nr, .arg = { arg0, arg1, arg2 }, .narrow = true };

	host_as(v);
	return hypercall(v, &call);
}

/* What is of dom0 alone is not known in 32 bits, nor what lists pages of others; the rest reads and writes shorter words. */
static void test_narrow(void **state)
{
	static const uint64_t rows[] = {
		__HYPERVISOR_domctl, __HYPERVISOR_sysctl, __HYPERVISOR_platform_op, __HYPERVISOR_physdev_op,
	};
	const uint32_t pages[] = { 20, 21 }, reservation[] = { LIST, 2, 0, 0, DOMID_SELF };
	uint32_t calls[2][8] = { { __HYPERVISOR_xen_version, 9, XENVER_pagesize }, { 99, 9 } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(narrow_call(host, rows[i], ARG, ARG, 0), -XEN_ENOSYS);
		assert_int_equal(narrow_call(guest, rows[i], ARG, ARG, 0), -XEN_EPERM);
	}
	assert_int_equal(narrow_call(host, __HYPERVISOR_memory_op, XENMEM_add_to_physmap_batch, ARG, 0), -XEN_ENOSYS);
	assert_int_equal(narrow_call(host, __HYPERVISOR_memory_op, XENMEM_acquire_resource, ARG, 0), -XEN_ENOSYS);
	PUT(guest, LIST, pages);
	PUT(guest, ARG, reservation);
	assert_int_equal(narrow_call(guest, __HYPERVISOR_memory_op, XENMEM_decrease_reservation, ARG, 0), 2);
	assert_int_equal(p2m_lookup(&guest->domain->p2m, GFN(21)).type, P2M_NONE);
	assert_int_equal(p2m_lookup(&guest->domain->p2m, GFN(22)).type, P2M_RAM);
	PUT(guest, ARG, calls);
	assert_int_equal(narrow_call(guest, __HYPERVISOR_multicall, ARG, 2, 0), 0);
	GET(guest, ARG, &calls);
	assert_int_equal(calls[0][1], PAGE_SIZE);
	assert_int_equal((int32_t)calls[1][1], -XEN_ENOSYS);
	assert_int_equal(calls[1][0], 99);
}

/* Ports that 32 bits have no bits for stay what they are, and touch nothing; one below is found where they have it. */
static void test_narrow_events(void **state)
{
	struct domain *d = guest->domain;
	struct narrow_shared_info *shared = (void *)d->shared;
	uint32_t port = 0;

	while (port < EVENT_PORTS_NARROW)
		assert_int_equal(event_bind_ipi(d, 0, &port), 0);
	host_regs(guest)->narrow = true;
	domain_set_form(guest);
	assert_true(d->narrow);
	assert_int_equal(shared->wc[1], 1700000000);
	memset(shared->pending, 0, PAGE_SIZE - offsetof(struct narrow_shared_info, pending));
	assert_int_equal(event_send(d, port), 0);
	assert_false(event_pending(d, port));
	for (size_t i = offsetof(struct narrow_shared_info, pending); i < PAGE_SIZE; i++)
		assert_int_equal(((char *)shared)[i], 0);
	memset(guest->info, 0, 16);
	assert_int_equal(event_send(d, 37), 0);
	assert_int_equal(shared->pending[1], 1u << 5);
	assert_int_equal(shared->vcpu_info[0].pending_sel, 2);
	assert_int_equal(shared->vcpu_info[0].upcall_pending, 1);
	assert_int_equal(event_close(d, port), 0);
	assert_int_equal(event_bind_ipi(d, 0, &port), -XEN_ENOSPC);
	host_regs(guest)->narrow = false;
	domain_set_form(guest);
	assert_int_equal(event_bind_ipi(d, 0, &port), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_paging_narrow, call_setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_layouts, call_setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_narrow, call_setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_narrow_events, call_setup, call_teardown),
	};

	return cmocka_run_group_tests_name("core callers of 32 bits", tests, NULL, NULL);
}
