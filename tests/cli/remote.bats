#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# -H without another host: what is sent to it, what of its answers is taken, and what is refused before. A script stands in for ssh.
# tests/host/remote.bats has a real host at the other end.

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
@test "cli: -H takes only hosts that it knows how to reach" {
	run "$XLITE" -H telnet://x list
	[ "$status" -eq 64 ]
	run "$XLITE" -H ssh://-oProxyCommand=true list
	[ "$status" -eq 64 ]
	local host
	for host in fd00::1 '[fd00::1' '[]' '[fd00::1]22' '[fd00::1]:' 'root@' 'root@[-oProxyCommand=true]' xen1: xen1:ssh xen1:123456 "$(printf '%0256d' 1)"; do
		run "$XLITE" -H "ssh://$host" list
		[ "$status" -eq 64 ] || { echo "$host: $status"; false; }
		[[ $output == *"as in ssh://[fd00::1]"* ]]
	done
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

@test "cli: an IPv6 address goes to ssh without its brackets" {
	fake_ssh 0
	"$XLITE" -H 'ssh://root@[fd00::1]:2222' pause a
	[ "$(sed -n 1,4p "$BATS_TEST_TMPDIR/args" | tr '\n' ' ')" = "-p 2222 -- root@fd00::1 " ]
	"$XLITE" -H 'ssh://[fe80::1%eth0]' pause a
	[ "$(sed -n 1,2p "$BATS_TEST_TMPDIR/args" | tr '\n' ' ')" = "-- fe80::1%eth0 " ]
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
	# Bytes that are no lines would come with a host's name between them; the guest would be gone by then.
	run -64 "$XLITE" -H "$hosts" save web -
	[[ $output == *"what save writes to standard output is for one host at a time"* ]]
	run -64 "$XLITE" -H "$hosts" screenshot web -
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

@test "cli: -H tells the other host of a terminal here, and only then" {
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

# other_host: an ssh that runs its command here, as the shell of a host whose /usr/local/bin is a folder of this test's, and that has what is in $OTHER.
other_host() {
	OTHER=$BATS_TEST_TMPDIR/other
	mkdir -p "$OTHER" "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\nfor last; do :; done\nPATH=%s/local/bin:%s:/usr/sbin:/usr/bin:/sbin:/bin exec sh -c "$(echo "$last" | sed "s,/usr/local,%s/local,")"\n' \
		"$OTHER" "$OTHER" "$OTHER" >"$BATS_TEST_TMPDIR/bin/ssh"
	chmod +x "$BATS_TEST_TMPDIR/bin/ssh"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

@test "cli: -H says of a host without xlite how it gets there, and install puts it there, whole or not at all" {
	local program
	other_host
	run -1 "$XLITE" -H ssh://xen7 version
	[[ $output == *"xlite: xen7 has no xlite"*"hint: \`xlite -H ssh://xen7 install' puts this one there"* ]]
	if [ "$(id -u)" != 0 ]; then
		run -1 "$XLITE" -H ssh://xen7 install
		[[ $output == *"only root can write"* ]]
		return
	fi
	run -0 "$XLITE" -H ssh://xen7 install
	[ "$output" = "$OTHER/local/bin/xlite installed: $("$XLITE" version | head -n 1)" ]
	# Where libtool's script stands for it, the program is behind that.
	for program in "${XLITE%/*}"/.libs/{lt-,}xlite "$XLITE"; do [ ! -x "$program" ] || break; done
	cmp "$program" "$OTHER/local/bin/xlite"
	run -0 "$XLITE" -H ssh://xen7 version
	# One that does not run there leaves what there is, and nothing else; so does one that does not come whole.
	printf '#!/bin/sh\nexit 1\n' >"$OTHER/chmod"
	chmod +x "$OTHER/chmod"
	echo old >"$OTHER/local/bin/xlite"
	run ! "$XLITE" -H ssh://xen7 install
	[ "$(ls "$OTHER/local/bin")" = xlite ]
	[ "$(cat "$OTHER/local/bin/xlite")" = old ]
	rm "$OTHER/chmod"
	sed -i 's/^PATH=/head -c 5000 | PATH=/; s/ exec sh/ sh/' "$BATS_TEST_TMPDIR/bin/ssh"
	run -1 "$XLITE" -H ssh://xen7 install
	[[ $output == *"it has not come whole"* ]]
	[ "$(ls "$OTHER/local/bin")" = xlite ]
	sed -i 's/^head -c 5000 | //' "$BATS_TEST_TMPDIR/bin/ssh"
	# Another one of that host's, as from its package.
	rm -r "$OTHER/local"
	printf '#!/bin/sh\n[ "$1" = version ] || exit 64\necho xlite 0.0.9\n' >"$OTHER/xlite"
	chmod +x "$OTHER/xlite"
	run -73 "$XLITE" -H ssh://xen7 install
	[[ $output == *"$OTHER/xlite is there, which is not of this verb's"* ]]
	[ ! -e "$OTHER/local" ]
	run -64 "$XLITE" -H ssh://xen7 list
	[[ $output == *"xen7 has \`xlite 0.0.9', and this is"*"hint: \`xlite -H ssh://xen7 install'"* ]]
	run -64 env -u XLITE_HOST "$XLITE" install
}
