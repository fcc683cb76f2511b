#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Devices: read-only that is read-only, disks by tag, shared disks, and Xen's own hotplug scripts.

load helper

@test "devices: a read-only disk cannot be written by its guest, and its file stays as it is (XSA-142, XSA-266)" {
	disk_image "$BATS_TEST_TMPDIR/a.img" 4
	disk_image "$BATS_TEST_TMPDIR/b.img" 4
	local before
	before=$(md5sum <"$BATS_TEST_TMPDIR/b.img")
	linux_spec reader "xlite.run=rodisk" \
		"vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/a.img}, {vdev: xvdb, source: $BATS_TEST_TMPDIR/b.img, mode: ro}]"
	linux_up reader "GUEST: rodisk="
	[ "$(xenstore-read "/local/domain/0/backend/vbd/$(domid reader)/51728/mode")" = r ]
	grep "GUEST: rodisk=refused" "$(console_log reader)"
	xlite delete --now reader
	[ "$(md5sum <"$BATS_TEST_TMPDIR/b.img")" = "$before" ]
}

@test "devices: a disk by its label, and the same device not twice" {
	truncate -s 4M "$BATS_TEST_TMPDIR/l.img"
	mkfs.ext4 -q -F -L lab-root "$BATS_TEST_TMPDIR/l.img"
	local loop
	loop=$(losetup -f)
	losetup "$loop" "$BATS_TEST_TMPDIR/l.img"
	spec tagged "vbds: [{vdev: xvda, source: LABEL=lab-root}]"
	xlite apply "$SPEC"
	[ "$(xenstore-read "/local/domain/0/backend/vbd/$(domid tagged)/51712/params")" = "$loop" ]
	spec second "vbds: [{vdev: xvda, source: $loop}]"
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"second: disk xvda: $loop is attached to tagged (domid $(domid tagged)) as xvda, read-write"* ]]
	spec second "vbds: [{vdev: xvda, source: LABEL=lab-root}]"
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"disk xvda: LABEL=lab-root: the only answer is $loop, which domain tagged (as xvda) has"* ]]
	xlite delete --now tagged
	losetup -d "$loop"
}

@test "devices: a guest that writes another's label to its own disk neither keeps that one from starting nor lends it its disk" {
	local name theirs own dir=$BATS_TEST_TMPDIR
	for name in theirs own; do
		truncate -s 4M "$dir/$name.img"
		mkfs.ext4 -q -F -L lab-root "$dir/$name.img"
	done
	theirs=$(losetup -f)
	losetup "$theirs" "$dir/theirs.img"
	own=$(losetup -f)
	losetup "$own" "$dir/own.img"
	spec evil "vbds: [{vdev: xvdb, source: $theirs}]"
	cp "$SPEC" "$dir/evil.yaml"
	spec good "vbds: [{vdev: xvda, source: LABEL=lab-root}]"
	# By its spec, as after a boot of the host, whichever comes first.
	xlite apply -j 1 "$SPEC" "$dir/evil.yaml"
	[ "$(xenstore-read "/local/domain/0/backend/vbd/$(domid good)/51712/params")" = "$own" ]
	# By what it has.
	xlite delete --now good
	xlite apply "$SPEC"
	[ "$(xenstore-read "/local/domain/0/backend/vbd/$(domid good)/51712/params")" = "$own" ]
	# With the guest's own disk in use by itself nothing is in the way of building it anew.
	xlite reboot --now good
	[ "$(xenstore-read "/local/domain/0/backend/vbd/$(domid good)/51712/params")" = "$own" ]
	xlite delete --now good
	losetup -d "$own"
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"good: disk xvda: LABEL=lab-root: the only answer is $theirs, which domain evil (as xvdb) has"* ]]
	[[ $output == *"hint: "* ]]
	# A disk that both are to have is another matter.
	spec good "vbds: [{vdev: xvda, source: LABEL=lab-root, shared: true}]"
	xlite apply "$SPEC"
	xlite delete --now good evil
	losetup -d "$theirs"
	# Two that nobody has are named, both.
	losetup "$theirs" "$dir/theirs.img"
	losetup "$own" "$dir/own.img"
	spec good "vbds: [{vdev: xvda, source: LABEL=lab-root}]"
	run xlite apply "$SPEC"
	echo "$output"
	[[ $output == *"2 block devices have LABEL=lab-root: "*"$theirs"* && $output == *"$own"* && $output == *"hint: name the device by its path"* ]]
	losetup -d "$theirs"
	losetup -d "$own"
}

# The one sleeps before it opens the disk, which it has checked by then: it finds it free again, for the other has given it to blkback, which claims
# nothing. A node, not a link, since strace goes by what a link leads to.
@test "devices: of two domains built at once, one gets the device that they name by two paths" {
	local loop
	truncate -s 4M "$BATS_TEST_TMPDIR/both.img"
	loop=$(losetup -f)
	losetup "$loop" "$BATS_TEST_TMPDIR/both.img"
	mknod "$BATS_TEST_TMPDIR/node" b 7 "${loop#/dev/loop}"
	spec late "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/node}]"
	cp "$SPEC" "$BATS_TEST_TMPDIR/late.yaml"
	spec soon "vbds: [{vdev: xvda, source: $loop}]"
	run strace -qq -f -o /dev/null -P "$BATS_TEST_TMPDIR/node" -e trace=open,openat -e inject=open,openat:delay_enter=12000000:when=2 \
		xlite apply -j 2 "$BATS_TEST_TMPDIR/late.yaml" "$SPEC"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"domain/soon created"* ]]
	[[ $output == *"late: disk xvda: $loop is attached to soon (domid $(domid soon)) as xvda, read-write"* ]]
	[ "$(xlite list -o name | grep -cE '^domain/(late|soon)$')" -eq 1 ]
	xlite delete --now late soon
	losetup -d "$loop"
}

@test "devices: a partition is found by the name and by the number that its table gives it" {
	local loop id
	truncate -s 8M "$BATS_TEST_TMPDIR/p.img"
	printf 'label: gpt\nsize=2M, name="lab-data", uuid=11111111-2222-4333-8444-555555555555\n' | sfdisk -q "$BATS_TEST_TMPDIR/p.img"
	loop=$(losetup -f)
	losetup -P "$loop" "$BATS_TEST_TMPDIR/p.img"
	wait_until 120 test -e "${loop}p1"
	spec parts "vbds: [{vdev: xvda, source: PARTLABEL=lab-data}]"
	xlite apply "$SPEC"
	[ "$(xenstore-read "/local/domain/0/backend/vbd/$(domid parts)/51712/params")" = "${loop}p1" ]
	xlite delete --now parts
	spec parts "vbds: [{vdev: xvda, source: PARTUUID=11111111-2222-4333-8444-555555555555}]"
	xlite apply "$SPEC"
	[ "$(xenstore-read "/local/domain/0/backend/vbd/$(domid parts)/51712/params")" = "${loop}p1" ]
	xlite delete --now parts
	losetup -d "$loop"
}

@test "devices: shared allows a file in two domains" {
	truncate -s 1M "$BATS_TEST_TMPDIR/s.img"
	for name in s1 s2; do
		spec "$name" "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/s.img, shared: true}]"
		xlite apply "$SPEC"
	done
	xlite delete --now s1 s2
}

@test "devices: who has a file or a MAC is named" {
	truncate -s 1M "$BATS_TEST_TMPDIR/f.img"
	spec holder "vifs: [{bridge: xenbr0}, {bridge: xenbr0, mac: 00:16:3e:70:72:6e}]" "vbds: [{vdev: xvdc, source: $BATS_TEST_TMPDIR/f.img}]"
	xlite apply "$SPEC"
	spec asker "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/f.img}]"
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"asker: disk xvda: "*"/dev/loop"*" is attached to holder (domid $(domid holder)) as xvdc, read-write"* ]]
	spec asker "vifs: [{bridge: xenbr0, mac: 00:16:3e:70:72:6E}]"
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 73 ]
	[[ $output == *"asker: vif 0: the MAC 00:16:3e:70:72:6e is in use by holder (domid $(domid holder)), vif 1 on xenbr0"* ]]
	xlite delete --now holder
}

@test "devices: a hotplug script of Xen's connects a vif, and takes it off again" {
	spec scripted "vifs: [{bridge: xenbr0, script: vif-bridge}]"
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 0 ]
	[ -e "/sys/class/net/xenbr0/brif/vif$(domid scripted).0" ]
	[ "$(xenstore-read "/local/domain/0/backend/vif/$(domid scripted)/0/hotplug-status")" = connected ]
	xlite delete --now scripted
}

@test "devices: a hotplug script that fails is the error, and nothing is left" {
	printf '#!/bin/sh\necho "no such thing" >&2\nexit 3\n' >"$BATS_TEST_TMPDIR/broken"
	chmod +x "$BATS_TEST_TMPDIR/broken"
	spec broken "vifs: [{bridge: xenbr0, script: $BATS_TEST_TMPDIR/broken}]"
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"broken: vif 0: "*"no such thing"* ]]
}

# noting FILE: a script that says in FILE for which vif it was run, and with what.
noting() {
	# shellcheck disable=SC2016
	printf '#!/bin/sh\necho "$1 $vif" >>%s\n[ "$1" != online ] || xenstore-write "$XENBUS_PATH/hotplug-status" connected\n' "$1" >"$1.sh"
	chmod +x "$1.sh"
	echo "$1.sh"
}

@test "devices: a script is told of the end of the vif that is there, whatever its place in the spec" {
	local script id log=$BATS_TEST_TMPDIR/log
	script=$(noting "$log")
	spec noted "state: paused" "vifs:" "  - {bridge: xenbr0, mac: '00:16:3e:00:00:71', script: $script}" \
		"  - {bridge: xenbr0, mac: '00:16:3e:00:00:72', script: $script}"
	xlite apply "$SPEC"
	id=$(domid noted)
	spec noted "state: paused" "vifs: [{bridge: xenbr0, mac: '00:16:3e:00:00:72', script: $script}]"
	xlite apply "$SPEC"
	[ "$(tail -n 1 "$log")" = "offline vif$id.0" ]
	xlite delete --now noted
	cat "$log"
	[ "$(tail -n 1 "$log")" = "offline vif$id.1" ]
	[ "$(grep -c offline "$log")" -eq 2 ]
}

@test "devices: a disk's script finds its target as it was written, path or not, and is told of the disk's end" {
	local loop log=$BATS_TEST_TMPDIR/log script=$BATS_TEST_TMPDIR/block-test
	truncate -s 1M "$BATS_TEST_TMPDIR/t.img"
	loop=$(losetup -f)
	losetup "$loop" "$BATS_TEST_TMPDIR/t.img"
	# shellcheck disable=SC2016
	printf '#!/bin/sh\necho "$1 $(xenstore-read "$XENBUS_PATH/params")" >>%s\n[ "$1" != add ] || %s %s\n' "$log" \
		'xenstore-write "$XENBUS_PATH/physical-device"' \
		"$(stat -c %t:%T "$loop") "'"$XENBUS_PATH/hotplug-status" connected' >"$script"
	chmod +x "$script"
	spec scripted "state: paused" "vbds: [{vdev: xvda, source: \"rbd:pool/img a\", script: $script}]"
	xlite apply "$SPEC"
	[ "$(cat "$log")" = "add rbd:pool/img a" ]
	run xlite apply "$SPEC"
	[ "${lines[-1]}" = "domain/scripted unchanged" ]
	spec scripted "state: paused" "vbds: [{vdev: xvda, source: iqn.2001-05.com.example:store, script: $script}]"
	xlite apply "$SPEC"
	xlite delete --now scripted
	losetup -d "$loop"
	cat "$log"
	[ "$(tail -n +2 "$log" | tr '\n' ,)" = "remove rbd:pool/img a,add iqn.2001-05.com.example:store,remove iqn.2001-05.com.example:store," ]
}

@test "devices: what a script is not told is done beside it, seen when it goes, and mended without running it again" {
	local script id log=$BATS_TEST_TMPDIR/log back
	script=$(noting "$log")
	spec beside "state: paused" "vifs: [{bridge: xenbr0, mtu: 1400, rate: 8Mb/s, ip: 10.1.1.1, script: $script}]"
	xlite apply "$SPEC"
	id=$(domid beside)
	back=/local/domain/0/backend/vif/$id/0
	[ "$(xenstore-read "$back/mtu" "$back/bridge" "$back/ip" "/local/domain/$id/device/vif/0/mtu")" = $'1400\nxenbr0\n10.1.1.1\n1400' ]
	[ "$(xenstore-read "$back/rate")" = 50000,50000 ]
	[ "$(cat "/sys/class/net/vif$id.0/mtu")" = 1400 ]
	nft list table netdev xlite | grep -q 10.1.1.1
	xlite plan "$SPEC"
	nft delete table netdev xlite
	ip link set "vif$id.0" mtu 1300
	run xlite plan "$SPEC"
	echo "$output"
	[ "$status" -eq 2 ]
	[[ $output == *".filter"*"false -> true"* ]]
	[[ $output == *".mtu"*"1300 -> 1400"* ]]
	xlite apply "$SPEC"
	nft list table netdev xlite | grep -q 10.1.1.1
	[ "$(cat "/sys/class/net/vif$id.0/mtu")" = 1400 ]
	[ "$(cat "$log")" = "online vif$id.0" ]
	xlite delete --now beside
	[ "$(tail -n 1 "$log")" = "offline vif$id.0" ]
}

# foreign [LINE]: a domain of xl's with a disk in a file, to which Xen's script gives a loop device, and with one more line.
foreign() {
	truncate -s 1M "$BATS_TEST_TMPDIR/f.img"
	printf 'name="foreign"\ntype="pvh"\nmemory=32\nkernel="/root/images/tiny.elf"\ndisk=["%s,raw,xvda,rw"]\n%s\n' \
		"$BATS_TEST_TMPDIR/f.img" "${1:-}" >"$BATS_TEST_TMPDIR/xl.cfg"
	xl create -p "$BATS_TEST_TMPDIR/xl.cfg"
	losetup -j "$BATS_TEST_TMPDIR/f.img" | grep .
}

@test "devices: of a domain of xl's that delete --adopt ends no loop device is left, and its vif's script is run" {
	local id
	foreign "vif=[\"mac=00:16:3e:00:00:73,bridge=xenbr0,script=$(noting "$BATS_TEST_TMPDIR/log")\"]"
	id=$(domid foreign)
	xlite delete --adopt --now foreign
	[ "$(tail -n 1 "$BATS_TEST_TMPDIR/log")" = "offline vif$id.0" ]
	[ -z "$(losetup -j "$BATS_TEST_TMPDIR/f.img")" ]
}

@test "devices: of a domain of xl's that was taken over no loop device is left, neither by its disk's end nor by its own" {
	foreign
	xlite get -o yaml foreign >"$SPEC"
	xlite apply --adopt "$SPEC"
	xlite delete --now foreign
	[ -z "$(losetup -j "$BATS_TEST_TMPDIR/f.img")" ]
	foreign
	xlite get -o yaml foreign >"$SPEC"
	xlite apply --adopt "$SPEC"
	sed '/^vbds:/,/^[a-z]/{/^vbds:/d;/^ /d;/^-/d}' "$SPEC" >"$BATS_TEST_TMPDIR/diskless.yaml"
	xlite apply "$BATS_TEST_TMPDIR/diskless.yaml"
	[ -z "$(losetup -j "$BATS_TEST_TMPDIR/f.img")" ]
	xlite delete --now foreign
}

@test "devices: no program is run for what xlite does itself, from creation to the end" {
	local what
	truncate -s 16M "$BATS_TEST_TMPDIR/a.img"
	spec alone "state: paused" "vifs: [{bridge: xenbr0, mac: '00:16:3e:00:aa:01'}, {bridge: xenbr0, mac: '00:16:3e:00:aa:02'}]" "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/a.img}]"
	strace -f -qq -e trace=execve -o "$BATS_TEST_TMPDIR/made" xlite apply -q "$SPEC"
	spec alone "state: paused" "vifs: [{bridge: xenbr0, mac: '00:16:3e:00:aa:01'}]"
	strace -f -qq -e trace=execve -o "$BATS_TEST_TMPDIR/changed" xlite apply -q "$SPEC"
	[ -z "$(losetup -j "$BATS_TEST_TMPDIR/a.img")" ]
	strace -f -qq -e trace=execve -o "$BATS_TEST_TMPDIR/removed" xlite delete --now -q alone
	cat "$BATS_TEST_TMPDIR"/{made,changed,removed}
	for what in made changed removed; do
		[ "$(grep -c 'execve(' "$BATS_TEST_TMPDIR/$what")" -eq 1 ]
	done
}

@test "devices: a vif is called on the host as its spec says, and as xl's vifname says" {
	local id
	spec named "vifs: [{bridge: xenbr0, ifname: named-lan, ip: 10.9.9.9}]"
	run -0 xlite apply "$SPEC"
	id=$(domid named)
	ip -o link show named-lan | grep "master xenbr0.* UP\|UP.*master xenbr0"
	run ! ip link show "vif$id.0"
	nft list ruleset | grep named-lan
	[ "$(xenstore-read "/local/domain/0/backend/vif/$id/0/vifname")" = named-lan ]
	run -0 xlite plan "$SPEC"
	# A name that is taken is refused before anything is done.
	spec other "vifs: [{bridge: xenbr0, ifname: named-lan}]"
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"vif 0: ifname: named-lan is a vif of domain $id"* ]]
	ip link add named-own type bridge
	spec other "vifs: [{bridge: xenbr0, ifname: named-own}]"
	run xlite apply "$SPEC"
	[ "$status" -ne 0 ]
	[[ $output == *"vif 0: ifname: the host has an interface named-own of its own"* ]]
	ip link delete named-own
	run ! xl domid other
	# Its addresses change in place, with the rules for its name.
	spec named "vifs: [{bridge: xenbr0, ifname: named-lan, ip: 10.9.9.8}]"
	run -0 xlite apply "$SPEC"
	nft list ruleset | grep 10.9.9.8
	run -0 xlite plan "$SPEC"
	# Another name takes it out and puts it in again; so does one that somebody gave it.
	spec named "vifs: [{bridge: xenbr0, ifname: named-wan}]"
	run -2 xlite plan "$SPEC"
	[[ $output == *"ifname: named-lan -> named-wan  (hot-plug)"* ]]
	run -0 xlite apply "$SPEC"
	ip link show named-wan
	run ! ip link show named-lan
	run ! grep -q named-lan <(nft list ruleset)
	ip link set named-wan down
	ip link set named-wan name strange
	run -2 xlite plan "$SPEC"
	[[ $output == *".ifname: named-wan  (hot-plug)"* ]]
	run -0 xlite apply "$SPEC"
	ip link show named-wan
	# Built again, it has the name again; and one domain can take it from another in one run.
	spec named "vifs: [{bridge: xenbr0, ifname: named-wan}]" "cmdline: x"
	run -0 xlite apply --replace --now "$SPEC"
	ip link show named-wan
	{
		printf 'name: named\nmemory: 16MiB\nkernel: %s/tiny.elf\ncmdline: x\nvifs: [{bridge: xenbr0}]\n---\n' "$IMAGES"
		printf 'name: another\nmemory: 16MiB\nkernel: %s/tiny.elf\nvifs: [{bridge: xenbr0, ifname: named-wan}]\n' "$IMAGES"
	} >"$SPEC"
	run -0 xlite apply "$SPEC"
	[[ $(readlink "/sys/class/net/named-wan/device") == */vif-$(domid another)-0 ]]
	xlite delete --now named another
	printf '%s\n' 'name="theirs"' 'type="pvh"' 'memory=32' 'kernel="/root/images/tiny.elf"' \
		'vif=["bridge=xenbr0,vifname=theirs-lan"]' >"$BATS_TEST_TMPDIR/xl.cfg"
	xl create -p "$BATS_TEST_TMPDIR/xl.cfg"
	xlite get theirs -o yaml >"$SPEC"
	grep "ifname: theirs-lan" "$SPEC"
	run -0 xlite apply --adopt "$SPEC"
	run -0 xlite plan "$SPEC"
	xlite delete --now theirs
	# Xen's script takes the domain's number from the name of the link, and so writes the MTU there; that of 4.14 writes none.
	! xenstore-exists /local/domain/theirs-lan || xenstore-rm /local/domain/theirs-lan
}

# same_census: the program that tests use, and the lab's, by other tools.
same_census() {
	local how
	for how in settled ""; do
		/usr/local/bin/census $how >"$BATS_TEST_TMPDIR/lab"
		host-census $how >"$BATS_TEST_TMPDIR/ours"
		diff -u "$BATS_TEST_TMPDIR/lab" "$BATS_TEST_TMPDIR/ours" || return 1
	done
}

@test "devices: the census of these tests is the one of the lab" {
	local n
	disk_image "$BATS_TEST_TMPDIR/seen.img" 4
	spec seen "vifs: [{bridge: xenbr0, ip: 192.0.2.9/24}]" "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/seen.img}]"
	xlite apply "$SPEC"
	mkdir -p /run/xen-hotplug
	touch /run/xen-hotplug/census /run/lock/census /run/xlite/{lock,objects,watch,confirm}
	same_census
	rm /run/xen-hotplug/census /run/lock/census
	# And where XenStore is listed by its upper folders.
	for n in 1 2 3 4 5 6 7 8; do
		printf -- '---\nname: more%s\nmemory: 8MiB\nkernel: %s/tiny.elf\n' $n "$IMAGES" >>"$SPEC"
	done
	xlite apply -q "$SPEC"
	same_census
	xlite delete --now -q "$SPEC"
}
