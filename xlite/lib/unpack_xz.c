/* SPDX-License-Identifier: LGPL-2.1-or-later
 * xz and the older lzma container by liblzma.
 */
#include <errno.h>
#include <lzma.h>
#include <stdlib.h>

#include "xlite/lib/unpack.h"

static void *decoder_new(bool alone)
{
	lzma_stream *lzma = malloc(sizeof(*lzma));
	lzma_ret rc;

	if (!lzma)
		return NULL;
	*lzma = (lzma_stream)LZMA_STREAM_INIT;
	rc = alone ? lzma_alone_decoder(lzma, UNPACK_MEMORY_MAX) : lzma_stream_decoder(lzma, UNPACK_MEMORY_MAX, 0);
	if (rc != LZMA_OK) {
		free(lzma);
		return NULL;
	}
	return lzma;
}

static void *xz_begin(void)
{
	return decoder_new(false);
}

static void *lzma_begin(void)
{
	return decoder_new(true);
}

static int xz_step(void *state, struct unpack_io *io)
{
	lzma_stream *lzma = state;
	lzma_ret rc;

	lzma->next_in = io->in;
	lzma->avail_in = io->in_left;
	lzma->next_out = io->out;
	lzma->avail_out = io->out_left;
	rc = lzma_code(lzma, LZMA_RUN);
	io->in = lzma->next_in;
	io->in_left = lzma->avail_in;
	io->out = lzma->next_out;
	io->out_left = lzma->avail_out;
	switch (rc) {
	case LZMA_OK:
	case LZMA_BUF_ERROR:	/* no progress */
		return 0;
	case LZMA_STREAM_END:
		return 1;
	case LZMA_MEM_ERROR:
		return -ENOMEM;
	case LZMA_MEMLIMIT_ERROR:
		return -E2BIG;
	default:
		return -EBADMSG;
	}
}

static void xz_end(void *state)
{
	lzma_end(state);
	free(state);
}

const struct unpack_codec unpack_xz = {
	.name = "xz", .elf_format = "ELF (xz)", .bzimage_format = "bzImage (xz)",
	.magic = { 0xfd, '7', 'z', 'X', 'Z', 0 }, .magic_len = 6,
	.begin = xz_begin, .step = xz_step, .end = xz_end,
};

/* It has no magic number; these are the usual properties and the low bytes of any sensible dictionary size. */
const struct unpack_codec unpack_lzma = {
	.name = "lzma", .elf_format = "ELF (lzma)", .bzimage_format = "bzImage (lzma)",
	.magic = { 0x5d, 0, 0 }, .magic_len = 3,
	.begin = lzma_begin, .step = xz_step, .end = xz_end,
};
