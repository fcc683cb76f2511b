#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Two labs with a cable between them and one disk that both have: a guest that counts, on its console and on that disk, goes there and back, and
# whatever goes wrong it runs on exactly one of them. `old' has a CPU with less than `new'. What stands in for ssh leads through the cable; which
# arguments ssh gets is in tests/cli/remote.bats.

bats_require_minimum_version 1.5.0

lab() {
	local name=$1
	shift
	"$XLITE" lab --name "migrate-$name" exec "$@"
}

# Labs of these names that are up already, by XLITE_MIGRATE_KEEP=1 of an earlier run, are taken as they are.
# up NAME NUMBER CABLE XEN-WORDS: a lab with its end of the cable, the disk, the stand-in for ssh, and what answers it.
up() {
	local number=$2 peer=$((3 - $2))
	! lab "$1" true 2>/dev/null || return 0
	LAB_XEN_ARGS=$4 LAB_QEMU_ARGS="-netdev stream,id=cable,server=$3,addr.type=unix,addr.path=$BATS_FILE_TMPDIR/cable
		-device virtio-net-pci,netdev=cable,romfile=,mac=52:54:00:00:99:0$number
		-drive if=none,id=shared,file=$BATS_FILE_TMPDIR/disk.img,format=raw,file.locking=off,cache=writethrough
		-device virtio-blk-pci,drive=shared,serial=xlite-shared,share-rw=on,romfile=" \
		"$XLITE" lab --name "migrate-$1" up --smp 1 --lifetime "${XLITE_MIGRATE_LIFETIME:-5400}"
	"$XLITE" lab --name "migrate-$1" put "$TOP/build/tests/tools/host-census" /usr/local/bin/
	lab "$1" sh -c "modprobe virtio_blk; ip link set eth1 up; ip addr add 10.99.0.$number/24 dev eth1; ip addr add 10.77.5.$number/24 dev xenbr0
		printf '%s\n' '#!/bin/bash' 'printf \"%s\\n\" \"\$*\" >/root/ssh.args' 'exec nc 10.99.0.$peer 7000 < <(printf \"%s\\n\" \"\${!#}\"; exec cat)' >/usr/local/bin/ssh
		printf '%s\n' '#!/bin/bash' 'IFS= read -r command' 'exec sh -c \"\${KILLED:-} \$command\"' >/usr/local/bin/answer
		chmod +x /usr/local/bin/ssh /usr/local/bin/answer
		setsid nc -ll -p 7000 -e /usr/local/bin/answer </dev/null >/root/answer.log 2>&1 &"
}

# Without `clearcpuid=tsc' of other tests' guests: without a counter and RDRAND, where a CPU lacks that, Linux waits for randomness for ever.
guest_up() {
	lab old sh -c 'printf "%s\n" "name: walker" "memory: 128MiB" "kernel: /root/images/vmlinux" "ramdisk: /root/images/guest.cpio.gz" \
		"cmdline: console=hvc0 quiet $(sed "s/clearcpuid=tsc//" /root/images/cmdline) xlite.ip=10.77.5.9/24" "vifs: [{bridge: xenbr0}]" \
		"vbds: [{vdev: xvda, source: /dev/vda}]" >/root/walker.yaml; xlite apply /root/walker.yaml'
	wait_until 300 lab old grep -q "GUEST: ready" /var/log/xen/console/guest-walker.log
	# shellcheck disable=SC2016
	lab old sh -c 'echo '\''mount -t ext4 /dev/xvda /mnt || { for m in /lib/ext4/*.ko; do insmod $m; done; mount -t ext4 /dev/xvda /mnt; }; i=0; while :; do i=$((i+1)); echo $i >>/mnt/log; echo "count=$i"; usleep 200000; done &'\'' >"$(xenstore-read /local/domain/$(xl domid walker)/console/tty)"'
}

setup_file() {
	truncate -s 8M "$BATS_FILE_TMPDIR/disk.img"
	mkfs.ext4 -q -F "$BATS_FILE_TMPDIR/disk.img"
	up old 1 on cpuid=no-sse3
	up new 2 off ""
	for name in old new; do lab $name host-census settled >"$BATS_FILE_TMPDIR/census-$name"; done
	[ -n "$(word_of old)" ] || guest_up
	HOME_OF_GUEST=old wait_until 120 counts_to 3
}

teardown_file() {
	[ -z "${XLITE_MIGRATE_KEEP:-}" ] || return 0
	for name in old new; do "$XLITE" lab --name "migrate-$name" down >/dev/null 2>&1 || true; done
}

teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || for name in old new; do
		lab $name sh -c 'xlite list; tail -n 3 /root/answer.log /var/log/xen/console/guest-walker.log' || true
	done
}

wait_until() {
	local deadline=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$deadline" ] || { echo "not within the deadline: $*" >&2; return 1; }
		sleep 0.5
	done
}

# counted NAME: the last number that was printed there.
counted() {
	lab "$1" sh -c 'tr -d "\r" </var/log/xen/console/guest-walker.log 2>/dev/null | sed -n "s/^count=\([0-9]*\)$/\1/p" | tail -n 1'
}

counts_to() {
	local now
	now=$(counted "$HOME_OF_GUEST")
	[ "${now:-0}" -ge "$1" ]
}

# runs_on NAME: it counts there, and answers on its network; it does not run on the other.
runs_on() {
	local other=old from
	[ "$1" = new ] || other=new
	[ "$(word_of "$1")" = running ]
	case $(word_of $other) in '' | moved) ;; *) echo "and on $other it is $(word_of $other)"; return 1 ;; esac
	from=$(counted "$1")
	HOME_OF_GUEST=$1 wait_until 90 counts_to $((${from:-0} + 3))
	wait_until 60 lab "$1" ping -c 1 -W 1 10.77.5.9 >/dev/null
}

# word_of NAME: the guest's state there; empty: it is not known.
word_of() {
	lab "$1" xlite list | awk '$1 == "walker" { print $3 }'
}

migrate() {
	lab "$1" xlite migrate walker ssh://peer
}

@test "migrate: a guest counts on where it was, there and back" {
	run -0 migrate old
	echo "$output"
	[ "$output" = "domain/walker migrated" ]
	runs_on new
	[ "$(word_of old)" = moved ]
	# Nobody boots it beside that.
	run -73 lab old xlite apply /root/walker.yaml
	[[ $output == *"its guest was sent to another host, and runs there"* ]]
	run -73 lab old xlite start walker
	[[ $output == *"its guest was sent to another host, and runs there"* ]]
	run -0 migrate new
	runs_on old
	run -0 lab old xlite plan /root/walker.yaml
	# Over a link of its own, by the verb that is for that.
	lab old grep -e "-S none -o ServerAliveInterval=15 -- peer exec env -u XLITE_HOST -u XLITE_ATTACHED 'XLITE_FROM=.*' xlite receive" /root/ssh.args
}

# refused CODE TEXT: with the guest as it was.
refused() {
	local from
	from=$(counted old)
	run "-$1" lab old xlite migrate --timeout 20s walker ssh://peer
	echo "$output"
	[[ $output == *"$2"* ]]
	[ "$(word_of new)" != running ]
	runs_on old
	# It was never asked to suspend.
	[ "$(counted old)" -gt "$from" ]
	run ! lab new xl domid walker
}

@test "migrate: what the other host has not is told, and the guest runs on" {
	lab new sh -c 'ip link set xenbr0 down; ip link set xenbr0 name other0'
	refused 73 xenbr0
	lab new sh -c 'ip link set other0 name xenbr0; ip link set xenbr0 up'
	# No memory: another guest has it.
	lab new sh -c 'printf "name: hog\nmemory: $(($(xl info free_memory) - 60))MiB\nkernel: /root/images/tiny.elf\n" >/root/hog.yaml; xlite apply /root/hog.yaml'
	refused 73 "memory: needs 128 MiB"
	lab new xlite destroy hog
	lab new xlite delete hog
	# Another disk by that name, none, and nobody there at all.
	lab new sh -c 'mv /dev/vda /dev/was; truncate -s 8M /root/other.img; losetup /dev/loop7 /root/other.img; cp -a /dev/loop7 /dev/vda'
	refused 73 "by which two hosts could know that it is the same"
	lab new sh -c 'losetup -d /dev/loop7; rm -f /dev/vda /root/other.img'
	refused 73 "/dev/vda: No such file or directory"
	lab new sh -c 'mv /dev/was /dev/vda'
	lab new sh -c 'mv /usr/local/bin/answer /usr/local/bin/mute; printf "#!/bin/sh\nexit 0\n" >/usr/local/bin/answer; chmod +x /usr/local/bin/answer'
	refused 1 "the link has ended"
	lab new mv /usr/local/bin/mute /usr/local/bin/answer
}

@test "migrate: a CPU that lacks what the guest has seen, and guests that cannot go, are refused" {
	lab new sh -c 'printf "name: modern\nmemory: 16MiB\nkernel: /root/images/tiny.elf\n" >/root/m.yaml; xlite apply /root/m.yaml'
	run -73 lab new xlite migrate modern ssh://peer
	echo "$output"
	[[ $output == *"this host's has not: leaf 0x1, subleaf 0x0, ecx, bits 0x00000001"* ]]
	[ "$(lab new xlite list | awk '$1 == "modern" { print $3 }')" = running ]
	run ! lab old xl domid modern
	lab new xlite destroy modern
	# A file that it writes to, and a PV guest.
	lab new sh -c 'truncate -s 1M /root/f.img; printf "vbds: [{vdev: xvda, source: /root/f.img}]\n" >>/root/m.yaml; xlite apply /root/m.yaml'
	run -73 lab new xlite migrate modern ssh://peer
	echo "$output"
	[[ $output == *"its disk is a file that it writes to"* ]]
	lab new xlite destroy modern
	lab new sh -c 'printf "name: paravirt\nmemory: 128MiB\ntype: pv\nkernel: /root/images/vmlinuz\n" >/root/m.yaml; xlite apply /root/m.yaml'
	run lab new xlite migrate paravirt ssh://peer
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"cannot be saved"* ]]
	[ "$(lab new xlite list | awk '$1 == "paravirt" { print $3 }')" = running ]
	lab new sh -c 'xlite destroy paravirt; xlite delete paravirt modern; rm -f /root/m.yaml /root/f.img'
	run -64 lab new xlite migrate walker peer
	[[ $output == *"is none of lab, lab:NAME and ssh://"* ]]
	run -1 lab new xlite receive </dev/null
	[[ $output == *"\`xlite migrate' of another host is to be there"* ]]
	runs_on old
}

# answer_by WORDS: how the other host runs `xlite receive' from now on.
answer_by() {
	lab new sh -c "sed -i 's,^exec.*,exec sh -c \"\${command/xlite receive/$1 xlite receive}\",' /usr/local/bin/answer"
}

@test "migrate: without the other host's last word no verb lets the guest go on twice" {
	local n verb
	answer_by "strace -qq -o /root/writes -e trace=write"
	migrate old
	n=$(lab new awk '/^write\(1, "runs/ { print NR }' /root/writes)
	answer_by ""
	migrate new
	answer_by "strace -qq -o /dev/null -e trace=write -e inject=write:error=EIO:when=$n"
	run ! migrate old
	echo "$output"
	[[ $output == *"it is handed over, and not known to run there"* ]]
	answer_by ""
	for verb in "unpause walker" "save walker /root/w.save" "reboot --now walker" "stop --now walker" "start walker" "apply --replace /root/walker.yaml"; do
		run ! lab old xlite $verb
		echo "$verb: $output"
		[[ $output == *"handed over to"* ]]
		[ "$(word_of old) $(word_of new)" = "handed-over running" ]
	done
	run ! lab old test -e /root/w.save
	run -0 migrate old
	runs_on new
	migrate new
	runs_on old
	lab new rm -f /root/writes
}

# settle: whatever a killed run has left is mended by what it is told to be mended by; the guest ends on old. NOW is where.
settle() {
	local here there
	# Who is killed takes a moment to be gone, and its peer to take back what it did.
	wait_until 120 quiet
	here=$(word_of old) there=$(word_of new)
	echo "$1: old has it $here, new $there"
	case $here:$there in
	running:) ;;
	suspended:) lab old xlite unpause walker ;;
	handed-over:running) migrate old; migrate new ;;
	handed-over:)
		run -73 lab old xlite unpause walker
		run -73 migrate old
		[[ $output == *"which does not have it"* ]]
		lab old xlite unpause --force walker
		;;
	moved:running) migrate new ;;
	*) return 1 ;;
	esac
	runs_on old
}

quiet() {
	! lab old sh -c 'cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\0" " " | grep -E "xlite (migrate|receive)|/usr/local/bin/answer"' | grep -v "grep" >/dev/null &&
		[ "$(word_of new)" != unfinished ]
}

# Of a whole migration, so many calls; each is killed at some of them, the last ones among them, where the guest changes hands.
@test "migrate: killed at any call of either side, the guest is on exactly one" {
	local call total n side points
	for call in sendto write ioctl; do
		lab old strace -qq -c -o /root/count -e trace=$call xlite migrate walker ssh://peer
		total=$(lab old awk '$NF == "total" { print $4 }' /root/count)
		migrate new
		points="$((RANDOM % total + 1)) $((total - RANDOM % 4 - 1)) $((total - RANDOM % 12 - 1))"
		[ -z "${XLITE_CHECK_LONG:-}" ] || points+=" $(seq $((total - 30)) 3 "$total" | tr '\n' ' ')"
		for n in $points; do
			[ "$n" -ge 1 ] || continue
			lab old strace -qq -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when="$n" xlite migrate walker ssh://peer || true
			settle "source killed at $call $n of $total"
		done
	done
}

@test "migrate: killed at any call of the target, the guest is on exactly one" {
	local call total n points
	for call in sendto write ioctl; do
		lab new sh -c "sed -i 's,^exec.*,exec sh -c \"\${command/xlite receive/strace -qq -c -o /root/count -e trace=$call xlite receive}\",' /usr/local/bin/answer"
		migrate old
		total=$(lab new awk '$NF == "total" { print $4 }' /root/count)
		lab new sh -c "sed -i 's,^exec.*,exec sh -c \"\$command\",' /usr/local/bin/answer"
		migrate new
		points="$((RANDOM % total + 1)) $((total - RANDOM % 4 - 1)) $((total - RANDOM % 12 - 1))"
		[ -z "${XLITE_CHECK_LONG:-}" ] || points+=" $(seq $((total - 30)) 3 "$total" | tr '\n' ' ')"
		for n in $points; do
			[ "$n" -ge 1 ] || continue
			lab new sh -c "sed -i 's,^exec.*,exec sh -c \"\${command/xlite receive/strace -qq -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when=$n xlite receive}\",' /usr/local/bin/answer"
			migrate old || true
			lab new sh -c "sed -i 's,^exec.*,exec sh -c \"\$command\",' /usr/local/bin/answer"
			settle_target "target killed at $call $n of $total"
		done
	done
}

# What a killed target has left of a domain is no guest: the next that arrives, or apply, removes it.
settle_target() {
	if [ "$(word_of new)" = unfinished ]; then
		lab new xlite delete --now walker
	fi
	# Finished, and not let go on any more: any run does that.
	if [ "$(word_of new)" = paused ]; then
		lab new xlite unpause walker
	fi
	settle "$1"
}

# Last: whole, and nothing left.
@test "migrate: the disk has each number once, and both hosts are as they were" {
	local last name
	lab old xlite destroy walker
	for name in old new; do
		lab $name xlite delete walker || true
		lab $name sh -c 'rm -f /root/walker.yaml /root/ssh.args /root/hog.yaml /root/count'
	done
	lab old sh -c 'mount -t ext4 /dev/vda /mnt && cp /mnt/log /root/log && umount /mnt'
	lab old awk '$1 != NR { print "line " NR " is " $1; bad = 1 } END { print NR " lines"; exit bad || NR < 100 }' /root/log
	lab old rm /root/log
	for name in old new; do
		lab $name host-census settled >"$BATS_TEST_TMPDIR/now-$name"
		diff -u "$BATS_FILE_TMPDIR/census-$name" "$BATS_TEST_TMPDIR/now-$name"
	done
}
