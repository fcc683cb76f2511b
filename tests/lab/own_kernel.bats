#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A domain without `kernel:`, which GRUB boots from its own disk, on every hypervisor. own_kernel_more.bats has the other kinds of disks.

load helper
load own

@test "own kernel: GRUB boots the disk's, plan and get say so, and the next boot takes what is then on the disk" {
	disk a.img gpt "start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649" "start=4096, size=8192"
	tree a /boot
	grub_cfg "$TREE/boot/grub/grub.cfg" /boot 41
	file_system a.img "$TREE" 2
	sed "s,/srv/images/cloud1.raw,$BATS_TEST_TMPDIR/a.img,; s/1GiB/64MiB/" /root/examples/cloud-image.yaml >"$SPEC"
	run -2 xlite plan "$SPEC"
	[[ $output == *"boots: its own disk, by GRUB"* ]]
	apply_fresh
	booted cloud1 41
	run -0 xlite get -o yaml cloud1
	[[ $output == *"# boots its own disk, by GRUB"* ]] && [[ $output != *kernel:* ]]
	xlite describe cloud1 | grep '^Boots: *its own disk, by GRUB'
	xlite doctor | grep "^ok .*GRUB of /usr/lib/grub/i386-xen_pvh"
	# It has powered itself off. Another kernel was installed meanwhile.
	grub_cfg "$TREE/boot/grub/grub.cfg" /boot 42
	file_system a.img "$TREE" 2
	run -2 xlite plan "$SPEC"
	[[ $output == *"domain/cloud1: restart"*"boots: its own disk, by GRUB"* ]]
	apply_fresh
	booted cloud1 42
	remove cloud1
}
