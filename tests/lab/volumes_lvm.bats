#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Volumes that LVM keeps, and the domains on them, in a lab that has its commands (lab up --with qemu,lvm).

load helper
load hvm

MIB=1048576
VG=vg-x

# Bats has descriptors of its own, of which LVM warns.
lvm() { LVM_SUPPRESS_FD_WARNINGS=1 command lvm "$@"; }

# Two disks, so that what is plain can be in two pieces, and striped. What was on them before is no zeroes.
setup_file() {
	local k
	command -v lvm >/dev/null || skip "no LVM in this lab (lab up --with qemu,lvm)"
	modprobe -a dm-mod dm-thin-pool
	for k in 1 2; do
		head -c $((56 * MIB)) /dev/zero | tr '\0' '\252' >/root/pv$k.img
		losetup "/dev/loop6$k" 2>/dev/null || mknod "/dev/loop6$k" b 7 "6$k" 2>/dev/null || true
		losetup "/dev/loop6$k" /root/pv$k.img
		lvm pvcreate -qq -y "/dev/loop6$k"
	done
	lvm vgcreate -qq -s 1M $VG /dev/loop61 /dev/loop62
	lvm lvcreate -qq --type thin-pool -L 24M -n thin $VG
	# The lock's file stays once made, which is no leak of the first test.
	xlite delete nobody || true
}

teardown_file() {
	[ -e /dev/loop61 ] || return 0
	lvm vgremove -qq -y -f $VG
	losetup -d /dev/loop61
	losetup -d /dev/loop62
	rm -f /root/pv[12].img
}

# What LVM has is part of the census.
lvm_names() { lvm lvs --noheadings -o lv_name,lv_size,seg_pe_ranges $VG; }
LOOKS+=(lvm_names)

# pools: one plain and one thin, in the same volume group.
pools() {
	printf 'kind: pool\nname: plain\nvg: %s\n---\nkind: pool\nname: thin\nvg: %s\nthin_pool: thin\n---\n' $VG $VG
}

# volumes [LINE...]: the pools, and documents, before the text of spec.
volumes() {
	pools
	printf '%s\n---\n' "$@"
}

# volume_spec NAME VOLUME [LINE...]: a tiny domain on a volume, behind documents of volumes.
volume_spec() {
	spec "$1" "vbds: [{vdev: xvda, volume: $2}]"
	volumes "${@:3}" | cat - "$SPEC" >"$SPEC.new"
	mv "$SPEC.new" "$SPEC"
}

# is_image VOLUME FILE: it begins with the file, and has zeroes behind it.
is_image() {
	local size
	size=$(stat -c %s "$2")
	head -c "$size" "/dev/$VG/$1" | cmp - "$2"
	[ "$(tail -c "+$((size + 1))" "/dev/$VG/$1" | tr -d '\0' | wc -c)" -eq 0 ]
}

# zero VOLUME FROM_MIB
is_zero_from() { [ "$(tail -c "+$(($2 * MIB + 1))" "/dev/$VG/$1" | tr -d '\0' | wc -c)" -eq 0 ]; }

bytes() { blockdev --getsize64 "/dev/$VG/$1"; }

delete_volumes() {
	pools | sed '$d' >"$BATS_TEST_TMPDIR/pools.yaml"
	xlite delete -q --delete-volumes "${@/#/volume/}" "$BATS_TEST_TMPDIR/pools.yaml"
}

@test "lvm: a volume is made from an image, on disks that had other data, before the domain on it; then nothing differs" {
	local image=$BATS_TEST_TMPDIR/image.raw
	# With a hole in it, and an end that is no whole sector.
	head -c $((2 * MIB)) /dev/urandom >"$image"
	truncate -s 4M "$image"
	printf 'the end' >>"$image"
	volume_spec a a-root "{kind: volume, name: a-root, pool: plain, size: 8000KiB, from: $image, sha256: $(sha256sum "$image" | cut -d' ' -f1)}"
	run -2 xlite plan "$SPEC"
	[[ $output == *"volume/a-root: create"*"domain/a: create"* ]]
	[ ! -e /dev/$VG/a-root ]
	run -0 --separate-stderr xlite apply "$SPEC"
	[ "$output" = $'volume/a-root created\ndomain/a created' ]
	[ "$(bytes a-root)" -eq $((8 * MIB)) ]
	is_image a-root "$image"
	[ "$(xenstore-read "/local/domain/0/backend/vbd/$(domid a)/51712/physical-device")" = "$(stat -L -c %t:%T /dev/$VG/a-root)" ]
	run -0 --separate-stderr xlite apply "$SPEC"
	[ "$output" = $'volume/a-root unchanged\ndomain/a unchanged' ]

	# What is printed of both plans to no change.
	xlite get -o yaml a >"$BATS_TEST_TMPDIR/a.yaml"
	run -0 xlite plan "$BATS_TEST_TMPDIR/a.yaml"
	run -0 xlite get volumes -o wide "$SPEC"
	[[ $output == *"a-root "*" plain "*" raw "*" 8.0MiB "*" 8.0MiB "*" ok "*"/dev/$VG/a-root"* ]]
	[[ $output != *thin* ]]
	xlite get volume/a-root "$SPEC" -o yaml >"$BATS_TEST_TMPDIR/v.yaml"
	volumes | cat - "$BATS_TEST_TMPDIR/v.yaml" >"$BATS_TEST_TMPDIR/w.yaml"
	run -0 xlite plan "$BATS_TEST_TMPDIR/w.yaml"

	# A new domain gets it by the name alone, where a file says of the pool; in use it is not deleted.
	run -0 --separate-stderr xlite delete --now "$SPEC"
	[[ $output == *"volume/a-root kept"* ]]
	spec b 'vbds: [{vdev: xvda, volume: a-root}]'
	pools | sed '$d' >"$BATS_TEST_TMPDIR/pools.yaml"
	run -0 xlite apply "$SPEC" "$BATS_TEST_TMPDIR/pools.yaml"
	run -1 xlite delete volume/a-root "$BATS_TEST_TMPDIR/pools.yaml" --delete-volumes
	[[ $output == *"/dev/$VG/a-root: a domain, or another program, has it open"* ]]
	is_image a-root "$image"
	run -0 --separate-stderr xlite delete --now b volume/a-root "$BATS_TEST_TMPDIR/pools.yaml" --delete-volumes
	[ "$output" = $'domain/b deleted\nvolume/a-root deleted' ]
}

@test "lvm: thin volumes take no space, their clones share it, and other clones are copies" {
	local image=$BATS_TEST_TMPDIR/image.raw used
	head -c $((3 * MIB)) /dev/urandom >"$image"
	qemu-img convert -q -f raw -O qcow2 "$image" "$BATS_TEST_TMPDIR/image.qcow2"
	volumes "{kind: volume, name: base, pool: thin, size: 64MiB, from: $BATS_TEST_TMPDIR/image.qcow2}" \
		"{kind: volume, name: plain-base, pool: plain, size: 6MiB, from: $BATS_TEST_TMPDIR/image.qcow2}" | sed '$d' >"$BATS_TEST_TMPDIR/one.yaml"
	run -0 --separate-stderr xlite apply "$BATS_TEST_TMPDIR/one.yaml"
	[ "$output" = $'volume/base created\nvolume/plain-base created' ]
	[ "$(bytes base)" -eq $((64 * MIB)) ]
	is_image base "$image"
	is_image plain-base "$image"
	[[ $(xlite get volumes "$BATS_TEST_TMPDIR/one.yaml") == *"base "*" thin "*" 64.0MiB "*" 3.0MiB "*" ok"*"plain-base "*" plain "* ]]
	used=$(lvm lvs --noheadings -o data_percent $VG/thin)
	printf '%s\n---\n%s\n' "{kind: volume, name: c1, pool: thin, clone: base}" "{kind: volume, name: c2, pool: thin, clone: base, size: 80MiB}" \
		>"$BATS_TEST_TMPDIR/two.yaml"
	run xlite apply "$BATS_TEST_TMPDIR/one.yaml" "$BATS_TEST_TMPDIR/two.yaml"
	echo "$output"
	[[ $output == *$'volume/c1 created\nvolume/c2 created' ]]
	[ "$(lvm lvs --noheadings -o data_percent $VG/thin)" = "$used" ]
	is_image c1 "$image"
	is_image c2 "$image"
	[ "$(bytes c2)" -eq $((80 * MIB)) ]
	# To the other pool, and to a file and back.
	volumes "{kind: volume, name: copy, pool: plain, clone: plain-base}" "{kind: volume, name: out, pool: files, clone: base}" \
		"{kind: volume, name: back, pool: thin, clone: out}" "{kind: pool, name: files, folder: $BATS_TEST_TMPDIR/files}" | sed '$d' >"$BATS_TEST_TMPDIR/three.yaml"
	run -0 xlite apply "$BATS_TEST_TMPDIR/three.yaml"
	is_image copy "$image"
	is_image back "$image"
	cmp "$BATS_TEST_TMPDIR/files/out.raw" "/dev/$VG/base"
	# A disk that is in use is no whole one.
	spec user "vbds: [{vdev: xvda, volume: copy}]"
	xlite apply "$SPEC" "$BATS_TEST_TMPDIR/three.yaml"
	volumes "{kind: volume, name: torn, pool: plain, clone: copy}" | sed '$d' >"$BATS_TEST_TMPDIR/four.yaml"
	run -1 xlite plan "$BATS_TEST_TMPDIR/four.yaml"
	[[ $output == *"/dev/$VG/copy: a domain, or another program, uses it"* ]]
	xlite delete --now user
	delete_volumes base plain-base c1 c2 copy back
	# An emulated PC boots from one, which its device model is given open.
	boot_disk "$BATS_TEST_TMPDIR/boot.raw"
	printf 'name: pc\ntype: hvm\nmemory: 64MiB\nvga: none\nvbds:\n- {vdev: hda, volume: pc}\n' >"$SPEC"
	volumes "{kind: volume, name: pc, pool: plain, from: $BATS_TEST_TMPDIR/boot.raw}" | cat - "$SPEC" >"$SPEC.new"
	mv "$SPEC.new" "$SPEC"
	xlite apply "$SPEC"
	wait_until 300 serial_says pc "GUEST: mbr ready"
	run -0 xlite plan "$SPEC"
	xlite delete --now pc
	delete_volumes pc
}

@test "lvm: a plain and a thin volume grow under a running guest, by zeroes, also in several pieces; never smaller" {
	local name id fill
	linux_spec seer "xlite.run=disk" "vbds: [{vdev: xvda, volume: root}, {vdev: xvdb, volume: more}]"
	disk_image "$BATS_TEST_TMPDIR/a.img" 4
	volumes "{kind: volume, name: root, pool: plain, from: $BATS_TEST_TMPDIR/a.img}" "{kind: volume, name: more, pool: thin, size: 4MiB}" |
		cat - "$SPEC" >"$SPEC.new"
	mv "$SPEC.new" "$SPEC"
	linux_up seer "GUEST: ready"
	id=$(domid seer)
	# Little is left on each disk, so that what is added is in two pieces.
	for name in 61 62; do
		fill=$(lvm pvs --noheadings --nosuffix --units m -o pv_free /dev/loop$name)
		lvm lvcreate -qq -y -Wn -Zn -L "$((${fill%.*} - 3))M" -n fill$name $VG /dev/loop$name
	done
	sed -i -E "s|name: root, pool: plain,|name: root, pool: plain, size: 9MiB,|; s|size: 4MiB|size: 9MiB|" "$SPEC"
	run -2 xlite plan "$SPEC"
	[[ $output == *"volume/root: change"*"~ size: 4MiB -> 9MiB  (live)"*"volume/more: change"* ]]
	run -0 --separate-stderr xlite apply "$SPEC"
	[[ $output == $'volume/root changed\nvolume/more changed\ndomain/seer '* ]]
	[ "$(bytes root)" -eq $((9 * MIB)) ]
	[ "$(bytes more)" -eq $((9 * MIB)) ]
	is_zero_from root 4
	lvm lvs --noheadings -o seg_pe_ranges $VG/root
	[ "$(domid seer)" = "$id" ]
	run on_guest seer 'for d in xvda xvdb; do until [ "$(cat /sys/block/$d/size)" = 18432 ]; do dd if=/dev/$d of=/dev/null bs=4096 count=1 iflag=direct 2>/dev/null; usleep 50000; done; done; echo "$(cat /sys/block/xvda/size)"'
	[[ $output == "18432"* ]]
	run -0 xlite plan "$SPEC"
	sed -i -E "s|size: 9MiB|size: 8MiB|" "$SPEC"
	run -1 xlite apply "$SPEC"
	[[ $output == *"volume root: it has 9MiB, and a volume is never made smaller (8MiB)"* ]]
	# No room.
	sed -i -E "s|size: 8MiB|size: 90MiB|" "$SPEC"
	run -1 xlite plan "$SPEC"
	[[ $output == *"volume/root: refused: /dev/$VG/root needs 81 MiB, and the volume group $VG has "*" MiB free"* ]]
	xlite delete seer
	lvm lvremove -qq -y $VG/fill61 $VG/fill62
	delete_volumes root more
}

@test "lvm: what cannot be is refused before anything is done" {
	local file=$BATS_TEST_TMPDIR/v.yaml
	refused() {
		{
			printf '%s\n---\n' "${@:2}"
			echo "{kind: volume, name: ${NAME:-v}, pool: p, size: ${SIZE:-4MiB}}"
		} >"$file"
		run xlite apply "$file"
		echo "$output"
		[ "$status" -ne 0 ]
		[[ $output == *"$1"* ]]
	}
	refused "LVM: fullreport: Volume group \"nowhere\" not found" "{kind: pool, name: p, vg: nowhere}"
	refused "the volume group $VG has no thin pool other" "{kind: pool, name: p, vg: $VG, thin_pool: other}"
	SIZE=1GiB refused "/dev/$VG/v needs 1024 MiB, and the volume group $VG has " "{kind: pool, name: p, vg: $VG}"
	NAME=x_mlog refused "LVM keeps names such as x_mlog for itself" "{kind: pool, name: p, vg: $VG}"
	NAME=thin refused "a thin pool of LVM, and no volume" "{kind: pool, name: p, vg: $VG}"
	run -1 xlite delete volume/thin --delete-volumes "$file"
	[[ $output == *"$VG/thin is a thin pool of LVM, and no volume"* ]]

	# Another's: it is a volume like any other. Striped it does not grow, and inactive it is no disk.
	lvm lvcreate -qq -y -Wn -i 2 -L 4M -n striped $VG
	NAME=striped SIZE=8MiB refused "xlite grows no others" "{kind: pool, name: p, vg: $VG}"
	[[ $output == *"lvextend -L 8192k $VG/striped"* ]]
	lvm lvchange -an $VG/striped
	NAME=striped refused "it is not active: \`lvchange -ay $VG/striped'" "{kind: pool, name: p, vg: $VG}"
	lvm lvchange -ay $VG/striped
	run -0 xlite apply "$file"
	[ "$output" = "volume/striped unchanged" ]
	run -0 xlite delete volume/striped --delete-volumes "$file"
	[ "$output" = "volume/striped deleted" ]
	run -0 xlite delete volume/striped --delete-volumes "$file"
	[ "$output" = "volume/striped absent" ]
}

# fails NAME INJECT TEXT: apply, with what strace(1) does to the calls on that logical volume's device, fails so and leaves nothing.
fails() {
	local node="/dev/mapper/${VG//-/--}-$1"
	mark
	run strace -f -o "$BATS_TEST_TMPDIR/trace" -P "$node" -e trace=ioctl,fsync,pwrite64 -e "inject=$2" xlite apply "$BATS_TEST_TMPDIR/v.yaml"
	echo "$output"
	cat "$BATS_TEST_TMPDIR/trace"
	[ "$status" -ne 0 ]
	[[ $output == *"$3"* ]]
	grep -qE 'INJECTED|SIGINT' "$BATS_TEST_TMPDIR/trace"
	nothing_left
}

@test "lvm: a disk that fails while a volume is filled or grows, and a run that is interrupted, leave nothing" {
	local image=$BATS_TEST_TMPDIR/image.raw
	head -c $MIB /dev/urandom >"$image"
	volumes "{kind: volume, name: v, pool: plain, size: 4MiB, from: $image}" | sed '$d' >"$BATS_TEST_TMPDIR/v.yaml"
	# The first ioctl asks for the size, the second shares an extent, which no device does, and the others write zeroes.
	fails _new.v ioctl:error=EIO:when=1 "open /dev/$VG/_new.v: Input/output error"
	fails _new.v ioctl:error=EIO:when=3 "volume v: write zeroes: Input/output error"
	fails _new.v pwrite64:error=EIO:when=1 "volume v: write: Input/output error"
	fails _new.v fsync:error=EIO "volume v: write it to the disk: Input/output error"
	fails _new.v pwrite64:signal=INT:when=1 "interrupted"
	xlite apply -q "$BATS_TEST_TMPDIR/v.yaml"
	is_image v "$image"
	sed -i 's/size: 4MiB/size: 6MiB/' "$BATS_TEST_TMPDIR/v.yaml"
	fails _grow.v ioctl:error=EIO:when=2 "volume v: write zeroes: Input/output error"
	fails _grow.v fsync:error=EIO "volume v: write zeroes to the disk: Input/output error"
	[ "$(bytes v)" -eq $((4 * MIB)) ]
	is_image v "$image"
	xlite apply -q "$BATS_TEST_TMPDIR/v.yaml"
	[ "$(bytes v)" -eq $((6 * MIB)) ]
	is_image v "$image"
	delete_volumes v
}

@test "lvm: a run that is killed as it starts any of LVM's commands is completed by the next; nothing is left" {
	[ -n "${XLITE_CHECK_LONG:-}" ] || skip "XLITE_CHECK_LONG=1 runs it"
	local image=$BATS_TEST_TMPDIR/image.raw n kind doc
	head -c $((2 * MIB)) /dev/urandom >"$image"
	ended() { ! pgrep -x lvm >/dev/null; }
	for kind in plain thin; do
		# So much that LVM warns of a thin pool that it would fill, which it does after the run is dead.
		local size=4 more=6
		[ $kind = plain ] || size=30 more=32
		doc="{kind: volume, name: v, pool: $kind, size: ${size}MiB, from: $image}"
		volumes "$doc" | sed '$d' >"$BATS_TEST_TMPDIR/v.yaml"
		for ((n = 1; n < 20; n++)); do
			# Once for making it, and, from the second word on, for growing it.
			strace -f -o /dev/null -e trace=pidfd_open -e "inject=pidfd_open:signal=KILL:when=$n" xlite apply "$BATS_TEST_TMPDIR/v.yaml" && break
			wait_until 60 ended
			run -0 xlite apply "$BATS_TEST_TMPDIR/v.yaml"
			is_image v "$image"
			[[ $(lvm lvs --noheadings -o lv_name $VG) != *_new.* ]]
			delete_volumes v
		done
		echo "# $kind: made at $n points" >&3
		[ "$n" -ge 4 ]
		# What is left is just what it grows by.
		[ $kind = thin ] || lvm lvcreate -qq -y -Wn -Zn -l "$(($(lvm vgs --noheadings -o vg_free_count $VG) - 2))" -n fill $VG
		sed -i "s/size: ${size}MiB/size: ${more}MiB/" "$BATS_TEST_TMPDIR/v.yaml"
		for ((n = 1; n < 20; n++)); do
			strace -f -o /dev/null -e trace=pidfd_open -e "inject=pidfd_open:signal=KILL:when=$n" xlite apply "$BATS_TEST_TMPDIR/v.yaml" && break
			wait_until 60 ended
			is_image v "$image"
			run -0 xlite apply "$BATS_TEST_TMPDIR/v.yaml"
			is_image v "$image"
			[ "$(bytes v)" -eq $((more * MIB)) ]
			[[ $(lvm lvs --noheadings -o lv_name $VG) != *_grow.* ]]
			delete_volumes v
			sed -i "s/size: ${more}MiB/size: ${size}MiB/" "$BATS_TEST_TMPDIR/v.yaml"
			xlite apply -q "$BATS_TEST_TMPDIR/v.yaml"
			sed -i "s/size: ${size}MiB/size: ${more}MiB/" "$BATS_TEST_TMPDIR/v.yaml"
		done
		echo "# $kind: grown at $n points" >&3
		[ "$n" -ge 2 ]
		delete_volumes v
		[ $kind = thin ] || lvm lvremove -qq -y $VG/fill
	done
}
