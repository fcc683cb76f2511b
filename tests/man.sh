#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Man pages: well formed, every verb and option of the command is in xlite(1), and the examples of commands are what a shell takes.
# Usage: man.sh BUILD-DIRECTORY
set -u
cd "$(dirname "$0")/.." || exit 1
build=$(realpath "$1") status=0
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

open1=$'\xe2\x80\x98' close1=$'\xe2\x80\x99' open2=$'\xe2\x80\x9c' close2=$'\xe2\x80\x9d'
for page in man/*.[1578] "$build"/man/*.[158]; do
	[ -e "$page" ] || continue
	mandoc -T lint -W warning "$page" || status=1
	# A quotation that does not end before the next begins: two macros in the line of another.
	if mandoc -T utf8 -O width=1000 "$page" | sed 's/.\x08//g' | grep "${open1}[^$close1]*${open1}\\|${open2}[^$close2]*${open2}"; then
		echo "$page: quotes within quotes"
		status=1
	fi
done
for verb in $("$build/xlite/xlite" help | sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
	grep -q "Cm $verb" man/xlite.1 || { echo "xlite.1 does not name the verb $verb"; status=1; }
	for option in $("$build/xlite/xlite" help "$verb" | grep -oE -- '--[a-z]+(-[a-z]+)*' | sort -u); do
		case $option in --help | --host | --output) continue ;; esac
		grep -q -- "Fl ${option#-}" man/xlite.1 || { echo "xlite.1 does not name $option (of $verb)"; status=1; }
	done
done

# fail WHAT...: says it, and goes on.
fail() {
	echo "$*"
	status=1
}

# The examples of xlite(1) with a prompt of `$', each in a shell, on a machine that is no Xen host: what they say may be an error of xlite's or git's, but
# not one of the shell's, nor wrong usage.
shell_examples() {
	local example code
	mkdir "$scratch/xlite.1" "$scratch/bin"
	ln -s "$build/xlite/xlite" "$scratch/bin/xlite"
	tests/examples.sh man/xlite.1 "$scratch/xlite.1"
	for example in "$scratch"/xlite.1/*; do
		# Others show what root's commands print.
		grep -q '^\$ ' "$example" || continue
		sed -i 's/^\$ //' "$example"
		code=0
		(cd "$scratch/xlite.1" && PATH=$scratch/bin:/usr/bin:/bin timeout 60 bash "$example") </dev/null >"$scratch/said" 2>&1 || code=$?
		case $code in 2 | 64 | 124 | 126 | 127) fail "xlite.1: status $code of: $(cat "$example")" ;; esac
		if grep -E 'not found|syntax error' "$scratch/said" | grep -qv 'xlite: '; then
			fail "xlite.1: $(cat "$example"): $(cat "$scratch/said")"
		fi
	done
	[ -e "$scratch/xlite.1/example3" ] || fail "xlite.1 has no examples"
}

# guide_commands: of xlite-guide(7) what makes files and what is git's, in a folder in the place of /etc/xlite.
guide_commands() {
	mkdir "$scratch/guide"
	tests/examples.sh man/xlite-guide.7 "$scratch/guide"
	local n
	for ((n = 1; n <= $(find "$scratch/guide" -type f | wc -l); n++)); do cat "$scratch/guide/example$n"; done | awk '
		here { print; if ($0 == "END") here = 0; next }
		!/^# / { next }
		/<<.END.$/ { here = 1 }
		/^# (cat|sed|echo|rm|git|xlite validate) / { print substr($0, 3) }'
}

guide_in_git() {
	command -v git >/dev/null || { echo "without git the commands of xlite-guide(7) are not run"; return; }
	guide_commands >"$scratch/guide.sh"
	mkdir "$scratch/etc"
	(cd "$scratch/etc" && export HOME=$scratch PATH=$scratch/bin:$PATH GIT_{AUTHOR,COMMITTER}_NAME=a GIT_{AUTHOR,COMMITTER}_EMAIL=a@b &&
		bash -e "$scratch/guide.sh" && xlite validate . && [ "$(git log --oneline | wc -l)" -eq 2 ] &&
		[ -z "$(git status --porcelain)" ]) || fail "xlite-guide.7: its commands for git fail"
}

shell_examples
guide_in_git
exit $status
