#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Run in dom0 of a lab, beside hypercall-trace: prints tests/unit/abi/calls-RELEASE.txt, what this release's own tools send for
# a PVH domain, what Xen answers, and what they make of it.
#   xlite lab up --xen 4.20; xlite lab put build/tests/tools/hypercall-trace tests/tools/record-calls.sh /root/
#   xlite lab exec bash /root/record-calls.sh >tests/unit/abi/calls-4.20.txt
set -euo pipefail

work=$(mktemp -d)
trace() { "$(dirname "$0")/hypercall-trace" "$work/calls" "$@"; }

cat >"$work/vector.cfg" <<CFG
name = "vector"
type = "pvh"
uuid = "00112233-4455-6677-8899-aabbccddeeff"
memory = 16
maxmem = 32
vcpus = 1
maxvcpus = 3
kernel = "/root/images/tiny.elf"
CFG
mv /dev/xen/hypercall /dev/xen/hypercall.away
trap 'mv /dev/xen/hypercall.away /dev/xen/hypercall; xl destroy vector; rm -rf "$work"' EXIT
trace xl create -p -q "$work/vector.cfg" >&2
trace xl sched-credit2 -d vector -w 300 -c 20
trace xl list vector >"$work/list"
trace xl info >"$work/info"

echo "# Recorded by tests/tools/record-calls.sh: numbers of domctl and sysctl, operands in hexadecimal before and after, without"
echo "# the zeros at their end. What follows an operand is whatever the tools had there. Then what xl printed."
awk '$1 == "vector" { print "# domid", $2; print "# memory_mib", $3 }' "$work/list"
awk '$1 ~ /^(total_memory|free_memory|nr_cpus|cpu_mhz)$/ { print "#", $1, int($3) }' "$work/info"
# createdomain, getdomaininfo, shadow_op, max_mem, max_vcpus, scheduler_op, set_paging_mempool_size; physinfo.
grep -E '^(domctl (1|5|10|11|15|16|86)|sysctl 3) ' "$work/calls" | awk '!seen[$0]++'
