#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# PV domains: what a guest is started with, compared with what xl's builder gives the same guest (tests/guests/pv.c prints it); Linux with
# a disk and an interface; a run that is killed, or a call of it that fails, at points of the builder (one in XLITE_EVERY).

load helper
load own

GUESTS=/root/guests

# pv_spec NAME KERNEL [LINE...]: a PV domain of a test guest.
pv_spec() {
	printf 'name: %s\ntype: pv\nmemory: {target: 16MiB, max: 48MiB}\nvcpus: {max: 2, online: 1}\nkernel: %s/%s.elf\n' "$1" "$GUESTS" "$2" >"$SPEC"
	printf '%s\n' "${@:3}" >>"$SPEC"
}

# says NAME: waits for the test guest's verdict, which must be that all is well.
says() {
	wait_until 120 grep -q '^TEST pv: ' "$(console_log "$1")" || { xl list; timeout 5 xl dmesg | tail -n 20; return 1; }
	grep '^TEST pv: ok' "$(console_log "$1")" || { cat "$(console_log "$1")"; return 1; }
}

# facts NAME TO: what it has printed; then nothing of it is left.
facts() {
	says "$1"
	tr -d '\r' <"$(console_log "$1")" >"$2"
	rm -f "$(console_log "$1")"
}

# What differs from xl is wanted: the size of a ramdisk is that of its file, not of whole pages.
@test "pv: a guest is started with what xl's builder gives it, linked high and at 0" {
	local kernel
	head -c 100001 /dev/urandom >/root/pv-ramdisk
	for kernel in pv pv-plain; do
		rm -f "$(console_log guest)"
		pv_spec guest $kernel "ramdisk: /root/pv-ramdisk" "cmdline: 'root=/dev/xvda some words'"
		xlite apply "$SPEC"
		facts guest "$BATS_TEST_TMPDIR/ours"
		xenstore-ls -f "/local/domain/$(domid guest)" | sed 's, = .*,,; s,^/local/domain/[0-9]*,,' | sort >"$BATS_TEST_TMPDIR/nodes"
		xlite delete --now -q guest
		printf 'name="guest"\ntype="pv"\nmemory=16\nmaxmem=48\nvcpus=1\nmaxvcpus=2\nkernel="%s"\nramdisk="/root/pv-ramdisk"\nextra="root=/dev/xvda some words"\n' \
			"$GUESTS/$kernel.elf" >"$BATS_TEST_TMPDIR/xl.cfg"
		xl create -q "$BATS_TEST_TMPDIR/xl.cfg"
		facts guest "$BATS_TEST_TMPDIR/theirs"
		xenstore-ls -f "/local/domain/$(domid guest)" | sed 's, = .*,,; s,^/local/domain/[0-9]*,,' | sort >"$BATS_TEST_TMPDIR/nodes-xl"
		xl destroy guest
		sed -i '/^PV: module-bytes=/d' "$BATS_TEST_TMPDIR/ours" "$BATS_TEST_TMPDIR/theirs"
		diff -u "$BATS_TEST_TMPDIR/theirs" "$BATS_TEST_TMPDIR/ours"
		# As for PVH, less what only xl reads.
		run diff "$BATS_TEST_TMPDIR/nodes-xl" "$BATS_TEST_TMPDIR/nodes"
		echo "$output"
		[ -z "$(grep '^>' <<<"$output")" ]
		[ -z "$(grep '^<' <<<"$output" | grep -vE '< /(memory/videoram|console/(backend|backend-id|output))$')" ]
	done
	rm /root/pv-ramdisk
}

@test "pv: refused before anything is made: no PV kernel, too little memory, a command line that is too long" {
	pv_spec guest pv
	sed -i "s,^kernel: .*,kernel: $IMAGES/tiny.elf," "$SPEC"
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"tiny.elf: a 32-bit kernel; PV guests are of 64 bits here"* ]]
	pv_spec guest abi
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"abi.elf: not a kernel for PV guests"*"hint: use a kernel built with CONFIG_XEN_PV=y, or type: pvh"* ]]
	pv_spec guest pv "ramdisk: /root/pv-large"
	truncate -s 16M /root/pv-large
	run xlite plan "$SPEC"
	echo "$output"
	[[ $output == *"needs 20 MiB, the domain has 16 MiB"* ]]
	rm /root/pv-large
	pv_spec guest pv "cmdline: $(printf '%01100d' 1)"
	run xlite apply "$SPEC"
	echo "$output"
	[[ $output == *"cmdline: 1100 bytes, more than the 1023 of a PV guest"* ]]
}

@test "pv: memory, policies and reboots; a change of the type builds another domain" {
	local id
	pv_spec guest pv
	xlite apply "$SPEC"
	says guest
	id=$(domid guest)
	sed -i 's/target: 16MiB/target: 24MiB/' "$SPEC"
	# It has no balloon driver; Xen would let it have as much.
	run xlite apply --timeout 1 "$SPEC"
	echo "$output"
	[[ $output == *"the guest has not followed yet: it has 16 of 24 MiB"* ]]
	xenstore-read "/local/domain/$id/memory/target" | grep -x 24576
	[ "$(domid guest)" = "$id" ]
	xlite get -o yaml guest | grep -x 'type: pv'
	spec guest
	run xlite plan "$SPEC"
	echo "$output"
	[[ $output == *"type: pv -> pvh"* ]]
	xlite apply --replace --now "$SPEC"
	[ "$(domid guest)" != "$id" ]
	pv_spec guest pv "cmdline: reboot" "on_reboot: preserve"
	rm -f "$(console_log guest)"
	run xlite apply --replace --now "$SPEC"
	echo "$output"
	[[ $output == *"it asked for a reboot"* ]]
	wait_until 60 eval "xlite list | grep -E '^guest .* rebooting'"
	xlite delete --now -q guest
}

@test "pv: Linux has its disk and interface, and memory and vCPUs change live" {
	disk_image /root/pv.img 8
	printf 'name: pv1\ntype: pv\nvcpus: {max: 2, online: 2}\nmemory: {target: 192MiB, max: 320MiB}\nkernel: %s/vmlinux\nramdisk: %s/guest.cpio.gz\n' \
		"$IMAGES" "$IMAGES" >"$SPEC"
	printf '%s\n' "cmdline: console=hvc0 quiet $(cat $IMAGES/cmdline) xlite.ip=10.88.0.7/24 xlite.run=disk" "vifs: [{bridge: xenbr0, ip: 10.88.0.7}]" \
		"vbds: [{vdev: xvda, source: /root/pv.img}]" >>"$SPEC"
	rm -f "$(console_log pv1)"
	linux_up pv1 "GUEST: ready"
	grep "GUEST: disk=ok" "$(console_log pv1)"
	grep "GUEST: cpus=2" "$(console_log pv1)"
	ping -c 2 -W 5 10.88.0.7
	sed -i 's/target: 192MiB/target: 256MiB/' "$SPEC"
	xlite apply "$SPEC"
	[ "$(xl list pv1 | awk 'NR == 2 { print $3 }')" -eq 256 ]
	sed -i 's/online: 2/online: 1/; s/target: 256MiB/target: 160MiB/' "$SPEC"
	xlite apply "$SPEC"
	[ "$(xl list pv1 | awk 'NR == 2 { print $3, $4 }')" = "160 1" ]
	ping -c 1 -W 5 10.88.0.7
	xlite plan "$SPEC"
	xlite shutdown pv1
	xlite delete -q pv1
	rm /root/pv.img
}

# GRUB in the guest starts the guest that is on the disk, which finds all as if it had been started from here.
@test "pv: without a kernel GRUB boots the disk's, plan and doctor say so" {
	KERNEL=$GUESTS/pv.elf
	disk a.img gpt "start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649" "start=4096, size=8192"
	tree a /boot
	grub_cfg "$TREE/boot/grub/grub.cfg" /boot number-41
	file_system a.img "$TREE" 2
	own grub a.img >"$SPEC"
	echo 'type: pv' >>"$SPEC"
	run -2 xlite plan "$SPEC"
	[[ $output == *"boots: its own disk, by GRUB"* ]]
	apply_fresh
	says grub
	grep -E '^PV: cmdline=.*number-41' "$(console_log grub)"
	grep -E '^PV: module-bytes=0x[1-9a-f]' "$(console_log grub)"
	xlite doctor >"$BATS_TEST_TMPDIR/doctor" || true
	grep "^ok .*GRUB of /usr/lib/grub/x86_64-xen" "$BATS_TEST_TMPDIR/doctor"
	grep "^ok .*PV guests can run" "$BATS_TEST_TMPDIR/doctor"
	remove grub
}

# points CALL: how many calls of that name one creation makes.
points() {
	strace -qq -f -c -o "$BATS_TEST_TMPDIR/count" -e trace="$1" xlite apply "$SPEC" >/dev/null
	xlite delete --now -q crash
	awk -v call="$1" '$NF == call { print $4 }' "$BATS_TEST_TMPDIR/count"
}

# What is the type's own is in hypercalls and mappings; crash.bats has the rest.
@test "pv: killed at each hypercall, and each fails: the next apply mends it, and nothing is left (XSA-160)" {
	local n total every=${XLITE_EVERY:-${XLITE_CHECK_LONG:+1}}
	pv_spec crash pv-plain
	total=$(points ioctl)
	every=${every:-6}
	echo "# of $total points one in $every" >&3
	[ "$total" -gt 10 ]
	for ((n = RANDOM % every + 1; n <= total; n += every)); do
		strace -qq -o /dev/null -e trace=ioctl -e inject="ioctl:signal=KILL:when=$n" xlite apply "$SPEC" >/dev/null 2>&1 || true
		run xlite apply "$SPEC"
		[ "$status" -eq 0 ] || { echo "killed at $n: $output"; return 1; }
		xlite delete --now -q crash
		nothing_left || { echo "killed at $n: left behind"; return 1; }
		run strace -qq -o /dev/null -e trace=ioctl -e inject="ioctl:error=ENOMEM:when=$n" xlite apply "$SPEC"
		[ "$status" -eq 0 ] || [[ $output == *"xlite: "* ]] || { echo "$n fails: no message: $output"; return 1; }
		[[ $output != *"domain/crash created"* ]] || xlite delete --now -q crash
		nothing_left || { echo "$n fails: left behind after: $output"; return 1; }
	done
}
