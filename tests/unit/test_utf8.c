/* SPDX-License-Identifier: GPL-2.0-or-later
 * Every code point, and what is none, through the decoder of UTF-8.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common/utf8.h"

static size_t encode(uint32_t c, char *text)
{
	static const unsigned char leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = len; i-- > 1; c >>= 6)
		text[i] = (char)(0x80 | (c & 0x3f));
	text[0] = (char)(leads[len] | c);
	return len;
}

static void every_character(void **state)
{
	(void)state;
	for (uint32_t c = 0; c < 0x120000; c++) {
		bool exists = c < 0x110000 && (c < 0xd800 || c > 0xdfff);
		uint32_t decoded = 0;
		char text[4];
		int len = (int)encode(c, text);

		assert_int_equal(utf8_decode(text, (size_t)len, &decoded), exists ? len : 0);
		if (!exists)
			continue;
		assert_int_equal(decoded, c);
		for (int cut = 1; cut < len; cut++)
			assert_int_equal(utf8_decode(text, (size_t)cut, NULL), UTF8_CUT);
	}
}

static void overlong_and_stray(void **state)
{
	static const char *const bad[] = {
		"\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80", "\xff", "\x80", "\xbf", "\xc3(", "\xe2\x82(", "\xf0\x9f\x98(",
	};
	uint32_t c;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(utf8_decode(bad[i], strlen(bad[i]), NULL), 0);
		assert_int_equal(utf8_step(bad[i], strlen(bad[i]), &c), 1);
		assert_int_equal(c, 0xfffd);
		assert_false(utf8_valid(bad[i], strlen(bad[i])));
	}
	assert_int_equal(utf8_decode("", 0, &c), 0);
	assert_true(utf8_valid("a\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", 10));
	assert_false(utf8_valid("a\xc3", 2));
}

/* A character has one reason to be refused, and letters have none. */
static void classes_are_apart(void **state)
{
	static const char letters[] = "aZ0~\xc3\xbc\xe6\x97\xa5\xd7\x90\xd9\x85\xf0\x9f\x98\x80";
	uint32_t c;

	(void)state;
	for (c = 0; c < 0x110000; c++) {
		int classes = utf8_is_control(c) + utf8_is_line_end(c) + utf8_is_direction(c) + utf8_is_space(c) +
			      utf8_is_invisible(c) + utf8_is_noncharacter(c);

		assert_true(classes <= 1);
	}
	for (size_t i = 0; i < sizeof(letters) - 1; ) {
		i += utf8_step(letters + i, sizeof(letters) - 1 - i, &c);
		assert_false(utf8_is_control(c) || utf8_is_direction(c) || utf8_is_space(c) || utf8_is_invisible(c));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_character), cmocka_unit_test(overlong_and_stray), cmocka_unit_test(classes_are_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
