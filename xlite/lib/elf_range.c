/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Checks and order of segments and note ranges. A PVH guest is entered with paging off, so
 * all of its kernel lies below 4 GiB; whether there is memory at an address the sink knows.
 */
#include "xlite/lib/elf_range.h"

#include <errno.h>
#include <stdlib.h>

#define ADDRESS_END (UINT64_C(1) << 32)

#define ULL(x) ((unsigned long long)(x))

static int refuse(struct xlite_error *err, const char *what, const struct elf_segment *segment)
{
	return xlite_error_set(err, -ENOEXEC,
			       "broken ELF file: %s: segment at address 0x%llx (%llu bytes; %llu in the file, at %llu)",
			       what, ULL(segment->paddr), ULL(segment->memsz), ULL(segment->filesz),
			       ULL(segment->offset));
}

int elf_check_segment(const struct elf_segment *segment, bool anywhere, uint64_t limit, struct xlite_error *err)
{
	uint64_t end = anywhere ? UINT64_MAX : ADDRESS_END;

	if (segment->filesz > segment->memsz)
		return refuse(err, "larger in the file than in memory", segment);
	if (segment->paddr >= end || segment->memsz > end - segment->paddr)
		return refuse(err, anywhere ? "reaches past the end of all addresses" : "reaches past 4 GiB", segment);
	if (!segment->filesz)
		return 0;
	if (segment->offset > UINT64_MAX - segment->filesz)
		return refuse(err, "place in the file", segment);
	if (segment->offset + segment->filesz > limit)
		return xlite_error_set(err, -EFBIG, "a segment ends after %llu bytes of its ELF file, past the limit of %llu",
				       ULL(segment->offset + segment->filesz), ULL(limit));
	return 0;
}

int elf_check_notes(uint64_t offset, uint64_t size, uint64_t limit, struct xlite_error *err)
{
	if (size <= ELF_NOTES_SIZE_MAX && offset <= limit && size <= limit - offset)
		return 0;
	return xlite_error_set(err, -ENOEXEC, "broken ELF file: notes of %llu bytes at %llu", ULL(size), ULL(offset));
}

static int compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int by_offset(const void *a, const void *b)
{
	const struct elf_segment *one = a, *other = b;

	/* Equal offsets: what is not in the file first, so that it does not come between neighbours. */
	int order = compare(one->offset, other->offset);

	return order ? order : compare(one->filesz, other->filesz);
}

static int by_address(const void *a, const void *b)
{
	return compare(((const struct elf_segment *)a)->paddr, ((const struct elf_segment *)b)->paddr);
}

static int notes_by_offset(const void *a, const void *b)
{
	return compare(((const struct elf_notes *)a)->offset, ((const struct elf_notes *)b)->offset);
}

/* Of the segments with bytes in the file: none begins before the end of another. */
static int check_file_overlap(const struct elf_file *elf, struct xlite_error *err)
{
	uint64_t end = 0;

	for (size_t i = 0; i < elf->nr_segments; i++) {
		const struct elf_segment *segment = &elf->segments[i];

		if (!segment->filesz)
			continue;
		if (segment->offset < end)
			return refuse(err, "overlaps another in the file", segment);
		end = segment->offset + segment->filesz;
	}
	return 0;
}

int elf_order_segments(struct elf_file *elf, struct xlite_error *err)
{
	struct elf_segment *segments = elf->segments;

	qsort(segments, elf->nr_segments, sizeof(*segments), by_address);
	elf->low = segments[0].paddr;
	elf->high = segments[0].paddr + segments[0].memsz;
	for (size_t i = 1; i < elf->nr_segments; i++) {
		if (segments[i].paddr < elf->high)
			return refuse(err, "overlaps another in memory", &segments[i]);
		elf->high = segments[i].paddr + segments[i].memsz;
	}
	qsort(segments, elf->nr_segments, sizeof(*segments), by_offset);
	return check_file_overlap(elf, err);
}

int elf_order_notes(struct elf_file *elf, struct xlite_error *err)
{
	uint64_t end = 0;
	size_t at = 0;

	qsort(elf->notes, elf->nr_notes, sizeof(*elf->notes), notes_by_offset);
	for (size_t i = 0; i < elf->nr_notes; i++) {
		struct elf_notes *notes = &elf->notes[i];

		if (notes->offset < end)
			return xlite_error_set(err, -ENOEXEC, "broken ELF file: notes overlap at %llu", ULL(notes->offset));
		end = notes->offset + notes->size;
		notes->at = at;
		at += (size_t)notes->size;
	}
	if (at > ELF_NOTES_SIZE_MAX)
		return xlite_error_set(err, -ENOEXEC, "broken ELF file: %zu bytes of notes", at);
	return 0;
}
