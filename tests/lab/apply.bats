#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The main job, on a real Xen: specs become guests that work, and go without a trace.

load helper

@test "apply: a Linux guest boots with its CPUs, memory, disk and network; its kernel is unpacked once" {
	# The lab's root has no size, and where no room is to be seen nothing is kept.
	mkdir -p /var/cache/xlite
	mount -t tmpfs -o size=256m,mode=700 cache /var/cache/xlite
	# A younger one is not kept.
	until (($(date +%s) - $(stat -c %Z $IMAGES/vmlinuz) > 60)); do sleep 1; done
	disk_image "$BATS_TEST_TMPDIR/disk.img"
	debian_spec web1 "xlite.run=disk xlite.ip=10.88.0.10/24" \
		"vifs: [{bridge: xenbr0, mac: '00:16:3e:00:00:10'}]" \
		"vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/disk.img}]"
	linux_up web1 "GUEST: ready"
	grep "GUEST: cpus=2" "$(console_log web1)"
	grep "GUEST: hello=hello from dom0" "$(console_log web1)"
	grep "GUEST: disk=ok" "$(console_log web1)"
	local kib
	kib=$(sed -n 's/.*GUEST: memkib=\([0-9]*\).*/\1/p' "$(console_log web1)")
	[ "$kib" -gt 180000 ]
	[ "$kib" -le 262144 ]
	ping -c 3 -W 10 10.88.0.10

	# The tools that Xen's users have see it as one of xl's.
	xl list | grep -E '^web1 +[0-9]+ +256 +2 '
	xl list -v web1 | grep "$(xlite get -o wide web1 | awk 'NR == 2 { print $NF }')"
	xentop -b -i 1 | grep web1
	xl block-list web1 | grep 51712
	xl network-list web1 | grep 00:16:3e:00:00:10
	[ "$(xenstore-read "/local/domain/$(domid web1)/name")" = web1 ]

	run xlite apply "$SPEC"
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "domain/web1 unchanged" ]

	run xlite delete web1
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "domain/web1 deleted" ]
	[ "$(in_image "$BATS_TEST_TMPDIR/disk.img" answer)" = "written by guest" ]

	# The next domain reads what is kept, and of the kernel's 8 MiB the begin alone.
	[ "$(find /var/cache/xlite -name '*.unpacked' -perm 600 -size +20000k | wc -l)" -eq 1 ]
	echo 'state: paused' >>"$SPEC"
	strace -f -o "$BATS_TEST_TMPDIR/reads" -e trace=pread64 -P $IMAGES/vmlinuz xlite apply "$SPEC"
	[ "$(sed -n 's/.*) *= //p' "$BATS_TEST_TMPDIR/reads" | awk '{ bytes += $1 } END { print (bytes > 0 && bytes < 2 * 1048576) }')" = 1 ]
	[ "$(domid web1)" -gt 0 ]
	xlite delete --now web1
	umount /var/cache/xlite
	rmdir /var/cache/xlite
}

@test "apply: from standard input, several documents, in order" {
	printf 'name: %s\nmemory: 16\nkernel: /root/images/tiny.elf\n---\nname: %s\nmemory: 16\nkernel: /root/images/tiny.elf\n' a b >"$SPEC"
	# One at a time: of two at once either may be ready first.
	run xlite apply -j 1 - <"$SPEC"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "domain/a created" ]
	[ "${lines[1]}" = "domain/b created" ]
	run xlite delete --now - <"$SPEC"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"domain/a deleted"* && $output == *"domain/b deleted"* ]]
}

@test "apply: a second time writes nothing, neither to XenStore nor to Xen" {
	spec same "vifs: [{bridge: xenbr0}]"
	xlite apply "$SPEC"
	run xlite apply --stats "$SPEC"
	echo "$output"
	[[ $output == *" hypercall_writes=0 "* ]]
	[[ $output == *" store_writes=0 "* ]]
	[[ $output == *"domain/same unchanged"* ]]
	# The counters are our own word; the wire says the same. Types of requests that write: transaction
	# start and end 6 and 7, write 11, mkdir 12, rm 13, set_perms 14 (xen/io/xs_wire.h).
	strace -f -o "$BATS_TEST_TMPDIR/trace" -e trace=network,write,writev -x -s 4 xlite apply "$SPEC"
	grep -c 'xenstored\|\\x' "$BATS_TEST_TMPDIR/trace"
	run ! grep -E '(write|writev|sendto|sendmsg)\(.*"\\x(06|07|0b|0c|0d|0e)\\x00\\x00\\x00' "$BATS_TEST_TMPDIR/trace"
	run xlite apply --events jsonl -q "$SPEC"
	echo "$output" | grep '"status":"unchanged"'
	xlite delete --now same
}

@test "apply: --dry-run shows and does nothing" {
	spec dry
	run xlite apply --dry-run "$SPEC"
	[ "$status" -eq 0 ]
	[[ $output == *"domain/dry: create"* ]]
	run xlite get dry
	[ "$status" -eq 1 ]
}

@test "apply: state paused is born paused, and unpaused when the spec says so" {
	spec napper "state: paused"
	xlite apply "$SPEC"
	xl list napper | grep -- '--p---'
	spec napper
	run xlite apply "$SPEC"
	[ "${lines[-1]}" = "domain/napper changed" ]
	run ! grep -- '--p---' <(xl list napper)
	xlite delete --now napper
}

@test "apply: state stopped removes a running domain and is quiet about an absent one" {
	spec gone
	xlite apply "$SPEC"
	spec gone "state: stopped"
	run xlite apply --now "$SPEC"
	[ "${lines[-1]}" = "domain/gone deleted" ]
	run xlite apply "$SPEC"
	[ "${lines[-1]}" = "domain/gone unchanged" ]
}

@test "apply: a domain of xl's is not touched without --adopt" {
	printf 'name="foreign"\ntype="pvh"\nmemory=32\nkernel="/root/images/tiny.elf"\n' >"$BATS_TEST_TMPDIR/xl.cfg"
	xl create -p "$BATS_TEST_TMPDIR/xl.cfg"
	spec foreign
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 73 ]
	[[ $output == *"was not made by xlite"* ]]
	run xlite delete foreign
	[ "$status" -eq 73 ]
	xl destroy foreign
}

@test "apply: what get prints of a domain of xl's plans to no change, and --adopt takes it over" {
	printf 'name="foreign"\ntype="pvh"\nmemory=32\nvcpus=2\nkernel="/root/images/tiny.elf"\nvif=["mac=00:16:3e:00:00:77,bridge=xenbr0"]\n' >"$BATS_TEST_TMPDIR/xl.cfg"
	xl create -p "$BATS_TEST_TMPDIR/xl.cfg"
	xlite get -o yaml foreign >"$SPEC"
	cat "$SPEC"
	grep "kernel: /root/images/tiny.elf" "$SPEC"
	run xlite plan --adopt "$SPEC"
	echo "$output"
	[[ $output == *"domain/foreign: change: it is taken over as it is"* ]]
	pidof xl
	run xlite apply --adopt "$SPEC"
	[ "${lines[-1]}" = "domain/foreign changed" ]
	# xl's process would build it anew when it reboots; it is nobody's then.
	run ! pidof xl
	run xlite apply "$SPEC"
	[ "${lines[-1]}" = "domain/foreign unchanged" ]
	xlite delete --now foreign
}

@test "apply: a domain of xl's that was taken over is xlite's when it reboots, and has what xl's file said of its end" {
	local name id other
	for name in foreign other; do
		printf '%s\n' "name=\"$name\"" 'type="pvh"' 'memory=32' 'kernel="/root/images/tiny.elf"' 'on_crash="preserve"' \
			>"$BATS_TEST_TMPDIR/$name.cfg"
		xl create "$BATS_TEST_TMPDIR/$name.cfg"
	done
	xlite get -o yaml foreign >"$SPEC"
	cat "$SPEC"
	grep "^on_crash: preserve$" "$SPEC"
	run -0 xlite apply --adopt "$SPEC"
	id=$(domid foreign)
	end-domain "$id" 1
	# The other one's process was left alone, and does what it should.
	other=$(domid other)
	end-domain "$other" 1
	is_new() {
		[ "$(domid other)" -gt "$other" ]
	}
	wait_until 120 is_new
	[ "$(domid foreign)" = "$id" ]
	xlite list | grep -E '^foreign .* rebooting'
	run -0 xlite apply "$SPEC"
	[ "${lines[-1]}" = "domain/foreign created" ]
	end-domain "$(domid foreign)" 3
	run -1 xlite apply "$SPEC"
	[[ $output == *"it has crashed and is kept for inspection (on_crash: preserve)"* ]]
	for verb in pause unpause; do
		run -1 xlite $verb foreign
		[[ $output == "xlite: foreign: it does not run: crashed"*"xlite reboot"* ]]
	done
	xlite delete --now foreign
	xl destroy other
	wait_until 120 sh -c '! pidof xl'
}

# The one of HVM is of PVH and has only xl's note of the other: a device model would cost a lab of its own.
@test "apply: a PV or HVM domain of xl's is shown as such, and not built again as PVH" {
	local type words kernel=/root/images/vmlinuz id
	for type in pv hvm; do
		printf 'name="foreign"\ntype="%s"\nmemory=256\nkernel="%s"\n' "${type/hvm/pvh}" "$kernel" >"$BATS_TEST_TMPDIR/xl.cfg"
		xl create -p "$BATS_TEST_TMPDIR/xl.cfg"
		id=$(domid foreign)
		[ $type = pv ] || xenstore-write "/libxl/$id/type" hvm
		[ "$(xenstore-read "/libxl/$id/type")" = $type ]
		xlite get -o yaml foreign >"$BATS_TEST_TMPDIR/got.yaml"
		grep -x "type: $type" "$BATS_TEST_TMPDIR/got.yaml"
		spec foreign
		for words in --adopt "--adopt --replace"; do
			# shellcheck disable=SC2086
			run xlite apply --now $words "$SPEC"
			echo "$output"
			[ "$status" -eq 73 ]
			[[ $output == *"foreign: the domain of this name (domid $id) is a"*" ${type^^} domain, made by another tool"* ]]
		done
		[ "$(domid foreign)" = "$id" ]
		[ $type = pv ] || xenstore-write "/libxl/$id/type" pvh
		xlite delete --adopt --now foreign
	done
	wait_until 120 sh -c '! pidof xl'
}

@test "apply: xl can destroy one of our domains, and the next apply builds it again" {
	spec phoenix "vifs: [{bridge: xenbr0}]"
	xlite apply "$SPEC"
	xl destroy phoenix
	run xlite apply "$SPEC"
	[ "${lines[-1]}" = "domain/phoenix created" ]
	xlite delete --now phoenix
}

@test "apply: delete takes a name, a uuid and a domid, and each domain once" {
	local name uuid id
	for name in one two three; do
		spec "$name"
		xlite apply "$SPEC"
	done
	uuid=$(xl domid two)
	uuid=$(xenstore-read "/local/domain/$uuid/vm")
	uuid=${uuid#/vm/}
	id=$(domid three)
	run xlite delete --now one "$uuid" "$id" two 4711
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -c ' deleted$' <<<"$output")" -eq 3 ]
	[[ $output == *"domain/two deleted"* ]]
	[[ $output == *"domain/4711 absent"* ]]
	run xlite delete --adopt --now 0
	echo "$output"
	[ "$status" -eq 73 ]
	[[ $output == *"control domain"* ]]
}

@test "apply: a domain that has powered itself off is kept where its spec says so" {
	printf 'name: abi\nmemory: 16MiB\nkernel: /root/guests/abi.elf\non_poweroff: preserve\n' >"$SPEC"
	xlite apply "$SPEC"
	has_ended() {
		xlite list | grep -qE '^abi .* shutdown'
	}
	wait_until 300 has_ended
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"it has shut down and is kept for inspection (on_poweroff: preserve)"* ]]
	run xlite apply --replace "$SPEC"
	echo "$output"
	[ "$status" -eq 0 ]
	wait_until 300 has_ended
	sed -i '/^on_poweroff/d' "$SPEC"
	run xlite apply "$SPEC"
	echo "$output"
	[ "$status" -eq 0 ]
	xlite delete --now abi
}

@test "apply: --set and --prune delete the members that the files do not name, and nobody else" {
	spec other
	xlite apply "$SPEC"
	printf 'name: m1\nmemory: 16\nkernel: /root/images/tiny.elf\n---\nname: m2\nmemory: 16\nkernel: /root/images/tiny.elf\n' >"$BATS_TEST_TMPDIR/two.yaml"
	xlite apply --set fleet "$BATS_TEST_TMPDIR/two.yaml"
	spec m1
	run xlite apply --set fleet --prune --now "$SPEC"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"domain/m1 unchanged"* ]]
	[[ $output == *"domain/m2 deleted"* ]]
	[ "$(xlite list -o name | grep -c -e m1 -e other)" -eq 2 ]
	xlite delete --now m1 other
}

# readme KIND: what the first block of that kind in README.md holds.
readme() {
	awk -v kind="$1" '$0 == "```" && on { exit } on; $0 == "```" kind { on = 1 }' "$BATS_TEST_DIRNAME/../README.md"
}

# looks_like TEXT: output is the text, in which a line `...' stands for any lines.
looks_like() {
	local pattern
	pattern=$(sed 's/[^A-Za-z0-9 ]/\\&/g; s/^ *\\\.\\\.\\\.$/*/' <<<"$1")
	echo "wanted:"$'\n'"$1"$'\n'"is:"$'\n'"$output"
	# shellcheck disable=SC2053 # a pattern
	[[ $output == $pattern ]]
}

@test "apply: what README's first screen shows is what is printed" {
	local line command='' wanted='' commands=0
	cd "$BATS_TEST_TMPDIR"
	readme yaml >web1.yaml
	mkdir -p /srv
	disk_image /srv/web1.img
	while IFS= read -r line; do
		if [[ $line != "# "* ]]; then
			wanted+=${wanted:+$'\n'}$line
			continue
		fi
		if [ -n "$command" ]; then
			run bash -c "$command"
			looks_like "$wanted"
		fi
		command=${line#"# "} wanted='' commands=$((commands + 1))
	done < <(readme console; echo "# end")
	[ "$commands" -eq 5 ]
	xlite delete --now -q web1
	rm /srv/web1.img
}
