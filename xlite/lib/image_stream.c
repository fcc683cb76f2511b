/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The unpacked ELF file as a stream with its head kept.
 */
#include "xlite/lib/image_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int truncated(uint64_t size, struct xlite_error *err)
{
	return xlite_error_set(err, -EBADMSG, "truncated: its ELF file ends after %llu bytes", (unsigned long long)size);
}

int image_stream_peek(struct image_stream *s, size_t want, struct xlite_error *err)
{
	size_t got;
	uint8_t *head;
	int rc;

	if (want <= s->head_len)
		return 0;
	head = realloc(s->head, want);
	if (!head)
		return xlite_error_sys(err, -ENOMEM, "read headers");
	s->head = head;
	rc = unpack_read(&s->unpack, s->head + s->head_len, want - s->head_len, &got, err);
	if (rc)
		return rc;
	s->head_len += got;
	return 0;
}

int image_stream_read(struct image_stream *s, void *dst, size_t len, struct xlite_error *err)
{
	uint8_t *to = dst;
	size_t got;
	int rc;

	if (s->pos < s->head_len) {
		got = s->head_len - (size_t)s->pos;
		if (got > len)
			got = len;
		memcpy(to, s->head + s->pos, got);
		s->pos += got;
		to += got;
		len -= got;
	}
	if (!len)
		return 0;
	rc = unpack_read(&s->unpack, to, len, &got, err);
	if (rc)
		return rc;
	s->pos += got;
	return got == len ? 0 : truncated(s->pos, err);
}

int image_stream_seek(struct image_stream *s, uint64_t offset, struct xlite_error *err)
{
	/* The unpacker never stands inside the head: its bytes are handed out from memory. */
	uint64_t place = offset > s->head_len ? offset : s->head_len, got;
	int rc;

	if (place < s->unpack.total) {
		rc = unpack_restart(&s->unpack, err);
		if (rc)
			return rc;
	}
	s->pos = offset;
	if (place == s->unpack.total)
		return 0;
	rc = unpack_skip(&s->unpack, place - s->unpack.total, &got, err);
	if (rc)
		return rc;
	return s->unpack.total == place ? 0 : truncated(s->unpack.total, err);
}

int image_stream_drain(struct image_stream *s, struct xlite_error *err)
{
	uint64_t got;

	return s->unpack.codec ? unpack_skip(&s->unpack, UINT64_MAX, &got, err) : 0;
}
