#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Counts the instructions that xen-core and Xen execute for the same work, in the same emulated machine with one CPU, and prints the
# table that bench/README.md keeps. Counts do not depend on how busy this machine is, or nearly: timers go by the clock.
# Usage: bench/count.sh, or `make bench-count`. XLITE names the program (default: build/xlite/xlite), next to which xen-core and
# the test guests are. KEEP=FOLDER: the marks are kept there.
set -euo pipefail
cd "$(dirname "$0")/.."
TOP=$PWD
export XLITE=${XLITE:-$TOP/build/xlite/xlite} XLITE_LAB=count
export XLITE_LAB_PROGRAM=$TOP/lab/xlite-lab XLITE_LAB_BINARY=$XLITE
BUILD=$(cd "$(dirname "$XLITE")/.." && pwd)
WORK=$(mktemp -d)
trap '"$XLITE" lab down >/dev/null 2>&1; rm -rf "$WORK"' EXIT

gcc -O2 -Wall -Wextra -shared -fPIC -fvisibility=hidden -o "$WORK/plugin.so" bench/count/plugin.c
gcc -O2 -Wall -Wextra -static -I. -o "$WORK/mark" bench/count/mark.c

# text_of HYPERVISOR: from where to where its instructions lie.
text_of() {
	if [ "$1" = core ]; then
		nm "$BUILD/xen-core/xen-core" | awk '/ image_start$/ { from = $1 } / image_rodata$/ { to = $1 } END { print "from=0x" from ",to=0x" to }'
	else
		# xen/arch/x86/include/asm/config.h: 1 GiB for Xen, its stubs and vmap'd text.
		echo "from=0xffff82d040000000,to=0xffff82d080000000"
	fi
}

# count HYPERVISOR: leaves the marks in $WORK/HYPERVISOR.
count() {
	local marks=$WORK/$1
	LAB_QEMU_ARGS="-plugin file=$WORK/plugin.so,$(text_of "$1"),out=$marks" "$XLITE" lab up --xen "$1" --smp 1 --timeout 900 --lifetime 3600 >&2
	"$XLITE" lab put "$WORK/mark" /usr/local/bin/
	"$XLITE" lab put "$BUILD/tests/guests/count.elf" bench/count/dom0.bash /root/
	"$XLITE" lab exec --timeout 2400 bash /root/dom0.bash >&2
	"$XLITE" lab down >&2
}

# Half the batches cost less: those that no timer disturbed.
between() {
	awk -v begin="$2" -v end="$3" -v column="$4" -v per="$5" '
		$1 == begin { at = $column; open = 1 }
		$1 == end && open { print ($column - at) / per; open = 0 }' "$WORK/$1" | sort -g |
		awk '{ value[NR] = $1 } END { if (!NR) exit 1; printf "%.0f", value[int((NR + 1) / 2)] }'
}

# As row, of xl and xlite on the same hypervisor; with the marks of both.
row_xl() {
	local xl xlite
	xl=$(between "$1" "$3" "$4" 2 1) || { echo "no marks of: $2, xl" >&2; return 1; }
	xlite=$(between "$1" "$5" "$6" 2 1) || { echo "no marks of: $2" >&2; return 1; }
	printf '| %s | %s | %s | %s |\n' "$2" "$xl" "$xlite" "$(awk -v a="$xl" -v b="$xlite" 'BEGIN { printf "%.1f", a / b }')"
}

# Row by row: what, mark before and after, how many rounds between, column (2: all instructions, 3: the hypervisor's).
row() {
	local xen core
	xen=$(between 4.17 "$2" "$3" "$5" "$4") || { echo "no marks of: $1" >&2; return 1; }
	core=$(between core "$2" "$3" "$5" "$4") || { echo "no marks of: $1" >&2; return 1; }
	printf '| %s | %s | %s | %s |\n' "$1" "$xen" "$core" "$(awk -v a="$xen" -v b="$core" 'BEGIN { printf "%.2f", a / b }')"
}

for hypervisor in 4.17 core; do count "$hypervisor"; done
# Before the machine's first instruction all is 0.
for hypervisor in 4.17 core; do sed -i '1i 99 0 0' "$WORK/$hypervisor"; done
[ -z "${KEEP:-}" ] || cp "$WORK/4.17" "$WORK/core" "$KEEP/"

echo "| instructions of the hypervisor | Xen 4.17 | xen-core | Xen / xen-core |"
echo "|---|---|---|---|"
row "hypercall (xen_version), there and back" 16 17 20 3
row "event to itself, with its handler" 18 19 20 3
row "event to the other vCPU and back: two events, two switches" 20 21 20 3
row "CPUID" 22 23 20 3
row "IN from the port of a PIT that is not there" 24 25 20 3
row "RDMSR of EFER" 26 27 20 3
row "local APIC read by its page" 28 29 20 3
row "machine's start to dom0's first program" 99 0 1 3
row "a domain of 256 MiB made, with vif and disk" 4 5 1 3
row "the same removed" 6 7 1 3
row "Linux from its start to its first program" 8 3 1 3
echo
echo "| all instructions | Xen 4.17 | xen-core | Xen / xen-core |"
echo "|---|---|---|---|"
row "machine's start to dom0's first program" 99 0 1 2
row "a domain of 256 MiB made, with vif and disk" 4 5 1 2
row "the same removed" 6 7 1 2
row "Linux from its start to its first program" 8 3 1 2
echo
echo "| all instructions, until the command has ended | xl | xlite | xl / xlite |"
echo "|---|---|---|---|"
row_xl 4.17 "made, with vif and disk, on Xen 4.17" 9 10 4 5
row_xl 4.17 "the same removed" 11 12 6 7
row_xl core "made, with vif and disk, on xen-core" 9 10 4 5
row_xl core "the same removed" 11 12 6 7
