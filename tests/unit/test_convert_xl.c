/* SPDX-License-Identifier: GPL-2.0-or-later
 * Reading as xl reads: the same texts are given to libxlutil, which is xl's own parser (package libxen-dev), and what both
 * have read is compared. Where the conversion is meant to take more or less than xl, the comparison says so.
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
#include <libxlutil.h>

#include "common/auto.h"
#include "common/utf8.h"
#include "tests/fuzz/convert_gen.h"
#include "xlite/convert/xl_disk.h"
#include "xlite/convert/xl_file.h"
#include "xlite/convert/xl_key.h"
#include "xlite/convert/xl_vif.h"

#define TEXTS 10000

/* xl's parser forgets values of texts that are wrong. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libxlutil";
}

/* Where xl tells of errors, which are expected. */
static FILE *nowhere;

static int open_nowhere(void **state)
{
	nowhere = fopen("/dev/null", "we");
	convert_gen_seed(4711);
	return nowhere ? 0 : -1;
}

static int close_nowhere(void **state)
{
	return fclose(nowhere);
}

static void compare_value(const XLU_Config *xl, XLU_ConfigValue *theirs, const struct xl_value *ours, const char *text)
{
	XLU_ConfigList *list;
	char *string;
	size_t i = 0;

	if (ours->list != (xlu_cfg_value_type(theirs) == XLU_LIST))
		fail_msg("a list for one:\n%s", text);
	if (!ours->list) {
		xlu_cfg_value_get_string(xl, theirs, &string, 1);
		if (strcmp(string, ours->text))
			fail_msg("xl: `%s`, xlite: `%s`\n%s", string, ours->text, text);
		return;
	}
	xlu_cfg_value_get_list(xl, theirs, &list, 1);
	for (; i < ours->nr; i++) {
		if (!xlu_cfg_get_listitem2(list, (int)i))
			fail_msg("xl has only %zu of %zu items:\n%s", i, ours->nr, text);
		compare_value(xl, xlu_cfg_get_listitem2(list, (int)i), &ours->items[i], text);
	}
	if (xlu_cfg_get_listitem2(list, (int)i))
		fail_msg("xl has more than %zu items:\n%s", i, text);
}

struct comparison {
	const XLU_Config *xl;
	const struct xl_file *file;
	const char *text;
};

static int compare_key(const struct xl_key *key, void *ctx)
{
	const struct comparison *c = ctx;
	const struct xl_setting *ours = xl_file_get(c->file, key->name);
	const char *string;
	XLU_ConfigList *list;
	int no_list = xlu_cfg_get_list(c->xl, key->name, &list, NULL, 1);
	int no_string = xlu_cfg_get_string(c->xl, key->name, &string, 1);

	if (!ours != (no_list == ESRCH))
		fail_msg("%s is there for one:\n%s", key->name, c->text);
	if (!ours)
		return 0;
	if (ours->value.list != !no_list || ours->value.list == !no_string)
		fail_msg("%s is a list for one:\n%s", key->name, c->text);
	if (!ours->value.list && strcmp(string, ours->value.text))
		fail_msg("%s: xl: `%s`, xlite: `%s`\n%s", key->name, string, ours->value.text, c->text);
	for (size_t i = 0; ours->value.list && i < ours->value.nr; i++)
		compare_value(c->xl, xlu_cfg_get_listitem2(list, (int)i), &ours->value.items[i], c->text);
	if (ours->value.list && xlu_cfg_get_listitem2(list, (int)ours->value.nr))
		fail_msg("%s: xl has more items:\n%s", key->name, c->text);
	return 0;
}

/* Carriage returns are taken by xlite only; numbers behind a backslash, and what is not UTF-8, by xl. */
static bool meant_to_differ(const struct buf *text)
{
	return memchr(text->data, '\r', text->len) || memchr(text->data, '\\', text->len) ||
	       !utf8_valid(text->data, text->len);
}

static bool compare_text(const struct buf *text)
{
	struct report report = { .name = "text", .text = text->data, .len = text->len };
	struct xl_file file = { 0 };
	XLU_Config *xl = xlu_cfg_init(nowhere, "text");
	struct comparison comparison = { xl, &file, text->data };
	bool theirs = !xlu_cfg_readdata(xl, text->data, (int)text->len), ours;

	assert_int_equal(xl_file_parse(&file, &report), 0);
	ours = !report.counts[REPORT_ERROR];
	if (theirs != ours)
		fail_msg("%s takes it:\n%s", theirs ? "only xl" : "only xlite", text->data);
	if (ours)
		xl_key_each(compare_key, &comparison);
	xl_file_clear(&file);
	report_clear(&report);
	xlu_cfg_destroy(xl);
	return ours;
}

static void test_texts(void **state)
{
	unsigned taken = 0, compared = 0;

	for (unsigned i = 0; i < TEXTS; i++) {
		auto_buf struct buf text = BUF_INIT;

		convert_gen_text(&text);
		/* Without it a comment is an error to xl, and a quote at the very end is none. */
		buf_puts(&text, "\n");
		if (meant_to_differ(&text))
			continue;
		taken += compare_text(&text);
		compared++;
	}
	/* Both kinds are among them. */
	assert_true(compared > TEXTS / 2 && taken > TEXTS / 10 && taken < compared);
}

static bool same_text(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

static void compare_disk(const struct xl_disk *ours, const libxl_device_disk *theirs, const char *text)
{
	static const libxl_disk_format formats[] = {
		[XL_DISK_UNKNOWN] = LIBXL_DISK_FORMAT_RAW, [XL_DISK_RAW] = LIBXL_DISK_FORMAT_RAW,
		[XL_DISK_QCOW] = LIBXL_DISK_FORMAT_QCOW, [XL_DISK_QCOW2] = LIBXL_DISK_FORMAT_QCOW2,
		[XL_DISK_VHD] = LIBXL_DISK_FORMAT_VHD, [XL_DISK_QED] = LIBXL_DISK_FORMAT_QED,
		[XL_DISK_EMPTY] = LIBXL_DISK_FORMAT_EMPTY,
	};
	libxl_defbool discard = theirs->discard_enable;

	libxl_defbool_setdefault(&discard, true);
	if (!same_text(ours->target, theirs->pdev_path) || !same_text(ours->vdev, theirs->vdev) ||
	    !same_text(ours->script, theirs->script) || !same_text(ours->backend, theirs->backend_domname) ||
	    formats[ours->format] != theirs->format || ours->readonly != !theirs->readwrite ||
	    ours->cdrom != !!theirs->is_cdrom || ours->no_discard == libxl_defbool_val(discard) ||
	    ours->direct_io_safe != theirs->direct_io_safe)
		fail_msg("`%s`: xl: %s %s %s %s format %d write %d cdrom %d; xlite: %s %s %s %s format %d write %d cdrom %d",
			 text, theirs->pdev_path, theirs->vdev, theirs->script, theirs->backend_domname, (int)theirs->format,
			 theirs->readwrite, theirs->is_cdrom, ours->target, ours->vdev, ours->script, ours->backend,
			 (int)ours->format, !ours->readonly, ours->cdrom);
}

/* A disk that has neither a name nor, if it is no CD drive, a target: xl refuses them later. */
static bool refused_later(const libxl_device_disk *disk)
{
	return !disk->vdev || !*disk->vdev ||
	       (disk->format != LIBXL_DISK_FORMAT_EMPTY && (!disk->pdev_path || !*disk->pdev_path));
}

static void test_disks(void **state)
{
	XLU_Config *xl = xlu_cfg_init(nowhere, "text");
	unsigned taken = 0;

	for (unsigned i = 0; i < TEXTS * 5; i++) {
		auto_buf struct buf text = BUF_INIT, why = BUF_INIT;
		struct xl_disk ours = { 0 };
		libxl_device_disk theirs;
		const char *spec;
		bool takes, xl_takes;

		convert_gen_disk(&text);
		spec = buf_str(&text);
		/* xm's words, which only xlite takes; and xl does not look at a bad character at the very end. */
		if (strchr(spec, '!') || (text.len && spec[text.len - 1] == '='))
			continue;
		libxl_device_disk_init(&theirs);
		xl_takes = !xlu_disk_parse(xl, 1, &spec, &theirs);
		takes = !xl_disk_parse(&ours, spec, &why);
		if (xl_takes != takes && !(xl_takes && refused_later(&theirs)))
			fail_msg("`%s`: %s takes it: %s", spec, xl_takes ? "only xl" : "only xlite", buf_str(&why));
		if (takes && xl_takes)
			compare_disk(&ours, &theirs, spec);
		taken += takes;
		xl_disk_clear(&ours);
		libxl_device_disk_dispose(&theirs);
	}
	xlu_cfg_destroy(xl);
	assert_true(taken > 200);
}

static void test_rates(void **state)
{
	static const char *const numbers[] = {
		"", "0", "1", "8", "010", "0x10", "250", "10000", "4294967295", "4294967296", "99999999999999999999",
	};
	static const char *const units[] = {
		"b/s", "B/s", "Kb/s", "KB/s", "Mb/s", "MB/s", "Gb/s", "GB/s", "kb/s", "b", "/s", "Kb/sx", "",
	};
	static const char *const intervals[] = {
		"", "@", "@20ms", "@1s", "@50us", "@3", "@0", "@1ms1", "@1m", "@x", "@4294967296us", "@10000s",
	};
	XLU_Config *xl = xlu_cfg_init(nowhere, "text");

	for (size_t i = 0; i < ARRAY_SIZE(numbers) * ARRAY_SIZE(units) * ARRAY_SIZE(intervals); i++) {
		auto_buf struct buf text = BUF_INIT, rate = BUF_INIT;
		unsigned long long bps = 0, us = 50000;
		libxl_device_nic nic;
		bool takes, xl_takes;

		buf_printf(&text, "%s%s%s", numbers[i % ARRAY_SIZE(numbers)],
			   units[i / ARRAY_SIZE(numbers) % ARRAY_SIZE(units)],
			   intervals[i / ARRAY_SIZE(numbers) / ARRAY_SIZE(units)]);
		libxl_device_nic_init(&nic);
		errno = 0;
		xl_takes = !xlu_vif_parse_rate(xl, buf_str(&text), &nic);
		takes = !xl_vif_rate(buf_str(&text), &rate);
		sscanf(buf_str(&rate), "%llub/s@%lluus", &bps, &us);
		/* What the language does not take either. */
		if (takes != xl_takes && bps <= 100000000000 && us <= 1000000)
			fail_msg("%s: %s takes it", buf_str(&text), xl_takes ? "only xl" : "only xlite");
		if (takes && xl_takes &&
		    (us != nic.rate_interval_usecs || bps / 8 * us / 1000000 != nic.rate_bytes_per_interval))
			fail_msg("%s: xl: %llu bytes in %u us, xlite: %s", buf_str(&text),
				 (unsigned long long)nic.rate_bytes_per_interval, nic.rate_interval_usecs,
				 buf_str(&rate));
		libxl_device_nic_dispose(&nic);
	}
	xlu_cfg_destroy(xl);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_texts), cmocka_unit_test(test_disks),
					    cmocka_unit_test(test_rates) };

	return cmocka_run_group_tests(tests, open_nowhere, close_nowhere);
}
