#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The command itself, on a machine without Xen.

bats_require_minimum_version 1.5.0

setup() {
	SPEC=$BATS_TEST_TMPDIR/a.yaml
	printf 'name: a\nmemory: 16\nkernel: /boot/vmlinuz\n' >"$SPEC"
	unset XLITE_HOST
}

@test "cli: a selector that says nothing, or that is none, is refused" {
	local selector
	for selector in "" " " "," "a," ",a" "a,,b" "=b" "!" "!=b" "!a=b" "a!b" "a=b=c" "a=b,!" "a in (b)" "!a in (b)" "a b=c" "a,!(b)"; do
		run -64 "$XLITE" list -l "$selector"
		[[ $output == *"--selector: \`$selector' is not NAME, !NAME, NAME=VALUE or NAME!=VALUE"* ]] || { echo "$selector: $output"; false; }
	done
	run -64 "$XLITE" pause -l a=b web1
	[[ $output == *"no names, files or --all beside it"* ]]
	run -64 "$XLITE" delete --all -l a=b
	run -64 "$XLITE" get -l a=b web1
}

@test "cli: help names every verb, and each verb has help" {
	run "$XLITE" help
	[ "$status" -eq 0 ]
	for verb in $(sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p' <<<"$output"); do
		run "$XLITE" help "$verb"
		[ "$status" -eq 0 ]
		[[ $output == "Usage: xlite "*"$verb"* ]]
		[ "$verb" = lab ] || run "$XLITE" "$verb" --help
		[ "$status" -eq 0 ]
	done
}

@test "cli: no verb takes an option that is another's" {
	local verb
	run -64 "$XLITE" console --compress a
	[[ $output == *"console has no option \`--compress'"* ]]
	run -64 "$XLITE" save --pv a b
	[[ $output == *"save has no option \`--pv'"* ]]
	# Verbs name their options by letters, each of which is one option.
	sed -n "s/^\t{ '\(.\)', .*/\1/p" "$TOP/xlite/cli/options.c" >"$BATS_TEST_TMPDIR/letters"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/letters")" -gt 40 ]
	[ -z "$(sort "$BATS_TEST_TMPDIR/letters" | uniq -d)" ]
	for verb in $(sed -n 's/^\t{ "[a-z]*", "[^"]*", "[^"]*", "\([A-Za-z]*\)", .*/\1/p' "$TOP/xlite/cli/verbs.c"); do
		[ -z "$(fold -w 1 <<<"$verb" | grep -vxFf "$BATS_TEST_TMPDIR/letters")" ]
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

@test "cli: list -w and top say what they cannot do" {
	run -64 "$XLITE" top
	[ "${lines[0]}" = "xlite: top: needs a terminal; for pipes and files there is --batch" ]
	run -64 "$XLITE" top --batch --sort size
	[ "${lines[0]}" = "xlite: --sort: \`size' is none of cpu, memory, time, id and name" ]
	run -64 "$XLITE" top -b -n 0
	[[ $output == *"--count: \`0' is not a number from 1"* ]]
	run -64 "$XLITE" top -b -d soon
	[[ $output == *"--delay: \`soon' is not a time"* ]]
	run -64 "$XLITE" top -b -l tier=web web1
	[[ $output == *"no names, files or --all beside it"* ]]
	run -64 "$XLITE" -H lab:a,lab:b top -b
	[[ $output == *"top is for one host at a time"* ]]
	run -64 "$XLITE" -H lab:a,lab:b list --watch
	[[ $output == *"list is for one host at a time"* ]]
	# -n of other verbs is what it was.
	run -64 "$XLITE" list -n 1
	[ "${lines[0]}" = "xlite: list: unknown option \`-n'" ]
}

@test "cli: neither a guest's memory nor its picture is written to a terminal" {
	XLITE_TERMINAL=1 run -64 "$XLITE" save web1 -
	[[ $output == *"not for a terminal"* ]]
	XLITE_TERMINAL=1 run -64 "$XLITE" screenshot web1 -
	[[ $output == *"not for a terminal"* ]]
}

@test "cli: what is no saved domain is refused before a host is asked for" {
	run "$XLITE" restore "$BATS_TEST_TMPDIR/none"
	[ "$status" -eq 1 ]
	[ "$output" = "xlite: $BATS_TEST_TMPDIR/none: open: No such file or directory" ]
	echo "name: web1" >"$BATS_TEST_TMPDIR/spec"
	run "$XLITE" restore "$BATS_TEST_TMPDIR/spec"
	[ "$status" -eq 1 ]
	[[ ${lines[0]} == *"it is too short to be a saved domain" ]]
	head -c 100 /dev/zero >"$BATS_TEST_TMPDIR/spec"
	run "$XLITE" restore - <"$BATS_TEST_TMPDIR/spec"
	[ "$status" -eq 1 ]
	[[ ${lines[0]} == *"-: it is not a saved domain: it does not begin as one of xl's format" ]]
	[[ ${lines[1]} == *"xlite save"*"xl save"* ]]
}

# saved_by_xl JSON: a file as xl writes it of a PVH guest, with that configuration, and nothing behind the headers.
saved_by_xl() {
	local len=$((${#1} + 1))
	printf 'Xen saved domain, xl format\n \0 \r\4\3\2\1\3\0\0\0\0\0\0\0'
	le32 $((len + 4))
	le32 $len
	printf '%s' "$1"
	printf '\0LibxlFmt\0\0\0\2\0\0\0\0\1\0\0\0\0\0\0\0\377\377\377\377\377\377\377\377XENF\0\0\0\3\0\0\0\0\0\0\0\0'
	printf '\2\0\0\0\14\0\0\0\4\0\0\0\21\0\0\0'
}

le32() {
	# shellcheck disable=SC2059
	printf "\\x$(printf %02x $(($1 & 255)))\\x$(printf %02x $(($1 >> 8 & 255)))\\x$(printf %02x $(($1 >> 16 & 255)))\\0"
}

@test "cli: what no spec can say in a file of xl's is refused by its key" {
	local base='"c_info": {"type": "pvh", "name": "x"}, "b_info": {"max_memkb": 65536, "kernel": "/k"' case
	for case in '"b_info": {"usbdevice_list": ["a"]};b_info.usbdevice_list' '"vtpms": [{"devid": 0}];vtpms' '"nics": [{"devid": 0, "coloft_forwarddev": "e"}];nics.coloft_forwarddev' \
		'"disks": [{"vdev": "xvda", "format": "vhd", "pdev_path": "/d"}];disks.format.vhd'; do
		if [[ $case == '"b_info"'* ]]; then
			saved_by_xl "{\"c_info\": {\"type\": \"pvh\", \"name\": \"x\"}, ${case%;*}}" >"$BATS_TEST_TMPDIR/x.save"
		else
			saved_by_xl "{$base}, ${case%;*}}" >"$BATS_TEST_TMPDIR/x.save"
		fi
		run "$XLITE" restore "$BATS_TEST_TMPDIR/x.save"
		echo "$output"
		[ "$status" -eq 65 ]
		[[ ${lines[0]} == *"the configuration of xl's in it has ${case#*;}, which no spec can say" ]]
	done
	saved_by_xl '{"c_info": {"type": "hvm", "name": "x"}}' >"$BATS_TEST_TMPDIR/x.save"
	run "$XLITE" restore "$BATS_TEST_TMPDIR/x.save"
	[ "$status" -eq 65 ]
	[[ ${lines[0]} == *"it is of type hvm, and only PVH domains can be restored yet" ]]
	saved_by_xl '{"x-xlite": {"format": 2}}' >"$BATS_TEST_TMPDIR/x.save"
	run "$XLITE" restore "$BATS_TEST_TMPDIR/x.save"
	[ "$status" -eq 65 ]
	[[ ${lines[0]} == *"was written by a later version of xlite" ]]
	saved_by_xl '[' >"$BATS_TEST_TMPDIR/x.save"
	run "$XLITE" restore "$BATS_TEST_TMPDIR/x.save"
	[[ ${lines[0]} == *"the configuration in it is not JSON" ]]
}

@test "cli: verbs of xl and others are told what does their work here" {
	local word
	for word in create:apply up:apply ls:list ps:list info:doctor xentop:'xlite top' suspend:'xlite save' resume:'xlite restore' migrate-receive:'xlite migrate' \
		block-list:describe vcpu-list:describe network-list:describe log:logs mem-set:apply halt:stop; do
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
	for verb in {apply,edit,watch,delete,reboot,shutdown}:"a guest's shutdown" destroy:'Xen to remove the domain' wait:'all of them'; do
		run "$XLITE" help "${verb%%:*}"
		[[ $output == *"--timeout TIME           wait at most TIME for "*"${verb#*:} (default: "* ]]
	done
	[ "$("$XLITE" help | grep -c .)" -gt 20 ]
	for verb in $("$XLITE" help | sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
		[ "$verb" != lab ] || continue
		run ! grep -E -- '--timeout TIME *$' <("$XLITE" help "$verb")
	done
	run "$XLITE" help wait
	[ "${lines[0]}" = "Usage: xlite [-H HOST] wait NAME... [--for CONDITION]" ]
	run "$XLITE" help validate
	[ "${lines[0]}" = "Usage: xlite validate FILE..." ]
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

@test "cli: a directory whose links make more paths than can be walked is refused" {
	local d=$BATS_TEST_TMPDIR/many n
	for ((n = 0; n < 24; n++)); do
		mkdir -p "$d/$n"
		ln -s ../$((n + 1)) "$d/$n/a"
		ln -s ../$((n + 1)) "$d/$n/b"
	done
	mkdir "$d/24"
	printf 'name: web1\nmemory: 16MiB\nkernel: /k\n' >"$d/a.yaml"
	run "$XLITE" validate "$d"
	echo "$output"
	[ "$status" -eq 65 ]
	[[ $output == *"$d: has more than 100000 files and directories, with those that symbolic links lead to"* ]]
}

@test "cli: the same name in two files is one error with both places" {
	cp "$SPEC" "$BATS_TEST_TMPDIR/b.yaml"
	run "$XLITE" validate "$SPEC" "$BATS_TEST_TMPDIR/b.yaml"
	echo "$output"
	[ "$status" -eq 65 ]
	[[ $output == *"b.yaml:1"* ]]
	[[ $output == *"a.yaml"* ]]
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
}
