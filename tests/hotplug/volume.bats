#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Volumes as real files: made, grown, removed; what is refused; and what a run leaves that is killed at any call.

bats_require_minimum_version 1.5.0
load helper

MIB=1048576

setup() {
	POOL=$BATS_TEST_TMPDIR/pool
	IMG=$BATS_TEST_TMPDIR/image.raw
	# Data, a hole, data; and no whole sectors at its end.
	head -c 300000 /dev/urandom >"$IMG"
	truncate -s 2M "$IMG"
	printf 'the end' >>"$IMG"
}

teardown() {
	umount "$BATS_TEST_TMPDIR/small" 2>/dev/null || true
}

need_qemu_img() { command -v qemu-img >/dev/null || skip "no qemu-img (qemu-utils)"; }
# All that is in the pool, hidden files included.
content() { (cd "$POOL" 2>/dev/null && find . -mindepth 1 | sort); }
bytes() { stat -c %s "$1"; }
allocated() { echo $(($(stat -c %b "$1") * 512)); }
sum() { sha256sum "$1" | cut -d' ' -f1; }

@test "volume: a raw one is as large as it was asked, takes no space, and its folder is for root alone" {
	run -0 tool volume-look "$POOL/a.raw"
	[ "$output" = "exists=0 bytes=0" ]
	run -0 tool volume-check "$POOL/a.raw" bytes=$((10 * MIB))
	[ "$output" = "bytes=$((10 * MIB))" ]
	[ ! -e "$POOL" ]
	run -0 tool volume-make "$POOL/a.raw" bytes=$((10 * MIB))
	[ "$(content)" = ./a.raw ]
	[ "$(bytes "$POOL/a.raw")" -eq $((10 * MIB)) ]
	[ "$(allocated "$POOL/a.raw")" -lt $MIB ]
	[ "$(stat -c %a "$POOL")" = 700 ]
	[ "$(stat -c %a "$POOL/a.raw")" = 600 ]
	run -0 tool volume-list "$POOL"
	[ "$output" = "a raw" ]
}

@test "volume: its space is taken in advance where that is asked, also when it grows" {
	run -0 tool volume-make "$POOL/a.raw" bytes=$((4 * MIB)) preallocate
	[ "$(allocated "$POOL/a.raw")" -ge $((4 * MIB)) ]
	run -0 tool volume-grow "$POOL/a.raw" bytes=$((6 * MIB)) preallocate
	[ "$(bytes "$POOL/a.raw")" -eq $((6 * MIB)) ]
	[ "$(allocated "$POOL/a.raw")" -ge $((6 * MIB)) ]
}

@test "volume: a raw copy has the image's bytes, whole sectors of them, or as many as asked" {
	run -0 tool volume-make "$POOL/a.raw" from="$IMG" sha256="$(sum "$IMG")" sha512="$(sha512sum "$IMG" | cut -d' ' -f1)"
	[ "$(bytes "$POOL/a.raw")" -eq $((2 * MIB + 512)) ]
	cmp -n "$(bytes "$IMG")" "$IMG" "$POOL/a.raw"
	[ "$(tail -c 505 "$POOL/a.raw" | tr -d '\0' | wc -c)" -eq 0 ]
	[ "$(allocated "$POOL/a.raw")" -lt $MIB ]
	run -0 tool volume-make "$POOL/b.raw" from="$IMG" bytes=$((8 * MIB))
	[ "$(bytes "$POOL/b.raw")" -eq $((8 * MIB)) ]
	cmp -n "$(bytes "$IMG")" "$IMG" "$POOL/b.raw"
}

@test "volume: another checksum, a smaller size and an image that is none are refused, and nothing is left" {
	run tool volume-make "$POOL/a.raw" from="$IMG" sha256="$(sum /dev/null)"
	[[ $output == "EBADMSG: $IMG: its SHA-256 is $(sum "$IMG"), and the spec says $(sum /dev/null)" ]]
	run tool volume-make "$POOL/a.raw" from="$IMG" sha256="$(sum "$IMG")" sha512="$(sha512sum /dev/null | cut -d' ' -f1)"
	[[ $output == "EBADMSG: $IMG: its SHA-512 is $(sha512sum "$IMG" | cut -d' ' -f1), and the spec says "* ]]
	run tool volume-make "$POOL/a.raw" from="$IMG" bytes=$MIB
	[[ $output == "EINVAL: the disk in $IMG has 2097664 bytes, more than the volume's size, 1048576" ]]
	run tool volume-check "$POOL/a.raw" from="$IMG.none"
	[[ $output == "ENOENT: $IMG.none: No such file or directory" ]]
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	run tool volume-check "$POOL/a.raw" from="$BATS_TEST_TMPDIR/pipe"
	[[ $output == *"it is no regular file" ]]
	: >"$BATS_TEST_TMPDIR/empty"
	run tool volume-check "$POOL/a.raw" from="$BATS_TEST_TMPDIR/empty"
	[[ $output == *"it is empty" ]]
	[ -z "$(content)" ]
}

@test "volume: an image's format is told and never guessed" {
	# A head is enough: nothing else is read.
	printf 'QFI\373\0\0\0\3' | dd of="$IMG" conv=notrunc status=none
	run tool volume-make "$POOL/a.raw" from="$IMG"
	[[ $output == "EINVAL: $IMG: it is a qcow2 image, and its name does not say so"*"from_format: qcow2"* ]]
	[ -z "$(content)" ]
	run -0 tool volume-make "$POOL/a.raw" from="$IMG" as=raw
	cmp -n "$(bytes "$IMG")" "$IMG" "$POOL/a.raw"
	printf 'KDMV' | dd of="$IMG" conv=notrunc status=none
	run tool volume-make "$POOL/b.raw" from="$IMG"
	[[ $output == *"it is a VMDK image"* ]]
	run tool volume-make "$POOL/b.raw" from="$IMG" as=qcow2
	[[ $output == *"it is a VMDK image"* ]]
}

@test "volume: from and to qcow2, by qemu-img" {
	need_qemu_img
	local q=$BATS_TEST_TMPDIR/q.qcow2
	qemu-img convert -q -c -f raw -O qcow2 "$IMG" "$q"
	run -0 tool volume-make "$POOL/a.raw" from="$q" bytes=$((4 * MIB)) sha256="$(sum "$q")"
	[[ $output == "made, last told 100%" ]]
	[ "$(bytes "$POOL/a.raw")" -eq $((4 * MIB)) ]
	cmp -n "$(bytes "$IMG")" "$IMG" "$POOL/a.raw"
	run -0 tool volume-make "$POOL/b.qcow2" from="$q" bytes=$((4 * MIB))
	run -0 tool volume-look "$POOL/b.qcow2"
	[ "$output" = "exists=1 bytes=$((4 * MIB))" ]
	qemu-img compare -f qcow2 -F raw "$POOL/b.qcow2" "$POOL/a.raw"
	run -0 tool volume-make "$POOL/c.qcow2" bytes=$((4 * MIB))
	run -0 tool volume-grow "$POOL/c.qcow2" bytes=$((6 * MIB))
	run -0 tool volume-look "$POOL/c.qcow2"
	[ "$output" = "exists=1 bytes=$((6 * MIB))" ]
	run tool volume-grow "$POOL/c.qcow2" bytes=$((4 * MIB))
	[[ $output == "EINVAL: "*"it is larger by now" ]]
	[ "$(content)" = $'./a.raw\n./b.qcow2\n./c.qcow2' ]
}

@test "volume: a clone has the bytes of the other, whatever they look like, and not while somebody writes to it" {
	run -0 tool volume-make "$POOL/a.raw" from="$IMG"
	printf 'QFI\373\0\0\0\3' | dd of="$POOL/a.raw" conv=notrunc status=none
	exec 9<"$POOL/a.raw"
	flock 9
	run tool volume-make "$POOL/b.raw" clone="$POOL/a.raw"
	[[ $output == "EBUSY: $POOL/a.raw: a domain, or another program, uses it"*"shut the domain down"* ]]
	flock -s 9
	run -0 tool volume-make "$POOL/b.raw" clone="$POOL/a.raw" bytes=$((4 * MIB))
	exec 9<&-
	cmp -n "$(bytes "$POOL/a.raw")" "$POOL/a.raw" "$POOL/b.raw"
	[ "$(content)" = $'./a.raw\n./b.raw' ]
	need_qemu_img
	run -0 tool volume-make "$POOL/c.qcow2" clone="$POOL/b.raw"
	qemu-img compare -f raw -F qcow2 "$POOL/b.raw" "$POOL/c.qcow2"
	run -0 tool volume-make "$POOL/d.raw" clone="$POOL/c.qcow2"
	cmp "$POOL/b.raw" "$POOL/d.raw"
}

@test "volume: an image that needs another file, or is damaged, is refused before QEMU reads it" {
	need_qemu_img
	local q=$BATS_TEST_TMPDIR/q.qcow2
	qemu-img create -q -f qcow2 -u -b /etc/shadow -F raw "$q" 1M
	run tool volume-make "$POOL/a.raw" from="$q"
	[[ $output == *"has a backing file"* ]]
	qemu-img create -q -f qcow2 -u -b 'json:{"driver":"nbd","host":"h"}' -F raw "$q" 1M
	run tool volume-make "$POOL/a.raw" from="$q"
	[[ $output == *"has a backing file"* ]]
	qemu-img create -q -f qcow2 -o data_file="$BATS_TEST_TMPDIR/d" "$q" 1M
	run tool volume-make "$POOL/a.raw" from="$q"
	[[ $output == *"has a data file of its own"* ]]
	qemu-img create -q -f qcow2 "$q" 1M
	dd if=/dev/urandom of="$q" bs=1024 seek=1 count=500 conv=notrunc status=none
	run tool volume-make "$POOL/a.raw" from="$q"
	[[ $output == "EIO: qemu-img convert: "* ]]
	[ -z "$(content)" ]
}

@test "volume: a folder that others can write to, and links in it, are refused" {
	mkdir "$POOL"
	chmod 775 "$POOL"
	run tool volume-make "$POOL/a.raw" bytes=$MIB
	[[ $output == "EACCES: the folder $POOL can be written to by other users"* ]]
	truncate -s 1M "$POOL/there.raw"
	run tool volume-look "$POOL/there.raw"
	[[ $output == "EACCES: the folder $POOL can be written to by other users"* ]]
	chmod 755 "$POOL"
	run -0 tool volume-look "$POOL/there.raw"
	echo secret >"$BATS_TEST_TMPDIR/victim"
	ln -s ../victim "$POOL/a.raw"
	ln -s ../victim "$POOL/.b.raw.new"
	run tool volume-look "$POOL/a.raw"
	[[ $output == "EINVAL: "*"it is a symbolic link, and a volume is a file" ]]
	run tool volume-make "$POOL/a.raw" bytes=$MIB
	[[ $output == "EEXIST: it is there by now"* ]]
	run tool volume-grow "$POOL/a.raw" bytes=$MIB
	[[ $output == "EINVAL: "*"symbolic link"* ]]
	run tool volume-remove "$POOL/a.raw"
	[[ $output == "EINVAL: "*"symbolic link"* ]]
	run tool volume-make "$POOL/b.raw" bytes=$MIB
	[[ $output == "ELOOP: make "* ]]
	[ "$(cat "$BATS_TEST_TMPDIR/victim")" = secret ]
	need_root
	rm "$POOL/a.raw" "$POOL/.b.raw.new"
	chown 1:1 "$POOL"
	run tool volume-make "$POOL/a.raw" bytes=$MIB
	[[ $output == "EACCES: the folder $POOL belongs to another user"* ]]
}

@test "volume: one that is there is not made again, and keeps its bytes" {
	run -0 tool volume-make "$POOL/a.raw" from="$IMG"
	run tool volume-make "$POOL/a.raw" bytes=$((4 * MIB))
	[[ $output == "EEXIST: "* ]]
	cmp -n "$(bytes "$IMG")" "$IMG" "$POOL/a.raw"
	[ "$(content)" = ./a.raw ]
	# Where renaming is linking, a run may have been killed between its two names.
	ln "$POOL/a.raw" "$POOL/.a.raw.new"
	run tool volume-make "$POOL/a.raw" bytes=$((4 * MIB))
	[[ $output == "EEXIST: "* ]]
	cmp -n "$(bytes "$IMG")" "$IMG" "$POOL/a.raw"
	[ "$(content)" = ./a.raw ]
}

@test "volume: a raw one grows, keeps its bytes, and never shrinks" {
	run -0 tool volume-make "$POOL/a.raw" from="$IMG"
	run -0 tool volume-check-grow "$POOL/a.raw" bytes=$((4 * MIB))
	[ "$(bytes "$POOL/a.raw")" -lt $((4 * MIB)) ]
	run -0 tool volume-grow "$POOL/a.raw" bytes=$((4 * MIB))
	[ "$(bytes "$POOL/a.raw")" -eq $((4 * MIB)) ]
	cmp -n "$(bytes "$IMG")" "$IMG" "$POOL/a.raw"
	run tool volume-grow "$POOL/a.raw" bytes=$MIB
	[[ $output == "EINVAL: "*"it is larger by now" ]]
	[ "$(bytes "$POOL/a.raw")" -eq $((4 * MIB)) ]
}

@test "volume: a removed one is gone; one that is open, or locked, is not removed" {
	run -0 tool volume-make "$POOL/a.raw" bytes=$MIB
	exec 9<"$POOL/a.raw"
	run tool volume-remove "$POOL/a.raw"
	[[ $output == "EBUSY: $POOL/a.raw: a domain, or another program, has it open" ]]
	flock -s 9
	run tool volume-remove "$POOL/a.raw"
	[[ $output == "EBUSY: $POOL/a.raw: a domain, or another program, uses it" ]]
	exec 9<&-
	[ -e "$POOL/a.raw" ]
	run -0 tool volume-remove "$POOL/a.raw"
	[ -z "$(content)" ]
	run tool volume-remove "$POOL/a.raw"
	[[ $output == "ENOENT: "* ]]
}

@test "volume: in use by a loop device it grows, and is not removed" {
	need_loop
	local dev
	run -0 tool volume-make "$POOL/a.raw" bytes=$MIB
	dev=$(losetup -f --show "$POOL/a.raw")
	run tool volume-remove "$POOL/a.raw"
	[[ $output == "EBUSY: "* ]]
	run -0 tool volume-grow "$POOL/a.raw" bytes=$((2 * MIB))
	[ "$(blockdev --getsize64 "$dev")" -eq $MIB ]
	losetup -c "$dev"
	[ "$(blockdev --getsize64 "$dev")" -eq $((2 * MIB)) ]
	losetup -d "$dev"
}

@test "volume: a qcow2 one in use does not grow" {
	need_qemu_img
	run -0 tool volume-make "$POOL/a.qcow2" bytes=$MIB
	exec 9<"$POOL/a.qcow2"
	flock 9
	run tool volume-check-grow "$POOL/a.qcow2" bytes=$((2 * MIB))
	[[ $output == "EBUSY: "*"shut the domain down"* ]]
	exec 9<&-
	run -0 tool volume-check-grow "$POOL/a.qcow2" bytes=$((2 * MIB))
}

@test "volume: a full file system is told before, or leaves nothing" {
	need_root
	local small=$BATS_TEST_TMPDIR/small
	mkdir "$small"
	mount -t tmpfs -o size=1M,mode=755 none "$small" || skip "no mount"
	run tool volume-make "$small/a.raw" bytes=$((8 * MIB)) preallocate
	[[ $output == "ENOSPC: $small/a.raw needs 8 MiB, and its file system has 1 MiB free" ]]
	head -c 2M /dev/urandom >"$IMG"
	run tool volume-check "$small/a.raw" from="$IMG"
	[[ $output == "ENOSPC: "* ]]
	# Sparse: there is room for what it has, until something else takes that.
	run -0 tool volume-make "$small/a.raw" bytes=$((8 * MIB))
	head -c 900000 /dev/urandom >"$IMG"
	run -0 tool volume-check "$small/b.raw" from="$IMG"
	head -c 600000 /dev/zero >"$small/other"
	run tool volume-make "$small/b.raw" from="$IMG"
	[[ $output == "ENOSPC: "* ]]
	[ "$(ls -A "$small")" = $'a.raw\nother' ]
}

@test "volume: who converts images reaches the image and the volume alone, without root's powers" {
	need_root
	local has=0 words
	python3 -c 'import ctypes, sys; sys.exit(ctypes.CDLL(None).syscall(444, None, 0, 1) < 1)' || has=$?
	[ $has -eq 0 ] || skip "no Landlock in this kernel"
	echo old >"$BATS_TEST_TMPDIR/out"
	# shellcheck disable=SC2016 # the inner shell's
	words='cat "$1" >/dev/null && echo read; echo new >"$2" && echo written; cat /etc/passwd >/dev/null 2>&1 || echo "no passwd"
		(true >"$1.new") 2>/dev/null || echo "no new file"; (true >>"$1") 2>/dev/null || echo "image kept"
		cat /proc/self/status 2>/dev/null || echo "no proc"'
	run -0 tool files-only "$IMG" "$BATS_TEST_TMPDIR/out" /bin/sh -c "$words" sh "$IMG" "$BATS_TEST_TMPDIR/out"
	[ "$output" = $'read\nwritten\nno passwd\nno new file\nimage kept\nno proc' ]
	[ "$(cat "$BATS_TEST_TMPDIR/out")" = new ]
}

# The calls at which a run can be ended between two of its changes, each as often as it makes them.
calls="openat:ftruncate:fallocate:copy_file_range:ioctl:flock:fsync:renameat2:close"

@test "volume: killed or failing at any call, a run leaves no volume or a whole one, and the next one completes it" {
	command -v strace >/dev/null || skip "no strace"
	strace -o /dev/null true 2>/dev/null || skip "strace cannot trace here"
	local call n killed=0 status before
	for call in ${calls//:/ }; do
		for ((n = 1; n < 40; n++)); do
			rm -rf "$POOL"
			before=$killed
			for how in signal=KILL error=EIO; do
				# Whether the file has got there at all is told by what strace itself ends with.
				status=0
				strace -qqq -o "$BATS_TEST_TMPDIR/trace" -e trace="$call" -e inject="$call:$how:when=$n" \
					"$HOTPLUG_TOOL" volume-make "$POOL/a.raw" from="$IMG" bytes=$((4 * MIB)) >"$BATS_TEST_TMPDIR/out" 2>&1 || status=$?
				grep -q INJECTED\\\|'killed by' "$BATS_TEST_TMPDIR/trace" || break 2
				killed=$((killed + 1))
				if [ -e "$POOL/a.raw" ]; then
					[ "$(bytes "$POOL/a.raw")" -eq $((4 * MIB)) ]
					cmp -n "$(bytes "$IMG")" "$IMG" "$POOL/a.raw"
				else
					[ "$status" -ne 0 ]
				fi
				# What failed, but was not killed, has left nothing beside it; but where the lock did, it may be another's.
				[ $how = signal=KILL ] || [ "$call" = close ] || [ "$call" = flock ] || ! content | grep -qvx ./a.raw || [ $status -eq 0 ] || {
					content
					cat "$BATS_TEST_TMPDIR/out"
					echo "after $call $n $how"
					return 1
				}
				[ -e "$POOL/a.raw" ] || run -0 tool volume-make "$POOL/a.raw" from="$IMG" bytes=$((4 * MIB))
				[ "$(content)" = ./a.raw ]
				cmp -n "$(bytes "$IMG")" "$IMG" "$POOL/a.raw"
				rm -rf "$POOL"
			done
			[ $killed -gt $before ]
		done
	done
	echo "$killed points"
	[ $killed -ge 20 ]
	# A file system that cannot rename without replacing.
	rm -rf "$POOL"
	run -0 strace -qqq -o "$BATS_TEST_TMPDIR/trace" -e trace=renameat2 -e inject=renameat2:error=EINVAL \
		"$HOTPLUG_TOOL" volume-make "$POOL/a.raw" from="$IMG"
	grep -q INJECTED "$BATS_TEST_TMPDIR/trace"
	[ "$(content)" = ./a.raw ]
	cmp -n "$(bytes "$IMG")" "$IMG" "$POOL/a.raw"
}

@test "volume: what a killed run left of another volume goes with the next; what one still makes stays" {
	mkdir -m 700 "$POOL"
	echo half >"$POOL/.dead.raw.new"
	echo half >"$POOL/.alive.raw.new"
	# No runs', whatever they end in.
	local others=(.notes.new .new .raw.new .a.txt.new b.raw.new)
	for name in "${others[@]}"; do echo mine >"$POOL/$name"; done
	exec 9<"$POOL/.alive.raw.new"
	flock 9
	run -0 tool volume-make "$POOL/a.raw" bytes=$MIB
	for name in "${others[@]}"; do
		[ "$(cat "$POOL/$name")" = mine ]
		rm "$POOL/$name"
	done
	[ "$(content)" = $'./.alive.raw.new\n./a.raw' ]
	run tool volume-make "$POOL/alive.raw" bytes=$MIB
	[[ $output == "EAGAIN: another run is making it" ]]
	exec 9<&-
	run -0 tool volume-make "$POOL/alive.raw" bytes=$MIB
	[ "$(bytes "$POOL/alive.raw")" -eq $MIB ]
}

@test "volume: of two that make it at once one does, and the other says so" {
	head -c 20M /dev/urandom >"$IMG"
	local i ok=0 status pids=()
	for i in 1 2 3 4; do
		"$HOTPLUG_TOOL" volume-make "$POOL/a.raw" from="$IMG" >"$BATS_TEST_TMPDIR/out.$i" 2>&1 3>&- &
		pids+=($!)
	done
	for i in 1 2 3 4; do
		status=0
		wait "${pids[$((i - 1))]}" || status=$?
		[ $status -ne 0 ] || ok=$((ok + 1))
		[ $status -eq 0 ] || grep -E '^(EAGAIN|EEXIST): ' "$BATS_TEST_TMPDIR/out.$i"
	done
	[ $ok -eq 1 ]
	[ "$(content)" = ./a.raw ]
	cmp "$IMG" "$POOL/a.raw"
}

@test "volume: with the run that wants it qemu-img ends, too" {
	need_qemu_img
	local q=$BATS_TEST_TMPDIR/q.qcow2 pid
	head -c 200M /dev/urandom >"$IMG"
	qemu-img convert -q -f raw -O qcow2 "$IMG" "$q"
	"$HOTPLUG_TOOL" volume-make "$POOL/a.raw" from="$q" 3>&- >/dev/null 2>&1 &
	pid=$!
	wait_for "pgrep -f 'qemu-img convert .*$q' >/dev/null || ! kill -0 $pid 2>/dev/null"
	kill -9 $pid 2>/dev/null || true
	wait_for "! pgrep -f 'qemu-img convert .*$q' >/dev/null"
	[ -e "$POOL/a.raw" ] || run -0 tool volume-make "$POOL/a.raw" from="$q"
	[ "$(content)" = ./a.raw ]
	cmp "$IMG" "$POOL/a.raw"
}
