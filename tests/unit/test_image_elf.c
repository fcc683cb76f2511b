/* SPDX-License-Identifier: GPL-2.0-or-later
 * ELF files: both classes, notes wherever they may be, and everything that a hostile header can say.
 */
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/image_check.h"

/* Loads what the plan makes, with windows of several sizes. */
static void expect_plan(const struct elf_plan *plan, uint64_t low, uint32_t entry)
{
	struct bytes elf = elf_make(plan), memory = elf_memory(plan, &elf);
	static const size_t windows[] = { 0, 1, 7, 4096 };

	for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++)
		expect_loaded(&elf, LIMIT, windows[i], &memory, low, entry, "ELF");
	bytes_clear(&memory);
	bytes_clear(&elf);
}

static void expect_plan_fails(const struct elf_plan *plan, int code, const char *text)
{
	struct bytes elf = elf_make(plan);

	expect_failure(&elf, code, text);
	bytes_clear(&elf);
}

static void test_classes(void **state)
{
	struct elf_plan plan = elf_small;

	expect_plan(&plan, SMALL_LOW, SMALL_ENTRY);
	plan.type = ET_DYN;
	expect_plan(&plan, SMALL_LOW, SMALL_ENTRY);
	plan.narrow = true;
	expect_plan(&plan, SMALL_LOW, SMALL_ENTRY);
	plan.machine = EM_X86_64;
	plan.note_desc = 4;
	expect_plan(&plan, SMALL_LOW, SMALL_ENTRY);
}

static void test_foreign(void **state)
{
	struct elf_plan plan = elf_small;
	struct bytes elf;

	plan.machine = EM_AARCH64;
	expect_plan_fails(&plan, -ENOEXEC, ": an ELF file, but not for x86 (machine 183)");
	plan.machine = EM_386;
	expect_plan_fails(&plan, -ENOEXEC, ": an ELF file, but not for x86 (machine 3)");
	plan = elf_small;
	plan.type = ET_REL;
	expect_plan_fails(&plan, -ENOEXEC, ": an ELF file, but not an executable (type 1)");
	elf = elf_make(&elf_small);
	elf.data[EI_DATA] = ELFDATA2MSB;
	expect_failure(&elf, -ENOEXEC, "not for x86 (class 2, byte order 2)");
	elf.data[EI_DATA] = ELFDATA2LSB;
	elf.data[EI_CLASS] = 3;
	expect_failure(&elf, -ENOEXEC, "not for x86 (class 3, byte order 1)");
	bytes_clear(&elf);
}

/* A segment that begins with the file, headers and all; one that is only bss; one of nothing at all. */
static void test_layouts(void **state)
{
	struct elf_plan plan = elf_small;

	plan.phdrs[0].offset = 0;
	plan.phdrs[0].filesz = plan.phdrs[0].memsz = 0x800;
	expect_plan(&plan, SMALL_LOW, SMALL_ENTRY);

	plan.phdrs[3].type = PT_LOAD;
	plan.phdrs[3].paddr = 0x200000;
	plan.phdrs[3].memsz = 0x1234;
	plan.phdrs[4].type = PT_LOAD;
	plan.nr_phdrs = 5;
	expect_plan(&plan, SMALL_LOW, SMALL_ENTRY);

	/* In the file in another order than in memory. */
	plan = elf_small;
	plan.phdrs[0].paddr = 0x300000;
	plan.entry = 0x300000;
	expect_plan(&plan, 0x104000, 0x300000);

	/* Below 1 MiB is the sink's to judge. */
	plan = elf_small;
	plan.phdrs[0].paddr = 0x8000;
	plan.entry = 0x8000;
	expect_plan(&plan, 0x8000, 0x8000);
}

static void test_phdr_place(void **state)
{
	struct elf_plan plan = elf_small;

	plan.phoff = 0xf00;	/* after the last segment */
	expect_plan(&plan, SMALL_LOW, SMALL_ENTRY);
	plan.phoff = 0xff0;
	plan.size = 0x2000;
	expect_plan(&plan, SMALL_LOW, SMALL_ENTRY);
	plan.size = (2 << 20);
	plan.phoff = (1 << 20) - 3 * sizeof(Elf64_Phdr);
	expect_plan(&plan, SMALL_LOW, SMALL_ENTRY);
	plan.phoff++;
	expect_plan_fails(&plan, -ENOEXEC, ": its ELF program headers lie at ");
}

struct poke {
	size_t at, len;
	uint64_t value;
	int code;
	const char *text;
};

#define PHDR(i, field) (sizeof(Elf64_Ehdr) + (i) * sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, field))

static const struct poke pokes[] = {
	{ offsetof(Elf64_Ehdr, e_phnum), 2, 0, -ENOEXEC, "no program headers" },
	{ offsetof(Elf64_Ehdr, e_phnum), 2, 513, -ENOEXEC, "513 program headers, more than 512" },
	{ offsetof(Elf64_Ehdr, e_phnum), 2, 0xffff, -ENOEXEC, "65535 program headers" },
	{ offsetof(Elf64_Ehdr, e_phentsize), 2, 32, -ENOEXEC, "size of a program header" },
	{ offsetof(Elf64_Ehdr, e_phoff), 8, UINT64_MAX, -ENOEXEC, "its ELF program headers lie at 18446744073709551615" },
	{ offsetof(Elf64_Ehdr, e_phoff), 8, UINT64_MAX - 100, -ENOEXEC, "its ELF program headers lie at" },
	{ offsetof(Elf64_Ehdr, e_phoff), 8, 0xff0, -EBADMSG, "truncated: its ELF file ends in its program headers" },
	{ PHDR(0, p_filesz), 8, 0x601, -ENOEXEC, "larger in the file than in memory" },
	{ PHDR(0, p_filesz), 8, UINT64_MAX, -ENOEXEC, "larger in the file than in memory" },
	{ PHDR(0, p_memsz), 8, 0, -ENOEXEC, "larger in the file than in memory" },
	{ PHDR(0, p_memsz), 8, UINT64_MAX, -ENOEXEC, "reaches past 4 GiB" },
	{ PHDR(0, p_memsz), 8, 0xfff00001, -ENOEXEC, "reaches past 4 GiB" },
	{ PHDR(0, p_memsz), 8, 0x4001, -ENOEXEC, "overlaps another in memory" },
	{ PHDR(0, p_paddr), 8, UINT64_C(0x100000000), -ENOEXEC, "reaches past 4 GiB" },
	{ PHDR(0, p_paddr), 8, UINT64_MAX, -ENOEXEC, "reaches past 4 GiB" },
	{ PHDR(0, p_paddr), 8, UINT64_MAX - 0x5ff, -ENOEXEC, "reaches past 4 GiB" },
	{ PHDR(0, p_paddr), 8, 0x103a01, -ENOEXEC, "overlaps another in memory" },
	{ PHDR(0, p_paddr), 8, 0x104000, -ENOEXEC, "overlaps another in memory" },
	{ PHDR(0, p_paddr), 8, 0x105fff, -ENOEXEC, "overlaps another in memory" },
	{ PHDR(0, p_offset), 8, UINT64_MAX, -ENOEXEC, "place in the file" },
	{ PHDR(0, p_offset), 8, UINT64_MAX - 0x600, -EFBIG, "past the limit" },
	{ PHDR(0, p_offset), 8, 0xa01, -ENOEXEC, "overlaps another in the file" },
	{ PHDR(0, p_offset), 8, 0x900, -ENOEXEC, "overlaps another in the file" },
	{ PHDR(0, p_offset), 8, 0x301, -ENOEXEC, "overlaps another in the file" },
	{ PHDR(0, p_offset), 8, LIMIT - 0x5ff, -EFBIG, "past the limit" },
	{ PHDR(0, p_offset), 8, LIMIT - 0x600, -EBADMSG, "truncated: its ELF file has 4096 bytes" },
	{ PHDR(1, p_offset), 8, 0xb01, -EBADMSG, "its last segment ends at 4097" },
	{ PHDR(2, p_filesz), 8, 65537, -ENOEXEC, "notes of 65537 bytes" },
	{ PHDR(2, p_filesz), 8, UINT64_MAX, -ENOEXEC, "notes of 18446744073709551615 bytes" },
	{ PHDR(2, p_filesz), 8, 0xc01, -EBADMSG, "truncated: its ELF file ends after 4096 bytes" },
	{ PHDR(2, p_offset), 8, UINT64_MAX, -ENOEXEC, "broken ELF file: notes" },
	{ PHDR(2, p_offset), 8, LIMIT, -ENOEXEC, "broken ELF file: notes" },
	{ PHDR(2, p_offset), 8, LIMIT - NOTE_SIZE, -EBADMSG, "truncated: its ELF file ends after 4096 bytes" },
	{ PHDR(2, p_filesz), 8, 0, -ENOEXEC, "has no PVH entry point" },
	{ PHDR(2, p_filesz), 8, 11, -ENOEXEC, "has no PVH entry point" },
	{ PHDR(2, p_filesz), 8, NOTE_SIZE - 1, -ENOEXEC, "has no PVH entry point" },
	{ PHDR(2, p_offset), 8, 0x300, -ENOEXEC, "has no PVH entry point" },
	{ 0x400, 4, 3, -ENOEXEC, "has no PVH entry point" },
	{ 0x400, 4, UINT32_MAX, -ENOEXEC, "has no PVH entry point" },
	{ 0x404, 4, UINT32_MAX, -ENOEXEC, "has no PVH entry point" },
	{ 0x404, 4, 9, -ENOEXEC, "has no PVH entry point" },
	{ 0x404, 4, 5, -ENOEXEC, "has 5 bytes, neither 4 nor 8" },
	{ 0x404, 4, 0, -ENOEXEC, "has 0 bytes, neither 4 nor 8" },
	{ 0x408, 4, 17, -ENOEXEC, "has no PVH entry point" },
	{ 0x40c, 4, 0x006e6558, 0, "" },
	{ 0x40c, 4, 0x006e6559, -ENOEXEC, "has no PVH entry point" },
	{ 0x410, 8, UINT64_C(0x100000040), -ENOEXEC, "its PVH entry point 0x100000040 (Xen note 18) is above 4 GiB" },
	{ 0x410, 8, 0xfffff, -ENOEXEC, "its PVH entry point 0xfffff (Xen note 18) lies in no segment" },
	{ 0x410, 8, 0x100600, -ENOEXEC, "lies in no segment" },
	{ 0x410, 8, 0x106000, -ENOEXEC, "lies in no segment" },
	{ 0x410, 8, 0x105fff, 0, "" },
};

static void test_pokes_xsa_55(void **state)
{
	for (size_t i = 0; i < sizeof(pokes) / sizeof(pokes[0]); i++) {
		struct bytes elf = elf_make(&elf_small);
		struct memory memory = { 0 };
		struct xlite_image_info info;

		memcpy(elf.data + pokes[i].at, &pokes[i].value, pokes[i].len);
		if (pokes[i].code)
			expect_failure(&elf, pokes[i].code, pokes[i].text);
		else
			assert_int_equal(image_try(&elf, LIMIT, &memory, &info, NULL), 0);
		memory_clear(&memory);
		bytes_clear(&elf);
	}
}

/* The widest segment there can be goes to the sink, which may refuse it. */
static void test_widest(void **state)
{
	struct elf_plan plan = elf_small;
	struct bytes elf;

	plan.phdrs[1].paddr = 0xfffff000;
	plan.phdrs[1].memsz = 0x1000;
	elf = elf_make(&plan);
	{
		struct memory memory = { 0 };
		struct xlite_error err = { 0 };
		struct xlite_image_info info;

		/* The sink's own words, without the file's name before them. */
		assert_int_equal(image_try(&elf, LIMIT, &memory, &info, &err), -ENOSPC);
		assert_string_equal(err.message, "too large for this test");
		assert_int_equal(memory.windows, 0);
	}
	bytes_clear(&elf);
}

static void test_note_places(void **state)
{
	struct elf_plan plan = elf_small;

	/* Outside any segment: between, before and behind them. */
	plan.phdrs[2].offset = plan.note_offset = 0x840;
	expect_plan(&plan, SMALL_LOW, SMALL_ENTRY);
	plan.phdrs[2].offset = plan.note_offset = 0x180;
	expect_plan(&plan, SMALL_LOW, SMALL_ENTRY);
	plan.phdrs[2].offset = plan.note_offset = 0xf00;
	expect_plan(&plan, SMALL_LOW, SMALL_ENTRY);
	/* Across the start and the end of one. */
	plan.phdrs[2].offset = plan.note_offset = 0x1f8;
	expect_plan(&plan, SMALL_LOW, SMALL_ENTRY);
	plan.phdrs[2].offset = plan.note_offset = 0x7f8;
	expect_plan(&plan, SMALL_LOW, SMALL_ENTRY);
	plan.phdrs[2].offset = plan.note_offset = 0xdf8;
	expect_plan(&plan, SMALL_LOW, SMALL_ENTRY);
}

static void test_several_notes(void **state)
{
	struct elf_plan plan = elf_small;
	struct bytes elf, memory;

	/* In the second of two ranges. */
	plan.phdrs[3] = plan.phdrs[2];
	plan.phdrs[3].offset = 0x500;
	plan.nr_phdrs = 4;
	plan.note_offset = 0x500;
	expect_plan(&plan, SMALL_LOW, SMALL_ENTRY);
	plan.phdrs[3].offset = 0x400 + NOTE_SIZE - 1;
	expect_plan_fails(&plan, -ENOEXEC, "notes overlap");

	/* Behind others in one range, with names and contents that need padding. */
	plan = elf_small;
	plan.note_offset = 0x400 + 20 + 16;
	plan.phdrs[2].filesz = 20 + 16 + NOTE_SIZE;
	elf = elf_make(&plan);
	memcpy(elf.data + 0x400, "\2\0\0\0\3\0\0\0\x12\0\0\0A\0\0\0abc", 20);
	memcpy(elf.data + 0x414, "\4\0\0\0\0\0\0\0\1\0\0\0Xen", 16);
	memory = elf_memory(&plan, &elf);
	expect_loaded(&elf, LIMIT, 0, &memory, SMALL_LOW, SMALL_ENTRY, "ELF");
	bytes_clear(&memory);
	bytes_clear(&elf);

	/* The padding of the last one's contents lies past the end. */
	plan = elf_small;
	plan.note_type = 17;
	plan.note_desc = 7;
	plan.phdrs[2].filesz = NOTE_SIZE - 1;
	expect_plan_fails(&plan, -ENOEXEC, "has no PVH entry point");

	plan = elf_small;
	for (unsigned i = 3; i < ELF_PHDRS; i++)
		plan.phdrs[i] = (typeof(plan.phdrs[i])){ PT_NOTE, 0x1000 * i, 0, 0x4000, 0 };
	plan.nr_phdrs = ELF_PHDRS;
	expect_plan_fails(&plan, -ENOEXEC, "notes overlap");
	for (unsigned i = 3; i < ELF_PHDRS; i++)
		plan.phdrs[i].offset = 0x4000 * i;
	expect_plan_fails(&plan, -ENOEXEC, "bytes of notes");
}

/*
 * As GRUB's for Xen: two segments that meet where no page ends, the first with bss between, and a note behind both,
 * at address 0.
 */
static void test_grub(void **state)
{
	struct elf_plan plan = {
		.narrow = true,
		.phdrs = {
			{ PT_LOAD, 0x1000, 0x100000, 0xccb, 0x2858 },
			{ PT_GNU_STACK, 0x1ccb, 0, 0, 0 },
			{ PT_LOAD, 0x1ccb, 0x102858, 0x1ca8, 0x1ca8 },
			{ PT_NOTE, 0x3974, 0, NOTE_SIZE, 0 },
		},
		.nr_phdrs = 4,
		.note_offset = 0x3974,
		.note_desc = 4,
		.entry = 0x100000,
		.size = 0x3974 + NOTE_SIZE,
	};

	expect_plan(&plan, 0x100000, 0x100000);
	plan.entry = 0x104500;
	expect_plan_fails(&plan, -ENOEXEC, "its PVH entry point 0x104500 (Xen note 18) lies in no segment");
}

/* Without any PT_NOTE, sections that are notes do. */
static void test_sections(void **state)
{
	struct elf_plan plan = elf_small;
	struct bytes elf, memory;

	plan.nr_phdrs = 2;
	expect_plan_fails(&plan, -ENOEXEC, "has no PVH entry point (Xen note 18, PHYS32_ENTRY)");
	plan.shoff = 0xe80;
	plan.nr_sections = 3;
	plan.sections[1] = (typeof(plan.sections[1])){ SHT_PROGBITS, 0x200, 0x600 };
	plan.sections[2] = (typeof(plan.sections[2])){ SHT_NOTE, 0x400, NOTE_SIZE };
	expect_plan(&plan, SMALL_LOW, SMALL_ENTRY);
	elf = elf_make(&plan);
	memory = elf_memory(&plan, &elf);
	for (const struct packing *p = packings + 1; p->name; p++) {
		struct bytes packed = p->pack(&elf);
		char format[64];

		snprintf(format, sizeof(format), "ELF (%s)", p->name);
		expect_loaded(&packed, LIMIT, 0, &memory, SMALL_LOW, SMALL_ENTRY, format);
		bytes_clear(&packed);
	}
	bytes_clear(&memory);
	bytes_clear(&elf);
	plan.narrow = true;
	expect_plan(&plan, SMALL_LOW, SMALL_ENTRY);
	/* Sections before the segments. */
	plan.narrow = false;
	plan.shoff = 0x100;
	expect_plan(&plan, SMALL_LOW, SMALL_ENTRY);
	plan.sections[2].size = 1 << 30;
	expect_plan_fails(&plan, -ENOEXEC, "broken ELF file: notes");
	plan.sections[2].size = NOTE_SIZE;
	plan.shoff = 0xfff;
	plan.size = 0x1100;
	elf = elf_make(&plan);
	elf.len = 0x1010;
	expect_failure(&elf, -EBADMSG, "truncated: its ELF file ends");
	bytes_clear(&elf);
	plan.shoff = UINT64_MAX;
	plan.nr_sections = 0;
	elf = elf_make(&plan);
	elf.data[offsetof(Elf64_Ehdr, e_shnum)] = 3;
	expect_failure(&elf, -ENOEXEC, "has no PVH entry point");
	bytes_clear(&elf);
}

static void test_hint(void **state)
{
	struct elf_plan plan = elf_small;
	struct xlite_error err = { 0 };
	struct xlite_image_info info;
	struct memory memory = { 0 };
	struct bytes elf;

	plan.note_type = 1;
	elf = elf_make(&plan);
	assert_int_equal(image_try(&elf, LIMIT, &memory, &info, &err), -ENOEXEC);
	expect_text(err.message, ": has no PVH entry point (Xen note 18, PHYS32_ENTRY)");
	expect_text(err.hint, "CONFIG_PVH=y");
	memory_clear(&memory);
	bytes_clear(&elf);
}

static void test_sink_errors(void **state)
{
	struct bytes elf = elf_make(&elf_small);
	struct memory memory = { .fail_reserve = ENOMEM };
	struct xlite_error err = { 0 };
	struct xlite_image_info info;

	assert_int_equal(image_try(&elf, LIMIT, &memory, &info, &err), -ENOMEM);
	assert_string_equal(err.message, "the sink says no");
	assert_int_equal(memory.windows, 0);
	memory = (struct memory){ .fail_window = EFAULT };
	assert_int_equal(image_try(&elf, LIMIT, &memory, &info, &err), -EFAULT);
	assert_string_equal(err.message, "the sink has no window");
	assert_int_equal(memory.windows, 1);
	memory_clear(&memory);
	memory = (struct memory){ .empty_window = true };
	assert_int_equal(image_try(&elf, LIMIT, &memory, &info, &err), -EIO);
	memory_clear(&memory);
	bytes_clear(&elf);
}

/* An open image may be loaded several times: one file for several domains. */
static void test_load_again(void **state)
{
	struct bytes elf = elf_make(&elf_small), wanted = elf_memory(&elf_small, &elf);

	for (const struct packing *p = packings; p->name; p++) {
		struct bytes packed = p->pack(&elf);
		struct xlite_image *image = NULL;

		assert_int_equal(xlite_image_open(&image, image_file(packed.data, packed.len), LIMIT, NULL), 0);
		for (int i = 0; i < 3; i++) {
			struct memory memory = { .window_max = 100 };
			struct xlite_image_sink sink = memory_sink(&memory);
			struct xlite_image_info info;

			assert_int_equal(xlite_image_load(image, &sink, &info, NULL), 0);
			assert_memory_equal(memory.bytes, wanted.data, wanted.len);
			memory_clear(&memory);
		}
		xlite_image_close(image);
		bytes_clear(&packed);
	}
	bytes_clear(&wanted);
	bytes_clear(&elf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_phdr_place),
		cmocka_unit_test(test_pokes_xsa_55),
		cmocka_unit_test(test_widest),
		cmocka_unit_test(test_note_places),
		cmocka_unit_test(test_several_notes),
		cmocka_unit_test(test_grub),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_hint),
		cmocka_unit_test(test_sink_errors),
		cmocka_unit_test(test_load_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
