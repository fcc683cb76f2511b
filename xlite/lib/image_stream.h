/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Private to the image loader: the unpacked ELF file as a stream that is read forward, with its
 * first bytes kept, so that headers may be looked at before and again.
 */
#ifndef XLITE_LIB_IMAGE_STREAM_H
#define XLITE_LIB_IMAGE_STREAM_H

#include "xlite/lib/unpack.h"

/** How far into the file its program headers may reach. */
#define IMAGE_HEAD_MAX ((size_t)1 << 20)

struct image_stream {
	struct unpack unpack;	/* its position is unpack.total */
	uint8_t *head;		/* the first head_len bytes of the file */
	size_t head_len;
	uint64_t pos;		/* offset of the next byte to hand out */
};

/** Makes head hold want bytes, or all if the file is shorter; nothing may have been read past head yet. */
int image_stream_peek(struct image_stream *s, size_t want, struct xlite_error *err);
/** Reads exactly len bytes; a shorter file is an error. */
int image_stream_read(struct image_stream *s, void *dst, size_t len, struct xlite_error *err);
/** Moves to offset; starts again from the first byte where that lies behind. */
int image_stream_seek(struct image_stream *s, uint64_t offset, struct xlite_error *err);
/** Reads what is left, so that the checksums at the end of a packed stream are seen. */
int image_stream_drain(struct image_stream *s, struct xlite_error *err);

#endif
