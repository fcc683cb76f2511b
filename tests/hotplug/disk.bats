#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Disks on real loop devices: what is refused as in use, what is read-only, and that nothing is left behind.
# Only loop devices of files made here are touched.
# shellcheck disable=SC2030,SC2031

bats_require_minimum_version 1.5.0
load helper

setup() {
	need_loop
	IMG=$BATS_TEST_TMPDIR/a.img
	truncate -s 2M "$IMG"
	PIDS=()
	# Of this run alone: another's devices are seen, too.
	LABEL=xlite-$$
}

teardown() {
	local pid dev
	for pid in "${PIDS[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
	umount "$BATS_TEST_TMPDIR/mnt" 2>/dev/null || true
	for dev in $(ours); do losetup -d "/dev/$dev" 2>/dev/null || true; done
	wait_for '[ -z "$(ours)" ]'
}

# The loop devices bound to files of this test.
ours() {
	local dir
	for dir in /sys/block/loop*/loop; do
		[ -r "$dir/backing_file" ] || continue
		case "$(cat "$dir/backing_file" 2>/dev/null)" in "$BATS_TEST_TMPDIR"/*) basename "$(dirname "$dir")" ;; esac
	done
}

# Opens SOURCE in MODE and holds it, in the background; what was printed is in $OUT.
hold() {
	OUT=$BATS_TEST_TMPDIR/out.$RANDOM
	"$HOTPLUG_TOOL" disk-open "$1" "$2" 60000 >"$OUT" 3>&- &
	PIDS+=($!)
	wait_for "[ -s $OUT ]"
}
held() { tr ' ' '\n' <"$OUT" | sed -n "s/^$1=//p"; }

# An MBR on $IMG, with identifier 1a2b3c4d and one partition from sector 2048 of 4096 sectors.
mbr() {
	truncate -s 8M "$IMG"
	{
		head -c 440 /dev/zero
		printf '\x4d\x3c\x2b\x1a\0\0' # identifier
		printf '\0\0\0\0\x83\0\0\0\0\x08\0\0\0\x10\0\0' # kind 83, start, length
		head -c 48 /dev/zero
		printf '\x55\xaa'
	} | dd of="$IMG" conv=notrunc status=none
}

attach() { losetup -f --show "$@"; }

@test "file: becomes a writable loop device of its size, of its own identity" {
	hold "$IMG" w
	[ "$(held loop)" = 1 ]
	[ "$(held bytes)" = 2097152 ]
	[ "$(held file)" = "$(printf '%x' "$(stat -c %d "$IMG")"):$(stat -c %i "$IMG")" ]
	[ "$(stat -c '%t:%T' "$(held path)")" = "$(held dev)" ]
	[ "$(blockdev --getro "$(held path)")" = 0 ]
	printf written | dd of="$(held path)" conv=notrunc status=none
	sync "$(held path)"
	[ "$(head -c 7 "$IMG")" = written ]
}

@test "file: read-only is read-only, also for root" {
	hold "$IMG" r
	[ "$(blockdev --getro "$(held path)")" = 1 ]
	[ "$(losetup -n -O RO "$(held path)" | tr -d ' ')" = 1 ]
	run ! dd if=/dev/zero of="$(held path)" count=1 conv=notrunc status=none
	blockdev --setrw "$(held path)" || true
	run ! dd if=/dev/zero of="$(held path)" count=1 conv=notrunc status=none
}

@test "file: the loop device ends when it is let go" {
	run -0 tool disk-open "$IMG" w 0
	wait_for '[ -z "$(ours)" ]'
}

@test "file: the loop device ends when its holder is killed" {
	hold "$IMG" w
	[ -n "$(ours)" ]
	kill -9 "${PIDS[@]}"
	wait_for '[ -z "$(ours)" ]'
}

@test "file: nothing is left however soon the holder is killed" {
	local i
	for i in $(seq 0 60); do
		"$HOTPLUG_TOOL" disk-open "$IMG" w 1000 >/dev/null 3>&- &
		sleep "0.00$((i % 10))"
		kill -9 $! 2>/dev/null || true
		wait $! 2>/dev/null || true
	done
	wait_for '[ -z "$(ours)" ]'
	run -0 tool disk-open "$IMG" w 0
}

@test "file: the loop device outlives its holder while somebody has it open, and keeps others out" {
	hold "$IMG" w
	exec 7<"$(held path)"
	kill -9 "${PIDS[@]}"
	wait_for "! kill -0 ${PIDS[0]} 2>/dev/null"
	[ -n "$(ours)" ]
	run -1 flock -n "$IMG" true
	run -1 tool disk-open "$IMG" w
	exec 7<&-
	wait_for '[ -z "$(ours)" ]'
	run -0 flock -n "$IMG" true
}

@test "file: direct input and output where asked" {
	hold "$IMG" wd
	local dio; dio=$(losetup -n -O DIO "$(held path)" | tr -d ' ')
	[ "$dio" = 1 ] || skip "the file system of $BATS_TEST_TMPDIR cannot"
}

@test "file: twice read-write is refused, and the message says through what" {
	hold "$IMG" w
	run -1 tool disk-open "$IMG" w
	[ "${lines[0]}" = "EBUSY: $IMG: in use read-write through $(held path)" ]
	run -1 tool disk-check "$IMG" r
	[ "${lines[0]}" = "EBUSY: $IMG: in use read-write through $(held path)" ]
}

@test "file: several may read, and a writer is then refused" {
	hold "$IMG" r
	run -0 tool disk-open "$IMG" r 0
	run -1 tool disk-open "$IMG" w
	[ "${lines[0]}" = "EBUSY: $IMG: in use read-only through $(held path)" ]
}

@test "file: shared allows both" {
	hold "$IMG" w
	run -0 tool disk-open "$IMG" ws 0
	run -0 tool disk-open "$IMG" rs 0
}

@test "file: of two that open at once, one gets it" {
	local i ok
	for i in 1 2 3 4 5 6; do
		"$HOTPLUG_TOOL" disk-open "$IMG" w 60000 >"$BATS_TEST_TMPDIR/r$i" 2>&1 3>&- &
		PIDS+=($!)
	done
	# The winner holds it until all the others have had their answer.
	for i in 1 2 3 4 5 6; do wait_for "[ -s $BATS_TEST_TMPDIR/r$i ]"; done
	cat "$BATS_TEST_TMPDIR"/r?
	ok=$(cat "$BATS_TEST_TMPDIR"/r? | grep -c '^path=')
	[ "$ok" -eq 1 ]
}

@test "file: another name of the same file is the same file" {
	ln "$IMG" "$BATS_TEST_TMPDIR/hard"
	ln -s a.img "$BATS_TEST_TMPDIR/soft"
	local dev; dev=$(attach "$IMG")
	run -1 tool disk-check "$BATS_TEST_TMPDIR/hard" w
	[ "${lines[0]}" = "EBUSY: $BATS_TEST_TMPDIR/hard: in use read-write through $dev" ]
	run -1 tool disk-check "$BATS_TEST_TMPDIR/soft" r
	mv "$IMG" "$BATS_TEST_TMPDIR/moved"
	run -1 tool disk-check "$BATS_TEST_TMPDIR/moved" r
	# And another file of the same name is another.
	truncate -s 2M "$IMG"
	run -0 tool disk-check "$IMG" w
	losetup -d "$dev"
}

@test "look: a process that has another file or block device open than the one that has its name" {
	local file=$BATS_TEST_TMPDIR/image pid dev other
	truncate -s 1M "$file" "$file.other"
	sleep 100 4<"$file" 3>&- &
	pid=$!
	run -0 tool disk-other-in "$pid" "$file"
	[ "$output" = "same or unknown" ]
	ln -s "$file" "$file.link"
	run -0 tool disk-other-in "$pid" "$file.link"
	[ "$output" = "same or unknown" ]
	# Of the same size, and by rename.
	mv "$file.other" "$file"
	run -0 tool disk-other-in "$pid" "$file"
	[ "$output" = other ]
	rm "$file"
	run -0 tool disk-other-in "$pid" "$file"
	[ "$output" = "same or unknown" ]
	run -0 tool disk-other-in "$pid" "nbd://host/$file"
	[ "$output" = "same or unknown" ]
	kill "$pid"
	wait "$pid" || true
	touch "$file"
	run -0 tool disk-other-in "$pid" "$file"
	[ "$output" = "same or unknown" ]

	truncate -s 1M "$file" "$file.other"
	dev=$(losetup -f --show "$file")
	other=$(losetup -f --show "$file.other")
	sleep 100 4<"$dev" 3>&- &
	pid=$!
	ln -sf "$dev" "$file.link"
	run -0 tool disk-other-in "$pid" "$file.link"
	[ "$output" = "same or unknown" ]
	ln -sf "$other" "$file.link"
	run -0 tool disk-other-in "$pid" "$file.link"
	[ "$output" = other ]
	kill "$pid"
	wait "$pid" || true
	losetup -d "$dev" "$other"
}

@test "look: a file that has grown, was exchanged, renamed or removed under its device" {
	local dev other; dev=$(attach "$IMG")
	run -0 tool disk-look "$dev" "$IMG"
	[ "$output" = "other=0 offered=2097152 bytes=2097152" ]
	truncate -s 3M "$IMG"
	run -0 tool disk-look "$dev" "$IMG"
	[ "$output" = "other=0 offered=2097152 bytes=3145728" ]
	ln -s a.img "$BATS_TEST_TMPDIR/soft"
	run -0 tool disk-look "$dev" "$BATS_TEST_TMPDIR/soft"
	[[ "$output" == "other=0 "* ]]
	# Of the same size, by rename, as an editor or qemu-img's users do.
	cp "$IMG" "$BATS_TEST_TMPDIR/new.img"
	mv "$BATS_TEST_TMPDIR/new.img" "$IMG"
	run -0 tool disk-look "$dev" "$IMG"
	[[ "$output" == "other=1 "* ]]
	rm "$IMG"
	run -1 tool disk-look "$dev" "$IMG"
	# Block devices behind a name that leads elsewhere.
	truncate -s 2M "$BATS_TEST_TMPDIR/b.img"
	other=$(attach "$BATS_TEST_TMPDIR/b.img")
	ln -s "$other" "$BATS_TEST_TMPDIR/link"
	run -0 tool disk-look "$dev" "$BATS_TEST_TMPDIR/link"
	[[ "$output" == "other=1 "* ]]
	run -0 tool disk-look "$other" "$BATS_TEST_TMPDIR/link"
	[[ "$output" == "other=0 offered=0 bytes=0" ]]
}

@test "file: one that is loop-mounted is refused with where" {
	mkfs.ext4 -q "$IMG" 2>/dev/null || skip "no mkfs.ext4"
	mkdir "$BATS_TEST_TMPDIR/mnt"
	mount -o loop "$IMG" "$BATS_TEST_TMPDIR/mnt" || skip "no ext4 in this kernel"
	run -1 tool disk-check "$IMG" w
	[[ "${lines[0]}" == "EBUSY: $IMG: in use read-write through /dev/loop"*", mounted on $BATS_TEST_TMPDIR/mnt" ]]
	[ "${lines[1]}" = "hint: \`umount $BATS_TEST_TMPDIR/mnt\` frees it" ]
}

@test "file: on a read-only file system, read-write is refused and read-only is not" {
	mkdir "$BATS_TEST_TMPDIR/mnt"
	mount -t tmpfs none "$BATS_TEST_TMPDIR/mnt" || skip "cannot mount tmpfs"
	truncate -s 1M "$BATS_TEST_TMPDIR/mnt/x"
	mount -o remount,ro "$BATS_TEST_TMPDIR/mnt"
	run -1 tool disk-check "$BATS_TEST_TMPDIR/mnt/x" w
	[ "${lines[0]}" = "EROFS: $BATS_TEST_TMPDIR/mnt/x: mode rw was asked, but it is on a read-only file system" ]
	run -0 tool disk-open "$BATS_TEST_TMPDIR/mnt/x" r 0
}

@test "check: changes nothing" {
	hold "$IMG" r
	local before after
	before=$(losetup -a | grep "$BATS_TEST_TMPDIR"; stat -c '%Y %Z' "$IMG")
	run -0 tool disk-check "$IMG" r
	[[ "$output" == "path= dev=0:0 loop=0 readonly=1 "* ]]
	after=$(losetup -a | grep "$BATS_TEST_TMPDIR"; stat -c '%Y %Z' "$IMG")
	[ "$before" = "$after" ]
}

# head_is TEXT MESSAGE HINT: a source that begins so is refused, as a file and as a block device, unless it is said to be raw.
head_is() {
	local dev
	truncate -s 0 "$IMG"
	truncate -s 2M "$IMG"
	printf "$1" | dd of="$IMG" conv=notrunc status=none
	run -1 tool disk-check "$IMG" r
	[ "${lines[0]}" = "EINVAL: $IMG: it is $2, and the spec does not say its format" ]
	[ "${lines[1]}" = "hint: $3; \`format: raw\` gives the guest the bytes as they are" ]
	run -1 tool disk-open "$IMG" w 0
	run -0 tool disk-check "$IMG" rb
	run -0 tool disk-open "$IMG" wb 0
	wait_for '[ -z "$(ours)" ]'
	dev=$(attach "$IMG")
	run -1 tool disk-check "$dev" w
	[ "${lines[0]}" = "EINVAL: $dev: it is $2, and the spec does not say its format" ]
	run -0 tool disk-check "$dev" wb
	losetup -d "$dev"
	wait_for '[ -z "$(ours)" ]'
}

@test "format: a source that begins as an image does is refused until the spec says what it is" {
	local convert="\`qemu-img convert -O qcow2 FILE NEW\` makes an image that \`format: qcow2\` takes"
	head_is 'QFI\xfb\0\0\0\3' "a qcow2 image" "\`format: qcow2\` gives the guest the disk in it"
	head_is 'QFI\xfb\0\0\0\1' "a qcow image of version 1" "$convert"
	head_is 'vhdxfile' "a VHDX image" "$convert"
	head_is 'conectix' "a VHD image" "$convert"
	head_is "$(printf '%64s' '')"'\x7f\x10\xda\xbe' "a VDI image" "$convert"
	head_is 'KDMV\1\0\0\0' "a VMDK image" "$convert"
	head_is '\xfd7zXZ\0' "compressed by xz" "\`unxz\` unpacks it"
	head_is '\x28\xb5\x2f\xfd' "compressed by zstd" "\`unzstd\` unpacks it"
}

@test "format: an image of an odd size is not to be rounded up" {
	printf hello | gzip >"$IMG"
	run -1 tool disk-check "$IMG" r
	[ "${lines[0]}" = "EINVAL: $IMG: it is compressed by gzip, and the spec does not say its format" ]
	printf 'QFI\xfb\0\0\0\3%100s' '' >"$IMG"
	run -1 tool disk-check "$IMG" r
	[[ "${lines[0]}" == *"it is a qcow2 image, and"* && "${lines[1]}" != *truncate* ]]
}

@test "format: qcow2 for something else names what it is" {
	run -1 tool disk-check "$IMG" rq
	[ "${lines[0]}" = "EINVAL: $IMG: format: qcow2 was said, but it is no qcow2 image" ]
	printf 'KDMV\1\0\0\0' | dd of="$IMG" conv=notrunc status=none
	run -1 tool disk-check "$IMG" rq
	[ "${lines[0]}" = "EINVAL: $IMG: format: qcow2 was said, but it is a VMDK image" ]
	[[ "${lines[1]}" == *"qemu-img convert"* ]]
}

@test "format: file systems, partition tables, LUKS and ISO 9660 are disks" {
	local text
	for text in 'LUKS\xba\xbe\0\1' '\xeb\x58\x90mkfs.fat' '\xebc\x90'; do
		printf "$text" | dd of="$IMG" conv=notrunc status=none
		run -0 tool disk-check "$IMG" w
	done
	printf '\1CD001\1' | dd of="$IMG" bs=1 seek=32768 conv=notrunc status=none
	run -0 tool disk-check "$IMG" r
	mbr
	run -0 tool disk-check "$IMG" w
}

@test "block: is given as it is, by the kernel's name" {
	local dev; dev=$(attach "$IMG")
	ln -s "$dev" "$BATS_TEST_TMPDIR/link"
	run -0 tool disk-open "$BATS_TEST_TMPDIR/link" w 0
	[[ "$output" == "path=$dev dev=$(stat -c '%t:%T' "$dev") loop=0 readonly=0 bytes=2097152 file="*":0" ]]
}

@test "block: is claimed until it is let go" {
	local dev; dev=$(attach "$IMG")
	hold "$dev" w
	run -1 tool disk-open "$dev" r
	[[ "${lines[0]}" == "EBUSY: $dev: in use: a program, or the disk it is a part of, has it open exclusively" ]]
	run -0 tool disk-check "$dev" rs
	kill -9 "${PIDS[@]}"
	wait_for "! kill -0 ${PIDS[0]} 2>/dev/null"
	run -0 tool disk-open "$dev" w 0
}

@test "block: a read-only device asked read-write is refused" {
	local dev; dev=$(attach -r "$IMG")
	run -1 tool disk-check "$dev" w
	[ "${lines[0]}" = "EROFS: $dev: mode rw was asked, but the device is read-only" ]
	run -0 tool disk-check "$dev" r
}

@test "block: a mounted one is refused with where, unless read-only and shared" {
	mkfs.ext4 -q "$IMG" 2>/dev/null || skip "no mkfs.ext4"
	local dev; dev=$(attach "$IMG")
	mkdir "$BATS_TEST_TMPDIR/mnt"
	mount "$dev" "$BATS_TEST_TMPDIR/mnt" || skip "no ext4 in this kernel"
	for mode in w r ws; do
		run -1 tool disk-check "$dev" $mode
		[ "${lines[0]}" = "EBUSY: $dev: in use: it, or a partition of it, is mounted on $BATS_TEST_TMPDIR/mnt" ]
		[ "${lines[1]}" = "hint: \`umount $BATS_TEST_TMPDIR/mnt\` frees it" ]
	done
	run -0 tool disk-check "$dev" rs
}

@test "block: swap space is refused" {
	chmod 600 "$IMG"
	mkswap -q "$IMG" 2>/dev/null || mkswap "$IMG" >/dev/null || skip "no mkswap"
	local dev; dev=$(attach "$IMG")
	swapon "$dev" || skip "no swap in this kernel"
	run tool disk-check "$dev" w
	swapoff "$dev"
	[ "$status" -eq 1 ]
	[ "${lines[0]}" = "EBUSY: $dev: in use: it, or a partition of it, is swap space ($dev)" ]
	[ "${lines[1]}" = "hint: \`swapoff $dev\` frees it" ]
}

@test "block: one that a device of the device mapper is made of is refused with that device" {
	command -v dmsetup >/dev/null || skip "no dmsetup"
	local dev; dev=$(attach "$IMG")
	echo "0 4096 linear $dev 0" | dmsetup create xlite-test-dm || skip "no device mapper in this kernel"
	run tool disk-check "$dev" w
	dmsetup remove xlite-test-dm
	[ "$status" -eq 1 ]
	[[ "${lines[0]}" == "EBUSY: $dev: in use: it is part of dm-"*" (xlite-test-dm)" ]]
	[[ "${lines[1]}" == "hint: end /dev/mapper/xlite-test-dm first"* ]]
}

@test "block: one that backs a loop device is refused" {
	local dev; dev=$(attach "$IMG")
	local top; top=$(attach "$dev") || skip "no loop device on a loop device"
	run tool disk-check "$dev" w
	losetup -d "$top"
	[ "$status" -eq 1 ]
	[ "${lines[0]}" = "EBUSY: $dev: in use read-write through $top" ]
}

@test "tag: LABEL and UUID are found, UUID in either case" {
	mkfs.ext4 -q -L "$LABEL" "$IMG" 2>/dev/null || skip "no mkfs.ext4"
	local dev uuid; dev=$(attach "$IMG")
	uuid=$(blkid -p -s UUID -o value "$dev")
	run -0 tool disk-resolve "LABEL=$LABEL"
	[ "$output" = "$dev" ]
	run -0 tool disk-resolve "UUID=${uuid^^}"
	[ "$output" = "$dev" ]
	run -1 tool disk-resolve "LABEL=XLITE-$$"
	[ "$output" = "ENOENT: no block device has LABEL=XLITE-$$" ]
}

@test "tag: PARTUUID is found, and a partition used by its own name and size" {
	mbr
	local dev; dev=$(attach -P "$IMG")
	[ -b "${dev}p1" ] || skip "no partitions on loop devices"
	run -0 tool disk-resolve PARTUUID=1A2B3C4D-01
	[ "$output" = "${dev}p1" ]
	run -0 tool disk-check PARTUUID=1a2b3c4d-01 w
	[[ "$output" == "path=${dev}p1 "*" bytes=2097152 "* ]]
}

@test "tag: PARTLABEL is found" {
	command -v sfdisk >/dev/null || skip "no sfdisk"
	truncate -s 8M "$IMG"
	printf 'label: gpt\nstart=2048, size=4096, name="xlite test part"\n' | sfdisk -q "$IMG"
	local dev; dev=$(attach -P "$IMG")
	[ -b "${dev}p1" ] || skip "no partitions on loop devices"
	run -0 tool disk-resolve "PARTLABEL=xlite test part"
	[ "$output" = "${dev}p1" ]
}

@test "block: a mounted partition keeps the whole disk from use" {
	mbr
	local dev; dev=$(attach -P "$IMG")
	[ -b "${dev}p1" ] || skip "no partitions on loop devices"
	mkfs.ext4 -q "${dev}p1" 2>/dev/null || skip "no mkfs.ext4"
	mkdir "$BATS_TEST_TMPDIR/mnt"
	mount "${dev}p1" "$BATS_TEST_TMPDIR/mnt" || skip "no ext4 in this kernel"
	run -1 tool disk-check "$dev" w
	[ "${lines[0]}" = "EBUSY: $dev: in use: it, or a partition of it, is mounted on $BATS_TEST_TMPDIR/mnt" ]
}

@test "tag: two devices with the same are refused with both" {
	mkfs.ext4 -q -L "$LABEL" "$IMG" 2>/dev/null || skip "no mkfs.ext4"
	cp "$IMG" "$BATS_TEST_TMPDIR/b.img"
	local a b; a=$(attach "$IMG"); b=$(attach "$BATS_TEST_TMPDIR/b.img")
	run -1 tool disk-check "LABEL=$LABEL" w
	[[ "${lines[0]}" == "ENOTUNIQ: 2 block devices have LABEL=$LABEL: "* ]]
	[[ "${lines[0]}" == *"$a"* && "${lines[0]}" == *"$b"* ]]
}

@test "tag: another guest's disk image cannot take or spoil one" {
	mkfs.ext4 -q -L "$LABEL" "$IMG" 2>/dev/null || skip "no mkfs.ext4"
	cp "$IMG" "$BATS_TEST_TMPDIR/b.img"
	hold "$BATS_TEST_TMPDIR/b.img" w
	run -1 tool disk-resolve "LABEL=$LABEL"
	local a; a=$(attach "$IMG")
	run -0 tool disk-resolve "LABEL=$LABEL"
	[ "$output" = "$a" ]
}

@test "tag: a device that another guest may write to is no answer, nor is its partition or what is built on it" {
	mkfs.ext4 -q -L "$LABEL" "$IMG" 2>/dev/null || skip "no mkfs.ext4"
	cp "$IMG" "$BATS_TEST_TMPDIR/b.img"
	local a b; a=$(attach "$IMG"); b=$(attach "$BATS_TEST_TMPDIR/b.img")
	run -0 tool disk-resolve "LABEL=$LABEL" "$a"
	[ "$output" = "$b" ]
	run -0 tool disk-resolve "LABEL=$LABEL" "$b"
	[ "$output" = "$a" ]
	losetup -d "$b"
	wait_for "! losetup $b 2>/dev/null"
	run -1 tool disk-resolve "LABEL=$LABEL" "$a"
	[ "${lines[0]}" = "EBUSY: LABEL=$LABEL: the only answer is $a, which domid 7 has" ]
	losetup -d "$a"
	mbr
	a=$(attach -P "$IMG")
	[ -b "${a}p1" ] || skip "no partitions on loop devices"
	run -1 tool disk-resolve PARTUUID=1a2b3c4d-01 "$a"
	[ "${lines[0]}" = "EBUSY: PARTUUID=1a2b3c4d-01: the only answer is ${a}p1, which domid 7 has" ]
	run -0 tool disk-resolve PARTUUID=1a2b3c4d-01 /dev/loop-control
	mkfs.ext4 -q -L "$LABEL" "${a}p1"
	run -1 tool disk-resolve "LABEL=$LABEL" "$a"
	[[ "${lines[0]}" == "EBUSY: "*"${a}p1, which domid 7 has" ]]
}

@test "tag: looking leaves no cache" {
	tool disk-resolve LABEL=xlite-no-such 2>/dev/null || true
	[ ! -e /run/blkid/blkid.tab ] || [ -z "$(find /run/blkid/blkid.tab -newer "$IMG")" ]
}

@test "cost: a file takes at most 30 system calls to its loop device, and 4 more per loop device in use" {
	command -v strace >/dev/null || skip "no strace"
	local others=0 dir
	for dir in /sys/block/loop*/loop; do [ ! -d "$dir" ] || others=$((others + 1)); done
	ASAN_OPTIONS=detect_leaks=0 strace -o "$BATS_TEST_TMPDIR/trace" "$HOTPLUG_TOOL" disk-open "$IMG" w 0 >/dev/null
	# Between the first look at the file and the printing; a look at a loop device that is not in use is one call each.
	sed -n '/a.img"/,/^write(1/p' "$BATS_TEST_TMPDIR/trace" |
		grep -v -e '/loop", F_OK' -e '^m[a-z]*(' -e '^brk(' -e '^write(1' >"$BATS_TEST_TMPDIR/calls"
	sed -i 1d "$BATS_TEST_TMPDIR/calls"
	cat "$BATS_TEST_TMPDIR/calls"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/calls")" -le $((30 + 4 * others)) ]
}
