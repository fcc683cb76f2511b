#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the hypervisor promises a guest, told by guests that ask for nothing else (tests/guests): each prints one verdict, and says the
# same on Xen and on xen-core. Then one that asks for anything, while the host must notice nothing. XLITE_FUZZ_SECONDS: for how long.

load helper

GUESTS=/root/guests
SEED=${XLITE_FUZZ_SEED:-1}

# guest NAME [LINE...]: the test guest of that name, with more lines of YAML; then its verdict, which must be that all is well. A second
# one at the same time has a "-" and something more in its name.
guest() {
	guest_start "$@"
	guest_ends "$1" 300
}

guest_start() {
	local name=$1
	shift
	printf 'name: %s\nmemory: 16MiB\nkernel: %s/%s.elf\n' "$name" "$GUESTS" "${name%%-*}" >"$SPEC"
	printf '%s\n' "$@" >>"$SPEC"
	rm -f "$(console_log "$name")"
	xlite apply "$SPEC"
}

# It stays, shut down, until it is deleted; one that is silent has crashed, or hangs.
has_ended() {
	grep -q '^TEST ' "$(console_log "$1")" || xl list "$1" | awk 'NR == 2 && $5 ~ /[sc]/ { found = 1 } END { exit !found }'
}

guest_ends() {
	wait_until "$2" has_ended "$1" || { xl list; return 1; }
	wait_until 120 grep '^TEST ' "$(console_log "$1")" || { xl list; timeout 5 xl dmesg | tail -n 30; return 1; }
	grep -q "^TEST ${1%%-*}: ok" "$(console_log "$1")"
	xlite delete --now -q "$1"
}

fuzz_seconds() {
	local otherwise=5
	[ "$(xl info xen_extra)" != -core ] || otherwise=20
	echo "${XLITE_FUZZ_SECONDS:-$otherwise}"
}

# free_again KIB: as much as there was; more, if Xen was not done with an earlier domain when that was asked.
free_again() {
	[ "$(host-free)" -ge "$1" ]
}

@test "guests: leaves, calls, features and refusals (abi)" {
	guest abi
}

@test "guests: debug registers are each guest's own (debug)" {
	guest_start debug "cmdline: 4000" "vcpus: {max: 1, affinity: '0'}"
	guest_start debug-2 "cmdline: 4000" "vcpus: {max: 1, affinity: '0'}"
	guest_ends debug 300
	guest_ends debug-2 300
	guest debug
}

@test "guests: what x87, SSE, AVX and protection keys leave in the processor is each guest's own (state)" {
	guest_start state "cmdline: 4000" "vcpus: {max: 1, affinity: '0'}"
	guest_start state-2 "cmdline: 4000" "vcpus: {max: 1, affinity: '0'}"
	guest_ends state 300
	guest_ends state-2 300
	guest state
}

@test "guests: event channels, upcalls, the timer and polls (events)" {
	guest events
}

@test "guests: events as queues, from asking for them to their end (fifo)" {
	guest fifo "limits: {event_channels: 4999}"
}

@test "guests: instructions that leave the guest: prefixes, steps over them, CR4, TSC, hidden ones (insn)" {
	guest insn
}

@test "guests: memory given back, pages shown, grants of version 1 (memory; XSA-486, XSA-501, XSA-517)" {
	guest memory
}

@test "guests: moves to and from memory and ports where nothing is (mmio)" {
	guest mmio
}

@test "guests: the local APIC by page and by register (apic)" {
	guest apic
}

@test "guests: the local APIC's timer, and the periodic one (timer)" {
	guest timer
}

@test "guests: NMIs to itself and to a second CPU (nmi)" {
	guest nmi "vcpus: 2"
}

@test "guests: calls with the layouts of 32 bits, without page tables, with PAE and from compatibility mode (narrow)" {
	local more=1
	# On Xen in QEMU 7.2 a guest with 32-bit page tables soon stays at a VMMCALL for ever.
	[ "$(xl info xen_extra)" = -core ] || more=0
	guest narrow "cmdline: $more"
}

@test "guests: a second CPU and interrupts both ways (smp)" {
	guest smp "vcpus: 2"
}

@test "guests: memory given back and taken while a second CPU reads it (flush)" {
	guest flush "vcpus: 2"
}

@test "guests: a page that was lent is its owner's alone once its entry says so, however busily it was written (grants)" {
	guest_start grants "cmdline: 0"
	guest_start grants-2 "cmdline: 1" "vcpus: 2"
	guest_ends grants 300
	guest_ends grants-2 300
}

@test "guests: one that calls at random (fuzz) disturbs neither dom0 nor another, and leaves nothing" {
	local free seconds end longest=0 start now more=0
	seconds=$(fuzz_seconds)
	guest events
	free=$(host-free)
	spec bystander
	xlite apply "$SPEC"
	# On Xen it takes no interrupts, which QEMU 7.2 now and then delivers twice.
	[ "$(xl info xen_extra)" != -core ] || more=1
	guest_start fuzz "cmdline: $SEED $seconds $more"
	end=$((SECONDS + seconds))
	# Dom0 answers all the while. How fast is for whoever reads it: on a busy machine nothing is.
	while [ "$SECONDS" -lt "$end" ]; do
		start=${EPOCHREALTIME//[!0-9]/}
		timeout 300 xl list bystander >/dev/null
		timeout 300 xenstore-read /local/domain/0/name >/dev/null
		now=${EPOCHREALTIME//[!0-9]/}
		[ $((now - start)) -le "$longest" ] || longest=$((now - start))
		! has_ended fuzz || break
	done
	echo "# seed $SEED, $seconds s; the slowest look took $((longest / 1000)) ms" >&3
	guest_ends fuzz 300
	grep -o 'rounds: [0-9]*' "$(console_log fuzz)" | sed 's/^/# /' >&3
	xl list bystander | grep -E ' [-r][-b]----'
	xlite delete --now -q bystander
	wait_until 120 free_again "$free" || { echo "free: $(host-free) KiB, before $free"; return 1; }
}
