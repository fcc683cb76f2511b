/* SPDX-License-Identifier: GPL-2.0-or-later
 * A domain's physical memory: entries of both sizes, what the processor is shown of them, and all table pages given back.
 */
#include <xen/errno.h>

#include "tests/core/core_check.h"

#include "xen-core/cpu/apic.h"
#include "xen-core/mm/frame.h"
#include "xen-core/mm/limbo.h"
#include "xen-core/mm/p2m.h"

#define FRAMES 200
#define LARGE 512

static struct p2m p2m;

/* There is one CPU, which is in no guest. */
uint64_t time_now_ns(void)
{
	return 0;
}

void limbo_put(mfn_t mfn)
{
	frame_put(mfn);
}

static int setup(void **state)
{
	machine_init(FRAMES);
	p2m = (struct p2m){ 0 };
	return p2m_init(&p2m);
}

/* Each table that is counted is one, and none is left. */
static int teardown(void **state)
{
	bool counted = p2m.nr_tables == FRAMES - 1 - frames_free();

	p2m_clear(&p2m, 0);
	counted = counted && frames_free() == FRAMES - 1 && !p2m.root && !p2m.nr_tables;
	machine_clear();
	return counted ? 0 : -1;
}

static int set(uint64_t gfn, uint64_t mfn, unsigned order, enum p2m_type type)
{
	return p2m_set(&p2m, GFN(gfn), MFN(mfn), order, type, true, NULL);
}

static int unset(uint64_t gfn, unsigned order)
{
	return p2m_set(&p2m, GFN(gfn), MFN_NONE, order, P2M_NONE, false, NULL);
}

static void expect(uint64_t gfn, uint64_t mfn, enum p2m_type type, bool writable, unsigned order)
{
	struct p2m_entry entry = p2m_lookup(&p2m, GFN(gfn));

	assert_int_equal(entry.type, type);
	assert_int_equal(entry.mfn.v, mfn);
	assert_int_equal(entry.writable, writable);
	assert_int_equal(entry.order, order);
}

static void expect_none(uint64_t gfn, unsigned order)
{
	expect(gfn, MFN_NONE.v, P2M_NONE, false, order);
}

static void test_empty(void **state)
{
	assert_int_equal(p2m.nr_tables, 1);
	assert_int_equal(p2m.flushes, 0);
	expect_none(0, 27);
	expect_none(P2M_FRAMES - 1, 27);
	expect_none(P2M_FRAMES, 0);
	expect_none(UINT64_MAX, 0);
}

static void test_small(void **state)
{
	static const uint64_t places[] = { 0, 1, 511, 512, BIT(18), BIT(27) - 1, BIT(27), P2M_FRAMES - 1 };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		assert_int_equal(set(places[i], 1000 + i, 0, P2M_RAM), 0);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		expect(places[i], 1000 + i, P2M_RAM, true, 0);
	expect_none(2, 0);
	expect_none(1024, 9);
	expect_none(BIT(27) + BIT(18), 18);
	expect_none(BIT(28), 27);
	/* Nothing was there that a CPU could know. */
	assert_int_equal(p2m.flushes, 0);
}

static void test_types(void **state)
{
	for (unsigned type = P2M_RAM; type <= P2M_MMIO; type++) {
		assert_int_equal(p2m_set(&p2m, GFN(2 * type), MFN(type), 0, type, false, NULL), 0);
		assert_int_equal(p2m_set(&p2m, GFN(2 * type + 1), MFN(BIT(40) - type), 0, type, true, NULL), 0);
		assert_int_equal(p2m_set(&p2m, GFN(LARGE * type), MFN(LARGE * type), 9, type, type & 1, NULL), 0);
	}
	for (unsigned type = P2M_RAM; type <= P2M_MMIO; type++) {
		expect(2 * type, type, type, false, 0);
		expect(2 * type + 1, BIT(40) - type, type, true, 0);
		expect(LARGE * type + 77, LARGE * type + 77, type, type & 1, 9);
	}
}

static void test_replace(void **state)
{
	struct p2m_entry old;

	assert_int_equal(p2m_set(&p2m, GFN(5), MFN(70), 0, P2M_FOREIGN, false, &old), 0);
	assert_int_equal(old.type, P2M_NONE);
	assert_false(mfn_ok(old.mfn));
	assert_int_equal(p2m.flushes, 0);
	assert_int_equal(p2m_set(&p2m, GFN(5), MFN(71), 0, P2M_RAM, true, &old), 0);
	assert_int_equal(old.type, P2M_FOREIGN);
	assert_int_equal(old.mfn.v, 70);
	assert_false(old.writable);
	assert_int_equal(old.order, 0);
	assert_int_equal(p2m.flushes, 1);
	assert_int_equal(p2m_set(&p2m, GFN(5), MFN_NONE, 0, P2M_NONE, false, &old), 0);
	assert_int_equal(old.type, P2M_RAM);
	assert_int_equal(old.mfn.v, 71);
	assert_true(old.writable);
	assert_int_equal(p2m.flushes, 2);
	expect_none(5, 0);
	assert_int_equal(p2m_set(&p2m, GFN(5), MFN_NONE, 0, P2M_NONE, false, &old), 0);
	assert_int_equal(old.type, P2M_NONE);
	assert_int_equal(p2m.flushes, 2);
}

static void test_split(void **state)
{
	struct p2m_entry old;

	assert_int_equal(p2m_set(&p2m, GFN(LARGE), MFN(3 * LARGE), 9, P2M_RAM, false, NULL), 0);
	assert_int_equal(p2m.nr_tables, 3);
	assert_int_equal(p2m_set(&p2m, GFN(LARGE + 9), MFN(8), 0, P2M_GRANT, true, &old), 0);
	assert_int_equal(old.type, P2M_RAM);
	assert_int_equal(old.mfn.v, 3 * LARGE + 9);
	assert_int_equal(old.order, 0);
	assert_int_equal(p2m.nr_tables, 4);
	assert_int_equal(p2m.flushes, 1);
	for (unsigned i = 0; i < LARGE; i++)
		if (i != 9)
			expect(LARGE + i, 3 * LARGE + i, P2M_RAM, false, 0);
	expect(LARGE + 9, 8, P2M_GRANT, true, 0);
	expect_none(LARGE - 1, 9);
	expect_none(2 * LARGE, 9);
}

/* What a CPU may know of a table, and of what is in it, has gone. */
static void test_large_over_table(void **state)
{
	assert_int_equal(set(LARGE + 1, 40, 0, P2M_RAM), 0);
	assert_int_equal(set(LARGE + 2, 41, 0, P2M_RAM), 0);
	assert_int_equal(p2m.nr_tables, 4);
	assert_int_equal(set(LARGE, 2 * LARGE, 9, P2M_RAM), 0);
	assert_int_equal(p2m.nr_tables, 3);
	assert_int_equal(p2m.flushes, 1);
	expect(LARGE + 1, 2 * LARGE + 1, P2M_RAM, true, 9);
	assert_int_equal(set(LARGE + 1, 40, 0, P2M_RAM), 0);
	assert_int_equal(p2m.flushes, 2);
	assert_int_equal(unset(LARGE, 9), 0);
	assert_int_equal(p2m.nr_tables, 3);
	assert_int_equal(p2m.flushes, 3);
	expect_none(LARGE + 1, 9);
	assert_int_equal(set(LARGE, 2 * LARGE, 9, P2M_RAM), 0);
	assert_int_equal(unset(LARGE, 9), 0);
	assert_int_equal(p2m.flushes, 4);
	expect_none(LARGE, 9);
}

static void test_refused(void **state)
{
	assert_int_equal(set(P2M_FRAMES, 1, 0, P2M_RAM), -XEN_EINVAL);
	assert_int_equal(set(UINT64_MAX, 1, 0, P2M_RAM), -XEN_EINVAL);
	assert_int_equal(set(UINT64_MAX - 511, 0, 9, P2M_RAM), -XEN_EINVAL);
	assert_int_equal(set(2, 2, 1, P2M_RAM), -XEN_EINVAL);
	assert_int_equal(set(0, 0, 18, P2M_RAM), -XEN_EINVAL);
	assert_int_equal(set(0, 0, UINT32_MAX, P2M_RAM), -XEN_EINVAL);
	assert_int_equal(set(1, LARGE, 9, P2M_RAM), -XEN_EINVAL);
	assert_int_equal(set(LARGE, 256, 9, P2M_RAM), -XEN_EINVAL);
	/* A frame that no entry can name, and none at all. */
	assert_int_equal(set(1, BIT(40), 0, P2M_RAM), -XEN_EINVAL);
	assert_int_equal(set(1, MFN_NONE.v, 0, P2M_RAM), -XEN_EINVAL);
	assert_int_equal(set(0, MFN_NONE.v, 9, P2M_MMIO), -XEN_EINVAL);
	assert_int_equal(p2m.nr_tables, 1);
	expect_none(0, 27);
}

/* Nested walks are user accesses, at every level; only the last tells what is writable. */
static void test_bits(void **state)
{
	uint64_t *table = p2m.root;
	uint64_t gfn = BIT(27) | BIT(18) * 2 | BIT(9) * 3 | 4;

	assert_int_equal(p2m_set(&p2m, GFN(gfn), MFN(0x123), 0, P2M_FOREIGN, false, NULL), 0);
	assert_int_equal(p2m_set(&p2m, GFN(gfn + 1), MFN(0x124), 0, P2M_RAM, true, NULL), 0);
	assert_int_equal(p2m_set(&p2m, GFN((gfn | 511) + 1), MFN(LARGE), 9, P2M_RAM, true, NULL), 0);
	for (unsigned i = 1; i <= 3; i++) {
		if (i == 3)
			assert_int_equal(table[4], LARGE * PAGE_SIZE | P2M_RAM << 9 | 0xe7);
		assert_int_equal(table[i] & (PAGE_SIZE - 1), 0x67);
		table = maddr_ptr(MADDR(table[i] & ~(PAGE_SIZE - 1)));
	}
	assert_int_equal(table[4], 0x123000 | P2M_FOREIGN << 9 | 0x65);
	assert_int_equal(table[5], 0x124000 | P2M_RAM << 9 | 0x67);
	/* The bit that says large means something else in the entries of a split one. */
	assert_int_equal(p2m_set(&p2m, GFN((gfn | 511) + 2), MFN(9), 0, P2M_CORE, false, NULL), 0);
	table = maddr_ptr(MADDR(p2m.root[1] & ~(PAGE_SIZE - 1)));
	table = maddr_ptr(MADDR(table[2] & ~(PAGE_SIZE - 1)));
	assert_int_equal(table[4] & (PAGE_SIZE - 1), 0x67);
	table = maddr_ptr(MADDR(table[4] & ~(PAGE_SIZE - 1)));
	assert_int_equal(table[0], LARGE * PAGE_SIZE | P2M_RAM << 9 | 0x67);
	assert_int_equal(table[1], 9 * PAGE_SIZE | P2M_CORE << 9 | 0x65);
	assert_int_equal(table[511], (LARGE + 511) * PAGE_SIZE | P2M_RAM << 9 | 0x67);
}

struct walk {
	uint64_t gfns[16];
	unsigned nr, stop;
};

static bool walk_each(void *ctx, gfn_t gfn, const struct p2m_entry *entry)
{
	struct walk *walk = ctx;

	if (entry->type == P2M_NONE)
		return true;
	assert_int_equal(entry->mfn.v, gfn.v);
	assert_int_equal(entry->type, P2M_MMIO);
	if (walk->nr == walk->stop)
		return false;
	walk->gfns[walk->nr++] = gfn.v;
	return true;
}

static void test_walk(void **state)
{
	static const uint64_t small[] = { P2M_FRAMES - 1, 0, 511, 3 * LARGE, BIT(18) + 7, BIT(30) + 1 };
	static const uint64_t all[] = { 0, 511, LARGE, 3 * LARGE, BIT(18) + 7, BIT(27), BIT(30) + 1, P2M_FRAMES - 1 };
	struct walk walk = { .stop = ARRAY_SIZE(walk.gfns) };
	gfn_t gfn = GFN(0);

	assert_true(p2m_walk(&p2m, &gfn, walk_each, &walk));
	assert_int_equal(walk.nr, 0);
	for (size_t i = 0; i < ARRAY_SIZE(small); i++)
		assert_int_equal(set(small[i], small[i], 0, P2M_MMIO), 0);
	assert_int_equal(set(LARGE, LARGE, 9, P2M_MMIO), 0);
	assert_int_equal(set(BIT(27), BIT(27), 9, P2M_MMIO), 0);
	gfn = GFN(0);
	assert_true(p2m_walk(&p2m, &gfn, walk_each, &walk));
	assert_int_equal(walk.nr, ARRAY_SIZE(all));
	assert_memory_equal(walk.gfns, all, sizeof(all));

	/* A few at a time. */
	walk.nr = 0;
	gfn = GFN(0);
	for (walk.stop = 2; !p2m_walk(&p2m, &gfn, walk_each, &walk); walk.stop += 2)
		assert_int_equal(gfn.v, all[walk.nr]);
	assert_int_equal(walk.nr, ARRAY_SIZE(all));
	assert_memory_equal(walk.gfns, all, sizeof(all));
	/* From within an entry, and from where nothing is. */
	walk = (struct walk){ .stop = 3 };
	gfn = GFN(LARGE + 100);
	assert_false(p2m_walk(&p2m, &gfn, walk_each, &walk));
	assert_memory_equal(walk.gfns, ((uint64_t[]){ LARGE + 100, 3 * LARGE, BIT(18) + 7 }), 24);
	walk = (struct walk){ .stop = ARRAY_SIZE(walk.gfns) };
	gfn = GFN(BIT(30) + 2);
	assert_true(p2m_walk(&p2m, &gfn, walk_each, &walk));
	assert_int_equal(walk.gfns[0], P2M_FRAMES - 1);
	assert_int_equal(walk.nr, 1);
}

/* Whatever table there is no page for, what was there stays. */
static void test_no_memory(void **state)
{
	mfn_t taken[FRAMES];
	unsigned nr = 0;

	assert_int_equal(set(LARGE, 0, 9, P2M_RAM), 0);
	while (mfn_ok(taken[nr] = frame_alloc(0, OWNER_CORE)))
		nr++;
	assert_int_equal(set(LARGE + 1, 5, 0, P2M_FOREIGN), -XEN_ENOMEM);
	assert_int_equal(unset(LARGE + 1, 0), -XEN_ENOMEM);
	for (unsigned i = 0; i < LARGE; i++)
		expect(LARGE + i, i, P2M_RAM, true, 9);
	for (unsigned pages = 1; pages <= 3; pages++) {
		assert_int_equal(set(BIT(27), 5, 0, P2M_RAM), -XEN_ENOMEM);
		assert_int_equal(p2m_lookup(&p2m, GFN(BIT(27))).type, P2M_NONE);
		assert_true(frame_put(taken[--nr]));
	}
	assert_int_equal(set(BIT(27), 5, 0, P2M_RAM), 0);
	expect(BIT(27), 5, P2M_RAM, true, 0);
	while (nr)
		assert_true(frame_put(taken[--nr]));
}

static void test_no_root(void **state)
{
	struct p2m other = { 0 };

	while (mfn_ok(frame_alloc(0, OWNER_CORE)))
		;
	assert_int_equal(p2m_init(&other), -XEN_ENOMEM);
	p2m_clear(&other, 0);
	assert_int_equal(other.nr_tables, 0);
	/* So that the teardown finds all as it was. */
	for (unsigned i = 1; i < FRAMES; i++)
		if (i != ptr_mfn(p2m.root).v)
			frame_put(MFN(i));
}

#define REGIONS 8
#define SPAN (2 * LARGE)

static const uint64_t regions[REGIONS] = { 0,       SPAN,    BIT(18) - SPAN,   BIT(18), BIT(27) - SPAN,
					   BIT(27), BIT(35), P2M_FRAMES - SPAN };

struct model {
	uint64_t mfn;
	enum p2m_type type;
	bool writable;
};

static void test_chance(void **state)
{
	static struct model model[REGIONS][SPAN];

	memset(model, 0, sizeof(model));
	chance_seed(4);
	for (unsigned step = 0; step < 20000; step++) {
		uint64_t region = chance_below(REGIONS), at = chance_below(SPAN), mfn = chance_below(BIT(30));
		enum p2m_type type = chance_below(3) ? (enum p2m_type)chance_below(P2M_MMIO + 1) : P2M_NONE;
		unsigned order = chance_below(30) ? 0 : 9;
		bool writable = chance_below(2);
		struct model *entry;
		struct p2m_entry old;

		at &= ~(BIT(order) - 1);
		mfn = type == P2M_NONE ? MFN_NONE.v : mfn & ~(BIT(order) - 1);
		entry = &model[region][at];
		assert_int_equal(p2m_set(&p2m, GFN(regions[region] + at), MFN(mfn), order, type, writable,
					 order ? NULL : &old),
				 0);
		if (!order) {
			assert_int_equal(old.type, entry->type);
			assert_true(old.type == P2M_NONE || (old.mfn.v == entry->mfn && old.writable == entry->writable));
		}
		for (uint64_t i = 0; i < BIT(order); i++)
			entry[i] = (struct model){ mfn + i, type, writable };
		if (step % 500)
			continue;
		for (unsigned r = 0; r < REGIONS; r++) {
			for (unsigned i = 0; i < SPAN; i++) {
				struct p2m_entry is = p2m_lookup(&p2m, GFN(regions[r] + i));

				assert_int_equal(is.type, model[r][i].type);
				assert_true(!is.type || (is.mfn.v == model[r][i].mfn && is.writable == model[r][i].writable));
			}
		}
		assert_int_equal(p2m.nr_tables, FRAMES - 1 - frames_free());
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(test_small, setup, teardown),
		cmocka_unit_test_setup_teardown(test_types, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replace, setup, teardown),
		cmocka_unit_test_setup_teardown(test_split, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large_over_table, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_walk, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_root, setup, teardown),
		cmocka_unit_test_setup_teardown(test_chance, setup, teardown),
	};

	return cmocka_run_group_tests_name("core p2m", tests, NULL, NULL);
}
