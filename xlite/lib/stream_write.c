/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Writing a saved domain's headers and records.
 */
#include "xlite/lib/stream.h"

#include <endian.h>
#include <string.h>

int stream_write_bytes(struct stream_writer *writer, const void *bytes, size_t len)
{
	int rc = len ? writer->write(writer->ctx, bytes, len) : 0;

	if (!rc)
		writer->bytes += len;
	return rc;
}

int stream_write_zeros(struct stream_writer *writer, int (*zeros)(void *ctx, size_t len), size_t len)
{
	int rc = zeros(writer->ctx, len);

	if (!rc)
		writer->bytes += len;
	return rc;
}

static void put32(uint8_t **at, uint32_t value)
{
	value = htole32(value);
	memcpy(*at, &value, sizeof(value));
	*at += sizeof(value);
}

static void put32_big(uint8_t **at, uint32_t value)
{
	put32(at, __builtin_bswap32(value));
}

static int write_xl(struct stream_writer *writer, const struct stream_head *head)
{
	uint8_t bytes[STREAM_XL_BYTES + 4], *at = bytes;
	/* The NUL is counted. */
	uint32_t json = (uint32_t)head->json_bytes + 1;
	int rc;

	memcpy(at, STREAM_XL_MAGIC, 32);
	at += 32;
	put32(&at, STREAM_XL_ORDER);
	put32(&at, STREAM_XL_JSON | STREAM_XL_STREAM2);
	put32(&at, 0);
	put32(&at, json + 4);
	put32(&at, json);
	rc = stream_write_bytes(writer, bytes, sizeof(bytes));
	return rc ? rc : stream_write_bytes(writer, head->json, json);
}

int stream_write_head(struct stream_writer *writer, const struct stream_head *head)
{
	uint8_t bytes[STREAM_LIBXL_BYTES + 8 + STREAM_IMAGE_BYTES + STREAM_DOMAIN_BYTES] = { 0 }, *at = bytes;
	int rc = write_xl(writer, head);

	if (rc)
		return rc;
	put32_big(&at, (uint32_t)(STREAM_LIBXL_IDENT >> 32));
	put32_big(&at, (uint32_t)STREAM_LIBXL_IDENT);
	put32_big(&at, STREAM_LIBXL_VERSION);
	put32_big(&at, 0);
	put32(&at, STREAM_LIBXC_CONTEXT);
	put32(&at, 0);
	memset(at, 0xff, 8);
	at += 8;
	put32_big(&at, STREAM_IMAGE_IDENT);
	put32_big(&at, STREAM_IMAGE_VERSION);
	at += 8;
	put32(&at, head->guest);
	put32(&at, STREAM_PAGE_SHIFT);
	put32(&at, head->xen_major);
	put32(&at, head->xen_minor);
	return stream_write_bytes(writer, bytes, sizeof(bytes));
}

static int write_start(struct stream_writer *writer, uint32_t type, uint32_t len)
{
	uint8_t bytes[8], *at = bytes;

	put32(&at, type);
	put32(&at, len);
	return stream_write_bytes(writer, bytes, sizeof(bytes));
}

int stream_write_record(struct stream_writer *writer, uint32_t type, const void *body, size_t len)
{
	static const uint8_t zeros[8];
	int rc = write_start(writer, type, (uint32_t)len);

	if (!rc)
		rc = stream_write_bytes(writer, body, len);
	return rc ? rc : stream_write_bytes(writer, zeros, -len & 7);
}

int stream_write_pages(struct stream_writer *writer, const uint64_t *entries, uint32_t nr, uint32_t nr_data)
{
	uint8_t count[8] = { 0 }, *at = count;
	int rc = write_start(writer, STREAM_PAGE_DATA, 8 + nr * 8 + nr_data * STREAM_PAGE_BYTES);

	put32(&at, nr);
	if (!rc)
		rc = stream_write_bytes(writer, count, sizeof(count));
	return rc ? rc : stream_write_bytes(writer, entries, (size_t)nr * 8);
}

int stream_write_end(struct stream_writer *writer)
{
	return stream_write_record(writer, STREAM_END, NULL, 0);
}

int stream_write_last(struct stream_writer *writer)
{
	return stream_write_record(writer, STREAM_LIBXL_END, NULL, 0);
}
