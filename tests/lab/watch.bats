#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The watch: domains that end are handled as their on_ keys say, whatever is killed meanwhile; files are applied when they change; and nothing
# wakes it while nothing happens. Domains are ended from outside (end-domain) with the code that a guest of theirs would give, or by themselves.

load helper

setup() {
	SPEC=$BATS_TEST_TMPDIR/spec.yaml WATCH='' SAID=$BATS_TEST_TMPDIR/said DIR=$BATS_TEST_TMPDIR/specs
	mkdir -p "$DIR"
	begin
}

teardown() {
	local name
	watch_end KILL
	rm -f /run/xlite/watch.sock
	if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
		cat "$SAID" >&2 || true
		for name in $(xlite list -o name | sed -n 's,^domain/,,p' | grep -v '^Domain-0$'); do xlite destroy "$name" || true; done
		xenstore-list /libxl >&2 || true
		return 0
	fi
	end
}

# watch_start ARGUMENT...: a watch that is ready; what it says is in $SAID.
watch_start() {
	xlite watch "$@" >>"$SAID" 2>&1 3>&- &
	WATCH=$!
	wait_until 60 eval '[[ $(xlite watch --status 2>&1) == *"pid $WATCH: watch"* ]]'
}

# watch_end SIGNAL: its status is in STATUS.
watch_end() {
	STATUS=0
	[ -n "$WATCH" ] || return 0
	kill "-$1" "$WATCH" 2>/dev/null || true
	wait "$WATCH" 2>/dev/null || STATUS=$?
	WATCH=
}

# is_state NAME STATE: in the list; "absent" for none.
is_state() {
	local found
	found=$(xlite list | awk -v name="$1" '$1 == name { for (i = 2; i <= NF; i++) if ($i ~ /^[a-z-]+$/) { print $i; exit } }')
	[ "${found:-absent}" = "$2" ]
}

# is_new NAME DOMID: it runs, and is another than that.
is_new() {
	is_state "$1" running && [ "$(domid "$1")" != "$2" ]
}

# no_record_left: no record is kept of a domain that was being built anew.
no_record_left() {
	local id
	for id in $(xenstore-list /libxl 2>/dev/null); do
		[[ $(xenstore-read "/libxl/$id/xlite/finished" 2>/dev/null) != *again* ]] || return 1
	done
}

ends_of() {
	xenstore-read "/libxl/$(domid "$1")/xlite/finished" | sed -n 's/.*ends=\([0-9]*\)@.*/\1/p'
}

@test "watch: each end of a guest is handled as its key says, without a command, also one from before its start" {
	local code id keys=([0]=on_poweroff [1]=on_reboot [3]=on_crash [4]=on_watchdog [5]=on_soft_reset)
	spec early "on_crash: restart"
	xlite apply "$SPEC"
	end-domain "$(domid early)" 3
	spec other "on_crash: preserve"
	xlite apply "$SPEC"
	watch_start --backoff 2s
	wait_until 120 is_state early running
	[ "$(ends_of early)" -eq 1 ]
	for code in 0 1 3 4 5; do
		spec ended "${keys[code]}: restart"
		xlite apply "$SPEC"
		id=$(domid ended)
		end-domain "$id" "$code"
		wait_until 120 is_new ended "$id"
		spec ended "${keys[code]}: destroy"
		xlite apply "$SPEC"
		end-domain "$(domid ended)" "$code"
		wait_until 120 is_state ended absent
		spec ended "${keys[code]}: preserve"
		xlite apply "$SPEC"
		end-domain "$(domid ended)" "$code"
		wait_until 60 grep -q "ended: .* kept for inspection (${keys[code]}: preserve)" "$SAID"
		: >"$SAID"
		run ! is_state ended running
		xlite delete --now ended
	done
	# What waited for its next boot has come with it.
	spec early "on_reboot: restart" "cmdline: later"
	xlite apply "$SPEC"
	id=$(domid early)
	end-domain "$id" 1
	wait_until 120 is_new early "$id"
	run -0 xlite plan "$SPEC"
	# Another tool's business.
	id=$(domid other)
	end-domain "$id" 2
	wait_until 60 grep -q "other: it has suspended; it is left as it is" "$SAID"
	[ "$(domid other)" = "$id" ]
	no_record_left
	watch_end TERM
	[ "$STATUS" -eq 0 ]
	xlite delete --now early other
}

@test "watch: a domain that xl made is left alone" {
	printf '%s\n' 'name="theirs"' 'type="pvh"' 'memory=32' 'kernel="/root/images/tiny.elf"' 'on_crash="preserve"' >"$BATS_TEST_TMPDIR/xl.cfg"
	watch_start
	xl create -q "$BATS_TEST_TMPDIR/xl.cfg" 3>&-
	end-domain "$(domid theirs)" 3
	spec ours "on_crash: restart"
	xlite apply "$SPEC"
	id=$(domid ours)
	end-domain "$id" 3
	wait_until 120 is_new ours "$id"
	is_state theirs crashed
	xl destroy theirs
	xlite delete --now ours
}

@test "watch: a guest that ends by itself again and again is built less and less often, which is said once, and survives the watch" {
	local before after
	# It powers itself off when its tests are done.
	printf 'name: loop\nmemory: 16MiB\nkernel: /root/guests/abi.elf\non_poweroff: restart\n' >"$SPEC"
	watch_start --backoff 60s
	xlite apply "$SPEC"
	wait_until 300 grep -q "loop: .* it is built anew in [0-9]* s, and from now on less and less often" "$SAID"
	[[ $(xlite watch --status) == *loop* ]]
	before=$(sed -n 's/.*loop: .*(\([0-9]*\) ends in a row).*/\1/p' "$SAID" | head -n 1)
	[ "$before" -ge 2 ]
	watch_end KILL
	watch_start --backoff 60s
	wait_until 300 eval '[ "$(xlite watch --status | awk '\''$1 == "loop" { print $4 }'\'')" -gt '"$before"' ]'
	# The second watch has not begun at nothing.
	after=$(xlite watch --status | awk '$1 == "loop" { print $4 }')
	echo "$before, then $after"
	[ "$after" -gt "$before" ]
	[ "$(grep -c 'less and less often' "$SAID")" -le 2 ]
	# Delete ends it, also while it waits.
	xlite delete --now loop
	sleep 3
	is_state loop absent
	no_record_left
}

@test "watch: it may be killed at any moment; no domain is lost, and none is there twice" {
	local try tries=8 id name
	[ -z "${XLITE_CHECK_LONG:-}" ] || tries=100
	for name in a b; do
		spec "$name" "on_reboot: restart"
		xlite apply "$SPEC"
	done
	watch_start --backoff 1s
	for ((try = 0; try < tries; try++)); do
		for name in a b; do
			wait_until 120 is_state "$name" running
			eval "id_$name=\$(domid $name)"
			end-domain "$(domid "$name")" 1
		done
		sleep "0.$((RANDOM % 10))"
		watch_end KILL
		watch_start --backoff 1s
		wait_until 120 is_new a "$id_a"
		wait_until 120 is_new b "$id_b"
		[ "$(xlite list | grep -cE '^(a|b) ')" -eq 2 ]
	done
	wait_until 60 no_record_left
	watch_end TERM
	xlite delete --now a b
}

@test "watch: a record that was kept is built from, left by other runs, and given up by delete and apply" {
	local id
	# kept: as a watch leaves it that was killed after the domain went.
	kept() {
		spec lost "on_crash: restart" "labels: {kept: really}"
		xlite apply "$SPEC"
		id=$(domid lost)
		xenstore-read "/libxl/$id/xlite" >"$BATS_TEST_TMPDIR/record"
		xlite destroy -q lost
		xenstore-write /libxl/30000/xlite "$(cat "$BATS_TEST_TMPDIR/record")"
		xenstore-write /libxl/30000/xlite/finished "1 ends=2@5 again"
		[[ $(xlite doctor) == *"was being built anew after its end"* ]]
	}
	kept
	spec beside
	xlite apply "$SPEC"
	xlite delete --now beside
	[ "$(xenstore-read /libxl/30000/xlite/finished)" = "1 ends=2@5 again" ]
	watch_start
	wait_until 120 is_state lost running
	wait_until 60 no_record_left
	run ! xenstore-read /libxl/30000/xlite
	[[ $(xlite get -o yaml lost) == *"kept: really"* ]]
	watch_end TERM
	xlite delete --now lost
	kept
	run -0 xlite delete lost
	[ "$output" = "domain/lost deleted" ]
	run ! xenstore-read /libxl/30000/xlite
	run -0 xlite delete lost
	[ "$output" = "domain/lost absent" ]
	kept
	run -0 xlite apply "$SPEC"
	[ "${lines[-1]}" = "domain/lost created" ]
	run ! xenstore-read /libxl/30000/xlite
	xlite delete --now lost
	# A record that a watch kept when the new domain was finished is just removed.
	kept
	xenstore-rm /libxl/30000
	xlite apply "$SPEC"
	id=$(domid lost)
	xenstore-write /libxl/30000/xlite "$(cat "$BATS_TEST_TMPDIR/record")"
	xenstore-write /libxl/30000/xlite/finished "1 ends=2@5 again"
	watch_start
	wait_until 60 no_record_left
	[ "$(domid lost)" = "$id" ]
	watch_end TERM
	xlite delete --now lost
}

@test "watch: what cannot be built is tried again, and the domain's remains stay until it can be" {
	local id
	cp "$IMAGES/tiny.elf" "$BATS_TEST_TMPDIR/kernel.elf"
	printf 'name: poor\nmemory: 16MiB\nkernel: %s\non_crash: restart\n' "$BATS_TEST_TMPDIR/kernel.elf" >"$SPEC"
	xlite apply "$SPEC"
	id=$(domid poor)
	mv "$BATS_TEST_TMPDIR/kernel.elf" "$BATS_TEST_TMPDIR/away.elf"
	watch_start --backoff 4s
	end-domain "$id" 3
	wait_until 120 grep -q "poor: .*kernel.elf" "$SAID"
	is_state poor crashed
	[[ $(xlite watch --status) == *"failed: poor: "* ]]
	mv "$BATS_TEST_TMPDIR/away.elf" "$BATS_TEST_TMPDIR/kernel.elf"
	wait_until 120 is_new poor "$id"
	xlite delete --now poor
}

@test "watch: a domain that another run works on is left to it" {
	local id
	# A tiny guest does not follow its shutdown request: this run waits for it.
	spec mine "on_poweroff: restart"
	xlite apply "$SPEC"
	id=$(domid mine)
	watch_start
	xlite delete --timeout 120 mine >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	pid=$!
	wait_until 60 eval '[ "$(xenstore-read /local/domain/'"$id"'/control/shutdown 2>/dev/null)" = poweroff ]'
	end-domain "$id" 0
	wait $pid
	grep "domain/mine deleted" "$BATS_TEST_TMPDIR/out"
	sleep 3
	is_state mine absent
	no_record_left
}

@test "watch: files are applied at the start, when they change, and by SIGHUP; wrong ones change nothing" {
	spec a
	mv "$SPEC" "$DIR/a.yaml"
	watch_start --now --set fleet --prune --metrics "$BATS_TEST_TMPDIR/xlite.prom" "$DIR"
	wait_until 120 is_state a running
	mkdir "$DIR/more"
	spec b
	mv "$SPEC" "$DIR/more/b.yaml"
	wait_until 120 is_state b running
	printf 'labels: {team: web}\n' >>"$DIR/a.yaml"
	wait_until 120 eval '[[ $(xlite get -o yaml a) == *"team: web"* ]]'
	printf 'rubbish: [\n' >"$DIR/wrong.yaml"
	wait_until 120 grep -q "wrong.yaml:" "$SAID"
	rm "$DIR/more/b.yaml"
	sleep 3
	is_state b running
	rm "$DIR/wrong.yaml"
	wait_until 120 is_state b absent
	xlite destroy -q a
	sleep 3
	is_state a absent
	kill -HUP "$WATCH"
	wait_until 120 is_state a running
	wait_until 60 eval '[[ $(xlite watch --status) == *"files: status 0, "* ]]'
	wait_until 60 grep -q '^xlite_watch_files_status 0$' "$BATS_TEST_TMPDIR/xlite.prom"
	watch_end TERM
	[ "$STATUS" -eq 0 ]
	[ ! -e "$BATS_TEST_TMPDIR/xlite.prom" ]
	xlite delete --now a
}

@test "watch: a domain that its key has removed stays away until its document changes, apply builds it, or delete forgets it" {
	local id
	off() {
		end-domain "$(domid a)" 0
		wait_until 120 is_state a absent
		wait_until 60 eval '[[ $(xlite watch --status | grep "^a ") == *" off "* ]]'
	}
	spec a "on_poweroff: destroy"
	mv "$SPEC" "$DIR/a.yaml"
	watch_start --interval 1s "$DIR"
	wait_until 120 is_state a running
	off
	# The interval passes, another document comes, and another watch.
	sleep 3
	spec b
	mv "$SPEC" "$DIR/b.yaml"
	wait_until 120 is_state b running
	is_state a absent
	watch_end KILL
	watch_start --interval 1s "$DIR"
	sleep 3
	is_state a absent
	printf 'labels: {more: work}\n' >>"$DIR/a.yaml"
	wait_until 120 is_state a running
	off
	xlite apply -q "$DIR/a.yaml"
	is_state a running
	off
	run -0 xlite delete a
	[ "$output" = "domain/a deleted" ]
	# It is missing now, as any other is.
	wait_until 120 is_state a running
	off
	# What no file describes is forgotten.
	rm "$DIR/a.yaml"
	wait_until 120 eval '[[ $(xenstore-ls /libxl) != *" off\""* ]]'
	watch_end TERM
	xlite delete --now b
}

@test "watch: a loop is no faster for files that are applied, and a changed document begins anew" {
	local id
	spec a "on_crash: restart"
	mv "$SPEC" "$DIR/a.yaml"
	watch_start --backoff 1h --interval 1s "$DIR"
	wait_until 120 is_state a running
	# As after many ends: the pause is longer than what a test waits, and the interval passes meanwhile, again and again.
	id=$(domid a)
	xenstore-write "/libxl/$id/xlite/finished" "1 ends=20@$(cut -d. -f1 /proc/uptime)"
	end-domain "$id" 3
	wait_until 60 grep -q "a: it has crashed (21 ends in a row)" "$SAID"
	sleep 8
	is_state a crashed
	[ "$(domid a)" = "$id" ]
	# Another document at the same time changes nothing of that; its own does.
	spec b
	mv "$SPEC" "$DIR/b.yaml"
	wait_until 120 is_state b running
	is_state a crashed
	printf 'labels: {repaired: really}\n' >>"$DIR/a.yaml"
	wait_until 120 is_new a "$id"
	watch_end TERM
	xlite delete --now a b
}

@test "watch: drift is told once with --drift=warn, and mended with fix" {
	spec a "scheduler: {weight: 300}"
	mv "$SPEC" "$DIR/a.yaml"
	watch_start --interval 1s --drift warn "$DIR"
	wait_until 120 is_state a running
	xl sched-credit2 -d a -w 512
	wait_until 120 grep -q "the host differs from the files" "$SAID"
	sleep 5
	[ "$(grep -c "the host differs from the files" "$SAID")" -eq 1 ]
	grep 'scheduler.weight: 512 -> 300' "$SAID"
	xl sched-credit2 -d a | grep -E 'a +[0-9]+ +512'
	watch_end TERM
	watch_start --interval 1s "$DIR"
	wait_until 120 eval "xl sched-credit2 -d a | grep -qE 'a +[0-9]+ +300'"
	watch_end TERM
	xlite delete --now a
}

@test "watch: one runs on a host, the second says who has its place and takes it when that ends" {
	local first second
	watch_start
	first=$WATCH
	xlite watch >"$BATS_TEST_TMPDIR/second" 2>&1 3>&- &
	second=$!
	wait_until 60 grep -q "another watch (pid $first) runs on this host" "$BATS_TEST_TMPDIR/second"
	[[ $(xlite watch --status) == *"pid $first: watch"* ]]
	watch_end KILL
	WATCH=$second
	wait_until 60 eval '[[ $(xlite watch --status 2>&1) == *"pid $WATCH: watch"* ]]'
	spec a "on_crash: restart"
	xlite apply "$SPEC"
	id=$(domid a)
	end-domain "$id" 3
	wait_until 120 is_new a "$id"
	xlite delete --now a
}

@test "watch: nothing wakes it while nothing happens" {
	local before after
	spec a
	mv "$SPEC" "$DIR/a.yaml"
	watch_start "$DIR"
	wait_until 120 is_state a running
	wait_until 120 eval '[[ $(xlite watch --status) == *"files: status 0"* ]]'
	sleep 3
	before=$(awk '/^voluntary/ { print $2 }' "/proc/$WATCH/status")
	sleep 20
	after=$(awk '/^voluntary/ { print $2 }' "/proc/$WATCH/status")
	echo "$before, then $after"
	[ "$after" -eq "$before" ]
	# And has no process beside it.
	[ -z "$(cat "/proc/$WATCH/task/$WATCH/children" 2>/dev/null)" ]
	watch_end TERM
	xlite delete --now a
}

@test "watch: each change is a line of the host's log, with the watch as its command" {
	local id log=$BATS_TEST_TMPDIR/messages logger
	syslogd -n -O "$log" 3>&- &
	logger=$!
	wait_until 20 test -S /dev/log
	spec a "on_crash: restart"
	xlite apply -q "$SPEC"
	id=$(domid a)
	watch_start
	end-domain "$id" 3
	wait_until 120 is_new a "$id"
	wait_until 60 grep -q "object=domain/a result=created domid=$(domid a) was=$id command=watch reason=\"it has crashed\"" "$log"
	xlite delete --now -q a
	watch_end TERM
	kill $logger
	wait $logger || true
	rm -f /dev/log
}
