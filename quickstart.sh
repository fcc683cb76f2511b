#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# From a bare Debian 12 or 13 to a PVH guest on a real Xen: installs what is needed, builds, boots a Xen
# host in QEMU, applies an example, and shows the guest at work. KEEP=1 leaves the lab running.
set -euo pipefail

# shellcheck source=build-aux/setup.sh
. "$(dirname "$0")/build-aux/setup.sh"
tell_all
need_debian
cd "$TOP"
keep_log "$TOP/build/quickstart.log"
XLITE=$TOP/build/xlite/xlite
export XLITE_LAB_PROGRAM=$TOP/lab/xlite-lab XLITE_LAB_BINARY=$XLITE XLITE_LAB=quickstart

at_end() {
	if [ "${KEEP:-0}" = 1 ] && [ "$ENDED" = yes ]; then
		say "the lab is still running; try: XLITE_LAB=quickstart $XLITE -H lab list; end it with: $XLITE lab down --name quickstart"
	elif [ -x "$XLITE" ]; then
		"$XLITE" lab down || tell "the lab could not be ended"
	fi
}

logged install_packages "${PACKAGES_BUILD[@]}" "${PACKAGES_LAB[@]}"

say "building xlite"
logged build "$TOP/build" --disable-shared

say "booting a Xen host in QEMU (the first time its packages are fetched)"
logged "$XLITE" lab down
logged "$XLITE" lab up --smp 1
logged "$XLITE" -H lab version

say "making a disk for the guest, in the host"
logged "$XLITE" lab exec bash -c 'mkdir -p /srv/hello && echo "hello from the host" >/srv/hello/hello &&
	truncate -s 16M /srv/web1.img && mkfs.ext4 -q -F -d /srv/hello /srv/web1.img'

say "the spec: examples/web1.yaml"
logged cat examples/web1.yaml

# Status 2 says that there is something to do.
plan() {
	local status=0
	"$XLITE" -H lab plan examples/web1.yaml || status=$?
	[ "$status" -eq 2 ] || die "xlite plan ended with status $status, where 2 was to be expected"
}
say "what would be done: xlite plan"
logged plan

say "doing it: xlite apply"
logged "$XLITE" -H lab apply -v examples/web1.yaml

say "what runs: xlite list, and xl list, which agrees"
logged "$XLITE" -H lab list
logged "$XLITE" lab exec xl list

# Ten minutes and more: some twenty seconds are usual, but a machine may have other work.
say "the guest's console, and a ping"
logged "$XLITE" lab exec bash -c 'for i in $(seq 1200); do grep -q "GUEST: ready" /var/log/xen/console/guest-web1.log && break; sleep 0.5; done
	grep GUEST: /var/log/xen/console/guest-web1.log; grep -q "GUEST: ready" /var/log/xen/console/guest-web1.log'
logged "$XLITE" lab exec ping -c 3 10.88.0.10

say "a second apply has nothing to do"
logged "$XLITE" -H lab apply examples/web1.yaml

say "and away: xlite delete"
logged "$XLITE" -H lab delete web1

say "done: this was an unmodified Debian kernel as a PVH guest of a real Xen, built from a YAML file"
ENDED=yes
