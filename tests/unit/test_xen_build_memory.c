/* SPDX-License-Identifier: GPL-2.0-or-later
 * The builder: how memory is given to a domain, and mapped.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/test_xen_build.h"

#include <xen/grant_table.h>

void test_above_4g(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;
	uint64_t entry[3];

	f->fake.free_pages = 4 << 20;
	f->config.memory_kib = f->config.max_memory_kib = (5 << 20) + 4;
	domain = fixture_build(f, &result);
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
void test_fragmented(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;

	f->fake.free_pages = 4 << 20;
	f->fake.order_max = 9;
	f->fake.fail_extents = 40;
	f->config.memory_kib = f->config.max_memory_kib = (2 << 20) + 12;
	domain = fixture_build(f, &result);
	assert_int_equal(domain->pages, (2 << 18) + 3 + 4);
	for (uint64_t gfn = 0; gfn < (2 << 18) + 3; gfn++)
		assert_true(fake_is_populated(domain, gfn));
	xlite_domain_destroy(f->xen, domain->domid, 0, NULL);

	f->fake.order_max = 0;
	f->config.memory_kib = f->config.max_memory_kib = 131072;
	domain = fixture_build(f, &result);
	assert_int_equal(domain->pages, 32768 + 4);
}

/* More extents than one batch holds: 1 GiB at a time is refused, and 36 GiB are 18432 times 2 MiB. */
void test_many_extents(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;

	f->fake.free_pages = 16 << 20;
	f->fake.order_max = 9;
	f->config.memory_kib = f->config.max_memory_kib = 40 << 20;
	domain = fixture_build(f, &result);
	assert_int_equal(domain->pages, (40 << 18) + 4);
	for (uint64_t gfn = 0; gfn < 0xf0000; gfn++)
		assert_true(fake_is_populated(domain, gfn));
	for (uint64_t gfn = 0x100000; gfn < (40 << 18) + 0x10000; gfn++)
		assert_true(fake_is_populated(domain, gfn));
}

/* Xen reports fewer pages in the end than it said it gave. */
void test_pages_missing(void **state)
{
	struct fixture *f = *state;
	struct xlite_build *build = NULL;
	uint32_t domid;

	f->fake.hide_pages = 1;
	assert_int_equal(fake_open(&f->fake, &f->xen, &f->err), 0);
	assert_int_equal(fixture_phases(f, &build, &domid, &f->err), -EIO);
	assert_string_equal(f->err.message, "memory: the domain has 16396 KiB, not the 16400 KiB it was given");
	xlite_build_free(build);
}

void test_on_demand(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;

	f->config.max_memory_kib = 65536;
	domain = fixture_build(f, &result);
	assert_int_equal(domain->pod_target, 4096);
	assert_int_equal(domain->pages, 4096 + 4);
	assert_int_equal(domain->max_pages, (65536 + 1024) / 4);
	assert_true(fake_is_populated(domain, 16383));
	assert_int_equal(*(const uint32_t *)(const void *)(domain->e820 + 8), 64 << 20);
}

void test_no_memory(void **state)
{
	struct fixture *f = *state;
	struct xlite_build *build = NULL;
	uint32_t domid;

	f->fake.free_pages = 1000;
	assert_int_equal(fake_open(&f->fake, &f->xen, &f->err), 0);
	assert_int_equal(fixture_phases(f, &build, &domid, &f->err), -ENOMEM);
	assert_string_equal(f->err.message, "memory: needs 16400 KiB, Xen has 4000 KiB free");
	xlite_build_free(build);
	/* Nothing was taken. */
	assert_int_equal(fake_domain(&f->fake, domid)->pages, 0);
}

/* The claim of a caller that takes several domains' memory at once is respected. */
void test_claimed_before(void **state)
{
	struct fixture *f = *state;
	struct xlite_domain_config config = fixture_domain_config;
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

void test_scratch_grants(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;
	const struct fake_domain *domain;
	struct grant_entry_v1 grants[2];

	f->fake.no_resource = true;
	domain = fixture_build(f, &result);
	assert_int_equal(pread(domain->grants, grants, sizeof(grants), 0), sizeof(grants));
	assert_int_equal(grants[1].frame, result.store_gfn);
	assert_false(domain->scratch);
}

void test_paged_out(void **state)
{
	struct fixture *f = *state;
	struct xlite_build_result result;

	f->fake.paged_out = 5;
	fixture_build(f, &result);
}
