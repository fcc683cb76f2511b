/* SPDX-License-Identifier: GPL-2.0-or-later
 * bzImages, made here, and what may be wrong about them. A distribution's is in test_bzimage_kernel.
 */
#include "tests/core/xz_check.h"

#include "xen-core/boot/bzimage.h"

#define PLAIN 5000
#define SETUP (3 * 512)
#define GAP 96				/* of code before the payload */
#define BEHIND 1000

/* With its size behind it, as Linux packs it. */
static struct bytes image(struct bytes *plain)
{
	struct bytes packed, all;
	uint32_t word;

	*plain = bytes_new(PLAIN);
	chance_seed(1);
	fill_mixed(*plain);
	packed = xz_pack(*plain, "--check=crc32 --x86 --lzma2=dict=32MiB");
	all = bytes_new(SETUP + GAP + packed.size + 4 + BEHIND);
	memset(all.data, 0x90, all.size);
	all.data[0x1f1] = 2;
	memcpy(all.data + 0x1fe, "\x55\xaaxxHdrS\x0f\x02", 10);
	memcpy(all.data + 0x248, &(uint32_t){ GAP }, 4);
	word = (uint32_t)packed.size + 4;
	memcpy(all.data + 0x24c, &word, 4);
	memcpy(all.data + SETUP + GAP, packed.data, packed.size);
	word = PLAIN;
	memcpy(all.data + SETUP + GAP + packed.size, &word, 4);
	bytes_free(&packed);
	return all;
}

/* In blocks of just the right sizes. */
static const char *check(struct bytes file, struct bytes *out)
{
	struct bytes copy = bytes_new(file.size);
	struct bzimage b;
	const char *wrong;

	memcpy(copy.data, file.data, file.size);
	*out = (struct bytes){ 0 };
	wrong = !bzimage_is(copy.data, copy.size) ? "none" : bzimage_open(&b, copy.data, copy.size);
	if (!wrong) {
		*out = bytes_new(bzimage_room(&b));
		wrong = bzimage_unpack(&b, out->data);
		out->size = b.size;
	}
	bytes_free(&copy);
	return wrong;
}

static void expect(struct bytes file, const char *wrong)
{
	struct bytes out;
	const char *is = check(file, &out);

	if (wrong)
		assert_string_equal(is ? is : "nothing wrong", wrong);
	else
		assert_null(is);
	bytes_free(&out);
}

static void test_good(void **state)
{
	struct bytes plain, file = image(&plain), out;

	assert_null(check(file, &out));
	assert_int_equal(out.size, PLAIN);
	assert_memory_equal(out.data, plain.data, PLAIN);
	bytes_free(&out);
	/* Of old, 0 sectors were 4. */
	memmove(file.data + 5 * 512, file.data + SETUP + GAP, file.size - SETUP - GAP - BEHIND);
	file.data[0x1f1] = 0;
	memcpy(file.data + 0x248, &(uint32_t){ 0 }, 4);
	expect(file, NULL);
	bytes_free(&file);
	bytes_free(&plain);
}

static void test_other_files(void **state)
{
	struct bytes plain, file = image(&plain);

	expect((struct bytes){ file.data, 0x24f }, "none");
	file.data[0x202] = 'h';
	expect(file, "none");
	file.data[0x202] = 'H';
	file.data[0x1fe] = 0x54;
	expect(file, "none");
	file.data[0x1fe] = 0x55;
	expect(file, NULL);
	file.data[0x206] = 7;
	expect(file, "it is a bzImage of before Linux 2.6.26: unpack it by extract-vmlinux");
	bytes_free(&file);
	bytes_free(&plain);
}

static void test_packings(void **state)
{
	static const struct { const char *magic, *wrong; } others[] = {
		{ "\037\213\010\000", "it is packed by gzip: unpack it by extract-vmlinux" },
		{ "BZh9", "it is packed by bzip2: unpack it by extract-vmlinux" },
		{ "\135\000\000\000", "it is packed by lzma: unpack it by extract-vmlinux" },
		{ "\211LZO", "it is packed by lzop: unpack it by extract-vmlinux" },
		{ "\002!L\030", "it is packed by lz4: unpack it by extract-vmlinux" },
		{ "(\265/\375", "it is packed by zstd: unpack it by extract-vmlinux" },
		{ "\177ELF", "it is packed by something unknown: unpack it by extract-vmlinux" },
	};
	struct bytes plain, file = image(&plain);

	for (unsigned i = 0; i < ARRAY_SIZE(others); i++) {
		memcpy(file.data + SETUP + GAP, others[i].magic, 4);
		expect(file, others[i].wrong);
	}
	bytes_free(&file);
	bytes_free(&plain);
}

static void test_sizes(void **state)
{
	struct bytes plain, file = image(&plain);
	uint8_t *size = file.data + file.size - BEHIND - 4;

	memcpy(size, &(uint32_t){ PLAIN + 1 }, 4);
	expect(file, "it unpacks to less than it says");
	memcpy(size, &(uint32_t){ PLAIN - 1 }, 4);
	expect(file, "its packed data is damaged");
	memcpy(size, &(uint32_t){ 0x40000001 }, 4);
	expect(file, "its unpacked size is said to be above 1 GiB");
	memcpy(size, &(uint32_t){ PLAIN }, 4);
	for (size_t cut = 0x250; cut < file.size - BEHIND; cut++)
		expect((struct bytes){ file.data, cut }, "it is a bzImage that is cut off");
	expect((struct bytes){ file.data, file.size - BEHIND }, NULL);
	memcpy(file.data + 0x248, &(uint32_t){ UINT32_MAX }, 4);
	expect(file, "it is a bzImage that is cut off");
	memcpy(file.data + 0x24c, &(uint32_t){ 15 }, 4);
	memcpy(file.data + 0x248, &(uint32_t){ GAP }, 4);
	expect(file, "it is a bzImage with nothing in it");
	bytes_free(&file);
	bytes_free(&plain);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_other_files),
		cmocka_unit_test(test_packings),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests_name("core bzimage", tests, NULL, NULL);
}
