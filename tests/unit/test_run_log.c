/* SPDX-License-Identifier: GPL-2.0-or-later
 * The line of the host's log: what is in it, and that nobody can put a second one into it. tests/lab/log.bats has what
 * is logged when.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "xlite/run/log.h"

static const struct run_log who = { .user = "anna", .command = "apply --set=prod web1.yaml" };

static void check(const struct run_log *log, const struct run_log_entry *entry, const char *wanted)
{
	struct buf line = BUF_INIT;

	run_log_format(log, entry, &line);
	assert_string_equal(buf_str(&line), wanted);
	buf_clear(&line);
}

static void test_created(void **state)
{
	check(&who, &(struct run_log_entry){ .kind = "domain", .name = "web1", .result = "created", .domid = 5 },
	      "user=anna object=domain/web1 result=created domid=5 command=\"apply --set=prod web1.yaml\"");
}

static void test_from(void **state)
{
	struct run_log log = { .user = "root", .command = "pause a", .from = "bob@laptop: pause a" };

	check(&log, &(struct run_log_entry){ .kind = "domain", .name = "a", .result = "rebooted", .domid = 9, .was = 7 },
	      "user=root object=domain/a result=rebooted domid=9 was=7 command=\"pause a\" from=\"bob@laptop: pause a\"");
}

static void test_changes(void **state)
{
	char path[] = "/srv/a-very-long-name-of-a-file-that-somebody-has-given-to-a-disk-image.img", none[] = "secret=1";
	struct cfg_diff diffs[] = {
		{ .path = "memory.target",
		  .before = (char *)"256MiB",
		  .after = (char *)"192MiB",
		  .how = '~',
		  .change = CFG_LIVE },
		{ .path = "vbds[xvdb]", .after = path, .how = '+', .change = CFG_HOTPLUG },
		{ .path = "vcpus.max", .before = (char *)"1", .after = (char *)"2", .how = '~', .change = CFG_ON_REBOOT },
		{ .path = "cmdline", .before = none, .how = '-', .change = CFG_ON_REBOOT },
	};
	struct cfg_domain want = { 0 };
	struct plan_item item = { .action = PLAN_CHANGE, .want = &want, .diffs = diffs, .nr_diffs = 4 };

	check(&who, &(struct run_log_entry){ .kind = "domain", .name = "web1", .result = "changed", .domid = 5, .item = &item },
	      "user=anna object=domain/web1 result=changed domid=5 command=\"apply --set=prod web1.yaml\" "
	      "changes=\"memory.target: 256MiB -> 192MiB; + vbds[xvdb]: /srv/a-very-long-name-of-a-file-that-somebody-has-given-to-a...; "
	      "vcpus.max: 1 -> 2 (at its next boot); - cmdline (at its next boot)\"");
}

static void test_reason(void **state)
{
	struct plan_item item = { .action = PLAN_RESTART, .reason = "it has crashed" };

	check(&who,
	      &(struct run_log_entry){
		      .kind = "domain", .name = "web1", .result = "created", .domid = 6, .was = 5, .item = &item },
	      "user=anna object=domain/web1 result=created domid=6 was=5 command=\"apply --set=prod web1.yaml\" reason=\"it has crashed\"");
}

static void test_failed(void **state)
{
	struct xlite_error err = { 0 };

	xlite_error_set(&err, -ENOENT, "web1: disk xvda: open \"/srv/a\\b.img\"");
	xlite_error_left(&err, "remove the nodes");
	check(&who, &(struct run_log_entry){ .kind = "domain", .name = "web1", .result = "failed", .err = &err },
	      "user=anna object=domain/web1 result=failed command=\"apply --set=prod web1.yaml\" "
	      "error=\"web1: disk xvda: open \\\"/srv/a\\\\b.img\\\"\" not_undone=\"remove the nodes\"");
}

/* xl takes any name, and so does a user for the name of his file. */
static void test_forged(void **state)
{
	struct run_log log = { .user = "x result=created", .command = "destroy a\n<29>xlite[1]: user=root\r\033[2J\x9b" };

	check(&log,
	      &(struct run_log_entry){
		      .kind = "domain", .name = "a\" result=\"created\nuser=root", .result = "destroyed" },
	      "user=\"x result=created\" object=\"domain/a\\\" result=\\\"created\\nuser=root\" result=destroyed "
	      "command=\"destroy a\\n<29>xlite[1]: user=root\\x0d\\x1b[2J\\x9b\"");
	/* A right-to-left override, a line separator and a space of no width; letters stay what they are. */
	check(&who, &(struct run_log_entry){ .kind = "domain", .name = "\u202e\u2028\u200b\u00fcber", .result = "paused" },
	      "user=anna object=\"domain/\\xe2\\x80\\xae\\xe2\\x80\\xa8\\xe2\\x80\\x8b\u00fcber\" result=paused "
	      "command=\"apply --set=prod web1.yaml\"");
	check(&(struct run_log){ .user = "", .command = "list" }, &(struct run_log_entry){ .result = "failed" },
	      "user=\"\" result=failed command=list");
}

/* Cut values still end with a quote, and between characters. */
static void test_long(void **state)
{
	char name[2000];
	struct run_log log = { .user = "root", .command = "delete x" };
	struct buf line = BUF_INIT;

	memset(name, '"', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	run_log_format(&log, &(struct run_log_entry){ .kind = "domain", .name = name, .result = "deleted" }, &line);
	assert_in_range(line.len, 200, 400);
	assert_non_null(strstr(buf_str(&line), "\\\"\\\"...\" result=deleted command=\"delete x\""));
	buf_clear(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_created), cmocka_unit_test(test_from),   cmocka_unit_test(test_changes),
		cmocka_unit_test(test_reason),  cmocka_unit_test(test_failed), cmocka_unit_test(test_forged),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests_name("run_log", tests, NULL, NULL);
}
