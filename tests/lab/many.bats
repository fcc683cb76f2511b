#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Many domains: the order of their start and what they wait for, several at once, memory as a whole, and runs that are
# interrupted or lose a worker.

load helper

# also NAME [LINE...]: one more tiny domain for $SPEC.
also() {
	local name=$1
	shift
	printf -- '---\nname: %s\nmemory: 16MiB\nkernel: %s/tiny.elf\n' "$name" "$IMAGES" >>"$SPEC"
	[ $# -eq 0 ] || printf '%s\n' "$@" >>"$SPEC"
}

# many N: N tiny domains with a vif and a disk each.
many() {
	local i
	: >"$SPEC"
	for ((i = 1; i <= $1; i++)); do
		[ -e "/root/many$i.img" ] || truncate -s 1M "/root/many$i.img"
		also "many$i" "vifs: [{bridge: xenbr0}]" "vbds: [{vdev: xvda, source: /root/many$i.img}]"
	done
}

# in_background COMMAND...: its output goes to $OUT, its pid is $RUN. Bats' own descriptor must not stay open in it.
in_background() {
	OUT=$BATS_TEST_TMPDIR/out
	"$@" >"$OUT" 2>&1 3>&- &
	RUN=$!
}

# ended: waits for $RUN and shows what it said; its status is $status.
ended() {
	status=0
	wait "$RUN" || status=$?
	cat "$OUT"
	echo "status $status"
}

# kill_worker: the first child of $RUN that it meets. Those live for some tenths of a second: it looks without a program, and without a pause.
kill_worker() {
	local worker state deadline=$((SECONDS + 120))
	while [ "$SECONDS" -lt "$deadline" ] && [ -e "/proc/$RUN" ]; do
		# No line ends in that file, so that it reads as cut off.
		read -r worker _ <"/proc/$RUN/task/$RUN/children" || [ -n "$worker" ] || continue
		read -r _ _ state _ <"/proc/$worker/stat" || continue
		[ "$state" != Z ] && kill -KILL "$worker" && return 0
	done 2>/dev/null
	echo "$RUN ended without a worker" >&2
	return 1
}

runs() {
	xl list "$1" >/dev/null 2>&1
}

# Of those in $SPEC, whichever there are.
remove() {
	xlite delete --now -q "$SPEC"
}

@test "many: one that depends on another is started after it, whatever the order of the documents" {
	spec late "depends_on: [middle]"
	also middle "depends_on: [early]"
	also early
	run --separate-stderr xlite apply -j 4 "$SPEC"
	echo "$output $stderr"
	[ "$status" -eq 0 ]
	[ "${lines[*]}" = "domain/early created domain/middle created domain/late created" ]
	[ "$(domid early)" -lt "$(domid middle)" ]
	[ "$(domid middle)" -lt "$(domid late)" ]
	run xlite apply "$SPEC"
	[ "${lines[*]}" = "domain/early unchanged domain/middle unchanged domain/late unchanged" ]
	run xlite delete --now "$SPEC"
	[ "${lines[*]}" = "domain/late deleted domain/middle deleted domain/early deleted" ]
}

@test "many: deleted by name, dependants go first as their records say" {
	spec base
	also user "depends_on: [base]"
	xlite apply -q "$SPEC"
	run xlite delete --now base user
	[ "$status" -eq 0 ]
	[ "${lines[*]}" = "domain/user deleted domain/base deleted" ]
}

@test "many: a node in XenStore is waited for, empty is not ready, and a running one waits for nothing" {
	spec user "depends_on: [{name: base, xenstore: data/ready, timeout: 600}]"
	also base
	in_background xlite apply -j 2 "$SPEC"
	wait_until 120 runs base
	xenstore-write "/local/domain/$(domid base)/data/ready" ""
	sleep 1
	run ! runs user
	xenstore-write "/local/domain/$(domid base)/data/ready" 1
	ended
	[ "$status" -eq 0 ]
	[ "$(tail -n 1 "$OUT")" = "domain/user created" ]
	xenstore-rm "/local/domain/$(domid base)/data/ready"
	sed -i 's/^name: user/&\nlabels: {a: b}/' "$SPEC"
	run xlite apply "$SPEC"
	[ "$status" -eq 0 ]
	[[ $output == *"domain/user changed"* ]]
	remove
}

@test "many: a TCP port of another domain is waited for" {
	ip addr add 10.88.0.77/24 dev xenbr0
	spec user "depends_on: [{name: base, tcp: 7777, timeout: 600}]"
	also base "vifs: [{bridge: xenbr0, ip: 10.88.0.77}]"
	in_background xlite apply "$SPEC"
	wait_until 120 runs base
	sleep 1
	run ! runs user
	nc -l -p 7777 </dev/null >/dev/null 2>&1 3>&- &
	ended
	ip addr del 10.88.0.77/24 dev xenbr0
	[ "$status" -eq 0 ]
	[ "$(tail -n 1 "$OUT")" = "domain/user created" ]
	wait
	remove
}

@test "many: a text on the console is waited for, what an earlier domain printed does not count" {
	mkdir -p /var/log/xen/console
	echo "service is up" >"$(console_log base)"
	spec user "depends_on: [{name: base, console: service is up, timeout: 600}]"
	also base
	in_background xlite apply "$SPEC"
	wait_until 120 runs base
	sleep 1
	run ! runs user
	printf 'the service' >>"$(console_log base)"
	sleep 0.5
	printf ' is up now\n' >>"$(console_log base)"
	ended
	[ "$status" -eq 0 ]
	[ "$(tail -n 1 "$OUT")" = "domain/user created" ]
	remove
}

@test "many: one that is not ready in time: dependants are skipped with the reason, others go on, status 124" {
	spec user "depends_on: [{name: base, xenstore: data/ready, timeout: 1}]"
	also last "depends_on: [user]"
	also base
	also other
	run xlite apply -j 2 "$SPEC"
	echo "$output"
	[ "$status" -eq 124 ]
	[[ $output == *"domain/other created"* ]]
	[[ $output == *"domain/user skipped"* ]]
	[[ $output == *"domain/last skipped"* ]]
	[[ $output == *"user: not started: base was not ready within 1 s"* ]]
	[[ $output == *"last: not started: user, which it depends on, failed"* ]]
	run ! runs user
	remove
}

@test "many: one that fails: its dependants are skipped with its status, others go on" {
	spec user "depends_on: [base]"
	also base "vifs: [{bridge: nosuch0}]"
	also other
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"xlite: base: "*"nosuch0"* ]]
	[[ $output == *"domain/user skipped"* ]]
	[[ $output == *"domain/other created"* ]]
	remove
}

@test "many: a dependency that is no document must be on the host" {
	spec user "depends_on: [base]"
	cp "$SPEC" "$BATS_TEST_TMPDIR/user.yaml"
	run xlite plan "$SPEC"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"domain/user: refused: depends_on: there is no domain base on this host"* ]]
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"there is no domain base on this host"* ]]
	spec base
	xlite apply -q "$SPEC"
	xlite apply -q "$BATS_TEST_TMPDIR/user.yaml"
	xlite pause base
	xlite delete --now -q user
	sed -i 's/depends_on: .base./depends_on: [{name: base, timeout: 1}]/' "$BATS_TEST_TMPDIR/user.yaml"
	run xlite apply "$BATS_TEST_TMPDIR/user.yaml"
	echo "$output"
	[ "$status" -eq 124 ]
	[[ $output == *"it is paused"* ]]
	remove
}

@test "many: twelve with vif and disk, four at once, cost no more than one by one" {
	many 12
	run --separate-stderr xlite apply -j 1 --stats "$SPEC"
	[ "$status" -eq 0 ]
	local one=$stderr
	remove
	run --separate-stderr xlite apply -j 4 --stats "$SPEC"
	echo "$output $stderr"
	[ "$status" -eq 0 ]
	[ "$(grep -c '^domain/many[0-9]* created$' <<<"$output")" -eq 12 ]
	[ "$(xl list | grep -c '^many')" -eq 12 ]
	echo "one by one: $one"
	[ "$(grep -o 'hypercall_writes=[0-9]* mapped_pages=[0-9]*' <<<"$one")" = "$(grep -o 'hypercall_writes=[0-9]* mapped_pages=[0-9]*' <<<"$stderr")" ]
	[ "$(grep -o 'store_writes=[0-9]*' <<<"$stderr" | cut -d= -f2)" -lt $(($(grep -o 'store_writes=[0-9]*' <<<"$one" | cut -d= -f2) * 3 / 2)) ]
	run xlite apply -j 4 "$SPEC"
	[ "$(grep -c unchanged <<<"$output")" -eq 12 ]
	remove
}

# messages COMMAND...: how many messages XenStore got of it.
messages() {
	"$@" --stats 2>&1 >/dev/null | grep -o 'store_messages=[0-9]*' | cut -d= -f2
}

@test "many: who names a domain asks no other for its name" {
	local i alone paused among
	: >"$SPEC"
	also one
	xlite apply "$SPEC"
	paused=$(messages xlite pause one)
	alone=$(messages xlite delete --now one)
	for ((i = 1; i <= 20; i++)); do also "many$i"; done
	xlite apply -q "$SPEC"
	[ "$(messages xlite pause one)" -le "$paused" ]
	# The directories that domains share are looked at once more, and stay.
	among=$(messages xlite delete --now one)
	echo "alone $alone, among 20 others $among"
	[ "$among" -le $((alone + 4)) ]
	xl rename many1 one
	[ "$(messages xlite pause one)" -gt "$paused" ]
	xlite unpause one
	xlite delete --now "$SPEC"
}

@test "many: events of workers are whole lines, those of one domain in order" {
	many 6
	run --separate-stderr xlite apply -q -j 3 --events=jsonl "$SPEC"
	[ "$status" -eq 0 ]
	[ "$(grep -cvE '^\{"v":1,"seq":[0-9]+,.*\}$' <<<"$stderr")" -eq 0 ]
	[ "$(grep -c '"type":"result"' <<<"$stderr")" -eq 6 ]
	[ "$(grep '"domain":"many4"' <<<"$stderr" | grep '"status":"done"' | grep -o '"step":"[a-z-]*"' | tr -d '\n')" = \
		'"step":"devices""step":"domain""step":"qemu""step":"limits""step":"cloud-init""step":"nodes""step":"memory""step":"kernel""step":"boot-state""step":"device-model""step":"introduce""step":"attach""step":"pc""step":"unpause"' ]
	remove
}

@test "many: one item, or -j 1, forks nothing" {
	many 1
	strace -f -qq -o "$BATS_TEST_TMPDIR/one" -e trace=process xlite apply -q -j 4 "$SPEC"
	remove
	many 3
	strace -f -qq -o "$BATS_TEST_TMPDIR/three" -e trace=process xlite apply -q -j 1 "$SPEC"
	remove
	run ! grep -E 'clone|fork' "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/three"
}

@test "many: memory is refused as a whole, before the first is built (XSA-153)" {
	local free
	free=$(xl info free_memory)
	spec small
	also huge1
	also huge2
	sed -i "/name: huge/,/memory/s/memory: 16MiB/memory: $((free * 2 / 3))MiB/" "$SPEC"
	run -1 xlite plan "$SPEC"
	echo "$output"
	[[ $output == *"domain/small: refused: memory: the 3 domains"*"domain/huge2: refused: memory: the 3 domains"* ]]
	run xlite apply -j 2 "$SPEC"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"memory: the 3 domains to be built need $((free * 2 / 3 * 2 + 16)) MiB, Xen has "*"none is built"* ]]
	run ! runs small
}

@test "many: interrupted, what is half built is undone, what is left is said, and the next apply does it" {
	local n
	many 8
	in_background xlite apply -j 3 "$SPEC"
	wait_until 120 runs many1
	kill -INT "$RUN"
	ended
	[ "$status" -eq 130 ]
	grep "a second signal ends it at once" "$OUT"
	grep -E "interrupted: [0-9]+ of 8 domains are left:.* many8" "$OUT"
	n=$(grep -c ' created$' "$OUT" || true)
	[ "$(xl list | grep -c '^many')" -eq "$n" ]
	run xlite apply -j 3 "$SPEC"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(xl list | grep -c '^many')" -eq 8 ]
	remove
}

@test "many: interrupted while it waits for a dependency" {
	spec user "depends_on: [{name: base, xenstore: data/ready, timeout: 600}]"
	also base
	in_background xlite apply "$SPEC"
	wait_until 120 grep -q "base created" "$BATS_TEST_TMPDIR/out"
	kill -TERM "$RUN"
	ended
	[ "$status" -eq 130 ]
	grep "1 of 2 domains are left: user" "$OUT"
	remove
}

@test "many: a second signal ends the run and its workers at once, and the next apply mends what they left" {
	many 6
	in_background xlite apply -j 3 "$SPEC"
	wait_until 120 runs many1
	kill -INT "$RUN"
	kill -INT "$RUN" || true
	ended
	[ "$status" -eq 130 ]
	wait_until 120 sh -c '! pidof xlite'
	run xlite apply -j 3 "$SPEC"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(xl list | grep -c '^many')" -eq 6 ]
	remove
}

@test "many: a worker that is killed is a failure that names its domain, and the next apply mends it" {
	many 5
	in_background xlite apply -j 2 "$SPEC"
	kill_worker
	ended
	[ "$status" -eq 1 ]
	grep -E "xlite: many[0-9]: the worker that built it was killed by signal 9" "$OUT"
	[ "$(grep -c ' created$' "$OUT")" -eq 4 ]
	run xlite apply -j 2 "$SPEC"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(xl list | grep -c '^many')" -eq 5 ]
	remove
}

# waits_for_guest: applies a domain that waits for what a Linux guest prints. The guest may crash in the emulator, see linux_up.
waits_for_guest() {
	local try
	for try in 1 2 3; do
		run xlite apply "$SPEC"
		echo "$output"
		[ "$status" -eq 0 ] && return 0
		echo "# the guest did not get ready (try $try)" >&3
		remove
	done
	return 1
}

@test "many: what a Linux guest prints is waited for on its terminal, where there is no log" {
	local log
	log=$(console_log talker)
	# A link is not followed: for us there is no log.
	rm -f "$log"
	ln -s "$BATS_TEST_TMPDIR/talker.log" "$log"
	linux_spec talker "" "vifs: []"
	also user "depends_on: [{name: talker, console: 'GUEST: ready', timeout: 300}]"
	waits_for_guest
	[ "${lines[*]}" = "domain/talker created domain/user created" ]
	grep -q "GUEST: ready" "$BATS_TEST_TMPDIR/talker.log"
	rm "$log"
	remove
}

@test "many: --prune takes no domain whose document is refused, and none at all when anything was refused or failed" {
	local id
	spec web1
	also web2
	xlite apply --set fleet "$SPEC"
	id=$(domid web1)
	# Another uuid for the name: neither is to go.
	spec web1 "uuid: 6b0c7b3a-0000-4000-8000-000000000003"
	run xlite plan --set fleet --prune "$SPEC"
	echo "$output"
	[[ $output == *"domain/web1: refused: the name is in use"* && $output != *"domain/web1: delete"* ]]
	[[ $output == *"domain/web2: refused: not pruned, as web1 is refused"* ]]
	run -73 xlite apply --now --set fleet --prune "$SPEC"
	echo "$output"
	[[ $output == *"xlite: web2: not pruned, as web1 is refused"* ]]
	[ "$(domid web1)" = "$id" ]
	runs web2
	# One that fails on the way, at once and one by one.
	spec web1
	also broken
	sed -i '/name: broken/,$s,kernel: .*,kernel: /nowhere,' "$SPEC"
	run -1 xlite apply --now --set fleet --prune -j 4 "$SPEC"
	echo "$output"
	[[ $output == *"xlite: web2: not pruned, as broken failed"* ]]
	[[ $output == *"domain/web2 skipped"* ]]
	run -1 xlite apply --now --set fleet --prune -j 1 "$SPEC"
	runs web2
	# What went wrong is put right, and the rest follows.
	sed -i '/^---/,$d' "$SPEC"
	run -0 xlite apply --now --set fleet --prune "$SPEC"
	[[ $output == *"domain/web2 deleted"* ]]
	[ "$(domid web1)" = "$id" ]
	xlite delete --now web1
}

@test "many: a document that was renamed takes over what the domain has that is pruned, if it can be built" {
	local disk="vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/d.img}]" id jobs
	local vif="vifs: [{bridge: xenbr0, mac: '00:16:3e:11:22:55', ifname: heir0}]"
	truncate -s 1M "$BATS_TEST_TMPDIR/d.img"
	spec before "$disk" "$vif"
	xlite apply --set fleet "$SPEC"
	id=$(domid before)
	# What cannot be built does not cost the one that is there.
	spec after "$disk" "vifs: [{bridge: nowhere, mac: '00:16:3e:11:22:55'}]"
	for jobs in 1 4; do
		run -1 xlite apply --now --set fleet --prune -j "$jobs" "$SPEC"
		echo "$output"
		[[ $output == *"xlite: after: vif 0: "*"nowhere"* ]]
		[[ $output == *"xlite: before: not pruned, as after failed"* ]]
		[ "$(domid before)" = "$id" ]
	done
	# Another domain that depends on it comes after, by another name of the file.
	ln "$BATS_TEST_TMPDIR/d.img" "$BATS_TEST_TMPDIR/same.img"
	spec after "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/same.img}]" "$vif"
	also last "depends_on: [after]"
	run -0 xlite apply --now --set fleet --prune -j 4 "$SPEC"
	echo "$output"
	[ "$output" = "domain/before deleted"$'\n'"domain/after created"$'\n'"domain/last created" ]
	# By its interface's name alone.
	spec before "$vif"
	also last "depends_on: [before]"
	sed -i "s/mac: '[^']*', //" "$SPEC"
	run -0 xlite apply --now --set fleet --prune -j 4 "$SPEC"
	echo "$output"
	[[ $output == *"domain/after deleted"$'\n'"domain/before created"* ]]
	xlite delete --now last before
}

@test "many: while a run waits for a guest the host is free, and who means its domains waits for the run" {
	local other=$BATS_TEST_TMPDIR/other.yaml out=$BATS_TEST_TMPDIR/delete second
	printf 'name: other\nmemory: 16MiB\nkernel: %s/tiny.elf\n' "$IMAGES" >"$other"
	spec user "depends_on: [{name: base, xenstore: data/ready, timeout: 600}]"
	also base
	in_background xlite apply -j 2 "$SPEC"
	wait_until 120 runs base
	wait_until 60 flock -n /run/xlite/lock true
	run -0 xlite apply "$other"
	# One is there, the other is yet to come.
	run -75 xlite delete --now --timeout 1 base
	echo "$output"
	[[ $output == *"base: another run (pid $RUN) is working on it"* ]]
	run -75 xlite delete --now --timeout 1 user
	[[ $output == *"user: another run (pid $RUN) is working on it"* ]]
	run -75 xlite apply --timeout 1 "$SPEC"
	xlite delete --now "$SPEC" >"$out" 2>&1 3>&- &
	second=$!
	wait_until 60 grep -q "waits for another run (pid $RUN), which is working on" "$out"
	xenstore-write "/local/domain/$(domid base)/data/ready" 1
	ended
	[ "$status" -eq 0 ]
	wait "$second"
	cat "$out"
	[ "$(grep -c ' deleted$' "$out")" -eq 2 ]
	run ! runs base
	run ! runs user
	xlite delete --now -q "$other"
}

@test "many: a guest that is asked to shut down keeps nobody from the host, whether in a worker or not" {
	local jobs
	for jobs in 1 2; do
		spec web1
		also web2
		xlite apply -q "$SPEC"
		sed -i 's/^memory: .*/memory: 20MiB/; s/^name: .*/&\nlimits: {grant_frames: 16}/' "$SPEC"
		in_background xlite apply --replace --timeout 600 -j "$jobs" "$SPEC"
		wait_until 60 xenstore-exists "/local/domain/$(domid web1)/control/shutdown"
		wait_until 60 flock -n /run/xlite/lock true
		[ "$jobs" -eq 1 ] || wait_until 60 xenstore-exists "/local/domain/$(domid web2)/control/shutdown"
		xlite destroy web1
		[ "$jobs" -eq 2 ] || wait_until 60 xenstore-exists "/local/domain/$(domid web2)/control/shutdown"
		xlite destroy web2
		ended
		[ "$status" -eq 0 ]
		[ "$(grep -c ' replaced$' "$OUT")" -eq 2 ]
		remove
	done
}

@test "many: what one domain gives up another gets in the same run, whichever document is first; an exchange is refused before anything is done" {
	local d=$BATS_TEST_TMPDIR u=6b0c7b3a-0000-4000-8000-00000000005 n
	disk_image "$d/d.img"
	disk_image "$d/e.img"
	# both LINE-OF-aa LINE-OF-bb [LAST]: with the documents the other way round if LAST is said.
	both() {
		spec "${NAMES%:*}" "uuid: ${u}1" "$1"
		cp "$SPEC" "$d/one"
		spec "${NAMES#*:}" "uuid: ${u}2" "$2"
		cp "$SPEC" "$d/two"
		if [ $# -gt 2 ]; then set -- "$d/two" "$d/one"; else set -- "$d/one" "$d/two"; fi
		{ cat "$1"; echo ---; cat "$2"; } >"$SPEC"
	}
	has() { xlite get -o yaml "$1" | grep -q "$2"; }
	NAMES=aa:bb
	both "vbds: [{vdev: xvda, source: $d/d.img}]" ""
	run -0 xlite apply "$SPEC"
	for n in 1 2; do
		# There and back, so that each is the first once.
		both "" "vbds: [{vdev: xvdb, source: $d/d.img}]" ${n#1}
		run -2 xlite plan "$SPEC"
		run -0 xlite apply "$SPEC"
		echo "$output"
		has bb d.img
		both "vifs: [{bridge: xenbr0, mac: '00:16:3e:11:22:44'}]" "vbds: [{vdev: xvdb, source: $d/d.img}]"
		run -0 xlite apply "$SPEC"
		both "vbds: [{vdev: xvda, source: $d/d.img}]" "vifs: [{bridge: xenbr0, mac: '00:16:3e:11:22:44'}]" ${n#1}
		run -1 xlite plan "$SPEC"
		echo "$output"
		[[ $output == *"domain/aa: refused: it is to get disk xvdb from bb, which waits for it in turn: one run cannot exchange that"* ]]
		[[ $output == *"domain/bb: refused: it is to get the MAC 00:16:3e:11:22:44 from aa, which waits for it in turn"* ]]
		run -1 xlite apply "$SPEC"
		has aa 00:16:3e:11:22:44 && has bb d.img
		both "vbds: [{vdev: xvda, source: $d/d.img}]" "" ${n#1}
		run -0 xlite apply "$SPEC"
	done
	NAMES=cc:aa
	both "vbds: [{vdev: xvda, source: $d/d.img}]" "" last
	run -0 xlite apply "$SPEC"
	echo "$output"
	[ "$(xlite list -o name | grep -cE '^domain/(aa|cc)$')" -eq 2 ]
	xl list aa && xl list cc
	remove
}

@test "many: memory that is pruned, or stopped, is there for what comes, and goes first only then" {
	local free
	free=$(xl info free_memory)
	spec old
	sed -i "s/memory: 16MiB/memory: $((free * 2 / 3))MiB/" "$SPEC"
	run -0 xlite apply --set fleet "$SPEC"
	sed -i "s/^name: old/name: new/" "$SPEC"
	run -2 xlite plan --set fleet --prune "$SPEC"
	echo "$output"
	[[ $output == *"domain/new: create"*"domain/old: delete"* ]]
	run -0 xlite apply --now --set fleet --prune "$SPEC"
	echo "$output"
	[ "${lines[-2]} ${lines[-1]}" = "domain/old deleted domain/new created" ]
	printf -- '---\nname: new\nstate: stopped\n' >"$BATS_TEST_TMPDIR/stop"
	sed -i "s/^name: new/name: next/" "$SPEC"
	cat "$BATS_TEST_TMPDIR/stop" >>"$SPEC"
	run -0 xlite apply --now --set fleet "$SPEC"
	echo "$output"
	# What cannot be built after all takes nobody's place.
	sed -i "s/^name: next/name: never/; s,^kernel: .*,kernel: /nowhere," "$SPEC"
	run -1 xlite plan --set fleet --prune "$SPEC"
	run -1 xlite apply --now --set fleet --prune "$SPEC"
	echo "$output"
	runs next
	xlite delete --now next
}
