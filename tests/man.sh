#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Man pages: well formed, and every verb and option of the command is in xlite(1).
# Usage: man.sh BUILD-DIRECTORY
set -u
cd "$(dirname "$0")/.." || exit 1
build=$1 status=0

for page in man/*.[1578] "$build"/man/*.[158]; do
	[ -e "$page" ] || continue
	mandoc -T lint -W warning "$page" || status=1
done
for verb in $("$build/xlite/xlite" help | sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
	grep -q "Cm $verb" man/xlite.1 || { echo "xlite.1 does not name the verb $verb"; status=1; }
	for option in $("$build/xlite/xlite" help "$verb" | grep -oE -- '--[a-z]+(-[a-z]+)*' | sort -u); do
		case $option in --help | --host | --output) continue ;; esac
		grep -q -- "Fl ${option#-}" man/xlite.1 || { echo "xlite.1 does not name $option (of $verb)"; status=1; }
	done
done
exit $status
