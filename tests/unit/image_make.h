/* SPDX-License-Identifier: GPL-2.0-or-later
 * Kernel images made by the tests themselves: an ELF file from a description, packed in any
 * format, wrapped as a bzImage; and a sink of memory that checks how it is used.
 */
#ifndef TESTS_UNIT_IMAGE_MAKE_H
#define TESTS_UNIT_IMAGE_MAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xlite/lib/image.h"

struct bytes {
	uint8_t *data;
	size_t len;
};

void bytes_clear(struct bytes *b);
struct bytes bytes_copy(const struct bytes *b);

#define ELF_PHDRS 8
#define ELF_SECTIONS 4

/** An ELF file to make; p_align and flags are left 0. */
struct elf_plan {
	bool narrow;		/* ELFCLASS32 */
	unsigned machine, type;	/* 0: x86-64 or i386; ET_EXEC */
	uint64_t phoff;		/* 0: right after the header */
	struct {
		uint32_t type;
		uint64_t offset, paddr, filesz, memsz;
	} phdrs[ELF_PHDRS];
	unsigned nr_phdrs;
	uint64_t note_offset;	/* 0: no note is written */
	unsigned note_type;	/* 0: 18 */
	unsigned note_desc;	/* bytes of the entry; 0: 8 */
	uint64_t entry;
	uint64_t shoff;		/* section headers, if any */
	struct {
		uint32_t type;
		uint64_t offset, size;
	} sections[ELF_SECTIONS];
	unsigned nr_sections;
	size_t size;		/* of the file */
};

/** Bytes of the one note that elf_make writes. */
#define NOTE_SIZE 24

/** A kernel of two segments, the second with bss, with a note in the first: fits in 4 KiB. */
extern const struct elf_plan elf_small;
#define SMALL_ENTRY 0x100040
#define SMALL_LOW 0x100000
#define SMALL_HIGH 0x106000

/** The file: noise that can be packed to a quarter, with headers and note in it as the plan says. */
struct bytes elf_make(const struct elf_plan *plan);
/** The memory from the lowest to the highest byte that the plan's segments fill when loaded from elf. */
struct bytes elf_memory(const struct elf_plan *plan, const struct bytes *elf);

struct packing {
	const char *name;	/* as in the image's format: "gzip"; "" is not packed */
	bool checked;		/* a checksum covers the contents */
	struct bytes (*pack)(const struct bytes *in);
};

/** All formats that are read, ended by a NULL name. */
extern const struct packing packings[];

/** A bzImage of protocol 2.15; the payload is followed by size, as Linux does, if sized. */
struct bytes bzimage_make(const struct bytes *payload, bool sized, uint32_t size);
#define BZIMAGE_PAYLOAD (5 * 512 + 0x2cc)	/* where the payload begins */

/** A sink of memory. Zero it, set what is wanted, clear it by memory_clear. */
struct memory {
	uint8_t *bytes;
	uint64_t low, high;
	size_t window_max;	/* 0: no limit */
	unsigned reserved, windows;
	int fail_reserve, fail_window;	/* errno to fail with */
	bool empty_window;		/* misbehave: windows of no bytes */
};

struct xlite_image_sink memory_sink(struct memory *memory);
void memory_clear(struct memory *memory);

/** A path by which the bytes can be opened; the next call overwrites it. */
const char *image_file(const void *data, size_t len);
/** Opens and loads into memory; what the two functions return. */
int image_try(const struct bytes *file, uint64_t limit, struct memory *memory, struct xlite_image_info *info,
	      struct xlite_error *err);

/** A reproducible sequence of numbers. */
uint32_t noise(uint64_t *state);

#endif
