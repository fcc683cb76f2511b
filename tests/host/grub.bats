#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# xen-core started by GRUB, under UEFI and by a BIOS, by the entry that xen-core(7) has, with Debian's kernel as it is packaged and
# the lab's ramdisk, in a QEMU of its own that is like the lab's; and what it says of a kernel that is damaged, and of errors of the machine.

bats_require_minimum_version 1.5.0

setup_file() {
	TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	CORE=${XLITE_LAB_CORE:-$TOP/build/xen-core/xen-core}
	IMAGE=$(lab_lib image_ready 4.17)
	FILES=$BATS_FILE_TMPDIR/files
	export TOP CORE IMAGE FILES
	mkdir -p "$FILES"
	(cd "$FILES" && "$IMAGE/busybox" cpio -id root/images/vmlinuz <"$IMAGE/dom0.cpio" 2>/dev/null)
	mv "$FILES/root/images/vmlinuz" "$FILES/vmlinuz"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	mkfifo typed
	QEMU=
}

# QEMU is the process that timeout runs, which ends it by that.
teardown() {
	if [ -n "$QEMU" ]; then
		kill "$QEMU" 2>/dev/null || true
		wait "$QEMU" 2>/dev/null || true
	fi
	[ -n "$BATS_TEST_COMPLETED" ] || tail -n 30 "$BATS_TEST_TMPDIR/console" || true
}

# lab_lib FUNCTION ARGUMENT...: one of the lab's.
lab_lib() (
	set -eu
	# shellcheck disable=SC2034 # for them
	LAB_HOME=$TOP/lab
	for name in common suites packages image qemu; do
		# shellcheck disable=SC1090
		. "$TOP/lab/lib/$name.sh"
	done
	"$@"
)

# qemu ARGUMENT...: a machine as the lab's for xen-core, with a display besides; what it prints is in the file console, which
# is emptied here already: the process behind & opens it later, and what another machine said must not be read for this one's.
qemu() {
	local machine=(-accel "tcg,thread=single,tb-size=256" -cpu "qemu64,+svm,+npt,+rdrand")
	! lab_lib kvm_works || machine=(-accel kvm -cpu host)
	exec {TYPED}<>typed
	: >console
	timeout --kill-after=10 600 qemu-system-x86_64 -machine q35,usb=off "${machine[@]}" -smp 2 -m 4096 \
		-nodefaults -no-user-config -display none -device VGA -no-reboot -serial stdio "$@" \
		<&"$TYPED" >console 2>&1 3>&- {TYPED}>&- &
	QEMU=$!
}

# quit: ends it.
quit() {
	kill "$QEMU"
	wait "$QEMU" || true
	QEMU=
	exec {TYPED}>&-
}

# says TEXT SECONDS: on the console, in that time.
says() {
	local deadline=$((SECONDS + $2))
	until grep -qaF -- "$1" console; do
		[ "$SECONDS" -lt "$deadline" ] || { echo "not said in $2 s: $1"; return 1; }
		kill -0 "$QEMU" 2>/dev/null || { echo "QEMU has ended without: $1"; return 1; }
		sleep 0.2
	done
}

# entry: the one in the man page.
entry() {
	sed -n '/^menuentry/,/^}/p' "$TOP/man/xen-core.7"
}

# started_free KERNEL: how much memory is free when dom0 starts, without GRUB.
started_free() {
	qemu -kernel "$CORE" -append "console=com1 dom0_mem=1024M" \
		-initrd "$1 console=hvc0 swiotlb=2048,,force,$IMAGE/dom0.cpio"
	says "MiB free; here is dom0" 120
	quit
	sed -n 's/.*) \([0-9]* MiB free\); here is dom0.*/\1/p' console
}

# needs FILE...: of programs and packages; without one of them, the test is skipped.
needs() {
	local name
	for name in grub-mkrescue xorriso "$@"; do
		[ -e "$name" ] || command -v "$name" >/dev/null || skip "$name is missing"
	done
}

# disc FOLDER ENTRY: a disc in boot.iso, with GRUB's files from that folder alone, so that no other platform's are asked for.
disc() {
	mkdir -p iso/boot/grub iso/boot/xlite
	cp "$CORE" iso/boot/xlite/xen-core
	ln "$FILES/vmlinuz" iso/vmlinuz
	cp "$IMAGE/dom0.cpio" iso/initrd.img
	printf 'serial --unit=0 --speed=115200\nterminal_output serial\nset timeout=0\n%s\n' "$2" >iso/boot/grub/grub.cfg
	grub-mkrescue -d "$1" -o boot.iso iso >mkrescue 2>&1 || { cat mkrescue; return 1; }
	rm -r iso
}

# reaches_shell: what was started has a shell on the console, that answers; what it says of the host is in the file text.
reaches_shell() {
	local try
	says "xen-core " 120
	says "LAB: ready" 400
	# A shell that just begins forgets what was typed before.
	for try in {1..12}; do
		# shellcheck disable=SC2016 # for that shell
		echo 'cat /proc/cmdline; xl info; echo answer-$((6 * 7))' >&"$TYPED"
		! says "answer-42" 10 || break
	done
	says "answer-42" 1
	quit
	tr -d '\r' <console >text
	grep -qE '\) ACPI: [1-9][0-9]* tables, 2 CPUs, 1 I/O APICs, the first at 0xfec00000' text
	grep -qE '0000000000100000 - 00000000[0-9a-f]{8} RAM' text
	grep -q '^xen_version *: 4.17' text
	grep -q "dom0's kernel is being unpacked" text
	grep -qx "$(entry | sed -n 's,.*module2 /vmlinuz ,,p')" text
}

@test "grub: the man page's entry boots Debian's packed kernel to dom0's shell, by a BIOS" {
	needs /usr/lib/grub/i386-pc/boot_hybrid.img
	disc /usr/lib/grub/i386-pc "$(entry)"
	qemu -cdrom boot.iso -boot d
	reaches_shell
}

@test "grub: it does so under UEFI, where none but GRUB knows where ACPI's tables are" {
	needs mformat /usr/lib/grub/x86_64-efi/kernel.img /usr/share/ovmf/OVMF.fd
	disc /usr/lib/grub/x86_64-efi "$(entry)"
	qemu -bios /usr/share/ovmf/OVMF.fd -cdrom boot.iso -boot d
	reaches_shell
	# The BIOS's place for them has none.
	grep -q ' ACPI NVS$' text
}

@test "grub: with the words of Multiboot 1 it starts as well, the kernel's words arrive, and the ramdisk lies behind a hole in the memory" {
	[ -n "${XLITE_CHECK_LONG:-}" ] || skip "the entry with Multiboot 2 is tried always (XLITE_CHECK_LONG)"
	needs /usr/lib/grub/i386-pc/boot_hybrid.img
	# The kernel ends at 74 MiB or so, and behind it there is no room for the ramdisk.
	disc /usr/lib/grub/i386-pc "$(printf 'cutmem 90M 91M\n'; entry | sed 's/multiboot2/multiboot/; s/module2/module/')"
	qemu -cdrom boot.iso -boot d
	says "LAB: ready" 400
	quit
	tr -d '\r' <console >text
	grep -qE "boot module 0, at 0x[0-9a-f]+, [0-9]+ KiB: $(entry | sed -n 's,.*module2 /vmlinuz ,,p')\$" text
	grep -q ' - 0000000005a00000 RAM' text
	grep -q ' 0000000005b00000 - .* RAM' text
}

@test "grub: a kernel that comes packed leaves as much memory free as an unpacked one" {
	local packed unpacked
	packed=$(started_free "$FILES/vmlinuz")
	unpacked=$(started_free "$IMAGE/vmlinux")
	echo "packed: $packed; unpacked: $unpacked"
	[ -n "$packed" ]
	[ "$packed" = "$unpacked" ]
}

@test "grub: a kernel that is damaged, or packed otherwise, is named so" {
	cp "$FILES/vmlinuz" damaged
	printf 'damaged here' | dd of=damaged bs=1 seek=4000000 conv=notrunc status=none
	qemu -kernel "$CORE" -append "console=com1 noreboot" -initrd damaged
	says ") dom0's kernel: its packed data is damaged" 120
	grep -qa ") panic:" console
	quit
	head -c 3000000 "$FILES/vmlinuz" >short
	qemu -kernel "$CORE" -append "console=com1 noreboot" -initrd short
	says ") dom0's kernel: it is a bzImage that is cut off" 120
	quit
}

# cpus_halted: how many of the two sleep with interrupts off, as QEMU's monitor has it.
cpus_halted() {
	echo 'info registers -a' >monitor.in
	timeout 120 grep -m 2 -caE 'RFL=.....[014589cd].. .* HLT=1' monitor.out
}

@test "grub: an NMI is told, and a machine check ends the machine, with its other CPU stopped" {
	mkfifo monitor.in monitor.out
	qemu -kernel "$CORE" -append "console=com1 dom0_mem=1024M noreboot" -initrd "$IMAGE/vmlinux console=hvc0,$IMAGE/dom0.cpio" \
		-chardev pipe,id=monitor,path=monitor -mon monitor
	says "MiB free; here is dom0" 120
	echo nmi >monitor.in
	says ") 1 NMIs without a reason on CPU 0" 60
	echo 'mce 1 4 0xb600000000000175 5 0x123456 0' >monitor.in
	says ") halted" 60
	tr -d '\r\0' <console >text
	grep -q ') machine check on CPU 1, status 0x5' text
	grep -q ') bank 4: b600000000000175, address 0000000000123456' text
	# Each line once: nobody else sends what is sent already, nor goes on.
	[ "$(grep -c 'here is dom0' text)" -eq 1 ]
	[ "$(tail -n 1 text)" = "(core) halted" ]
	[ "$(cpus_halted)" -eq 2 ]
	quit
}
