#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# From a bare Debian 12 to a PVH guest on a real Xen: installs what is needed, builds, boots a Xen
# host in QEMU, applies an example, and shows the guest at work. KEEP=1 leaves the lab running.
set -euo pipefail

# shellcheck source=build-aux/setup.sh
. "$(dirname "$0")/build-aux/setup.sh"
cd "$TOP"

install_packages "${PACKAGES_BUILD[@]}" "${PACKAGES_LAB[@]}"

say "building xlite"
build build
XLITE=$TOP/build/xlite/xlite
export XLITE_LAB_PROGRAM=$TOP/lab/xlite-lab XLITE_LAB_BINARY=$XLITE XLITE_LAB=quickstart

finish() {
	local status=$?
	if [ "${KEEP:-0}" = 1 ] && [ $status -eq 0 ]; then
		say "the lab is still running; try: XLITE_LAB=quickstart $XLITE -H lab list; end it with: $XLITE lab down --name quickstart"
	else
		"$XLITE" lab down >/dev/null 2>&1 || true
	fi
}
trap finish EXIT

say "booting a Xen host in QEMU (the first time its packages are fetched)"
"$XLITE" lab down >/dev/null 2>&1 || true
"$XLITE" lab up --smp 1
"$XLITE" -H lab version

say "making a disk for the guest, in the host"
"$XLITE" lab exec bash -c 'mkdir -p /srv/hello && echo "hello from the host" >/srv/hello/hello &&
	truncate -s 16M /srv/web1.img && mkfs.ext4 -q -F -d /srv/hello /srv/web1.img'

say "the spec: examples/web1.yaml"
cat examples/web1.yaml

say "what would be done: xlite plan"
"$XLITE" -H lab plan examples/web1.yaml || [ $? -eq 2 ]

say "doing it: xlite apply"
"$XLITE" -H lab apply -v examples/web1.yaml

say "what runs: xlite list, and xl list, which agrees"
"$XLITE" -H lab list
"$XLITE" lab exec xl list

say "the guest's console, and a ping"
"$XLITE" lab exec bash -c 'for i in $(seq 600); do grep -q "GUEST: ready" /var/log/xen/console/guest-web1.log && break; sleep 0.2; done
	grep GUEST: /var/log/xen/console/guest-web1.log; grep -q "GUEST: ready" /var/log/xen/console/guest-web1.log'
"$XLITE" lab exec ping -c 3 10.88.0.10

say "a second apply has nothing to do"
"$XLITE" -H lab apply examples/web1.yaml

say "and away: xlite delete"
"$XLITE" -H lab delete web1

say "done: this was an unmodified Debian kernel as a PVH guest of a real Xen, built from a YAML file"
