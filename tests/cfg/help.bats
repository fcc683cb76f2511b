#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The language's help: explain, the JSON Schema, the man page; and diff as text.

bats_require_minimum_version 1.5.0
load cfg

@test "explain: a key has its form, its meaning, its default and its class of change" {
	run -0 "$CFG_TOOL" explain vbds.mode
	[ "${lines[0]}" = "vbds.mode: ro | rw" ]
	[ "${lines[1]}" = "  Whether the guest may write." ]
	[[ $output == *"  default  rw"* ]]
	[[ $output == *"  change   hot-plug"* ]]
}

@test "explain: without a key all keys are listed" {
	run -0 "$CFG_TOOL" explain
	for key in name memory vcpus vifs vbds labels scheduler; do
		[[ $output == *"  $key "* ]]
	done
}

@test "explain: every key that is listed can be explained" {
	local explained=0
	for path in "" vcpus memory vifs vbds scheduler limits vifs.forward depends_on network volume; do
		for key in $("$CFG_TOOL" explain "$path" | sed -n 's/^  \([a-z_]*\)   *[a-zA-Z].*/\1/p'); do
			case $key in range | default | need | only | change) continue ;; esac
			run -0 "$CFG_TOOL" explain "${path:+$path.}$key"
			[[ $output == *"  change "* || $key = kind ]]
			explained=$((explained + 1))
		done
	done
	[ "$explained" -ge 70 ]
}

@test "explain: what is not supported yet is marked" {
	run -0 "$CFG_TOOL" explain on_crash
	[[ $output == *"rename-restart "*"(not supported yet)"* ]]
}

@test "explain: a key says what it can only be used with" {
	run -0 "$CFG_TOOL" explain vifs.vlan
	[[ $output == *"  only     bridge"* ]]
	run -0 "$CFG_TOOL" explain network.uplink
	[ "${lines[0]}" = "network.uplink: DEVICE" ]
	[[ $output == *"  only     mode route or nat"* ]]
	run -0 "$CFG_TOOL" explain depends_on
	[ "${lines[0]}" = "depends_on: NAME or list of NAME or mapping" ]
}

@test "explain: paths of diffs are understood" {
	run -0 "$CFG_TOOL" explain 'vifs[00:16:3e:00:00:01].mtu'
	run -0 "$CFG_TOOL" explain 'domain.memory.max'
	run -0 "$CFG_TOOL" explain 'network.subnet'
}

@test "explain: an unknown key suggests the nearest" {
	run -64 "$CFG_TOOL" explain vbds.mod
	[ "$output" = $'no key `vbds.mod`\ndid you mean `vbds.mode`?' ]
	run -64 "$CFG_TOOL" explain maxmem
	[[ $output == *'did you mean `memory.max`?' ]]
	run -64 "$CFG_TOOL" explain vifs.trunc
	[[ $output == *'did you mean `vifs.trunk`?' ]]
	run -64 "$CFG_TOOL" explain frobnicate
	[[ $output == *'`xlite explain` lists the keys' ]]
	run -64 "$CFG_TOOL" explain name.foo
	[[ $output == 'no key `name.foo`'* ]]
}

@test "explain: a key of another section is named with its path" {
	local key
	for key in ifname:vifs.ifname trunk:vifs.trunk forward:vifs.forward udp:vifs.forward.udp 'format:vbds.format` or `volume.format' folder:pool.folder \
		'gateway:vifs.gateway` or `network.gateway' 'timeout:depends_on.timeout` or `shutdown_timeout' \
		'vdev:vbds.vdev` or `cloud_init.vdev' 'max:vcpus.max` or `memory.max' stp:network.stp; do
		run -64 "$CFG_TOOL" explain "${key%%:*}"
		echo "$output"
		[ "${lines[1]}" = "did you mean \`${key#*:}\`?" ]
	done
	run -64 "$CFG_TOOL" explain vbds.ifname
	[ "${lines[1]}" = 'did you mean `vifs.ifname`?' ]
}

@test "explain: lines are broken between words, at 80 columns" {
	local path broken=0
	for path in "" vcpus vcpus.affinity vifs vifs.gateway vifs.trunk vbds.source vbds.format on_soft_reset on_crash network network.gateway \
		depends_on viridian; do
		"$CFG_TOOL" explain "$path" >"$BATS_TEST_TMPDIR/out"
		run ! grep -nE '.{81}' "$BATS_TEST_TMPDIR/out"
		run ! grep -nE ' $' "$BATS_TEST_TMPDIR/out"
		broken=$((broken + $(grep -cE '^.{70}' "$BATS_TEST_TMPDIR/out")))
	done
	[ "$broken" -ge 20 ]
	run -0 "$CFG_TOOL" explain on_soft_reset
	[[ ${output//$'\n '/} == *"the domain boots what its spec names. xlite watch, where it runs, does"* ]]
}

@test "schema: good specs are valid, and bad ones are not where a schema can tell" {
	python3 -c 'import jsonschema, yaml' 2>/dev/null || skip "python3-jsonschema or python3-yaml is missing"
	"$CFG_TOOL" schema >"$BATS_TEST_TMPDIR/schema.json"
	python3 "$TOP/tests/cfg/schema.py" "$BATS_TEST_TMPDIR/schema.json" "$FIXTURES" "$TOP"/examples/*.yaml
}

@test "man: the page has no fault that mandoc knows" {
	command -v mandoc >/dev/null || skip "mandoc is missing"
	"$CFG_TOOL" man >"$BATS_TEST_TMPDIR/reference"
	awk -v reference="$BATS_TEST_TMPDIR/reference" -f "$TOP/man/assemble.awk" "$TOP/man/xlite.yaml.5.in" \
		>"$BATS_TEST_TMPDIR/xlite.yaml.5"
	run -0 mandoc -T lint -W warning "$BATS_TEST_TMPDIR/xlite.yaml.5"
	[ -z "$output" ]
	run ! grep -q @REFERENCE@ "$BATS_TEST_TMPDIR/xlite.yaml.5"
}

@test "man: every key of the table is on the page" {
	local found=0
	"$CFG_TOOL" man >"$BATS_TEST_TMPDIR/reference"
	for path in "" vcpus memory vifs vbds scheduler limits vifs.forward depends_on network; do
		for key in $("$CFG_TOOL" explain "$path" | sed -n '/not supported yet/d; s/^  \([a-z_]*\)   *[a-zA-Z].*/\1/p'); do
			case $key in range | default | need | only | change) continue ;; esac
			grep -q "^\.It Ic $key :" "$BATS_TEST_TMPDIR/reference" || fail_with "$path $key"
			found=$((found + 1))
		done
	done
	[ "$found" -ge 70 ]
}

@test "man: the examples are valid specs, and the example of a message is what is printed" {
	# As they are rendered: what a reader copies.
	"$TOP/tests/examples.sh" "$TOP/man/xlite.yaml.5.in" "$BATS_TEST_TMPDIR"
	local examples=0
	for example in "$BATS_TEST_TMPDIR"/example*; do
		if head -n 1 "$example" | grep -q '^web.yaml:'; then
			printf 'name: web\nmemory: 512MB\nkernel: /k\n' >"$BATS_TEST_TMPDIR/web.yaml"
			run -65 "$CFG_TOOL" validate "$BATS_TEST_TMPDIR/web.yaml"
			[ "$output" = "$(cat "$example")" ]
			continue
		fi
		mv "$example" "$example.yaml"
		run -0 "$CFG_TOOL" validate "$example.yaml"
		examples=$((examples + 1))
	done
	[ "$examples" -ge 6 ]
	[ "$examples" -eq $(($(grep -c '^\.Bd -literal' "$TOP/man/xlite.yaml.5.in") - 1)) ]
}

@test "examples: every spec in examples/ is valid" {
	for example in "$TOP"/examples/*.yaml; do
		run -0 "$CFG_TOOL" validate "$example"
	done
}

@test "json: one object with every key, null where there is no value" {
	printf 'name: a\nmemory: 64MiB\nkernel: /k\nvifs: [{bridge: br0}]\n' | spec
	run -0 "$CFG_TOOL" json "$BATS_TEST_TMPDIR/spec.yaml"
	[[ $output == '{'*'"name": "a"'*'"ramdisk": null'*'"mtu": null'*'"state": "running"'*'}' ]]
}

@test "diff: changes are named by their path, as they would be written" {
	spec both <<-'END'
	name: a
	uuid: 3e5b2b70-0a4a-452b-a227-f452af80a8f3
	memory: 512MiB
	kernel: /k
	vifs: [{bridge: br0, mac: 00:16:3e:00:00:01}, {bridge: br9, mac: 00:16:3e:00:00:02}]
	vbds: [{vdev: xvda, source: /a}, {vdev: xvdb, source: /b, mode: ro}]
	labels: {team: web, old: x}
	---
	name: b
	uuid: 3e5b2b70-0a4a-452b-a227-f452af80a8f4
	memory: {target: 1GiB, max: 2GiB}
	kernel: /k2
	vcpus: 2
	vifs: [{bridge: br1, mac: 00:16:3e:00:00:01}]
	vbds: [{vdev: xvda, source: /a2, shared: true}, {vdev: xvdc, source: /c, mode: ro}]
	labels: {team: db, new: y}
	scheduler: {weight: 512}
	END
	run -0 "$CFG_TOOL" diff "$BATS_TEST_TMPDIR/both.yaml"
	diff -u - <(printf '%s\n' "$output") <<-'END'
	~ name: a -> b (live) line 9
	~ uuid: 3e5b2b70-0a4a-452b-a227-f452af80a8f3 -> 3e5b2b70-0a4a-452b-a227-f452af80a8f4 (replaces) line 10
	~ vcpus.max: 1 -> 2 (on reboot) line 9
	~ vcpus.online: 1 -> 2 (live) line 9
	~ memory.target: 512MiB -> 1GiB (live) line 11
	~ memory.max: 512MiB -> 2GiB (live) line 11
	~ kernel: /k -> /k2 (on reboot) line 12
	- vifs[00:16:3e:00:00:02]: {bridge: br9} -> none (hot-plug) line 0
	~ vifs[00:16:3e:00:00:01].bridge: br0 -> br1 (hot-plug) line 14
	- vbds[xvdb]: {source: /b, mode: ro} -> none (hot-plug) line 0
	~ vbds[xvda].source: /a -> /a2 (hot-plug) line 15
	~ vbds[xvda].shared: false -> true (hot-plug) line 15
	+ vbds[xvdc]: none -> {source: /c, mode: ro} (hot-plug) line 15
	~ scheduler.weight: 256 -> 512 (live) line 9
	- labels[old]: x -> none (live) line 0
	~ labels[team]: web -> db (live) line 9
	+ labels[new]: none -> y (live) line 9
	END
}

@test "diff: networks are compared by the same walk" {
	spec both <<-'END'
	kind: network
	name: lan0
	mode: nat
	subnet: 10.77.0.0/24
	labels: {a: b}
	---
	kind: network
	name: lan0
	mode: nat
	subnet: [10.77.0.0/24, "fd77::/64"]
	uplink: eth0
	stp: true
	mtu: 9000
	labels: {a: c}
	END
	run -0 "$CFG_TOOL" diff "$BATS_TEST_TMPDIR/both.yaml"
	diff -u - <(printf '%s\n' "$output") <<-'END'
	~ subnet: [10.77.0.0/24] -> [10.77.0.0/24, fd77::/64] (live) line 10
	~ gateway: [10.77.0.1/24] -> [10.77.0.1/24, fd77::1/64] (live) line 7
	+ uplink: none -> eth0 (live) line 7
	~ stp: false -> true (live) line 7
	+ mtu: none -> 9000 (live) line 7
	~ labels[a]: b -> c (live) line 7
	END
}

@test "diff: a disc comes and goes as a disk does" {
	spec both <<-'END'
	name: a
	memory: 64MiB
	kernel: /k
	vbds: [{vdev: xvda, source: /a}, {vdev: xvdb, source: /disc1, cdrom: true}, {vdev: xvdc, cdrom: true}]
	---
	name: a
	memory: 64MiB
	kernel: /k
	vbds: [{vdev: xvda, source: /b}, {vdev: xvdb, cdrom: true}, {vdev: xvdc, source: /disc1, cdrom: true}]
	END
	run -0 "$CFG_TOOL" diff "$BATS_TEST_TMPDIR/both.yaml"
	diff -u - <(printf '%s\n' "$output") <<-'END'
	~ vbds[xvda].source: /a -> /b (hot-plug) line 9
	- vbds[xvdb].source: /disc1 -> none (hot-plug) line 0
	+ vbds[xvdc].source: none -> /disc1 (hot-plug) line 9
	END
}

@test "order: domains come behind what they depend on, otherwise as they are written" {
	spec <<-'END'
	kind: defaults
	memory: 64MiB
	kernel: /k
	---
	{name: web, depends_on: [{name: app}, cache]}
	---
	{name: first}
	---
	{name: app, depends_on: [{name: db, console: ready}, elsewhere]}
	---
	{name: db}
	---
	{name: cache, depends_on: [db]}
	END
	run -0 "$CFG_TOOL" order "$BATS_TEST_TMPDIR/spec.yaml"
	[ "$output" = "$(printf '%s\n' db app cache web first 'web -> app' 'web -> cache' 'app -> db' \
		'app -> elsewhere (elsewhere)' 'cache -> db')" ]
}
