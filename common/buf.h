/* SPDX-License-Identifier: LGPL-2.1-or-later
 * A growing byte string, always NUL-terminated. An allocation that fails is
 * remembered (buf_failed) rather than reported by each call.
 */
#ifndef COMMON_BUF_H
#define COMMON_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data;	/* NUL-terminated once anything was added; NULL before */
	size_t len;	/* bytes, without the NUL */
	size_t room;
	bool failed;	/* out of memory at some point: content is not whole */
};

#define BUF_INIT { NULL, 0, 0, false }
#define auto_buf __attribute__((cleanup(buf_clear)))

/** Appends len bytes. */
void buf_add(struct buf *b, const void *bytes, size_t len);
/** Appends a string. */
void buf_puts(struct buf *b, const char *s);
/** Appends formatted text. */
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/**
 * Appends what fd has from its position on, until the content has max bytes. 0, -ENOMEM, or a negative errno with
 * what was read.
 */
int buf_read(struct buf *b, int fd, size_t max);
/** Writes all of the content to fd, however often that takes. 0 or a negative errno. */
int buf_write(const struct buf *b, int fd);
/** Frees the content; the buffer is empty and usable again. */
void buf_clear(struct buf *b);
/** The content as a string, "" if empty; owned by b. */
const char *buf_str(const struct buf *b);
/** Moves the content out: the caller frees it. NULL when out of memory. b is empty afterwards. */
char *buf_take(struct buf *b);

#endif
