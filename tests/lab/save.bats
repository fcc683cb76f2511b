#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Saving and restoring: a guest that counts, with a network and a disk, goes on counting where it was; with Xen's own tools at either
# end; and whatever goes wrong, the guest is in exactly one place.

load helper
load save

@test "save: a guest counts on where it was, with its network and its disk, and its record is as before" {
	local before
	before=$(xlite get sleeper -o yaml)
	xlite save sleeper "$FILE"
	run ! xl domid sleeper
	[ "$(stat -c %a "$FILE")" = 600 ]
	run ! ls "$FILE.partial"
	# Nobody boots it beside that, unless he says so.
	run xlite apply /root/save.yaml
	echo "$output"
	[ "$status" -eq 73 ]
	[[ $output == *"its guest was saved, and sleeps in a file"*"xlite restore FILE"* ]]
	run xlite plan /root/save.yaml
	[ "$status" -eq 73 ]
	xlite list | grep "sleeper .*saved"
	run xlite start sleeper
	echo "$output"
	[ "$status" -eq 73 ]
	[[ $output == *"its guest was saved, and sleeps in a file"*"xlite restore FILE"* ]]
	xlite restore "$FILE"
	[ -s "$FILE" ]
	goes_on
	diff <(echo "$before") <(xlite get sleeper -o yaml)
	xlite plan /root/save.yaml
	# A guest is in one place.
	run xlite restore "$FILE"
	echo "$output"
	[ "$status" -eq 73 ]
	[[ $output == *"is there, and has its name or its uuid"* ]]
	run xlite save sleeper "$FILE"
	[ "$status" -eq 73 ]
	[[ $output == *"is there already, and may hold another guest"* ]]
	goes_on
}

@test "save: pages of zeros and holes cost nothing" {
	local kib
	xlite save -c sleeper "$FILE"
	# Blocks that the file takes: the guest has some 40 MiB of its 128 that it never wrote to. There is nothing for holes but the pages' list.
	kib=$(($(stat -c %b "$FILE") / 2))
	echo "$kib KiB of 128 MiB"
	[ "$kib" -lt $((110 * 1024)) ]
	[ "$(stat -c %s "$FILE")" -lt $((130 << 20)) ]
	goes_on
}

@test "save: -c lets the guest go on, and through a pipe, paused, it is restored" {
	# Standard output may be a file: it is on the disk before the guest's domain would go.
	strace -qq -o "$BATS_TEST_TMPDIR/synced" -e trace=fsync xlite save -q --continue sleeper - >"$FILE"
	grep '^fsync(1) *= 0' "$BATS_TEST_TMPDIR/synced"
	goes_on
	rm "$FILE"
	xlite save -c --compress sleeper "$FILE"
	[ "$(stat -c %s "$FILE")" -lt $((64 << 20)) ]
	goes_on
	xlite save -q --compress sleeper - | cat >"$FILE"
	run ! xl domid sleeper
	# Without the last byte of its checksum.
	# shellcheck disable=SC2016
	run -1 bash -c 'head -c -1 "$1" | xlite restore -' - "$FILE"
	[[ $output == *"its checksum is wrong, or cut off: it is damaged"* ]]
	run ! xl domid sleeper
	xlite restore -p - <"$FILE"
	xlite list | grep "sleeper .*paused"
	xlite unpause sleeper
	goes_on
}

@test "save: xl restores what xlite saved, and xlite what xl saved" {
	local mac
	mac=$(xenstore-read "/local/domain/$(domid sleeper)/device/vif/0/mac")
	xlite save sleeper "$FILE"
	xl restore "$FILE"
	rm "$FILE"
	[ "$(xenstore-read "/local/domain/$(domid sleeper)/device/vif/0/mac")" = "$mac" ]
	goes_on
	xl save sleeper "$FILE"
	xlite restore "$FILE"
	[ "$(xenstore-read "/local/domain/$(domid sleeper)/device/vif/0/mac")" = "$mac" ]
	goes_on
	# By a spec in the place of that which is in it; nothing else is made on the way.
	rm "$FILE"
	xlite save sleeper "$FILE"
	printf -- '---\nkind: volume\nname: stray\nsize: 1MiB\n' | cat /root/save.yaml - >"$SPEC"
	run -1 xlite restore --spec "$SPEC" "$FILE"
	echo "$output"
	[[ $output == *"volume stray would be created, which restore does not do"* ]]
	run ! ls /var/lib/xlite/volumes/stray.raw
	printf -- '---\nkind: network\nname: stray\nmode: bridge\nbridge: stray0\n' | cat /root/save.yaml - >"$SPEC"
	run -65 xlite restore --spec "$SPEC" "$FILE"
	[[ $output == *"1 domains and 1 networks, where one domain is needed"* ]]
	xlite restore --spec /root/save.yaml "$FILE"
	goes_on
}

@test "save: after any failure the guest goes on" {
	local full=$BATS_TEST_TMPDIR/full
	mkdir "$full"
	mount -t tmpfs -o size=8m none "$full"
	run xlite save sleeper "$full/f.save"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"No space left on device"* ]]
	[ -z "$(ls "$full")" ]
	umount "$full"
	goes_on
	# Where another user could read it.
	touch "$FILE.partial"
	chown 65534 "$FILE.partial"
	run xlite save sleeper "$FILE"
	echo "$output"
	[ "$status" -eq 73 ]
	[[ $output == *".partial is there already, and is not what a killed save has left"* ]]
	rm "$FILE.partial"
	# A folder that is not there, and a file that is.
	run xlite save sleeper /root/nowhere/f.save
	[ "$status" -eq 1 ]
	# Who reads the pipe goes.
	# shellcheck disable=SC2016
	run -1 bash -c 'xlite save sleeper - | head -c 100000 >/dev/null; exit "${PIPESTATUS[0]}"'
	[[ $output == *"Broken pipe"* ]]
	goes_on
	# Ctrl-C while it is written.
	strace -qq -f -o /dev/null -e trace=write -e inject=write:signal=INT:when=40 xlite save sleeper "$FILE" >"$BATS_TEST_TMPDIR/out" 2>&1 || status=$?
	cat "$BATS_TEST_TMPDIR/out"
	[ "$status" -eq 130 ]
	run ! ls "$FILE" "$FILE.partial"
	goes_on
}

@test "save: who does not run, is paused, or is not xlite's is refused, and a guest that does not listen goes on" {
	spec deaf
	xlite apply "$SPEC"
	run xlite save --timeout 1s deaf "$FILE"
	echo "$output"
	[ "$status" -eq 124 ]
	[[ $output == *"deaf: the guest has not read that it is to suspend within 1 s"* ]]
	[ -z "$(xenstore-read "/local/domain/$(domid deaf)/control/shutdown")" ]
	xlite pause deaf
	run xlite save deaf "$FILE"
	[ "$status" -eq 1 ]
	[[ $output == *"the guest is paused"* ]]
	xlite destroy deaf
	run xlite save nobody "$FILE"
	[[ $output == *"nobody: no such domain"* ]]
	run xlite save Domain-0 "$FILE"
	[ "$status" -eq 73 ]
	run ! ls "$FILE"
}

# The moment of commit is the file's name: before it the guest is suspended in its domain, after it in the file as well.
@test "save: killed before and after the file has its name, the guest is never in two places" {
	strace -qq -o /dev/null -e trace=renameat2 -e inject=renameat2:signal=KILL:when=1 xlite save sleeper "$FILE" >/dev/null 2>&1 || true
	xlite list | grep "sleeper .*suspended"
	run xlite apply /root/save.yaml
	[ "$status" -eq 73 ]
	[[ $output == *"it is suspended"*"xlite unpause"* ]]
	# A question that the guest had no time to read is not put to it when it wakes up.
	xenstore-write "/local/domain/$(domid sleeper)/control/shutdown" suspend
	xlite unpause sleeper
	goes_on
	strace -qq -o /dev/null -e trace=fsync -e inject=fsync:signal=KILL:when=2 xlite save sleeper "$FILE" >/dev/null 2>&1 || true
	xlite list | grep "sleeper .*suspended"
	run xlite restore "$FILE"
	echo "$output"
	[ "$status" -eq 73 ]
	[[ $output == *"suspended) is there"*"xlite unpause"* ]]
	run xlite delete sleeper
	[ "$status" -eq 73 ]
	[[ $output == *"it is suspended"*"--now"* ]]
	xlite delete --now sleeper
	xlite restore "$FILE"
	goes_on
}

# Last: the guest has gone to sleep and woken up some thirty times.
@test "save: nothing is left of all that" {
	sleeper_left_nothing
}
