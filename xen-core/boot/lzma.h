/* SPDX-License-Identifier: GPL-2.0-or-later
 * LZMA2 into memory that is its own dictionary (LZMA specification; chunks: as xz writes them).
 */
#ifndef XEN_CORE_BOOT_LZMA_H
#define XEN_CORE_BOOT_LZMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is done moves in and out; neither goes over its end. */
struct unpack {
	const uint8_t *in, *in_end;
	uint8_t *out, *out_end;
};

/* Chances that a bit is 0, of 2048. First indices: the state, or a position's low bits. */
struct lzma_length {
	uint16_t longer[2], low[16][8], middle[16][8], high[256];
};

struct lzma_chances {
	uint16_t match[12][16], repeat[12], other[12], older[12], oldest[12], long_repeat[12][16];
	uint16_t slot[4][64], special[115], align[16];
	struct lzma_length match_length, repeat_length;
	uint16_t literal[0x300 << 4];
};

struct lzma {
	uint8_t *dictionary;		/* where it begins in the output */
	uint32_t distance[4];		/* of the last matches; 0 is the byte before */
	unsigned state;			/* what the last symbols were */
	unsigned context_bits;		/* of the byte before, that choose a literal's chances */
	unsigned literal_mask, position_mask;
	struct lzma_chances chances;
};

/** Properties, as a chunk has them in a byte. False when they cannot be. */
bool lzma_properties(struct lzma *s, uint8_t byte);
/** Forgets what was learnt, not the dictionary. */
void lzma_reset(struct lzma *s);
/** One chunk, of all that io has, to all of its room. False when it is damaged. */
bool lzma_chunk(struct lzma *s, struct unpack *io);
/** Chunks until the one that says it is the last. NULL when all is well, or what is wrong. */
const char *lzma2_unpack(struct lzma *s, struct unpack *io);

#endif
