#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Pairs in fixtures/: pass-X.yaml prints as pass-X.out.yaml, fail-X.yaml fails with the messages in fail-X.err.

bats_require_minimum_version 1.5.0
load cfg

each() {
	local name
	for name in "$FIXTURES"/$1-*.yaml; do
		case $name in *.out.yaml) continue ;; esac
		printf '%s\n' "${name%.yaml}"
	done
}

@test "fixtures: there are pairs of both kinds" {
	[ "$(each pass | wc -l)" -ge 20 ]
	[ "$(each fail | wc -l)" -ge 50 ]
}

@test "fixtures: every good spec prints its canonical form" {
	for name in $(each pass); do
		"$CFG_TOOL" print "$name.yaml" >"$BATS_TEST_TMPDIR/out" || fail_with "$name: refused"
		diff -u "$name.out.yaml" "$BATS_TEST_TMPDIR/out" || fail_with "$name: printed otherwise"
	done
}

@test "fixtures: a printed spec prints as itself" {
	for name in $(each pass); do
		"$CFG_TOOL" print "$name.out.yaml" >"$BATS_TEST_TMPDIR/out"
		diff -u "$name.out.yaml" "$BATS_TEST_TMPDIR/out" || fail_with "$name: printed otherwise"
	done
}

@test "fixtures: a spec printed with its defaults reads as the same spec" {
	for name in $(each pass); do
		"$CFG_TOOL" print-all "$name.yaml" >"$BATS_TEST_TMPDIR/all.yaml"
		"$CFG_TOOL" print-all "$BATS_TEST_TMPDIR/all.yaml" >"$BATS_TEST_TMPDIR/again.yaml"
		diff -u "$BATS_TEST_TMPDIR/all.yaml" "$BATS_TEST_TMPDIR/again.yaml" || fail_with "$name: changed"
	done
}

@test "fixtures: a good spec says nothing when validated" {
	for name in $(each pass); do
		run -0 "$CFG_TOOL" validate "$name.yaml"
		[ -z "$output" ]
	done
}

@test "fixtures: every bad spec fails with exactly its messages and status 65" {
	for name in $(each fail); do
		run -65 --separate-stderr "$CFG_TOOL" validate "$name.yaml"
		[ -z "$output" ] || fail_with "$name: output on stdout"
		printf '%s\n' "$stderr" | diff -u "$name.err" - || fail_with "$name: other messages"
	done
}

@test "fixtures: every message has a place, and a caret under its source line" {
	for name in $(each fail); do
		awk -v name="$(basename "$name").yaml" '
			index($0, name ":") == 1 && $0 !~ /:[0-9]+:[0-9]+: / { print "no place: " $0; bad = 1 }
			END { exit bad }' "$name.err" || fail_with "$name"
		[ "$(grep -c ' *^$' "$name.err")" -ge 1 ] || fail_with "$name: no caret"
	done
}
