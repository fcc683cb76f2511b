/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the tests of saving share: a domain of the fake hypervisor with something in every place that is saved, a stream in
 * memory, and a restore into another domain.
 */
#ifndef TESTS_SAVE_CHECK_H
#define TESTS_SAVE_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/buf.h"
#include "common/clock.h"
#include "tests/unit/fake_xen.h"
#include "xlite/lib/save.h"

#define MEMORY_KIB 4096
#define PAGES (MEMORY_KIB / 4)
#define STORE 0xfeffe
#define CONSOLE 0xfefff
#define JSON "{\"x\": 1}"

struct fixture {
	struct fake_xen fake;
	struct xlite_xen *xen;
	uint32_t domid;
	struct buf stream;
	size_t at, holes;
	struct xlite_save_io io;
	struct xlite_error err;
};

/** Makes and frees a fixture, *state. */
int save_check_setup(void **state);
int save_check_teardown(void **state);
/** Writes text at the beginning of a page. */
void save_check_put_page(struct fake_domain *domain, uint64_t gfn, const char *text);
/** Asserts that a page is there, and holds text and then zeros. */
void save_check_page(const struct fake_domain *domain, uint64_t gfn, const char *text);
/** xlite_save_io.zeros as of a file with holes, whose bytes are counted; ctx: the fixture. */
int save_check_zeros(void *ctx, size_t len);
/** Saves the domain into the stream, anew. */
int save_check_save(struct fixture *f, struct xlite_error *err);
/** Restores the stream into a new domain; *domid is 0 where it did not come to that. */
int save_check_restore(struct fixture *f, uint32_t *domid, struct xlite_error *err);

#define TEST(name) cmocka_unit_test_setup_teardown(name, save_check_setup, save_check_teardown)

#endif
