/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Private to the image loader: what an ELF file says must be loaded, checked. Both classes,
 * little-endian x86; addresses are physical (p_paddr). Nothing here reads the file's contents
 * but its headers. Follows the System V ABI, chapters 4 and 5, and xen/elfnote.h.
 */
#ifndef XLITE_LIB_ELF_H
#define XLITE_LIB_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

#define ELF_HEADER_SIZE 64	/* of the larger class */
#define ELF_PHDRS_MAX 512
#define ELF_SECTIONS_MAX 4096
#define ELF_NOTES_MAX 16
#define ELF_NOTES_SIZE_MAX 65536 /* bytes, all note ranges together */

/** Bytes [offset, offset + filesz) of the file belong at paddr; up to memsz follow zeros. */
struct elf_segment {
	uint64_t offset, filesz;
	uint64_t paddr, memsz;
};

/** A range of the file that holds notes. */
struct elf_notes {
	uint64_t offset, size;
	size_t at;		/* where it lies in the loader's buffer of notes */
};

struct elf_file {
	bool wide;		/* ELFCLASS64 */
	bool anywhere;		/* segments may lie past 4 GiB: set before elf_parse_phdrs */
	uint64_t entry;		/* e_entry */
	uint64_t phoff, shoff;
	unsigned nr_phdrs, nr_sections;
	struct elf_segment *segments;	/* by offset in the file, none overlapping in file or memory */
	size_t nr_segments;
	struct elf_notes notes[ELF_NOTES_MAX]; /* by offset, none overlapping */
	size_t nr_notes;
	uint64_t low, high;	/* memory of all segments, end exclusive */
};

/**
 * Reads the file header at head (ELF_HEADER_SIZE bytes, zeros after the file's end). -ENOEXEC: not for x86, or broken.
 */
int elf_parse_header(struct elf_file *elf, const void *head, struct xlite_error *err);
/** Bytes of the program header table, of the section header table. */
size_t elf_phdrs_size(const struct elf_file *elf);
size_t elf_sections_size(const struct elf_file *elf);
/** Reads the program headers; file offsets past limit are refused (-EFBIG). segments is freed by elf_clear. */
int elf_parse_phdrs(struct elf_file *elf, const void *table, uint64_t limit, struct xlite_error *err);
/** Reads the section headers and takes the note ranges from them instead. */
int elf_parse_sections(struct elf_file *elf, const void *table, uint64_t limit, struct xlite_error *err);
void elf_clear(struct elf_file *elf);

/** Calls seen with each of Xen's notes, its type and contents, until that answers other than 0, which is returned. */
int elf_notes_walk(const void *notes, size_t size,
		   int (*seen)(void *ctx, uint32_t type, const void *desc, size_t len, struct xlite_error *err),
		   void *ctx, struct xlite_error *err);
/** Looks for Xen's PHYS32_ENTRY among notes: 1 found, 0 not, -ENOEXEC (err filled) when it is not an address. */
int elf_find_entry(const void *notes, size_t size, uint32_t *entry, struct xlite_error *err);

#endif
