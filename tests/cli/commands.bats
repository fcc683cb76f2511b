#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What quickstart.sh and check.sh say when they cannot go on (build-aux/setup.sh); that they do go on is shown by their use.

# script BODY: a script that is made like them; its output is kept in $BATS_TEST_TMPDIR/log.
script() {
	printf '%s\n' "set -euo pipefail" ". '$TOP/build-aux/setup.sh'" tell_all "keep_log '$BATS_TEST_TMPDIR/log'" "$1" \
		'ENDED=yes' >"$BATS_TEST_TMPDIR/script.sh"
	LC_ALL=C.UTF-8 run --separate-stderr bash "$BATS_TEST_TMPDIR/script.sh"
	echo "$status: $output / $stderr"
}

# tells WORDS: the script has ended before its end, and standard error has these words and the way to the output.
tells() {
	[ "$status" -ne 0 ] && [[ $stderr == *"$1"* ]] && [[ $stderr == *'script.sh: it stopped before its end'* ]] &&
		[[ $stderr != *' its output: '* || $stderr == *"its output: $BATS_TEST_TMPDIR/log"* ]]
}

bats_require_minimum_version 1.5.0

@test "commands: one that comes to its end says nothing of failures" {
	script 'logged echo hello; [ "$(false || echo no)" = no ]; if false; then :; fi'
	[ "$status" -eq 0 ] && [ "$output" = hello ] && [ -z "$stderr" ]
	[ "$(cat "$BATS_TEST_TMPDIR/log")" = hello ]
}

@test "commands: a command that fails is named with its line, wherever it stands" {
	script 'ls /nowhere'
	tells 'failed with status 2: ls /nowhere ('
	tells 'script.sh line 5'
	script 'f() { g; }; g() { sh -c "exit 7"; }
f'
	tells 'status 7: sh -c "exit 7" ('
	tells 'script.sh line 5, called from'
	tells 'script.sh line 6'
	script '(cd /nowhere)'
	tells 'cd /nowhere'
	script 'there=$(ls /nowhere 2>/dev/null)'
	tells 'ls /nowhere'
	script 'sh -c "exit 3" | sort | cat'
	tells 'sh -c "exit 3" | sort | cat (a pipe: its commands ended with 3 0 0)'
	script 'f() { false; }; f | cat'
	tells ': false ('
}

@test "commands: where the script goes on, a failure is told once, and again when it comes again" {
	script 'set +e; f() { g; }; g() { ls /nowhere; }
f; f'
	[ "$status" -eq 0 ]
	[ "$(grep -c 'failed with status 2: ls /nowhere (' <<<"$stderr")" -eq 2 ]
	[ "$(grep -c . "$BATS_TEST_TMPDIR/log.failed")" -eq 2 ]
	script 'set +e; f() { g; }; g() { sh -c "exit 3" | cat; }
f'
	[ "$(grep -c . "$BATS_TEST_TMPDIR/log.failed")" -eq 1 ]
}

@test "commands: what fails while its output goes into the log is named on standard error, with the log" {
	script 'f() { echo before; g >/dev/null 2>&1; echo after; }; g() { ls /nowhere; }
logged f'
	tells 'failed with status 2: ls /nowhere ('
	[[ $stderr == *"its output: $BATS_TEST_TMPDIR/log"* ]]
	[ "$output" = before ]
	script 'f() { echo all is lost; die "no more"; }; logged f'
	tells 'no more'
	grep -qx 'all is lost' "$BATS_TEST_TMPDIR/log"
}

@test "commands: one that ends without an error, but before its end, says so" {
	script 'exit 0'
	[[ $stderr == *'it stopped before its end'* ]]
	script 'echo $no_such_variable'
	tells 'no_such_variable: unbound variable'
	script 'kill -TERM $$; sleep 60'
	[ "$status" -eq 143 ]
	tells ''
}

@test "commands: packages that dpkg does not know are not installed, and no failure" {
	command -v dpkg-query >/dev/null || skip "there is no dpkg"
	script 'what_there_is --with-this; installed_of no-such-package; installed_of dpkg no-such-package | cut -d " " -f 1; PACKAGES_BUILD=(no-such-package)
what_there_is | wc -l >/dev/null'
	[ "$status" -eq 0 ] && [ -z "$stderr" ]
	[ "${lines[0]}" = --with-this ]
	[ "${lines[-1]}" = dpkg ]
	grep -qE '^gcc [0-9]' <<<"$output"
}

# on OS-RELEASE COMMAND...: as on that system. Nothing is in the PATH that could change anything.
on() {
	local name
	printf '%b' "$1" >"$BATS_TEST_TMPDIR/os-release"
	shift
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	for name in bash dirname nproc uname; do ln -sf "$(command -v "$name")" "$BATS_TEST_TMPDIR/bin/$name"; done
	run --separate-stderr env -i PATH="$BATS_TEST_TMPDIR/bin" XLITE_OS_RELEASE="$BATS_TEST_TMPDIR/os-release" bash "$@"
	echo "$status: $output / $stderr"
}

@test "commands: on another system both say in one line what is supported, and change nothing" {
	local command system
	for command in quickstart.sh check.sh; do
		for system in 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\nPRETTY_NAME="Ubuntu 24.04 LTS"\n' 'ID=fedora\nVERSION_ID=41\nNAME="Fedora Linux"\n' \
			'ID=debian\nVERSION_ID="11"\nPRETTY_NAME="Debian GNU/Linux 11 (bullseye)"\n' 'ID=debian\nPRETTY_NAME="Debian GNU/Linux forky/sid"\n' \
			'ID=raspbian\nID_LIKE=debian\nVERSION_ID="12"\nPRETTY_NAME="Raspbian"\n' 'NAME=Nothing\n'; do
			on "$system" "$TOP/$command"
			[ "$status" -eq 69 ] && [ -z "$output" ] && [ "${#stderr_lines[@]}" -eq 1 ]
			[[ $stderr == "$command: needs Debian 12 or 13 on x86_64, this is "*'; nothing was changed' ]]
		done
	done
	[[ $stderr == *' this is Nothing on '* ]]
}

@test "commands: check.sh knows its parts" {
	printf 'ID=debian\nVERSION_ID=13\n' >"$BATS_TEST_TMPDIR/os-release"
	XLITE_OS_RELEASE=$BATS_TEST_TMPDIR/os-release run --separate-stderr "$TOP/check.sh" host laboratory
	[ "$status" -eq 64 ] && [ "$stderr" = 'usage: check.sh [host|lab]...' ]
}
