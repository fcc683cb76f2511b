#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Networks, VLANs, routed vifs, filters and translation against the kernel. Network namespaces with a veth called
# vif99.N stand for guests; `ip', `bridge' and `nft' are the witnesses.

load helper
load packets

# Frames of g1 (MAC ..:11, 10.99.0.11, fd99::11) to g2, whole (RA is in packets.bash): an advertisement of fd99::66; a DHCP
# server's reply; ARP replies for 10.99.0.66, and for its own address with the MAC ..:99.
ADVERT=02000000001202000000001186dd6000000000203afffd990000000000000000000000000011fd99000000000000000000000000001288005a3c20000000fd9900000000000000000000000000660201020000000011
DHCP=02000000001202000000001108004500002300010000401165ed0a63000b0a63000c00430044000f0000666f726765640a
ARP=020000000012020000000011080600010800060400020200000000110a6300420200000000120a63000c
ARP_MAC=020000000012020000000011080600010800060400020200000000990a63000b0200000000120a63000c

tool() { hotplug-tool "$@"; }

setup() {
	SPEC=$BATS_TEST_TMPDIR/spec.yaml
	begin
}

teardown() {
	local ns link
	# shellcheck disable=SC2046 # a word for each
	for ns in g1 g2 g3 out; do
		kill $(ip netns pids $ns 2>/dev/null) 2>/dev/null || true
		ip netns del $ns 2>/dev/null || true
	done
	# Only what a failed test left: else the census is to tell of it.
	if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
		nft delete table inet xlite 2>/dev/null || true
		nft delete table netdev xlite 2>/dev/null || true
		xl destroy n1 2>/dev/null || true
		for link in vif99.0 vif99.1 vif99.2 up0 p0 nb0 nb1; do ip link del $link 2>/dev/null || true; done
		return 0
	fi
	wait_until 120 links_gone
	end
}

# The kernel ends namespaces, and the veths in them, in its own time.
links_gone() { [ -z "$(compgen -G '/sys/class/net/vif99.*')" ] && [ ! -e /sys/class/net/up0 ]; }

# guest NS VIF MAC [IP/PREFIX...]: a guest's stand-in, whose side is eth0.
guest() {
	local ns=$1 vif=$2 mac=$3 ip
	shift 3
	ip netns add "$ns"
	ip link add "$vif" type veth peer name eth0 address "$mac" netns "$ns"
	ip -n "$ns" link set lo up
	ip -n "$ns" link set eth0 up
	for ip in "$@"; do
		case $ip in
		*:*) ip -n "$ns" addr add "$ip" dev eth0 nodad ;;
		*) ip -n "$ns" addr add "$ip" dev eth0 ;;
		esac
	done
}

in_ns() { ip netns exec "$@"; }
# reach NS IP [PING-OPTION...]: within some tries, for links that only just came up.
ping_once() {
	local ns=$1 ip=$2
	shift 2
	in_ns "$ns" busybox ping -c 1 -W 1 "$@" "$ip" >/dev/null 2>&1
}
reach() { wait_until 120 ping_once "$@"; }
# no_reach: nothing comes back, three times.
no_reach() { ! ping_once "$@" && ! ping_once "$@" && ! ping_once "$@"; }

# serve NS PORT PROGRAM...: answers one TCP connection to the port with what the program prints.
serve() {
	local ns=$1 port=$2
	shift 2
	in_ns "$ns" busybox nc -l -p "$port" -e "$@" >/dev/null 2>&1 3>&- &
	wait_until 120 listens "$ns" "$port"
}
listens() { in_ns "$1" busybox netstat -ltn | grep -q ":$2 "; }
ask() { echo | busybox timeout 30 busybox nc -w 15 "$1" "$2"; }
ask_from() { echo | in_ns "$1" busybox timeout 30 busybox nc -w 15 "$2" "$3"; }

ifindex() { cat "/sys/class/net/$1/ifindex"; }
# What there is of a link, without timers that run.
state() { ip -d -j addr show "$1" | sed 's/"[a-z_]*timer":[0-9.]*//g'; bridge -j link; nft -j -a list ruleset; }

# base: a network nb0 with two guests.
base() {
	tool network-apply nb0 address=10.99.0.1/24 address=fd99::1/64 "$@"
	guest g1 vif99.0 02:00:00:00:00:11 10.99.0.11/24 fd99::11/64
	guest g2 vif99.1 02:00:00:00:00:12 10.99.0.12/24 fd99::12/64
	tool vif-bridge vif99.0 nb0
	tool vif-bridge vif99.1 nb0
}
base_end() {
	ip link del vif99.0
	ip link del vif99.1
	tool network-remove nb0
}

@test "network: guests on it reach each other and the host, on IPv4 and IPv6" {
	run -0 base
	reach g1 10.99.0.12
	reach g1 fd99::12
	reach g2 10.99.0.1
	reach g2 fd99::1
	base_end
}

@test "network: applied again it changes nothing, and the kernel hears nothing" {
	run -0 tool network-apply nb0 address=10.99.0.1/24 address=fd99::1/64 stp=1 mtu=1400
	[ "$output" = changed=1 ]
	state nb0 >"$BATS_TEST_TMPDIR/one"
	ip monitor all >"$BATS_TEST_TMPDIR/events" 2>&1 3>&- &
	local monitor=$!
	sleep 1
	: >"$BATS_TEST_TMPDIR/events"
	run -0 tool network-apply nb0 address=fd99::1/64 address=10.99.0.1/24 stp=1 mtu=1400
	[ "$output" = changed=0 ]
	sleep 1
	kill $monitor
	run ! grep nb0 "$BATS_TEST_TMPDIR/events"
	state nb0 >"$BATS_TEST_TMPDIR/two"
	diff "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/two"
	tool network-remove nb0
	run -0 tool network-remove nb0
	[ "$output" = changed=0 ]
}

@test "network: what differs is changed in place" {
	ip link add p0 type veth peer name p0peer
	tool network-apply nb0 address=10.99.0.1/24 address=10.99.0.2/24 address=fd99::1/64
	local before; before=$(ifindex nb0)
	run -0 tool network-apply nb0 address=10.99.0.2/24 address=fd99::2/64 stp=1 mtu=1300 port=p0
	[ "$output" = changed=1 ]
	[ "$(ifindex nb0)" = "$before" ]
	run -0 tool network-observe nb0
	[[ "${lines[0]}" == "exists=1 bridge=1 ours=1 stp=1 vlan=0 up=1 mtu=1300 tag=xlite:test "* ]]
	[ "$(grep -c ^address= <<<"$output")" = 2 ]
	grep -qx address=10.99.0.2/24 <<<"$output"
	grep -qx address=fd99::2/64 <<<"$output"
	grep -qx port=p0 <<<"$output"
	ip -j link show p0 | grep -q '"master":"nb0"'
	run -0 tool network-apply nb0
	run ! grep -q nb0 <(ip -j link show p0)
	[ -z "$(ip -4 addr show nb0)" ]
	tool network-remove nb0
	ip link del p0
}

@test "network: what is not ours is not touched" {
	ip link add nb0 type bridge
	ip -d -j addr show nb0 >"$BATS_TEST_TMPDIR/one"
	run -73 tool network-apply nb0 address=10.99.0.1/24
	[ "${lines[0]}" = "EEXIST: bridge nb0: the bridge is not ours" ]
	run -73 tool network-remove nb0
	ip link set nb0 alias xlite:other
	run -73 tool network-apply nb0 address=10.99.0.1/24
	[ "${lines[0]}" = 'EEXIST: bridge nb0: the bridge is not ours: it belongs to "xlite:other"' ]
	ip link set nb0 alias ""
	ip -d -j addr show nb0 >"$BATS_TEST_TMPDIR/two"
	diff "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/two"
	ip link del nb0
	ip link add nb0 type veth peer name nb0peer
	run -73 tool network-apply nb0
	[ "${lines[0]}" = "EEXIST: bridge nb0: an interface of this name exists, and is not a bridge" ]
	ip link del nb0
}

@test "network: a bridge that a run did not finish is finished" {
	ip link add nb0 group 2020370804 type bridge
	run -0 tool network-apply nb0 address=10.99.0.1/24
	[ "$output" = changed=1 ]
	ip -j -d link show nb0 | grep -q '"ifalias":"xlite:test"'
	ip -j link show nb0 | grep -q '"group":"default"'
	tool network-remove nb0
}

@test "network: what fails leaves nothing" {
	run -1 tool network-apply nb0 port=absent0 address=10.99.0.1/24
	[ "${lines[0]}" = "ENODEV: bridge nb0: absent0: there is no such network interface" ]
	run -1 tool network-apply nb0 address=10.99.0.1
	[ "${lines[0]}" = "EINVAL: bridge nb0: 10.99.0.1: not an address with its prefix length, such as 10.0.0.1/24" ]
	run -1 tool network-apply nb0 address=10.99.0.256/24
	run -1 tool network-apply nb0 address=10.99.0.1/33
	run -1 tool network-apply 'n/0'
	run -1 tool network-apply nb0 masquerade=1 uplink=absent0 subnet=10.99.0.0/24
	# Half-way: the bridge and a port are there when the second port is refused.
	ip link add nb1 type bridge
	ip link add p0 type veth peer name p1
	ip link set p1 master nb1
	run tool network-apply nb0 address=10.99.0.1/24 port=p0 port=p1
	[ "$status" -ne 0 ]
	[ "${lines[0]}" = "EBUSY: bridge nb0: p1: it is a port of another bridge or bond" ]
	[ ! -e /sys/class/net/nb0 ]
	[ ! -e /sys/class/net/p0/master ]
	run ! grep -q '"UP"' <(ip -j link show p0)
	ip link del p0
	ip link del nb1
}

# injected INJECTION COMMAND...: the tool, with what strace is to do to one of its requests to the kernel.
injected() {
	local what=$1
	shift
	ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o /dev/null -e trace=sendto -e "inject=sendto:$what" "$(command -v hotplug-tool)" "$@"
}

# The run is killed at every third request, from one that chance chooses; with XLITE_CHECK_LONG=1 at each.
@test "network: whichever request fails, nothing is left; whichever kills, the next run finishes" {
	command -v strace >/dev/null || skip "no strace"
	local n every=${XLITE_CHECK_LONG:+1} words="address=10.99.0.1/24 address=fd99::1/64 mtu=1400 port=p0"
	ip link add p0 type veth peer name p1
	for ((n = 1; n < 100; n++)); do
		# shellcheck disable=SC2086 # a word for each
		! injected "error=ENOBUFS:when=$n" network-apply nb0 $words 2>/dev/null || break
		[ ! -e /sys/class/net/nb0 ]
		[ ! -e /sys/class/net/p0/master ]
		run ! grep -q '"UP"' <(ip -j link show p0)
	done
	echo "# $((n - 1)) requests failed, one by one" >&3
	[ "$n" -gt 8 ]
	# shellcheck disable=SC2086
	run -0 tool network-apply nb0 $words
	[ "$output" = changed=0 ]
	tool network-remove nb0
	every=${every:-3}
	for ((n -= 1 + RANDOM % every; n > 0; n -= every)); do
		# shellcheck disable=SC2086
		run ! injected "signal=KILL:when=$n" network-apply nb0 $words
		# shellcheck disable=SC2086
		run -0 tool network-apply nb0 $words
		ip -o addr show nb0 | grep -q 10.99.0.1/24
		ip -j link show p0 | grep -q '"master":"nb0"'
		tool network-remove nb0
	done
	ip link del p0
}

@test "network: with vifs it is not removed, and keeps them when applied again" {
	run -0 base
	run tool network-remove nb0
	[ "$status" -ne 0 ]
	[[ "${lines[0]}" == "EBUSY: bridge nb0: still used by vif99."[01]", vif99."[01] ]]
	run -0 tool network-apply nb0 address=10.99.0.1/24 address=fd99::1/64
	[ "$output" = changed=0 ]
	base_end
}

forwarding() { cat "/proc/sys/net/$1/conf/$2/forwarding"; }

@test "network: forwarding is turned on where it is needed, and routes learnt from advertisements stay" {
	outside
	echo 0 >/proc/sys/net/ipv4/ip_forward
	echo 0 >/proc/sys/net/ipv6/conf/all/forwarding
	echo 1 >/proc/sys/net/ipv6/conf/up0/accept_ra
	tool network-apply nb0 address=10.99.0.1/24 address=fd99::1/64
	[ "$(forwarding ipv4 nb0)$(forwarding ipv4 all)$(forwarding ipv6 all)" = 000 ]
	run -0 tool network-apply nb0 address=10.99.0.1/24 address=fd99::1/64 masquerade=1 subnet=10.99.0.0/24 uplink=up0
	[ "$output" = changed=1 ]
	[ "$(forwarding ipv4 nb0)$(forwarding ipv4 up0)$(forwarding ipv4 all)$(forwarding ipv6 all)" = 1100 ]
	run -0 tool network-apply nb0 address=10.99.0.1/24 address=fd99::1/64 masquerade=1 subnet=10.99.0.0/24 subnet=fd99::/64
	[ "$output" = changed=1 ]
	[ "$(forwarding ipv4 all)$(forwarding ipv6 all)" = 11 ]
	[ "$(cat /proc/sys/net/ipv6/conf/up0/accept_ra)" = 2 ]
	run -0 tool network-apply nb0 address=10.99.0.1/24 address=fd99::1/64 masquerade=1 subnet=10.99.0.0/24 subnet=fd99::/64
	[ "$output" = changed=0 ]
	run -0 tool network-observe nb0 masquerade=1 subnet=10.99.0.0/24 subnet=fd99::/64
	[[ "${lines[0]}" == *" ipv4=1 ipv6=1 noroute= off=" ]]
	tool network-remove nb0
	[ "$(forwarding ipv4 all)$(forwarding ipv6 all)" = 11 ]
}

@test "network: what would cut the host's default route is told" {
	outside
	run -0 tool network-cuts nb0 port=up0
	[ "$output" = "cuts=0 " ]
	ip route add default via 192.0.2.2 metric 4242
	run -0 tool network-cuts nb0 port=up0
	[[ "$output" == "cuts=1 up0 has this host's default route (by 192.0.2.2)" ]]
	ip route del default via 192.0.2.2 metric 4242
	tool network-apply nb0 address=10.99.0.1/24
	ip route add default via 10.99.0.9 metric 4242
	run -0 tool network-cuts nb0 address=10.99.0.1/24
	[ "$output" = "cuts=0 " ]
	run -0 tool network-cuts nb0 address=10.98.0.1/24
	[[ "$output" == "cuts=1 nb0 would lose the address 10.99.0.1/24, by which this host's default route leads" ]]
	tool network-remove nb0
}

@test "vif: VLANs separate guests, and change while they run" {
	tool network-apply nb0 vlan=1 || skip "no VLANs on this kernel's bridges"
	guest g1 vif99.0 02:00:00:00:00:11 10.99.0.11/24
	guest g2 vif99.1 02:00:00:00:00:12 10.99.0.12/24
	tool vif-bridge vif99.0 nb0 1500 10
	tool vif-bridge vif99.1 nb0 1500 20
	bridge -j vlan show dev vif99.0 | grep -q '"vlan":10,"flags":\["PVID","Egress Untagged"\]'
	run ! grep -q '"vlan":1,' <(bridge -j vlan show dev vif99.0)
	no_reach g1 10.99.0.12
	tool vif-vlan vif99.1 10
	reach g1 10.99.0.12
	run -0 tool vif-vlan-get vif99.1
	[ "$output" = "vlan=10 only=1" ]
	tool vif-vlan vif99.1 0
	run -0 tool vif-vlan-get vif99.1
	[ "$output" = "vlan=1 only=1" ]
	no_reach g1 10.99.0.12
	run -1 tool vif-vlan vif99.1 4095
	base_end
}

@test "vif: a trunk carries VLANs with their tags, beside an untagged one or without" {
	tool network-apply nb0 vlan=1 || skip "no VLANs on this kernel's bridges"
	guest g1 vif99.0 02:00:00:00:00:11 10.99.0.11/24
	tool vif-rebridge vif99.0 nb0 1500 10 20 30-32
	run -0 tool vif-vlan-get vif99.0
	[ "$output" = "vlan=10 only=0 tagged=20,30,31,32" ]
	bridge -j vlan show dev vif99.0 | grep -q '"vlan":20[,}]'
	run ! grep -q '"vlan":1,' <(bridge -j vlan show dev vif99.0)
	# What was untagged becomes tagged, and the other way round.
	tool vif-rebridge vif99.0 nb0 1500 31 10 32-33
	run -0 tool vif-vlan-get vif99.0
	[ "$output" = "vlan=31 only=0 tagged=10,32,33" ]
	# As many as there are, with none untagged.
	tool vif-rebridge vif99.0 nb0 1500 0 2-4094
	run -0 tool vif-vlan-get vif99.0
	[[ $output == "vlan=0 only=0 tagged=2,3,4,"*,4094 ]]
	tool vif-rebridge vif99.0 nb0 1500 0 7
	run -0 tool vif-vlan-get vif99.0
	[ "$output" = "vlan=0 only=0 tagged=7" ]
	tool vif-rebridge vif99.0 nb0 1500
	run -0 tool vif-vlan-get vif99.0
	[ "$output" = "vlan=1 only=1" ]
	bridge vlan add dev vif99.0 vid 9 untagged
	run -0 tool vif-vlan-get vif99.0
	[ "$output" = "vlan=1 only=0 other" ]
	ip link del vif99.0
	tool network-remove nb0
}

@test "vif: a VLAN needs a bridge that filters them" {
	run -0 base
	run tool vif-bridge vif99.0 nb0 1500 10
	[ "${lines[0]}" = "EOPNOTSUPP: vif99.0: VLAN 10: bridge nb0 does not filter VLANs" ]
	# Refused before anything was changed.
	ip -j link show vif99.0 | grep -q '"master":"nb0"'
	run tool vif-vlan vif99.0 10
	[ "${lines[0]}" = "EOPNOTSUPP: vif99.0: VLAN 10: bridge nb0 does not filter VLANs" ]
	base_end
}

@test "vif: MTU and bridge change while it runs" {
	run -0 base
	tool network-apply nb1 address=10.98.0.1/24
	tool vif-mtu vif99.0 1400
	ip -j link show vif99.0 | grep -q '"mtu":1400'
	tool vif-rebridge vif99.0 nb1 1300
	ip -j link show vif99.0 | grep -q '"mtu":1300.*"master":"nb1"'
	run tool vif-rebridge vif99.0 absent0
	[ "$status" -ne 0 ]
	# One that fails half-way: it is back where it was.
	run tool vif-rebridge vif99.0 nb0 70000
	[ "$status" -ne 0 ]
	ip -j link show vif99.0 | grep -q '"UP".*"mtu":1300.*"master":"nb1"'
	ip link del vif99.0
	tool network-remove nb1
	ip link del vif99.1
	tool network-remove nb0
}

@test "route: a routed guest is reached from outside, on IPv4 and IPv6" {
	outside
	guest g1 vif99.0 02:00:00:00:00:11 192.0.2.50/32 2001:db8::50/128
	run -0 tool vif-route vif99.0 up0 192.0.2.50 2001:db8::50
	[ "$output" = changed=1 ]
	ip -n g1 route add 192.0.2.1 dev eth0
	ip -n g1 route add default via 192.0.2.1
	ip -n g1 route add 2001:db8::1 dev eth0
	ip -n g1 route add default via 2001:db8::1 dev eth0
	reach g1 192.0.2.2
	reach out 192.0.2.50
	reach g1 2001:db8::2
	reach out 2001:db8::50
	run -0 tool vif-route-observe vif99.0 up0 192.0.2.50 2001:db8::50
	[ "$output" = "up=1 complete=1 routes=2 foreign=0 proxied=1" ]
	run -0 tool vif-route vif99.0 up0 192.0.2.50 2001:db8::50
	[ "$output" = changed=0 ]
	run -0 tool vif-route vif99.0 up0 192.0.2.51
	[ "$output" = changed=1 ]
	run -0 tool vif-route-observe vif99.0 up0 192.0.2.51
	[[ "$output" == "up=1 complete=1 routes=1 foreign=0 "* ]]
	tool vif-route vif99.0 up0 192.0.2.50 2001:db8::50
	tool vif-unroute vif99.0 up0 192.0.2.50 2001:db8::50
	[ -z "$(ip neigh show proxy)" ]
	[ -z "$(ip route show dev vif99.0; ip -4 addr show vif99.0)" ]
	run tool vif-route vif99.0 up0 192.0.2.300
	[ "${lines[0]}" = "EINVAL: vif99.0: routed: 192.0.2.300: not an IPv4 or IPv6 address" ]
	tool vif-unroute vif77.0 up0 192.0.2.50
}

@test "route: an address that is routed elsewhere is refused, and nothing is left" {
	outside
	ip route add 192.0.2.50 dev up0 scope link
	ip -6 route add 2001:db8::50 dev up0
	guest g1 vif99.0 02:00:00:00:00:11
	run tool vif-route vif99.0 up0 192.0.2.60 192.0.2.50
	[ "$status" -ne 0 ]
	[ "${lines[0]}" = "EEXIST: vif99.0: routed: route 192.0.2.50 to it: File exists" ]
	[ -z "$(ip route show dev vif99.0; ip -4 addr show vif99.0)" ]
	run ! grep -q '"UP"' <(ip -j link show vif99.0)
}

@test "route: whichever request fails, nothing is left" {
	command -v strace >/dev/null || skip "no strace"
	local n
	outside
	guest g1 vif99.0 02:00:00:00:00:11
	for ((n = 1; n < 100; n++)); do
		! injected "error=ENOBUFS:when=$n" vif-route vif99.0 up0 192.0.2.50 2001:db8::50 2>/dev/null || break
		[ -z "$(ip neigh show proxy)" ]
		[ -z "$(ip route show dev vif99.0; ip -o addr show vif99.0; ip -6 route show dev vif99.0)" ]
	done
	echo "# $((n - 1)) requests failed, one by one" >&3
	[ "$n" -gt 8 ]
	tool vif-unroute vif99.0 up0 192.0.2.50 2001:db8::50
}

@test "nat: a guest arrives outside with the host's address, and forwarded ports reach it from everywhere" {
	outside
	run -0 base masquerade=1 subnet=10.99.0.0/24 subnet=fd99::/64 uplink=up0
	ip -n g1 route add default via 10.99.0.1
	ip -n g1 route add default via fd99::1
	ip -n g2 route add default via 10.99.0.1
	no_reach g1 192.0.2.2
	run -0 tool nft-nat net1 nb0 up0 10.99.0.0/24 fd99::/64
	[ "$output" = changed=1 ]
	reach g1 192.0.2.2
	reach g1 2001:db8::2
	serve out 8000 /bin/busybox netstat -tn
	ask_from g1 192.0.2.2 8000 >"$BATS_TEST_TMPDIR/seen"
	grep -q '192\.0\.2\.2:8000 .*192\.0\.2\.1:' "$BATS_TEST_TMPDIR/seen"
	run -0 tool nft-forward web tcp/8080=10.99.0.11/80 tcp/8081=fd99::11/80
	serve g1 80 /bin/busybox hostname
	[ -n "$(ask_from out 192.0.2.1 8080)" ]
	serve g1 80 /bin/busybox hostname
	[ -n "$(ask_from out 2001:db8::1 8081)" ]
	serve g1 80 /bin/busybox hostname
	[ -n "$(ask 192.0.2.1 8080)" ]
	serve g1 80 /bin/busybox hostname
	[ -n "$(ask_from g2 192.0.2.1 8080)" ]
	tool nft-forward-remove web
	serve g1 80 /bin/busybox hostname
	[ -z "$(ask_from out 192.0.2.1 8080)" ]
	tool nft-nat-remove net1
	base_end
	ip link del up0
}

@test "nft: set again it changes nothing, and what is removed leaves no table" {
	ip link add vif99.0 type veth peer name p0
	nft add table inet stranger
	run -0 tool nft-nat net1 nb0 - 10.99.0.0/24
	run -0 tool nft-forward web+1 tcp/8080=10.99.0.11/80 udp/53=10.99.0.11/53
	run -0 tool nft-filter vif99.0 web+1 02:00:00:00:00:11 10.99.0.11 fd99::11
	nft -a -j list ruleset >"$BATS_TEST_TMPDIR/one"
	[ "$(tool nft-nat net1 nb0 - 10.99.0.0/24)" = changed=0 ]
	[ "$(tool nft-forward web+1 tcp/8080=10.99.0.11/80 udp/53=10.99.0.11/53)" = changed=0 ]
	[ "$(tool nft-filter vif99.0 web+1 02:00:00:00:00:11 10.99.0.11 fd99::11)" = changed=0 ]
	nft -a -j list ruleset >"$BATS_TEST_TMPDIR/two"
	diff "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/two"
	run -0 tool nft-list
	[[ "$output" == *"filter name=vif99.0 owner=web+1 rules="*" stale=0"* ]]
	[[ "$output" == *"nat name=net1 owner=net1 rules=2 stale=0"* ]]
	[[ "$output" == *"forwards name=web+1 owner=web+1 rules=4 stale=0"* ]]
	# A rule that somebody took away comes back; others stay.
	nft flush chain inet xlite nat-net1
	[ "$(tool nft-nat net1 nb0 - 10.99.0.0/24)" = changed=1 ]
	[ "$(tool nft-forward web+1 tcp/8080=10.99.0.12/80)" = changed=1 ]
	nft list table inet xlite | grep -q 10.99.0.12
	[ "$(tool nft-nat-remove net1)" = changed=1 ]
	[ "$(tool nft-forward-remove web+1)" = changed=1 ]
	[ "$(tool nft-forward-remove web+1)" = changed=0 ]
	[ "$(tool nft-filter-remove vif99.0)" = changed=1 ]
	[ "$(nft list tables)" = "table inet stranger" ]
	nft delete table inet stranger
	ip link del vif99.0
}

@test "nft: a table of ours with something of another's is not removed" {
	tool nft-nat net1 nb0 - 10.99.0.0/24
	nft add set inet xlite stranger '{ type ipv4_addr; }'
	run -0 tool nft-nat-remove net1
	[ "$output" = changed=1 ]
	run -0 tool nft-sweep
	[ "$output" = changed=0 ]
	nft list set inet xlite stranger
	run ! grep -q nat-net1 <(nft list ruleset)
	nft delete set inet xlite stranger
	[ "$(tool nft-sweep)" = changed=1 ]
	[ -z "$(nft list tables)" ]
}

@test "nft: what cannot be is refused before nft sees it" {
	run tool nft-nat 'a;flush ruleset' nb0 - 10.0.0.0/8
	[ "${lines[0]}" = "EINVAL: network: a name in nft's rules may have only letters, digits and _.+@-" ]
	run tool nft-nat net1 'b"' - 10.0.0.0/8
	[ "$status" -ne 0 ]
	run tool nft-nat net1 nb0 - '10.0.0.0/8 accept'
	[ "$status" -ne 0 ]
	run tool nft-forward web 'tcp/80=10.0.0.1;x/80'
	[ "$status" -ne 0 ]
	run tool nft-forward web tcp/80=10.0.0.1/80 tcp/80=10.0.0.2/80
	[ "${lines[0]}" = "EEXIST: forward of web: TCP port 80 is forwarded twice" ]
	run tool nft-filter vif99.7 web 02:00:00:00:00:11
	[ "${lines[0]}" = "ENODEV: filter of vif99.7: there is no such network interface" ]
	[ -z "$(nft list tables)" ]
}

@test "nft: without the program, or without time, nothing is changed" {
	run unshare -m sh -c 'mount --bind /dev/null "$(readlink -f /usr/sbin/nft)" && exec hotplug-tool nft-nat net1 nb0 - 10.99.0.0/24'
	[ "$status" -ne 0 ]
	[[ "${lines[0]}" == "ENOENT: translation of network net1: nft: not found in "* ]]
	[ "${lines[1]}" = "hint: install it: apt-get install nftables" ]
	run -124 env NFT_MS=0 hotplug-tool nft-nat net1 nb0 - 10.99.0.0/24
	[ "${lines[0]}" = "ETIMEDOUT: translation of network net1: nft: not done in time, killed" ]
	[ -z "$(nft list tables)" ]
}

# with_nft SCRIPT ARGUMENT...: the tool, with another program in the place of nft.
with_nft() {
	local script=$BATS_TEST_TMPDIR/nft
	printf '#!/bin/sh\n%s\n' "$1" >"$script"
	chmod 755 "$script"
	shift
	unshare -m sh -c 'mount --bind "$1" "$(readlink -f /usr/sbin/nft)" && shift && exec hotplug-tool "$@"' sh "$script" "$@"
}

@test "nft: a program that hangs, floods, fails or says nonsense is told of, and ended" {
	nft add table netdev xlite
	nft add table inet xlite
	NFT_MS=1000 run -124 with_nft 'sleep 77 & sleep 77' nft-list
	[ "${lines[0]}" = "ETIMEDOUT: nft: not done in time, killed" ]
	run -1 has_process 'sleep 77'
	NFT_MS=120000 run with_nft 'exec head -c 20000000 /dev/zero' nft-list
	[ "${lines[0]}" = "E2BIG: nft: it printed more than 16 MiB" ]
	run with_nft 'echo {}' nft-list
	[ "${lines[0]}" = "EBADMSG: nft: its list is not the JSON expected: no nftables" ]
	run with_nft 'printf "\033[31mred\nsecond\n" >&2; exit 1' nft-list
	[ "${lines[0]}" = "EIO: nft: ?[31mred" ]
	run with_nft 'exit 3' nft-nat-remove net1
	[ "${lines[0]}" = "EIO: remove translation of network net1: nft: it failed and did not say why" ]
	run with_nft 'kill -9 $$' nft-list
	[ "${lines[0]}" = "EIO: nft: killed by signal 9" ]
	nft delete table netdev xlite
	nft delete table inet xlite
	# Without a table there is nothing to ask nft for.
	run -0 with_nft 'exit 3' nft-list
}

@test "filter: a forged MAC or address is not heard, while the guest's own are" {
	run -0 base
	ip -n g1 addr add 10.99.0.66/24 dev eth0
	ip -n g1 addr add fd99::66/64 dev eth0 nodad
	reach g1 10.99.0.12 -I 10.99.0.66
	reach g1 fd99::12 -I fd99::66
	tool nft-filter vif99.0 web 02:00:00:00:00:11 10.99.0.11 fd99::11
	ip -n g2 neigh flush all
	reach g1 10.99.0.12 -I 10.99.0.11
	reach g1 fd99::12 -I fd99::11
	no_reach g1 10.99.0.12 -I 10.99.0.66
	no_reach g1 fd99::12 -I fd99::66
	# By ARP and neighbour advertisements neither: others do not learn of the forged addresses.
	no_reach g2 10.99.0.66
	no_reach g2 fd99::66
	reach g2 10.99.0.11
	reach g2 fd99::11
	ip -n g1 link set eth0 address 02:00:00:00:00:99
	ip -n g2 neigh flush all
	no_reach g1 10.99.0.12 -I 10.99.0.11
	# MAC only.
	tool nft-filter vif99.0 web 02:00:00:00:00:99
	reach g1 10.99.0.12 -I 10.99.0.66
	tool nft-filter vif99.0 web 02:00:00:00:00:11
	no_reach g1 10.99.0.12 -I 10.99.0.66
	tool nft-filter-remove vif99.0
	reach g1 10.99.0.12 -I 10.99.0.66
	base_end
}

@test "filter: duplicate detection and the link-local address of its MAC work" {
	tool network-apply nb0
	guest g1 vif99.0 02:00:00:00:00:11
	tool vif-bridge vif99.0 nb0
	guest g2 vif99.1 02:00:00:00:00:12
	tool vif-bridge vif99.1 nb0
	tool nft-filter vif99.0 web 02:00:00:00:00:11 fd99::11
	wait_until 120 settled g1
	wait_until 120 settled g2
	reach g1 fe80::ff:fe00:12%eth0
	reach g2 fe80::ff:fe00:11%eth0
	ip -n g1 addr add 10.99.0.11/24 dev eth0
	ip -n g2 addr add 10.99.0.12/24 dev eth0
	no_reach g1 10.99.0.12
	tool nft-filter-remove vif99.0
	base_end
}
settled() { ip -n "$1" -6 addr show dev eth0 scope link | grep -q fe80 && ! ip -n "$1" -6 addr show dev eth0 | grep -q tentative; }

# told G2-IP: the MAC that g2 believes an address to have, after g1 has sent a frame. It knows one already: ..:aa.
told() {
	local ip=$1 frame=$2
	ip -n g2 neigh replace "$ip" lladdr 02:00:00:00:00:aa dev eth0 nud reachable
	# Not within locktime (1 s) of the last change is the entry of ARP changed.
	sleep 1.5
	in_ns g1 hotplug-tool send-frame eth0 "$frame"
	sleep 0.5
	ip -n g2 neigh show "$ip" | sed 's/.*lladdr \([^ ]*\).*/\1/'
}

# hears_dhcp SECONDS: whether a DHCP server's reply of g1 comes to g2, which counts them, in that time.
hears_dhcp() {
	in_ns g2 nft -f - <<-'END'
		add table netdev witness
		delete table netdev witness
		table netdev witness {
			chain seen { type filter hook ingress device "eth0" priority 0; udp sport 67 counter; }
		}
	END
	in_ns g1 hotplug-tool send-frame eth0 $DHCP
	wait_until "$1" counted
}
counted() { in_ns g2 nft list table netdev witness | grep -q 'counter packets 1 '; }

@test "filter: forged ARP, neighbour and router advertisements and DHCP replies are not heard" {
	run -0 base
	reach g1 10.99.0.12
	# Without the filter all of them are.
	[ "$(told 10.99.0.66 $ARP)" = 02:00:00:00:00:11 ]
	[ "$(told 10.99.0.11 $ARP_MAC)" = 02:00:00:00:00:99 ]
	[ "$(told fd99::66 $ADVERT)" = 02:00:00:00:00:11 ]
	hears_dhcp 120
	in_ns g1 hotplug-tool send-frame eth0 $RA
	wait_until 120 has_router
	ip -n g2 -6 route flush proto ra
	tool nft-filter vif99.0 web 02:00:00:00:00:11 10.99.0.11 fd99::11
	[ "$(told 10.99.0.66 $ARP)" = 02:00:00:00:00:aa ]
	[ "$(told 10.99.0.11 $ARP_MAC)" = 02:00:00:00:00:aa ]
	[ "$(told fd99::66 $ADVERT)" = 02:00:00:00:00:aa ]
	run ! hears_dhcp 3
	in_ns g1 hotplug-tool send-frame eth0 $RA
	sleep 1
	run ! has_router
	# What is its own still is.
	ip -n g2 neigh flush all
	reach g1 10.99.0.12
	reach g1 fd99::12
	tool nft-filter-remove vif99.0
	base_end
}
has_router() { ip -n g2 -6 route show default | grep -q fe80::ff:fe00:11; }

@test "filter: it ends with its vif, and a sweep leaves nothing" {
	guest g1 vif99.0 02:00:00:00:00:11
	ip link add vif99.1 type veth peer name p0
	tool nft-filter vif99.0 web 02:00:00:00:00:11
	tool nft-filter vif99.1 db 02:00:00:00:00:12
	ip link del vif99.0
	echo "# $(uname -r) keeps the chain of a vif that has gone: $(nft list table netdev xlite | grep -c in-vif99.0 || true)" >&3
	run -0 tool nft-sweep
	run ! grep -q vif99.0 <(nft list ruleset)
	nft list ruleset | grep -q vif99.1
	[ "$(tool nft-sweep)" = changed=0 ]
	ip link del vif99.1
	run -0 tool nft-sweep
	[ "$output" = changed=1 ]
	[ -z "$(nft list tables)" ]
}

@test "xen: a filter ends with its domain, also when xl ends it; and a vif is known by what is behind it" {
	local vif
	tool network-apply nb0 address=10.99.0.1/24
	spec n1 "vifs: [{bridge: nb0}]"
	xlite apply "$SPEC"
	vif=vif$(domid n1).0
	tool nft-filter "$vif" n1 02:00:00:00:00:11 10.99.0.11
	nft list table netdev xlite | grep -q "in-$vif"
	run tool network-remove nb0
	[ "${lines[0]}" = "EBUSY: bridge nb0: still used by $vif" ]
	ip link set "$vif" down
	ip link set "$vif" name web0
	run tool network-remove nb0
	[ "${lines[0]}" = "EBUSY: bridge nb0: still used by web0" ]
	ip link set web0 name "$vif"
	xl destroy n1
	wait_until 120 test ! -e "/sys/class/net/$vif"
	run -0 tool nft-sweep
	[ "$output" = changed=1 ]
	[ -z "$(nft list tables)" ]
	tool network-remove nb0
	# What xl leaves of ours.
	xlite delete --now -q n1 || true
}
