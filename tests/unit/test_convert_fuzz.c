/* SPDX-License-Identifier: GPL-2.0-or-later
 * Files of xl's that nobody would write, made of words that it has and of damage: 20000 of them, 10^6 with
 * XLITE_CHECK_LONG=1. XLITE_FUZZ_SEED begins elsewhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/fuzz/convert_gen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void test_random(void **state)
{
	const char *seed = getenv("XLITE_FUZZ_SEED"), *all = getenv("XLITE_CHECK_LONG");
	unsigned long inputs = all && *all == '1' ? 1000000 : 20000;

	convert_gen_seed(seed && *seed ? strtoull(seed, NULL, 0) : 88172645463325252);
	for (unsigned long i = 0; i < inputs; i++) {
		struct buf text = BUF_INIT;
		const char options = (char)convert_gen_draw(16);

		buf_add(&text, &options, 1);
		if (convert_gen_draw(3))
			convert_gen_text(&text);
		else
			convert_gen_xml(&text);
		assert_false(text.failed);
		LLVMFuzzerTestOneInput((const uint8_t *)text.data, text.len);
		buf_clear(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_random) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
