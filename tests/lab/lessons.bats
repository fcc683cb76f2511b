#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What went wrong in other toolstacks, by the number of Xen's security advisory, and that it does not here. Other suites have some of
# these numbers in the names of their tests (HACKING.md lists all). The hostile guest is tests/guests/hostile.c.

load helper

GUESTS=/root/guests
LOCAL=/local/domain

setup_file() {
	[ -e $GUESTS/hostile.elf ] || skip "no test guests in this lab"
	# The locks' files stay once made, which is no leak of the first test.
	xlite delete nobody
}

# backends_wait DOMID: those of its vif and its disk wait for the guest. They get ready in their own time.
backends_wait() {
	[ "$(xenstore-read $LOCAL/0/backend/vif/"$1"/0/state $LOCAL/0/backend/vbd/"$1"/51712/state | tr -d '\n')" = 22 ]
}

# victim_up: a domain with a vif and a disk, to which nothing must happen.
victim_up() {
	truncate -s 1M "$BATS_TEST_TMPDIR/victim.img"
	spec victim "vifs: [{bridge: xenbr0}]" "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/victim.img}]"
	xlite apply "$SPEC"
	VICTIM=$(domid victim)
	wait_until 120 backends_wait "$VICTIM"
	victim_looks >"$BATS_TEST_TMPDIR/victim"
}

# All that is the victim's, with values and permissions.
victim_looks() {
	local path
	for path in $LOCAL/"$VICTIM" /libxl/"$VICTIM" $LOCAL/0/backend/vif/"$VICTIM" $LOCAL/0/backend/vbd/"$VICTIM"; do
		xenstore-ls -fp "$path"
	done
	ip -o link show "vif$VICTIM.0"
	losetup -a | grep victim.img
}

victim_is_whole() {
	victim_looks | diff -u "$BATS_TEST_TMPDIR/victim" -
}

# hostile_spec [LINE...]: the guest that attacks the victim, with more lines of YAML. It has ten minutes, if it is not told to end; with
# FLOOD=1 it takes all that its quota allows.
hostile_spec() {
	printf 'name: hostile\nmemory: 16MiB\nkernel: %s/hostile.elf\ncmdline: 600 %s %s\n' $GUESTS "$VICTIM" "${FLOOD:-0}" >"$SPEC"
	[ $# -eq 0 ] || printf '%s\n' "$@" >>"$SPEC"
}

hostile_is() {
	[ "$(xenstore-read "$LOCAL/$HOSTILE/attr")" = "$1" ] || has_verdict
}

has_verdict() {
	grep -q '^TEST ' "$(console_log hostile)" 2>/dev/null
}

# hostile_up: applies $SPEC, and waits until the guest is at it.
hostile_up() {
	rm -f "$(console_log hostile)"
	xlite apply "$SPEC"
	HOSTILE=$(domid hostile)
	wait_until 120 hostile_is busy
	! has_verdict || { cat "$(console_log hostile)"; return 1; }
}

hostile_delete() {
	xenstore-write "$LOCAL/$HOSTILE/order" delete
	wait_until 120 hostile_is deleted
}

# hostile_end: its verdict is that it was refused all that is not its own.
hostile_end() {
	xenstore-write "$LOCAL/$HOSTILE/order" end
	wait_until 120 has_verdict || { xl list; return 1; }
	cat "$(console_log hostile)"
	grep -q '^TEST hostile: ok' "$(console_log hostile)"
	grep -o 'rounds: [0-9]*' "$(console_log hostile)" | sed 's/^rounds/# requests/' >&3
}

# bounded COMMAND...: it succeeds with at most 64 MiB of address space, 100 hypercalls and 1000 messages to XenStore: ten times what
# was seen. How long it took is said for whoever reads it: what is done is bounded, not how fast this machine is.
bounded() {
	local start=${EPOCHREALTIME//[!0-9]/} now status=0 stats=$BATS_TEST_TMPDIR/stats
	(ulimit -v 65536 && exec timeout 900 "$@" --stats) 2>"$stats" || status=$?
	now=${EPOCHREALTIME//[!0-9]/}
	echo "status $status: $*"
	cat "$stats"
	[[ $(<"$stats") =~ hypercalls=([0-9]+).*store_messages=([0-9]+) ]] || return 1
	echo "# $(((now - start) / 1000)) ms, ${BASH_REMATCH[1]} hypercalls, ${BASH_REMATCH[2]} messages: ${*//$BATS_TEST_TMPDIR\//}" >&3
	[ "$status" -eq 0 ] && [ "${BASH_REMATCH[1]}" -le 100 ] && [ "${BASH_REMATCH[2]}" -le 1000 ]
}

@test "lessons: XSA-115, XSA-352, XSA-353: a guest can neither read nor write what is not its own, and hears of no change there" {
	victim_up
	hostile_spec "vifs: [{bridge: xenbr0}]"
	hostile_up
	# Events of what comes and goes are not for it.
	spec bystander "vifs: [{bridge: xenbr0}]"
	xlite apply "$SPEC"
	xlite delete --now bystander
	hostile_end
	victim_is_whole
	xlite delete --now hostile victim
}

# hostile_plans: nothing to do, and the truth.
hostile_plans() {
	run xlite plan "$SPEC"
	echo "$output"
	[ "$status" -eq 0 ]
	xlite get hostile -o yaml >"$BATS_TEST_TMPDIR/truth.yaml"
	run xlite plan "$BATS_TEST_TMPDIR/truth.yaml"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -c 'bridge: xenbr0' "$BATS_TEST_TMPDIR/truth.yaml")" -eq "$1" ]
	[ "$(grep -c "source: $BATS_TEST_TMPDIR/" "$BATS_TEST_TMPDIR/truth.yaml")" -eq "$2" ]
}

# The kernel lets go of loop devices in its own time.
no_loop() {
	! losetup -a | grep -q "/$1"
}

# hostile_takes SPEC-LINE...: the change is made; a guest that does not let go of a device is told of, and asked again.
hostile_takes() {
	local try
	hostile_spec "$@"
	for try in {1..20}; do
		run xlite apply --timeout 5 "$SPEC"
		echo "$output"
		[ "$status" -ne 0 ] || return 0
		[ "$status" -eq 124 ]
		[[ $output == *"hostile: "*": the guest has not let go of it"* ]]
		echo "# try $try: $output" >&3
	done
	return 1
}

@test "lessons: XSA-175, XSA-178: a guest that rewrites and deletes its frontends misleads nobody, and keeps nothing" {
	local dir=$BATS_TEST_TMPDIR id path
	truncate -s 1M "$dir/own.img" "$dir/more.img"
	victim_up
	hostile_spec "vifs: [{bridge: xenbr0}]" "vbds: [{vdev: xvda, source: $dir/own.img}]"
	hostile_up
	id=$HOSTILE
	hostile_plans 1 1
	hostile_takes "vifs: [{bridge: xenbr0}, {bridge: xenbr0}]" "vbds: [{vdev: xvda, source: $dir/own.img}, {vdev: xvdb, source: $dir/more.img}]"
	hostile_plans 2 2
	[ -e "/sys/class/net/xenbr0/brif/vif$id.1" ]
	hostile_takes "vifs: [{bridge: xenbr0}]" "vbds: [{vdev: xvda, source: $dir/own.img}]"
	hostile_plans 1 1
	[ ! -e "/sys/class/net/vif$id.1" ]
	wait_until 120 no_loop more.img
	victim_is_whole

	hostile_delete
	hostile_plans 1 1
	hostile_takes "vifs: [{bridge: xenbr0}, {bridge: xenbr0}]" "vbds: [{vdev: xvda, source: $dir/own.img}, {vdev: xvdb, source: $dir/more.img}]"
	hostile_plans 2 2
	hostile_takes
	hostile_plans 0 0
	[ "$(domid hostile)" = "$id" ]
	[ ! -e "/sys/class/net/vif$id.0" ]
	wait_until 120 no_loop own.img
	no_loop more.img
	for path in "$LOCAL/0/backend/vif/$id" "$LOCAL/0/backend/vbd/$id" "/libxl/$id/device/vif" "/libxl/$id/device/vbd"; do
		[ -z "$(xenstore-list "$path")" ]
	done
	victim_is_whole
	hostile_end
	xlite delete --now hostile
	victim_is_whole
	xlite delete --now victim
}

@test "lessons: XSA-206, XSA-349, XSA-354: what a flooding guest costs the toolstack is bounded, in calls, messages and memory" {
	local other=$BATS_TEST_TMPDIR/other.yaml FLOOD=1
	truncate -s 1M "$BATS_TEST_TMPDIR/own.img" "$BATS_TEST_TMPDIR/other.img"
	victim_up
	spec other "vifs: [{bridge: xenbr0}]" "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/other.img}]"
	mv "$SPEC" "$other"
	hostile_spec "vifs: [{bridge: xenbr0}]" "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/own.img}]"
	hostile_up
	bounded xlite apply "$other"
	bounded xlite list
	bounded xlite get -o yaml
	bounded xlite plan "$SPEC" "$other"
	# Live: of one that does nothing, and of the guest itself.
	sed -i 's/^memory: .*/memory: {max: 24MiB, target: 16MiB}\nscheduler: {weight: 512}/' "$other"
	bounded xlite apply "$other"
	hostile_spec "vifs: [{bridge: xenbr0}, {bridge: xenbr0}]" "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/own.img}]"
	bounded xlite apply "$SPEC"
	# What it lets go of while it writes to just those nodes. Under emulation it is slower than we are: so each message of ours is made slower.
	xenstore-write "$LOCAL/$HOSTILE/order" hammer
	sleep 1
	hostile_spec "vifs: [{bridge: xenbr0}]"
	bounded strace -qq -o /dev/null -e trace=sendto -e inject=sendto:delay_enter=100000 xlite apply --timeout 300 "$SPEC"
	bounded xlite delete --now other
	victim_is_whole
	hostile_end
	bounded xlite delete --now hostile
	xlite delete --now victim
}

# console_refused TEXT: `xlite console tty' fails so, and opens nothing but what it always does.
console_refused() {
	run timeout 600 strace -f -o "$BATS_TEST_TMPDIR/trace" -e trace=open,openat xlite console tty </dev/null
	echo "$output"
	[ "$status" -ne 0 ]
	[ "$status" -ne 124 ]
	[[ $output == "xlite: tty: console: $1" ]]
}

@test "lessons: XSA-57: a console's terminal that is none is refused, and is not opened" {
	local node real path dir=$BATS_TEST_TMPDIR
	spec tty
	xlite apply "$SPEC"
	node=$LOCAL/$(domid tty)/console/tty
	wait_until 120 xenstore-read "$node"
	real=$(xenstore-read "$node")
	echo secret >"$dir/file"
	ln -s "$real" "$dir/link"
	for path in "$dir/file" "$dir/link" "$dir/new" /etc/shadow /dev/console "/dev/pts/../..$dir/file" "/dev/pts/1/../../console" pts/0 /dev/pts/ptmx; do
		xenstore-write "$node" "$path"
		console_refused "what XenStore names is not a pseudo terminal"
		run ! grep -F "\"$path" "$dir/trace"
	done
	[ "$(cat "$dir/file")" = secret ]
	[ ! -e "$dir/new" ]
	# Nor what lies where terminals do.
	for path in file link pipe; do
		xenstore-write "$node" /dev/pts/7
		cat >"$dir/in-place" <<-END
			mount -t tmpfs none /dev/pts
			case $path in
			file) echo secret >/dev/pts/7 ;;
			link) ln -s /dev/null /dev/pts/7 ;;
			pipe) mkfifo /dev/pts/7 ;;
			esac
			timeout 600 xlite console tty </dev/null
			echo "status \$?"
			[ $path != file ] || cat /dev/pts/7
		END
		run unshare -m sh "$dir/in-place"
		echo "$output"
		case $path in
		link) [ "${lines[0]}" = "xlite: tty: console: /dev/pts/7: Too many levels of symbolic links" ] ;;
		*) [ "${lines[0]}" = "xlite: tty: console: /dev/pts/7 is not a pseudo terminal" ] ;;
		esac
		[[ ${lines[1]} == "status "[1-9]* && ${lines[1]} != "status 124" ]]
		[ $path != file ] || [ "${lines[2]}" = secret ]
	done
	xenstore-write "$node" "$real"
	chown 65534 "$real"
	console_refused "$real belongs to another user"
	chown 0 "$real"
	xlite delete --now tty
}

# console_nodes NAME: those of its console, with their permissions.
console_nodes() {
	local id
	id=$(domid "$1")
	wait_until 120 xenstore-read "$LOCAL/$id/console/tty" >&2
	xenstore-ls -fp "$LOCAL/$id" | sed -nE "s,^$LOCAL/$id/(console[^ ]*) .*\((.*)\)$,\1 \2,p" | sed "s/\(n\|r\)$id\b/\1N/g" | sort
}

@test "lessons: XSA-57: the nodes of a console are dom0's, as xl's are, and the guest may only read them" {
	printf '%s\n' 'name="theirs"' 'type="pvh"' 'memory=32' 'kernel="/root/images/tiny.elf"' >"$BATS_TEST_TMPDIR/xl.cfg"
	xl create -q "$BATS_TEST_TMPDIR/xl.cfg"
	console_nodes theirs >"$BATS_TEST_TMPDIR/theirs"
	xl destroy theirs
	spec ours
	xlite apply "$SPEC"
	console_nodes ours >"$BATS_TEST_TMPDIR/ours"
	xlite delete --now ours
	cat "$BATS_TEST_TMPDIR/ours"
	[ "$(grep -c ' n0,rN$' "$BATS_TEST_TMPDIR/ours")" -eq "$(wc -l <"$BATS_TEST_TMPDIR/ours")" ]
	for node in console console/tty console/limit console/type console/port console/ring-ref; do
		grep "^$node " "$BATS_TEST_TMPDIR/ours"
	done
	run grep -vxF -f "$BATS_TEST_TMPDIR/theirs" "$BATS_TEST_TMPDIR/ours"
	echo "$output"
	[ "$status" -eq 1 ]
}

# heir_looks: all nodes of the domain with the domid $1 and the uuid $2, but for values that differ from one time to the next.
heir_looks() {
	xenstore-ls -fp | grep -E "^/(local/domain|libxl)/$1(/| )|^/local/domain/0/backend/[a-z]+/$1(/| )|^/vm/$2(/| )" |
		sed -E "s,/$1([/ \"]),/N\1,g; s/([nr])$1([,)])/\1N\2/g; s/\"$1\"/N/
			s,/(tty|start_time|ring-ref|port|physical-device|physical-device-path|params) = \"[^\"]*\",/\1,"
}

heir_is_as_before() {
	heir_looks "$1" "$2" | diff -u "$BATS_TEST_TMPDIR/clean" -
}

@test "lessons: XSA-322, XSA-417, XSA-419, XSA-483: nothing of an earlier domain of its number is inherited, neither values nor permissions" {
	local id uuid by next node
	spec bystander
	xlite apply "$SPEC"
	by=$(domid bystander)
	truncate -s 1M "$BATS_TEST_TMPDIR/heir.img"
	spec heir "state: paused" "vifs: [{bridge: xenbr0}]" "vbds: [{vdev: xvda, source: $BATS_TEST_TMPDIR/heir.img}]"
	xlite apply "$SPEC"
	id=$(domid heir)
	uuid=$(xenstore-read "$LOCAL/$id/vm")
	uuid=${uuid#/vm/}
	wait_until 120 xenstore-read "$LOCAL/$id/console/tty"
	wait_until 120 backends_wait "$id"
	heir_looks "$id" "$uuid" >"$BATS_TEST_TMPDIR/clean"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/clean")" -gt 80 ]
	xlite delete --now heir

	next=$((id + 1))
	for node in "$LOCAL/$next/data/secret" "$LOCAL/$next/control/shutdown" "$LOCAL/$next/console/tty" "$LOCAL/$next/console/output" \
		"$LOCAL/$next/device/vif/0/backend" "$LOCAL/$next/device/vif/0/evil" "$LOCAL/$next/device/vbd/832/backend" \
		"/libxl/$next/device/vbd/832/params" "/libxl/$next/type" "/libxl/$next/evil" "/vm/$uuid/name" "/vm/$uuid/evil" \
		"$LOCAL/0/backend/vif/$next/0/script" "$LOCAL/0/backend/vif/$next/0/evil" "$LOCAL/0/backend/vbd/$next/51712/params" \
		"$LOCAL/0/backend/vbd/$next/832/params" "$LOCAL/0/backend/console/$next/0/evil"; do
		xenstore-write "$node" /etc/shadow
	done
	for node in "$LOCAL/$next" "/libxl/$next" "/vm/$uuid" "$LOCAL/0/backend/vif/$next" "$LOCAL/0/backend/vbd/$next"; do
		xenstore-chmod -r "$node" n0 "b$by"
	done
	xlite apply "$SPEC"
	[ "$(domid heir)" -eq "$next" ]
	wait_until 120 heir_is_as_before "$next" "$uuid"
	xlite delete --now heir bystander
}

@test "lessons: XSA-325: a domain that stays dying is told, with what is held and a status of its own, and is in nobody's way" {
	local id holder
	spec ghost "vifs: [{bridge: xenbr0}]"
	xlite apply "$SPEC"
	id=$(domid ghost)
	timeout 120 hold-page "$id" 512 >"$BATS_TEST_TMPDIR/held" 3>&- &
	holder=$!
	wait_until 120 grep held "$BATS_TEST_TMPDIR/held"
	run xlite delete --now --timeout 3 ghost
	echo "$output"
	[ "$status" -eq 71 ]
	[[ $output == *"xlite: ghost: domid $id is destroyed, but stays dying: a process or a driver still holds 4 KiB of its memory"* ]]
	[[ $output == *"hint: "* ]]
	# Nothing but Xen knows it any more.
	run ! grep -E "/$id( |/)" <(xenstore-ls -f)
	run xlite list
	[[ $output == *"dying"* ]]
	run xlite doctor
	echo "$output"
	[[ $output == *"FAIL  domid $id is dying, 4 KiB of its memory are held"* ]]
	run xlite apply "$SPEC"
	echo "$output"
	[ "${lines[-1]}" = "domain/ghost created" ]
	[ "$(domid ghost)" -gt "$id" ]
	run xlite plan "$SPEC"
	[ "$status" -eq 0 ]
	xlite delete --now ghost
	kill "$holder"
	wait "$holder" || true
	wait_until 120 is_gone "$id"
}

# qcow2_head: the first half KiB of a qcow2 image of 1 MiB whose backing file is /etc/shadow (docs/interop/qcow2.txt of QEMU).
qcow2_head() {
	printf 'QFI\373\0\0\0\3\0\0\0\0\0\0\1\0\0\0\0\13\0\0\0\20\0\0\0\0\0\20\0\0'
	head -c 224 /dev/zero
	printf '/etc/shadow'
	head -c 245 /dev/zero
}

# One guest for both, since it takes longest to start.
@test "lessons: XSA-142, XSA-258, XSA-266: a disk is read-only by file, by device, by script and hot-plugged; raw is raw, whatever is in it" {
	local dir=$BATS_TEST_TMPDIR loop vdev before disks id
	for vdev in b c d; do head -c 65536 /dev/urandom >"$dir/$vdev.img"; done
	qcow2_head >"$dir/a.img"
	[ "$(stat -c %s "$dir/a.img")" -eq 512 ]
	truncate -s 64K "$dir/a.img"
	before=$(cat "$dir"/[abcd].img | md5sum)
	loop=$(losetup -f)
	losetup "$loop" "$dir/b.img"
	disks="{vdev: xvda, source: $dir/a.img, format: raw, mode: ro}, {vdev: xvdb, source: $loop, mode: ro}"
	disks+=", {vdev: xvdc, source: $dir/c.img, mode: ro, script: /usr/local/libexec/xlite/xlite-block}"
	linux_spec reader "" "vbds: [$disks]"
	strace -f -o "$dir/trace" -e trace=open,openat,execve xlite apply "$SPEC"
	run ! grep -E '/etc/shadow|execve.*qemu' "$dir/trace"
	guest_again reader "GUEST: ready"
	linux_spec reader "" "vbds: [$disks, {vdev: xvdd, source: $dir/d.img, mode: ro}]"
	xlite apply "$SPEC"
	id=$(domid reader)
	for vdev in 51712 51728 51744 51760; do
		[ "$(xenstore-read "$LOCAL/0/backend/vbd/$id/$vdev/mode")" = r ]
		[ "$(cat "/sys/bus/xen-backend/devices/vbd-$id-$vdev/mode")" = r ]
	done
	run on_guest reader 'until [ -e /dev/xvdd ]; do usleep 50000; done; for d in a b c d; do cat /sys/block/xvd$d/ro; dd if=/dev/zero of=/dev/xvd$d bs=512 count=1 conv=fsync 2>/dev/null || echo refused; done'
	echo "$output"
	[ "$output" = "1 refused 1 refused 1 refused 1 refused" ]
	# What the guest sees is the file, byte for byte, not what its content describes.
	run ! xenstore-ls "$LOCAL/0/backend/qdisk/$id"
	run on_guest reader 'cat /sys/block/xvda/size; md5sum </dev/xvda; head -c 3 /dev/xvda'
	echo "$output"
	[ "$output" = "128 $(md5sum <"$dir/a.img") QFI" ]
	xlite delete --now reader
	losetup -d "$loop"
	[ "$(cat "$dir"/[abcd].img | md5sum)" = "$before" ]
}

# store_holds: what xenstored has of connections, watches and transactions, and its descriptors.
store_holds() {
	local pid report=$BATS_TEST_TMPDIR/report what
	pid=$(pidof xenstored || pidof oxenstored)
	rm -f "$report"
	# Of C's xenstored only.
	if xenstore-control memreport "$report" >/dev/null 2>&1 && [ -s "$report" ]; then
		for what in connection watch transaction; do
			echo "$what: $(grep -c "struct $what " "$report")"
		done
	fi
	echo "descriptors: $(find "/proc/$pid/fd" -type l | wc -l)"
}

store_holds_as_before() {
	store_holds | diff -u "$BATS_TEST_TMPDIR/holds" -
}

@test "lessons: XSA-349, XSA-512: after many runs, some of them killed, xenstored holds nothing of ours" {
	local n
	spec many "vifs: [{bridge: xenbr0}]"
	store_holds >"$BATS_TEST_TMPDIR/holds"
	cat "$BATS_TEST_TMPDIR/holds"
	for ((n = 1; n <= 6; n++)); do
		xlite apply -q "$SPEC"
		xlite plan "$SPEC"
		xlite list
		xlite delete --now -q many
		strace -f -qq -o /dev/null -e trace=sendto -e inject="sendto:signal=KILL:when=$((n * 3))" xlite apply -q "$SPEC" || true
	done
	xlite delete --now -q many
	wait_until 120 store_holds_as_before
}
