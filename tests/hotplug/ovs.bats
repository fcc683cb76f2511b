#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Ports of Open vSwitch, against the real one with its datapath in user space, in a network namespace. A veth stands for netback's
# vif. tests/lab/openvswitch.bats has it with the kernel's datapath and real vifs.

bats_require_minimum_version 1.5.0
load helper

# Where Debian has it without its alternatives, too.
PATH=$PATH:/usr/sbin:/usr/lib/openvswitch-switch

setup() {
	local name
	for name in ovsdb-server ovsdb-tool ovs-vswitchd ovs-vsctl; do
		command -v "$name" >/dev/null || skip "no $name (openvswitch-switch)"
	done
	[ -c /dev/net/tun ] || skip "no /dev/net/tun"
	ns_open
	export OVS_RUNDIR=$BATS_TEST_TMPDIR
	ovsdb-tool create "$OVS_RUNDIR/conf.db" "${OVS_SCHEMA:-/usr/share/openvswitch/vswitch.ovsschema}"
	database_start
	ovs-vsctl --no-wait init
	in_ns ovs-vswitchd "unix:$OVS_RUNDIR/db.sock" --pidfile="$OVS_RUNDIR/switch.pid" --detach --no-chdir --disable-system \
		--log-file="$OVS_RUNDIR/switch.log" 3>&- 2>/dev/null
	ovs-vsctl --timeout=20 add-br ovsbr0 -- set bridge ovsbr0 datapath_type=netdev
	in_ns ip link set ovsbr0 up
	in_ns ip link add br1 type bridge
	in_ns ip link set br1 up
	in_ns ip link add vif3.0 type veth peer name guest0
	in_ns ip link add vif4.0 type veth peer name guest4
}

database_start() {
	ovsdb-server "$OVS_RUNDIR/conf.db" --remote="punix:$OVS_RUNDIR/db.sock" --pidfile="$OVS_RUNDIR/database.pid" --detach --no-chdir \
		--log-file="$OVS_RUNDIR/database.log" 3>&- 2>/dev/null
}

# end NAME: of a daemon, which removes its pid file last.
end() {
	[ ! -e "$OVS_RUNDIR/$1.pid" ] || kill "$(cat "$OVS_RUNDIR/$1.pid")"
	wait_for "[ ! -e '$OVS_RUNDIR/$1.pid' ]"
}

teardown() {
	[ -z "${OVS_RUNDIR:-}" ] || { end switch && end database; }
	ns_close
}

# What the database has of a port: its row, tag, trunks and mode.
row() { ovs-vsctl --if-exists --columns=_uuid,tag,trunks,vlan_mode --format=csv --no-headings list port "$1"; }
vlans() { row "$1" | cut -d, -f2-; }

@test "openvswitch: a bridge is found as one, also where its link is of another kind" {
	run -0 ns_tool vif-bridge vif3.0 ovsbr0
	[ "$(ovs-vsctl port-to-br vif3.0)" = ovsbr0 ]
	[[ "$(ns_tool link-get vif3.0)" == *" up=1 "*" mac=fe:ff:ff:ff:ff:ff" ]]
	[ "$(ovs-vsctl get port vif3.0 other_config:transient)" = '"true"' ]
	run -1 ns_tool vif-bridge vif4.0 vif3.0
	[[ "${lines[0]}" == "ENOTTY: vif3.0 is not a bridge"* ]]
	run -1 ns_tool vif-bridge vif4.0 nope
	[ "${lines[0]}" = "ENODEV: there is no bridge nope" ]
}

@test "openvswitch: VLANs are a port's tag and trunks; a change leaves what else is set of it" {
	ns_tool vif-bridge vif3.0 ovsbr0 1400 7
	[[ "$(ns_tool link-get vif3.0)" == *" mtu=1400 "* ]]
	[ "$(vlans vif3.0)" = '7,[],access' ]
	run -0 ns_tool vif-vlan-get vif3.0
	[ "$output" = "vlan=7 only=1" ]
	ovs-vsctl set port vif3.0 external_ids:team=web
	ns_tool vif-vlan vif3.0 8
	[ "$(vlans vif3.0)" = '8,[],access' ]
	ns_tool vif-rebridge vif3.0 ovsbr0 1400 9
	[ "$(vlans vif3.0)" = '9,[],access' ]
	[ "$(ovs-vsctl get port vif3.0 external_ids:team)" = web ]
	ns_tool vif-vlan vif3.0 0
	[ "$(vlans vif3.0)" = '[],[],[]' ]
	# What others set is told as it is.
	ovs-vsctl set port vif3.0 tag=5 trunks=5,6,20 vlan_mode=native-untagged
	run -0 ns_tool vif-vlan-get vif3.0
	[ "$output" = "vlan=5 only=0 tagged=6,20" ]
	ovs-vsctl clear port vif3.0 tag -- set port vif3.0 trunks=30 vlan_mode=trunk
	run -0 ns_tool vif-vlan-get vif3.0
	[ "$output" = "vlan=0 only=0 tagged=30" ]
	ovs-vsctl clear port vif3.0 trunks -- set port vif3.0 tag=5 vlan_mode=native-tagged
	run -0 ns_tool vif-vlan-get vif3.0
	[ "$output" = "vlan=0 only=1 other" ]
}

@test "openvswitch: a vif moves to a bridge of Linux and back, with its VLAN, and leaves nothing" {
	ns_tool vif-bridge vif3.0 ovsbr0 0 7
	ns_tool vif-rebridge vif3.0 br1
	[ -z "$(ovs-vsctl list-ports ovsbr0)" ]
	in_ns ip -o link show vif3.0 | grep -q 'UP.* master br1 '
	ns_tool vif-rebridge vif3.0 ovsbr0 0 9
	[ "$(vlans vif3.0)" = '9,[],access' ]
	run ! grep -q ' master ' <(in_ns ip -o link show vif3.0)
	ovs-vsctl --timeout=20 add-br ovsbr2 -- set bridge ovsbr2 datapath_type=netdev
	ns_tool vif-rebridge vif3.0 ovsbr2 0 11
	[ "$(ovs-vsctl port-to-br vif3.0)" = ovsbr2 ]
	run -1 ns_tool vif-rebridge vif3.0 nope
	[ "$(vlans vif3.0)" = '11,[],access' ]
	ns_tool vif-offline vif3.0
	[ -z "$(ovs-vsctl list-ports ovsbr0; ovs-vsctl list-ports ovsbr2)" ]
	ns_tool vif-offline vif3.0
}

@test "openvswitch: what another port of the name has left is replaced, and ours without a link go" {
	ns_tool vif-bridge vif3.0 ovsbr0 0 7
	in_ns ip link del vif3.0
	# Somebody else's port is his, with a link or without.
	ovs-vsctl --no-wait add-port ovsbr0 elses0
	ovs-vsctl --no-wait add-port ovsbr0 vif4.0 tag=99 -- set port vif4.0 external_ids:old=1
	ns_tool vif-bridge vif4.0 ovsbr0
	[ "$(ovs-vsctl list-ports ovsbr0 | tr '\n' ' ')" = "elses0 vif4.0 " ]
	[ "$(vlans vif4.0)" = '[],[],[]' ]
	run ! ovs-vsctl get port vif4.0 external_ids:old
}

@test "openvswitch: one that is not running is told, and vifs of Linux's bridges do without it" {
	end switch
	run -124 ns_tool vif-bridge vif3.0 ovsbr0
	[[ "${lines[0]}" == "ETIMEDOUT: vif3.0: join bridge ovsbr0 "*"Open vSwitch does not act on its database" ]]
	[[ "${lines[1]}" == *"ovs-vswitchd"* ]]
	[ -z "$(ovs-vsctl --no-wait list-ports ovsbr0)" ]
	end database
	run -1 ns_tool vif-bridge vif3.0 ovsbr0
	ns_tool vif-bridge vif3.0 br1
	ns_tool vif-offline vif3.0
	database_start
}
