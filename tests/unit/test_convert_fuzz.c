/* SPDX-License-Identifier: GPL-2.0-or-later
 * Files of xl's that nobody would write, made of words that it has and of damage: 20000 of them, 10^6 with XLITE_CHECK_LONG=1.
 * XLITE_FUZZ_SEED begins elsewhere.
 */
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
#include "xlite/convert/xl_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint64_t state;

/* xorshift64*: the same numbers everywhere. */
static uint32_t draw(uint32_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * UINT64_C(2685821657736338717)) >> 32) % below;
}

static const char *const values[] = {
	"'a'", "\"b\"", "1", "0", "'64'", "0x40", "010", "'all'", "'0-3,^1'", "'pvh'", "'hvm'", "'pv'", "'/k'",
		"'destroy'", "'restart'",
	"'preserve'", "'coredump-restart'", "''", "['']", "[]", "[[]]", "'7d6a2c49-6f0e-4c37-8a1f-3b1f4d0f5a55'",
		"'soft-reset'", "-1",
	"99999999999999999999", "'\\n'", "'\xc3\xa4'", "'\xe2\x80\xae'", "'pygrub'", "['1','2']",
};

static const char *const parts[] = {
	"/a", "/b", "raw", "qcow2", "vhd", "xvda", "xvdb1", "hdc:cdrom", "w", "ro", "w!", "phy:", "file:", "tap:aio:",
		"drbd:", "cdrom", "vdev=xvdc",
	"target=", "format=qcow2", "access=ro", "script=s", "backend=0", "mac=00:16:3e:00:00:01", "bridge=br0",
		"ip=10.0.0.1 fd00::1", "rate=10Mb/s@20ms",
	"mtu=1500", "vlan=7p", "script=vif-route", "gatewaydev=eth0", "untrusted", "=", ",", " ", "d1p2", "51712", "",
};

static const char *const marks[] = { "\n", ";", ",", "[", "]", "=", "+=", "#", "'", "\"", "\\", "\r\n", "\t", " ",
	"\x01", "\xff", "(", "name", "1" };

#define ANY(array) (array)[draw(ARRAY_SIZE(array))]

/* A list of texts of parts between commas. */
static void add_list(struct buf *out)
{
	uint32_t items = draw(4);

	buf_puts(out, "[");
	for (uint32_t i = 0; i < items; i++) {
		buf_puts(out, "'");
		for (uint32_t nr = draw(6); nr; nr--)
			buf_printf(out, "%s%s", ANY(parts), draw(6) ? "," : "");
		buf_puts(out, "',");
	}
	buf_puts(out, "]");
}

static void add_setting(struct buf *out)
{
	static const char *const often[] = { "name", "type", "kernel", "memory", "vcpus", "disk", "vif", "cpus",
		"on_crash", "extra", "maxmem" };
	size_t nr = xl_nr_keys + xl_nr_keys_hvm, i = draw((uint32_t)nr);
	const char *key = draw(2) ? ANY(often) : i < xl_nr_keys ? xl_keys[i].name : xl_keys_hvm[i - xl_nr_keys].name;
	bool list = !strcmp(key, "disk") || !strcmp(key, "vif") || !draw(10);

	buf_printf(out, "%s%s", key, draw(10) ? "=" : "+=");
	if (list && draw(10))
		add_list(out);
	else
		buf_puts(out, ANY(values));
	buf_puts(out, draw(8) ? "\n" : ";");
}

/* Bytes changed, left out and put in. */
static void damage(struct buf *text)
{
	for (uint32_t nr = draw(4); nr && text->len > 1; nr--) {
		uint32_t at = 1 + draw((uint32_t)text->len - 1);
		struct buf out = BUF_INIT;

		buf_add(&out, text->data, at);
		if (draw(3))
			buf_puts(&out, ANY(marks));
		if (draw(2) && at < text->len)
			at++;
		buf_add(&out, text->data + at, text->len - at);
		buf_clear(text);
		*text = out;
	}
}

static void make(struct buf *text)
{
	const char options = (char)draw(16);

	buf_add(text, &options, 1);
	if (draw(4))
		buf_puts(text, "name='a'\ntype='pvh'\nkernel='/k'\nmemory=64\n");
	for (uint32_t nr = draw(8); nr; nr--)
		add_setting(text);
	if (!draw(3))
		damage(text);
}

static void test_random(void **unused)
{
	const char *seed = getenv("XLITE_FUZZ_SEED"), *all = getenv("XLITE_CHECK_LONG");
	unsigned long inputs = all && *all == '1' ? 1000000 : 20000;

	state = seed && *seed ? strtoull(seed, NULL, 0) | 1 : 88172645463325252;
	for (unsigned long i = 0; i < inputs; i++) {
		struct buf text = BUF_INIT;

		make(&text);
		assert_false(text.failed);
		LLVMFuzzerTestOneInput((const uint8_t *)text.data, text.len);
		buf_clear(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_random) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
