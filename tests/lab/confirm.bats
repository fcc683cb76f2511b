#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# apply --confirm: what nobody confirms in time is taken back, and the host is as it was before.

load helper

setup() {
	SPEC=$BATS_TEST_TMPDIR/spec.yaml
	ERR=$BATS_TEST_TMPDIR/err
	begin
}

# before: a network, and a guest that is paused, since one that only halts does not follow changes of its memory.
before() {
	truncate -s 1M "$BATS_TEST_TMPDIR/b.img"
	# Raw when it was attached; by now it looks like something else.
	rm -f "$BATS_TEST_TMPDIR/a.img"
	truncate -s 1M "$BATS_TEST_TMPDIR/a.img"
	cat >"$SPEC" <<-END
		kind: network
		name: cf0
		---
		name: old
		memory: {target: 16MiB, max: 32MiB}
		kernel: $IMAGES/tiny.elf
		state: paused
		vifs: [{bridge: cf0, mac: '00:16:3e:00:00:31'}, {bridge: cf0}, {bridge: cf0, mac: '00:16:3e:00:00:33'}]
		vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/a.img}]
		labels: {was: here}
	END
	xlite apply -q "$SPEC"
	printf 'QFI\373\0\0\0\3' | dd of="$BATS_TEST_TMPDIR/a.img" conv=notrunc 2>/dev/null
	cp "$SPEC" "$BATS_TEST_TMPDIR/before.yaml"
}

# after: something of all that can be taken back.
after() {
	cat >"$SPEC" <<-END
		kind: network
		name: cf0
		mtu: 1400
		---
		kind: network
		name: cf1
		---
		name: old
		memory: {target: 24MiB, max: 32MiB}
		kernel: $IMAGES/tiny.elf
		state: paused
		scheduler: {weight: 512}
		vifs: [{bridge: cf0, mac: '00:16:3e:00:00:31', rate: 10Mb/s}, {bridge: cf0}, {bridge: cf1, mac: '00:16:3e:00:00:34'}]
		vbds: [{vdev: xvdb, source: $BATS_TEST_TMPDIR/b.img}]
		cmdline: at the next boot
		---
		name: new
		memory: 16MiB
		kernel: $IMAGES/tiny.elf
		vifs: [{bridge: cf1}, {bridge: cf0}]
	END
}

# shown: all that is ours, as specs. The format of a disk that was given back is said from then on.
shown() {
	xlite get -o yaml old | grep -v '  format: raw'
	xlite get -o yaml network/cf0
}

# confirming TIME [OPTION...]: applies $SPEC in the background, and waits until it can be confirmed.
confirming() {
	xlite apply --now --confirm "$@" "$SPEC" >"$BATS_TEST_TMPDIR/out" 2>"$ERR" </dev/null 3>&- &
	RUN=$!
	wait_until 120 grep -q "keeps this" "$ERR"
}

# ended STATUS: the run of confirming ends so.
ended() {
	local status=0
	wait "$RUN" || status=$?
	cat "$BATS_TEST_TMPDIR/out" "$ERR"
	[ $status -eq "$1" ]
}

# back: the host is as it was before.
back() {
	diff "$BATS_TEST_TMPDIR/shown" <(shown)
	nothing_left applied
	MARK=before
	run -0 xlite plan "$BATS_TEST_TMPDIR/before.yaml"
	[ ! -e /run/xlite/confirm.sock ]
}

@test "confirm: what is not confirmed in time is taken back" {
	before
	shown >"$BATS_TEST_TMPDIR/shown"
	mark applied
	after
	confirming 2
	ended 124
	grep -q "network/cf0 changed" "$BATS_TEST_TMPDIR/out"
	grep -q "network/cf1 created" "$BATS_TEST_TMPDIR/out"
	grep -q "domain/old changed" "$BATS_TEST_TMPDIR/out"
	grep -q "domain/new created" "$BATS_TEST_TMPDIR/out"
	grep -q "not confirmed in time" "$ERR"
	back

	# The end of the terminal does not end it; SIGTERM takes back at once. Others do not touch meanwhile what may be taken back.
	confirming 600
	xlite get -o yaml old | grep 'weight: 512'
	ip link show cf1
	kill -HUP $RUN
	run -75 xlite apply --timeout 1 "$BATS_TEST_TMPDIR/before.yaml"
	kill -0 $RUN
	run -75 xlite apply --confirm 5 "$SPEC"
	[[ $output == *"pid $RUN"* ]]
	kill -TERM $RUN
	ended 130
	back

	# What is confirmed stays; by whoever asks first.
	confirming 600
	kill -HUP $RUN
	[ "$(stat -c %a /run/xlite/confirm.sock)" = 600 ]
	[ "$(xlite confirm)" = confirmed ]
	ended 0
	run -0 xlite plan "$SPEC"
	run -1 xlite confirm
	[[ $output == *"no run waits for a confirmation"* ]]
	# Without a difference there is nothing to confirm.
	run -0 xlite apply --confirm 600 "$SPEC"
	xlite delete --now -q "$SPEC"
}

@test "confirm: a guest that somebody removes meanwhile is not built again, and nothing of it is left" {
	before
	xlite apply -q --set cf "$SPEC"
	sed -i '/^name: old/a scheduler: {weight: 300}' "$SPEC"
	confirming 600 --set cf
	xl destroy old
	kill -TERM $RUN
	ended 130
	grep -q "old: has ended meanwhile, and is not built again" "$ERR"
	run ! xl domid old
	xlite delete --now -q "$SPEC"
}

@test "confirm: what another run does meanwhile is waited for, however long" {
	[ -n "${XLITE_CHECK_LONG:-}" ] || skip "XLITE_CHECK_LONG=1 runs it"
	local lock
	before
	shown >"$BATS_TEST_TMPDIR/shown"
	mark applied
	after
	confirming 600
	exec {lock}>>/run/xlite/lock
	flock "$lock"
	kill -TERM $RUN
	sleep 150
	kill -0 $RUN
	exec {lock}>&-
	ended 130
	back
	xlite delete --now -q "$BATS_TEST_TMPDIR/before.yaml"
}

@test "confirm: a run that fails is taken back, and one that was killed leaves what it has done" {
	before
	shown >"$BATS_TEST_TMPDIR/shown"
	mark applied
	after
	printf '#!/bin/sh\nexit 1\n' >"$BATS_TEST_TMPDIR/fails"
	chmod +x "$BATS_TEST_TMPDIR/fails"
	sed -i "s,vifs: \[{bridge: cf1}\, {bridge: cf0}\],vifs: [{bridge: cf1\, script: $BATS_TEST_TMPDIR/fails}]," "$SPEC"
	run xlite apply --now --confirm 600 "$SPEC"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"failed: all of it is taken back"* ]]
	back

	# Nor does a second signal leave it there; timeout(1), for one, sends two.
	printf '#!/bin/sh\n: >%s\nwhile [ -e %s ]; do sleep 0.1; done\n' "$BATS_TEST_TMPDIR/begun" "$BATS_TEST_TMPDIR/hold" >"$BATS_TEST_TMPDIR/fails"
	: >"$BATS_TEST_TMPDIR/hold"
	xlite apply --now --confirm 600 "$SPEC" >"$BATS_TEST_TMPDIR/out" 2>"$ERR" </dev/null 3>&- &
	RUN=$!
	wait_until 120 [ -e "$BATS_TEST_TMPDIR/begun" ]
	kill -TERM $RUN
	wait_until 60 grep -q "takes back what is done" "$ERR"
	kill -TERM $RUN
	rm "$BATS_TEST_TMPDIR/hold"
	wait $RUN || true
	cat "$ERR"
	grep -q "all of it is taken back" "$ERR"
	back

	after
	confirming 600
	kill -KILL $RUN
	ended 137
	run -0 xlite plan "$SPEC"
	run -1 xlite confirm
	# The lock and the socket that it left keep nobody from the next.
	sed -i 's/weight: 512/weight: 300/' "$SPEC"
	confirming 600
	xlite confirm
	ended 0
	xlite delete --now -q "$SPEC"
}

@test "confirm: what could not be taken back is refused before anything is done" {
	before
	shown >"$BATS_TEST_TMPDIR/shown"
	mark applied
	# refused TEXT [OPTION...]
	refused() {
		run xlite apply --confirm 600 "${@:2}" "$SPEC"
		echo "$output"
		[ "$status" -ne 0 ]
		[[ $output == *"--confirm: nothing is done, since $1"* ]]
	}
	after
	refused "domain/old would be replaced" --replace
	refused "domain/old would be replaced" --replace --dry-run --detailed-exitcode
	refused "network/cf0 would be moved to another set" --set cf
	sed -i 's/state: paused/state: stopped/' "$SPEC"
	refused "domain/old would be deleted"
	after
	sed -i '/^name: new/,/^kernel/ s,kernel:.*,kernel: /nowhere,' "$SPEC"
	refused "domain/new is refused: "
	back

	printf 'name="foreign"\ntype="pvh"\nmemory=32\nkernel="/root/images/tiny.elf"\n' >"$BATS_TEST_TMPDIR/xl.cfg"
	xl create -p "$BATS_TEST_TMPDIR/xl.cfg"
	xlite get -o yaml foreign >"$SPEC"
	refused "domain/foreign would be adopted" --adopt
	xl destroy foreign
	xlite delete --now -q "$BATS_TEST_TMPDIR/before.yaml"
}
