/* SPDX-License-Identifier: GPL-2.0-or-later
 * One chunk for the header, one for all rows, which zlib packs, and one for the end.
 */
#include "xlite/cli/png.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/auto.h"

/* More than any emulated display has. */
#define SIDE_MAX 16384u

struct picture {
	unsigned width, height;
	const uint8_t *rows;
};

/* A number and the one blank behind it. */
static int number(const uint8_t **at, const uint8_t *end, unsigned *value)
{
	const uint8_t *p = *at;

	for (*value = 0; p < end && *p >= '0' && *p <= '9' && *value <= SIDE_MAX; p++)
		*value = *value * 10 + *p - '0';
	if (p == *at || p == end || (*p != ' ' && *p != '\n'))
		return -EBADMSG;
	*at = p + 1;
	return 0;
}

static int parse(const uint8_t *ppm, size_t len, struct picture *picture)
{
	const uint8_t *at = ppm + 3, *end = ppm + len;
	unsigned depth;

	if (len < 3 || memcmp(ppm, "P6\n", 3) || number(&at, end, &picture->width) || number(&at, end, &picture->height) ||
	    number(&at, end, &depth) || depth != 255 || !picture->width || !picture->height || picture->width > SIDE_MAX ||
	    picture->height > SIDE_MAX || (size_t)(end - at) / 3 / picture->width < picture->height)
		return -EBADMSG;
	picture->rows = at;
	return 0;
}

static void put_chunk(struct buf *out, const char type[4], const void *data, size_t len)
{
	uint32_t size = htonl((uint32_t)len), sum = (uint32_t)crc32(crc32(0, (const Bytef *)type, 4), data, (uInt)len);

	sum = htonl(sum);
	buf_add(out, (const char *)&size, 4);
	buf_add(out, type, 4);
	buf_add(out, data, len);
	buf_add(out, (const char *)&sum, 4);
}

/* Rows with the byte before each that says that they are as they are. */
static uint8_t *rows_make(const struct picture *picture, size_t *len)
{
	size_t row = (size_t)picture->width * 3;
	uint8_t *rows;

	*len = (row + 1) * picture->height;
	rows = malloc(*len);
	for (unsigned y = 0; rows && y < picture->height; y++) {
		rows[y * (row + 1)] = 0;
		memcpy(rows + y * (row + 1) + 1, picture->rows + y * row, row);
	}
	return rows;
}

int png_from_ppm(const uint8_t *ppm, size_t len, struct buf *out, struct xlite_error *err)
{
	auto_free uint8_t *rows = NULL, *packed = NULL;
	struct { uint32_t width, height; uint8_t rest[5]; } __attribute__((packed)) header = { .rest = { 8, 2, 0, 0, 0 } };
	struct picture picture;
	size_t bytes;
	uLongf room;

	if (parse(ppm, len, &picture))
		return xlite_error_set(err, -EBADMSG, "QEMU wrote something that is no picture");
	rows = rows_make(&picture, &bytes);
	room = compressBound((uLong)bytes);
	packed = malloc(room);
	if (!rows || !packed || compress2(packed, &room, rows, (uLong)bytes, Z_BEST_SPEED) != Z_OK)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	header.width = htonl(picture.width);
	header.height = htonl(picture.height);
	buf_add(out, "\x89PNG\r\n\x1a\n", 8);
	put_chunk(out, "IHDR", &header, sizeof(header));
	put_chunk(out, "IDAT", packed, room);
	put_chunk(out, "IEND", "", 0);
	return out->failed ? xlite_error_set(err, -ENOMEM, "out of memory") : 0;
}
