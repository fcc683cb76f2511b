#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Networks against the real kernel, in a network namespace: forwarding, subnets that the host has already, IPv6 that is off.

bats_require_minimum_version 1.5.0
load helper

setup() {
	ns_open
	in_ns ip link add up0 type veth peer name wire0
	in_ns ip link set wire0 up
	in_ns ip link set up0 up
	in_ns ip addr add 192.0.2.1/24 dev up0
	in_ns ip route add default via 192.0.2.254
}

teardown() { ns_close; }

NAT=(lan0 address=10.77.0.1/24 masquerade=1 subnet=10.77.0.0/24)

switch() { in_ns sh -c "echo $2 >/proc/sys/net/$1"; }

# forwards WANTED: what is observed of the nat network's forwarding of IPv4, the switch that is off behind it.
forwards() {
	run -0 ns_tool network-observe "${NAT[@]}" "${@:2}"
	[[ "${lines[0]}" == *" ipv4=${1%% *} "* ]] || { echo "$output"; return 1; }
	[[ "${lines[0]}" == *" off=${1#* }" ]] || { echo "$output"; return 1; }
}

@test "network: forwarding that is switched off is seen, on the bridge, everywhere, and where the host leads out" {
	switch ipv4/ip_forward 0
	ns_tool network-apply "${NAT[@]}"
	forwards "1 "
	switch ipv4/ip_forward 0
	forwards "0 net.ipv4.ip_forward"
	[ "$(ns_tool network-apply "${NAT[@]}")" = changed=1 ]
	forwards "1 "
	switch ipv4/conf/lan0/forwarding 0
	forwards "0 net.ipv4.conf.lan0.forwarding"
	[ "$(ns_tool network-apply "${NAT[@]}")" = changed=1 ]
	switch ipv4/conf/up0/forwarding 0
	forwards "0 net.ipv4.conf.up0.forwarding"
	forwards "0 net.ipv4.conf.up0.forwarding" uplink=up0
	[ "$(ns_tool network-apply "${NAT[@]}")" = changed=1 ]
	forwards "1 "
	forwards "1 " uplink=up0
	[ "$(ns_tool network-apply "${NAT[@]}")" = changed=0 ]
}

@test "network: forwarding of IPv6 that is switched off is seen" {
	local six=(lan0 address=fd77::1/64 masquerade=1 subnet=fd77::/64)
	ns_tool network-apply "${six[@]}"
	run -0 ns_tool network-observe "${six[@]}"
	[[ "${lines[0]}" == *" off=" ]]
	switch ipv6/conf/all/forwarding 0
	run -0 ns_tool network-observe "${six[@]}"
	[[ "${lines[0]}" == *" off=net.ipv6.conf.all.forwarding" ]]
	[ "$(ns_tool network-apply "${six[@]}")" = changed=1 ]
}

# overlaps ANSWER SUBNET...: what is said of a network lan0 with these.
overlaps() {
	run -0 ns_tool network-overlaps lan0 "${@:2}"
	[ "$output" = "$1" ] || { echo "$output"; return 1; }
}

@test "network: a subnet that the host reaches by another link is told, with the link" {
	# The host's routes matter where it is in the network itself.
	overlaps "overlaps=0 " subnet=192.0.2.0/24
	overlaps() { run -0 ns_tool network-overlaps lan0 address=203.0.113.1/32 "${@:2}"; [ "$output" = "$1" ] || { echo "$output"; return 1; }; }
	overlaps "overlaps=0 " subnet=10.77.0.0/24
	overlaps "overlaps=1 192.0.2.0/24 is the same as 192.0.2.0/24, which this host reaches by up0" subnet=192.0.2.0/24
	overlaps "overlaps=1 192.0.2.128/25 is in one with 192.0.2.0/24, which this host reaches by up0" subnet=10.77.0.0/24 subnet=192.0.2.128/25
	overlaps "overlaps=1 192.0.0.0/16 is in one with 192.0.2.0/24, which this host reaches by up0" subnet=192.0.0.0/16
	overlaps "overlaps=1 192.0.2.0/24 is the same as 192.0.2.0/24, which this host reaches by up0" address=192.0.2.7/24
	overlaps "overlaps=0 " address=192.0.2.1/32 subnet=10.77.0.0/24
	# A port of the bridge gives its network to it.
	overlaps "overlaps=0 " address=192.0.2.7/24 port=up0
	in_ns ip route add 10.0.0.0/8 via 192.0.2.253
	overlaps "overlaps=0 " subnet=10.77.0.0/24
	in_ns ip route add 10.77.0.64/26 via 192.0.2.253
	overlaps "overlaps=1 10.77.0.0/24 is in one with 10.77.0.64/26, which this host reaches by up0" subnet=10.77.0.0/24
	ns_tool network-apply lan1 address=10.78.0.1/24 tag=xlite:old
	overlaps "overlaps=1 10.78.0.0/24 is the same as 10.78.0.0/24, which this host reaches by lan1 of xlite:old" subnet=10.78.0.0/24
	run -0 ns_tool network-overlaps lan1 tag=xlite:old address=10.78.0.1/24 subnet=10.78.0.0/24
	[ "$output" = "overlaps=0 " ]
	in_ns ip addr add fd77::1/64 dev up0 nodad
	overlaps "overlaps=1 fd77::/64 is the same as fd77::/64, which this host reaches by up0" subnet=fd77::/64
}

@test "network: IPv6 that is switched off is the cause that is named" {
	switch ipv6/conf/default/disable_ipv6 1
	run ! ns_tool network-apply lan0 address=10.77.0.1/24 address=fd77::1/64
	[[ "${lines[0]}" == *"IPv6 is switched off on lan0: net.ipv6.conf.lan0.disable_ipv6 is 1" ]] || { echo "$output"; false; }
	[ "${lines[1]}" = "hint: switch it on, or leave IPv6 addresses and subnets out" ]
	switch ipv6/conf/all/disable_ipv6 1
	run ! ns_tool network-apply lan0 address=10.77.0.1/24 address=fd77::1/64
	[[ "${lines[0]}" == *": net.ipv6.conf.all.disable_ipv6 is 1" ]] || { echo "$output"; false; }
}

# routes: those to the bridge, without what the kernel makes of addresses.
routes() { in_ns ip -o route show dev lan0 proto static | cut -d" " -f1 | tr '\n' ' '; in_ns ip -o -6 route show dev lan0 proto static | cut -d" " -f1 | tr '\n' ' '; }

@test "network: a subnet in which the bridge has no address is routed to it, and that is seen and mended" {
	local rented=(lan0 address=198.51.100.7/32 address=10.77.0.1/24 subnet=203.0.113.8/29 subnet=10.77.0.0/24)
	ns_tool network-apply "${rented[@]}"
	[ "$(routes)" = "203.0.113.8/29 " ]
	in_ns ip route get 203.0.113.10 | grep -q "dev lan0"
	[ "$(ns_tool network-apply "${rented[@]}")" = changed=0 ]
	in_ns ip route del 203.0.113.8/29
	run -0 ns_tool network-observe "${rented[@]}"
	[[ "${lines[0]}" == *" noroute=203.0.113.8/29 "* ]]
	[ "$(ns_tool network-apply "${rented[@]}")" = changed=1 ]
	in_ns ip route add 198.18.0.0/24 dev lan0
	ns_tool network-apply lan0 address=198.51.100.7/32 address=10.77.0.1/24 address=fd00::1/128 subnet=10.77.0.0/24 subnet=fd77::/64
	[ "$(routes)" = "fd77::/64 " ]
	in_ns ip route show dev lan0 | grep -q 198.18.0.0/24
	# A network that the host is not in is none of its routes' business.
	ns_tool network-apply lan0 subnet=10.77.0.0/24 subnet=203.0.113.8/29
	[ "$(routes)" = "" ]
}
