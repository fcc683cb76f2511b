/* SPDX-License-Identifier: GPL-2.0-or-later
 * Disks as far as no root is needed: what is refused as a source, and the waiting for blkback on a
 * directory that stands for its one in sysfs. Loop and block devices are tests/hotplug/disk.bats.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/disk.h"
#include "hotplug/disk_wait.h"

static char dir[] = "/tmp/xlite-test-disk-XXXXXX";

static int group_setup(void **state)
{
	return mkdtemp(dir) ? 0 : -1;
}

static int group_teardown(void **state)
{
	return rmdir(dir);
}

static const char *in_dir(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void file_make(const char *name, off_t size, const char *text)
{
	FILE *f = fopen(in_dir(name), "w");

	assert_non_null(f);
	assert_int_equal(ftruncate(fileno(f), size), 0);
	if (text)
		fputs(text, f);
	fclose(f);
}

static void test_resolve(void **state)
{
	static const struct {
		const char *source, *message;
		int code;
	} cases[] = {
		{ "a.img", "a.img: neither an absolute path nor a tag", -EINVAL },
		{ "", ": neither an absolute path nor a tag", -EINVAL },
		{ "LABELS=x", "LABELS=x: neither an absolute path nor a tag", -EINVAL },
		{ "label=x", "label=x: neither an absolute path nor a tag", -EINVAL },
		{ "LABEL=", "LABEL=: nothing follows the equals sign", -EINVAL },
		{ "UUID=no-such-uuid", "no block device has UUID=no-such-uuid", -ENOENT },
		{ "PARTLABEL=no such label", "no block device has PARTLABEL=no such label", -ENOENT },
		{ "/no/such/file", "/no/such/file: No such file or directory", -ENOENT },
	};
	char path[PATH_MAX], deep[PATH_MAX + 2];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct xlite_error err = { 0 };

		assert_int_equal(hotplug_disk_resolve(cases[i].source, NULL, path, sizeof(path), &err), cases[i].code);
		assert_string_equal(err.message, cases[i].message);
		assert_int_equal(err.code, cases[i].code);
	}
	memset(deep, 'a', sizeof(deep));
	deep[0] = '/';
	deep[sizeof(deep) - 1] = '\0';
	assert_int_equal(hotplug_disk_resolve(deep, NULL, path, sizeof(path), NULL), -ENAMETOOLONG);
	assert_int_equal(hotplug_disk_resolve("/dev/null", NULL, path, sizeof(path), NULL), 0);
	assert_string_equal(path, "/dev/null");
}

static void test_dangling(void **state)
{
	char path[PATH_MAX];
	struct xlite_error err = { 0 };

	assert_int_equal(symlink("nowhere", in_dir("link")), 0);
	assert_int_equal(hotplug_disk_resolve(in_dir("link"), NULL, path, sizeof(path), &err), -ENOENT);
	assert_non_null(strstr(err.message, "/link: a link to nowhere: No such file or directory"));
	unlink(in_dir("link"));
}

static int check(const char *path, struct xlite_error *err)
{
	struct hotplug_disk_source source = { .source = path, .readonly = true };
	struct hotplug_disk disk;
	int ret;

	memset(err, 0, sizeof(*err));
	ret = hotplug_disk_check(&source, &disk, err);
	assert_int_equal(err->code, ret);
	assert_int_equal(disk.fd, -1);
	return ret;
}

static void test_kinds(void **state)
{
	struct xlite_error err;

	assert_int_equal(check("/dev/null", &err), -EINVAL);
	assert_string_equal(err.message, "/dev/null: neither a regular file nor a block device but a character device");
	assert_int_equal(check(dir, &err), -EINVAL);
	assert_non_null(strstr(err.message, "but a directory"));
	/* Opening it would wait for a writer. */
	assert_int_equal(mkfifo(in_dir("pipe"), 0600), 0);
	alarm(10);
	assert_int_equal(check(in_dir("pipe"), &err), -EINVAL);
	alarm(0);
	assert_non_null(strstr(err.message, "but a pipe"));
	unlink(in_dir("pipe"));
}

static void test_sizes(void **state)
{
	struct xlite_error err;

	file_make("empty", 0, NULL);
	assert_int_equal(check(in_dir("empty"), &err), -EINVAL);
	assert_non_null(strstr(err.message, "/empty: it is empty"));
	unlink(in_dir("empty"));
	file_make("odd", 1025, NULL);
	assert_int_equal(check(in_dir("odd"), &err), -EINVAL);
	assert_non_null(strstr(err.message,
			       "its size, 1025 bytes, is not a multiple of 512: the guest would not see the last 1"));
	assert_string_equal(err.hint, "`truncate -s %512 FILE` rounds it up");
	unlink(in_dir("odd"));
}

static void test_wait_missing(void **state)
{
	struct xlite_error err = { 0 };
	int64_t begin = clock_now_ns(), took;

	assert_int_equal(disk_wait_dir(in_dir("vbd-3-51712"), clock_deadline_ms(50), &err), -ETIMEDOUT);
	took = clock_now_ns() - begin;
	assert_true(took >= 50 * NS_PER_MS && took < 5 * NS_PER_SEC);
	assert_non_null(strstr(err.message, "blkback did not notice the disk in time"));
	assert_string_equal(err.hint, "is the module xen-blkback loaded?");
	assert_int_equal(disk_wait_dir(dir, clock_deadline_ms(20), &err), -ETIMEDOUT);
	assert_non_null(strstr(err.message, "blkback did not open the disk in time"));
	assert_int_equal(hotplug_disk_wait_backend(UINT32_MAX, UINT_MAX, 0, &err), -ETIMEDOUT);
	assert_non_null(strstr(err.message, "vbd-4294967295-4294967295"));
}

static void test_wait_there(void **state)
{
	struct xlite_error err = { 0 };

	file_make("physical_device", 0, "7:0\n");
	assert_int_equal(disk_wait_dir(dir, 0, &err), 0);
	unlink(in_dir("physical_device"));
}

static void test_wait_comes(void **state)
{
	struct xlite_error err = { 0 };
	int64_t begin = clock_now_ns(), took;
	pid_t pid = fork();

	if (!pid) {
		usleep(60000);
		file_make("physical_device", 0, "7:0\n");
		_exit(0);
	}
	assert_int_equal(disk_wait_dir(dir, clock_deadline_ms(20000), &err), 0);
	took = clock_now_ns() - begin;
	assert_true(took >= 50 * NS_PER_MS && took < 5 * NS_PER_SEC);
	waitpid(pid, NULL, 0);
	unlink(in_dir("physical_device"));
}

static void test_wait_failed(void **state)
{
	static const char *const states[] = { "Closing\n", "Closed\n" };
	struct xlite_error err = { 0 };
	int64_t begin = clock_now_ns();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		file_make("state", 0, states[i]);
		assert_int_equal(disk_wait_dir(dir, clock_deadline_ms(20000), &err), -EIO);
	}
	assert_true(clock_now_ns() - begin < 5 * NS_PER_SEC);
	file_make("state", 0, "InitWait\n");
	assert_int_equal(disk_wait_dir(dir, clock_deadline_ms(60), &err), -ETIMEDOUT);
	unlink(in_dir("state"));
}

static void test_close(void **state)
{
	struct hotplug_disk disk = { .fd = -1 };

	hotplug_disk_close(NULL);
	hotplug_disk_close(&disk);
	hotplug_disk_close(&disk);
	assert_int_equal(disk.fd, -1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resolve), cmocka_unit_test(test_dangling), cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_sizes), cmocka_unit_test(test_wait_missing), cmocka_unit_test(test_wait_there),
		cmocka_unit_test(test_wait_comes), cmocka_unit_test(test_wait_failed), cmocka_unit_test(test_close),
	};

	return cmocka_run_group_tests_name("hotplug_disk", tests, group_setup, group_teardown);
}
