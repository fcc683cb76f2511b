/* SPDX-License-Identifier: GPL-2.0-or-later
 * The builder against a fake hypervisor: what a guest finds in its memory, what Xen is told, and that no fault on the way
 * leaks or goes unreported.
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

#include "common/auto.h"
#include "common/clock.h"
#include "tests/unit/fake_xen.h"
#include "xlite/lib/acpi.h"
#include "xlite/lib/build.h"

#include <elf.h>
#include <xen/arch-x86/hvm/start_info.h>
#include <xen/domctl.h>
#include <xen/grant_table.h>
#include <xen/hvm/hvm_info_table.h>
#include <xen/hvm/params.h>

#define ENTRY 0x100040u

/* The linker leads the library's calls here (-Wl,--wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t nr, size_t size);
void *__real_realloc(void *p, size_t size);
ssize_t __real_pread(int fd, void *buffer, size_t size, off_t offset);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t nr, size_t size);
void *__wrap_realloc(void *p, size_t size);
ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset);

static unsigned allocations, fail_allocation;
static ino_t refuse_inode;
static unsigned refusals;

static bool allocation_fails(void)
{
	return ++allocations == fail_allocation;
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

	if (refuse_inode && !fstat(fd, &st) && st.st_ino == refuse_inode && refusals) {
		refusals--;
		errno = EFAULT;
		return -1;
	}
	return __real_pread(fd, buffer, size, offset);
}

/* One segment at paddr: headers aside, 4096 bytes with a PHYS32_ENTRY note at the start and 0x90 after; bss behind. */
static void write_kernel(const char *path, uint32_t paddr, uint32_t filesz, uint32_t memsz)
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

/* Bytes that tell their offset. */
static void write_ramdisk(const char *path, size_t size)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	for (size_t i = 0; i < size; i++)
		fputc((int)(i * 7 + (i >> 12)) & 0xff, f);
	fclose(f);
}

#define RAMDISK_BYTES 10000

struct fixture {
	char folder[64], kernel[80], ramdisk[80];
	struct fake_xen fake;
	struct xlite_xen *xen;
	struct xlite_build_config config;
	struct xlite_error err;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->folder, "/tmp/xlite-build-XXXXXX");
	if (!mkdtemp(f->folder))
		return -1;
	snprintf(f->kernel, sizeof(f->kernel), "%s/kernel", f->folder);
	snprintf(f->ramdisk, sizeof(f->ramdisk), "%s/ramdisk", f->folder);
	write_kernel(f->kernel, 0x100000, 4096, 0x3000);
	write_ramdisk(f->ramdisk, RAMDISK_BYTES);
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

static int teardown(void **state)
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

static const struct xlite_domain_config domain_config = {
	.type = &xlite_guest_pvh,
	.uuid = { 1, 2, 3 },
	.vcpus_max = 3,
	.max_grant_frames = -1,
	.max_maptrack_frames = -1,
};

/* All phases; the build is freed by the caller. */
static int phases(struct fixture *f, struct xlite_build **build, uint32_t *domid, struct xlite_error *err)
{
	struct xlite_domain_config config = domain_config;
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

static struct fake_domain *build_whole(struct fixture *f, struct xlite_build_result *result)
{
	struct xlite_build *build = NULL;
	uint32_t domid = 0;

	if (!f->xen)
		assert_int_equal(fake_open(&f->fake, &f->xen, &f->err), 0);
	if (phases(f, &build, &domid, &f->err))
		fail_msg("%s", f->err.message);
	*result = *xlite_build_result(build);
	xlite_build_free(build);
	assert_int_equal(f->err.code, 0);
	assert_int_equal(f->fake.mapped, 0);
	return fake_domain(&f->fake, domid);
}

static void test_start_info(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain = build_whole(f, &result);
	struct hvm_memmap_table_entry map[8];
	struct hvm_modlist_entry module;
	struct hvm_start_info info;
	uint8_t bytes[RAMDISK_BYTES + 4], tables[4096], expected[4096];
	char cmdline[64];

	fake_read(domain, domain->cpu.rbx, &info, sizeof(info));
	assert_int_equal(info.magic, XEN_HVM_START_MAGIC_VALUE);
	assert_int_equal(info.version, 1);
	assert_int_equal(info.flags, 0);
	assert_int_equal(info.reserved, 0);
	assert_int_equal(info.rsdp_paddr, 0xfc000000);
	fake_read(domain, info.cmdline_paddr, cmdline, sizeof(cmdline));
	assert_string_equal(cmdline, "console=hvc0 quiet");

	assert_int_equal(info.nr_modules, 1);
	fake_read(domain, info.modlist_paddr, &module, sizeof(module));
	/* The kernel ends at 0x103000 with its bss, the ramdisk follows. */
	assert_int_equal(module.paddr, 0x103000);
	assert_int_equal(module.size, RAMDISK_BYTES);
	assert_int_equal(module.cmdline_paddr, 0);
	fake_read(domain, module.paddr, bytes, sizeof(bytes));
	for (size_t i = 0; i < RAMDISK_BYTES; i++)
		assert_int_equal(bytes[i], (uint8_t)(i * 7 + (i >> 12)));
	assert_int_equal(bytes[RAMDISK_BYTES], 0);
	assert_int_equal(domain->cpu.rbx, 0x106000);

	assert_int_equal(info.memmap_entries, 3);
	fake_read(domain, info.memmap_paddr, map, sizeof(map));
	assert_int_equal(map[0].addr, 0);
	assert_int_equal(map[0].size, 16 << 20);
	assert_int_equal(map[0].type, 1);
	assert_int_equal(map[1].addr, 0xfc000000);
	assert_int_equal(map[1].type, 3);
	assert_int_equal(map[2].addr, 0xfeff8000);
	assert_int_equal(map[2].size, 0x8000);
	assert_int_equal(map[2].type, 2);
	/* What hypercalls are told is the same. */
	assert_int_equal(domain->nr_e820, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_memory_equal(domain->e820 + 20 * i, &map[i], 20);

	assert_true(xlite_acpi_build(expected, sizeof(expected), 0xfc000000, 3) > 0);
	fake_read(domain, 0xfc000000, tables, sizeof(tables));
	assert_memory_equal(tables, expected, 128);
	fake_read(domain, 0x100000, bytes, 0x40);
	assert_int_equal(bytes[0x3f], 0x90);
}

/* An emulated PC: its loader's own entry, the firmware as its module, the table that the loader reads, and device models' pages. */
static void test_pc(void **state)
{
	static const struct { unsigned index; uint64_t value; } params[] = {
		{ HVM_PARAM_STORE_PFN, 0xfeffc }, { HVM_PARAM_CONSOLE_PFN, 0xfefff }, { HVM_PARAM_IDENT_PT, 0xfeffe000 },
		{ HVM_PARAM_IOREQ_PFN, 0xfeffd }, { HVM_PARAM_BUFIOREQ_PFN, 0xfeffb }, { HVM_PARAM_PAGING_RING_PFN, 0xfeff8 },
		{ HVM_PARAM_MONITOR_RING_PFN, 0xfeff9 }, { HVM_PARAM_SHARING_RING_PFN, 0xfeffa }, { HVM_PARAM_IOREQ_SERVER_PFN, 0xfeff0 },
		{ HVM_PARAM_NR_IOREQ_SERVER_PAGES, 8 }, { HVM_PARAM_HPET_ENABLED, 1 }, { HVM_PARAM_VPT_ALIGN, 1 }, { HVM_PARAM_TIMER_MODE, 1 },
		{ HVM_PARAM_VIRIDIAN, 0x1865 },
	};
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;
	struct hvm_modlist_entry module;
	struct hvm_info_table table;
	struct hvm_start_info info;
	uint8_t sum = 0, entry[20];
	uint64_t addr, size;
	char name[16];

	f->config.type = &xlite_guest_hvm;
	f->config.cmdline = NULL;
	f->config.video_kib = 4096;
	f->config.hpet = f->config.viridian = true;
	domain = build_whole(f, &result);
	assert_int_equal(domain->cpu.rip, ENTRY);
	assert_int_equal(domain->nr_mtrr, 0);
	for (size_t i = 0; i < ARRAY_SIZE(params); i++) {
		if (domain->params[params[i].index] != params[i].value)
			fail_msg("parameter %u is 0x%llx", params[i].index, (unsigned long long)domain->params[params[i].index]);
	}
	fake_read(domain, domain->cpu.rbx, &info, sizeof(info));
	assert_int_equal(info.magic, XEN_HVM_START_MAGIC_VALUE);
	assert_int_equal(info.rsdp_paddr, 0);
	assert_int_equal(info.cmdline_paddr, 0);
	assert_int_equal(info.nr_modules, 1);
	fake_read(domain, info.modlist_paddr, &module, sizeof(module));
	assert_int_equal(module.size, RAMDISK_BYTES);
	fake_read(domain, module.cmdline_paddr, name, sizeof(name));
	assert_string_equal(name, "firmware");
	/* Half of the page at 0x9f000. */
	fake_read(domain, 0x9f800, &table, sizeof(table));
	assert_memory_equal(table.signature, "HVM INFO", 8);
	for (size_t i = 0; i < table.length; i++)
		sum = (uint8_t)(sum + ((const uint8_t *)&table)[i]);
	assert_int_equal(sum, 0);
	assert_int_equal(table.nr_vcpus, 3);
	assert_int_equal(table.vcpu_online[0], 3);
	assert_int_equal(table.apic_mode, 1);
	assert_int_equal(table.low_mem_pgend, 16 << 8);
	assert_int_equal(table.high_mem_pgend, 0);
	assert_int_equal(table.reserved_mem_pgstart, 0xfeff0);
	/* The map begins above what the firmware describes, RAM does not; and nothing is where the display's window is. */
	assert_int_equal(domain->nr_e820, 1);
	memcpy(entry, domain->e820, sizeof(entry));
	memcpy(&addr, entry, 8);
	memcpy(&size, entry + 8, 8);
	assert_int_equal(addr, 1 << 20);
	assert_int_equal(size, 15 << 20);
	assert_true(fake_is_populated(domain, 0x9f) && !fake_is_populated(domain, 0xa0) && !fake_is_populated(domain, 0xbf) &&
		    fake_is_populated(domain, 0xc0) && fake_is_populated(domain, 0xfff) && !fake_is_populated(domain, 0x1000));
	for (uint64_t gfn = 0xfeff0; gfn < 0xff000; gfn++)
		assert_true(fake_is_populated(domain, gfn));
	assert_int_equal(domain->pages, 16 * 256 - 0x20 + 16);
	assert_int_equal(domain->max_pages, (16384 + 4096 + 1024) / 4);
}

/* The fake's pages are full of rubbish until somebody writes to them. */
static void test_zeroed(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;
	uint8_t bytes[0x3000];

	write_kernel(f->kernel, 0x100000, 0x876, 0x2345);
	domain = build_whole(f, &result);
	fake_read(domain, 0x100000, bytes, sizeof(bytes));
	for (size_t i = 20; i < 0x876; i++)
		assert_int_equal(bytes[i], 0x90);
	for (size_t i = 0x876; i < 0x3000; i++)
		assert_int_equal(bytes[i], 0);
	xlite_domain_destroy(f->xen, domain->domid, 0, NULL);

	/* From the middle of a page to that of another. */
	write_kernel(f->kernel, 0x100020, 0x1000, 0x2000);
	domain = build_whole(f, &result);
	fake_read(domain, 0x100000, bytes, sizeof(bytes));
	for (size_t i = 0; i < 0x20; i++)
		assert_int_equal(bytes[i], 0);
	for (size_t i = 0x20 + 20; i < 0x1020; i++)
		assert_int_equal(bytes[i], 0x90);
	for (size_t i = 0x1020; i < 0x3000; i++)
		assert_int_equal(bytes[i], 0);
	/* What follows the ramdisk in its last page. */
	fake_read(domain, 0x105000, bytes, 0x1000);
	for (size_t i = RAMDISK_BYTES % 4096; i < 0x1000; i++)
		assert_int_equal(bytes[i], 0);
}

/* A kernel whose bss is larger than a window, and ends a page that it shares with nobody. */
static void test_large_bss(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;
	uint8_t byte;

	f->config.memory_kib = f->config.max_memory_kib = 65536;
	write_kernel(f->kernel, 0x100000, 4096, 40 << 20);
	domain = build_whole(f, &result);
	for (uint64_t addr = 0x101000; addr < 0x100000 + (40 << 20); addr += 1021) {
		fake_read(domain, addr, &byte, 1);
		assert_int_equal(byte, 0);
	}
}

static void test_state(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain = build_whole(f, &result);
	struct grant_entry_v1 grants[3];
	uint32_t ident[1024];
	uint8_t page[4096];

	assert_true(domain->context);
	assert_int_equal(domain->cpu.rip, ENTRY);
	assert_int_equal(domain->cpu.cr0, 0x11);
	assert_int_equal(domain->cpu.cr3, 0);
	assert_int_equal(domain->cpu.cr4, 0);
	assert_int_equal(domain->cpu.rflags, 2);
	assert_int_equal(domain->cpu.cs_limit, 0xffffffff);
	assert_int_equal(domain->cpu.cs_arbytes, 0xc9b);
	assert_int_equal(domain->cpu.ds_arbytes, 0xc93);
	assert_int_equal(domain->cpu.tr_arbytes, 0x8b);
	assert_int_equal(domain->cpu.tr_limit, 0x67);
	assert_int_equal(domain->nr_mtrr, 3);
	assert_int_equal(domain->mtrr_def_type, 0x806);

	assert_int_equal(result.store_port, 1);
	assert_int_equal(result.console_port, 2);
	assert_int_equal(domain->params[HVM_PARAM_STORE_PFN], result.store_gfn);
	assert_int_equal(domain->params[HVM_PARAM_STORE_EVTCHN], 1);
	assert_int_equal(domain->params[HVM_PARAM_CONSOLE_PFN], result.console_gfn);
	assert_int_equal(domain->params[HVM_PARAM_CONSOLE_EVTCHN], 2);
	assert_int_equal(domain->params[HVM_PARAM_TIMER_MODE], 1);
	assert_int_equal(domain->params[HVM_PARAM_IDENT_PT], 0xfeffd000);
	fake_read(domain, result.store_gfn << 12, page, sizeof(page));
	for (unsigned i = 0; i < sizeof(page); i++)
		assert_int_equal(page[i], 0);
	fake_read(domain, 0xfeffd000, ident, sizeof(ident));
	assert_int_equal(ident[0], 0xe7);
	assert_int_equal(ident[1023], 0xffc000e7);

	assert_int_equal(pread(domain->grants, grants, sizeof(grants), 0), sizeof(grants));
	assert_int_equal(grants[0].flags, GTF_permit_access);
	assert_int_equal(grants[0].frame, result.console_gfn);
	assert_int_equal(grants[0].domid, 0);
	assert_int_equal(grants[1].flags, GTF_permit_access);
	assert_int_equal(grants[1].frame, result.store_gfn);
	assert_int_equal(grants[2].flags, 0);
}

static void test_limits(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain = build_whole(f, &result);

	assert_int_equal(domain->vcpus, 3);
	assert_int_equal(domain->max_pages, (16384 + 1024) / 4);
	/* RAM, one page of ACPI tables, three special ones; all claimed, all there. */
	assert_int_equal(domain->pages, 4096 + 1 + 3);
	assert_int_equal(domain->claimed, domain->pages);
	assert_int_equal(domain->pool_bytes, (3 << 20) + 16 * 4096);
	assert_true(fake_is_populated(domain, 0));
	assert_true(fake_is_populated(domain, 4095));
	assert_false(fake_is_populated(domain, 4096));
}

/* vCPU n has APIC ID 2n: 3 vCPUs need 6 IDs, the next power of two is 8. */
static void test_topology(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain = build_whole(f, &result);
	const xen_cpuid_leaf_t *leaves = domain->leaves;

	assert_int_equal(domain->nr_leaves, 4);
	assert_int_equal(leaves[0].leaf, 1);
	assert_int_equal(leaves[0].a, 0x60fb1);
	assert_int_equal(leaves[0].b, 0x00080800);
	assert_int_equal(leaves[0].d, 0x178bfbff);
	assert_int_equal(leaves[1].leaf, 4);
	assert_int_equal(leaves[1].a, 7u << 26 | 0x121);
	assert_int_equal(leaves[2].leaf, 0x80000001);
	assert_int_equal(leaves[2].c, 0x111);
	assert_int_equal(leaves[3].leaf, 0x80000008);
	assert_int_equal(leaves[3].c, 0x3007);
	assert_int_equal(leaves[3].a, 0x3028);
}

static void test_topology_large(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;

	f->config.vcpus_max = 128;
	f->config.vcpus_online = 128;
	domain = build_whole(f, &result);
	assert_int_equal(domain->nr_mtrr, 128);
	assert_int_equal(domain->leaves[0].b, 0x00400800);
	assert_int_equal(domain->leaves[1].a >> 26, 63);
	assert_int_equal(domain->leaves[3].c, 0x603f);
}

static void test_few_calls(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;

	f->config.ramdisk = NULL;
	build_whole(f, &result);
	/* open, create, policy, limits, memory, kernel, boot pages, grants, state */
	assert_int_equal(f->fake.ioctls, 9);
	assert_int_equal(xlite_xen_counts(f->xen)->hypercalls, 6);
	assert_int_equal(xlite_xen_counts(f->xen)->writes, 4);
	/* kernel with bss 3, start_info, ACPI, special 3, grant table */
	assert_int_equal(xlite_xen_counts(f->xen)->mapped_pages, 3 + 1 + 1 + 3 + 1);
}

static void test_above_4g(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;
	uint64_t entry[3];

	f->fake.free_pages = 4 << 20;
	f->config.memory_kib = f->config.max_memory_kib = (5 << 20) + 4;
	domain = build_whole(f, &result);
	assert_int_equal(domain->pages, (5 << 18) + 1 + 4);
	assert_true(fake_is_populated(domain, 0xeffff));
	assert_false(fake_is_populated(domain, 0xf0000));
	assert_false(fake_is_populated(domain, 0xfee00));
	assert_true(fake_is_populated(domain, 0x100000));
	assert_true(fake_is_populated(domain, 0x150000));
	assert_false(fake_is_populated(domain, 0x150001));
	assert_int_equal(domain->nr_e820, 4);
	memcpy(entry, domain->e820 + 60, 20);
	assert_int_equal(entry[0], UINT64_C(1) << 32);
	assert_int_equal(entry[1], (UINT64_C(5) << 30) + 4096 - 0xf0000000);
}

/* Large extents fail now and then, or altogether; the memory is whole all the same. */
static void test_fragmented(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;

	f->fake.free_pages = 4 << 20;
	f->fake.order_max = 9;
	f->fake.fail_extents = 40;
	f->config.memory_kib = f->config.max_memory_kib = (2 << 20) + 12;
	domain = build_whole(f, &result);
	assert_int_equal(domain->pages, (2 << 18) + 3 + 4);
	for (uint64_t gfn = 0; gfn < (2 << 18) + 3; gfn++)
		assert_true(fake_is_populated(domain, gfn));
	xlite_domain_destroy(f->xen, domain->domid, 0, NULL);

	f->fake.order_max = 0;
	f->config.memory_kib = f->config.max_memory_kib = 131072;
	domain = build_whole(f, &result);
	assert_int_equal(domain->pages, 32768 + 4);
}

/* More extents than one batch holds: 1 GiB at a time is refused, and 36 GiB are 18432 times 2 MiB. */
static void test_many_extents(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;

	f->fake.free_pages = 16 << 20;
	f->fake.order_max = 9;
	f->config.memory_kib = f->config.max_memory_kib = 40 << 20;
	domain = build_whole(f, &result);
	assert_int_equal(domain->pages, (40 << 18) + 4);
	for (uint64_t gfn = 0; gfn < 0xf0000; gfn++)
		assert_true(fake_is_populated(domain, gfn));
	for (uint64_t gfn = 0x100000; gfn < (40 << 18) + 0x10000; gfn++)
		assert_true(fake_is_populated(domain, gfn));
}

/* Xen reports fewer pages in the end than it said it gave. */
static void test_pages_missing(void **state)
{
	struct fixture *f = *state;
	struct xlite_build *build = NULL;
	uint32_t domid;

	f->fake.hide_pages = 1;
	assert_int_equal(fake_open(&f->fake, &f->xen, &f->err), 0);
	assert_int_equal(phases(f, &build, &domid, &f->err), -EIO);
	assert_string_equal(f->err.message, "memory: the domain has 16396 KiB, not the 16400 KiB it was given");
	xlite_build_free(build);
}

static void test_on_demand(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;

	f->config.max_memory_kib = 65536;
	domain = build_whole(f, &result);
	assert_int_equal(domain->pod_target, 4096);
	assert_int_equal(domain->pages, 4096 + 4);
	assert_int_equal(domain->max_pages, (65536 + 1024) / 4);
	assert_true(fake_is_populated(domain, 16383));
	assert_int_equal(*(const uint32_t *)(const void *)(domain->e820 + 8), 64 << 20);
}

static void test_no_memory(void **state)
{
	struct fixture *f = *state;
	struct xlite_build *build = NULL;
	uint32_t domid;

	f->fake.free_pages = 1000;
	assert_int_equal(fake_open(&f->fake, &f->xen, &f->err), 0);
	assert_int_equal(phases(f, &build, &domid, &f->err), -ENOMEM);
	assert_string_equal(f->err.message, "memory: needs 16400 KiB, Xen has 4000 KiB free");
	xlite_build_free(build);
	/* Nothing was taken. */
	assert_int_equal(fake_domain(&f->fake, domid)->pages, 0);
}

/* The claim of a caller that takes several domains' memory at once is respected. */
static void test_claimed_before(void **state)
{
	struct fixture *f = *state;
	struct xlite_domain_config config = domain_config;
	struct xlite_build *build = NULL;
	uint32_t domid;

	assert_int_equal(fake_open(&f->fake, &f->xen, &f->err), 0);
	assert_int_equal(xlite_build_new(&build, &f->config, &f->err), 0);
	assert_int_equal(xlite_domain_create(f->xen, &config, &domid, &f->err), 0);
	assert_int_equal(xlite_domain_set_max_mem(f->xen, domid, 32768, &f->err), 0);
	assert_int_equal(xlite_domain_claim(f->xen, domid, 20000, &f->err), 0);
	assert_int_equal(xlite_build_domain(build, f->xen, domid, &f->err), 0);
	assert_int_equal(fake_domain(&f->fake, domid)->claimed, 5000);
	xlite_build_free(build);
}

static void test_scratch_grants(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;
	struct grant_entry_v1 grants[2];

	f->fake.no_resource = true;
	domain = build_whole(f, &result);
	assert_int_equal(pread(domain->grants, grants, sizeof(grants), 0), sizeof(grants));
	assert_int_equal(grants[1].frame, result.store_gfn);
	assert_false(domain->scratch);
}

static void test_paged_out(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;

	f->fake.paged_out = 5;
	build_whole(f, &result);
}

static void test_old_release(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;

	fake_version(&f->fake, 14, 0x12, 0x13, 104, 32);
	domain = build_whole(f, &result);
	assert_int_equal(domain->pool_bytes, 4 << 20);
	assert_int_equal(domain->create[44], 1);
}

static void test_new_release(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;

	fake_version(&f->fake, 22, 0x18, 0x16, 112, 40);
	domain = build_whole(f, &result);
	assert_int_equal(domain->create[44], 1);
	assert_int_equal(domain->create[60], 1);
}

static void refuse(struct fixture *f, int code, const char *message)
{
	struct xlite_build *build = NULL;
	struct xlite_error err = { 0 };

	assert_int_equal(xlite_build_new(&build, &f->config, &err), code);
	if (!strstr(err.message, message))
		fail_msg("`%s' has no `%s'", err.message, message);
	assert_null(build);
}

static void test_refusals(void **state)
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
	write_ramdisk(f->ramdisk, 100000);
	refuse(f, -ENOSPC, "the ramdisk (1 MiB) does not fit");
	write_ramdisk(f->ramdisk, 0);
	refuse(f, -EINVAL, "the file is empty");
}

static void test_longest_cmdline(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;
	auto_free char *longest = malloc(4096), *found = malloc(4096);
	struct hvm_start_info info;

	memset(longest, 'x', 4095);
	longest[4095] = '\0';
	f->config.cmdline = longest;
	domain = build_whole(f, &result);
	fake_read(domain, domain->cpu.rbx, &info, sizeof(info));
	fake_read(domain, info.cmdline_paddr, found, 4096);
	assert_string_equal(longest, found);
}

static void test_no_cmdline_no_ramdisk(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;
	struct hvm_start_info info;

	f->config.cmdline = NULL;
	f->config.ramdisk = NULL;
	domain = build_whole(f, &result);
	fake_read(domain, domain->cpu.rbx, &info, sizeof(info));
	assert_int_equal(info.cmdline_paddr, 0);
	assert_int_equal(info.nr_modules, 0);
	assert_int_equal(info.modlist_paddr, 0);
}

/* Larger than one window, and than what Xen maps in one go. */
static void test_large_ramdisk(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;
	uint8_t byte;

	f->config.memory_kib = f->config.max_memory_kib = 65536;
	write_ramdisk(f->ramdisk, 20 << 20);
	domain = build_whole(f, &result);
	for (size_t i = 0; i < 20 << 20; i += 65537) {
		fake_read(domain, 0x103000 + i, &byte, 1);
		assert_int_equal(byte, (uint8_t)(i * 7 + (i >> 12)));
	}
}

static void test_shrunk_ramdisk(void **state)
{
	struct fixture *f = *state;
	struct xlite_build *build = NULL;
	uint32_t domid;

	assert_int_equal(fake_open(&f->fake, &f->xen, &f->err), 0);
	assert_int_equal(xlite_build_new(&build, &f->config, &f->err), 0);
	assert_int_equal(xlite_domain_create(f->xen, &domain_config, &domid, &f->err), 0);
	assert_int_equal(xlite_build_domain(build, f->xen, domid, &f->err), 0);
	assert_int_equal(xlite_build_memory(build, &f->err), 0);
	assert_int_equal(truncate(f->ramdisk, 5000), 0);
	assert_int_equal(xlite_build_image(build, &f->err), -EIO);
	assert_non_null(strstr(f->err.message, f->ramdisk));
	assert_non_null(strstr(f->err.message, "shorter than when it was opened (5000 bytes)"));
	xlite_build_free(build);
}

static void test_bounced_ramdisk(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;
	struct stat st;
	uint8_t byte;

	write_ramdisk(f->ramdisk, 200000);
	assert_int_equal(stat(f->ramdisk, &st), 0);
	refuse_inode = st.st_ino;
	refusals = 1;
	domain = build_whole(f, &result);
	assert_int_equal(refusals, 0);
	refuse_inode = 0;
	for (size_t i = 0; i < 200000; i += 101) {
		fake_read(domain, 0x103000 + i, &byte, 1);
		assert_int_equal(byte, (uint8_t)(i * 7 + (i >> 12)));
	}
}

/* And one that cannot at all. */
static void test_unreadable_ramdisk(void **state)
{
	struct fixture *f = *state;
	struct xlite_build *build = NULL;
	struct stat st;
	uint32_t domid;

	assert_int_equal(stat(f->ramdisk, &st), 0);
	refuse_inode = st.st_ino;
	refusals = 2;
	assert_int_equal(fake_open(&f->fake, &f->xen, &f->err), 0);
	assert_int_equal(phases(f, &build, &domid, &f->err), -EFAULT);
	refuse_inode = 0;
	assert_non_null(strstr(f->err.message, "ramdisk /"));
	assert_non_null(strstr(f->err.message, "read at 0: Bad address"));
	xlite_build_free(build);
}

/* Every allocation fails once. */
static void test_allocations(void **state)
{
	struct fixture *f = *state;

	for (unsigned n = 1;; n++) {
		struct xlite_build *build = NULL;
		struct xlite_error err = { 0 };
		uint32_t domid = 0;
		unsigned made;
		int rc;

		fake_init(&f->fake);
		assert_int_equal(fake_open(&f->fake, &f->xen, &err), 0);
		allocations = 0;
		fail_allocation = n;
		rc = phases(f, &build, &domid, &err);
		made = allocations;
		fail_allocation = 0;
		xlite_build_free(build);
		xlite_xen_close(f->xen);
		f->xen = NULL;
		assert_int_equal(f->fake.mapped, 0);
		fake_clear(&f->fake);
		if (made < n) {
			assert_int_equal(rc, 0);
			assert_true(n > 8);
			break;
		}
		if (rc != -ENOMEM || !err.message[0])
			fail_msg("allocation %u: %d, `%s'", n, rc, err.message);
	}
	fake_init(&f->fake);
}

static void test_order(void **state)
{
	struct fixture *f = *state;
	struct xlite_build *build = NULL;

	assert_int_equal(fake_open(&f->fake, &f->xen, &f->err), 0);
	assert_int_equal(xlite_build_new(&build, &f->config, &f->err), 0);
	assert_int_equal(xlite_build_memory(build, &f->err), -EINVAL);
	assert_int_equal(xlite_build_image(build, &f->err), -EINVAL);
	assert_int_equal(xlite_build_boot(build, &f->err), -EINVAL);
	xlite_build_free(build);
	xlite_build_free(NULL);
}

static void check_whole(const struct fake_domain *domain)
{
	struct grant_entry_v1 grants[2];

	assert_true(domain->context);
	assert_int_equal(domain->pages, 4096 + 4);
	assert_int_equal(domain->nr_e820, 3);
	assert_int_equal(domain->nr_leaves, 4);
	assert_int_equal(domain->params[HVM_PARAM_STORE_EVTCHN], 1);
	assert_int_equal(pread(domain->grants, grants, sizeof(grants), 0), sizeof(grants));
	assert_int_equal(grants[0].frame, 0xfefff);
	assert_false(domain->scratch);
}

/* Every call of a whole build fails once, with each errno, for a moment or for good. */
static void faults(struct fixture *f, int code, bool on)
{
	for (unsigned n = 1;; n++) {
		struct xlite_build *build = NULL;
		struct xlite_error err = { 0 };
		uint32_t domid = 0;
		int rc;

		fake_init(&f->fake);
		f->fake.fail_at = n;
		f->fake.fail_with = code;
		f->fake.fail_on = on;
		rc = fake_open(&f->fake, &f->xen, &err);
		if (!rc)
			rc = phases(f, &build, &domid, &err);
		if (rc && (!err.code || !err.message[0]))
			fail_msg("call %u, errno %d: no error", n, -code);
		if (!rc && err.code)
			fail_msg("call %u, errno %d: success with the error %s", n, -code, err.message);
		/* What succeeds in spite of a fault (the claim, another way to the grants) is whole. */
		if (!rc)
			check_whole(fake_domain(&f->fake, domid));
		xlite_build_free(build);
		assert_int_equal(f->fake.mapped, 0);
		f->fake.fail_at = 0;
		if (domid) {
			assert_int_equal(xlite_domain_destroy(f->xen, domid, clock_deadline_ms(1000), &err), 0);
			assert_null(fake_domain(&f->fake, domid));
		}
		xlite_xen_close(f->xen);
		f->xen = NULL;
		fake_clear(&f->fake);
		assert_true(f->fake.closed);
		if (n > f->fake.calls)
			break;
		assert_true(n < 500);
	}
	fake_init(&f->fake);
}

static void test_faults(void **state)
{
	static const int codes[] = { -EPERM, -ENOMEM, -EAGAIN, -EBUSY, -ESRCH, -EINVAL, -EFAULT, -EACCES, -ENOSYS };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		faults(f, codes[i], false);
		faults(f, codes[i], true);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_start_info),
		TEST(test_pc),
		TEST(test_zeroed),
		TEST(test_large_bss),
		TEST(test_state),
		TEST(test_limits),
		TEST(test_topology),
		TEST(test_topology_large),
		TEST(test_few_calls),
		TEST(test_above_4g),
		TEST(test_fragmented),
		TEST(test_many_extents),
		TEST(test_pages_missing),
		TEST(test_on_demand),
		TEST(test_no_memory),
		TEST(test_claimed_before),
		TEST(test_scratch_grants),
		TEST(test_paged_out),
		TEST(test_old_release),
		TEST(test_new_release),
		TEST(test_refusals),
		TEST(test_longest_cmdline),
		TEST(test_no_cmdline_no_ramdisk),
		TEST(test_large_ramdisk),
		TEST(test_shrunk_ramdisk),
		TEST(test_bounced_ramdisk),
		TEST(test_unreadable_ramdisk),
		TEST(test_allocations),
		TEST(test_order),
		TEST(test_faults),
	};

	return cmocka_run_group_tests_name("builder", tests, NULL, NULL);
}
