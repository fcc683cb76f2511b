/* SPDX-License-Identifier: GPL-2.0-or-later
 * The hypervisor's command line: words, numbers, sizes.
 */
#include <string.h>

#include "tests/core/core_check.h"

#include "xen-core/lib/cmdline.h"

static void expect_word(const char *cmdline, const char *name, const char *value)
{
	char buf[32] = "untouched";

	assert_int_equal(cmdline_get(cmdline, name, buf, sizeof(buf)), value != NULL);
	assert_string_equal(buf, value ? value : "untouched");
}

static void test_words(void **state)
{
	expect_word(NULL, "a", NULL);
	expect_word("", "a", NULL);
	expect_word("   ", "a", NULL);
	expect_word("a", "a", "");
	expect_word("a=", "a", "");
	expect_word("a=1", "a", "1");
	expect_word("  a=1  b=2  ", "a", "1");
	expect_word("  a=1  b=2  ", "b", "2");
	expect_word("a=1 b=2 a=3", "a", "3");
	expect_word("a=1 a", "a", "");
	expect_word("a=b=c", "a", "b=c");
	expect_word("dom0_mem=512M,max:512M x", "dom0_mem", "512M,max:512M");
}

static void test_other_words(void **state)
{
	expect_word("ab=1", "a", NULL);
	expect_word("ba=1", "a", NULL);
	expect_word("b=a", "a", NULL);
	expect_word("no-a a1 aa A=1", "a", NULL);
	expect_word("dom0_mem", "dom0_mem_", NULL);
	expect_word("dom0", "dom0_mem", NULL);
}

static void test_word_cut(void **state)
{
	char buf[5] = "zzzz";

	assert_true(cmdline_get("a=123456", "a", buf, 4));
	assert_string_equal(buf, "123");
	assert_int_equal(buf[4], '\0');
	assert_true(cmdline_get("a=123456", "a", buf, 1));
	assert_string_equal(buf, "");
}

static void test_module(void **state)
{
	static const char grub[] = "GRUB 2.06-13+deb12u2";

	assert_string_equal(cmdline_words("vmlinux console=hvc0 quiet", "qemu"), "console=hvc0 quiet");
	assert_string_equal(cmdline_words("vmlinux", "qemu"), "");
	assert_string_equal(cmdline_words("/boot/vmlinuz quiet", "GRUB 0.97"), "quiet");
	assert_string_equal(cmdline_words("/boot/vmlinuz quiet", ""), "quiet");
	assert_string_equal(cmdline_words("", "qemu"), "");
	assert_string_equal(cmdline_words("placeholder root=/dev/sda1 ro", grub), "root=/dev/sda1 ro");
	assert_string_equal(cmdline_words("placeholder", grub), "");
	assert_string_equal(cmdline_words("root=/dev/sda1 ro", grub), "root=/dev/sda1 ro");
	assert_string_equal(cmdline_words("placeholder2 ro", grub), "placeholder2 ro");
	assert_string_equal(cmdline_words("place ro", grub), "place ro");
	assert_string_equal(cmdline_words("", grub), "");
}

struct number {
	const char *text;
	uint64_t value;
	bool ok;
};

static void test_number(void **state)
{
	static const struct number numbers[] = {
		{ "0", 0, true },
		{ "7", 7, true },
		{ "12x", 12, true },
		{ "010", 10, true },
		{ "12 34", 12, true },
		{ "0x1F", 0x1f, true },
		{ "0xfg", 0xf, true },
		{ "18446744073709551615", UINT64_MAX, true },
		{ "0xffffffffffffffff", UINT64_MAX, true },
		{ "9a", 9, true },
		{ "", 0, false },
		{ "x", 0, false },
		{ "0x", 0, false },
		{ "0xg", 0, false },
		{ "-1", 0, false },
		{ " 1", 0, false },
		{ "a", 0, false },
		{ "18446744073709551616", 0, false },
		{ "99999999999999999999", 0, false },
		{ "0x10000000000000000", 0, false },
		{ "\xff", 0, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		uint64_t value = 0;

		assert_int_equal(cmdline_number(numbers[i].text, &value), numbers[i].ok);
		if (numbers[i].ok)
			assert_int_equal(value, numbers[i].value);
	}
}

static void test_size(void **state)
{
	static const struct number sizes[] = {
		{ "1", 1024, true },
		{ "1B", 1, true },
		{ "1b", 1, true },
		{ "3k", 3 << 10, true },
		{ "3K", 3 << 10, true },
		{ "512M", UINT64_C(512) << 20, true },
		{ "512m,max:1G", UINT64_C(512) << 20, true },
		{ "2G", UINT64_C(2) << 30, true },
		{ "2t", UINT64_C(2) << 40, true },
		{ "1,2", 1024, true },
		{ "0x10M", UINT64_C(16) << 20, true },
		{ "0", 0, true },
		{ "16777215T", UINT64_C(16777215) << 40, true },
		{ "18446744073709551615B", UINT64_MAX, true },
		{ "", 0, false },
		{ "M", 0, false },
		{ "-1G", 0, false },
		{ "16777216T", 0, false },
		{ "18446744073709551615", 0, false },
		{ "18446744073709551616B", 0, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint64_t bytes = 99;

		assert_int_equal(cmdline_size(sizes[i].text, &bytes), sizes[i].ok);
		assert_int_equal(bytes, sizes[i].ok ? sizes[i].value : 99);
	}
}

static void test_bounce(void **state)
{
	static const struct { const char *text, *wanted;
	} rows[] = {
		{ "", "swiotlb=force " },
		{ "root=/dev/sda1 ro", "swiotlb=force root=/dev/sda1 ro" },
		{ "swiotlb=force", "swiotlb=force" },
		{ "swiotlb=2048,,force a", "swiotlb=2048,,force a" },
		{ "swiotlb=65536", "swiotlb=force swiotlb=65536" },
		{ "swiotlb=noforce", "swiotlb=noforce" },
		{ "myswiotlb=force", "swiotlb=force myswiotlb=force" },
		{ "a=swiotlb=force", "swiotlb=force a=swiotlb=force" },
		{ "ro -- single", "swiotlb=force ro -- single" },
	};
	char text[64];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		strcpy(text, rows[i].text);
		assert_true(cmdline_bounce(text, sizeof(text)));
		assert_string_equal(text, rows[i].wanted);
	}
	/* To the last byte, and no further. */
	strcpy(text, "abc");
	assert_true(cmdline_bounce(text, sizeof("abc swiotlb=force")));
	strcpy(text, "abc");
	assert_false(cmdline_bounce(text, sizeof("abc swiotlb=force") - 1));
	assert_string_equal(text, "abc");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_other_words),
		cmocka_unit_test(test_word_cut),
		cmocka_unit_test(test_module),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_bounce),
	};

	return cmocka_run_group_tests_name("core cmdline", tests, NULL, NULL);
}
