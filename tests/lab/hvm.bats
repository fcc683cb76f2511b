#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Emulated PCs: firmware, a boot sector that prints, their device model as a process, and what becomes of a domain whose
# device model is dead or stands still. hvm_more.bats has the rest. Needs `lab up --with qemu'.

load helper
load hvm

@test "hvm: a boot sector prints under SeaBIOS, and the display shows the firmware" {
	hvm_spec pc
	xlite apply "$SPEC"
	wait_until 300 serial_says pc "GUEST: mbr ready"
	run -0 xlite plan "$SPEC"
	# What the port printed before somebody looked is shown first.
	timeout 10 xlite console pc </dev/null >"$BATS_TEST_TMPDIR/shown" || true
	grep -F "GUEST: mbr ready" "$BATS_TEST_TMPDIR/shown"
	xl list pc
	[ "$(xlite vnc pc)" = "$(model pc)/vnc" ]
	[ -S "$(xlite vnc pc)" ]
	xlite screenshot pc "$BATS_TEST_TMPDIR/pc.png"
	[ "$(head -c 8 "$BATS_TEST_TMPDIR/pc.png" | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ]
	[ "$(xlite get pc -o yaml | grep -c '^type: hvm')" -eq 1 ]
	xlite delete --now pc
}

@test "hvm: the device model is a user of its own, and has the host's devices no more" {
	local pid set
	hvm_spec pc "vga: none"
	xlite apply "$SPEC"
	pid=$(cat "$(model pc)/pid")
	[ "$(xenstore-read "/local/domain/$(domid pc)/image/device-model-pid")" = "$pid" ]
	[ "$(stat -c %u "/proc/$pid")" -eq $((0x70000000 + $(domid pc))) ]
	for set in CapPrm CapEff CapAmb; do grep -x "$set:[[:space:]]0000000000000000" "/proc/$pid/status"; done
	grep -x "NoNewPrivs:[[:space:]]1" "/proc/$pid/status"
	grep -x "Seccomp:[[:space:]]2" "/proc/$pid/status"
	grep -E "^Max file size +16777216 +16777216 " "/proc/$pid/limits"
	[ ! -e "/proc/$pid/root/root" ] && [ ! -e "/proc/$pid/root/dev/loop0" ]
	[ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ]
	# XenStore's socket and Xen's hypercall device are gone from it: what was open was put in the place of /dev/null.
	run ls -l "/proc/$pid/fd"
	[[ $output != *xenstored* && $output != *hypercall* ]]
	tr '\0' ' ' <"/proc/$pid/cmdline" | grep -F -- "-xen-domid $(domid pc) -xen-domid-restrict"
	xlite delete --now pc
}

@test "hvm: a device model that was killed is missed, and one that stands still is ended with its domain" {
	local pid
	hvm_spec pc "vga: none"
	xlite apply "$SPEC"
	kill -9 "$(cat "$(model pc)/pid")"
	wait_until 60 test ! -e "/proc/$(cat "$(model pc)/pid")"
	xlite get pc | grep degraded
	xlite get pc -o yaml | grep -F "# the QEMU that emulated the rest of its PC has ended"
	run -2 xlite plan "$SPEC"
	[[ $output == *"device-model.qemu: the QEMU that served it has ended"* ]]
	run -1 xlite apply "$SPEC"
	xlite delete --now pc
	xlite apply "$SPEC"
	pid=$(cat "$(model pc)/pid")
	kill -STOP "$pid"
	# What a device model could have written.
	: >"$(model pc)/pid"
	xlite delete --now pc
	[ ! -e "/proc/$pid" ]
}

@test "hvm: what is not there is named before anything is made" {
	hvm_spec pc
	xlite doctor | grep "^ok .*HVM guests can run"
	XLITE_QEMU=/nowhere run xlite doctor
	[[ $output == *"PVH guests can run"* && $output != *"HVM guests can run"* ]]
	XLITE_QEMU=/nowhere run -1 xlite apply "$SPEC"
	[[ $output == *"is not installed"* ]]
	run xlite screenshot nobody "$BATS_TEST_TMPDIR/x.png"
	[ "$status" -ne 0 ] && [ ! -e "$BATS_TEST_TMPDIR/x.png" ]
}
