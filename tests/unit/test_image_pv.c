/* SPDX-License-Identifier: GPL-2.0-or-later
 * PV kernels: their notes, whatever these say, and where things come to lie in a guest's memory and in its first page tables.
 */
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/image_check.h"
#include "xlite/lib/build_pv.h"

#include <xen/elfnote.h>

#define BASE UINT64_C(0xffffffff80000000)
#define P2M UINT64_C(0x8000000000)
#define NOTES_AT 0x400

/* Notes, written one after the other. */
struct notes {
	uint8_t bytes[1024];
	size_t len;
};

static void note(struct notes *notes, uint32_t type, const void *desc, uint32_t len)
{
	const Elf32_Nhdr head = { 4, len, type };

	memcpy(notes->bytes + notes->len, &head, sizeof(head));
	memcpy(notes->bytes + notes->len + sizeof(head), "Xen", 4);
	memcpy(notes->bytes + notes->len + sizeof(head) + 4, desc, len);
	notes->len += sizeof(head) + 4 + (len + 3) / 4 * 4;
}

static void number(struct notes *notes, uint32_t type, uint64_t value)
{
	note(notes, type, &value, sizeof(value));
}

static void text(struct notes *notes, uint32_t type, const char *value)
{
	note(notes, type, value, (uint32_t)strlen(value) + 1);
}

/* Those of Linux: linked at BASE + its physical address. */
static struct notes linux_notes(void)
{
	struct notes notes = { .len = 0 };

	text(&notes, XEN_ELFNOTE_GUEST_OS, "linux");
	text(&notes, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
	number(&notes, XEN_ELFNOTE_VIRT_BASE, BASE);
	number(&notes, XEN_ELFNOTE_ENTRY, BASE + SMALL_ENTRY);
	number(&notes, XEN_ELFNOTE_HYPERCALL_PAGE, BASE + SMALL_LOW + 0x1000);
	number(&notes, XEN_ELFNOTE_INIT_P2M, P2M);
	number(&notes, XEN_ELFNOTE_MOD_START_PFN, 1);
	text(&notes, XEN_ELFNOTE_FEATURES, "!writable_page_tables|pae_pgdir_above_4gb");
	return notes;
}

/* The small kernel with these notes in its first segment, its segments shift higher. */
static struct bytes pv_elf(const struct notes *notes, uint64_t shift)
{
	struct elf_plan plan = elf_small;
	struct bytes elf;

	for (unsigned i = 0; i < plan.nr_phdrs; i++) {
		if (plan.phdrs[i].type == PT_NOTE) {
			plan.phdrs[i].offset = NOTES_AT;
			plan.phdrs[i].filesz = notes->len;
		} else {
			plan.phdrs[i].paddr += shift;
		}
	}
	plan.note_offset = 0;
	elf = elf_make(&plan);
	memcpy(elf.data + NOTES_AT, notes->bytes, notes->len);
	return elf;
}

static int pv_try(const struct bytes *elf, struct memory *memory, struct xlite_image_pv *pv, struct xlite_error *err)
{
	const struct xlite_image_sink sink = memory_sink(memory);
	struct xlite_image *image;
	int rc = xlite_image_open_pv(&image, image_file(elf->data, elf->len), LIMIT, err);

	if (rc)
		return rc;
	rc = xlite_image_load_pv(image, &sink, pv, err);
	xlite_image_close(image);
	return rc;
}

static struct xlite_image_pv expect_pv(const struct notes *notes, uint64_t shift, unsigned reserved)
{
	struct bytes elf = pv_elf(notes, shift);
	struct memory memory = { 0 };
	struct xlite_image_pv pv;
	struct xlite_error err = { 0 };

	if (pv_try(&elf, &memory, &pv, &err))
		fail_msg("%s", err.message);
	assert_int_equal(memory.reserved, reserved);
	assert_int_equal(memory.low, pv.low);
	assert_int_equal(memory.high, pv.high);
	memory_clear(&memory);
	bytes_clear(&elf);
	return pv;
}

static void expect_refused(const struct notes *notes, const char *why)
{
	struct bytes elf = pv_elf(notes, 0);
	struct memory memory = { 0 };
	struct xlite_image_pv pv;
	struct xlite_error err = { 0 };
	int rc = pv_try(&elf, &memory, &pv, &err);

	if (rc != -ENOEXEC)
		fail_msg("%d instead of a refusal: %s", rc, why);
	expect_text(err.message, why);
	memory_clear(&memory);
	assert_int_equal(pv_try(&elf, &memory, &pv, NULL), -ENOEXEC);
	memory_clear(&memory);
	bytes_clear(&elf);
}

static void test_linux(void **state)
{
	struct notes notes = linux_notes();
	struct xlite_image_pv pv = expect_pv(&notes, 0, 1);

	assert_int_equal(pv.virt_base, BASE);
	assert_int_equal(pv.virt_room, -BASE);
	assert_int_equal(pv.entry, BASE + SMALL_ENTRY);
	assert_int_equal(pv.low, SMALL_LOW);
	assert_int_equal(pv.high, SMALL_HIGH);
	assert_true(pv.has_hypercall_page && pv.has_p2m_base && pv.ramdisk_by_frame);
	assert_int_equal(pv.hypercall_page, BASE + SMALL_LOW + 0x1000);
	assert_int_equal(pv.p2m_base, P2M);
	assert_int_equal(pv.p2m_room, (UINT64_C(1) << 47) - P2M);
	assert_string_equal(pv.format, "ELF");
}

/* GRUB's: addresses are what they are, and what is not said is not there. */
static void test_least(void **state)
{
	struct notes notes = { .len = 0 };
	struct xlite_image_pv pv;

	text(&notes, XEN_ELFNOTE_LOADER, "generic");
	text(&notes, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
	number(&notes, XEN_ELFNOTE_ENTRY, SMALL_ENTRY);
	pv = expect_pv(&notes, 0, 1);
	assert_int_equal(pv.virt_base, 0);
	assert_int_equal(pv.entry, SMALL_ENTRY);
	assert_false(pv.has_hypercall_page || pv.has_p2m_base || pv.ramdisk_by_frame);
}

/* NetBSD's: physical addresses of the file are virtual ones; and one whose offset could be another. */
static void test_offset(void **state)
{
	struct notes notes = linux_notes();
	struct xlite_image_pv pv;

	number(&notes, XEN_ELFNOTE_PADDR_OFFSET, BASE);
	pv = expect_pv(&notes, BASE, 1);
	assert_int_equal(pv.low, SMALL_LOW);
	assert_int_equal(pv.high, SMALL_HIGH);
	number(&notes, XEN_ELFNOTE_PADDR_OFFSET, SMALL_LOW);
	number(&notes, XEN_ELFNOTE_ENTRY, BASE + SMALL_ENTRY - SMALL_LOW);
	number(&notes, XEN_ELFNOTE_HYPERCALL_PAGE, BASE);
	pv = expect_pv(&notes, 0, 2);
	assert_int_equal(pv.low, 0);
	assert_int_equal(pv.high, SMALL_HIGH - SMALL_LOW);
	number(&notes, XEN_ELFNOTE_PADDR_OFFSET, SMALL_LOW + 0x1000);
	expect_refused(&notes, "do not fit behind VIRT_BASE");
}

static void test_hostile(void **state)
{
	static const struct {
		uint32_t type;
		uint64_t value;
		const char *why;
	} numbers[] = {
		{ XEN_ELFNOTE_VIRT_BASE, BASE + 1, "no address of a PV guest" },
		{ XEN_ELFNOTE_VIRT_BASE, UINT64_C(0xffff800000000000), "no address of a PV guest" },
		{ XEN_ELFNOTE_VIRT_BASE, UINT64_C(0x800000000000), "no address of a PV guest" },
		{ XEN_ELFNOTE_VIRT_BASE, -(uint64_t)0x101000, "do not fit behind VIRT_BASE" },
		{ XEN_ELFNOTE_PADDR_OFFSET, UINT64_MAX - 1, "do not fit behind VIRT_BASE" },
		{ XEN_ELFNOTE_ENTRY, BASE + SMALL_LOW - 1, "its entry point" },
		{ XEN_ELFNOTE_ENTRY, BASE + SMALL_HIGH, "its entry point" },
		{ XEN_ELFNOTE_ENTRY, 0, "its entry point" },
		{ XEN_ELFNOTE_HYPERCALL_PAGE, BASE + SMALL_HIGH, "its hypercall page" },
		{ XEN_ELFNOTE_HYPERCALL_PAGE, BASE + SMALL_LOW + 8, "its hypercall page" },
		{ XEN_ELFNOTE_HYPERCALL_PAGE, 0, "its hypercall page" },
	};
	static const char *const features[] = { "!auto_translated_physmap",
						"!dom0",
						"writable_page_tables|!supervisor_mode_kernel",
						"!",
						"!nonsense",
						"!\033]0;a",
						"a|!writable_page_tablesx",
						"!writable_page_table" };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct notes notes = linux_notes();

		number(&notes, numbers[i].type, numbers[i].value);
		expect_refused(&notes, numbers[i].why);
	}
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		struct notes notes = linux_notes();

		text(&notes, XEN_ELFNOTE_FEATURES, features[i]);
		expect_refused(&notes, "demands the feature");
	}
}

/* The list of frames ends where the addresses of Xen, or the kernel, begin. */
static void test_p2m_room(void **state)
{
	struct notes notes = linux_notes();

	number(&notes, XEN_ELFNOTE_INIT_P2M, UINT64_C(0x7fffffffe000));
	assert_int_equal(expect_pv(&notes, 0, 1).p2m_room, 0x2000);
	number(&notes, XEN_ELFNOTE_INIT_P2M, BASE - 0x3000);
	assert_int_equal(expect_pv(&notes, 0, 1).p2m_room, 0x3000);
	number(&notes, XEN_ELFNOTE_INIT_P2M, UINT64_C(0xffff800000000000));
	assert_false(expect_pv(&notes, 0, 1).has_p2m_base);
	number(&notes, XEN_ELFNOTE_INIT_P2M, P2M + 8);
	assert_false(expect_pv(&notes, 0, 1).has_p2m_base);
	notes = linux_notes();
	text(&notes, XEN_ELFNOTE_FEATURES, "!a\033b");
	expect_refused(&notes, "demands the feature a?b (");
}

static void test_shapes(void **state)
{
	struct notes notes = linux_notes(), none = { .len = 0 }, other = { .len = 0 };
	static const char word[] = { 'x', 'e', 'n', '-', '3', '.', '0' };

	note(&notes, XEN_ELFNOTE_ENTRY, "12345", 5);
	expect_refused(&notes, "its Xen note ENTRY has 5 bytes");
	notes = linux_notes();
	note(&notes, XEN_ELFNOTE_MOD_START_PFN, "", 0);
	expect_refused(&notes, "its Xen note MOD_START_PFN has 0 bytes");
	/* Texts without an end. */
	notes = linux_notes();
	note(&notes, XEN_ELFNOTE_FEATURES, "!writable_page_tables", 21);
	note(&notes, XEN_ELFNOTE_XEN_VERSION, word, sizeof(word));
	note(&notes, XEN_ELFNOTE_FEATURES, "", 0);
	expect_pv(&notes, 0, 1);
	/* What ends in the middle is the end. */
	notes = linux_notes();
	memset(notes.bytes + notes.len, 0xff, 12);
	notes.len += 12;
	expect_pv(&notes, 0, 1);
	text(&none, XEN_ELFNOTE_GUEST_OS, "linux");
	expect_refused(&none, "not a kernel for PV guests");
	text(&other, XEN_ELFNOTE_GUEST_OS, "other");
	text(&other, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
	expect_refused(&other, "not a kernel for PV guests");
	text(&other, XEN_ELFNOTE_LOADER, "generic");
	number(&other, XEN_ELFNOTE_PADDR_OFFSET, 0);
	expect_refused(&other, "no VIRT_BASE");
}

static void test_narrow(void **state)
{
	struct elf_plan plan = elf_small;
	struct bytes elf;
	struct memory memory = { 0 };
	struct xlite_image_pv pv;
	struct xlite_error err = { 0 };

	plan.narrow = true;
	elf = elf_make(&plan);
	assert_int_equal(pv_try(&elf, &memory, &pv, &err), -ENOEXEC);
	expect_text(err.message, "a 32-bit kernel");
	memory_clear(&memory);
	bytes_clear(&elf);
}

/* What a processor would find at an address: its machine page, with the flags of the last entry; UINT64_MAX: nothing. */
static uint64_t walk(const struct pv_plan *plan, uint64_t *const tables[], const uint64_t *p2m, uint64_t address)
{
	uint64_t entry = p2m[plan->maps[0].tables_frame] << 12 | 1;

	for (int shift = 39; shift >= 12; shift -= 9) {
		uint64_t frame = (entry >> 12) - p2m[0], *table = NULL;

		for (unsigned i = 0; i < plan->nr_maps; i++) {
			if (frame >= plan->maps[i].tables_frame && frame - plan->maps[i].tables_frame < plan->maps[i].nr_tables)
				table = tables[i] + (frame - plan->maps[i].tables_frame) * 512;
		}
		if (!table)
			fail_msg("frame 0x%llx is no table", (unsigned long long)frame);
		entry = table[address >> shift & 511];
		if (!(entry & 1))
			return UINT64_MAX;
	}
	return entry;
}

static bool is_table(const struct pv_plan *plan, uint64_t frame)
{
	for (unsigned i = 0; i < plan->nr_maps; i++) {
		if (frame >= plan->maps[i].tables_frame && frame - plan->maps[i].tables_frame < plan->maps[i].nr_tables)
			return true;
	}
	return false;
}

/* Every address of each map leads to its frame, tables are read only, and nothing lies on both sides. */
static void check_tables(const struct pv_plan *plan, const struct xlite_image_pv *image)
{
	uint64_t *p2m = calloc(plan->nr_frames, sizeof(*p2m)), *tables[PV_MAPS_MAX] = { NULL };
	const uint64_t frames[] = { (plan->maps[0].end + 1 - plan->maps[0].start) >> 12, plan->p2m_frames };
	const uint64_t bases[] = { image->virt_base, image->p2m_base };

	for (uint64_t i = 0; i < plan->nr_frames; i++)
		p2m[i] = 0x1234500 + i;
	for (unsigned i = 0; i < plan->nr_maps; i++) {
		tables[i] = calloc(plan->maps[i].nr_tables ? plan->maps[i].nr_tables : 1, 4096);
		memset(tables[i], 0xa5, plan->maps[i].nr_tables * 4096);
		pv_tables_write(plan, &plan->maps[i], p2m, tables[i]);
	}
	for (unsigned i = 0; i < plan->nr_maps; i++) {
		for (uint64_t page = 0; page < frames[i]; page++) {
			uint64_t frame = plan->maps[i].frame + page;
			uint64_t wanted = p2m[frame] << 12 | (is_table(plan, frame) ? 0x21 : 0x23);

			if (walk(plan, tables, p2m, bases[i] + page * 4096) != wanted)
				fail_msg("page 0x%llx of map %u", (unsigned long long)page, i);
		}
		if (bases[i] + frames[i] * 4096)
			assert_int_equal(walk(plan, tables, p2m, bases[i] + frames[i] * 4096), UINT64_MAX);
		if (bases[i])
			assert_int_equal(walk(plan, tables, p2m, bases[i] - 4096), UINT64_MAX);
	}
	for (unsigned i = 0; i < plan->nr_maps; i++)
		free(tables[i]);
	free(p2m);
}

static void test_plan(void **state)
{
	static const struct {
		uint64_t base, p2m_base, high, mib, ramdisk;
		bool has_p2m_base, by_frame;
	} cases[] = {
		{ BASE, P2M, 0x2a00123, 256, 1697691, true, true },
		{ BASE, 0, 0x2a00000, 256, 1697691, false, true },
		{ BASE, 0, 0x2a00000, 256, 1697691, false, false },
		{ BASE, P2M, 0x101000, 16, 0, true, true },
		{ 0, 0, 0xb1000, 16, 0, false, false },
		{ 0, 0, 0xb1000, 1024, 20 << 20, false, false },
		/*
		 * The list of frames just below the kernel's base, so that tables are shared; and right before
		 * Xen's addresses.
		 */
		{ BASE, BASE - (UINT64_C(4) << 20), 0x200000, 512, 1, true, false },
		{ UINT64_C(0x40000000), UINT64_C(0x3ff00000), 0x200000, 64, 1, true, false },
		{ UINT64_C(0x7fffff000000), P2M, 0x200000, 64, 1, true, true },
		/* Up to the last of all addresses. */
		{ -(UINT64_C(6) << 20), P2M, 0x200000, 64, 1, true, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct xlite_image_pv image = {
			.virt_base = cases[i].base,
			.high = cases[i].high,
			.has_p2m_base = cases[i].has_p2m_base,
			.p2m_base = cases[i].p2m_base,
			.virt_room = cases[i].base < UINT64_C(1) << 47 ? (UINT64_C(1) << 47) - cases[i].base
								       : -cases[i].base,
			.p2m_room = cases[i].base - cases[i].p2m_base,
			.ramdisk_by_frame = cases[i].by_frame,
		};
		struct xlite_error err = { 0 };
		struct pv_plan plan;

		if (pv_plan_make(&plan, &image, cases[i].mib << 8, cases[i].ramdisk, &err))
			fail_msg("case %zu: %s", i, err.message);
		assert_true(plan.end <= plan.nr_frames);
		assert_true(plan.start_info >= cases[i].high >> 12);
		assert_int_equal(plan.console, plan.start_info + 2);
		/* 512 KiB behind the stack, and an end at a multiple of 4 MiB. */
		assert_true((plan.maps[0].end + 1 - plan.maps[0].start) >> 12 >= plan.stack + 1 + 128);
		assert_int_equal((plan.maps[0].end + 1) % (4 << 20), 0);
		assert_int_equal(plan.p2m < plan.stack, !cases[i].has_p2m_base);
		check_tables(&plan, &image);
	}
}

static void test_no_room(void **state)
{
	const struct xlite_image_pv image = { .virt_base = BASE,
					      .virt_room = -BASE,
					      .high = 0x2a00000,
					      .has_p2m_base = true,
					      .p2m_base = P2M,
					      .p2m_room = 1 << 30 };
	struct xlite_image_pv narrow = image;
	struct pv_plan plan;
	struct xlite_error err = { 0 };

	assert_int_equal(pv_plan_make(&plan, &image, 0x2a00, 0, &err), -ENOSPC);
	expect_text(err.message, "the domain has 42 MiB");
	assert_int_equal(pv_plan_make(&plan, &image, 48 << 8, 8 << 20, &err), -ENOSPC);
	assert_int_equal(pv_plan_make(&plan, &image, 48 << 8, UINT64_MAX, &err), -ENOSPC);
	narrow.high = UINT64_MAX;
	assert_int_equal(pv_plan_make(&plan, &narrow, 48 << 8, UINT64_MAX, &err), -ENOSPC);
	narrow = image;
	narrow.virt_base = -(UINT64_C(44) << 20);
	narrow.virt_room = UINT64_C(44) << 20;
	assert_int_equal(pv_plan_make(&plan, &narrow, 256 << 8, 8 << 20, &err), -ENOSPC);
	expect_text(err.message, "the end of addresses");
	narrow = image;
	narrow.p2m_base = BASE - 4096;
	narrow.p2m_room = 4096;
	assert_int_equal(pv_plan_make(&plan, &narrow, 256 << 8, 0, &err), -ENOSPC);
	expect_text(err.message, "the list of its frames");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_linux),   cmocka_unit_test(test_least),    cmocka_unit_test(test_offset),
		cmocka_unit_test(test_hostile), cmocka_unit_test(test_p2m_room), cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_narrow),  cmocka_unit_test(test_plan),     cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests_name("image_pv", tests, NULL, NULL);
}
