#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Boots a lab, measures xlite against xl in it, and prints the tables that bench/README.md keeps.
# Usage: bench/run.sh [PAIRS [DOMAINS [LAB-OPTION...]]], or `make bench`. XLITE names the program (default: build/xlite/xlite). PAIRS 0
# leaves the comparison out; `--xenstored ocaml' or `--xen core' measures on those.
set -euo pipefail
cd "$(dirname "$0")/.."
export XLITE=${XLITE:-$PWD/build/xlite/xlite} XLITE_LAB=bench
export XLITE_LAB_PROGRAM=$PWD/lab/xlite-lab XLITE_LAB_BINARY=$XLITE

trap '"$XLITE" lab down >/dev/null 2>&1' EXIT
"$XLITE" lab up --smp 1 --lifetime 7200 "${@:3}"
"$XLITE" lab put bench/dom0.bash bench/scale.bash /root/
[ "${1:-7}" -eq 0 ] || "$XLITE" lab exec --timeout 3000 bash /root/dom0.bash "${1:-7}"
"$XLITE" lab exec --timeout 3000 bash /root/scale.bash "${2:-200}"
