#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# vifs in a bridge of Open vSwitch, with the kernel's datapath. tests/hotplug/ovs.bats has its own part in more detail.

load helper
load hvm

# The tests' own, not that of hvm.bash, which needs QEMU.
setup_file() {
	command -v ovsdb-server >/dev/null || skip "no Open vSwitch in this lab (lab up --with openvswitch)"
	export PATH=$PATH:/usr/lib/openvswitch-switch
	mkdir -p /run/openvswitch /var/log/openvswitch
	ovsdb-tool create /run/openvswitch/conf.db /usr/share/openvswitch/vswitch.ovsschema
	ovsdb-server /run/openvswitch/conf.db --remote=punix:/run/openvswitch/db.sock --pidfile --detach --no-chdir --log-file 3>&- 2>/dev/null
	ovs-vsctl --no-wait init
	modprobe openvswitch
	ovs-vswitchd --pidfile --detach --no-chdir --log-file 3>&- 2>/dev/null
	ovs-vsctl --timeout=60 add-br ovsbr0
	ip link set ovsbr0 up
	xlite delete nobody || true
}

teardown_file() {
	[ -e /run/openvswitch/db.sock ] || return 0
	ovs-vsctl --timeout=60 del-br ovsbr0
	ovs-appctl -t ovs-vswitchd exit --cleanup
	ovs-appctl -t ovsdb-server exit
	wait_until 60 test ! -e /run/openvswitch/ovsdb-server.pid
	rm -r /run/openvswitch /var/log/openvswitch
}

# "PORT TAG [TRUNK,...] MODE;" of each port.
ports() {
	ovs-vsctl --columns=name,tag,trunks,vlan_mode --format=csv --no-headings list port |
		sed -n 's/"//g; /^ovsbr0,/!p' | sort | tr '\n' ';'
}

no_ports() { [ -z "$(ports)" ]; }

four() {
	spec four "state: paused" "vifs:" "- {bridge: ovsbr0, vlan: ${1:-7}, mac: '00:16:3e:00:0b:01'}" "- {bridge: ${2:-ovsbr0}, trunk: [20, 30]}" \
		"- {bridge: ovsbr0, vlan: 5, trunk: [6], mtu: 1400}" "${@:3}"
}

@test "openvswitch: vifs are ports with their VLANs; what others change is seen and mended, and all goes with the domain" {
	local id
	four 7 ovsbr0 "- {bridge: ovsbr0, ifname: four-lan, ip: 10.9.9.9}"
	xlite apply "$SPEC"
	id=$(domid four)
	[ "$(ports)" = "four-lan,[],[],[];vif$id.0,7,[],access;vif$id.1,[],[20, 30],trunk;vif$id.2,5,[6],native-untagged;" ]
	[ "$(ip -o link show master ovs-system up | grep -cE 'vif|four-lan')" -eq 4 ]
	[ "$(cat "/sys/class/net/vif$id.2/mtu")" = 1400 ]
	[ "$(xenstore-read "/local/domain/0/backend/vif/$id/0/bridge" "/local/domain/0/backend/vif/$id/0/script")" = \
		$'ovsbr0\n/etc/xen/scripts/vif-openvswitch' ]
	nft list ruleset | grep -q 'device "four-lan"'
	# What it forwards passes no firewall.
	nft add table bridge probe
	nft add chain bridge probe forward '{ type filter hook forward priority 0; policy drop; }'
	run xlite plan "$SPEC"
	nft delete table bridge probe
	[ "$status" -eq 0 ]
	[[ $output != *firewall* ]]
	ovs-vsctl set port four-lan tag=9 -- set port "vif$id.1" trunks=20
	ovs-vsctl del-port "vif$id.2"
	run xlite plan "$SPEC"
	[ "$status" -eq 2 ]
	[[ $output == *"vlan: 9"* && $output == *"trunk: 20 -> 20,30"* && $output == *"bridge: (none) -> ovsbr0"* ]]
	# In the same run one VLAN changes, and one vif goes to a bridge of Linux.
	four 8 xenbr0 "- {bridge: ovsbr0, ifname: four-lan, ip: 10.9.9.9}"
	sed -i 's/, trunk: \[20, 30\]//' "$SPEC"
	xlite apply "$SPEC"
	[ "$(ports)" = "four-lan,[],[],[];vif$id.0,8,[],access;vif$id.2,5,[6],native-untagged;" ]
	[ -e "/sys/class/net/xenbr0/brif/vif$id.1" ]
	xlite plan "$SPEC"
	# A vif that is taken out leaves no port, with a name of its own or not.
	four 8 ovsbr0
	xlite apply "$SPEC"
	[ "$(ports)" = "vif$id.0,8,[],access;vif$id.1,[],[20, 30],trunk;vif$id.2,5,[6],native-untagged;" ]
	xlite delete --now four
	no_ports
}

@test "openvswitch: a creation that fails leaves no port, and what others have left is removed by the next vif" {
	local id
	spec four "vifs:" "- {bridge: ovsbr0}" "- {bridge: ovsbr0, script: $BATS_TEST_TMPDIR/broken}"
	printf '#!/bin/sh\novs-vsctl list-ports ovsbr0 >%s\nexit 1\n' "$BATS_TEST_TMPDIR/seen" >"$BATS_TEST_TMPDIR/broken"
	chmod +x "$BATS_TEST_TMPDIR/broken"
	run xlite apply "$SPEC"
	[ "$status" -ne 0 ]
	grep -q '^vif[0-9]*\.0$' "$BATS_TEST_TMPDIR/seen"
	no_ports
	spec four "vifs: [{bridge: ovsbr0}]"
	xlite apply "$SPEC"
	id=$(domid four)
	# xl runs the script that the backend names, but gives it ten seconds only: what is left then is the next vif's to remove. So it is
	# with what a crash of the host leaves.
	xl destroy four
	wait_until 60 test ! -e "/sys/class/net/vif$id.0"
	ovs-vsctl --no-wait add-port ovsbr0 vif99.0 -- set port vif99.0 external_ids:created-by=xlite
	xlite apply "$SPEC"
	[ "$(ports)" = "vif$(domid four).0,[],[],[];" ]
	xlite delete --now four
	no_ports
}

@test "openvswitch: the card of an emulated PC is a port beside the vif" {
	command -v qemu-img >/dev/null || skip "no qemu in this lab (lab up --with qemu)"
	local id
	hvm_spec pc "state: paused" "vifs: [{bridge: ovsbr0, vlan: 7}]"
	xlite apply "$SPEC"
	id=$(domid pc)
	[ "$(ports)" = "vif$id.0,7,[],access;vif$id.0-emu,7,[],access;" ]
	xlite plan "$SPEC"
	xlite delete --now pc
	no_ports
}
