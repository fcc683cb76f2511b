#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# xen-core as the hypervisor of the lab: what is its own to show. The suites that run on Xen run on it as well (check.sh).

load helper

@test "core: it says who it is, and xl and xlite see its host" {
	run xl info
	echo "$output"
	[[ $output == *"xen_version            : 4.17-core"* ]]
	[[ $output == *"virt_caps              : hvm hap gnttab-v1"* ]]
	run xlite doctor
	echo "$output"
	[ "$status" -eq 0 ]
	xl dmesg | grep -F "(core) dom0: "
	# How long the hypervisor was kept to oneself at most is measured always.
	xl debug-keys l
	xl dmesg | grep -E '\(core\) longest in the hypervisor: [1-9][0-9]* us, d[0-9]+: exit 0x[0-9a-f]+ [0-9a-f]{8}'
}

@test "core: a PV domain is refused with the reason, and nothing is made" {
	spec paravirtual "type: pv"
	run xlite plan "$SPEC"
	echo "$output"
	[[ $output == *"this hypervisor runs no PV guests: xen-3.0-x86_64 is not among what it says it can (hvm-3.0-x86_32"* ]]
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"this hypervisor runs no PV guests"* ]]
}

@test "core: fifty domains made and destroyed leave the free memory where it was" {
	truncate -s 1M "$BATS_TEST_TMPDIR/a.img"
	spec round "state: paused" "vifs: [{bridge: xenbr0}]" "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/a.img}]"
	local before free i batch
	# What the first ones leave in tables of dom0 stays for those after.
	for i in 1 2 3; do xlite apply -q "$SPEC" && xlite delete --now -q round; done
	free=$(host-free)
	# Linux maps foreign pages where it likes, now and then at a place for which dom0's tables grow by a page: what is lost by a domain is lost by each.
	for batch in 1 2 3; do
		before=$free
		for ((i = 0; i < 50; i++)); do
			xlite apply -q "$SPEC"
			xlite delete --now -q round
		done
		free=$(host-free)
		echo "batch $batch: $before $free"
		[ "$free" -ne "$before" ] || return 0
		[ $((before - free)) -lt 64 ]
	done
	false
}

@test "core: a destroyed domain stays, dying, for as long as a page of it is held, and then all of its memory is free" {
	local before id holder
	spec held "state: paused"
	xlite apply -q "$SPEC" && xlite delete --now -q held
	before=$(host-free)
	xlite apply -q "$SPEC"
	id=$(domid held)
	timeout 300 hold-page "$id" 512 >"$BATS_TEST_TMPDIR/held" 3>&- &
	holder=$!
	wait_until 120 grep held "$BATS_TEST_TMPDIR/held"
	run xlite delete --now --timeout 3 held
	echo "$output"
	[ "$status" -eq 71 ]
	[[ $output == *"domid $id is destroyed, but stays dying: a process or a driver still holds 4 KiB of its memory"* ]]
	run xl list "$id"
	echo "$output"
	[[ $output == *" $id "*"d "* ]]
	# In KiB. What is left of it: that page, and what xen-core keeps of a domain.
	echo "$before $(host-free)"
	[ $((before - $(host-free))) -le 64 ]
	kill "$holder"
	wait "$holder" || true
	wait_until 120 is_gone "$id"
	[ "$(host-free)" -eq "$before" ]
}

has_crashed() {
	xl list "$1" | grep -qE ' [-r][-b][-p][-s]c[-d] '
}

@test "core: a Linux guest has the backtraces of its CPUs by NMI, and one that crashes stops the other" {
	local n
	linux_spec nmis "xlite.run=none"
	sed -i 's/^vcpus: .*/vcpus: 2/' "$SPEC"
	linux_up nmis "GUEST: ready"
	for ((n = 1; n <= 3; n++)); do
		[ "$(on_guest nmis "echo l >/proc/sysrq-trigger; sleep 1; awk '/NMI:/ { print \$2 + \$3 }' /proc/interrupts")" = "$n" ]
	done
	[ "$(on_guest nmis "dmesg | grep -c 'NMI backtrace for cpu'")" = 6 ]
	echo 'echo c >/proc/sysrq-trigger' >"$(xenstore-read "/local/domain/$(domid nmis)/console/tty")"
	wait_until 120 grep -q 'Kernel panic' "$(console_log nmis)"
	wait_until 120 has_crashed nmis
	xlite delete --now -q nmis
}

@test "core: weights share a CPU among guests that want all of it" {
	local name a b
	for name in light heavy; do
		linux_spec "$name" "xlite.run=none" "scheduler: {weight: $([ "$name" = heavy ] && echo 512 || echo 128)}"
		sed -i -e 's/memory: 256MiB/memory: 192MiB/' -e 's/^vcpus: .*/vcpus: {max: 1, affinity: "0"}/' "$SPEC"
		linux_up "$name" "GUEST: ready"
	done
	for name in light heavy; do
		echo 'while :; do :; done' >"$(xenstore-read "/local/domain/$(domid "$name")/console/tty")"
	done
	sleep 5
	a=$(xl list light | awk 'END { print $6 }') b=$(xl list heavy | awk 'END { print $6 }')
	sleep 20
	a=$(awk -v a="$a" -v b="$(xl list light | awk 'END { print $6 }')" 'BEGIN { print b - a }')
	b=$(awk -v a="$b" -v b="$(xl list heavy | awk 'END { print $6 }')" 'BEGIN { print b - a }')
	echo "light $a s, heavy $b s"
	awk -v a="$a" -v b="$b" 'BEGIN { exit !(a > 0 && b / a > 2 && b / a < 8) }'
	xlite delete --now -q light heavy
}
