#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Networks from YAML when things are not as they should be: changes, drift that others made, errors, runs that are killed.
# The guests are kernels that halt; `ip', `bridge', `nft' and XenStore are the witnesses.

load helper
load packets

# nat_and_route: a nat network and a routed one, with a domain that has a vif in each.
nat_and_route() {
	{
		printf 'kind: network\nname: pk0\nmode: nat\nsubnet: [10.99.0.0/24, "fd99::/64"]\nforward_delay: 4s\n'
		printf -- '---\nkind: network\nname: outside\nmode: route\nuplink: up0\n'
		tiny both "vifs:" "  - {nat: pk0, ip: [10.99.0.11, 'fd99::11'], forward: [{tcp: 8080, to: 80}]}" \
			"  - {route: outside, ip: [192.0.2.10, '2001:db8::10']}"
	} >"$SPEC"
}

# drifts TEXT: plan says TEXT; apply mends it, and another one writes nothing.
drifts() {
	run xlite plan "$SPEC"
	echo "$output"
	[ "$status" -eq 2 ] && [[ $output == *"$1"* ]] || return 1
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 0 ] && [[ $output == *" changed"* ]] && writes_nothing
}

# A chain that drops, with the network and its domain there: plan, apply and doctor name it, until a rule lets the bridge through.
warns_of_firewall() {
	local why="the firewall's chain forward (table ip guard) drops what no rule of it lets through (its policy), and none names"
	nft add table ip guard
	nft add chain ip guard forward '{ type filter hook forward priority 0; policy drop; }'
	run -0 --separate-stderr xlite plan "$SPEC"
	[[ $stderr == *"xlite: warning: network pk0: $why pk0"*'hint: nft insert rule ip guard forward iifname "pk0" accept'* ]] || return 1
	[[ $stderr == *"xlite: warning: network outside: $why up0"* ]] || return 1
	xlite plan -o json "$SPEC" 2>/dev/null | grep -q '"warning": "network pk0: ' || return 1
	xlite apply --events=jsonl "$SPEC" 2>&1 >/dev/null | grep -q '"type":"warning".*"message":"network pk0: the firewall' || return 1
	run -1 xlite doctor
	[[ $output == *"FAIL  network pk0: $why pk0"* ]] || return 1
	nft add rule ip guard forward iifname pk0 accept
	nft add rule ip guard forward ip daddr 192.0.2.10 accept
	run -0 --separate-stderr xlite plan "$SPEC"
	[ -z "$stderr" ] || { echo "$stderr"; return 1; }
	run -0 xlite doctor
	[[ $output == *"ok    nothing known of this host keeps guests' packets from passing"* ]] || return 1
	nft delete table ip guard
}

# One subnet for two links: refused for what is new, warned of where it came later. A network in two sets is refused, too.
subnets_apart() {
	local other=$BATS_TEST_TMPDIR/other.yaml
	printf 'kind: network\nname: pk1\nmode: nat\nsubnet: 10.99.0.0/25\n' >"$other"
	run -73 xlite plan "$other"
	[[ $output == *"its subnet 10.99.0.0/25 is in one with 10.99.0.0/24, which this host reaches by pk0"* ]] || return 1
	[[ $output == *"hint: that is the network pk0's: \`xlite delete network/pk0' first"* ]] || return 1
	run -73 xlite apply "$other"
	ip addr add 10.99.0.200/25 dev up0
	run -0 --separate-stderr xlite plan "$SPEC"
	ip addr del 10.99.0.200/25 dev up0
	[[ $stderr == *"warning: network pk0: its subnet 10.99.0.0/24 is in one with 10.99.0.128/25, which this host reaches by up0"* ]] || return 1
	printf 'kind: network\nname: pk1\nsubnet: 10.98.0.0/24\n' >"$other"
	xlite apply --set one "$other" || return 1
	run -73 xlite apply --set two "$other"
	[[ $output == *"it is a member of the set \`one'"* ]] || return 1
	xlite apply --set two --adopt --events=jsonl "$other" 2>&1 | grep -q '"type":"result","network":"pk1","step":null,"status":"changed"' || return 1
	xlite delete "$other"
}

@test "networks: what others change is planned, mended, and then left alone" {
	outside
	nat_and_route
	run -0 xlite apply "$SPEC"
	writes_nothing
	local id
	id=$(domid both)
	ip link set "vif$id.0" nomaster
	drifts "vifs["
	[ -e "/sys/class/net/pk0/brif/vif$id.0" ]
	nft flush chain inet xlite nat-pk0
	drifts "its nft rules are gone or changed"
	nft delete table inet xlite
	drifts "its nft rules are gone or changed"
	nft list table inet xlite | grep -q 'dnat.*10.99.0.11:80'
	nft delete table netdev xlite
	drifts "filter: false -> true"
	[ "$(nft list table netdev xlite | grep -c 'device "vif')" -eq 2 ]
	ip route del 192.0.2.10 dev "vif$id.1"
	drifts "].ip"
	ip -6 route del 2001:db8::10 dev "vif$id.1"
	drifts "].ip"
	ip neigh del proxy 2001:db8::10 dev up0
	drifts "].ip"
	ip addr del 10.99.0.1/24 dev pk0
	drifts "gateway"
	ip link set pk0 type bridge stp_state 1
	drifts "stp: true -> false"
	ip link set pk0 type bridge forward_delay 1000
	drifts "forward_delay: 10s -> 4s"
	ip link set pk0 down
	drifts "its bridge is down"
	ip -j addr show pk0 | grep -q fd99::1
	echo 0 >/proc/sys/net/ipv4/ip_forward
	drifts "its packets are not forwarded: net.ipv4.ip_forward is 0"
	echo 0 >/proc/sys/net/ipv6/conf/all/forwarding
	drifts "its packets are not forwarded: net.ipv6.conf.all.forwarding is 0"
	warns_of_firewall
	subnets_apart
	xlite delete --now "$SPEC"
}

@test "networks: a network that is deleted under its vif comes back, and the vif into it" {
	{ printf 'kind: network\nname: pk0\ngateway: 10.99.0.1/24\n'; tiny one "vifs: [{bridge: pk0}]"; } >"$SPEC"
	run -0 xlite apply "$SPEC"
	ip link del pk0
	run xlite plan "$SPEC"
	echo "$output"
	[ "$status" -eq 2 ]
	[[ $output == *"its bridge is gone"* ]]
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 0 ]
	[ -e "/sys/class/net/pk0/brif/vif$(domid one).0" ]
	writes_nothing
	xlite delete --now "$SPEC"
}

# net LINE...: a nat network with a domain in it.
net() {
	{ printf 'kind: network\nname: pk0\nmode: nat\n'; printf '%s\n' "$@"; tiny one "vifs: [{nat: pk0, ip: 10.99.0.11}]"; } >"$SPEC"
}

@test "networks: what changes of a network changes in place" {
	net "subnet: 10.99.0.0/24"
	run -0 xlite apply "$SPEC"
	local index
	index=$(cat /sys/class/net/pk0/ifindex)
	net "subnet: 10.99.0.0/24" "gateway: [10.99.0.1, 10.99.0.2/32]"
	changes "network/pk0 changed" "domain/one unchanged"
	ip -o addr show pk0 | grep -q 10.99.0.2/32
	net "subnet: 10.99.0.0/24" "stp: true" "mtu: 1400"
	changes "network/pk0 changed"
	run ! grep -q 10.99.0.2/ <(ip -o addr show pk0)
	[ "$(cat /sys/class/net/pk0/bridge/stp_state) $(cat /sys/class/net/pk0/mtu)" = "1 1400" ]
	net "subnet: [10.99.0.0/24, 'fd99::/64']"
	changes "network/pk0 changed"
	nft list table inet xlite | grep -q 'ip6 saddr fd99::/64'
	ip -o addr show pk0 | grep -q 'fd99::1/64'
	net "subnet: 10.99.0.0/24" "labels: {a: b}"
	changes "network/pk0 changed"
	run ! grep -q fd99 <(nft list table inet xlite; ip -o addr show pk0)
	[ "$(cat /sys/class/net/pk0/ifindex)" = "$index" ]
	[ -e "/sys/class/net/pk0/brif/vif$(domid one).0" ]
	xlite delete --now "$SPEC"
}

@test "networks: --prune removes those of the set that are written no more, and no other" {
	printf 'kind: network\nname: pk0\n---\nkind: network\nname: pk1\n' >"$SPEC"
	run -0 xlite apply --set one "$SPEC"
	printf 'kind: network\nname: lan0\n' >"$BATS_TEST_TMPDIR/other.yaml"
	run -0 xlite apply --set two "$BATS_TEST_TMPDIR/other.yaml"
	printf 'kind: network\nname: pk0\n' >"$SPEC"
	run xlite plan --set one --prune "$SPEC"
	echo "$output"
	[ "$status" -eq 2 ]
	[[ $output == *"network/pk1: delete"* && $output != *lan0* ]]
	run -0 xlite apply --set one --prune "$SPEC"
	[[ $output == *"network/pk1 deleted"* ]]
	[ -e /sys/class/net/pk0 ] && [ ! -e /sys/class/net/pk1 ] && [ -e /sys/class/net/lan0 ]
	run -0 xlite apply --set one --prune --stats "$SPEC"
	[[ $output == *" store_writes=0 "* ]]
	xlite delete "$SPEC" "$BATS_TEST_TMPDIR/other.yaml"
}

@test "networks: errors are one line, and change nothing" {
	outside
	printf 'kind: network\nname: pk0\nmode: route\nuplink: absent0\n' >"$SPEC"
	mark
	refused 1 "network pk0: uplink: absent0: there is no such network interface" apply "$SPEC"
	printf 'kind: network\nname: xenbr0\n' >"$SPEC"
	refused 73 "network xenbr0: the host has a network device xenbr0 already" apply "$SPEC"
	printf 'kind: network\nname: pk0\nports: [eth0]\n' >"$SPEC"
	refused 1 "network pk0: it would cut the host's own way out: eth0 has this host's default route" apply "$SPEC"
	printf 'kind: network\nname: pk0\nports: [absent0]\n' >"$SPEC"
	refused 1 "network pk0: absent0: there is no such network interface" apply "$SPEC"
	# What has nothing to do with it is planned and built.
	tiny beside >>"$SPEC"
	run -1 xlite plan "$SPEC"
	[[ $output == *"network/pk0: refused: absent0: there is no such network interface"*"domain/beside: create"* ]] ||
		[[ $output == *"domain/beside: create"*"network/pk0: refused: absent0: there is no such network interface"* ]]
	run -1 xlite apply "$SPEC"
	[[ $output == *"domain/beside created"* ]]
	xlite delete --now beside
	tiny one "vifs: [{nat: pk0, ip: 10.99.0.11}]" >"$SPEC"
	refused 1 "one: vif 0: there is no network pk0" apply "$SPEC"
	tiny one "vifs: [{bridge: xenbr0, ip: 10.88.0.9, announce: cmdline}]" >"$SPEC"
	refused 1 "one: vif 0 (bridge: xenbr0): announce: the prefix length of its address is not known" apply "$SPEC"
	tiny one "vifs: [{bridge: xenbr0, vlan: 7}]" >"$SPEC"
	refused 1 "vlan 7: the bridge xenbr0 does not filter VLANs" apply "$SPEC"
	tiny one "vifs: [{bridge: xenbr0, trunk: [7, 8]}]" >"$SPEC"
	refused 1 "trunk 7-8: the bridge xenbr0 does not filter VLANs" apply "$SPEC"
	net "subnet: 10.99.0.0/24"
	mv /usr/sbin/nft /usr/sbin/nft.away
	run xlite apply "$SPEC"
	mv /usr/sbin/nft.away /usr/sbin/nft
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"nft: not found in "* ]]
	nothing_left
}

@test "networks: one that vifs use is not deleted, whatever its mode" {
	outside
	mark first
	nat_and_route
	run -0 xlite apply "$SPEC"
	local id
	id=$(domid both)
	mark
	refused 1 "still used by vif$id.0 of both" delete network/pk0
	refused 1 "network outside: still used by vif 1 of both (domid $id)" delete network/outside
	printf 'kind: network\nname: outside\nmode: route\nuplink: eth0\n' >"$BATS_TEST_TMPDIR/moved.yaml"
	# plan says before what apply refuses.
	local why="uplink cannot be changed in place: still used by vif 1 of both (domid $id)"
	run -1 xlite plan "$BATS_TEST_TMPDIR/moved.yaml"
	[[ $output == *"network/outside: refused: $why"* ]]
	refused 1 "network outside: $why" apply "$BATS_TEST_TMPDIR/moved.yaml"
	printf 'kind: network\nname: outside\nsubnet: 10.98.0.0/24\n' >"$BATS_TEST_TMPDIR/moved.yaml"
	run -1 xlite plan --replace "$BATS_TEST_TMPDIR/moved.yaml"
	[[ $output == *"network/outside: refused: still used by vif 1 of both (domid $id)"* ]]
	refused 1 "network outside: still used by vif 1 of both (domid $id)" apply --replace "$BATS_TEST_TMPDIR/moved.yaml"
	printf 'kind: network\nname: pk0\n' >"$BATS_TEST_TMPDIR/moved.yaml"
	run -1 xlite plan --replace "$BATS_TEST_TMPDIR/moved.yaml"
	[[ $output == *"network/pk0: refused: bridge pk0: still used by vif$id.0"* ]]
	refused 1 "network pk0: bridge pk0: still used by vif$id.0" apply --replace "$BATS_TEST_TMPDIR/moved.yaml"
	xlite delete --now "$SPEC"
	nothing_left first
}

# Each eighth call, from one that chance chooses: all of them take an hour (XLITE_EVERY=1).
# killed CALL N VERB...: a run that dies as it enters its Nth such call.
killed() {
	local call=$1 n=$2
	shift 2
	strace -qq -o /dev/null -e trace="$call" -e "inject=$call:signal=KILL:when=$n" xlite "$@" >/dev/null 2>&1 || true
}

# Of so many points one is tried, from one that chance chooses.
EVERY=${XLITE_EVERY:-${XLITE_CHECK_LONG:+4}}
EVERY=${EVERY:-24}

# calls CALL VERB...: how many such calls a run makes.
calls() {
	local call=$1
	shift
	strace -qq -o "$BATS_TEST_TMPDIR/trace" -e trace="$call" xlite "$@" >/dev/null
	grep -c "^$call(" "$BATS_TEST_TMPDIR/trace"
}

# mended WHAT: one apply makes all of it, which a delete removes.
mended() {
	run xlite apply "$SPEC"
	[ "$status" -eq 0 ] || { echo "$1: $output"; return 1; }
	run xlite plan "$SPEC"
	[ "$status" -eq 0 ] || { echo "$1: not converged: $output"; return 1; }
	xlite delete --now -q "$SPEC" || return 1
	nothing_left || { echo "$1: left behind"; return 1; }
}

@test "networks: a run killed at any message while it makes a network and a domain in it is mended by the next" {
	outside
	nat_and_route
	mark
	local n total call
	for call in sendto write; do
		total=$(calls $call apply "$SPEC")
		xlite delete --now -q "$SPEC"
		nothing_left
		echo "# killed at every ${EVERY}th of $total calls of $call" >&3
		[ "$total" -gt 4 ]
		for ((n = RANDOM % (EVERY < total ? EVERY : total) + 1; n <= total; n += EVERY)); do
			killed $call "$n" apply "$SPEC"
			mended "$call $n"
		done
	done
}

@test "networks: a run killed at any message while it deletes them leaves what the next one removes" {
	outside
	nat_and_route
	mark
	local n total
	xlite apply -q "$SPEC"
	total=$(calls sendto delete --now "$SPEC")
	nothing_left
	echo "# killed at every ${EVERY}th of $total messages" >&3
	for ((n = RANDOM % EVERY + 1; n <= total; n += EVERY)); do
		xlite apply -q "$SPEC"
		killed sendto "$n" delete --now "$SPEC"
		xlite delete --now -q "$SPEC" || { echo "at $n"; return 1; }
		nothing_left || { echo "delete, $n: left behind"; return 1; }
	done
}
