/* SPDX-License-Identifier: GPL-2.0-or-later
 * Pictures of displays: a right one becomes a PNG that holds its rows, and what a hostile device model writes becomes nothing.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "common/auto.h"
#include "xlite/cli/png.h"

#define PPM(text) { (const uint8_t *)(text), sizeof(text) - 1 }

/* Signature, then chunks of length, type, data and sum: the rows are in the second. */
static void test_picture(void **state)
{
	static const char ppm[] = "P6\n2 3\n255\nabcdefghijklmnopqr";
	auto_buf struct buf png = BUF_INIT;
	uint8_t rows[3 * 7];
	uLongf len = sizeof(rows);
	struct xlite_error err = { 0 };
	const uint8_t *bytes;
	uint32_t size;

	assert_int_equal(png_from_ppm((const uint8_t *)ppm, sizeof(ppm) - 1, &png, &err), 0);
	bytes = (const uint8_t *)buf_str(&png);
	assert_memory_equal(bytes, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\2\0\0\0\3\x8\2\0\0\0", 29);
	assert_memory_equal(bytes + 37, "IDAT", 4);
	size = (uint32_t)bytes[33] << 24 | (uint32_t)bytes[34] << 16 | (uint32_t)bytes[35] << 8 | bytes[36];
	assert_int_equal(uncompress(rows, &len, bytes + 41, size), Z_OK);
	assert_int_equal(len, sizeof(rows));
	assert_memory_equal(rows, "\0abcdef\0ghijkl\0mnopqr", sizeof(rows));
	assert_memory_equal(bytes + 41 + size + 8, "IEND\xae\x42\x60\x82", 8);
	assert_int_equal(png.len, 41 + size + 16);
}

static void test_no_picture(void **state)
{
	static const struct { const uint8_t *bytes; size_t len;
	} bad[] = {
		PPM(""),
		PPM("P6"),
		PPM("P6\n"),
		PPM("P5\n1 1\n255\nabc"),
		PPM("P6\n1 1\n255\nab"),
		PPM("P6\n0 1\n255\n"),
		PPM("P6\n1 0\n255\n"),
		PPM("P6\n1 1\n65535\nabcabc"),
		PPM("P6\n-1 1\n255\nabc"),
		PPM("P6\n1 1\n255"),
		PPM("P6\n1 1 255\n"),
		PPM("P6\n1\n"),
		PPM("P6\n16385 1\n255\nabc"),
		PPM("P6\n4294967297 1\n255\nabc"),
		PPM("P6\n16384 16384\n255\nabc"),
		PPM("P6\n99999999999999999999 99999999999999999999\n255\nabc"),
		PPM("P6\nx 1\n255\nabc"),
		PPM("P6\n1x1\n255\nabc"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		auto_buf struct buf png = BUF_INIT;
		struct xlite_error err = { 0 };

		if (png_from_ppm(bad[i].bytes, bad[i].len, &png, &err) != -EBADMSG || png.len)
			fail_msg("number %zu is taken for a picture", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_picture),
		cmocka_unit_test(test_no_picture),
	};

	return cmocka_run_group_tests_name("png", tests, NULL, NULL);
}
