# SPDX-License-Identifier: GPL-2.0-or-later
# What the suites of disks that QEMU serves share.
# shellcheck shell=bash

setup_file() {
	command -v qemu-img >/dev/null || skip "no qemu in this lab (lab up --with qemu)"
	# The lock's file stays once made, which is no leak of the first test.
	xlite delete nobody || true
}

# qemus: the pids of all QEMUs of xlite's.
qemus() {
	grep -lzxE 'xlite-[0-9a-f]{8}-[0-9a-f-]{27}' /proc/[0-9]*/cmdline 2>/dev/null | sed 's|/proc/\([0-9]*\)/.*|\1|'
}

# confined: all QEMUs of xlite's have root's power over files, and no other, for good; they see no files but those that they need,
# cannot call the hypervisor, and filter their system calls.
confined() {
	local pid set
	for pid in $(qemus); do
		for set in CapPrm CapEff CapBnd; do grep -x "$set:[[:space:]]0000000000000002" "/proc/$pid/status"; done
		grep -x "NoNewPrivs:[[:space:]]1" "/proc/$pid/status"
		grep -x "Seccomp:[[:space:]]2" "/proc/$pid/status"
		[ -e "/proc/$pid/root/usr" ] && [ ! -e "/proc/$pid/root/root" ] && [ ! -e "/proc/$pid/root/proc/self" ]
		[ "$(stat -c %t:%T "/proc/$pid/root/dev/xen/privcmd")" = "$(stat -c %t:%T /dev/null)" ]
		grep -E "^Max core file size +0 +0 " "/proc/$pid/limits"
	done
	[ -n "$pid" ]
}
