#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Lines of C that need no scrolling (HACKING.md): about 120 columns. Texts for people and macros stay in one piece.
set -u
cd "$(dirname "$0")/.." || exit 1

status=0
while IFS= read -r file; do
	most=128
	case $file in *.h) most=124 ;; esac
	expand -t 8 "$file" | awk -v file="$file" -v most=$most '
		length($0) > most && !/"/ && !/\\$/ && !/^ *#/ && !continued { print file ":" NR ": " length($0) " columns"; found = 1 }
		{ continued = /\\$/ }
		END { exit found }' || status=1
done < <(find bench cfg common hotplug tests xen-core xlite -name '*.[chS]')
exit $status
