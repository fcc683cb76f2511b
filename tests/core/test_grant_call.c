/* SPDX-License-Identifier: GPL-2.0-or-later
 * grant_table_op: lists of mappings and copies, of which each has a status of its own. Domain 2 lends, domain 1 calls.
 */
#include <pthread.h>
#include <sched.h>

#include <xen/grant_table.h>

#include "tests/core/call_check.h"

#include "xen-core/domain/core.h"
#include "xen-core/domain/memory.h"

#define GRANT __HYPERVISOR_grant_table_op
#define REF 9
#define THEIRS 4		/* the frame of domain 2's that is lent */
#define OURS 6			/* one of the caller's */
#define PLACE 100

static struct grant_entry_v1 *entries;

static int setup(void **state)
{
	if (call_setup(state))
		return -1;
	entries = grant_frame(other, 0);
	entries[REF] = (struct grant_entry_v1){ GTF_permit_access, GUEST, THEIRS };
	entries[REF + 1] = (struct grant_entry_v1){ GTF_permit_access | GTF_readonly, GUEST, THEIRS };
	return entries ? 0 : -1;
}

/* However it ends, entries are as they were. */
static int16_t copy(struct gnttab_copy op)
{
	struct grant_entry_v1 before[] = { entries[REF], entries[REF + 1], entries[REF + 2] };

	op.status = 99;
	PUT(guest, ARG, op);
	assert_int_equal(host_call(guest, GRANT, GNTTABOP_copy, ARG, 1), 0);
	GET(guest, ARG, &op);
	assert_memory_equal(before, &entries[REF], sizeof(before));
	host_audit();
	return op.status;
}

/* From a grant to the caller's memory, and back. */
#define FROM(r, from_offset, gfn, to_offset, n) \
	{ .source = { { .ref = (r) }, OTHER, (from_offset) }, .dest = { { .gmfn = (gfn) }, DOMID_SELF, (to_offset) }, .len = (n), \
	  .flags = GNTCOPY_source_gref }
#define TO(gfn, from_offset, r, to_offset, n) \
	{ .source = { { .gmfn = (gfn) }, DOMID_SELF, (from_offset) }, .dest = { { .ref = (r) }, OTHER, (to_offset) }, .len = (n), \
	  .flags = GNTCOPY_dest_gref }
#define COPY(...) copy((struct gnttab_copy)__VA_ARGS__)

static void test_copy(void **state)
{
	unsigned char *theirs = host_page(other, THEIRS), *ours = host_page(guest->domain, OURS);

	for (unsigned i = 0; i < PAGE_SIZE; i++)
		theirs[i] = (unsigned char)(i * 7);
	assert_int_equal(COPY(FROM(REF, 10, OURS, 4000, 96)), GNTST_okay);
	assert_memory_equal(ours + 4000, theirs + 10, 96);
	assert_int_equal(ours[3999], 0);
	assert_int_equal(COPY(FROM(REF + 1, 0, OURS, 0, PAGE_SIZE)), GNTST_okay);
	assert_memory_equal(ours, theirs, PAGE_SIZE);
	memset(ours, 0x55, PAGE_SIZE);
	assert_int_equal(COPY(TO(OURS, 5, REF, 1, 1)), GNTST_okay);
	assert_int_equal(theirs[1], 0x55);
	assert_int_equal(theirs[2], 14);
	assert_int_equal(COPY(TO(OURS, 0, REF, PAGE_SIZE - 1, 1)), GNTST_okay);
	assert_int_equal(COPY(TO(OURS, PAGE_SIZE, REF, PAGE_SIZE, 0)), GNTST_okay);
	/* Within one page, over itself; and from one grant to another. */
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		ours[i] = (unsigned char)i;
	assert_int_equal(COPY({ .source = { { .gmfn = OURS }, DOMID_SELF, 0 },
				.dest = { { .gmfn = OURS }, GUEST, 1 },
				.len = 300 }),
			 GNTST_okay);
	assert_int_equal(ours[300], 299 & 255);
	assert_int_equal(COPY({ .source = { { .ref = REF + 1 }, OTHER, 0 },
				.dest = { { .ref = REF }, OTHER, 2048 },
				.len = 2048,
				.flags = GNTCOPY_source_gref | GNTCOPY_dest_gref }),
			 GNTST_okay);
	assert_memory_equal(theirs, theirs + 2048, 2048);
}

static void test_copy_refused(void **state)
{
	static const struct {
		uint16_t offset, len;
	} beyond[] = { { 1, PAGE_SIZE },   { PAGE_SIZE, 1 }, { 0, PAGE_SIZE + 1 },
		       { 0xffff, 0xffff }, { 0xffff, 1 },    { 0, 0xffff } };
	unsigned char *theirs = host_page(other, THEIRS), *ours = host_page(guest->domain, OURS), was[2][PAGE_SIZE];

	memset(theirs, 0x11, PAGE_SIZE);
	memset(ours, 0x22, PAGE_SIZE);
	memcpy(was[0], theirs, PAGE_SIZE);
	memcpy(was[1], ours, PAGE_SIZE);
	for (size_t i = 0; i < ARRAY_SIZE(beyond); i++) {
		assert_int_equal(COPY(FROM(REF, beyond[i].offset, OURS, 0, beyond[i].len)), GNTST_bad_copy_arg);
		assert_int_equal(COPY(FROM(REF, 0, OURS, beyond[i].offset, beyond[i].len)), GNTST_bad_copy_arg);
		assert_int_equal(COPY(TO(OURS, beyond[i].offset, REF, 0, beyond[i].len)), GNTST_bad_copy_arg);
		assert_int_equal(COPY(TO(OURS, 0, REF, beyond[i].offset, beyond[i].len)), GNTST_bad_copy_arg);
	}
	assert_int_equal(COPY(TO(OURS, 0, REF + 1, 0, 8)), GNTST_permission_denied);
	assert_int_equal(COPY(FROM(REF + 2, 0, OURS, 0, 8)), GNTST_bad_gntref);
	assert_int_equal(COPY(FROM(UINT32_MAX, 0, OURS, 0, 8)), GNTST_bad_gntref);
	entries[REF + 2] = (struct grant_entry_v1){ GTF_permit_access, 0, THEIRS };
	assert_int_equal(COPY(FROM(REF + 2, 0, OURS, 0, 8)), GNTST_permission_denied);
	/* The caller's own has to be there; where that fails, the grant is let go. */
	assert_int_equal(COPY(FROM(REF, 0, CALL_RAM, 0, 8)), GNTST_bad_page);
	assert_int_equal(COPY(FROM(REF, 0, UINT64_MAX, 0, 8)), GNTST_bad_page);
	assert_int_equal(COPY(TO(P2M_FRAMES, 0, REF, 0, 8)), GNTST_bad_page);
	assert_int_equal(memory_show(guest->domain, GFN(PLACE), ptr_mfn(guest->domain->shared)), 0);
	assert_int_equal(COPY(FROM(REF, 0, PLACE, 0, 8)), GNTST_bad_page);
	assert_int_equal(p2m_set(&guest->domain->p2m, GFN(PLACE + 1), MFN(3), 0, P2M_MMIO, true, NULL), 0);
	assert_int_equal(COPY(FROM(REF, 0, PLACE + 1, 0, 8)), GNTST_bad_page);
	/* Another's memory only by a grant of its. */
	assert_int_equal(COPY({ .source = { { .gmfn = THEIRS }, OTHER, 0 },
				.dest = { { .gmfn = OURS }, DOMID_SELF, 0 },
				.len = 8 }),
			 GNTST_permission_denied);
	assert_int_equal(COPY({ .source = { { .gmfn = OURS }, DOMID_SELF, 0 },
				.dest = { { .gmfn = THEIRS }, 0, 0 },
				.len = 8 }),
			 GNTST_permission_denied);
	assert_int_equal(COPY({ .source = { { .ref = REF }, NOBODY, 0 }, .dest = { { .gmfn = OURS }, DOMID_SELF, 0 }, .len = 8,
				.flags = GNTCOPY_source_gref }), GNTST_bad_domain);
	other->dying = true;
	assert_int_equal(COPY(FROM(REF, 0, OURS, 0, 8)), GNTST_bad_domain);
	other->dying = false;
	assert_memory_equal(was[0], theirs, PAGE_SIZE);
	assert_memory_equal(was[1], ours, PAGE_SIZE);
}

static struct gnttab_map_grant_ref map(uint32_t flags, uint32_t ref, uint64_t address)
{
	struct gnttab_map_grant_ref op = { .host_addr = address, .flags = flags, .ref = ref, .dom = OTHER, .status = 99 };

	PUT(guest, ARG, op);
	assert_int_equal(host_call(guest, GRANT, GNTTABOP_map_grant_ref, ARG, 1), 0);
	GET(guest, ARG, &op);
	host_audit();
	return op;
}

static int16_t unmap(uint32_t handle, uint64_t address)
{
	struct gnttab_unmap_grant_ref op = { .host_addr = address, .handle = handle, .status = 99 };

	PUT(guest, ARG, op);
	assert_int_equal(host_call(guest, GRANT, GNTTABOP_unmap_grant_ref, ARG, 1), 0);
	GET(guest, ARG, &op);
	return op.status;
}

/* What is mapped may be copied to as far as the mapping goes. */
static void test_map(void **state)
{
	static const uint32_t wrong[] = { 0, GNTMAP_readonly, GNTMAP_device_map, GNTMAP_host_map | GNTMAP_device_map,
					  GNTMAP_host_map | GNTMAP_contains_pte };
	struct gnttab_map_grant_ref op;
	uint64_t address = PLACE * PAGE_SIZE;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(map(wrong[i], REF, address).status, GNTST_general_error);
	assert_int_equal(map(GNTMAP_host_map, REF, address + 1).status, GNTST_general_error);
	assert_int_equal(map(GNTMAP_host_map, REF, address + 2048).status, GNTST_general_error);
	assert_int_equal(map(GNTMAP_host_map, REF + 1, address).status, GNTST_permission_denied);
	assert_int_equal(map(GNTMAP_host_map, REF + 1, address).dev_bus_addr, 0);
	assert_int_equal(p2m_lookup(&guest->domain->p2m, GFN(PLACE)).type, P2M_NONE);
	op = map(GNTMAP_host_map | GNTMAP_readonly, REF, address);
	assert_int_equal(op.status, GNTST_okay);
	assert_int_equal(op.dev_bus_addr, mfn_addr(p2m_lookup(&other->p2m, GFN(THEIRS)).mfn).v);
	assert_int_equal(entries[REF].flags, GTF_permit_access | GTF_reading);
	entries[REF + 2] = (struct grant_entry_v1){ GTF_permit_access, GUEST, THEIRS };
	assert_int_equal(COPY(FROM(REF + 2, 0, PLACE, 0, 8)), GNTST_bad_page);
	assert_int_equal(COPY(TO(PLACE, 0, REF + 2, 8, 8)), GNTST_okay);
	assert_int_equal(unmap(op.handle, address + PAGE_SIZE), GNTST_bad_virt_addr);
	assert_int_equal(unmap(op.handle + 1, address), GNTST_bad_handle);
	assert_int_equal(unmap(op.handle, address), GNTST_okay);
	assert_int_equal(unmap(op.handle, address), GNTST_bad_handle);
	op = map(GNTMAP_host_map, REF, address);
	assert_int_equal(op.status, GNTST_okay);
	assert_int_equal(COPY(FROM(REF + 2, 0, PLACE, 8, 8)), GNTST_okay);
	assert_int_equal(unmap(op.handle, address), GNTST_okay);
	assert_int_equal(entries[REF].flags, GTF_permit_access);
}

/* The list ends where it cannot be read; what was done before stays done, and is said. */
static void test_list(void **state)
{
	const uint64_t end = CALL_RAM * PAGE_SIZE - 2 * sizeof(struct gnttab_map_grant_ref);
	struct gnttab_map_grant_ref list[2] = {
		{ .host_addr = PLACE * PAGE_SIZE, .flags = GNTMAP_host_map, .ref = REF, .dom = OTHER },
		{ .host_addr = PLACE * PAGE_SIZE, .flags = GNTMAP_host_map, .ref = REF, .dom = OTHER },
	};

	call_refused(guest, GRANT, GNTTABOP_map_grant_ref, UINT64_MAX, 0, 0);
	PUT(guest, end, list);
	assert_int_equal(host_call(guest, GRANT, GNTTABOP_map_grant_ref, end, 3), -XEN_EFAULT);
	GET(guest, end, &list);
	assert_int_equal(list[0].status, GNTST_okay);
	assert_int_equal(list[1].status, GNTST_bad_virt_addr);
	assert_int_equal(entries[REF].flags, GTF_permit_access | GTF_reading | GTF_writing);
	assert_int_equal(unmap(list[0].handle, PLACE * PAGE_SIZE), GNTST_okay);
	assert_int_equal(host_call(guest, GRANT, GNTTABOP_map_grant_ref, 0, 512), 0);
}

/* However long it is: it stops in between, and goes on where it was. */
static void test_long_list(void **state)
{
	struct gnttab_unmap_grant_ref op = { .host_addr = PLACE * PAGE_SIZE, .handle = 12345 };
	struct hypercall call = { .nr = GRANT, .arg = { GNTTABOP_unmap_grant_ref, LIST, 1000 | BIT(32) }, .may_stop = true };
	unsigned stops = 0;
	int64_t rc;

	for (unsigned i = 0; i < 1000; i++)
		PUT(guest, LIST + i * sizeof(op), op);
	/* The clock is looked at once for 32 of them. */
	host_tick_ns = CALL_SLICE_NS / 4;
	host_as(guest);
	while ((rc = hypercall(guest, &call)) == CALL_AGAIN)
		stops++;
	host_tick_ns = 0;
	assert_int_equal(rc, 0);
	assert_true(stops >= 6 && stops <= 8);
	for (unsigned i = 0; i < 1000; i++) {
		GET(guest, LIST + i * sizeof(op), &op);
		assert_int_equal(op.status, GNTST_bad_handle);
	}
}

static bool entered;

static void *enter(void *arg)
{
	core_enter(NULL);
	entered = true;
	core_leave(NULL);
	return NULL;
}

/* How many of the copies in a multicall's entry are done before it stops, when a look at the clock takes a microsecond. */
static uint64_t done_at_once(void)
{
	struct gnttab_copy op = FROM(REF, 0, CALL_RAM - 1, 0, 8);
	struct multicall_entry entry = { .op = GRANT, .args = { GNTTABOP_copy, LIST, 1000 } };
	struct hypercall call = { .nr = __HYPERVISOR_multicall, .arg = { ARG, 1 }, .may_stop = true };

	for (unsigned i = 0; i < 1000; i++)
		PUT(guest, LIST + i * sizeof(op), op);
	PUT(guest, ARG, entry);
	host_as(guest);
	host_tick_ns = 1000;
	assert_int_equal(hypercall(guest, &call), CALL_AGAIN);
	host_tick_ns = 0;
	GET(guest, ARG, &entry);
	assert_int_equal(entry.args[1], LIST + (1000 - entry.args[2]) * sizeof(op));
	return 1000 - entry.args[2];
}

/* Others that wait are not kept for as long as a call may take alone. */
static void test_others_wait(void **state)
{
	uint64_t alone = done_at_once();
	pthread_t thread;

	assert_in_range(alone, 200, 252);
	entered = false;
	assert_int_equal(pthread_create(&thread, NULL, enter, NULL), 0);
	while (!core_wanted())
		sched_yield();
	assert_in_range(done_at_once(), 1, 27);
	assert_false(entered);
	core_leave(NULL);
	assert_int_equal(pthread_join(thread, NULL), 0);
	core_enter(NULL);
	assert_true(entered);
}

static void kicked(unsigned cpu)
{
	assert_int_equal(cpu, 1);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(entries[REF].flags, GTF_permit_access | GTF_reading | GTF_writing);
}

/* The caller's other vCPU may still write to the page: its owner is not told that it is free before that one has come out. */
static void test_told_last(void **state)
{
	struct vcpu *second = guest->domain->vcpus[1];
	struct gnttab_unmap_grant_ref ops[3] = { { .host_addr = PLACE * PAGE_SIZE },
						 { .handle = 77 },
						 { .host_addr = (PLACE + 1) * PAGE_SIZE } };
	struct gnttab_map_grant_ref op = map(GNTMAP_host_map, REF, PLACE * PAGE_SIZE);

	ops[0].handle = op.handle;
	op = map(GNTMAP_host_map, REF, (PLACE + 1) * PAGE_SIZE);
	assert_int_equal(op.status, GNTST_okay);
	ops[2].handle = op.handle;
	host_as(guest);
	second->cpu = 1;
	second->flushes = guest->domain->p2m.flushes;
	cpus[1].current = second;
	cpus[1].in_guest = true;
	memset(host_kicks, 0, sizeof(host_kicks));
	host_kicked = kicked;
	PUT(guest, ARG, ops);
	assert_int_equal(host_call(guest, GRANT, GNTTABOP_unmap_grant_ref, ARG, 3), 0);
	host_kicked = NULL;
	assert_int_equal(host_kicks[1], 1);
	assert_int_equal(entries[REF].flags, GTF_permit_access);
	GET(guest, ARG, &ops);
	assert_int_equal(ops[0].status, GNTST_okay);
	assert_int_equal(ops[1].status, GNTST_bad_handle);
	assert_int_equal(ops[2].status, GNTST_okay);
	cpus[1].current = NULL;
}

/* Those that have ended are told to their owner also where the list cannot be read to its end. */
static void test_cut_list(void **state)
{
	const uint64_t end = CALL_RAM * PAGE_SIZE - sizeof(struct gnttab_unmap_grant_ref);
	struct gnttab_map_grant_ref op = map(GNTMAP_host_map, REF, PLACE * PAGE_SIZE);

	PUT(guest, end, (struct gnttab_unmap_grant_ref){ .host_addr = PLACE * PAGE_SIZE, .handle = op.handle });
	assert_int_equal(host_call(guest, GRANT, GNTTABOP_unmap_grant_ref, end, 2), -XEN_EFAULT);
	assert_int_equal(entries[REF].flags, GTF_permit_access);
	assert_int_equal(p2m_lookup(&guest->domain->p2m, GFN(PLACE)).type, P2M_NONE);
}

static void test_query(void **state)
{
	struct gnttab_query_size size = { .dom = DOMID_SELF };
	struct gnttab_set_version set = { 1 };

	PUT(guest, ARG, size);
	assert_int_equal(host_call(guest, GRANT, GNTTABOP_query_size, ARG, 1), 0);
	GET(guest, ARG, &size);
	assert_int_equal(size.status, GNTST_okay);
	assert_int_equal(size.nr_frames, 0);
	assert_int_equal(size.max_nr_frames, GRANT_FRAMES_MAX);
	size.dom = OTHER;
	PUT(guest, ARG, size);
	assert_int_equal(host_call(guest, GRANT, GNTTABOP_query_size, ARG, 1), 0);
	GET(guest, ARG, &size);
	assert_int_equal(size.status, GNTST_bad_domain);
	PUT(guest, ARG, set);
	call_refused(guest, GRANT, GNTTABOP_set_version, ARG, 0, 0);
	set.version = 2;
	PUT(guest, ARG, set);
	call_refused(guest, GRANT, GNTTABOP_set_version, ARG, 0, -XEN_ENOSYS);
	set.version = 3;
	PUT(guest, ARG, set);
	call_refused(guest, GRANT, GNTTABOP_set_version, ARG, 0, -XEN_EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_copy, setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_copy_refused, setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_map, setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_list, setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_long_list, setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_others_wait, setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_told_last, setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_cut_list, setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_query, setup, call_teardown),
	};

	return cmocka_run_group_tests_name("core grant call", tests, NULL, NULL);
}
