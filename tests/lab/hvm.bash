# SPDX-License-Identifier: GPL-2.0-or-later
# What the suites of emulated PCs share.
# shellcheck shell=bash

setup_file() {
	command -v qemu-img >/dev/null || skip "no qemu in this lab (lab up --with qemu)"
	xlite delete nobody || true
}

# boot_disk FILE: a disk of 1 MiB whose first sector prints on the serial port, and halts. In 16 bits: a loop over the text at 0x7c2b that waits
# for bit 5 of port 0x3fd and writes a byte to 0x3f8.
boot_disk() {
	printf '\xfa\x31\xc0\x8e\xd8\xbc\x00\x7c\x8e\xd0\xfc\xbe\x2b\x7c\xac\x84\xc0\x74\x14\x88\xc3\xba\xfd\x03\xec\xa8\x20\x74\xfb\xba' >"$1"
	printf '\xf8\x03\x88\xd8\xee\xe6\xe9\xeb\xe7\xfb\xf4\xeb\xfcGUEST: mbr ready\r\n\0' >>"$1"
	truncate -s 510 "$1"
	printf '\x55\xaa' >>"$1"
	truncate -s 1M "$1"
}

# hvm_spec NAME [LINE...]: an emulated PC with that disk.
hvm_spec() {
	local disk=$BATS_TEST_TMPDIR/$1.img
	boot_disk "$disk"
	printf 'name: %s\ntype: hvm\nmemory: 64MiB\ntablet: false\nvbds:\n- {vdev: hda, source: %s}\n' "$1" "$disk" >"$SPEC"
	printf '%s\n' "${@:2}" >>"$SPEC"
}

# model NAME: the folder of its device model.
model() {
	local folders
	folders=("/run/xlite/qemu/$(domid "$1")"-*)
	echo "${folders[0]}"
}

serial_says() {
	grep -qF "$2" "$(model "$1")/serial.log"
}
