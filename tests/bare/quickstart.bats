#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# quickstart.sh from nothing: on the smallest Debian there is, in a chroot, from a clone of this tree (helper.bash says how it is called).

load helper

setup_file() {
	bare_setup
	as_root rm -rf --one-file-system "$ROOT"
}

teardown_file() {
	bare_teardown
}

@test "bare: the smallest Debian is made" {
	make_machine
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
