#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A host's own firewall, and nftables itself, against the real kernel in a network namespace.
# shellcheck disable=SC2016

bats_require_minimum_version 1.5.0
load helper

setup() {
	command -v nft >/dev/null || skip "no nft (nftables)"
	ns_open
	in_ns nft list tables >/dev/null 2>&1 || { ns_close; skip "no nftables in this kernel"; }
}

teardown() { ns_close; }

# drops LINE...: what is listed of chains that drop, nothing else.
drops() {
	local wanted
	wanted=$(printf '%s\n' "$@")
	run -0 ns_tool firewall 10.77.0.0/24 lan0
	[ "$output" = "$wanted" ] || { echo "$output"; return 1; }
}

@test "firewall: a chain that drops by its policy or by its last rule is found, others are not" {
	drops
	in_ns nft -f - <<-'END'
		table inet own { chain in { type filter hook input priority 0; policy drop; }; chain pass { type filter hook forward priority 0; }; }
		table ip nat { chain post { type nat hook postrouting priority 100; policy accept; }; }
		table inet xlite { chain pass { type filter hook forward priority 0; policy drop; }; }
	END
	drops
	in_ns nft add table ip docker
	in_ns nft add chain ip docker FORWARD '{ type filter hook forward priority 0; policy drop; }'
	in_ns nft add table inet firewalld
	in_ns nft add chain inet firewalld filter_FORWARD '{ type filter hook forward priority 10; policy accept; }'
	in_ns nft add rule inet firewalld filter_FORWARD ct state established,related accept
	in_ns nft add rule inet firewalld filter_FORWARD counter reject with icmpx admin-prohibited
	drops "ip docker FORWARD policy" "inet firewalld filter_FORWARD rule"
	in_ns nft add rule inet firewalld filter_FORWARD oifname eth9 drop
	drops "ip docker FORWARD policy"
	in_ns nft add rule ip docker FORWARD iifname eth0 drop
	drops "ip docker FORWARD policy"
	in_ns nft add rule ip docker FORWARD counter accept
	drops
	in_ns nft add table bridge own
	in_ns nft add chain bridge own between '{ type filter hook forward priority 0; policy drop; }'
	drops "bridge own between policy"
}

@test "firewall: a rule that names the device or the network, itself or in a set or behind a jump, is told" {
	in_ns nft -f - <<-'END'
		table ip a { chain f { type filter hook forward priority 0; policy drop; iifname "lan0" accept; }; }
		table ip b { chain f { type filter hook forward priority 0; policy drop; jump g; }; chain g { ip saddr 10.77.0.0/24 accept; }; }
		table ip c { set ours { type ifname; elements = { "lan0" }; }; chain f { type filter hook forward priority 0; policy drop; iifname @ours accept; }; }
		table ip d { chain f { type filter hook forward priority 0; policy drop; iifname "lan*" accept; }; }
		table ip e { chain f { type filter hook forward priority 0; policy drop; iifname "lan0" drop; }; }
	END
	drops "ip a f policy names" "ip b f policy names" "ip c f policy names" "ip d f policy names" "ip e f policy"
}

@test "firewall: the policies of iptables are found, old and new" {
	command -v iptables-legacy >/dev/null || skip "no iptables-legacy (iptables)"
	in_ns iptables-legacy -P FORWARD DROP 2>/dev/null || skip "no ip_tables in this kernel"
	drops "legacy ip filter FORWARD policy"
	in_ns iptables-legacy -A FORWARD -i eth0 -m comment --comment x -j ACCEPT 2>/dev/null || true
	drops "legacy ip filter FORWARD policy"
	in_ns iptables-legacy -P FORWARD ACCEPT
	drops
	in_ns ip6tables-legacy -P FORWARD DROP
	drops "legacy ip6 filter FORWARD policy"
	in_ns ip6tables-legacy -P FORWARD ACCEPT
	in_ns iptables-nft -P FORWARD DROP
	drops "ip filter FORWARD policy"
}

@test "nft: tables of ours are seen where nftables is built into the kernel, too" {
	run -0 ns_tool nft-used
	[ "$output" = used=0 ]
	in_ns nft add table netdev xlite
	run -0 ns_tool nft-used
	[ "$output" = used=1 ]
	# No /sys/module/nf_tables, and no list of what is built in.
	in_ns unshare -m sh -c 'mount -t tmpfs none /sys/module && { [ ! -d /lib/modules ] || mount -t tmpfs none /lib/modules; } &&
		exec "$0" nft-used' "$HOTPLUG_TOOL" >"$BATS_TEST_TMPDIR/used"
	[ "$(cat "$BATS_TEST_TMPDIR/used")" = used=1 ]
}

@test "nft: a kernel that would have to load it for the question is not asked" {
	[ -d /lib/modules ] || skip "no /lib/modules to mount over"
	in_ns nft add table netdev xlite
	mkdir -p "$BATS_TEST_TMPDIR/modules/$(uname -r)"
	echo kernel/fs/ext4/ext4.ko >"$BATS_TEST_TMPDIR/modules/$(uname -r)/modules.builtin"
	in_ns unshare -m sh -c 'mount -t tmpfs none /sys/module && mount --bind "$1" /lib/modules && exec "$0" nft-used' \
		"$HOTPLUG_TOOL" "$BATS_TEST_TMPDIR/modules" >"$BATS_TEST_TMPDIR/used"
	[ "$(cat "$BATS_TEST_TMPDIR/used")" = used=0 ]
}
