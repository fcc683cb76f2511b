#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Honest errors: each names the place, the thing and the cause, has the right exit status, and leaves nothing
# behind (the census of teardown).

load helper

# refused STATUS TEXT...: apply of the spec fails so, in one line and perhaps a hint; and plan has said so of the domain, with the same status.
refused() {
	local status_wanted=$1 text name
	shift
	name=$(sed -n 's/^name: //p' "$SPEC")
	run xlite plan "$SPEC"
	echo "$output"
	[ "$status" -eq "$status_wanted" ]
	for text in "$@"; do
		[[ $output == *"${text/#$name: /domain\/$name: refused: }"* ]] || { echo "missing in the plan: $text"; return 1; }
	done
	[[ $output == *" 0 to create, "*" 1 refused, "* ]]
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq "$status_wanted" ]
	for text in "$@"; do
		[[ $output == *"$text"* ]] || { echo "missing: $text"; return 1; }
	done
	[ "$(grep -c '^xlite: ' <<<"$output")" -eq 1 ]
	[ "$(grep -cv -e '^xlite: ' -e '^  hint: ' <<<"$output")" -eq 0 ]
}

kernel_spec() {
	printf 'name: broken\nmemory: 64MiB\nkernel: %s\n' "$1" >"$SPEC"
}

@test "errors: the kernel is missing" {
	kernel_spec /root/images/nowhere
	refused 1 "broken: kernel: " "/root/images/nowhere" "No such file or directory"
}

@test "errors: the kernel is a directory" {
	kernel_spec /root/images
	refused 1 "broken: kernel: " "/root/images" "directory"
}

@test "errors: the kernel is not a kernel" {
	kernel_spec /etc/passwd
	refused 1 "broken: " "/etc/passwd" "neither"
}

@test "errors: the kernel is cut short (XSA-55)" {
	head -c 3000000 /root/images/vmlinuz >"$BATS_TEST_TMPDIR/short"
	kernel_spec "$BATS_TEST_TMPDIR/short"
	refused 1 "broken: " "$BATS_TEST_TMPDIR/short"
}

@test "errors: the kernel's payload is corrupted (XSA-25)" {
	cp /root/images/vmlinuz "$BATS_TEST_TMPDIR/bad"
	printf 'XXXXXXXX' | dd of="$BATS_TEST_TMPDIR/bad" bs=1 seek=4000000 conv=notrunc status=none
	sed -i 's/^//' "$SPEC" 2>/dev/null || true
	printf 'name: broken\nmemory: 256MiB\nkernel: %s\n' "$BATS_TEST_TMPDIR/bad" >"$SPEC"
	refused 1 "broken: " "$BATS_TEST_TMPDIR/bad" "corrupt"
}

@test "errors: the kernel has no PVH entry" {
	cp /bin/busybox "$BATS_TEST_TMPDIR/elf"
	kernel_spec "$BATS_TEST_TMPDIR/elf"
	refused 1 "broken: " "$BATS_TEST_TMPDIR/elf"
}

@test "errors: the kernel does not fit into the memory (XSA-25)" {
	printf 'name: broken\nmemory: 16MiB\nkernel: /root/images/vmlinuz\n' >"$SPEC"
	refused 1 "broken: " "/root/images/vmlinuz" "the domain has 16 MiB"
}

@test "errors: the ramdisk is missing" {
	printf 'name: broken\nmemory: 256MiB\nkernel: /root/images/vmlinuz\nramdisk: /nowhere\n' >"$SPEC"
	refused 1 "broken: ramdisk " "/nowhere" "No such file or directory"
}

@test "errors: the ramdisk is larger than any may be (XSA-25)" {
	truncate -s 1100M "$BATS_TEST_TMPDIR/rd"
	printf 'name: broken\nmemory: 2GiB\nkernel: /root/images/vmlinuz\nramdisk: %s\n' "$BATS_TEST_TMPDIR/rd" >"$SPEC"
	refused 1 "broken: " "$BATS_TEST_TMPDIR/rd" "more than the limit of 1073741824"
}

@test "errors: Xen does not have the memory" {
	printf 'name: broken\nmemory: 64GiB\nkernel: /root/images/tiny.elf\n' >"$SPEC"
	refused 1 "broken: " "needs 65536 MiB" "MiB free"
}

@test "errors: the bridge does not exist" {
	spec broken "vifs: [{bridge: xenbr7}]"
	refused 1 "broken: vif 0: " "xenbr7" "xenbr0"
}

@test "errors: the bridge is no bridge" {
	spec broken "vifs: [{bridge: lo}]"
	refused 1 "broken: vif 0: " "lo"
}

@test "errors: the MAC is in use" {
	spec first "vifs: [{bridge: xenbr0, mac: '00:16:3e:11:22:33'}]"
	xlite apply "$SPEC"
	spec second "vifs: [{bridge: xenbr0, mac: '00:16:3e:11:22:33'}]"
	refused 73 "second: vif 0: " "00:16:3e:11:22:33 is in use"
	xlite delete --now first
	# Derived from two uuids it is the same by chance: a given one is the way out.
	spec web2720 "vifs: [{bridge: xenbr0}]"
	xlite apply "$SPEC"
	spec web3954 "vifs: [{bridge: xenbr0}]"
	refused 73 "web3954: vif 0: " "00:16:3e:31:be:40 is in use by web2720" "give this vif a"
	spec web3954 "vifs: [{bridge: xenbr0, mac: '00:16:3e:31:be:41'}]"
	xlite apply "$SPEC"
	xlite delete --now web2720 web3954
}

@test "errors: the name is in use by a domain with another uuid" {
	spec twin
	xlite apply "$SPEC"
	spec twin "uuid: 6b0c7b3a-0000-4000-8000-000000000002"
	refused 73 "twin: " "name is in use"
	xlite delete --now twin
}

@test "errors: the disk is missing" {
	spec broken "vbds: [{vdev: xvda, source: /srv/nowhere.img}]"
	refused 1 "broken: disk xvda: " "/srv/nowhere.img" "No such file or directory"
}

@test "errors: no device has the tag" {
	spec broken "vbds: [{vdev: xvda, source: LABEL=nowhere}]"
	refused 1 "broken: disk xvda: " "LABEL=nowhere"
}

@test "errors: the disk file is attached to another domain" {
	disk_image "$BATS_TEST_TMPDIR/d.img"
	spec holder "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/d.img}]"
	xlite apply "$SPEC"
	spec broken "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/d.img}]"
	refused 1 "broken: disk xvda: " "$BATS_TEST_TMPDIR/d.img: /dev/loop" " is attached to "
	xlite delete --now holder
}

@test "errors: the disk is mounted" {
	disk_image "$BATS_TEST_TMPDIR/m.img"
	modprobe ext4
	mount -o loop "$BATS_TEST_TMPDIR/m.img" /mnt
	spec broken "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/m.img}]"
	refused 1 "broken: disk xvda: " "$BATS_TEST_TMPDIR/m.img" "mounted on /mnt" "hint: \`umount /mnt\`"
	umount /mnt
}

@test "errors: the disk is empty" {
	: >"$BATS_TEST_TMPDIR/empty"
	spec broken "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/empty}]"
	refused 1 "broken: disk xvda: " "empty"
}

@test "errors: the disk is on a read-only file system and is wanted read-write" {
	mkdir "$BATS_TEST_TMPDIR/ro"
	truncate -s 1M "$BATS_TEST_TMPDIR/ro/d.img"
	mount -t tmpfs -o size=2M none "$BATS_TEST_TMPDIR/ro"
	truncate -s 1M "$BATS_TEST_TMPDIR/ro/d.img"
	mount -o remount,ro "$BATS_TEST_TMPDIR/ro"
	spec broken "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/ro/d.img}]"
	refused 1 "broken: disk xvda: " "$BATS_TEST_TMPDIR/ro/d.img" "read-only file system"
	umount "$BATS_TEST_TMPDIR/ro"
}

@test "errors: bad specs are told with line, column and caret, all of them" {
	printf 'name: broken\nvcpu: 2\nmemory: 16 parsecs\nkernel: /root/images/tiny.elf\n' >"$SPEC"
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 65 ]
	[[ $output == *"$SPEC:2:1: "*"vcpus"* ]]
	[[ $output == *"$SPEC:3:9: "* ]]
	[[ $output == *"^"* ]]
}

@test "errors: not root" {
	spec broken
	chmod 644 "$SPEC"
	chmod 755 "$BATS_TEST_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_SUITE_TMPDIR" "$BATS_RUN_TMPDIR"
	echo 'nobody:x:65534:65534::/:/bin/sh' >>/etc/passwd
	run su nobody -s /bin/sh -c '/usr/local/bin/xlite list'
	sed -i '/^nobody:/d' /etc/passwd
	echo "$output"
	[ "$status" -eq 77 ]
	[[ $output == *"root"* ]]
}

@test "errors: xenstored is gone (XSA-326)" {
	spec broken
	cat >"$BATS_TEST_TMPDIR/without" <<-'END'
		mkdir "$1"
		for device in privcmd hypercall; do
			touch "$1/$device"
			mount -o bind "/dev/xen/$device" "$1/$device"
		done
		mount -o rbind "$1" /dev/xen
		cp -a /run/xenstored/socket "$1.socket"
		mount -t tmpfs none /run/xenstored
		mount -t tmpfs none /proc/xen
		[ -z "$3" ] || cp -a "$1.socket" /run/xenstored/socket
		exec xlite apply "$2"
	END
	run unshare -m sh "$BATS_TEST_TMPDIR/without" "$BATS_TEST_TMPDIR/xen" "$SPEC"
	echo "$output"
	[ "$status" -eq 69 ]
	[[ $output == *"xenstore"* || $output == *"XenStore"* ]]
	# A copy of its socket is one behind which nobody is: trying again helps nobody.
	run unshare -m sh "$BATS_TEST_TMPDIR/without" "$BATS_TEST_TMPDIR/xen2" "$SPEC" died
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"nobody listens, xenstored is gone"*"the host must be rebooted"* ]]
}

@test "errors: xenstored is stuck (XSA-326)" {
	local pid
	pid=$(pidof xenstored || pidof oxenstored)
	spec broken
	kill -STOP "$pid"
	XLITE_STORE_TIMEOUT_MS=2000 run timeout 600 xlite apply "$SPEC"
	kill -CONT "$pid"
	echo "$output"
	[ "$status" -eq 124 ]
	[[ $output == *"xenstored does not answer"* ]]
}

@test "errors: a domain that is not there" {
	run xlite pause nobody
	[ "$status" -eq 1 ]
	[ "$output" = "xlite: nobody: no such domain" ]
	run xlite delete nobody
	[ "$status" -eq 0 ]
	[ "$output" = "domain/nobody absent" ]
}

@test "errors: the control domain is neither changed, deleted nor destroyed, --adopt or not" {
	local command
	spec Domain-0
	for command in "plan --adopt $SPEC" "apply --adopt --replace $SPEC" "apply $SPEC" "delete --adopt Domain-0" \
		"delete --dry-run --adopt Domain-0"; do
		# shellcheck disable=SC2086
		run xlite $command
		echo "$command: $status: $output"
		case $command in
		# The language knows its name.
		*"$SPEC"*) [[ $output == *"is the name of domain 0"* ]] && [ "$status" -eq 65 ] ;;
		*dry-run*) [[ $output == *"the control domain"* ]] ;;
		*) [[ $output == *"the control domain"* ]] && [ "$status" -eq 73 ] ;;
		esac
		# Nothing that goes on to the next was begun.
		run ! xenstore-exists /local/domain/0/control/shutdown
	done
	sed -i '$a state: stopped' "$SPEC"
	run -65 xlite apply --adopt --now "$SPEC"
	run -73 xlite destroy Domain-0
	run -73 xlite reboot Domain-0
}

@test "errors: a guest that another tool may be saving is not touched without --replace" {
	local id
	linux_spec saved "" "vifs: []"
	linux_up saved "GUEST: ready"
	id=$(domid saved)
	xenstore-write "/local/domain/$id/control/shutdown" suspend
	wait_until 60 sh -c "xlite list | grep -q 'saved.*suspended'"
	refused 73 "saved: it is suspended: another tool may be saving or migrating it" "--replace"
	run -73 xlite plan "$SPEC"
	[[ $output == *"domain/saved: refused: it is suspended"* ]]
	run -73 xlite reboot saved
	run -73 xlite delete saved
	[[ $output == *"saved: it is suspended"*"--now"* ]]
	sed 's/^name/state: stopped\nname/' "$SPEC" >"$SPEC.stopped"
	run -73 xlite apply "$SPEC.stopped"
	[ "$(domid saved)" = "$id" ]
	run xlite apply --replace "$SPEC"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(domid saved)" != "$id" ]
	xlite delete --now saved
}

@test "errors: --replace and reboot leave the guest alone when what takes its place cannot be built" {
	local id
	disk_image "$BATS_TEST_TMPDIR/own.img"
	disk_image "$BATS_TEST_TMPDIR/its.img"
	spec other "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/its.img}]" "vifs: [{bridge: xenbr0, mac: '00:16:3e:11:22:44'}]"
	xlite apply "$SPEC"
	local own="vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/own.img}" mac="mac: '00:16:3e:11:22:33'"
	spec kept "$own]" "vifs: [{bridge: xenbr0, $mac}]"
	xlite apply "$SPEC"
	id=$(domid kept)
	# wrong TEXT LINE...: the spec with these lines, and a change that needs a new domain, is refused with the text.
	wrong() {
		spec kept "vcpus: 2" "${@:2}"
		! grep -q '^memory: 64' "$SPEC" || sed -i '/^memory: 16/d' "$SPEC"
		run -1 xlite apply --replace --now "$SPEC"
		echo "$output"
		# shellcheck disable=SC2053 # a pattern
		[[ $output == *"xlite: kept: "$1* ]] || return 1
		[ "$(domid kept)" = "$id" ]
	}
	wrong "vif 0: *xenbr7" "$own]" "vifs: [{bridge: xenbr7, $mac}]"
	wrong "vif 0: there is no network nowhere" "$own]" "vifs: [{nat: nowhere, $mac}]"
	wrong "disk xvdb: /srv/nowhere.img" "$own, {vdev: xvdb, source: /srv/nowhere.img}]" "vifs: [{bridge: xenbr0, $mac}]"
	wrong "disk xvdb: $BATS_TEST_TMPDIR/its.img: " "$own, {vdev: xvdb, source: $BATS_TEST_TMPDIR/its.img}]" "vifs: [{bridge: xenbr0, $mac}]"
	wrong "there is no CPU pool nowhere" "$own]" "vifs: [{bridge: xenbr0, $mac}]" "pool: nowhere"
	wrong "memory: needs 65536 MiB, Xen has " "$own]" "vifs: [{bridge: xenbr0, $mac}]" "memory: 64GiB"
	spec kept "vcpus: 2" "$own]" "vifs: [{bridge: xenbr0, mac: '00:16:3e:11:22:44'}]"
	run -73 xlite apply --replace --now "$SPEC"
	[ "$(domid kept)" = "$id" ]
	# Its own disk has gone: it goes on with it as long as it runs.
	spec kept "vcpus: 2" "$own]" "vifs: [{bridge: xenbr0, $mac}]"
	mv "$BATS_TEST_TMPDIR/own.img" "$BATS_TEST_TMPDIR/moved.img"
	wrong "disk xvda: $BATS_TEST_TMPDIR/own.img" "$own]" "vifs: [{bridge: xenbr0, $mac}]"
	run -1 xlite reboot --now kept
	[[ $output == *"xlite: kept: disk xvda: $BATS_TEST_TMPDIR/own.img"* ]]
	[ "$(domid kept)" = "$id" ]
	# The same file by a name that it got meanwhile, and its own MAC, are no reason.
	spec kept "vcpus: 2" "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/moved.img}]" "vifs: [{bridge: xenbr0, $mac}]"
	run -0 xlite apply --replace --now "$SPEC"
	[ "$(domid kept)" != "$id" ]
	run -0 xlite reboot --now kept
	xlite delete --now kept other
}

@test "errors: plan says of a name or a uuid that another tool's domain has what apply says" {
	local uuid=6b0c7b3a-0000-4000-8000-0000000000aa
	printf 'type="pvh"\nname="others"\nuuid="%s"\nmemory=32\nkernel="%s/tiny.elf"\n' $uuid "$IMAGES" >"$BATS_TEST_TMPDIR/xl.cfg"
	xl create -q "$BATS_TEST_TMPDIR/xl.cfg"
	spec others
	refused 73 "others: " "a domain of this name runs already (others, domid $(domid others)) and was not made by xlite"
	spec mine "uuid: $uuid"
	refused 73 "mine: " "a domain of this uuid runs already (others, domid $(domid others)) and was not made by xlite"
	xl destroy others
}

@test "errors: plan says what a domain depends on is refused, and counts a network that comes first as there" {
	printf 'name: base\nmemory: 16MiB\nkernel: /nowhere\n---\nname: top\nmemory: 16MiB\nkernel: %s/tiny.elf\ndepends_on: [base]\n' "$IMAGES" >"$SPEC"
	run -1 xlite plan "$SPEC"
	echo "$output"
	[[ $output == *"domain/base: refused: "*"/nowhere"*"domain/top: refused: not started: base, which it depends on, is refused"* ]]
	printf 'kind: network\nname: soon0\n---\nkind: network\nname: soon1\nmode: nat\nsubnet: 10.93.0.0/24\n' >"$SPEC"
	printf -- '---\nname: guest\nmemory: 16MiB\nkernel: %s/tiny.elf\nvifs: [{bridge: soon0}, {nat: soon1, ip: 10.93.0.2}]\n' "$IMAGES" >>"$SPEC"
	run -2 xlite plan "$SPEC"
	echo "$output"
	[[ $output == *"3 to create"* ]]
	run -0 xlite apply --dry-run "$SPEC"
}

@test "errors: doctor tells of domains that XenStore does not know, and of all it found; JSON has names that are not UTF-8" {
	local id i
	spec known
	xlite apply "$SPEC"
	id=$(domid known)
	xenstore-write "/local/domain/$id/name" "$(printf 'kn\377wn')"
	[[ $(xlite list -o json) == *'"name": "kn?wn"'* ]]
	[[ $(xlite get -o json "$id") == *'"name": "kn?wn"'* ]]
	# What an xenstored that was started again has: nothing.
	xenstore-rm "/local/domain/$id"
	xenstore-rm "/libxl/$id"
	for ((i = 0; i < 20; i++)); do
		xenstore-write "/libxl/$((30000 + i))/xlite" "$(printf '1 6b0c7b3a-0000-4000-8000-0000000000%02d 1\nx' "$i")"
	done
	run -1 xlite doctor
	echo "$output"
	[[ $output == *"FAIL  domid $id is there, and XenStore does not know it"* ]]
	[ "$(grep -c 'domid 300[0-9]* is gone, but its nodes in XenStore are not' <<<"$output")" -eq 20 ]
	run -1 xlite doctor -o json
	[ "$(grep -c 'domid 300[0-9]* is gone' <<<"$output")" -eq 20 ]
	xlite destroy "$id"
	for ((i = 0; i < 20; i++)); do xenstore-rm "/libxl/$((30000 + i))"; done
}

@test "errors: a network whose record a later version wrote is not called deleted, nor absent, by its name or its uuid" {
	local uuid record
	printf 'kind: network\nname: later0\n' >"$SPEC"
	run -0 xlite apply "$SPEC"
	uuid=$(xenstore-list /xlite/network | tail -1)
	record=$(xenstore-read "/xlite/network/$uuid")
	xenstore-write "/xlite/network/$uuid" "$record"$'\nfuture: 1\n'
	for name in later0 "$uuid"; do
		run -1 xlite delete "network/$name"
		echo "$output"
		[[ $output == *"its record cannot be read by this version of xlite (format 1)"*"by the version that made it"* ]]
		[[ $output != *" deleted"* && $output != *" absent"* ]]
	done
	run -1 xlite delete "$SPEC"
	[ -e /sys/class/net/later0 ]
	xenstore-write "/xlite/network/$uuid" "$record"
	run -0 xlite delete "$SPEC"
	[ ! -e /sys/class/net/later0 ]
}
