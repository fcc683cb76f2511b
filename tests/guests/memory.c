/* SPDX-License-Identifier: GPL-2.0-or-later
 * Test guest: what it is told of its memory, memory given back and taken again, what is shown at a frame, and grants to
 * itself. Where nothing is, all bits are ones.
 */
#include "tests/guests/guest.h"

const char guest_name[] = "memory";

#define GFN (SANDBOX_GFN + 0x100)
#define TABLE_GFN (SANDBOX_GFN + 0x200)
#define MAP_GFN 0x40000ul		/* beyond the RAM */
#define WORDS 1024u

static volatile uint32_t *at(xen_pfn_t gfn)
{
	return (volatile uint32_t *)(gfn << 12);
}

static int64_t reservation(unsigned cmd, xen_pfn_t *gfns, unsigned nr, unsigned order)
{
	struct xen_memory_reservation r = { .nr_extents = nr, .extent_order = order, .domid = DOMID_SELF };

	set_xen_guest_handle(r.extent_start, gfns);
	return call(__HYPERVISOR_memory_op, cmd, &r);
}

static int64_t current(void)
{
	uint16_t self = DOMID_SELF;

	return call(__HYPERVISOR_memory_op, XENMEM_current_reservation, &self);
}

static int64_t add(unsigned space, uint64_t idx, xen_pfn_t gfn)
{
	struct xen_add_to_physmap a = { .domid = DOMID_SELF, .space = space, .idx = idx, .gpfn = gfn };

	return call(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &a);
}

static int64_t take_away(xen_pfn_t gfn)
{
	struct xen_remove_from_physmap r = { .domid = DOMID_SELF, .gpfn = gfn };

	return call(__HYPERVISOR_memory_op, XENMEM_remove_from_physmap, &r);
}

/* What a frame holds that came back is its own data still, or nothing: never another's. */
static void give_and_take(void)
{
	xen_pfn_t gfn = GFN;
	int64_t had = current();
	unsigned same = 0, zero = 0;

	for (unsigned i = 0; i < WORDS; i++)
		at(GFN)[i] = 0xa5a50000 + i;
	CHECK_IS(reservation(XENMEM_decrease_reservation, &gfn, 1, 0), 1);
	CHECK_IS(current(), had - 1);
	CHECK_IS(*at(GFN), UINT32_MAX);
	*at(GFN) = 1;
	CHECK_IS(*at(GFN), UINT32_MAX);
	CHECK_IS(*at(GFN + 1), 0);
	CHECK_IS(reservation(XENMEM_decrease_reservation, &gfn, 1, 0), 0);
	CHECK_IS(reservation(XENMEM_populate_physmap, &gfn, 1, 0), 1);
	CHECK_IS(current(), had);
	for (unsigned i = 0; i < WORDS; i++) {
		same += at(GFN)[i] == 0xa5a50000 + i;
		zero += at(GFN)[i] == 0;
	}
	CHECK(same == WORDS || zero == WORDS);
	*at(GFN) = 0x12345678;
	CHECK_IS(*at(GFN), 0x12345678);
}

/* A large extent, in small ones. */
static void many(void)
{
	static xen_pfn_t gfns[512];

	for (unsigned i = 0; i < 512; i++)
		gfns[i] = 0xc00 + i;
	CHECK_IS(reservation(XENMEM_decrease_reservation, gfns, 512, 0), 512);
	CHECK_IS(reservation(XENMEM_populate_physmap, gfns, 512, 0), 512);
	for (unsigned i = 0; i < 512; i++)
		*at(gfns[i]) = i;
	for (unsigned i = 0; i < 512; i++)
		CHECK_IS(*at(gfns[i]), i);
	/* Beyond what it may have. */
	for (unsigned i = 0; i < 512; i++)
		gfns[i] = 0x80000 + i;
	CHECK(reservation(XENMEM_populate_physmap, gfns, 512, 0) < 512);
}

/* On Xen shared_info leaves the frame where it was shown first. */
static void shown(void)
{
	uint32_t wc_sec;

	guest_map_shared();
	wc_sec = guest_shared->wc_sec;
	CHECK(wc_sec > 1000000000);
	CHECK(guest_shared->vcpu_info[0].time.tsc_to_system_mul);
	CHECK_IS(add(XENMAPSPACE_shared_info, 0, GFN + 1), 0);
	CHECK_IS(((struct shared_info *)(uintptr_t)at(GFN + 1))->wc_sec, wc_sec);
	CHECK(add(77, 0, GFN + 2) < 0);
	CHECK(add(XENMAPSPACE_grant_table, 1u << 20, GFN + 2) < 0);
	CHECK_IS(take_away(GFN + 1), 0);
	CHECK_IS(*at(GFN + 1), UINT32_MAX);
	CHECK(take_away(GFN + 1) < 0);
	CHECK(take_away(1ul << 50) < 0);
}

static int64_t map(grant_ref_t ref, unsigned flags, xen_pfn_t gfn, uint32_t *handle)
{
	struct gnttab_map_grant_ref m = { .host_addr = gfn << 12, .flags = flags, .ref = ref, .dom = guest_domid() };

	CHECK_IS(guest_call(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, (uintptr_t)&m, 1, 0, 0), 0);
	*handle = m.handle;
	return m.status;
}

static int64_t unmap(uint32_t handle, xen_pfn_t gfn)
{
	struct gnttab_unmap_grant_ref u = { .host_addr = gfn << 12, .handle = handle };

	CHECK_IS(guest_call(__HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, (uintptr_t)&u, 1, 0, 0), 0);
	return u.status;
}

static void copy(volatile struct grant_entry_v1 *table)
{
	struct gnttab_copy c = { .source = { .u.ref = 20, .domid = guest_domid(), .offset = 8 },
				 .dest = { .u.gmfn = GFN + 4, .domid = DOMID_SELF, .offset = 16 },
				 .len = 4,
				 .flags = GNTCOPY_source_gref };

	at(GFN + 3)[2] = 0xcafe;
	CHECK_IS(guest_call(__HYPERVISOR_grant_table_op, GNTTABOP_copy, (uintptr_t)&c, 1, 0, 0), 0);
	CHECK_IS(c.status, GNTST_okay);
	CHECK_IS(at(GFN + 4)[4], 0xcafe);
	CHECK(!(table[20].flags & (GTF_reading | GTF_writing)));
	c.len = 4092;
	CHECK_IS(guest_call(__HYPERVISOR_grant_table_op, GNTTABOP_copy, (uintptr_t)&c, 1, 0, 0), 0);
	CHECK(c.status < 0);
}

static void grant(volatile struct grant_entry_v1 *entry, xen_pfn_t gfn, uint16_t flags)
{
	entry->flags = 0;
	entry->frame = (uint32_t)gfn;
	entry->domid = guest_domid();
	*at(gfn) = 0xbeef;
	__atomic_store_n(&entry->flags, GTF_permit_access | flags, __ATOMIC_SEQ_CST);
}

/* A frame of its own that it maps leaves its place on Xen: each is used once. */
static void grants(void)
{
	volatile struct grant_entry_v1 *table = (void *)(TABLE_GFN << 12);
	struct gnttab_set_version version = { .version = 2 };
	uint32_t handle, second;

	/*
	 * Not unless its spec says so: what changes the version was wrong three times (XSA-486, XSA-501, XSA-517).
	 * Before 4.16 the host's command line alone can say it (gnttab=max-ver).
	 */
	if (guest_since(16))
		CHECK_IS(guest_call(__HYPERVISOR_grant_table_op, GNTTABOP_set_version, (uintptr_t)&version, 1, 0, 0),
			 -XEN_ENOSYS);
	CHECK_IS(add(XENMAPSPACE_grant_table, 0, TABLE_GFN), 0);
	grant(&table[20], GFN + 5, 0);
	CHECK_IS(map(20, GNTMAP_host_map, MAP_GFN, &handle), GNTST_okay);
	CHECK_IS(*at(MAP_GFN), 0xbeef);
	*at(MAP_GFN) = 0xcafe;
	CHECK_IS(*at(MAP_GFN), 0xcafe);
	CHECK_IS(table[20].flags, GTF_permit_access | GTF_reading | GTF_writing);
	CHECK(map(21, GNTMAP_host_map, MAP_GFN + 1, &second) < 0);
	CHECK(map(1u << 30, GNTMAP_host_map, MAP_GFN + 1, &second) < 0);
	CHECK(unmap(handle + 1000, MAP_GFN) < 0);
	CHECK_IS(unmap(handle, MAP_GFN), GNTST_okay);
	CHECK_IS(*at(MAP_GFN), UINT32_MAX);
	CHECK_IS(table[20].flags, GTF_permit_access);
	CHECK(unmap(handle, MAP_GFN) < 0);
	grant(&table[20], GFN + 3, 0);
	copy(table);
	/* One that is for reading, and one that is for somebody else. */
	grant(&table[20], GFN + 6, GTF_readonly);
	CHECK(map(20, GNTMAP_host_map, MAP_GFN, &handle) < 0);
	CHECK_IS(map(20, GNTMAP_host_map | GNTMAP_readonly, MAP_GFN, &handle), GNTST_okay);
	CHECK_IS(*at(MAP_GFN), 0xbeef);
	CHECK_IS(unmap(handle, MAP_GFN), GNTST_okay);
	grant(&table[20], GFN + 7, 0);
	table[20].domid = 0x6fff;
	CHECK(map(20, GNTMAP_host_map | GNTMAP_readonly, MAP_GFN, &handle) < 0);
	CHECK_IS(guest_call(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, 0, 0, 0, 0), 0);
}

/* What its builder said of its memory; then what it says itself, which it may. */
static void told(void)
{
	static struct __attribute__((packed)) { uint64_t address, size; uint32_t type; } entries[300];
	struct xen_memory_map m = { .nr_entries = 0 };
	struct xen_foreign_memory_map f = { .domid = DOMID_SELF };
	uint64_t ram = 0;

	set_xen_guest_handle(m.buffer, (void *)entries);
	CHECK_IS(call(__HYPERVISOR_memory_op, XENMEM_memory_map, &m), 0);
	CHECK_IS(m.nr_entries, 0);
	m.nr_entries = ARRAY_SIZE(entries);
	CHECK_IS(call(__HYPERVISOR_memory_op, XENMEM_memory_map, &m), 0);
	CHECK(m.nr_entries > 0 && m.nr_entries < 16);
	for (unsigned i = 0; i < m.nr_entries; i++)
		ram += entries[i].type == 1 ? entries[i].size : 0;
	CHECK(ram > 14ul << 20 && ram <= 16ul << 20);
	m.nr_entries = 1;
	CHECK_IS(call(__HYPERVISOR_memory_op, XENMEM_memory_map, &m), 0);
	CHECK_IS(m.nr_entries, 1);
	CHECK_IS(call(__HYPERVISOR_memory_op, XENMEM_memory_map, (void *)(MAP_GFN << 12)), -XEN_EFAULT);
	f.map.nr_entries = 1025;
	CHECK_IS(call(__HYPERVISOR_memory_op, XENMEM_set_memory_map, &f), -XEN_EINVAL);
	for (unsigned i = 0; i < ARRAY_SIZE(entries); i++)
		entries[i].size = i;
	f.map.nr_entries = ARRAY_SIZE(entries);
	set_xen_guest_handle(f.map.buffer, (void *)entries);
	CHECK_IS(call(__HYPERVISOR_memory_op, XENMEM_set_memory_map, &f), 0);
	memset(entries, 0, sizeof(entries));
	m.nr_entries = 1000;
	CHECK_IS(call(__HYPERVISOR_memory_op, XENMEM_memory_map, &m), 0);
	CHECK_IS(m.nr_entries, ARRAY_SIZE(entries));
	for (unsigned i = 0; i < ARRAY_SIZE(entries); i++)
		CHECK_IS(entries[i].size, i);
	f.domid = 0;
	CHECK_IS(call(__HYPERVISOR_memory_op, XENMEM_set_memory_map, &f), -XEN_EPERM);
	f.domid = DOMID_SELF;
	f.map.nr_entries = 0;
	CHECK_IS(call(__HYPERVISOR_memory_op, XENMEM_set_memory_map, &f), 0);
	CHECK_IS(call(__HYPERVISOR_memory_op, XENMEM_memory_map, &m), -XEN_ENOSYS);
}

void guest_test(void)
{
	uint16_t self = DOMID_SELF;

	CHECK(call(__HYPERVISOR_memory_op, XENMEM_maximum_reservation, &self) >= current());
	told();
	give_and_take();
	many();
	shown();
	grants();
}
