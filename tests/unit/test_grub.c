/* SPDX-License-Identifier: GPL-2.0-or-later
 * GRUB for domains without a kernel: where it is found, how it is made, and that what the real grub-mkimage makes can
 * be loaded.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "hotplug/grub.h"
#include "tests/unit/image_check.h"

#define CANNOT_BE "there is no GRUB for Xen's PVH guests on this host"

static char folder[] = "/tmp/xlite-grub.XXXXXX", modules[64], program[64], image[64];
static const char *const all_modules[] = { "/nowhere", modules, NULL }, *const all_programs[] = { "/nowhere", program, NULL };
static const char *const all_images[] = { "/nowhere", image, NULL }, *const none[] = { "/nowhere", NULL };

static void write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int make_folder(void **state)
{
	char path[128];

	if (!mkdtemp(folder))
		return -1;
	snprintf(modules, sizeof(modules), "%s/modules", folder);
	snprintf(program, sizeof(program), "%s/mkimage", folder);
	snprintf(image, sizeof(image), "%s/ready.bin", folder);
	mkdir(modules, 0755);
	for (const char *const *name = (const char *const[]){ "kernel.img", "linux.mod", "legacycfg.mod", "normal.mod",
							      "ext2.mod", NULL };
	     *name; name++) {
		snprintf(path, sizeof(path), "%s/%s", modules, *name);
		write_file(path, *name, 0644);
	}
	write_file(image, "ready", 0644);
	return 0;
}

static int remove_folder(void **state)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

/* Opens it, and reads what it is into text. */
static int open_it(const struct hotplug_grub_places *places, char *text, size_t size, struct xlite_error *err)
{
	struct hotplug_grub grub, looked;
	int rc = hotplug_grub_open(&grub, places, err), fd;
	ssize_t n;

	if (rc) {
		assert_int_equal(grub.fd, -1);
		return rc;
	}
	assert_int_equal(hotplug_grub_look(&looked, places, NULL), 0);
	assert_string_equal(looked.about, grub.about);
	fd = open(grub.path, O_RDONLY | O_CLOEXEC);
	n = read(fd, text, size - 1);
	assert_true(n >= 0);
	text[n] = '\0';
	close(fd);
	hotplug_grub_close(&grub);
	hotplug_grub_close(&grub);
	return 0;
}

static void test_none(void **state)
{
	const struct hotplug_grub_places nowhere = { "PVH", "i386-xen_pvh", none, none, none },
					 half = { "PVH", "i386-xen_pvh", all_modules, none, none },
					 other = {
						 "PVH", "i386-xen_pvh", none, all_programs, none,
					 };
	struct xlite_error err = { 0 };
	char text[64];

	write_file(program, "#!/bin/sh\n", 0755);
	assert_int_equal(open_it(&nowhere, text, sizeof(text), &err), -ENOENT);
	expect_text(err.message, CANNOT_BE);
	expect_text(err.hint, "apt-get install grub-xen-bin");
	assert_int_equal(open_it(&half, text, sizeof(text), NULL), -ENOENT);
	assert_int_equal(open_it(&other, text, sizeof(text), NULL), -ENOENT);
}

static void test_ready(void **state)
{
	const struct hotplug_grub_places places = { "PVH", "i386-xen_pvh", all_modules, none, all_images };
	char text[64];

	assert_int_equal(open_it(&places, text, sizeof(text), NULL), 0);
	assert_string_equal(text, "ready");
}

/* Its output is the image; modules that are not there are not asked for; its files can be read by the names it is given. */
static void test_made(void **state)
{
	const struct hotplug_grub_places places = { "PVH", "i386-xen_pvh", all_modules, all_programs, all_images };
	char text[8192];

	write_file(program,
		   "#!/bin/sh\necho \"$@\" | sed 's,/proc/[^ ]*,FILE,g'\nwhile [ $1 != -c ]; do shift; done\ncat $2; tar -tf $4; tar -xOf $4 linux.mod\n",
		   0755);
	assert_int_equal(open_it(&places, text, sizeof(text), NULL), 0);
	expect_text(text, "-O i386-xen_pvh -d ");
	expect_text(text, " -p (memdisk) -c FILE -m FILE normal ext2\n");
	expect_text(text, "\nnormal (memdisk)/grub.cfg\nlinux.mod\nlegacycfg.mod\ngrub.cfg\nlinux.mod");
}

/* The last line of what it said, harmless on a terminal. */
static void test_failed(void **state)
{
	const struct hotplug_grub_places places = { "PVH", "i386-xen_pvh", all_modules, all_programs, all_images };
	struct xlite_error err = { 0 };
	char text[64];

	write_file(program, "#!/bin/sh\necho first >&2\nprintf 'no \\033[31mroom\\n' >&2\nexit 3\n", 0755);
	assert_int_equal(open_it(&places, text, sizeof(text), &err), -EIO);
	expect_text(err.message, "/mkimage failed (status 3): no ?[31mroom");
	write_file(program, "#!/nowhere\n", 0755);
	assert_int_equal(open_it(&places, text, sizeof(text), &err), -ENOENT);
	expect_text(err.message, "run ");
}

static void test_real(void **state)
{
	struct memory memory = { 0 };
	struct xlite_image_sink sink = memory_sink(&memory);
	struct xlite_image *loaded;
	struct xlite_image_info info;
	struct xlite_error err = { 0 };
	struct hotplug_grub grub;

	if (hotplug_grub_open(&grub, &hotplug_grub_places, &err)) {
		if (err.code != -ENOENT)
			fail_msg("%s", err.message);
		print_message("skipped: grub-xen-bin is not installed\n");
		skip();
	}
	assert_int_equal(xlite_image_open(&loaded, grub.path, 16 << 20, &err), 0);
	assert_int_equal(xlite_image_load(loaded, &sink, &info, &err), 0);
	assert_int_equal(info.entry, 0x100000);
	assert_int_equal(info.low, 0x100000);
	assert_string_equal(info.format, "ELF");
	assert_non_null(memmem(memory.bytes, (size_t)(info.high - info.low), "function try_device", 19));
	xlite_image_close(loaded);
	memory_clear(&memory);
	hotplug_grub_close(&grub);
}

static void test_real_pv(void **state)
{
	struct memory memory = { 0 };
	struct xlite_image_sink sink = memory_sink(&memory);
	struct xlite_image *loaded;
	struct xlite_image_pv pv;
	struct xlite_error err = { 0 };
	struct hotplug_grub grub;

	if (hotplug_grub_open(&grub, &hotplug_grub_places_pv, &err)) {
		if (err.code != -ENOENT)
			fail_msg("%s", err.message);
		print_message("skipped: grub-xen-bin is not installed\n");
		skip();
	}
	assert_int_equal(xlite_image_open_pv(&loaded, grub.path, 16 << 20, &err), 0);
	assert_int_equal(xlite_image_load_pv(loaded, &sink, &pv, &err), 0);
	assert_int_equal(pv.virt_base, 0);
	assert_int_equal(pv.entry, 0);
	assert_int_equal(pv.low, 0);
	assert_true(!pv.has_hypercall_page && !pv.has_p2m_base && !pv.ramdisk_by_frame);
	assert_non_null(memmem(memory.bytes, (size_t)(pv.high - pv.low), "function try_device", 19));
	xlite_image_close(loaded);
	memory_clear(&memory);
	hotplug_grub_close(&grub);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_ready),
		cmocka_unit_test(test_made), cmocka_unit_test(test_real_pv),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_real),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
