#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What a program that serves a domain is given, and what it can get back.

bats_require_minimum_version 1.5.0
load helper

setup() { need_root; }

SUCCESSOR=/run/xlite/qemu/32001-00000000-0000-4000-8000-000000000002

teardown() {
	[ ! -d "$SUCCESSOR" ] || rmdir "$SUCCESSOR"
	umount "$BATS_TEST_TMPDIR/a b" 2>/dev/null || true
}

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

@test "jailed: of the host's files programs and libraries are seen, and one folder that can be changed" {
	local own=$BATS_TEST_TMPDIR/own
	mkdir "$own" && touch "$own/file"
	run -0 tool jailed "$own" /bin/sh -c 'cd "$0"; echo * /*; echo /etc/* /dev/* /dev/xen/*; echo made >made; echo made >/tmp/made
		{ echo >/usr/x; } 2>/dev/null || echo usr; [ -c /dev/null ] && [ ! -e /proc/self ] && [ ! -e /root ] && echo whole' "$own"
	echo "$output"
	[[ "${lines[0]}" == "file "*" /usr "* ]]
	[[ " ${lines[0]} " != *" /home "* && " ${lines[0]} " != *" /sys "* ]]
	[ "${lines[2]}" = usr ]
	[ "${lines[3]}" = whole ]
	[[ "$output" != */etc/shadow* ]]
	[ "$(cat "$own/made")" = made ]
	[ ! -e /tmp/made ]
}

@test "jailed: what is mounted on the host is neither seen nor kept busy" {
	local own=$BATS_TEST_TMPDIR/own pid there="$BATS_TEST_TMPDIR/a b"
	mkdir "$own" "$there"
	mount -t tmpfs none "$there"
	echo secret >"$there/file"
	run tool jailed "$own" /bin/sh -c 'echo "$$" >"$0/pid"; while :; do [ -e "$0/end" ] && exit; done' "$own" 3>&- &
	wait_for "[ -s '$own/pid' ]"
	pid=$(cat "$own/pid")
	run ! grep -F 'a\040b' "/proc/$pid/mountinfo"
	[ ! -e "/proc/$pid/root$there/file" ]
	# Each line of it is ours, or the host's root, which is below all.
	[ "$(awk '$5 == "/"' "/proc/$pid/mountinfo" | wc -l)" -le 2 ]
	run -0 tool jail-show "$pid" "$there"
	[ "$(cat "/proc/$pid/root$there/file")" = secret ]
	run -0 tool jail-show "$pid" "$there"
	[ "$(grep -cF 'a\040b' "/proc/$pid/mountinfo")" -eq 1 ]
	grep -F 'a\040b' "/proc/$pid/mountinfo" | grep -E ' ro,'
	run -1 tool jail-show "$pid" "$there/file"
	run -1 tool jail-show "$pid" /
	grep -xE "Seccomp:[[:space:]]2" "/proc/$pid/status"
	: >"$own/end"
	wait
}

@test "jailed: signals, limits and priorities of other processes and new processes are refused" {
	local own=$BATS_TEST_TMPDIR/own other
	mkdir "$own"
	sleep 100 3>&- &
	other=$!
	run -0 tool jailed "$own" /usr/bin/perl -e 'my $p = shift() + 0; my $own = $$ + 0; my @r;
		push @r, "kill" if kill(9, $p);
		push @r, "fork" if defined fork;
		push @r, "priority" if !syscall(141, 0, $p, 10) || $! != 1;
		push @r, "limit" if !syscall(302, $p, 7, 0, 0) || $! != 1;
		push @r, "tgkill" if !syscall(234, $p, $p, 9) || $! != 1;
		push @r, "ptrace" if !syscall(101, 16, $p, 0, 0) || $! != 1;
		push @r, "unshare" if !syscall(272, 0) || $! != 1;
		push @r, "own" unless !syscall(234, $own, $own, 0) && !syscall(302, 0, 7, 0, 0);
		fcntl(STDIN, 8, $p) and push @r, "owner";
		print "got: @r\n"; ' "$other"
	echo "$output"
	[ "$output" = "got: " ]
	kill "$other"
}

@test "jailed: an open tap or loop device is read and written, and not made another" {
	local own=$BATS_TEST_TMPDIR/own
	mkdir "$own"
	# TUNSETDEBUG, -PERSIST, -OWNER, -LINK and -GROUP, SIOCSIFHWADDR; LOOP_SET_FD, _CLR_FD, _SET_STATUS64, _CHANGE_FD, _CONFIGURE. The last two may
	# be asked: TUNGETIFF and BLKGETSIZE64.
	run -0 tool jailed "$own" /usr/bin/perl -e 'for (0x400454c9, 0x400454cb, 0x400454cc, 0x400454cd, 0x400454ce, 0x8924,
			0x4c00, 0x4c01, 0x4c04, 0x4c06, 0x4c0a, 0x800454d2, 0x80081272) {
			my $room = "\0" x 64; ioctl(STDIN, $_, $room); printf "%x:%d ", $_, $!;
		}'
	echo "$output"
	[ "$output" = "400454c9:1 400454cb:1 400454cc:1 400454cd:1 400454ce:1 8924:1 4c00:1 4c01:1 4c04:1 4c06:1 4c0a:1 800454d2:25 80081272:25 " ]
}

@test "jailed: a device model has no network, and files of 16 MiB at most" {
	local own=$BATS_TEST_TMPDIR/own
	local try='use Socket; socket(S, AF_INET, SOCK_DGRAM, 0) or die; print connect(S, sockaddr_in(9, inet_aton("127.0.0.1"))) ? "host" : "alone"'
	mkdir "$own"
	run -0 tool jailed "$own" /usr/bin/perl -e "$try"
	[ "$output" = host ]
	run -0 tool jailed-model "$own" /usr/bin/perl -e "$try"
	[ "$output" = alone ]
	run -1 tool jailed-model "$own" /bin/dd if=/dev/zero of="$own/file" bs=1M count=17
	[[ "$output" == *"File too large"* ]]
	[ "$(stat -c %s "$own/file")" -eq 16777216 ]
}

@test "qemu: a device model that holds its lock no more is ended all the same, and no other domain's" {
	local user=$((0x70000000 + 32001)) mine other status=0
	setpriv --reuid "$user" --regid "$user" --clear-groups sleep 100 3>&- &
	mine=$!
	setpriv --reuid $((user + 1)) --regid $((user + 1)) --clear-groups sleep 100 3>&- &
	other=$!
	wait_for "[ \"\$(stat -c %u /proc/$mine)\" = $user ] && [ \"\$(stat -c %u /proc/$other)\" = $((user + 1)) ]"
	# A domain that has the number by now keeps its own.
	mkdir -p "$SUCCESSOR"
	run -0 tool qemu-end 32001 00000000-0000-4000-8000-000000000001
	[ -e "/proc/$mine/exe" ]
	rmdir "$SUCCESSOR"
	run -0 tool qemu-end 32001 00000000-0000-4000-8000-000000000001
	# By itself it would end as well, with 0.
	wait "$mine" || status=$?
	[ "$status" -eq 137 ]
	[ -e "/proc/$other/exe" ]
	kill "$other"
}
