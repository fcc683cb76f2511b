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

# picture FILE: draws it, and prints what is in it: a line "class x y TEXT" for each text of it. It must be XML without anything from elsewhere.
picture() {
	"$XLITE" graph -o svg "$1" >"$BATS_TEST_TMPDIR/picture.svg" || return
	python3 - "$BATS_TEST_TMPDIR/picture.svg" <<-'END'
		import sys, xml.etree.ElementTree as tree
		text = open(sys.argv[1], encoding="utf-8").read()
		root = tree.fromstring(text)
		known = {"svg", "title", "style", "defs", "marker", "path", "rect", "text", "g"}
		for element in root.iter():
		    name = element.tag.replace("{http://www.w3.org/2000/svg}", "")
		    assert name in known, name
		    for key, value in element.attrib.items():
		        assert not key.startswith("on") and "href" not in key, key
		        assert key == "marker-end" or "url(" not in value, value
		    if name == "text":
		        print(element.get("class"), element.get("x"), element.get("y"), element.text)
		    if name in ("path", "g"):
		        print("title", *(title.text.replace("\n", "|") for title in element if title.tag.endswith("title")))
		assert "@import" not in text and "http" not in text.replace("http://www.w3.org/2000/svg", ""), text
	END
}

hostile='</text><script>alert(1)</script>&"'"'"

@test "graph: as a picture it has domains beside their networks and disks, and says what waits for what" {
	cat >"$BATS_TEST_TMPDIR/site.yaml" <<-'END'
		kind: network
		name: lan0
		mode: nat
		subnet: [10.77.0.0/24]
		uplink: eth0
		---
		name: web
		memory: 64MiB
		kernel: /k
		depends_on: [db]
		vifs: [{nat: lan0, ip: 10.77.0.3}, {bridge: xenbr0}]
		vbds: [{vdev: xvda, source: /srv/shared.img, mode: ro}]
		labels: {tier: web}
		---
		name: db
		memory: 64MiB
		kernel: /k
		vifs: [{nat: lan0, ip: 10.77.0.2}]
		vbds: [{vdev: xvda, source: LABEL=db}, {vdev: xvdb, source: /srv/shared.img, mode: ro}]
	END
	run picture "$BATS_TEST_TMPDIR/site.yaml"
	echo "$output"
	[ "$status" -eq 0 ]
	local word
	for word in "name 266 155 lan0" "about 266 170 nat 10.77.0.0/24" "bridge, in no file" " eth0" "name 556 93 db" "name 556 201 web" \
		"about 556 231 tier=web" " LABEL=db" " shared.img" "title web waits for db: running" "title vif 0 of web 10.77.0.3" \
		"title xvdb of db, read-only" "title xvda of web, read-only" "about 556 216 PVH, 1 vCPU, 64 MiB"; do
		[[ $output == *"$word"* ]] || { echo "no $word"; return 1; }
	done
	# A disk that two have is drawn once; and the picture is the same each time.
	[ "$(grep -c ' shared.img$' <<<"$output")" -eq 1 ]
	"$XLITE" graph -o svg "$BATS_TEST_TMPDIR/site.yaml" | cmp - "$BATS_TEST_TMPDIR/picture.svg"
	printf '# none\n---\nkind: defaults\n' >"$BATS_TEST_TMPDIR/none.yaml"
	picture "$BATS_TEST_TMPDIR/none.yaml"
}

@test "graph: in a picture, whatever files call things stays text, and what does not fit is cut" {
	python3 - "$hostile" >"$BATS_TEST_TMPDIR/hostile.yaml" <<-'END'
		import json, sys
		hostile = sys.argv[1]
		print(json.dumps({"name": "a", "memory": "64MiB", "kernel": "/k", "labels": {"evil": hostile, "long": "é" * 60},
		                  "vbds": [{"vdev": "xvda", "source": "/srv/" + hostile.replace("/", "") + ".img"},
		                           {"vdev": "xvdb", "source": "/srv/" + "long" * 20 + ".img"}]}, ensure_ascii=False))
	END
	run picture "$BATS_TEST_TMPDIR/hostile.yaml"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"|evil=$hostile long="* ]]
	[[ $output == *" evil=</text><script>alert(1)</…"* ]]
	[[ $output == *"name 906 93 <text><script>alert(1)<script>"* ]]
	[[ $output == *" longlonglong"*"…"* ]]
	[[ $output == *"title /srv/longlong"*"long.img"* ]]
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
