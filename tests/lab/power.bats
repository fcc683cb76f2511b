#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The end of a host: delete --all --deadline, as the services run it (systemd/xlite-domains.service.in).

load helper

# guest NAME [LINE...]: a document more.
guest() {
	[ -s "$SPEC" ] && echo --- >>"$SPEC"
	printf 'name: %s\nmemory: 16MiB\nkernel: %s/tiny.elf\n' "$1" "$IMAGES" >>"$SPEC"
	[ $# -lt 2 ] || printf '%s\n' "${@:2}" >>"$SPEC"
}

# obey NAME: powers the guest off when it is asked to, as one with a driver does, and notes that.
obey() {
	local id
	id=$(domid "$1")
	(
		until how=$(xenstore-read "/local/domain/$id/control/shutdown" 2>/dev/null) || exit 0 && [ "$how" = poweroff ]; do sleep 2; done
		echo "$1" >>"$BATS_TEST_TMPDIR/order"
		end-domain "$id" 0
	) 3>&- &
}

# lock_is_held: somebody has the host's lock.
lock_is_held() {
	! flock -n /run/xlite/lock true
}

@test "power: all domains of xlite's end, those that depend on others first; who does not follow is destroyed" {
	guest db
	guest web "depends_on: [db]"
	guest proxy "depends_on: [web]"
	guest hung "shutdown_timeout: 2s"
	guest asleep
	xlite apply -q "$SPEC"
	printf 'name="strange"\ntype="pvh"\nmemory=32\nkernel="%s/tiny.elf"\n' "$IMAGES" >"$BATS_TEST_TMPDIR/strange.cfg"
	xl create -q "$BATS_TEST_TMPDIR/strange.cfg"
	xlite pause -q asleep
	run -0 xlite delete --all --dry-run
	[[ $output == *"domain/db: delete"*"Plan: "*" 5 to delete"* ]]
	for name in db web proxy asleep; do obey "$name"; done
	run -0 xlite delete --all --deadline 10m
	wait
	[ "$(sort <<<"$output")" = "$(printf 'domain/%s\n' 'asleep deleted' 'db deleted' 'hung destroyed' 'proxy deleted' 'web deleted')" ]
	[ "$(grep -v asleep "$BATS_TEST_TMPDIR/order" | tr '\n' ' ')" = "proxy web db " ]
	grep -qx asleep "$BATS_TEST_TMPDIR/order"
	[ "$(xlite list -o name | grep -v Domain-0)" = domain/strange ]
	run -0 xlite delete --all --deadline 1m
	[ -z "$output" ]
	xl destroy strange
}

@test "power: when the time of all is over, who still runs is destroyed, in order, also one that another run waits for" {
	guest db
	guest web "depends_on: [db]"
	xlite apply -q "$SPEC"
	xlite delete web --timeout 10m 3>&- >"$BATS_TEST_TMPDIR/other" 2>&1 &
	wait_until 60 test -n "$(xenstore-read "/local/domain/$(domid web)/control/shutdown")"
	run -0 --separate-stderr xlite delete --all --deadline 3s
	[ "$output" = "$(printf 'domain/web destroyed\ndomain/db destroyed')" ]
	[[ $stderr == *"web: another run"*" is working on it; that does not keep it from its end" ]]
	wait
	xlite list -o name | grep -vx domain/Domain-0 && false
	run -64 xlite delete --all db
	[[ $output == *"--all is all domains"* ]]
	run -64 xlite delete
}

@test "power: neither who holds the host's lock nor a record that cannot be read keeps guests from their end" {
	local asked
	guest db
	guest web "depends_on: [db]"
	xlite apply -q "$SPEC"
	sed -i 's/^name: web$/&\nvcpus: 2/' "$SPEC"
	xlite apply -q "$SPEC"
	xenstore-rm "/libxl/$(domid web)/xlite/next"
	run ! xlite delete web
	[[ $output == *"web: the changes that wait for its next boot cannot be read"* ]]
	# It lets go of the lock when the first guest was asked.
	asked=/local/domain/$(domid web)/control/shutdown
	flock /run/xlite/lock sh -c "while how=\$(xenstore-read $asked) && [ -z \"\$how\" ]; do sleep 1; done" 3>&- &
	wait_until 60 lock_is_held
	obey web
	obey db
	run -0 --separate-stderr xlite delete --all --deadline 10m
	wait
	[ "$output" = "$(printf 'domain/web deleted\ndomain/db deleted')" ]
	[[ $stderr == *"web: the changes that wait for its next boot cannot be read"* ]]
	[ "$(tr '\n' ' ' <"$BATS_TEST_TMPDIR/order")" = "web db " ]
}

@test "power: a run that can still be taken back keeps no guest from its end, and builds none afterwards" {
	local waiting status=0
	guest web
	xlite apply -q "$SPEC"
	echo "labels: {is: changed}" >>"$SPEC"
	xlite apply --confirm 10m "$SPEC" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	waiting=$!
	wait_until 60 grep -q '`xlite confirm.* keeps this' "$BATS_TEST_TMPDIR/err"
	run -0 --separate-stderr xlite delete --all --deadline 12s
	[ "$output" = "domain/web destroyed" ]
	# As at the end of its session, which is behind that of the guests.
	kill -TERM "$waiting"
	wait "$waiting" || status=$?
	[ "$status" -eq 130 ]
	grep -q 'web: has ended meanwhile, and is not built again' "$BATS_TEST_TMPDIR/err"
	xlite list -o name | grep -vx domain/Domain-0 && false
	true
}
