#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Emulated PCs beside xl's, and what changes of one that runs. Needs `lab up --with qemu'.

load helper
load hvm

@test "hvm: nodes are those that xl makes, but for what is named here" {
	local id paths='s,^/\(local/domain\|libxl\)/[0-9]*,/\1/N,; s,/backend/\([a-z]*\)/[0-9]*,/backend/\1/N,; s,^/local/domain/N/device-model/[0-9]*,/local/domain/0/device-model/N,; s,/vm/[0-9a-f-]*,/vm/U,; s, = .*,,'
	printf 'type="hvm"\nname="pc"\nfirmware="seabios"\nmemory=64\nvcpus=1\nvga="none"\nvnc=0\nserial="pty"\n' >"$BATS_TEST_TMPDIR/pc.cfg"
	xl create "$BATS_TEST_TMPDIR/pc.cfg"
	id=$(domid pc)
	xenstore-ls -f | grep -E "^/(local/domain/($id|0/(backend|device-model))|vm)(/|$)" | sed "$paths" | sort -u >"$BATS_TEST_TMPDIR/xls"
	# What can be known of it is in its spec.
	xlite get pc -o yaml | grep "^# not made by xlite: what it boots"
	xenstore-write "/local/domain/$id/hvmloader/bios" ovmf
	xlite get pc -o yaml | grep -x "firmware: uefi"
	xl destroy pc
	# Last, since its end also removes the directories that xl leaves empty.
	hvm_spec pc "vga: none"
	xlite apply "$SPEC"
	id=$(domid pc)
	xenstore-ls -f | grep -E "^/(local/domain/($id|0/(backend|device-model))|vm)(/|$)" | sed "$paths" | sort -u >"$BATS_TEST_TMPDIR/ours"
	xlite delete --now pc
	diff "$BATS_TEST_TMPDIR/xls" "$BATS_TEST_TMPDIR/ours" | grep '^[<>]' >"$BATS_TEST_TMPDIR/diff" || true
	cat "$BATS_TEST_TMPDIR/diff"
	# xl's keyboard and console have backends in QEMU, which neither guest uses: the console is xenconsoled's. Its QEMU keeps a node for the
	# serial port's terminal. Nodes of disks differ as those of PVH guests do.
	run -1 grep -vE '^< .*/(vkbd|console|serial|backend/vbd|device/vbd|control/feature-s[34])(/|$)' "$BATS_TEST_TMPDIR/diff"
}

@test "hvm: drives of the PC stay while it runs, other disks come and go" {
	hvm_spec pc "vga: none" "vcpus: {max: 3, online: 2}"
	truncate -s 1M "$BATS_TEST_TMPDIR/e.img"
	xlite apply "$SPEC"
	sed -i "/^- {vdev: hda/a - {vdev: xvde, source: $BATS_TEST_TMPDIR/e.img}" "$SPEC"
	xlite apply "$SPEC" | grep "domain/pc changed"
	sed -i '/xvde/d' "$SPEC"
	xlite apply "$SPEC" | grep "domain/pc changed"
	sed -i "/^- {vdev: hda/a - {vdev: hdb, source: $BATS_TEST_TMPDIR/e.img}" "$SPEC"
	run -1 xlite apply "$SPEC"
	[[ $output == *"vbds[hdb] cannot be changed on the running domain"* ]]
	# What a run began with a disk, and died before it had nodes, is cleaned up without an end of the device model.
	sed -i '/hdb/d' "$SPEC"
	xenstore-write "/libxl/$(domid pc)/xlite/finished" "1 vbd/51776"
	xlite apply "$SPEC"
	[ "$(xenstore-read "/libxl/$(domid pc)/xlite/finished")" = 1 ]
	[ -e "/proc/$(cat "$(model pc)/pid")" ]
	run -0 xlite plan "$SPEC"
	# Of its vCPUs this guest uses one: nobody waits for it to follow.
	sed -i 's/online: 2/online: 3/' "$SPEC"
	run -0 xlite apply --timeout 1 "$SPEC"
	[[ $output == *"pc: waits for its next boot: vcpus.online"* ]]
	run -0 xlite plan "$SPEC"
	xlite delete --now pc
}

@test "hvm: a PC is not ended for one whose display has no room, nor given more than there is beside its own" {
	local free pid
	hvm_spec pc "vga: none"
	xlite apply "$SPEC"
	pid=$(cat "$(model pc)/pid")
	free=$(xlite get -o json | sed -n 's/.*"free_kib": \([0-9]*\).*/\1/p')
	# With what it has now there is room for it, but not for 16 MiB more.
	sed -i "s/^memory: .*/memory: $((free / 1024 + 56))MiB/; s/^vga: none/vga: std/" "$SPEC"
	run -1 xlite apply --replace "$SPEC"
	[[ $output == *"memory: needs $((free / 1024 + 72)) MiB, Xen has "*" MiB with the memory of the domains that end first"* ]]
	[ -e "/proc/$pid" ]
	xlite delete --now pc
}

@test "hvm: a block device that is shared is a drive of two PCs at once" {
	local loop name
	truncate -s 1M "$BATS_TEST_TMPDIR/s.img"
	loop=$(losetup -f)
	losetup "$loop" "$BATS_TEST_TMPDIR/s.img"
	for name in pc pd; do
		hvm_spec "$name" "- {vdev: hdb, source: $loop, shared: true}" "vga: none" "state: paused"
		xlite apply "$SPEC"
	done
	xlite delete --now pc pd
	losetup -d "$loop"
}

@test "hvm: a card stands beside its vif, with its filter, and goes with it" {
	local id tap
	hvm_spec pc "vga: none" "vifs:" "- {bridge: xenbr0, ip: 10.88.0.77}" "- {bridge: xenbr0, model: none}"
	xlite apply "$SPEC"
	id=$(domid pc) tap=vif$(domid pc).0-emu
	ip link show "$tap" | grep "master xenbr0"
	[ ! -e "/sys/class/net/vif$id.1-emu" ]
	nft list table netdev xlite | grep -F "$tap"
	tr '\0' ' ' <"/proc/$(cat "$(model pc)/pid")/cmdline" |
		grep -F "e1000,id=nic0,netdev=net0,mac=$(xenstore-read "/libxl/$id/device/vif/0/mac")"
	run -0 xlite plan "$SPEC"
	# Addresses are the card's as well.
	sed -i 's/10.88.0.77/10.88.0.78/' "$SPEC"
	xlite apply "$SPEC" | grep "domain/pc changed"
	nft list table netdev xlite | awk -v tap="$tap" 'index($0, tap) { on = 1 } on && /10\.88\.0\.78/ { found = 1 } END { exit !found }'
	# One that was taken out of the bridge comes back.
	ip link set "$tap" nomaster
	run -2 xlite plan "$SPEC"
	xlite apply "$SPEC" | grep "domain/pc changed"
	ip link show "$tap" | grep "master xenbr0"
	run -0 xlite plan "$SPEC"
	sed -i '/10.88.0.78/d' "$SPEC"
	run -1 xlite apply "$SPEC"
	[[ $output == *"cannot be changed on the running domain"* ]]
	xlite delete --now pc
	[ ! -e "/sys/class/net/$tap" ]
}

# points CALL: how many of those one creation makes.
points() {
	strace -qq -c -o "$BATS_TEST_TMPDIR/count" -e trace="$1" xlite apply "$SPEC" >/dev/null
	xlite delete --now -q crash
	awk '$NF == "total" { n = $4 } END { print n + 0 }' "$BATS_TEST_TMPDIR/count"
}

# hurt CALL N: the run is killed there, and mended; and that call fails.
hurt() {
	strace -qq -o /dev/null -e trace="$1" -e inject="$1:signal=KILL:when=$2" xlite apply "$SPEC" >/dev/null 2>&1 3>&- || true
	run xlite apply "$SPEC"
	[ "$status" -eq 0 ] || { echo "killed at $1 $2: $output"; return 1; }
	run xlite plan "$SPEC"
	[ "$status" -eq 0 ] || { echo "killed at $1 $2: not converged: $output"; return 1; }
	xlite delete --now -q crash || return 1
	nothing_left || { echo "killed at $1 $2: left behind"; return 1; }
	run strace -qq -o /dev/null -e trace="$1" -e inject="$1:error=ENOMEM:when=$2" xlite apply "$SPEC" 3>&-
	[ "$status" -eq 0 ] || [[ $output == *"xlite: "* ]] || { echo "$1 $2 fails: no message: $output"; return 1; }
	[[ $output != *"domain/crash created"* ]] || xlite delete --now -q crash || return 1
	nothing_left || { echo "$1 $2 fails: left behind after: $output"; return 1; }
}

# What the type has of its own is done by hypercalls, and by words with its device model; crash.bats has the rest.
@test "hvm: killed at calls of its creation, and where they fail, the next apply mends it, and nothing is left (XSA-160)" {
	local call n total every=${XLITE_EVERY:-8}
	hvm_spec crash "vga: none" "vifs: [{bridge: xenbr0, mac: '00:16:3e:63:72:68', ip: 10.88.0.77}]"
	for call in ioctl sendmsg clone,clone3,vfork; do
		total=$(points "$call")
		echo "# of $total points of $call one in $every" >&3
		[ "$total" -gt 0 ] || { echo "no $call"; return 1; }
		for ((n = RANDOM % (every < total ? every : total) + 1; n <= total; n += every)); do
			hurt "$call" "$n"
		done
	done
}
