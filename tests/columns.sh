#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Lines of C that need no scrolling (HACKING.md): about 120 columns. Texts for people and macros stay in one piece.
set -u
cd "$(dirname "$0")/.." || exit 1

find bench cfg common hotplug tests xen-core xlite -name '*.[chS]' -print0 | xargs -0 awk '
	function columns(line, at) {
		while ((at = index(line, "\t"))) line = substr(line, 1, at - 1) sprintf("%*s", 8 - (at - 1) % 8, "") substr(line, at + 1)
		return length(line)
	}
	FNR == 1 { most = FILENAME ~ /\.h$/ ? 124 : 128; continued = 0 }
	length($0) > 15 && !/"/ && !/\\$/ && !/^[ \t]*#/ && !continued && columns($0) > most { print FILENAME ":" FNR ": " columns($0) " columns"; found = 1 }
	{ continued = /\\$/ }
	END { exit found }'
