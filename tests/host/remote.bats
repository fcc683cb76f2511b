#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# From the host into a lab that runs already (XLITE_LAB): -H lab behaves as xlite in dom0 does. The example of the README
# is what is applied.

bats_require_minimum_version 1.5.0

lab() {
	"$XLITE" lab "$@"
}

setup_file() {
	lab exec bash -c 'mkdir -p /srv/hello && echo hello >/srv/hello/hello && truncate -s 16M /srv/web1.img &&
		mkfs.ext4 -q -F -d /srv/hello /srv/web1.img'
}

teardown_file() {
	lab exec rm -rf /srv/hello /srv/web1.img
}

@test "remote: the README's first spec is the example that is shipped" {
	sed -n '/^# web1.yaml/,/^```/p' "$TOP/README.md" | sed '1d;$d' >"$BATS_TEST_TMPDIR/web1.yaml"
	run -0 "$XLITE" validate --print "$BATS_TEST_TMPDIR/web1.yaml"
	[ -n "$output" ]
	diff <(echo "$output" | grep -v '^cmdline:') <("$XLITE" validate --print "$TOP/examples/web1.yaml" | grep -v '^cmdline:')
}

@test "remote: plan, apply, get, delete of a local spec" {
	run "$XLITE" -H lab plan "$TOP/examples/web1.yaml"
	echo "$output"
	[ "$status" -eq 2 ]
	run "$XLITE" -H lab apply "$TOP/examples/web1.yaml"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "domain/web1 created" ]
	run "$XLITE" -H lab get web1 -o name
	[ "$output" = "domain/web1" ]
	run bash -c '"$XLITE" -H lab get -o yaml web1 | "$XLITE" -H lab plan -'
	echo "$output"
	[ "$status" -eq 0 ]
	run "$XLITE" -H lab apply - <"$TOP/examples/web1.yaml"
	[ "${lines[-1]}" = "domain/web1 unchanged" ]
	run bash -c 'printf "echo marker-\$((40 + 2))\n" | timeout 400 "$XLITE" -H lab console web1 | grep -m 1 -o marker-42'
	echo "$output"
	[ "$output" = marker-42 ]
	run "$XLITE" -H lab delete "$TOP/examples/web1.yaml"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "domain/web1 deleted" ]
}

@test "remote: a plan that the other host makes is kept here, and carried out from here" {
	local spec=$BATS_TEST_TMPDIR/planned.yaml plan=$BATS_TEST_TMPDIR/plan
	printf 'name: planned\nmemory: 16MiB\nkernel: /root/images/tiny.elf\n' >"$spec"
	run "$XLITE" -H lab plan --out "$plan" "$spec"
	echo "$output"
	[ "$status" -eq 2 ]
	[[ $output == *"domain/planned: create"* ]]
	[ "$(stat -c %a "$plan")" = 600 ]
	rm "$spec"
	run -0 "$XLITE" -H lab apply "$plan"
	[ "${lines[-1]}" = "domain/planned created" ]
	run -75 "$XLITE" -H lab apply "$plan"
	"$XLITE" -H lab delete --now -q planned
	# One that is not made leaves nothing.
	printf 'name: planned\nmemory: 16MiB\nkernel: /nowhere\n' >"$spec"
	run ! "$XLITE" -H lab plan --out "$plan.2" "$spec"
	[ "$(ls "$BATS_TEST_TMPDIR")" = "plan
planned.yaml" ]
}

@test "remote: errors come back with their text and exit status" {
	printf 'name: a\nmemory: 16\nkernel: /nowhere\n' >"$BATS_TEST_TMPDIR/a.yaml"
	run "$XLITE" -H lab apply "$BATS_TEST_TMPDIR/a.yaml"
	[ "$status" -eq 1 ]
	[[ $output == *"/nowhere"* ]]
	printf 'nam: a\n' >"$BATS_TEST_TMPDIR/b.yaml"
	run "$XLITE" -H lab apply "$BATS_TEST_TMPDIR/b.yaml"
	[ "$status" -eq 65 ]
	[[ $output == *"$BATS_TEST_TMPDIR/b.yaml:1:1: "* ]]
	run "$XLITE" -H lab pause nobody
	[ "$status" -eq 1 ]
}

@test "remote: a run ends with its connection, as by a signal" {
	local spec=$BATS_TEST_TMPDIR/wait.yaml run i
	printf 'name: base\nmemory: 16\nkernel: /root/images/tiny.elf\n---\nname: user\nmemory: 16\nkernel: /root/images/tiny.elf\n%s\n' \
		"depends_on: [{name: base, xenstore: data/ready, timeout: 600}]" >"$spec"
	# Its own process group, as a shell has one for what Ctrl-C is sent to. SIGINT itself is ignored by what a script begins with &.
	setsid "$XLITE" -H lab apply "$spec" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	run=$!
	for ((i = 0; i < 300; i++)); do
		grep -q "domain/base created" "$BATS_TEST_TMPDIR/out" && break
		sleep 0.2
	done
	cat "$BATS_TEST_TMPDIR/out"
	kill -TERM -- "-$run"
	wait "$run" || true
	run lab exec bash -c 'for ((i = 0; i < 100; i++)); do pidof xlite >/dev/null || { echo gone; break; }; sleep 0.1; done; xlite list -o name'
	echo "$output"
	[[ $output == *gone* ]]
	[[ $output == *domain/base* && $output != *domain/user* ]]
	"$XLITE" -H lab delete --now "$spec"
}

@test "remote: a lab that does not run is named as the cause" {
	run "$XLITE" -H lab:nowhere list
	echo "$output"
	[ "$status" -eq 69 ]
	[[ $output == *"no lab is running"* ]]
}

@test "remote: several hosts, each line with its own in front, and the worst status" {
	local list=$BATS_TEST_TMPDIR/hosts spec=$BATS_TEST_TMPDIR/several.yaml here=lab:${XLITE_LAB:-lab}
	printf '# hosts\n%s\n\n  ssh://nowhere.invalid\n' "$here" >"$list"
	printf 'name: several\nmemory: 16MiB\nkernel: /root/images/tiny.elf\n' >"$spec"
	run --separate-stderr "$XLITE" -H "$here,$here" plan "$spec"
	echo "$output"
	[ "$status" -eq 2 ]
	[ "$(grep -c "^$here: domain/several: create" <<<"$output")" -eq 2 ]
	run ! grep -v "^$here: " <<<"$output"
	# A host that is away keeps the command from no other.
	run --separate-stderr "$XLITE" -H "@$list" apply "$spec"
	echo "$stderr"
	[ "$status" -eq 69 ]
	[ "$output" = "$here: domain/several created" ]
	[[ $stderr == *"ssh://nowhere.invalid: ssh: "* ]]
	run -0 "$XLITE" -H "$here,$here" list -o name
	"$XLITE" -H lab delete --now -q several
	run -64 "$XLITE" -H "$here,$here" apply - <"$spec"
	run -64 "$XLITE" -H "$here,$here" console several
	run -64 "$XLITE" -H "$here,$here" list -o json
	run -64 "$XLITE" -H "$here,$here" plan --out "$list.plan" "$spec"
	: >"$list"
	run -64 "$XLITE" -H "@$list" list
}

@test "remote: another version that does not know what it is asked for is named" {
	# What says that it is an older one, in the place of xlite.
	lab exec sh -c 'x=$(command -v xlite) && mv "$x" "$x.now" && printf "#!/bin/sh\n[ \"\$1\" = version ] && { echo xlite 0.0.9; exit 0; }\necho xlite: unknown option >&2; exit 64\n" >"$x" && chmod 755 "$x"'
	run "$XLITE" -H lab list
	lab exec sh -c 'x=$(command -v xlite) && mv "$x.now" "$x"'
	echo "$output"
	[ "$status" -eq 64 ]
	[[ $output == *"has \`xlite 0.0.9', and this is xlite "*"lacks what this one asks for"* ]]
	# The same version is not blamed.
	run "$XLITE" -H lab wait --for nonsense several
	echo "$output"
	[ "$status" -eq 64 ]
	[[ $output != *"lacks what"* ]]
}

# terminal COMMAND... &: in the lab, on a terminal of its own; the job is ssh itself.
terminal() {
	exec ssh -F "$(lab ssh-config)" -S none -tt lab "$*"
}

# prompted FILE: waits until it asks for the confirmation.
prompted() {
	local try
	for ((try = 0; try < 600; try++)); do
		! grep -q "keeps this" "$1" || return 0
		sleep 0.2
	done
	cat "$1"
	return 1
}

# there NAME: whether the domain is in the lab.
there() {
	"$XLITE" -H lab list -o name | grep -qx "domain/$1"
}

@test "remote: --confirm on a terminal is answered by ENTER, and outlives the terminal to take back" {
	local out=$BATS_TEST_TMPDIR/out run try
	printf 'name: tried\nmemory: 16MiB\nkernel: /root/images/tiny.elf\n' | lab exec sh -c 'cat >/root/tried.yaml'
	# What is typed before it asks does not count.
	mkfifo "$BATS_TEST_TMPDIR/keys"
	terminal xlite apply --now --confirm 600 /root/tried.yaml <"$BATS_TEST_TMPDIR/keys" >"$out" 3>&- &
	run=$!
	exec 4>"$BATS_TEST_TMPDIR/keys"
	echo >&4
	prompted "$out"
	grep "ENTER here, or " "$out"
	there tried
	kill -0 $run
	echo >&4
	wait $run
	grep confirmed "$out"
	there tried
	"$XLITE" -H lab delete --now -q tried

	# In the background of a terminal it asks, too, and goes on to wait: one that the terminal stops would take nothing back.
	: >"$out"
	terminal bash -mc "'xlite apply --now --confirm 600 /root/tried.yaml & wait'" <"$BATS_TEST_TMPDIR/keys" >"$out" 3>&- 4>&- &
	run=$!
	prompted "$out"
	run ! grep "ENTER here" "$out"
	echo >&4
	lab exec sh -c 'kill -TSTP $(pidof xlite)'
	there tried
	[ "$("$XLITE" -H lab confirm)" = confirmed ]
	wait $run
	"$XLITE" -H lab delete --now -q tried

	# The connection is lost: the terminal ends, and its foreground gets SIGHUP. From elsewhere it can be confirmed yet.
	: >"$out"
	terminal xlite apply --now --confirm 600 /root/tried.yaml <"$BATS_TEST_TMPDIR/keys" >"$out" 3>&- 4>&- &
	run=$!
	prompted "$out"
	kill -KILL $run
	exec 4>&-
	sleep 3
	there tried
	[ "$("$XLITE" -H lab confirm)" = confirmed ]
	there tried
	"$XLITE" -H lab delete --now -q tried

	# By -H, lost, and confirmed by nobody.
	"$XLITE" -H lab apply --now --confirm 20 - >"$out" 2>&1 < <(lab exec cat /root/tried.yaml) 3>&- &
	run=$!
	prompted "$out"
	kill -KILL $run
	for ((try = 0; try < 300; try++)); do
		there tried || break
		sleep 0.5
	done
	run ! there tried
	run -1 "$XLITE" -H lab confirm
	lab exec rm /root/tried.yaml
}

@test "remote: install puts this program onto a host that has none" {
	local there
	there=$(lab exec sh -c 'command -v xlite')
	lab exec mv "$there" /root/xlite.kept
	run -1 "$XLITE" -H lab list
	[[ $output == *"has no xlite"*"install' puts this one there"* ]]
	run -0 "$XLITE" -H lab install
	[[ $output == "/usr/local/bin/xlite installed: xlite "* ]]
	[ "$(lab exec sha256sum /usr/local/bin/xlite | cut -d' ' -f1)" = "$(sha256sum <"$XLITE" | cut -d' ' -f1)" ]
	run -0 "$XLITE" -H lab list
	[[ $output == *Domain-0* ]]
	lab exec sh -c "rm /usr/local/bin/xlite; mv /root/xlite.kept $there"
}

# keys SIZE STEP... : top of the lab on a terminal here.
keys() {
	python3 "$TOP/tests/host/keys.py" "$@" -- "$XLITE" -H lab top -d 1
}

# no_top: it does not run in the lab any more.
no_top() {
	local try
	for ((try = 0; try < 300; try++)); do
		lab exec sh -c 'cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\0" " "' | grep -q "xlite top" || return 0
		sleep 0.2
	done
	return 1
}

@test "remote: top on a terminal: keys, a filter, another size, its end by a key, a signal and a hang-up" {
	printf 'name: one\nmemory: 16MiB\nkernel: /root/images/tiny.elf\n---\nname: two\nmemory: 24MiB\nkernel: /root/images/tiny.elf\n' |
		lab exec sh -c 'cat >/root/two.yaml'
	lab exec xlite apply -q /root/two.yaml
	run -0 keys 24x110 '?^[0-9]+ CPUs?, .* busy; memory .* 3 domains' '? NAME .* TIME' '?^ *[0-9]+  one  ' '+v' '?^  -    vcpu0  ' '+v' '!vcpu0' \
		'+?' '?show each vCPU' '+ ' '!show each vCPU' '+/tw' '?^filter: tw_' '!  one  ' '?  two  ' '+\r' '?^filter: tw  ' '+\x1b' '?  one  ' \
		'=8x70' '?  one  ' '!WRITE/s' '+q' x
	# By memory, and by name the other way round.
	run -0 keys 24x110 '?  one  ' '+M' '#4:  two  ' '#5:  one  ' '+nI' '#3:  two  ' '#4:  one  ' '#5:  Domain-0  ' h
	no_top
	# No terminal, or one of an unknown kind.
	run -64 "$XLITE" -H lab top </dev/null
	[[ $output == *"top: needs a terminal"* ]]
	run python3 "$TOP/tests/host/keys.py" 24x110 x -- env TERM=nosuch "$XLITE" -H lab top
	[ "$status" -eq 1 ]
	[[ $output == *"top: this host has no terminal of the kind \`nosuch' (TERM)"* ]]
	no_top
	# SIGTERM ends it, and leaves the terminal as it was.
	run -0 python3 "$TOP/tests/host/keys.py" 24x110 x -- ssh -F "$(lab ssh-config)" -S none -tt lab \
		'before=$(stty -g); xlite top <$(tty) & sleep 3; kill -TERM $!; wait $!; status=$?; [ "$before" = "$(stty -g)" ] || exit 3; exit $status'
	# Nobody tells it of the hang-up but its terminal: it is in another session, which gets no SIGHUP.
	python3 "$TOP/tests/host/keys.py" 24x110 '?Domain-0' h -- ssh -F "$(lab ssh-config)" -S none -tt lab 'setsid xlite top <$(tty) >$(tty) & sleep 600'
	no_top
	lab exec sh -c 'xlite delete --now -q one two; rm /root/two.yaml'
}
