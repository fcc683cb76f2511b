/* SPDX-License-Identifier: GPL-2.0-or-later
 * MAC addresses: text there and back, and what is refused.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "common/auto.h"
#include "common/mac.h"

static void test_text(void **state)
{
	static const uint8_t want[6] = { 0x00, 0x16, 0x3e, 0x5e, 0x6c, 0xff };
	char text[MAC_TEXT];
	uint8_t mac[6];

	assert_true(mac_parse("00:16:3E:5e:6c:fF", mac));
	assert_memory_equal(mac, want, sizeof(want));
	assert_string_equal(mac_text(mac, text), "00:16:3e:5e:6c:ff");
}

static void test_refused(void **state)
{
	static const char *const bad[] = { "",
					   ":",
					   "00:16:3e:5e:6c",
					   "00:16:3e:5e:6c:",
					   "00:16:3e:5e:6c:0",
					   "00:16:3e:5e:6c:011",
					   "00:16:3e:5e:6c:01 ",
					   " 00:16:3e:5e:6c:01",
					   "0:16:3e:5e:6c:01",
					   "00-16-3e-5e-6c-01",
					   "00:16:3e:5e:6c:0g",
					   "+0:16:3e:5e:6c:01",
					   "0x:16:3e:5e:6c:01",
					   "00163e5e6c01",
					   "00:16:3e:5e:6c:01:02",
					   "@0:16:3e:5e:6c:01" };
	static const uint8_t before[6] = { 1, 2, 3, 4, 5, 6 };
	uint8_t mac[6];

	memcpy(mac, before, sizeof(mac));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(mac_parse(bad[i], mac));
	assert_memory_equal(mac, before, sizeof(before));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_text), cmocka_unit_test(test_refused) };

	return cmocka_run_group_tests_name("mac", tests, NULL, NULL);
}
