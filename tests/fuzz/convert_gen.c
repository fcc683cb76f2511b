/* SPDX-License-Identifier: GPL-2.0-or-later
 * Texts like xl's configurations, and damaged ones. The same seed makes the same texts everywhere.
 */
#include "tests/fuzz/convert_gen.h"

#include <stdbool.h>
#include <string.h>

#include "common/auto.h"
#include "xlite/convert/virt.h"
#include "xlite/convert/xl_key.h"

static uint64_t state;

void convert_gen_seed(uint64_t seed)
{
	state = seed | 1;
}

/* xorshift64*: the same numbers everywhere. */
uint32_t convert_gen_draw(uint32_t below)
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
		"drbd:", "cdrom", "vdev=xvdc", "backendtype=qdisk", "backendtype=x",
	"target=", "format=qcow2", "access=ro", "script=s", "backend=0", "mac=00:16:3e:00:00:01", "bridge=br0",
		"ip=10.0.0.1 fd00::1", "rate=10Mb/s@20ms",
	"mtu=1500", "vlan=7p", "script=vif-route", "gatewaydev=eth0", "=", ",", " ", "d1p2", "51712", "",
};

static const char *const marks[] = { "\n", ";", ",", "[", "]", "=", "+=", "#", "'", "\"", "\\", "\r\n", "\t", " ",
	"\x01", "\xff", "(", "name", "1" };

#define ANY(array) (array)[convert_gen_draw(ARRAY_SIZE(array))]

/* A list of texts of parts between commas. */
static void add_list(struct buf *out)
{
	uint32_t items = convert_gen_draw(4);

	buf_puts(out, "[");
	for (uint32_t i = 0; i < items; i++) {
		buf_puts(out, "'");
		for (uint32_t nr = convert_gen_draw(6); nr; nr--)
			buf_printf(out, "%s%s", ANY(parts), convert_gen_draw(6) ? "," : "");
		buf_puts(out, "',");
	}
	buf_puts(out, "]");
}

static void add_setting(struct buf *out)
{
	static const char *const often[] = { "name", "type", "kernel", "memory", "vcpus", "disk", "vif", "cpus",
		"on_crash", "extra", "maxmem" };
	size_t nr = xl_nr_keys + xl_nr_keys_hvm, i = convert_gen_draw((uint32_t)nr);
	const char *key = convert_gen_draw(2) ? ANY(often)
			  : i < xl_nr_keys    ? xl_keys[i].name
					      : xl_keys_hvm[i - xl_nr_keys].name;
	bool list = !strcmp(key, "disk") || !strcmp(key, "vif") || !convert_gen_draw(10);

	buf_printf(out, "%s%s", key, convert_gen_draw(10) ? "=" : "+=");
	if (list && convert_gen_draw(10))
		add_list(out);
	else
		buf_puts(out, ANY(values));
	buf_puts(out, convert_gen_draw(8) ? "\n" : ";");
}

/* Bytes changed, left out and put in. */
static void damage(struct buf *text)
{
	for (uint32_t nr = convert_gen_draw(4); nr && text->len > 1; nr--) {
		uint32_t at = 1 + convert_gen_draw((uint32_t)text->len - 1);
		struct buf out = BUF_INIT;

		buf_add(&out, text->data, at);
		if (convert_gen_draw(3))
			buf_puts(&out, ANY(marks));
		if (convert_gen_draw(2) && at < text->len)
			at++;
		buf_add(&out, text->data + at, text->len - at);
		buf_clear(text);
		*text = out;
	}
}

void convert_gen_disk(struct buf *out)
{
	for (uint32_t nr = convert_gen_draw(7); nr; nr--)
		buf_printf(out, "%s%s", ANY(parts), convert_gen_draw(6) ? "," : "");
}

void convert_gen_text(struct buf *text)
{
	if (convert_gen_draw(4))
		buf_puts(text, "name='a'\ntype='pvh'\nkernel='/k'\nmemory=64\n");
	for (uint32_t nr = convert_gen_draw(8); nr; nr--)
		add_setting(text);
	if (!convert_gen_draw(3))
		damage(text);
}

static const char *const attributes[] = {
	"type='xen'", "type='file'", "type='block'", "type='network'", "type='bridge'", "type='xenbus'",
	"device='cdrom'", "device='disk'",
	"dev='xvda'", "dev='/dev/a'", "file='/b'", "name='phy'", "name='tsc'", "mode='native'", "unit='MiB'",
	"unit='KiB'", "bridge='br0'",
	"address='00:16:3e:00:00:01'", "address='10.0.0.1'", "path='vif-route'", "average='100'", "id='7'", "vcpu='0'",
	"cpuset='0-3,^1'",
	"current='1'", "offset='utc'", "offset='localtime'", "trunk='yes'", "nativeMode='untagged'",
	"maxGrantFrames='64'", "state='off'",
	"size='1500'", "machine='xenpvh'", "a='&lt;&#10;'", "b='\xc3\xa4'",
};

static const char *const texts[] = {
	"1", "64", "xenpvh", "hvm", "linux", "/k", "a", "destroy", "restart", "&amp;", "", "0", "99999999999999999999",
};

/* An element of the table with all that it is in. */
static void add_element(struct buf *out)
{
	const char *path = virt_keys[convert_gen_draw((uint32_t)virt_nr_keys)].path, *from = path;
	size_t depth = 0;

	for (size_t len; *from; from += len, from += *from == '/', depth++) {
		len = strcspn(from, "/");
		buf_printf(out, "<%.*s", (int)len, from);
		for (uint32_t nr = convert_gen_draw(4); nr; nr--)
			buf_printf(out, " %s", ANY(attributes));
		buf_puts(out, ">");
	}
	buf_puts(out, ANY(texts));
	while (depth--) {
		const char *slash = memrchr(path, '/', (size_t)(from - path));
		const char *name = slash ? slash + 1 : path;

		buf_printf(out, "</%.*s>", (int)(from - name), name);
		from = slash ? slash : path;
	}
	buf_puts(out, "\n");
}

/* Attributes that stand twice are no XML; the elements that matter are there often enough without. */
void convert_gen_xml(struct buf *text)
{
	buf_puts(text, "<domain type='xen'>\n");
	if (convert_gen_draw(4))
		buf_puts(text, "<name>a</name><memory>65536</memory><os><type>xenpvh</type><kernel>/k</kernel></os>\n");
	if (convert_gen_draw(2))
		buf_puts(text,
			 "<devices><disk type='file'><source file='/a'/><target dev='xvda'/></disk><interface type='bridge'>"
			 "<source bridge='b'/></interface>\n");
	else
		buf_puts(text, "<devices>");
	buf_puts(text, "</devices>");
	for (uint32_t nr = convert_gen_draw(8); nr; nr--)
		add_element(text);
	buf_puts(text, "</domain>\n");
	if (!convert_gen_draw(3))
		damage(text);
}
