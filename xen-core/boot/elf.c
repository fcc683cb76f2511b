/* SPDX-License-Identifier: GPL-2.0-or-later
 * ELF of 32 and 64 bits, little endian (System V ABI, chapters 4 and 5), read where it lies and checked against its size.
 */
#include "xen-core/boot/elf.h"

#include "xen-core/lib/lib.h"

#define PT_LOAD 1
#define PT_NOTE 4
#define NOTE_PHYS32_ENTRY 18

struct part {
	uint32_t type;
	uint64_t offset, address, file_size, mem_size;
};

/* Of parts: count entries of that size. */
struct table {
	uint64_t at, size, count;
};

static bool in_file(const struct elf_image *image, uint64_t at, uint64_t size)
{
	return at <= image->size && size <= image->size - at;
}

static uint64_t get(const struct elf_image *image, uint64_t at, unsigned bytes)
{
	return in_file(image, at, bytes) ? le_read(image->file + at, bytes) : 0;
}

static struct table table_of(const struct elf_image *image)
{
	bool wide = image->wide;

	return (struct table){
		.at = get(image, wide ? 32 : 28, wide ? 8 : 4),
		.size = get(image, wide ? 54 : 42, 2),
		.count = get(image, wide ? 56 : 44, 2),
	};
}

static bool part_at(const struct elf_image *image, unsigned nth, struct part *p)
{
	struct table table = table_of(image);
	uint64_t at = table.at + nth * table.size;
	bool wide = image->wide;

	if (nth >= table.count || table.size < (wide ? 56u : 32u))
		return false;
	p->type = (uint32_t)get(image, at, 4);
	p->offset = get(image, at + (wide ? 8 : 4), wide ? 8 : 4);
	p->address = get(image, at + (wide ? 24 : 12), wide ? 8 : 4);
	p->file_size = get(image, at + (wide ? 32 : 16), wide ? 8 : 4);
	p->mem_size = get(image, at + (wide ? 40 : 20), wide ? 8 : 4);
	return true;
}

/* Notes are read where they are in the file, wherever they would be in memory. */
static bool part_fits(const struct elf_image *image, const struct part *p)
{
	return in_file(image, p->offset, p->file_size) &&
	       (p->type == PT_NOTE || (p->file_size <= p->mem_size && p->address + p->mem_size >= p->address &&
				       p->address + p->mem_size <= UINT64_C(1) << 32));
}

/* Name and description are padded to 4 bytes. */
static void notes(struct elf_image *image, const struct part *p)
{
	uint64_t at = p->offset, end = p->offset + p->file_size;

	while (at + 12 <= end) {
		uint64_t name = get(image, at, 4), desc = get(image, at + 4, 4), type = get(image, at + 8, 4);
		uint64_t data = at + 12 + ALIGN_UP(name, 4);

		if (name == 4 && type == NOTE_PHYS32_ENTRY && (desc == 4 || desc == 8) && data + desc <= end &&
		    !memcmp(image->file + at + 12, "Xen", 4))
			image->entry = get(image, data, (unsigned)desc) <= UINT32_MAX ? (uint32_t)get(image, data, 4) : 0;
		at = data + ALIGN_UP(desc, 4);
	}
}

const char *elf_check(struct elf_image *image, const void *file, size_t size)
{
	struct table table;
	struct part p;

	*image = (struct elf_image){ .file = file, .size = size, .start = UINT64_MAX };
	if (size < 64 || memcmp(file, "\177ELF", 4))
		return "it is neither an ELF file nor a bzImage";
	if (image->file[4] < 1 || image->file[4] > 2 || image->file[5] != 1)
		return "it is not for this kind of processor";
	image->wide = image->file[4] == 2;
	table = table_of(image);
	if (!in_file(image, table.at, table.size * table.count))
		return "the table of its parts lies outside of the file";
	for (unsigned i = 0; part_at(image, i, &p); i++) {
		if (p.type != PT_LOAD && p.type != PT_NOTE)
			continue;
		if (!part_fits(image, &p))
			return "a part of it lies outside of the file, or above 4 GiB";
		if (p.type == PT_NOTE) {
			notes(image, &p);
		} else if (p.mem_size) {
			image->start = MIN(image->start, p.address);
			image->end = MAX(image->end, p.address + p.mem_size);
		}
	}
	if (!image->end)
		return "nothing of it is to be loaded";
	return image->entry ? NULL : "it has no PVH entry";
}

bool elf_part(const struct elf_image *image, unsigned nth, uint64_t *address, const void **data, uint64_t *file_size,
	      uint64_t *mem_size)
{
	struct part p;

	for (unsigned i = 0; part_at(image, i, &p); i++) {
		if (p.type != PT_LOAD || nth--)
			continue;
		*address = p.address;
		*data = image->file + p.offset;
		*file_size = p.file_size;
		*mem_size = p.mem_size;
		return true;
	}
	return false;
}
