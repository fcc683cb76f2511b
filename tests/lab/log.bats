#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The host's log: a line for each change, whichever verb made it, and none for what changed nothing. busybox's syslogd reads /dev/log; it
# keeps 256 bytes of a line, so commands are short here. The line itself is tested by test_run_log.

load helper

setup() {
	SPEC=/root/s.yaml LOGFILE=$BATS_TEST_TMPDIR/messages
	begin
	syslogd -n -O "$LOGFILE" 3>&- &
	SYSLOGD=$!
	wait_until 20 test -S /dev/log
	wait_until 20 test -s "$LOGFILE"
	unset SUDO_USER SUDO_UID XLITE_FROM
}

teardown() {
	stop_log
	rm -f "$SPEC"
	if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
		xlite delete --now -q a b c network/n || true
		return 0
	fi
	end
}

stop_log() {
	[ -n "$SYSLOGD" ] || return 0
	kill "$SYSLOGD"
	wait "$SYSLOGD" || true
	SYSLOGD=
	rm -f /dev/log
}

# logged COMMAND...: runs it, and has in LINES what was logged meanwhile, from the facility on. Whoever sends waits for nobody: a mark of our own
# comes after what was sent before it.
logged() {
	local before
	before=$(wc -l <"$LOGFILE")
	MARKS=$((${MARKS:-0} + 1))
	"$@" >"$BATS_TEST_TMPDIR/out" 2>&1 || echo "status $?" >>"$BATS_TEST_TMPDIR/out"
	logger "mark $MARKS"
	wait_until 60 grep -q "mark $MARKS\$" "$LOGFILE"
	LINES=$(tail -n "+$((before + 1))" "$LOGFILE" | sed -n 's/.* \(daemon\.[a-z]* xlite\[[0-9]*\]: .*\)/\1/p' | sed 's/\[[0-9]*\]//')
	cat "$BATS_TEST_TMPDIR/out"
	echo "logged: $LINES"
}

@test "log: a line for each change of apply and delete, and none for what is unchanged" {
	local id
	spec a
	logged xlite plan "$SPEC"
	[ -z "$LINES" ]
	logged xlite apply -n "$SPEC"
	[ -z "$LINES" ]
	logged xlite apply "$SPEC"
	id=$(domid a)
	[ "$LINES" = "daemon.notice xlite: user=root object=domain/a result=created domid=$id command=\"apply $SPEC\"" ]
	logged xlite apply "$SPEC"
	[ -z "$LINES" ]
	spec a 'labels: {team: web}'
	logged xlite apply "$SPEC"
	[ "$LINES" = "daemon.notice xlite: user=root object=domain/a result=changed domid=$id command=\"apply $SPEC\" changes=\"+ labels[team]: web\"" ]
	logged xlite delete --now a nobody
	[ "$LINES" = "daemon.notice xlite: user=root object=domain/a result=deleted domid=$id command=\"delete --now a nobody\"" ]
	logged xlite delete a
	[ -z "$LINES" ]
}

@test "log: several at once, networks, and what failed, with the reason" {
	printf 'name: %s\nmemory: 16\nkernel: /root/images/tiny.elf\n---\n' a b >"$SPEC"
	printf 'kind: network\nname: n\nmode: bridge\n' >>"$SPEC"
	logged xlite apply -j 2 "$SPEC"
	[ "$(sort <<<"$LINES")" = "daemon.notice xlite: user=root object=domain/a result=created domid=$(domid a) command=\"apply --jobs=2 $SPEC\"
daemon.notice xlite: user=root object=domain/b result=created domid=$(domid b) command=\"apply --jobs=2 $SPEC\"
daemon.notice xlite: user=root object=network/n result=created command=\"apply --jobs=2 $SPEC\"" ]
	spec a 'vcpus: 2'
	logged xlite apply --now --replace "$SPEC"
	[[ $LINES == *" result=replaced domid=$(domid a) was="*'changes="vcpus'* ]]
	spec a 'vbds: [{vdev: xvda, source: /no/disk}]'
	logged xlite apply "$SPEC"
	[[ $LINES == "daemon.err xlite: user=root object=domain/a result=failed domid=$(domid a) command="*' error="a: '*/no/disk*'changes="'* ]]
	xlite delete --now -q a
	printf 'name: a\nmemory: 16\nkernel: /no/kernel\n---\nname: c\nmemory: 16\nkernel: /root/images/tiny.elf\ndepends_on: [a]\n' >"$SPEC"
	logged xlite apply "$SPEC"
	[[ $LINES == *"daemon.err xlite: user=root object=domain/a result=failed command="*/no/kernel* ]]
	[[ $LINES == *"daemon.warn xlite: user=root object=domain/c result=skipped command="* ]]
	logged xlite delete --now b network/n
	[ "$(grep -c "result=deleted" <<<"$LINES")" -eq 2 ]
}

@test "log: the verbs for single domains, and who has used sudo or -H" {
	local id
	spec a
	xlite apply -q "$SPEC"
	id=$(domid a)
	logged xlite pause a
	[ "$LINES" = "daemon.notice xlite: user=root object=domain/a result=paused domid=$id command=\"pause a\"" ]
	logged xlite pause a
	[ -z "$LINES" ]
	logged env SUDO_USER=anna SUDO_UID=4711 xlite unpause "$id"
	[ "$LINES" = "daemon.notice xlite: user=anna object=domain/a result=running domid=$id command=\"unpause $id\"" ]
	logged xlite unpause a
	[ -z "$LINES" ]
	logged xlite shutdown --timeout 1 a
	[[ $LINES == "daemon.err xlite: user=root object=domain/a result=failed domid=$id command=\"shutdown --timeout=1 a\" error=\"a: the guest did not"* ]]
	logged env "XLITE_FROM=bob@pc: reboot a" xlite reboot --now a
	[ "$LINES" = "daemon.notice xlite: user=root object=domain/a result=rebooted domid=$(domid a) was=$id command=\"reboot --now a\" from=\"bob@pc: reboot a\"" ]
	logged xlite destroy nobody
	[ -z "$LINES" ]
	logged xlite destroy a
	[[ $LINES == "daemon.notice xlite: user=root object=domain/a result=destroyed domid="* ]]
	logged xlite apply "$SPEC"
	id=$(domid a)
	logged xlite stop --now a
	[ "$LINES" = "daemon.notice xlite: user=root object=domain/a result=stopped domid=$id command=\"stop --now a\"" ]
	logged xlite stop a
	[ -z "$LINES" ]
	logged xlite start a
	[ "$LINES" = "daemon.notice xlite: user=root object=domain/a result=started domid=$(domid a) command=\"start a\"" ]
	logged xlite stop --now a
	logged xlite delete -n a
	[ -z "$LINES" ]
	logged xlite delete a
	[ "$LINES" = "daemon.notice xlite: user=root object=domain/a result=deleted command=\"delete a\"" ]
}

@test "log: a name that xl allows makes no line of its own" {
	local id
	spec a
	xlite apply -q "$SPEC"
	id=$(domid a)
	xl rename a $'a result=created\n<29>forged'
	logged xlite destroy "$id"
	[ "$LINES" = "daemon.notice xlite: user=root object=\"domain/a result=created\\n<29>forged\" result=destroyed domid=$id command=\"destroy $id\"" ]
}

@test "log: without a syslog nothing is different" {
	stop_log
	spec a
	run --separate-stderr xlite apply "$SPEC"
	[ "$output" = "domain/a created" ]
	[ -z "$stderr" ]
	run --separate-stderr xlite destroy a
	[ "$output" = "domain/a destroyed" ]
	[ -z "$stderr" ]
}
