#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Changes of running domains: what is applied in place, what is refused and why.

load helper

@test "change: memory target and vCPUs online reach the guest" {
	linux_spec elastic "" "vifs: []"
	sed -i 's/^vcpus: 1/vcpus: {max: 2, online: 2}/' "$SPEC"
	linux_up elastic "GUEST: ready"

	sed -i 's/^vcpus: .*/vcpus: {max: 2, online: 1}/; s/^memory: .*/memory: {target: 192MiB, max: 512MiB}/' "$SPEC"
	run xlite plan "$SPEC"
	echo "$output"
	[ "$status" -eq 2 ]
	[[ $output == *"memory.target: 256MiB -> 192MiB  (live)"* ]]
	[[ $output == *"vcpus.online: 2 -> 1  (live)"* ]]
	run xlite apply --timeout 120 "$SPEC"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "domain/elastic changed" ]
	# The guest has done it, or apply had said so.
	xl list elastic | grep -E '^elastic +[0-9]+ +19[0-9] +1 '
	run xlite plan "$SPEC"
	[ "$status" -eq 0 ]
	# Linux takes static-max for what it was built with: that was 256 MiB.
	[ "$(xenstore-read "/local/domain/$(domid elastic)/memory/static-max")" = 262144 ]
	xlite delete elastic
}

# max_kib NAME: the limit that Xen has for the domain.
max_kib() {
	xlite get -o json "$1" | sed -n 's/.*"max_memory_kib": *\([0-9]*\).*/\1/p'
}

@test "change: the most memory is the record's, and Xen's limit has room for what a graphics card takes" {
	local nodes
	spec roomy "memory: 16MiB"
	sed -i '2d' "$SPEC"
	xlite apply "$SPEC"
	nodes=/local/domain/$(domid roomy)/memory
	sed -i 's/^memory: .*/memory: {target: 16MiB, max: 64MiB}/' "$SPEC"
	run -0 xlite apply "$SPEC"
	[ "${lines[-1]}" = "domain/roomy changed" ]
	[ "$(xenstore-read "$nodes/static-max" "$nodes/target" | tr '\n' ' ')" = "16384 16384 " ]
	run -0 xlite plan "$SPEC"
	# As xl has it beside an emulated PC's target.
	xenstore-write "$nodes/videoram" 8192
	sed -i 's/^memory: .*/memory: {target: 20MiB, max: 64MiB}/' "$SPEC"
	# This guest does as it likes: that is told, shown, and no success.
	run -124 xlite apply --timeout 1 "$SPEC"
	echo "$output"
	[[ $output == *"roomy: was changed, but the guest has not followed yet: it has "[0-9]*" of 20 MiB"* ]]
	[ "$(xenstore-read "$nodes/target")" = 20480 ]
	[ "$(max_kib roomy)" -eq $((20480 + 8192 + 1024)) ]
	run -2 xlite plan "$SPEC"
	echo "$output"
	[[ $output == *"domain/roomy: change: the guest has not followed yet"* ]]
	[[ $output == *"memory.target: "[0-9]*"MiB -> 20MiB  (live)"* ]]
	# A paused one cannot.
	xlite pause roomy
	sed -i 's/^memory: .*/memory: {target: 24MiB, max: 64MiB}\nstate: paused/' "$SPEC"
	run -0 xlite apply "$SPEC"
	[ "${lines[-1]}" = "domain/roomy changed" ]
	run -0 xlite plan "$SPEC"
	# What is taken back is as it was, and so is a guest that has done nothing.
	xenstore-rm "$nodes/videoram"
	xlite unpause roomy
	sed -i -e 's/^memory: .*/memory: {target: 16MiB, max: 64MiB}/' -e '/^state/d' "$SPEC"
	run -0 xlite apply "$SPEC"
	run -0 xlite plan "$SPEC"
	[ "$(xenstore-read "/libxl/$(domid roomy)/xlite/finished")" = 1 ]
	xlite delete --now roomy
}

@test "change: a name, with the uuid given" {
	local uuid=6b0c7b3a-0000-4000-8000-000000000001
	spec old "uuid: $uuid"
	xlite apply "$SPEC"
	spec new "uuid: $uuid"
	run xlite apply "$SPEC"
	echo "$output"
	[ "${lines[-1]}" = "domain/new changed" ]
	xl list new
	run ! xl list old
	xlite delete --now new
}

@test "change: scheduler weight, cap and policies" {
	spec tuned
	xlite apply "$SPEC"
	spec tuned "scheduler: {weight: 512, cap: 50}" "on_reboot: destroy" "labels: {team: web}"
	run xlite apply "$SPEC"
	echo "$output"
	[ "${lines[-1]}" = "domain/tuned changed" ]
	xl sched-credit2 -d tuned | grep -E 'tuned +[0-9]+ +512 +50'
	run xlite apply "$SPEC"
	[ "${lines[-1]}" = "domain/tuned unchanged" ]
	xlite delete --now tuned
}

@test "change: what changes only at a reboot waits for it in the record, and is done by reboot, or at once with --replace" {
	spec fixed
	xlite apply "$SPEC"
	local before
	before=$(domid fixed)
	spec fixed "vcpus: 2" "scheduler: {weight: 512}"
	run xlite plan "$SPEC"
	echo "$output"
	[ "$status" -eq 2 ]
	[[ $output == *"vcpus.max: 1 -> 2  (on reboot)"* ]]
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(domid fixed)" = "$before" ]
	xl sched-credit2 -d fixed | grep -E 'fixed +[0-9]+ +512 '
	[ "$(xl vcpu-list fixed | grep -c fixed)" -eq 1 ]
	run xlite plan "$SPEC"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"waits for its next boot"* ]]
	run xlite apply --stats "$SPEC"
	echo "$output"
	[[ $output == *"domain/fixed unchanged"* ]]
	[[ $output == *" store_writes=0 "* ]]
	run xlite reboot --now fixed
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(domid fixed)" != "$before" ]
	[ "$(xl vcpu-list fixed | grep -c fixed)" -eq 2 ]
	run xlite plan "$SPEC"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output != *"waits"* ]]

	# Taken back before it came to be; and at once.
	spec fixed "vcpus: 2" "scheduler: {weight: 512}" "limits: {grant_frames: 16}"
	xlite apply "$SPEC"
	spec fixed "vcpus: 2" "scheduler: {weight: 512}"
	xlite apply "$SPEC"
	run xlite plan "$SPEC"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output != *"waits"* ]]
	before=$(domid fixed)
	spec fixed "vcpus: 1"
	run xlite apply --replace --now "$SPEC"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "domain/fixed replaced" ]
	[ "$(domid fixed)" != "$before" ]
	xlite delete --now fixed
}

@test "change: a guest that shut down is started again" {
	linux_spec leaver "xlite.run=poweroff"
	linux_up leaver "GUEST: stopping=poweroff"
	wait_until 120 sh -c "xlite list | grep -q 'leaver.*shutdown'"
	run xlite plan "$SPEC"
	[ "$status" -eq 2 ]
	[[ $output == *"restart: it has shut down"* ]]
	linux_spec leaver ""
	run xlite apply "$SPEC"
	echo "$output"
	[ "${lines[-1]}" = "domain/leaver created" ]
	xlite delete --now leaver
}

@test "change: a domain moves to another CPU pool and back" {
	# A pool needs a CPU of its own: the labs with oxenstored and with xen-core have two.
	[ "$(xl info | sed -n 's/^nr_cpus *: //p')" -ge 2 ] || skip "Xen has one CPU here"
	xl cpupool-cpu-remove Pool-0 1
	printf 'name = "side"\nsched = "credit2"\ncpus = ["1"]\n' >"$BATS_TEST_TMPDIR/pool.cfg"
	xl cpupool-create "$BATS_TEST_TMPDIR/pool.cfg"
	spec swimmer "pool: side"
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 0 ]
	xl list -c swimmer | grep side
	run xlite plan "$SPEC"
	echo "$output"
	[ "$status" -eq 0 ]
	spec swimmer
	run xlite plan "$SPEC"
	[[ $output == *"pool: side"* ]]
	run xlite apply "$SPEC"
	echo "$output"
	[ "${lines[-1]}" = "domain/swimmer changed" ]
	xl list -c swimmer | grep Pool-0
	# What Xen takes from a domain that moves is given back, and comes with it.
	spec swimmer "scheduler: {weight: 512, cap: 50}" "vcpus: {max: 1, affinity: '0'}"
	run -0 xlite apply "$SPEC"
	spec swimmer "pool: side" "scheduler: {weight: 512, cap: 50}"
	run -0 xlite apply "$SPEC"
	[ "${lines[-1]}" = "domain/swimmer changed" ]
	xl sched-credit2 -d swimmer | grep -E 'swimmer +[0-9]+ +512 +50'
	spec swimmer "scheduler: {weight: 512, cap: 50}" "vcpus: {max: 1, affinity: '0'}"
	run -0 xlite apply "$SPEC"
	[ "${lines[-1]}" = "domain/swimmer changed" ]
	run -0 xlite plan "$SPEC"
	spec swimmer "pool: nowhere"
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"there is no CPU pool nowhere"*"side"* ]]
	xlite delete --now swimmer
	xl cpupool-destroy side
	xl cpupool-cpu-add Pool-0 1
}

@test "change: a domain that its watchdog ended, or that asked for a soft reset, is called so, and kept where its spec says so" {
	# By the codes of xen/sched.h.
	local code keys=([1]=on_reboot [3]=on_crash [4]=on_watchdog [5]=on_soft_reset)
	local states=([1]=rebooting [3]=crashed [4]=watchdog [5]=soft-reset) said=([1]="it asked for a reboot" [3]="it has crashed"
		[4]="its watchdog has ended it" [5]="it asked for a soft reset")
	for code in 1 3 4 5; do
		spec ended "${keys[code]}: preserve"
		run -0 xlite apply "$SPEC"
		[ "${lines[-1]}" = "domain/ended created" ]
		end-domain "$(domid ended)" $code
		xlite list | grep -E "^ended .* ${states[code]}( |\$)"
		[[ $(xlite get -o json ended) == *"\"state\": \"${states[code]}\""* ]]
		run -1 xlite apply "$SPEC"
		echo "$output"
		[[ $output == *"${said[code]} and is kept for inspection (${keys[code]}: preserve)"* ]]
		spec ended
		run -2 xlite plan "$SPEC"
		[[ $output == *"restart: ${said[code]}"* ]]
		xlite delete --now ended
	done
}

@test "change: what ends soon after it was built is named and fails the run, with --wait also what powers itself off" {
	local id pid status
	# soon NAME CODE: what domain NAME is built ends with the code while its run watches; the run's status is in status.
	soon() {
		spec "$1"
		xlite apply --wait 60 "$SPEC" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
		pid=$!
		wait_until 60 grep -q "domain/$1 created" "$BATS_TEST_TMPDIR/out"
		end-domain "$(domid "$1")" "$2"
		status=0
		wait $pid || status=$?
		cat "$BATS_TEST_TMPDIR/out"
	}
	soon brief 3
	[ "$status" -eq 1 ]
	grep "^xlite: brief: was built, but does not run: it has crashed$" "$BATS_TEST_TMPDIR/out"
	xlite delete --now brief
	soon brief 0
	[ "$status" -eq 1 ]
	grep "brief: was built, but does not run: it has shut down" "$BATS_TEST_TMPDIR/out"
	xlite delete --now brief
	spec brief
	run -0 xlite apply --wait 1 "$SPEC"
	[ "${lines[-1]}" = "domain/brief created" ]
	# Looked at once: this one ends while another is waited for.
	spec brief
	printf -- '---\nname: after\nmemory: 16MiB\nkernel: /root/images/tiny.elf\ndepends_on: [{name: brief, xenstore: data/up}]\n' >>"$SPEC"
	xlite delete --now brief
	xlite apply "$SPEC" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	pid=$!
	wait_until 60 grep -q "domain/brief created" "$BATS_TEST_TMPDIR/out"
	end-domain "$(domid brief)" 3
	status=0
	wait $pid || status=$?
	cat "$BATS_TEST_TMPDIR/out"
	[ "$status" -eq 1 ]
	grep "brief: was built, but does not run: it has crashed" "$BATS_TEST_TMPDIR/out"
	spec brief
	run -0 xlite apply "$SPEC"
	# Nothing was built: there is nothing to watch.
	run -0 xlite apply --wait 80000 "$SPEC"
	xlite delete --now brief
}

@test "change: an affinity without a CPU of the pool is refused before anything is done, with those that it has" {
	local last said
	last=$(($(xl info | sed -n 's/^nr_cpus *: //p') - 1))
	said="no vCPU could run on 500-509: the CPU pool has CPU 0"
	[ $last -eq 0 ] || said+=-$last
	spec pinned "vcpus: {max: 1, affinity: 500-509}"
	run -1 xlite apply "$SPEC"
	echo "$output"
	[[ $output == *"pinned: vcpus.affinity: $said"* ]]
	nothing_left before
	spec pinned "vcpus: {max: 1, affinity: '0,500-509'}"
	run -0 xlite apply "$SPEC"
	run -0 xlite plan "$SPEC"
	spec pinned "vcpus: {max: 1, affinity: 500-509}" "labels: {a: b}"
	run -1 xlite plan "$SPEC"
	echo "$output"
	[[ $output == *"domain/pinned: refused: vcpus.affinity: $said"* ]]
	run -1 xlite apply "$SPEC"
	echo "$output"
	[[ $output == *"$said"* ]]
	xl vcpu-list pinned | grep "pinned .* 0 "
	xlite delete --now pinned
}

@test "change: the pool that Xen starts with is the default under any name" {
	local named
	spec floater
	run -0 xlite apply "$SPEC"
	# Xen 4.14's user space names no pool in XenStore before somebody names one.
	named=$(xenstore-read /local/pool/0/name || true)
	xl cpupool-rename Pool-0 Pool-node0
	run -0 xlite plan "$SPEC"
	# By its name, which the record then has.
	spec floater "pool: Pool-node0"
	run -0 xlite apply "$SPEC"
	[ "${lines[-1]}" = "domain/floater changed" ]
	run -0 xlite plan "$SPEC"
	spec floater
	run -0 xlite apply "$SPEC"
	run -0 xlite plan "$SPEC"
	spec floater "pool: Pool-node0"
	run -0 xlite apply --replace --now "$SPEC"
	xl cpupool-rename Pool-node0 Pool-0
	run -1 xlite plan "$SPEC"
	[[ $output == *"there is no CPU pool Pool-node0"*"Pool-0"* ]]
	run -1 xlite apply "$SPEC"
	[[ $output == *"there is no CPU pool Pool-node0"*"Pool-0"* ]]
	xlite delete --now floater
	[ -n "$named" ] || xenstore-rm /local/pool
}

# waits_for_lock PID...: one has the lock's file open, which it opens when it has looked at the host; the other, too, or it says that it waits
# for a run that means the same domain.
waits_for_lock() {
	local pid fd waiting=0
	! grep -qs "waits for another run" "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/two" || waiting=1
	for pid in "$@"; do
		for fd in "/proc/$pid/fd"/*; do
			[ "$(readlink "$fd")" != /run/xlite/lock ] || continue 2
		done
		[ $((waiting--)) -gt 0 ] || return 1
	done
}

# at_once COMMAND...: two runs of xlite with the arguments, both of which have looked at the host before either gets the lock. What
# they print is in one and two, their statuses in status_one and status_two.
at_once() {
	local lock one two
	exec {lock}>>/run/xlite/lock
	flock "$lock"
	# shellcheck disable=SC2086
	xlite $1 >"$BATS_TEST_TMPDIR/one" 2>&1 3>&- {lock}>&- &
	one=$!
	# shellcheck disable=SC2086
	xlite $2 >"$BATS_TEST_TMPDIR/two" 2>&1 3>&- {lock}>&- &
	two=$!
	wait_until 60 waits_for_lock "$one" "$two"
	exec {lock}>&-
	status_one=0 status_two=0
	wait $one || status_one=$?
	wait $two || status_two=$?
	cat "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/two"
}

@test "change: of two reboots at once the second says that it was overtaken, and there is one domain" {
	local before
	spec twice
	xlite apply --set fleet "$SPEC"
	before=$(domid twice)
	at_once "reboot --now twice" "reboot --now twice"
	[ $((status_one + status_two)) -eq 75 ]
	cat "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/two" | grep -E "^xlite: twice: another run has rebuilt it meanwhile \(domid $(domid twice)\)$"
	[ "$(domid twice)" != "$before" ]
	[ "$(xl list | grep -c ' twice \|^twice ')" -eq 1 ]
	# Nothing of its was wiped, and the set was kept.
	xenstore-exists "/vm/$(xl vm-list | awk '$3 == "twice" { print $1 }')/name"
	[[ $(xenstore-read "/libxl/$(domid twice)/xlite") == *" fleet"* ]]
	run xlite plan --set fleet "$SPEC"
	[ "$status" -eq 0 ]
	xlite delete --now twice
}

# A run that deletes waits for the one that reboots, and then means what has the name; one that destroys waits for nobody.
@test "change: what was rebuilt meanwhile is deleted after that, not destroyed; what was removed is not rebooted" {
	local verb
	spec racer
	xlite apply "$SPEC"
	for verb in "delete --now" destroy; do
		at_once "reboot --now racer" "$verb racer"
		if [ "$status_one" -ne 0 ]; then
			# The reboot was second.
			[ "$status_one" -eq 75 ] && [ "$status_two" -eq 0 ]
			grep "racer: another run has removed it meanwhile" "$BATS_TEST_TMPDIR/one"
		elif [ "$verb" = destroy ]; then
			[ "$status_two" -eq 75 ]
			grep "racer: another run has rebuilt it meanwhile (domid $(domid racer))" "$BATS_TEST_TMPDIR/two"
			run -0 xlite plan "$SPEC"
			continue
		else
			[ "$status_two" -eq 0 ]
			[ "$(sed -n '$p' "$BATS_TEST_TMPDIR/two")" = "domain/racer deleted" ]
		fi
		run ! xl list racer
		xlite apply "$SPEC"
	done
	xlite delete --now racer
}

@test "change: the set is changed, kept without --set, and counts for --prune" {
	# set_is NAME: the set in the domain's record.
	set_is() {
		[[ $(xenstore-read "/libxl/$(domid member)/xlite") == "1 "*" "[0-9][0-9][0-9][0-9]" $1"[!a-z]* ]]
	}
	spec member
	xlite apply "$SPEC"
	run -2 xlite plan --set a "$SPEC"
	echo "$output"
	[[ $output == *"+ set: a"* ]]
	run -0 xlite apply --set a "$SPEC"
	[ "${lines[-1]}" = "domain/member changed" ]
	set_is a
	run -2 xlite plan --set b "$SPEC"
	[[ $output == *"domain/member: change"*"~ set: a -> b"* ]]
	local id
	id=$(domid member)
	run -0 xlite apply --set b "$SPEC"
	set_is b
	[ "$(domid member)" = "$id" ]
	run -0 xlite apply --set b --stats "$SPEC"
	[[ $output == *"domain/member unchanged"*" store_writes=0 "* ]]
	spec other
	run -0 xlite apply --now --set a --prune "$SPEC"
	[ "$(domid member)" = "$id" ]
	# Built anew without the option, it stays where it was.
	spec member "vcpus: 2"
	run -0 xlite apply --replace --now "$SPEC"
	[ "$(domid member)" != "$id" ]
	set_is b
	xlite reboot --now member
	set_is b
	xlite delete --now member other
}

@test "change: --wait names the devices that a guest has not connected to" {
	local pid id
	disk_image "$BATS_TEST_TMPDIR/d.img"
	spec mute "vifs: [{bridge: xenbr0}]" "vbds: [{vdev: xvdb, source: $BATS_TEST_TMPDIR/d.img}]"
	run -1 xlite apply --wait 1 "$SPEC"
	echo "$output"
	[[ $output == *"domain/mute created"*"mute: runs, but its guest has not connected to vif 0, disk xvdb within 1 s"* ]]
	xlite delete --now mute
	# As it is when the guest has.
	xlite apply --wait 20 "$SPEC" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	pid=$!
	wait_until 60 grep -q "domain/mute created" "$BATS_TEST_TMPDIR/out"
	id=$(domid mute)
	xenstore-write "/local/domain/0/backend/vif/$id/0/state" 4 "/local/domain/0/backend/vbd/$id/51728/state" 4
	wait $pid
	xlite delete --now mute
}

@test "change: a device of another tool's domain that it has begun to take away counts as gone, and is given back" {
	local id
	disk_image "$BATS_TEST_TMPDIR/d.img"
	printf 'type="pvh"\nname="taken"\nmemory=32\nkernel="%s/tiny.elf"\ndisk=["%s,raw,xvda,rw"]\n' "$IMAGES" "$BATS_TEST_TMPDIR/d.img" >"$BATS_TEST_TMPDIR/xl.cfg"
	xl create -q "$BATS_TEST_TMPDIR/xl.cfg"
	id=$(domid taken)
	xlite get -o yaml taken >"$SPEC"
	run -2 xlite plan --adopt "$SPEC"
	[[ $output == *"it is taken over as it is"* ]]
	xenstore-write "/local/domain/0/backend/vbd/$id/51712/online" 0
	run -2 xlite plan --adopt "$SPEC"
	echo "$output"
	[[ $output == *"+ vbds[xvda]"* ]]
	run -0 xlite apply --adopt "$SPEC"
	echo "$output"
	[ "$(xenstore-read "/local/domain/0/backend/vbd/$id/51712/online")" = 1 ]
	run -0 xlite plan "$SPEC"
	xlite delete --now taken
}
