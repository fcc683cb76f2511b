/* SPDX-License-Identifier: GPL-2.0-or-later
 * LZMA: a range decoder, and the literals and matches that it tells. Chunks are in lzma2.c.
 */
#include "xen-core/boot/lzma.h"

#include "xen-core/lib/lib.h"

/* What makes up the innermost loop: its state is to stay in registers. */
#define INNERMOST static inline __attribute__((always_inline))

#define EVEN 1024
#define LITERAL_STATES 7		/* below: the last symbol was a literal */

struct range {
	const uint8_t *in, *end;
	uint32_t range, code;
	bool over;			/* more was wanted than there is */
};

INNERMOST void range_fill(struct range *r)
{
	if (r->range >> 24)
		return;
	r->range <<= 8;
	r->code <<= 8;
	if (r->in < r->end)
		r->code |= *r->in++;
	else
		r->over = true;
}

INNERMOST unsigned bit(struct range *r, uint16_t *chance)
{
	uint32_t zero = (r->range >> 11) * *chance;
	unsigned value = r->code >= zero;

	if (value) {
		r->range -= zero;
		r->code -= zero;
		*chance = (uint16_t)(*chance - (*chance >> 5));
	} else {
		r->range = zero;
		*chance = (uint16_t)(*chance + ((2048 - *chance) >> 5));
	}
	range_fill(r);
	return value;
}

/* Bits that are as often 0 as 1. */
INNERMOST uint32_t plain_bits(struct range *r, unsigned nr)
{
	uint32_t value = 0;

	for (; nr; nr--) {
		unsigned one;

		r->range >>= 1;
		one = r->code >= r->range;
		if (one)
			r->code -= r->range;
		value = value << 1 | one;
		range_fill(r);
	}
	return value;
}

/* The highest bit first; each has its chance by those before. */
INNERMOST unsigned tree(struct range *r, uint16_t *chances, unsigned bits)
{
	unsigned node = 1;

	for (unsigned i = 0; i < bits; i++)
		node = node << 1 | bit(r, &chances[node]);
	return node - (1u << bits);
}

INNERMOST unsigned tree_lowest_first(struct range *r, uint16_t *chances, unsigned bits)
{
	unsigned node = 1, value = 0;

	for (unsigned i = 0; i < bits; i++) {
		unsigned one = bit(r, &chances[node]);

		node = node << 1 | one;
		value |= one << i;
	}
	return value;
}

INNERMOST unsigned length(struct range *r, struct lzma_length *l, unsigned position)
{
	if (!bit(r, &l->longer[0]))
		return 2 + tree(r, l->low[position], 3);
	if (!bit(r, &l->longer[1]))
		return 10 + tree(r, l->middle[position], 3);
	return 18 + tree(r, l->high, 8);
}

/* The slot has the two highest bits and how many follow. */
INNERMOST uint32_t distance(struct range *r, struct lzma_chances *c, unsigned length)
{
	unsigned slot = tree(r, c->slot[MIN(length - 2, 3u)], 6), more = (slot >> 1) - 1;
	uint32_t high;

	if (slot < 4)
		return slot;
	high = (2 | (slot & 1)) << more;
	if (slot < 14)
		return high + tree_lowest_first(r, &c->special[high - slot], more);
	high += plain_bits(r, more - 4) << 4;
	return high + tree_lowest_first(r, c->align, 4);
}

/* After a match, the byte that would have gone on with it is known not to come: it chooses chances until it differs. */
INNERMOST uint8_t literal(struct range *r, uint16_t *chances, bool after_match, unsigned expected)
{
	unsigned symbol = 1;

	while (after_match && symbol < 0x100) {
		unsigned one = expected >> 7 & 1;

		expected <<= 1;
		symbol = symbol << 1 | bit(r, &chances[((1 + one) << 8) + symbol]);
		after_match = (symbol & 1) == one;
	}
	while (symbol < 0x100)
		symbol = symbol << 1 | bit(r, &chances[symbol]);
	return (uint8_t)symbol;
}

/* One of the last four distances again, which becomes the last. Returns the length. */
INNERMOST unsigned repeat(struct lzma *s, struct range *r, unsigned position)
{
	struct lzma_chances *c = &s->chances;
	unsigned state = s->state, nth;
	uint32_t chosen;

	s->state = state < LITERAL_STATES ? 8 : 11;
	if (!bit(r, &c->other[state])) {
		if (bit(r, &c->long_repeat[state][position]))
			return length(r, &c->repeat_length, position);
		s->state = state < LITERAL_STATES ? 9 : 11;
		return 1;
	}
	nth = !bit(r, &c->older[state]) ? 1 : 2 + bit(r, &c->oldest[state]);
	chosen = s->distance[nth];
	for (; nth; nth--)
		s->distance[nth] = s->distance[nth - 1];
	s->distance[0] = chosen;
	return length(r, &c->repeat_length, position);
}

INNERMOST unsigned match(struct lzma *s, struct range *r, unsigned position)
{
	unsigned size;

	if (bit(r, &s->chances.repeat[s->state]))
		return repeat(s, r, position);
	s->state = s->state < LITERAL_STATES ? 7 : 10;
	size = length(r, &s->chances.match_length, position);
	memmove(&s->distance[1], &s->distance[0], 3 * sizeof(s->distance[0]));
	s->distance[0] = distance(r, &s->chances, size);
	return size;
}

/* A mark of the end is a distance that nothing can have: LZMA2 has none. */
bool lzma_chunk(struct lzma *s, struct unpack *io)
{
	struct range r = { .in = io->in, .end = io->in_end, .range = UINT32_MAX };
	uint8_t *out = io->out;

	if (io->in_end - io->in < 5 || *r.in++)
		return false;
	for (unsigned i = 0; i < 4; i++)
		r.code = r.code << 8 | *r.in++;
	while (out < io->out_end) {
		size_t done = (size_t)(out - s->dictionary), back = s->distance[0] + (size_t)1;
		unsigned position = (unsigned)done & s->position_mask, size;

		if (!bit(&r, &s->chances.match[s->state][position])) {
			unsigned before = done ? out[-1] : 0;
			size_t nth = ((done & s->literal_mask) << s->context_bits) + (before >> (8 - s->context_bits));

			if (s->state >= LITERAL_STATES && back > done)
				return false;
			*out = literal(&r, s->chances.literal + 0x300 * nth, s->state >= LITERAL_STATES,
				       s->state >= LITERAL_STATES ? out[-(ptrdiff_t)back] : 0);
			out++;
			s->state = s->state < 4 ? 0 : s->state < 10 ? s->state - 3 : s->state - 6;
			continue;
		}
		size = match(s, &r, position);
		back = s->distance[0] + (size_t)1;
		if (back > done || size > (size_t)(io->out_end - out))
			return false;
		/* Byte by byte: it may go on with what it has just written. */
		for (; size; size--, out++)
			*out = out[-(ptrdiff_t)back];
	}
	io->in = r.in;
	io->out = out;
	return !r.over && r.in == r.end && !r.code;
}

void lzma_reset(struct lzma *s)
{
	uint16_t *chance = (uint16_t *)&s->chances;

	for (size_t i = 0; i < sizeof(s->chances) / sizeof(*chance); i++)
		chance[i] = EVEN;
	memset(s->distance, 0, sizeof(s->distance));
	s->state = 0;
}

bool lzma_properties(struct lzma *s, uint8_t byte)
{
	unsigned literal_bits = byte / 9 % 5, position_bits = byte / 45;

	s->context_bits = byte % 9;
	s->literal_mask = (1u << literal_bits) - 1;
	s->position_mask = (1u << position_bits) - 1;
	return position_bits <= 4 && s->context_bits + literal_bits <= 4;
}
