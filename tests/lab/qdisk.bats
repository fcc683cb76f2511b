#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Disks that QEMU serves: qcow2 images and NBD exports, with a guest that uses them, as devices that come and go, and with
# their process: found again, gone with its domain, missed when it has died. Needs `lab up --with qemu'.

load helper
load qdisk

# qcow2 FILE [MIB]: an image with an ext4 file system that holds `hello'.
qcow2() {
	disk_image "$1.raw" "${2:-8}"
	qemu-img convert -f raw -O qcow2 "$1.raw" "$1"
	rm "$1.raw"
}

# in_qcow2 FILE NAME: prints a file of the file system in an image.
in_qcow2() {
	qemu-img convert -f qcow2 -O raw "$1" "$BATS_TEST_TMPDIR/converted.raw"
	in_image "$BATS_TEST_TMPDIR/converted.raw" "$2"
	rm "$BATS_TEST_TMPDIR/converted.raw"
}

# serve OPTION... FILE: an NBD server; its pid is in SERVER.
serve() {
	qemu-nbd --persistent --fork --pid-file="$BATS_TEST_TMPDIR/nbd.pid" "$@" </dev/null >/dev/null 2>&1 3>&-
	SERVER=$(cat "$BATS_TEST_TMPDIR/nbd.pid")
}

server_end() {
	kill "$SERVER"
	wait_until 120 test ! -e "/proc/$SERVER"
}

no_qemu() {
	[ -z "$(qemus)" ] && [ -z "$(ls /run/xlite/qemu 2>/dev/null)" ]
}

# refused TEXT...: apply fails so, in one line and a hint, and no domain and no process stay.
refused() {
	local text
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 1 ]
	for text in "$@"; do
		[[ $output == *"$text"* ]] || { echo "missing: $text"; return 1; }
	done
	[ "$(grep -c '^xlite: ' <<<"$output")" -eq 1 ]
	no_qemu
}

@test "qdisk: a guest reads and writes a qcow2 image, which is whole afterwards" {
	local img=$BATS_TEST_TMPDIR/a.qcow2 id
	qcow2 "$img"
	linux_spec coder "xlite.run=disk" "vbds: [{vdev: xvda, source: $img, format: qcow2}]"
	linux_up coder "GUEST: ready"
	grep "GUEST: hello=hello from dom0" "$(console_log coder)"
	grep "GUEST: disk=ok" "$(console_log coder)"
	# What the guest sees is the disk in the image, not the file.
	run on_guest coder 'cat /sys/block/xvda/size'
	[ "$output" = 16384 ]
	id=$(domid coder)
	[ "$(xenstore-read "/local/domain/0/backend/qdisk/$id/51712/params")" = "qcow2:$img" ]
	[ "$(xenstore-read "/libxl/$id/device/vbd/51712/type")" = qdisk ]
	xl block-list coder | grep "/qdisk/$id/51712"
	run xlite plan "$SPEC"
	echo "$output"
	[ "$status" -eq 0 ]
	run xlite apply "$SPEC"
	[ "${lines[-1]}" = "domain/coder unchanged" ]
	xlite get coder -o yaml | grep -A 3 "vdev: xvda" | grep "format: qcow2"
	# It is the one image's only user.
	run qemu-img info -f qcow2 "$img"
	[ "$status" -ne 0 ]
	[[ $output == *"lock"* ]]
	xlite delete coder
	no_qemu
	qemu-img check -q -f qcow2 "$img"
	[ "$(in_qcow2 "$img" answer)" = "written by guest" ]
}

@test "qdisk: a guest reads and writes an export of an NBD server, by a Unix socket" {
	local img=$BATS_TEST_TMPDIR/n.img sock=$BATS_TEST_TMPDIR/n.sock
	disk_image "$img"
	serve -f raw -x data -k "$sock" "$img"
	linux_spec net "xlite.run=disk" "vbds: [{vdev: xvda, source: \"nbd+unix:///data?socket=$sock\"}]"
	linux_up net "GUEST: ready"
	grep "GUEST: hello=hello from dom0" "$(console_log net)"
	grep "GUEST: disk=ok" "$(console_log net)"
	[ "$(xenstore-read "/local/domain/0/backend/qdisk/$(domid net)/51712/params")" = "raw:nbd+unix:///data?socket=$sock" ]
	run xlite apply "$SPEC"
	[ "${lines[-1]}" = "domain/net unchanged" ]
	xlite delete net
	server_end
	no_qemu
	[ "$(in_image "$img" answer)" = "written by guest" ]
}

@test "qdisk: a guest cannot write to a read-only qcow2 image, nor to an NBD export by TCP that is said to be so (XSA-142, XSA-266)" {
	local a=$BATS_TEST_TMPDIR/a.qcow2 b=$BATS_TEST_TMPDIR/b.img sum
	qcow2 "$a"
	disk_image "$b"
	serve -f raw -b 127.0.0.1 -p 10811 "$b"
	sum=$(md5sum <"$a")
	linux_spec reader "xlite.run=rodisk" \
		"vbds: [{vdev: xvda, source: \"nbd://127.0.0.1:10811\", mode: ro}, {vdev: xvdb, source: $a, format: qcow2, mode: ro}]"
	linux_up reader "GUEST: ready"
	grep "GUEST: rodisk=refused" "$(console_log reader)"
	run on_guest reader 'cat /sys/block/xvda/ro /sys/block/xvdb/ro'
	[ "$output" = "1 1" ]
	# One process for both.
	[ "$(qemus | wc -l)" -eq 1 ]
	xlite delete reader
	server_end
	[ "$(md5sum <"$a")" = "$sum" ]
}

@test "qdisk: a running guest gets and loses a qcow2 and an NBD disk, and the process goes with the last" {
	local a=$BATS_TEST_TMPDIR/a.qcow2 b=$BATS_TEST_TMPDIR/b.img sock=$BATS_TEST_TMPDIR/b.sock id dev nbd
	qemu-img create -q -f qcow2 "$a" 3M
	qemu-img create -q -f qcow2 -o preallocation=full "$a.c" 1M
	dev=$(losetup -f --show "$a.c")
	nbd="{vdev: xvdb, source: \"nbd+unix:///?socket=$sock\"}"
	truncate -s 2M "$b"
	serve -f raw -k "$sock" "$b"
	linux_spec seer ""
	linux_up seer "GUEST: ready"
	id=$(domid seer)
	no_qemu
	linux_spec seer "" "vbds: [{vdev: xvda, source: $a, format: qcow2}]"
	run xlite apply "$SPEC"
	echo "$output"
	[ "${lines[-1]}" = "domain/seer changed" ]
	[ "$(domid seer)" = "$id" ]
	run on_guest seer 'until [ -e /dev/xvda ]; do usleep 50000; done; cat /sys/block/xvda/size; echo mark | dd of=/dev/xvda bs=512 count=1 conv=sync,fsync 2>/dev/null'
	[ "$output" = 6144 ]
	confined
	linux_spec seer "" "vbds: [{vdev: xvda, source: $a, format: qcow2}, $nbd, {vdev: xvdc, source: $dev, format: qcow2}]"
	xlite apply "$SPEC"
	run on_guest seer 'until [ -e /dev/xvdb ] && [ -e /dev/xvdc ]; do usleep 50000; done; cat /sys/block/xvdb/size /sys/block/xvdc/size
		echo block | dd of=/dev/xvdc bs=512 count=1 conv=sync,fsync 2>/dev/null'
	[ "$output" = "4096 2048" ]
	[ "$(qemus | wc -l)" -eq 1 ]
	confined
	# A server that comes back is found by its socket, in the folder that QEMU has been shown.
	server_end
	serve -f raw -k "$sock" "$b"
	on_guest seer 'echo again | dd of=/dev/xvdb bs=512 count=1 conv=sync,fsync 2>/dev/null'
	[ "$(head -c 5 "$b")" = again ]
	run xlite apply "$SPEC"
	[ "${lines[-1]}" = "domain/seer unchanged" ]

	linux_spec seer "" "vbds: [$nbd]"
	run xlite apply "$SPEC"
	echo "$output"
	[ "${lines[-1]}" = "domain/seer changed" ]
	losetup -d "$dev"
	qemu-io -f qcow2 -c "read -P 0x62 0 1" "$a.c" | grep "read 1/1"
	run on_guest seer 'ls /sys/block | grep xvd'
	[ "$output" = xvdb ]
	[ "$(qemus | wc -l)" -eq 1 ]
	# The image was let go.
	qemu-img check -q -f qcow2 "$a"
	qemu-io -f qcow2 -c "read -P 0x6d 0 1" "$a" | grep "read 1/1"

	linux_spec seer ""
	run xlite apply "$SPEC"
	echo "$output"
	[ "${lines[-1]}" = "domain/seer changed" ]
	no_qemu
	run ! xenstore-ls "/local/domain/0/device-model/$id"
	run ! xenstore-ls "/local/domain/0/backend/qdisk/$id"
	run xlite plan "$SPEC"
	[ "$status" -eq 0 ]
	[ "$(domid seer)" = "$id" ]
	xlite delete --now seer
	server_end
}

@test "qdisk: a changed source is attached in place of the old, raw to qcow2 too, also for a paused guest that never looked" {
	local a=$BATS_TEST_TMPDIR/a.img b=$BATS_TEST_TMPDIR/b.qcow2 c=$BATS_TEST_TMPDIR/c.qcow2
	truncate -s 1M "$a"
	qemu-img create -q -f qcow2 "$b" 2M
	qemu-img create -q -f qcow2 "$c" 3M
	spec swap "state: paused" "vbds: [{vdev: xvda, source: $a}]"
	xlite apply "$SPEC"
	local back
	back=/local/domain/0/backend/qdisk/$(domid swap)/51712
	spec swap "state: paused" "vbds: [{vdev: xvda, source: $b, format: qcow2}]"
	run xlite plan "$SPEC"
	echo "$output"
	[[ $output == *"vbds[xvda].format: raw -> qcow2  (hot-plug)"* ]]
	xlite apply "$SPEC"
	[ "$(xenstore-read "$back/sectors")" = 4096 ]
	spec swap "state: paused" "vbds: [{vdev: xvda, source: $c, format: qcow2}]"
	xlite apply "$SPEC"
	[ "$(xenstore-read "$back/sectors")" = 6144 ]
	qemu-img check -q -f qcow2 "$b"
	# What cannot be had leaves what there is.
	spec swap "state: paused" "vbds: [{vdev: xvda, source: $a, format: qcow2}]"
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 1 ]
	[ "$(xenstore-read "$back/sectors")" = 6144 ]
	spec swap "state: paused" "vbds: [{vdev: xvda, source: $a}]"
	xlite apply "$SPEC"
	no_qemu
	run xlite plan "$SPEC"
	[ "$status" -eq 0 ]
	xlite delete --now swap
}

@test "qdisk: an image that was exchanged for another of the same name waits for the next boot" {
	local a=$BATS_TEST_TMPDIR/a.qcow2 size
	qemu-img create -q -f qcow2 "$a" 2M
	spec swapped "state: paused" "vbds: [{vdev: xvda, source: $a, format: qcow2}]"
	xlite apply "$SPEC"
	run -0 xlite plan "$SPEC"
	# The first is of the size that the disk has.
	for size in 2 3; do
		qemu-img create -q -f qcow2 "$a.new" "${size}M"
		mv "$a.new" "$a"
		run -2 xlite plan "$SPEC"
		echo "$output"
		[[ $output == *"vbds[xvda].source: as attached -> exchanged since  (on reboot)"* ]]
		run -0 xlite apply "$SPEC"
		run -0 xlite plan "$SPEC"
		run -0 xlite apply "$SPEC"
		[ "${lines[-1]}" = "domain/swapped unchanged" ]
		xlite reboot --now swapped
		run xlite plan "$SPEC"
		echo "$output"
		[[ $output != *vbds* ]]
		[ "$(xenstore-read "/local/domain/0/backend/qdisk/$(domid swapped)/51712/sectors")" -eq $((size * 2048)) ]
		xlite apply "$SPEC"
	done
	xlite delete --now swapped
	no_qemu
}

@test "qdisk: when QEMU refuses what passed the checks, the domain stays as it was, and a new one is not made" {
	local a=$BATS_TEST_TMPDIR/a.qcow2
	qemu-img create -q -f qcow2 "$a" 2M
	# A feature that nobody knows, with a name of the image's own choosing, which must not reach a terminal as it is.
	printf '\x80' | dd of="$a" bs=1 seek=79 conv=notrunc status=none
	printf '\x00\x07\x1b]0;evil\x07\x00' | dd of="$a" bs=1 seek=120 conv=notrunc status=none
	spec odd "vbds: [{vdev: xvda, source: $a, format: qcow2}]"
	refused "odd: disk xvda: QEMU: blockdev-add: " "nsupported" "eature"
	run ! grep -q $'\x1b' <<<"$output"
	spec odd
	xlite apply "$SPEC"
	spec odd "vbds: [{vdev: xvda, source: $a, format: qcow2}]"
	refused "odd: disk xvda: QEMU: blockdev-add: "
	spec odd
	run xlite plan "$SPEC"
	[ "$status" -eq 0 ]
	xlite delete --now odd
}

@test "qdisk: images that are missing, of another format, cut off or naming other files are refused (XSA-258)" {
	local a=$BATS_TEST_TMPDIR/a.qcow2 d=$BATS_TEST_TMPDIR
	spec broken "vbds: [{vdev: xvda, source: $a, format: qcow2}]"
	refused "broken: disk xvda: $a: No such file or directory"
	truncate -s 1M "$a"
	refused "broken: disk xvda: $a: format: qcow2 was said, but it is no qcow2 image" "hint: format: raw"
	qemu-img create -q -f qcow2 "$d/base" 1M
	head -c 60 "$d/base" >"$a"
	refused "broken: disk xvda: $a: the qcow2 image is cut off within its head"
	{ printf 'QFI\xfb\x00\x00\x00\x04'; tail -c +9 "$d/base"; } >"$a"
	refused "broken: disk xvda: $a: the qcow2 image is of version 4; 2 and 3 are known"
	qemu-img create -q -f qcow2 -b /etc/passwd -F raw "$a" 1M
	refused "broken: disk xvda: $a: the qcow2 image has a backing file" "hint: \`qemu-img rebase"
	rm "$a"
	qemu-img create -q -f qcow2 -o "data_file=$d/data" "$a" 1M
	refused "broken: disk xvda: $a: the qcow2 image has a data file of its own"
	{ head -c 32 "$d/base"; printf '\x00\x00\x00\x01'; tail -c +37 "$d/base"; } >"$a"
	refused "broken: disk xvda: $a: the qcow2 image is encrypted"
	cp "$d/base" "$a"
	printf '\x02' | dd of="$a" bs=1 seek=79 conv=notrunc status=none
	refused "broken: disk xvda: $a: the qcow2 image is marked as damaged" "hint: \`qemu-img check"
	# Version 2 has a shorter head.
	rm "$a"
	qemu-img create -q -f qcow2 -o compat=0.10 "$a" 1M
	xlite apply "$SPEC"
	xlite delete --now broken
}

@test "qdisk: an image that is in use is refused to others, as qcow2 and as raw; shared and read-only it is not" {
	local a=$BATS_TEST_TMPDIR/a.qcow2
	qemu-img create -q -f qcow2 "$a" 2M
	spec holder "vbds: [{vdev: xvda, source: $a, format: qcow2}]"
	xlite apply "$SPEC"
	spec second "vbds: [{vdev: xvda, source: $a, format: qcow2}]"
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"second: disk xvda: $a is attached to "* ]]
	spec second "vbds: [{vdev: xvda, source: $a, format: raw}]"
	run xlite apply "$SPEC"
	[ "$status" -eq 1 ]
	xlite delete --now holder
	# A program that has it open as QEMU's tools do.
	qemu-nbd --persistent --fork --pid-file="$BATS_TEST_TMPDIR/nbd.pid" -f qcow2 -k "$BATS_TEST_TMPDIR/s" "$a" </dev/null >/dev/null 2>&1 3>&-
	SERVER=$(cat "$BATS_TEST_TMPDIR/nbd.pid")
	spec second "vbds: [{vdev: xvda, source: $a, format: qcow2}]"
	refused "second: disk xvda: QEMU: blockdev-add: " "lock"
	server_end
	spec holder "vbds: [{vdev: xvda, source: $a, format: qcow2, mode: ro, shared: true}]"
	xlite apply "$SPEC"
	spec second "vbds: [{vdev: xvda, source: $a, format: qcow2, mode: ro, shared: true}]"
	xlite apply "$SPEC"
	[ "$(qemus | wc -l)" -eq 2 ]
	xlite delete --now holder second
}

@test "qdisk: an NBD server that is not there, is none, has not the export or is in use by another domain" {
	local b=$BATS_TEST_TMPDIR/b.img sock=$BATS_TEST_TMPDIR/b.sock
	truncate -s 1M "$b"
	spec broken "vbds: [{vdev: xvda, source: \"nbd+unix:///?socket=$sock\"}]"
	refused "broken: disk xvda: nbd+unix:///?socket=$sock: connect to the NBD server: No such file or directory"
	spec broken "vbds: [{vdev: xvda, source: \"nbd://127.0.0.1:10999/x\"}]"
	refused "broken: disk xvda: nbd://127.0.0.1:10999/x: connect to the NBD server: Connection refused"
	spec broken "vbds: [{vdev: xvda, source: \"nbd://127.0.0.1:22\"}]"
	refused "broken: disk xvda: nbd://127.0.0.1:22: the server there does not speak the NBD protocol"
	serve -f raw -x data -e 4 -k "$sock" "$b"
	spec broken "vbds: [{vdev: xvda, source: \"nbd+unix:///other?socket=$sock\"}]"
	refused "broken: disk xvda: nbd+unix:///other?socket=$sock: QEMU: blockdev-add: "
	spec holder "vbds: [{vdev: xvda, source: \"nbd+unix:///data?socket=$sock\"}]"
	xlite apply "$SPEC"
	spec second "vbds: [{vdev: xvda, source: \"nbd+unix:///data?socket=$sock\"}]"
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"second: disk xvda: nbd+unix:///data?socket=$sock is attached to holder (domid "*") as xvda, read-write"* ]]
	xlite delete --now holder
	server_end
}

@test "qdisk: without QEMU the package is named" {
	qemu-img create -q -f qcow2 "$BATS_TEST_TMPDIR/a" 1M
	spec broken "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/a, format: qcow2}]"
	export XLITE_QEMU=/nowhere/qemu
	refused "broken: disk xvda: QEMU with Xen's disk backend is not installed (no /nowhere/qemu)" \
		"hint: apt-get install qemu-system-xen"
	# One that ends at once is told of with its last words.
	printf '#!/bin/sh\necho "no, thank you" >&2\nexit 1\n' >"$BATS_TEST_TMPDIR/qemu"
	chmod +x "$BATS_TEST_TMPDIR/qemu"
	export XLITE_QEMU=$BATS_TEST_TMPDIR/qemu
	refused "broken: disk xvda: QEMU has ended: no, thank you"
	unset XLITE_QEMU
}

@test "qdisk: a QEMU that has died is shown, cannot be made good under the guest, and a replaced domain has a new one" {
	local a=$BATS_TEST_TMPDIR/a.qcow2
	qemu-img create -q -f qcow2 "$a" 2M
	spec widow "vbds: [{vdev: xvda, source: $a, format: qcow2}]"
	xlite apply "$SPEC"
	[[ $(xlite get widow) == *" running "* ]]
	kill -KILL "$(qemus)"
	wait_until 120 test -z "$(qemus)"
	[[ $(xlite get widow) == *" degraded "* ]]
	xlite get widow -o json | grep '"state": "degraded"'
	xlite get widow -o yaml | grep "# the QEMU that served its qcow2 and NBD disks has ended"
	run xlite plan "$SPEC"
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"vbds[xvda].qemu"* ]]
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"widow: vbds[xvda].qemu: the QEMU that served it has ended, and a running guest cannot be given it back"* ]]
	# Without the disk the domain is whole again.
	cp "$SPEC" "$SPEC.disk"
	spec widow
	run xlite apply "$SPEC"
	echo "$output"
	[ "${lines[-1]}" = "domain/widow changed" ]
	no_qemu
	xlite apply "$SPEC.disk"
	[[ $(xlite get widow) == *" running "* ]]
	kill -KILL "$(qemus)"
	xlite delete --now widow
	xlite apply "$SPEC.disk"
	[ "$(qemus | wc -l)" -eq 1 ]
	xlite delete --now widow
}

@test "qdisk: what xl destroys, its QEMU goes with; what is left of it goes with the next run" {
	local a=$BATS_TEST_TMPDIR/a.qcow2 pid
	qemu-img create -q -f qcow2 "$a" 2M
	spec taken "vbds: [{vdev: xvda, source: $a, format: qcow2}]"
	xlite apply "$SPEC"
	pid=$(qemus)
	xl destroy taken
	wait_until 120 test ! -e "/proc/$pid"
	xlite delete nobody
	no_qemu
	nothing_left
	# Also where xl does not know the process.
	xlite apply "$SPEC"
	pid=$(qemus)
	xenstore-rm "/local/domain/$(domid taken)/image"
	xl destroy taken
	[ -e "/proc/$pid" ]
	run xlite doctor
	[[ $output == *"is gone, but the QEMU of its disks is not"* ]]
	xlite delete nobody
	[ ! -e "/proc/$pid" ]
	no_qemu
	nothing_left
	qemu-img check -q -f qcow2 "$a"
}

@test "qdisk: a domain that is rebooted has a new QEMU, and one that stopped by itself is made again" {
	local a=$BATS_TEST_TMPDIR/a.qcow2 old
	qcow2 "$a"
	linux_spec cycle "xlite.run=disk" "vbds: [{vdev: xvda, source: $a, format: qcow2}]"
	linux_up cycle "GUEST: ready"
	old=$(qemus)
	xlite reboot cycle
	[ "$(qemus | wc -l)" -eq 1 ]
	[ "$(qemus)" != "$old" ]
	wait_until 120 test "$(grep -c 'GUEST: disk=ok' "$(console_log cycle)")" -ge 1
	xlite delete --now cycle
	no_qemu
}

# xl_config NAME KERNEL-LINE...: a domain of xl's with the disks of $DISKS in $CFG.
xl_config() {
	CFG=$BATS_TEST_TMPDIR/$1.cfg
	printf '%s\n' "name='$1'" "type='pvh'" "vcpus=1" "disk=[$DISKS]" "${@:2}" >"$CFG"
}

# xl_qemu NAME: the process that xl started for its disks.
xl_qemu() {
	xenstore-read "/local/domain/$(domid "$1")/image/device-model-pid"
}

# Its monitor process ends by itself.
xl_ended() {
	wait_until 20 sh -c '! pidof xl'
}

@test "qdisk: a domain of xl's with disks of QEMU's is shown as it is, taken over with its process, and leaves nothing" {
	local a=$BATS_TEST_TMPDIR/a.qcow2 b=$BATS_TEST_TMPDIR/b.img pid id
	qemu-img create -q -f qcow2 "$a" 2M
	truncate -s 1M "$b"
	DISKS="'format=qcow2,vdev=xvda,access=rw,target=$a','format=raw,backendtype=qdisk,vdev=xvdb,access=rw,no-discard,target=$b'"
	xl_config theirs "memory=16" "kernel='$IMAGES/tiny.elf'"
	xl create -p "$CFG"
	pid=$(xl_qemu theirs)
	id=$(domid theirs)
	xlite get theirs -o yaml >"$SPEC"
	cat "$SPEC"
	grep -A 2 "vdev: xvda" "$SPEC" | grep -xF "  source: $a"
	grep -A 2 "vdev: xvda" "$SPEC" | grep -xF "  format: qcow2"
	grep -A 2 "vdev: xvdb" "$SPEC" | grep -xF "  source: $b"
	grep -A 2 "vdev: xvdb" "$SPEC" | grep -xF "  discard: false"
	run xlite plan --adopt "$SPEC"
	echo "$output"
	[[ $output == *"domain/theirs: change: it is taken over as it is"* ]]
	run xlite apply --adopt "$SPEC"
	echo "$output"
	[ "${lines[-1]}" = "domain/theirs changed" ]
	run xlite apply "$SPEC"
	[ "${lines[-1]}" = "domain/theirs unchanged" ]
	[[ $(xlite get theirs) == *" paused "* ]]
	[ "$(domid theirs)" = "$id" ]
	[ -e "/proc/$pid" ]

	# It is not ours to give disks to, and there are not two for one domain.
	qemu-img create -q -f qcow2 "$BATS_TEST_TMPDIR/c.qcow2" 1M
	cp "$SPEC" "$SPEC.more"
	sed -i "s|^vbds:|&\n- {vdev: xvdc, source: $BATS_TEST_TMPDIR/c.qcow2, format: qcow2}|" "$SPEC.more"
	run xlite apply "$SPEC.more"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"theirs: disk xvdc: the domain's QEMU is one that xl started, which xlite can give no disk"* ]]
	[[ $output == *"hint: \`xlite reboot theirs'"* ]]
	sed "s|$a|$BATS_TEST_TMPDIR/c.qcow2|" "$SPEC" >"$SPEC.more"
	run xlite apply "$SPEC.more"
	[[ $output == *"theirs: disk xvda: the domain's QEMU is one that xl started"* ]]
	run xlite plan "$SPEC"
	[ "$status" -eq 0 ]
	no_qemu

	# A disk that only goes can go; the process stays, for the other.
	sed '/vdev: xvdb/,/discard/d' "$SPEC" >"$SPEC.less"
	run xlite apply "$SPEC.less"
	echo "$output"
	[ "${lines[-1]}" = "domain/theirs changed" ]
	run ! xenstore-ls "/local/domain/0/backend/qdisk/$id/51728"
	xenstore-ls "/local/domain/0/backend/qdisk/$id/51712" >/dev/null
	[ -e "/proc/$pid" ]

	# Without its process it is no longer whole.
	kill -KILL "$pid"
	wait_until 10 test ! -e "/proc/$pid"
	[[ $(xlite get theirs) == *" degraded "* ]]
	run xlite apply "$SPEC.less"
	[ "$status" -eq 1 ]
	[[ $output == *"theirs: vbds[xvda].qemu: the QEMU that served it has ended"* ]]
	xlite delete --now theirs
	[ -z "$(find /run/xen -name "qmp-*-$id")" ]
	qemu-img check -q -f qcow2 "$a"
	xl_ended
}

@test "qdisk: a process that has the number of xl's QEMU, and is another, is left alone" {
	local a=$BATS_TEST_TMPDIR/a.qcow2 pid other
	qemu-img create -q -f qcow2 "$a" 1M
	DISKS="'format=qcow2,vdev=xvda,access=rw,target=$a'"
	xl_config theirs "memory=16" "kernel='$IMAGES/tiny.elf'"
	xl create -p "$CFG"
	pid=$(xl_qemu theirs)
	kill "$pid"
	wait_until 10 test ! -e "/proc/$pid"
	sleep 300 3>&- &
	other=$!
	xenstore-write "/local/domain/$(domid theirs)/image/device-model-pid" "$other"
	xlite destroy theirs
	kill "$other"
	xl_ended
}

@test "qdisk: a guest of xl's writes to its qcow2 image, is taken over, loses a disk, is rebooted with a QEMU of ours and deleted" {
	local a=$BATS_TEST_TMPDIR/a.qcow2 b=$BATS_TEST_TMPDIR/b.qcow2 pid
	qcow2 "$a"
	qemu-img create -q -f qcow2 "$b" 2M
	DISKS="'format=qcow2,vdev=xvda,access=rw,target=$a','format=qcow2,vdev=xvdb,access=rw,target=$b'"
	xl_config theirs "memory=256" "kernel='$IMAGES/vmlinux'" "ramdisk='$IMAGES/guest.cpio.gz'" \
		"cmdline='console=hvc0 quiet $(cat $IMAGES/cmdline) xlite.run=disk'"
	: >"$(console_log theirs)"
	xl create -q "$CFG"
	xlite get theirs -o yaml >"$SPEC"
	xlite apply --adopt "$SPEC"
	guest_again theirs "GUEST: ready"
	grep "GUEST: disk=ok" "$(console_log theirs)"
	sed '/vdev: xvdb/,/format/d' "$SPEC" >"$SPEC.less"
	run xlite apply "$SPEC.less"
	echo "$output"
	[ "${lines[-1]}" = "domain/theirs changed" ]
	run on_guest theirs 'ls /sys/block | grep xvd'
	[ "$output" = xvda ]
	qemu-img check -q -f qcow2 "$b"
	pid=$(xl_qemu theirs)
	xlite reboot theirs
	wait_until 10 test ! -e "/proc/$pid"
	[ "$(qemus | wc -l)" -eq 1 ]
	xlite apply "$SPEC"
	xlite delete --now theirs
	no_qemu
	[ "$(in_qcow2 "$a" answer)" = "written by guest" ]
	xl_ended
}
