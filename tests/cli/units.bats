#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The services: systemd takes the units, and their commands are the command's. tests/lab/power.bats runs what they run at power-off.

bats_require_minimum_version 1.5.0

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
	# 6.0 of 10 is what privcmd, any disk, the network, QEMU's namespaces and any hotplug script leave.
	systemd-analyze security --offline=true --threshold=61 ./xlite-watch.service
}

@test "units: the watch may make the namespaces that are made for its processes" {
	local name word nr=0 may
	may=" $(sed -n 's/^RestrictNamespaces=//p' xlite-watch.service) "
	for name in $(cat "$TOP"/hotplug/*.c "$TOP"/xlite/*/*.c | grep -oE 'CLONE_NEW[A-Z]+' | sort -u); do
		case $name in
		CLONE_NEWNS) word=mnt ;;
		CLONE_NEWIPC) word=ipc ;;
		CLONE_NEWNET) word=net ;;
		*) echo "$name: which word of RestrictNamespaces is it?" && return 1 ;;
		esac
		[[ $may == *" $word "* ]] || { echo "RestrictNamespaces lacks $word"; return 1; }
		nr=$((nr + 1))
	done
	[ "$nr" -eq 3 ]
}

# ends WORD: what somebody sees whose xlite-domains is stopped while `systemctl is-system-running' says WORD.
ends() {
	printf '#!/bin/sh\necho %s\n' "$1" >systemctl
	chmod 755 systemctl
	PATH=$PWD:$PATH /bin/sh -c "$(sed -n "/^ExecStop=/,/'$/{s/\\\\$//;s/^ExecStop=[^']*'//;s/'$//;p}" xlite-domains.service)"
}

# openrc_ends WORD: the same for OpenRC, whose runlevel is WORD.
openrc_ends() {
	(
		# shellcheck disable=SC2317
		ebegin() { :; }
		# shellcheck disable=SC2317
		eend() { return "$1"; }
		RC_RUNLEVEL=$1
		# shellcheck source=/dev/null
		. ./openrc && stop
	)
}

@test "units: only the end of the host ends guests, and a time that is none does not keep it from that" {
	local how word called
	sed "s|@bindir@|$BATS_TEST_TMPDIR|" "$TOP/openrc/xlite-domains.in" >openrc
	# Whatever machine this is, it keeps its guests.
	rm xlite
	printf '#!/bin/sh\nexec "%s" "$@" --dry-run\n' "$XLITE" >xlite
	chmod 755 xlite
	run ./xlite delete --all --deadline 5m
	called=$status:$output
	[ -n "$output" ]
	for how in ends openrc_ends; do
		for word in running default; do
			XLITE_DEADLINE=5m run -0 "$how" "$word"
			[ -z "$output" ]
		done
		word=$([ "$how" = ends ] && echo stopping || echo shutdown)
		XLITE_DEADLINE=90s run "$how" "$word"
		[ "$status:$output" = "$called" ]
		XLITE_DEADLINE=5minutes run "$how" "$word"
		[[ $output == *"\`5minutes' is not a time"*"${called#*:}" ]]
		[ "$status" -eq "${called%%:*}" ]
	done
}

@test "units: the words of their commands, and of the settings, are those that the command knows" {
	local word
	for word in --all --deadline; do
		grep -q -- "/xlite delete .*$word" xlite-domains.service
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

@test "units: the agent for Pacemaker describes the parameters and actions that it has" {
	sh "$TOP/ocf/domain.in" meta-data >meta.xml
	python3 - "$TOP/ocf/domain.in" <<-'END'
		import re, sys, xml.etree.ElementTree as tree
		agent = tree.parse("meta.xml").getroot()
		text = open(sys.argv[1]).read()
		assert agent.get("name") == "domain"
		assert {p.get("name") for p in agent.iter("parameter")} == set(re.findall(r"\$\{OCF_RESKEY_([a-z_]+):", text))
		assert {a.get("name") for a in agent.iter("action")} == {"start", "stop", "monitor", "validate-all", "meta-data"}
		for part in list(agent.iter("parameter")) + [agent]:
		    assert part.find("longdesc").text.strip() and part.find("shortdesc").text.strip()
	END
	run -3 sh "$TOP/ocf/domain.in" migrate_to
	OCF_RESKEY_name=a OCF_RESKEY_spec=b run -6 sh "$TOP/ocf/domain.in" monitor
	[ "$output" = "ocf-exit-reason:spec: 'b' is not an absolute path" ]
}
