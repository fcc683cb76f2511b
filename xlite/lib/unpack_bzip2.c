/* SPDX-License-Identifier: LGPL-2.1-or-later
 * bzip2 by libbz2.
 */
#include <bzlib.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "xlite/lib/unpack.h"

static void *bzip2_begin(void)
{
	bz_stream *bz = calloc(1, sizeof(*bz));

	if (bz && BZ2_bzDecompressInit(bz, 0, 0) != BZ_OK) {
		free(bz);
		return NULL;
	}
	return bz;
}

static int bzip2_step(void *state, struct unpack_io *io)
{
	bz_stream *bz = state;
	unsigned in = io->in_left < UINT_MAX ? (unsigned)io->in_left : UINT_MAX;
	unsigned out = io->out_left < UINT_MAX ? (unsigned)io->out_left : UINT_MAX;
	int rc;

	bz->next_in = (char *)(uintptr_t)io->in;	/* libbz2 knows no const; it only reads */
	bz->avail_in = in;
	bz->next_out = (char *)io->out;
	bz->avail_out = out;
	rc = BZ2_bzDecompress(bz);
	io->in += in - bz->avail_in;
	io->in_left -= in - bz->avail_in;
	io->out += out - bz->avail_out;
	io->out_left -= out - bz->avail_out;
	switch (rc) {
	case BZ_OK:
		return 0;
	case BZ_STREAM_END:
		return 1;
	case BZ_MEM_ERROR:
		return -ENOMEM;
	default:
		return -EBADMSG;
	}
}

static void bzip2_end(void *state)
{
	BZ2_bzDecompressEnd(state);
	free(state);
}

const struct unpack_codec unpack_bzip2 = {
	.name = "bzip2", .elf_format = "ELF (bzip2)", .bzimage_format = "bzImage (bzip2)",
	.magic = { 'B', 'Z', 'h' }, .magic_len = 3,
	.begin = bzip2_begin, .step = bzip2_step, .end = bzip2_end,
};
