#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Guests that ask for addresses, are told of them, answer UDP, and lie to their neighbours. What the rules do with each kind
# of frame is in network.bats.

load helper
load packets

# pair OF-LIAR: two guests behind nat, whose ramdisk has our tool for tests; more of the liar's vif.
pair() {
	{
		printf 'kind: network\nname: pk0\nmode: nat\nsubnet: [10.99.0.0/24, "fd99::/64"]\n'
		linux client "" \
			"vifs: [{nat: pk0, mac: '00:16:3e:99:00:12', ip: [10.99.0.11, 'fd99::11'], announce: xenstore, forward: [{udp: 5353, to: 53}]}]"
		linux liar "xlite.ip=10.99.0.12/24" "vifs: [{nat: pk0, mac: '02:00:00:00:00:11', ip: [10.99.0.12, 'fd99::12']$1}]"
	} | sed "s,^ramdisk: .*,ramdisk: $BATS_TEST_TMPDIR/ramdisk.gz," >"$SPEC"
}

ramdisk() {
	cp $IMAGES/guest.cpio.gz "$BATS_TEST_TMPDIR/ramdisk.gz"
	(cd /usr/local/bin && echo hotplug-tool | busybox cpio -o -H newc 2>/dev/null) | gzip -1 >>"$BATS_TEST_TMPDIR/ramdisk.gz"
}

# serves INTERFACE FIRST LAST FOLDER: what a DHCP server there is told, for printf.
serves() {
	printf '%s\\n' "interface $1" "start $2" "end $3" "lease_file $4/leases" "pidfile $4/udhcpd.pid" "offer_time 3"
}

# leased: which address of which server the client gets by DHCP, or "none".
leased() {
	on_guest client 'ip addr flush dev eth0 scope global; rm -f /tmp/lease; udhcpc -i eth0 -f -n -q -t 4 -T 2 -s /tmp/said >/dev/null 2>&1; cat /tmp/lease 2>/dev/null || echo none'
}

# udp_says ADDRESS PORT TEXT: what answers a datagram from outside there. One read takes all of the answer.
udp_says() {
	[ "$(out bash -c "exec 3<>/dev/udp/$1/$2 && echo >&3 && busybox timeout 3 dd bs=64 count=1 <&3 2>/dev/null")" = "$3" ]
}

# router: the default route of IPv6 that the client has, once the liar has announced one.
router() {
	on_guest client 'while ip -6 route del default 2>/dev/null; do :; done' >/dev/null
	on_guest liar "for i in 1 2 3; do /hotplug-tool send-frame eth0 $RA; sleep 1; done" >/dev/null
	on_guest client 'ip -6 route show default | sed "s/ dev.*//"'
}

@test "guests: DHCP, announced IPv6 and UDP work through the filter; what a guest says as a server or router is not heard" {
	local server
	outside
	ramdisk
	pair ""
	guests_up client liar
	writes_nothing
	on_guest client 'printf "#!/bin/sh\n[ \$1 != bound ] || echo \$ip of \$serverid >/tmp/lease; ip link set eth0 up\n" >/tmp/said; chmod +x /tmp/said; /tmp/said up'

	# As a client of a DHCP server in the host.
	printf "$(serves pk0 10.99.0.11 10.99.0.11 "$BATS_TEST_TMPDIR")" >"$BATS_TEST_TMPDIR/udhcpd.conf"
	: >"$BATS_TEST_TMPDIR/leases"
	busybox udhcpd -f "$BATS_TEST_TMPDIR/udhcpd.conf" >/dev/null 2>&1 3>&- &
	server=$!
	says "10.99.0.11 of 10.99.0.1" leased
	kill $server
	wait $server || true

	# By what it is told in XenStore, and then by UDP from outside.
	says "10.99.0.11 fd99::11" on_guest client "$OWN_NODE; for i in 0 1; do r vm-data/vif/0/ip/\$i; done"
	on_guest client "$OWN_NODE; echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad; ip addr add 10.99.0.11/24 dev eth0; ip route add default via 10.99.0.1; ip addr add \$(r vm-data/vif/0/ip/1)/64 dev eth0; ip route add default via fd99::1"
	says "yes yes yes" pings client 10 10.99.0.1 fd99::1 10.99.0.12
	on_guest client '(/hotplug-tool udp-answer 53 heard >/dev/null 2>&1 &)'
	wait_until 120 udp_says 192.0.2.1 5353 heard
	wait_until 120 udp_says 2001:db8::1 5353 heard
	run ! udp_says 192.0.2.1 53 heard

	# The liar: a DHCP server and a router.
	on_guest client 'ip route del default; ip -6 route del default; echo 1 >/proc/sys/net/ipv6/conf/eth0/accept_ra'
	on_guest liar ": >/tmp/leases; printf \"$(serves eth0 10.99.0.50 10.99.0.60 /tmp)\" >/tmp/conf; udhcpd /tmp/conf"
	says none leased
	says "" router
	pair ", filter: false"
	changes "domain/liar changed" "domain/client unchanged"
	[[ $(leased) == 10.99.0.5?" of 10.99.0.12" ]]
	says "default via fe80::ff:fe00:11" router
	pair ""
	changes "domain/liar changed"
	says none leased
	says "" router
	xlite delete --now "$SPEC"
}
