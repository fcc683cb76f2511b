#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Ports of the host that more than one domain would have, and what a domain leaves in nft's tables that another tool ended.

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
