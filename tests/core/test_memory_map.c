/* SPDX-License-Identifier: GPL-2.0-or-later
 * Memory maps, given and taken by a guest that is an array, some of which is not there.
 */
#include <stdlib.h>

#include <xen/errno.h>

#include "tests/core/core_check.h"

#include "xen-core/domain/guest.h"
#include "xen-core/domain/memory_map.h"
#include "xen-core/mm/frame.h"

#define FRAMES 32
#define BASE 0x10000
#define SIZE (6 * PAGE_SIZE)

static unsigned char guest[SIZE];
static struct memory_map map;

static bool there(uint64_t va, size_t len)
{
	return va >= BASE && va + len <= BASE + SIZE;
}

bool guest_read(struct vcpu *v, void *to, uint64_t va, size_t len)
{
	if (there(va, len))
		memcpy(to, guest + va - BASE, len);
	return there(va, len);
}

bool guest_write(struct vcpu *v, uint64_t va, const void *from, size_t len)
{
	if (there(va, len))
		memcpy(guest + va - BASE, from, len);
	return there(va, len);
}

static int setup(void **state)
{
	machine_init(FRAMES);
	memset(&map, 0, sizeof(map));
	for (size_t i = 0; i < SIZE; i++)
		guest[i] = (unsigned char)(i * 7 + i / 256);
	return 0;
}

static int teardown(void **state)
{
	bool left;

	memory_map_clear(&map);
	left = frames_free() != FRAMES - 1;
	machine_clear();
	return left ? -1 : 0;
}

static void test_round(void **state)
{
	static const unsigned lengths[] = { 1, 2, 204, 205, 500, 1023, 1024, 3, 0 };
	unsigned char was[SIZE];

	memcpy(was, guest, SIZE);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		size_t len = (size_t)lengths[i] * MEMORY_MAP_ENTRY;

		memcpy(guest, was, SIZE);
		assert_int_equal(memory_map_set(&map, NULL, BASE + 5, lengths[i]), 0);
		assert_int_equal(map.nr, lengths[i]);
		assert_int_equal(frames_free(), FRAMES - 1 - (len + PAGE_SIZE - 1) / PAGE_SIZE);
		memset(guest, 0, SIZE);
		assert_true(memory_map_get(&map, NULL, BASE + 5, lengths[i]));
		assert_memory_equal(guest + 5, was + 5, len);
		assert_int_equal(guest[5 + len], 0);
	}
}

static void test_refused(void **state)
{
	mfn_t taken[FRAMES];
	unsigned nr = 0;

	assert_int_equal(memory_map_set(&map, NULL, BASE, 7), 0);
	assert_int_equal(memory_map_set(&map, NULL, BASE, MEMORY_MAP_MAX + 1), -XEN_EINVAL);
	assert_int_equal(memory_map_set(&map, NULL, BASE, UINT32_MAX), -XEN_EINVAL);
	assert_int_equal(memory_map_set(&map, NULL, BASE + 2 * PAGE_SIZE, MEMORY_MAP_MAX), -XEN_EFAULT);
	assert_int_equal(memory_map_set(&map, NULL, 0, 1), -XEN_EFAULT);
	assert_false(memory_map_get(&map, NULL, BASE + SIZE - 1, 1));
	while (mfn_ok(taken[nr] = frame_alloc(0, OWNER_CORE)))
		nr++;
	assert_int_equal(memory_map_set(&map, NULL, BASE, 1), -XEN_ENOMEM);
	while (nr)
		frame_put(taken[--nr]);
	assert_int_equal(map.nr, 7);
	assert_memory_equal(map.pages[0], guest, 7 * MEMORY_MAP_ENTRY);
	assert_int_equal(frames_free(), FRAMES - 1 - 1);
}

static void test_add(void **state)
{
	for (unsigned i = 0; i < MEMORY_MAP_MAX; i++)
		assert_true(memory_map_add(&map, i * 0x100000001ull, i, i + 1));
	assert_false(memory_map_add(&map, 0, 0, 0));
	assert_true(memory_map_get(&map, NULL, BASE, MEMORY_MAP_MAX));
	for (unsigned i = 0; i < MEMORY_MAP_MAX; i++) {
		uint64_t pair[2];
		uint32_t type;

		memcpy(pair, guest + (size_t)i * MEMORY_MAP_ENTRY, sizeof(pair));
		memcpy(&type, guest + (size_t)i * MEMORY_MAP_ENTRY + sizeof(pair), sizeof(type));
		assert_int_equal(pair[0], i * 0x100000001ull);
		assert_int_equal(pair[1], i);
		assert_int_equal(type, i + 1);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_add, setup, teardown),
	};

	return cmocka_run_group_tests_name("core memory map", tests, NULL, NULL);
}
