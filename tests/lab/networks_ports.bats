#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Ports of the host that more than one domain would have, what a domain leaves in nft's tables that another tool ended, and ports of
# bridges that make a loop.

load helper
load packets

# one FORWARD: the network pk0 with a domain whose vif 0 has the forwards. two LINE: another file, of a domain whose vif 1 has.
one() {
	{
		printf 'kind: network\nname: pk0\nmode: nat\nsubnet: 10.99.0.0/24\n'
		tiny one "vifs: [{nat: pk0, ip: 10.99.0.11, forward: [$1]}]"
	} >"$SPEC"
}
two() {
	tiny two "vifs:" "  - bridge: xenbr0" "  - {nat: pk0, ip: 10.99.0.12, forward: [$1]}" >"$OTHER"
}

setup_other() { OTHER=$BATS_TEST_TMPDIR/other.yaml; }

# leads_to PROTOCOL PORT ADDRESS: the first rule for the port of the host leads there.
leads_to() {
	nft list table inet xlite | grep -m 1 "$1 dport $2 " | grep -q "dnat ip to $3:"
}

@test "ports: one that another domain has is refused by plan and apply, with whose it is and where it was asked for" {
	local why
	setup_other
	one "{tcp: 8080, to: 80}"
	run -0 xlite apply "$SPEC"
	writes_nothing
	mark
	why="forward: tcp port 8080 of the host leads to vif 0 of one (domid $(domid one)) already ($OTHER:7:63)"
	two "{udp: 8080, to: 53}, {tcp: 8080, to: 80}"
	run xlite plan "$OTHER"
	echo "$output"
	[ "$status" -eq 73 ]
	[[ $output == *"domain/two: refused: $why"* ]]
	refused 73 "two: $why" apply "$OTHER"

	# Another protocol is another port. One that comes later, to a domain that runs, is refused all the same.
	two "{udp: 8080, to: 53}"
	run -0 xlite apply "$OTHER"
	mark
	two "{udp: 8080, to: 53}, {tcp: 8080, to: 80}"
	refused 73 "two: $why" apply "$OTHER"
	# What has nothing to do with it is done.
	two "{udp: 8080, to: 53}"
	sed -i 's/^name: two/&\nlabels: {a: b}/' "$OTHER"
	run -0 xlite apply "$OTHER"
	[[ $output == *"domain/two changed"* ]]

	# The port goes from the one to the other in one run, whoever comes first.
	one "{tcp: 8081, to: 80}"
	two "{tcp: 8080, to: 80}"
	run -0 xlite apply "$OTHER" "$SPEC"
	leads_to tcp 8080 10.99.0.12
	leads_to tcp 8081 10.99.0.11
	one "{tcp: 8080, to: 80}"
	two "{tcp: 8081, to: 80}"
	run -0 xlite apply "$OTHER" "$SPEC"
	leads_to tcp 8080 10.99.0.11
	leads_to tcp 8081 10.99.0.12
	# Whoever is refused something else keeps its ports.
	one "{tcp: 8082, to: 80}"
	sed -i 's/^name: one/&\nuuid: 00000000-0000-4000-8000-000000000001/' "$SPEC"
	two "{tcp: 8080, to: 80}"
	run xlite apply "$SPEC" "$OTHER"
	echo "$output"
	[ "$status" -eq 73 ]
	[[ $output == *"two: forward: tcp port 8080 of the host leads to vif 0 of one"* ]]
	leads_to tcp 8080 10.99.0.11
	xlite delete --now one two network/pk0
}

@test "addresses: what another guest has, and what none of the network can have, is refused by plan and apply" {
	local why
	setup_other
	{
		printf 'kind: network\nname: pk0\nmode: nat\nsubnet: [10.99.0.0/24, "fd00:99::/64"]\n'
		tiny one "vifs: [{nat: pk0, ip: [10.99.0.11, 'fd00:99::11']}]"
	} >"$SPEC"
	run -0 xlite apply "$SPEC"
	writes_nothing
	mark
	while IFS='|' read -r address why; do
		tiny two "vifs:" "  - bridge: xenbr0" "  - {nat: pk0, ip: '$address'}" >"$OTHER"
		run xlite plan "$OTHER"
		echo "$output"
		[ "$status" -eq 73 ]
		[[ $output == *"domain/two: refused: ip: $why ($OTHER:7:"* ]]
		refused 73 "two: ip: $why" apply "$OTHER"
	done <<-END
		10.99.0.11|10.99.0.11 is the address of vif 0 of one (domid $(domid one)) already
		fd00:99:0::11/64|fd00:99::11 is the address of vif 0 of one (domid $(domid one)) already
		10.99.0.1|10.99.0.1 is the gateway of the network pk0
		10.98.0.11/24|10.98.0.11 is in no subnet of the network pk0
	END
	# By its bridge the same network, which is a segment of the same guests.
	tiny two "vifs:" "  - bridge: xenbr0" "  - {bridge: pk0, ip: 10.99.0.1}" >"$OTHER"
	refused 73 "two: ip: 10.99.0.1 is the gateway of the network pk0" apply "$OTHER"
	tiny two "vifs:" "  - bridge: xenbr0" "  - {bridge: pk0, ip: 10.99.0.11}" >"$OTHER"
	refused 73 "two: ip: 10.99.0.11 is the address of vif 0 of one" apply "$OTHER"
	# A bridge beside it is another segment; what one has it may keep while other things change.
	tiny two "vifs: [{bridge: xenbr0, ip: 10.99.0.11}]" >"$OTHER"
	run -0 xlite apply "$OTHER"
	sed -i 's/^name: two/&\nlabels: {a: b}/' "$OTHER"
	run -0 xlite apply "$OTHER"
	# Two exchange theirs in one run.
	tiny two "vifs: [{nat: pk0, ip: 10.99.0.12}]" >"$OTHER"
	run -0 xlite apply --replace --now "$OTHER"
	{
		tiny one "vifs: [{nat: pk0, ip: 10.99.0.12}]"
		tiny two "vifs: [{nat: pk0, ip: 10.99.0.11}]"
	} >"$SPEC"
	run -0 xlite apply "$SPEC"
	run -0 xlite plan "$SPEC"
	xlite delete --now one two network/pk0
}

@test "ports: what a domain that xl ended had in nft is nobody's, and the next run that changes something removes it" {
	local uuid
	setup_other
	one "{tcp: 8080, to: 80}"
	run -0 xlite apply "$SPEC"
	uuid=$(xlite get -o json one | sed -n 's/.*"uuid": "\([-0-9a-f]*\)".*/\1/p' | head -n 1)
	nft list chain netdev xlite "in-vif$(domid one).0" >/dev/null
	nft list chain inet xlite "dnat-$uuid" >/dev/null
	xl destroy one
	nft list chain inet xlite "dnat-$uuid" >/dev/null
	# Not by a look, nor by a run that has nothing to do.
	two "{tcp: 8080, to: 80}"
	run -2 xlite plan "$OTHER"
	nft list chain inet xlite "dnat-$uuid" >/dev/null
	run -0 xlite apply "$OTHER"
	leads_to tcp 8080 10.99.0.12
	run ! nft list chain inet xlite "dnat-$uuid"
	run ! nft list chain inet xlite "out-$uuid"

	# Also by a run that has no rules itself, and then the table of filters goes too.
	xl destroy two
	spec plain
	run -0 xlite apply "$SPEC"
	run ! grep -E 'dnat-|out-' <(nft list table inet xlite)
	[ "$(nft list tables)" = "table inet xlite" ]
	xlite delete --now plain network/pk0
	[ -z "$(nft list tables)" ]
}

# looped STP: the bridges pk0 and pk1, joined by two cables.
looped() {
	printf -- '---\nkind: network\nname: %s\nports: [%s]\nstp: %s\nforward_delay: 2s\n' \
		pk0 "left0, left1" "$1" pk1 "right0, right1" "$1" >"$SPEC"
}

# in_state NUMBER: how many of the cables' ends are blocked (4) or forward (3).
in_state() {
	cat /sys/class/net/left?/brport/state /sys/class/net/right?/brport/state | grep -c "^$1\$"
}

three_forward() { [ "$(in_state 3) $(in_state 4)" = "3 1" ]; }
all_forward() { [ "$(in_state 3)" = 4 ]; }

# arrived: how many of our questions have come out of pk1 since the rule was made. The kernel's own frames are not ours.
arrived() { nft list table netdev probe | sed -n 's/.*packets \([0-9]*\) .*/\1/p'; }
storm() { [ "$(arrived)" -gt 50 ]; }
quiet() {
	local n
	n=$(arrived)
	sleep 1
	[ "$(arrived)" = "$n" ]
}

# ask: one frame to all, out of pk0.
ask() { busybox arping -q -D -c 1 -w 1 -I pk0 198.51.100.77 || true; }

@test "ports: two bridges that two cables join are no loop with stp, and are one without" {
	local end
	# A storm that there is must not take the machine.
	for end in 0 1; do
		ip link add "left$end" type veth peer name "right$end"
		tc qdisc add dev "left$end" root tbf rate 64kbit burst 2000 latency 50ms
		tc qdisc add dev "right$end" root tbf rate 64kbit burst 2000 latency 50ms
	done
	looped true
	run -0 xlite apply "$SPEC"
	[ "$(cat /sys/class/net/pk0/bridge/stp_state) $(cat /sys/class/net/pk0/bridge/forward_delay)" = "1 200" ]
	writes_nothing
	nft -f - <<-EOF
		table netdev probe {
			chain arriving { type filter hook ingress device pk1 priority 0; arp daddr ip 198.51.100.77 counter; }
		}
	EOF
	wait_until 60 three_forward
	ask
	sleep 2
	[ "$(arrived)" = 1 ]

	# The port that was blocked waits until it has heard nothing for 20 s.
	looped false
	changes "network/pk0 changed" "network/pk1 changed"
	wait_until 90 all_forward
	ask
	wait_until 60 storm

	looped true
	changes "network/pk0 changed" "network/pk1 changed"
	wait_until 60 three_forward
	wait_until 60 quiet
	nft delete table netdev probe
	xlite delete "$SPEC"
	ip link del left0
	ip link del left1
}
