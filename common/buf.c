/* SPDX-License-Identifier: LGPL-2.1-or-later
 * A growing byte string; see buf.h.
 */
#include "common/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_AT_ONCE 65536

/* Makes room for more bytes and the NUL. */
static bool buf_grow(struct buf *b, size_t more)
{
	size_t room = b->room ? b->room : 128;
	char *data;

	if (b->failed || more > SIZE_MAX / 4 - b->len)
		goto fail;
	if (b->room - b->len > more)
		return true;
	while (room - b->len <= more)
		room *= 2;
	data = realloc(b->data, room);
	if (!data)
		goto fail;
	b->data = data;
	b->room = room;
	return true;
fail:
	b->failed = true;
	return false;
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
	if (!buf_grow(b, len))
		return;
	if (len)
		memcpy(b->data + b->len, bytes, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !buf_grow(b, (size_t)n)) {
		b->failed = true;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

int buf_read(struct buf *b, int fd, size_t max)
{
	while (b->len < max) {
		size_t want = max - b->len < READ_AT_ONCE ? max - b->len : READ_AT_ONCE;
		ssize_t n;

		if (!buf_grow(b, want)) {
			b->failed = true;
			return -ENOMEM;
		}
		n = read(fd, b->data + b->len, want);
		b->len += n > 0 ? (size_t)n : 0;
		b->data[b->len] = '\0';
		if (!n)
			break;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
	return 0;
}

int buf_write(const struct buf *b, int fd)
{
	for (size_t at = 0; at < b->len;) {
		ssize_t n = write(fd, b->data + at, b->len - at);

		if (n < 0 && errno != EINTR)
			return -errno;
		at += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

void buf_clear(struct buf *b)
{
	free(b->data);
	*b = (struct buf)BUF_INIT;
}

const char *buf_str(const struct buf *b)
{
	return b->data ? b->data : "";
}

char *buf_take(struct buf *b)
{
	char *data = b->data;

	if (b->failed) {
		buf_clear(b);
		return NULL;
	}
	if (!data)
		data = calloc(1, 1);
	*b = (struct buf)BUF_INIT;
	return data;
}
