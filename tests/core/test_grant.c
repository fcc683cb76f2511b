/* SPDX-License-Identifier: GPL-2.0-or-later
 * Grants: what is lent to whom, what the entry then says, and that each reference is given back once, whoever ends first.
 */
#include <stdlib.h>

#include <xen/errno.h>
#include <xen/grant_table.h>

#include "tests/core/host_check.h"

#include "xen-core/domain/core.h"
#include "xen-core/domain/memory.h"
#include "xen-core/mm/limbo.h"

#define FRAMES 1024
#define RAM 24		/* frames of each domain */
#define PLACE 100	/* a frame at which a domain has nothing */
#define A 1
#define B 2
#define C 3
#define REF 9

static struct domain *a, *b, *c;
static struct grant_entry_v1 *entries;	/* a's */

static int setup(void **state)
{
	host_init(FRAMES, 2);
	host_domain(0, 1, 1);
	a = host_domain(A, 1, RAM);
	b = host_domain(B, 1, RAM);
	c = host_domain(C, 1, RAM);
	entries = grant_frame(a, 0);
	return entries ? 0 : -1;
}

static int teardown(void **state)
{
	return host_clear() ? 0 : -1;
}

static void grant(uint32_t ref, uint16_t user, uint64_t gfn, unsigned flags)
{
	entries[ref] = (struct grant_entry_v1){ (uint16_t)flags, user, (uint32_t)gfn };
}

static uint32_t refs(struct domain *d, uint64_t gfn)
{
	return machine_refs(p2m_lookup(&d->p2m, GFN(gfn)).mfn.v);
}

static uint32_t map(struct domain *d, uint32_t ref, bool writable, uint64_t gfn)
{
	uint32_t handle = UINT32_MAX;

	assert_int_equal(grant_map(d, A, ref, writable, GFN(gfn), &handle), GNTST_okay);
	return handle;
}

static void unmap(struct domain *d, uint32_t handle, uint64_t gfn)
{
	assert_int_equal(host_unmap(d, handle, gfn), GNTST_okay);
}

static void test_table(void **state)
{
	mfn_t taken[FRAMES];
	unsigned nr = 0;

	grant_init(b, 3, UINT32_MAX);
	assert_non_null(grant_frame(b, 2));
	assert_int_equal(b->grants.nr_frames, 3);
	assert_null(grant_frame(b, 3));
	assert_null(grant_frame(b, UINT32_MAX));
	assert_ptr_equal(grant_frame(b, 0), b->grants.frames[0]);
	assert_memory_equal(grant_frame(b, 2), (char[PAGE_SIZE]){ 0 }, PAGE_SIZE);
	grant_init(c, GRANT_FRAMES_MAX + 1, UINT32_MAX);
	assert_non_null(grant_frame(c, GRANT_FRAMES_MAX - 1));
	assert_null(grant_frame(c, GRANT_FRAMES_MAX));
	host_audit();
	/* An entry's frame and that of its uses are there both or not at all. */
	while (mfn_ok(taken[nr] = frame_alloc(0, OWNER_CORE)))
		nr++;
	assert_null(grant_frame(a, 1));
	frame_put(taken[--nr]);
	assert_null(grant_frame(a, 1));
	assert_int_equal(frames_free(), 1);
	frame_put(taken[--nr]);
	assert_non_null(grant_frame(a, 1));
	while (nr)
		frame_put(taken[--nr]);
	host_audit();
}

/* A grant that is not B's to use, or not so. Entry, frame and B's memory are as before. */
static void refused(uint16_t granter, uint32_t ref, bool writable, int status)
{
	struct grant_entry_v1 before = entries[ref % GRANT_PER_FRAME];
	uint64_t used = frames_free();
	uint32_t handle;
	mfn_t mfn;

	assert_int_equal(grant_map(b, granter, ref, writable, GFN(3), &handle), status);
	assert_int_equal(p2m_lookup(&b->p2m, GFN(3)).type, P2M_RAM);
	if (granter == A)
		assert_int_equal(grant_acquire(b, a, ref, writable, &mfn), status);
	assert_memory_equal(&before, &entries[ref % GRANT_PER_FRAME], sizeof(before));
	/* Two pages to keep mappings in may have come. */
	assert_true(used - frames_free() <= 2);
	host_audit();
}

static void test_refused(void **state)
{
	static const uint16_t types[] = { GTF_invalid, GTF_accept_transfer, GTF_transitive };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		grant(REF, B, 4, types[i]);
		refused(A, REF, false, GNTST_bad_gntref);
		refused(A, REF, true, GNTST_bad_gntref);
	}
	grant(REF, C, 4, GTF_permit_access);
	refused(A, REF, false, GNTST_permission_denied);
	grant(REF, DOMID_SELF, 4, GTF_permit_access);
	refused(A, REF, false, GNTST_permission_denied);
	grant(REF, B, 4, GTF_permit_access | GTF_readonly);
	refused(A, REF, true, GNTST_permission_denied);
	/* Frames that a does not have, and what it has but is not its memory. */
	grant(REF, B, RAM, GTF_permit_access);
	refused(A, REF, false, GNTST_bad_page);
	grant(REF, B, UINT32_MAX, GTF_permit_access);
	refused(A, REF, true, GNTST_bad_page);
	assert_int_equal(memory_show(a, GFN(PLACE), ptr_mfn(a->shared)), 0);
	grant(REF, B, PLACE, GTF_permit_access);
	refused(A, REF, false, GNTST_bad_page);
	assert_int_equal(memory_share(a, GFN(PLACE), c, GFN(1)), 0);
	refused(A, REF, false, GNTST_bad_page);
	assert_int_equal(p2m_set(&a->p2m, GFN(PLACE + 1), MFN(7), 0, P2M_MMIO, true, NULL), 0);
	grant(REF, B, PLACE + 1, GTF_permit_access);
	refused(A, REF, false, GNTST_bad_page);
	/* Entries and domains that are not there. */
	refused(A, GRANT_PER_FRAME, false, GNTST_bad_gntref);
	refused(A, UINT32_MAX, false, GNTST_bad_gntref);
	grant(REF, B, 4, GTF_permit_access);
	refused(77, REF, false, GNTST_bad_domain);
	/* What it was lent a domain cannot lend, though it be by itself. */
	grant(REF + 1, A, 4, GTF_permit_access);
	map(a, REF + 1, true, PLACE + 2);
	grant(REF + 2, B, PLACE + 2, GTF_permit_access);
	refused(A, REF + 2, true, GNTST_bad_page);
	map(b, REF, true, PLACE);
	((struct grant_entry_v1 *)grant_frame(b, 0))[REF] = (struct grant_entry_v1){ GTF_permit_access, C, PLACE };
	assert_int_equal(grant_map(c, B, REF, false, GFN(PLACE), &(uint32_t){ 0 }), GNTST_bad_page);
}

static void test_dying(void **state)
{
	grant(REF, B, 4, GTF_permit_access);
	a->dying = true;
	assert_int_equal(grant_map(b, A, REF, false, GFN(PLACE), &(uint32_t){ 0 }), GNTST_bad_domain);
	a->dying = false;
	assert_int_equal(entries[REF].flags, GTF_permit_access);
}

/* The bits say that somebody reads, and that somebody writes, until the last who does has ended. All others are the guest's. */
static void test_bits(void **state)
{
	const unsigned own = GTF_permit_access | GTF_PWT | GTF_PCD | 0xfe00;
	uint32_t reader, writer, other;
	mfn_t mfn;

	grant(REF, B, 4, own);
	reader = map(b, REF, false, PLACE);
	assert_int_equal(entries[REF].flags, own | GTF_reading);
	writer = map(b, REF, true, PLACE + 1);
	assert_int_equal(entries[REF].flags, own | GTF_reading | GTF_writing);
	other = map(b, REF, true, PLACE + 2);
	assert_int_equal(refs(a, 4), 4);
	unmap(b, writer, PLACE + 1);
	assert_int_equal(entries[REF].flags, own | GTF_reading | GTF_writing);
	unmap(b, other, PLACE + 2);
	assert_int_equal(entries[REF].flags, own | GTF_reading);
	assert_int_equal(grant_acquire(b, a, REF, true, &mfn), GNTST_okay);
	assert_int_equal(entries[REF].flags, own | GTF_reading | GTF_writing);
	grant_release(a, REF, true, mfn);
	assert_int_equal(entries[REF].flags, own | GTF_reading);
	unmap(b, reader, PLACE);
	assert_int_equal(entries[REF].flags, own);
	assert_int_equal(entries[REF].domid, B);
	assert_int_equal(entries[REF].frame, 4);
	assert_int_equal(refs(a, 4), 1);
	/* What the guest makes of its entry meanwhile changes nothing of what was counted. */
	reader = map(b, REF, true, PLACE);
	grant(REF, C, 5, GTF_permit_access);
	writer = map(c, REF, true, PLACE);
	assert_int_equal(refs(a, 5), 2);
	unmap(b, reader, PLACE);
	assert_int_equal(entries[REF].flags, GTF_permit_access | GTF_reading | GTF_writing);
	unmap(c, writer, PLACE);
	assert_int_equal(entries[REF].flags, GTF_permit_access);
	assert_int_equal(refs(a, 4) + refs(a, 5), 2);
}

static void test_map(void **state)
{
	uint64_t before = frames_free();
	struct p2m_entry entry;
	uint32_t handle, other;

	grant(REF, B, 4, GTF_permit_access);
	handle = map(b, REF, false, 3);
	entry = p2m_lookup(&b->p2m, GFN(3));
	assert_int_equal(entry.type, P2M_GRANT);
	assert_int_equal(entry.mfn.v, p2m_lookup(&a->p2m, GFN(4)).mfn.v);
	assert_false(entry.writable);
	/* What b had there is free again, for one of the two pages that mappings are in. */
	assert_int_equal(frames_owned(B), RAM - 1);
	assert_int_equal(frames_free(), before - 1);
	/* Grants lie in nobody's way, and only their end removes them. */
	assert_int_equal(grant_map(b, A, REF, true, GFN(3), &other), GNTST_bad_virt_addr);
	assert_int_equal(memory_remove(b, GFN(3)), -XEN_EINVAL);
	assert_int_equal(memory_release(b, GFN(3), 0), -XEN_EINVAL);
	assert_int_equal(memory_populate(b, GFN(3), 0), -XEN_EINVAL);
	assert_int_equal(memory_share(b, GFN(3), c, GFN(0)), -XEN_EBUSY);
	assert_int_equal(memory_show(b, GFN(3), ptr_mfn(b->shared)), -XEN_EBUSY);
	assert_int_equal(grant_map(b, A, REF, true, GFN(P2M_FRAMES), &other), GNTST_bad_virt_addr);
	assert_int_equal(grant_map(b, A, REF, true, GFN(UINT64_MAX), &other), GNTST_bad_virt_addr);
	assert_int_equal(entries[REF].flags, GTF_permit_access | GTF_reading);
	other = map(b, REF, true, PLACE);
	assert_true(p2m_lookup(&b->p2m, GFN(PLACE)).writable);
	assert_int_not_equal(handle, other);
	host_audit();
	/* Each is ended by its own handle, at its own place, once, and by who has it. */
	assert_int_equal(host_unmap(b, handle, PLACE), GNTST_bad_virt_addr);
	assert_int_equal(host_unmap(c, handle, 3), GNTST_bad_handle);
	assert_int_equal(host_unmap(b, 5, 3), GNTST_bad_handle);
	assert_int_equal(host_unmap(b, GRANT_MAPS_PER_PAGE, 3), GNTST_bad_handle);
	assert_int_equal(host_unmap(b, GRANT_MAP_PAGES * GRANT_MAPS_PER_PAGE, 3), GNTST_bad_handle);
	assert_int_equal(host_unmap(b, UINT32_MAX, 3), GNTST_bad_handle);
	before = b->p2m.flushes;
	unmap(b, handle, 3);
	assert_int_equal(b->p2m.flushes, before + 1);
	assert_int_equal(p2m_lookup(&b->p2m, GFN(3)).type, P2M_NONE);
	assert_int_equal(host_unmap(b, handle, 3), GNTST_bad_handle);
	assert_int_equal(refs(a, 4), 2);
	unmap(b, other, PLACE);
	host_audit();
}

/* As many as there are places for; one that has ended can be had again. */
static void test_handles(void **state)
{
	const uint32_t all = GRANT_MAP_PAGES * GRANT_MAPS_PER_PAGE;
	uint32_t handle;

	grant(REF, B, 4, GTF_permit_access);
	for (uint32_t i = 0; i < all; i++)
		assert_int_equal(map(b, REF, false, PLACE + i), i);
	assert_int_equal(grant_map(b, A, REF, false, GFN(PLACE + all), &handle), GNTST_no_device_space);
	assert_int_equal(refs(a, 4), all + 1);
	unmap(b, 77, PLACE + 77);
	assert_int_equal(map(b, REF, true, PLACE + all), 77);
	host_audit();
	for (uint32_t i = 0; i < all; i++)
		unmap(b, i, PLACE + (i == 77 ? all : i));
	assert_int_equal(entries[REF].flags, GTF_permit_access);
	assert_int_equal(refs(a, 4), 1);
}

/* As many as its builder allows, and dom0 more than others; what fails takes none. */
static void test_handles_limit(void **state)
{
	uint32_t handle;

	assert_int_equal(b->grants.max_maps, GRANT_MAP_PAGES * GRANT_MAPS_PER_PAGE);
	grant_init(b, 0, 2);
	grant(REF, B, 4, GTF_permit_access);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(grant_map(b, A, REF + 1, false, GFN(PLACE), &handle), GNTST_bad_gntref);
	assert_int_equal(map(b, REF, false, PLACE), 0);
	assert_int_equal(map(b, REF, false, PLACE + 1), 1);
	assert_int_equal(grant_map(b, A, REF, false, GFN(PLACE + 2), &handle), GNTST_no_device_space);
	host_audit();
	grant_init(c, 0, 0);
	grant(REF + 1, C, 4, GTF_permit_access);
	assert_int_equal(grant_map(c, A, REF + 1, false, GFN(PLACE), &handle), GNTST_no_device_space);
	c->privileged = true;
	grant_init(c, 0, UINT32_MAX);
	assert_int_equal(c->grants.max_maps, GRANT_MAP_PAGES_DOM0 * GRANT_MAPS_PER_PAGE);
	c->privileged = false;
}

/* Whatever there is no page for, nothing is held. */
static void test_no_memory(void **state)
{
	mfn_t taken[FRAMES];
	unsigned nr = 0;
	uint32_t handle;

	grant(REF, B, 4, GTF_permit_access);
	while (mfn_ok(taken[nr] = frame_alloc(0, OWNER_CORE)))
		nr++;
	assert_int_equal(grant_map(b, A, REF, true, GFN(BIT(20)), &handle), GNTST_no_device_space);
	for (unsigned pages = 0; pages < 4; pages++) {
		frame_put(taken[--nr]);
		assert_int_equal(grant_map(b, A, REF, true, GFN(BIT(27)), &handle),
				 pages ? GNTST_bad_virt_addr : GNTST_no_device_space);
		assert_int_equal(entries[REF].flags, GTF_permit_access);
		assert_int_equal(refs(a, 4), 1);
	}
	frame_put(taken[--nr]);
	map(b, REF, true, BIT(27));
	while (nr)
		frame_put(taken[--nr]);
	host_audit();
}

/* A large one ends in parts, and holds what it has yet in between; whoever calls, goes on. */
static void test_dies_slowly(void **state)
{
	const uint64_t large = 5 * 64 + 1;
	struct domain *d = host_domain(9, 1, large);
	unsigned parts = 1;

	host_now_ns = host_tick_ns = 1;
	for (; !domain_destroy(d, host_now_ns); parts++) {
		assert_true(d->dying && d->halted && !d->dead);
		assert_ptr_equal(domain_find(9), d);
		assert_true(frames_owned(9) + 64 * parts >= large);
		assert_int_equal(grant_map(b, 9, REF, false, GFN(PLACE), &(uint32_t){ 0 }), GNTST_bad_domain);
	}
	host_tick_ns = 0;
	/* Its memory, and its tables, of which there are three below the first; to look where nothing is takes time as well. */
	assert_true(parts >= 6 + 3);
	assert_null(domain_find(9));
	assert_int_equal(frames_owned(9), 0);
	host_audit();
}

static uint32_t ports_open(struct domain *d)
{
	uint32_t nr = 0;

	for (uint32_t i = 1; i < 3000; i++)
		nr += event_get(d, i) != NULL;
	return nr;
}

/* What one call of it does is bounded in each kind of what a domain may have many of, while none is lost. */
static void test_dies_in_parts(void **state)
{
	const uint32_t nr_maps = 5 * GRANT_MAPS_PER_PAGE / 2, nr_ports = 1500;
	struct domain *d = host_domain(9, 1, 2);
	uint32_t port, handle, maps, ports, parts = 0;
	unsigned tables;

	for (uint32_t i = 0; i < nr_ports; i++)
		assert_int_equal(event_bind_ipi(d, 0, &port), 0);
	/* The same page again and again, each in a table of its own. */
	grant(REF, 9, 4, GTF_permit_access);
	for (uint32_t i = 0; i < nr_maps; i++)
		assert_int_equal(grant_map(d, a->id, REF, false, GFN(PLACE + i % 8 * 512 + i), &handle), GNTST_okay);
	maps = d->grants.nr_maps;
	ports = ports_open(d);
	tables = d->p2m.nr_tables;
	assert_int_equal(maps, nr_maps);
	host_now_ns = host_tick_ns = 1;
	for (; !domain_destroy(d, host_now_ns); parts++) {
		uint32_t now = ports_open(d);

		assert_true(ports - now <= EVENT_PER_PAGE && maps - d->grants.nr_maps <= 64 && tables - d->p2m.nr_tables <= 1);
		ports = now;
		maps = d->grants.nr_maps;
		tables = d->p2m.nr_tables;
	}
	host_tick_ns = 0;
	assert_true(parts > nr_ports / EVENT_PER_PAGE + nr_maps / 64);
	assert_null(domain_find(9));
	host_audit();
}

/*
 * The frame stays as it is for as long as somebody sees it, and goes with the last who does; so does what is left
 * of its domain.
 */
static void test_granter_dies(void **state)
{
	mfn_t mfn = p2m_lookup(&a->p2m, GFN(4)).mfn;
	uint32_t handle;

	grant(REF, B, 4, GTF_permit_access);
	memset(mfn_ptr(mfn), 0x77, PAGE_SIZE);
	handle = map(b, REF, true, PLACE);
	assert_true(domain_destroy(a, 0));
	assert_int_equal(machine_refs(mfn.v), 1);
	assert_int_equal(*(uint8_t *)host_page(b, PLACE), 0x77);
	host_audit();
	domains_reap();
	assert_ptr_equal(domain_find(A), a);
	assert_true(a->dead);
	assert_int_equal(frames_owned(A), 1);
	assert_int_equal(grant_map(b, A, REF, true, GFN(PLACE + 1), &(uint32_t){ 0 }), GNTST_bad_domain);
	unmap(b, handle, PLACE);
	assert_int_equal(machine_refs(mfn.v), 0);
	domains_reap();
	assert_null(domain_find(A));
	host_audit();
	/* Who comes next by that number begins anew. */
	a = host_domain(A, 1, RAM);
	entries = grant_frame(a, 0);
	assert_int_equal(frames_owned(A), RAM);
	assert_int_equal(entries[REF].flags, 0);
	host_audit();
}

static void test_user_dies(void **state)
{
	grant(REF, B, 4, GTF_permit_access);
	grant(REF + 1, B, 5, GTF_permit_access | GTF_readonly);
	map(b, REF, true, PLACE);
	map(b, REF, false, 2);
	map(b, REF + 1, false, PLACE + 1);
	assert_true(domain_destroy(b, 0));
	assert_int_equal(entries[REF].flags, GTF_permit_access);
	assert_int_equal(entries[REF + 1].flags, GTF_permit_access | GTF_readonly);
	assert_int_equal(refs(a, 4) + refs(a, 5), 2);
	host_audit();
	/* And one that lends to itself. */
	grant(REF, A, 4, GTF_permit_access);
	map(a, REF, true, PLACE);
	assert_int_equal(refs(a, 4), 2);
	assert_true(domain_destroy(a, 0));
	host_audit();
}

/* Given back while it is lent, a frame is nobody's else. */
static void test_granter_lets_go(void **state)
{
	mfn_t mfn = p2m_lookup(&a->p2m, GFN(4)).mfn;
	uint32_t handle;

	grant(REF, B, 4, GTF_permit_access);
	handle = map(b, REF, true, PLACE);
	assert_int_equal(memory_release(a, GFN(4), 0), 0);
	assert_int_equal(machine_refs(mfn.v), 1);
	assert_int_equal(grant_map(b, A, REF, true, GFN(PLACE + 1), &(uint32_t){ 0 }), GNTST_bad_page);
	/* It counts as its giver's until then. */
	assert_int_equal(frames_owned(A), RAM);
	assert_int_equal(memory_populate(a, GFN(4), 0), -XEN_ENOMEM);
	a->max_frames++;
	assert_int_equal(memory_populate(a, GFN(4), 0), 0);
	assert_int_not_equal(p2m_lookup(&a->p2m, GFN(4)).mfn.v, mfn.v);
	unmap(b, handle, PLACE);
	assert_int_equal(machine_refs(mfn.v), 0);
	assert_int_equal(frames_owned(A), RAM);
	assert_int_equal(entries[REF].flags, GTF_permit_access);
}

/* A CPU that was in a guest when a frame was taken away may know it still; the frame waits for it to come out. */
static void test_limbo(void **state)
{
	uint32_t handle;

	grant(REF, B, 4, GTF_permit_access);
	handle = map(b, REF, true, PLACE);
	host_cpu = 1;
	core_leave(b->vcpus[0]);
	host_cpu = 0;
	core_enter(NULL);
	unmap(b, handle, PLACE);
	assert_int_equal(entries[REF].flags, GTF_permit_access);
	assert_int_equal(refs(a, 4), 2);
	limbo_look();
	assert_int_equal(refs(a, 4), 2);
	core_leave(NULL);
	host_cpu = 1;
	core_enter(b->vcpus[0]);
	assert_int_equal(refs(a, 4), 1);
	/* What is given back and waits is its giver's no more, for whoever asks. */
	core_leave(b->vcpus[0]);
	host_cpu = 0;
	core_enter(NULL);
	assert_int_equal(memory_release(b, GFN(4), 0), 0);
	assert_int_equal(frames_owned(B), RAM - 1);
	/* So it may have another at once, and nobody is interrupted for that. */
	assert_int_equal(memory_populate(b, GFN(4), 0), 0);
	assert_int_equal(memory_populate(b, GFN(RAM), 0), -XEN_ENOMEM);
	assert_int_equal(host_kicks[1], 0);
	core_leave(NULL);
	host_cpu = 1;
	core_enter(b->vcpus[0]);
	host_cpu = 0;
}

#define STEPS 40000
#define USERS 3
#define GRANTS 12
#define PLACES 16

struct model_map {
	bool used, writable;
	uint32_t handle, ref;
	mfn_t mfn;
};

struct model {
	unsigned readers[GRANTS], writers[GRANTS];
	struct model_map maps[USERS][PLACES];
};

static int model_status(const struct domain *d, uint32_t ref, bool writable)
{
	const struct grant_entry_v1 *e = &entries[ref];

	if ((e->flags & GTF_type_mask) != GTF_permit_access)
		return GNTST_bad_gntref;
	if (e->domid != d->id || (writable && (e->flags & GTF_readonly)))
		return GNTST_permission_denied;
	return p2m_lookup(&a->p2m, GFN(e->frame)).type == P2M_RAM ? GNTST_okay : GNTST_bad_page;
}

static void model_map(struct model *m, struct domain *d, struct model_map *at, uint64_t gfn)
{
	uint32_t ref = (uint32_t)chance_below(GRANTS);
	bool writable = chance_below(2);
	int status = at->used ? GNTST_bad_virt_addr : model_status(d, ref, writable);

	assert_int_equal(grant_map(d, A, ref, writable, GFN(gfn), &at->handle), status);
	if (status)
		return;
	at->used = true;
	at->ref = ref;
	at->writable = writable;
	at->mfn = p2m_lookup(&a->p2m, GFN(entries[ref].frame)).mfn;
	m->readers[ref]++;
	m->writers[ref] += writable;
}

static void model_unmap(struct model *m, struct domain *d, struct model_map *at, uint64_t gfn)
{
	uint32_t handle = chance_below(8) ? at->handle : (uint32_t)chance_below(PLACES * 2);

	if (!at->used || handle != at->handle) {
		uint64_t free = frames_free();

		/* Another's handle, or one long gone: not at this place. */
		assert_int_not_equal(host_unmap(d, at->used ? handle : UINT32_MAX, gfn), GNTST_okay);
		assert_int_equal(frames_free(), free);
		return;
	}
	unmap(d, at->handle, gfn);
	at->used = false;
	m->readers[at->ref]--;
	m->writers[at->ref] -= at->writable;
}

/* The guest changes an entry as it likes, but leaves the two bits that are ours. */
static void model_entry(void)
{
	static const uint16_t flags[] = { 0, 1, 1, 1, 1, 5, 5, 2, 3 };
	struct grant_entry_v1 *e = &entries[chance_below(GRANTS)];

	e->flags = (uint16_t)((e->flags & (GTF_reading | GTF_writing)) | flags[chance_below(ARRAY_SIZE(flags))]);
	e->domid = (uint16_t)(A + chance_below(4));
	e->frame = (uint32_t)chance_below(RAM + 1);
}

static void model_compare(const struct model *m, struct domain *const users[])
{
	for (unsigned i = 0; i < GRANTS; i++) {
		assert_int_equal(a->grants.uses[0][i].readers, m->readers[i]);
		assert_int_equal(a->grants.uses[0][i].writers, m->writers[i]);
		assert_int_equal(!!(entries[i].flags & GTF_reading), m->readers[i] != 0);
		assert_int_equal(!!(entries[i].flags & GTF_writing), m->writers[i] != 0);
	}
	for (unsigned u = 0; u < USERS; u++) {
		for (unsigned i = 0; i < PLACES; i++) {
			struct p2m_entry entry = p2m_lookup(&users[u]->p2m, GFN(PLACE + i));

			assert_int_equal(entry.type == P2M_GRANT, m->maps[u][i].used);
			assert_true(entry.type != P2M_GRANT ||
				    (entry.mfn.v == m->maps[u][i].mfn.v && entry.writable == m->maps[u][i].writable));
		}
	}
	host_audit();
}

static void test_chance(void **state)
{
	struct domain *const users[USERS] = { a, b, c };
	struct model m = { 0 };

	chance_seed(7);
	print_message("seed 7\n");
	for (unsigned i = 0; i < STEPS; i++) {
		unsigned u = (unsigned)chance_below(USERS), place = (unsigned)chance_below(PLACES);
		uint64_t gfn = chance_below(RAM);

		switch (chance_below(8)) {
		case 0: case 1: case 2:
			model_map(&m, users[u], &m.maps[u][place], PLACE + place);
			break;
		case 3: case 4:
			model_unmap(&m, users[u], &m.maps[u][place], PLACE + place);
			break;
		case 5: case 6:
			model_entry();
			break;
		default:
			if (memory_populate(a, GFN(gfn), 0))
				memory_release(a, GFN(gfn), 0);
		}
		if (i % 16 == 0)
			model_compare(&m, users);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_table, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dying, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_map, setup, teardown),
		cmocka_unit_test_setup_teardown(test_handles, setup, teardown),
		cmocka_unit_test_setup_teardown(test_handles_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dies_slowly, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dies_in_parts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_granter_dies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_user_dies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_granter_lets_go, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limbo, setup, teardown),
		cmocka_unit_test_setup_teardown(test_chance, setup, teardown),
	};

	return cmocka_run_group_tests_name("core grant", tests, NULL, NULL);
}
