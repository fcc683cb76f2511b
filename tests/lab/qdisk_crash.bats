#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs that are killed, or fail, while a domain has disks that QEMU serves: the next one mends it, and ends what was
# started. As crash.bats does it with disks of the kernel's; but removals and changes, each of which takes a creation, are killed at
# every third or fifth point, from a first one that each run draws anew. Needs `lab up --with qemu'.

load helper
load qdisk

# points CALL: how many such calls one creation makes; not those of QEMU, which it starts.
points() {
	strace -qq -c -o "$BATS_TEST_TMPDIR/count" -e trace="$1" xlite apply "$SPEC" >/dev/null
	xlite delete --now -q crash
	awk '$NF == "total" { n = $4 } END { print n + 0 }' "$BATS_TEST_TMPDIR/count"
}

# killed CALL N [XLITE-ARGUMENT...]: a run that is killed as it enters the Nth such call; then one apply gives the whole domain.
killed() {
	local call=$1 n=$2
	shift 2
	[ $# -gt 0 ] || set -- apply "$SPEC"
	strace -qq -o /dev/null -e trace="$call" -e inject="$call:signal=KILL:when=$n" xlite "$@" >/dev/null 2>&1 3>&- || true
	run xlite apply "$SPEC"
	[ "$status" -eq 0 ] || { echo "killed at $call $n: $output"; return 1; }
	run xlite plan "$SPEC"
	[ "$status" -eq 0 ] || { echo "killed at $call $n: not converged: $output"; return 1; }
}

killed_wholly() {
	killed "$@" || return 1
	[ "$(qemus | wc -l)" -eq 1 ] || { echo "killed at $1 $2: QEMUs: $(qemus)"; return 1; }
	xlite delete --now -q crash || return 1
	nothing_left || { echo "killed at $1 $2: left behind"; return 1; }
}

crash_spec() {
	[ -e /root/crash.qcow2 ] || qemu-img create -q -f qcow2 /root/crash.qcow2 2M
	spec crash "vbds: [{vdev: xvda, source: /root/crash.qcow2, format: qcow2}]"
}

@test "qdisk_crash: killed around the start of QEMU and at each word with it, the next apply mends it" {
	local call n total
	crash_spec
	# posix_spawn is a clone; what QEMU is told is sent by sendmsg; its folder and files are made and unlinked.
	for call in clone,clone3,vfork sendmsg mkdir unlink; do
		total=$(points "$call")
		[ "$total" -gt 0 ] || { echo "no $call"; return 1; }
		for ((n = 1; n <= total; n++)); do
			killed_wholly "$call" "$n"
		done
	done
}

@test "qdisk_crash: killed at each message to XenStore, the next apply mends it" {
	local n total
	crash_spec
	total=$(points sendto)
	[ "$total" -gt 0 ]
	for ((n = 1; n <= total; n++)); do
		killed_wholly sendto "$n"
	done
}

@test "qdisk_crash: each word with QEMU fails, nothing is left (XSA-160)" {
	local n total
	crash_spec
	total=$(points sendmsg)
	for ((n = 1; n <= total; n++)); do
		run strace -qq -o /dev/null -e trace=sendmsg -e "inject=sendmsg:error=EPIPE:when=$n" xlite apply "$SPEC"
		[ "$status" -ne 0 ] || xlite delete --now -q crash
		nothing_left || { echo "$n: left behind after: $output"; return 1; }
	done
}

# What a removal does beyond a creation.
WORDS=sendto,sendmsg,unlink,rmdir

# counted XLITE-ARGUMENT...: how many such calls the run makes.
counted() {
	strace -qq -c -o "$BATS_TEST_TMPDIR/count" -e trace=$WORDS xlite "$@" >/dev/null
	awk '$NF == "total" { n = $4 } END { print n + 0 }' "$BATS_TEST_TMPDIR/count"
}

# first: where a loop over every third point, or fewer, begins.
first() { echo $((RANDOM % 3 + 1)); }

@test "qdisk_crash: killed while it deletes, the next run cleans up" {
	local n total
	crash_spec
	xlite apply "$SPEC"
	total=$(counted delete --now -q crash)
	[ "$total" -gt 0 ]
	for ((n = $(first); n <= total; n += 3)); do
		xlite apply -q "$SPEC"
		killed_wholly $WORDS "$n" delete --now crash
	done
}

# one_change NUMBER: so many QEMUs there must be after the run that went on, and nothing after a deletion.
one_change() {
	[ "$(qemus | wc -l)" -eq "$1" ] || { echo "killed at $n: QEMUs: $(qemus)"; return 1; }
	xlite delete --now -q crash || return 1
	nothing_left || { echo "killed at $n: left behind"; return 1; }
}

@test "qdisk_crash: killed while it attaches or detaches, the next run goes on" {
	local n total
	crash_spec
	cp "$SPEC" "$BATS_TEST_TMPDIR/disk.yaml"
	spec crash
	cp "$SPEC" "$BATS_TEST_TMPDIR/none.yaml"
	xlite apply -q "$BATS_TEST_TMPDIR/none.yaml"
	total=$(counted apply -q "$BATS_TEST_TMPDIR/disk.yaml")
	SPEC=$BATS_TEST_TMPDIR/disk.yaml
	for ((n = $(first); n <= total; n += 5)); do
		xlite delete --now -q crash
		xlite apply -q "$BATS_TEST_TMPDIR/none.yaml"
		killed $WORDS "$n"
		one_change 1
	done
	xlite apply -q "$BATS_TEST_TMPDIR/disk.yaml"
	total=$(counted apply -q "$BATS_TEST_TMPDIR/none.yaml")
	SPEC=$BATS_TEST_TMPDIR/none.yaml
	for ((n = $(first); n <= total; n += 5)); do
		xlite apply -q "$BATS_TEST_TMPDIR/disk.yaml"
		killed $WORDS "$n"
		one_change 0
	done
	xlite delete --now -q crash
}

@test "qdisk_crash: killed while it deletes a domain of xl's that was taken over, the next run ends xl's QEMU too" {
	local n total=3 pid calls=$BATS_TEST_TMPDIR/calls words=$WORDS,pidfd_send_signal
	crash_spec
	printf '%s\n' "name='crash'" "type='pvh'" "memory=32" "kernel='$IMAGES/tiny.elf'" \
		"disk=['format=qcow2,vdev=xvda,access=rw,target=/root/crash.qcow2']" >"$BATS_TEST_TMPDIR/xl.cfg"
	for ((n = $(first); n <= total; n += 3)); do
		xl create -q "$BATS_TEST_TMPDIR/xl.cfg"
		pid=$(xenstore-read "/local/domain/$(domid crash)/image/device-model-pid")
		xlite get -o yaml crash >"$SPEC"
		xlite apply -q --adopt "$SPEC"
		strace -qq -o "$calls" -e trace="$words" -e inject="$words:signal=KILL:when=$n" xlite delete --now crash >/dev/null 2>&1 3>&- || true
		# As long as there is a call to be killed at, there may be more.
		! grep -q 'killed by SIGKILL' "$calls" || total=$((n + 3))
		xlite delete --now -q crash
		wait_until 10 test ! -e "/proc/$pid" || { echo "killed at $n: xl's QEMU runs"; return 1; }
		wait_until 20 sh -c '! pidof xl'
		# Directories that are empty now go with the next removal.
		spec next
		xlite apply -q "$SPEC"
		xlite delete --now -q next
		nothing_left || { echo "killed at $n: left behind"; return 1; }
	done
	[ "$n" -gt 9 ]
}
