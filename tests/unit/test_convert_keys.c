/* SPDX-License-Identifier: GPL-2.0-or-later
 * The table of xl.cfg's keys, whole; and names of disks, rates and MAC addresses as xl writes them.
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
#include "tests/unit/convert_outcome.h"
#include "xlite/convert/xl_disk.h"
#include "xlite/convert/xl_key.h"
#include "xlite/convert/xl_vif.h"

/* Xen's releases know these keys (tests/convert/keys.txt), and so does the table, which knows no others. */
static void test_keys(void **state)
{
	auto_buf struct buf path = BUF_INIT;
	auto_fclose FILE *file = NULL;
	char line[256], name[64], release[16];
	size_t nr = 0;

	buf_printf(&path, "%s/tests/convert/keys.txt", getenv("TOP") ? getenv("TOP") : ".");
	file = fopen(buf_str(&path), "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (*line == '#' || sscanf(line, "%63s %15s", name, release) != 2)
			continue;
		nr++;
		if (!xl_key_find(name))
			fail_msg("%s, of Xen %s, is not in the table", name, release);
	}
	assert_int_equal(nr, xl_nr_keys + xl_nr_keys_hvm);
}

/* A value that is lost, or taken over: none may be without an effect or a word. */
static const char *value_of(const struct xl_key *key, bool hvm)
{
	static const struct { const char *name, *value; } of_hvm[] = {
		{ "type", "'pvh'" }, { "bios", "'ovmf'" }, { "firmware", "'uefi'" }, { "boot", "'d'" }, { "vga", "'stdvga'" },
		{ "usbdevice", "'tablet'" }, { "hpet", "0" }, { "bootloader", "'pygrub'" },
	};
	static const struct { const char *name, *value; } values[] = {
		{ "name", "'b'" }, { "uuid", "'7d6a2c49-6f0e-4c37-8a1f-3b1f4d0f5a55'" }, { "type", "'hvm'" },
		  { "builder", "'hvm'" },
		{ "cpus", "'3'" }, { "memory", "'77'" }, { "maxmem", "'77'" }, { "kernel", "'/other'" }, { "ramdisk",
		  "'/other'" },
		{ "on_poweroff", "'preserve'" }, { "on_reboot", "'preserve'" }, { "on_crash", "'preserve'" },
		  { "on_watchdog", "'preserve'" },
		{ "on_soft_reset", "'preserve'" }, { "disk", "['/a,,xvda']" }, { "vif", "['']" },
		  { "max_grant_version", "2" },
		{ "bootloader", "'pygrub';kernel='';disk=['/a,,xvda']" },
		{ "firmware", "'pvgrub64';kernel='';disk=['/a,,xvda']" },
	};

	for (size_t i = 0; hvm && i < ARRAY_SIZE(of_hvm); i++) {
		if (!strcmp(of_hvm[i].name, key->name))
			return of_hvm[i].value;
	}
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		if (!strcmp(values[i].name, key->name))
			return values[i].value;
	}
	return "'7'";
}

/* Of a PVH guest, and where ctx is there of an HVM guest. */
static int account_for(const struct xl_key *key, void *ctx)
{
	static const struct convert_options options = { .all = true };
	auto_buf struct buf text = BUF_INIT, told = BUF_INIT;
	const char *to = ctx && key->hvm.to ? key->hvm.to : key->to;
	bool own = ctx && key->hvm.why;
	enum report_kind kind = own ? key->hvm.kind : key->kind;
	struct outcome out;

	buf_printf(&text, "%s%s=%s", ctx ? HVM_BASE : BASE, key->name, value_of(key, ctx));
	convert_text(buf_str(&text), &options, &out);
	buf_printf(&told, ": %s: ", key->name);
	if (!out.refused && !strstr(buf_str(&out.report), buf_str(&told)))
		fail_msg("%s: the report does not have it:\n%s", key->name, buf_str(&out.report));
	if (to && !out.refused && strcmp(key->name, "builder") && !strcmp(buf_str(&out.yaml), ctx ? HVM_YAML : BASE_YAML))
		fail_msg("%s: is called taken over, and changes nothing\n%s", key->name, buf_str(&out.report));
	if (ctx && to && out.refused && strcmp(to, "firmware"))
		fail_msg("%s: refused\n%s", key->name, buf_str(&out.report));
	if (!to && !out.refused == (kind >= REPORT_GUEST && key->types & (ctx ? XL_HVM : XL_PVH)))
		fail_msg("%s: refused %d\n%s", key->name, out.refused, buf_str(&out.report));
	assert_true(key->to || key->why || key->types == XL_ARM || !(key->types & XL_PVH));
	assert_true(key->types & XL_PVH || !(key->types & XL_HVM) || !key->hvm.to == !!key->hvm.why);
	outcome_clear(&out);
	return 0;
}

static void test_account(void **state)
{
	int hvm = 1;

	assert_int_equal(xl_key_each(account_for, NULL), 0);
	assert_int_equal(xl_key_each(account_for, &hvm), 0);
}

static void test_vdevs(void **state)
{
	static const struct { const char *from, *to; } cases[] = {
		{ "xvda", "xvda" }, { "/dev/xvdb1", "xvdb1" }, { "d0", NULL }, { "d0p0", "xvda" }, { "d27p3",
		  "xvdab3" }, { "d701p1", "xvdzz1" },
		{ "d702p1", NULL }, { "d0p256", NULL }, { "d0p1x", NULL }, { "51712", "xvda" }, { "0xca11", "xvdb1" },
		  { "268439552", "xvdq" },
		{ "768", "hda" }, { "833", "hdb1" }, { "5632", "hdc" }, { "2049", "sda1" }, { "1", NULL },
		  { "99999999999999999999", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_free char *name = xl_disk_vdev(cases[i].from);

		if (!name != !cases[i].to || (name && strcmp(name, cases[i].to)))
			fail_msg("%s: %s", cases[i].from, name ? name : "none");
	}
}

static void test_rates(void **state)
{
	static const struct { const char *from, *to; } cases[] = {
		{ "10Mb/s", "10000000b/s" }, { "10MB/s", "80000000b/s" }, { "8000b/s", "8000b/s" }, { "1Gb/s@20ms",
		  "1000000000b/s@20000us" },
		{ "1KB/s@50us", "8000b/s@50us" }, { "1KB/s@2s", "8000b/s@2000000us" }, { "1KB/s@3",
		  "8000b/s@3000000us" }, { "010Kb/s", "8000b/s" },
		{ "0Kb/s", NULL }, { "", NULL }, { "Kb/s", NULL }, { "-1Kb/s", NULL }, { "1kb/s", NULL }, { "1Kb",
		  NULL }, { "1Kb/s ", NULL },
		{ "1KKb/s", NULL }, { "1Kb/s@", NULL }, { "1Kb/s@x", NULL }, { "1Kb/s@0", NULL }, { "1Kb/s@1ms1",
		  NULL }, { "5000000000b/s", NULL },
		{ "99999999999999999999b/s", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_buf struct buf rate = BUF_INIT;
		const char *fault = xl_vif_rate(cases[i].from, &rate);

		if (!fault != !!cases[i].to || (cases[i].to && strcmp(buf_str(&rate), cases[i].to)))
			fail_msg("%s: %s %s", cases[i].from, buf_str(&rate), fault ? fault : "");
	}
}

static void test_macs(void **state)
{
	static const struct { const char *from, *to; } cases[] = {
		{ "00:16:3E:01:02:ff", "00:16:3e:01:02:ff" }, { "0:16:3e:1:2:3", "00:16:3e:01:02:03" },
		  { "0-16-3e-1-2-3", "00:16:3e:01:02:03" },
		{ "00:16:3e:01:02", NULL }, { "00:16:3e:01:02:", NULL }, { "", NULL }, { "00:16:3e:01:02:100", NULL },
		  { "g0:16:3e:01:02:00", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char mac[18] = "";
		bool good = xl_vif_mac(cases[i].from, mac);

		if (good != !!cases[i].to || (good && strcmp(mac, cases[i].to)))
			fail_msg("%s: %s", cases[i].from, mac);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),  cmocka_unit_test(test_account), cmocka_unit_test(test_vdevs),
		cmocka_unit_test(test_rates), cmocka_unit_test(test_macs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
