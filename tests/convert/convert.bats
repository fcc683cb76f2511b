#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# xlite convert: files of guests as they are found, each with the spec that it becomes and the report. fixtures/X.cfg (of xl) or X.xml (of libvirt) is
# converted with the options in X.args; X.yaml is what is printed (none: nothing, exit status 65), X.report what is said.

bats_require_minimum_version 1.5.0

FIXTURES=$TOP/tests/convert/fixtures

# convert FILE [OPTION...]: in the folder of the fixtures, without this machine's xl.conf.
convert() {
	local file=$1
	shift
	cd "$FIXTURES" || return 1
	run --separate-stderr "$XLITE" convert --xl-conf /dev/null "$@" "$file"
}

# text NAME: a file of that name in the test's own folder, from standard input; sets $file.
text() {
	file=$BATS_TEST_TMPDIR/$1
	cat >"$file"
}

@test "convert: files of many kinds become the specs that they should, with the reports that they should" {
	local cfg name args nr=0
	for cfg in "$FIXTURES"/*.{cfg,xml}; do
		name=$(basename "${cfg%.*}")
		args=()
		[ ! -e "$FIXTURES/$name.args" ] || read -ra args <"$FIXTURES/$name.args"
		convert "${cfg##*/}" "${args[@]}"
		diff -u "$FIXTURES/$name.report" - <<<"$stderr"
		if [ -e "$FIXTURES/$name.yaml" ]; then
			[ "$status" -eq 0 ]
			diff -u "$FIXTURES/$name.yaml" - <<<"$output"
		else
			[ "$status" -eq 65 ] && [ -z "$output" ]
		fi
		nr=$((nr + 1))
	done
	[ "$nr" -ge 28 ]
}

@test "convert: what it prints is valid, is canonical, and plans to nothing against itself" {
	local spec
	for spec in "$FIXTURES"/*.yaml; do
		"$XLITE" validate "$spec"
		[ "$("$XLITE" validate --print "$spec")" = "$(grep -v '^#' "$spec")" ]
		run "$XLITE" plan --against "$spec" "$spec"
		[ "$status" -eq 0 ]
	done
}

@test "convert: several files become several documents, or none" {
	cd "$FIXTURES"
	run --separate-stderr "$XLITE" convert --xl-conf /dev/null alpine-pvh.cfg routed.cfg
	[ "$status" -eq 0 ]
	"$XLITE" validate - <<<"$output"
	[ "$(grep -c '^name: ' <<<"$output")" -eq 2 ] && [ "$(grep -c '^---$' <<<"$output")" -eq 1 ]
	run --separate-stderr "$XLITE" convert --xl-conf /dev/null alpine-pvh.cfg values.cfg
	[ "$status" -eq 65 ] && [ -z "$output" ]
	[[ $stderr == *'values.cfg: '*'not converted'* ]]
	# The same guest twice: each file is sound, both together are not.
	run --separate-stderr "$XLITE" convert --xl-conf /dev/null alpine-pvh.cfg alpine-pvh.cfg
	[ "$status" -eq 65 ] && [ -z "$output" ]
	[[ $stderr == *'alpine-pvh.cfg:14:8: this name is already used by `alpine-domU` (alpine-pvh.cfg:14:8)'* ]]
}

@test "convert: standard input is read, and places are those of the file" {
	run --separate-stderr "$XLITE" convert --xl-conf /dev/null - <"$FIXTURES/alpine-pvh.cfg"
	[ "$status" -eq 0 ]
	[[ $output == '# converted from <stdin>'* ]]
	[[ $stderr == *'<stdin>:22:12: warning: on_crash: '* ]]
}

@test "convert: a file that cannot be read is named, and nothing is printed" {
	run --separate-stderr "$XLITE" convert --xl-conf /dev/null "$FIXTURES/alpine-pvh.cfg" /nowhere/a.cfg
	[ "$status" -eq 65 ] && [ -z "$output" ]
	[[ $stderr == *'/nowhere/a.cfg: cannot be read: No such file or directory'* ]]
	run --separate-stderr "$XLITE" convert --xl-conf /dev/null "$FIXTURES"
	[ "$status" -eq 65 ]
	[[ $stderr == *'cannot be read: it is a directory; name the files in it'* ]]
	run --separate-stderr "$XLITE" convert --xl-conf /nowhere/xl.conf "$FIXTURES/alpine-pvh.cfg"
	[ "$status" -eq 65 ] && [ -z "$output" ]
}

@test "convert: a file that is not of xl's at all is said to be that, once" {
	once() {
		convert "$file"
		[ "$status" -eq 65 ] && [ -z "$output" ]
		[[ $stderr == *"$1"* ]]
		[ "$(grep -c "^$file" <<<"$stderr")" -eq 2 ] && [[ $stderr == *': 1 wrong: not converted' ]]
	}
	text a.yaml <<<$'# a spec\n\nname: a\nmemory: 64MiB\nvifs:\n- bridge: br0'
	once "$file:3:1: this is YAML, not a file of xl; specs of xlite need no conversion"
	text b.yaml <<<$'---\nname: a'
	once "$file:1:1: this is YAML"
	text c.json <<<$'[\n  { "domid": 1 }\n]'
	once "$file:1:1: this is JSON, not a file of xl"
	printf 'name = "a"\ntype = "pvh"\n' | iconv -t UTF-16LE >"$BATS_TEST_TMPDIR/le.cfg"
	file=$BATS_TEST_TMPDIR/le.cfg
	once 'the file is UTF-16'
	printf '\xfe\xff%s' "$(printf 'x' | iconv -t UTF-16BE | tr -d '\0')" >"$file"
	once 'the file is UTF-16'
	text d.cfg </dev/null
	once 'the file has no settings'
	text e.cfg <<<$'\n  # nothing but a comment\n'
	once 'the file has no settings'
	# One line like those of YAML makes no YAML of a file.
	text f.cfg <<<$'name: a\ntype = "pvh"'
	convert "$file"
	[[ $stderr == *"$file:1:5: "*'Python'* ]]
}

@test "convert: xl.conf says what a file does not" {
	local conf=$BATS_TEST_TMPDIR/xl.conf
	printf '%s\n' 'autoballoon="off"' 'vif.default.bridge="br7"' 'defaultbridge="br8"' 'max_grant_version=2' >"$conf"
	text a.cfg <<<'name="a"; type="pvh"; kernel="/k"; memory=64; vif=["", "bridge=br1"]'
	run --separate-stderr "$XLITE" convert --xl-conf "$conf" --report "$file"
	[ "$status" -eq 0 ]
	[[ $output == *'- bridge: br7'*'- bridge: br1'*'grant_version: 2'* ]]
	[[ $stderr == *"$conf:2:1: vif.default.bridge: "* ]]
	printf '%s\n' 'vm.cpumask="0-3"' >"$conf"
	run --separate-stderr "$XLITE" convert --xl-conf "$conf" "$file"
	[ "$status" -eq 0 ] && [[ $stderr == *"$conf:1:1: warning: vm.cpumask: has no counterpart"* ]]
	printf '%s\n' 'vif.default.script="vif-route"' 'vif.default.gatewaydev="eth9"' >"$conf"
	text b.cfg <<<'name="b"; type="pvh"; kernel="/k"; memory=64; vif=["ip=192.0.2.1"]'
	run --separate-stderr "$XLITE" convert --xl-conf "$conf" "$file"
	[[ $output == *'- route: eth9'* ]]
	[[ $output == *'filter: false'* ]]
	# xlite's own program filters, and so does the vif of the spec.
	printf '%s\n' 'vif.default.script="/usr/libexec/xlite/xlite-vif-bridge"' >"$conf"
	run --separate-stderr "$XLITE" convert --xl-conf "$conf" "$file"
	[ "$status" -eq 0 ]
	[[ $output == *'- bridge: xenbr0'*'192.0.2.1'* && $output != *filter* && $output != *script* ]]
}

@test "convert: wrong use says so" {
	run "$XLITE" convert
	[ "$status" -eq 64 ]
	run "$XLITE" convert --type hvm "$FIXTURES/alpine-pvh.cfg"
	[ "$status" -eq 64 ]
	[[ $output == *'--type'*'pvh'* ]]
}

@test "convert: a text of any size and shape ends in an error that names the place" {
	local file=$BATS_TEST_TMPDIR/big.cfg
	head -c 1048577 /dev/zero | tr '\0' '#' >"$file"
	convert "$file"
	[ "$status" -eq 65 ] && [[ $stderr == *'the file is longer than 1 MiB'* ]]
	head -c 100000 /dev/zero | tr '\0' '[' | sed 's/^/x = /' >"$file"
	convert "$file"
	[ "$status" -eq 65 ] && [[ $stderr == *':1:'*': lists are nested more than 32 deep'* ]]
	{ printf 'x = ['; yes 1, | head -n 30000 | tr -d '\n'; printf ']\n'; } >"$file"
	convert "$file"
	[ "$status" -eq 65 ] && [[ $stderr == *'the file has more than 20000 values'* ]]
	seq -f 'k%.0f = 1' 2000 >"$file"
	convert "$file"
	[ "$status" -eq 65 ] && [[ $stderr == *'the file has more than 1000 keys'* ]]
	{ head -c 70 /dev/zero | tr '\0' k; printf ' = 1\n'; } >"$file"
	convert "$file"
	[ "$status" -eq 65 ] && [[ $stderr == *":1:1: no key of xl's has more than 64 letters"* ]]
	{ printf 'cmdline = "'; head -c 70000 /dev/zero | tr '\0' a; printf '"\n'; } >"$file"
	convert "$file"
	[ "$status" -eq 65 ] && [[ $stderr == *'has more than 65536 bytes'* ]]
	printf 'name = "a\0b"\n' >"$file"
	convert "$file"
	[ "$status" -eq 65 ] && [[ $stderr == *':1:8: this text holds a NUL byte'* ]]
	{ printf "<domain type='xen'>"; yes '<a>' | head -n 40; } >"$file"
	convert "$file"
	[ "$status" -eq 65 ] && [[ $stderr == *': elements are nested more than 32 deep'* ]]
	{ printf "<domain type='xen'>"; yes '<a/>' | head -n 20001; printf '</domain>'; } >"$file"
	convert "$file"
	[ "$status" -eq 65 ] && [[ $stderr == *': the file has more than 20000 elements and attributes'* ]]
	head -c 50000 /dev/urandom >"$file"
	convert "$file"
	[ "$status" -eq 65 ] && ! grep -qP '[\x00-\x08\x0b-\x1f\x7f]' <<<"$stderr"
}
