#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The examples are valid, plan as creations where nothing is, and as nothing where they are applied already.

bats_require_minimum_version 1.5.0

EXAMPLES="cloud-image web1 networks-bridge networks-nat networks-route fleet database-then-web qcow2-and-nbd volumes volumes-lvm"

# each COMMAND: for each example, named when it fails.
each() {
	local name
	for name in $EXAMPLES; do
		"$1" "$TOP/examples/$name.yaml" || { echo "$name.yaml: $output"; return 1; }
	done
}

is_valid() {
	run "$XLITE" validate "$1"
	[ "$status" -eq 0 ]
}

creates() {
	local documents
	# A pool is nothing by itself.
	documents=$(($(grep -cE '^name:' "$1") - $(grep -cE '^kind: pool' "$1")))
	printf 'name: other\nmemory: 16MiB\nkernel: /k\n' >"$BATS_TEST_TMPDIR/other.yaml"
	run "$XLITE" plan --against "$BATS_TEST_TMPDIR/other.yaml" "$1"
	[ "$status" -eq 2 ] && [ "$(grep -cE '^[a-z]+/.*: create(: after .*)?$' <<<"$output")" -eq "$documents" ]
}

is_done() {
	run "$XLITE" plan --against "$1" "$1"
	[ "$status" -eq 0 ]
}

@test "examples: there is no other" {
	[ "$(cd "$TOP/examples" && printf '%s\n' *.yaml)" = "$(printf '%s.yaml\n' $EXAMPLES | LC_ALL=C sort)" ]
}

@test "examples: all are valid" {
	each is_valid
}

@test "examples: where nothing is, each document is created" {
	each creates
}

@test "examples: where they are applied, nothing differs" {
	each is_done
}
