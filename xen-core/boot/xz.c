/* SPDX-License-Identifier: GPL-2.0-or-later
 * What is around LZMA2 in the .xz format, and checks of it. The filter for x86 is in xz_x86.c.
 */
#include "xen-core/boot/xz.h"

#include "xen-core/lib/lib.h"

#define CUT "the xz stream in it ends too early"
#define HEADER_DAMAGED "the header of the xz stream in it is damaged"
#define BLOCK_DAMAGED "the header of a block of the xz stream in it is damaged"
#define INDEX_DAMAGED "the index of the xz stream in it is damaged"
#define END_DAMAGED "the end of the xz stream in it is damaged"
#define FILTERS_UNKNOWN "it is packed by other filters than LZMA2 and x86: unpack it by extract-vmlinux"
#define CHECK_UNKNOWN "its checksum is none of CRC32 and CRC64: unpack it by extract-vmlinux"

#define FILTER_X86 4
#define FILTER_LZMA2 0x21
#define SIZE_UNKNOWN UINT64_MAX

enum { XZ_NONE = 0, XZ_CRC32 = 1, XZ_CRC64 = 4 };

struct block {
	uint64_t packed, plain;		/* sizes in bytes, if the header tells them */
	bool x86;
	uint32_t x86_start;
};

/* Both kinds are reflected: the shorter one takes the low half. */
static void crc_table(uint64_t *table, uint64_t polynomial)
{
	for (unsigned i = 0; i < 256; i++) {
		table[i] = i;
		for (unsigned k = 0; k < 8; k++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? polynomial : 0);
	}
}

static uint64_t crc(const uint64_t *table, uint64_t ones, const void *data, size_t size)
{
	const uint8_t *byte = data;
	uint64_t value = ones;

	while (size--)
		value = table[(value ^ *byte++) & 0xff] ^ value >> 8;
	return value ^ ones;
}

static uint32_t crc32(const struct xz *x, const void *data, size_t size)
{
	return (uint32_t)crc(x->crc32, UINT32_MAX, data, size);
}

static size_t left(const struct xz *x)
{
	return (size_t)(x->io.in_end - x->io.in);
}

/* Seven bits a byte, the lowest first; the last byte has no eighth bit, and is not 0 unless alone. */
static bool number(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
	*value = 0;
	for (unsigned shift = 0; shift < 63 && *at < end; shift += 7) {
		uint8_t byte = *(*at)++;

		*value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return byte || !shift;
	}
	return false;
}

/* Zeros, until there are a multiple of four bytes from start on. */
static bool padding(struct xz *x, const uint8_t *start)
{
	while ((x->io.in - start) % 4)
		if (!left(x) || *x->io.in++)
			return false;
	return true;
}

static const char *stream_header(struct xz *x)
{
	const uint8_t *in = x->io.in;

	if (left(x) < 12)
		return CUT;
	if (memcmp(in, "\3757zXZ\0", 6) || crc32(x, in + 6, 2) != le_read(in + 8, 4) || in[6] || in[7] > 15)
		return HEADER_DAMAGED;
	x->check = in[7];
	if (x->check != XZ_NONE && x->check != XZ_CRC32 && x->check != XZ_CRC64)
		return CHECK_UNKNOWN;
	x->io.in += 12;
	return NULL;
}

static const char *filter(struct block *b, const uint8_t **at, const uint8_t *end, bool last)
{
	uint64_t id, size;
	const uint8_t *properties;

	if (!number(at, end, &id) || !number(at, end, &size) || size > (size_t)(end - *at))
		return BLOCK_DAMAGED;
	properties = *at;
	*at += size;
	/* How large a dictionary there is to be says nothing: it is all of the output. */
	if (last)
		return id != FILTER_LZMA2 ? FILTERS_UNKNOWN : size != 1 || *properties > 40 ? BLOCK_DAMAGED : NULL;
	if (id != FILTER_X86 || b->x86)
		return FILTERS_UNKNOWN;
	if (size && size != 4)
		return BLOCK_DAMAGED;
	b->x86 = true;
	b->x86_start = size ? (uint32_t)le_read(properties, 4) : 0;
	return NULL;
}

static const char *block_header(struct xz *x, struct block *b)
{
	const uint8_t *at = x->io.in, *end;
	size_t size = (*at + 1u) * 4;
	unsigned flags;

	*b = (struct block){ .packed = SIZE_UNKNOWN, .plain = SIZE_UNKNOWN };
	if (left(x) < size)
		return CUT;
	x->io.in += size;
	end = x->io.in - 4;
	if (crc32(x, at, size - 4) != le_read(end, 4))
		return BLOCK_DAMAGED;
	flags = at[1];
	at += 2;
	if (flags & 0x3c || (flags & 0x40 && !number(&at, end, &b->packed)) || (flags & 0x80 && !number(&at, end, &b->plain)))
		return BLOCK_DAMAGED;
	for (unsigned i = flags & 3; i + 1; i--) {
		const char *wrong = filter(b, &at, end, i == 0);

		if (wrong)
			return wrong;
	}
	while (at < end)
		if (*at++)
			return BLOCK_DAMAGED;
	return NULL;
}

static const char *block_check(struct xz *x, const uint8_t *start)
{
	unsigned check_size = x->check == XZ_NONE ? 0 : x->check == XZ_CRC32 ? 4 : 8;
	size_t size = (size_t)(x->io.out - start);
	uint64_t value;

	if (left(x) < check_size)
		return CUT;
	value = le_read(x->io.in, check_size);
	x->io.in += check_size;
	if ((x->check == XZ_CRC32 && value != crc32(x, start, size)) ||
	    (x->check == XZ_CRC64 && value != crc(x->crc64, UINT64_MAX, start, size)))
		return "the checksum of what is packed in it is wrong";
	return NULL;
}

/* The index tells of each block again: its size without padding, and what came out. */
static uint64_t record(const struct xz *x, uint64_t records, uint64_t size, uint64_t plain)
{
	uint64_t all[] = { records, size, plain };

	return crc(x->crc64, UINT64_MAX, all, sizeof(all));
}

static const char *block(struct xz *x)
{
	const uint8_t *header = x->io.in, *start;
	uint8_t *out = x->io.out;
	struct block b;
	const char *wrong = block_header(x, &b);
	uint64_t packed, plain, padded;

	if (wrong)
		return wrong;
	start = x->io.in;
	wrong = lzma2_unpack(&x->lzma, &x->io);
	if (wrong)
		return wrong;
	packed = (uint64_t)(x->io.in - start);
	plain = (uint64_t)(x->io.out - out);
	if ((b.packed != SIZE_UNKNOWN && b.packed != packed) || (b.plain != SIZE_UNKNOWN && b.plain != plain))
		return BLOCK_DAMAGED;
	if (b.x86)
		xz_x86(out, plain, b.x86_start);
	if (!padding(x, start))
		return "the padding of a block of the xz stream in it is damaged";
	padded = (uint64_t)(x->io.in - start);
	wrong = block_check(x, out);
	x->nr_blocks++;
	x->records = record(x, x->records, (uint64_t)(x->io.in - header) - (padded - packed), plain);
	return wrong;
}

static const char *stream_index(struct xz *x, size_t *size)
{
	const uint8_t *start = x->io.in++;
	uint64_t count, sizes[2], records = 0;

	if (!number(&x->io.in, x->io.in_end, &count) || count != x->nr_blocks)
		return INDEX_DAMAGED;
	while (count--) {
		if (!number(&x->io.in, x->io.in_end, &sizes[0]) || !number(&x->io.in, x->io.in_end, &sizes[1]))
			return INDEX_DAMAGED;
		records = record(x, records, sizes[0], sizes[1]);
	}
	if (records != x->records || !padding(x, start))
		return INDEX_DAMAGED;
	*size = (size_t)(x->io.in - start) + 4;
	if (left(x) < 4 || crc32(x, start, *size - 4) != le_read(x->io.in, 4))
		return INDEX_DAMAGED;
	x->io.in += 4;
	return NULL;
}

static const char *stream_footer(struct xz *x, size_t index_size)
{
	const uint8_t *in = x->io.in;

	if (left(x) < 12)
		return CUT;
	if (left(x) > 12 || crc32(x, in + 4, 6) != le_read(in, 4) || le_read(in + 4, 4) != index_size / 4 - 1 ||
	    in[8] || in[9] != x->check || in[10] != 'Y' || in[11] != 'Z')
		return END_DAMAGED;
	return NULL;
}

const char *xz_unpack(struct xz *x, const void *in, size_t in_size, void *out, size_t out_size, size_t *done)
{
	const char *wrong;
	size_t index_size;

	x->io = (struct unpack){ in, (const uint8_t *)in + in_size, out, (uint8_t *)out + out_size };
	x->nr_blocks = x->records = 0;
	crc_table(x->crc32, 0xedb88320);
	crc_table(x->crc64, 0xc96c5795d7870f42);
	wrong = stream_header(x);
	while (!wrong && left(x) && *x->io.in)
		wrong = block(x);
	if (!wrong && !left(x))
		wrong = CUT;
	if (!wrong)
		wrong = stream_index(x, &index_size);
	if (!wrong)
		wrong = stream_footer(x, index_size);
	*done = (size_t)(x->io.out - (uint8_t *)out);
	return wrong;
}
