/* SPDX-License-Identifier: GPL-2.0-or-later
 * The cache of unpacked kernels. That an image comes from there is seen by a byte that was changed there; each other
 * test changes something that makes the file in the cache one not to be used, and then gets what is in the kernel.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/image_check.h"

/* Where the second segment's bytes lie in the file of the cache. */
#define HEAD 4096
#define AT (HEAD + 0x400)

static char top[64], folder[80], kernel[80];
static struct xlite_image_cache cache;

static int make_folder(void **state)
{
	strcpy(top, "/tmp/xlite-cache-XXXXXX");
	if (!mkdtemp(top))
		return -1;
	snprintf(folder, sizeof(folder), "%s/cache", top);
	snprintf(kernel, sizeof(kernel), "%s/kernel", top);
	cache = (struct xlite_image_cache){ .folder = folder, .stamp = "boot-1", .bytes = 64 << 20 };
	return mkdir(folder, 0700);
}

/* Counts the files of the cache, and gives the path of one. */
static unsigned look(char *path)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	unsigned nr = 0;

	while (dir && (entry = readdir(dir))) {
		if (*entry->d_name == '.')
			continue;
		nr++;
		if (path)
			snprintf(path, 512, "%s/%s", folder, entry->d_name);
	}
	if (dir)
		closedir(dir);
	return nr;
}

static int remove_folder(void **state)
{
	char path[512];

	while (look(path))
		unlink(path);
	unlink(kernel);
	rmdir(folder);
	return rmdir(top);
}

static void write_kernel(const struct bytes *image)
{
	FILE *f = fopen(kernel, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(image->data, 1, image->len, f), image->len);
	fclose(f);
}

static int load(struct memory *memory, struct xlite_error *err)
{
	struct xlite_image_sink sink = memory_sink(memory);
	struct xlite_image_info info;
	struct xlite_image *image;
	int rc = xlite_image_open(&image, kernel, LIMIT, err);

	if (rc)
		return rc;
	xlite_image_keep(image, &cache);
	rc = xlite_image_load(image, &sink, &info, err);
	/* For another domain. */
	if (!rc) {
		memory_clear(memory);
		rc = xlite_image_load(image, &sink, &info, err);
	}
	xlite_image_close(image);
	return rc;
}

/* Loads it, and answers how many bytes are others than in elf. */
static size_t differences(const struct bytes *elf)
{
	struct bytes wanted = elf_memory(&elf_small, elf);
	struct memory memory = { 0 };
	struct xlite_error err = { 0 };
	size_t nr = 0;
	int rc = load(&memory, &err);

	if (rc)
		fail_msg("%s", err.message);
	for (size_t i = 0; i < wanted.len; i++)
		nr += memory.bytes[i] != wanted.data[i];
	memory_clear(&memory);
	bytes_clear(&wanted);
	return nr;
}

/* A byte of the file, or its mode, or its size, is another from now on. */
static void spoil(off_t at)
{
	char path[512];
	uint8_t byte;
	int fd;

	assert_int_equal(look(path), 1);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 0x5a;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

static void cut(off_t bytes)
{
	char path[512];

	assert_int_equal(look(path), 1);
	assert_int_equal(truncate(path, bytes), 0);
}

static void set_mode(mode_t mode)
{
	char path[512];

	assert_int_equal(look(path), 1);
	assert_int_equal(chmod(path, mode), 0);
}

/* A kernel in the cache; the caller clears elf. */
static struct bytes begin(const struct packing *packing)
{
	struct bytes elf = elf_make(&elf_small), image = small_bzimage(packing);

	write_kernel(&image);
	bytes_clear(&image);
	assert_int_equal(differences(&elf), 0);
	return elf;
}

static void test_kept(void **state)
{
	for (const struct packing *p = packings; p->name; p++) {
		struct bytes elf = begin(p);

		assert_int_equal(look(NULL), *p->name ? 1 : 0);
		if (*p->name) {
			assert_int_equal(differences(&elf), 0);
			spoil(AT + 0x800);
			assert_int_equal(differences(&elf), 1);
			spoil(AT + 0x800);
			assert_int_equal(differences(&elf), 0);
		}
		bytes_clear(&elf);
		remove_folder(NULL);
		make_folder(NULL);
	}
}

static const struct packing *gzip(void)
{
	const struct packing *p = packings;

	while (strcmp(p->name, "gzip"))
		p++;
	return p;
}

/* What is wrong with the file in the cache is seen, and the file made anew. */
static void test_spoiled(void **state)
{
	struct bytes elf = begin(gzip());

	spoil(AT + 0x800);
	cut(HEAD + 100);
	assert_int_equal(differences(&elf), 0);
	spoil(AT + 0x800);
	cut(0);
	assert_int_equal(differences(&elf), 0);
	spoil(AT + 0x800);
	spoil(3);
	assert_int_equal(differences(&elf), 0);
	spoil(AT + 0x800);
	spoil(16);
	assert_int_equal(differences(&elf), 0);
	/* The headers that were read of the kernel. */
	spoil(HEAD + 30);
	assert_int_equal(differences(&elf), 0);
	spoil(AT + 0x800);
	set_mode(0622);
	assert_int_equal(differences(&elf), 0);
	assert_int_equal(look(NULL), 1);
	bytes_clear(&elf);
}

static void test_links(void **state)
{
	struct bytes elf = begin(gzip());
	char path[512], away[96];

	spoil(AT + 0x800);
	assert_int_equal(look(path), 1);
	snprintf(away, sizeof(away), "%s/away", top);
	assert_int_equal(rename(path, away), 0);
	assert_int_equal(symlink(away, path), 0);
	assert_int_equal(differences(&elf), 0);
	unlink(away);
	bytes_clear(&elf);
}

/* Where others may write, nothing is read nor kept. */
static void test_folder(void **state)
{
	struct bytes elf = begin(gzip());
	char path[512];

	spoil(AT + 0x800);
	assert_int_equal(chmod(folder, 0777), 0);
	assert_int_equal(differences(&elf), 0);
	assert_int_equal(look(path), 1);
	unlink(path);
	assert_int_equal(differences(&elf), 0);
	assert_int_equal(look(NULL), 0);
	rmdir(folder);
	assert_int_equal(differences(&elf), 0);
	assert_int_equal(access(folder, F_OK), -1);
	assert_int_equal(mkdir(folder, 0700), 0);
	bytes_clear(&elf);
}

static void test_other_boot(void **state)
{
	struct bytes elf = begin(gzip());

	spoil(AT + 0x800);
	cache.stamp = "boot-2";
	assert_int_equal(differences(&elf), 0);
	assert_int_equal(look(NULL), 1);
	bytes_clear(&elf);
}

/* Another kernel of the same size in the place of the first, in the same file. */
static void test_changed(void **state)
{
	struct bytes elf = begin(gzip()), packed = gzip()->pack(&elf), image;

	spoil(AT + 0x800);
	image = bzimage_make(&packed, true, (uint32_t)elf.len);
	/* The kernel's clock for files ticks. */
	usleep(20000);
	write_kernel(&image);
	assert_int_equal(differences(&elf), 0);
	assert_int_equal(look(NULL), 2);
	/* Both do not fit any more when one comes. */
	usleep(20000);
	write_kernel(&image);
	cache.bytes = 2 * (HEAD + elf.len);
	assert_int_equal(differences(&elf), 0);
	assert_int_equal(look(NULL), 2);
	cache.bytes = HEAD + elf.len - 1;
	usleep(20000);
	write_kernel(&image);
	assert_int_equal(differences(&elf), 0);
	assert_int_equal(look(NULL), 2);
	bytes_clear(&image);
	bytes_clear(&packed);
	bytes_clear(&elf);
}

/* The times of a young file say nothing. */
static void test_young(void **state)
{
	struct bytes elf;

	cache.settled_s = 3600;
	elf = begin(gzip());
	assert_int_equal(look(NULL), 0);
	bytes_clear(&elf);
}

static void test_no_room(void **state)
{
	struct bytes elf = elf_make(&elf_small), image = small_bzimage(gzip());
	struct rlimit was, small;

	write_kernel(&image);
	bytes_clear(&image);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = was;
	small.rlim_cur = HEAD + 100;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(differences(&elf), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_int_equal(look(NULL), 0);
	bytes_clear(&elf);
}

/* A kernel whose end is corrupt fails as it does without a cache, and is not kept. */
static void test_corrupt(void **state)
{
	struct bytes image = small_bzimage(gzip());
	struct memory memory = { 0 };
	struct xlite_error err = { 0 };

	image.data[BZIMAGE_PAYLOAD + (image.len - BZIMAGE_PAYLOAD) / 2] ^= 1;
	write_kernel(&image);
	assert_int_equal(load(&memory, &err), -EBADMSG);
	assert_int_equal(err.code, -EBADMSG);
	assert_int_equal(look(NULL), 0);
	memory_clear(&memory);
	bytes_clear(&image);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_kept),    TEST(test_spoiled), TEST(test_links),   TEST(test_folder),  TEST(test_other_boot),
		TEST(test_changed), TEST(test_young),   TEST(test_no_room), TEST(test_corrupt),
	};

	return cmocka_run_group_tests_name("image_cache", tests, NULL, NULL);
}
