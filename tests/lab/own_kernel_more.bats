#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Domains without `kernel:` whose disks are of many kinds; at the end the kernel on one is Debian's.

load helper
load own

@test "own kernel: a partition /boot, extlinux, an empty first disk; the first disk before others" {
	# A partition /boot on an MBR disk; the second disk could be booted, too.
	disk boot.img dos "start=2048, size=8192"
	tree boot /
	grub_cfg "$TREE/grub/grub.cfg" "" 1
	file_system boot.img "$TREE" 1
	tree other /boot
	grub_cfg "$TREE/boot/grub/grub.cfg" /boot 99
	truncate -s 4M "$BATS_TEST_TMPDIR/other.img"
	file_system other.img "$TREE"
	# No table of partitions, as Alpine's images.
	tree ext /boot
	printf 'DEFAULT virt\nTIMEOUT 1\nLABEL virt\n  LINUX /boot/vmlinuz\n  INITRD /boot/initrd\n  APPEND 3\n' >"$TREE/boot/extlinux.conf"
	truncate -s 4M "$BATS_TEST_TMPDIR/ext.img"
	file_system ext.img "$TREE"
	# The first disk is empty, as of a domain that is yet to be installed.
	truncate -s 4M "$BATS_TEST_TMPDIR/empty.img"
	boots boot 1 boot.img other.img
	boots ext 3 ext.img other.img
	boots empty 99 empty.img other.img
}

@test "own kernel: of entries of the Boot Loader Specification the saved one, else the last that is no rescue system" {
	local n
	tree bls /
	mkdir -p "$TREE/loader/entries" "$TREE/grub2"
	for n in 1 2; do
		printf "title It is a Linux (%s)\nversion 6.%s\nlinux /vmlinuz\ninitrd /initrd\noptions %s root=UUID=x ro\nid m-6.%s\n" \
			"$n" "$n" "$((n * 10))" "$n" >"$TREE/loader/entries/m-6.$n.conf"
	done
	printf "title Rescue\nlinux /vmlinuz\ninitrd /initrd\noptions 90\n" >"$TREE/loader/entries/m-9-rescue.conf"
	# As Fedora's, whose GRUB knows this word; ours says that it does not, and goes on.
	printf 'load_env\nblscfg\n' >"$TREE/grub2/grub.cfg"
	truncate -s 4M "$BATS_TEST_TMPDIR"/{last,saved}.img
	file_system last.img "$TREE"
	{ printf '# GRUB Environment Block\nsaved_entry=m-6.1\n'; head -c 1024 /dev/zero | tr '\0' '#'; } | head -c 1024 >"$TREE/grub2/grubenv"
	file_system saved.img "$TREE"
	boots last 20 last.img
	boots saved 10 saved.img
}

@test "own kernel: disks with nothing to boot: GRUB says so on the console" {
	truncate -s 4M "$BATS_TEST_TMPDIR/empty.img"
	own none empty.img >"$SPEC"
	apply_fresh
	wait_until 300 grep "xlite: nothing on this domain's disks can be booted" "$(console_log none)"
	remove none
}

@test "own kernel: a host without GRUB is told what to install; a ready image of a package does" {
	tree a /boot
	grub_cfg "$TREE/boot/grub/grub.cfg" /boot 5
	truncate -s 4M "$BATS_TEST_TMPDIR/a.img"
	file_system a.img "$TREE"
	cp "$BATS_TEST_TMPDIR/a.img" "$BATS_TEST_TMPDIR/b.img"
	{ own held b.img; echo "state: paused"; } >"$SPEC.held"
	xlite apply "$SPEC.held"
	own web a.img >"$SPEC"
	mv /usr/lib/grub/i386-xen_pvh /usr/lib/grub/away
	run xlite apply "$SPEC"
	[ "$status" -eq 0 ] || { mv /usr/lib/grub/away /usr/lib/grub/i386-xen_pvh; echo "$output"; return 1; }
	mv /usr/lib/grub-xen /usr/lib/grub-xen-away
	sed 's/web/web2/' "$SPEC" >"$SPEC.2"
	# Who is there already needs none.
	run xlite plan "$SPEC.held"
	local held=$status
	run xlite plan "$SPEC.2"
	mv /usr/lib/grub/away /usr/lib/grub/i386-xen_pvh
	mv /usr/lib/grub-xen-away /usr/lib/grub-xen
	[ "$held" -eq 0 ]
	[[ $output == *"there is no GRUB for Xen's PVH guests on this host"*"apt-get install grub-xen-bin"* ]]
	booted web 5
	remove web held
}

@test "own kernel: from a qcow2 image, which QEMU serves" {
	command -v qemu-img >/dev/null || skip "the lab has no QEMU (up --with qemu)"
	tree a /boot
	grub_cfg "$TREE/boot/grub/grub.cfg" /boot 7
	truncate -s 4M "$BATS_TEST_TMPDIR/a.img"
	file_system a.img "$TREE"
	qemu-img convert -O qcow2 "$BATS_TEST_TMPDIR/a.img" "$BATS_TEST_TMPDIR/a.qcow2"
	own web a.qcow2 >"$SPEC"
	sed -i 's/mode: rw/format: qcow2/' "$SPEC"
	apply_fresh
	booted web 7
	remove web
}

# Unpacking it takes a hundred seconds of a CPU, and it boots with much that a PVH kernel leaves out.
@test "own kernel: Debian's kernel from the disk finds its disk and its interface, and is shut down" {
	[ -n "${XLITE_CHECK_LONG:-}" ] || skip "takes minutes under emulation (XLITE_CHECK_LONG)"
	local tree=$BATS_TEST_TMPDIR/tree
	mkdir -p "$tree/boot/grub"
	cp $IMAGES/vmlinuz "$tree/boot/vmlinuz"
	cp $IMAGES/guest.cpio.gz "$tree/boot/initrd"
	echo "hello from dom0" >"$tree/hello"
	grub_cfg "$tree/boot/grub/grub.cfg" /boot "$(cat $IMAGES/cmdline) console=hvc0 quiet xlite.run=disk xlite.ip=10.88.0.10/24"
	truncate -s 24M "$BATS_TEST_TMPDIR/linux.img"
	file_system linux.img "$tree" "" 24
	own linux linux.img >"$SPEC"
	sed -i 's/64MiB/256MiB/' "$SPEC"
	printf 'vifs: [{bridge: xenbr0, ip: 10.88.0.10}]\n' >>"$SPEC"
	rm -f "$(console_log linux)"
	linux_up linux "GUEST: ready"
	grep "GUEST: hello=hello from dom0" "$(console_log linux)"
	grep "GUEST: disk=ok" "$(console_log linux)"
	grep "GUEST: ip=" "$(console_log linux)"
	wait_until 60 ping -c 1 -W 2 10.88.0.10
	xlite delete linux
	[ "$(in_image "$BATS_TEST_TMPDIR/linux.img" answer)" = "written by guest" ]
}
