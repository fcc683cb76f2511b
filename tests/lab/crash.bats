#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Crash and failure: the run is killed, or a call of it fails, at each point where it touches the host. A failure leaves
# nothing; a kill is mended by the next apply. strace does it to the program as it is shipped. Of each row of points every fifth is
# tried, from one that chance chooses; with XLITE_CHECK_LONG=1 all are, or with XLITE_EVERY=N every Nth. The tests take turns with the keys that
# the domain has, from a first kind that chance chooses: a fault may be one of given addresses, or of a filter, and of nothing else.

load helper

setup_file() {
	export KIND=$((RANDOM % 3))
}

full_spec() {
	[ -e /root/crash.img ] || disk_image /root/crash.img 2
	spec crash "vifs: [{bridge: xenbr0}]" "vbds: [{vdev: xvda, source: /root/crash.img}]" \
		"cloud_init: true"
}

# any_spec: the domain of full_spec, or one with other keys.
any_spec() {
	local kind=$(((KIND + BATS_TEST_NUMBER) % 3))
	full_spec
	case $kind in
	0) ;;
	1) spec crash 'uuid: 6b0c7b3a-0000-4000-8000-0000000000c5' "vbds: [{vdev: xvdb1, source: /root/crash.img, mode: ro}]" \
		"vifs: [{bridge: xenbr0, mac: '00:16:3e:63:72:61', ip: 10.88.0.77, rate: 10Mb/s, mtu: 1400, ifname: crash-lan, announce: xenstore}]" ;;
	2) spec crash "vbds: [{vdev: xvdc, source: /root/crash.img, cdrom: true}]" "vifs: [{bridge: xenbr0}, {bridge: xenbr0, mac: '52:54:00:63:72:61'}]" \
		"vcpus: {max: 2, online: 1, affinity: 0}" "scheduler: {weight: 512}" "labels: {tier: web}" "on_crash: preserve" "state: paused"
		sed -i 's/^memory: .*/memory: {target: 16MiB, max: 24MiB}/' "$SPEC" ;;
	esac
	echo "# the keys are those of kind $kind" >&3
}

# points CALL: how many calls of that name one creation makes.
points() {
	strace -qq -c -o "$BATS_TEST_TMPDIR/count" -e trace="$1" xlite apply "$SPEC" >/dev/null
	xlite delete --now -q crash
	awk -v call="$1" '$NF == call { print $4 }' "$BATS_TEST_TMPDIR/count"
}

# meant N: the domain of $SPEC as a deletion may name it; one with a uuid that its name does not tell by its document, or by the uuid.
meant() {
	local uuid
	uuid=$(sed -n 's/^uuid: //p' "$SPEC")
	if [ -z "$uuid" ]; then echo crash; elif [ $(($1 % 2)) -eq 0 ]; then echo "$SPEC"; else echo "$uuid"; fi
}

# killed CALL N: a run that is killed as it enters the Nth such call; then one apply must give the whole domain. After each third
# one a deletion removes what there is, also of a domain that has not got its name: as meant says.
killed() {
	strace -qq -o /dev/null -e trace="$1" -e inject="$1:signal=KILL:when=$2" xlite apply "$SPEC" >/dev/null 2>&1 || true
	KILLS=$((${KILLS:-0} + 1))
	if [ $((KILLS % 3)) -eq 2 ]; then
		run xlite delete --now "$(meant "$2")"
		[ "$status" -eq 0 ] && nothing_left || { echo "killed at $1 $2, then deleted: $output"; return 1; }
		return 0
	fi
	run xlite apply "$SPEC"
	[ "$status" -eq 0 ] || { echo "killed at $1 $2: $output"; return 1; }
	case $output in
	*"domain/crash created" | *"domain/crash unchanged" | *"domain/crash changed") ;;
	*) echo "killed at $1 $2: $output"; return 1 ;;
	esac
	run xlite plan "$SPEC"
	[ "$status" -eq 0 ] || { echo "killed at $1 $2: not converged: $output"; return 1; }
	xlite delete --now -q crash || return 1
	nothing_left || { echo "killed at $1 $2: left behind"; return 1; }
}

# failed CALL N ERRNO: the run must end with an error and leave nothing, or cope and succeed. A domain that is called created is there,
# also where the look at it that comes after failed.
failed() {
	run strace -qq -o /dev/null -e trace="$1" -e inject="$1:error=$3:when=$2" xlite apply "$SPEC"
	[ "$status" -eq 0 ] || [[ $output == *"xlite: "* ]] || { echo "$1 $2 $3: no message: $output"; return 1; }
	if [ "$status" -eq 0 ] || [[ $output == *"domain/crash created"* ]]; then
		xlite plan "$SPEC" && xlite delete --now -q crash || return 1
	fi
	nothing_left || { echo "$1 $2 $3: left behind after: $output"; return 1; }
}

# choose TOTAL: of so many points one in EVERY, from number FIRST.
choose() {
	[ "$1" -gt 0 ]
	EVERY=${XLITE_EVERY:-${XLITE_CHECK_LONG:+1}}
	EVERY=${EVERY:-5}
	FIRST=$((RANDOM % EVERY + 1))
	echo "# of $1 points one in $EVERY, from number $FIRST" >&3
}

each_point() {
	local what=$1 call=$2 n total
	shift 2
	total=$(points "$call")
	choose "$total"
	for ((n = FIRST; n <= total; n += EVERY)); do
		"$what" "$call" "$n" "$@"
	done
}

@test "crash: killed at each hypercall and device ioctl, the next apply mends it" {
	any_spec
	each_point killed ioctl
}

@test "crash: killed at each message to XenStore and netlink, the next apply mends it" {
	any_spec
	each_point killed sendto
}

# A new domain's nodes are written without a transaction: xenstored may have done a part of what was sent.
@test "crash: killed while XenStore works through what was sent, the next apply mends it" {
	any_spec
	each_point killed recvfrom
}

# xenconsoled looks at every domain when one comes, but is told only of the end of those that were introduced.
@test "crash: killed at each message before another domain comes, nothing keeps its memory" {
	local n total other=$BATS_TEST_TMPDIR/other.yaml
	spec other
	mv "$SPEC" "$other"
	spec crash
	total=$(points sendto)
	choose "$total"
	for ((n = FIRST; n <= total; n += EVERY)); do
		strace -qq -o /dev/null -e trace=sendto -e inject="sendto:signal=KILL:when=$n" xlite apply "$SPEC" >/dev/null 2>&1 || true
		xlite apply -q "$other"
		run xlite apply "$SPEC"
		[ "$status" -eq 0 ] || { echo "killed at $n: $output"; return 1; }
		xlite delete --now -q crash other
		nothing_left || { echo "killed at $n: left behind"; return 1; }
	done
}

@test "crash: each hypercall and device ioctl fails, nothing is left (XSA-160)" {
	any_spec
	each_point failed ioctl ENOMEM
}

@test "crash: each message to XenStore and netlink fails, nothing is left (XSA-160)" {
	any_spec
	each_point failed sendto ENOBUFS
}

@test "crash: killed while it deletes, the next run cleans up" {
	any_spec
	local n total
	xlite apply "$SPEC"
	strace -qq -c -o "$BATS_TEST_TMPDIR/count" -e trace=ioctl,sendto xlite delete --now -q crash
	total=$(awk '$NF == "total" { print $4; exit } ' "$BATS_TEST_TMPDIR/count")
	choose "$total"
	for ((n = FIRST; n <= total; n += EVERY)); do
		xlite apply -q "$SPEC"
		strace -qq -o /dev/null -e trace=ioctl,sendto -e "inject=ioctl,sendto:signal=KILL:when=$n" xlite delete --now crash >/dev/null 2>&1 || true
		run xlite apply "$SPEC"
		[ "$status" -eq 0 ] || { echo "killed at $n: $output"; return 1; }
		xlite delete --now -q crash
		nothing_left || { echo "killed at $n: left behind"; return 1; }
	done
}

@test "crash: interrupted by the terminal, what was begun is undone" {
	full_spec
	strace -qq -o /dev/null -e trace=ioctl -e inject=ioctl:signal=INT:when=12 xlite apply "$SPEC" >"$BATS_TEST_TMPDIR/out" 2>&1 || status=$?
	cat "$BATS_TEST_TMPDIR/out"
	[ "${status:-0}" -eq 130 ]
	grep interrupted "$BATS_TEST_TMPDIR/out"
}

@test "crash: interrupted while a disk is in use, it does not go on to ask for it" {
	full_spec
	xlite apply "$SPEC"
	spec second "vbds: [{vdev: xvda, source: /root/crash.img}]"
	strace -qq -o /dev/null -e trace=clock_nanosleep -e inject=clock_nanosleep:signal=INT:when=1 \
		xlite apply "$SPEC" >"$BATS_TEST_TMPDIR/out" 2>&1 || status=$?
	cat "$BATS_TEST_TMPDIR/out"
	[ "${status:-0}" -eq 130 ]
	grep "second: disk xvda: interrupted while .* is in use" "$BATS_TEST_TMPDIR/out"
	run ! xl list second
	xlite delete --now -q crash
}

@test "crash: verbs that are interrupted name what they did not come to" {
	local name status=0
	for name in one two three; do
		spec "$name"
		xlite apply "$SPEC"
	done
	# Its result is the first that the verb writes.
	strace -qq -o /dev/null -e trace=write -e inject=write:signal=INT:when=1 xlite pause one two three >"$BATS_TEST_TMPDIR/out" 2>&1 || status=$?
	cat "$BATS_TEST_TMPDIR/out"
	[ "$status" -eq 130 ]
	grep -x "domain/one paused" "$BATS_TEST_TMPDIR/out"
	grep -x "xlite: interrupted: 2 of 3 domains are left: two three" "$BATS_TEST_TMPDIR/out"
	[ "$(xlite list | grep -c paused)" -eq 1 ]
	xlite delete --now one two three
}

@test "crash: a domain that is made while a deletion looks is not taken for what a dead run left" {
	spec bystander
	xlite apply "$SPEC"
	# The deletion has the list of domains, and reads XenStore three seconds later.
	strace -qq -o /dev/null -e trace=sendto -e inject=sendto:delay_enter=3000000:when=1 xlite delete --now nobody 3>&- &
	local slow=$!
	sleep 1
	spec newcomer "vifs: [{bridge: xenbr0}]"
	xlite apply "$SPEC"
	wait "$slow"
	run xlite plan "$SPEC"
	echo "$output"
	[ "$status" -eq 0 ]
	xl network-list newcomer | grep -E '^0 '
	xlite delete --now bystander newcomer
}
