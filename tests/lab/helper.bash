# SPDX-License-Identifier: GPL-2.0-or-later
# What the suites that run inside dom0 share: specs, waiting on facts of a guest, and the census that
# every test must leave as it found it.
# shellcheck shell=bash disable=SC2034

bats_require_minimum_version 1.5.0

IMAGES=/root/images

# Bats asks for the time by `date', twice for each test; four forks, which under emulation take half a second.
get_mills_since_epoch() {
	local now=${EPOCHREALTIME//[!0-9]/}
	echo "${now%???}"
}

# What the host holds. Directories of XenStore that domains share stay behind empty when xl removes its last one (and go
# when xlite removes its last one): they are not counted.
census() {
	host-census settled
}

# What is to be as it was when a test ends; suites add to it.
LOOKS=(census)

# mark [NAME]: from here on nothing_left compares with what the host holds now.
mark() {
	local look
	MARK=${1:-mark}
	for look in "${LOOKS[@]}"; do "$look" >"$BATS_TEST_TMPDIR/$MARK-$look"; done
}

# nothing_left [NAME]: the host holds what it held at the mark, if none is named at the last. Processes that have more, or others, are looked at
# again: busybox's timeout leaves one behind for up to a second, and init has yet to wait for those whose parent ended.
nothing_left() {
	local try since=$BATS_TEST_TMPDIR/${1:-$MARK}
	for ((try = 0; try < 40; try++)); do
		differences "$since" || return 0
		grep -qvE '^(---|\+\+\+|@@| |[-+]process )' "$BATS_TEST_TMPDIR/differences" && break
		sleep 0.5
	done
	cat "$BATS_TEST_TMPDIR/differences"
	return 1
}

# differences MARK: looks, and writes what differs, if anything does.
differences() {
	local look was is since=$1 found=1
	for look in "${LOOKS[@]}"; do
		# Not by a pipe: its other end would be counted.
		"$look" >"$BATS_TEST_TMPDIR/now-$look"
		mapfile -t was <"$since-$look"
		mapfile -t is <"$BATS_TEST_TMPDIR/now-$look"
		[ "${was[*]}" != "${is[*]}" ] || continue
		[ $found -eq 0 ] || : >"$BATS_TEST_TMPDIR/differences"
		diff -u "$since-$look" "$BATS_TEST_TMPDIR/now-$look" >>"$BATS_TEST_TMPDIR/differences" || true
		found=0
	done
	return $found
}

# begin: marks what there is. That is what the test before has ended with, if it passed: nobody does anything between.
begin() {
	local look
	mark_last || mark before
	MARK=before
	for look in "${LOOKS[@]}"; do : >"$BATS_FILE_TMPDIR/last-$look"; done
}

mark_last() {
	local look
	for look in "${LOOKS[@]}"; do
		[ -s "$BATS_FILE_TMPDIR/last-$look" ] || return 1
		copy_lines "$BATS_FILE_TMPDIR/last-$look" "$BATS_TEST_TMPDIR/before-$look"
	done
}

# end: the host is as it was at the beginning.
end() {
	local look
	nothing_left before || return 1
	for look in "${LOOKS[@]}"; do copy_lines "$BATS_TEST_TMPDIR/now-$look" "$BATS_FILE_TMPDIR/last-$look"; done
}

# Without a program, each of which costs a tenth of a second under emulation.
copy_lines() {
	local lines
	mapfile -t lines <"$1"
	printf '%s\n' "${lines[@]}" >"$2"
}

setup() {
	SPEC=$BATS_TEST_TMPDIR/spec.yaml
	begin
}

teardown() {
	local name
	# What a failed test left is removed, so that the next one is judged for itself; the census still tells of it.
	if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
		for name in $(xlite list -o name | sed -n 's,^domain/,,p' | grep -v '^Domain-0$'); do
			xlite destroy "$name" || xl destroy "$name" || true
		done
		return 0
	fi
	end
}

# spec NAME [LINE...]: a tiny domain (a one-page kernel that halts) with more lines of YAML.
spec() {
	local name=$1
	shift
	printf 'name: %s\nmemory: 16MiB\nkernel: %s/tiny.elf\n' "$name" "$IMAGES" >"$SPEC"
	printf '%s\n' "$@" >>"$SPEC"
}

# linux_spec NAME CMDLINE [LINE...]: Debian's kernel with the lab's ramdisk and one CPU, as it starts soonest under emulation: unpacked
# by the lab, and told not to look for what a PVH guest has not (a PIT, PCI). debian_spec is the kernel as it is shipped.
linux_spec() {
	write_spec "$1" 1 "$IMAGES/vmlinux" "$(cat $IMAGES/cmdline) $2" "${@:3}"
}

debian_spec() {
	write_spec "$1" 2 "$IMAGES/vmlinuz" "$2" "${@:3}"
}

write_spec() {
	printf 'name: %s\nvcpus: %s\nmemory: 256MiB\nkernel: %s\nramdisk: %s/guest.cpio.gz\ncmdline: %s\n' \
		"$1" "$2" "$3" "$IMAGES" "console=hvc0 quiet $4" >"$SPEC"
	printf '%s\n' "${@:5}" >>"$SPEC"
}

console_log() {
	echo "/var/log/xen/console/guest-$1.log"
}

# has_process COMMAND: whether a process has this command line. The lab has no pgrep.
has_process() {
	cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' >"$BATS_TEST_TMPDIR/commands"
	grep -qF -- "$1 " "$BATS_TEST_TMPDIR/commands"
}

# wait_until SECONDS COMMAND...: polls, for what has no event of its own.
wait_until() {
	local deadline=$((SECONDS + $1))
	shift
	until "$@"; do
		if [ "$SECONDS" -ge "$deadline" ]; then
			echo "not within the deadline: $*" >&2
			return 1
		fi
		sleep 0.2
	done
}

# guest_says NAME TEXT: waits until the guest has printed TEXT on its console; status 2 when it has crashed, or waits for ever for
# one of its CPUs (which on a busy machine may seem so for a minute).
guest_says() {
	local log crash='Kernel panic|Fatal exception|BUG: unable to handle|stack guard page'
	log=$(console_log "$1")
	wait_until 300 grep -qE "$2|$crash" "$log" || true
	grep -q "$2" "$log" && return 0
	tail -n 30 "$log" >&2
	! grep -qE "$crash|soft lockup" "$log" || return 2
	return 1
}

# guest_again NAME TEXT [APPLY-OPTION...]: as guest_says. QEMU's emulation of SVM now and then delivers an interrupt twice, or never: a
# kernel dies of the one and waits for ever after the other (soft lockup). A guest to which that happened while it booted is
# built again from $SPEC, at most twice, and each time is told.
guest_again() {
	local try status name=$1 text=$2
	shift 2
	for try in 1 2 3; do
		status=0
		guest_says "$name" "$text" || status=$?
		[ $status -ne 0 ] || return 0
		[ $status -eq 2 ] || return 1
		echo "# the guest $name crashed in the emulator (try $try)" >&3
		xlite delete --now -q "$name"
		: >"$(console_log "$name")"
		xlite apply "$@" "$SPEC" || return 1
	done
	return 1
}

# linux_up NAME TEXT: applies $SPEC and waits until its guest says TEXT.
linux_up() {
	xlite apply "$SPEC" || return 1
	guest_again "$1" "$2"
}

# is_gone DOMID: the hypervisor knows it no more, not even as dying.
is_gone() {
	! xl list | awk -v id="$1" '$2 == id { found = 1 } END { exit !found }'
}

domid() {
	xl domid "$1"
}

# disk_image FILE [MIB]: an ext4 image with the file `hello' in it.
disk_image() {
	local file=$1 dir
	dir=$(mktemp -d)
	echo "hello from dom0" >"$dir/hello"
	truncate -s "${2:-8}M" "$file"
	mkfs.ext4 -q -F -d "$dir" "$file"
	rm -r "$dir"
}

# in_image FILE NAME: prints a file of an ext4 image, without mounting it.
in_image() {
	debugfs -R "cat $2" "$1" 2>/dev/null
}

# on_guest NAME COMMAND: has the guest's shell run it, and prints its output on one line. A guest with two CPUs on a busy
# machine takes minutes for what it else does at once (its clock runs on, and it is kept busy by its own timers).
on_guest() {
	local log tag
	log=$(console_log "$1")
	tag="@$RANDOM$RANDOM:"
	printf 'echo "%s$({ %s; } 2>&1 | tr "\\n" " ")"\n' "$tag" "$2" \
		>"$(xenstore-read "/local/domain/$(domid "$1")/console/tty")"
	wait_until 300 grep -q "^$tag" "$log" || { tail -n 5 "$log" >&2; xl vcpu-list "$1" >&2; return 1; }
	tr -d '\r' <"$log" | sed -n "s/^$tag//p" | sed 's/ *$//'
}
