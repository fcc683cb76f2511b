#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Networks and vifs applied from YAML, proved by the packets of Linux guests. What the kernel does with each part is in
# network.bats; drift, errors and crashes are in networks_drift.bats.

load helper
load packets

# two VLAN-OF-LEFT VLAN-OF-RIGHT [MORE-OF-LEFT]: two guests on a bridge.
two() {
	{
		printf 'kind: network\nname: pk0\nvlan_filtering: true\n'
		linux left "xlite.ip=10.99.0.11/24,fd99::11/64" \
			"vifs: [{bridge: pk0, vlan: $1, mac: '00:16:3e:99:00:11', ip: [10.99.0.11, 'fd99::11']${3:-}}]"
		linux right "xlite.ip=10.99.0.12/24,fd99::12/64" \
			"vifs: [{bridge: pk0, vlan: $2, mac: '00:16:3e:99:00:12', ip: [10.99.0.12/24, 'fd99::12'], announce: xenstore}]"
	} >"$SPEC"
}

@test "networks: two guests on a bridge hear each other, by VLAN, and not what one forges; rate and filter change live" {
	two 10 10
	guests_up left right
	writes_nothing
	says "yes yes" pings left 5 10.99.0.12 fd99::12
	# The host is in none of their VLANs.
	says "10.99.0.12/24 fd99::12 00:16:3e:99:00:12" on_guest right "$OWN_NODE; r vm-data/vif/0/ip/0; r vm-data/vif/0/ip/1; r vm-data/vif/0/mac"

	two 10 20
	changes "domain/left unchanged" "domain/right changed"
	bridge -j vlan show dev "vif$(domid right).0" | grep -q '"vlan":20,"flags":\["PVID","Egress Untagged"\]'
	says "no no" pings left 2 10.99.0.12 fd99::12
	two 10 10
	changes "domain/right changed"
	says "yes yes" pings left 5 10.99.0.12 fd99::12

	# Forged addresses, then a forged MAC.
	on_guest left 'echo 1 >/proc/sys/net/ipv6/conf/eth0/keep_addr_on_down; ip addr add 10.99.0.66/24 dev eth0; ip addr add fd99::66/64 dev eth0'
	says "no no yes yes" pings left 2 "-I 10.99.0.66 10.99.0.12" "-I fd99::66 fd99::12" 10.99.0.12 "-I fd99::11 fd99::12"
	on_guest left 'ip link set eth0 down; ip link set eth0 address 00:16:3e:99:00:66; ip link set eth0 up'
	says "no no" pings left 2 10.99.0.12 fd99::12
	two 10 10 ", filter: false"
	changes "domain/left changed" "domain/right unchanged"
	says "yes yes yes" pings left 5 10.99.0.12 "-I 10.99.0.66 10.99.0.12" "-I fd99::66 fd99::12"
	run -0 xlite apply -q "$SPEC"

	two 10 10 ", rate: 10Mb/s"
	changes "domain/left changed"
	[ "$(xenstore-read "/local/domain/0/backend/vif/$(domid left)/0/rate")" = 62500,50000 ]
	nft list table netdev xlite | grep -q "vif$(domid left).0"
	on_guest left 'ip link set eth0 down; ip link set eth0 address 00:16:3e:99:00:11; ip link set eth0 up'
	says "yes yes" pings left 5 10.99.0.12 "-I fd99::11 fd99::12"
	two 10 10
	changes "domain/left changed"
	run ! xenstore-exists "/local/domain/0/backend/vif/$(domid left)/0/rate"
	xlite delete --now "$SPEC"
}

# trunk [KEYS]: a network that keeps VLANs apart, and a guest in it.
trunk() {
	printf '%s\n' 'kind: network' 'name: pk0' 'vlan_filtering: true' --- 'name: many' 'memory: 16MiB' "kernel: $IMAGES/tiny.elf" \
		"vifs: [{bridge: pk0$1}]" >"$SPEC"
}

# vlans_of DEVICE: its VLANs as bridge(8) has them, "10 PVID Egress Untagged;20".
vlans_of() {
	bridge vlan show dev "$1" |
		awk -v d="$1" 'NR > 1 && NF { if ($1 == d) $1 = ""; gsub(/^ +| +$/, ""); gsub(/[ \t]+/, " "); printf "%s%s", n++ ? ";" : "", $0 }'
}

@test "networks: a vif carries several VLANs, which change live; what somebody else changes is seen and mended" {
	local vif
	trunk ", vlan: 10, trunk: [20, 30-31]"
	run -0 xlite apply "$SPEC"
	vif=vif$(domid many).0
	[ "$(vlans_of "$vif")" = "10 PVID Egress Untagged;20;30;31" ]
	run -0 xlite plan "$SPEC"
	trunk ", vlan: 30, trunk: [10, 20]"
	run -2 xlite plan "$SPEC"
	[[ $output == *".vlan: 10 -> 30  (live)"*".trunk: 20,30-31 -> 10,20  (live)"* ]]
	run -0 xlite apply "$SPEC"
	[ "$(vlans_of "$vif")" = "10;20;30 PVID Egress Untagged" ]
	run -0 xlite plan "$SPEC"
	bridge vlan del dev "$vif" vid 20
	bridge vlan add dev "$vif" vid 40
	run -2 xlite plan "$SPEC"
	[[ $output == *".trunk: 10,40 -> 10,20  (live)"* ]]
	run -0 xlite apply "$SPEC"
	[ "$(vlans_of "$vif")" = "10;20;30 PVID Egress Untagged" ]
	# Only tagged ones; then none but one; then what the kernel gives every port.
	trunk ", trunk: 2-4094"
	run -0 xlite apply "$SPEC"
	run ! grep -q PVID <(bridge vlan show dev "$vif")
	run -0 xlite plan "$SPEC"
	# One that leaves without its tag and comes with it is what no spec says.
	bridge vlan add dev "$vif" vid 1 untagged
	run -2 xlite plan "$SPEC"
	[[ $output == *".trunk: 2-4094  (live)"* ]]
	run -0 xlite apply "$SPEC"
	run ! grep -q Untagged <(bridge vlan show dev "$vif")
	run -0 xlite plan "$SPEC"
	trunk ", vlan: 5"
	run -0 xlite apply "$SPEC"
	[ "$(vlans_of "$vif")" = "5 PVID Egress Untagged" ]
	trunk
	run -0 xlite apply "$SPEC"
	[ "$(vlans_of "$vif")" = "1 PVID Egress Untagged" ]
	run -0 xlite plan "$SPEC"
	xlite delete --now "$SPEC"
}

# nat [FORWARD]: the example with another forward or none.
nat() {
	local line=
	[ $# -eq 0 ] || line="    forward: [{$1}]"
	example networks-nat | sed "s/^    forward: .*/$line/" >"$SPEC"
}

@test "networks: a guest behind nat arrives outside with the host's address, and forwarded ports reach it" {
	outside
	nft add table ip foreign
	nft add chain ip foreign forward '{ type filter hook forward priority 0; }'
	nft add rule ip foreign forward ip daddr 203.0.113.1 counter drop
	nft -s list table ip foreign >"$BATS_TEST_TMPDIR/foreign"
	nat "tcp: 8080, to: 80"
	guests_up web1
	writes_nothing
	# It was told by its kernel's command line, which the record does not have.
	grep -q 'GUEST: cmdline-ip=10.77.0.10,255.255.255.0,10.77.0.1,web1,' "$(console_log web1)"
	run ! grep -q 'ip=10.77' <(xenstore-ls -f "/libxl/$(domid web1)")
	on_guest web1 'echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad; ip addr add fd77::10/64 dev eth0; ip route add default via fd77::1'
	says "yes yes yes yes" pings web1 5 10.77.0.1 fd77::1 192.0.2.2 2001:db8::2

	serve 8000 /bin/busybox netstat -tn
	run -0 on_guest web1 'echo | nc -w 5 192.0.2.2 8000'
	[[ $output == *"192.0.2.2:8000"*"192.0.2.1:"* ]]
	serve 8001 /bin/busybox netstat -tn
	run -0 on_guest web1 'echo | nc -w 5 2001:db8::2 8001'
	[[ $output == *"2001:db8::2:8001"*"2001:db8::1:"* ]]

	on_guest web1 '(nc -ll -p 80 -e /bin/hostname >/dev/null 2>&1 &)'
	wait_until 120 gets 192.0.2.1 8080 web1
	wait_until 120 gets 2001:db8::1 8080 web1
	nat "tcp: 8081, to: 80"
	changes "network/lan0 unchanged" "domain/web1 changed"
	gets 192.0.2.1 8081 web1
	gets 2001:db8::1 8081 web1
	run ! gets 192.0.2.1 8080 web1
	nat
	changes "domain/web1 changed"
	run ! gets 192.0.2.1 8081 web1
	run ! gets 2001:db8::1 8081 web1
	says "yes" pings web1 5 192.0.2.2

	nft -s list table ip foreign | diff "$BATS_TEST_TMPDIR/foreign" -
	[ "$(nft list tables | sort | tr '\n' ,)" = "table inet xlite,table ip foreign,table netdev xlite," ]
	xlite delete --now "$SPEC"
	[ "$(nft list tables)" = "table ip foreign" ]
	nft -s list table ip foreign | diff "$BATS_TEST_TMPDIR/foreign" -
	nft delete table ip foreign
}

@test "networks: a routed guest is reached from outside, and nothing of it is left when it is deleted" {
	outside
	example networks-route | sed 's/uplink: eth0/uplink: up0/' >"$SPEC"
	guests_up routed1
	writes_nothing
	wait_until 120 out_pings 192.0.2.10
	wait_until 120 out_pings 2001:db8::10
	says "yes yes" pings routed1 5 192.0.2.2 2001:db8::2
	out ip neigh show 192.0.2.10 | grep -q "$(cat /sys/class/net/up0/address)"
	out ip neigh show 2001:db8::10 | grep -q "$(cat /sys/class/net/up0/address)"
	ip neigh show proxy | grep -q "^2001:db8::10 dev up0 "
	# A second address comes and the first one goes, live.
	sed -i 's/ip: \[192.0.2.10, /ip: [192.0.2.20, /' "$SPEC"
	changes "domain/routed1 changed"
	on_guest routed1 'ip addr add 192.0.2.20/32 dev eth0'
	wait_until 120 out_pings 192.0.2.20
	run ! out_pings 192.0.2.10
	xlite delete --now "$SPEC"
	[ -z "$(ip neigh show proxy; ip route show | grep -E '192\.0\.2\.[12]0'; ip -6 route show | grep 2001:db8::10)" ]
	[ -z "$(nft list tables)" ]
}

@test "networks: the example of a fleet is applied, and pruned" {
	[ -n "${XLITE_CHECK_LONG:-}" ] || skip "XLITE_CHECK_LONG=1 runs it"
	example fleet >"$SPEC"
	: >"$(console_log front)"
	: >"$(console_log worker1)"
	run -0 xlite apply --set fleet "$SPEC"
	writes_nothing
	guest_again front "GUEST: ready" --set fleet
	guest_again worker1 "GUEST: ready" --set fleet
	says "yes yes" pings front 10 10.78.0.11 10.78.0.1
	# Without worker2; then without any.
	sed -i '/^name: worker2/,/^---/d' "$SPEC"
	run -0 xlite apply --now --set fleet --prune "$SPEC"
	[[ $output == *"domain/worker2 deleted"* ]]
	[[ $output == *"domain/front unchanged"* ]]
	printf 'name: lonely\nmemory: 16MiB\nkernel: %s/tiny.elf\n' "$IMAGES" >"$SPEC"
	run -0 xlite apply --now --set fleet --prune "$SPEC"
	[[ $output == *"domain/front deleted"* ]]
	[[ $output == *"network/fleet0 deleted"* ]]
	xlite delete --now "$SPEC"
}
