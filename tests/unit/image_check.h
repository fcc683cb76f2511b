/* SPDX-License-Identifier: GPL-2.0-or-later
 * Common checks of the image tests; included after cmocka.h.
 */
#ifndef TESTS_UNIT_IMAGE_CHECK_H
#define TESTS_UNIT_IMAGE_CHECK_H

#include <stdio.h>
#include <string.h>

#include "tests/unit/image_make.h"

#define LIMIT (UINT64_C(1) << 20)

static inline void expect_text(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" does not contain \"%s\"", text, part);
}

/* Loading fails with code and a message that contains text. */
static inline void expect_failure_limit(const struct bytes *file, uint64_t limit, int code, const char *text)
{
	struct memory memory = { 0 };
	struct xlite_image_info info = { .entry = 0xdead };
	struct xlite_error err = { 0 };
	int rc = image_try(file, limit, &memory, &info, &err);

	memory_clear(&memory);
	if (rc != code || err.code != code)
		fail_msg("returned %d (error %d: \"%s\"), not %d", rc, err.code, err.message, code);
	expect_text(err.message, text);
	expect_text(err.message, "/proc/self/fd/");
	assert_int_equal(info.entry, 0xdead);
	/* And without anybody to hear why. */
	assert_int_equal(image_try(file, limit, &memory, &info, NULL), code);
	memory_clear(&memory);
}

static inline void expect_failure(const struct bytes *file, int code, const char *text)
{
	expect_failure_limit(file, LIMIT, code, text);
}

/* Loading works and gives exactly this memory. window_max as in struct memory. */
static inline void expect_loaded(const struct bytes *file, uint64_t limit, size_t window_max,
				 const struct bytes *wanted, uint64_t low, uint32_t entry, const char *format)
{
	struct memory memory = { .window_max = window_max };
	struct xlite_image_info info = { 0 };
	struct xlite_error err = { 0 };
	int rc = image_try(file, limit, &memory, &info, &err);

	if (rc)
		fail_msg("%s: %s", format, err.message);
	assert_int_equal(err.code, 0);
	assert_int_equal(memory.reserved, 1);
	assert_int_equal(info.entry, entry);
	assert_int_equal(info.low, low);
	assert_int_equal(info.high, low + wanted->len);
	assert_int_equal(memory.low, info.low);
	assert_int_equal(memory.high, info.high);
	assert_string_equal(info.format, format);
	assert_memory_equal(memory.bytes, wanted->data, wanted->len);
	memory_clear(&memory);
}

/* The small kernel, packed and wrapped; the caller clears it. */
static inline struct bytes small_bzimage(const struct packing *packing)
{
	struct bytes elf = elf_make(&elf_small), packed = packing->pack(&elf);
	struct bytes image = bzimage_make(&packed, *packing->name, (uint32_t)elf.len);

	bytes_clear(&elf);
	bytes_clear(&packed);
	return image;
}

#endif
