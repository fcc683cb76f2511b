#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Volumes and the domains on them, in a lab that has qemu-img (lab up --with qemu). What is made, refused and left of killed runs
# without a domain is tested in tests/hotplug/volume.bats.

load helper

setup_file() {
	command -v qemu-img >/dev/null || skip "no qemu in this lab (lab up --with qemu)"
	# The lock's file stays once made, which is no leak of the first test.
	xlite delete nobody || true
}

POOL=/root/pool
MIB=1048576

# volumes [LINE...]: a pool, and the documents of these lines, before those of spec.
volumes() {
	printf 'kind: pool\nname: default\nfolder: %s\n' "$POOL"
	printf -- '---\n%s\n' "$@"
	printf -- '---\n'
}

# volume_spec NAME VOLUME [LINE...]: a tiny domain on a volume, behind documents of volumes.
volume_spec() {
	spec "$1" "vbds: [{vdev: xvda, volume: $2}]"
	volumes "${@:3}" | cat - "$SPEC" >"$SPEC.new"
	mv "$SPEC.new" "$SPEC"
}

loop_of() { xenstore-read "/local/domain/0/backend/vbd/$(domid "$1")/51712/physical-device-path"; }
bytes() { stat -c %s "$1"; }
gone() { rm -rf "$POOL"; }

@test "volumes: one is made from an image before the domain on it, and then nothing differs" {
	gone
	head -c $((3 * MIB)) /dev/urandom >"$BATS_TEST_TMPDIR/image.raw"
	qemu-img convert -q -f raw -O qcow2 "$BATS_TEST_TMPDIR/image.raw" "$BATS_TEST_TMPDIR/image.qcow2"
	volume_spec a a-root "{kind: volume, name: a-root, size: 8MiB, from: $BATS_TEST_TMPDIR/image.qcow2, sha256: $(sha256sum "$BATS_TEST_TMPDIR/image.qcow2" | cut -d' ' -f1)}"
	run -2 xlite plan "$SPEC"
	[[ $output == *"volume/a-root: create"*"domain/a: create"*"Plan: 2 to create"* ]]
	[ ! -e $POOL ]
	run -0 --separate-stderr xlite apply "$SPEC"
	[ "$output" = $'volume/a-root created\ndomain/a created' ]
	[ "$(bytes $POOL/a-root.raw)" -eq $((8 * MIB)) ]
	head -c $((3 * MIB)) $POOL/a-root.raw | cmp - "$BATS_TEST_TMPDIR/image.raw"
	[ "$(losetup -j $POOL/a-root.raw | cut -d: -f1)" = "$(loop_of a)" ]
	run -0 --separate-stderr xlite apply "$SPEC"
	[ "$output" = $'volume/a-root unchanged\ndomain/a unchanged' ]

	# What is printed of both plans to no change, without the document of the volume as well.
	xlite get -o yaml a >"$BATS_TEST_TMPDIR/a.yaml"
	grep -x '  volume: a-root' "$BATS_TEST_TMPDIR/a.yaml"
	run -0 xlite plan "$BATS_TEST_TMPDIR/a.yaml"
	run -0 xlite get volumes "$SPEC"
	[[ ${lines[1]} == "a-root "*" default "*" raw "*" 8.0MiB "*" ok" ]]
	xlite get volume/a-root "$SPEC" -o yaml >"$BATS_TEST_TMPDIR/v.yaml"
	volumes | cat - "$BATS_TEST_TMPDIR/v.yaml" >"$BATS_TEST_TMPDIR/w.yaml"
	run -0 xlite plan "$BATS_TEST_TMPDIR/w.yaml"

	# Deleting the documents keeps the data; a new domain gets them, by the name alone.
	run -0 --separate-stderr xlite delete --now "$SPEC"
	[ "$output" = $'domain/a deleted\nvolume/a-root kept' ] || [ "$output" = $'volume/a-root kept\ndomain/a deleted' ]
	spec b 'vbds: [{vdev: xvda, volume: a-root}]'
	volumes | sed '$d' >"$BATS_TEST_TMPDIR/pool.yaml"
	run xlite apply "$SPEC"
	[ "$status" -eq 1 ]
	[[ $output == *"disk xvda: no document describes the volume a-root"* ]]
	run -0 xlite apply "$SPEC" "$BATS_TEST_TMPDIR/pool.yaml"
	[ "$(losetup -j $POOL/a-root.raw | cut -d: -f1)" = "$(loop_of b)" ]

	# In use it is not deleted; with its domain it goes.
	run -1 xlite delete volume/a-root "$BATS_TEST_TMPDIR/pool.yaml" --delete-volumes
	[[ $output == *"a-root"* ]]
	[ -e $POOL/a-root.raw ]
	run -64 xlite delete volume/a-root "$BATS_TEST_TMPDIR/pool.yaml"
	run -0 --separate-stderr xlite delete --now b volume/a-root "$BATS_TEST_TMPDIR/pool.yaml" --delete-volumes
	[ "$output" = $'domain/b deleted\nvolume/a-root deleted' ]
	[ -z "$(ls -A $POOL)" ]
	gone
}

@test "volumes: one grows under a running domain, by one run, and is never made smaller" {
	gone
	volume_spec a a-root "{kind: volume, name: a-root, size: 4MiB}"
	xlite apply "$SPEC"
	local loop id
	loop=$(loop_of a)
	id=$(domid a)
	[ "$(blockdev --getsize64 "$loop")" -eq $((4 * MIB)) ]
	sed -i 's/4MiB/6MiB/' "$SPEC"
	run -2 xlite plan "$SPEC"
	[[ $output == *"volume/a-root: change"*"~ size: 4MiB -> 6MiB  (live)"*"domain/a: change"*"~ vbds[xvda].size: 4194304 bytes -> 6291456 bytes  (live)"* ]]
	run -1 xlite apply --confirm 1 "$SPEC" </dev/null
	[[ $output == *"volume/a-root would grow, which could not be taken back"* ]]
	run -0 --separate-stderr xlite apply "$SPEC"
	[ "$output" = $'volume/a-root changed\ndomain/a changed' ]
	[ "$(blockdev --getsize64 "$loop")" -eq $((6 * MIB)) ]
	[ "$(domid a)" = "$id" ]
	run -0 xlite plan "$SPEC"
	sed -i 's/6MiB/5MiB/' "$SPEC"
	run -1 xlite apply "$SPEC"
	[[ $output == *"volume a-root: it has 6MiB, and a volume is never made smaller (5MiB)"* ]]
	[ "$(bytes $POOL/a-root.raw)" -eq $((6 * MIB)) ]
	xlite delete --now a
	gone
}

@test "volumes: a qcow2 one is served by QEMU, and grows when its domain has ended" {
	[ -n "${XLITE_CHECK_LONG:-}" ] || skip "XLITE_CHECK_LONG=1 runs it"
	gone
	volume_spec a a-root "{kind: volume, name: a-root, size: 4MiB, format: qcow2}"
	run -0 --separate-stderr xlite apply "$SPEC"
	[ "$output" = $'volume/a-root created\ndomain/a created' ]
	sed -i 's/4MiB/6MiB/' "$SPEC"
	run -1 xlite plan "$SPEC"
	[[ $output == *"volume/a-root: refused: $POOL/a-root.qcow2: a domain, or another program, uses it"*"shut the domain down"* ]]
	run -1 xlite apply "$SPEC"
	[[ $output == *"a domain, or another program, uses it"*"domain/a unchanged"* ]]
	xlite delete --now a
	run -0 --separate-stderr xlite apply "$SPEC"
	[ "$output" = $'volume/a-root changed\ndomain/a created' ]
	xlite delete --now a volume/a-root --delete-volumes "$SPEC"
	[ -z "$(ls -A $POOL)" ]
	gone
}

@test "volumes: a domain is not built on one that could not be made" {
	gone
	head -c $MIB /dev/urandom >"$BATS_TEST_TMPDIR/image.raw"
	volume_spec a a-root "{kind: volume, name: a-root, from: $BATS_TEST_TMPDIR/image.raw, sha256: $(sha256sum /dev/null | cut -d' ' -f1)}"
	run -1 xlite apply "$SPEC"
	[[ $output == *"volume a-root: $BATS_TEST_TMPDIR/image.raw: its SHA-256 is "*"a: disk xvda: volume a-root: "*"No such file"* ]]
	[ -z "$(ls -A $POOL 2>/dev/null)" ]
	run -1 xlite get a
	# Refused before: what it begins as is not there.
	rm "$BATS_TEST_TMPDIR/image.raw"
	run -1 xlite plan "$SPEC"
	[[ $output == *"volume/a-root: refused: $BATS_TEST_TMPDIR/image.raw: No such file or directory"*"domain/a: refused: disk xvda: the volume a-root is not there, and is refused"* ]]
	gone
}

@test "volumes: a run that is killed while it makes one is completed by the next; of two at once one waits" {
	[ -n "${XLITE_CHECK_LONG:-}" ] || skip "XLITE_CHECK_LONG=1 runs it"
	gone
	head -c $MIB /dev/urandom >"$BATS_TEST_TMPDIR/image.raw"
	volume_spec a a-root "{kind: volume, name: a-root, from: $BATS_TEST_TMPDIR/image.raw}"
	strace -f -o /dev/null -e trace=renameat2 -e inject=renameat2:signal=KILL xlite apply "$SPEC" || true
	[ "$(ls -A $POOL)" = .a-root.raw.new ]
	xlite apply "$SPEC" >"$BATS_TEST_TMPDIR/one" 3>&- &
	run -0 --separate-stderr xlite apply "$SPEC"
	wait $!
	[ "$(ls -A $POOL)" = a-root.raw ]
	cmp "$BATS_TEST_TMPDIR/image.raw" $POOL/a-root.raw
	printf '%s\n' "$output" | sort - "$BATS_TEST_TMPDIR/one" >"$BATS_TEST_TMPDIR/both"
	[ "$(cat "$BATS_TEST_TMPDIR/both")" = $'domain/a created\ndomain/a unchanged\nvolume/a-root created\nvolume/a-root unchanged' ]
	xlite delete --now a
	gone
}
