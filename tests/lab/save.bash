# SPDX-License-Identifier: GPL-2.0-or-later
# What save.bats and save_crash.bats share: a guest that counts, on its console and its disk, and answers on its network.
# shellcheck shell=bash disable=SC2034

# Linux takes a while to boot here: one guest for all tests.
setup_file() {
	load helper
	load save
	SPEC=/root/save.yaml
	census >"$BATS_FILE_TMPDIR/census"
	disk_image /root/save.img 4
	linux_spec sleeper "xlite.ip=10.77.5.2/24" "vifs: [{bridge: xenbr0}]" "vbds: [{vdev: xvda, source: /root/save.img}]"
	# Half of what others have: it is written and read many times.
	sed -i 's/^memory:.*/memory: 128MiB/' "$SPEC"
	ip addr add 10.77.5.1/24 dev xenbr0
	linux_up sleeper "GUEST: ready"
	count
}

teardown_file() {
	load helper
	load save
	xlite destroy sleeper || xl destroy sleeper || true
	xlite delete sleeper || true
	ip addr del 10.77.5.1/24 dev xenbr0 2>/dev/null || true
	rm -f /root/save.img /root/save.yaml /root/*.save
}

setup() {
	SPEC=$BATS_TEST_TMPDIR/spec.yaml
	FILE=/root/sleeper.save
	rm -f "$FILE" "$FILE.partial"
}

# The guest goes on for the next test, with other numbers each time: the census is the last test's.
teardown() {
	rm -f /root/*.save /root/*.partial
	[ -n "${BATS_TEST_COMPLETED:-}" ] || { xlite list; tail -n 5 "$(console_log sleeper)"; }
}

# The census is one of a file: beside it no program may run that is not counted before.
sleeper_left_nothing() {
	xlite delete --now sleeper
	rm -f /root/save.img /root/save.yaml
	ip addr del 10.77.5.1/24 dev xenbr0
	census >"$BATS_TEST_TMPDIR/now"
	diff -u "$BATS_FILE_TMPDIR/census" "$BATS_TEST_TMPDIR/now"
}

# Counts on the console and on the disk, from 1 on, ten times a second.
count() {
	# shellcheck disable=SC2016
	say 'mount -t ext4 /dev/xvda /mnt || { for m in /lib/ext4/*.ko; do insmod $m; done; mount -t ext4 /dev/xvda /mnt; }; i=0; while :; do i=$((i+1)); echo $i >/mnt/count; echo "count=$i"; usleep 100000; done &'
	wait_until 60 counted 3
}

say() {
	echo "$1" >"$(xenstore-read "/local/domain/$(domid sleeper)/console/tty")"
}

# The number that the guest came to.
counted_to() {
	tr -d '\r' <"$(console_log sleeper)" | sed -n 's/^count=\([0-9]*\)$/\1/p' | tail -n 1
}

counted() {
	[ "$(counted_to)" -ge "$1" ] 2>/dev/null
}

# goes_on: the guest counts further, each number once, and answers on its network.
goes_on() {
	local from
	from=$(counted_to)
	wait_until 60 counted $((from + 5))
	tr -d '\r' <"$(console_log sleeper)" | sed -n 's/^count=\([0-9]*\)$/\1/p' |
		awk 'NR > 1 && $1 != last + 1 { print "after " last " came " $1; bad = 1 } { last = $1 } END { exit bad }'
	wait_until 60 ping -c 1 -W 1 10.77.5.2
}
