#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Saved plans: what apply carries out is that plan, from its file alone, or nothing.

load helper

setup() {
	SPEC=$BATS_TEST_TMPDIR/spec.yaml
	PLAN=$BATS_TEST_TMPDIR/plan
	begin
}

# tiny NAME [LINE...]: one more document in $SPEC.
tiny() {
	[ ! -s "$SPEC" ] || echo --- >>"$SPEC"
	printf 'name: %s\nmemory: 16MiB\nkernel: %s/tiny.elf\n' "$1" "$IMAGES" >>"$SPEC"
	[ $# -eq 1 ] || printf '%s\n' "${@:2}" >>"$SPEC"
}

# saves STATUS [OPTION...]: a plan of $SPEC in $PLAN.
saves() {
	run xlite plan --out "$PLAN" "${@:2}" "$SPEC"
	echo "$output"
	[ "$status" -eq "$1" ]
}

# stale TEXT...: the plan is refused, in such words, and nothing is changed.
stale() {
	local text
	xl list >"$BATS_TEST_TMPDIR/was"
	run xlite apply "$PLAN"
	echo "$output"
	[ "$status" -eq 75 ]
	for text in "$@"; do [[ $output == *"$text"* ]]; done
	# Their numbers, sizes and states, but not the time that they ran.
	diff <(sed 's/ [0-9.]*$//' "$BATS_TEST_TMPDIR/was") <(xl list | sed 's/ [0-9.]*$//')
}

@test "saved: a plan is carried out from its file alone, once" {
	printf 'kind: network\nname: sv0\nmode: bridge\n' >"$SPEC"
	tiny one "vifs: [{bridge: sv0}]"
	tiny two "vifs: [{bridge: sv0, mac: '00:16:3e:00:00:21'}]" "depends_on: [one]" "labels: {a: b}"
	saves 2 --set sv
	[ "$(stat -c %a "$PLAN")" = 600 ]
	rm "$SPEC"
	xlite apply --dry-run "$PLAN" | grep "domain/two: create"
	run xlite apply "$PLAN"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"network/sv0 created"*"domain/one created"*"domain/two created"* ]]
	stale "since the plan was made" "network/sv0: it was not there, and is now" "domain/one: it was not there, and is now"

	printf 'kind: network\nname: sv0\nmode: bridge\n' >"$SPEC"
	tiny one "vifs: [{bridge: sv0}]"
	# The set was an option of the first plan.
	saves 2 --set sv --prune
	run xlite apply --detailed-exitcode --now "$PLAN"
	echo "$output"
	[ "$status" -eq 2 ]
	[[ $output == *"domain/one unchanged"*"domain/two deleted"* ]]
	# One without differences may be carried out as often as one likes.
	saves 0 --set sv
	xlite apply "$PLAN" | grep "domain/one unchanged"
	xlite apply "$PLAN" | grep "domain/one unchanged"
	xlite delete --now one network/sv0
}

@test "saved: what makes another plan is named, and nothing is done" {
	tiny one "scheduler: {weight: 256}" "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/a.img}]"
	tiny two
	truncate -s 1M "$BATS_TEST_TMPDIR/a.img" "$BATS_TEST_TMPDIR/b.img"
	xlite apply --set sv "$SPEC"
	sed -i 's/weight: 256/weight: 512/' "$SPEC"
	saves 2 --set sv --prune

	# A key of which the plan says something, and one of which it says nothing; also in a domain that it leaves alone.
	xl sched-credit2 -d one -w 300
	stale "domain/one: scheduler.weight is 300, and was 256"
	xl sched-credit2 -d one -w 512
	stale "domain/one: scheduler.weight is 512 already, and was 256"
	xl sched-credit2 -d one -w 256
	xl pause two
	stale "domain/two: state has become paused"
	xl unpause two
	# A member of the set that would be pruned.
	printf 'name: three\nmemory: 16MiB\nkernel: %s/tiny.elf\n' "$IMAGES" | xlite apply -q --set sv -
	stale "domain/three: it is not in the plan, and would be: delete"
	xlite delete --now -q three
	xlite delete --now -q two
	stale "domain/two: it is gone"

	# Built anew with the same spec it is the same domain.
	tail -n 3 "$SPEC" | xlite apply -q --set sv -
	run -0 xlite apply "$PLAN"
	[[ $output == *"domain/one changed"*"domain/two unchanged"* ]]
	xl sched-credit2 -d one | grep -E '^one +[0-9]+ +512'
	xlite delete --now "$SPEC"
}

@test "saved: a member whose deletion was planned, and that is another now, stays; and so it is with kernels" {
	cp "$IMAGES/tiny.elf" "$BATS_TEST_TMPDIR/kernel"
	tiny gone
	xlite apply -q --set sv "$SPEC"
	: >"$SPEC"
	tiny new
	sed -i "s,kernel:.*,kernel: $BATS_TEST_TMPDIR/kernel," "$SPEC"
	saves 2 --set sv --prune
	printf 'name: gone\nmemory: 16MiB\nkernel: %s/tiny.elf\nlabels: {keep: me}\n' "$IMAGES" | xlite apply -q -
	stale "domain/gone: its spec has changed: \`labels:', which was \`'"
	printf 'name: gone\nmemory: 16MiB\nkernel: %s/tiny.elf\n' "$IMAGES" | xlite apply -q -
	cp "$IMAGES/tiny.elf" "$BATS_TEST_TMPDIR/kernel2"
	mv "$BATS_TEST_TMPDIR/kernel2" "$BATS_TEST_TMPDIR/kernel"
	stale "domain/new: $BATS_TEST_TMPDIR/kernel is not the file that it was"
	# What would be refused is foreseen before the first thing is done.
	rm "$BATS_TEST_TMPDIR/kernel"
	stale "domain/new: it would be refused now: " "No such file"
	xlite delete --now -q gone
}

# altered SED-SCRIPT: the good plan, with something else in it.
altered() {
	sed "$1" "$PLAN.good" >"$PLAN"
	run ! cmp "$PLAN" "$PLAN.good"
}

@test "saved: another host, another version, damage, company and contradictions are refused" {
	tiny one
	saves 2
	cp "$PLAN" "$PLAN.good"
	altered '/"host":/,/}/ s/"name": "[^"]*"/"name": "elsewhere"/'
	stale "made on another host: on elsewhere, and this is "
	altered 's/"machine": .*/"machine": "x"/'
	stale "with another machine-id"
	altered 's/"xlite": "[^"]*"/"xlite": "0.0.1"/'
	stale "made by xlite 0.0.1"
	# A document that an editor has changed makes another plan.
	altered '/"documents":/,/]/ s/16MiB/17MiB/'
	xlite apply -q "$PLAN.good"
	stale "domain/one: it was not there, and is now"
	xlite delete --now -q one
	altered 's/"xlite-plan": 1/"xlite-plan": 2/'
	run -65 xlite apply "$PLAN"
	head -c 300 "$PLAN.good" >"$PLAN"
	run -65 xlite apply "$PLAN"
	[[ $output == *"the saved plan is damaged"* ]]

	run -65 xlite apply "$PLAN.good" "$SPEC"
	[[ $output == *"applied alone"* ]]
	run -65 xlite apply "$SPEC" "$PLAN.good"
	[[ $output == *"applied alone"* ]]
	run -65 xlite plan "$PLAN.good"
	[[ $output == *"only \`xlite apply' takes"* ]]
	run -64 xlite apply --replace "$PLAN.good"
	[[ $output == *"--replace: a saved plan is carried out with the options that it was made with"* ]]
	run -64 xlite plan --out "$SPEC" "$SPEC"
	[[ $output == *"exists and is no plan"* ]]
	run -64 xlite plan --out /dev/null "$SPEC"
	run -64 xlite plan --out "$PLAN" --against "$SPEC" "$SPEC"
	# From standard input to standard output and back.
	xlite plan --out - - <"$SPEC" 2>"$BATS_TEST_TMPDIR/text" | xlite apply -
	grep "domain/one: create" "$BATS_TEST_TMPDIR/text"

	# One that cannot be carried out is not written, and leaves what was there.
	rm "$PLAN"
	sed -i 's,kernel:.*,kernel: /nowhere,; s/one/two/' "$SPEC"
	saves 1
	[[ $output == *"the plan is not written, since domain/two is refused"* ]]
	[ ! -e "$PLAN" ]
	xlite delete --now -q one
}
