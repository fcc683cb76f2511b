/* SPDX-License-Identifier: GPL-2.0-or-later
 * Packs bytes in every format that kernels come in, as Linux' build does.
 */
#include <bzlib.h>
#include <lz4.h>
#include <lz4frame.h>
#include <lz4hc.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "tests/unit/image_make.h"

#define LZ4_BLOCK ((size_t)8 << 20)

static struct bytes room(size_t len)
{
	struct bytes b = { malloc(len), len };

	if (!b.data)
		abort();
	return b;
}

static struct bytes pack_gzip(const struct bytes *in)
{
	struct bytes out = room(in->len + in->len / 100 + 256);
	z_stream z = { .next_in = in->data, .avail_in = (uInt)in->len, .next_out = out.data, .avail_out = (uInt)out.len };

	if (deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY) != Z_OK ||
	    deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	out.len = z.total_out;
	deflateEnd(&z);
	return out;
}

static struct bytes finish(lzma_stream *lzma, const struct bytes *in)
{
	struct bytes out = room(in->len + in->len / 50 + 1024);

	lzma->next_in = in->data;
	lzma->avail_in = in->len;
	lzma->next_out = out.data;
	lzma->avail_out = out.len;
	if (lzma_code(lzma, LZMA_FINISH) != LZMA_STREAM_END)
		abort();
	out.len = lzma->total_out;
	lzma_end(lzma);
	return out;
}

/* As scripts/xz_wrap.sh: the x86 filter before LZMA2, CRC32. */
static struct bytes pack_xz(const struct bytes *in)
{
	lzma_stream lzma = LZMA_STREAM_INIT;
	lzma_options_lzma options;
	lzma_filter filters[] = { { LZMA_FILTER_X86, NULL }, { LZMA_FILTER_LZMA2, &options }, { LZMA_VLI_UNKNOWN, NULL } };

	if (lzma_lzma_preset(&options, 1))
		abort();
	if (lzma_stream_encoder(&lzma, filters, LZMA_CHECK_CRC32) != LZMA_OK)
		abort();
	return finish(&lzma, in);
}

static struct bytes pack_lzma(const struct bytes *in)
{
	lzma_stream lzma = LZMA_STREAM_INIT;
	lzma_options_lzma options;

	if (lzma_lzma_preset(&options, 1) || lzma_alone_encoder(&lzma, &options) != LZMA_OK)
		abort();
	return finish(&lzma, in);
}

static struct bytes pack_zstd(const struct bytes *in)
{
	struct bytes out = room(ZSTD_compressBound(in->len));
	ZSTD_CCtx *ctx = ZSTD_createCCtx();

	ZSTD_CCtx_setParameter(ctx, ZSTD_c_checksumFlag, 1);
	out.len = ZSTD_compress2(ctx, out.data, out.len, in->data, in->len);
	ZSTD_freeCCtx(ctx);
	if (ZSTD_isError(out.len))
		abort();
	return out;
}

static struct bytes pack_lz4(const struct bytes *in)
{
	LZ4F_preferences_t preferences = { .frameInfo = { .contentChecksumFlag = LZ4F_contentChecksumEnabled } };
	struct bytes out = room(LZ4F_compressFrameBound(in->len, &preferences));

	out.len = LZ4F_compressFrame(out.data, out.len, in->data, in->len, &preferences);
	if (LZ4F_isError(out.len))
		abort();
	return out;
}

static struct bytes pack_lz4_legacy(const struct bytes *in)
{
	size_t blocks = in->len / LZ4_BLOCK + 1, at = 4;
	struct bytes out = room(4 + blocks * (4 + (size_t)LZ4_compressBound((int)LZ4_BLOCK)));

	memcpy(out.data, "\x02\x21\x4c\x18", 4);
	for (size_t done = 0; done < in->len; done += LZ4_BLOCK) {
		size_t part = in->len - done < LZ4_BLOCK ? in->len - done : LZ4_BLOCK;
		uint32_t made = (uint32_t)LZ4_compress_HC((const char *)in->data + done, (char *)out.data + at + 4,
							  (int)part, (int)(out.len - at - 4), 3);

		memcpy(out.data + at, &made, 4);
		at += 4 + made;
	}
	out.len = at;
	return out;
}

static struct bytes pack_bzip2(const struct bytes *in)
{
	struct bytes out = room(in->len + in->len / 50 + 1024);
	unsigned len = (unsigned)out.len;

	if (BZ2_bzBuffToBuffCompress((char *)out.data, &len, (char *)in->data, (unsigned)in->len, 1, 0, 0) != BZ_OK)
		abort();
	out.len = len;
	return out;
}

const struct packing packings[] = {
	{ "", false, bytes_copy },
	{ "gzip", true, pack_gzip },
	{ "xz", true, pack_xz },
	{ "lzma", false, pack_lzma },
	{ "zstd", true, pack_zstd },
	{ "lz4", true, pack_lz4 },
	{ "lz4 legacy", false, pack_lz4_legacy },
	{ "bzip2", true, pack_bzip2 },
	{ NULL, false, NULL },
};
