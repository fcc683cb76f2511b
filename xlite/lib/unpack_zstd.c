/* SPDX-License-Identifier: LGPL-2.1-or-later
 * zstd (RFC 8878) by libzstd. Its default limit of the window, 2^27, is what Linux' `zstd -22 --ultra` needs.
 */
#include <errno.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "xlite/lib/unpack.h"

static void *zstd_begin(void)
{
	return ZSTD_createDStream();
}

static int zstd_step(void *state, struct unpack_io *io)
{
	ZSTD_inBuffer in = { io->in, io->in_left, 0 };
	ZSTD_outBuffer out = { io->out, io->out_left, 0 };
	size_t rc = ZSTD_decompressStream(state, &out, &in);

	io->in += in.pos;
	io->in_left -= in.pos;
	io->out += out.pos;
	io->out_left -= out.pos;
	if (!ZSTD_isError(rc))
		return rc == 0;
	switch (ZSTD_getErrorCode(rc)) {
	case ZSTD_error_memory_allocation:
		return -ENOMEM;
	case ZSTD_error_frameParameter_windowTooLarge:
		return -E2BIG;
	default:
		return -EBADMSG;
	}
}

static void zstd_end(void *state)
{
	ZSTD_freeDStream(state);
}

const struct unpack_codec unpack_zstd = {
	.name = "zstd", .elf_format = "ELF (zstd)", .bzimage_format = "bzImage (zstd)",
	.magic = { 0x28, 0xb5, 0x2f, 0xfd }, .magic_len = 4,
	.begin = zstd_begin, .step = zstd_step, .end = zstd_end,
};
