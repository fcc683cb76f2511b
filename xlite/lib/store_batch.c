/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Batches: requests are written down as messages when they are added, and their answers are kept in one block.
 */
#include "xlite/lib/store_wire.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct xlite_store_batch *xlite_store_batch_new(void)
{
	return calloc(1, sizeof(struct xlite_store_batch));
}

void xlite_store_batch_clear(struct xlite_store_batch *batch)
{
	free(batch->requests);
	buf_clear(&batch->bytes);
	buf_clear(&batch->answers);
	free(batch->cursor);
	memset(batch, 0, sizeof(*batch));
}

void xlite_store_batch_free(struct xlite_store_batch *batch)
{
	if (!batch)
		return;
	xlite_store_batch_clear(batch);
	free(batch);
}

const char *store_type_name(uint32_t type)
{
	static const char *const names[] = {
		[XS_DIRECTORY] = "list",
		[XS_READ] = "read",
		[XS_WATCH] = "watch",
		[XS_UNWATCH] = "unwatch",
		[XS_TRANSACTION_START] = "start of a transaction",
		[XS_TRANSACTION_END] = "end of a transaction",
		[XS_INTRODUCE] = "introduce",
		[XS_RELEASE] = "release",
		[XS_RESUME] = "resume",
		[XS_WRITE] = "write",
		[XS_MKDIR] = "mkdir",
		[XS_RM] = "remove",
		[XS_SET_PERMS] = "set permissions of",
		[XS_DIRECTORY_PART] = "list",
	};

	return type < sizeof(names) / sizeof(names[0]) && names[type] ? names[type] : "request";
}

/* Grows the table of requests; false when there is no memory. */
static bool store_batch_grow(struct xlite_store_batch *batch)
{
	size_t room = batch->room ? batch->room * 2 : 32;
	struct store_request *requests;

	if (batch->nr < batch->room)
		return true;
	requests = realloc(batch->requests, room * sizeof(*requests));
	if (!requests)
		return false;
	batch->requests = requests;
	batch->room = room;
	return true;
}

size_t store_batch_add(struct xlite_store_batch *batch, uint32_t type, const void *body, size_t len)
{
	static const struct xsd_sockmsg blank;
	struct store_request *request;
	size_t offset = batch->bytes.len;

	if (batch->failed || !store_batch_grow(batch)) {
		batch->failed = true;
		return batch->nr;
	}
	buf_add(&batch->bytes, &blank, sizeof(blank));
	buf_add(&batch->bytes, body, len);
	if (batch->bytes.failed) {
		batch->failed = true;
		return batch->nr;
	}
	request = &batch->requests[batch->nr];
	*request = (struct store_request){
		.type = type, .result = -EINPROGRESS, .offset = offset, .len = sizeof(blank) + len
	};
	return batch->nr++;
}

/* Adds a request whose body is a formatted path, its NUL, and tail_len bytes of tail. */
__attribute__((format(printf, 5, 0)))
static size_t store_batch_vadd(struct xlite_store_batch *batch, uint32_t type, const char *tail, size_t tail_len,
			       const char *fmt, va_list ap)
{
	char body[XENSTORE_PAYLOAD_MAX + 1];
	int len = vsnprintf(body, sizeof(body), fmt, ap);
	size_t index;

	/* A path that long is cut here and refused as too long when the batch is run. */
	if (len < 0 || (size_t)len >= sizeof(body))
		len = sizeof(body) - 1;
	index = store_batch_add(batch, type, body, (size_t)len + 1);
	if (!batch->failed && tail_len) {
		buf_add(&batch->bytes, tail, tail_len);
		batch->requests[index].len += tail_len;
		batch->failed = batch->bytes.failed;
	}
	return index;
}

size_t xlite_store_batch_read(struct xlite_store_batch *batch, const char *fmt, ...)
{
	va_list ap;
	size_t index;

	va_start(ap, fmt);
	index = store_batch_vadd(batch, XS_READ, NULL, 0, fmt, ap);
	va_end(ap);
	return index;
}

size_t xlite_store_batch_list(struct xlite_store_batch *batch, const char *fmt, ...)
{
	va_list ap;
	size_t index;

	va_start(ap, fmt);
	index = store_batch_vadd(batch, XS_DIRECTORY, NULL, 0, fmt, ap);
	va_end(ap);
	if (!batch->cursor)
		batch->cursor = calloc(1, sizeof(*batch->cursor));
	if (!batch->cursor)
		batch->failed = true;
	return index;
}

size_t xlite_store_batch_write(struct xlite_store_batch *batch, const char *value, const char *fmt, ...)
{
	va_list ap;
	size_t index;

	va_start(ap, fmt);
	index = store_batch_vadd(batch, XS_WRITE, value, strlen(value), fmt, ap);
	va_end(ap);
	return index;
}

size_t xlite_store_batch_rm(struct xlite_store_batch *batch, const char *fmt, ...)
{
	va_list ap;
	size_t index;

	va_start(ap, fmt);
	index = store_batch_vadd(batch, XS_RM, NULL, 0, fmt, ap);
	va_end(ap);
	return index;
}

size_t xlite_store_batch_mkdir(struct xlite_store_batch *batch, const char *fmt, ...)
{
	va_list ap;
	size_t index;

	va_start(ap, fmt);
	index = store_batch_vadd(batch, XS_MKDIR, NULL, 0, fmt, ap);
	va_end(ap);
	return index;
}

/* "n0", NUL and, with a reader, "r3", NUL. Returns the length. */
static size_t store_perms_text(char text[32], uint32_t owner, char owner_access, int32_t reader)
{
	int len = snprintf(text, 16, "%c%u", owner_access, owner) + 1;

	if (reader >= 0)
		len += snprintf(text + len, 16, "r%d", reader) + 1;
	return (size_t)len;
}

__attribute__((format(printf, 5, 0)))
static size_t store_batch_vperms(struct xlite_store_batch *batch, uint32_t owner, char owner_access, int32_t reader,
				 const char *fmt, va_list ap)
{
	char perms[32];
	size_t len = store_perms_text(perms, owner, owner_access, reader);

	return store_batch_vadd(batch, XS_SET_PERMS, perms, len, fmt, ap);
}

size_t xlite_store_batch_perms(struct xlite_store_batch *batch, uint32_t owner, char owner_access, int32_t reader,
			       const char *fmt, ...)
{
	va_list ap;
	size_t index;

	va_start(ap, fmt);
	index = store_batch_vperms(batch, owner, owner_access, reader, fmt, ap);
	va_end(ap);
	return index;
}

size_t xlite_store_batch_dir(struct xlite_store_batch *batch, uint32_t owner, char owner_access, int32_t reader,
			     const char *fmt, ...)
{
	va_list ap;
	size_t index;

	va_start(ap, fmt);
	store_batch_vadd(batch, XS_MKDIR, NULL, 0, fmt, ap);
	va_end(ap);
	va_start(ap, fmt);
	index = store_batch_vperms(batch, owner, owner_access, reader, fmt, ap);
	va_end(ap);
	return index;
}
