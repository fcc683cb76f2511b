#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# XenStore, on the real daemons: the client over the socket and over the kernel's device, and our domains' nodes
# beside those of xl's. Needs tests/tools/store-test in dom0.

load helper

# nodes NAME: "path (permissions)" of all that belongs to a domain, its domid and uuid made alike.
nodes() {
	local id uuid
	id=$(domid "$1")
	uuid=$(xenstore-read "/local/domain/$id/vm")
	uuid=${uuid#/vm/}
	xenstore-ls -fp | sed -n -E \
		-e "s,^(/local/domain/)$id(/| ),\1N\2,; s,^(/local/domain/0/backend/[a-z]*/)$id(/| ),\1N\2,; s,^(/libxl/)$id(/| ),\1N\2,; s,$uuid,UUID,g" \
		-e "s/\(n$id/(nN/; s/,r$id\)/,rN)/" \
		-e 's,^(/[^ ]*[/]?(N|UUID)(/[^ ]*)?) = .* (\([^ ]*\))$,\1 \4,p' | sort
}

# layout_later: the nodes of ours that this release's own xl does not make yet, as an expression; one that matches nothing where it makes all.
layout_later() {
	case $(xl info | awk '$1 == "xen_version" { print $3 }') in
	4.14.*) echo '/vbd/([^/]*/)*specification |/device/vif/[0-9]+/mtu |/libxl/N/device/vif/[0-9]+/hotplug-status ' ;;
	*) echo '^$' ;;
	esac
}

@test "store: values, batches, transactions, watches and records over the socket" {
	run store-test check
	echo "$output"
	[ "$status" -eq 0 ]
	run xenstore-ls /tool/xlite-test
	[ "$status" -ne 0 ]
}

@test "store: the same over the kernel's device" {
	run store-test check /dev/xen/xenbus
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "store: a batch is one round trip" {
	run store-test bench 60
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"one batch: 60 messages, 1 round trips"* ]]
	[[ $output == *"one transaction: 62 messages, 3 round trips"* ]]
}

@test "store: our domains' nodes are where xl's are, with the same permissions" {
	truncate -s 1M "$BATS_TEST_TMPDIR/disk"
	printf '%s\n' 'name="theirs"' 'type="pvh"' 'memory=32' 'kernel="/root/images/tiny.elf"' \
		'vif=["bridge=xenbr0,mac=00:16:3e:00:00:01"]' "disk=['$BATS_TEST_TMPDIR/disk,raw,xvda,w']" >"$BATS_TEST_TMPDIR/xl.cfg"
	xl create -p "$BATS_TEST_TMPDIR/xl.cfg"
	nodes theirs >"$BATS_TEST_TMPDIR/theirs"
	xl destroy theirs
	spec ours "state: paused" "vifs: [{bridge: xenbr0, mac: '00:16:3e:00:00:01'}]" \
		"vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/disk}]"
	xlite apply "$SPEC"
	nodes ours >"$BATS_TEST_TMPDIR/ours"
	xlite delete --now ours
	[ "$(wc -l <"$BATS_TEST_TMPDIR/ours")" -gt 80 ]
	# What only we have: the record.
	[ "$(wc -l <"$BATS_TEST_TMPDIR/theirs")" -gt 100 ]
	run grep -vxF -f "$BATS_TEST_TMPDIR/theirs" <(grep -v '^/libxl/N/xlite' "$BATS_TEST_TMPDIR/ours" | grep -vE "$(layout_later)")
	echo "$output"
	[ "$status" -eq 1 ]
	# And the record is nobody's but dom0's.
	[ "$(grep -c '^/libxl/N/xlite.* (n0)$' "$BATS_TEST_TMPDIR/ours")" -ge 2 ]
	[ "$(grep -c '^/libxl/N/xlite' "$BATS_TEST_TMPDIR/ours")" -eq "$(grep -c '^/libxl/N/xlite.* (n0)$' "$BATS_TEST_TMPDIR/ours")" ]
}

@test "store: what xl destroys of ours is gone from XenStore" {
	truncate -s 1M "$BATS_TEST_TMPDIR/disk"
	spec ours "state: paused" "vifs: [{bridge: xenbr0}]" "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/disk}]"
	xlite apply "$SPEC"
	local id
	id=$(domid ours)
	run xl destroy ours
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run ! grep -E "^/(local/domain/0/backend/[a-z]+|local/domain|libxl)/$id( |/)" <(xenstore-ls -f)
}
