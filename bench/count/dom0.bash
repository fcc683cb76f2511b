#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What bench/count.sh has dom0 do; the numbers are those of its rows.
set -euo pipefail
cd /root
IMAGES=/root/images

await() {
	local i
	for ((i = 0; i < 1200; i++)); do
		! "$@" >/dev/null 2>&1 || return 0
		sleep 0.5
	done
	echo "not within its time: $*" >&2
	return 1
}

ended() {
	xl list "$1" | awk 'NR == 2 && $5 ~ /s/ { found = 1 } END { exit !found }'
}

printf 'name: count\nvcpus: 2\nmemory: 16MiB\nkernel: /root/count.elf\n' >count.yaml
xlite apply -q count.yaml
await ended count
grep '^TEST count: ok' /var/log/xen/console/guest-count.log || { cat /var/log/xen/console/guest-count.log; exit 1; }
xlite delete --now -q count

# Both hypervisors clear memory while nobody wants the processor.
sleep 30
truncate -s 8M disk.img
printf 'name: built\nmemory: 256MiB\nstate: paused\nkernel: %s/tiny.elf\nvifs: [{bridge: xenbr0}]\nvbds: [{vdev: xvda, source: /root/disk.img}]\n' \
	$IMAGES >built.yaml
# The same by xl, which must not leave a process beside it.
printf 'name="built"\ntype="pvh"\nmemory=256\nkernel="%s/tiny.elf"\nvif=["bridge=xenbr0"]\ndisk=["format=raw,vdev=xvda,access=rw,target=/root/disk.img"]\n' \
	$IMAGES >built.cfg
for ((i = 0; i < 8; i++)); do
	sleep 2
	mark 9
	xl create -e -p -q built.cfg
	mark 10
	mark 11
	xl destroy built
	mark 12
	sleep 2
	mark 4
	xlite apply -q built.yaml
	mark 5
	mark 6
	xlite delete --now -q built
	mark 7
done

# The ramdisk is made longer by one whose program is found first.
mkdir -p ramdisk && cp /usr/local/bin/mark ramdisk/
cp $IMAGES/guest.cpio.gz linux.gz
(cd ramdisk && echo mark | busybox cpio -o -H newc 2>/dev/null) | gzip -1 >>linux.gz
printf 'name: linux\nmemory: 256MiB\nkernel: %s/vmlinux\nramdisk: /root/linux.gz\ncmdline: console=hvc0 quiet rdinit=/mark %s\nstate: paused\n' \
	$IMAGES "$(cat $IMAGES/cmdline)" >linux.yaml
for ((i = 0; i < 3; i++)); do
	xlite apply -q linux.yaml
	# Waits without a look: told at once that it watches, and then that the guest has ended.
	timeout 1800 xenstore-watch -n 2 @releaseDomain >/dev/null &
	watch=$!
	sleep 2
	mark 8
	xlite unpause -q linux
	wait "$watch"
	await ended linux
	xlite delete --now -q linux
done
