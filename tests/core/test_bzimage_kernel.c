/* SPDX-License-Identifier: GPL-2.0-or-later
 * A distribution's kernel, named by XLITE_TEST_KERNEL, against what another program unpacked of it, XLITE_TEST_VMLINUX.
 */
#include "tests/core/xz_check.h"

#include <stdio.h>
#include <stdlib.h>

#include "xen-core/boot/bzimage.h"

static struct bytes read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct bytes b;

	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	b = bytes_new((size_t)ftell(file));
	rewind(file);
	assert_int_equal(fread(b.data, 1, b.size, file), b.size);
	fclose(file);
	return b;
}

static void test_kernel(void **state)
{
	struct bytes file = read_file(getenv("XLITE_TEST_KERNEL")), plain = read_file(getenv("XLITE_TEST_VMLINUX")), room;
	struct bzimage b;

	assert_true(bzimage_is(file.data, file.size));
	assert_null(bzimage_open(&b, file.data, file.size));
	assert_int_equal(b.size, plain.size);
	room = bytes_new(bzimage_room(&b));
	assert_null(bzimage_unpack(&b, room.data));
	assert_memory_equal(room.data, plain.data, plain.size);
	/* One bit, somewhere in the middle: what it does there is found by the checksum at the latest. */
	file.data[file.size / 2] ^= 1;
	assert_non_null(bzimage_unpack(&b, room.data));
	bytes_free(&room);
	bytes_free(&file);
	bytes_free(&plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernel),
	};

	/* cmocka's own skip() is "not ok" in TAP. */
	if (!getenv("XLITE_TEST_KERNEL") || !getenv("XLITE_TEST_VMLINUX")) {
		puts("1..0 # SKIP no XLITE_TEST_KERNEL and XLITE_TEST_VMLINUX given");
		return 0;
	}
	return cmocka_run_group_tests_name("core bzimage kernel", tests, NULL, NULL);
}
