# SPDX-License-Identifier: GPL-2.0-or-later
# What the suites of the watch share. Domains are ended from outside (end-domain) with the code that a guest of theirs would give, or by themselves.
# shellcheck shell=bash disable=SC2034

setup() {
	SPEC=$BATS_TEST_TMPDIR/spec.yaml WATCH='' SAID=$BATS_TEST_TMPDIR/said DIR=$BATS_TEST_TMPDIR/specs
	mkdir -p "$DIR"
	begin
}

teardown() {
	local name
	watch_end KILL
	rm -f /run/xlite/watch.sock
	if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
		cat "$SAID" >&2 || true
		for name in $(xlite list -o name | sed -n 's,^domain/,,p' | grep -v '^Domain-0$'); do xlite destroy "$name" || true; done
		xenstore-list /libxl >&2 || true
		return 0
	fi
	end
}

# watch_start ARGUMENT...: a watch that is ready; what it says is in $SAID.
watch_start() {
	xlite watch "$@" >>"$SAID" 2>&1 3>&- &
	WATCH=$!
	wait_until 60 eval '[[ $(xlite watch --status 2>&1) == *"pid $WATCH: watch"* ]]'
}

# watch_end SIGNAL: its status is in STATUS.
watch_end() {
	STATUS=0
	[ -n "$WATCH" ] || return 0
	kill "-$1" "$WATCH" 2>/dev/null || true
	wait "$WATCH" 2>/dev/null || STATUS=$?
	WATCH=
}

# is_state NAME STATE: in the list; "absent" for none.
is_state() {
	local found
	found=$(xlite list | awk -v name="$1" '$1 == name { for (i = 2; i <= NF; i++) if ($i ~ /^[a-z][a-z-]+$/) { print $i; exit } }')
	[ "${found:-absent}" = "$2" ]
}

# is_new NAME DOMID: it runs, and is another than that.
is_new() {
	is_state "$1" running && [ "$(domid "$1")" != "$2" ]
}

# no_record_left: no record is kept of a domain that was being built anew.
no_record_left() {
	local id
	for id in $(xenstore-list /libxl 2>/dev/null); do
		[[ $(xenstore-read "/libxl/$id/xlite/finished" 2>/dev/null) != *again* ]] || return 1
	done
}

ends_of() {
	xenstore-read "/libxl/$(domid "$1")/xlite/finished" | sed -n 's/.*ends=\([0-9]*\)@.*/\1/p'
}
