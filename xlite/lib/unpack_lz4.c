/* SPDX-License-Identifier: LGPL-2.1-or-later
 * lz4 by liblz4: the frame format, and the legacy format that Linux uses. The latter is a
 * magic number and blocks, each a 32-bit length and as many bytes, which unpack to 8 MiB (the
 * last to less); it has no end mark but the end of the file (lz4: doc/lz4_Frame_format.md).
 */
#include <errno.h>
#include <limits.h>
#include <lz4.h>
#include <lz4frame.h>
#include <stdlib.h>
#include <string.h>

#include "xlite/lib/unpack.h"

#define LEGACY_MAGIC UINT32_C(0x184c2102)
#define LEGACY_BLOCK (8 << 20)
#define LEGACY_PACKED_MAX LZ4_COMPRESSBOUND(LEGACY_BLOCK)
#define LEGACY_RATIO 256	/* one byte of a block unpacks to less */

static void *lz4_begin(void)
{
	LZ4F_dctx *ctx;

	return LZ4F_isError(LZ4F_createDecompressionContext(&ctx, LZ4F_VERSION)) ? NULL : ctx;
}

static int lz4_step(void *state, struct unpack_io *io)
{
	size_t in = io->in_left, out = io->out_left;
	size_t rc = LZ4F_decompress(state, io->out, &out, io->in, &in, NULL);

	if (LZ4F_isError(rc))
		return strcmp(LZ4F_getErrorName(rc), "ERROR_allocation_failed") ? -EBADMSG : -ENOMEM;
	io->in += in;
	io->in_left -= in;
	io->out += out;
	io->out_left -= out;
	return rc == 0;
}

static void lz4_end(void *state)
{
	LZ4F_freeDecompressionContext(state);
}

const struct unpack_codec unpack_lz4 = {
	.name = "lz4", .elf_format = "ELF (lz4)", .bzimage_format = "bzImage (lz4)",
	.magic = { 0x04, 0x22, 0x4d, 0x18 }, .magic_len = 4,
	.begin = lz4_begin, .step = lz4_step, .end = lz4_end,
};

struct legacy {
	uint32_t block_len;	/* of the packed block being gathered; 0 between blocks */
	uint32_t gathered;
	char *packed;		/* gathered bytes of a block that is not in the input as a whole */
	size_t packed_room;
	char *block;		/* unpacked bytes not yet handed out: [at, have) */
	size_t block_room;
	size_t at, have;
};

static void *legacy_begin(void)
{
	return calloc(1, sizeof(struct legacy));
}

/* Makes room for len bytes; what was in the buffer is lost. */
static int legacy_room(char **buf, size_t *room, size_t len)
{
	if (*room >= len)
		return 0;
	free(*buf);
	*buf = malloc(len);
	*room = *buf ? len : 0;
	return *buf ? 0 : -ENOMEM;
}

static void io_take(struct unpack_io *io, size_t n)
{
	io->in += n;
	io->in_left -= n;
}

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Between blocks. At the end of the file 4 bytes or less are no block: Linux' unpacked size, or nothing. */
static int legacy_header(struct legacy *legacy, struct unpack_io *io)
{
	uint32_t word;

	if (io->in_left <= sizeof(word))
		return io->in_last;
	memcpy(&word, io->in, sizeof(word));
	io_take(io, sizeof(word));
	if (word == LEGACY_MAGIC)
		return 0;
	if (!word || word > LEGACY_PACKED_MAX)
		return -EBADMSG;
	legacy->block_len = word;
	legacy->gathered = 0;
	return 0;
}

/* Unpacks the block at src: straight to the caller where all that may come out has room there. */
static int legacy_block(struct legacy *legacy, struct unpack_io *io, const char *src)
{
	size_t most = min_size(LEGACY_BLOCK, (size_t)legacy->block_len * LEGACY_RATIO);
	bool direct = io->out_left >= most;
	int made;

	if (!direct && legacy_room(&legacy->block, &legacy->block_room, most))
		return -ENOMEM;
	made = LZ4_decompress_safe(src, direct ? (char *)io->out : legacy->block, (int)legacy->block_len, (int)most);
	if (made < 0)
		return -EBADMSG;
	legacy->block_len = 0;
	if (direct) {
		io->out += made;
		io->out_left -= (size_t)made;
	} else {
		legacy->at = 0;
		legacy->have = (size_t)made;
	}
	return 0;
}

static int legacy_gather(struct legacy *legacy, struct unpack_io *io)
{
	const uint8_t *in = io->in;
	size_t part;

	if (!legacy->gathered && io->in_left >= legacy->block_len) {
		io_take(io, legacy->block_len);
		return legacy_block(legacy, io, (const char *)in);
	}
	if (legacy_room(&legacy->packed, &legacy->packed_room, legacy->block_len))
		return -ENOMEM;
	part = min_size(legacy->block_len - legacy->gathered, io->in_left);
	memcpy(legacy->packed + legacy->gathered, in, part);
	io_take(io, part);
	legacy->gathered += (uint32_t)part;
	if (legacy->gathered < legacy->block_len)
		return 0;
	return legacy_block(legacy, io, legacy->packed);
}

static int legacy_step(void *state, struct unpack_io *io)
{
	struct legacy *legacy = state;
	size_t part = min_size(legacy->have - legacy->at, io->out_left);

	if (part) {
		memcpy(io->out, legacy->block + legacy->at, part);
		legacy->at += part;
		io->out += part;
		io->out_left -= part;
		return 0;
	}
	if (legacy->block_len)
		return legacy_gather(legacy, io);
	return legacy_header(legacy, io);
}

static void legacy_end(void *state)
{
	struct legacy *legacy = state;

	free(legacy->packed);
	free(legacy->block);
	free(legacy);
}

const struct unpack_codec unpack_lz4_legacy = {
	.name = "lz4 (legacy)", .elf_format = "ELF (lz4 legacy)", .bzimage_format = "bzImage (lz4 legacy)",
	.magic = { 0x02, 0x21, 0x4c, 0x18 }, .magic_len = 4,
	.begin = legacy_begin, .step = legacy_step, .end = legacy_end,
};
