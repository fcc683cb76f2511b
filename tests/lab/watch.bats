#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The watch: domains that end are handled as their on_ keys say, whatever is killed meanwhile; files are applied when they change; and nothing
# wakes it while nothing happens. watch_more.bats has what takes longer.

load helper
load watch

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
	done
	# test_run_watch_policy has each word with each code.
	for code in 1 3; do
		spec ended "${keys[code]}: destroy"
		xlite apply "$SPEC"
		end-domain "$(domid ended)" "$code"
		wait_until 120 is_state ended absent
	done
	for code in 0 4; do
		spec ended "${keys[code]}: preserve"
		xlite apply "$SPEC"
		end-domain "$(domid ended)" "$code"
		wait_until 60 grep -q "ended: .* kept for inspection (${keys[code]}: preserve)" "$SAID"
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

@test "watch: it may be killed at any moment; no domain is lost, and none is there twice" {
	local try tries=2 id name
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

@test "watch: a record that was kept is built from, left by other runs, and given up by delete, destroy and apply" {
	local id verb
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
		is_state lost rebuilding
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
	# Beside a domain that could not be finished, too.
	for verb in "delete --now" destroy; do
		spec lost "on_crash: restart" "state: paused"
		xlite apply "$SPEC"
		id=$(domid lost)
		xenstore-read "/libxl/$id/xlite" >"$BATS_TEST_TMPDIR/record"
		xenstore-rm "/libxl/$id/xlite/finished"
		is_state lost unfinished
		run -73 xlite stop --now lost
		[[ $output == *"its creation was never finished"* ]]
		xenstore-write /libxl/30000/xlite "$(cat "$BATS_TEST_TMPDIR/record")"
		xenstore-write /libxl/30000/xlite/finished "1 ends=2@5 again"
		# shellcheck disable=SC2086
		xlite $verb lost
		is_state lost absent
		run ! xenstore-read /libxl/30000/xlite
	done
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
