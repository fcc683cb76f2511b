/* SPDX-License-Identifier: GPL-2.0-or-later
 * What xz has packed comes out again, of any kind and by any options that are known; what is cut, changed or of other
 * kinds is refused, and nothing is ever read or written outside (sanitizers see it).
 */
#include "tests/core/xz_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xen-core/boot/xz.h"

/* Linux packs by the first. */
static const char *const options[] = {
	"--check=crc32 --x86 --lzma2=dict=32MiB",
	"-0",
	"-1 --check=none",
	"--check=none --x86=start=4096 --lzma2=preset=0",
	"--check=crc64 --lzma2=preset=9e,dict=1MiB",
	"--lzma2=dict=4KiB",
	"--lzma2=dict=1MiB,lc=0,lp=4,pb=0",
	"--lzma2=dict=1MiB,lc=4,lp=0,pb=4",
	"--lzma2=dict=1MiB,lc=1,lp=3,pb=2,nice=273,mf=bt4",
	"--lzma2=dict=1MiB,lc=0,lp=0,pb=0,mode=fast,mf=hc3",
	"--check=crc32 --x86 --lzma2=preset=0 --block-size=20000 -T1",
	"--x86 --lzma2=preset=0 --block-size=60000 -T2",
};

static void (*const kinds[])(struct bytes b) = { fill_text, fill_noise, fill_code, fill_mixed };

static void expect(struct bytes plain, const char *how)
{
	struct bytes packed = xz_pack(plain, how), out;
	const char *wrong = unpack(packed, plain.size, &out);

	if (wrong || out.size != plain.size || memcmp(out.data, plain.data, plain.size))
		fail_msg("%zu bytes by xz %s: %s", plain.size, how, wrong ? wrong : "others came out");
	bytes_free(&out);
	/* More room changes nothing; less is an error. */
	assert_null(unpack(packed, plain.size + 100, &out));
	assert_int_equal(out.size, plain.size);
	bytes_free(&out);
	if (plain.size)
		assert_non_null(unpack(packed, plain.size - 1, &out));
	bytes_free(&out);
	bytes_free(&packed);
}

static void test_kinds(void **state)
{
	static const size_t sizes[] = { 0, 1, 4, 5, 6, 1000, 150000 };

	chance_seed(1);
	for (unsigned k = 0; k < ARRAY_SIZE(kinds); k++) {
		for (unsigned s = 0; s < ARRAY_SIZE(sizes); s++) {
			struct bytes plain = bytes_new(sizes[s]);

			kinds[k](plain);
			for (unsigned o = 0; o < ARRAY_SIZE(options); o++)
				if (plain.size > 100 || !o)
					expect(plain, options[o]);
			bytes_free(&plain);
		}
	}
}

/* Chunks of more than 2 MiB of output do not exist: this takes several, some packed and some not. */
static void test_large(void **state)
{
	struct bytes plain = bytes_new(9 * MIB);

	chance_seed(2);
	fill_mixed(plain);
	memset(plain.data + MIB, 0, 5 * MIB);
	expect(plain, options[0]);
	expect(plain, options[1]);
	bytes_free(&plain);
}

/* Real code: this program. */
static void test_program(void **state)
{
	struct bytes plain = bytes_new(400 * KIB);
	FILE *file = fopen("/proc/self/exe", "rb");

	assert_non_null(file);
	plain.size = fread(plain.data, 1, plain.size, file);
	assert_true(plain.size > 10000);
	fclose(file);
	expect(plain, options[0]);
	bytes_free(&plain);
}

/* With text of so many bytes. */
static struct bytes packed_text(size_t size, const char *how, struct bytes *plain)
{
	*plain = bytes_new(size);
	chance_seed(3);
	fill_text(*plain);
	return xz_pack(*plain, how);
}

static void test_others(void **state)
{
	static const struct { const char *how, *wrong; } others[] = {
		{ "--check=sha256", "its checksum is none of CRC32 and CRC64: unpack it by extract-vmlinux" },
		{ "--delta --lzma2", "it is packed by other filters than LZMA2 and x86: unpack it by extract-vmlinux" },
		{ "--arm --lzma2", "it is packed by other filters than LZMA2 and x86: unpack it by extract-vmlinux" },
		{ "--x86 --x86 --lzma2", "it is packed by other filters than LZMA2 and x86: unpack it by extract-vmlinux" },
		{ "--format=lzma", "the header of the xz stream in it is damaged" },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(others); i++) {
		struct bytes plain, packed = packed_text(1000, others[i].how, &plain), out;

		assert_string_equal(unpack(packed, plain.size, &out), others[i].wrong);
		bytes_free(&out);
		bytes_free(&packed);
		bytes_free(&plain);
	}
}

/* Something behind the stream, be it another one or padding. */
static void test_behind(void **state)
{
	struct bytes plain, packed = packed_text(1000, "", &plain), more = bytes_new(packed.size * 2), out;

	memcpy(more.data, packed.data, packed.size);
	memcpy(more.data + packed.size, packed.data, packed.size);
	assert_string_equal(unpack(more, 2 * plain.size, &out), "the end of the xz stream in it is damaged");
	bytes_free(&out);
	memset(more.data + packed.size, 0, packed.size);
	assert_string_equal(unpack((struct bytes){ more.data, packed.size + 4 }, plain.size, &out),
			    "the end of the xz stream in it is damaged");
	bytes_free(&out);
	bytes_free(&more);
	bytes_free(&packed);
	bytes_free(&plain);
}

static void test_prefixes(void **state)
{
	for (unsigned o = 0; o < ARRAY_SIZE(options); o++) {
		struct bytes plain, packed = packed_text(1500, options[o], &plain), out;

		for (size_t size = 0; size < packed.size; size++) {
			if (!unpack((struct bytes){ packed.data, size }, plain.size, &out))
				fail_msg("xz %s: the first %zu bytes are taken for the whole", options[o], size);
			bytes_free(&out);
		}
		bytes_free(&packed);
		bytes_free(&plain);
	}
}

/* Each bit, one at a time; where nothing is checked, anything may come out, but nothing else may happen. */
static void test_bits(void **state)
{
	for (unsigned o = 0; o < ARRAY_SIZE(options); o++) {
		struct bytes plain, packed = packed_text(700, options[o], &plain), out;
		bool checked = !strstr(options[o], "none");

		for (size_t bit = 0; bit < packed.size * 8; bit++) {
			const char *wrong;

			packed.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
			wrong = unpack(packed, plain.size, &out);
			if (!wrong && checked && (out.size != plain.size || memcmp(out.data, plain.data, out.size)))
				fail_msg("xz %s: with bit %zu turned, something else comes out", options[o], bit);
			packed.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
			bytes_free(&out);
		}
		bytes_free(&packed);
		bytes_free(&plain);
	}
}

static uint32_t crc32_of(const uint8_t *data, size_t size)
{
	uint32_t crc = UINT32_MAX;

	while (size--) {
		crc ^= *data++;
		for (unsigned i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

/* As somebody would who means it: the headers' checksums are right again. */
static void seal(struct bytes b)
{
	size_t size = b.size > 12 ? (b.data[12] + 1u) * 4 : 0;
	uint32_t crc;

	if (size < 8 || 12 + size > b.size)
		return;
	crc = crc32_of(b.data + 6, 2);
	memcpy(b.data + 8, &crc, 4);
	crc = crc32_of(b.data + 12, size - 4);
	memcpy(b.data + 12 + size - 4, &crc, 4);
}

static void mutate(struct bytes b)
{
	static const uint8_t odd[] = { 0x00, 0x01, 0x02, 0x7f, 0x80, 0xa0, 0xc0, 0xe0, 0xff };

	for (uint64_t n = 1 + chance_below(5); n; n--) {
		size_t at = chance_below(chance_below(3) ? b.size : MIN(b.size, 48));

		b.data[at] = chance_below(2) ? odd[chance_below(ARRAY_SIZE(odd))]
					     : b.data[at] ^ (uint8_t)(1u << chance_below(8));
	}
}

static void test_changes(void **state)
{
	unsigned refused = 0;

	for (unsigned o = 0; o < ARRAY_SIZE(options); o++) {
		struct bytes plain, packed = packed_text(3000, options[o], &plain), copy = bytes_new(packed.size), out;

		chance_seed(o + 1);
		for (unsigned i = 0; i < 1500; i++) {
			memcpy(copy.data, packed.data, packed.size);
			mutate(copy);
			if (chance_below(2))
				seal(copy);
			refused += unpack(copy, chance_below(4) ? plain.size : chance_below(plain.size), &out) != NULL;
			bytes_free(&out);
		}
		bytes_free(&copy);
		bytes_free(&packed);
		bytes_free(&plain);
	}
	assert_true(refused > 1000);
}

/* The index, with a checksum that is right, tells of another block than there was. */
static void test_index(void **state)
{
	struct bytes plain, packed = packed_text(1000, "", &plain), out;
	uint32_t size, crc;
	uint8_t *index;

	memcpy(&size, packed.data + packed.size - 8, 4);
	size = (size + 1) * 4;
	index = packed.data + packed.size - 12 - size;
	for (size_t at = 1; at < 6; at++) {
		index[at] ^= 1;
		crc = crc32_of(index, size - 4);
		memcpy(index + size - 4, &crc, 4);
		assert_string_equal(unpack(packed, plain.size, &out), "the index of the xz stream in it is damaged");
		bytes_free(&out);
		index[at] ^= 1;
	}
	bytes_free(&packed);
	bytes_free(&plain);
}

/* LZMA2 alone, from a block of just that size. */
static const char *unpack_chunks(const uint8_t *data, size_t size, size_t room, uint8_t *out)
{
	struct bytes in = bytes_new(size), block = bytes_new(room);
	struct lzma *s = malloc(sizeof(*s));
	struct unpack io = { in.data, in.data + size, block.data, block.data + room };
	const char *wrong;

	assert_non_null(s);
	memcpy(in.data, data, size);
	memset(s, 0x5a, sizeof(*s));
	wrong = lzma2_unpack(s, &io);
	assert_true(io.in <= io.in_end && io.out <= io.out_end);
	memcpy(out, block.data, (size_t)(io.out - block.data));
	free(s);
	bytes_free(&block);
	bytes_free(&in);
	return wrong;
}

/*
 * One chunk, of which the head says something else: e0, size less 1, packed size less 1 (highest byte first),
 * properties, data, 00.
 */
static void test_chunk_heads(void **state)
{
	static const uint8_t wrong[] = { 0x02, 0x03, 0x7f, 0x80, 0xa0, 0xc0 };
	struct bytes plain, packed = packed_text(4000, "--format=raw --lzma2=preset=1", &plain),
			    more = bytes_new(2 * packed.size + 3);
	uint8_t out[8192], *head = packed.data;

	assert_int_equal(head[0], 0xe0);
	assert_null(unpack_chunks(head, packed.size, sizeof(out), out));
	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
		head[0] = wrong[i];
		assert_non_null(unpack_chunks(head, packed.size, sizeof(out), out));
	}
	head[0] = 0xe0;
	/* More or less comes out, or goes in, than is told. */
	for (unsigned size = 1; size < sizeof(out); size += size < 3990 || size > 4010 ? 37 : 1) {
		head[1] = (uint8_t)((size - 1) >> 8);
		head[2] = (uint8_t)(size - 1);
		assert_int_equal(!unpack_chunks(head, packed.size, sizeof(out), out), size == 4000);
		assert_non_null(unpack_chunks(head, packed.size - 1, sizeof(out), out));
	}
	head[1] = 3999 >> 8;
	head[2] = 3999 & 0xff;
	for (size_t size = 1; size < packed.size - 7; size++) {
		head[3] = (uint8_t)((size - 1) >> 8);
		head[4] = (uint8_t)(size - 1);
		assert_non_null(unpack_chunks(head, size + 6, sizeof(out), out));
	}
	head[3] = (uint8_t)((packed.size - 7) >> 8);
	head[4] = (uint8_t)(packed.size - 7);
	assert_non_null(unpack_chunks(head, packed.size, sizeof(out), out));
	head[3] = (uint8_t)((packed.size - 8) >> 8);
	head[4] = (uint8_t)(packed.size - 8);
	/* Behind it a byte as it is, with a new dictionary, and the chunk again: now there must be properties. */
	memcpy(more.data, head, packed.size - 1);
	memcpy(more.data + packed.size - 1, "\1\0\0x", 4);
	memcpy(more.data + packed.size + 3, head, packed.size);
	assert_null(unpack_chunks(more.data, more.size, sizeof(out), out));
	assert_memory_equal(out, plain.data, plain.size);
	assert_memory_equal(out + plain.size + 1, plain.data, plain.size);
	memmove(more.data + packed.size + 8, more.data + packed.size + 9, packed.size - 6);
	for (unsigned i = 3; i < 5; i++) {
		more.data[packed.size + 3] = wrong[i];
		assert_string_equal(unpack_chunks(more.data, more.size - 1, sizeof(out), out), "its packed data is damaged");
	}
	bytes_free(&more);
	bytes_free(&packed);
	bytes_free(&plain);
}

/* Changed, and without all that is checked around it, it must end within its blocks. */
static void test_chunks(void **state)
{
	struct bytes plain = bytes_new(70000), packed, copy;
	uint8_t *out = malloc(plain.size);
	unsigned whole = 0;

	assert_non_null(out);
	chance_seed(7);
	fill_mixed(plain);
	fill_text((struct bytes){ plain.data + 66000, 4000 });
	packed = xz_pack(plain, "--format=raw --lzma2=preset=1");
	copy = bytes_new(packed.size);
	for (unsigned i = 0; i < 1500; i++) {
		memcpy(copy.data, packed.data, packed.size);
		if (i)
			mutate(copy);
		whole += !unpack_chunks(copy.data, copy.size, plain.size, out);
		if (!i)
			assert_memory_equal(out, plain.data, plain.size);
	}
	assert_true(whole > 0 && whole < 1500);
	free(out);
	bytes_free(&copy);
	bytes_free(&packed);
	bytes_free(&plain);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_behind),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_index),
		cmocka_unit_test(test_chunk_heads),
		cmocka_unit_test(test_chunks),
	};

	return cmocka_run_group_tests_name("core xz", tests, NULL, NULL);
}
