/* SPDX-License-Identifier: GPL-2.0-or-later
 * The builder against a fake hypervisor: what a guest finds in its memory, and what Xen is told.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/auto.h"
#include "tests/unit/test_xen_build.h"
#include "xlite/lib/acpi.h"

#include <xen/arch-x86/hvm/start_info.h>
#include <xen/grant_table.h>
#include <xen/hvm/hvm_info_table.h>
#include <xen/hvm/params.h>

static void test_start_info(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain = fixture_build(f, &result);
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

/*
 * An emulated PC: its loader's own entry, the firmware as its module, the table that the loader reads, and device
 * models' pages.
 */
static void test_pc(void **state)
{
	static const struct { unsigned index; uint64_t value;
	} params[] = {
		{ HVM_PARAM_STORE_PFN, 0xfeffc },
		{ HVM_PARAM_CONSOLE_PFN, 0xfefff },
		{ HVM_PARAM_IDENT_PT, 0xfeffe000 },
		{ HVM_PARAM_IOREQ_PFN, 0xfeffd },
		{ HVM_PARAM_BUFIOREQ_PFN, 0xfeffb },
		{ HVM_PARAM_PAGING_RING_PFN, 0xfeff8 },
		{ HVM_PARAM_MONITOR_RING_PFN, 0xfeff9 },
		{ HVM_PARAM_SHARING_RING_PFN, 0xfeffa },
		{ HVM_PARAM_IOREQ_SERVER_PFN, 0xfeff0 },
		{ HVM_PARAM_NR_IOREQ_SERVER_PAGES, 8 },
		{ HVM_PARAM_HPET_ENABLED, 1 },
		{ HVM_PARAM_VPT_ALIGN, 1 },
		{ HVM_PARAM_TIMER_MODE, 1 },
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
	domain = fixture_build(f, &result);
	assert_int_equal(domain->cpu.rip, ENTRY);
	assert_int_equal(domain->nr_mtrr, 0);
	for (size_t i = 0; i < ARRAY_SIZE(params); i++) {
		if (domain->params[params[i].index] != params[i].value)
			fail_msg("parameter %u is 0x%llx", params[i].index,
				 (unsigned long long)domain->params[params[i].index]);
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

	fixture_write_kernel(f->kernel, 0x100000, 0x876, 0x2345);
	domain = fixture_build(f, &result);
	fake_read(domain, 0x100000, bytes, sizeof(bytes));
	for (size_t i = 20; i < 0x876; i++)
		assert_int_equal(bytes[i], 0x90);
	for (size_t i = 0x876; i < 0x3000; i++)
		assert_int_equal(bytes[i], 0);
	xlite_domain_destroy(f->xen, domain->domid, 0, NULL);

	/* From the middle of a page to that of another. */
	fixture_write_kernel(f->kernel, 0x100020, 0x1000, 0x2000);
	domain = fixture_build(f, &result);
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
	fixture_write_kernel(f->kernel, 0x100000, 4096, 40 << 20);
	domain = fixture_build(f, &result);
	for (uint64_t addr = 0x101000; addr < 0x100000 + (40 << 20); addr += 1021) {
		fake_read(domain, addr, &byte, 1);
		assert_int_equal(byte, 0);
	}
}

static void test_state(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain = fixture_build(f, &result);
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
	const struct fake_domain *domain = fixture_build(f, &result);

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
	const struct fake_domain *domain = fixture_build(f, &result);
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
	domain = fixture_build(f, &result);
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
	fixture_build(f, &result);
	/* open, create, policy, limits, memory, kernel, boot pages, grants, state */
	assert_int_equal(f->fake.ioctls, 9);
	assert_int_equal(xlite_xen_counts(f->xen)->hypercalls, 6);
	assert_int_equal(xlite_xen_counts(f->xen)->writes, 4);
	/* kernel with bss 3, start_info, ACPI, special 3, grant table */
	assert_int_equal(xlite_xen_counts(f->xen)->mapped_pages, 3 + 1 + 1 + 3 + 1);
}

static void test_old_release(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;

	fake_version(&f->fake, 14, 0x12, 0x13, 104, 32);
	domain = fixture_build(f, &result);
	assert_int_equal(domain->pool_bytes, 4 << 20);
	assert_int_equal(domain->create[44], 1);
}

static void test_new_release(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;

	fake_version(&f->fake, 22, 0x18, 0x16, 112, 40);
	domain = fixture_build(f, &result);
	assert_int_equal(domain->create[44], 1);
	assert_int_equal(domain->create[60], 1);
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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
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
