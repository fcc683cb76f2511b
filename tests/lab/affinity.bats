#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Where vCPUs run and where memory comes from. What Xen derives by itself must plan to no change, whatever it derives it from.

load helper

# placed NAME VCPU: its hard and soft affinity as xl says them: "0/all"
placed() {
	xl vcpu-list "$1" | awk -v vcpu="$2" '$3 == vcpu { print $7 $8 $9 }'
}

# is_placed NAME VCPUS PLACE...: with these vcpus applied, each vCPU has its place, and then there is nothing to do.
is_placed() {
	local name=$1 vcpus=$2 vcpu=0 place
	shift 2
	spec "$name" "vcpus: $vcpus"
	run -0 xlite apply "$SPEC"
	for place; do
		[ "$(placed "$name" "$vcpu")" = "$place" ]
		vcpu=$((vcpu + 1))
	done
	run -0 xlite plan "$SPEC"
}

# The host's last CPU.
last_cpu() {
	echo $(($(xl info | sed -n 's/^nr_cpus *: //p') - 1))
}

@test "affinity: each vCPU has CPUs of its own, when it is made and while it runs" {
	local last
	last=$(last_cpu)
	[ "$last" -gt 0 ] || skip "needs a host with two CPUs"
	is_placed apart "{max: 2, affinity: ['0', '$last']}" 0/all "$last/all"
	spec apart "vcpus: {max: 2, affinity: ['$last', all]}"
	run -2 xlite plan "$SPEC"
	[[ $output == *"~ vcpus.affinity: [0, $last] -> [$last, all]  (live)"* ]]
	is_placed apart "{max: 2, affinity: ['$last', all]}" "$last/all" all/all
	# Drift of one vCPU is seen, and mended.
	xl vcpu-pin apart 1 0
	run -2 xlite plan "$SPEC"
	echo "$output"
	[[ $output == *"~ vcpus.affinity: [$last, 0] -> [$last, all]"* ]]
	run -0 xlite apply "$SPEC"
	[ "${lines[-1]}" = "domain/apart changed" ]
	[ "$(placed apart 1)" = "all/all" ]
	# One list is for both.
	is_placed apart "{max: 2, affinity: $last}" "$last/all" "$last/all"
	# The list of the one that could not run is named, before anything is done.
	spec apart "vcpus: {max: 2, affinity: ['0', 500-509]}"
	run -1 xlite apply "$SPEC"
	echo "$output"
	[[ $output == *"apart: vcpus.affinity: vCPU 1 could not run on 500-509: the CPU pool has CPU 0-$last"* ]]
	[ "$(placed apart 0)" = "$last/all" ]
	xlite delete --now apart
}

@test "affinity: a soft affinity is that of the spec, and one of xl's is shown" {
	local last
	last=$(last_cpu)
	[ "$last" -gt 0 ] || skip "needs a host with two CPUs"
	is_placed softly "{max: 2, soft_affinity: '0'}" all/0 all/0
	is_placed softly "{max: 2, affinity: [all, '0'], soft_affinity: ['$last', all]}" "all/$last" 0/all
	spec softly "vcpus: {max: 2, soft_affinity: 500-509}"
	run -1 xlite apply "$SPEC"
	echo "$output"
	[[ $output == *"softly: vcpus.soft_affinity: no vCPU could run on 500-509"* ]]
	[ "$(placed softly 1)" = "0/all" ]
	xlite delete --now softly
	printf '%s\n' 'name="theirs"' 'type="pvh"' 'memory=32' 'vcpus=2' 'kernel="/root/images/tiny.elf"' \
		"cpus=[\"$last\",\"all\"]" 'cpus_soft=["all","0"]' >"$BATS_TEST_TMPDIR/xl.cfg"
	xl create -p "$BATS_TEST_TMPDIR/xl.cfg"
	xlite get theirs -o yaml >"$SPEC"
	cat "$SPEC"
	[[ $(tr -d ' "\n' <"$SPEC") == *"affinity:-$last-allsoft_affinity:-all-0"[a-z]* ]]
	run -0 xlite validate "$SPEC"
	# One that Xen takes no notice of, since the vCPU may not run there, is none.
	xl vcpu-pin theirs 0 "$last" 0
	xlite get theirs -o yaml >"$SPEC"
	[[ $(tr -d ' "\n' <"$SPEC") == *"affinity:-$last-allsoft_affinity:-all-0"[a-z]* ]]
	run -0 xlite validate "$SPEC"
	xl destroy theirs
}

# nodes_of NAME: the NUMA nodes that Xen takes the domain's memory from, as xl says them.
nodes_of() {
	xl list -n "$1" | awk 'NR == 2 { print $NF }'
}

# near_spec NODES [KEY...]: a domain of two vCPUs, with these memory.nodes unless that is empty.
near_spec() {
	local nodes=$1
	shift
	spec near "$@"
	[ -z "$nodes" ] || sed -i "s/^memory: .*/memory: {target: 16MiB, nodes: '$nodes'}/" "$SPEC"
}

# is_near NODES DERIVED [KEY...]: applied, the domain has these nodes, and then there is nothing to do.
is_near() {
	local wanted=$2
	near_spec "$1" "${@:3}"
	run -0 xlite apply "$SPEC"
	[ "$(nodes_of near)" = "$wanted" ]
	run -0 xlite plan "$SPEC"
}

@test "affinity: a NUMA node that the host does not have is refused, with those that it has" {
	near_spec 9
	run -1 xlite apply "$SPEC"
	echo "$output"
	[[ $output == *"near: memory.nodes: none of 9 has memory: the host has NUMA node 0"* ]]
	near_spec 0,9
	run -0 xlite apply "$SPEC"
	run -0 xlite plan "$SPEC"
	near_spec all,^0-8 "labels: {a: b}"
	run -1 xlite plan "$SPEC"
	[[ $output == *"domain/near: refused: memory.nodes: none of all,^0-8 has memory"* ]]
	near_spec ""
	run -0 xlite apply "$SPEC"
	run -0 xlite plan "$SPEC"
	xlite delete --now near
}

# CPU 0 is of node 0, CPU 1 of node 1.
two_nodes() {
	[ "$(xl info | sed -n 's/^nr_nodes *: //p')" = 2 ] || skip "needs a host with two NUMA nodes"
}

@test "affinity: memory comes from the NUMA nodes that the spec names, or that Xen derives, and then nothing differs" {
	two_nodes
	is_near "" all "vcpus: 2"
	is_near "" 1 "vcpus: {max: 2, affinity: 1}"
	is_near "" all "vcpus: {max: 2, affinity: [0, 1]}"
	is_near "" 1 "vcpus: {max: 2, soft_affinity: 1}"
	is_near "" all "vcpus: {max: 2, affinity: [all, 0], soft_affinity: [1, all]}"
	is_near 0 0 "vcpus: {max: 2, affinity: 1}"
	is_near 0-1 all "vcpus: {max: 2, affinity: 1}"
	is_near all all "vcpus: {max: 2, affinity: 1}"
	is_near 1 1 "vcpus: 2"
	near_spec 0 "vcpus: 2"
	run -2 xlite plan "$SPEC"
	[[ $output == *"~ memory.nodes: 1 -> 0  (live)"* ]]
	is_near "" all "vcpus: 2"
	# What another tool has moved is seen as what it moved, and mended with what Xen derives from it.
	xl vcpu-pin near all 1
	run -2 xlite plan "$SPEC"
	echo "$output"
	[[ $output == *"~ vcpus.affinity: 1 -> all  (live)"* && $output != *nodes* ]]
	run -0 xlite apply "$SPEC"
	[ "$(nodes_of near)" = all ]
	xl vcpu-pin near 0 all 0
	run -2 xlite plan "$SPEC"
	[[ $output == *"~ vcpus.soft_affinity: [0, all] -> all  (live)"* && $output != *nodes* ]]
	run -0 xlite apply "$SPEC"
	run -0 xlite plan "$SPEC"
	# Built with them, instead of changed.
	xlite delete --now near
	is_near 1 1 "vcpus: {max: 2, affinity: 0}"
	xlite delete --now near
	is_near "" 0 "vcpus: {max: 2, affinity: 0}"
	xlite delete --now near
}

@test "affinity: the nodes that Xen derives are those of the CPU pool" {
	two_nodes
	is_near "" 1 "vcpus: {max: 2, soft_affinity: 1}"
	# The CPU that it should run on leaves its pool.
	xl cpupool-cpu-remove Pool-0 1
	[ "$(nodes_of near)" = 0 ]
	run -0 xlite plan "$SPEC"
	printf 'name = "side"\nsched = "credit2"\ncpus = ["1"]\n' >"$BATS_TEST_TMPDIR/pool.cfg"
	xl cpupool-create "$BATS_TEST_TMPDIR/pool.cfg"
	is_near "" 1 "pool: side" "vcpus: 2"
	is_near 0 0 "pool: side" "vcpus: {max: 2, affinity: 0-1}"
	is_near 0 0 "vcpus: 2"
	is_near "" 0 "vcpus: 2"
	xlite delete --now near
	is_near "" 1 "pool: side" "vcpus: 2"
	xlite delete --now near
	xl cpupool-destroy side
	xl cpupool-cpu-add Pool-0 1
}

@test "affinity: a domain that xl gave its place keeps it when it is taken over" {
	local keys
	two_nodes
	for keys in "" 'cpus="1"' 'cpus="0" cpus_soft="0"' 'cpus="node:1"' 'cpus_soft="node:0"'; do
		printf '%s\n' 'name="near"' 'type="pvh"' 'memory=32' 'vcpus=2' "kernel=\"$IMAGES/tiny.elf\"" "${keys// /$'\n'}" \
			>"$BATS_TEST_TMPDIR/xl.cfg"
		xl create -p "$BATS_TEST_TMPDIR/xl.cfg"
		xl vcpu-list near && xl list -n near >"$BATS_TEST_TMPDIR/nodes"
		xlite get near -o yaml >"$SPEC"
		cat "$SPEC"
		run -0 xlite apply --adopt "$SPEC"
		run -0 xlite plan "$SPEC"
		[ "$(nodes_of near)" = "$(awk 'NR == 2 { print $NF }' "$BATS_TEST_TMPDIR/nodes")" ]
		xlite delete --now near
	done
}
