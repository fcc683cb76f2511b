#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# xen-core boots again and again, with one CPU and with two, to a dom0 that answers; and ends as often when it is told to.
# XLITE_BOOTS: how many of each (default 10).

@test "boots: xen-core reaches dom0's shell each time" {
	local smp i lab=boots-$$
	for smp in 1 2; do
		for ((i = 0; i < ${XLITE_BOOTS:-10}; i++)); do
			"$XLITE" lab --name "$lab" up --xen core --smp "$smp" --lifetime 600 || { echo "boot $i with $smp CPUs"; "$XLITE" lab --name "$lab" logs | tail -n 30; "$XLITE" lab --name "$lab" down; return 1; }
			[ "$("$XLITE" lab --name "$lab" exec xl info | sed -n 's/^nr_cpus *: //p')" -eq "$smp" ]
			"$XLITE" lab --name "$lab" down
		done
	done
}
