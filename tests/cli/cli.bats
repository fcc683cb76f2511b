#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The command itself, on a machine without Xen.

bats_require_minimum_version 1.5.0

setup() {
	SPEC=$BATS_TEST_TMPDIR/a.yaml
	printf 'name: a\nmemory: 16\nkernel: /boot/vmlinuz\n' >"$SPEC"
	unset XLITE_HOST
}

# without_children COMMAND...: as by a program that has SIGCHLD ignored; bash does not pass that on.
without_children() { python3 -c 'import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])' "$@"; }

@test "cli: how a process ends is known, whoever started the command" {
	printf '#!/bin/sh\nexit 7\n' >"$BATS_TEST_TMPDIR/ssh"
	chmod +x "$BATS_TEST_TMPDIR/ssh"
	PATH=$BATS_TEST_TMPDIR:$PATH run -7 without_children "$XLITE" -H ssh://host list
	PATH=$BATS_TEST_TMPDIR:$PATH run -7 without_children "$XLITE" -H ssh://host,ssh://other list
}

@test "cli: help names every verb, and each verb has help" {
	run "$XLITE" help
	[ "$status" -eq 0 ]
	for verb in $(sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p' <<<"$output"); do
		run "$XLITE" help "$verb"
		[ "$status" -eq 0 ]
		[[ $output == "Usage: xlite "*" $verb"* ]]
		[ "$verb" = lab ] || run "$XLITE" "$verb" --help
		[ "$status" -eq 0 ]
	done
}

@test "cli: usage errors exit with 64 and say what to try" {
	run "$XLITE"
	[ "$status" -eq 64 ]
	run "$XLITE" aply "$SPEC"
	[ "$status" -eq 64 ]
	[[ $output == *"did you mean \`apply'?"* ]]
	run "$XLITE" apply
	[ "$status" -eq 64 ]
	run "$XLITE" apply --frobnicate "$SPEC"
	[ "$status" -eq 64 ]
	[[ $output == *"unknown option"*"--frobnicate"* ]]
	run "$XLITE" apply --dryrun "$SPEC"
	[ "$status" -eq 64 ]
	[[ $output == *"unknown option \`--dryrun'; did you mean \`--dry-run'?"* ]]
	run "$XLITE" validate --prune "$SPEC"
	[ "$status" -eq 64 ]
	[[ $output == *"validate has no option \`--prune'"* ]]
	run "$XLITE" plan --prune=x "$SPEC"
	[ "$status" -eq 64 ]
	[[ $output == *"\`--prune' takes no value"* ]]
	run "$XLITE" apply --re "$SPEC"
	[ "$status" -eq 0 ] || [ "$status" -eq 69 ]
	run "$XLITE" apply --d "$SPEC"
	[ "$status" -eq 64 ]
	[[ $output == *"\`--d' is short for more than one option"* ]]
	run "$XLITE" --now delete a
	[ "$status" -eq 64 ]
	[ "${lines[0]}" = "xlite: \`--now' belongs behind the verb" ]
	run "$XLITE" -f a
	[ "$status" -eq 64 ]
	[ "${lines[0]}" = "xlite: unknown option \`-f'" ]
	run "$XLITE" --frobnicate a
	[ "${lines[0]}" = "xlite: unknown option \`--frobnicate'" ]
	run "$XLITE" list -f
	[ "${lines[0]}" = "xlite: list: unknown option \`-f'" ]
	local time
	for time in never 0 5x 1d 25h 90000 -1 ""; do
		run "$XLITE" delete --timeout "$time" a
		[ "$status" -eq 64 ]
		[[ $output == *"--timeout: \`$time' is not a time from 1s to 24h"* ]]
	done
	run "$XLITE" list -o xml
	[ "$status" -eq 64 ]
	run "$XLITE" list extra
	[ "$status" -eq 64 ]
}

@test "cli: verbs of xl and others are told what does their work here" {
	local word
	for word in create:apply start:apply up:apply ls:list ps:list info:doctor top:xentop save:'cannot do this yet' migrate:'cannot do this yet' \
		block-list:describe vcpu-list:describe network-list:describe log:logs mem-set:apply stop:shutdown; do
		for help in "" help; do
			run "$XLITE" $help "${word%%:*}"
			[ "$status" -eq 64 ]
			[[ ${lines[0]} == "xlite: no verb \`${word%%:*}'; "*"${word#*:}"* ]]
			[ "${lines[1]}" = "Try \`xlite help'." ]
		done
	done
	run "$XLITE" help convrt
	[ "$status" -eq 64 ]
	[ "${lines[0]}" = "xlite: no verb \`convrt'; did you mean \`convert'?" ]
	run "$XLITE" help frobnicate
	[ "${lines[0]}" = "xlite: no verb \`frobnicate'" ]
}

@test "cli: each number has a limit of its own" {
	run "$XLITE" logs --tail 100000 no-such-domain
	[ "$status" -eq 69 ]
	run "$XLITE" logs --tail 1000000001 a
	[ "$status" -eq 64 ]
	[ "${lines[0]}" = "xlite: --tail: \`1000000001' is not a number from 1 to 1000000000" ]
	run "$XLITE" apply -j 65 "$SPEC"
	[ "$status" -eq 64 ]
	[ "${lines[0]}" = "xlite: --jobs: \`65' is not a number from 1 to 64" ]
}

@test "cli: the help of --timeout says what the verb waits for" {
	local verb
	for verb in apply:go watch:go delete:go reboot:go shutdown:"a guest's shutdown" destroy:'Xen to remove the domain' wait:'all of them'; do
		run "$XLITE" help "${verb%%:*}"
		[[ $output == *"--timeout TIME           wait so long for "*"${verb#*:} (default: "* ]]
	done
	[ "$("$XLITE" help | grep -c .)" -gt 20 ]
	for verb in $("$XLITE" help | sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
		[ "$verb" != lab ] || continue
		run ! grep -E -- '--timeout TIME *$' <("$XLITE" help "$verb")
	done
	run "$XLITE" help wait
	[ "${lines[0]}" = "Usage: xlite [-H HOST] wait NAME... [--for CONDITION]" ]
	run "$XLITE" wait
	[ "${lines[0]}" = "xlite: wait needs NAME..." ]
}

@test "cli: a verb takes the formats that its help names, and no other" {
	local verb format formats
	for verb in plan diff list get graph doctor; do
		formats=" $("$XLITE" help "$verb" | sed -n 's/^  -o, --output FORMAT *//; T; s/,\| or / /gp; s/ or / /p; q') "
		echo "$verb:$formats"
		[[ $formats == *" json "* ]]
		for format in table wide name json yaml dot xml; do
			run "$XLITE" "$verb" "-o$format" "$SPEC"
			[[ $formats == *" $format "* ]] || [ "$status" -eq 64 ]
			[[ $formats != *" $format "* ]] || [[ $output != *"is not a format of"* ]]
		done
	done
	run "$XLITE" plan -o wide --against "$SPEC" "$SPEC"
	[ "$status" -eq 64 ]
	[ "${lines[0]}" = "xlite: -o: \`wide' is not a format of plan, which has table or json" ]
}

@test "cli: what names a domain, what a file, and what may be both" {
	cd "$BATS_TEST_TMPDIR"
	mkdir web1
	run "$XLITE" delete web1
	echo "$output"
	[ "$status" -eq 64 ]
	[[ $output == *"web1 is a directory: \`web1/' means its files, \`domain/web1' the domain"* ]]
	# Neither is a file: without Xen both come as far as that.
	for name in domain/web1 network/web1 web2; do
		run "$XLITE" delete "$name"
		echo "$output"
		[ "$status" -eq 69 ]
	done
	run "$XLITE" delete web1/
	[ "$status" -eq 65 ]
}

@test "cli: watch says what it cannot do, and that none runs" {
	local d=$BATS_TEST_TMPDIR
	# wrong WORDS ARGUMENT...
	wrong() {
		run "$XLITE" watch "${@:2}"
		echo "$output"
		[ "$status" -eq 64 ] && [[ $output == "xlite: "*"$1"* ]]
	}
	wrong "is neither warn nor fix" --interval 5m --drift mend "$d"
	wrong "it needs --interval" --drift warn "$d"
	wrong "--interval is about files, and none are named" --interval 5m
	wrong "--set is about files, and none are named" --set prod
	wrong "--prune needs --set" --prune "$d"
	wrong "is not a time from 1s to 24h" --backoff 0 "$d"
	wrong "is not a time from 1s to 24h" --interval 25h "$d"
	wrong "name a directory" -
	wrong "takes no files" --status "$d"
	wrong "watch has no option \`--dry-run'" --dry-run "$d"
	wrong "unknown option" -o json
	wrong "did you mean \`--interval'?" --intervall 5m "$d"
	run "$XLITE" -H lab watch "$d"
	[ "$status" -eq 64 ]
	[[ $output == *"watch runs on the host itself"* ]]
	run env XLITE_HOST=lab "$XLITE" watch --status
	[ "$status" -eq 64 ]
	[ ! -e /run/xlite/watch.sock ] || skip "a watch runs, or ran, on this machine"
	run "$XLITE" watch --status
	[ "$status" -eq 1 ]
	[[ $output == *"no watch runs on this host"*"hint: \`xlite watch DIR' starts one"* ]]
}

@test "cli: a set has a name like a domain's" {
	local name
	for name in "" "it's" "a b" "-a" $'a\nb' "$(printf '%064d' 0)" "$(printf '%02100d' 0)"; do
		run "$XLITE" plan --against "$SPEC" "--set=$name" "$SPEC"
		echo "$output"
		[ "$status" -eq 64 ]
		[[ $output == "xlite: --set: not a name: "* ]]
	done
	run "$XLITE" plan --against "$SPEC" --set "$(printf '%063d' 0)" "$SPEC"
	[ "$status" -eq 0 ]
}

@test "cli: without a hypervisor each verb that needs one says so, with 69" {
	[ ! -e /proc/xen/privcmd ] || skip "this machine runs on Xen"
	for verb in "apply $SPEC" "plan $SPEC" "delete a" list get "pause a" "console a" "destroy a" "shutdown a" "reboot a"; do
		# shellcheck disable=SC2086
		run "$XLITE" $verb
		echo "$verb: $output"
		[ "$status" -eq 69 ]
		[[ $output == "xlite: "*"ypervisor"* || $output == "xlite: "*"Xen"* ]]
	done
	run "$XLITE" doctor
	[ "$status" -eq 1 ]
	run "$XLITE" version
	[ "$status" -eq 0 ]
}

@test "cli: a bad spec is told before the host is asked" {
	printf 'name: a\nmemory: lots\nkernel: /boot/vmlinuz\n' >"$SPEC"
	run "$XLITE" apply "$SPEC"
	[ "$status" -eq 65 ]
	[[ $output == *"$SPEC:2:9: "* ]]
}

@test "cli: files, directories and standard input are sources" {
	mkdir -p "$BATS_TEST_TMPDIR/d/sub" "$BATS_TEST_TMPDIR/d/.git"
	printf 'name: b\nmemory: 16\nkernel: /k\n' >"$BATS_TEST_TMPDIR/d/b.yml"
	printf 'name: c\nmemory: 16\nkernel: /k\n' >"$BATS_TEST_TMPDIR/d/sub/c.yaml"
	printf 'rubbish' >"$BATS_TEST_TMPDIR/d/notes.txt"
	printf 'rubbish: [' >"$BATS_TEST_TMPDIR/d/.git/x.yaml"
	run "$XLITE" validate --print "$BATS_TEST_TMPDIR/d"
	[ "$status" -eq 0 ]
	[ "$(grep -c '^name:' <<<"$output")" -eq 2 ]
	run "$XLITE" validate --print - <"$SPEC"
	[ "$status" -eq 0 ]
	[[ $output == "name: a"* ]]
	run "$XLITE" validate "$BATS_TEST_TMPDIR/nowhere.yaml" "$SPEC"
	[ "$status" -eq 65 ]
	[[ $output == *"nowhere.yaml"*"No such file"* ]]
	mkdir "$BATS_TEST_TMPDIR/empty"
	run "$XLITE" validate "$BATS_TEST_TMPDIR/empty"
	[ "$status" -eq 65 ]
}

@test "cli: what a directory names and cannot be read is an error, not absent" {
	local d=$BATS_TEST_TMPDIR/d
	mkdir -p "$d/sub"
	cp "$SPEC" "$d/a.yaml"
	ln -s nowhere "$d/README"
	ln -s nowhere "$d/.#a.yaml"
	run "$XLITE" validate "$d"
	[ "$status" -eq 0 ]
	ln -s nowhere "$d/gone.yml"
	run "$XLITE" validate "$d"
	echo "$output"
	[ "$status" -eq 65 ]
	[[ $output == "$d/gone.yml: "*"symbolic link"* ]]
	rm "$d/gone.yml"
	ln -s .. "$d/sub/loop"
	run "$XLITE" validate "$d"
	echo "$output"
	[ "$status" -eq 65 ]
	[[ $output == "$d/sub/loop: "* ]]
	rm "$d/sub/loop"
	mkfifo "$d/pipe.yaml"
	run "$XLITE" validate "$d"
	echo "$output"
	[ "$status" -eq 65 ]
	[[ $output == "$d/pipe.yaml: "*"not a regular file"* ]]
}

@test "cli: the same name in two files is one error with both places" {
	cp "$SPEC" "$BATS_TEST_TMPDIR/b.yaml"
	run "$XLITE" validate "$SPEC" "$BATS_TEST_TMPDIR/b.yaml"
	echo "$output"
	[ "$status" -eq 65 ]
	[[ $output == *"b.yaml:1"* ]]
	[[ $output == *"a.yaml"* ]]
}

@test "cli: -H takes only hosts that it knows how to reach" {
	run "$XLITE" -H telnet://x list
	[ "$status" -eq 64 ]
	run "$XLITE" -H ssh://-oProxyCommand=true list
	[ "$status" -eq 64 ]
}

# fake_ssh STATUS [COMMAND]: an ssh that notes its arguments and, unless COMMAND is another, the specs that it reads: its standard input has no
# end while xlite lives.
fake_ssh() {
	local read="case \$* in *--bundle*) sed '/^#xlite-end/q' >'$BATS_TEST_TMPDIR/stdin' ;; esac"
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\nprintf "%%s\\n" "$@" >"%s/args"\n%s\nexit %s\n' "$BATS_TEST_TMPDIR" "${2-$read}" "$1" >"$BATS_TEST_TMPDIR/bin/ssh"
	chmod +x "$BATS_TEST_TMPDIR/bin/ssh"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

# sent: the command that ssh was given, but for who gave it.
sent() {
	tail -n 1 "$BATS_TEST_TMPDIR/args" | sed "s/ 'XLITE_FROM=\([^']\|'\\\\''\)*' xlite / xlite /"
}

@test "cli: -H sends the same command, the specs bundled, through ssh" {
	fake_ssh 73
	run "$XLITE" -H ssh://root@xen1:2222 apply -j 3 --set prod "$SPEC"
	[ "$status" -eq 73 ]
	cat "$BATS_TEST_TMPDIR/args"
	[ "$(sed -n 1,4p "$BATS_TEST_TMPDIR/args" | tr '\n' ' ')" = "-p 2222 -- root@xen1 " ]
	[ "$(sent)" = "exec env -u XLITE_HOST XLITE_ATTACHED=1 xlite 'apply' '--set=prod' '--jobs=3' '--bundle' --" ]
	[ "$(head -n 1 "$BATS_TEST_TMPDIR/stdin")" = "#xlite-file $(wc -c <"$SPEC") $SPEC" ]
	[ "$(tail -n 1 "$BATS_TEST_TMPDIR/stdin")" = "#xlite-end 1" ]
	run "$XLITE" validate --bundle <"$BATS_TEST_TMPDIR/stdin"
	[ "$status" -eq 0 ]
}

@test "cli: specs that -H sent and that have not come whole are refused" {
	local bundle=$BATS_TEST_TMPDIR/bundle text
	text=$(cat "$SPEC")
	printf '#xlite-file %s a.yaml\n%s\n#xlite-end 1\n' "$((${#text} + 1))" "$text" >"$bundle"
	run "$XLITE" validate --bundle <"$bundle"
	[ "$status" -eq 0 ]
	: >"$BATS_TEST_TMPDIR/cut-0"
	head -c 40 "$bundle" >"$BATS_TEST_TMPDIR/cut-1"
	head -n -1 "$bundle" >"$BATS_TEST_TMPDIR/cut-2"
	head -c -1 "$bundle" >"$BATS_TEST_TMPDIR/cut-3"
	sed 's/^#xlite-end 1/#xlite-end 2/' "$bundle" >"$BATS_TEST_TMPDIR/cut-4"
	for cut in "$BATS_TEST_TMPDIR"/cut-*; do
		run "$XLITE" validate --bundle <"$cut"
		echo "$cut: $output"
		[ "$status" -eq 65 ]
		[[ $output == *"the specs that -H sends have not come whole"* ]]
	done
}

@test "cli: -H says when it cannot send, and sends no more than the other end takes" {
	local i
	mkdir "$BATS_TEST_TMPDIR/many"
	head -c 1048576 /dev/zero | tr '\0' '#' >"$BATS_TEST_TMPDIR/many/0.yaml"
	fake_ssh 0 'exec 0</dev/null'
	run "$XLITE" -H ssh://xen1 apply "$BATS_TEST_TMPDIR/many"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == "xlite: -H: sending the specs: "* ]]
	for ((i = 1; i < 257; i++)); do ln "$BATS_TEST_TMPDIR/many/0.yaml" "$BATS_TEST_TMPDIR/many/$i.yaml"; done
	rm "$BATS_TEST_TMPDIR/args"
	run "$XLITE" -H ssh://xen1 apply "$BATS_TEST_TMPDIR/many"
	echo "$output"
	[ "$status" -eq 65 ]
	[[ $output == *"256 MiB"* ]]
	[ ! -e "$BATS_TEST_TMPDIR/args" ]
}

@test "cli: -H sends what was understood, and the other end goes on to no third" {
	fake_ssh 0
	local here="exec env -u XLITE_HOST XLITE_ATTACHED=1 xlite"
	"$XLITE" pause --hos=ssh://xen1 -q a
	[ "$(sent)" = "$here 'pause' '--quiet' -- 'a'" ]
	"$XLITE" pause -qH ssh://xen1 "it's" --
	[ "$(sent)" = "$here 'pause' '--quiet' -- 'it'\\''s'" ]
	"$XLITE" pause -Hssh://xen1 -- -H
	[ "$(sent)" = "$here 'pause' -- '-H'" ]
	XLITE_HOST=ssh://xen1 "$XLITE" delete --now --timeo 5m -- b "$SPEC"
	[ "$(sent)" = "$here 'delete' '--now' '--timeout=300' '--bundle' -- 'b'" ]
	"$XLITE" -H ssh://xen1 list -o wide
	[ "$(sent)" = "$here 'list' '--output=wide' --" ]
	"$XLITE" -H ssh://xen1 apply --events jsonl --detailed-exitcode "$SPEC"
	[ "$(sent)" = "$here 'apply' '--detailed-exitcode' '--events=jsonl' '--bundle' --" ]
}

@test "cli: -H says who has typed what where, for the other host's log" {
	fake_ssh 0
	XLITE_FROM=somebody SUDO_USER=anna SUDO_UID=12345 "$XLITE" -H ssh://xen1 delete --now "it's" "$SPEC"
	tail -n 1 "$BATS_TEST_TMPDIR/args"
	local from
	from=$(tail -n 1 "$BATS_TEST_TMPDIR/args" | sed -n "s/.* 'XLITE_FROM=\(.*\)' xlite .*/\1/p")
	[[ $from == *"@$(hostname): delete --now it'\\''s $SPEC" ]]
	# Who logged in is the kernel's word; where nobody did, root takes sudo's.
	if [ "$(cat /proc/self/loginuid)" = 4294967295 ] && [ "$(id -u)" = 0 ]; then
		[[ $from == anna@* ]]
	else
		[[ $from != anna@* ]]
	fi
}

@test "cli: -H leaves standard input to whoever calls it, but for specs and a console" {
	fake_ssh 0
	local name
	printf 'a\nb\n' >"$BATS_TEST_TMPDIR/names"
	while read -r name; do
		"$XLITE" -H ssh://xen1 pause "$name"
	done <"$BATS_TEST_TMPDIR/names"
	[ "$(sent)" = "exec env -u XLITE_HOST XLITE_ATTACHED=1 xlite 'pause' -- 'b'" ]
	fake_ssh 0 "cat >'$BATS_TEST_TMPDIR/stdin'"
	echo keys | "$XLITE" -H ssh://xen1 console a
	[ "$(cat "$BATS_TEST_TMPDIR/stdin")" = keys ]
}

@test "cli: -H keeps a plan when all of it has come, and nothing else" {
	# Whoever does not read the specs may be gone before they are sent.
	local dir=$BATS_TEST_TMPDIR/plans try read="sed '/^#xlite-end/q' >/dev/null"
	mkdir "$dir"
	fake_ssh 2 "$read; "'echo "{\"xlite-plan\": 1}"'
	run "$XLITE" -H ssh://xen1 plan --out "$dir/p" "$SPEC"
	[ "$status" -eq 2 ]
	[ "$(cat "$dir/p")" = '{"xlite-plan": 1}' ]
	[ "$(stat -c %a "$dir/p")" = 600 ]
	fake_ssh 0 "$read; echo no plan"
	run "$XLITE" -H ssh://xen1 plan --out "$dir/p" "$SPEC"
	[ "$status" -eq 1 ]
	[[ $output == *"what xen1 has sent is no plan"* ]]
	fake_ssh 69 "$read; "'echo "{\"xlite-plan\": 2}"'
	run "$XLITE" -H ssh://xen1 plan --out "$dir/p" "$SPEC"
	[ "$status" -eq 69 ]
	# What is no plan is refused before the other host is asked.
	rm "$BATS_TEST_TMPDIR/args"
	run "$XLITE" -H ssh://xen1 plan --out "$SPEC" "$SPEC"
	[ "$status" -eq 64 ]
	[ ! -e "$BATS_TEST_TMPDIR/args" ]
	# Nor does one leave anything that is ended meanwhile.
	fake_ssh 0 ": >'$BATS_TEST_TMPDIR/begun'; cat >/dev/null"
	"$XLITE" -H ssh://xen1 plan --out "$dir/p" "$SPEC" 3>&- &
	for ((try = 0; try < 600; try++)); do
		[ ! -e "$BATS_TEST_TMPDIR/begun" ] || break
		sleep 0.1
	done
	kill -TERM $!
	wait $! || true
	[ "$(ls "$dir")" = p ]
	[ "$(cat "$dir/p")" = '{"xlite-plan": 1}' ]
}

@test "cli: -H with several hosts runs on none if one of them cannot be, passes on any bytes, and ends with its caller" {
	local hosts=ssh://xen1,ssh://xen2 try
	fake_ssh 0
	printf 'ssh://xen1\nxen2\n' >"$BATS_TEST_TMPDIR/hosts"
	run "$XLITE" -H "@$BATS_TEST_TMPDIR/hosts" apply "$SPEC"
	[ "$status" -eq 64 ]
	[[ $output == *"\`xen2' is none of "* ]]
	[ ! -e "$BATS_TEST_TMPDIR/args" ]
	fake_ssh 0 "printf 'a\\0b\\n\\nc'"
	"$XLITE" -H "$hosts" logs web >"$BATS_TEST_TMPDIR/out"
	[ "$(grep -a -c '' "$BATS_TEST_TMPDIR/out")" -eq 6 ]
	[ "$(grep -a xen1 "$BATS_TEST_TMPDIR/out" | od -c)" = "$(printf 'ssh://xen1: a\0b\nssh://xen1: \nssh://xen1: c\n' | od -c)" ]
	fake_ssh 0 ": >'$BATS_TEST_TMPDIR'/begun; cat >/dev/null; : >'$BATS_TEST_TMPDIR/ended'"
	"$XLITE" -H "$hosts" pause web >/dev/null 2>&1 3>&- &
	for ((try = 0; try < 600; try++)); do
		[ ! -e "$BATS_TEST_TMPDIR/begun" ] || break
		sleep 0.1
	done
	kill -TERM $!
	for ((try = 0; try < 600; try++)); do
		[ ! -e "$BATS_TEST_TMPDIR/ended" ] || break
		sleep 0.1
	done
	[ -e "$BATS_TEST_TMPDIR/ended" ]
}

@test "cli: output that cannot be written is an error" {
	run sh -c '"$XLITE" schema >/dev/full'
	[ "$status" -eq 1 ]
	[[ $output == *"cannot write"* ]]
}

# with_logs [NAME=VALUE...] <SCRIPT: runs it, with the environment, where the folder of consoles' logs is the test's own.
with_logs() {
	local own=-m
	[ "$(id -u)" -eq 0 ] || own=-rm
	unshare $own mount -t tmpfs none /var/log || skip "no mount namespaces here"
	{
		echo 'mount -t tmpfs none /var/log && mkdir -p /var/log/xen/console || exit 99'
		cat
	} >"$BATS_TEST_TMPDIR/inside"
	run env "$@" timeout 120 unshare $own sh "$BATS_TEST_TMPDIR/inside"
}

# followed OUT: what a log that grows looks like there, as `logs -f' writes it.
followed() {
	with_logs SAID="$BATS_TEST_TMPDIR/said" OUT="$1" <<-'END'
		log=/var/log/xen/console/guest-a.log
		: >$log
		"$XLITE" logs a -f >"$OUT" 2>"$SAID" &
		until cat /proc/$!/fdinfo/* 2>/dev/null | grep -q "^inotify wd"; do sleep 0.1; done
		# It has read what there was by now, and waits.
		sleep 1
		echo one >>$log
		[ "$OUT" = /dev/full ] || until grep -q one "$OUT"; do sleep 0.1; done
		[ "$OUT" = /dev/full ] || kill $!
		wait $!
	END
}

@test "cli: logs -f follows the file, and ends when what it writes to takes nothing more" {
	followed /dev/full
	[ "$status" -eq 1 ]
	grep -q "standard output: No space left on device" "$BATS_TEST_TMPDIR/said"
	followed "$BATS_TEST_TMPDIR/followed"
	[ "$status" -eq 143 ]
	[ "$(cat "$BATS_TEST_TMPDIR/followed")" = one ]
}

@test "cli: logs shows a guest's control bytes on a terminal as text, and passes them on elsewhere" {
	with_logs OUT="$BATS_TEST_TMPDIR/piped" <<-'END'
		printf 'a\033[2Jb\n\303\251' >/var/log/xen/console/guest-a.log
		"$XLITE" logs domain/a >"$OUT" || exit 98
		script -qec '"$XLITE" logs a' /dev/null </dev/null
		# What the other host of -H does for a terminal here.
		XLITE_TERMINAL=1 "$XLITE" logs a >"$OUT.far"
	END
	[ "$status" -eq 0 ]
	[ "$(cat "$BATS_TEST_TMPDIR/piped")" = "$(printf 'a\033[2Jb\n\303\251')" ]
	[[ $output == *'a\x1b[2Jb'*$'\303\251'* ]]
	[[ $output != *$'\033'* ]]
	[ "$(cat "$BATS_TEST_TMPDIR/piped.far")" = $'a\\x1b[2Jb\n\303\251' ]
	fake_ssh 0
	local hosts
	for hosts in ssh://xen1 ssh://xen1,ssh://xen1; do
		rm -f "$BATS_TEST_TMPDIR/args"
		"$XLITE" -H $hosts logs a
		[[ $(sent) != *TERMINAL* ]]
		script -qec "$XLITE -H $hosts logs a" /dev/null </dev/null
		[[ $(sent) == "exec env -u XLITE_HOST XLITE_ATTACHED=1 XLITE_TERMINAL=1 xlite 'logs' -- 'a'" ]]
	done
}
