#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The graph of dependencies, printed from files alone.

bats_require_minimum_version 1.5.0

setup() {
	SPEC=$TOP/tests/plan/order.yaml
	unset XLITE_HOST
}

@test "graph: as text it lists domains in the order of their start, each with what it waits for" {
	run "$XLITE" graph "$SPEC"
	[ "$status" -eq 0 ]
	diff -u - <(printf '%s\n' "$output") <<-'END'
		log
		db
		  log (running, 60 s)
		web
		  db (running, 60 s)
		  log (console `say "up"', 5 s)
		  far (xenstore data/ready, 60 s, not in these files)
	END
}

@test "graph: for graphviz, with texts quoted and what is not in the files dashed" {
	run "$XLITE" graph -o dot "$SPEC"
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "digraph depends_on {" ]
	[ "${lines[-1]}" = "}" ]
	[[ $output == *'"web" -> "db" [label="running"];'* ]]
	[[ $output == *'"web" -> "log" [label="console `say \"up\"'"'"'"];'* ]]
	[[ $output == *'"far" [style=dashed];'* ]]
}

@test "graph: as JSON it holds the order and the edges" {
	run --separate-stderr "$XLITE" graph -o json "$SPEC"
	[ "$status" -eq 0 ]
	python3 -c '
import json, sys
graph = json.loads(sys.stdin.read())
assert graph["order"] == ["log", "db", "web"], graph
edges = {(e["from"], e["to"]): e for e in graph["edges"]}
assert edges["web", "log"]["ready"] == "console `say \"up\"\x27" and edges["web", "log"]["timeout"] == 5, edges
assert edges["web", "db"]["in_files"] and not edges["web", "far"]["in_files"], edges
' <<<"$output"
}

@test "graph: a set without dependencies is a list, and a circle is told as everywhere" {
	run "$XLITE" graph "$TOP/tests/plan/same.yaml"
	[ "$status" -eq 0 ]
	run ! grep '^ ' <<<"$output"
	printf 'name: a\nmemory: 16\nkernel: /k\ndepends_on: [b]\n---\nname: b\nmemory: 16\nkernel: /k\ndepends_on: [a]\n' \
		>"$BATS_TEST_TMPDIR/circle.yaml"
	run "$XLITE" graph "$BATS_TEST_TMPDIR/circle.yaml"
	[ "$status" -eq 65 ]
	[[ $output == *"wait for each other"* ]]
}

@test "graph: formats that it does not have, and that only it has, are usage errors" {
	run "$XLITE" graph -o yaml "$SPEC"
	[ "$status" -eq 64 ]
	run "$XLITE" plan -o dot --against "$SPEC" "$SPEC"
	[ "$status" -eq 64 ]
	run "$XLITE" apply -j 65 "$SPEC"
	[ "$status" -eq 64 ]
	run "$XLITE" apply -j 0 "$SPEC"
	[ "$status" -eq 64 ]
}
