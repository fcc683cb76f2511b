/* SPDX-License-Identifier: GPL-2.0-or-later
 * Compression of saved domains: there and back, in pieces of every size; what is cut off or damaged is refused, and what is
 * not compressed comes as it is.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/buf.h"
#include "xlite/lib/pack.h"

#define BYTES (3u << 20)

struct source {
	const char *bytes;
	size_t len, at, piece;
};

static int sink(void *ctx, const void *bytes, size_t len)
{
	buf_add(ctx, bytes, len);
	return 0;
}

static int full(void *ctx, const void *bytes, size_t len)
{
	return -ENOSPC;
}

static ssize_t source(void *ctx, void *buffer, size_t len)
{
	struct source *from = ctx;
	size_t left = from->len - from->at;

	len = from->piece && len > from->piece ? from->piece : len;
	len = len < left ? len : left;
	memcpy(buffer, from->bytes + from->at, len);
	from->at += len;
	return (ssize_t)len;
}

/* Half zeros, half what does not repeat. */
static char *content(void)
{
	char *bytes = calloc(1, BYTES);
	uint32_t x = 1;

	for (size_t i = 0; i < BYTES; i++) {
		x = x * 1664525 + 1013904223;
		bytes[i] = i >> 16 & 1 ? (char)(x >> 24) : 0;
	}
	return bytes;
}

static void packed(const char *bytes, size_t len, struct buf *out)
{
	struct xlite_packer *packer;

	assert_int_equal(xlite_packer_new(&packer, sink, out, NULL), 0);
	for (size_t at = 0, part = 1; at < len; at += part, part = part * 3 + 1) {
		part = part < len - at ? part : len - at;
		assert_int_equal(xlite_packer_write(packer, bytes + at, part), 0);
	}
	assert_int_equal(xlite_packer_end(packer), 0);
	xlite_packer_free(packer);
}

/* Returns what the last read returned. */
static ssize_t unpacked(const char *bytes, size_t len, size_t piece, struct buf *out)
{
	struct source from = { bytes, len, 0, piece };
	struct xlite_unpacker *unpacker;
	static char part[100000];
	ssize_t got;

	assert_int_equal(xlite_unpacker_new(&unpacker, source, &from, NULL), 0);
	while ((got = xlite_unpacker_read(unpacker, part, sizeof(part))) > 0)
		buf_add(out, part, (size_t)got);
	xlite_unpacker_free(unpacker);
	return got;
}

static void there_and_back(void **state)
{
	static const size_t pieces[] = { 0, 1000, 77777 };
	struct buf small = BUF_INIT;
	char *bytes = content();

	packed(bytes, BYTES, &small);
	assert_true(small.len < BYTES * 2 / 3);
	for (size_t i = 0; i < 3; i++) {
		struct buf out = BUF_INIT;

		assert_int_equal(unpacked(small.data, small.len, pieces[i], &out), 0);
		assert_int_equal(out.len, BYTES);
		assert_memory_equal(out.data, bytes, BYTES);
		buf_clear(&out);
	}
	buf_clear(&small);
	free(bytes);
}

static void what_is_cut_off_is_refused(void **state)
{
	struct buf small = BUF_INIT;

	packed("a guest that sleeps", 19, &small);
	for (size_t len = 4; len < small.len; len++) {
		struct buf out = BUF_INIT;

		assert_int_equal(unpacked(small.data, len, 1, &out), -EBADMSG);
		buf_clear(&out);
	}
	/* Its checksum. */
	small.data[small.len - 1] ^= 1;
	for (size_t piece = 0; piece < 3; piece++) {
		struct buf out = BUF_INIT;

		assert_int_equal(unpacked(small.data, small.len, piece, &out), -EBADMSG);
		buf_clear(&out);
	}
	buf_clear(&small);
}

/* Who knows what he looks for reads no further than that: the checksum is asked for, where it did not come with the rest. */
static int ended(const char *bytes, size_t len, size_t piece)
{
	struct source from = { bytes, len, 0, piece };
	struct xlite_unpacker *unpacker;
	char part[19];
	ssize_t got = 1;
	size_t at = 0;
	int rc;

	assert_int_equal(xlite_unpacker_new(&unpacker, source, &from, NULL), 0);
	for (; at < sizeof(part) && got > 0; at += got > 0 ? (size_t)got : 0)
		got = xlite_unpacker_read(unpacker, part + at, sizeof(part) - at);
	assert_true(got < 0 || !memcmp(part, "a guest that sleeps", sizeof(part)));
	rc = got < 0 ? (int)got : xlite_unpacker_end(unpacker);
	xlite_unpacker_free(unpacker);
	return rc;
}

static void the_end_is_asked_for(void **state)
{
	struct buf small = BUF_INIT;

	packed("a guest that sleeps", 19, &small);
	for (size_t piece = 0; piece < 6; piece++) {
		assert_int_equal(ended(small.data, small.len, piece), 0);
		for (size_t cut = 1; cut <= 4; cut++)
			assert_int_equal(ended(small.data, small.len - cut, piece), -EBADMSG);
		small.data[small.len - 1] ^= 1;
		assert_int_equal(ended(small.data, small.len, piece), -EBADMSG);
		small.data[small.len - 1] ^= 1;
		assert_int_equal(ended("a guest that sleeps", 19, piece), 0);
	}
	/* What follows is somebody else's. */
	packed("a guest that sleeps, and another", 32, &small);
	assert_int_equal(ended(small.data, small.len, 0), 0);
	buf_clear(&small);
}

static void what_is_not_compressed_comes_as_it_is(void **state)
{
	static const char *const texts[] = { "", "a", "abc", "abcd", "Xen saved domain, xl format" };

	for (size_t i = 0; i < 5; i++) {
		for (size_t piece = 0; piece < 6; piece++) {
			struct buf out = BUF_INIT;

			assert_int_equal(unpacked(texts[i], strlen(texts[i]), piece, &out), 0);
			assert_string_equal(buf_str(&out), texts[i]);
			buf_clear(&out);
		}
	}
}

static void a_full_disk_is_told(void **state)
{
	struct xlite_packer *packer;
	char *bytes = content();
	int rc;

	assert_int_equal(xlite_packer_new(&packer, full, NULL, NULL), 0);
	rc = xlite_packer_write(packer, bytes, BYTES);
	assert_int_equal(rc ? rc : xlite_packer_end(packer), -ENOSPC);
	xlite_packer_free(packer);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(what_is_cut_off_is_refused),
		cmocka_unit_test(the_end_is_asked_for),
		cmocka_unit_test(what_is_not_compressed_comes_as_it_is),
		cmocka_unit_test(a_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
