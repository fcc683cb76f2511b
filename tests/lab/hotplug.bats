#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# hotplug/ against netback and blkback: what they were given, who has it then, and that it ends with the domain.
# tests/hotplug/ has the same functions without Xen, in more detail.

load helper

tool() { hotplug-tool "$@"; }

setup_file() {
	command -v hotplug-tool >/dev/null || skip "no hotplug-tool in this lab"
	# The locks' files stay once made, which is no leak of the first test.
	hotplug-tool lock /run/xlite/lock /var/lock/xl 1000 0
}

disk_make() {
	IMG=$BATS_TEST_TMPDIR/disk.img
	truncate -s 2M "$IMG"
}

# The loop device whose backing file is the image.
loop_of() { losetup -a | sed -n "s,^\(/dev/loop[0-9]*\):.*($1).*,\1,p"; }
loop_gone() { [ -z "$(loop_of "$1")" ]; }

# The value of KEY in what `link-get NAME` prints.
field() { tool link-get "$1" | tr ' ' '\n' | sed -n "s/^$2=//p"; }

@test "hotplug: a vif is in its bridge, up, with the dummy MAC, the bridge's MTU and no IPv6 address" {
	spec h1 "vifs: [{bridge: xenbr0}]"
	xlite apply "$SPEC"
	local vif; vif=vif$(domid h1).0
	[ "$(field "$vif" master)" = "$(field xenbr0 ifindex)" ]
	[ "$(field "$vif" up)" = 1 ]
	[ "$(field "$vif" mac)" = fe:ff:ff:ff:ff:ff ]
	[ "$(field "$vif" mtu)" = "$(field xenbr0 mtu)" ]
	run ! grep -w "$vif" /proc/net/if_inet6
	xlite delete --now h1
	run tool link-get "$vif"
	[ "$status" -ne 0 ]
}

@test "hotplug: netback accepts an MTU of its own" {
	spec h2 "vifs: [{bridge: xenbr0, mtu: 1400}]"
	local mtu; mtu=$(field xenbr0 mtu)
	xlite apply "$SPEC"
	[ "$(field "vif$(domid h2).0" mtu)" = 1400 ]
	xlite delete --now h2
	wait_until 120 test "$(field xenbr0 mtu)" = "$mtu"
}

@test "hotplug: blkback keeps the loop device when we have gone, and its end is the device's" {
	disk_make
	spec h3 "vbds: [{vdev: xvda, source: $IMG}]"
	xlite apply "$SPEC"
	[ -n "$(loop_of "$IMG")" ]
	[ "$(blockdev --getro "$(loop_of "$IMG")")" = 0 ]
	run tool disk-wait "$(domid h3)" 51712 0
	[ "$status" -eq 0 ]
	xlite delete --now h3
	wait_until 120 loop_gone "$IMG"
}

@test "hotplug: what a guest has is refused to others, by file and by device" {
	disk_make
	spec h4 "vbds: [{vdev: xvda, source: $IMG}]"
	xlite apply "$SPEC"
	run tool disk-open "$IMG" r
	[ "$status" -eq 1 ]
	[ "${lines[0]}" = "EBUSY: $IMG: in use read-write through $(loop_of "$IMG")" ]
	# blkback keeps the image's lock, which was taken by a process that has ended.
	run flock -n "$IMG" true
	[ "$status" -ne 0 ]
	xlite delete --now h4
	wait_until 120 loop_gone "$IMG"
	flock -n "$IMG" true
}

@test "hotplug: a read-only disk is read-only for blkback and for dom0 (XSA-142, XSA-266)" {
	disk_make
	spec h5 "vbds: [{vdev: xvda, source: $IMG, mode: ro}]"
	xlite apply "$SPEC"
	[ "$(blockdev --getro "$(loop_of "$IMG")")" = 1 ]
	[ "$(cat "/sys/bus/xen-backend/devices/vbd-$(domid h5)-51712/mode")" = r ]
	run -0 tool disk-check "$IMG" r
	run -1 tool disk-check "$IMG" w
	xlite delete --now h5
	wait_until 120 loop_gone "$IMG"
}

@test "hotplug: waiting for a disk that blkback does not have ends in time" {
	run tool disk-wait 32751 51712 200
	[ "$status" -eq 124 ]
	[[ "${lines[0]}" == "ETIMEDOUT: blkback did not notice the disk in time (no /sys/bus/xen-backend/devices/vbd-32751-51712)" ]]
}

@test "hotplug: blkback that cannot open its disk is noticed before the deadline" {
	spec h6
	xlite apply "$SPEC"
	local id back front
	id=$(domid h6)
	back=/local/domain/0/backend/vbd/$id/51744
	front=/local/domain/$id/device/vbd/51744
	# No such block device: 259:1048575.
	xenstore-write "$front/backend" "$back" "$front/backend-id" 0 "$front/state" 1 "$front/virtual-device" 51744 \
		"$back/frontend" "$front" "$back/frontend-id" "$id" "$back/online" 1 "$back/state" 1 \
		"$back/mode" w "$back/physical-device" 103:fffff
	run tool disk-wait "$id" 51744 20000
	xenstore-write "$back/online" 0 "$back/state" 5 || true
	# The kernel's report of the failure.
	grep -q "creating vbd structure" <<<"$(xenstore-read "/local/domain/0/error/backend/vbd/$id/51744/error")"
	xenstore-rm "$front"
	xenstore-rm "$back"
	xenstore-rm /local/domain/0/error
	xlite delete --now h6
	echo "$output"
	[ "$status" -eq 1 ]
	[[ "${lines[0]}" == "EIO: blkback could not open the disk"* ]]
}

# killed_in_script DEVICE: a run of a domain with the device, whose script sleeps, is killed; the script ends with it, and what was half made is
# mended by an apply whose script does not sleep, or removed.
killed_in_script() {
	local script=$BATS_TEST_TMPDIR/slow run
	printf '#!/bin/sh\ncase $1 in add | online) ;; *) exit 0 ;; esac\necho $$ >%s.new && mv %s.new %s.pid\nsleep 300\n' \
		"$script" "$script" "$script" >"$script"
	chmod 755 "$script"
	rm -f "$script.pid"
	spec h7 "${1//SCRIPT/$script}"
	xlite apply "$SPEC" >/dev/null 2>&1 3>&- &
	run=$!
	wait_until 120 test -s "$script.pid"
	wait_until 20 has_process 'sleep 300'
	kill -KILL "$run"
	wait "$run" || true
	wait_until 60 test ! -e "/proc/$(<"$script.pid")"
	run -1 has_process 'sleep 300'
	# Nobody has the host's lock any more.
	flock -w 60 /run/xlite/lock true
	spec h7
	xlite apply "$SPEC"
	run -0 xlite plan "$SPEC"
	xlite delete --now h7
}

@test "hotplug: a script ends with the run that was killed, and the next run has the host" {
	disk_make
	killed_in_script "vifs: [{bridge: xenbr0, script: SCRIPT}]"
	killed_in_script "vbds: [{vdev: xvda, source: $IMG, script: SCRIPT}]"
}
