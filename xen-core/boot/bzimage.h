/* SPDX-License-Identifier: GPL-2.0-or-later
 * A distribution's kernel: an ELF file, packed, behind the code that starts a PC with it (Linux
 * Documentation/x86/boot.rst).
 */
#ifndef XEN_CORE_BOOT_BZIMAGE_H
#define XEN_CORE_BOOT_BZIMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bzimage {
	const uint8_t *packed;		/* in the file */
	size_t packed_size, size;	/* bytes; size: unpacked, as the file says */
};

bool bzimage_is(const void *file, size_t size);
/** Finds what is packed. NULL when all is well, or what is wrong. */
const char *bzimage_open(struct bzimage *b, const void *file, size_t size);
/** How much room bzimage_unpack needs, in bytes. */
size_t bzimage_room(const struct bzimage *b);
/**
 * Unpacks to where room begins (aligned to 8), b->size bytes; behind it it works. NULL when all is well, or what is
 * wrong.
 */
const char *bzimage_unpack(const struct bzimage *b, void *room);

#endif
