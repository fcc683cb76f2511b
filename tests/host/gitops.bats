#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# examples/gitops with a real repository and real signatures, on this machine; the host that it keeps is a lab that runs already (XLITE_LAB).

bats_require_minimum_version 1.5.0

setup_file() {
	command -v git >/dev/null && command -v ssh-keygen >/dev/null || skip "git or ssh-keygen is missing"
	cd "$BATS_FILE_TMPDIR" || return
	export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=Anna GIT_COMMITTER_NAME=Anna
	export GIT_AUTHOR_EMAIL=anna@example.org GIT_COMMITTER_EMAIL=anna@example.org
	export GITOPS_STATE=$PWD/state GITOPS_SIGNERS=$PWD/allowed GITOPS_FOLDER=hosts/one GITOPS_SET=gitops GITOPS_APPLY_OPTIONS=--now XLITE_HOST=lab
	local who
	for who in anna mallory; do ssh-keygen -q -t ed25519 -N '' -C "$who" -f "$who"; done
	printf 'anna@example.org namespaces="git" %s\n' "$(cat anna.pub)" >allowed
	git init -q --bare -b main origin.git
	git init -q -b main work
	git -C work remote add origin "$PWD/origin.git"
	git -C work config gpg.format ssh
	mkdir -p state work/hosts/one
	git clone -q --bare origin.git state/checkout 2>/dev/null
}

teardown_file() {
	"$XLITE" -H lab delete --now -q one two three four || true
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return
}

spec() {
	printf 'name: %s\nmemory: 16MiB\nkernel: /root/images/tiny.elf\n' "$1" >"work/hosts/one/$1.yaml"
	printf '%s\n' "${@:2}" >>"work/hosts/one/$1.yaml"
}

# commits WHO: all of the work, signed by WHO (nobody: not signed), is what the remote's branch has.
commits() {
	git -C work add -A
	if [ "$1" = nobody ]; then
		git -C work commit -q --no-gpg-sign -m change
	else
		git -C work -c user.signingkey="$BATS_FILE_TMPDIR/$1" commit -q -S -m change
	fi
	git -C work push -q -f origin main
}

# gitops STATUS STATE [REASON]: runs it once; status.json says so.
gitops() {
	run "$TOP/examples/gitops/xlite-gitops"
	echo "$output"
	cat state/status.json
	[ "$status" -eq "$1" ]
	python3 - "$1" "$2" "${3:-}" <<-'END'
		import json, sys
		status = json.load(open("state/status.json"))
		assert status["state"] == sys.argv[2] and status["exit"] == int(sys.argv[1]), status
		assert sys.argv[3] in status["reason"], status
	END
}

here() {
	"$XLITE" list -o name | grep -v Domain-0 | sort | tr '\n' ' '
}

@test "gitops: a signed commit is applied, what differs later is mended, what is removed is pruned" {
	spec one
	spec two
	commits anna
	gitops 0 applied
	[ "$(here)" = "domain/one domain/two " ]
	grep -q '"xlite-plan": 1' state/plans/*.plan
	grep -q "domain/one created" state/plans/*.txt
	gitops 0 unchanged
	[ "$(ls state/plans | wc -l)" -eq 2 ]
	"$XLITE" pause -q one
	gitops 0 applied
	"$XLITE" list | grep -E '^one .*running'
	rm work/hosts/one/two.yaml
	spec one "scheduler: {weight: 300}"
	commits anna
	gitops 0 applied
	[ "$(here)" = "domain/one " ]
	"$XLITE" get -o yaml one | grep 'weight: 300'
}

@test "gitops: unsigned, foreign, rewritten, old and bad commits are refused, and nothing is changed" {
	local good before
	good=$(git -C work rev-parse HEAD)
	before=$("$XLITE" get -o yaml)
	spec three
	commits nobody
	gitops 1 refused "no good signature: it has none"
	git -C work reset -q --hard "$good"
	spec three
	commits mallory
	gitops 1 refused "no good signature"
	# Good signatures of another history, and of an old state.
	git -C work reset -q --hard "$good~1"
	spec three
	commits anna
	gitops 1 refused "does not follow $good"
	git -C work reset -q --hard "$good~1"
	git -C work push -q -f origin main
	gitops 1 refused "does not follow $good"
	git -C work reset -q --hard "$good"
	spec three "memry: 3"
	commits anna
	gitops 65 refused "three.yaml:4:1: unknown key"
	spec three "vifs: [{bridge: nowhere}]"
	commits anna
	gitops 1 refused "domain/three is refused"
	[ "$("$XLITE" get -o yaml)" = "$before" ]
	# What is refused again and again is no record.
	grep -q "domain/three is refused" state/refused.txt
	[ "$(ls state/plans/*.txt | wc -l)" -eq "$(ls state/plans/*.plan | wc -l)" ]
	# By a commit on top of it all is well again; a void key is not.
	spec three
	commits anna
	cp anna.pub revoked
	GITOPS_REVOKED=$PWD/revoked gitops 1 refused "no good signature"
	GITOPS_REVOKED=$PWD/missing gitops 1 refused "missing cannot be read"
	gitops 0 applied
	[ "$(here)" = "domain/one domain/three " ]
}

@test "gitops: suspended, without the remote, and beside another" {
	spec one "scheduler: {weight: 400}"
	commits anna
	echo 'disks are "moved"' >state/suspended
	gitops 0 suspended 'disks are "moved"'
	rm state/suspended
	mv origin.git away.git
	gitops 1 failed "git fetch: "
	mv away.git origin.git
	run -75 flock state/lock "$TOP/examples/gitops/xlite-gitops"
	"$XLITE" get -o yaml one | grep 'weight: 300'
	gitops 0 applied
	"$XLITE" get -o yaml one | grep 'weight: 400'
	# The oldest records go.
	spec one
	commits anna
	GITOPS_KEEP=1 gitops 0 applied
	[ "$(ls state/plans | wc -l)" -eq 2 ]
}

@test "gitops: submodules, git's own variables, what nobody foresees, and its end by a signal" {
	local run try last status=0
	git -C work -c protocol.file.allow=always submodule add -q "$PWD/origin.git" hosts/one/sub
	commits anna
	gitops 1 refused "hosts/one/sub is a submodule"
	git -C work rm -qf hosts/one/sub
	commits anna
	GIT_DIR=/nowhere gitops 0 unchanged
	mkdir -p bin
	printf '#!/bin/sh\nexit 2\n' >bin/tar
	chmod +x bin/tar
	PATH=$PWD/bin:$PATH gitops 2 failed "it ended where it should not"

	# It ends when xlite has, which undoes what is half built.
	spec four "depends_on: [{name: one, xenstore: data/never, timeout: 600}]"
	commits anna
	"$TOP/examples/gitops/xlite-gitops" 3>&- &
	run=$!
	for ((try = 0; try < 600; try++)); do
		last=$(ls -t state/plans/*.txt | head -n 1)
		! grep -q "domain/one unchanged" "$last" || ! grep -q "domain/four: create" "$last" || break
		sleep 0.2
	done
	kill -TERM $run
	wait $run || status=$?
	cat "$last" state/status.json
	[ $status -eq 143 ]
	grep '"state": "failed", "exit": 143' state/status.json
	flock -n state/lock true
	[ "$(here)" = "domain/one domain/three " ]
	rm work/hosts/one/four.yaml
	commits anna
	gitops 0 unchanged
}

@test "gitops: the units are what systemd takes" {
	command -v systemd-analyze >/dev/null || skip "systemd-analyze is missing"
	mkdir -p units
	cp "$TOP"/examples/gitops/*.service "$TOP"/examples/gitops/*.timer units/
	sed -i "s,/usr/local/sbin,$TOP/examples/gitops," units/*.service
	run systemd-analyze --man=no verify units/xlite-gitops.service units/xlite-gitops.timer
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output != *xlite-gitops* ]]
}
