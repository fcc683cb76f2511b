#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Saving and restoring that is killed, at every 15th and 40th point; with XLITE_CHECK_LONG=1 at every third and fifth, or with
# XLITE_EVERY=N at every Nth.

load helper
load save

# killed CALL N: a save that is killed as it enters the Nth such call: the guest runs, or can be resumed or saved.
killed() {
	strace -qq -o /dev/null -e trace="$1" -e inject="$1:signal=KILL:when=$2" xlite save sleeper "$FILE" >/dev/null 2>&1 || true
	if xl domid sleeper >/dev/null 2>&1; then
		case $(xlite list | awk '$1 == "sleeper" { print $3 }') in
		suspended) xlite unpause sleeper ;;
		running) sleep 1; [ "$(xlite list | awk '$1 == "sleeper" { print $3 }')" = running ] || xlite unpause sleeper ;;
		*) echo "killed at $1 $2:"; xlite list; return 1 ;;
		esac
	else
		xlite restore "$FILE" || { echo "killed at $1 $2: not in the file either"; return 1; }
	fi
	rm -f "$FILE"
	goes_on || { echo "killed at $1 $2"; return 1; }
}

@test "save_crash: killed at each message to XenStore and each hypercall, the guest is in exactly one place" {
	local call n total every=${XLITE_EVERY:-${XLITE_CHECK_LONG:+3}}
	every=${every:-15}
	for call in sendto ioctl fsync,renameat2; do
		total=$(strace -qq -f -c -o "$BATS_TEST_TMPDIR/count" -e trace="$call" xlite save sleeper "$FILE" >/dev/null
			awk '$NF == "total" { print $4 }' "$BATS_TEST_TMPDIR/count")
		xlite restore "$FILE"
		rm "$FILE"
		goes_on
		for ((n = RANDOM % every % total + 1; n <= total; n += every)); do killed "$call" "$n"; done
	done
}

# restore_killed CALL N: a restore that is killed: the file is whole, and a second one restores it.
restore_killed() {
	strace -qq -o /dev/null -e trace="$1" -e inject="$1:signal=KILL:when=$2" xlite restore "$FILE" >/dev/null 2>&1 || true
	case $(xlite list | awk '$1 == "sleeper" { print $3 }') in
	running | paused) xlite unpause sleeper; goes_on; rm -f "$FILE"; xlite save sleeper "$FILE"; return ;;
	esac
	# What is left of the domain is no reason to boot the guest, and none not to restore it.
	run -73 xlite apply /root/save.yaml
	xlite restore "$FILE" || { echo "restore killed at $1 $2"; return 1; }
	goes_on || { echo "restore killed at $1 $2"; return 1; }
	rm -f "$FILE"
	xlite save sleeper "$FILE"
}

@test "save_crash: a restore that is killed, or is cut off at any byte, leaves the file whole, and nothing else" {
	local n total at every=${XLITE_EVERY:-${XLITE_CHECK_LONG:+5}}
	every=${every:-40}
	xlite save sleeper "$FILE"
	mark saved
	total=$(stat -c %s "$FILE")
	for at in 0 47 900 $((total / 2)) $((total - 1)); do
		head -c "$at" "$FILE" >"$FILE.cut"
		run xlite restore "$FILE.cut"
		echo "$output"
		[ "$status" -ne 0 ]
		rm "$FILE.cut"
		nothing_left saved || { echo "cut at $at"; return 1; }
	done
	total=$(strace -qq -f -c -o "$BATS_TEST_TMPDIR/count" -e trace=ioctl xlite restore "$FILE" >/dev/null
		awk '$NF == "total" { print $4 }' "$BATS_TEST_TMPDIR/count")
	goes_on
	rm "$FILE"
	xlite save sleeper "$FILE"
	for ((n = RANDOM % every + 1; n <= total; n += every)); do restore_killed ioctl "$n"; done
	xlite restore "$FILE"
	goes_on
}

# Last: the guest has gone to sleep and woken up some thirty times.
@test "save_crash: nothing is left of all that" {
	sleeper_left_nothing
}
