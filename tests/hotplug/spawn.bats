#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What a program that serves a domain is given, and what it can get back.

bats_require_minimum_version 1.5.0
load helper

setup() { need_root; }

@test "confined: only files are left of root's powers, for good, in a session of its own and without a core dump" {
	local set
	run -0 tool confined /bin/sh -c 'cat /proc/self/status /proc/self/limits; ls /proc/self/fd; ps -o sid= -p $$ | tr -d " "; echo "pid=$$"'
	echo "$output"
	for set in CapPrm CapEff CapBnd; do grep -x "$set:[[:space:]]0000000000000002" <<<"$output"; done
	for set in CapInh CapAmb; do grep -x "$set:[[:space:]]0000000000000000" <<<"$output"; done
	grep -x "NoNewPrivs:[[:space:]]1" <<<"$output"
	grep -E "^Max core file size +0 +0 " <<<"$output"
	run -1 tool confined /bin/sh -c 'mount -t tmpfs none /mnt 2>/dev/null'
	run -1 tool confined /bin/sh -c 'mknod "$0/node" c 1 3 2>/dev/null' "$BATS_TEST_TMPDIR"
}

@test "confined: nothing but three descriptors is inherited" {
	exec 7</dev/null
	run -0 tool confined /bin/sh -c 'echo /proc/self/fd/*'
	echo "$output"
	[ "$(wc -w <<<"$output")" -le 4 ]
	[[ "$output" != *"/7"* ]]
	exec 7<&-
}

@test "confined: a program that cannot be run is told with its reason" {
	run -1 tool confined /no/such/program
	[ "${lines[0]}" = "ENOENT: start /no/such/program: No such file or directory" ]
	run -77 tool confined /etc/passwd
	[ "${lines[0]}" = "EACCES: start /etc/passwd: Permission denied" ]
}
