# SPDX-License-Identifier: GPL-2.0-or-later
# What the suites of networks share: the host's plumbing beyond the census, a namespace that plays the outside, and guests
# that are asked over their console.
# shellcheck shell=bash disable=SC2034

# A router's advertisement, a whole frame: of MAC 02:00:00:00:00:11, to all.
RA=33330000000102000000001186dd6000000000103afffe80000000000000000000fffe000011ff02000000000000000000000000000186003617400007080000000000000000

# r PATH, in a guest: reads a node of the guest's own by /dev/xen/xenbus: type, request, transaction and length in 32 bits each, then the path.
OWN_NODE='r() { exec 3<>/dev/xen/xenbus; printf "\\2\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\$(printf %o $((${#1}+1)))\\0\\0\\0$1\\0" >&3; dd bs=16 count=1 <&3 2>/dev/null >/dev/null; dd bs=64 count=1 <&3 2>/dev/null; echo; exec 3>&-; }'

# Modules that come with first use are no leak of the first test; forwarding is turned on by networks, and never off.
setup_file() {
	nft add table netdev probe && nft delete table netdev probe
	nft add table inet probe && nft delete table inet probe
	FORWARD4=$(cat /proc/sys/net/ipv4/ip_forward) FORWARD6=$(cat /proc/sys/net/ipv6/conf/all/forwarding)
	export FORWARD4 FORWARD6
}

teardown_file() {
	echo "$FORWARD4" >/proc/sys/net/ipv4/ip_forward
	echo "$FORWARD6" >/proc/sys/net/ipv6/conf/all/forwarding
}

# Addresses, routes, neighbours that are answered for; not what time or the outside changes, such as whether a bridge whose last
# port went has noticed.
plumbing() {
	ip -o addr show | sed 's/ *valid_lft.*//; s/ tentative//' | sort
	ip route show | sed 's/ linkdown//'
	ip -6 route show | sed 's/ expires [0-9]*sec//; s/ pref [a-z]*//; s/ linkdown//'
	ip neigh show proxy
}

LOOKS+=(plumbing)

# The kernel ends namespaces, and the veths in them, in its own time.
outside_gone() { [ ! -e /sys/class/net/up0 ]; }

setup() {
	SPEC=$BATS_TEST_TMPDIR/spec.yaml
	begin
}

teardown() {
	local name
	end_outside
	# What a failed test left is removed, so that the next one is judged for itself.
	if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
		for name in $(xlite list -o name | sed -n 's,^domain/,,p' | grep -v '^Domain-0$'); do
			xlite destroy "$name" || xl destroy "$name" || true
		done
		for name in pk0 pk1 lan0 fleet0 outside; do xlite delete -q "network/$name" || true; done
		nft delete table ip foreign 2>/dev/null || true
		return 0
	fi
	end
}

# outside: a host beyond the uplink up0, without a route back into our networks.
outside() {
	ip netns add out
	ip link add up0 type veth peer name eth0 netns out
	ip addr add 192.0.2.1/24 dev up0
	ip addr add 2001:db8::1/64 dev up0 nodad
	ip link set up0 up
	ip -n out link set lo up
	ip -n out addr add 192.0.2.2/24 dev eth0
	ip -n out addr add 2001:db8::2/64 dev eth0 nodad
	ip -n out link set eth0 up
}

end_outside() {
	[ -e /run/netns/out ] || return 0
	# shellcheck disable=SC2046 # a word for each
	kill $(ip netns pids out) 2>/dev/null || true
	ip netns del out
	wait_until 120 outside_gone
}

out() { ip netns exec out "$@"; }
listens() { out busybox netstat -ltn | grep -q ":$1 "; }
# serve PORT PROGRAM...: answers one TCP connection from inside with what the program prints.
serve() {
	local port=$1
	shift
	out busybox nc -l -p "$port" -e "$@" >/dev/null 2>&1 3>&- &
	wait_until 120 listens "$port"
}
# fetch_from ADDRESS PORT: what the outside gets there over TCP.
fetch_from() { echo | out busybox timeout 15 busybox nc -w 5 "$1" "$2"; }
gets() { [ "$(fetch_from "$1" "$2")" = "$3" ]; }
out_pings() { out busybox ping -c 1 -W 1 "$1" >/dev/null 2>&1; }

# pings NAME TRIES TARGET...: yes or no for each target, an address with options of ping before it.
pings() {
	local name=$1 tries=$2 target command
	shift 2
	command="p() { n=$tries; until ping -c 1 -W 1 \$* >/dev/null 2>&1; do n=\$((n-1)); [ \$n -gt 0 ] || { echo no; return; }; done; echo yes; }"
	for target in "$@"; do command="$command; p $target"; done
	on_guest "$name" "$command"
}

# says TEXT COMMAND...: it succeeds and prints just that.
says() {
	local want=$1
	shift
	run -0 "$@"
	echo "${*:1:2}: $output"
	[ "$output" = "$want" ]
}

# linux NAME CMDLINE [LINE...]: a document of a small Linux domain.
linux() {
	local name=$1 cmdline=$2
	shift 2
	printf -- '---\nname: %s\nmemory: 160MiB\nkernel: %s/vmlinux\nramdisk: %s/guest.cpio.gz\ncmdline: %s\n' \
		"$name" "$IMAGES" "$IMAGES" "console=hvc0 quiet $(cat $IMAGES/cmdline) $cmdline"
	printf '%s\n' "$@"
}

# tiny NAME LINE...: a document of a domain that halts.
tiny() {
	printf -- '---\nname: %s\nmemory: 16MiB\nkernel: %s/tiny.elf\n' "$1" "$IMAGES"
	shift
	printf '%s\n' "$@"
}

# refused STATUS TEXT ARGUMENT...: the run of xlite says TEXT in one line and has that status, and the host is as before.
refused() {
	local wanted=$1 text=$2
	shift 2
	run xlite "$@"
	echo "$output"
	[ "$status" -eq "$wanted" ] && [ "$(grep -c '^xlite: ' <<<"$output")" -eq 1 ] && [[ $output == *"$text"* ]] || return 1
	nothing_left
}

# example NAME: one of examples/, but for what makes a guest start sooner under emulation.
example() {
	sed "s/^vcpus: 2/vcpus: 1/; s,/vmlinuz$,/vmlinux,; s/^cmdline: console=hvc0 quiet/& $(cat $IMAGES/cmdline)/" "$BATS_TEST_DIRNAME/../examples/$1.yaml"
}

# guests_up NAME...: applies $SPEC and waits until all are ready; one that the emulator crashed is built again (helper.bash).
guests_up() {
	local name try
	# What earlier guests of these names said is not theirs.
	for name in "$@"; do : >"$(console_log "$name")"; done
	xlite apply "$SPEC" || return 1
	for name in "$@"; do
		for try in 1 2 3; do
			guest_says "$name" "GUEST: ready" && break
			[ "$try" -lt 3 ] || return 1
			echo "# the guest $name crashed in the emulator (try $try)" >&3
			xlite delete --now -q "$name"
			: >"$(console_log "$name")"
			xlite apply -q "$SPEC" || return 1
		done
	done
}

# changes LINE...: applies $SPEC; the output has the lines, and applied again nothing is written.
changes() {
	local line
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 0 ] || return 1
	for line in "$@"; do grep -qxF "$line" <<<"$output" || { echo "no line: $line"; return 1; }; done
	writes_nothing
}

writes_nothing() {
	run xlite apply --stats "$SPEC"
	echo "$output"
	[ "$status" -eq 0 ] && [[ $output == *" store_writes=0 "* ]] && [[ $output != *" changed"* ]] && [[ $output != *" created"* ]]
}
