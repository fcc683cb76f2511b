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
#include "tests/unit/convert_outcome.h"

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
	{ "vcpus=\xc2\xa0"
	  "2",
	  NULL, "this is a no-break space, U+00A0" },
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
	{ "cpus_soft=['0-1','foo']", "soft_affinity: 0-1\n",
	  "cpus_soft: the list has 2 entries for 1 vCPU: xl ignores" },
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
	{ DISK("vdev=xvda,target=/a,format=qcow2"), VBD("xvda\n  source: /a,format=qcow2"),
	  "`target=` takes all that follows" },
	{ DISK("target=/a,vdev=xvda"), NULL, "(vdev): `target=` takes all that follows; write it last" },
	{ DISK("vdev=xvda,readonly,target=/e"), NULL,
	  "`readonly` is no parameter of disks, so xl takes it for the target" },
	{ DISK("removable,,xvda,target=/e"), NULL,
	  "`removable` is no parameter of disks, so xl takes it for the target" },
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
	{ VIF("ip=10.0.0.1,script=xlite-vif-route,gatewaydev=eth7"), "vifs:\n- route: eth7\n  ip:\n  - \"10.0.0.1\"\n",
	  "" },
	{ VIF("bridge=b,ip=10.0.0.1 10.0.0.2,script=/opt/xlite-vif-bridge"),
	  "vifs:\n- bridge: b\n  ip:\n  - \"10.0.0.1\"\n  - \"10.0.0.2\"\n", "" },
	{ VIF("bridge=b,script=/x/xlite-vif-bridge"), "vifs:\n- bridge: b\n", "" },
	{ VIF("ip=10.0.0.1,script=/usr/libexec/xlite/xlite-vif-nat"), NULL,
	  "the script xlite-vif-nat has no counterpart" },
	{ VIF("bridge=b,script=/x/xlite-vif-other"), "vifs:\n- bridge: b\n  script: /x/xlite-vif-other\n", "" },
	{ VIF("bridge=b,ip=10.0.0.1,script=/x/vif-mine"),
	  "- bridge: b\n  ip:\n  - \"10.0.0.1\"\n  script: /x/vif-mine\n  filter: false\n",
	  "the guest can use other addresses as well" },
	{ VIF("bridge=b,ip=10.0.0.1,script=vif-bridge"), "  filter: false\n",
	  "the guest can use other addresses as well" },
	{ VIF("bridge=ovsbr0:42:43,script=vif-openvswitch"), NULL, "without them the guest would have all VLANs" },
	{ VIF("bridge=ovsbr0.42:43,script=/etc/xen/scripts/vif-openvswitch"), NULL,
	  "the VLANs behind `:` have no counterpart" },
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
	  "on_poweroff: preserve\non_reboot: destroy\non_crash: restart\n", "the domain that has ended is not kept" },
	{ "cpu_weight=512;cap=50", "scheduler:\n  weight: 512\n  cap: 50\n", "" },
	{ "pool='p'", "pool: p\n", "" },
	{ "max_grant_frames=64;max_grant_version=2;max_event_channels=100",
	  "limits:\n  grant_version: 2\n  grant_frames: 64\n  event_channels: 100\n", "" },
	{ "acpi=1;apic=1;hap=1;nestedhvm=0;localtime=0;tsc_mode='default';cpuid='host';pci=[];usb=1;vnc=1;passthrough='disabled'",
	  "", "" },
	{ "acpi=0", NULL, "acpi: has no counterpart: the guest has ACPI tables" },
	{ "tsc_mode=0", "", "" },
	{ "tsc_mode='native'", NULL, "tsc_mode: has no counterpart" },
	{ "localtime=1", NULL, "localtime: has no counterpart" },
	{ "cpuid='host,tm=0'", NULL, "cpuid: has no counterpart" },
	{ "shadow_memory=16", "", "shadow_memory: has no counterpart" },
	{ "memroy=2", "", "unknown key `memroy`: xl ignores it; did you mean `memory`?" },
	{ "xyzzy_plugh=[[['a']]]", "", "unknown key `xyzzy_plugh`: xl ignores it" },
};

/* Of HVM guests, which remain such. */
static const struct sample of_pcs[] = {
	{ "boot='dc'", "kernel: /k\nboot: cdrom\nvga: cirrus\n", "" },
	{ "boot='c'", "", "" },
	{ "boot='acd'", "", "boot: a has no counterpart" },
	{ "boot='nc'", NULL, "boot `network` is not supported yet" },
	{ "boot='cn'", NULL, "boot: n has no counterpart" },
	{ "boot='x'", NULL, "boot: `x` names neither disks (c) nor CD drives (d)" },
	{ "boot=''", "", "" },
	{ "boot=['c']", NULL, "single value" },
	{ "bios='seabios'", "", "" },
	{ "bios='ovmf'", NULL, "is not supported yet" },
	{ "bios='rombios'", NULL, "bios: `rombios` is of a QEMU" },
	{ "bios='x'", NULL, "bios: `x` is no firmware" },
	{ "bios='ovmf';firmware='bios'", "", "" },
	{ "firmware='/f.bin'", NULL, "firmware: has no counterpart" },
	{ "vga='stdvga'", "tablet: false\n", "" },
	{ "stdvga=1", "tablet: false\n", "" },
	{ "stdvga=0", "", "" },
	{ "vga='none';stdvga=1", "vga: none\n", "stdvga: xl ignores it" },
	{ "vga='qxl'", NULL, "vga: qxl has no counterpart" },
	{ "vga='x'", NULL, "vga: `x` is no display" },
	{ "stdvga=1;videoram=16", "tablet: false\n", "" },
	{ "videoram=8", "", "" },
	{ "videoram=16", NULL, "videoram: has no counterpart: the display cirrus has 8 MiB" },
	{ "usb=1;usbdevice='tablet'", "kernel: /k\nvga: cirrus\n", "" },
	{ "usb=1", NULL, "usb: has no counterpart" },
	{ "usbdevice=['tablet']", "kernel: /k\nvga: cirrus\n", "" },
	{ "usbdevice=['tablet','host:1.2']", NULL, "usbdevice: has no counterpart" },
	{ "hpet=0", "hpet: false\n", "" },
	{ "hpet=1", "", "" },
	{ "viridian=1", "viridian: true\n", "" },
	{ "viridian=0", "", "" },
	{ "viridian=['defaults']", "viridian: true\n", "" },
	{ "viridian=['all']", NULL, "viridian: this list has no counterpart" },
	{ "viridian=[]", "", "" },
	{ "serial='pty'", "", "" },
	{ "serial=['pty']", "", "" },
	{ "serial=['pty','tcp::1']", NULL, "serial: has no counterpart" },
	{ "pae=1;apic=1;nx=1;acpi=1;acpi_s3=1;acpi_s4=1;xen_platform_pci=1;vpt_align=1;sdl=0;nographic=0;hdtype='ide'",
	  "", "" },
	{ "pae=0", NULL, "pae: has no counterpart" },
	{ "acpi_s3=0", NULL, "acpi_s3: has no counterpart" },
	{ "hdtype='ahci'", NULL, "IDE disks" },
	{ "xen_platform_pci=0", NULL, "the guest has Xen's PCI device" },
	{ "vnc=1", "", "vnc: has no counterpart: VNC is served on a Unix socket" },
	{ "device_model_version='qemu-xen'", "", "" },
	{ "device_model_version='qemu-xen-traditional'", NULL, "the host's QEMU" },
	{ "device_model_args=['-foo']", NULL, "QEMU is told nothing" },
	{ "device_model_args=[]", "", "" },
	{ "localtime=1", NULL, "localtime: has no counterpart" },
	{ "nestedhvm=1", NULL, "nestedhvm: has no counterpart" },
	{ "kernel='/usr/lib/xen/boot/hvmloader';disk=['/d,,hda']",
	  "memory: 64MiB\nvga: cirrus\ntablet: false\nvbds:\n- vdev: hda\n", "kernel: is set twice" },
	{ "kernel='';extra='quiet';disk=['/d,,hda']", "memory: 64MiB\nvga: cirrus\ntablet: false\nvbds:\n",
	  "extra: is for a kernel" },
	{ "kernel='/k2';extra='quiet'", "kernel: /k2\ncmdline: quiet\n", "kernel: is set twice" },
	{ "bootloader='pygrub'", "", "" },
	{ VIF("mac=00:16:3e:01:02:03,bridge=b"), "- bridge: b\n  mac: 00:16:3e:01:02:03\n  model: rtl8139\n", "" },
	{ VIF("model=e1000,bridge=b"), "model: e1000\n", "" },
	{ VIF("type=vif,model=e1000,bridge=b"), "model: none\n", "" },
	{ VIF("type=ioemu,bridge=b"), "model: rtl8139\n", "" },
	{ VIF("model=virtio-net,bridge=b"), NULL, "the guest gets an e1000" },
	{ VIF("rate=1Mb/s,bridge=b"), NULL, "there is no emulated card" },
	{ VIF("type=vif,rate=1Mb/s,bridge=b"), "rate: 1Mb/s\n", "" },
	{ VIF("script=vif-route,ip=10.0.0.1"), NULL, "there is no emulated card" },
	{ DISK("/a.iso,,hdc,cdrom"), "cdrom: true\n", "" },
	{ DISK("/a.qcow2,qcow2,hda"), NULL, "qcow2 images and NBD are not supported there yet" },
};

static void test_samples(void **state)
{
	check_samples(samples, ARRAY_SIZE(samples), BASE, BASE_YAML);
}

static void test_pc(void **state)
{
	check_samples(of_pcs, ARRAY_SIZE(of_pcs), HVM_BASE, HVM_YAML);
}

/* What is lost is lost with --force only, and errors are errors with it as well. */
static void test_force(void **state)
{
	static const struct convert_options options = { .force = true };
	static const struct { const char *text; bool converts;
	} cases[] = {
		{ "pci=['01:00.0']", true },
		{ "acpi=0", true },
		{ "vif=['foo=1']", true },
		{ "vcpus=2;cpus=[1,2]", true },
		{ "disk=['/a,vhd,xvda']", false },
		{ "vif=['backend=net']", false },
		{ "vif=['bridge=b:1:2,script=vif-openvswitch']", false },
		{ "vif=['script=/x/xlite-vif-nat']", false },
		{ "memory='x'", false },
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

/* PV and HVM guests remain such; those in the shim are converted where that is asked for, and never otherwise. */
static void test_types(void **state)
{
	static const struct { const char *type; bool stays; } cases[] = {
		{ "", true }, { "type='pv';", true }, { "type='hvm';", true }, { "builder='hvm';", true },
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),    cmocka_unit_test(test_pc),    cmocka_unit_test(test_force),
		cmocka_unit_test(test_many_notes), cmocka_unit_test(test_types), cmocka_unit_test(test_wrong_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
