/* SPDX-License-Identifier: GPL-2.0-or-later
 * Every allocation that loading an image makes, the libraries' too, fails once: an error, no crash, no leak.
 * The program's own malloc stands before glibc's, which a sanitizer does already: there it is skipped.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/image_check.h"

#if !defined(__SANITIZE_ADDRESS__) && defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#if defined(__SANITIZE_ADDRESS__) || !defined(__GLIBC__)
int main(void)
{
	puts("1..0 # SKIP malloc cannot be replaced in this build");
	return 0;
}
#else

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t nr, size_t size);
void *__libc_realloc(void *p, size_t size);
void __libc_free(void *p);

static long fail_at = -1;	/* allocations until one fails; negative: none does */
static long live;

static bool fails(void)
{
	return fail_at >= 0 && fail_at-- == 0;
}

static void *counted(void *p)
{
	live += p != NULL;
	return p;
}

void *malloc(size_t size)
{
	return fails() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t nr, size_t size)
{
	return fails() ? NULL : counted(__libc_calloc(nr, size));
}

void *realloc(void *p, size_t size)
{
	if (fails())
		return NULL;
	return p ? __libc_realloc(p, size) : counted(__libc_realloc(NULL, size));
}

void free(void *p)
{
	live -= p != NULL;
	__libc_free(p);
}

/* A sink that takes no memory itself. */
static uint8_t room[SMALL_HIGH - SMALL_LOW];

static int room_reserve(void *ctx, uint64_t low, uint64_t high, struct xlite_error *err)
{
	return low == SMALL_LOW && high == SMALL_HIGH ? 0 : xlite_error_set(err, -EINVAL, "range");
}

static int room_window(void *ctx, uint64_t addr, size_t *len, void **ptr, struct xlite_error *err)
{
	*ptr = room + (addr - SMALL_LOW);
	return 0;
}

static int load(const char *path, struct xlite_error *err)
{
	const struct xlite_image_sink sink = { NULL, room_reserve, room_window };
	struct xlite_image *image = NULL;
	struct xlite_image_info info;
	int rc = xlite_image_open(&image, path, LIMIT, err);

	if (!rc)
		rc = xlite_image_load(image, &sink, &info, err);
	xlite_image_close(image);
	return rc;
}

static long fail_each(const char *path)
{
	for (long n = 0; n < 1000; n++) {
		struct xlite_error err = { 0 };
		long before = live, left;
		int rc;

		fail_at = n;
		rc = load(path, &err);
		left = fail_at;
		fail_at = -1;
		assert_int_equal(live, before);
		if (left >= 0) {
			assert_int_equal(rc, 0);
			return n;
		}
		/* Out of memory, and it says so; a library may do without the memory. */
		if (rc) {
			assert_int_equal(rc, -ENOMEM);
			expect_text(err.message, "Cannot allocate memory");
		}
	}
	fail_msg("no end of allocations");
	return 0;
}

static void test_allocations(void **state)
{
	struct elf_plan sections = elf_small;
	struct bytes elf = elf_make(&elf_small);

	for (const struct packing *p = packings; p->name; p++) {
		struct bytes image = small_bzimage(p), packed = p->pack(&elf);

		assert_true(fail_each(image_file(image.data, image.len)) >= 3);
		assert_true(fail_each(image_file(packed.data, packed.len)) >= 3);
		bytes_clear(&image);
		bytes_clear(&packed);
	}
	bytes_clear(&elf);
	sections.nr_phdrs = 2;
	sections.shoff = 0xe80;
	sections.nr_sections = 2;
	sections.sections[1] = (typeof(sections.sections[1])){ 7, 0x400, NOTE_SIZE };
	elf = elf_make(&sections);
	assert_true(fail_each(image_file(elf.data, elf.len)) >= 4);
	bytes_clear(&elf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_allocations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
