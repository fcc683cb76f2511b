/* SPDX-License-Identifier: GPL-2.0-or-later
 * A kernel's ELF image: where its parts go, and its PVH entry (ELF note 18 of "Xen").
 */
#ifndef XEN_CORE_BOOT_ELF_H
#define XEN_CORE_BOOT_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_image {
	const uint8_t *file;
	size_t size;
	uint64_t start, end;		/* physical addresses that it takes up */
	uint32_t entry;			/* physical */
	bool wide;			/* 64 bits */
};

/** NULL when all is well, or what is wrong with it. */
const char *elf_check(struct elf_image *image, const void *file, size_t size);
/** The nth part: bytes of the file at offset, for memory bytes at address; false behind the last. */
bool elf_part(const struct elf_image *image, unsigned nth, uint64_t *address, const void **data, uint64_t *file_size,
	      uint64_t *mem_size);

#endif
