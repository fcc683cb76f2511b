/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The common part of unpacking: large reads from the file (never a mapping: a file that
 * shrinks must give an error, not a signal), the limit, streams that follow each other, and the size
 * that Linux puts after the stream (linux: scripts/Makefile.lib, size_append).
 */
#include "xlite/lib/unpack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"

#define IN_SIZE ((size_t)1 << 20)
#define SKIP_SIZE ((size_t)256 << 10)
/* A stream that follows another is longer than this; Linux' trailing size is not. */
#define FOLLOWER_MIN 12

static const struct unpack_codec *const codecs[] = {
	&unpack_gzip, &unpack_xz, &unpack_zstd, &unpack_lz4_legacy, &unpack_lz4, &unpack_bzip2, &unpack_lzma,
};

const struct unpack_codec *unpack_detect(const void *head, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(codecs); i++)
		if (len >= codecs[i]->magic_len && !memcmp(head, codecs[i]->magic, codecs[i]->magic_len))
			return codecs[i];
	return NULL;
}

int unpack_pread(int fd, void *dst, size_t len, uint64_t offset, struct xlite_error *err)
{
	uint8_t *to = dst;

	while (len) {
		ssize_t got = pread(fd, to, len, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return xlite_error_sys(err, -errno, "read");
		if (!got)
			return xlite_error_set(err, -EBADMSG, "truncated: ends after %llu bytes",
					       (unsigned long long)offset);
		to += got;
		offset += (uint64_t)got;
		len -= (size_t)got;
	}
	return 0;
}

static int decoder_start(struct unpack *u, struct xlite_error *err)
{
	if (u->state)
		u->codec->end(u->state);
	u->state = u->codec->begin();
	if (!u->state)
		return xlite_error_sys(err, -ENOMEM, "unpack %s", u->codec->name);
	return 0;
}

int unpack_open(struct unpack *u, int fd, uint64_t start, uint64_t end, const struct unpack_codec *codec, uint64_t limit,
		struct xlite_error *err)
{
	*u = (struct unpack){ .fd = fd, .codec = codec, .start = start, .next = start, .end = end, .limit = limit };
	if (!codec)
		return 0;
	u->room = end - start < IN_SIZE ? (size_t)(end - start) : IN_SIZE;
	u->buf = malloc(u->room);
	if (!u->buf)
		return xlite_error_sys(err, -ENOMEM, "unpack %s", codec->name);
	return decoder_start(u, err);
}

int unpack_restart(struct unpack *u, struct xlite_error *err)
{
	u->next = u->start;
	u->total = 0;
	u->done = false;
	u->at = u->have = 0;
	return u->codec ? decoder_start(u, err) : 0;
}

void unpack_close(struct unpack *u)
{
	if (u->state)
		u->codec->end(u->state);
	free(u->buf);
	u->state = NULL;
	u->buf = NULL;
}

/* Keeps what is unread and fills up the rest of the buffer. */
static int refill(struct unpack *u, struct xlite_error *err)
{
	size_t room;
	int rc;

	memmove(u->buf, u->buf + u->at, u->have - u->at);
	u->have -= u->at;
	u->at = 0;
	room = u->room - u->have;
	if (room > u->end - u->next)
		room = (size_t)(u->end - u->next);
	rc = unpack_pread(u->fd, u->buf + u->have, room, u->next, err);
	if (rc)
		return rc;
	u->next += room;
	u->have += room;
	return 0;
}

/* After the end of a stream: another one, Linux' size of what was packed, or bytes that concern nobody. */
static int stream_end(struct unpack *u, struct xlite_error *err)
{
	size_t left;
	uint32_t size;
	int rc;

	u->done = true;
	rc = refill(u, err);
	if (rc)
		return rc;
	left = u->have - u->at;
	if (left >= FOLLOWER_MIN && unpack_detect(u->buf + u->at, left) == u->codec) {
		u->done = false;
		return decoder_start(u, err);
	}
	if (!u->sized || left != sizeof(size))
		return 0;
	memcpy(&size, u->buf + u->at, sizeof(size));
	if (size != (uint32_t)u->total)
		return xlite_error_set(err, -EBADMSG, "corrupted: unpacks to %llu bytes, but its header says %u",
				       (unsigned long long)u->total, size);
	return 0;
}

static int step_failed(const struct unpack *u, int rc, struct xlite_error *err)
{
	switch (rc) {
	case -ENOMEM:
		return xlite_error_sys(err, rc, "unpack %s", u->codec->name);
	case -E2BIG:
		return xlite_error_set(err, rc, "unpacking its %s data takes more than %llu MiB of memory", u->codec->name,
				       (unsigned long long)(UNPACK_MEMORY_MAX >> 20));
	default:
		return xlite_error_set(err, rc, "corrupted %s data (%llu bytes were unpacked before it)", u->codec->name,
				       (unsigned long long)u->total);
	}
}

/* One step of the decoder into [dst, dst + len); *made bytes came out. */
static int decode(struct unpack *u, uint8_t *dst, size_t len, size_t *made, struct xlite_error *err)
{
	struct unpack_io io = { .in = u->buf + u->at, .in_left = u->have - u->at, .in_last = u->next == u->end,
				.out = dst, .out_left = len };
	size_t in_left = io.in_left;
	int rc = u->codec->step(u->state, &io);

	if (rc < 0)
		return step_failed(u, rc, err);
	u->at = u->have - io.in_left;
	*made = len - io.out_left;
	u->total += *made;
	if (u->total > u->limit)
		return xlite_error_set(err, -EFBIG, "unpacks to more than the limit of %llu bytes",
				       (unsigned long long)u->limit);
	if (rc)
		return stream_end(u, err);
	if (*made || io.in_left != in_left)
		return 0;
	if (io.in_last)
		return xlite_error_set(err, -EBADMSG, "truncated: its %s data ends too early (%llu bytes were unpacked)",
				       u->codec->name, (unsigned long long)u->total);
	return refill(u, err);
}

static int read_plain(struct unpack *u, void *dst, size_t len, size_t *got, struct xlite_error *err)
{
	int rc;

	if (len > u->end - u->next)
		len = (size_t)(u->end - u->next);
	rc = unpack_pread(u->fd, dst, len, u->next, err);
	if (rc)
		return rc;
	u->next += len;
	u->total += len;
	*got = len;
	return 0;
}

int unpack_read(struct unpack *u, void *dst, size_t len, size_t *got, struct xlite_error *err)
{
	uint8_t *to = dst;
	size_t made = 0;
	int rc;

	if (!u->codec)
		return read_plain(u, dst, len, got, err);
	*got = 0;
	while (*got < len && !u->done) {
		rc = decode(u, to + *got, len - *got, &made, err);
		if (rc)
			return rc;
		*got += made;
	}
	return 0;
}

int unpack_skip(struct unpack *u, uint64_t len, uint64_t *got, struct xlite_error *err)
{
	auto_free void *waste = NULL;
	size_t made = 0;
	int rc;

	*got = 0;
	if (!u->codec) {
		*got = len < u->end - u->next ? len : u->end - u->next;
		u->next += *got;
		u->total += *got;
		return 0;
	}
	waste = malloc(SKIP_SIZE);
	if (!waste)
		return xlite_error_sys(err, -ENOMEM, "unpack %s", u->codec->name);
	do {
		size_t ask = len - *got < SKIP_SIZE ? (size_t)(len - *got) : SKIP_SIZE;

		rc = unpack_read(u, waste, ask, &made, err);
		if (rc)
			return rc;
		*got += made;
	} while (made && *got < len);
	return 0;
}
