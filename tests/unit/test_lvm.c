/* SPDX-License-Identifier: GPL-2.0-or-later
 * hotplug/lvm.c: what is understood of the reports that two releases of LVM gave in the lab (tests/unit/lvm), and of
 * broken ones.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/auto.h"
#include "common/buf.h"
#include "hotplug/lvm.h"

#define MIB (UINT64_C(1) << 20)

static const char *const reports[] = { "report-2.03.16.json", "report-2.03.31.json" };

static void load(const char *name, struct buf *text)
{
	const char *top = getenv("srcdir");
	char path[512];
	FILE *file;
	char part[4096];
	size_t n;

	snprintf(path, sizeof(path), "%s/tests/unit/lvm/%s", top ? top : ".", name);
	file = fopen(path, "r");
	assert_non_null(file);
	while ((n = fread(part, 1, sizeof(part), file)) > 0)
		buf_add(text, part, n);
	fclose(file);
}

static void has(const struct hotplug_lvm *group, const char *name, uint64_t mib, char kind, bool active, bool open,
		const char *extents)
{
	const struct hotplug_lv *lv = hotplug_lvm_find(group, name);

	assert_non_null(lv);
	assert_int_equal(lv->bytes, mib * MIB);
	assert_int_equal(lv->kind, kind);
	assert_int_equal(lv->active, active);
	assert_int_equal(lv->open, open);
	assert_string_equal(lv->extents, extents);
}

static void test_reports(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(reports); i++) {
		auto_buf struct buf text = BUF_INIT;
		struct hotplug_lvm group;
		const char *why;

		load(reports[i], &text);
		assert_int_equal(hotplug_lvm_parse(buf_str(&text), "vg-x", &group, NULL), 0);
		assert_string_equal(group.vg, "vg-x");
		assert_int_equal(group.extent, MIB);
		assert_int_equal(group.free, 84 * MIB);
		assert_int_equal(group.nr, 5);
		has(&group, "base", 10, 'V', true, false, "");
		has(&group, "other", 4, '-', true, true, "/dev/loop0:14-17");
		has(&group, "root", 6, '-', true, false, "/dev/loop0:10-13 /dev/loop0:18-19");
		has(&group, "striped", 4, '-', false, false, "/dev/loop0:20-21 /dev/loop1:2-3");
		assert_string_equal(hotplug_lvm_find(&group, "base")->thin_pool, "thin");
		assert_string_equal(hotplug_lvm_find(&group, "root")->thin_pool, "");
		assert_true(hotplug_lvm_find(&group, "root")->linear);
		assert_false(hotplug_lvm_find(&group, "striped")->linear);
		assert_true(hotplug_lvm_is_disk(hotplug_lvm_find(&group, "base"), &why));
		assert_false(hotplug_lvm_is_disk(hotplug_lvm_find(&group, "thin"), &why));
		assert_null(hotplug_lvm_find(&group, "roo"));
		assert_int_equal(hotplug_lvm_round(&group, 0), 0);
		assert_int_equal(hotplug_lvm_round(&group, 1), MIB);
		assert_int_equal(hotplug_lvm_round(&group, 3 * MIB), 3 * MIB);
		hotplug_lvm_clear(&group);
	}
}

/* Cut off anywhere it is no report; with any byte changed it is one, or none. */
static void test_broken(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(reports); i++) {
		auto_buf struct buf text = BUF_INIT;
		struct xlite_error err = { 0 };
		struct hotplug_lvm group;
		size_t end;

		load(reports[i], &text);
		end = (size_t)(strrchr(text.data, '}') - text.data);
		for (size_t len = 0; len <= end; len += 7) {
			auto_free char *cut = strndup(text.data, len);

			assert_int_equal(hotplug_lvm_parse(cut, "vg-x", &group, &err), -EPROTO);
			assert_null(group.vg);
		}
		for (size_t at = 0; at < end; at++) {
			char was = text.data[at];

			text.data[at] = (char)(was == '9' ? 'x' : was == '"' ? ' ' : was + 1);
			if (!hotplug_lvm_parse(buf_str(&text), "vg-x", &group, NULL))
				hotplug_lvm_clear(&group);
			text.data[at] = was;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_reports), cmocka_unit_test(test_broken) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
