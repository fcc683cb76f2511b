/* SPDX-License-Identifier: GPL-2.0-or-later
 * The layout of memory and the bytes of start_info, for any size that may be asked for; and topology. Pure.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/auto.h"
#include "xlite/lib/build_plan.h"
#include "xlite/lib/topology.h"

#define MIB UINT64_C(1024)
#define GIB (MIB * 1024)

/* What holds for every layout: ascending, apart, whole pages, all RAM there, nothing of it over a hole. */
static void check_ranges(const struct build_plan *plan, uint64_t max_kib)
{
	uint64_t ram = 0, last = 0;

	assert_int_equal(plan->ranges[0].start, 0);
	assert_int_equal(plan->ranges[0].type, PLAN_RAM);
	for (unsigned i = 0; i < plan->nr_ranges; i++) {
		const struct plan_range *range = &plan->ranges[i];

		assert_true(range->start >= last && range->end > range->start);
		assert_int_equal((range->start | range->end) % 4096, 0);
		last = range->end;
		if (range->type != PLAN_RAM)
			continue;
		ram += range->end - range->start;
		assert_true(range->end <= PLAN_LOW_END || range->start >= PLAN_HIGH);
	}
	assert_int_equal(ram, max_kib << 10);
	assert_true(plan->image_end <= plan->ranges[0].end);
}

static void test_sizes(void **state)
{
	static const uint64_t sizes[] = { MIB, MIB + 4, 16 * MIB, GIB, 3 * GIB, 3840 * MIB - 4, 3840 * MIB, 3840 * MIB + 4,
					  4 * GIB, 5 * GIB, 1024 * GIB, 16384 * GIB };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct build_plan plan;
		struct xlite_error err = { 0 };

		assert_int_equal(build_plan_memory(&plan, sizes[i], sizes[i], 5000, &err), 0);
		check_ranges(&plan, sizes[i]);
		assert_int_equal(plan.nr_ranges, sizes[i] > 3840 * MIB ? 4 : 3);
		assert_int_equal(build_plan_pages(&plan, sizes[i]), sizes[i] / 4 + 2 + 3);
		assert_int_equal(build_plan_memory(&plan, MIB, sizes[i], 5000, &err), 0);
		check_ranges(&plan, sizes[i]);
		assert_int_equal(plan.image_end, 1 << 20);
		assert_int_equal(build_plan_pages(&plan, MIB), 256 + 2 + 3);
	}
}

static void test_bad_sizes(void **state)
{
	static const struct {
		uint64_t memory, max, acpi;
	} bad[] = {
		{ 0, 0, 1 }, { 1020, 1020, 1 }, { 1025, 1028, 1 }, { 1024, 1026, 1 }, { 2048, 1024, 1 },
		{ 1024, 16384 * GIB + 4, 1 }, { UINT64_MAX - 3, UINT64_MAX - 3, 1 }, { 1024, UINT64_MAX - 3, 1 },
		{ 1024, 1024, (1 << 20) + 1 }, { 1024, 1024, UINT64_MAX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct build_plan plan;
		struct xlite_error err = { 0 };

		assert_int_equal(build_plan_memory(&plan, bad[i].memory, bad[i].max, bad[i].acpi, &err), -EINVAL);
		assert_true(err.message[0]);
	}
}

/* Of an emulated PC: all RAM there but for the display's window, and the map from 1 MiB on. */
static void test_pc(void **state)
{
	static const uint64_t sizes[] = { 8 * MIB, 64 * MIB, 3840 * MIB - 4, 3840 * MIB, 3840 * MIB + 4, 4 * GIB, 1024 * GIB };
	struct build_plan plan;
	struct xlite_error err = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint64_t ram = 0, mapped = 0;
		struct plan_range range;

		assert_int_equal(build_plan_hvm(&plan, sizes[i], sizes[i], &err), 0);
		for (unsigned k = 0; k < plan.nr_ranges; k++) {
			assert_true(plan.ranges[k].end <= 0xa0000 || plan.ranges[k].start >= 0xc0000);
			assert_true(plan.ranges[k].end <= PLAN_LOW_END || plan.ranges[k].start >= PLAN_HIGH);
			ram += plan.ranges[k].end - plan.ranges[k].start;
			if (build_plan_mapped(&plan, k, &range))
				mapped += range.end - range.start;
		}
		assert_int_equal(ram, (sizes[i] << 10) - 0x20000);
		assert_int_equal(mapped, (sizes[i] << 10) - (1 << 20));
		assert_int_equal(build_plan_ram_pages(&plan, sizes[i]), ram >> 12);
		assert_int_equal(build_plan_pages(&plan, sizes[i]), (ram >> 12) + 16);
	}
	assert_int_equal(build_plan_hvm(&plan, 8 * MIB, 64 * MIB, &err), 0);
	assert_int_equal(plan.image_end, 8 << 20);
	assert_int_equal(build_plan_hvm(&plan, 8 * MIB - 4, 64 * MIB, &err), -EINVAL);
	assert_int_equal(build_plan_hvm(&plan, 64 * MIB, 8 * MIB, &err), -EINVAL);
}

static void test_kernel(void **state)
{
	struct build_plan plan;
	struct xlite_error err = { 0 };

	assert_int_equal(build_plan_memory(&plan, 16 * MIB, 16 * MIB, 4096, &err), 0);
	assert_int_equal(build_plan_kernel(&plan, 0x100000, 0x100001, &err), 0);
	assert_int_equal(plan.kernel_end, 0x101000);
	assert_int_equal(build_plan_kernel(&plan, 0, 16 << 20, &err), 0);
	assert_int_equal(build_plan_kernel(&plan, 0, (16 << 20) + 1, &err), -ENOSPC);
	assert_int_equal(build_plan_kernel(&plan, 0x100000, 0x100000, &err), -ENOSPC);
	assert_int_equal(build_plan_kernel(&plan, 0x200000, 0x100000, &err), -ENOSPC);
	assert_int_equal(build_plan_kernel(&plan, UINT64_MAX - 1, UINT64_MAX, &err), -ENOSPC);
	assert_int_equal(build_plan_kernel(&plan, 0xfee00000, 0xfee01000, &err), -ENOSPC);
}

static void test_rest(void **state)
{
	struct build_plan plan;
	struct xlite_error err = { 0 };

	assert_int_equal(build_plan_memory(&plan, 16 * MIB, 16 * MIB, 4096, &err), 0);
	assert_int_equal(build_plan_kernel(&plan, 0x100000, 0x123456, &err), 0);
	assert_int_equal(build_plan_rest(&plan, 0, 100, &err), 0);
	assert_int_equal(plan.start_info, 0x124000);
	assert_int_equal(build_plan_rest(&plan, 1, 100, &err), 0);
	assert_int_equal(plan.ramdisk, 0x124000);
	assert_int_equal(plan.start_info, 0x125000);
	/* To the last page, and one more. */
	assert_int_equal(build_plan_rest(&plan, 0x1000000 - 0x124000 - 0x1000, 0x1000, &err), 0);
	assert_int_equal(plan.start_info, 0xfff000);
	assert_int_equal(build_plan_rest(&plan, 0x1000000 - 0x124000 - 0x1000, 0x1001, &err), -ENOSPC);
	assert_int_equal(build_plan_rest(&plan, 0x1000000 - 0x124000, 1, &err), -ENOSPC);
	assert_int_equal(build_plan_rest(&plan, UINT64_MAX, 1, &err), -ENOSPC);
	assert_int_equal(build_plan_rest(&plan, UINT64_MAX - 4095, UINT64_MAX, &err), -ENOSPC);
	assert_int_equal(build_plan_rest(&plan, 1, UINT64_MAX, &err), -ENOSPC);
}

/* Byte for byte, by the offsets of xen/arch-x86/hvm/start_info.h. */
static void test_start_bytes(void **state)
{
	struct build_plan plan;
	struct xlite_error err = { 0 };
	uint8_t bytes[256], *p;
	uint64_t v;

	assert_int_equal(build_plan_memory(&plan, 16 * MIB, 16 * MIB, 4096, &err), 0);
	assert_int_equal(build_plan_kernel(&plan, 0x100000, 0x200000, &err), 0);
	assert_int_equal(build_start_bytes(&plan, "ro", 77), 56 + 3 * 24 + 32 + 3);
	assert_int_equal(build_plan_rest(&plan, 77, build_start_bytes(&plan, "ro", 77), &err), 0);
	memset(bytes, 0, sizeof(bytes));
	build_start_write(&plan, "ro", 0xfc000000, bytes);
	assert_memory_equal(bytes, "\x78\xc5\x6e\x33" "\1\0\0\0" "\0\0\0\0" "\1\0\0\0", 16);
	memcpy(&v, bytes + 16, 8);
	assert_int_equal(v, 0x201000 + 56 + 72);	/* modules */
	memcpy(&v, bytes + 24, 8);
	assert_int_equal(v, 0x201000 + 56 + 72 + 32);	/* command line */
	memcpy(&v, bytes + 32, 8);
	assert_int_equal(v, 0xfc000000);
	memcpy(&v, bytes + 40, 8);
	assert_int_equal(v, 0x201000 + 56);		/* memory map */
	assert_memory_equal(bytes + 48, "\3\0\0\0\0\0\0\0", 8);
	p = bytes + 56 + 24;
	memcpy(&v, p, 8);
	assert_int_equal(v, 0xfc000000);
	memcpy(&v, p + 8, 8);
	assert_int_equal(v, 4096);
	assert_memory_equal(p + 16, "\3\0\0\0\0\0\0\0", 8);
	p = bytes + 56 + 72;
	memcpy(&v, p, 8);
	assert_int_equal(v, 0x200000);
	memcpy(&v, p + 8, 8);
	assert_int_equal(v, 77);
	assert_memory_equal(p + 32, "ro\0\0", 4);

	/* Without either. */
	assert_int_equal(build_start_bytes(&plan, NULL, 0), 56 + 72);
	assert_int_equal(build_plan_rest(&plan, 0, 128, &err), 0);
	memset(bytes, 0, sizeof(bytes));
	build_start_write(&plan, NULL, 0xfc000000, bytes);
	for (size_t i = 12; i < 32; i++)
		assert_int_equal(bytes[i], 0);
	for (size_t i = 128; i < sizeof(bytes); i++)
		assert_int_equal(bytes[i], 0);
}

/* Every vCPU's APIC ID, 2n, has a place; no two vCPUs share a core. */
static void test_topology(void **state)
{
	struct xen_topology host = {
		.known = true,
		.amd = true,
		.nr_leaves = 3,
		.leaves = {
			{ 1, 0xffffffff, 1, 0x12ff0845, 3, 4 },
			{ 4, 0, 0xffffffff, 5, 6, 7 },
			{ 0x80000008, 0xffffffff, 1, 2, 0xffffffff, 4 },
		},
	};

	for (unsigned vcpus = 1; vcpus <= 128; vcpus++) {
		struct xen_topology_leaf leaves[12];
		unsigned ids;

		topology_leaves(&host, vcpus, leaves);
		ids = leaves[0].b >> 16 & 0xff;
		assert_true(ids >= 2 && ids <= 64 && !(ids & (ids - 1)));
		assert_true(ids >= 2 * vcpus || ids == 64);
		assert_true(ids == 2 || ids < 4 * vcpus);
		assert_int_equal(leaves[0].b & 0xff00ffff, 0x12000845);
		assert_int_equal(leaves[0].d, 4 | 1u << 28);
		assert_int_equal(leaves[1].a >> 26, ids - 1);
		assert_int_equal(leaves[1].a & 0x03ffffff, 0x3fff);
		assert_int_equal(leaves[1].b, 5);
		assert_int_equal((leaves[2].c & 0xff) + 1, ids);
		assert_int_equal(1u << (leaves[2].c >> 12 & 0xf), ids);
		assert_int_equal(leaves[2].c & 0xffff0f00, 0xffff0f00);
	}
	host.amd = false;
	{
		struct xen_topology_leaf leaves[12];

		topology_leaves(&host, 4, leaves);
		assert_int_equal(leaves[2].c, 0xffffffff);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_bad_sizes),
		cmocka_unit_test(test_pc),
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_start_bytes),
		cmocka_unit_test(test_topology),
	};

	return cmocka_run_group_tests_name("build plan", tests, NULL, NULL);
}
