/* SPDX-License-Identifier: GPL-2.0-or-later
 * Saving a domain and restoring it, against a fake hypervisor: all that Xen knows of it is there again, no more is written than
 * there is, and no fault on the way, and no byte of the stream, leaks anything or goes unreported.
 */
#include <errno.h>

#include "tests/unit/save_check.h"
#include "xlite/lib/stream.h"

#include <xen/domctl.h>
#include <xen/hvm/params.h>

static void a_domain_is_there_again(void **state)
{
	struct fixture *f = *state;
	const struct fake_domain *was = fake_domain(&f->fake, f->domid), *is;
	uint32_t domid;

	assert_int_equal(save_check_save(f, &f->err), 0);
	if (save_check_restore(f, &domid, &f->err))
		fail_msg("%s", f->err.message);
	/* To its last byte: who writes into a pipe is not cut off. */
	assert_int_equal(f->at, f->stream.len);
	is = fake_domain(&f->fake, domid);
	assert_int_equal(is->pages, was->pages);
	save_check_page(is, 0, "first");
	save_check_page(is, 1, "");
	save_check_page(is, PAGES - 1, "last");
	save_check_page(is, 0x20005, "nowhere");
	/* Nobody is at the other end of the rings any more. */
	save_check_page(is, CONSOLE, "");
	assert_false(fake_is_populated(is, PAGES));
	assert_int_equal(is->params[HVM_PARAM_STORE_PFN], STORE);
	assert_int_equal(is->params[HVM_PARAM_IDENT_PT], 0xfeffd000);
	assert_int_equal(is->params[HVM_PARAM_TIMER_MODE], HVMPTM_no_delay_for_missed_ticks);
	assert_true(is->params[HVM_PARAM_STORE_EVTCHN] && is->params[HVM_PARAM_CONSOLE_EVTCHN]);
	assert_int_equal(is->nr_leaves, 1);
	assert_memory_equal(is->leaves, was->leaves, sizeof(is->leaves[0]));
	assert_memory_equal(is->tsc, was->tsc, sizeof(is->tsc));
	assert_int_equal(is->raw_bytes, was->raw_bytes);
	assert_memory_equal(is->raw, was->raw, was->raw_bytes);
}

static void zeros_are_holes_and_what_is_not_there_is_left_out(void **state)
{
	struct fixture *f = *state;
	size_t whole;

	assert_int_equal(save_check_save(f, &f->err), 0);
	whole = f->stream.len;
	assert_int_equal(f->holes, 0);
	/* All pages, and for each eight bytes; nothing for the frames between. */
	assert_true(whole >= (PAGES + 3) * (4096 + 8) && whole < (PAGES + 3) * (4096 + 8) + 4096);
	f->io.zeros = save_check_zeros;
	assert_int_equal(save_check_save(f, &f->err), 0);
	assert_int_equal(f->stream.len, whole);
	/* All but those with something in them. */
	assert_int_equal(f->holes, (PAGES + 3 - 4) * 4096);
}

static void memory_that_is_yet_to_be_given_back_is_waited_for(void **state)
{
	struct fixture *f = *state;
	struct fake_domain *domain = fake_domain(&f->fake, f->domid);

	domain->pod_entries = 10;
	domain->pod_cache = 4;
	assert_int_equal(save_check_save(f, &f->err), -EBUSY);
	assert_string_equal(f->err.message, "the guest has yet to give back 24 KiB of memory before it can be saved");
	domain->pod_cache = 10;
	assert_int_equal(save_check_save(f, &f->err), 0);
}

static void only_upwards(void **state)
{
	struct fixture *f = *state;
	struct xlite_restore *restore;

	assert_int_equal(save_check_save(f, &f->err), 0);
	f->at = 0;
	assert_int_equal(xlite_restore_open(&restore, &f->io, &f->err), 0);
	assert_string_equal(xlite_restore_head(restore)->json, JSON);
	assert_int_equal(xlite_restore_check(restore, f->xen, &f->err), 0);
	f->xen->version.minor = 20;
	assert_int_equal(xlite_restore_check(restore, f->xen, &f->err), 0);
	f->xen->version.minor = 14;
	assert_int_equal(xlite_restore_check(restore, f->xen, &f->err), -EOPNOTSUPP);
	assert_string_equal(f->err.message, "it was saved on Xen 4.17, and this host has 4.14");
	xlite_restore_free(restore);
}

/* Xen takes them out of the domain's policy and says nothing. */
static void a_cpu_that_lacks_what_the_guest_has_seen_is_refused(void **state)
{
	struct fixture *f = *state;
	struct fake_domain *domain = fake_domain(&f->fake, f->domid);
	uint32_t domid;

	domain->leaves[domain->nr_leaves++] = (xen_cpuid_leaf_t){ 1, UINT32_MAX, 0, 0, 0x30000001, 0 };
	assert_int_equal(save_check_save(f, &f->err), 0);
	f->fake.lacks = 0xcfffffff;
	assert_int_equal(save_check_restore(f, &domid, &f->err), -EOPNOTSUPP);
	assert_string_equal(f->err.message, "the guest has seen features of its CPU that this host's has not: leaf 0x1, "
					    "subleaf 0x0, ecx, bits 0x00000001");
	xlite_domain_destroy(f->xen, domid, clock_deadline_ms(1000), NULL);
	f->fake.lacks = ~0x30000001u;
	assert_int_equal(save_check_restore(f, &domid, &f->err), 0);
}

/* Whatever call fails, it is told, and nothing stays mapped. */
static void no_fault_goes_unreported(void **state)
{
	struct fixture *f = *state;
	struct xlite_error err;
	unsigned calls = f->fake.calls;
	uint32_t domid;

	assert_int_equal(save_check_save(f, &f->err), 0);
	calls = f->fake.calls - calls;
	for (unsigned i = 1; i <= calls; i++) {
		memset(&err, 0, sizeof(err));
		f->fake.fail_at = f->fake.calls + i;
		f->fake.fail_with = -ENOMEM;
		if (save_check_save(f, &err))
			assert_true(err.message[0]);
		f->fake.fail_at = 0;
		assert_int_equal(f->fake.mapped, 0);
	}
	assert_int_equal(save_check_save(f, &f->err), 0);
	calls = f->fake.calls;
	assert_int_equal(save_check_restore(f, &domid, &f->err), 0);
	calls = f->fake.calls - calls;
	xlite_domain_destroy(f->xen, domid, clock_deadline_ms(1000), NULL);
	for (unsigned i = 1; i <= calls; i++) {
		memset(&err, 0, sizeof(err));
		f->fake.fail_at = f->fake.calls + i;
		if (save_check_restore(f, &domid, &err))
			assert_true(err.message[0]);
		f->fake.fail_at = 0;
		assert_int_equal(f->fake.mapped, 0);
		if (domid)
			xlite_domain_destroy(f->xen, domid, clock_deadline_ms(1000), NULL);
	}
}

/* Any byte of the stream, changed: refused with a message, or a domain that is somehow another. */
static void any_byte_may_be_another(void **state)
{
	struct fixture *f = *state;
	struct xlite_error err;
	/* Not the contents of pages, whose every byte is right. */
	size_t step;
	uint32_t domid;

	assert_int_equal(save_check_save(f, &f->err), 0);
	for (size_t i = 0; i < f->stream.len; i += step) {
		step = i < 2000 || i + 3000 > f->stream.len ? 11 : 1 << 20;
		memset(&err, 0, sizeof(err));
		f->stream.data[i] = (char)(f->stream.data[i] ^ 0xa5);
		if (save_check_restore(f, &domid, &err))
			assert_true(err.message[0]);
		f->stream.data[i] = (char)(f->stream.data[i] ^ 0xa5);
		assert_int_equal(f->fake.mapped, 0);
		if (domid)
			xlite_domain_destroy(f->xen, domid, clock_deadline_ms(1000), NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_domain_is_there_again),
		TEST(zeros_are_holes_and_what_is_not_there_is_left_out),
		TEST(memory_that_is_yet_to_be_given_back_is_waited_for),
		TEST(only_upwards),
		TEST(a_cpu_that_lacks_what_the_guest_has_seen_is_refused),
		TEST(no_fault_goes_unreported),
		TEST(any_byte_may_be_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
