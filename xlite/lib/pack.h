/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Compression of saved domains: zstd (RFC 8878), which zstd(1) reads and writes as well.
 */
#ifndef XLITE_LIB_PACK_H
#define XLITE_LIB_PACK_H

#include <stddef.h>
#include <sys/types.h>

#include "common/error.h"

struct xlite_packer;
struct xlite_unpacker;

/** Compresses what is written to it, for write (as of struct xlite_save_io). -ENOMEM. */
int xlite_packer_new(struct xlite_packer **out, int (*write)(void *ctx, const void *bytes, size_t len), void *ctx,
		     struct xlite_error *err);
/** Returns what write did, or -ENOMEM. */
int xlite_packer_write(struct xlite_packer *packer, const void *bytes, size_t len);
/** What is left, and the end of the frame: nothing is whole without. */
int xlite_packer_end(struct xlite_packer *packer);
void xlite_packer_free(struct xlite_packer *packer);

/**
 * Decompresses what read gives (as of struct xlite_save_io), or passes it on where it does not begin as zstd's.
 * -ENOMEM.
 */
int xlite_unpacker_new(struct xlite_unpacker **out, ssize_t (*read)(void *ctx, void *buffer, size_t len), void *ctx,
		       struct xlite_error *err);
/**
 * As read; -EBADMSG: what is there cannot be decompressed, or ends in the middle. It asks for 8 MiB of memory at
 * most, whatever the data say.
 */
ssize_t xlite_unpacker_read(struct xlite_unpacker *unpacker, void *buffer, size_t len);
/**
 * Who has read all that he looks for asks whether the checksum behind it is right: 0, or as xlite_unpacker_read.
 * What follows is not looked at.
 */
int xlite_unpacker_end(struct xlite_unpacker *unpacker);
void xlite_unpacker_free(struct xlite_unpacker *unpacker);

#endif
