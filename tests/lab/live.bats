#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Devices that come, go and change while a guest runs: said by the guest, by xl and by the host.

load helper

# ports BRIDGE: the names of its ports that are vifs.
ports() {
	(cd "/sys/class/net/$1/brif" && printf '%s\n' vif*) | grep -v '[*]' || true
}

@test "live: a paused domain gets and loses a vif and a disk, and each second apply writes nothing" {
	truncate -s 1M "$BATS_TEST_TMPDIR/a.img" "$BATS_TEST_TMPDIR/b.img"
	spec plug "state: paused" "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/a.img}]"
	xlite apply "$SPEC"
	local id
	id=$(domid plug)
	spec plug "state: paused" "vifs: [{bridge: xenbr0}]" \
		"vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/a.img}, {vdev: xvdb, source: $BATS_TEST_TMPDIR/b.img, mode: ro}]"
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "domain/plug changed" ]
	[ "$(domid plug)" = "$id" ]
	[ -e "/sys/class/net/xenbr0/brif/vif$id.0" ]
	xl network-list plug | grep -E '^0 '
	[ "$(xl block-list plug | grep -c "/vbd/$id/")" -eq 2 ]
	run xlite apply "$SPEC"
	[ "${lines[-1]}" = "domain/plug unchanged" ]
	spec plug "state: paused"
	run xlite apply "$SPEC"
	echo "$output"
	[ "${lines[-1]}" = "domain/plug changed" ]
	[ ! -e "/sys/class/net/vif$id.0" ]
	[ "$(xl block-list plug | grep -c "/vbd/$id/")" -eq 0 ]
	[ -z "$(losetup -a)" ]
	run xlite apply "$SPEC"
	[ "${lines[-1]}" = "domain/plug unchanged" ]
	xlite delete --now plug
}

@test "live: a disk that another domain has is neither made writable nor unshared, and stays as it is" {
	local loop source
	truncate -s 1M "$BATS_TEST_TMPDIR/a.img" "$BATS_TEST_TMPDIR/b.img"
	loop=$(losetup -f)
	losetup "$loop" "$BATS_TEST_TMPDIR/a.img"
	for source in "$loop" "$BATS_TEST_TMPDIR/b.img"; do
		spec other "state: paused" "vbds: [{vdev: xvda, source: $source, mode: ro}]"
		xlite apply "$SPEC"
		spec plug "state: paused" "vbds: [{vdev: xvda, source: $source, mode: ro}]"
		xlite apply "$SPEC"
		spec plug "state: paused" "vbds: [{vdev: xvda, source: $source}]"
		run xlite apply "$SPEC"
		echo "$output"
		[ "$status" -eq 1 ]
		[[ $output == *"plug: disk xvda: /dev/loop"*" is attached to other (domid $(domid other)) as xvda, read-only"* ]]
		[ "$(xenstore-read "/local/domain/0/backend/vbd/$(domid plug)/51712/mode")" = r ]
		xlite delete --now other
		run xlite apply "$SPEC"
		echo "$output"
		[ "${lines[-1]}" = "domain/plug changed" ]
		[ "$(xenstore-read "/local/domain/0/backend/vbd/$(domid plug)/51712/mode")" = w ]
		xlite delete --now plug
	done
	spec other "state: paused" "vbds: [{vdev: xvda, source: $loop, shared: true}]"
	xlite apply "$SPEC"
	spec plug "state: paused" "vbds: [{vdev: xvda, source: $loop, shared: true}]"
	xlite apply "$SPEC"
	spec plug "state: paused" "vbds: [{vdev: xvda, source: $loop}]"
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"plug: disk xvda: $loop is attached to other (domid $(domid other)) as xvda, read-write"* ]]
	xlite delete --now plug other
	losetup -d "$loop"
}

@test "live: a running guest sees a disk come, grow and go, and an interface come and go" {
	disk_image "$BATS_TEST_TMPDIR/a.img" 4
	linux_spec seer "xlite.run=disk" "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/a.img}]"
	linux_up seer "GUEST: ready"
	local id
	id=$(domid seer)
	truncate -s 2M "$BATS_TEST_TMPDIR/b.img"
	truncate -s 1M "$BATS_TEST_TMPDIR/c.iso"
	linux_spec seer "xlite.run=disk" "vifs: [{bridge: xenbr0}]" \
		"vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/a.img}, {vdev: xvdb, source: $BATS_TEST_TMPDIR/b.img}, {vdev: xvdc, source: $BATS_TEST_TMPDIR/c.iso, cdrom: true}]"
	run xlite apply "$SPEC"
	echo "$output"
	[ "${lines[-1]}" = "domain/seer changed" ]
	[ "$(domid seer)" = "$id" ]
	# A disc arrives as well, which only reads.
	run on_guest seer 'until [ -e /dev/xvdc ]; do usleep 50000; done; cat /sys/block/xvdc/ro /sys/block/xvdc/size'
	echo "$output"
	[ "$output" = "1 2048" ]
	run on_guest seer 'until [ -e /dev/xvdb -a -e /sys/class/net/eth0 ]; do usleep 50000; done; echo "$(cat /sys/block/xvdb/size) $(ls /sys/class/net | tr "\n" ,)"'
	echo "$output"
	[[ $output == "4096 eth0,lo,"* ]]

	truncate -s 3M "$BATS_TEST_TMPDIR/b.img"
	run xlite plan "$SPEC"
	echo "$output"
	[ "$status" -eq 2 ]
	[[ $output == *"vbds[xvdb].size: 2097152 bytes -> 3145728 bytes  (live)"* ]]
	run xlite apply "$SPEC"
	echo "$output"
	[ "${lines[-1]}" = "domain/seer changed" ]
	run on_guest seer 'until [ "$(cat /sys/block/xvdb/size)" = 6144 ]; do dd if=/dev/xvdb of=/dev/null bs=4096 count=1 iflag=direct 2>/dev/null; usleep 50000; done; echo "$(cat /sys/block/xvdb/size)"'
	echo "$output"
	[[ $output == "6144"* ]]
	run xlite plan "$SPEC"
	[ "$status" -eq 0 ]

	linux_spec seer "xlite.run=disk" "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/a.img}]"
	run xlite apply "$SPEC"
	echo "$output"
	[ "${lines[-1]}" = "domain/seer changed" ]
	run on_guest seer 'echo "$(ls /sys/block | grep -c xvdb) $(ls /sys/class/net | tr "\n" ,)"'
	echo "$output"
	[[ $output == "0 lo,"* ]]
	[ -z "$(ports xenbr0)" ]
	xlite delete seer
}

# Linux since 5.16 gives up a disk that is mounted. A guest that does not is played by its nodes, which it could write so.
@test "live: a disk that the guest does not let go stays, with the guest's reason made harmless, and goes when it does" {
	truncate -s 1M "$BATS_TEST_TMPDIR/a.img"
	spec holder "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/a.img}]"
	xlite apply "$SPEC"
	local front
	front=/local/domain/$(domid holder)
	xenstore-write "$front/device/vbd/51712/state" 3
	xenstore-write "$front/error/device/vbd/51712/error" "$(printf '16 Device in use\033[2J; refusing to close')"
	spec holder
	run xlite apply --timeout 3 "$SPEC"
	echo "$output"
	[ "$status" -eq 124 ]
	[[ $output == *"holder: disk xvda: the guest has not let go of it (it says: 16 Device in use?[2J; refusing to close)"* ]]
	xl block-list holder | grep 51712
	run xlite plan "$SPEC"
	echo "$output"
	[ "$status" -eq 2 ]
	xenstore-write "$front/device/vbd/51712/state" 6
	run xlite apply "$SPEC"
	echo "$output"
	[ "${lines[-1]}" = "domain/holder changed" ]
	run xlite plan "$SPEC"
	[ "$status" -eq 0 ]
	xlite delete --now holder
}

# refused KIND/DEVID LINE: a device that the guest of `holder' uses, as it says, and does not let go, given back with its spec.
refused() {
	local id back front was pid dir=$BATS_TEST_TMPDIR
	spec holder "$2"
	run -0 xlite apply "$SPEC"
	cp "$SPEC" "$dir/with.yaml"
	id=$(domid holder)
	front=/local/domain/$id/device/$1
	back=$(xenstore-read "$front/backend")
	xenstore-write "$front/state" 4
	was=$(xenstore-read "$back/state")
	spec holder

	# A guest that has not even looked is no longer asked, so that it does not let go when nobody wants that any more.
	run -124 xlite apply --timeout 2 "$SPEC"
	echo "$output"
	[[ $output == *"the guest has not let go of it"*"the guest keeps the device and is not asked any more"* ]]
	[ "$(xenstore-read "$back/online" "$back/state" | tr '\n' ' ')" = "1 $was " ]
	run -0 xlite plan "$dir/with.yaml"
	run -2 xlite plan "$SPEC"

	# One that has begun to close it goes on with that whatever it is told.
	xlite apply --timeout 6 "$SPEC" >"$dir/out" 2>&1 3>&- &
	pid=$!
	wait_until 60 sh -c "[ \"\$(xenstore-read $back/online)\" = 0 ]"
	xenstore-write "$front/state" 5
	status=0
	wait $pid || status=$?
	cat "$dir/out"
	[ "$status" -eq 124 ]
	grep -q "it has begun to, and loses it" "$dir/out"
	run -2 xlite plan "$dir/with.yaml"
	echo "$output"
	run -2 xlite plan "$SPEC"
	# Asked again, also by a run that would give it back at once.
	run -124 xlite apply --timeout 2 "$dir/with.yaml"
	run -2 xlite plan "$dir/with.yaml"
	xenstore-write "$front/state" 6
	run -0 xlite apply "$dir/with.yaml"
	echo "$output"
	[ "${lines[-1]}" = "domain/holder changed" ]
	run -0 xlite plan "$dir/with.yaml"
	xlite delete --now holder
}

@test "live: a device that the guest refused to let go is asked for no longer, or shown as one that goes, and is had again" {
	truncate -s 1M "$BATS_TEST_TMPDIR/a.img"
	refused vbd/51712 "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/a.img}]"
	refused vif/0 "vifs: [{bridge: xenbr0}]"
}

@test "live: a vif moves to another bridge and gets another MTU, and the guest keeps it" {
	ip link add xenbr7 type bridge
	ip link set xenbr7 up
	spec mover "vifs: [{bridge: xenbr0}]"
	xlite apply "$SPEC"
	local id index
	id=$(domid mover)
	index=$(cat "/sys/class/net/vif$id.0/ifindex")
	spec mover "vifs: [{bridge: xenbr7, mtu: 1400}]"
	run xlite apply "$SPEC"
	echo "$output"
	[ "${lines[-1]}" = "domain/mover changed" ]
	[ "$(ports xenbr7)" = "vif$id.0" ]
	[ "$(cat "/sys/class/net/vif$id.0/mtu")" = 1400 ]
	[ "$(cat "/sys/class/net/vif$id.0/ifindex")" = "$index" ]
	[ "$(xenstore-read "/local/domain/0/backend/vif/$id/0/bridge")" = xenbr7 ]
	run xlite apply "$SPEC"
	[ "${lines[-1]}" = "domain/mover unchanged" ]
	xlite delete --now mover
	ip link del xenbr7
}

@test "live: an attachment that fails takes back what came before it" {
	truncate -s 1M "$BATS_TEST_TMPDIR/a.img" "$BATS_TEST_TMPDIR/b.img"
	spec undone "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/a.img}]"
	xlite apply "$SPEC"
	census >"$BATS_TEST_TMPDIR/mid"
	printf '#!/bin/sh\nexit 3\n' >"$BATS_TEST_TMPDIR/broken"
	chmod +x "$BATS_TEST_TMPDIR/broken"
	spec undone "vbds: [{vdev: xvdb, source: $BATS_TEST_TMPDIR/b.img}, {vdev: xvdc, source: /nowhere, script: $BATS_TEST_TMPDIR/broken}]"
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"undone: disk xvdc: "* ]]
	census >"$BATS_TEST_TMPDIR/end"
	diff -u "$BATS_TEST_TMPDIR/mid" "$BATS_TEST_TMPDIR/end"
	xlite delete --now undone
}

@test "live: a run killed while it attaches is mended by the next" {
	truncate -s 1M "$BATS_TEST_TMPDIR/a.img" "$BATS_TEST_TMPDIR/b.img"
	local at calls loop kills=0
	loop=$(losetup -f)
	losetup "$loop" "$BATS_TEST_TMPDIR/b.img"
	spec torn "vifs: [{bridge: xenbr0, mac: 00:16:3e:70:72:6e}]" "vbds: [{vdev: xvdb, source: $loop}]"
	cp "$SPEC" "$BATS_TEST_TMPDIR/given.yaml"
	spec torn "vifs: [{bridge: xenbr0}]" "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/a.img}]"
	cp "$SPEC" "$BATS_TEST_TMPDIR/derived.yaml"
	spec torn
	xlite apply "$SPEC"
	cp "$BATS_TEST_TMPDIR/derived.yaml" "$SPEC"
	calls=$(strace -f -e trace=sendto,sendmsg,write,ioctl xlite apply -q "$SPEC" 2>&1 | grep -cE '^(sendto|sendmsg|write|ioctl)\(')
	echo "calls: $calls"
	[ "$calls" -gt 10 ]
	for ((at = 4; at < calls; at += 5)); do
		spec torn
		xlite apply -q "$SPEC"
		cp "$BATS_TEST_TMPDIR/$([ $((at % 2)) -eq 0 ] && echo given || echo derived).yaml" "$SPEC"
		strace -f -o /dev/null -e trace=sendto,sendmsg,write,ioctl \
			-e inject=sendto,sendmsg,write,ioctl:signal=KILL:when="$at" xlite apply -q "$SPEC" || kills=$((kills + 1))
		run xlite apply -q "$SPEC"
		echo "killed at call $at: $output"
		[ "$status" -eq 0 ]
		[ -e "/sys/class/net/xenbr0/brif/vif$(domid torn).0" ]
		[ "$(xl block-list torn | grep -c '/vbd/')" -eq 1 ]
		run xlite plan "$SPEC"
		echo "$output"
		[ "$status" -eq 0 ]
	done
	[ "$kills" -ge 5 ]
	xlite delete --now torn
	losetup -d "$loop"
}

@test "live: a run killed while it detaches is mended by the next" {
	truncate -s 1M "$BATS_TEST_TMPDIR/a.img"
	local at kills=0
	for ((at = 8; at < 32; at += 3)); do
		spec torn "vifs: [{bridge: xenbr0}]" "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/a.img}]"
		xlite apply -q "$SPEC"
		spec torn
		strace -f -o /dev/null -e trace=sendto,sendmsg,write,ioctl \
			-e inject=sendto,sendmsg,write,ioctl:signal=KILL:when="$at" xlite apply -q "$SPEC" || kills=$((kills + 1))
		run xlite apply -q "$SPEC"
		echo "killed at call $at: $output"
		[ "$status" -eq 0 ]
		[ ! -e "/sys/class/net/vif$(domid torn).0" ]
		[ -z "$(losetup -a)" ]
		run xlite plan "$SPEC"
		[ "$status" -eq 0 ]
	done
	[ "$kills" -ge 4 ]
	xlite delete --now torn
}

@test "live: a CD drive without a disc is none, and comes and goes with it" {
	truncate -s 1M "$BATS_TEST_TMPDIR/disc.iso"
	local back
	spec player "vbds: [{vdev: xvdc, cdrom: true}]"
	xlite apply "$SPEC"
	back=/local/domain/0/backend/vbd/$(domid player)/51744
	run ! xenstore-read "$back/params"
	run xlite plan "$SPEC"
	[ "$status" -eq 0 ]
	spec player "vbds: [{vdev: xvdc, cdrom: true, source: $BATS_TEST_TMPDIR/disc.iso}]"
	run xlite apply "$SPEC"
	echo "$output"
	[ "${lines[-1]}" = "domain/player changed" ]
	[ "$(xenstore-read "$back/mode")" = r ]
	[ "$(xenstore-read "/local/domain/$(domid player)/device/vbd/51744/device-type")" = disk ]
	run xlite apply "$SPEC"
	[ "${lines[-1]}" = "domain/player unchanged" ]
	spec player "vbds: [{vdev: xvdc, cdrom: true}]"
	run xlite apply "$SPEC"
	echo "$output"
	[ "${lines[-1]}" = "domain/player changed" ]
	run ! xenstore-read "$back/params"
	[ -z "$(losetup -a)" ]
	run xlite plan "$SPEC"
	[ "$status" -eq 0 ]
	xlite delete --now player
}

@test "live: a disk whose file has another size by now is removed, or exchanged, all the same" {
	local a=$BATS_TEST_TMPDIR/a.img b=$BATS_TEST_TMPDIR/b.img c=$BATS_TEST_TMPDIR/c.img id
	truncate -s 2M "$a" "$b" "$c"
	spec resized "state: paused" "vbds: [{vdev: xvda, source: $a}, {vdev: xvdb, source: $b}]"
	xlite apply "$SPEC"
	id=$(domid resized)
	# Grown, and exchanged.
	truncate -s 3M "$b"
	spec resized "state: paused" "vbds: [{vdev: xvda, source: $a}, {vdev: xvdb, source: $c}]"
	run -2 xlite plan "$SPEC"
	echo "$output"
	[[ $output != *".size"* ]]
	run -0 xlite apply "$SPEC"
	[ "${lines[-1]}" = "domain/resized changed" ]
	# Shrunk, and removed, while another one grows.
	truncate -s 1M "$c"
	truncate -s 4M "$a"
	spec resized "state: paused" "vbds: [{vdev: xvda, source: $a}]"
	run -0 xlite apply "$SPEC"
	echo "$output"
	[ "${lines[-1]}" = "domain/resized changed" ]
	[ "$(domid resized)" = "$id" ]
	run -0 xlite plan "$SPEC"
	# Grown, and removed.
	truncate -s 5M "$a"
	spec resized "state: paused"
	run -0 xlite apply "$SPEC"
	[ "${lines[-1]}" = "domain/resized changed" ]
	[ "$(domid resized)" = "$id" ]
	xlite delete --now resized
}

@test "live: who is told of addresses by XenStore is told of others, and a vif that goes leaves no word of them" {
	local told vifs='{bridge: xenbr0, mac: "00:16:3e:00:00:81", announce: xenstore, ip: '
	spec told "state: paused" "vifs: [${vifs}[10.1.1.1, 'fd01::1']}, {bridge: xenbr0, ip: 10.1.1.9, announce: xenstore}]"
	xlite apply "$SPEC"
	told=/local/domain/$(domid told)/vm-data/vif
	[ "$(xenstore-read "$told/0/ip/0" "$told/0/ip/1" "$told/1/ip/0")" = $'10.1.1.1\nfd01::1\n10.1.1.9' ]
	spec told "state: paused" "vifs: [${vifs}10.1.1.2}]"
	xlite apply "$SPEC"
	[ "$(xenstore-read "$told/0/ip/0")" = 10.1.1.2 ]
	[ "$(xenstore-list "$told/0/ip")" = 0 ]
	run ! xenstore-read "$told/1/ip/0"
	run ! xenstore-list "$told/0/gateway"
	# Routers, also outside of the subnet.
	spec told "state: paused" "vifs: [${vifs}10.1.1.2/32, gateway: [192.0.2.1, 'fe80::1']}]"
	run -2 xlite plan "$SPEC"
	[[ $output == *".gateway: [192.0.2.1, fe80::1]  (live)"* ]]
	xlite apply "$SPEC"
	[ "$(xenstore-read "$told/0/gateway/0" "$told/0/gateway/1")" = $'192.0.2.1\nfe80::1' ]
	spec told "state: paused" "vifs: [${vifs}10.1.1.2/32, gateway: 192.0.2.2}]"
	xlite apply "$SPEC"
	[ "$(xenstore-read "$told/0/gateway/0")" = 192.0.2.2 ]
	[ "$(xenstore-list "$told/0/gateway")" = 0 ]
	run -0 xlite plan "$SPEC"
	xlite delete --now told
}

@test "live: a disk whose source gets another name stays attached, also when its file was renamed" {
	local a=$BATS_TEST_TMPDIR/a.img b=$BATS_TEST_TMPDIR/b.img loop back before id
	truncate -s 2M "$a" "$b"
	loop=$(losetup -f)
	losetup "$loop" "$b"
	spec named "state: paused" "vbds: [{vdev: xvda, source: $a}, {vdev: xvdb, source: $loop}]"
	xlite apply "$SPEC"
	id=$(domid named)
	back=/local/domain/0/backend/vbd/$id
	before=$(xenstore-ls "$back")
	ln -s "$loop" "$BATS_TEST_TMPDIR/link"
	mv "$a" "$a.new"
	spec named "state: paused" "vbds: [{vdev: xvda, source: $a.new}, {vdev: xvdb, source: $BATS_TEST_TMPDIR/link}]"
	run xlite apply "$SPEC"
	echo "$output"
	[ "${lines[-1]}" = "domain/named changed" ]
	[ "$(xenstore-ls "$back")" = "$before" ]
	run xlite apply "$SPEC"
	[ "${lines[-1]}" = "domain/named unchanged" ]
	# Another mode is another device, of the same disk.
	spec named "state: paused" "vbds: [{vdev: xvda, source: $a.new}, {vdev: xvdb, source: $loop, mode: ro}]"
	run xlite apply "$SPEC"
	echo "$output"
	[ "${lines[-1]}" = "domain/named changed" ]
	[ "$(xenstore-read "$back/51728/mode")" = r ]
	xlite delete --now named
	losetup -d "$loop"
}

@test "live: a file that was put in the place of a disk's waits for the next boot, whatever its size" {
	local a=$BATS_TEST_TMPDIR/a.img size
	for size in 2M 3M 1M; do
		truncate -s 2M "$a"
		spec swapped "state: paused" "vbds: [{vdev: xvda, source: $a}]"
		xlite apply "$SPEC"
		truncate -s $size "$a.new"
		mv "$a.new" "$a"
		run -2 xlite plan "$SPEC"
		echo "$output"
		[[ $output == *"vbds[xvda].source: as attached -> exchanged since  (on reboot)"* ]]
		run -0 xlite apply "$SPEC"
		echo "$output"
		run -0 xlite plan "$SPEC"
		run -0 xlite apply "$SPEC"
		[ "${lines[-1]}" = "domain/swapped unchanged" ]
		# It runs after this, whatever the spec says of its state: the disk is no difference any more.
		xlite reboot --now swapped
		run -2 xlite plan "$SPEC"
		echo "$output"
		[[ $output != *vbds* ]]
		[ "$(blockdev --getsize64 "$(xenstore-read "/local/domain/0/backend/vbd/$(domid swapped)/51712/params")")" -eq "$(stat -c %s "$a")" ]
		xlite delete --now swapped
	done
}
