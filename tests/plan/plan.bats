#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Plans as golden text: tests/plan/NAME.yaml compared with old.yaml gives NAME.plan. No Xen is needed.

bats_require_minimum_version 1.5.0

# golden NAME STATUS [OPTION...]
golden() {
	local name=$1 wanted=$2
	shift 2
	run --separate-stderr "$XLITE" plan --against "$TOP/tests/plan/old.yaml" "$@" "$TOP/tests/plan/${name%%+*}.yaml"
	echo "$stderr"
	[ "$status" -eq "$wanted" ]
	diff -u "$TOP/tests/plan/$name.plan" - <<<"$output"
}

@test "plan: nothing differs" {
	golden same 0
}

@test "plan: what is changed live is named with both values" {
	golden live 2
}

@test "plan: what changes only at a reboot waits for it, the rest is done" {
	golden replaces 2
}

@test "plan: volumes are made before domains, grow, and are refused where their data would be lost" {
	golden volumes 73
}

@test "plan: with --replace it is a replacement, with the reason" {
	golden replaces+replace 2 --replace
}

@test "plan: creation, absence and stopping" {
	golden create 2
}

@test "plan: what depends on others comes behind them, and says what it waits for" {
	golden order 2
}

# The spec has nothing of the loader's: no package on the host makes a domain differ.
@test "plan: a kernel given up for the disk's own, and taken again, waits for a reboot; without one nothing differs" {
	local d=$BATS_TEST_TMPDIR disk='vbds: [{vdev: xvda, source: /srv/a.raw}]'
	printf 'name: a\nmemory: 64MiB\n%s\n' "$disk" >"$d/own.yaml"
	printf 'name: a\nmemory: 64MiB\nkernel: /k\ncmdline: quiet\n%s\n' "$disk" >"$d/given.yaml"
	run -0 "$XLITE" plan --against "$d/own.yaml" "$d/own.yaml"
	[[ $output == *"1 unchanged."* ]]
	run "$XLITE" plan --against "$d/given.yaml" "$d/own.yaml"
	[[ $output == *"  - kernel: /k  (on reboot)"*"  - cmdline: quiet  (on reboot)"* ]]
	run "$XLITE" plan --against "$d/given.yaml" --replace "$d/own.yaml"
	[[ $output == *"domain/a: replace"*"boots: its own disk, by GRUB"* ]]
	run "$XLITE" plan --against "$d/own.yaml" "$d/given.yaml"
	[[ $output == *"  + kernel: /k  (on reboot)"* ]] && [[ $output != *boots:* ]]
}

# That disk is the domain's as long as it runs, and is no vbd by which a plan could see its name taken.
@test "plan: a disk that is to have the name of the one for cloud-init waits for the reboot that gives it up" {
	local d=$BATS_TEST_TMPDIR base='name: a\nmemory: 64MiB\nkernel: /k\n'
	printf "${base}cloud_init: true\nvbds: [{vdev: xvda, source: /a}]\n" >"$d/old.yaml"
	printf "${base}vbds: [{vdev: xvdz, source: /z}, {vdev: xvda, source: /a}, {vdev: xvdb, source: /b}]\n" >"$d/none.yaml"
	printf "${base}cloud_init: {vdev: xvdy}\nvbds: [{vdev: xvdz1, source: /z}]\n" >"$d/moved.yaml"
	run -2 "$XLITE" plan --against "$d/old.yaml" "$d/none.yaml"
	[[ $output == *"vbds[xvdz]: {source: /z}  (on reboot)"*"vbds[xvdb]: {source: /b}  (hot-plug)"*"cloud_init.enabled: true -> false  (on reboot)"* ]]
	run -2 "$XLITE" plan --against "$d/old.yaml" "$d/moved.yaml"
	[[ $output == *"vbds[xvda]: {source: /a}  (hot-plug)"*"vbds[xvdz1]: {source: /z}  (on reboot)"* ]]
	# The other way it is a disk that is taken out, now.
	run -2 "$XLITE" plan --against "$d/none.yaml" "$d/old.yaml"
	[[ $output == *"vbds[xvdz]: {source: /z}  (hot-plug)"* ]]
}

@test "plan: drives and cards of an emulated PC do not change while it runs, other devices do" {
	local d=$BATS_TEST_TMPDIR base="name: pc\ntype: hvm\nmemory: 256MiB\n" mac="mac: 00:16:3e:00:00:01"
	printf "${base}vbds: [{vdev: hda, source: /a}, {vdev: xvde, source: /e}]\nvifs: [{bridge: br0, $mac}]\n" >"$d/old.yaml"
	printf "${base}vbds: [{vdev: hda, source: /b}, {vdev: hdc, cdrom: true}]\nvifs: [{bridge: br1, $mac, ip: 10.0.0.1}]\n" >"$d/new.yaml"
	run -2 "$XLITE" plan --against "$d/old.yaml" "$d/new.yaml"
	[[ $output == *"vbds[hda].source: /a -> /b  (replaces, needs --replace)"* ]]
	[[ $output == *"vbds[xvde]: {source: /e}  (hot-plug)"* ]]
	[[ $output == *"vbds[hdc]: "*"(replaces, needs --replace)"* ]]
	[[ $output == *"vifs[00:16:3e:00:00:01].bridge: br0 -> br1  (hot-plug)"* && $output == *".ip: "*"(live)"* ]]
	printf "${base}vbds: [{vdev: hda, source: /a}, {vdev: xvde, source: /e}]\nvifs: [{bridge: br0, $mac, rate: 1Mb/s}]\n" >"$d/new.yaml"
	run -2 "$XLITE" plan --against "$d/old.yaml" "$d/new.yaml"
	[[ $output == *".rate: "*"(replaces, needs --replace)"* ]]
	printf "${base}vbds: [{vdev: hda, source: /a}, {vdev: xvde, source: /e}]\n" >"$d/new.yaml"
	run -2 "$XLITE" plan --against "$d/old.yaml" "$d/new.yaml"
	[[ $output == *"vifs[00:16:3e:00:00:01]: "*"(replaces, needs --replace)"* ]]
	# A disk that is called a volume is the same disk.
	printf "${base}vbds: [{vdev: hda, source: /p/v.raw, volume: v}, {vdev: xvde, source: /e}]\nvifs: [{bridge: br0, $mac}]\n" >"$d/new.yaml"
	printf "${base}vbds: [{vdev: hda, source: /p/v.raw}, {vdev: xvde, source: /e}]\nvifs: [{bridge: br0, $mac}]\n" >"$d/old.yaml"
	run -2 "$XLITE" plan --against "$d/old.yaml" "$d/new.yaml"
	[[ $output == *"domain/pc: change"*"vbds[hda].volume: v  (hot-plug)"* && $output != *replaces* ]]
	# Between networks it moves as between bridges, and to a bridge it is another vif.
	printf "${base}vbds: [{vdev: hda, source: /a}]\nvifs: [{nat: n0, $mac, ip: 10.7.0.2}]\n" >"$d/old.yaml"
	printf -- "---\nkind: network\nname: %s\nmode: nat\nsubnet: 10.%s.0.0/24\nuplink: eth0\n" n0 7 n1 8 >>"$d/old.yaml"
	sed 's/nat: n0, \(.*\)10.7.0.2/nat: n1, \110.8.0.2/' "$d/old.yaml" >"$d/new.yaml"
	run -2 "$XLITE" plan --against "$d/old.yaml" "$d/new.yaml"
	[[ $output == *".nat: n0 -> n1  (hot-plug)"* ]]
	sed 's/nat: n0, /bridge: br0, /' "$d/old.yaml" >"$d/new.yaml"
	run -2 "$XLITE" plan --against "$d/old.yaml" "$d/new.yaml"
	[[ $output == *".nat: n0"*"(replaces, needs --replace)"* ]]
	# Its vCPUs are those that it started with; other types' come and go.
	printf "${base}vcpus: {max: 4, online: 2}\nkernel: /k\n" >"$d/old.yaml"
	sed 's/online: 2/online: 3/' "$d/old.yaml" >"$d/new.yaml"
	run -2 "$XLITE" plan --against "$d/old.yaml" "$d/new.yaml"
	[[ $output == *"vcpus.online: 2 -> 3  (on reboot)"* ]]
	sed -i 's/type: hvm/type: pvh/' "$d/old.yaml" "$d/new.yaml"
	run -2 "$XLITE" plan --against "$d/old.yaml" "$d/new.yaml"
	[[ $output == *"vcpus.online: 2 -> 3  (live)"* ]]
}

@test "plan: --prune deletes what the files do not name, but only with --set" {
	golden same+prune 2 --set all --prune
	run "$XLITE" plan --against "$TOP/tests/plan/old.yaml" --prune "$TOP/tests/plan/same.yaml"
	[ "$status" -eq 64 ]
}

@test "plan: files that describe nothing do not empty a set, unless that is said" {
	local d=$BATS_TEST_TMPDIR/d empty
	mkdir -p "$d"
	printf 'kind: defaults\nmemory: 1GiB\n' >"$d/defaults.yaml"
	for empty in "$d" "$d/defaults.yaml" -; do
		run "$XLITE" plan --against "$TOP/tests/plan/old.yaml" --set all --prune "$empty" <"$d/defaults.yaml"
		echo "$output"
		[ "$status" -eq 65 ]
		[[ $output == *"--prune: the files describe no domain, network or volume, and would delete all of set all"*"--yes"* ]]
		[[ $output != *"to delete"* ]]
		run "$XLITE" plan --against "$TOP/tests/plan/old.yaml" --set all "$empty" <"$d/defaults.yaml"
		[ "$status" -eq 0 ]
	done
	# Whatever the language makes of files without a document, they delete nothing.
	printf '# nothing\n' >"$d/defaults.yaml"
	run "$XLITE" plan --against "$TOP/tests/plan/old.yaml" --set all --prune "$d"
	[ "$status" -eq 65 ]
	printf 'kind: defaults\n' >"$d/defaults.yaml"
	run "$XLITE" plan --against "$TOP/tests/plan/old.yaml" --set all --prune --yes "$d"
	echo "$output"
	[ "$status" -eq 2 ]
	[[ $output == *"domain/web1: delete"* ]]
}

@test "plan: nothing is pruned while something is refused, least of all the one that has its name" {
	printf 'name: db1\nuuid: 6b0c7b3a-0000-4000-8000-000000000004\nmemory: 1GiB\nkernel: /boot/vmlinuz\n' >"$BATS_TEST_TMPDIR/other.yaml"
	run "$XLITE" plan --against "$TOP/tests/plan/old.yaml" --set all --prune "$BATS_TEST_TMPDIR/other.yaml"
	echo "$output"
	[ "$status" -eq 73 ]
	[[ $output == *"domain/db1: refused: the name is in use by another domain of xlite's"* ]]
	[[ $output == *"domain/web1: refused: not pruned, as db1 is refused"* ]]
	[[ $output == *" 0 to delete, 3 refused,"* ]]
}

@test "plan: as JSON it says the same" {
	run --separate-stderr "$XLITE" plan -o json --against "$TOP/tests/plan/old.yaml" "$TOP/tests/plan/live.yaml"
	[ "$status" -eq 2 ]
	python3 -c '
import json, sys
plan = json.loads(sys.stdin.read())
web = plan[0]
assert (web["name"], web["action"]) == ("web1", "change"), web
changes = {c["path"]: c for c in web["changes"]}
assert changes["memory.target"]["before"] == "512MiB" and changes["memory.target"]["after"] == "768MiB"
assert all(c["in_place"] for c in web["changes"])
' <<<"$output"
}

@test "plan: the order of files and documents is kept" {
	run --separate-stderr "$XLITE" plan -o json --against "$TOP/tests/plan/old.yaml" "$TOP/tests/plan/create.yaml" "$TOP/tests/plan/live.yaml"
	[ "$(grep -o '"name": "[a-z0-9]*"' <<<"$output" | tr '\n' ' ')" = '"name": "fresh" "name": "absent" "name": "db1" "name": "web1" "name": "napping" ' ]
}

@test "plan: a name that another document gives up is free, for one that exists and for a new one" {
	local d=$BATS_TEST_TMPDIR u=6b0c7b3a-0000-4000-8000-00000000000
	# is DOCUMENT...: name and digit of the uuid of each.
	is() {
		while [ $# -gt 0 ]; do
			printf -- '---\nname: %s\nuuid: %s\nmemory: 16MiB\nkernel: /k\n' "${1%:*}" "$u${1#*:}"
			shift
		done
	}
	is a:1 b:2 >"$d/old.yaml"
	for docs in "c:1 a:2" "a:2 c:1"; do
		# shellcheck disable=SC2086
		is $docs >"$d/new.yaml"
		run "$XLITE" plan --against "$d/old.yaml" "$d/new.yaml"
		echo "$output"
		[ "$status" -eq 2 ]
		[[ $output == *"~ name: a -> c"* && $output == *"~ name: b -> a"* && $output == *" 2 to change, "* ]]
	done
	is c:1 a:3 >"$d/new.yaml"
	run "$XLITE" plan --against "$d/old.yaml" "$d/new.yaml"
	echo "$output"
	[ "$status" -eq 2 ]
	[[ $output == *"domain/a: create"* ]]
	# It is kept, and the other cannot have it.
	is a:3 >"$d/new.yaml"
	run "$XLITE" plan --against "$d/old.yaml" "$d/new.yaml"
	[ "$status" -eq 73 ]
}

# swaps WHAT SED-COMMAND: the two documents of d/old.yaml, changed so; both are refused.
swaps() {
	sed "$2" "$d/old.yaml" >"$d/new.yaml"
	run -1 "$XLITE" plan --against "$d/old.yaml" "$d/new.yaml"
	echo "$output"
	[[ $output == *"domain/aa: refused: it is to get $1 from bb, which waits for it in turn: one run cannot exchange that"* ]]
	[[ $output == *"domain/bb: refused: it is to get "*" from aa, which waits for it in turn"*" 2 refused, "* ]]
	run -1 "$XLITE" plan --replace --against "$d/old.yaml" "$d/new.yaml"
}

@test "plan: what two domains are to exchange is refused, and what one hands on to the other is not" {
	local d=$BATS_TEST_TMPDIR n
	for n in 1 2; do
		printf -- '---\nname: %s\nuuid: 6b0c7b3a-0000-4000-8000-00000000000%s\nmemory: 64MiB\nkernel: /k\n' "$([ $n = 1 ] && echo aa || echo bb)" $n
		printf 'vbds: [{vdev: xvda, source: /srv/%s.img}]\nvifs: [{bridge: br0, mac: 00:16:3e:00:00:0%s, ifname: lan%s}]\n' $n $n $n
	done >"$d/old.yaml"
	swaps "disk xvda" 's,/1.img,/X,; s,/2.img,/1.img,; s,/X,/2.img,'
	swaps "the MAC 00:16:3e:00:00:02" 's,:01,:XX,; s,:02,:01,; s,:XX,:02,'
	swaps "the interface name lan2" 's,lan1,lanX,; s,lan2,lan1,; s,lanX,lan2,'
	# One way, either way.
	for n in 's,/2.img,/3.img,; s,/1.img,/2.img,' 's,/1.img,/3.img,; s,/2.img,/1.img,' 's,:02,:03,; s,:01,:02,' 's,lan1,lan3,; s,lan2,lan1,'; do
		sed "$n" "$d/old.yaml" >"$d/new.yaml"
		run -2 "$XLITE" plan --against "$d/old.yaml" "$d/new.yaml"
	done
}

@test "plan: what depends on a domain that is refused is refused, and what depends on that" {
	printf 'name: db1\nuuid: 6b0c7b3a-0000-4000-8000-000000000004\nmemory: 1GiB\nkernel: /k\n' >"$BATS_TEST_TMPDIR/x.yaml"
	printf -- '---\nname: mid\nmemory: 16MiB\nkernel: /k\ndepends_on: [db1]\n---\nname: top\nmemory: 16MiB\nkernel: /k\ndepends_on: [mid]\n' >>"$BATS_TEST_TMPDIR/x.yaml"
	run "$XLITE" plan --against "$TOP/tests/plan/old.yaml" "$BATS_TEST_TMPDIR/x.yaml"
	echo "$output"
	[ "$status" -eq 73 ]
	[[ $output == *"domain/mid: refused: not started: db1, which it depends on, is refused"* ]]
	[[ $output == *"domain/top: refused: not started: mid, which it depends on, is refused"* ]]
}

@test "plan: lists of a vCPU each wait along with the number of vCPUs" {
	local old=$BATS_TEST_TMPDIR/old.yaml new=$BATS_TEST_TMPDIR/new.yaml
	printf '%s\n' 'name: a' 'memory: 64MiB' 'kernel: /k' 'vcpus: {max: 4, affinity: [0, 1, 2, 3]}' >"$old"
	printf '%s\n' 'name: a' 'memory: 64MiB' 'kernel: /k' 'vcpus: {max: 2, affinity: [0, 5], soft_affinity: 0-5}' >"$new"
	run -2 "$XLITE" plan --against "$old" "$new"
	[[ $output == *"~ vcpus.affinity: [0, 1, 2, 3] -> [0, 5]  (on reboot)"* ]]
	[[ $output == *"~ vcpus.soft_affinity: all -> 0-5  (live)"* ]]
	run -2 "$XLITE" plan --against "$new" "$old"
	[[ $output == *"~ vcpus.affinity: [0, 5] -> [0, 1, 2, 3]  (on reboot)"* ]]
	[[ $output == *"~ vcpus.soft_affinity: 0-5 -> all  (live)"* ]]
	# The same lists in other words.
	sed 's/\[0, 1, 2, 3\]/"0-3"/' "$old" >"$new"
	sed -i 's/\[0, 1, 2, 3\]/[0-3, "0,1,2-3", 0-3, "0-9,^4-9"]/' "$old"
	run -0 "$XLITE" plan --against "$old" "$new"
}
