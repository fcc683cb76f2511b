# SPDX-License-Identifier: GPL-2.0-or-later
# Disks for domains without `kernel:`. The kernel on them is a test guest that GRUB takes for Linux, and tells which entry was booted.
# shellcheck shell=bash disable=SC2154

KERNEL=/root/guests/own.bzimage

# own NAME IMAGE...: a domain with these disks, xvda and so on, all but the first read-only.
own() {
	local name=$1 letter=a image mode=rw
	shift
	printf -- '---\nname: %s\nmemory: 64MiB\nvbds:\n' "$name"
	for image in "$@"; do
		printf -- '  - {vdev: xvd%s, source: %s, mode: %s}\n' "$letter" "$BATS_TEST_TMPDIR/$image" "$mode"
		letter=$(tr a-y b-z <<<"$letter") mode=ro
	done
}

# tree NAME KERNEL-FOLDER: a folder for a file system, with a kernel and its ramdisk; sets TREE.
tree() {
	TREE=$BATS_TEST_TMPDIR/$1.tree
	mkdir -p "$TREE$2"
	cp "$KERNEL" "$TREE$2/vmlinuz"
	echo ramdisk >"$TREE$2/initrd"
}

# grub_cfg FILE PATH N: a configuration of GRUB's whose only entry is the number N.
grub_cfg() {
	mkdir -p "${1%/*}"
	printf 'set timeout=0\nmenuentry "%s" {\n\tlinux %s/vmlinuz %s\n\tinitrd %s/initrd\n}\n' "entry $3" "$2" "$3" "$2" >"$1"
}

# file_system IMAGE FOLDER [START MIB]: an ext4 with what is in the folder, in the partition there (in MiB), or in all of the image.
file_system() {
	mkfs.ext4 -q -F -b 1024 ${3:+-E "offset=$(($3 << 20))"} -d "$2" "$BATS_TEST_TMPDIR/$1" "${4:-4}M"
}

# disk IMAGE LABEL [LINE...]: an image of 16 MiB with a table of partitions.
disk() {
	local image=$BATS_TEST_TMPDIR/$1 label=$2
	shift 2
	rm -f "$image"
	truncate -s 16M "$image"
	{ echo "label: $label"; printf '%s\n' "$@"; } | sfdisk -q "$image"
}

# booted NAME N: its test guest has said that it is the entry N.
booted() {
	wait_until 300 grep -q 'TEST own: ' "$(console_log "$1")" || { tail -c 2000 "$(console_log "$1")"; return 1; }
	grep "TEST own: ok, rounds: $2" "$(console_log "$1")" || { tail -c 2000 "$(console_log "$1")"; return 1; }
}

# apply_fresh: with empty logs.
apply_fresh() {
	rm -f /var/log/xen/console/guest-*.log
	xlite apply "$SPEC"
}

remove() {
	xlite delete --now -q "$@"
}

# boots NAME N IMAGE...: a domain with these disks boots the entry N.
boots() {
	own "$1" "${@:3}" >"$SPEC"
	apply_fresh
	booted "$1" "$2"
	remove "$1"
}
