/* SPDX-License-Identifier: GPL-2.0-or-later
 * hotplug/program.c, with the host's shell as the program: what is kept of its words, what ends it, and what does not.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/program.h"

struct said {
	int rc, status;
	struct buf out, errors;
};

static struct said run(bool through, const char *script, size_t out_max, int64_t deadline_ns)
{
	struct said said = { .out = BUF_INIT };
	struct program sh = { "sh", "dash", .in = -1, .out_max = out_max, .out = &said.out, .errors = BUF_INIT };
	const char *const args[] = { "sh", "-c", script, NULL };

	said.rc = through ? program_run_through(&sh, args, &said.status) : program_run(&sh, args, deadline_ns, &said.status);
	program_first_line(&sh.errors);
	said.errors = sh.errors;
	return said;
}

static void check(struct said said, int rc, int code, const char *out, const char *errors)
{
	assert_int_equal(said.rc, rc);
	if (!rc) {
		assert_true(WIFEXITED(said.status));
		assert_int_equal(WEXITSTATUS(said.status), code);
		assert_string_equal(buf_str(&said.out), out);
		assert_string_equal(buf_str(&said.errors), errors);
	}
	buf_clear(&said.out);
	buf_clear(&said.errors);
}

static void test_words(void **state)
{
	for (int through = 0; through < 2; through++) {
		check(run(through, "echo yes", 100, INT64_MAX / 2), 0, 0, "yes\n", "");
		check(run(through, "printf '\\n  no\\033[1m\\nmore\\n' >&2; exit 5", 100, INT64_MAX / 2), 0, 5, "", "no?[1m");
		check(run(through, "printf 12345", 5, INT64_MAX / 2), 0, 0, "12345", "");
		check(run(through, "printf 123456", 5, INT64_MAX / 2), -E2BIG, 0, "", "");
		/* More than a pipe holds. */
		check(run(through, "head -c 200000 /dev/zero >&2; printf x", 5, INT64_MAX / 2), 0, 0, "x", "");
	}
}

static void test_missing(void **state)
{
	struct program none = { "no-such-program", "nothing", .in = -1, .errors = BUF_INIT };
	const char *const args[] = { "no-such-program", NULL };
	struct xlite_error err = { 0 };
	int status;

	assert_int_equal(program_run(&none, args, INT64_MAX / 2, &status), -ENOENT);
	assert_int_equal(program_run_through(&none, args, &status), -ENOENT);
	assert_int_equal(program_missing(&none, &err), -ENOENT);
	assert_non_null(strstr(err.hint, "apt-get install nothing"));
}

static void test_deadline(void **state)
{
	check(run(false, "sleep 600", 5, clock_deadline_ms(50)), -ETIMEDOUT, 0, "", "");
}

/* It comes to its end, words and all, when who waits for it is killed. */
static void test_goes_on(void **state)
{
	char folder[] = "/tmp/xlite-program-XXXXXX", script[256], file[64];
	int tries = 600;
	pid_t pid;

	assert_non_null(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/begun", folder);
	snprintf(script, sizeof(script),
		 "cd %s; : >begun; while [ ! -e go ]; do sleep 0.05; done; echo a; echo b >&2; echo c; : >done", folder);
	pid = fork();
	if (!pid) {
		run(true, script, 100, 0);
		_exit(0);
	}
	while (access(file, F_OK) && tries--)
		usleep(50000);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	snprintf(script, sizeof(script), ": >%s/go; for i in $(seq 600); do [ ! -e %s/done ] || break; sleep 0.05; done; ls %s; rm -r %s",
		 folder, folder, folder, folder);
	check(run(true, script, 100, 0), 0, 0, "begun\ndone\ngo\n", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_words), cmocka_unit_test(test_missing),
					    cmocka_unit_test(test_deadline), cmocka_unit_test(test_goes_on) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
