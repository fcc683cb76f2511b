/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Private to the image loader: a range of a file as a stream of unpacked bytes that the
 * caller pulls into its own buffers. One codec per format (unpack_*.c); what is common to
 * them (reading the file, limits, concatenated streams, Linux' trailing size) is unpack.c.
 */
#ifndef XLITE_LIB_UNPACK_H
#define XLITE_LIB_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/**
 * The most memory a decoder may ask for: Linux packs with dictionaries of up to 128 MiB (scripts/xz_wrap.sh, zstd -22).
 */
#define UNPACK_MEMORY_MAX (UINT64_C(160) << 20)

/** The buffers of one step; a codec moves the pointers by what it used. */
struct unpack_io {
	const uint8_t *in;
	size_t in_left;
	bool in_last;	/* no input comes after these bytes */
	uint8_t *out;
	size_t out_left;
};

/** One packed format. */
struct unpack_codec {
	const char *name;		/* "xz" */
	const char *elf_format;		/* "ELF (xz)" */
	const char *bzimage_format;	/* "bzImage (xz)" */
	uint8_t magic[6];
	size_t magic_len;
	/** A new decoder, or NULL when out of memory. */
	void *(*begin)(void);
	/**
	 * Unpacks what it can. 0: call again, with more input or more room; 1: end of the stream;
	 * -EBADMSG: corrupted; -E2BIG: needs more than UNPACK_MEMORY_MAX; -ENOMEM.
	 */
	int (*step)(void *state, struct unpack_io *io);
	void (*end)(void *state);
};

extern const struct unpack_codec unpack_gzip, unpack_xz, unpack_lzma, unpack_zstd, unpack_lz4, unpack_lz4_legacy,
	unpack_bzip2;

struct unpack {
	int fd;				/* borrowed */
	const struct unpack_codec *codec; /* NULL: stored as it is */
	uint64_t start, next, end;	/* file offsets: of the range, and of the next byte to read */
	uint64_t limit;			/* bytes that may come out */
	uint64_t total;			/* bytes that came out */
	bool sized;			/* Linux appended the unpacked size, 32 bits, to the stream */
	bool done;			/* the stream has ended */
	void *state;
	uint8_t *buf;			/* packed bytes: unread ones are [at, have) of room */
	size_t at, have, room;
};

/** The codec whose magic number begins head, or NULL. */
const struct unpack_codec *unpack_detect(const void *head, size_t len);
/** Starts on the range [start, end) of fd. unpack_close after any outcome. */
int unpack_open(struct unpack *u, int fd, uint64_t start, uint64_t end, const struct unpack_codec *codec,
		uint64_t limit, struct xlite_error *err);
/**
 * Unpacks len bytes into dst; *got is less only where the stream ends. Errors: corrupted, truncated, past the limit.
 */
int unpack_read(struct unpack *u, void *dst, size_t len, size_t *got, struct xlite_error *err);
/** Passes over len bytes; *got as in unpack_read. */
int unpack_skip(struct unpack *u, uint64_t len, uint64_t *got, struct xlite_error *err);
/** Back to the first byte. */
int unpack_restart(struct unpack *u, struct xlite_error *err);
void unpack_close(struct unpack *u);

/** pread(2) of exactly len bytes; -EBADMSG when the file ends before (it was cut short while we read it). */
int unpack_pread(int fd, void *dst, size_t len, uint64_t offset, struct xlite_error *err);

#endif
