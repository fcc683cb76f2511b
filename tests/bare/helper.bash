# SPDX-License-Identifier: GPL-2.0-or-later
# What the suites share that run on a bare Debian in a chroot. check.sh says which release and who (XLITE_BARE, as 13-root or 12-sudo)
# and where (XLITE_BARE_DIR). With XLITE_BARE_KEEP=1 the folder stays for the next suite.
# shellcheck shell=bash

as_root() {
	if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

machine() {
	as_root env JOBS="${JOBS:-}" http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" "$TOP/tests/bare/machine.sh" "$@"
}

# clone_tree FOLDER: what is committed and what was changed since, as somebody would get it.
clone_tree() {
	git clone -q --no-local "$TOP" "$1" && git -C "$TOP" diff --binary HEAD | git -C "$1" apply --allow-empty
}

# make_machine: in ROOT, if it is not there yet.
make_machine() {
	local status=0
	[ ! -e "$ROOT/etc/apt/sources.list" ] || return 0
	machine make "$RELEASE" "$ROOT" "$CACHE" >"$BATS_TEST_TMPDIR/out" 2>&1 || status=$?
	tail -n 30 "$BATS_TEST_TMPDIR/out"
	[ "$status" -ne 77 ] || skip "$(tail -n 1 "$BATS_TEST_TMPDIR/out")"
	[ "$status" -eq 0 ]
}

needs_machine() {
	[ -e "$ROOT/etc/apt/sources.list" ] || skip "there is no chroot to run it in"
}

bare_setup() {
	export ROOT=${XLITE_BARE_DIR:?} RELEASE=${XLITE_BARE%-*} NAME=root HOME_IN=/root
	export CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/xlite/debootstrap
	[ "${XLITE_BARE#*-}" = root ] || export NAME=admin HOME_IN=/home/admin
}

bare_teardown() {
	[ -n "${XLITE_BARE_KEEP:-}" ] || as_root rm -rf --one-file-system "$ROOT" "$ROOT.left"
}
