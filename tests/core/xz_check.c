/* SPDX-License-Identifier: GPL-2.0-or-later
 * Bytes of several kinds, packed by the program xz.
 */
#include "tests/core/xz_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "xen-core/boot/xz.h"

struct bytes bytes_new(size_t size)
{
	struct bytes b = { malloc(size ? size : 1), size };

	assert_non_null(b.data);
	return b;
}

void bytes_free(struct bytes *b)
{
	free(b->data);
	*b = (struct bytes){ 0 };
}

struct bytes xz_pack(struct bytes plain, const char *options)
{
	char path[] = "/tmp/test-xz.XXXXXX", command[200];
	struct bytes packed = bytes_new(plain.size * 2 + 4096);
	int fd = mkstemp(path);
	FILE *pipe;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, plain.data, plain.size), plain.size);
	close(fd);
	snprintf(command, sizeof(command), "xz %s -c %s", options, path);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	packed.size = fread(packed.data, 1, packed.size, pipe);
	if (pclose(pipe) || !packed.size)
		fail_msg("%s: failed (Debian's package is xz-utils)", command);
	unlink(path);
	packed.data = realloc(packed.data, packed.size);
	assert_non_null(packed.data);
	return packed;
}

void fill_text(struct bytes b)
{
	static const char *const words[] = {
		"frame ", "domain ", "vCPU ", "event channel ", "grant ", "hypercall ", "\n", "the ", "of ",
	};
	size_t at = 0;

	while (at < b.size) {
		const char *word = words[chance_below(ARRAY_SIZE(words))];
		size_t len = MIN(strlen(word), b.size - at);

		memcpy(b.data + at, word, len);
		at += len;
	}
}

void fill_noise(struct bytes b)
{
	for (size_t i = 0; i < b.size; i++)
		b.data[i] = (uint8_t)chance();
}

void fill_code(struct bytes b)
{
	static const uint8_t dense[] = { 0xe8, 0xe9, 0xe8, 0x00, 0xff, 0x00, 0xff, 0x01, 0xfe, 0x90 };

	for (size_t i = 0; i < b.size; i++)
		b.data[i] = chance_below(8) ? dense[chance_below(ARRAY_SIZE(dense))] : (uint8_t)chance();
}

void fill_mixed(struct bytes b)
{
	static void (*const kinds[])(struct bytes b) = { fill_text, fill_noise, fill_code };

	for (size_t at = 0, len; at < b.size; at += len) {
		len = 1 + chance_below(200 * KIB);
		len = MIN(len, b.size - at);
		kinds[chance_below(ARRAY_SIZE(kinds))]((struct bytes){ b.data + at, len });
	}
}

const char *unpack(struct bytes packed, size_t room, struct bytes *out)
{
	struct bytes in = bytes_new(packed.size);
	struct xz *work = malloc(sizeof(*work));
	const char *wrong;
	size_t done;

	assert_non_null(work);
	memcpy(in.data, packed.data, packed.size);
	*out = bytes_new(room);
	wrong = xz_unpack(work, in.data, in.size, out->data, room, &done);
	assert_true(done <= room);
	out->size = done;
	bytes_free(&in);
	free(work);
	return wrong;
}
