/* SPDX-License-Identifier: GPL-2.0-or-later
 * From xl's files to documents: one key, one form of a value at a time. Whole files are in tests/convert.
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
#include "xlite/convert/convert.h"
#include "xlite/convert/xl_disk.h"
#include "xlite/convert/xl_key.h"
#include "xlite/convert/xl_vif.h"

#define BASE "name='a';type='pvh';kernel='/k';memory=64;"
#define BASE_YAML "# converted from a.cfg\nname: a\nmemory: 64MiB\nkernel: /k\n"

struct outcome {
	int refused;
	struct buf report, yaml;
};

static void convert_text(const char *text, const struct convert_options *options, struct outcome *out)
{
	struct convert *convert = convert_new(options);

	memset(out, 0, sizeof(*out));
	assert_non_null(convert);
	assert_int_equal(convert_guest(convert, "a.cfg", text, strlen(text)), 0);
	out->refused = convert_end(convert);
	assert_true(out->refused >= 0);
	convert_report(convert, &out->report);
	if (!out->refused)
		convert_print(convert, &out->yaml);
	convert_free(convert);
}

static void outcome_clear(struct outcome *out)
{
	buf_clear(&out->report);
	buf_clear(&out->yaml);
}

/* What is written behind BASE, what the document has more than that of BASE, and what the report says (all of it). */
struct sample {
	const char *text, *yaml, *says;
};

#define VIF(text) "vif=[\"" text "\"]"
#define DISK(text) "disk=[\"" text "\"]"
#define VBD(text) "vbds:\n- vdev: " text "\n"

static const struct sample samples[] = {
	/* Grammar. */
	{ "", "", "" },
	{ "\n\n# comment\n;;vcpus=2;\n", "vcpus: 2\n", "" },
	{ "vcpus='2'", "vcpus: 2\n", "" },
	{ "vcpus=0x2", "vcpus: 2\n", "" },
	{ "vcpus=010", "vcpus: 8\n", "010 begins with 0, so xl reads it as octal: 8" },
	{ "vcpus=0", "", "vcpus: 0 is taken for 1, as xl does" },
	{ "vcpus=-1", NULL, "`-1`: xl takes no negative numbers here" },
	{ "vcpus='-1'", "", "vcpus: -1 is taken for 1, as xl does" },
	{ "vcpus=2;maxvcpus=0", "vcpus: 2\n", "maxvcpus: 0 is taken for vcpus, which is 2" },
	{ "vcpus=4096 * 2", NULL, "`*`: xm took programs in Python here" },
	{ "cpus=range(1,4)", NULL, "`range(`: xm took programs in Python here" },
	{ "vcpus=\xc2\xa0" "2", NULL, "this is a no-break space, U+00A0" },
	{ "vcpus\xc2\xa0=2", NULL, "this is a no-break space, U+00A0" },
	{ "extra=\xe2\x80\x9cquiet\xe2\x80\x9d", NULL, "this is a typographic quote, U+201C" },
	{ "extra=\xe2\x80\x8b'quiet'", NULL, "this is U+200B, which is not seen" },
	{ "vcpus=2 # two", "vcpus: 2\n", "" },
	{ "extra='a \"b\" \\'c\\' \\\\d \\t'", NULL, "control" },
	{ "extra='a \"b\" \\'c\\' \\\\d'", "cmdline: a \"b\" 'c' \\d\n", "" },
	{ "extra='\\101'", NULL, "`\\1` stands for no character" },
	{ "extra='\\x41'", NULL, "`\\x` stands for no character" },
	{ "extra=\"a", NULL, "the text has no end in this line" },
	{ "extra='a\\", NULL, "the text has no end in this line" },
	{ "extra='\xff'", NULL, "this text is not UTF-8" },
	{ "extra='\xc3\xa4'", "cmdline: \xc3\xa4\n", "" },
	{ "extra='\xc2\xa0'", "cmdline: \"\\_\"\n", "" },
	{ "vif=[\n\n'bridge=b'\n,\n\n]\n", "vifs:\n- bridge: b\n", "" },
	{ "vif=['bridge=b',,]", NULL, "a value is expected here" },
	{ "vif=['bridge=b'", NULL, "this list has no end" },
	{ "vif=['bridge=b' 2]", NULL, "a comma is missing before this" },
	{ "vif=[]", "", "" },
	{ "vif=['bridge=b']]", NULL, "the end of the line or a `;` is expected here" },
	{ "extra=['a']", NULL, "extra: xl takes a single value here, and ignores a list" },
	{ "x", NULL, "a `=` is expected here" },
	{ "x=", NULL, "a value is expected here" },
	{ "=3", NULL, "a key is expected here" },
	{ "vcpus=2z", NULL, "`2z` is not a number, and text needs quotes" },
	{ "vcpus='2x'", NULL, "vcpus: `2x` is not a number" },
	{ "vcpus=1;vcpus+=1", NULL, "vcpus: xl adds no numbers, and ignores `11`" },
	{ "extra='a';extra+='b'", "cmdline: ab\n", "" },
	{ "extra='a';extra+=['b']", NULL, "a text cannot be added to a list" },
	{ "extra='a';extra='b'", "cmdline: b\n", "extra: is set twice; xl takes this one" },
	/* Memory and vCPUs. */
	{ "maxmem=128", "memory:\n  target: 64MiB\n  max: 128MiB\n", "" },
	{ "maxmem=32", NULL, "maxmem: 32 is less than memory, which is 64" },
	{ "maxvcpus=4", "vcpus:\n  max: 4\n  online: 1\n", "" },
	{ "vcpus=4;maxvcpus=2", NULL, "vcpus: 4 is more than maxvcpus, which is 2" },
	{ "vcpus=200", NULL, ": vcpus: `200` is out of range" },
	{ "cpus='0-3,^1, 7'", "vcpus:\n  affinity: 0,2-3,7\n", "" },
	{ "cpus=2", "vcpus:\n  affinity: \"2\"\n", "" },
	{ "cpus='all'", "", "" },
	{ "cpus='all,^2'", "vcpus:\n  affinity: all,^2\n", "" },
	{ "cpus='all,^2-4094'", "vcpus:\n  affinity: 0-1,4095\n", "" },
	{ "cpus='^all'", NULL, "takes all CPUs away" },
	{ "cpus='3-1'", NULL, "is not a list of CPUs" },
	{ "cpus='5000'", NULL, "names a CPU that no host has" },
	{ "cpus='1,^1'", NULL, "leaves no CPU" },
	{ "cpus=''", NULL, "leaves no CPU" },
	{ "cpus='node:1'", NULL, "names NUMA nodes" },
	{ "vcpus=2;cpus=['1','1']", "vcpus:\n  max: 2\n  affinity: \"1\"\n", "" },
	{ "vcpus=2;cpus=['1','1','x']", "vcpus:\n  max: 2\n  affinity: \"1\"\n",
	  "cpus: the list has 3 entries for 2 vCPUs: xl ignores what comes from here on" },
	{ "cpus_soft=['0-1','foo']", "soft_affinity: 0-1\n", "cpus_soft: the list has 2 entries for 1 vCPU: xl ignores" },
	{ "memory=0", NULL, ": memory: `0` is out of range" },
	{ "cpu_weight=0", NULL, ": cpu_weight: `0` is out of range" },
	{ "max_grant_version=7", NULL, ": max_grant_version: `7` is out of range" },
	{ "pool='a/b'", NULL, ": pool: `a/b` is not a name" },
	/* Booting. */
	{ "extra='a\\nb'", NULL, "extra: holds the end of a line" },
	{ "root='/dev/xvda\\n';extra='a'", NULL, "root: holds the end of a line" },
	{ "cmdline='a\\nb'", NULL, "cmdline: holds the end of a line" },
	{ "kernel='/usr/lib/xen/boot/hvmloader'", NULL, "hvmloader is the firmware of HVM guests" },
	{ "pvh=1", "", "`pvh` is of Xen before 4.10; xl ignores it" },
	{ "pvh=0", "", "`pvh` is of Xen before 4.10; xl ignores it" },
	{ "root='/dev/xvda ro console=hvc0';extra='quiet'", "cmdline: root=/dev/xvda ro console=hvc0 quiet\n", "" },
	{ "root='';extra=''", "cmdline: 'root= '\n", "" },
	{ "extra=''", "", "" },
	{ "cmdline='a';root='/dev/xvda'", "cmdline: a\n", "root: xl ignores it, since there is `cmdline` in line 1" },
	{ "ramdisk=''", "", "" },
	{ "bootloader=''", "", "" },
	{ "firmware='pvgrub64'", NULL, "kernel" },
	{ "firmware='pvgrub64';kernel='';" DISK("/a,,xvda"), "memory: 64MiB\nvbds:\n- vdev: xvda\n",
	  "firmware: GRUB inside of the guest boots its disk instead" },
	{ "bootloader='pygrub';" DISK("/a,,xvda"), NULL, "kernel: is for the loader that xl runs" },
	{ "kernel='/usr/lib/grub-xen/grub-x86_64-xen.bin'", NULL, "this GRUB is for PV guests" },
	{ "kernel='/usr/lib/grub-xen/grub-i386-xen_pvh.bin'", "kernel: /usr/lib/grub-xen/grub-i386-xen_pvh.bin\n",
	  "kernel: is set twice" },
	{ "pvshim=1", NULL, "this is a PV guest in Xen's shim" },
	/* Disks. */
	{ DISK("/a,raw,xvda,w"), VBD("xvda\n  source: /a\n  format: raw"), "" },
	{ DISK("/a,,xvda"), VBD("xvda\n  source: /a"), "" },
	{ DISK("/a, raw, xvda, ro"), VBD("xvda\n  source: /a\n  mode: ro\n  format: raw"), "" },
	{ DISK("file:/a,sda1,r"), VBD("sda1\n  source: /a\n  mode: ro"), "" },
	{ DISK("tap:aio:/a,ioemu:hda,w"), VBD("hda\n  source: /a"), "" },
	{ DISK("phy:/dev/a,hdc:cdrom,r"), VBD("hdc\n  source: /dev/a\n  mode: ro\n  cdrom: true"), "" },
	{ DISK(",hdc:cdrom,r"), VBD("hdc\n  mode: ro\n  cdrom: true"), "" },
	{ DISK(",,hdc,cdrom"), VBD("hdc\n  mode: ro\n  cdrom: true"), "" },
	{ DISK("vdev=hdc,cdrom"), VBD("hdc\n  mode: ro\n  cdrom: true"), "" },
	{ DISK("format=empty,vdev=xvda"), NULL, "only a CD drive can be empty" },
	{ DISK("vdev=xvda,target=/a,b=c,d"), VBD("xvda\n  source: /a,b=c,d"), "" },
	{ DISK("vdev=xvda,target=/a,discarded"), VBD("xvda\n  source: /a,discarded"), "" },
	{ DISK("vdev=xvda, target=/a, discard"), VBD("xvda\n  source: /a, discard"),
	  "disk: `target=` takes all that follows, so the source is `/a, discard`" },
	{ DISK("vdev=xvda,target=/a,format=qcow2"), VBD("xvda\n  source: /a,format=qcow2"), "`target=` takes all that follows" },
	{ DISK("target=/a,vdev=xvda"), NULL, "(vdev): `target=` takes all that follows; write it last" },
	{ DISK("vdev=xvda,readonly,target=/e"), NULL, "`readonly` is no parameter of disks, so xl takes it for the target" },
	{ DISK("removable,,xvda,target=/e"), NULL, "`removable` is no parameter of disks, so xl takes it for the target" },
	{ DISK("vdev=xvda,target=/e,target=/f"), VBD("xvda\n  source: /e,target=/f"), "" },
	{ DISK("vdev=xvda,vdev=xvdb,target=/a"), NULL, "disk: `xvdb` says again what is said before it" },
	{ DISK("vdev=xvda,format=qcow,target=/a"), NULL, "serves no images of format qcow:" },
	{ DISK("vdev=xvda,backend=0,target=/a"), VBD("xvda\n  source: /a"), "" },
	{ DISK("vdev=xvda,backend=store,target=/a"), NULL, "backend=store" },
	{ DISK("vdev=xvda,backendtype=qdisk,backendtype=qdisk,target=/a"), VBD("xvda\n  source: /a"), "" },
	{ DISK("vdev=xvda,backendtype=foo,target=/a"), NULL, "`foo` is not a type of backends" },
	{ DISK("vdev=xvda,backendtype=standalone,target=/a"), NULL, "backendtype=standalone" },
	{ DISK("vdev=xvda,target=/a,"), VBD("xvda\n  source: /a"), "" },
	{ DISK("vdev=xvda,specification=virtio,target=/a"), NULL, "specification=virtio" },
	{ DISK("vdev=xvda,untrusted,target=/a"), NULL, "untrusted has no counterpart" },
	{ DISK("vdev=xvda,nonsense=1,target=/a"), NULL, "`nonsense` is not a parameter of disks" },
	{ DISK("/a=b,raw,xvda"), NULL, "is not a parameter of disks" },
	{ DISK("foo:/a,raw,xvda"), NULL, "`foo` is not a prefix" },
	{ DISK("/a,raw,xvda,rw,more"), NULL, "`more` is one part too many" },
	{ DISK("a.img,raw,xvda"), NULL, ": disk: `a.img` is neither an absolute path" },
	{ DISK("/a,raw,xvdaaa"), NULL, ": disk: `xvdaaa` is not a disk's name" },
	{ DISK("/a,raw,0x01"), NULL, ": disk: `0x01` is not a disk's name" },
	{ DISK("/a,raw,51728"), VBD("xvdb\n  source: /a\n  format: raw"), "" },
	{ DISK("/a,raw,xvda\",\"/a,raw,xvdb"), NULL, "this source is also that of `xvda`" },
	{ DISK("/a,raw,xvda\",\"/b,raw,xvda"), NULL, ": disk: vdev `xvda` is used twice; the first is in line 1" },
	{ DISK(""), NULL, "does not say what the disk is called in the guest" },
	/* Interfaces. */
	{ VIF(""), "vifs:\n- bridge: xenbr0\n", "" },
	{ VIF("mac=0:16:3E:1:2:3 , bridge=b"), "vifs:\n- bridge: b\n  mac: 00:16:3e:01:02:03\n", "" },
	{ VIF("mac=00-16-3e-01-02-03"), "vifs:\n- bridge: xenbr0\n  mac: 00:16:3e:01:02:03\n", "" },
	{ VIF("mac=00:16:3e"), NULL, "mac=00:16:3e is not a MAC address" },
	{ VIF("mac=01:16:3e:00:00:00"), NULL, ": vif: mac=01:16:3e:00:00:00 is a multicast address" },
	{ VIF("rate=10Mb/s"), "vifs:\n- bridge: xenbr0\n  rate: 10Mb/s\n", "" },
	{ VIF("rate=250KB/s@20ms"), "vifs:\n- bridge: xenbr0\n  rate: 2Mb/s@20ms\n", "" },
	{ VIF("rate=1MB/s@1"), "vifs:\n- bridge: xenbr0\n  rate: 8Mb/s@1s\n", "" },
	{ VIF("rate=10mb/s"), NULL, "rate=10mb/s is not a rate such as" },
	{ VIF("rate=1MB/s@2s"), NULL, ": vif: rate=1MB/s@2s has an interval that is out of range" },
	{ VIF("rate=1000Gb/s"), NULL, ": vif: rate=1000Gb/s is out of range" },
	{ VIF("mtu=3"), NULL, ": vif: mtu=3 is out of range" },
	{ VIF("vifname=vif1.0"), NULL, ": vif: vifname=vif1.0 is what Linux calls a vif" },
	{ VIF("ip=10.0.0.1 10.0.0.300"), NULL, ": vif: ip=10.0.0.300 is not an IP address" },
	{ VIF("bridge=waytoolongbridgename"), NULL, ": vif: bridge=waytoolongbridgename is too long" },
	{ VIF("mtu=9000,vlan=7p"), "vifs:\n- bridge: xenbr0\n  mtu: 9000\n  vlan: 7\n", "" },
	{ VIF("vlan=7p/9/20-22"), "vifs:\n- bridge: xenbr0\n  vlan: 7\n  trunk: 9,20-22\n", "" },
	{ VIF("vlan=9/7p"), "vifs:\n- bridge: xenbr0\n  vlan: 7\n  trunk: \"9\"\n", "" },
	{ VIF("vlan=10p/100+10x4"), "vifs:\n- bridge: xenbr0\n  vlan: 10\n  trunk: 100,110,120,130,140\n", "" },
	{ VIF("vlan=7/8"), NULL, "vlan=7/8 does not say which VLAN has no tag" },
	{ VIF("vlan=7p/8p"), NULL, "says more than one VLAN without a tag" },
	{ VIF("vlan=7p/8u"), NULL, "has no counterpart: an interface has one VLAN without a tag" },
	{ VIF("vlan=4095"), NULL, "is not a VLAN such as 10" },
	{ VIF("vlan="), NULL, "is not a VLAN such as 10" },
	{ VIF("vlan=7p/8x"), NULL, "is not a VLAN such as 10" },
	{ VIF("vlan=7p/4000+90x3"), NULL, "is not a VLAN such as 10" },
	{ VIF("script=vif-bridge"), "vifs:\n- bridge: xenbr0\n", "" },
	{ VIF("script=/etc/xen/scripts/vif-bridge"), "vifs:\n- bridge: xenbr0\n", "" },
	{ VIF("script=/srv/vif-bridge"), "vifs:\n- bridge: xenbr0\n  script: /srv/vif-bridge\n", "" },
	{ VIF("script=vif-route"), NULL, "ip" },
	{ VIF("script=vif-nat,ip=10.0.0.1"), NULL, "the script vif-nat has no counterpart" },
	/* What xlite's own programs do is done without them, and they always filter. */
	{ VIF("bridge=b,ip=10.0.0.1,script=/usr/local/libexec/xlite/xlite-vif-bridge"),
	  "vifs:\n- bridge: b\n  ip:\n  - \"10.0.0.1\"\n", "" },
	{ VIF("ip=10.0.0.1,script=xlite-vif-route,gatewaydev=eth7"), "vifs:\n- route: eth7\n  ip:\n  - \"10.0.0.1\"\n", "" },
	{ VIF("bridge=b,ip=10.0.0.1 10.0.0.2,script=/opt/xlite-vif-bridge"),
	  "vifs:\n- bridge: b\n  ip:\n  - \"10.0.0.1\"\n  - \"10.0.0.2\"\n", "" },
	{ VIF("bridge=b,script=/x/xlite-vif-bridge"), "vifs:\n- bridge: b\n", "" },
	{ VIF("ip=10.0.0.1,script=/usr/libexec/xlite/xlite-vif-nat"), NULL, "the script xlite-vif-nat has no counterpart" },
	{ VIF("bridge=b,script=/x/xlite-vif-other"), "vifs:\n- bridge: b\n  script: /x/xlite-vif-other\n", "" },
	{ VIF("bridge=b,ip=10.0.0.1,script=/x/vif-mine"),
	  "- bridge: b\n  ip:\n  - \"10.0.0.1\"\n  script: /x/vif-mine\n  filter: false\n",
	  "the guest can use other addresses as well" },
	{ VIF("bridge=b,ip=10.0.0.1,script=vif-bridge"), "  filter: false\n", "the guest can use other addresses as well" },
	{ VIF("bridge=ovsbr0:42:43,script=vif-openvswitch"), NULL, "without them the guest would have all VLANs" },
	{ VIF("bridge=ovsbr0.42:43,script=/etc/xen/scripts/vif-openvswitch"), NULL, "the VLANs behind `:` have no counterpart" },
	{ VIF("bridge=ovsbr0.42,script=vif-openvswitch"), "- bridge: ovsbr0.42\n  script: vif-openvswitch\n", "" },
	{ VIF("backend=net"), NULL, "backend=net" },
	{ VIF("10.0.0.1"), "- bridge: xenbr0\n", "several addresses of ip have blanks between them" },
	{ VIF("foo=1"), "- bridge: xenbr0\n", "vif: foo=1: xl does not know it, and ignores it" },
	{ VIF("foo=1,bridge=b,bar"), "- bridge: b\n", "vif: bar: xl does not know it, and ignores it" },
	{ VIF("foo=1,ip = 10.0.0.1"), "- bridge: xenbr0\n",
	  "vif: ip = 10.0.0.1: xl does not know it, and ignores it: no blanks around `='" },
	{ VIF("bridge=a,bridge=b"), "- bridge: b\n", "vif: bridge=b: xl takes this one, not that before it" },
	{ VIF("type=tap"), "- bridge: xenbr0\n", "vif: type=tap: xl knows the types vif and ioemu, and ignores others" },
	{ VIF("ip=10.0.0.0/24"), NULL, "is the address of a network" },
	{ VIF("devid=0"), "vifs:\n- bridge: xenbr0\n", "" },
	{ VIF("devid=3"), NULL, "devid=3 has no counterpart" },
	{ VIF("type=ioemu,model=e1000,accel=1"), "vifs:\n- bridge: xenbr0\n", "" },
	/* Others. */
	{ "on_poweroff='preserve';on_reboot='destroy';on_crash='rename-restart'",
	  "on_poweroff: preserve\non_reboot: destroy\non_crash: restart\n",
	  "the domain that has ended is not kept" },
	{ "cpu_weight=512;cap=50", "scheduler:\n  weight: 512\n  cap: 50\n", "" },
	{ "pool='p'", "pool: p\n", "" },
	{ "max_grant_frames=64;max_grant_version=2;max_event_channels=100",
	  "limits:\n  grant_version: 2\n  grant_frames: 64\n  event_channels: 100\n", "" },
	{ "acpi=1;apic=1;hap=1;nestedhvm=0;localtime=0;tsc_mode='default';cpuid='host';pci=[];usb=1;vnc=1;passthrough='disabled'", "", "" },
	{ "acpi=0", NULL, "acpi: has no counterpart: the guest has ACPI tables" },
	{ "tsc_mode=0", "", "" },
	{ "tsc_mode='native'", NULL, "tsc_mode: has no counterpart" },
	{ "localtime=1", NULL, "localtime: has no counterpart" },
	{ "cpuid='host,tm=0'", NULL, "cpuid: has no counterpart" },
	{ "shadow_memory=16", "", "shadow_memory: has no counterpart" },
	{ "memroy=2", "", "unknown key `memroy`: xl ignores it; did you mean `memory`?" },
	{ "xyzzy_plugh=[[['a']]]", "", "unknown key `xyzzy_plugh`: xl ignores it" },
};

/* Nothing but the line that counts. */
static bool says_nothing(const char *report)
{
	return !strchr(report, '\n') || !strchr(report, '\n')[1];
}

static void test_samples(void **state)
{
	static const struct convert_options options = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const struct sample *sample = &samples[i];
		auto_buf struct buf text = BUF_INIT;
		struct outcome out;
		bool right;

		buf_printf(&text, "%s%s", BASE, sample->text);
		convert_text(buf_str(&text), &options, &out);
		right = !out.refused == !!sample->yaml && strstr(buf_str(&out.report), sample->says);
		if (sample->yaml)
			right = right && strstr(buf_str(&out.yaml),
						sample->yaml) && (*sample->says || says_nothing(buf_str(&out.report)));
		if (sample->yaml && !*sample->yaml)
			right = right && !strcmp(buf_str(&out.yaml), BASE_YAML);
		if (!right)
			fail_msg("`%s`: refused %d\n%s%s", sample->text, out.refused, buf_str(&out.report),
				 buf_str(&out.yaml));
		outcome_clear(&out);
	}
}

/* What is lost is lost with --force only, and errors are errors with it as well. */
static void test_force(void **state)
{
	static const struct convert_options options = { .force = true };
	static const struct { const char *text; bool converts; } cases[] = {
		{ "pci=['01:00.0']", true }, { "acpi=0", true }, { "vif=['foo=1']", true }, { "vcpus=2;cpus=[1,2]", true },
		{ "disk=['/a,vhd,xvda']", false }, { "vif=['backend=net']", false },
		{ "vif=['bridge=b:1:2,script=vif-openvswitch']", false }, { "vif=['script=/x/xlite-vif-nat']", false }, { "memory='x'", false },
		  { "vcpus=['1']", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_buf struct buf text = BUF_INIT;
		struct outcome out;

		buf_printf(&text, "%s%s", BASE, cases[i].text);
		convert_text(buf_str(&text), &options, &out);
		if (!out.refused != cases[i].converts)
			fail_msg("`%s`: refused %d\n%s", cases[i].text, out.refused, buf_str(&out.report));
		outcome_clear(&out);
	}
}

/* Many notes of one kind keep none of the others from being shown, and with --force all that is lost is named. */
static void test_many_notes(void **state)
{
	static const struct convert_options options = { .force = true };
	auto_buf struct buf text = BUF_INIT;
	struct outcome out;
	size_t lost = 0;

	buf_puts(&text, BASE "vif=['");
	for (size_t i = 0; i < 1200; i++)
		buf_puts(&text, "foo,");
	buf_puts(&text, "',");
	for (size_t i = 0; i < 1200; i++)
		buf_puts(&text, "'untrusted',");
	buf_puts(&text, "]\nseclabel='a:b:c'\n");
	convert_text(buf_str(&text), &options, &out);
	for (const char *at = buf_str(&out.report); (at = strstr(at, "vif: untrusted has no counterpart")); at++)
		lost++;
	assert_int_equal(lost, 1200);
	assert_non_null(strstr(buf_str(&out.report), ":2:1: warning: seclabel: has no counterpart"));
	/* More interfaces than a domain can have. */
	assert_int_equal(out.refused, 1);
	assert_non_null(strstr(buf_str(&out.report), "vif"));
	outcome_clear(&out);
}

/* PV guests remain such, HVM guests and those in the shim are converted where that is asked for, and never otherwise. */
static void test_types(void **state)
{
	static const struct { const char *type; bool stays; } cases[] = {
		{ "", true }, { "type='pv';", true }, { "type='hvm';", false }, { "builder='hvm';", false },
		  { "builder='generic';", true },
		{ "type='pvh';pvshim=1;", false }, { "type='pvh';", true }, { "type='pvh';pvshim=0;", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases) * 2; i++) {
		const struct convert_options options = { .pvh = i % 2 };
		auto_buf struct buf text = BUF_INIT;
		struct outcome out;

		buf_printf(&text, "%s%s", cases[i / 2].type, "name='a';kernel='/k';memory=64;vnc=1");
		convert_text(buf_str(&text), &options, &out);
		if (!out.refused != (cases[i / 2].stays || options.pvh))
			fail_msg("`%s`: refused %d\n%s", buf_str(&text), out.refused, buf_str(&out.report));
		outcome_clear(&out);
	}
}

/* A type that is wrong, or said twice and differently. */
static void test_wrong_types(void **state)
{
	static const struct convert_options options = { .pvh = true, .force = true };
	static const char *const texts[] = {
		"type='foo'", "type=''", "builder='pvh'", "type='pv';builder='hvm'", "type=['pvh']", "builder=1",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		auto_buf struct buf text = BUF_INIT;
		struct outcome out;

		buf_printf(&text, "name='a';kernel='/k';memory=64;%s", texts[i]);
		convert_text(buf_str(&text), &options, &out);
		if (!out.refused)
			fail_msg("`%s` was converted", texts[i]);
		outcome_clear(&out);
	}
}

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
static const char *value_of(const struct xl_key *key)
{
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

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		if (!strcmp(values[i].name, key->name))
			return values[i].value;
	}
	return "'7'";
}

static int account_for(const struct xl_key *key, void *ctx)
{
	static const struct convert_options options = { .all = true };
	auto_buf struct buf text = BUF_INIT, told = BUF_INIT;
	struct outcome out;

	buf_printf(&text, "%s%s=%s", BASE, key->name, value_of(key));
	convert_text(buf_str(&text), &options, &out);
	buf_printf(&told, ": %s: ", key->name);
	if (!out.refused && !strstr(buf_str(&out.report), buf_str(&told)))
		fail_msg("%s: the report does not have it:\n%s", key->name, buf_str(&out.report));
	if (key->to && !out.refused && !strcmp(buf_str(&out.yaml), BASE_YAML))
		fail_msg("%s: is called taken over, and changes nothing", key->name);
	if (!key->to && !out.refused == (key->kind >= REPORT_GUEST && key->types & XL_PVH))
		fail_msg("%s: refused %d\n%s", key->name, out.refused, buf_str(&out.report));
	assert_true(key->to || key->why || key->types == XL_ARM || !(key->types & XL_PVH));
	outcome_clear(&out);
	return 0;
}

static void test_account(void **state)
{
	assert_int_equal(xl_key_each(account_for, NULL), 0);
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
		cmocka_unit_test(test_samples), cmocka_unit_test(test_force), cmocka_unit_test(test_many_notes), cmocka_unit_test(test_types),
				 cmocka_unit_test(test_wrong_types),
		cmocka_unit_test(test_keys), cmocka_unit_test(test_account), cmocka_unit_test(test_vdevs),
				 cmocka_unit_test(test_rates),
		cmocka_unit_test(test_macs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
