/* SPDX-License-Identifier: GPL-2.0-or-later
 * LZMA2: chunks of at most 2 MiB, packed or as they are, each with a byte that says what it begins anew.
 *   00        the end
 *   01, 02    as they are, with a new dictionary or the old one: two bytes of size less 1, data
 *   80 to ff  packed: bits 16 to 20 of the size less 1, two bytes with the others, two of the packed size less 1; from
 *             e0 on a new dictionary, from c0 on a byte of properties, from a0 on a new state; data
 */
#include "xen-core/boot/lzma.h"

#include "xen-core/lib/lib.h"

#define DAMAGED "its packed data is damaged"
#define CUT "its packed data ends too early"

static uint32_t be16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static const char *plain(struct unpack *io)
{
	size_t size;

	if (io->in_end - io->in < 2)
		return CUT;
	size = be16(io->in) + 1;
	io->in += 2;
	if ((size_t)(io->in_end - io->in) < size)
		return CUT;
	if ((size_t)(io->out_end - io->out) < size)
		return DAMAGED;
	memcpy(io->out, io->in, size);
	io->in += size;
	io->out += size;
	return NULL;
}

static const char *packed(struct lzma *s, struct unpack *io, uint8_t control)
{
	size_t head = control >= 0xc0 ? 5 : 4, size, out_size;
	struct unpack chunk;

	if ((size_t)(io->in_end - io->in) < head)
		return CUT;
	out_size = ((control & 0x1fu) << 16 | be16(io->in)) + 1;
	size = be16(io->in + 2) + 1;
	if (control >= 0xc0 && !lzma_properties(s, io->in[4]))
		return DAMAGED;
	if (control >= 0xa0)
		lzma_reset(s);
	io->in += head;
	if ((size_t)(io->in_end - io->in) < size)
		return CUT;
	if ((size_t)(io->out_end - io->out) < out_size)
		return DAMAGED;
	chunk = (struct unpack){ io->in, io->in + size, io->out, io->out + out_size };
	io->in += size;
	io->out += out_size;
	return lzma_chunk(s, &chunk) ? NULL : DAMAGED;
}

/* A new dictionary calls for properties, and these for a new state, before anything packed. */
const char *lzma2_unpack(struct lzma *s, struct unpack *io)
{
	bool dictionary = false, properties = false;

	while (io->in < io->in_end) {
		uint8_t control = *io->in++;
		const char *wrong;

		if (!control)
			return NULL;
		if (control == 1 || control >= 0xe0) {
			s->dictionary = io->out;
			dictionary = true;
			properties = false;
		}
		properties |= control >= 0xc0;
		if ((control > 2 && control < 0x80) || !dictionary || (control >= 0x80 && !properties))
			return DAMAGED;
		wrong = control < 0x80 ? plain(io) : packed(s, io, control);
		if (wrong)
			return wrong;
	}
	return CUT;
}
