#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The disk from which a guest's cloud-init learns its name, keys and addresses: what is on it, that it comes and goes with the domain and is
# no difference to the spec, and what is refused. crash.bats kills and fails its creation; tests/unit/test_cloud_init.c has the texts.

load helper

KEY="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE anna@laptop"

setup() {
	SPEC=$BATS_TEST_TMPDIR/spec.yaml
	begin
	echo "$KEY" >"$BATS_TEST_TMPDIR/anna.pub"
}

# cloud [KEY: VALUE...]: a domain with these keys of cloud_init.
cloud() {
	local keys
	keys=$(printf ', %s' "$@")
	spec cl0 "vifs: [{bridge: xenbr0, ip: 192.0.2.77/24, gateway: 192.0.2.1, mac: '00:16:3e:00:00:77'}]" \
		"cloud_init: {ssh_keys: $BATS_TEST_TMPDIR/anna.pub$keys}"
}

# backend NODE: of the disk called xvdz.
backend() { xenstore-read "/local/domain/0/backend/vbd/$(domid cl0)/$(((1 << 28) | (25 << 8)))/$1"; }

# has TEXT...: the block device that the guest is given has these lines, and the name that cloud-init looks for.
has() {
	local device text
	device=$(backend params)
	[ "$(busybox dd if="$device" bs=1 skip=32808 count=6 2>/dev/null)" = CIDATA ] || return 1
	busybox strings "$device" >"$BATS_TEST_TMPDIR/strings"
	for text in "$@"; do
		grep -qF -- "$text" "$BATS_TEST_TMPDIR/strings" || { echo "not on it: $text"; return 1; }
	done
}

@test "cloud_init: a domain has its disk, which is read-only, no difference, made anew with it, and gone with it" {
	printf '#cloud-config\nruncmd: [true]\n' >"$BATS_TEST_TMPDIR/user"
	cloud "user_data: $BATS_TEST_TMPDIR/user"
	xlite apply "$SPEC"
	has "$KEY" '"local-hostname": "cl0"' "\"instance-id\": \"$(xl domid cl0 >/dev/null && xlite get cl0 -o json | grep -o '"uuid": *"[^"]*"' | head -n 1 | cut -d'"' -f4)\"" \
		'"192.0.2.77/24"' '"gateway4": "192.0.2.1"' "runcmd: [true]"
	[ "$(backend mode)" = r ]
	[ "$(busybox stat -c %a /run/xlite/cloud-init/*.iso)" = 600 ]
	xlite plan "$SPEC"
	xlite get cl0 -o yaml >"$BATS_TEST_TMPDIR/got.yaml"
	grep -q "ssh_keys:" "$BATS_TEST_TMPDIR/got.yaml"
	! grep -q "xvdz\|\.iso" "$BATS_TEST_TMPDIR/got.yaml" || false
	xlite plan "$BATS_TEST_TMPDIR/got.yaml"

	# What it is told is for its next boot.
	cloud "hostname: other.example.org" "nameservers: 192.0.2.53"
	run -2 xlite plan "$SPEC"
	[[ $output == *"cloud_init.hostname: other.example.org"*"on reboot"* ]]
	xlite apply "$SPEC"
	has '"local-hostname": "cl0"'
	xlite apply --replace --now "$SPEC"
	has '"local-hostname": "other.example.org"' '"192.0.2.53"'
	! grep -q runcmd "$BATS_TEST_TMPDIR/strings" || false
	xlite plan "$SPEC"

	# Also when it is added, or given up: a disk that is to have its name waits as well.
	truncate -s 1M "$BATS_TEST_TMPDIR/d.img"
	spec cl0 "vifs: [{bridge: xenbr0, ip: 192.0.2.77/24, mac: '00:16:3e:00:00:77'}]" "vbds: [{vdev: xvdz, source: $BATS_TEST_TMPDIR/d.img}]"
	run -2 xlite plan "$SPEC"
	[[ $output == *"vbds[xvdz]"*"on reboot"*"cloud_init.enabled"*"on reboot"* ]]
	xlite apply "$SPEC"
	has '"local-hostname": "other.example.org"'
	run -0 xlite plan "$SPEC"
	xlite get cl0 -o yaml >"$BATS_TEST_TMPDIR/got.yaml"
	run -0 xlite plan "$BATS_TEST_TMPDIR/got.yaml"
	xlite apply --replace --now "$SPEC"
	[ ! -e /run/xlite/cloud-init ]
	[ "$(backend mode)" = w ]
	xlite delete --now cl0
	sed -i '/^vbds:/d' "$SPEC"
	xlite apply "$SPEC"
	run ! backend params
	cloud
	xlite apply "$SPEC"
	run ! backend params
	run -0 xlite plan "$SPEC"
	xlite delete --now cl0

	# xl destroys the record, too, which would lead to the file.
	cloud
	xlite apply "$SPEC"
	[ -e /run/xlite/cloud-init ]
	xl destroy cl0
	spec cl1
	xlite apply "$SPEC"
	[ ! -e /run/xlite/cloud-init ]
	xlite delete --now cl1
}

@test "cloud_init: what cannot be told is refused before anything is done, also before a guest is replaced" {
	cloud
	xlite apply "$SPEC"
	mark made
	echo "no key" >"$BATS_TEST_TMPDIR/anna.pub"
	cloud "hostname: b"
	run -1 xlite apply --replace "$SPEC"
	[[ $output == *"cloud_init: ssh_keys: $BATS_TEST_TMPDIR/anna.pub:1: is not a public key for ssh"* ]]
	nothing_left made
	echo "$KEY" >"$BATS_TEST_TMPDIR/anna.pub"
	cloud "user_data: /nonexistent"
	run -1 xlite apply --replace "$SPEC"
	[[ $output == *"cloud_init: user_data: /nonexistent: No such file or directory"* ]]
	nothing_left made
	xlite delete --now cl0
	run -1 xlite apply "$SPEC"
	[[ $output == *"user_data: /nonexistent"* ]]
	sed -i 's/, user_data: [^}]*//; s,192.0.2.77/24,192.0.2.77,' "$SPEC"
	# The prefix length of a network that the plan makes first is known.
	{ printf 'kind: network\nname: ci0\nmode: nat\nsubnet: 192.0.2.0/24\n---\n'; sed 's/bridge: xenbr0/nat: ci0/' "$SPEC"; } >"$SPEC.2"
	run -2 xlite plan "$SPEC.2"
	[[ $output == *"network/ci0: create"*"domain/cl0: create"* ]]
	run -1 xlite apply "$SPEC"
	[[ $output == *"vif 0 (bridge: xenbr0): cloud_init: the prefix length of its address is not known"* ]]
}
