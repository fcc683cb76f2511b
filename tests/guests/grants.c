/* SPDX-License-Identifier: GPL-2.0-or-later
 * Test guest, two of it: "0" lends a page to the domain that is made next, "1" with two CPUs maps it, and writes there
 * without a pause while it is unmapped. Once the entry says that nobody uses the page, nobody does: it is taken back,
 * and stays as its owner writes it then.
 */
#include "tests/guests/guest.h"

const char guest_name[] = "grants";

#define REF 8
#define ROUNDS 20u
#define TABLE_GFN SANDBOX_GFN
#define PAGE_GFN (SANDBOX_GFN + 0x100)
#define MAP_GFN 0x40000ul		/* beyond the RAM */
#define MARK UINT64_C(0x6d61726b6d61726b)
#define PATIENCE_NS (120000 * NS_PER_MS)
#define WATCH_NS (3 * NS_PER_MS)

struct page {
	volatile uint64_t count;	/* what is written without a pause */
	volatile uint64_t enough, round;
};

static struct page *page(unsigned long gfn)
{
	return (struct page *)(gfn << 12);
}

static void yield(void)
{
	CHECK_IS(call(__HYPERVISOR_sched_op, SCHEDOP_yield, NULL), 0);
}

#define WAIT_FOR(condition)                                        \
	do {                                                       \
		uint64_t end_ = guest_now() + PATIENCE_NS;         \
		while (!(condition)) {                             \
			CHECK(guest_now() < end_);                 \
			yield();                                   \
		}                                                  \
	} while (0)

/* Only one that nobody uses any more is taken back, at once. */
static bool take_back(volatile struct grant_entry_v1 *entry)
{
	uint16_t unused = GTF_permit_access;

	return __atomic_compare_exchange_n(&entry->flags, &unused, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static void lend(void)
{
	struct xen_add_to_physmap add = { .domid = DOMID_SELF, .space = XENMAPSPACE_grant_table, .gpfn = TABLE_GFN };
	volatile struct grant_entry_v1 *entry = (volatile struct grant_entry_v1 *)(TABLE_GFN << 12) + REF;
	struct page *p = page(PAGE_GFN);

	CHECK_IS(call(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &add), 0);
	for (uint64_t round = 1; round <= ROUNDS; round++) {
		uint64_t end;

		*p = (struct page){ .round = round };
		entry->frame = PAGE_GFN;
		entry->domid = (domid_t)(guest_domid() + 1);
		__atomic_store_n(&entry->flags, GTF_permit_access, __ATOMIC_SEQ_CST);
		WAIT_FOR(p->count > 10);
		p->enough = 1;
		WAIT_FOR(take_back(entry));
		p->count = MARK;
		for (end = guest_now() + WATCH_NS; guest_now() < end;)
			CHECK_IS(p->count, MARK);
	}
}

static volatile unsigned started, busy;

void guest_ap_main(void)
{
	started = 1;
	for (uint64_t count = 1;; count++)
		if (busy)
			page(MAP_GFN)->count = count;
}

static bool map(uint32_t *handle)
{
	struct gnttab_map_grant_ref m = {
		.host_addr = MAP_GFN << 12, .flags = GNTMAP_host_map, .ref = REF, .dom = (domid_t)(guest_domid() - 1)
	};

	CHECK_IS(guest_call(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, (uintptr_t)&m, 1, 0, 0), 0);
	*handle = m.handle;
	return m.status == GNTST_okay;
}

static void unmap(uint32_t handle)
{
	struct gnttab_unmap_grant_ref u = { .host_addr = MAP_GFN << 12, .handle = handle };

	CHECK_IS(guest_call(__HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, (uintptr_t)&u, 1, 0, 0), 0);
	CHECK_IS(u.status, GNTST_okay);
}

/* It may have it again before it was taken back: that is no round. */
static void borrow(void)
{
	uint64_t last = 0;
	uint32_t handle;

	guest_ap_start(&started);
	while (last < ROUNDS) {
		WAIT_FOR(map(&handle));
		if (page(MAP_GFN)->round != last) {
			last = page(MAP_GFN)->round;
			busy = 1;
			WAIT_FOR(page(MAP_GFN)->enough);
		}
		unmap(handle);
		busy = 0;
	}
}

void guest_test(void)
{
	guest_map_shared();
	if (guest_word(0, 0))
		borrow();
	else
		lend();
	guest_rounds = ROUNDS;
}
