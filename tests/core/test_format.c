/* SPDX-License-Identifier: GPL-2.0-or-later
 * Formatting: as the host's printf does it, and never behind the buffer's end.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/core/core_check.h"

/* Formats that the compiler cannot check, or would refuse. */
static size_t ours(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	size_t len;

	va_start(ap, fmt);
	len = format_va(buf, size, fmt, ap);
	va_end(ap);
	return len;
}

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void theirs(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, size, fmt, ap);
	va_end(ap);
}

#define assert_same(...) \
	do { \
		char want[200], got[200]; \
		theirs(want, sizeof(want), __VA_ARGS__); \
		assert_int_equal(ours(got, sizeof(got), __VA_ARGS__), strlen(want)); \
		assert_string_equal(got, want); \
	} while (0)

static void test_text(void **state)
{
	const char *none = NULL;
	char buf[100];

	assert_same("");
	assert_same("plain %% text\n");
	assert_same("%s|%8s|%-8s|%2s|", "abc", "abc", "abc", "abc");
	assert_same("%c%3c%-3c|", 'a', 'b', 'c');
	ours(buf, sizeof(buf), "%s|%8s", none, none);
	assert_string_equal(buf, "(none)|  (none)");
}

static void test_numbers(void **state)
{
	assert_same("%d %d %d %d %d", 0, 1, -1, INT_MAX, INT_MIN);
	assert_same("%u %x %u %x", 0, 0, UINT_MAX, UINT_MAX);
	assert_same("%ld %ld %lld", LONG_MAX, LONG_MIN, LLONG_MIN);
	assert_same("%lu %lx %llx %zu", ULONG_MAX, ULONG_MAX, ULLONG_MAX, SIZE_MAX);
	assert_same("%5d|%-5d|%05d|%5d|%-5d|%05d", 42, 42, 42, -42, -42, -42);
	assert_same("%1d|%01d|%03d|%04d", -42, -42, -42, -42);
	assert_same("%030d|%30ld|%-30ld|", -1, LONG_MIN, LONG_MIN);
	assert_same("%02x:%08x:%016lx", 7, 0xabc, 0xdeadbeefcafeUL);
	/* Arguments beyond those that come in registers, of both sizes. */
	assert_same("%d %ld %x %s %c %u %lu %d", -1, -2L, 3, "4", '5', 6, 7UL, 8);
}

static void test_pointer(void **state)
{
	char buf[40];

	assert_int_equal(format(buf, sizeof(buf), "%p", (void *)0xfee00020), 16);
	assert_string_equal(buf, "00000000fee00020");
	format(buf, sizeof(buf), "%p", (void *)NULL);
	assert_string_equal(buf, "0000000000000000");
}

static void test_chance(void **state)
{
	static const char *const flags[] = { "", "-", "0", "-0", "0-" };
	static const char *const conversions[] = { "d", "u", "x", "ld", "lu", "lx", "lld", "zu" };

	chance_seed(1);
	for (unsigned i = 0; i < 50000; i++) {
		const char *conversion = conversions[chance_below(ARRAY_SIZE(conversions))];
		uint64_t value = chance() >> chance_below(64);
		char fmt[20], width[4] = "";

		if (chance_below(2))
			snprintf(width, sizeof(width), "%u", (unsigned)chance_below(40) + 1);
		snprintf(fmt, sizeof(fmt), "<%%%s%s%s>", flags[chance_below(ARRAY_SIZE(flags))], width, conversion);
		if (chance_below(2))
			value = 0 - value;
		if (conversion[1])
			assert_same(fmt, value);
		else
			assert_same(fmt, (unsigned)value);
	}
}

/* Each buffer is as large as is said, so that the sanitizer sees a byte more. */
static void test_cut(void **state)
{
	static const char whole[] = "ab -0042     7fcut";

	for (size_t size = 0; size <= sizeof(whole) + 2; size++) {
		char *buf = malloc(size ? size : 1);
		size_t want = size ? MIN(size - 1, sizeof(whole) - 1) : 0;

		assert_non_null(buf);
		*buf = 'x';
		assert_int_equal(format(buf, size, "%s %05d%7x%s", "ab", -42, 0x7f, "cut"), want);
		if (size) {
			assert_int_equal(strlen(buf), want);
			assert_memory_equal(buf, whole, want);
		} else {
			assert_int_equal(*buf, 'x');
		}
		free(buf);
	}
}

/* What is not known stands there as it was, and a lone percent sign at the end is nothing. */
static void test_unknown(void **state)
{
	char buf[40];

	ours(buf, sizeof(buf), "a%q%5b|%d", 1);
	assert_string_equal(buf, "aqb|1");
	ours(buf, sizeof(buf), "a%");
	assert_string_equal(buf, "a");
	ours(buf, sizeof(buf), "a%-05ll");
	assert_string_equal(buf, "a");
	ours(buf, sizeof(buf), "%4294967297d|", 1);
	assert_string_equal(buf, "1|");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_pointer),
		cmocka_unit_test(test_chance),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests_name("core format", tests, NULL, NULL);
}
