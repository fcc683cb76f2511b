#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Links and bridges against the real kernel, in a network namespace. A veth stands for netback's vif.

bats_require_minimum_version 1.5.0
load helper

setup() {
	ns_open
	in_ns ip link add xenbr0 type bridge
	in_ns ip link set xenbr0 mtu 1400 up
	in_ns ip link add vif3.0 type veth peer name guest0
	in_ns ip link set guest0 up
}

teardown() { ns_close; }

# The value of KEY in what `link-get NAME` prints.
field() { ns_tool link-get "$1" | tr ' ' '\n' | sed -n "s/^$2=//p"; }

@test "bridge: a bridge is found" {
	run -0 ns_tool bridge-check xenbr0
	[[ "$output" == name=xenbr0\ *\ mtu=1400\ up=1\ bridge=1\ * ]]
}

@test "bridge: what does not exist is refused, and the hint names those that do" {
	in_ns ip link add br2 type bridge
	run -1 ns_tool bridge-check nope
	[ "${lines[0]}" = "ENODEV: there is no bridge nope" ]
	[ "${lines[1]}" = "hint: bridges here: xenbr0, br2" ]
}

@test "bridge: without any, the hint says how to make one" {
	in_ns ip link del xenbr0
	run -1 ns_tool bridge-check nope
	[[ "${lines[1]}" == "hint: this host has no bridge: make one"* ]]
}

@test "bridge: another kind of interface is refused" {
	run -1 ns_tool bridge-check vif3.0
	[ "${lines[0]}" = 'ENOTTY: vif3.0 is not a bridge but an interface of kind "veth"' ]
	run -1 ns_tool bridge-check lo
	[ "${lines[0]}" = "ENOTTY: lo is not a bridge but a network card or the like" ]
}

@test "bridge: the only one is found where none is named, but not one of several" {
	run -0 ns_tool bridge-only
	[ "$output" = name=xenbr0 ]
	in_ns ip link add br2 type bridge
	run -1 ns_tool bridge-only
	[ "${lines[0]}" = "ENOTUNIQ: no bridge was named, and this host has several" ]
	[ "${lines[1]}" = "hint: bridges here: xenbr0, br2" ]
	in_ns ip link del br2
	in_ns ip link del xenbr0
	run -1 ns_tool bridge-only
	[ "${lines[0]}" = "ENODEV: no bridge was named, and this host has none" ]
}

@test "vif: is given another name, unless that is taken" {
	run -0 ns_tool link-rename vif3.0 web1
	[ "$(field web1 up)" = 0 ]
	run -1 ns_tool link-rename web1 guest0
	[ "${lines[0]}" = "EEXIST: web1: rename it to guest0: File exists" ]
	run -1 ns_tool link-rename none web2
	[[ "${lines[0]}" == ENODEV:* ]]
}

@test "vif: joins its bridge with the bridge's MTU, the dummy MAC, and up" {
	run -0 ns_tool vif-bridge vif3.0 xenbr0
	[ -z "$output" ]
	[ "$(field vif3.0 master)" = "$(field xenbr0 ifindex)" ]
	[ "$(field vif3.0 mtu)" = 1400 ]
	[ "$(field vif3.0 up)" = 1 ]
	[ "$(field vif3.0 mac)" = fe:ff:ff:ff:ff:ff ]
}

@test "vif: has no IPv6 address and no multicast group of its own, while the other end gets one" {
	[ -d /proc/sys/net/ipv6 ] || skip "no IPv6 in this kernel"
	ns_tool vif-bridge vif3.0 xenbr0
	wait_for "in_ns ip -6 addr show guest0 | grep -q fe80"
	[ -z "$(in_ns ip -6 addr show vif3.0)" ]
	in_ns ip -d link show vif3.0 | grep -q "addrgenmode none"
}

@test "vif: has no IPv6 address either after an MTU too small for IPv6" {
	[ -d /proc/sys/net/ipv6 ] || skip "no IPv6 in this kernel"
	ns_tool vif-bridge vif3.0 xenbr0 1000
	[ "$(field vif3.0 mtu)" = 1000 ]
	ns_tool vif-bridge vif3.0 xenbr0 9000
	[ "$(field vif3.0 mtu)" = 9000 ]
	wait_for "in_ns ip -6 addr show guest0 | grep -q fe80"
	[ -z "$(in_ns ip -6 addr show vif3.0)" ]
}

@test "vif: moves to another bridge while it is up" {
	in_ns ip link add br2 type bridge
	ns_tool vif-bridge vif3.0 xenbr0
	ns_tool vif-bridge vif3.0 br2
	[ "$(field vif3.0 master)" = "$(field br2 ifindex)" ]
	[ "$(field vif3.0 up)" = 1 ]
}

@test "vif: a refusal has the kernel's reason, and leaves the vif down and alone" {
	run -1 ns_tool vif-bridge vif3.0 xenbr0 70000
	[[ "$output" == "EINVAL: vif3.0: join bridge xenbr0 (MTU 70000): "*": Invalid argument" ]]
	[ "$(field vif3.0 master)" = 0 ]
	[ "$(field vif3.0 up)" = 0 ]
}

@test "vif: offline takes it down and out; a vif that is gone is no error" {
	ns_tool vif-bridge vif3.0 xenbr0
	run -0 ns_tool vif-offline vif3.0
	[ "$(field vif3.0 master)" = 0 ]
	[ "$(field vif3.0 up)" = 0 ]
	run -0 ns_tool vif-offline vif3.0
	run -0 ns_tool vif-offline vif9.9
}

@test "vif: without the privilege the error says so and the exit status is 77" {
	command -v setpriv >/dev/null || skip "no setpriv"
	run -77 in_ns setpriv --bounding-set=-net_admin --inh-caps=-all "$HOTPLUG_TOOL" vif-offline vif3.0
	[[ "$output" == "EPERM: vif3.0: leave its bridge: "* ]]
}

@test "wait: a link that comes later is seen" {
	in_ns "$HOTPLUG_TOOL" link-wait vif4.0 5000 >"$BATS_TEST_TMPDIR/out" 3>&- &
	local waiter=$!
	sleep 0.2
	in_ns ip link add other type veth peer name vif4.0
	wait "$waiter"
	grep -q "^name=vif4.0 " "$BATS_TEST_TMPDIR/out"
}

@test "wait: a link that is renamed to the name is seen" {
	in_ns "$HOTPLUG_TOOL" link-wait vif4.0 5000 >"$BATS_TEST_TMPDIR/out" 3>&- &
	local waiter=$!
	sleep 0.2
	in_ns ip link set vif3.0 name vif4.0
	wait "$waiter"
	grep -q "^name=vif4.0 " "$BATS_TEST_TMPDIR/out"
}

@test "wait: ends at the deadline with exit status 124" {
	run -124 ns_tool link-wait vif4.0 200
	[ "${lines[0]}" = "ETIMEDOUT: vif4.0: the interface did not appear in time" ]
}

@test "wait: more events than the socket holds do not hide the link" {
	in_ns "$HOTPLUG_TOOL" link-wait vif4.0 20000 >"$BATS_TEST_TMPDIR/out" 3>&- &
	local waiter=$!
	sleep 0.2
	kill -STOP "$waiter"
	printf 'link set guest0 alias %s\n' $(seq 400) >"$BATS_TEST_TMPDIR/batch"
	in_ns ip -batch "$BATS_TEST_TMPDIR/batch"
	in_ns ip link add other type veth peer name vif4.0
	local lost; lost=$(in_ns awk '$9 > 0' /proc/net/netlink)
	kill -CONT "$waiter"
	wait "$waiter"
	grep -q "^name=vif4.0 " "$BATS_TEST_TMPDIR/out"
	[ -n "$lost" ]
}

@test "cost: an attachment takes at most 14 system calls on netlink, among 200 links too" {
	command -v strace >/dev/null || skip "no strace"
	for i in $(seq 100); do echo "link add a$i type veth peer name b$i"; done >"$BATS_TEST_TMPDIR/batch"
	in_ns ip -batch "$BATS_TEST_TMPDIR/batch"
	# LeakSanitizer does not work under strace.
	ASAN_OPTIONS=detect_leaks=0 in_ns strace -o "$BATS_TEST_TMPDIR/trace" "$HOTPLUG_TOOL" vif-bridge vif3.0 xenbr0
	# From the first socket to the end, but for memory: what comes before is the start of a program.
	sed -n '/socket(AF_NETLINK/,$p' "$BATS_TEST_TMPDIR/trace" |
		grep -v -e '+++' -e exit_group -e '^getrandom(' -e '^m[a-z]*(' -e '^brk(' >"$BATS_TEST_TMPDIR/calls"
	cat "$BATS_TEST_TMPDIR/calls"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/calls")" -le 14 ]
	run ! grep -q DUMP "$BATS_TEST_TMPDIR/calls"
}

# vlans DEVICE: its VLANs as bridge(8) has them: "10 PVID Egress Untagged;20".
vlans() {
	in_ns bridge vlan show dev "$1" |
		awk -v d="$1" 'NR > 1 && NF { if ($1 == d) $1 = ""; gsub(/^ +| +$/, ""); gsub(/[ \t]+/, " "); printf "%s%s", n++ ? ";" : "", $0 }'
}

@test "vif: a trunk carries its VLANs with their tags, beside the untagged one or without, and changes while it runs" {
	command -v bridge >/dev/null || skip "no bridge (iproute2)"
	in_ns ip link set xenbr0 type bridge vlan_filtering 1 || skip "no VLANs on this kernel's bridges"
	run -0 ns_tool vif-rebridge vif3.0 xenbr0 1400 10 20 30-32
	[ "$(vlans vif3.0)" = "10 PVID Egress Untagged;20;30;31;32" ]
	run -0 ns_tool vif-vlan-get vif3.0
	[ "$output" = "vlan=10 only=0 tagged=20,30,31,32" ]
	# What was untagged becomes tagged, and the other way round.
	run -0 ns_tool vif-rebridge vif3.0 xenbr0 1400 31 10 32-33
	[ "$(vlans vif3.0)" = "10;31 PVID Egress Untagged;32;33" ]
	run -0 ns_tool vif-rebridge vif3.0 xenbr0 1400 0 2-4094
	[ "$(vlans vif3.0 | tr ';' '\n' | grep -c .)" -eq 4093 ]
	run ! grep -q PVID <(vlans vif3.0)
	run -0 ns_tool vif-rebridge vif3.0 xenbr0 1400 0 7
	[ "$(vlans vif3.0)" = 7 ]
	run -0 ns_tool vif-rebridge vif3.0 xenbr0 1400
	[ "$(vlans vif3.0)" = "1 PVID Egress Untagged" ]
	# What somebody else made is told apart from a trunk.
	in_ns bridge vlan add dev vif3.0 vid 9 untagged
	run -0 ns_tool vif-vlan-get vif3.0
	[ "$output" = "vlan=1 only=0 other" ]
}

@test "vif: tagged VLANs need a bridge that filters them" {
	run -1 ns_tool vif-rebridge vif3.0 xenbr0 1400 0 20
	[ "${lines[0]}" = "EOPNOTSUPP: vif3.0: tagged VLANs: bridge xenbr0 does not filter VLANs" ]
}
