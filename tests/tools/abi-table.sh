#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# abi-table.sh RELEASE=FOLDER...: the values of abi-values.h by the public headers of each release, a column for each, for
# tests/unit/abi/values.txt. FOLDER is xen/include/public of a release's source, or include/xen of its libxen-dev.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
files=() names=()
for word in "$@"; do
	release=${word%%=*}
	mkdir "$work/$release"
	ln -s "$(realpath "${word#*=}")" "$work/$release/xen"
	"${CC:-gcc}" -I"$work/$release" -o "$work/print" "$here/abi-values.c"
	"$work/print" >"$work/$release.values"
	files+=("$work/$release.values") names+=("$release")
done
echo "# Made by tests/tools/abi-table.sh from xen/include/public of each release's stable branch."
printf '%-44s' releases
printf ' %6s' "${names[@]}"
echo
# In the order of the last release, which has the most.
awk -v columns=$# '
	FNR == 1 { column++ }
	{ value[$1, column] = $2 }
	column == columns { order[++n] = $1 }
	END {
		for (i = 1; i <= n; i++) {
			printf "%-44s", order[i]
			for (c = 1; c <= columns; c++) printf " %6s", ((order[i], c) in value) ? value[order[i], c] : "-"
			print ""
		}
	}' "${files[@]}"
