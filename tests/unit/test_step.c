/* SPDX-License-Identifier: GPL-2.0-or-later
 * Steps forwards and back: what is run, what is undone, and that each undo that fails is told.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/auto.h"
#include "xlite/reconcile/step.h"

/* What the steps of a test did, one letter each. */
struct trace {
	char did[32];
	const struct host *host;	/* whose interruption undo_second must not see */
};

static void note(struct trace *trace, char what)
{
	trace->did[strlen(trace->did)] = what;
}

static int check_first(void *job, struct xlite_error *err)
{
	note(job, 'c');
	return 0;
}

static int run_first(void *job, struct xlite_error *err)
{
	note(job, '1');
	return 0;
}

static int undo_first(void *job, struct xlite_error *err)
{
	note(job, 'x');
	return xlite_error_set(err, -EIO, "the first is stuck");
}

static int run_second(void *job, struct xlite_error *err)
{
	note(job, '2');
	return 0;
}

static int undo_second(void *job, struct xlite_error *err)
{
	const struct trace *trace = job;

	note(job, trace->host && trace->host->interrupted ? '!' : 'y');
	return 0;
}

static int run_third(void *job, struct xlite_error *err)
{
	note(job, '3');
	xlite_error_set(err, -ENOMEM, "no room");
	xlite_error_hint(err, "make room");
	return -ENOMEM;
}

static int undo_third(void *job, struct xlite_error *err)
{
	note(job, 'z');
	return xlite_error_set(err, -EBUSY, "the third is in use");
}

static int undo_wordy(void *job, struct xlite_error *err)
{
	char text[600];

	memset(text, 'w', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	return xlite_error_set(err, -EBUSY, "%s", text);
}

static int refuse(void *job, struct xlite_error *err)
{
	return xlite_error_set(err, -EPERM, "refused");
}

static void test_all_undos_told(void **state)
{
	static const struct step steps[] = {
		{ "first", check_first, run_first, undo_first },
		{ "second", NULL, run_second, undo_second },
		{ "third", NULL, run_third, undo_third },
		{ NULL, NULL, NULL, NULL },
	};
	struct trace trace = { .did = "" };
	struct xlite_error err = { 0 };
	struct host host = { 0 };

	assert_int_equal(steps_walk(&host, "web1", steps, &trace, "try `xlite delete web1'", &err), -ENOMEM);
	assert_string_equal(trace.did, "c123zyx");
	assert_string_equal(err.message, "no room");
	assert_string_equal(err.hint, "make room");
	assert_string_equal(err.left,
			    "step third (the third is in use), step first (the first is stuck); try `xlite delete web1'");
}

/* What is to be done is said however much the undos have to say. */
static void test_long_words(void **state)
{
	static const struct step steps[] = {
		{ "first", NULL, run_first, undo_wordy },
		{ "third", NULL, run_third, undo_wordy },
		{ NULL, NULL, NULL, NULL },
	};
	struct trace trace = { .did = "" };
	struct xlite_error err = { 0 };
	struct host host = { 0 };

	assert_int_equal(steps_walk(&host, "web1", steps, &trace, "AGAIN", &err), -ENOMEM);
	assert_non_null(strstr(err.left, "www...; AGAIN"));
}

static void test_check_and_success(void **state)
{
	static const struct step refused[] = {
		{ "first", check_first, run_first, undo_first },
		{ "second", refuse, run_second, undo_second },
		{ NULL, NULL, NULL, NULL },
	};
	static const struct step good[] = {
		{ "first", check_first, run_first, undo_first },
		{ "none", NULL, NULL, NULL },
		{ "second", NULL, run_second, undo_second },
		{ NULL, NULL, NULL, NULL },
	};
	struct trace trace = { .did = "" };
	struct xlite_error err = { 0 };
	struct host host = { 0 };

	assert_int_equal(steps_walk(&host, "web1", refused, &trace, "AGAIN", &err), -EPERM);
	assert_string_equal(trace.did, "c");
	assert_string_equal(err.left, "");
	memset(&trace, 0, sizeof(trace));
	assert_int_equal(steps_walk(&host, "web1", good, &trace, "AGAIN", NULL), 0);
	assert_string_equal(trace.did, "c12");
}

static void test_interrupted(void **state)
{
	static const struct step steps[] = {
		{ "second", NULL, run_second, undo_second },
		{ NULL, NULL, NULL, NULL },
	};
	const volatile int now = 1;
	struct host host = { .interrupted = &now };
	struct trace trace = { .did = "", .host = &host };
	struct xlite_error err = { 0 };

	assert_int_equal(steps_walk(&host, "web1", steps, &trace, "AGAIN", &err), -EINTR);
	assert_string_equal(trace.did, "y");
	assert_ptr_equal(host.interrupted, &now);
}

static void test_left_is_bounded(void **state)
{
	struct xlite_error err = { 0 };

	xlite_error_left(NULL, "nothing");
	xlite_error_left(&err, "one");
	xlite_error_left(&err, "two %d", 2);
	assert_string_equal(err.left, "one; two 2");
	for (int i = 0; i < 1000; i++)
		xlite_error_left(&err, "and so on");
	assert_int_equal(strlen(err.left), sizeof(err.left) - 1);
	assert_string_equal(err.left + sizeof(err.left) - 4, "...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_undos_told),
		cmocka_unit_test(test_long_words),
		cmocka_unit_test(test_check_and_success),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_left_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
