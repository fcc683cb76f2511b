/* SPDX-License-Identifier: LGPL-2.1-or-later
 * gzip (RFC 1952) by zlib.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "xlite/lib/unpack.h"

static void *gzip_begin(void)
{
	z_stream *z = calloc(1, sizeof(*z));

	/* 16: the gzip wrapper and no other. */
	if (z && inflateInit2(z, 16 + MAX_WBITS) != Z_OK) {
		free(z);
		return NULL;
	}
	return z;
}

static int gzip_step(void *state, struct unpack_io *io)
{
	z_stream *z = state;
	uInt in = io->in_left < UINT_MAX ? (uInt)io->in_left : UINT_MAX;
	uInt out = io->out_left < UINT_MAX ? (uInt)io->out_left : UINT_MAX;
	int rc;

	z->next_in = (z_const Bytef *)io->in;
	z->avail_in = in;
	z->next_out = io->out;
	z->avail_out = out;
	rc = inflate(z, Z_NO_FLUSH);
	io->in += in - z->avail_in;
	io->in_left -= in - z->avail_in;
	io->out += out - z->avail_out;
	io->out_left -= out - z->avail_out;
	switch (rc) {
	case Z_OK:
	case Z_BUF_ERROR:	/* no progress */
		return 0;
	case Z_STREAM_END:
		return 1;
	case Z_MEM_ERROR:
		return -ENOMEM;
	default:
		return -EBADMSG;
	}
}

static void gzip_end(void *state)
{
	inflateEnd(state);
	free(state);
}

const struct unpack_codec unpack_gzip = {
	.name = "gzip", .elf_format = "ELF (gzip)", .bzimage_format = "bzImage (gzip)",
	.magic = { 0x1f, 0x8b, 8 }, .magic_len = 3,
	.begin = gzip_begin, .step = gzip_step, .end = gzip_end,
};
