/* SPDX-License-Identifier: GPL-2.0-or-later
 * The ACPI tables, walked from the RSDP as a guest walks them, with offsets from the ACPI
 * specification and none of the code's own layouts.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "xlite/lib/acpi.h"

#define BASE UINT64_C(0xfc008000)

static uint8_t tables[2 * XLITE_ACPI_SIZE_MAX];

static uint64_t get(const uint8_t *at, unsigned len)
{
	uint64_t value = 0;

	memcpy(&value, at, len);
	return value;
}

static unsigned sum(const uint8_t *at, size_t len)
{
	unsigned total = 0;

	while (len--)
		total += *at++;
	return total & 0xff;
}

/* The table at a guest physical address: inside what was built, summing up to 0. */
static const uint8_t *table_at(uint64_t address, long used, const char *signature)
{
	const uint8_t *table;
	uint64_t length;

	assert_in_range(address, BASE + 36, BASE + (uint64_t)used - 36);
	assert_int_equal(address % 16, 0);
	table = tables + (address - BASE);
	length = get(table + 4, 4);
	assert_in_range(length, 36, BASE + (uint64_t)used - address);
	assert_memory_equal(table, signature, 4);
	assert_int_equal(sum(table, length), 0);
	return table;
}

static const uint8_t *rsdp_check(long used)
{
	assert_memory_equal(tables, "RSD PTR ", 8);
	assert_int_equal(sum(tables, 20), 0);
	assert_int_equal(sum(tables, 36), 0);
	assert_int_equal(tables[15], 2);
	assert_int_equal(get(tables + 16, 4), 0);
	assert_int_equal(get(tables + 20, 4), 36);
	return table_at(get(tables + 24, 8), used, "XSDT");
}

static void fadt_check(const uint8_t *fadt, long used)
{
	const uint8_t *dsdt = table_at(get(fadt + 140, 8), used, "DSDT");

	assert_int_equal(get(fadt + 4, 4), 268);
	assert_int_equal(fadt[8], 5);
	assert_int_equal(get(fadt + 40, 4), get(fadt + 140, 8));
	assert_int_equal(get(fadt + 109, 2), 1 << 2 | 1 << 5);		/* no VGA, no CMOS clock; no 8042, no ISA */
	assert_int_equal(get(fadt + 112, 4) & (1 << 20 | 1 << 4 | 1 << 5), 1 << 20 | 1 << 4 | 1 << 5);
	/* Nothing of fixed hardware: PM blocks, SMI, SCI, GPE. */
	for (unsigned i = 46; i < 109; i++)
		assert_int_equal(fadt[i], 0);
	for (unsigned i = 148; i < 268; i++)
		assert_int_equal(fadt[i], 0);
	/* \_SB is named in it. */
	assert_int_equal(get(dsdt + 4, 4), 36 + 7);
	assert_memory_equal(dsdt + 36, "\x10\x06\\_SB_", 7);
}

static void madt_check(const uint8_t *madt, unsigned vcpus)
{
	const uint8_t *at = madt + 44, *end = madt + get(madt + 4, 4);
	unsigned n;

	assert_int_equal(get(madt + 36, 4), 0xfee00000);
	assert_int_equal(get(madt + 40, 4), 0);
	for (n = 0; at < end; n++, at += at[1]) {
		if (n < 128) {
			assert_int_equal(at[0], 0);
			assert_int_equal(at[1], 8);
			assert_int_equal(at[2], n);
			assert_int_equal(at[3], 2 * n);
			assert_int_equal(get(at + 4, 4), 1);
		} else {
			assert_int_equal(at[0], 9);
			assert_int_equal(at[1], 16);
			assert_int_equal(get(at + 2, 2), 0);
			assert_int_equal(get(at + 4, 4), 2 * n);
			assert_int_equal(get(at + 8, 4), 1);
			assert_int_equal(get(at + 12, 4), n);
		}
	}
	assert_ptr_equal(at, end);
	assert_int_equal(n, vcpus);
}

static void test_tables_xsa_464(void **state)
{
	static const unsigned counts[] = { 1, 2, 3, 64, 127, 128, 129, 255, 256, 512 };

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		const uint8_t *xsdt;
		long used;

		memset(tables, 0xa5, sizeof(tables));
		used = xlite_acpi_build(tables, sizeof(tables), BASE, counts[i]);
		assert_in_range(used, 36, XLITE_ACPI_SIZE_MAX);
		xsdt = rsdp_check(used);
		assert_int_equal(get(xsdt + 4, 4), 36 + 16);
		fadt_check(table_at(get(xsdt + 36, 8), used, "FACP"), used);
		madt_check(table_at(get(xsdt + 44, 8), used, "APIC"), counts[i]);
		/* Nothing of what was there before remains (XSA-464). */
		for (size_t at = (size_t)used; at < sizeof(tables); at++)
			assert_int_equal(tables[at], 0);
		for (size_t at = 0; at < 36 + 12; at++)
			assert_int_not_equal(tables[at], 0xa5);
	}
}

static void test_no_leak_between_xsa_464(void **state)
{
	static uint8_t other[sizeof(tables)];
	long used;

	memset(tables, 0xa5, sizeof(tables));
	memset(other, 0x5a, sizeof(other));
	used = xlite_acpi_build(tables, sizeof(tables), BASE, 5);
	assert_int_equal(xlite_acpi_build(other, sizeof(other), BASE, 5), used);
	assert_memory_equal(tables, other, sizeof(tables));
}

static void test_refused(void **state)
{
	long used = xlite_acpi_build(tables, sizeof(tables), BASE, 4);

	assert_int_equal(xlite_acpi_build(tables, sizeof(tables), BASE, 0), -EINVAL);
	assert_int_equal(xlite_acpi_build(tables, sizeof(tables), BASE, 513), -EINVAL);
	assert_int_equal(xlite_acpi_build(tables, sizeof(tables), BASE + 8, 1), -EINVAL);
	assert_int_equal(xlite_acpi_build(tables, sizeof(tables), UINT64_C(1) << 32, 1), -EINVAL);
	assert_int_equal(xlite_acpi_build(tables, (size_t)used, BASE, 4), used);
	/* Heap of the exact size, so that a sanitizer sees a byte too many. */
	for (long size = 0; size < used; size++) {
		uint8_t *small = malloc(size ? (size_t)size : 1);

		assert_int_equal(xlite_acpi_build(small, (size_t)size, BASE, 4), -ENOSPC);
		free(small);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables_xsa_464),
		cmocka_unit_test(test_no_leak_between_xsa_464),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
