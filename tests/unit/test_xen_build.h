/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the builder's tests share.
 */
#ifndef TESTS_TEST_XEN_BUILD_H
#define TESTS_TEST_XEN_BUILD_H

#include <sys/types.h>

#include "tests/unit/fake_xen.h"
#include "xlite/lib/build.h"

#define ENTRY 0x100040u
#define RAMDISK_BYTES 10000

struct fixture {
	char folder[64], kernel[80], ramdisk[80];
	struct fake_xen fake;
	struct xlite_xen *xen;
	struct xlite_build_config config;
	struct xlite_error err;
};

/** So many allocations of the library were made; the one of that number fails, 0: none. */
extern unsigned fixture_allocations, fixture_fail_allocation;
/** Reading from that file fails so often. */
extern ino_t fixture_refuse_inode;
extern unsigned fixture_refusals;
extern const struct xlite_domain_config fixture_domain_config;

int fixture_setup(void **state);
int fixture_teardown(void **state);
/** One segment at paddr: headers aside, 4096 bytes with a PHYS32_ENTRY note at the start and 0x90 after; bss behind. */
void fixture_write_kernel(const char *path, uint32_t paddr, uint32_t filesz, uint32_t memsz);
/** Bytes that tell their offset. */
void fixture_write_ramdisk(const char *path, size_t size);
/** All phases; the build is freed by the caller. */
int fixture_phases(struct fixture *f, struct xlite_build **build, uint32_t *domid, struct xlite_error *err);
/** The same where nothing is to fail. */
struct fake_domain *fixture_build(struct fixture *f, struct xlite_build_result *result);

/* test_xen_build_memory.c */
void test_above_4g(void **state);
void test_fragmented(void **state);
void test_many_extents(void **state);
void test_pages_missing(void **state);
void test_on_demand(void **state);
void test_no_memory(void **state);
void test_claimed_before(void **state);
void test_scratch_grants(void **state);
void test_paged_out(void **state);
/* test_xen_build_files.c */
void test_refusals(void **state);
void test_longest_cmdline(void **state);
void test_no_cmdline_no_ramdisk(void **state);
void test_large_ramdisk(void **state);
void test_shrunk_ramdisk(void **state);
void test_bounced_ramdisk(void **state);
void test_unreadable_ramdisk(void **state);
/* test_xen_build_faults.c */
void test_allocations(void **state);
void test_faults(void **state);

#endif
