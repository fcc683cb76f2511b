/* SPDX-License-Identifier: GPL-2.0-or-later
 * One stream of the .xz format, in one go (The .xz File Format, version 1.0.4).
 */
#ifndef XEN_CORE_BOOT_XZ_H
#define XEN_CORE_BOOT_XZ_H

#include "xen-core/boot/lzma.h"

/* What it works with; nothing of it is of use afterwards. */
struct xz {
	struct unpack io;
	unsigned check;			/* how blocks are checked; XZ_ in xz.c */
	uint64_t nr_blocks, records;	/* how many there were, and a checksum of their sizes */
	uint64_t crc32[256], crc64[256];
	struct lzma lzma;
};

/**
 * Unpacks a stream that takes up all of in: one or several blocks, by LZMA2 with or without the filter for x86. *done
 * is how many bytes came out, at most out_size. NULL when all is well and checked, or what is wrong; then what is in
 * out has no meaning.
 */
const char *xz_unpack(struct xz *x, const void *in, size_t in_size, void *out, size_t out_size, size_t *done);
/** xz_x86.c: undoes the filter for x86 in size bytes, of which the first was at that position. */
void xz_x86(uint8_t *code, size_t size, uint32_t position);

#endif
