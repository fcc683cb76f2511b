/* SPDX-License-Identifier: GPL-2.0-or-later
 * Packed kernels: every format, cut at every byte, with bytes flipped, too large, too greedy.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/image_check.h"

#define FLIPS 1000

static void test_formats(void **state)
{
	struct bytes elf = elf_make(&elf_small), memory = elf_memory(&elf_small, &elf);
	char format[64];

	for (const struct packing *p = packings; p->name; p++) {
		struct bytes image = small_bzimage(p), packed = p->pack(&elf);

		snprintf(format, sizeof(format), *p->name ? "bzImage (%s)" : "bzImage", p->name);
		expect_loaded(&image, LIMIT, 0, &memory, SMALL_LOW, SMALL_ENTRY, format);
		expect_loaded(&image, LIMIT, 13, &memory, SMALL_LOW, SMALL_ENTRY, format);
		snprintf(format, sizeof(format), *p->name ? "ELF (%s)" : "ELF", p->name);
		expect_loaded(&packed, LIMIT, 0, &memory, SMALL_LOW, SMALL_ENTRY, format);
		bytes_clear(&packed);
		bytes_clear(&image);
	}
	bytes_clear(&memory);
	bytes_clear(&elf);
}

/* Larger than the buffers inside: 1 MiB of input, 8 MiB blocks of lz4. */
static void test_large(void **state)
{
	static const size_t windows[] = { 0, 9 << 20, 100000 };
	struct elf_plan plan = elf_small;
	struct bytes elf, memory;
	uint64_t seed = 1;
	char format[64];

	plan.phdrs[1].filesz = 9 << 20;
	plan.phdrs[1].memsz = 10 << 20;
	plan.size = (9 << 20) + 0x2000;
	elf = elf_make(&plan);
	/* Mostly zeros, with noise enough to fill more than one buffer. */
	memset(elf.data + 0x1000, 0, elf.len - 0x1000);
	for (size_t i = 0x1000; i < 3 << 20; i++)
		elf.data[i] = (uint8_t)noise(&seed);
	memory = elf_memory(&plan, &elf);
	for (const struct packing *p = packings; p->name; p++) {
		struct bytes packed = p->pack(&elf), image = bzimage_make(&packed, *p->name, (uint32_t)elf.len);

		snprintf(format, sizeof(format), *p->name ? "bzImage (%s)" : "bzImage", p->name);
		for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++)
			expect_loaded(&image, 32 << 20, windows[i], &memory, SMALL_LOW, SMALL_ENTRY, format);
		bytes_clear(&image);
		bytes_clear(&packed);
	}
	bytes_clear(&memory);
	bytes_clear(&elf);
}

/* The payload as the header describes it ends at every possible byte. */
static void test_cut_payload(void **state)
{
	for (const struct packing *p = packings; p->name; p++) {
		struct bytes image = small_bzimage(p);
		uint32_t length, whole;
		unsigned good = 0;

		memcpy(&length, image.data + 0x24c, 4);
		/* Up to the last byte that is needed: all of the stream, or the last segment of what is not packed. */
		whole = *p->name ? length - 4 : 0xe00;
		for (uint32_t cut = 1; cut < length; cut++) {
			struct memory memory = { 0 };
			struct xlite_image_info info;
			struct xlite_error err = { 0 };
			int rc;

			memcpy(image.data + 0x24c, &cut, 4);
			rc = image_try(&image, LIMIT, &memory, &info, &err);
			memory_clear(&memory);
			if (cut >= whole)
				assert_int_equal(rc, 0);
			else if (!rc)
				fail_msg("%s: cut to %u of %u bytes, and no error", p->name, cut, length);
			good += !rc;
			if (rc)
				assert_true(strlen(err.message) > 20);
		}
		assert_int_equal(good, length - whole);
		bytes_clear(&image);
	}
}

/* The file ends at every possible byte. */
static void test_cut_file(void **state)
{
	for (const struct packing *p = packings; p->name; p += 2) {
		struct bytes image = small_bzimage(p), part = image;

		for (part.len = 0; part.len < image.len - 64; part.len++) {
			struct memory memory = { 0 };
			struct xlite_image_info info;
			int rc = image_try(&part, LIMIT, &memory, &info, NULL);

			assert_true(rc == -ENOEXEC || rc == -EBADMSG);
			memory_clear(&memory);
		}
		bytes_clear(&image);
	}
}

static void flip(struct bytes *file, uint64_t *state)
{
	unsigned flips = 1 + noise(state) % 3;

	while (flips--)
		file->data[noise(state) % file->len] ^= (uint8_t)(1 + noise(state) % 255);
}

/* Whatever is flipped: an error or, where a checksum guards the contents, the right contents. */
static void test_flips(void **state)
{
	struct bytes elf = elf_make(&elf_small), wanted = elf_memory(&elf_small, &elf);
	uint64_t seed = 0x9e3779b97f4a7c15;

	for (const struct packing *p = packings; p->name; p++) {
		struct bytes packed = p->pack(&elf);
		unsigned loaded = 0;

		for (int i = 0; i < FLIPS; i++) {
			struct bytes file = bytes_copy(&packed);
			struct memory memory = { 0 };
			struct xlite_image_info info = { 0 };

			flip(&file, &seed);
			if (!image_try(&file, LIMIT, &memory, &info, NULL)) {
				loaded++;
				if (p->checked) {
					assert_int_equal(info.entry, SMALL_ENTRY);
					assert_memory_equal(memory.bytes, wanted.data, wanted.len);
				}
			}
			memory_clear(&memory);
			bytes_clear(&file);
		}
		/* A checksum finds nearly all of them. */
		if (p->checked)
			assert_true(loaded < FLIPS / 20);
		bytes_clear(&packed);
	}
	bytes_clear(&wanted);
	bytes_clear(&elf);
}

/* More than the limit comes out, after all that the headers want. */
static void test_bomb_xsa_25(void **state)
{
	struct elf_plan plan = elf_small;
	struct bytes elf, memory;

	plan.size = 8 << 20;
	elf = elf_make(&plan);
	memset(elf.data + 0x1000, 0, elf.len - 0x1000);
	memory = elf_memory(&plan, &elf);
	for (const struct packing *p = packings + 1; p->name; p++) {
		struct bytes packed = p->pack(&elf);
		char format[64];

		snprintf(format, sizeof(format), "ELF (%s)", p->name);
		expect_failure_limit(&packed, LIMIT, -EFBIG, ": unpacks to more than the limit of 1048576 bytes");
		expect_failure_limit(&packed, elf.len - 1, -EFBIG, ": unpacks to more than the limit of 8388607 bytes");
		expect_failure_limit(&packed, 100, -EFBIG, ": unpacks to more than the limit of 100 bytes");
		expect_loaded(&packed, elf.len, 0, &memory, SMALL_LOW, SMALL_ENTRY, format);
		bytes_clear(&packed);
	}
	/* A file that is not packed may be long, as long as its segments are not. */
	expect_loaded(&elf, 0xe00, 0, &memory, SMALL_LOW, SMALL_ENTRY, "ELF");
	expect_failure_limit(&elf, 0xdff, -EFBIG, "past the limit of 3583");
	bytes_clear(&memory);
	bytes_clear(&elf);
}

/* Decoders that would need more memory than any kernel's build asks for. */
static void test_greedy_xsa_25(void **state)
{
	uint8_t lzma[64] = { 0x5d, 0, 0, 0, 0x40, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 1, 2, 3, 4, 5 };
	uint8_t zstd[64] = { 0x28, 0xb5, 0x2f, 0xfd, 0, 0xa8, 1, 0, 0 };
	struct bytes file = { lzma, sizeof(lzma) };

	expect_failure(&file, -E2BIG, ": unpacking its lzma data takes more than 160 MiB of memory");
	file.data = zstd;
	expect_failure(&file, -E2BIG, ": unpacking its zstd data takes more than 160 MiB of memory");
}

static void test_size_mark(void **state)
{
	struct bytes elf = elf_make(&elf_small);

	for (const struct packing *p = packings + 1; p->name; p++) {
		struct bytes packed = p->pack(&elf), image = bzimage_make(&packed, true, (uint32_t)elf.len + 1);

		expect_failure(&image, -EBADMSG, ": corrupted: unpacks to 4096 bytes, but its header says 4097");
		bytes_clear(&image);
		bytes_clear(&packed);
	}
	bytes_clear(&elf);
}

/* Two streams, one after the other, as parallel packers make them; and rubbish behind. */
static void test_streams(void **state)
{
	struct bytes elf = elf_make(&elf_small), memory = elf_memory(&elf_small, &elf);
	struct bytes head = { elf.data, 0x700 }, tail = { elf.data + 0x700, elf.len - 0x700 };

	for (const struct packing *p = packings + 1; p->name; p++) {
		struct bytes one = p->pack(&head), other = p->pack(&tail), both;
		char format[64];

		both = (struct bytes){ calloc(1, one.len + other.len + 100), one.len + other.len };
		assert_non_null(both.data);
		memcpy(both.data, one.data, one.len);
		memcpy(both.data + one.len, other.data, other.len);
		snprintf(format, sizeof(format), "ELF (%s)", p->name);
		expect_loaded(&both, LIMIT, 0, &memory, SMALL_LOW, SMALL_ENTRY, format);
		/* The legacy format of lz4 has no end but the file's. */
		both.len += 100;
		if (strcmp(p->name, "lz4 legacy"))
			expect_loaded(&both, LIMIT, 0, &memory, SMALL_LOW, SMALL_ENTRY, format);
		else
			expect_failure(&both, -EBADMSG, ": corrupted lz4 (legacy) data");
		bytes_clear(&both);
		bytes_clear(&one);
		bytes_clear(&other);
	}
	bytes_clear(&memory);
	bytes_clear(&elf);
}

/* The stream is whole, the ELF file in it is not. */
static void test_short_elf(void **state)
{
	struct bytes elf = elf_make(&elf_small), part = elf;

	for (const struct packing *p = packings + 1; p->name; p++) {
		struct bytes packed;

		part.len = 0xdff;
		packed = p->pack(&part);
		expect_failure(&packed, -EBADMSG, ": truncated: its ELF file ends after 3583 bytes");
		bytes_clear(&packed);
		part.len = 0x100;
		packed = p->pack(&part);
		expect_failure(&packed, -EBADMSG, ": truncated: its ELF file ends");
		bytes_clear(&packed);
		part.len = 40;
		packed = p->pack(&part);
		expect_failure(&packed, -EBADMSG, ": truncated: its ELF file has only 40 bytes");
		bytes_clear(&packed);
	}
	bytes_clear(&elf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_cut_payload),
		cmocka_unit_test(test_cut_file),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_bomb_xsa_25),
		cmocka_unit_test(test_greedy_xsa_25),
		cmocka_unit_test(test_size_mark),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_short_elf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
