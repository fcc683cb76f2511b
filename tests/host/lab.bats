#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The lab's own tests: they run on the host and boot two labs. A runtime folder of
# their own keeps them apart from labs that somebody uses.

bats_require_minimum_version 1.5.0

setup_file() {
	LAB=$BATS_TEST_DIRNAME/../../lab/xlite-lab
	XDG_RUNTIME_DIR=$(mktemp -d /tmp/xlite-lab-test.XXXXXX)
	unset XLITE_LAB XLITE_LAB_BINARY
	export LAB XDG_RUNTIME_DIR
	local program
	for program in qemu-system-x86_64 ssh; do
		command -v "$program" >/dev/null || export LAB_MISSING=$program
	done
	[ -z "${LAB_MISSING:-}" ] || return 0
	printf '#!/bin/sh\necho "stand-in $*"\n' >"$XDG_RUNTIME_DIR/stand-in"
	chmod +x "$XDG_RUNTIME_DIR/stand-in"
	XLITE_LAB_BINARY=$XDG_RUNTIME_DIR/stand-in "$LAB" up --name a --lifetime 1200
	LAB_PID=$(cat "$XDG_RUNTIME_DIR/xlite-lab-$UID/a/pid")
	export LAB_PID
}

teardown_file() {
	[ -n "${LAB_MISSING:-}" ] || "$LAB" down --name a
	[ -n "${LAB_MISSING:-}" ] || "$LAB" down --name b
	rm -rf "$XDG_RUNTIME_DIR"
}

setup() {
	export XLITE_LAB=a
}

need_lab() {
	[ -z "${LAB_MISSING:-}" ] || skip "$LAB_MISSING is missing"
}

# wait_gone PID: the process ends within ten seconds.
wait_gone() {
	local i
	for ((i = 0; i < 100; i++)); do
		[ -e "/proc/$1" ] || return 0
		sleep 0.1
	done
	return 1
}

@test "lab: a wrong verb, option or name ends with 64" {
	run -64 "$LAB" fly
	run -64 "$LAB" up --wings
	run -64 "$LAB" up --mem much
	run -64 "$LAB" up --nodes 3
	run -64 "$LAB" up --cpu 'qemu64 -device x'
	run -64 "$LAB" up --cpu ''
	run -64 "$LAB" up --xenstored perl
	run -64 "$LAB" up --xen 3.0
	run -64 "$LAB" up --with wings
	run -64 "$LAB" --name a/b status
	run -64 "$LAB" bochs
	run -64 "$LAB" bochs --wings true
	run -64 "$LAB" exec
	run -64 "$LAB"
}

@test "lab: --help says what exists" {
	run -0 "$LAB" --help
	[[ $output == *"boot a lab"* ]]
}

@test "lab: a processor that QEMU does not have is told before anything is booted" {
	need_lab
	run -64 "$LAB" --name b up --cpu foo
	[[ $output == *"--cpu foo: QEMU has no such processor here: "*"unable to find CPU model 'foo'"* ]]
	run -64 "$LAB" --name b up --cpu qemu64,+wings
	run -1 "$LAB" --name b status
}

@test "lab: without QEMU, the message names the package" {
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	local program
	for program in bash dirname readlink cat; do
		ln -s "$(command -v "$program")" "$BATS_TEST_TMPDIR/bin/"
	done
	PATH=$BATS_TEST_TMPDIR/bin run -69 "$LAB" up --name c
	[ "$output" = "xlite lab: qemu-system-x86_64 is missing: install it with: apt-get install qemu-system-x86" ]
}

@test "lab: a hypervisor file that is not there" {
	need_lab
	run -1 "$LAB" up --name c --xen /nonexistent/xen
	[ "$output" = "xlite lab: no hypervisor /nonexistent/xen" ]
}

@test "lab: a lab that does not run" {
	run -1 "$LAB" --name none status
	[ "$output" = "none: not running" ]
	run -1 "$LAB" --name none exec true
	[[ $output == *"no lab 'none' runs"* ]]
	run -0 "$LAB" --name none down
}

@test "lab: status and list know the lab" {
	need_lab
	run -0 "$LAB" status
	[[ $output == "a: running, pid $LAB_PID, ssh port "* ]]
	run -0 "$LAB" list
	[ "$output" = a ]
}

@test "lab: up refuses a name in use" {
	need_lab
	run -1 "$LAB" up
	[[ $output == *"lab 'a' runs already"* ]]
}

@test "lab: dom0 is usable" {
	need_lab
	run -0 "$LAB" exec sh -c 'pidof xenstored xenconsoled dropbear >/dev/null &&
		xenstore-read /local/domain/0/name && ip -br -4 addr show xenbr0 &&
		ls /root/images && xl list && xlite plan'
	[[ $output == *"Domain-0"*"10.88.0.1/24"*guest.cpio.gz*vmlinuz* ]]
	[[ $output == *"stand-in plan"* ]]
}

@test "lab: exec hands on status, arguments and the three streams" {
	need_lab
	run -7 "$LAB" exec sh -c 'exit 7'
	run -0 "$LAB" exec printf '<%s>' "a  b" "it's" '$HOME' '' '*' '"' $'x\ny' '-n'
	[ "$output" = "<a  b><it's><\$HOME><><*><\"><x"$'\n'"y><-n>" ]
	run -0 --separate-stderr "$LAB" exec sh -c 'cat; echo err >&2' <<<"in"
	[ "$output" = in ]
	[ "$stderr" = err ]
	run -1 "$LAB" exec test -t 0
}

@test "lab: exec ends when its time is over" {
	need_lab
	run -124 "$LAB" exec --timeout 1 sleep 30
}

@test "lab: the ssh configuration serves ssh itself" {
	need_lab
	run -0 ssh -F "$("$LAB" ssh-config)" lab hostname
	[ "$output" = lab ]
}

@test "lab: put and get copy files and folders whole" {
	need_lab
	local d=$BATS_TEST_TMPDIR
	mkdir -p "$d/tree/sub"
	head -c 100000 /dev/urandom >"$d/tree/sub/data"
	echo "#!/bin/sh" >"$d/tree/a script"
	chmod 755 "$d/tree/a script"
	"$LAB" put "$d/tree" /root/copy
	"$LAB" put "$d/tree/a script" "$d/tree/sub/data" /root/copy/sub
	"$LAB" get /root/copy "$d/back"
	cmp "$d/tree/sub/data" "$d/back/sub/data"
	[ -x "$d/back/sub/a script" ]
	"$LAB" get "/root/copy/a script" "$d"
	cmp "$d/tree/a script" "$d/a script"
	run -1 "$LAB" put "$d/none" /root
	run -1 "$LAB" put "$d/tree/sub/data" /root/none/
	run -1 "$LAB" get /root/none "$d"
}

@test "lab: the census repeats itself, and sees what is new" {
	need_lab
	# The first xl of all writes a file for dom0 itself.
	"$LAB" exec census >/dev/null
	"$LAB" exec census >"$BATS_TEST_TMPDIR/1"
	"$LAB" exec census >"$BATS_TEST_TMPDIR/2"
	diff "$BATS_TEST_TMPDIR/1" "$BATS_TEST_TMPDIR/2"
	"$LAB" exec sh -c 'ip link add d0 type dummy; ip link set d0 master xenbr0
		truncate -s 1M /root/x; losetup -f /root/x; xenstore-write /xlite/x 1
		sleep 100 >/dev/null 2>&1 </dev/null & touch /run/xlite/x'
	run diff "$BATS_TEST_TMPDIR/1" <("$LAB" exec census)
	for line in 'link d0' 'port xenbr0 d0' 'loop loop0 /root/x' 'process sleep' \
		'xenstore /xlite/x' 'file /run/xlite/x'; do
		[[ $output == *"> $line"* ]]
	done
}

@test "lab: two labs run side by side, and down leaves nothing of one" {
	need_lab
	run -0 "$LAB" up --name b --xenstored ocaml --lifetime 1200
	run -0 "$LAB" list
	[ "$output" = $'a\nb' ]
	run -0 "$LAB" --name b exec pidof oxenstored
	run -0 "$LAB" exec pidof xenstored
	local pid
	pid=$(cat "$XDG_RUNTIME_DIR/xlite-lab-$UID/b/pid")
	run -0 "$LAB" --name b down
	[ ! -e "$XDG_RUNTIME_DIR/xlite-lab-$UID/b" ]
	[ ! -e "/proc/$pid" ]
	run pgrep -f "$XDG_RUNTIME_DIR/xlite-lab-$UID/b"
	[ -z "$output" ]
	run -0 "$LAB" status
}

@test "lab: what a dead QEMU left is noticed and removed" {
	need_lab
	kill -KILL "$LAB_PID"
	wait_gone "$LAB_PID"
	run -1 "$LAB" exec true
	run -1 "$LAB" status
	[[ $output == "a: dead"* ]]
	run -0 "$LAB" list
	[ -z "$output" ]
	run -0 "$LAB" logs
	[[ $output == *"LAB: ready"* ]]
	run -0 "$LAB" down
	[ ! -e "$XDG_RUNTIME_DIR/xlite-lab-$UID" ]
}

@test "lab: up that runs out of time leaves nothing" {
	need_lab
	run -124 "$LAB" up --name d --timeout 1
	[[ $output == *"dom0 was not ready within 1 s" ]]
	[ ! -e "$XDG_RUNTIME_DIR/xlite-lab-$UID/d" ]
	run pgrep -af "$XDG_RUNTIME_DIR/xlite-lab-$UID/d"
	[ -z "$output" ]
}

@test "lab: in Bochs, that time ran out and that Bochs ended are two things, and either leaves its console and no folder" {
	local real
	real=$(command -v bochs-bin) && [ -e /usr/share/bochs/BIOS-bochs-latest ] && [ -e /usr/share/vgabios/vgabios.bin ] || skip "no Bochs on this machine"
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir "$TMPDIR" "$BATS_TEST_TMPDIR/bin"
	run -124 "$LAB" bochs --xen core --timeout 8 --log "$BATS_TEST_TMPDIR/console" true
	[[ $output == *"the command did not end within 8 s"* ]]
	[ -e "$BATS_TEST_TMPDIR/console" ]
	rm "$BATS_TEST_TMPDIR/console"
	printf '#!/bin/sh\n[ "$1" != --help ] || exec %s "$@"\necho "it fell over"\nexit 3\n' "$real" >"$BATS_TEST_TMPDIR/bin/bochs-bin"
	chmod +x "$BATS_TEST_TMPDIR/bin/bochs-bin"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run -1 "$LAB" bochs --xen core --log "$BATS_TEST_TMPDIR/console" true
	[[ $output == *"it fell over"*"Bochs ended before the command did"* ]]
	[ -e "$BATS_TEST_TMPDIR/console" ]
	[ -z "$(ls "$TMPDIR")" ]
}
