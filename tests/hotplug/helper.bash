# SPDX-License-Identifier: GPL-2.0-or-later
# Shared by the suites of hotplug/: the tool, what the machine must offer, and waiting.

: "${HOTPLUG_TOOL:=$(dirname "${XLITE:-./xlite/xlite}")/../tests/tools/hotplug-tool}"
tool() { "$HOTPLUG_TOOL" "$@"; }

need_root() { [ "$(id -u)" -eq 0 ] || skip "not root"; }

need_loop() {
	need_root
	[ -c /dev/loop-control ] || skip "no /dev/loop-control (module loop)"
	command -v losetup >/dev/null || skip "no losetup"
}

# A network namespace of this test's own, for in_ns; it lasts while the process in it does.
ns_open() {
	need_root
	command -v ip >/dev/null || skip "no ip (iproute2)"
	unshare -n true 2>/dev/null || skip "no network namespaces"
	unshare -n sleep 300 >/dev/null 2>&1 3>&- &
	NS=$!
	wait_for "[ \"\$(readlink /proc/$NS/ns/net)\" != \"\$(readlink /proc/self/ns/net)\" ]"
	in_ns ip link add probe0 type bridge 2>/dev/null || { ns_close; skip "no module bridge"; }
	in_ns ip link del probe0
	in_ns ip link add probe1 type veth peer name probe2 2>/dev/null || { ns_close; skip "no module veth"; }
	# Busybox makes the pair and forgets the name.
	in_ns ip link show probe2 >/dev/null 2>&1 || { ns_close; skip "ip is not that of iproute2"; }
	in_ns ip link del probe1
}

ns_close() {
	[ -z "${NS:-}" ] || kill "$NS" 2>/dev/null || true
	NS=
}

in_ns() { nsenter -n -t "$NS" "$@"; }
ns_tool() { in_ns "$HOTPLUG_TOOL" "$@"; }

# Until the command succeeds, for at most 5 s.
wait_for() {
	local tries=500
	while [ $((tries--)) -gt 0 ]; do
		eval "$1" && return 0
		sleep 0.01
	done
	echo "not in time: $1" >&2
	return 1
}
