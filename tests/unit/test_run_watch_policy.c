/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the watch does with a domain that has ended, over all codes and all words of the on_ keys; and its back-off.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <xen/xen.h>
#include <xen/sched.h>

#include "xlite/run/watch_policy.h"

#define LONGEST 300

static const enum cfg_action actions[] = {
	CFG_ACTION_DESTROY, CFG_ACTION_RESTART, CFG_ACTION_PRESERVE, CFG_ACTION_RENAME_RESTART, CFG_ACTION_COREDUMP_DESTROY,
	CFG_ACTION_COREDUMP_RESTART,
};
static const enum watch_deed deeds[] = { WATCH_REMOVE, WATCH_BUILD, WATCH_KEEP, WATCH_BUILD, WATCH_REMOVE, WATCH_BUILD };

/* The spec in which one key has this word, and every other one another that leads elsewhere. */
static struct cfg_domain spec_of(unsigned code, enum cfg_action action)
{
	enum cfg_action other = action == CFG_ACTION_PRESERVE ? CFG_ACTION_RESTART : CFG_ACTION_PRESERVE;
	struct cfg_domain spec = {
		.on_poweroff = other, .on_reboot = other, .on_crash = other, .on_watchdog = other, .on_soft_reset = other
	};

	switch (code) {
	case SHUTDOWN_poweroff: spec.on_poweroff = action; break;
	case SHUTDOWN_reboot: spec.on_reboot = action; break;
	case SHUTDOWN_crash: spec.on_crash = action; break;
	case SHUTDOWN_watchdog: spec.on_watchdog = action; break;
	case SHUTDOWN_soft_reset: spec.on_soft_reset = action; break;
	default: break;
	}
	return spec;
}

static void test_each_end(void **state)
{
	static const unsigned codes[] = {
		SHUTDOWN_poweroff, SHUTDOWN_reboot, SHUTDOWN_crash, SHUTDOWN_watchdog, SHUTDOWN_soft_reset,
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		for (size_t k = 0; k < sizeof(actions) / sizeof(actions[0]); k++) {
			struct cfg_domain spec = spec_of(codes[i], actions[k]);
			struct xlite_domain_info info = { .domid = 3, .shutdown = true, .shutdown_reason = codes[i] };

			assert_int_equal(watch_deed(&info, &spec), deeds[k]);
			info.dying = true;
			assert_int_equal(watch_deed(&info, &spec), WATCH_NOTHING);
			info = (struct xlite_domain_info){ .domid = 3, .shutdown_reason = codes[i] };
			assert_int_equal(watch_deed(&info, &spec), WATCH_NOTHING);
		}
	}
}

/* Whatever the keys say: a guest that is being saved must stay, and so must what nobody knows. */
static void test_left(void **state)
{
	for (unsigned code = 0; code < 256; code++) {
		struct xlite_domain_info info = { .domid = 3, .shutdown = true, .shutdown_reason = code };
		struct cfg_domain spec = { .on_poweroff = CFG_ACTION_RESTART,
					   .on_reboot = CFG_ACTION_RESTART,
					   .on_crash = CFG_ACTION_RESTART,
					   .on_watchdog = CFG_ACTION_RESTART,
					   .on_soft_reset = CFG_ACTION_RESTART };

		assert_int_equal(watch_deed(&info, &spec),
				 code == SHUTDOWN_suspend || code > SHUTDOWN_soft_reset ? WATCH_LEAVE : WATCH_BUILD);
	}
}

static void test_pause(void **state)
{
	static const unsigned wanted[] = { 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300 };

	for (unsigned nr = 0; nr < sizeof(wanted) / sizeof(wanted[0]); nr++)
		assert_int_equal(watch_pause_s(nr, LONGEST), wanted[nr]);
	assert_int_equal(watch_pause_s(33, 86400), 86400);
	assert_int_equal(watch_pause_s(4294967295u, 86400), 86400);
	assert_int_equal(watch_pause_s(5, 1), 1);
	assert_int_equal(watch_retry_s(0, LONGEST), 0);
	assert_int_equal(watch_retry_s(1, LONGEST), 1);
	assert_int_equal(watch_retry_s(9, LONGEST), 256);
	assert_int_equal(watch_retry_s(4294967295u, LONGEST), LONGEST);
}

static void test_wait(void **state)
{
	static const struct {
		struct xlite_record_ends ends;
		uint64_t now_s;
		unsigned wait_s;
	} cases[] = {
		{ { 0, 0 }, 0, 0 }, { { 0, 0 }, 5, 0 }, { { 1, 100 }, 100, 0 }, { { 2, 100 }, 100, 1 }, { { 2, 100 }, 101, 0 },
		{ { 8, 100 }, 100, 64 }, { { 8, 100 }, 163, 1 }, { { 8, 100 }, 164, 0 }, { { 50, 100 }, 101, 299 },
		/* A healthy stretch: twice the longest pause. */
		{ { 50, 100 }, 400, 0 }, { { 50, 100 }, 700, 0 },
		/* A time that has not come yet is damage: it waits no longer than if it was now. */
		{ { 4, 1000 }, 100, 4 }, { { 4, UINT64_MAX }, 100, 4 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(watch_wait_s(&cases[i].ends, LONGEST, cases[i].now_s), cases[i].wait_s);
}

static void test_count(void **state)
{
	struct xlite_record_ends ends = { 0, 0 };

	ends = watch_count(&ends, LONGEST, 50);
	assert_int_equal(ends.nr, 1);
	assert_true(ends.built_s == 50);
	ends = watch_count(&ends, LONGEST, 649);
	assert_int_equal(ends.nr, 2);
	ends = watch_count(&ends, LONGEST, 649 + 600);
	assert_int_equal(ends.nr, 1);
	assert_true(ends.built_s == 1249);
	ends = (struct xlite_record_ends){ 4294967295u, 1249 };
	ends = watch_count(&ends, LONGEST, 1250);
	assert_int_equal(ends.nr, 4294967295u);
}

/* A guest that ends at once, for a day, with whatever luck of the watch: no more builds than the pauses allow. */
static void test_loop(void **state)
{
	struct xlite_record_ends ends = { 0, 0 };
	unsigned builds = 0;

	for (uint64_t now_s = 1000; now_s < 1000 + 86400; now_s++) {
		if (watch_wait_s(&ends, LONGEST, now_s))
			continue;
		ends = watch_count(&ends, LONGEST, now_s);
		builds++;
	}
	assert_in_range(builds, 86400 / LONGEST, 86400 / LONGEST + 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_end), cmocka_unit_test(test_left),  cmocka_unit_test(test_pause),
		cmocka_unit_test(test_wait),     cmocka_unit_test(test_count), cmocka_unit_test(test_loop),
	};

	return cmocka_run_group_tests_name("run_watch_policy", tests, NULL, NULL);
}
