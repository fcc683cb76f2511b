/* SPDX-License-Identifier: GPL-2.0-or-later
 * The allocator of frames, against a list of who has which; after each step its blocks are gone over.
 */
#include <stdlib.h>

#include "tests/core/core_check.h"

#include "xen-core/mm/frame.h"

#define FRAMES 3000
#define OWNER 7

static struct frame *table;
static uint64_t nr;

static void frames_new(uint64_t count)
{
	free(table);
	nr = count;
	table = calloc(count, sizeof(*table));
	assert_non_null(table);
	frames_init(table, count);
}

static int teardown(void **state)
{
	free(table);
	table = NULL;
	return 0;
}

/* Free blocks are aligned, of free frames only, linked both ways, not beside a free buddy; together they are what is free. */
static void assert_sound(void)
{
	uint64_t total = 0, dirty = 0;

	for (uint64_t i = 0; i < nr; i++) {
		uint64_t size = UINT64_C(1) << table[i].order, buddy = i ^ size;

		if (!table[i].free)
			continue;
		assert_int_equal(i % size, 0);
		assert_true(i && i + size <= nr);
		for (uint64_t k = 0; k < size; k++) {
			dirty += table[i + k].dirty;
			assert_int_equal(table[i + k].refs, 0);
			assert_int_equal(table[i + k].owner, OWNER_NONE);
			assert_true(table[i + k].ram && (!k || !table[i + k].free));
		}
		if (table[i].next)
			assert_true(table[table[i].next].prev == i && table[table[i].next].free);
		if (table[i].prev)
			assert_true(table[table[i].prev].next == i && table[table[i].prev].free);
		if (table[i].order < FRAME_ORDER_MAX && buddy + size <= nr)
			assert_false(table[buddy].free && table[buddy].order == table[i].order);
		total += size;
	}
	assert_int_equal(frames_free(), total);
	assert_int_equal(frames_dirty(), dirty);
}

static void test_new(void **state)
{
	frames_new(FRAMES);
	assert_int_equal(frames_free(), 0);
	assert_int_equal(frames_total(), 0);
	assert_int_equal(frame_alloc(0, OWNER).v, MFN_NONE.v);
	assert_null(page_alloc());
	frames_add(0, 1000);
	frames_add(2000, FRAMES + 500);
	frames_reserve(1000, 1010);
	frames_reserve(FRAMES - 1, FRAMES + 5);
	assert_int_equal(frames_total(), 999 + (FRAMES - 2000) + 10);
	assert_false(frame_is_ram(MFN(0)));
	assert_true(frame_is_ram(MFN(1)));
	assert_true(frame_is_ram(MFN(1009)));
	assert_false(frame_is_ram(MFN(1010)));
	assert_false(frame_is_ram(MFN(FRAMES)));
	assert_false(frame_is_ram(MFN_NONE));
	assert_int_equal(frame_owner(MFN(1)), OWNER_NONE);
	assert_int_equal(frame_owner(MFN(1000)), OWNER_CORE);
	assert_int_equal(frame_owner(MFN(1500)), OWNER_NONE);
	assert_int_equal(frame_owner(MFN(FRAMES)), OWNER_NONE);
	assert_int_equal(frame_owner(MFN_NONE), OWNER_NONE);
}

/* What was kept for a while at boot becomes free later. */
static void test_reserved_then_added(void **state)
{
	frames_new(64);
	frames_add(1, 16);
	frames_reserve(16, 48);
	frames_add(48, 64);
	assert_int_equal(frames_free(), 31);
	frames_add(16, 48);
	assert_int_equal(frames_free(), 63);
	assert_int_equal(frames_total(), 63);
	assert_sound();
	assert_int_equal(frame_alloc(5, OWNER).v, 32);
}

/* The same memory told of twice, as a firmware's map may, is there once. */
static void test_added_twice(void **state)
{
	frames_new(64);
	frames_add(0, 40);
	frames_add(30, 64);
	frames_add(1, 2);
	assert_int_equal(frames_free(), 63);
	assert_int_equal(frames_total(), 63);
	assert_sound();
}

static void test_orders(void **state)
{
	frames_new(UINT64_C(2) << FRAME_ORDER_MAX);
	frames_add(0, nr);
	/* The first block of the largest order has frame 0 in it. */
	assert_int_equal(frame_alloc(FRAME_ORDER_MAX, OWNER).v, UINT64_C(1) << FRAME_ORDER_MAX);
	assert_int_equal(frame_alloc(FRAME_ORDER_MAX, OWNER).v, MFN_NONE.v);
	assert_int_equal(frame_alloc(FRAME_ORDER_MAX + 1, OWNER).v, MFN_NONE.v);
	assert_int_equal(frame_alloc(UINT32_MAX, OWNER).v, MFN_NONE.v);
	for (unsigned order = FRAME_ORDER_MAX; order-- > 0;) {
		mfn_t mfn = frame_alloc(order, OWNER);

		assert_true(mfn_ok(mfn));
		assert_int_equal(mfn.v % (UINT64_C(1) << order), 0);
	}
	assert_int_equal(frames_free(), 0);
	for (uint64_t i = 1; i < nr; i++) {
		assert_int_equal(frame_owner(MFN(i)), OWNER);
		assert_true(frame_put(MFN(i)));
	}
	assert_int_equal(frames_free(), nr - 1);
	assert_sound();
	/* A block is not larger than the largest order, whatever lies beside it. */
	assert_int_equal(frame_alloc(FRAME_ORDER_MAX, OWNER).v, UINT64_C(1) << FRAME_ORDER_MAX);
}

static void test_exhaustion(void **state)
{
	frames_new(FRAMES);
	frames_add(0, FRAMES);
	for (unsigned i = 1; i < FRAMES; i++)
		assert_true(mfn_ok(frame_alloc(0, OWNER)));
	assert_int_equal(frames_free(), 0);
	assert_false(mfn_ok(frame_alloc(0, OWNER)));
	/* Every other one: none has its buddy. */
	for (unsigned i = 2; i < FRAMES; i += 2)
		assert_true(frame_put(MFN(i)));
	assert_false(mfn_ok(frame_alloc(1, OWNER)));
	assert_sound();
	for (unsigned i = 1; i < FRAMES; i += 2)
		assert_true(frame_put(MFN(i)));
	assert_int_equal(frames_free(), FRAMES - 1);
	assert_sound();
	assert_int_equal(frame_alloc(10, OWNER).v, 1024);
}

static void test_references(void **state)
{
	mfn_t mfn;

	frames_new(FRAMES);
	frames_add(0, FRAMES);
	mfn = frame_alloc(0, OWNER);
	assert_int_equal(frame_owner(mfn), OWNER);
	assert_false(frame_get(mfn, OWNER + 1));
	assert_true(frame_get(mfn, OWNER));
	assert_true(frame_get(mfn, OWNER));
	assert_false(frame_put(mfn));
	assert_false(frame_put(mfn));
	assert_int_equal(frames_free(), FRAMES - 2);
	assert_true(frame_put(mfn));
	assert_int_equal(frames_free(), FRAMES - 1);
	assert_int_equal(frame_owner(mfn), OWNER_NONE);
	assert_false(frame_get(mfn, OWNER));
	assert_false(frame_get(mfn, OWNER_NONE));
	assert_false(frame_get(MFN(FRAMES), OWNER_NONE));
	assert_false(frame_get(MFN_NONE, OWNER_NONE));
	/* As many references as can be counted. */
	mfn = frame_alloc(0, OWNER);
	table[mfn.v].refs = UINT32_MAX - 1;
	assert_true(frame_get(mfn, OWNER));
	assert_false(frame_get(mfn, OWNER));
	assert_false(frame_put(mfn));
	assert_true(frame_get(mfn, OWNER));
}

static void test_put_too_often(void **state)
{
	mfn_t mfn;

	frames_new(FRAMES);
	frames_add(0, FRAMES);
	mfn = frame_alloc(0, OWNER);
	assert_true(frame_put(mfn));
	assert_panics(frame_put(mfn));
	assert_panics(frame_put(MFN(0)));
	assert_panics(frame_put(MFN(FRAMES)));
	assert_panics(frame_put(MFN_NONE));
	assert_sound();
}

static void test_take(void **state)
{
	frames_new(FRAMES);
	frames_add(0, 2048);
	frames_reserve(2048, 2050);
	assert_false(frame_take(MFN(0), OWNER));
	assert_false(frame_take(MFN(2048), OWNER));
	assert_false(frame_take(MFN(2050), OWNER));
	assert_false(frame_take(MFN(FRAMES), OWNER));
	assert_false(frame_take(MFN_NONE, OWNER));
	for (unsigned i = 1; i < 2048; i++) {
		uint64_t number = i * 1021 % 2048;	/* each of them once */

		assert_true(frame_take(MFN(number), OWNER));
		assert_int_equal(frame_owner(MFN(number)), OWNER);
		assert_false(frame_take(MFN(number), OWNER));
		assert_int_equal(frames_free(), 2047 - i);
		if (i % 16 == 0)
			assert_sound();
	}
	assert_false(mfn_ok(frame_alloc(0, OWNER)));
	for (unsigned i = 1; i < 2048; i++)
		assert_true(frame_put(MFN(i)));
	assert_sound();
	assert_int_equal(frame_alloc(10, OWNER).v, 1024);
}

static void test_pages(void **state)
{
	unsigned char *page;

	machine_init(8);
	page = page_alloc();
	assert_non_null(page);
	assert_int_equal((uintptr_t)page % PAGE_SIZE, 0);
	for (size_t i = 0; i < PAGE_SIZE; i++)
		assert_int_equal(page[i], 0);
	assert_int_equal(frame_owner(ptr_mfn(page)), OWNER_CORE);
	assert_ptr_equal(mfn_ptr(ptr_mfn(page)), page);
	assert_int_equal(frames_free(), 6);
	page_free(page);
	page_free(NULL);
	assert_int_equal(frames_free(), 7);
	machine_clear();
}

static bool is_clear(mfn_t mfn)
{
	const unsigned char *page = mfn_ptr(mfn);

	for (size_t i = 0; i < PAGE_SIZE; i++)
		if (page[i])
			return false;
	return true;
}

/* All is dirty at first; who is idle clears what is free, and nothing else; who comes before that clears for himself. */
static void test_clean(void **state)
{
	mfn_t kept, block;
	unsigned calls = 0;

	machine_init(64);
	assert_int_equal(frames_dirty(), 63);
	kept = frame_alloc(0, OWNER);
	assert_false(is_clear(kept));
	assert_int_equal(frames_dirty(), 62);
	block = frame_alloc_clear(3, OWNER);
	assert_int_equal(frames_dirty(), 54);
	for (unsigned i = 0; i < 8; i++)
		assert_true(is_clear(MFN(block.v + i)));
	while (frames_clean())
		assert_true(++calls < 64);
	assert_int_equal(frames_dirty(), 0);
	assert_int_equal(calls, 53);
	for (unsigned i = 1; i < 64; i++)
		assert_int_equal(is_clear(MFN(i)), i != kept.v);
	/* What its owner wrote is gone for the next. */
	for (unsigned i = 0; i < 8; i++) {
		memset(mfn_ptr(MFN(block.v + i)), 0x5a, PAGE_SIZE);
		assert_true(frame_put(MFN(block.v + i)));
	}
	assert_true(frame_put(kept));
	assert_int_equal(frames_dirty(), 9);
	assert_true(frames_clean());
	assert_int_equal(frames_dirty(), 8);
	for (unsigned i = 1; i < 64; i++) {
		assert_true(mfn_ok(frame_alloc_clear(0, OWNER)));
		assert_true(is_clear(MFN(i)) || frames_free());
	}
	for (unsigned i = 1; i < 64; i++)
		assert_true(is_clear(MFN(i)));
	assert_int_equal(frames_dirty(), 0);
	assert_false(frames_clean());
	machine_clear();
}

/* One reference too many at some frames keeps those when their blocks go. */
static void put_block(uint64_t number, unsigned order, uint8_t *held)
{
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++) {
		bool kept = chance_below(20) == 0;

		assert_int_equal(held[number + i], 1);
		if (kept)
			assert_true(frame_get(MFN(number + i), OWNER));
		assert_int_equal(frame_put(MFN(number + i)), !kept);
		held[number + i] = kept;
	}
}

/* Any block of frames that are all held, aligned or not, at most of that order. */
static void put_some(uint8_t *held)
{
	uint64_t at = 1 + chance_below(FRAMES - 1);
	unsigned order = (unsigned)chance_below(6);

	while (at + (UINT64_C(1) << order) > FRAMES)
		order--;
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++)
		if (!held[at + i])
			return;
	put_block(at, order, held);
}

static void alloc_some(uint8_t *held)
{
	unsigned order = (unsigned)chance_below(8);
	mfn_t mfn = frame_alloc(order, OWNER);

	if (!mfn_ok(mfn))
		return;
	assert_int_equal(mfn.v % (UINT64_C(1) << order), 0);
	assert_true(mfn.v + (UINT64_C(1) << order) <= FRAMES);
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++) {
		assert_int_equal(held[mfn.v + i], 0);
		held[mfn.v + i] = 1;
	}
}

static void test_chance(void **state)
{
	uint8_t held[FRAMES] = { 0 };
	uint64_t count;

	frames_new(FRAMES);
	frames_add(0, FRAMES);
	chance_seed(3);
	for (unsigned step = 0; step < 20000; step++) {
		uint64_t one = 1 + chance_below(FRAMES - 1);

		if (chance_below(8) == 0) {
			assert_int_equal(frame_take(MFN(one), OWNER), !held[one]);
			held[one] = 1;
		} else if (chance_below(40) == 0) {
			alloc_some(held);
		} else {
			put_some(held);
		}
		if (step % 50)
			continue;
		count = 0;
		for (unsigned i = 1; i < FRAMES; i++) {
			assert_int_equal(frame_owner(MFN(i)), held[i] ? OWNER : OWNER_NONE);
			count += !held[i];
		}
		assert_int_equal(frames_free(), count);
		assert_sound();
	}
	for (unsigned i = 1; i < FRAMES; i++)
		if (held[i])
			assert_true(frame_put(MFN(i)));
	assert_int_equal(frames_free(), FRAMES - 1);
	assert_sound();
	/* All that is free is found. */
	for (count = 0; mfn_ok(frame_alloc(0, OWNER)); count++)
		;
	assert_int_equal(count, FRAMES - 1);
}

/* A frame has left its owner when all of its references are doomed, and is free when they are gone. */
static void test_doomed(void **state)
{
	uint64_t before;
	mfn_t mfn, other;

	frames_new(FRAMES);
	frames_add(0, FRAMES);
	mfn = frame_alloc(0, OWNER);
	other = frame_alloc(0, OWNER);
	before = frames_free();
	frames_emptied();
	assert_int_equal(frames_owned(OWNER), 2);
	assert_true(frame_get(mfn, OWNER));
	frame_doom(mfn);
	assert_int_equal(frames_owned(OWNER), 2);
	assert_true(frame_get(mfn, OWNER));
	frame_doom(mfn);
	assert_int_equal(frames_owned(OWNER), 2);
	/* The last that is not doomed goes. */
	assert_false(frame_put(mfn));
	assert_int_equal(frames_owned(OWNER), 1);
	assert_false(frame_get(mfn, OWNER));
	assert_false(frames_emptied());
	assert_int_equal(frames_free(), before);
	frame_put_doomed(mfn);
	assert_int_equal(frames_free(), before);
	frame_put_doomed(mfn);
	assert_int_equal(frames_free(), before + 1);
	assert_int_equal(frames_owned(OWNER), 1);
	/* Or it is doomed. */
	frame_doom(other);
	assert_int_equal(frames_owned(OWNER), 0);
	assert_true(frames_emptied());
	frame_put_doomed(other);
	assert_false(frames_emptied());
	/* Whoever has it next knows nothing of it. */
	while (mfn_ok(mfn = frame_alloc(0, OWNER)))
		assert_true(frame_get(mfn, OWNER));
	assert_sound();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_new, teardown),
		cmocka_unit_test_teardown(test_reserved_then_added, teardown),
		cmocka_unit_test_teardown(test_added_twice, teardown),
		cmocka_unit_test_teardown(test_orders, teardown),
		cmocka_unit_test_teardown(test_exhaustion, teardown),
		cmocka_unit_test_teardown(test_references, teardown),
		cmocka_unit_test_teardown(test_put_too_often, teardown),
		cmocka_unit_test_teardown(test_take, teardown),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_clean),
		cmocka_unit_test_teardown(test_chance, teardown),
		cmocka_unit_test_teardown(test_doomed, teardown),
	};

	return cmocka_run_group_tests_name("core frame", tests, NULL, NULL);
}
