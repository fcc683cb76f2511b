#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The hotplug programs in the place of Xen's scripts: started by xl and by `script:`, beside what Xen's own leave for the
# same guest. Guests stay paused, since nothing of them is asked for.

load helper

PROGRAMS=/usr/local/libexec/xlite
SCRIPTS=/etc/xen/scripts

setup_file() {
	[ -x /usr/local/libexec/xlite/xlite-block ] || skip "no hotplug programs in this lab"
	# Modules and files that come with first use are no leak of the first test.
	nft add table inet probe && nft delete table inet probe
	hotplug-tool lock /run/xlite/lock /var/lock/xl 1000 0
	FORWARD4=$(cat /proc/sys/net/ipv4/ip_forward) FORWARD6=$(cat /proc/sys/net/ipv6/conf/all/forwarding)
	NDP=$(cat /proc/sys/net/ipv6/conf/eth0/proxy_ndp) ARP=$(cat /proc/sys/net/ipv4/conf/eth0/proxy_arp)
	export FORWARD4 FORWARD6 NDP ARP
}

teardown_file() {
	echo "$NDP" >/proc/sys/net/ipv6/conf/eth0/proxy_ndp
	echo "$ARP" >/proc/sys/net/ipv4/conf/eth0/proxy_arp
	echo "$FORWARD4" >/proc/sys/net/ipv4/ip_forward
	echo "$FORWARD6" >/proc/sys/net/ipv6/conf/all/forwarding
}

# Beyond the census: routes, and neighbours that are answered for.
# That a bridge has lost its last port is said of its routes up to a second later.
plumbing() {
	ip route show | sed 's/ linkdown//'
	ip -6 route show | sed 's/ expires [0-9]*sec//; s/ linkdown//'
	ip neigh show proxy
	nft list tables
}

LOOKS+=(plumbing)

setup() {
	SPEC=$BATS_TEST_TMPDIR/spec.yaml
	begin
}

teardown() {
	local name
	if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
		for name in p1 p2; do xlite destroy $name || xl destroy $name || true; done
		nft delete table inet xlite 2>/dev/null || true
		nft delete table netdev xlite 2>/dev/null || true
		return 0
	fi
	wait_until 120 quiet
	end
}

# The kernel lets go of loop devices and vifs in its own time.
quiet() { [ -z "$(compgen -G '/sys/class/net/vif*')" ] && ! losetup -a | grep -q "$BATS_TEST_TMPDIR"; }

# guest NAME [LINE...]: a paused guest of xl's with more lines of xl.cfg.
guest() {
	local cfg=$BATS_TEST_TMPDIR/$1.cfg
	printf '%s\n' "name=\"$1\"" 'type="pvh"' 'memory=32' 'kernel="/root/images/tiny.elf"' >"$cfg"
	shift
	printf '%s\n' "$@" >>"$cfg"
	xl create -p "$cfg"
}

# device NAME vif|vbd DEVID: backend and frontend nodes, the domid made alike.
device() {
	local id
	id=$(domid "$1")
	{
		xenstore-ls -f "/local/domain/0/backend/$2/$id/$3" | grep -v '/script = '
		xenstore-ls -f "/local/domain/$id/device/$2/$3"
	} | sed "s,/$id/,/N/,g; s,/frontend-id = .*,/frontend-id = N," | sort
}

back() { xenstore-read "/local/domain/0/backend/$2/$(domid "$1")/$3/$4"; }

# link NAME: what `ip' shows of a link, without numbers that differ.
link() {
	ip -o -d link show "$1" | sed 's/^[0-9]*: *vif[0-9.]*/vif/; s/ port_id [^ ]* port_no [^ ]* / /; s/ designated_[a-z]* [^ ]*//g; s/_timer *[^ ]*//g; s/ parentdev [^ ]*//'
	ip -o addr show "$1" | sed 's/^[0-9]*: *vif[0-9.]*/vif/'
}

@test "programs: a vif in a bridge is as Xen's script leaves it" {
	local who script
	for who in xen ours; do
		script=$SCRIPTS/vif-bridge
		[ $who = xen ] || script=$PROGRAMS/xlite-vif-bridge
		guest p1 "vif=['script=$script,bridge=xenbr0,mac=00:16:3e:00:00:01']"
		device p1 vif 0 >"$BATS_TEST_TMPDIR/$who.nodes"
		link "vif$(domid p1).0" >"$BATS_TEST_TMPDIR/$who.link"
		xl destroy p1
		wait_until 120 quiet
	done
	grep 'hotplug-status = "connected"' "$BATS_TEST_TMPDIR/ours.nodes"
	grep 'master xenbr0' "$BATS_TEST_TMPDIR/ours.link"
	# Xen's script of 4.14 does not tell the guest of the MTU.
	grep '/device/vif/0/mtu = ' "$BATS_TEST_TMPDIR/xen.nodes" || sed -i '\,/device/vif/0/mtu = ,d' "$BATS_TEST_TMPDIR/ours.nodes"
	diff -u "$BATS_TEST_TMPDIR/xen.nodes" "$BATS_TEST_TMPDIR/ours.nodes"
	# Ours takes no IPv6 address, where Xen's flushes what there is.
	diff -u <(sed 's/ addrgenmode [a-z0-9_]*//' "$BATS_TEST_TMPDIR/xen.link") <(sed 's/ addrgenmode [a-z0-9_]*//' "$BATS_TEST_TMPDIR/ours.link")
}

@test "programs: xl attaches a vif with a name and an MTU of its own, and detaches it" {
	local mtu=1400 words=(mtu=1400)
	# xl of 4.14 cannot name one: then it is the bridge's.
	[[ $(xl help network-attach) == *mtu=* ]] || mtu=$(cat /sys/class/net/xenbr0/mtu) words=()
	guest p1
	xl network-attach p1 bridge=xenbr0 script=$PROGRAMS/xlite-vif-bridge vifname=myvif "${words[@]}"
	[ -e /sys/class/net/xenbr0/brif/myvif ]
	[ "$(cat /sys/class/net/myvif/mtu)" = "$mtu" ]
	[ "$(xenstore-read "/local/domain/$(domid p1)/device/vif/0/mtu")" = "$mtu" ]
	# Another domain's vif cannot have it, and does not lose it to that one's end.
	run guest p2 "vif=['bridge=xenbr0,script=$PROGRAMS/xlite-vif-bridge,vifname=myvif']"
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"rename it to myvif: File exists"* ]]
	[ -e /sys/class/net/xenbr0/brif/myvif ]
	[ "$(cat /sys/class/net/myvif/operstate)" != down ] || ip link show myvif | grep -q ',UP'
	xl network-detach p1 0
	[ ! -e /sys/class/net/myvif ]
	xl destroy p1
}

@test "programs: a bridge that is missing is said by xl, and nothing is left" {
	run guest p1 "vif=['bridge=nobr9,script=$PROGRAMS/xlite-vif-bridge']"
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"there is no bridge nobr9 (bridges here: xenbr0)"* ]]
	run ! xl domid p1
}

@test "programs: a vif with addresses is filtered, and the filter ends with it" {
	guest p1 "vif=['bridge=xenbr0,script=$PROGRAMS/xlite-vif-bridge,mac=00:16:3e:00:00:01,ip=10.88.0.9 fd88::9']"
	nft list table netdev xlite >"$BATS_TEST_TMPDIR/rules"
	grep "vif$(domid p1).0" "$BATS_TEST_TMPDIR/rules"
	grep 10.88.0.9 "$BATS_TEST_TMPDIR/rules"
	grep fd88::9 "$BATS_TEST_TMPDIR/rules"
	xl network-detach p1 0
	run ! nft list table netdev xlite
	xl destroy p1
}

@test "programs: xlite-vif-route lays the guest's addresses, of both families, and takes them back" {
	local vif
	guest p1 "vif=['script=$PROGRAMS/xlite-vif-route,gatewaydev=eth0,ip=10.99.0.10 fd99::10']"
	vif=vif$(domid p1).0
	[ "$(back p1 vif 0 hotplug-status)" = connected ]
	ip route show 10.99.0.10 | grep "dev $vif"
	ip -6 route show fd99::10 | grep "dev $vif"
	ip addr show "$vif" | grep 10.0.2.15/32
	ip neigh show proxy | grep "fd99::10 dev eth0"
	[ "$(cat "/proc/sys/net/ipv4/conf/$vif/proxy_arp")" = 1 ]
	xl destroy p1
	run ip neigh show proxy
	[ -z "$output" ]
}

@test "programs: a routed vif is as Xen's script leaves it, IPv4 alone" {
	local who script vif
	for who in xen ours; do
		script=$SCRIPTS/vif-route
		[ $who = xen ] || script=$PROGRAMS/xlite-vif-route
		guest p1 "vif=['script=$script,gatewaydev=eth0,mac=00:16:3e:00:00:01,ip=10.99.0.10']" || { xl destroy p1; skip "Xen's vif-route does not work here"; }
		vif=vif$(domid p1).0
		device p1 vif 0 >"$BATS_TEST_TMPDIR/$who.nodes"
		# Xen's route names its source and a metric; in ours the borrowed address is the only source there is.
		ip route show dev "$vif" | sed 's/ src [^ ]*//; s/ metric 2//; s/ proto static//; s/ scope link//; s/ linkdown//; s/ *$//' >"$BATS_TEST_TMPDIR/$who.routes"
		xl destroy p1
		wait_until 120 quiet
	done
	diff -u "$BATS_TEST_TMPDIR/xen.nodes" "$BATS_TEST_TMPDIR/ours.nodes"
	diff -u "$BATS_TEST_TMPDIR/xen.routes" "$BATS_TEST_TMPDIR/ours.routes"
}

@test "programs: a routed vif without an address is refused" {
	run guest p1 "vif=['script=$PROGRAMS/xlite-vif-route,gatewaydev=eth0']"
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"the backend has no ip"* ]]
	run guest p1 "vif=['script=$PROGRAMS/xlite-vif-route,gatewaydev=eth0,ip=10.99.0.0/24']"
	echo "$output"
	[ "$status" -ne 0 ]
	run ! nft list table netdev xlite
}

@test "programs: xlite-vif-nat routes and translates, and cleans up" {
	local vif
	guest p1 "vif=['script=$PROGRAMS/xlite-vif-nat,mac=00:16:3e:00:00:01,ip=10.99.0.10/24 fd99::10/64']"
	vif=vif$(domid p1).0
	ip route show 10.99.0.10 | grep "dev $vif"
	ip -6 route show fd99::10 | grep "dev $vif"
	nft list table inet xlite >"$BATS_TEST_TMPDIR/rules"
	grep "ip saddr 10.99.0.10.* oifname != \"$vif\" masquerade" "$BATS_TEST_TMPDIR/rules"
	grep "ip6 saddr fd99::10.* oifname != \"$vif\" masquerade" "$BATS_TEST_TMPDIR/rules"
	[ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ]
	[ -z "$(ip neigh show proxy)" ]
	xl destroy p1
	run ! nft list table inet xlite
}

@test "programs: a file is as Xen's block script gives it, but for a loop device that ends by itself" {
	local who script
	truncate -s 2M "$BATS_TEST_TMPDIR/a.img"
	for who in xen ours; do
		script=$SCRIPTS/block
		[ $who = xen ] || script=$PROGRAMS/xlite-block
		guest p1 "disk=['format=raw,vdev=xvda,access=rw,script=$script,target=$BATS_TEST_TMPDIR/a.img']"
		device p1 vbd 51712 >"$BATS_TEST_TMPDIR/$who.nodes"
		[ -e "/sys/bus/xen-backend/devices/vbd-$(domid p1)-51712/physical_device" ]
		xl destroy p1
		wait_until 120 quiet
	done
	grep 'physical-device-path = "/dev/loop' "$BATS_TEST_TMPDIR/ours.nodes"
	# Xen's remembers in `node' which loop device to remove.
	diff -u <(grep -v '/node = ' "$BATS_TEST_TMPDIR/xen.nodes") "$BATS_TEST_TMPDIR/ours.nodes"
}

@test "programs: xl attaches a read-only disk, and detaches it" {
	local loop force=()
	truncate -s 2M "$BATS_TEST_TMPDIR/a.img"
	guest p1
	xl block-attach p1 "format=raw,vdev=xvdb,access=ro,script=$PROGRAMS/xlite-block,target=$BATS_TEST_TMPDIR/a.img"
	loop=$(back p1 vbd 51728 physical-device-path)
	[ "$(blockdev --getro "$loop")" = 1 ]
	[ "$(back p1 vbd 51728 physical-device)" = "7:$(printf %x "${loop#/dev/loop}")" ]
	# Paused, it cannot let go by itself. xl of 4.14 waits ten seconds for that in any case.
	[[ $(xl help block-detach) != *--force* ]] || force=(--force)
	xl block-detach "${force[@]}" p1 xvdb
	wait_until 120 quiet
	xl destroy p1
}

@test "programs: a block device by its label, which no other guest gets" {
	local loop
	truncate -s 4M "$BATS_TEST_TMPDIR/l.img"
	mkfs.ext4 -q -F -L lab-prog "$BATS_TEST_TMPDIR/l.img"
	loop=$(losetup -f)
	losetup "$loop" "$BATS_TEST_TMPDIR/l.img"
	guest p1 "disk=['format=raw,vdev=xvda,access=rw,script=$PROGRAMS/xlite-block,target=LABEL=lab-prog']"
	[ "$(back p1 vbd 51712 physical-device-path)" = "$loop" ]
	run guest p2 "disk=['format=raw,vdev=xvda,access=ro,script=$PROGRAMS/xlite-block,target=$loop']"
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"$loop: in use by domid $(domid p1), read-write"* ]]
	# A device of xlite's is seen, too.
	xl destroy p1
	spec p1 "vbds: [{vdev: xvda, source: $loop}]"
	xlite apply "$SPEC"
	run guest p2 "disk=['format=raw,vdev=xvda,access=rw,script=$PROGRAMS/xlite-block,target=$loop']"
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"in use by domid $(domid p1)"* ]]
	xlite delete --now p1
	losetup -d "$loop"
}

@test "programs: a file that is missing or busy is said by xl, and nothing is left" {
	truncate -s 2M "$BATS_TEST_TMPDIR/a.img"
	run guest p1 "disk=['format=raw,vdev=xvda,access=rw,script=$PROGRAMS/xlite-block,target=$BATS_TEST_TMPDIR/none.img']"
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"script: $BATS_TEST_TMPDIR/none.img: No such file or directory"* ]]
	run ! xl domid p1
	guest p1 "disk=['format=raw,vdev=xvda,access=rw,script=$PROGRAMS/xlite-block,target=$BATS_TEST_TMPDIR/a.img']"
	run guest p2 "disk=['format=raw,vdev=xvda,access=rw,script=$PROGRAMS/xlite-block,target=$BATS_TEST_TMPDIR/a.img']"
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"$BATS_TEST_TMPDIR/a.img: in use read-write through $(back p1 vbd 51712 physical-device-path)"* ]]
	xl destroy p1
}

# The third ioctl comes once the loop device is bound, the first access once blkback was told of it.
@test "programs: killed at any moment, xlite-block leaves no loop device" {
	local when log=$BATS_TEST_TMPDIR/trace
	truncate -s 2M "$BATS_TEST_TMPDIR/a.img"
	for when in ioctl:signal=KILL:when=3 access:signal=KILL:when=1; do
		printf '#!/bin/sh\n[ "$1" = add ] || exit 0\nexec strace -qq -o %s -e trace=ioctl,access -e inject=%s %s "$@"\n' \
			"$log" "$when" "$PROGRAMS/xlite-block" >"$BATS_TEST_TMPDIR/killed"
		chmod +x "$BATS_TEST_TMPDIR/killed"
		run guest p1 "disk=['format=raw,vdev=xvda,access=rw,script=$BATS_TEST_TMPDIR/killed,target=$BATS_TEST_TMPDIR/a.img']"
		echo "$output"
		cat "$log"
		[ "$status" -ne 0 ]
		grep -E '^ioctl.*LOOP_CONFIGURE.* = 0' "$log"
		wait_until 120 quiet
	done
}

@test "programs: xlite's own script: runs them" {
	truncate -s 2M "$BATS_TEST_TMPDIR/a.img"
	spec p1 "state: paused" "vifs: [{bridge: xenbr0, script: $PROGRAMS/xlite-vif-bridge}]" \
		"vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/a.img, script: $PROGRAMS/xlite-block}]"
	xlite apply "$SPEC"
	[ -e "/sys/class/net/xenbr0/brif/vif$(domid p1).0" ]
	[ "$(back p1 vbd 51712 hotplug-status)" = connected ]
	run -0 xlite apply "$SPEC"
	[[ $output == *unchanged* ]]
	xlite delete --now p1
	spec p1 "vifs: [{bridge: nobr9, script: $PROGRAMS/xlite-vif-bridge}]"
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"p1: vif 0: "*"there is no bridge nobr9"* ]]
}

@test "programs: one process without a filter, where Xen's scripts start dozens" {
	local who script
	for who in xen ours; do
		script=$SCRIPTS/vif-bridge
		[ $who = xen ] || script=$PROGRAMS/xlite-vif-bridge
		printf '#!/bin/sh\nexec strace -f -qq -e trace=execve,clone,fork,vfork -e signal=none -o %s.%s %s "$@"\n' \
			"$BATS_TEST_TMPDIR/$who" '$1' "$script" >"$BATS_TEST_TMPDIR/xlite-vif-bridge"
		chmod +x "$BATS_TEST_TMPDIR/xlite-vif-bridge"
		guest p1 "vif=['bridge=xenbr0,script=$BATS_TEST_TMPDIR/xlite-vif-bridge']"
		xl destroy p1
		echo "# $who: online $(grep -c 'execve(.*= 0' "$BATS_TEST_TMPDIR/$who.online") programs, $(grep -cE '(clone|fork)\(.*= [0-9]+' "$BATS_TEST_TMPDIR/$who.online") forks" >&3
	done
	[ "$(grep -c 'execve(.*= 0' "$BATS_TEST_TMPDIR/ours.online")" -eq 1 ]
	run ! grep -E '(clone|fork)\(' "$BATS_TEST_TMPDIR/ours.online"
}
