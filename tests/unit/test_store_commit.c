/* SPDX-License-Identifier: GPL-2.0-or-later
 * Transactions, long lists, and memory that runs out, against a fake xenstored.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/clock.h"
#include "tests/unit/fake_store.h"

static struct xlite_error err;

/* Allocations of this thread until one fails; negative: none fails. The linker wraps the allocator of this program. */
static _Thread_local int allocations_left = -1;

void *__real_malloc(size_t size);
void *__real_calloc(size_t nr, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t nr, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool out_of_memory(void)
{
	return allocations_left >= 0 && allocations_left-- == 0;
}

void *__wrap_malloc(size_t size)
{
	return out_of_memory() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t nr, size_t size)
{
	return out_of_memory() ? NULL : __real_calloc(nr, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return out_of_memory() ? NULL : __real_realloc(old, size);
}

static int clear_error(void **state)
{
	memset(&err, 0, sizeof(err));
	alarm(60);
	return 0;
}

static struct xlite_store_batch *two_writes(void)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();

	xlite_store_batch_write(batch, "1", "/a");
	xlite_store_batch_rm(batch, "/b");
	return batch;
}

/* mode: how many times the end is refused. RM finds nothing. */
static void answer_again(struct fake *fake, const struct fake_request *request)
{
	if (request->type == XS_TRANSACTION_END && fake->mode-- > 0)
		fake_error(fake, request->id, "EAGAIN");
	else if (request->type == XS_RM)
		fake_error(fake, request->id, "ENOENT");
	else
		fake_plain(fake, request);
}

static void commit_after_conflicts(void **state)
{
	for (int refusals = 0; refusals < 5; refusals++) {
		struct xlite_store_batch *batch = two_writes();
		struct fake fake;

		fake_init(&fake, answer_again);
		fake.mode = refusals;
		assert_int_equal(xlite_store_batch_commit(fake.store, batch, clock_deadline_ms(20000), &err), 0);
		assert_int_equal(err.code, 0);
		assert_int_equal(xlite_store_batch_result(batch, 1), 0);
		assert_int_equal(xlite_store_counts(fake.store)->messages, 4 * (refusals + 1));
		assert_int_equal(xlite_store_counts(fake.store)->round_trips, 3 * (refusals + 1));
		xlite_store_batch_free(batch);
		fake_clear(&fake);
		assert_int_equal(fake.ends, refusals + 1);
		assert_int_equal(fake.aborts, 0);
	}
}

static void answer_no_memory(struct fake *fake, const struct fake_request *request)
{
	if (request->type == XS_TRANSACTION_END && fake->mode-- > 0)
		fake_error(fake, request->id, "ENOMEM");
	else
		fake_plain(fake, request);
}

/* A domain that went meanwhile is forgotten at the next try; one who really has no memory says so each time. */
static void commit_after_a_domain_has_gone(void **state)
{
	for (int refusals = 2; refusals < 200; refusals += 150) {
		struct xlite_store_batch *batch = two_writes();
		struct fake fake;

		fake_init(&fake, answer_no_memory);
		fake.mode = refusals;
		assert_int_equal(xlite_store_batch_commit(fake.store, batch, clock_deadline_ms(20000), &err),
				 refusals == 2 ? 0 : -ENOMEM);
		xlite_store_batch_free(batch);
		fake_clear(&fake);
		assert_int_equal(fake.ends, refusals == 2 ? 3 : 10);
	}
}

static void conflicts_until_the_deadline(void **state)
{
	struct xlite_store_batch *batch = two_writes();
	int64_t from = clock_now_ns();
	struct fake fake;

	fake_init(&fake, answer_again);
	fake.mode = 1000000;
	assert_int_equal(xlite_store_batch_commit(fake.store, batch, clock_deadline_ms(100), &err), -EAGAIN);
	assert_in_range(clock_now_ns() - from, 100 * NS_PER_MS, 5000 * NS_PER_MS);
	assert_int_equal(xlite_error_exit(&err), XLITE_AGAIN);
	assert_int_equal(xlite_store_write(fake.store, 0, "/still", "usable", &err), 0);
	xlite_store_batch_free(batch);
	fake_clear(&fake);
	assert_true(fake.starts > 3);
}

static void answer_full(struct fake *fake, const struct fake_request *request)
{
	if (request->type == XS_WRITE)
		fake_error(fake, request->id, "EQUOTA");
	else
		fake_plain(fake, request);
}

static void answer_full_once(struct fake *fake, const struct fake_request *request)
{
	if (request->type == XS_WRITE && fake->mode-- > 0)
		fake_error(fake, request->id, "EQUOTA");
	else
		answer_again(fake, request);
}

/* Without a transaction: what came after the failure was carried out, and the failure is told; removing nothing is none. */
static void failure_without_transaction(void **state)
{
	for (int refusals = 0; refusals < 2; refusals++) {
		struct xlite_store_batch *batch = two_writes();
		struct fake fake;

		xlite_store_batch_write(batch, "2", "/c");
		fake_init(&fake, answer_full_once);
		fake.mode = refusals;
		assert_int_equal(xlite_store_batch_apply(fake.store, batch, &err), refusals ? -EDQUOT : 0);
		assert_int_equal(xlite_store_batch_result(batch, 1), 0);
		assert_int_equal(xlite_store_batch_result(batch, 2), 0);
		assert_int_equal(xlite_store_counts(fake.store)->messages, 3);
		assert_int_equal(xlite_store_counts(fake.store)->round_trips, 1);
		assert_int_equal(strstr(err.message, "write /a") != NULL, refusals);
		xlite_store_batch_free(batch);
		fake_clear(&fake);
		assert_int_equal(fake.starts, 0);
	}
}

static void failure_aborts(void **state)
{
	struct xlite_store_batch *batch = two_writes();
	struct fake fake;

	fake_init(&fake, answer_full);
	assert_int_equal(xlite_store_batch_commit(fake.store, batch, clock_deadline_ms(1000), &err), -EDQUOT);
	assert_non_null(strstr(err.message, "write /a"));
	assert_non_null(strstr(err.hint, "quota"));
	xlite_store_batch_free(batch);
	fake_clear(&fake);
	assert_int_equal(fake.starts, 1);
	assert_int_equal(fake.ends, 0);
	assert_int_equal(fake.aborts, 1);
}

static void answer_start(struct fake *fake, const struct fake_request *request)
{
	static const char *const starts[] = { "", "0", "x", "7x", "-1", "4294967296", "99999999999999999999", " 7" };

	if (request->type == XS_TRANSACTION_START)
		fake_text(fake, request->type, request->id, starts[fake->mode]);
	else
		fake_plain(fake, request);
}

static void transaction_is_no_number(void **state)
{
	for (int i = 0; i < 8; i++) {
		struct xlite_store_batch *batch = two_writes();
		struct fake fake;

		fake_init(&fake, answer_start);
		fake.mode = i;
		assert_int_equal(xlite_store_batch_commit(fake.store, batch, clock_deadline_ms(1000), &err), -EPROTO);
		assert_int_equal(xlite_store_write(fake.store, 0, "/x", "", &err), -EPROTO);
		xlite_store_batch_free(batch);
		fake_clear(&fake);
		assert_int_equal(fake.nr_requests, 1);
	}
}

/* Refuses the start some times, as during a live update, then hangs up at the end. */
static void answer_update(struct fake *fake, const struct fake_request *request)
{
	if (request->type == XS_TRANSACTION_START && fake->mode-- > 0)
		fake_error(fake, request->id, "EBUSY");
	else if (request->type == XS_TRANSACTION_END)
		shutdown(fake->fd, SHUT_WR);
	else
		fake_plain(fake, request);
}

static void lost_at_the_end(void **state)
{
	struct xlite_store_batch *batch = two_writes();
	struct fake fake;

	fake_init(&fake, answer_update);
	fake.mode = 2;
	assert_int_equal(xlite_store_batch_commit(fake.store, batch, clock_deadline_ms(5000), &err), -ECONNRESET);
	assert_int_equal(xlite_error_exit(&err), XLITE_AGAIN);
	xlite_store_batch_free(batch);
	fake_clear(&fake);
	assert_int_equal(fake.starts, 3);
}

/* A list of mode names "n0" "n1"...; its generation changes once in the middle of the first walk. */
static void answer_parts(struct fake *fake, const struct fake_request *request)
{
	struct buf names = BUF_INIT, part = BUF_INIT;
	size_t offset, len;

	if (request->type != XS_DIRECTORY_PART) {
		fake_error(fake, request->id, "E2BIG");
		return;
	}
	for (int i = 0; i < fake->mode; i++) {
		buf_printf(&names, "n%d", i);
		buf_add(&names, "", 1);
	}
	offset = strtoul(request->body + strlen(request->body) + 1, NULL, 10);
	buf_printf(&part, "%d", fake->nr_requests > 3 ? 2 : 1);
	buf_add(&part, "", 1);
	len = names.len - offset > 4000 ? 4000 : names.len - offset;
	while (len && names.data[offset + len - 1])
		len--;
	buf_add(&part, names.data + offset, len);
	if (offset + len == names.len)
		buf_add(&part, "", 1);
	fake_say(fake, request->type, request->id, part.data, part.len);
	buf_clear(&names);
	buf_clear(&part);
}

static void long_list(void **state)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	struct fake fake;
	char **names, last[16];
	size_t nr;

	fake_init(&fake, answer_parts);
	fake.mode = 5000;
	assert_int_equal(xlite_store_list(fake.store, 0, "/x", &names, &nr, &err), 0);
	assert_int_equal(nr, 5000);
	snprintf(last, sizeof(last), "n%d", 4999);
	assert_string_equal(names[4999], last);
	free(names);
	xlite_store_batch_list(batch, "/x");
	assert_int_equal(xlite_store_batch_run(fake.store, batch, &err), 0);
	assert_string_equal(xlite_store_batch_child(batch, 0, 4999), last);
	assert_null(xlite_store_batch_child(batch, 0, 5000));
	xlite_store_batch_free(batch);
	fake_clear(&fake);
}

static void answer_bad_part(struct fake *fake, const struct fake_request *request)
{
	static const struct {
		const char *body;
		size_t len;
	} bodies[] = {
		{ "", 0 },        { "1", 1 }, { "1\0", 2 }, { "1\0ab", 4 }, { "123456789012345678901234\0a\0", 28 },
		{ "1\0a/b\0", 7 }
	};

	if (request->type == XS_DIRECTORY_PART)
		fake_say(fake, request->type, request->id, bodies[fake->mode].body, bodies[fake->mode].len);
	else
		fake_error(fake, request->id, "E2BIG");
}

static void damaged_parts(void **state)
{
	for (int i = 0; i < 6; i++) {
		struct fake fake;
		char **names;
		size_t nr;

		fake_init(&fake, answer_bad_part);
		fake.mode = i;
		assert_int_equal(xlite_store_list(fake.store, 0, "/x", &names, &nr, &err), -EPROTO);
		assert_non_null(strstr(err.message, "damaged"));
		fake_clear(&fake);
	}
}

static void answer_changing(struct fake *fake, const struct fake_request *request)
{
	char body[32];
	int len = snprintf(body, sizeof(body), "%u%cname", fake->nr_requests, 0) + 1;

	if (request->type == XS_DIRECTORY_PART)
		fake_say(fake, request->type, request->id, body, (size_t)len);
	else
		fake_error(fake, request->id, "E2BIG");
}

static void answer_no_parts(struct fake *fake, const struct fake_request *request)
{
	fake_error(fake, request->id, request->type == XS_DIRECTORY ? "E2BIG" : fake->mode ? "EINVAL" : "ENOSYS");
}

static void xenstored_without_parts(void **state)
{
	for (int mode = 0; mode < 2; mode++) {
		struct fake fake;
		char **names;
		size_t nr;

		fake_init(&fake, answer_no_parts);
		fake.mode = mode;
		assert_int_equal(xlite_store_list(fake.store, 0, "/x", &names, &nr, &err), -E2BIG);
		assert_non_null(strstr(err.message, "list /x"));
		fake_clear(&fake);
	}
}

static void list_that_never_rests(void **state)
{
	struct fake fake;
	char **names;
	size_t nr;

	fake_init(&fake, answer_changing);
	assert_int_equal(xlite_store_list(fake.store, 0, "/x", &names, &nr, &err), -EAGAIN);
	fake_clear(&fake);
	assert_true(fake.nr_requests < 100);
}

/* Whatever allocation fails: -ENOMEM or success, no crash, no leak (ASan), and it ends. */
static int with_failing_allocation(int n)
{
	struct xlite_store_batch *batch;
	struct fake fake;
	char *value = NULL, **names = NULL;
	size_t len, nr;
	int ret;

	fake_init(&fake, fake_plain);
	allocations_left = n;
	batch = xlite_store_batch_new();
	for (int i = 0; i < 100 && batch; i++)
		xlite_store_batch_read(batch, "/%d/a/path/of/some/length", i);
	if (batch)
		xlite_store_batch_list(batch, "/x");
	ret = batch ? xlite_store_batch_commit(fake.store, batch, clock_deadline_ms(5000), &err) : -ENOMEM;
	if (!ret)
		ret = xlite_store_watch(fake.store, "/w", "t", &err);
	if (!ret)
		ret = xlite_store_read(fake.store, 0, "/x", &value, &len, &err);
	if (!ret)
		ret = xlite_store_list(fake.store, 0, "/x", &names, &nr, &err);
	if (!ret)
		ret = xlite_store_unwatch(fake.store, "/w", "t", &err);
	allocations_left = -1;
	free(value);
	free(names);
	xlite_store_batch_free(batch);
	fake_clear(&fake);
	return ret;
}

static void every_allocation_fails_once(void **state)
{
	int n = 0, ret;

	for (;;) {
		ret = with_failing_allocation(n++);
		if (!ret)
			break;
		assert_int_equal(ret, -ENOMEM);
	}
	assert_true(n > 20);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, clear_error)
	const struct CMUnitTest tests[] = {
		CASE(commit_after_conflicts),
		CASE(commit_after_a_domain_has_gone), CASE(conflicts_until_the_deadline), CASE(failure_aborts),
		CASE(failure_without_transaction),
		CASE(transaction_is_no_number), CASE(lost_at_the_end), CASE(long_list), CASE(damaged_parts),
		CASE(xenstored_without_parts), CASE(list_that_never_rests), CASE(every_allocation_fails_once),
	};

	return cmocka_run_group_tests_name("store_commit", tests, NULL, NULL);
}
