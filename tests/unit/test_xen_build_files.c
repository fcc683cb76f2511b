/* SPDX-License-Identifier: GPL-2.0-or-later
 * The builder: what is refused before a domain is made, command lines and ramdisks of all sizes, and ramdisks that
 * cannot be read.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/auto.h"
#include "tests/unit/test_xen_build.h"

#include <xen/arch-x86/hvm/start_info.h>

static void refuse(struct fixture *f, int code, const char *message)
{
	struct xlite_build *build = NULL;
	struct xlite_error err = { 0 };

	assert_int_equal(xlite_build_new(&build, &f->config, &err), code);
	if (!strstr(err.message, message))
		fail_msg("`%s' has no `%s'", err.message, message);
	assert_null(build);
}

void test_refusals(void **state)
{
	struct fixture *f = *state;
	const struct xlite_build_config good = f->config;
	auto_free char *longest = malloc(4097);

	memset(longest, 'x', 4096);
	longest[4096] = '\0';
	f->config.cmdline = longest;
	refuse(f, -E2BIG, "cmdline: 4096 bytes");
	f->config = good;
	f->config.vcpus_max = 129;
	refuse(f, -EINVAL, "vcpus: 129");
	f->config = good;
	f->config.vcpus_online = 4;
	refuse(f, -EINVAL, "vcpus: 4 online of 3");
	f->config = good;
	f->config.vcpus_online = 0;
	refuse(f, -EINVAL, "vcpus: 0 online of 3");
	f->config = good;
	f->config.memory_kib = 16383;
	refuse(f, -EINVAL, "multiple of 4");
	f->config = good;
	f->config.memory_kib = UINT64_MAX - 3;
	f->config.max_memory_kib = UINT64_MAX - 3;
	refuse(f, -EINVAL, "16 TiB");
	f->config = good;
	f->config.max_memory_kib = 8192;
	refuse(f, -EINVAL, "8192 KiB, is below");
	f->config = good;
	f->config.memory_kib = f->config.max_memory_kib = 1024;
	refuse(f, -ENOSPC, "the domain has 1 MiB");
	f->config = good;
	f->config.ramdisk = "/nonexistent/r";
	refuse(f, -ENOENT, "ramdisk /nonexistent/r: open: No such file");
	f->config.ramdisk = "/tmp";
	refuse(f, -EISDIR, "ramdisk /tmp: not a regular file");
	f->config = good;
	f->config.ramdisk_limit = 9999;
	refuse(f, -EFBIG, "more than the limit of 9999");
	f->config = good;
	f->config.kernel = f->ramdisk;
	refuse(f, -ENOEXEC, f->ramdisk);
	f->config = good;
	f->config.memory_kib = f->config.max_memory_kib = 1040;
	fixture_write_ramdisk(f->ramdisk, 100000);
	refuse(f, -ENOSPC, "the ramdisk (1 MiB) does not fit");
	fixture_write_ramdisk(f->ramdisk, 0);
	refuse(f, -EINVAL, "the file is empty");
}

void test_longest_cmdline(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;
	auto_free char *longest = malloc(4096), *found = malloc(4096);
	struct hvm_start_info info;

	memset(longest, 'x', 4095);
	longest[4095] = '\0';
	f->config.cmdline = longest;
	domain = fixture_build(f, &result);
	fake_read(domain, domain->cpu.rbx, &info, sizeof(info));
	fake_read(domain, info.cmdline_paddr, found, 4096);
	assert_string_equal(longest, found);
}

void test_no_cmdline_no_ramdisk(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;
	struct hvm_start_info info;

	f->config.cmdline = NULL;
	f->config.ramdisk = NULL;
	domain = fixture_build(f, &result);
	fake_read(domain, domain->cpu.rbx, &info, sizeof(info));
	assert_int_equal(info.cmdline_paddr, 0);
	assert_int_equal(info.nr_modules, 0);
	assert_int_equal(info.modlist_paddr, 0);
}

/* Larger than one window, and than what Xen maps in one go. */
void test_large_ramdisk(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;
	uint8_t byte;

	f->config.memory_kib = f->config.max_memory_kib = 65536;
	fixture_write_ramdisk(f->ramdisk, 20 << 20);
	domain = fixture_build(f, &result);
	for (size_t i = 0; i < 20 << 20; i += 65537) {
		fake_read(domain, 0x103000 + i, &byte, 1);
		assert_int_equal(byte, (uint8_t)(i * 7 + (i >> 12)));
	}
}

void test_shrunk_ramdisk(void **state)
{
	struct fixture *f = *state;
	struct xlite_build *build = NULL;
	uint32_t domid;

	assert_int_equal(fake_open(&f->fake, &f->xen, &f->err), 0);
	assert_int_equal(xlite_build_new(&build, &f->config, &f->err), 0);
	assert_int_equal(xlite_domain_create(f->xen, &fixture_domain_config, &domid, &f->err), 0);
	assert_int_equal(xlite_build_domain(build, f->xen, domid, &f->err), 0);
	assert_int_equal(xlite_build_memory(build, &f->err), 0);
	assert_int_equal(truncate(f->ramdisk, 5000), 0);
	assert_int_equal(xlite_build_image(build, &f->err), -EIO);
	assert_non_null(strstr(f->err.message, f->ramdisk));
	assert_non_null(strstr(f->err.message, "shorter than when it was opened (5000 bytes)"));
	xlite_build_free(build);
}

void test_bounced_ramdisk(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;
	struct stat st;
	uint8_t byte;

	fixture_write_ramdisk(f->ramdisk, 200000);
	assert_int_equal(stat(f->ramdisk, &st), 0);
	fixture_refuse_inode = st.st_ino;
	fixture_refusals = 1;
	domain = fixture_build(f, &result);
	assert_int_equal(fixture_refusals, 0);
	fixture_refuse_inode = 0;
	for (size_t i = 0; i < 200000; i += 101) {
		fake_read(domain, 0x103000 + i, &byte, 1);
		assert_int_equal(byte, (uint8_t)(i * 7 + (i >> 12)));
	}
}

/* And one that cannot at all. */
void test_unreadable_ramdisk(void **state)
{
	struct fixture *f = *state;
	struct xlite_build *build = NULL;
	struct stat st;
	uint32_t domid;

	assert_int_equal(stat(f->ramdisk, &st), 0);
	fixture_refuse_inode = st.st_ino;
	fixture_refusals = 2;
	assert_int_equal(fake_open(&f->fake, &f->xen, &f->err), 0);
	assert_int_equal(fixture_phases(f, &build, &domid, &f->err), -EFAULT);
	fixture_refuse_inode = 0;
	assert_non_null(strstr(f->err.message, "ramdisk /"));
	assert_non_null(strstr(f->err.message, "read at 0: Bad address"));
	xlite_build_free(build);
}
