/* SPDX-License-Identifier: GPL-2.0-or-later
 * Saving a domain and restoring it, against a fake hypervisor: all that Xen knows of it is there again, no more is written than
 * there is, and no fault on the way, and no byte of the stream, leaks anything or goes unreported.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/buf.h"
#include "common/clock.h"
#include "tests/unit/fake_xen.h"
#include "xlite/lib/build_int.h"
#include "xlite/lib/memory.h"
#include "xlite/lib/save.h"
#include "xlite/lib/stream.h"

#include <xen/domctl.h>
#include <xen/hvm/params.h>

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

static int io_write(void *ctx, const void *bytes, size_t len)
{
	buf_add(&((struct fixture *)ctx)->stream, bytes, len);
	return 0;
}

/* As a file with holes, which takes what is not zeros. */
static int io_zeros(void *ctx, size_t len)
{
	static const uint8_t page[4096];
	struct fixture *f = ctx;

	f->holes += len;
	for (; len; len -= sizeof(page))
		buf_add(&f->stream, page, sizeof(page));
	return 0;
}

static ssize_t io_read(void *ctx, void *buffer, size_t len)
{
	struct fixture *f = ctx;
	size_t left = f->stream.len - f->at;

	len = len < left ? len : left;
	memcpy(buffer, f->stream.data + f->at, len);
	f->at += len;
	return (ssize_t)len;
}

static const struct xlite_domain_config domain_config = {
	.type = &xlite_guest_pvh, .uuid = { 1, 2, 3 }, .vcpus_max = 2, .max_grant_frames = -1, .max_maptrack_frames = -1,
};

static void set_limits(struct fixture *f)
{
	struct xen_domctl_max_vcpus *vcpus;
	struct xen_batch batch;

	xen_batch_init(&batch, f->xen);
	vcpus = xen_batch_domctl(&batch, "max_vcpus", XEN_WRITES, XEN_DOMCTL_max_vcpus, f->domid);
	vcpus->max = 2;
	memory_add_limit(&batch, f->domid, MEMORY_KIB + 1024);
	memory_add_populate(&batch, f->domid, 0, PAGES / 512, 9, 0);
	memory_add_populate(&batch, f->domid, STORE, 2, 0, 0);
	/* One in the middle of nowhere. */
	memory_add_populate(&batch, f->domid, 0x20005, 1, 0, 0);
	assert_int_equal(xen_batch_run(&batch, &f->err), 0);
}

static void put_page(struct fake_domain *domain, uint64_t gfn, const char *text)
{
	assert_int_equal(pwrite(domain->memory, text, strlen(text), (off_t)(gfn << 12)), strlen(text));
}

/* A domain with something in every place that is saved. */
static int setup(void **state)
{
	static const struct hvm_save_header header = { .magic = HVM_FILE_MAGIC, .version = HVM_FILE_VERSION };
	const struct hvm_hw_cpu cpu = { .rip = 0x1234, .rax = 0 };
	struct hvm_save_descriptor d;
	struct fixture *f = calloc(1, sizeof(*f));
	struct fake_domain *domain;
	uint8_t *at;

	fake_init(&f->fake);
	f->io = (struct xlite_save_io){ .ctx = f, .read = io_read, .write = io_write };
	if (fake_open(&f->fake, &f->xen, &f->err) || xlite_domain_create(f->xen, &domain_config, &f->domid, &f->err))
		return -1;
	set_limits(f);
	domain = fake_domain(&f->fake, f->domid);
	/* The guest has cleared what it was given. */
	memset(domain->dirty, 0xff, FAKE_GFNS / 8);
	put_page(domain, 0, "first");
	put_page(domain, PAGES - 1, "last");
	put_page(domain, CONSOLE, "what the console's ring held");
	put_page(domain, 0x20005, "nowhere");
	domain->params[HVM_PARAM_STORE_PFN] = STORE;
	domain->params[HVM_PARAM_CONSOLE_PFN] = CONSOLE;
	domain->params[HVM_PARAM_IDENT_PT] = 0xfeffd000;
	domain->leaves[0] = (xen_cpuid_leaf_t){ 0, UINT32_MAX, 13, 1, 2, 3 };
	domain->nr_leaves = 1;
	domain->msrs[0] = (xen_msr_entry_t){ .idx = 0xce, .val = 7 };
	domain->nr_msrs = 1;
	domain->tsc[0] = 0x279d2b00000000;
	domain->tsc[1] = 1;
	domain->tsc[2] = 0xf18d4c3db;
	at = domain->raw;
	d = (struct hvm_save_descriptor){ HVM_SAVE_CODE(HEADER), 0, HVM_SAVE_LENGTH(HEADER) };
	memcpy(at, &d, sizeof(d));
	memcpy(at += sizeof(d), &header, sizeof(header));
	at += sizeof(header);
	d = (struct hvm_save_descriptor){ HVM_SAVE_CODE(CPU), 0, HVM_SAVE_LENGTH(CPU) };
	memcpy(at, &d, sizeof(d));
	memcpy(at += sizeof(d), &cpu, sizeof(cpu));
	at += sizeof(cpu);
	d = (struct hvm_save_descriptor){ HVM_SAVE_CODE(END), 0, 0 };
	memcpy(at, &d, sizeof(d));
	domain->raw_bytes = (uint32_t)(at + sizeof(d) - domain->raw);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	xlite_xen_close(f->xen);
	assert_int_equal(f->fake.mapped, 0);
	fake_clear(&f->fake);
	buf_clear(&f->stream);
	free(f);
	return 0;
}

static int save(struct fixture *f, struct xlite_error *err)
{
	uint64_t bytes = 0;
	int rc;

	buf_clear(&f->stream);
	rc = xlite_save_write(f->xen, f->domid, &xlite_guest_pvh, JSON, strlen(JSON), &f->io, &bytes, err);
	assert_int_equal(bytes, f->stream.len);
	return rc;
}

/* Into a new domain; *domid is 0 where it did not come to that. */
static int restore(struct fixture *f, uint32_t *domid, struct xlite_error *err)
{
	struct xlite_build_config config = {
		.type = &xlite_guest_pvh,
		.memory_kib = MEMORY_KIB,
		.max_memory_kib = 2 * 1024 * 1024,
		.vcpus_max = 2,
		.vcpus_online = 2,
	};
	struct xlite_build *build = NULL;
	int rc;

	*domid = 0;
	f->at = 0;
	rc = xlite_restore_open(&config.restore, &f->io, err);
	if (!rc)
		rc = xlite_build_new(&build, &config, err);
	if (!rc)
		rc = xlite_domain_create(f->xen, &domain_config, domid, err);
	if (!rc)
		rc = xlite_build_domain(build, f->xen, *domid, err);
	if (!rc)
		rc = xlite_build_memory(build, err);
	if (!rc)
		rc = xlite_build_image(build, err);
	if (!rc)
		rc = xlite_build_boot(build, err);
	if (!rc) {
		assert_int_equal(xlite_build_result(build)->store_gfn, STORE);
		assert_int_equal(xlite_build_result(build)->console_gfn, CONSOLE);
	}
	xlite_build_free(build);
	xlite_restore_free(config.restore);
	return rc;
}

static void assert_page(const struct fake_domain *domain, uint64_t gfn, const char *text)
{
	char page[4096], want[4096] = "";

	snprintf(want, sizeof(want), "%s", text);
	assert_true(fake_is_populated(domain, gfn));
	fake_read(domain, gfn << 12, page, sizeof(page));
	assert_memory_equal(page, want, sizeof(page));
}

static void a_domain_is_there_again(void **state)
{
	struct fixture *f = *state;
	const struct fake_domain *was = fake_domain(&f->fake, f->domid), *is;
	uint32_t domid;

	assert_int_equal(save(f, &f->err), 0);
	if (restore(f, &domid, &f->err))
		fail_msg("%s", f->err.message);
	/* To its last byte: who writes into a pipe is not cut off. */
	assert_int_equal(f->at, f->stream.len);
	is = fake_domain(&f->fake, domid);
	assert_int_equal(is->pages, was->pages);
	assert_page(is, 0, "first");
	assert_page(is, 1, "");
	assert_page(is, PAGES - 1, "last");
	assert_page(is, 0x20005, "nowhere");
	/* Nobody is at the other end of the rings any more. */
	assert_page(is, CONSOLE, "");
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

	assert_int_equal(save(f, &f->err), 0);
	whole = f->stream.len;
	assert_int_equal(f->holes, 0);
	/* All pages, and for each eight bytes; nothing for the frames between. */
	assert_true(whole >= (PAGES + 3) * (4096 + 8) && whole < (PAGES + 3) * (4096 + 8) + 4096);
	f->io.zeros = io_zeros;
	assert_int_equal(save(f, &f->err), 0);
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
	assert_int_equal(save(f, &f->err), -EBUSY);
	assert_string_equal(f->err.message, "the guest has yet to give back 24 KiB of memory before it can be saved");
	domain->pod_cache = 10;
	assert_int_equal(save(f, &f->err), 0);
}

static void only_upwards(void **state)
{
	struct fixture *f = *state;
	struct xlite_restore *restore;

	assert_int_equal(save(f, &f->err), 0);
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

	put_page(domain, gfn, text);
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
	if (restore(f, &domid, &f->err))
		fail_msg("%s", f->err.message);
	is = fake_domain(&f->fake, domid);
	assert_page(is, 0, "first, changed");
	assert_page(is, 1, "");
	assert_page(is, 7, "last words");
	assert_page(is, 0x20005, "nowhere, changed");
	assert_page(is, PAGES - 1, "last");
}

/* Xen takes them out of the domain's policy and says nothing. */
static void a_cpu_that_lacks_what_the_guest_has_seen_is_refused(void **state)
{
	struct fixture *f = *state;
	struct fake_domain *domain = fake_domain(&f->fake, f->domid);
	uint32_t domid;

	domain->leaves[domain->nr_leaves++] = (xen_cpuid_leaf_t){ 1, UINT32_MAX, 0, 0, 0x30000001, 0 };
	assert_int_equal(save(f, &f->err), 0);
	f->fake.lacks = 0xcfffffff;
	assert_int_equal(restore(f, &domid, &f->err), -EOPNOTSUPP);
	assert_string_equal(f->err.message, "the guest has seen features of its CPU that this host's has not: leaf 0x1, "
					    "subleaf 0x0, ecx, bits 0x00000001");
	xlite_domain_destroy(f->xen, domid, clock_deadline_ms(1000), NULL);
	f->fake.lacks = ~0x30000001u;
	assert_int_equal(restore(f, &domid, &f->err), 0);
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

/* Whatever call fails, it is told, and nothing stays mapped. */
static void no_fault_goes_unreported(void **state)
{
	struct fixture *f = *state;
	struct xlite_error err;
	unsigned calls = f->fake.calls;
	uint32_t domid;

	assert_int_equal(save(f, &f->err), 0);
	calls = f->fake.calls - calls;
	for (unsigned i = 1; i <= calls; i++) {
		memset(&err, 0, sizeof(err));
		f->fake.fail_at = f->fake.calls + i;
		f->fake.fail_with = -ENOMEM;
		if (save(f, &err))
			assert_true(err.message[0]);
		f->fake.fail_at = 0;
		assert_int_equal(f->fake.mapped, 0);
	}
	assert_int_equal(save(f, &f->err), 0);
	calls = f->fake.calls;
	assert_int_equal(restore(f, &domid, &f->err), 0);
	calls = f->fake.calls - calls;
	xlite_domain_destroy(f->xen, domid, clock_deadline_ms(1000), NULL);
	for (unsigned i = 1; i <= calls; i++) {
		memset(&err, 0, sizeof(err));
		f->fake.fail_at = f->fake.calls + i;
		if (restore(f, &domid, &err))
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

	assert_int_equal(save(f, &f->err), 0);
	for (size_t i = 0; i < f->stream.len; i += step) {
		step = i < 2000 || i + 3000 > f->stream.len ? 11 : 1 << 20;
		memset(&err, 0, sizeof(err));
		f->stream.data[i] = (char)(f->stream.data[i] ^ 0xa5);
		if (restore(f, &domid, &err))
			assert_true(err.message[0]);
		f->stream.data[i] = (char)(f->stream.data[i] ^ 0xa5);
		assert_int_equal(f->fake.mapped, 0);
		if (domid)
			xlite_domain_destroy(f->xen, domid, clock_deadline_ms(1000), NULL);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_domain_is_there_again),
		TEST(zeros_are_holes_and_what_is_not_there_is_left_out),
		TEST(memory_that_is_yet_to_be_given_back_is_waited_for),
		TEST(only_upwards),
		TEST(what_is_written_meanwhile_comes_too),
		TEST(a_cpu_that_lacks_what_the_guest_has_seen_is_refused),
		TEST(a_log_that_a_killed_run_left_on_is_taken_over),
		TEST(rounds_are_bounded_and_a_refusal_comes_first),
		TEST(no_fault_of_a_live_one_goes_unreported),
		TEST(no_fault_goes_unreported),
		TEST(any_byte_may_be_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
