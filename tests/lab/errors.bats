#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Honest errors: each names the place, the thing and the cause, has the right exit status, and leaves nothing
# behind (the census of teardown).

load helper

# refused STATUS TEXT...: apply of the spec fails so, in one line and perhaps a hint.
refused() {
	local status_wanted=$1 text
	shift
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq "$status_wanted" ]
	for text in "$@"; do
		[[ $output == *"$text"* ]] || { echo "missing: $text"; return 1; }
	done
	[ "$(grep -c '^xlite: ' <<<"$output")" -eq 1 ]
	[ "$(grep -cv -e '^xlite: ' -e '^  hint: ' <<<"$output")" -eq 0 ]
}

kernel_spec() {
	printf 'name: broken\nmemory: 64MiB\nkernel: %s\n' "$1" >"$SPEC"
}

@test "errors: the kernel is missing" {
	kernel_spec /root/images/nowhere
	refused 1 "broken: " "/root/images/nowhere" "No such file or directory"
}

@test "errors: the kernel is a directory" {
	kernel_spec /root/images
	refused 1 "broken: " "/root/images" "directory"
}

@test "errors: the kernel is not a kernel" {
	kernel_spec /etc/passwd
	refused 1 "broken: " "/etc/passwd" "neither"
}

@test "errors: the kernel is cut short (XSA-55)" {
	head -c 3000000 /root/images/vmlinuz >"$BATS_TEST_TMPDIR/short"
	kernel_spec "$BATS_TEST_TMPDIR/short"
	refused 1 "broken: " "$BATS_TEST_TMPDIR/short"
}

@test "errors: the kernel's payload is corrupted (XSA-25)" {
	cp /root/images/vmlinuz "$BATS_TEST_TMPDIR/bad"
	printf 'XXXXXXXX' | dd of="$BATS_TEST_TMPDIR/bad" bs=1 seek=4000000 conv=notrunc status=none
	sed -i 's/^//' "$SPEC" 2>/dev/null || true
	printf 'name: broken\nmemory: 256MiB\nkernel: %s\n' "$BATS_TEST_TMPDIR/bad" >"$SPEC"
	refused 1 "broken: " "$BATS_TEST_TMPDIR/bad" "corrupt"
}

@test "errors: the kernel has no PVH entry" {
	cp /bin/busybox "$BATS_TEST_TMPDIR/elf"
	kernel_spec "$BATS_TEST_TMPDIR/elf"
	refused 1 "broken: " "$BATS_TEST_TMPDIR/elf"
}

@test "errors: the kernel does not fit into the memory (XSA-25)" {
	printf 'name: broken\nmemory: 16MiB\nkernel: /root/images/vmlinuz\n' >"$SPEC"
	refused 1 "broken: " "/root/images/vmlinuz" "the domain has 16 MiB"
}

@test "errors: the ramdisk is missing" {
	printf 'name: broken\nmemory: 256MiB\nkernel: /root/images/vmlinuz\nramdisk: /nowhere\n' >"$SPEC"
	refused 1 "broken: " "/nowhere" "No such file or directory"
}

@test "errors: the ramdisk is larger than any may be (XSA-25)" {
	truncate -s 1100M "$BATS_TEST_TMPDIR/rd"
	printf 'name: broken\nmemory: 2GiB\nkernel: /root/images/vmlinuz\nramdisk: %s\n' "$BATS_TEST_TMPDIR/rd" >"$SPEC"
	refused 1 "broken: " "$BATS_TEST_TMPDIR/rd" "more than the limit of 1073741824"
}

@test "errors: Xen does not have the memory" {
	printf 'name: broken\nmemory: 64GiB\nkernel: /root/images/tiny.elf\n' >"$SPEC"
	refused 1 "broken: " "needs 65536 MiB" "MiB free"
}

@test "errors: the bridge does not exist" {
	spec broken "vifs: [{bridge: xenbr7}]"
	refused 1 "broken: vif 0: " "xenbr7" "xenbr0"
}

@test "errors: the bridge is no bridge" {
	spec broken "vifs: [{bridge: lo}]"
	refused 1 "broken: vif 0: " "lo"
}

@test "errors: the MAC is in use" {
	spec first "vifs: [{bridge: xenbr0, mac: '00:16:3e:11:22:33'}]"
	xlite apply "$SPEC"
	spec second "vifs: [{bridge: xenbr0, mac: '00:16:3e:11:22:33'}]"
	refused 73 "second: vif 0: " "00:16:3e:11:22:33 is in use"
	xlite delete --now first
}

@test "errors: the name is in use by a domain with another uuid" {
	spec twin
	xlite apply "$SPEC"
	spec twin "uuid: 6b0c7b3a-0000-4000-8000-000000000002"
	refused 73 "twin: " "name is in use"
	xlite delete --now twin
}

@test "errors: the disk is missing" {
	spec broken "vbds: [{vdev: xvda, source: /srv/nowhere.img}]"
	refused 1 "broken: disk xvda: " "/srv/nowhere.img" "No such file or directory"
}

@test "errors: no device has the tag" {
	spec broken "vbds: [{vdev: xvda, source: LABEL=nowhere}]"
	refused 1 "broken: disk xvda: " "LABEL=nowhere"
}

@test "errors: the disk file is attached to another domain" {
	disk_image "$BATS_TEST_TMPDIR/d.img"
	spec holder "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/d.img}]"
	xlite apply "$SPEC"
	spec broken "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/d.img}]"
	refused 1 "broken: disk xvda: " "$BATS_TEST_TMPDIR/d.img"
	xlite delete --now holder
}

@test "errors: the disk is mounted" {
	disk_image "$BATS_TEST_TMPDIR/m.img"
	modprobe ext4
	mount -o loop "$BATS_TEST_TMPDIR/m.img" /mnt
	spec broken "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/m.img}]"
	refused 1 "broken: disk xvda: " "$BATS_TEST_TMPDIR/m.img"
	umount /mnt
}

@test "errors: the disk is empty" {
	: >"$BATS_TEST_TMPDIR/empty"
	spec broken "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/empty}]"
	refused 1 "broken: disk xvda: " "empty"
}

@test "errors: the disk is on a read-only file system and is wanted read-write" {
	mkdir "$BATS_TEST_TMPDIR/ro"
	truncate -s 1M "$BATS_TEST_TMPDIR/ro/d.img"
	mount -t tmpfs -o size=2M none "$BATS_TEST_TMPDIR/ro"
	truncate -s 1M "$BATS_TEST_TMPDIR/ro/d.img"
	mount -o remount,ro "$BATS_TEST_TMPDIR/ro"
	spec broken "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/ro/d.img}]"
	refused 1 "broken: disk xvda: " "$BATS_TEST_TMPDIR/ro/d.img" "read-only file system"
	umount "$BATS_TEST_TMPDIR/ro"
}

@test "errors: bad specs are told with line, column and caret, all of them" {
	printf 'name: broken\nvcpu: 2\nmemory: 16 parsecs\nkernel: /root/images/tiny.elf\n' >"$SPEC"
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 65 ]
	[[ $output == *"$SPEC:2:1: "*"vcpus"* ]]
	[[ $output == *"$SPEC:3:9: "* ]]
	[[ $output == *"^"* ]]
}

@test "errors: not root" {
	spec broken
	chmod 644 "$SPEC"
	chmod 755 "$BATS_TEST_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_SUITE_TMPDIR" "$BATS_RUN_TMPDIR"
	echo 'nobody:x:65534:65534::/:/bin/sh' >>/etc/passwd
	run su nobody -s /bin/sh -c '/usr/local/bin/xlite list'
	sed -i '/^nobody:/d' /etc/passwd
	echo "$output"
	[ "$status" -eq 77 ]
	[[ $output == *"root"* ]]
}

@test "errors: xenstored is gone (XSA-326)" {
	spec broken
	cat >"$BATS_TEST_TMPDIR/without" <<-'END'
		mkdir "$1"
		for device in privcmd hypercall; do
			touch "$1/$device"
			mount -o bind "/dev/xen/$device" "$1/$device"
		done
		mount -o rbind "$1" /dev/xen
		mount -t tmpfs none /run/xenstored
		mount -t tmpfs none /proc/xen
		exec xlite apply "$2"
	END
	run unshare -m sh "$BATS_TEST_TMPDIR/without" "$BATS_TEST_TMPDIR/xen" "$SPEC"
	echo "$output"
	[ "$status" -eq 69 ]
	[[ $output == *"xenstore"* || $output == *"XenStore"* ]]
}

@test "errors: xenstored is stuck (XSA-326)" {
	local pid
	pid=$(pidof xenstored || pidof oxenstored)
	spec broken
	kill -STOP "$pid"
	XLITE_STORE_TIMEOUT_MS=2000 run timeout 600 xlite apply "$SPEC"
	kill -CONT "$pid"
	echo "$output"
	[ "$status" -eq 124 ]
	[[ $output == *"xenstored does not answer"* ]]
}

@test "errors: a domain that is not there" {
	run xlite pause nobody
	[ "$status" -eq 1 ]
	[ "$output" = "xlite: nobody: no such domain" ]
	run xlite delete nobody
	[ "$status" -eq 0 ]
	[ "$output" = "domain/nobody absent" ]
}
