#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What may stand where on a command line, and the completions of bash, zsh and fish, in these shells. Names of domains and networks are
# in tests/lab/people.bats.

bats_require_minimum_version 1.5.0

setup() {
	unset XLITE_HOST
	mkdir -p "$BATS_TEST_TMPDIR"/bin "$BATS_TEST_TMPDIR/work/site.d" "$BATS_TEST_TMPDIR/home"
	ln -s "$XLITE" "$BATS_TEST_TMPDIR/bin/xlite"
	export PATH=$BATS_TEST_TMPDIR/bin:$PATH HOME=$BATS_TEST_TMPDIR/home
	cd "$BATS_TEST_TMPDIR/work" || return
	touch web1.yaml web2.yml notes.txt
}

# words WORD...: the candidates, without what they are.
words() {
	"$XLITE" complete "$@" | cut -f 1
}

# needs SHELL: skips where it is not installed.
needs() {
	command -v "$1" >/dev/null || skip "$1 is not installed"
}

# type_into PATTERN TEXT SHELL...: a regular expression that the terminal must come to show.
type_into() {
	WAIT=$1 python3 "$TOP/tests/cli/type.py" "${@:2}"
}

bash_types() {
	printf 'PS1="READY> "\nset +o history\nbind "set enable-bracketed-paste off"\n. %q\n' "$TOP/completions/xlite.bash" >rc
	type_into "$1" "$2" bash --noprofile --rcfile rc -i
}

zsh_types() {
	mkdir -p zdot
	printf 'PROMPT="READY> "\nfpath=(%q $fpath)\nunsetopt zle_bracketed_paste prompt_sp prompt_cr\nautoload -U compinit && compinit -u -d zdot/dump\n' \
		"$TOP/completions" >zdot/.zshrc
	ZDOTDIR=$PWD/zdot type_into "$1" "$2" zsh -i
}

# fish_has WORD...: what fish offers for the line LINE, without descriptions.
fish_offers() {
	fish --no-config -c "source '$TOP/completions/xlite.fish'; complete -C '$1'" | cut -f 1
}

@test "complete: each verb of the help, and its options" {
	[ "$(words '' | sort)" = "$("$XLITE" help | sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p' | sort)" ]
	local verb
	for verb in $(words ''); do
		[ "$verb" != lab ] || continue
		[ "$(words "$verb" -- | sort)" = "$("$XLITE" help "$verb" | grep -oE '^  (-.,|   ) --[a-z-]+' | grep -oE -- '--.*' | sort)" ]
	done
	[ "$(words -H lab:x de | tr '\n' ' ')" = "delete describe destroy " ]
	[ "$(words --host=lab des | tr '\n' ' ')" = "describe destroy " ]
	[ "$(words -)" = "$(printf -- '--host\n--help')" ]
	run words nosuch ''
	[ "$status" -eq 0 ]
}

@test "complete: what options take, each word of which the command takes" {
	[ "$(words list -o '' | tr '\n' ' ')" = "table wide name json " ]
	[ "$(words get --output y)" = yaml ]
	[ "$(words watch --drift=f)" = --drift=fix ]
	[ "$(words apply --events '')" = jsonl ]
	[ "$(words convert --type '')" = pvh ]
	[ "$(words plan --against '')" = :files ]
	[ -z "$(words apply --timeout '')" ]
	[ -z "$(words apply --now=)" ]
	local word
	for word in $(words wait a --for ''); do
		case $word in tcp=) word=tcp=80 ;; *=) word+=a ;; esac
		run "$XLITE" wait a --for "$word" --timeout 1
		[ "$status" -ne 64 ]
	done
	[ "$(words wait --for '' | wc -l)" -eq 6 ]
}

@test "complete: keys of the language, which explain knows" {
	local key
	for key in $(words explain '' | head -n 12) $(words explain vbds.) $(words explain network.ad) $(words explain defaults.m); do
		"$XLITE" explain "$key" >/dev/null
	done
	[ "$(words explain vbds.mo)" = vbds.mode ]
	[ "$(words explain vbds. | wc -l)" -gt 5 ]
	words explain '' | grep -x memory
}

@test "complete: files where files are meant, and on a machine without Xen no names" {
	[ "$(words apply '')" = :specs ]
	[ "$(words validate -l '')" = :specs ]
	[ "$(words convert '')" = :files ]
	[ "$(words delete '')" = :specs ]
	[ "$(words restore '')" = :files ]
	[ "$(words save a '')" = :files ]
	[ "$(words screenshot a '')" = :files ]
	[ "$(words restore --spec '')" = :files ]
	run --separate-stderr "$XLITE" complete console ''
	[ "$status" -eq 0 ]
	[ -z "$output$stderr" ]
	XLITE_LAB_PROGRAM=$TOP/lab/xlite-lab words lab ssh | grep -x ssh-config
}

@test "completions: bash completes verbs, options, values, keys and files" {
	needs bash
	needs python3
	bash_types 'xlite delete ' 'xlite del\t'
	bash_types '(?s)delete.*describe.*destroy' 'xlite de\t\t'
	bash_types 'apply --dry-run ' 'xlite apply --dr\t'
	bash_types '--drift=warn ' 'xlite watch --drift=w\t'
	bash_types '--for tcp=8' 'xlite wait a --for tc\t8'
	bash_types 'explain vbds.mode ' 'xlite explain vbds.mo\t'
	bash_types '(?s)site.d/.*web1.yaml.*web2.yml' 'xlite apply \t\t'
	bash_types 'site.d/$' 'xlite apply si\t'
	bash_types '--against notes.txt ' 'xlite plan --against no\t'
}

@test "completions: zsh completes verbs, options, values, keys and files" {
	needs zsh
	needs python3
	zsh_types 'xlite delete ' 'xlite del\t'
	zsh_types '(?s)delete.*Shut guests down.*describe.*destroy' 'xlite de\t\t'
	zsh_types 'apply --dry-run ' 'xlite apply --dr\t'
	zsh_types '--drift=warn ' 'xlite watch --drift=w\t'
	zsh_types '--for tcp=8' 'xlite wait a --for tc\t8'
	zsh_types 'explain vbds.mode ' 'xlite explain vbds.mo\t'
	zsh_types '(?s)site.d/.*web1.yaml.*web2.yml' 'xlite apply \t\t'
	zsh_types '--against notes.txt ' 'xlite plan --against no\t'
}

@test "completions: fish offers verbs, options, values, keys and files" {
	needs fish
	[ "$(fish_offers 'xlite de' | tr '\n' ' ')" = "delete describe destroy " ]
	fish_offers 'xlite apply --dr' | grep -x -- --dry-run
	[ "$(fish_offers 'xlite watch --drift=w')" = --drift=warn ]
	[ "$(fish_offers 'xlite explain vbds.mo')" = vbds.mode ]
	[ "$(fish_offers 'xlite apply ' | sort | tr '\n' ' ')" = "site.d/ web1.yaml web2.yml " ]
	[ "$(fish_offers 'xlite plan --against no')" = notes.txt ]
}
