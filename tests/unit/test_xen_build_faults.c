/* SPDX-License-Identifier: GPL-2.0-or-later
 * The builder: no fault on the way leaks or goes unreported.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/auto.h"
#include "common/clock.h"
#include "tests/unit/test_xen_build.h"

#include <xen/grant_table.h>
#include <xen/hvm/params.h>

/* Every allocation fails once. */
void test_allocations(void **state)
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
		fixture_allocations = 0;
		fixture_fail_allocation = n;
		rc = fixture_phases(f, &build, &domid, &err);
		made = fixture_allocations;
		fixture_fail_allocation = 0;
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
			rc = fixture_phases(f, &build, &domid, &err);
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

void test_faults(void **state)
{
	static const int codes[] = { -EPERM, -ENOMEM, -EAGAIN, -EBUSY, -ESRCH, -EINVAL, -EFAULT, -EACCES, -ENOSYS };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		faults(f, codes[i], false);
		faults(f, codes[i], true);
	}
}
