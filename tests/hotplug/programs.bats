#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The hotplug programs without Xen: arguments and environment. What they do is tests/lab/programs.bats.

bats_require_minimum_version 1.5.0

setup() {
	local binary name
	binary=$(dirname "${XLITE:-./xlite/xlite}")/../hotplug/programs/xlite-hotplug
	for name in vif-bridge vif-route vif-nat block other; do
		ln -s "$(readlink -f "$binary")" "$BATS_TEST_TMPDIR/xlite-$name"
	done
	PATH=$BATS_TEST_TMPDIR:$PATH
	# Nobody is there, whatever this machine runs.
	export XENSTORED_PATH=$BATS_TEST_TMPDIR/none
}

# says STATUS TEXT COMMAND...: ends with STATUS after the one line TEXT.
says() {
	local status_wanted=$1 text=$2
	shift 2
	run "$@"
	echo "$output"
	[ "$status" -eq "$status_wanted" ] && [ "${#lines[@]}" -eq 1 ] && [[ $output == "$text"* ]]
}

@test "programs: a name that is none of theirs is refused" {
	says 64 "xlite-hotplug: to be started as " xlite-other online
}

@test "programs: actions and arguments are refused that are none" {
	says 64 "xlite-vif-bridge: no action was given (usage: xlite-vif-bridge " xlite-vif-bridge
	says 64 'xlite-vif-bridge: unknown action "up" (' xlite-vif-bridge up
	says 64 'xlite-vif-nat: unknown type_if "eth" (' xlite-vif-nat online type_if=eth
	says 64 'xlite-block: unknown action "online"' xlite-block online
	says 64 'xlite-block: unknown argument "more"' xlite-block add more
}

@test "programs: XENBUS_PATH has to be a backend of the program's kind" {
	says 64 "xlite-block: the environment has no XENBUS_PATH" env -u XENBUS_PATH xlite-block add
	local path
	for path in backend/vif/1/0 backend/vbd/1 backend/vbd/1/2/3 backend/vbd/+1/2 backend/vbd/1/99999999999 \
		backend/vbd/1/../2 /local/domain/5/backend/vbd/1/2 /local/domain/5/data; do
		says 64 "xlite-block: XENBUS_PATH is not a backend of " env XENBUS_PATH=$path xlite-block add
	done
	says 64 "xlite-vif-bridge: no name of an interface: " env XENBUS_PATH=backend/vif/1/0 vif=../../etc xlite-vif-bridge online
	says 64 "xlite-vif-route: netdev is not the name " env XENBUS_PATH=backend/vif/1/0 netdev=0123456789abcdef xlite-vif-route online
}

@test "programs: calls for the other kind of interface are let pass" {
	run -0 xlite-vif-bridge add type_if=vif
	run -0 xlite-vif-bridge online type_if=tap
}

@test "programs: without a XenStore they say so, and fail" {
	says 1 "xlite-block: XenStore: " env XENBUS_PATH=backend/vbd/1/51712 xlite-block add || [ "$status" -eq 69 ]
	says 1 "xlite-vif-bridge: XenStore: " env XENBUS_PATH=/local/domain/0/backend/vif/1/0 vif=vif1.0 xlite-vif-bridge online \
		type_if=vif || [ "$status" -eq 69 ]
}
