/* SPDX-License-Identifier: GPL-2.0-or-later
 * A Multiboot 2 loader's tags, in any order, and what is damaged in them.
 */
#include "tests/core/core_check.h"

#include "xen-core/boot/boot_info.h"
#include "xen-core/lib/lib.h"

static struct {
	_Alignas(8) uint32_t total;
	uint32_t reserved;
	unsigned char tags[4096];
} block;

static void begin(void)
{
	memset(&boot_info, 0, sizeof(boot_info));
	memset(&block, 0xa5, sizeof(block));
	block.total = 8;
}

/* A tag, whose size says what it is; the next is behind it, aligned. */
static void tag(uint32_t type, const void *data, uint32_t size)
{
	unsigned char *to = (unsigned char *)&block + block.total;
	const uint32_t head[2] = { type, size + 8 };

	memcpy(to, head, sizeof(head));
	memcpy(to + 8, data, size);
	block.total += (uint32_t)ALIGN_UP(size + 8, 8);
}

static void tag_text(uint32_t type, const char *text)
{
	tag(type, text, (uint32_t)strlen(text) + 1);
}

static void tag_module(uint32_t start, uint32_t end, const char *text)
{
	struct { uint32_t start, end; char text[64]; } module = { start, end, "" };

	memcpy(module.text, text, strlen(text) + 1);
	tag(3, &module, (uint32_t)(8 + strlen(text) + 1));
}

static const struct { uint32_t entry_size, version; struct { uint64_t start, size; uint32_t type, zero; } entries[5]; } map = {
	24, 0, { { 0, 0xa0000, 1, 0 }, { 0x100000, 0x100000, 1, 0 }, { 0x200000, 0x300000, 1, 0 }, { 0x500000, 0x1000, 4, 0 },
		   { 0x600000, 0x1000, 20, 0 } },
};

static void end(void)
{
	tag(0, "", 0);
}

static void expect_range(size_t i, uint64_t start, uint64_t size, uint32_t type)
{
	assert_true(i < boot_info.nr_ranges);
	assert_int_equal(boot_info.ranges[i].start, start);
	assert_int_equal(boot_info.ranges[i].size, size);
	assert_int_equal(boot_info.ranges[i].type, type);
}

static void test_all(void **state)
{
	begin();
	tag_module(0x1000000, 0x1800001, "root=/dev/sda1 quiet");
	tag_text(1, "console=com1 dom0_mem=1024M");
	tag(99, "what a later version has", 25);
	tag(6, &map, sizeof(map));
	tag_module(0x2000000, 0x2000010, "");
	tag_text(2, "GRUB 2.06");
	end();
	tag_text(1, "behind the end");
	multiboot2_take(&block);
	assert_string_equal(boot_info.cmdline, "console=com1 dom0_mem=1024M");
	assert_int_equal(boot_info.nr_modules, 2);
	assert_int_equal(boot_info.modules[0].start, 0x1000000);
	assert_int_equal(boot_info.modules[0].size, 0x800001);
	assert_string_equal(boot_info.modules[0].cmdline, "root=/dev/sda1 quiet");
	assert_int_equal(boot_info.modules[1].size, 0x10);
	assert_string_equal(boot_info.modules[1].cmdline, "");
	/* What adjoins and is of one kind is one. */
	assert_int_equal(boot_info.nr_ranges, 4);
	expect_range(0, 0, 0xa0000, E820_RAM);
	expect_range(1, 0x100000, 0x400000, E820_RAM);
	expect_range(2, 0x500000, 0x1000, E820_NVS);
	expect_range(3, 0x600000, 0x1000, E820_RESERVED);
	assert_int_equal(boot_info.rsdp[0], 0);
}

/* The new form wins, wherever it stands. */
static void test_rsdp(void **state)
{
	static const char one[20] = "RSD PTR one", two[36] = "RSD PTR two";

	begin();
	tag(14, one, sizeof(one));
	end();
	multiboot2_take(&block);
	assert_memory_equal(boot_info.rsdp, one, sizeof(one));
	assert_int_equal(boot_info.rsdp[20], 0);
	for (int first = 0; first < 2; first++) {
		begin();
		tag(first ? 15 : 14, first ? two : one, first ? sizeof(two) : sizeof(one));
		tag(first ? 14 : 15, first ? one : two, first ? sizeof(one) : sizeof(two));
		end();
		multiboot2_take(&block);
		assert_memory_equal(boot_info.rsdp, two, sizeof(two));
	}
	/* Longer than today's. */
	begin();
	tag(15, "RSD PTR longer, and longer, and longer than that", 49);
	end();
	multiboot2_take(&block);
	assert_memory_equal(boot_info.rsdp, "RSD PTR longer, and longer, and long", 36);
}

/* Names in front of a module's words: by the loader's own. */
static void test_names(void **state)
{
	begin();
	tag_text(2, "another loader");
	tag_module(0x1000, 0x2000, "/vmlinuz quiet");
	end();
	multiboot2_take(&block);
	assert_string_equal(boot_info.modules[0].cmdline, "quiet");
}

static void test_too_many(void **state)
{
	jmp_buf here;

	begin();
	for (uint32_t i = 0; i < BOOT_MODULES + 2; i++)
		tag_module(0x1000 * (i + 1), 0x1000 * (i + 1) + 1, "x y");
	end();
	multiboot2_take(&block);
	assert_int_equal(boot_info.nr_modules, BOOT_MODULES);
	begin();
	for (uint32_t i = 0; i < BOOT_RANGES; i++)
		boot_range_add(0x2000 * i, 0x1000, E820_RAM);
	boot_range_add(0x2000 * BOOT_RANGES, 0, E820_RAM);
	assert_int_equal(boot_info.nr_ranges, BOOT_RANGES);
	panic_to = &here;
	if (!setjmp(here)) {
		boot_range_add(0x2000 * BOOT_RANGES, 0x1000, E820_RAM);
		panic_to = NULL;
		fail_msg("one range too many was taken");
	}
	panic_to = NULL;
}

static void expect_damaged(uint32_t type, uint32_t size)
{
	jmp_buf here;
	uint32_t *head;

	begin();
	tag_text(1, "quiet");
	head = (uint32_t *)((unsigned char *)&block + block.total);
	end();
	head[0] = type;
	head[1] = size;
	panic_to = &here;
	if (!setjmp(here)) {
		multiboot2_take(&block);
		panic_to = NULL;
		fail_msg("tag %u of %u bytes was taken", type, size);
	}
	panic_to = NULL;
}

static void test_damaged(void **state)
{
	expect_damaged(1, 0);
	expect_damaged(1, 7);
	expect_damaged(1, 9);
	expect_damaged(3, 4096);
	expect_damaged(3, UINT32_MAX);
	expect_damaged(0, UINT32_MAX - 6);
	/* Without an end, it ends where the block does. */
	begin();
	tag_text(1, "quiet");
	multiboot2_take(&block);
	assert_string_equal(boot_info.cmdline, "quiet");
	block.total = 0;
	multiboot2_take(&block);
	/* A map of entries without size is none. */
	begin();
	tag(6, (uint32_t[]){ 0, 0, 1, 2, 3, 4, 5, 6, 7, 8 }, 40);
	end();
	multiboot2_take(&block);
	assert_int_equal(boot_info.nr_ranges, 0);
	/* Nor is what is left of a map behind its last whole entry. */
	begin();
	tag(6, (uint32_t[]){ 40, 0, 0, 0, 0x1000, 0, 1, 0, 0, 0, 0, 0, 0x2000, 0, 0x1000, 0 }, 64);
	end();
	multiboot2_take(&block);
	assert_int_equal(boot_info.nr_ranges, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_rsdp),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
