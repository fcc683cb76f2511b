/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the builder's tests share: files, a fake hypervisor, and calls of the library that fail on order.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/test_xen_build.h"

#include <elf.h>

/* The linker leads the library's calls here (-Wl,--wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t nr, size_t size);
void *__real_realloc(void *p, size_t size);
ssize_t __real_pread(int fd, void *buffer, size_t size, off_t offset);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t nr, size_t size);
void *__wrap_realloc(void *p, size_t size);
ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset);

unsigned fixture_allocations, fixture_fail_allocation;
ino_t fixture_refuse_inode;
unsigned fixture_refusals;

static bool allocation_fails(void)
{
	return ++fixture_allocations == fixture_fail_allocation;
}

void *__wrap_malloc(size_t size)
{
	return allocation_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t nr, size_t size)
{
	return allocation_fails() ? NULL : __real_calloc(nr, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return allocation_fails() ? NULL : __real_realloc(p, size);
}

/* Reading straight into foreign pages fails once, as on file systems that cannot. */
ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset)
{
	struct stat st;

	if (fixture_refuse_inode && !fstat(fd, &st) && st.st_ino == fixture_refuse_inode && fixture_refusals) {
		fixture_refusals--;
		errno = EFAULT;
		return -1;
	}
	return __real_pread(fd, buffer, size, offset);
}

void fixture_write_kernel(const char *path, uint32_t paddr, uint32_t filesz, uint32_t memsz)
{
	struct __attribute__((packed)) {
		Elf32_Ehdr ehdr;
		Elf32_Phdr phdr[2];
		uint8_t pad[4096 - sizeof(Elf32_Ehdr) - 2 * sizeof(Elf32_Phdr)];
		uint32_t note[5];
		uint8_t text[4096 - 20];
	} file;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	memset(&file, 0, sizeof(file));
	memset(file.text, 0x90, sizeof(file.text));
	memcpy(file.ehdr.e_ident, ELFMAG "\1\1\1", 7);
	file.ehdr.e_type = ET_EXEC;
	file.ehdr.e_machine = EM_386;
	file.ehdr.e_version = 1;
	file.ehdr.e_entry = ENTRY;
	file.ehdr.e_phoff = sizeof(Elf32_Ehdr);
	file.ehdr.e_ehsize = sizeof(Elf32_Ehdr);
	file.ehdr.e_phentsize = sizeof(Elf32_Phdr);
	file.ehdr.e_phnum = 2;
	file.phdr[0] = (Elf32_Phdr){ .p_type = PT_LOAD, .p_offset = 4096, .p_vaddr = paddr, .p_paddr = paddr,
				     .p_filesz = filesz, .p_memsz = memsz, .p_flags = 5, .p_align = 4096 };
	file.phdr[1] = (Elf32_Phdr){ .p_type = PT_NOTE, .p_offset = 4096, .p_vaddr = paddr, .p_paddr = paddr,
				     .p_filesz = 20, .p_memsz = 20, .p_align = 4 };
	file.note[0] = 4;
	file.note[1] = 4;
	file.note[2] = 18;
	memcpy(&file.note[3], "Xen", 4);
	file.note[4] = ENTRY;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, &file, sizeof(file)), sizeof(file));
	close(fd);
}

void fixture_write_ramdisk(const char *path, size_t size)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	for (size_t i = 0; i < size; i++)
		fputc((int)(i * 7 + (i >> 12)) & 0xff, f);
	fclose(f);
}

int fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->folder, "/tmp/xlite-build-XXXXXX");
	if (!mkdtemp(f->folder))
		return -1;
	snprintf(f->kernel, sizeof(f->kernel), "%s/kernel", f->folder);
	snprintf(f->ramdisk, sizeof(f->ramdisk), "%s/ramdisk", f->folder);
	fixture_write_kernel(f->kernel, 0x100000, 4096, 0x3000);
	fixture_write_ramdisk(f->ramdisk, RAMDISK_BYTES);
	fake_init(&f->fake);
	f->config = (struct xlite_build_config){
		.type = &xlite_guest_pvh,
		.kernel = f->kernel,
		.ramdisk = f->ramdisk,
		.cmdline = "console=hvc0 quiet",
		.memory_kib = 16384,
		.max_memory_kib = 16384,
		.vcpus_max = 3,
		.vcpus_online = 2,
	};
	*state = f;
	return 0;
}

int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	xlite_xen_close(f->xen);
	assert_int_equal(f->fake.mapped, 0);
	fake_clear(&f->fake);
	unlink(f->kernel);
	unlink(f->ramdisk);
	rmdir(f->folder);
	free(f);
	return 0;
}

const struct xlite_domain_config fixture_domain_config = {
	.type = &xlite_guest_pvh,
	.uuid = { 1, 2, 3 },
	.vcpus_max = 3,
	.max_grant_frames = -1,
	.max_maptrack_frames = -1,
};

/* All fixture_phases; the build is freed by the caller. */
int fixture_phases(struct fixture *f, struct xlite_build **build, uint32_t *domid, struct xlite_error *err)
{
	struct xlite_domain_config config = fixture_domain_config;
	int rc = xlite_build_new(build, &f->config, err);

	config.vcpus_max = f->config.vcpus_max;
	if (!rc)
		rc = xlite_domain_create(f->xen, &config, domid, err);
	if (!rc)
		rc = xlite_build_domain(*build, f->xen, *domid, err);
	if (!rc)
		rc = xlite_build_memory(*build, err);
	if (!rc)
		rc = xlite_build_image(*build, err);
	if (!rc)
		rc = xlite_build_boot(*build, err);
	return rc;
}

struct fake_domain *fixture_build(struct fixture *f, struct xlite_build_result *result)
{
	struct xlite_build *build = NULL;
	uint32_t domid = 0;

	if (!f->xen)
		assert_int_equal(fake_open(&f->fake, &f->xen, &f->err), 0);
	if (fixture_phases(f, &build, &domid, &f->err))
		fail_msg("%s", f->err.message);
	*result = *xlite_build_result(build);
	xlite_build_free(build);
	assert_int_equal(f->err.code, 0);
	assert_int_equal(f->fake.mapped, 0);
	return fake_domain(&f->fake, domid);
}
