#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Texts that are too long, too deep, not text at all, or made to exhaust the reader.

bats_require_minimum_version 1.5.0
load cfg

small() {
	printf 'name: a\nmemory: 64MiB\nkernel: /k\n'
}

# Runs validate with a deadline and little memory; expects status 65.
refused() {
	run -65 --separate-stderr timeout 120 "$CFG_TOOL" validate "$spec"
}

@test "limits: a text of 1 MiB is read, one byte more is refused" {
	spec=$BATS_TEST_TMPDIR/big.yaml
	small >"$spec"
	printf '#%*s\n' $((1048576 - $(stat -c %s "$spec") - 2)) '' >>"$spec"
	[ "$(stat -c %s "$spec")" -eq 1048576 ]
	run -0 "$CFG_TOOL" validate "$spec"
	printf '\n' >>"$spec"
	refused
	[ "$stderr" = "big.yaml: 1048577 bytes long; a file may have 1048576 (1 MiB)" ]
}

@test "limits: 32 levels of nesting are read, 33 are refused" {
	{ small; printf 'x-a: %s%s\n' "$(printf '[%.0s' $(seq 31))" "$(printf ']%.0s' $(seq 31))"; } | spec
	run -0 "$CFG_TOOL" validate "$BATS_TEST_TMPDIR/spec.yaml"
	{ small; printf 'x-a: %s%s\n' "$(printf '[%.0s' $(seq 32))" "$(printf ']%.0s' $(seq 32))"; } >"$BATS_TEST_TMPDIR/spec.yaml"
	spec=$BATS_TEST_TMPDIR/spec.yaml
	refused
	[[ $stderr == "spec.yaml:4:37: nested more than 32 levels deep"* ]]
}

@test "limits: aliases add to the depth" {
	spec=$BATS_TEST_TMPDIR/deep.yaml
	{
		printf 'x-a: &a %s%s\n' "$(printf '[%.0s' $(seq 20))" "$(printf ']%.0s' $(seq 20))"
		printf 'x-b: %s*a%s\n' "$(printf '[%.0s' $(seq 20))" "$(printf ']%.0s' $(seq 20))"
		small
	} >"$spec"
	refused
	[[ $stderr == "deep.yaml:2:26: nested more than 32 levels deep by this alias"* ]]
}

@test "limits: aliases of aliases cannot blow a document up" {
	spec=$BATS_TEST_TMPDIR/laughs.yaml
	{
		echo 'x-0: &a0 [lol]'
		for i in 1 2 3 4 5 6 7 8 9; do
			printf 'x-%d: &a%d [%s]\n' $i $i "$(printf "*a$((i - 1)), %.0s" $(seq 10))"
		done
		small
	} >"$spec"
	refused
	[[ $stderr == *"aliases make this document more than 100000 values longer"* ]]
}

@test "limits: bytes that are not text are all reported with their place" {
	spec=$BATS_TEST_TMPDIR/bytes.yaml
	printf 'name: a\0b\nmemory: \xff\nkernel: /\x1b\nx-a: \xc3(\nx-b: \xed\xa0\x80\nx-c: a\rb\nx-d: \xc0\x80\n' >"$spec"
	refused
	[[ $stderr == *"bytes.yaml:1:8: the text holds a NUL byte (0x00)"* ]]
	[[ $stderr == *"bytes.yaml:2:9: the text holds bytes that are not UTF-8 (0xff)"* ]]
	[[ $stderr == *"bytes.yaml:3:10: the text holds a control character (0x1b)"* ]]
	[[ $stderr == *"bytes.yaml:4:6: the text holds bytes that are not UTF-8 (0xc3)"* ]]
	[[ $stderr == *"bytes.yaml:5:6: the text holds bytes that are not UTF-8 (0xed)"* ]]
	[[ $stderr == *"bytes.yaml:6:7: the text holds a carriage return that ends no line (0x0d)"* ]]
	[[ $stderr == *"bytes.yaml:7:6: the text holds bytes that are not UTF-8 (0xc0)"* ]]
	[ "$(grep -c bytes.yaml: <<<"$stderr")" -eq 7 ]
}

@test "limits: nothing that could drive a terminal is shown" {
	spec=$BATS_TEST_TMPDIR/terminal.yaml
	printf '\x1b[2J: \x07\n\xc2\x9b1m: \xe2\x80\xaex\n' >"$spec"
	refused
	printf '%s\n' "$stderr" | LC_ALL=C run ! grep -q $'[\001-\011\013-\037\177]'
	printf 'name: a\nmemory: 64MiB\nkernel: /k\n"\\e[2J\\x9b": "\\u202e"\nfoo: "\\u202e"\nlabels: {a: "\\u2067"}\n' >"$spec"
	refused
	[[ $stderr == *'unknown key `\x1b[2J\x9b`'* ]]
	printf '%s\n' "$stderr" | run ! grep -q $'\u202e'
	[[ $stderr == *'\u202e'* ]]
}

@test "limits: UTF-16 is refused, with one message" {
	spec=$BATS_TEST_TMPDIR/utf16.yaml
	local encoding
	for encoding in UTF-16 UTF-16LE UTF-16BE; do
		small | iconv -t $encoding >"$spec"
		refused
		[ "$stderr" = "utf16.yaml: the text is UTF-16: save it as UTF-8" ]
	done
}

@test "limits: comments alone are no fault of a file, unless there is nothing else; an empty file is one" {
	printf '# nothing yet\n---\n' >"$BATS_TEST_TMPDIR/comments.yaml"
	small >"$BATS_TEST_TMPDIR/small.yaml"
	run -0 "$CFG_TOOL" validate "$BATS_TEST_TMPDIR/comments.yaml" "$BATS_TEST_TMPDIR/small.yaml"
	[ -z "$output" ]
	spec=$BATS_TEST_TMPDIR/comments.yaml
	refused
	[[ $stderr == "comments.yaml:1:1: holds no document"* ]]
	printf ' \n\n' >"$BATS_TEST_TMPDIR/empty.yaml"
	run -65 "$CFG_TOOL" validate "$BATS_TEST_TMPDIR/empty.yaml" "$BATS_TEST_TMPDIR/small.yaml"
	[[ $output == "empty.yaml:1:1: is empty"* ]]
}

@test "limits: of very many errors 200 are shown, and it is said" {
	spec=$BATS_TEST_TMPDIR/many.yaml
	{ small; seq -f 'key%g: 1' 5000; } >"$spec"
	refused
	[ "$(grep -c '^many.yaml:' <<<"$stderr")" -eq 200 ]
	[[ $stderr == *"many.yaml:203:1: too many errors: from here on they are not shown"* ]]
}

@test "limits: lists have a longest length" {
	spec=$BATS_TEST_TMPDIR/list.yaml
	{ small; echo 'vifs:'; for i in $(seq 65); do echo ' - {bridge: br0}'; done; } >"$spec"
	refused
	[[ $stderr == "list.yaml:69:4: vifs: more than 64 entries"* ]]
}

@test "limits: a file that cannot be read is an error of that file" {
	run -65 "$CFG_TOOL" validate "$BATS_TEST_TMPDIR/nowhere.yaml"
	[ "$output" = "nowhere.yaml: No such file or directory" ]
}

@test "limits: what exists once is looked for in all files" {
	small | spec one
	small | spec two
	run -65 "$CFG_TOOL" validate "$BATS_TEST_TMPDIR/one.yaml" "$BATS_TEST_TMPDIR/two.yaml"
	[ "${lines[0]}" = 'two.yaml:1:7: this name is already used by `a` (one.yaml:1:7)' ]
	[ "${#lines[@]}" -eq 3 ]
	local name
	for name in one two; do
		printf 'name: %s\nmemory: 64MiB\nkernel: /k\nvifs:\n- {nat: lan0, ip: fd77::%x, forward: [{tcp: 22, to: 22}, {udp: 53, to: 53}]}\n' \
			$name "'$name" | spec $name
	done
	run -65 "$CFG_TOOL" validate "$BATS_TEST_TMPDIR/one.yaml" "$BATS_TEST_TMPDIR/two.yaml"
	[ "${lines[0]}" = 'two.yaml:5:39: this port of the host is already used by `one` (one.yaml:5:39)' ]
	[ "${lines[3]}" = 'two.yaml:5:58: this port of the host is already used by `one` (one.yaml:5:58)' ]
	[ "${#lines[@]}" -eq 6 ]
}

@test "limits: defaults cannot blow a file up" {
	spec=$BATS_TEST_TMPDIR/many.yaml
	awk 'BEGIN {
		print "kind: defaults\nmemory: 64MiB\nkernel: /k\nvbds:"
		for (i = 0; i < 200; i++)
			printf "- {vdev: xvda%d, source: /%0999d, mode: ro}\n", i + 1, i
		for (i = 0; i < 20000; i++)
			printf "---\nname: d%d\n", i
	}' >"$spec"
	refused
	[[ $stderr == *"defaults make this file more than 100000 values longer"* ]]
}

@test "limits: many networks, vifs and dependencies are checked in time" {
	spec=$BATS_TEST_TMPDIR/many.yaml
	awk 'BEGIN {
		print "kind: defaults\nmemory: 64MiB\nkernel: /k"
		for (i = 0; i < 5000; i++) {
			net = sprintf("10.%d.%d", i / 250, i % 250)
			printf "---\nkind: network\nname: n%d\nmode: nat\nsubnet: %s.0/24\n", i, net
			printf "---\nname: d%d\ndepends_on: [d%d]\n", i, i + 1
			printf "vifs: [{nat: n%d, ip: %s.2, mac: 02:00:00:00:%02x:%02x}]\n", i, net, i / 256, i % 256
		}
	}' >"$spec"
	run -0 --separate-stderr timeout 120 "$CFG_TOOL" validate "$spec"
	[ -z "$stderr" ]
}
