#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Changes of running domains: what is applied in place, what is refused and why.

load helper

@test "change: memory target and vCPUs online reach the guest" {
	linux_spec elastic "" "vifs: []"
	sed -i 's/^vcpus: 2/vcpus: {max: 2, online: 2}/' "$SPEC"
	linux_up elastic "GUEST: ready"

	sed -i 's/^vcpus: .*/vcpus: {max: 2, online: 1}/; s/^memory: .*/memory: {target: 192MiB, max: 256MiB}/' "$SPEC"
	run xlite plan "$SPEC"
	echo "$output"
	[ "$status" -eq 2 ]
	[[ $output == *"memory.target: 256MiB -> 192MiB  (live)"* ]]
	[[ $output == *"vcpus.online: 2 -> 1  (live)"* ]]
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "domain/elastic changed" ]
	wait_until 60 sh -c "xl list elastic | grep -Eq '^elastic +[0-9]+ +19[0-9] +1 '"
	run xlite plan "$SPEC"
	[ "$status" -eq 0 ]
	xlite delete elastic
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

@test "change: what cannot be changed in place is refused by name, and done with --replace" {
	spec fixed
	xlite apply "$SPEC"
	local before
	before=$(domid fixed)
	spec fixed "vcpus: 2"
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"fixed: vcpus.max"*"cannot be changed on the running domain"* ]]
	[[ $output == *"--replace"* ]]
	[ "$(domid fixed)" = "$before" ]
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
