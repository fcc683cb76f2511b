/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Compression of saved domains.
 */
#include "xlite/lib/pack.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define BUFFER ((size_t)256 << 10)
/* Memory is a gigabyte and more: time counts, and most of what can be had is had at once. */
#define LEVEL 1
/* 8 MiB: more than zstd's default levels use. */
#define WINDOW_LOG_MAX 23

struct xlite_packer {
	int (*write)(void *ctx, const void *bytes, size_t len);
	void *ctx;
	ZSTD_CCtx *zstd;
	uint8_t out[BUFFER];
};

struct xlite_unpacker {
	ssize_t (*read)(void *ctx, void *buffer, size_t len);
	void *ctx;
	ZSTD_DCtx *zstd;		/* NULL: what comes is passed on */
	bool begun, inside, ended;	/* the first bytes were looked at; in a frame; there is no more */
	ZSTD_inBuffer in;
	uint8_t bytes[BUFFER];
};

int xlite_packer_new(struct xlite_packer **out, int (*write)(void *ctx, const void *bytes, size_t len), void *ctx,
		     struct xlite_error *err)
{
	struct xlite_packer *packer = calloc(1, sizeof(*packer));

	if (packer)
		packer->zstd = ZSTD_createCCtx();
	if (!packer || !packer->zstd || ZSTD_isError(ZSTD_CCtx_setParameter(packer->zstd, ZSTD_c_compressionLevel, LEVEL)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(packer->zstd, ZSTD_c_checksumFlag, 1))) {
		xlite_packer_free(packer);
		return xlite_error_set(err, -ENOMEM, "out of memory");
	}
	packer->write = write;
	packer->ctx = ctx;
	*out = packer;
	return 0;
}

static int pack(struct xlite_packer *packer, ZSTD_inBuffer *in, ZSTD_EndDirective how)
{
	size_t left;

	do {
		ZSTD_outBuffer out = { packer->out, sizeof(packer->out), 0 };
		int rc;

		left = ZSTD_compressStream2(packer->zstd, &out, in, how);
		if (ZSTD_isError(left))
			return -ENOMEM;
		rc = out.pos ? packer->write(packer->ctx, out.dst, out.pos) : 0;
		if (rc)
			return rc;
	} while (how == ZSTD_e_end ? left : in->pos < in->size);
	return 0;
}

int xlite_packer_write(struct xlite_packer *packer, const void *bytes, size_t len)
{
	return pack(packer, &(ZSTD_inBuffer){ bytes, len, 0 }, ZSTD_e_continue);
}

int xlite_packer_end(struct xlite_packer *packer)
{
	return pack(packer, &(ZSTD_inBuffer){ NULL, 0, 0 }, ZSTD_e_end);
}

void xlite_packer_free(struct xlite_packer *packer)
{
	if (packer)
		ZSTD_freeCCtx(packer->zstd);
	free(packer);
}

int xlite_unpacker_new(struct xlite_unpacker **out, ssize_t (*read)(void *ctx, void *buffer, size_t len), void *ctx,
		       struct xlite_error *err)
{
	struct xlite_unpacker *unpacker = calloc(1, sizeof(*unpacker));

	if (!unpacker)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	unpacker->read = read;
	unpacker->ctx = ctx;
	unpacker->in.src = unpacker->bytes;
	*out = unpacker;
	return 0;
}

static ssize_t fill(struct xlite_unpacker *unpacker)
{
	ssize_t got = unpacker->read(unpacker->ctx, unpacker->bytes, sizeof(unpacker->bytes));

	if (got > 0) {
		unpacker->in.size = (size_t)got;
		unpacker->in.pos = 0;
	}
	unpacker->ended = !got;
	return got;
}

/* Its first four bytes, which may come one by one, tell what it is. */
static ssize_t begin(struct xlite_unpacker *unpacker)
{
	static const uint8_t magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };

	while (unpacker->in.size < sizeof(magic)) {
		ssize_t got = unpacker->read(unpacker->ctx, unpacker->bytes + unpacker->in.size,
					     sizeof(magic) - unpacker->in.size);

		if (got < 0)
			return got;
		if (!got)
			break;
		unpacker->in.size += (size_t)got;
	}
	unpacker->begun = true;
	if (unpacker->in.size < sizeof(magic) || memcmp(unpacker->bytes, magic, sizeof(magic)))
		return 0;
	unpacker->zstd = ZSTD_createDCtx();
	if (!unpacker->zstd || ZSTD_isError(ZSTD_DCtx_setParameter(unpacker->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
		return -ENOMEM;
	return 0;
}

static ssize_t pass_on(struct xlite_unpacker *unpacker, void *buffer, size_t len)
{
	size_t left = unpacker->in.size - unpacker->in.pos;

	if (!left)
		return unpacker->read(unpacker->ctx, buffer, len);
	len = len < left ? len : left;
	memcpy(buffer, unpacker->bytes + unpacker->in.pos, len);
	unpacker->in.pos += len;
	return (ssize_t)len;
}

/* Some of what comes, into out: 1, or 0 where there is no more. */
static int unpack(struct xlite_unpacker *unpacker, ZSTD_outBuffer *out)
{
	size_t left;
	ssize_t got;

	if (unpacker->in.pos == unpacker->in.size && !unpacker->ended && (got = fill(unpacker)) < 0)
		return (int)got;
	if (unpacker->ended && !unpacker->inside)
		return 0;
	left = ZSTD_decompressStream(unpacker->zstd, out, &unpacker->in);
	/* Nothing more comes, and nothing came of what was left: it was cut off. */
	if (ZSTD_isError(left) || (unpacker->ended && !out->pos))
		return -EBADMSG;
	unpacker->inside = left;
	return 1;
}

ssize_t xlite_unpacker_read(struct xlite_unpacker *unpacker, void *buffer, size_t len)
{
	ZSTD_outBuffer out = { buffer, len, 0 };
	ssize_t got = unpacker->begun ? 0 : begin(unpacker);
	int rc;

	if (got < 0)
		return got;
	if (!unpacker->zstd)
		return pass_on(unpacker, buffer, len);
	while (!out.pos && len) {
		rc = unpack(unpacker, &out);
		if (rc <= 0)
			return rc;
	}
	return (ssize_t)out.pos;
}

int xlite_unpacker_end(struct xlite_unpacker *unpacker)
{
	uint8_t byte;
	ZSTD_outBuffer out = { &byte, 1, 0 };
	int rc = 0;

	while (unpacker->zstd && unpacker->inside && !out.pos && rc >= 0)
		rc = unpack(unpacker, &out);
	return rc < 0 ? rc : 0;
}

void xlite_unpacker_free(struct xlite_unpacker *unpacker)
{
	if (unpacker)
		ZSTD_freeDCtx(unpacker->zstd);
	free(unpacker);
}
