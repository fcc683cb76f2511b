# SPDX-License-Identifier: GPL-2.0-or-later
# What every part of the lab needs: messages, exit codes, folders, names.
# Sourced by xlite-lab; the other lib/*.sh own packages, image, qemu and ssh.
# shellcheck shell=bash

readonly EX_FAILED=1 EX_USAGE=64 EX_UNAVAILABLE=69 EX_TIMEOUT=124

say() { [ -n "${LAB_QUIET:-}" ] || printf 'xlite lab: %s\n' "$*" >&2; }

# die CODE MESSAGE...: one line on standard error, and the end.
die() {
	local code=$1
	shift
	printf 'xlite lab: %s\n' "$*" >&2
	exit "$code"
}

usage_error() { die "$EX_USAGE" "$* (try: xlite lab --help)"; }

# need_program PROGRAM PACKAGE: end with 69 unless PROGRAM can be run.
need_program() {
	command -v "$1" >/dev/null 2>&1 ||
		die "$EX_UNAVAILABLE" "$1 is missing: install it with: apt-get install $2"
}

need_number() {
	case $2 in
	'' | *[!0-9]*) usage_error "$1 wants a whole number, not '$2'" ;;
	esac
}

# The names of labs become folders and ssh socket paths (108 bytes at most).
check_lab_name() {
	case $1 in
	'' | .* | -* | *[!A-Za-z0-9._-]*)
		usage_error "bad lab name '$1': letters, digits, '.', '_' and '-' only" ;;
	esac
	[ ${#1} -le 32 ] || usage_error "lab name '$1' is longer than 32 characters"
}

cache_dir() {
	printf '%s\n' "${XLITE_LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xlite/lab}"
}

# Where the labs of this user live; only this user may enter.
run_base() {
	local base=${XDG_RUNTIME_DIR:-}
	if [ -z "$base" ] || [ ! -w "$base" ]; then
		base=/run
		[ -w "$base" ] || base=${TMPDIR:-/tmp}
	fi
	printf '%s/xlite-lab-%s\n' "$base" "$UID"
}

# make_run_base: create it; a folder that somebody else put there is refused.
make_run_base() {
	local base=$1
	mkdir -m 0700 "$base" 2>/dev/null || true
	if [ -L "$base" ] || [ ! -d "$base" ] || [ ! -O "$base" ]; then
		die "$EX_FAILED" "$base is not a folder of ours"
	fi
	chmod 0700 "$base"
}

# take_lock FILE SECONDS: hold FILE's lock, on descriptor LAB_LOCK_FD.
take_lock() {
	local file=$1 seconds=$2
	exec {LAB_LOCK_FD}>"$file"
	flock -w "$seconds" "$LAB_LOCK_FD" ||
		die "$EX_TIMEOUT" "another run holds $file for more than $seconds s"
}

drop_lock() {
	flock -u "$LAB_LOCK_FD"
	exec {LAB_LOCK_FD}>&-
}

# single_quoted ARG...: the words, quoted for any POSIX shell.
single_quoted() {
	local word out=
	for word in "$@"; do
		out+=" '${word//\'/\'\\\'\'}'"
	done
	printf '%s' "${out# }"
}
