#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# quickstart.sh from nothing: on the smallest Debian there is, in a chroot, from a clone of this tree. check.sh says which release
# and who runs it (XLITE_BARE, as 13-root or 12-sudo) and where (XLITE_BARE_DIR); the folder goes at the end.

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

setup_file() {
	export ROOT=${XLITE_BARE_DIR:?} RELEASE=${XLITE_BARE%-*} NAME=root HOME_IN=/root
	export CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/xlite/debootstrap
	[ "${XLITE_BARE#*-}" = root ] || export NAME=admin HOME_IN=/home/admin
	as_root rm -rf --one-file-system "$ROOT"
}

teardown_file() {
	as_root rm -rf --one-file-system "$ROOT" "$ROOT.left"
}

needs_machine() {
	[ -e "$ROOT/etc/apt/sources.list" ] || skip "there is no chroot to run it in"
}

@test "bare: the smallest Debian is made" {
	local status=0
	machine make "$RELEASE" "$ROOT" "$CACHE" >"$BATS_TEST_TMPDIR/out" 2>&1 || status=$?
	tail -n 30 "$BATS_TEST_TMPDIR/out"
	[ "$status" -ne 77 ] || skip "$(tail -n 1 "$BATS_TEST_TMPDIR/out")"
	[ "$status" -eq 0 ]
	[ "$NAME" = root ] || machine user "$ROOT" "$NAME"
	clone_tree "$BATS_TEST_TMPDIR/xlite"
	as_root cp -r "$BATS_TEST_TMPDIR/xlite" "$ROOT$HOME_IN/xlite"
	as_root chroot "$ROOT" chown -R "$NAME:$NAME" "$HOME_IN/xlite"
}

@test "bare: quickstart.sh says which command failed and where its output is when no mirror answers" {
	needs_machine
	as_root cp "$ROOT/etc/apt/sources.list" "$BATS_TEST_TMPDIR/sources"
	echo 'deb http://127.0.0.1:9/debian stable main' | as_root tee "$ROOT/etc/apt/sources.list"
	run machine run "$ROOT" "$NAME" xlite/quickstart.sh
	echo "$output"
	as_root cp "$BATS_TEST_TMPDIR/sources" "$ROOT/etc/apt/sources.list"
	[ "$status" -eq 1 ]
	[[ $output == *"apt-get install failed: "*"its output: $HOME_IN/xlite/build/quickstart.log"* ]]
	grep -q 'Unable to locate package' "$ROOT$HOME_IN/xlite/build/quickstart.log"
}

@test "bare: quickstart.sh comes from nothing to a guest on a real Xen" {
	needs_machine
	run machine run "$ROOT" "$NAME" xlite/quickstart.sh
	tail -n 60 <<<"$output"
	[ "$status" -eq 0 ]
	[[ $output == *'GUEST: hello=hello from the host'*'GUEST: ready'*'domain/web1 unchanged'*'== done: '* ]]
	[ ! -s "$ROOT.left" ] || { cat "$ROOT.left"; false; }
	run grep -F "$ROOT" /proc/self/mountinfo
	[ "$status" -eq 1 ]
}
