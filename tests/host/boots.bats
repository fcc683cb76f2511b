#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# xen-core boots again and again, with one CPU and with two, to a dom0 that answers; and ends as often when it is told to.
# XLITE_BOOTS: how many of each (default 10).

setup() {
	LAB=boots-$$
}

# Also of a boot that failed.
teardown() {
	"$XLITE" lab --name "$LAB" down >/dev/null 2>&1 || true
}

@test "boots: xen-core reaches dom0's shell each time" {
	local smp i
	for smp in 1 2; do
		for ((i = 0; i < ${XLITE_BOOTS:-10}; i++)); do
			"$XLITE" lab --name "$LAB" up --xen core --smp "$smp" --lifetime 600 || {
				echo "boot $i with $smp CPUs"
				"$XLITE" lab --name "$LAB" logs | tail -n 30
				return 1
			}
			[ "$("$XLITE" lab --name "$LAB" exec xl info | sed -n 's/^nr_cpus *: //p')" -eq "$smp" ]
			"$XLITE" lab --name "$LAB" down
		done
	done
}
