#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The services: systemd takes the units, and their commands are the command's. tests/lab/power.bats runs what they run at power-off.

setup() {
	local unit
	command -v systemd-analyze >/dev/null || skip "systemd-analyze is missing"
	ln -s "$XLITE" "$BATS_TEST_TMPDIR/xlite"
	for unit in xlite-watch xlite-domains; do
		sed "s|@bindir@|$BATS_TEST_TMPDIR|" "$TOP/systemd/$unit.service.in" >"$BATS_TEST_TMPDIR/$unit.service"
	done
	cd "$BATS_TEST_TMPDIR" || return
}

@test "units: systemd-analyze finds nothing wrong, and what the watch may do stays limited" {
	run systemd-analyze verify --man=no ./xlite-watch.service ./xlite-domains.service
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	# 5.9 of 10 is what privcmd, any disk, the network and any hotplug script leave.
	systemd-analyze security --offline=true --threshold=60 ./xlite-watch.service
}

@test "units: the words of their commands, and of the settings, are those that the command knows" {
	local word
	for word in --all --deadline; do
		grep -q -- "ExecStop=.* $word" xlite-domains.service
		"$XLITE" help delete | grep -q -- "$word "
	done
	for word in $(grep -oE -- '--[a-z]+' "$TOP/systemd/default"); do
		"$XLITE" help watch | grep -q -- "$word "
	done
	for word in XLITE_FILES XLITE_WATCH_OPTIONS XLITE_DEADLINE; do
		grep -q "^#$word=" "$TOP/systemd/default"
		cat ./*.service | grep -q "Environment=.*$word="
		cat "$TOP"/openrc/*.in | grep -q "{$word:-"
	done
}
