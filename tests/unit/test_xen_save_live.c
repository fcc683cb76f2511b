/* SPDX-License-Identifier: GPL-2.0-or-later
 * Saving a domain while it runs, against a fake hypervisor: what it writes meanwhile comes too, in rounds that are bounded.
 */
#include <errno.h>

#include "tests/unit/save_check.h"

/* The guest that runs while it is written: what it writes, and when. */
struct runner {
	struct fixture *f;
	unsigned rounds, suspended;
	uint64_t pages[8];	/* of each round */
	bool never_rests;
	int refuse;
};

static void write_as_guest(struct fixture *f, uint64_t gfn, const char *text)
{
	struct fake_domain *domain = fake_domain(&f->fake, f->domid);

	save_check_put_page(domain, gfn, text);
	domain->written[domain->nr_written++] = gfn;
}

static int live_accepted(void *ctx, struct xlite_error *err)
{
	const struct runner *runner = ctx;

	return runner->refuse ? xlite_error_set(err, runner->refuse, "another CPU") : 0;
}

static void live_round(void *ctx, unsigned nr, uint64_t pages)
{
	struct runner *runner = ctx;

	assert_int_equal(nr, ++runner->rounds);
	if (nr <= 8)
		runner->pages[nr - 1] = pages;
	if (runner->never_rests)
		write_as_guest(runner->f, 3, "again");
}

static int live_suspend(void *ctx, struct xlite_error *err)
{
	struct runner *runner = ctx;

	runner->suspended++;
	assert_true(fake_domain(&runner->f->fake, runner->f->domid)->logs);
	write_as_guest(runner->f, 7, "last words");
	return 0;
}

/* What the memory of a guest that runs looks like to the other end depends on when: the log is of the time before, too. */
static void live_progress(void *ctx, uint64_t done, uint64_t total)
{
	struct fixture *f = ctx;
	struct fake_domain *domain = fake_domain(&f->fake, f->domid);

	if (!domain->nr_written && done == total) {
		write_as_guest(f, 0, "first, changed");
		write_as_guest(f, 0x20005, "nowhere, changed");
	}
}

static int save_live(struct fixture *f, struct runner *runner, unsigned downtime_ms, struct xlite_error *err)
{
	const struct xlite_save_live live = {
		.ctx = runner,
		.downtime_ms = downtime_ms,
		.rounds = 5,
		.accepted = live_accepted,
		.round = live_round,
		.suspend = live_suspend,
	};
	uint64_t bytes = 0;
	int rc;

	runner->f = f;
	f->io.progress = live_progress;
	buf_clear(&f->stream);
	rc = xlite_save_live(f->xen, f->domid, &xlite_guest_pvh, JSON, strlen(JSON), &f->io, &live, &bytes, err);
	f->io.progress = NULL;
	assert_int_equal(bytes, f->stream.len);
	return rc;
}

static void what_is_written_meanwhile_comes_too(void **state)
{
	struct runner runner = { 0 };
	struct fixture *f = *state;
	uint32_t domid;
	const struct fake_domain *is;

	assert_int_equal(save_live(f, &runner, 0, &f->err), 0);
	assert_int_equal(runner.suspended, 1);
	assert_int_equal(runner.pages[0], 2);
	assert_false(fake_domain(&f->fake, f->domid)->logs);
	/* Zeros have no contents: only what holds something was sent, and what was written to. */
	assert_true(f->stream.len < 16 * 4096 + (PAGES + 16) * 8);
	if (save_check_restore(f, &domid, &f->err))
		fail_msg("%s", f->err.message);
	is = fake_domain(&f->fake, domid);
	save_check_page(is, 0, "first, changed");
	save_check_page(is, 1, "");
	save_check_page(is, 7, "last words");
	save_check_page(is, 0x20005, "nowhere, changed");
	save_check_page(is, PAGES - 1, "last");
}

static void a_log_that_a_killed_run_left_on_is_taken_over(void **state)
{
	struct runner runner = { 0 };
	struct fixture *f = *state;

	fake_domain(&f->fake, f->domid)->logs = true;
	assert_int_equal(save_live(f, &runner, 0, &f->err), 0);
}

/*
 * Each hypercall of the fake takes no time: only a guest that is never at rest, and a bound of no time at all, come
 * to the limit.
 */
static void rounds_are_bounded_and_a_refusal_comes_first(void **state)
{
	struct runner busy = { .never_rests = true }, refused = { .refuse = -EOPNOTSUPP };
	struct fixture *f = *state;

	assert_int_equal(save_live(f, &busy, 0, &f->err), 0);
	assert_true(busy.rounds >= 1 && busy.rounds <= 5);
	assert_int_equal(save_live(f, &refused, 0, &f->err), -EOPNOTSUPP);
	assert_string_equal(f->err.message, "another CPU");
	assert_int_equal(refused.suspended, 0);
	/* Not a page of it was sent. */
	assert_true(f->stream.len < 4096);
	assert_false(fake_domain(&f->fake, f->domid)->logs);
}

/* And the log is off after it, unless that is what failed. */
static void no_fault_of_a_live_one_goes_unreported(void **state)
{
	struct fixture *f = *state;
	struct fake_domain *domain = fake_domain(&f->fake, f->domid);
	struct runner runner = { 0 };
	unsigned calls = f->fake.calls, left_on = 0;

	assert_int_equal(save_live(f, &runner, 0, &f->err), 0);
	calls = f->fake.calls - calls;
	for (unsigned i = 1; i <= calls; i++) {
		struct xlite_error err = { 0 };

		runner = (struct runner){ 0 };
		domain->nr_written = 0;
		f->fake.fail_at = f->fake.calls + i;
		f->fake.fail_with = -ENOMEM;
		if (save_live(f, &runner, 0, &err))
			assert_true(err.message[0]);
		f->fake.fail_at = 0;
		left_on += domain->logs;
		domain->logs = false;
		assert_int_equal(f->fake.mapped, 0);
	}
	assert_int_equal(left_on, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_written_meanwhile_comes_too),
		TEST(a_log_that_a_killed_run_left_on_is_taken_over),
		TEST(rounds_are_bounded_and_a_refusal_comes_first),
		TEST(no_fault_of_a_live_one_goes_unreported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
