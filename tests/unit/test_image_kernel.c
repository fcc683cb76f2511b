/* SPDX-License-Identifier: GPL-2.0-or-later
 * A real kernel, named by XLITE_TEST_KERNEL, against the ELF file inside it as another program unpacked
 * it, named by XLITE_TEST_VMLINUX (the output of `xz -dc` or the like, readelf's view of it).
 */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/auto.h"
#include "tests/unit/image_check.h"

static struct bytes read_file(const char *path)
{
	auto_fclose FILE *file = fopen(path, "re");
	struct bytes b = { 0 };
	long len;

	if (!file || fseek(file, 0, SEEK_END) || (len = ftell(file)) < (long)sizeof(Elf64_Ehdr) || fseek(file, 0, SEEK_SET))
		return b;
	b = (struct bytes){ malloc((size_t)len), (size_t)len };
	if (b.data && fread(b.data, 1, b.len, file) != b.len)
		bytes_clear(&b);
	return b;
}

/* Reads the reference without any of the code under test. */
static void compare(const struct memory *memory, const struct bytes *elf)
{
	uint64_t end = 0;
	Elf64_Ehdr header;

	memcpy(&header, elf->data, sizeof(header));
	for (unsigned i = 0; i < header.e_phnum; i++) {
		Elf64_Phdr phdr;

		memcpy(&phdr, elf->data + header.e_phoff + i * sizeof(phdr), sizeof(phdr));
		if (phdr.p_type != PT_LOAD)
			continue;
		assert_in_range(phdr.p_paddr, memory->low, memory->high - phdr.p_memsz);
		assert_memory_equal(memory->bytes + (phdr.p_paddr - memory->low), elf->data + phdr.p_offset, phdr.p_filesz);
		for (uint64_t at = phdr.p_filesz; at < phdr.p_memsz; at++)
			assert_int_equal(memory->bytes[phdr.p_paddr - memory->low + at], 0);
		if (phdr.p_paddr + phdr.p_memsz > end)
			end = phdr.p_paddr + phdr.p_memsz;
	}
	assert_int_equal(end, memory->high);
}

static void test_kernel(void **state)
{
	const char *path = getenv("XLITE_TEST_KERNEL"), *reference = getenv("XLITE_TEST_VMLINUX");
	struct memory memory = { .window_max = 3 << 20 };
	struct xlite_image_sink sink = memory_sink(&memory);
	struct xlite_image *image = NULL;
	struct xlite_image_info info;
	struct xlite_error err = { 0 };
	struct bytes elf;

	if (xlite_image_open(&image, path, 256 << 20, &err))
		fail_msg("%s", err.message);
	assert_true(xlite_image_least_size(image) > 1 << 20);
	if (xlite_image_load(image, &sink, &info, &err))
		fail_msg("%s", err.message);
	assert_int_equal(xlite_image_least_size(image), info.high);
	elf = read_file(reference);
	assert_non_null(elf.data);
	compare(&memory, &elf);
	print_message("%s: entry 0x%x\n", info.format, info.entry);
	bytes_clear(&elf);
	memory_clear(&memory);
	xlite_image_close(image);
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
	return cmocka_run_group_tests(tests, NULL, NULL);
}
