/* SPDX-License-Identifier: GPL-2.0-or-later
 * What xlite_image_open says of files that are no kernels, or not ones that can be used.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/image_check.h"

static void expect_open(const char *path, int code, const char *message)
{
	struct xlite_image *image = NULL;
	struct xlite_error err = { 0 };

	assert_int_equal(xlite_image_open(&image, path, LIMIT, &err), code);
	assert_null(image);
	assert_string_equal(err.message, message);
	assert_int_equal(xlite_image_open(&image, path, LIMIT, NULL), code);
}

static void test_not_files(void **state)
{
	char dir[] = "/tmp/test_image.XXXXXX", fifo[64];

	expect_open("/nonexistent/vmlinuz", -ENOENT, "/nonexistent/vmlinuz: open: No such file or directory");
	expect_open("/", -EISDIR, "/: not a kernel: Is a directory");
	expect_open("/dev/null", -ENOEXEC, "/dev/null: not a kernel: not a regular file");
	assert_non_null(mkdtemp(dir));
	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	{
		struct xlite_error err = { 0 };
		struct xlite_image *image;

		assert_int_equal(xlite_image_open(&image, fifo, LIMIT, &err), -ENOEXEC);
		expect_text(err.message, "not a regular file");
	}
	unlink(fifo);
	rmdir(dir);
	xlite_image_close(NULL);
}

static void expect_head(const void *head, size_t at, size_t len, const char *text)
{
	uint8_t file[2048] = { 0 };
	struct bytes b = { file, sizeof(file) };

	memcpy(file + at, head, len);
	expect_failure(&b, -ENOEXEC, text);
}

static void test_other_kinds(void **state)
{
	struct bytes one = { (uint8_t *)(uintptr_t)"x", 1 };

	expect_failure(&(struct bytes){ one.data, 0 }, -ENOEXEC, ": not a kernel: the file is empty");
	expect_failure(&one, -ENOEXEC, ": neither an ELF file nor a bzImage");
	expect_head("#!/bin/sh\n", 0, 10, ": neither an ELF file nor a bzImage");
	expect_head("ARM\x64", 0x38, 4, ", but an arm64 kernel image");
	expect_head("\x18\x28\x6f\x01", 0x24, 4, ", but an ARM zImage");
	expect_head("RISCV\0\0\0", 0x30, 8, ", but a RISC-V kernel image");
	expect_head("MZ\0\0zimg", 0, 8, ", but a packed EFI program");
	expect_head("MZ", 0, 2, ", but an EFI program without a Linux boot header");
	expect_head("\x27\x05\x19\x56", 0, 4, ", but a U-Boot image");
	expect_head("070701", 0, 6, ", but a cpio archive, perhaps a ramdisk");
	expect_head("!<arch>\n", 0, 8, ", but an ar archive");
	expect_head("\x55\xaa", 0x1fe, 2, ", but a boot sector");
}

static void test_packed_others(void **state)
{
	uint8_t cpio[4096] = "070701";
	struct bytes in = { cpio, sizeof(cpio) };

	for (const struct packing *p = packings + 1; p->name; p++) {
		struct bytes packed = p->pack(&in);

		expect_failure(&packed, -ENOEXEC,
			       ": what is packed in it: neither an ELF file nor a bzImage, but a cpio archive");
		bytes_clear(&packed);
	}
}

static void test_bzimage_header(void **state)
{
	struct bytes image = small_bzimage(packings + 1);
	struct bytes payload = { (uint8_t *)(uintptr_t)"\x89LZO rest of it", 15 }, odd;
	uint32_t none = 0, huge = UINT32_MAX, length;

	image.data[0x206] = 5;
	expect_failure(&image, -ENOEXEC, ": a bzImage of boot protocol 2.05, at least 2.08 is needed");
	image.data[0x206] = 15;
	image.data[0x211] = 0;
	expect_failure(&image, -ENOEXEC, ": a zImage, loaded below 1 MiB");
	image.data[0x211] = 1;

	memcpy(&length, image.data + 0x24c, 4);
	memcpy(image.data + 0x24c, &none, 4);
	expect_failure(&image, -ENOEXEC, ": a bzImage without payload");
	memcpy(image.data + 0x24c, &huge, 4);
	expect_failure(&image, -EBADMSG, ": truncated: has ");
	memcpy(image.data + 0x24c, &length, 4);
	memcpy(image.data + 0x248, &huge, 4);
	expect_failure(&image, -EBADMSG, ": truncated: has ");

	odd = bzimage_make(&payload, false, 0);
	expect_failure(&odd, -ENOEXEC, "payload of unknown format (it begins 89 4c 5a 4f)");
	bytes_clear(&odd);
	bytes_clear(&image);
}

/* setup_sects of 0 means 4: the same file, told so. */
static void test_bzimage_sectors(void **state)
{
	struct bytes image = small_bzimage(packings + 1), elf = elf_make(&elf_small);
	struct bytes memory = elf_memory(&elf_small, &elf);

	image.data[0x1f1] = 0;
	expect_loaded(&image, LIMIT, 0, &memory, SMALL_LOW, SMALL_ENTRY, "bzImage (gzip)");
	bytes_clear(&image);
	bytes_clear(&elf);
	bytes_clear(&memory);
}

static void test_least_size(void **state)
{
	for (const struct packing *p = packings; p->name; p++) {
		struct bytes file = small_bzimage(p);
		struct xlite_image *image = NULL;

		assert_int_equal(xlite_image_open(&image, image_file(file.data, file.len), LIMIT, NULL), 0);
		assert_int_equal(xlite_image_least_size(image), SMALL_HIGH);
		xlite_image_close(image);
		bytes_clear(&file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_files),
		cmocka_unit_test(test_other_kinds),
		cmocka_unit_test(test_packed_others),
		cmocka_unit_test(test_bzimage_header),
		cmocka_unit_test(test_bzimage_sectors),
		cmocka_unit_test(test_least_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
