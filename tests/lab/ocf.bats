#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The resource agent ocf:xlite:domain: each action on the host, as Pacemaker calls it. What it says is compared with xl.

load helper
load watch

export OCF_ROOT=/usr/lib/ocf OCF_RESKEY_name=web OCF_RESKEY_CRM_meta_timeout=120000 OCF_RESKEY_CRM_meta_interval=10000
AGENT=/usr/local/lib/ocf/resource.d/xlite/domain

# agent STATUS ACTION
agent() {
	run "$AGENT" "$2"
	echo "$output"
	[ "$status" -eq "$1" ]
}

# seen STATE: what xl and xenstore say: here, gone.
seen() {
	local there=gone
	[ -z "$(xl list 2>/dev/null | awk '$1 == "web"')" ] || there=here
	[ "$there" = "$1" ]
}

web() {
	spec web "shutdown_timeout: 2" "$@"
	export OCF_RESKEY_spec=$SPEC
}

@test "ocf: a domain is started, looked at and stopped, each as often as one likes" {
	web
	agent 0 meta-data
	[[ $output == *'<resource-agent name="domain"'* ]]
	agent 3 promote
	agent 0 validate-all
	agent 7 monitor
	agent 0 stop
	agent 0 start
	seen here
	agent 0 monitor
	agent 0 start
	agent 0 monitor
	# It does not follow the request to shut down.
	agent 0 stop
	[[ $output == *"domain/web destroyed"* ]]
	seen gone
	agent 0 stop
	agent 7 monitor
	# What somebody stopped by hand does not run, and is stopped already.
	agent 0 start
	xlite stop --now web
	agent 7 monitor
	agent 0 stop
	agent 0 start
	seen here
	xlite pause -q web
	agent 0 monitor
	agent 0 stop
	seen gone
}

@test "ocf: a guest that shuts down in time is not destroyed" {
	local id stop
	web
	agent 0 start
	id=$(domid web)
	OCF_RESKEY_shutdown_timeout=70 "$AGENT" stop >"$BATS_TEST_TMPDIR/stop" 2>&1 3>&- &
	stop=$!
	wait_until 60 eval '[ "$(xenstore-read /local/domain/$id/control/shutdown 2>/dev/null)" = poweroff ]'
	seen here
	end-domain "$id" 0
	wait $stop
	grep "domain/web deleted" "$BATS_TEST_TMPDIR/stop"
	seen gone
}

@test "ocf: a guest between its end and its next boot runs, if a watch sees to that; else it has failed" {
	local id
	web "on_crash: destroy"
	agent 0 start
	end-domain "$(domid web)" 1
	agent 1 monitor
	[[ $output == *"ocf-exit-reason:web is rebooting"* ]]
	agent 0 start
	# While the watch waits with the domain that has ended, as after many ends, and when only a record is left of it.
	id=$(domid web)
	watch_start --backoff 1h
	xenstore-write "/libxl/$id/xlite/finished" "1 ends=20@$(cut -d. -f1 /proc/uptime)"
	end-domain "$id" 1
	wait_until 60 grep -q "web: it asked for a reboot (21 ends in a row)" "$SAID"
	is_state web rebooting
	agent 0 monitor
	watch_end KILL
	xenstore-read "/libxl/$(domid web)/xlite" >"$BATS_TEST_TMPDIR/record"
	agent 0 stop
	seen gone
	xenstore-write /libxl/30000/xlite "$(cat "$BATS_TEST_TMPDIR/record")"
	xenstore-write /libxl/30000/xlite/finished "1 ends=2@5 again"
	is_state web rebuilding
	[ -z "$(xlite list -o name | grep web)" ]
	[[ $(xlite get -o yaml web) == "# being built anew"* ]]
	agent 0 monitor
	agent 0 stop
	is_state web absent
	agent 7 monitor
	run ! xenstore-read /libxl/30000/xlite
	# Its key gives a crash to the cluster.
	agent 0 start
	watch_start
	end-domain "$(domid web)" 3
	wait_until 60 is_state web absent
	agent 7 monitor
	watch_end TERM
	agent 0 stop
	xlite delete -q web
}

@test "ocf: a domain of that name that xl made runs, and is stopped, too" {
	web
	printf 'name = "web"\ntype = "pvh"\nmemory = 32\nkernel = "%s/tiny.elf"\n' "$IMAGES" >"$BATS_TEST_TMPDIR/web.cfg"
	xl create "$BATS_TEST_TMPDIR/web.cfg"
	agent 0 monitor
	OCF_RESKEY_shutdown_timeout=1 agent 0 stop
	seen gone
}

@test "ocf: what is missing or wrong on a node, and on all of them" {
	local spec
	web
	spec=$OCF_RESKEY_spec
	OCF_RESKEY_name='' agent 6 validate-all
	OCF_RESKEY_name='a b' agent 6 start
	OCF_RESKEY_spec=web.yaml agent 6 validate-all
	OCF_RESKEY_shutdown_timeout=1m agent 6 stop
	[[ $output == *"ocf-exit-reason:shutdown_timeout: '1m' is not a number of seconds"* ]]
	OCF_RESKEY_wait=x agent 6 start
	# Of the file this node has none, or a wrong one: a probe finds nothing, which is no error, but it cannot start here.
	export OCF_RESKEY_spec=/nowhere/web.yaml
	OCF_RESKEY_CRM_meta_interval=0 agent 7 monitor
	agent 0 stop
	agent 5 start
	[[ $output == *"ocf-exit-reason:/nowhere/web.yaml is not there"* ]]
	agent 5 validate-all
	export OCF_RESKEY_spec=$spec
	OCF_RESKEY_name=other agent 5 start
	[[ $output == *"must describe the domain 'other' and no other; its domains are: web"* ]]
	echo 'memry: 3' >>"$spec"
	agent 5 validate-all
	[[ $output == *"unknown key"* ]]
	web "vifs: [{bridge: nowhere}]"
	agent 1 start
	[[ $output == *"nowhere"* ]]
	# It runs without its file, too, and is stopped without it.
	web
	agent 0 start
	rm "$spec"
	OCF_RESKEY_CRM_meta_interval=0 agent 0 monitor
	agent 0 stop
	seen gone
	# A host that does not answer is no host on which nothing runs.
	XENSTORED_PATH=/nowhere agent 1 monitor
	XENSTORED_PATH=/nowhere run timeout 5 "$AGENT" stop
	[ "$status" -ne 0 ]
}
