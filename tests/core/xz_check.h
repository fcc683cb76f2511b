/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the tests of packed kernels share: bytes of several kinds, packed by the program xz.
 */
#ifndef TESTS_CORE_XZ_CHECK_H
#define TESTS_CORE_XZ_CHECK_H

#include "tests/core/core_check.h"

struct bytes {
	uint8_t *data;			/* a block of just that size, for sanitizers to watch */
	size_t size;
};

struct bytes bytes_new(size_t size);
void bytes_free(struct bytes *b);
/** What the program makes of them: xz OPTIONS -c. To be freed. */
struct bytes xz_pack(struct bytes plain, const char *options);

/* Kinds of bytes. */
void fill_text(struct bytes b);		/* words that come again and again */
void fill_noise(struct bytes b);	/* nothing packs these */
void fill_code(struct bytes b);		/* calls and jumps, real and seeming ones, on top of each other */
void fill_mixed(struct bytes b);	/* some of each, in pieces */

/** xz_unpack, with all in blocks of their own; of the output the first done bytes stay. */
const char *unpack(struct bytes packed, size_t room, struct bytes *out);

#endif
