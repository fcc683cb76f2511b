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
}

@test "core: fifty domains made and destroyed leave the free memory where it was" {
	truncate -s 1M "$BATS_TEST_TMPDIR/a.img"
	spec round "state: paused" "vifs: [{bridge: xenbr0}]" "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/a.img}]"
	local before i
	# What the first ones leave in tables of dom0 stays for those after.
	for i in 1 2 3; do xlite apply -q "$SPEC" && xlite delete --now -q round; done
	before=$(host-free)
	for ((i = 0; i < 50; i++)); do
		xlite apply -q "$SPEC"
		xlite delete --now -q round
	done
	echo "$before $(host-free)"
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
