#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The watch in the long tier: loops and their pauses, other runs and other tools beside it, drift, its place on the host, and its lines in the log.

load helper
load watch

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
	# Who stops it says that it stays away, whatever its document says then.
	run -0 xlite stop a
	[ "${lines[-1]}" = "domain/a stopped" ]
	sed -i 's/more: work/more: play/' "$DIR/a.yaml"
	sleep 3
	xlite list | grep -E "^a +- +stopped "
	run -0 xlite start a
	is_state a running
	# The watch applies what the document says by now. A domain that ends before that is built again, since its document has changed.
	wait_until 60 eval '[[ $(xlite get a -o yaml) == *"more: play"* ]]'
	off
	# It may say that it waits for the watch, which looks at the files each second.
	run -0 xlite delete a
	echo "$output"
	[ "${lines[-1]}" = "domain/a deleted" ]
	# It is missing now, as any other is.
	wait_until 120 is_state a running
	off
	# What no file describes is forgotten.
	rm "$DIR/a.yaml"
	wait_until 120 eval '[[ $(xenstore-ls /libxl) != *" off\""* ]]'
	watch_end TERM
	xlite delete --now b
}

@test "watch: a domain that its key has removed stays away, whenever the watch is killed meanwhile" {
	local try
	spec a "on_poweroff: destroy"
	mv "$SPEC" "$DIR/a.yaml"
	for ((try = 0; try < 10; try++)); do
		xlite apply -q "$DIR/a.yaml"
		watch_start "$DIR"
		end-domain "$(domid a)" 0
		sleep "0.$((RANDOM % 10))"
		watch_end KILL
		watch_start "$DIR"
		wait_until 120 is_state a absent
		wait_until 120 eval '[[ $(xlite watch --status) == *"files: status 0, "* ]]'
		is_state a absent
		watch_end TERM
	done
	run -0 xlite delete a
	[ "$output" = "domain/a deleted" ]
}

@test "watch: a record that is still kept of a domain that runs is removed, and nothing that the domain has on the host" {
	local id
	spec lost "vifs: [{route: xenbr0, ip: 'fd99::77'}]"
	xlite apply -q "$SPEC"
	id=$(domid lost)
	ip neigh show proxy | grep -q "^fd99::77 dev xenbr0 "
	xenstore-write /libxl/30000/xlite "$(xenstore-read "/libxl/$id/xlite")"
	xenstore-write /libxl/30000/xlite/finished "1 ends=2@5 again"
	watch_start
	wait_until 60 no_record_left
	run ! xenstore-read /libxl/30000/xlite
	[ "$(domid lost)" = "$id" ]
	ip neigh show proxy | grep -q "^fd99::77 dev xenbr0 "
	watch_end TERM
	xlite delete --now lost
	[ -z "$(ip neigh show proxy)" ]
}

@test "watch: with --prune a domain that was being built anew, and that no file describes any more, is given up" {
	local id
	cp "$IMAGES/tiny.elf" "$BATS_TEST_TMPDIR/kernel.elf"
	printf 'name: gone\nmemory: 16MiB\nkernel: %s\n' "$BATS_TEST_TMPDIR/kernel.elf" >"$SPEC"
	xlite apply -q --set fleet "$SPEC"
	id=$(domid gone)
	xenstore-read "/libxl/$id/xlite" >"$BATS_TEST_TMPDIR/record"
	xlite destroy -q gone
	# It cannot be built, so that its record is there when the files are read.
	rm "$BATS_TEST_TMPDIR/kernel.elf"
	spec a
	mv "$SPEC" "$DIR/a.yaml"
	xenstore-write /libxl/30000/xlite "$(cat "$BATS_TEST_TMPDIR/record")"
	xenstore-write /libxl/30000/xlite/finished "1 ends=2@5 again"
	watch_start --now --set fleet --prune "$DIR"
	wait_until 120 no_record_left
	run ! xenstore-read /libxl/30000/xlite
	watch_end TERM
	xlite delete --now a
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
