/* SPDX-License-Identifier: GPL-2.0-or-later
 * Kernel images: what is found in good ones; that bad ones, cut or with changed bytes, are never read outside of.
 */
#include <elf.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <string.h>

#include "tests/core/core_check.h"

#include "xen-core/boot/elf.h"

#define IMAGE_SIZE 0x300
#define TEXT 0x140
#define TEXT_SIZE 0x100
#define DATA 0x240
#define DATA_SIZE 0x80
#define NOTES 0x2c0

#define BROKEN "a part of it lies outside of the file, or above 4 GiB"
#define TABLE "the table of its parts lies outside of the file"
#define NOTHING "nothing of it is to be loaded"
#define NO_ENTRY "it has no PVH entry"

/*
 * Two parts to load, the second with memory behind it, and notes: another's, a longer one, the entry's. It ends
 * with the image.
 */
static void fill(uint8_t *image)
{
	static const uint32_t notes[] = {
		4, 5, 1, 0x554e47, 0x11111111, 0x22,			/* GNU, 5 bytes and padding */
		4, 4, 18, 0x554e47, 0x666,				/* no entry: not Xen's */
		4, 8, 18, 0x6e6558, 0x100040, 0,			/* Xen, PHYS32_ENTRY */
	};

	for (unsigned i = 0; i < IMAGE_SIZE; i++)
		image[i] = (uint8_t)(i * 7);
	memset(image + NOTES, 0, IMAGE_SIZE - NOTES);
	memcpy(image + IMAGE_SIZE - sizeof(notes), notes, sizeof(notes));
}

#define NOTE_BYTES (17 * 4)
#define NOTE_AT (IMAGE_SIZE - NOTE_BYTES)

static void make_wide(uint8_t *image)
{
	Elf64_Ehdr head = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB }, .e_phoff = sizeof(head),
			    .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 4 };
	Elf64_Phdr parts[4] = {
		{ .p_type = PT_LOAD,
		  .p_offset = TEXT,
		  .p_vaddr = UINT64_MAX,
		  .p_paddr = 0x100000,
		  .p_filesz = TEXT_SIZE,
		  .p_memsz = TEXT_SIZE },
		{ .p_type = PT_GNU_STACK, .p_offset = UINT64_MAX },
		{ .p_type = PT_LOAD, .p_offset = DATA, .p_paddr = 0x200000, .p_filesz = DATA_SIZE, .p_memsz = 0x3000 },
		{ .p_type = PT_NOTE, .p_offset = NOTE_AT, .p_filesz = NOTE_BYTES },
	};

	fill(image);
	memcpy(image, &head, sizeof(head));
	memcpy(image + sizeof(head), parts, sizeof(parts));
}

static void make_narrow(uint8_t *image)
{
	Elf32_Ehdr head = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB }, .e_phoff = sizeof(head),
			    .e_phentsize = sizeof(Elf32_Phdr), .e_phnum = 4 };
	Elf32_Phdr parts[4] = {
		{ .p_type = PT_LOAD,
		  .p_offset = TEXT,
		  .p_vaddr = UINT32_MAX,
		  .p_paddr = 0x100000,
		  .p_filesz = TEXT_SIZE,
		  .p_memsz = TEXT_SIZE },
		{ .p_type = PT_GNU_STACK, .p_offset = UINT32_MAX },
		{ .p_type = PT_LOAD, .p_offset = DATA, .p_paddr = 0x200000, .p_filesz = DATA_SIZE, .p_memsz = 0x3000 },
		{ .p_type = PT_NOTE, .p_offset = NOTE_AT, .p_filesz = NOTE_BYTES },
	};

	fill(image);
	memcpy(image, &head, sizeof(head));
	memcpy(image + sizeof(head), parts, sizeof(parts));
}

static void (*const makers[])(uint8_t *image) = { make_wide, make_narrow };

/* Reads all that the image says is there; what it found must be as it says. */
static void read_all(const struct elf_image *image)
{
	const uint8_t *data;
	const void *at;
	uint64_t address, file_size, mem_size;
	unsigned sum = 0;

	for (unsigned i = 0; elf_part(image, i, &address, &at, &file_size, &mem_size); i++) {
		assert_true(file_size <= mem_size);
		assert_true(!mem_size || (address >= image->start && mem_size <= image->end - address));
		data = at;
		for (uint64_t k = 0; k < file_size; k++)
			sum += data[k];
	}
	assert_true(image->start < image->end && image->end <= UINT64_C(1) << 32);
	assert_true(image->entry);
	assert_true(sum < UINT32_MAX);
}

/* With the bytes in a block of just that size. */
static const char *check(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct elf_image image;
	const char *wrong;

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	wrong = elf_check(&image, copy, size);
	if (!wrong)
		read_all(&image);
	free(copy);
	return wrong;
}

static void test_good(void **state)
{
	uint64_t address, file_size, mem_size;
	struct elf_image image;
	uint8_t bytes[IMAGE_SIZE];
	const void *data;

	for (unsigned i = 0; i < ARRAY_SIZE(makers); i++) {
		makers[i](bytes);
		assert_null(elf_check(&image, bytes, sizeof(bytes)));
		assert_int_equal(image.wide, i == 0);
		assert_int_equal(image.start, 0x100000);
		assert_int_equal(image.end, 0x203000);
		assert_int_equal(image.entry, 0x100040);
		assert_true(elf_part(&image, 0, &address, &data, &file_size, &mem_size));
		assert_int_equal(address, 0x100000);
		assert_ptr_equal(data, bytes + TEXT);
		assert_int_equal(file_size, TEXT_SIZE);
		assert_int_equal(mem_size, TEXT_SIZE);
		assert_true(elf_part(&image, 1, &address, &data, &file_size, &mem_size));
		assert_int_equal(address, 0x200000);
		assert_ptr_equal(data, bytes + DATA);
		assert_int_equal(file_size, DATA_SIZE);
		assert_int_equal(mem_size, 0x3000);
		assert_false(elf_part(&image, 2, &address, &data, &file_size, &mem_size));
		assert_false(elf_part(&image, UINT32_MAX, &address, &data, &file_size, &mem_size));
	}
}

#define PART(i, field) (sizeof(Elf64_Ehdr) + (i) * sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, field))
#define HEAD(field) offsetof(Elf64_Ehdr, field)
#define NOTE(word) (NOTE_AT + (word) * 4)

static const struct {
	size_t at, len;
	uint64_t value;
	const char *wrong;
} pokes[] = {
	{ 0, 1, 0x7e, "it is neither an ELF file nor a bzImage" },
	{ EI_CLASS, 1, 0, "it is not for this kind of processor" },
	{ EI_CLASS, 1, 3, "it is not for this kind of processor" },
	{ EI_DATA, 1, ELFDATA2MSB, "it is not for this kind of processor" },
	{ HEAD(e_phnum), 2, 0, NOTHING },
	{ HEAD(e_phnum), 2, 3, NO_ENTRY },
	{ HEAD(e_phnum), 2, 0xffff, TABLE },
	{ HEAD(e_phentsize), 2, 55, NOTHING },
	{ HEAD(e_phentsize), 2, 0, NOTHING },
	{ HEAD(e_phentsize), 2, 0xffff, TABLE },
	{ HEAD(e_phoff), 8, IMAGE_SIZE - 4 * sizeof(Elf64_Phdr) + 1, TABLE },
	{ HEAD(e_phoff), 8, IMAGE_SIZE, TABLE },
	{ HEAD(e_phoff), 8, UINT64_MAX, TABLE },
	{ HEAD(e_phoff), 8, UINT64_MAX - 3 * sizeof(Elf64_Phdr), TABLE },
	{ PART(0, p_offset), 8, IMAGE_SIZE - TEXT_SIZE, NULL },
	{ PART(0, p_offset), 8, IMAGE_SIZE - TEXT_SIZE + 1, BROKEN },
	{ PART(0, p_offset), 8, UINT64_MAX, BROKEN },
	{ PART(0, p_offset), 8, 0 - (uint64_t)TEXT_SIZE, BROKEN },
	{ PART(0, p_filesz), 8, TEXT_SIZE + 1, BROKEN },
	{ PART(2, p_filesz), 8, IMAGE_SIZE - DATA, NULL },
	{ PART(2, p_filesz), 8, IMAGE_SIZE - DATA + 1, BROKEN },
	{ PART(2, p_filesz), 8, UINT64_MAX, BROKEN },
	{ PART(2, p_memsz), 8, UINT64_MAX, BROKEN },
	{ PART(2, p_memsz), 8, 0xffe00000, NULL },
	{ PART(2, p_memsz), 8, 0xffe00001, BROKEN },
	{ PART(2, p_paddr), 8, 0xffffd000, NULL },
	{ PART(2, p_paddr), 8, 0xffffd001, BROKEN },
	{ PART(2, p_paddr), 8, UINT64_MAX - 0x1000, BROKEN },
	{ PART(3, p_offset), 8, NOTE_AT + 1, BROKEN },
	{ PART(3, p_filesz), 8, UINT64_MAX, BROKEN },
	{ PART(3, p_filesz), 8, NOTE_BYTES - 1, NO_ENTRY },
	{ PART(3, p_filesz), 8, 11, NO_ENTRY },
	{ PART(3, p_filesz), 8, 0, NO_ENTRY },
	/* Where notes would be loaded does not matter. */
	{ PART(3, p_paddr), 8, UINT64_MAX, NULL },
	{ PART(3, p_memsz), 8, UINT64_MAX, NULL },
	/* Notes of any length, each of which leads past the end. */
	{ NOTE(0), 4, UINT32_MAX, NO_ENTRY },
	{ NOTE(1), 4, UINT32_MAX, NO_ENTRY },
	{ NOTE(0), 4, NOTE_BYTES - 12, NO_ENTRY },
	{ NOTE(1), 4, NOTE_BYTES - 12, NO_ENTRY },
	{ NOTE(11), 4, 3, NO_ENTRY },
	{ NOTE(11), 4, UINT32_MAX, NO_ENTRY },
	{ NOTE(12), 4, 4, NULL },
	{ NOTE(12), 4, 5, NO_ENTRY },
	{ NOTE(12), 4, 12, NO_ENTRY },
	{ NOTE(12), 4, UINT32_MAX, NO_ENTRY },
	{ NOTE(13), 4, 17, NO_ENTRY },
	{ NOTE(14), 4, 0x786e6558, NO_ENTRY },
	{ NOTE(15), 4, 0, NO_ENTRY },
	{ NOTE(16), 4, 1, NO_ENTRY },
};

static void test_pokes(void **state)
{
	uint8_t bytes[IMAGE_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(pokes); i++) {
		const char *wrong;

		make_wide(bytes);
		memcpy(bytes + pokes[i].at, &pokes[i].value, pokes[i].len);
		wrong = check(bytes, sizeof(bytes));
		if (!wrong != !pokes[i].wrong || (wrong && strcmp(wrong, pokes[i].wrong)))
			fail_msg("poke %zu: %s, not %s", i, wrong ? wrong : "good", pokes[i].wrong ? pokes[i].wrong : "good");
	}
}

/* No part of an image that is cut anywhere is taken for the whole. */
static void test_prefixes(void **state)
{
	uint8_t bytes[IMAGE_SIZE];

	for (unsigned i = 0; i < ARRAY_SIZE(makers); i++) {
		makers[i](bytes);
		for (size_t size = 0; size < sizeof(bytes); size++)
			if (!check(bytes, size))
				fail_msg("the first %zu bytes are taken for a kernel", size);
		assert_null(check(bytes, sizeof(bytes)));
	}
}

/* The table behind all else: an image that is cut has lost parts of it. */
static void test_prefixes_table_last(void **state)
{
	uint8_t bytes[IMAGE_SIZE + 5 * sizeof(Elf64_Phdr)];
	uint64_t table = IMAGE_SIZE;

	make_wide(bytes);
	memcpy(bytes + IMAGE_SIZE, bytes + sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr), 2 * sizeof(Elf64_Phdr));
	memcpy(bytes + IMAGE_SIZE + 2 * sizeof(Elf64_Phdr), bytes + sizeof(Elf64_Ehdr), 2 * sizeof(Elf64_Phdr));
	memset(bytes + IMAGE_SIZE + 4 * sizeof(Elf64_Phdr), 0, sizeof(Elf64_Phdr));
	memcpy(bytes + HEAD(e_phoff), &table, sizeof(table));
	for (size_t size = 0; size < IMAGE_SIZE + 4 * sizeof(Elf64_Phdr); size++)
		if (!check(bytes, size))
			fail_msg("the first %zu bytes are taken for a kernel", size);
	assert_null(check(bytes, sizeof(bytes)));
}

/* The places that say something, with any value or one that is nearly right. */
static void test_flips(void **state)
{
	static const uint8_t odd[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	uint8_t bytes[IMAGE_SIZE];
	unsigned good = 0;

	chance_seed(2);
	for (unsigned i = 0; i < 60000; i++) {
		makers[i % ARRAY_SIZE(makers)](bytes);
		for (uint64_t flips = 1 + chance_below(6); flips; flips--) {
			uint64_t at = chance_below(TEXT + NOTE_BYTES);

			at = at < TEXT ? at : NOTE_AT + at - TEXT;
			if (chance_below(2))
				bytes[at] ^= (uint8_t)(1u << chance_below(8));
			else
				bytes[at] = odd[chance_below(ARRAY_SIZE(odd))];
		}
		good += !check(bytes, chance_below(4) ? sizeof(bytes) : chance_below(sizeof(bytes)));
	}
	/* Some changes do not matter; were there none, nothing would have been tested. */
	assert_true(good > 100);
}

/* A page that may not be touched lies behind the file. */
static void test_page_end(void **state)
{
	uint8_t *pages = mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *bytes = pages + PAGE_SIZE - IMAGE_SIZE;
	struct elf_image image;

	assert_true(pages != MAP_FAILED);
	assert_int_equal(mprotect(pages + PAGE_SIZE, PAGE_SIZE, PROT_NONE), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(makers); i++) {
		makers[i](bytes);
		assert_null(elf_check(&image, bytes, IMAGE_SIZE));
		read_all(&image);
		for (size_t size = 0; size < IMAGE_SIZE; size++) {
			memmove(pages + PAGE_SIZE - size, bytes, size);
			assert_non_null(elf_check(&image, pages + PAGE_SIZE - size, size));
			makers[i](bytes);
		}
	}
	munmap(pages, 2 * PAGE_SIZE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_pokes),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_prefixes_table_last),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_page_end),
	};

	return cmocka_run_group_tests_name("core elf", tests, NULL, NULL);
}
