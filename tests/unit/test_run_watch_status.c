/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the watch remembers of the domains that have ended, and tells of itself.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xlite/run/watch_domains.h"
#include "xlite/run/watch_metrics.h"
#include "xlite/run/watch_status.h"

#define LONGEST 300

static const uint8_t uuid[16] = {
	0x3e, 0x5b, 0x2b, 0x70, 0x0a, 0x4a, 0x45, 0x2b, 0xa2, 0x27, 0xf4, 0x52, 0xaf, 0x80, 0xa8, 0xf3,
};

/* A word of the process that did it, a failure, and what is said once. */
static void test_memory(void **state)
{
	struct watched item = { .name = (char *)"a",
				.ended = true,
				.deed = WATCH_BUILD,
				.told = "it has crashed",
				.ends = { 3, 100 },
				.due_s = 102 };
	struct watch_domains domains = { .items = &item, .nr = 1, .longest_s = LONGEST };
	struct watch_word word = { .text = "done" };
	char text[256];

	memcpy(item.uuid, uuid, 16);
	memcpy(word.uuid, uuid, 16);
	assert_true(watch_domains_due_s(&domains) == 102);
	assert_true(watch_domains_say(&item, 100, text, sizeof(text)));
	assert_string_equal(
		text,
		"a: it has crashed (4 ends in a row): it is built anew in 2 s, and from now on less and less often");
	assert_false(watch_domains_say(&item, 100, text, sizeof(text)));
	/* Not due yet: the process was not to do it. */
	watch_domains_try(&domains, 101);
	watch_domains_tried(&domains, 101);
	assert_int_equal(item.fails, 0);
	/* It died, or did nothing. */
	watch_domains_try(&domains, 102);
	watch_domains_tried(&domains, 103);
	assert_int_equal(item.fails, 1);
	assert_true(watch_domains_due_s(&domains) == 104);
	/* It says that it failed, and why. */
	watch_domains_try(&domains, 104);
	word.failed = true;
	watch_domains_take(&domains, &word, 105);
	watch_domains_tried(&domains, 105);
	assert_int_equal(item.fails, 2);
	assert_string_equal(item.last, "done");
	/* It did it. */
	word.failed = false;
	watch_domains_take(&domains, &word, 110);
	assert_int_equal(item.fails, 0);
	assert_int_equal(item.ends.nr, 4);
	assert_true(item.ends.built_s == 110);
	assert_false(watch_domains_say(&item, 110, text, sizeof(text)));
	/* Nothing is due of what is kept, or runs. */
	item = (struct watched){ .name = (char *)"a",
				 .ended = true,
				 .deed = WATCH_KEEP,
				 .told = "it has shut down",
				 .policy = "on_poweroff" };
	assert_true(watch_domains_due_s(&domains) == UINT64_MAX);
	assert_true(watch_domains_say(&item, 5, text, sizeof(text)));
	assert_string_equal(text, "a: it has shut down, and is kept for inspection (on_poweroff: preserve)");
	item.ended = false;
	item.deed = WATCH_BUILD;
	assert_true(watch_domains_due_s(&domains) == UINT64_MAX);
}

/* What a service manager shows: with --drift=warn the host differs, and nothing has failed. */
static void test_status_line(void **state)
{
	static const struct {
		struct watch_applied applied;
		const char *end;
	} cases[] = {
		{ { .status = 1 }, "0 kept for inspection" }, { { .known = true }, "0 kept for inspection" },
		{ { .known = true, .status = XLITE_DIFFERS }, "; the host differs from the files" },
		{ { .known = true, .status = XLITE_FAILED }, "; the files could not be applied as a whole" },
		{ { .known = true, .status = -9 }, "; the files could not be applied as a whole" },
	};
	struct watch_domains domains = { .longest_s = LONGEST };
	char text[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].end);

		watch_status_line(&domains, &cases[i].applied, text, sizeof(text));
		assert_true(strlen(text) > len);
		assert_string_equal(text + strlen(text) - len, cases[i].end);
	}
}

/* The file as a whole: names, types, and a label that holds what ends one. */
static void test_metrics(void **state)
{
	struct watched items[] = {
		{ .name = (char *)"a\"b\\", .ended = true, .deed = WATCH_BUILD, .ends = { 3, 100 } },
		{ .name = (char *)"c", .ended = true, .deed = WATCH_KEEP },
		{ .name = (char *)"d", .deed = WATCH_BUILD, .ends = { 1, 100 } },
	};
	struct watch_domains domains = { .items = items, .nr = 3, .nr_built = 7, .nr_removed = 2, .nr_failed = 1 };
	struct watch_applied applied = { .known = true, .status = 65, .real_s = 1700000100 };
	char path[] = "/tmp/xlite-metrics-XXXXXX", nowhere[] = "/nonexistent/metrics";
	struct watch_metrics metrics = { .path = path, .began = 1700000000 };
	struct xlite_error err = { 0 };
	struct buf text = BUF_INIT;
	struct stat before, after;
	int fd = mkstemp(path);
	mode_t mask;

	watch_metrics_print(&domains, &applied, 1700000000, &text);
	assert_non_null(strstr(buf_str(&text), "# HELP xlite_watch_builds_total Domains that were built anew after their end.\n"
					       "# TYPE xlite_watch_builds_total counter\nxlite_watch_builds_total 7\n"));
	assert_non_null(strstr(buf_str(&text), "\nxlite_watch_removals_total 2\n"));
	assert_non_null(strstr(buf_str(&text), "\nxlite_watch_failures_total 1\n"));
	assert_non_null(strstr(buf_str(&text), "\nxlite_watch_ended_domains{deed=\"build\"} 1\n"));
	assert_non_null(strstr(buf_str(&text), "\nxlite_watch_ended_domains{deed=\"keep\"} 1\n"));
	assert_non_null(strstr(buf_str(&text), "\nxlite_watch_builds_in_a_row{domain=\"a\\\"b\\\\\"} 3\n"
					       "xlite_watch_builds_in_a_row{domain=\"d\"} 1\n"));
	assert_non_null(strstr(buf_str(&text), "\nxlite_watch_files_status 65\n"));
	assert_non_null(strstr(buf_str(&text), "gauge\nxlite_watch_start_time_seconds 1700000000\n"));
	/* Another file, once, as long as nothing changes; for others than root to read. */
	mask = umask(0077);
	assert_int_equal(watch_metrics_update(&metrics, &domains, &applied, &err), 0);
	umask(mask);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(before.st_mode & 07777, 0644);
	assert_int_equal(before.st_size, text.len);
	assert_int_equal(watch_metrics_update(&metrics, &domains, &applied, &err), 0);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	domains.nr_built++;
	assert_int_equal(watch_metrics_update(&metrics, &domains, &applied, &err), 0);
	assert_int_equal(stat(path, &after), 0);
	assert_int_not_equal(before.st_ino, after.st_ino);
	watch_metrics_end(&metrics);
	assert_int_not_equal(access(path, F_OK), 0);
	/* Told once. */
	metrics = (struct watch_metrics){ .path = nowhere };
	assert_int_equal(watch_metrics_update(&metrics, &domains, &applied, &err), -ENOENT);
	assert_int_equal(watch_metrics_update(&metrics, &domains, &applied, &err), 0);
	watch_metrics_end(&metrics);
	buf_clear(&text);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory), cmocka_unit_test(test_status_line), cmocka_unit_test(test_metrics),
	};

	return cmocka_run_group_tests_name("run_watch_status", tests, NULL, NULL);
}
