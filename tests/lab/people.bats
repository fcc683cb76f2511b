#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Verbs for people: wait, logs, describe. What they say is compared with what xl, the kernel and the guest say.

load helper

@test "wait: for a domain that runs, one that comes, one that is paused, one that ends, and one that goes" {
	spec a
	# It is not there yet.
	xlite wait a >"$BATS_TEST_TMPDIR/comes" 3>&- &
	local waiter=$!
	xlite apply "$SPEC"
	wait $waiter
	[ "$(cat "$BATS_TEST_TMPDIR/comes")" = "domain/a running" ]
	run -0 xlite wait domain/a "$(domid a)" "$(xl list -v a | awk 'NR == 2 { print $(NF - 2) }')"
	[ "$output" = "$(printf 'domain/a running\n%.0s' 1 2 3)" ]

	xl pause a
	run -124 xlite wait a --timeout 1
	[[ $output == *"a was not ready within 1 s: it is paused"* ]]
	xlite wait -q a >"$BATS_TEST_TMPDIR/quiet" 3>&- &
	waiter=$!
	xl unpause a
	wait $waiter
	[ ! -s "$BATS_TEST_TMPDIR/quiet" ]
	run -124 xlite wait a --for ended --timeout 1
	[[ $output == *"a: it has not ended"* ]]
	run -124 xlite wait a --for gone --timeout 1
	[[ $output == *"a: it is still there"* ]]

	xlite wait a --for ended --timeout 1m >"$BATS_TEST_TMPDIR/ends" 3>&- &
	waiter=$!
	xlite wait a nobody --for gone --timeout 1m >"$BATS_TEST_TMPDIR/goes" 3>&- &
	wait_until 60 has_process "xlite wait a nobody"
	xl destroy a
	wait $waiter
	wait $!
	[ "$(cat "$BATS_TEST_TMPDIR/ends")" = "domain/a ended" ]
	[ "$(cat "$BATS_TEST_TMPDIR/goes")" = "$(printf 'domain/nobody gone\ndomain/a gone')" ]

	# Of several each is the one that was there at the begin, whichever ends first.
	xlite apply -q "$SPEC"
	spec b
	xlite apply -q "$SPEC"
	xlite wait a b --for ended --timeout 5m >"$BATS_TEST_TMPDIR/ends" 3>&- &
	waiter=$!
	wait_until 60 has_process "xlite wait a b"
	sleep 1
	xlite delete --now -q b
	wait_until 60 grep -q "domain/b ended" "$BATS_TEST_TMPDIR/ends"
	xlite delete --now -q a
	wait $waiter
	[ "$(cat "$BATS_TEST_TMPDIR/ends")" = "$(printf 'domain/b ended\ndomain/a ended')" ]

	# One that was built anew before this looked again has ended, too.
	spec a "on_crash: restart"
	xlite apply -q "$SPEC"
	xlite wait a --for ended --timeout 5m >"$BATS_TEST_TMPDIR/ends" 3>&- &
	waiter=$!
	wait_until 60 has_process "xlite wait a --for ended"
	sleep 1
	kill -STOP $waiter
	end-domain "$(domid a)" 3
	xlite apply -q "$SPEC"
	kill -CONT $waiter
	wait $waiter
	[ "$(cat "$BATS_TEST_TMPDIR/ends")" = "domain/a ended" ]
	xlite delete --now -q a

	run -1 xlite wait nobody --for ended
	[[ $output == *"nobody: no such domain"* ]]
	run -124 xlite wait nobody --timeout 1
	[[ $output == *"nobody: there is no such domain on this host"* ]]
	run -64 xlite wait nobody --for asleep
	[[ $output == *"--for: "*"asleep"*"tcp=PORT"* ]]
	# What xl left of it.
	xlite apply -q "$SPEC"
	xlite delete --now a
}

# shows WORDS: describe says so.
shows() {
	[[ $output == *"$1"* ]] || { echo "not shown: $1"; return 1; }
}

@test "logs, describe: a guest's console, disks and interfaces, while it runs and after" {
	local dir=$BATS_TEST_TMPDIR log follower id
	disk_image "$dir/a.img" 4
	log=$(console_log seen)
	rm -f "$log"
	linux_spec seen "xlite.ip=10.99.0.11/24" "vifs: [{bridge: xenbr0, mac: '00:16:3e:99:00:11', ip: 10.99.0.11}]" \
		"vbds: [{vdev: xvda, source: $dir/a.img}]"
	run -1 xlite logs seen
	[[ $output == *"seen: no such domain"* ]]
	xlite apply "$SPEC"
	xlite wait seen --for "console=GUEST: ready" --timeout 10m
	guest_again seen "GUEST: ready"
	id=$(domid seen)
	run -0 xlite logs seen
	diff <(cat "$log") <(xlite logs seen)
	[ "$(xlite logs "$id" --tail 1)" = "$(tail -n 1 "$log")" ]
	[ "$(xlite logs seen --tail 3 | wc -l)" -eq "$(tail -n 3 "$log" | wc -l)" ]

	# Follows what comes, and the file when it is rotated.
	xlite logs seen -f --tail 1 >"$dir/followed" 3>&- &
	follower=$!
	on_guest seen 'echo first word' >/dev/null
	wait_until 60 grep -q "first word" "$dir/followed"
	mv "$log" "$log.1"
	cp "$log.1" "$log"
	echo "a line of the new file" >>"$log"
	wait_until 60 grep -q "a line of the new file" "$dir/followed"
	: >"$log"
	echo "a line after it was emptied" >>"$log"
	wait_until 60 grep -q "a line after it was emptied" "$dir/followed"
	kill $follower
	wait $follower || true
	# xenconsoled writes to the file that it has open.
	mv "$log.1" "$log"

	on_guest seen "dd if=/dev/xvda bs=4096 count=16 2>/dev/null | md5sum; dd if=/dev/zero of=/dev/xvda seek=100 bs=4096 count=1 conv=fsync 2>/dev/null" >/dev/null
	ip addr add 10.99.0.1/24 dev xenbr0
	ping -c 1 -w 60 10.99.0.11
	run -0 xlite describe seen
	echo "$output"
	shows "Name:    seen"
	shows "Domid:   $id"
	shows "State:   running"
	shows "vif 0: vif$id.0, MAC 00:16:3e:99:00:11, bridge xenbr0: connected"
	shows "addresses by its spec: 10.99.0.11"
	shows "addresses seen: 10.99.0.11"
	shows "the guest has sent "
	shows "xvda: $dir/a.img, read-write: connected"
	shows "the guest has written 4.0 KiB in 1 request"
	shows "memory: 256MiB"
	shows "Last lines of its console:"
	ip addr del 10.99.0.1/24 dev xenbr0
	[ "$(sed -n 's/.*the guest has read .* in \([0-9]*\) requests*/\1/p' <<<"$output")" = "$(cat "/sys/bus/xen-backend/devices/vbd-$id-51712/statistics/rd_req")" ]

	# What waits for the next boot.
	sed -i 's/^cmdline: .*/& later=1/' "$SPEC"
	run -0 xlite apply "$SPEC"
	run -0 xlite describe seen
	shows "Waits for the next boot:"
	shows "  cmdline: "
	xlite delete --now seen
	# The log outlives the domain.
	xlite logs seen | grep -q "GUEST: ready"
	run -1 xlite describe seen
	[[ $output == *"seen: no such domain"* ]]
	# Domain 0 and domains of other tools.
	run -0 xlite describe 0
	shows "Name:    Domain-0"
	[[ $output != *"another tool"* ]]
	run -1 xlite logs Domain-0
	[[ $output == *"there is no log of its console"*"--log=guest"* ]]
}

@test "complete: the names of domains and networks on the host, but for those that a shell would carry out" {
	spec web1
	printf 'kind: network\nname: lan\nmode: bridge\nbridge: br-lan\n' >"$BATS_TEST_TMPDIR/lan.yaml"
	xlite apply -q "$SPEC" "$BATS_TEST_TMPDIR/lan.yaml"
	[ "$(xlite complete console '')" = "$(printf 'web1\tdomain')" ]
	[ "$(xlite complete delete '' | cut -f 1 | tr '\n' ' ')" = "web1 network/lan :specs " ]
	[ "$(xlite complete get --output name network/ | cut -f 1)" = network/lan ]
	[ -z "$(xlite complete -H ssh://nowhere console '')" ]
	xl rename web1 'web1;reboot'
	[ -z "$(xlite complete console '')" ]
	xl rename 'web1;reboot' web1
	xlite delete -q --now web1 network/lan
}

@test "selector: domains by their labels, and no others" {
	local n
	for n in "a {tier: web, env: prod}" "b {tier: web, env: test, canary: ''}" "c {tier: data}" "d {}"; do
		printf -- '---\nname: %s\nmemory: 8MiB\nkernel: %s/tiny.elf\nlabels: %s\n' "${n%% *}" "$IMAGES" "${n#* }"
	done >"$SPEC"
	xlite apply -q "$SPEC"
	printf 'name="foreign"\ntype="pvh"\nkernel="%s/tiny.elf"\nmemory=32\n' "$IMAGES" >"$BATS_TEST_TMPDIR/foreign.cfg"
	xl create -q "$BATS_TEST_TMPDIR/foreign.cfg"
	while read -r selector names; do
		[ "$(xlite list -o name -l "$selector" | tr '\n' ' ')" = "${names:+domain/${names// / domain/} }" ] || { echo "$selector"; xlite list -l "$selector"; false; }
		[ "$(xlite get -o json --selector "$selector" | grep -c '"domid"')" -eq "$(wc -w <<<"$names")" ]
	done <<-END
		tier=web a b
		tier==web,env=prod a
		tier a b c
		!tier d
		env!=test a c d
		tier,!canary a c
		canary= b
		tier=we
		tie
	END
	run -0 xlite pause -l tier=web
	[ "$output" = "$(printf 'domain/a paused\ndomain/b paused')" ]
	run -0 xlite pause -l tier=nothing
	[ "$output" = "xlite: no domain has these labels: tier=nothing" ]
	run -1 xlite wait -l tier=nothing
	run -0 xlite wait -l tier=data
	[ "$output" = "domain/c running" ]
	run -0 xlite delete --now -l tier!=data
	[ "$(xlite list -o name | tr '\n' ' ')" = "domain/Domain-0 domain/c domain/foreign " ]
	run -0 xlite destroy -l tier
	[ "$output" = "domain/c destroyed" ]
	run -64 xlite delete -l tier=web c
	xl destroy foreign
}

# listed FILE STATE NAME [ID]: a line of list -w says so.
listed() {
	awk -v state="$2" -v name="$3" -v id="${4:-}" '$3 == state && $1 == name && (id == "" || $2 == id) { found = 1 } END { exit !found }' "$1"
}

# sleeps PID: it has not been awake for three seconds.
sleeps() {
	local before
	before=$(grep ctxt_switches "/proc/$1/status")
	sleep 3
	[ "$before" = "$(grep ctxt_switches "/proc/$1/status")" ]
}

# ended_well PID: by itself, or by the signal that it got, with status 0.
ended_well() {
	wait "$1"
}

@test "list -w: a line for each domain that comes, changes, is stopped, comes back and goes; nothing while nothing happens" {
	local out=$BATS_TEST_TMPDIR/out json=$BATS_TEST_TMPDIR/json labels=$BATS_TEST_TMPDIR/labels all objects chosen id target
	xlite list -w >"$out" 3>&- &
	all=$!
	xlite list -w -o json >"$json" 3>&- &
	objects=$!
	xlite list --watch -o wide -l tier=web >"$labels" 3>&- &
	chosen=$!
	wait_until 60 listed "$out" running Domain-0 0
	wait_until 60 grep -q "^NAME .* UUID$" "$labels"
	[ "$(head -n 1 "$out")" = "$(xlite list | head -n 1)" ]
	spec other
	xlite apply -q "$SPEC"
	spec w "labels: {tier: web}" "vcpus: 2"
	xlite apply -q "$SPEC"
	id=$(domid w)
	wait_until 60 listed "$out" running w "$id"
	wait_until 60 listed "$out" running other
	wait_until 60 listed "$labels" running w "$id"
	run ! grep other "$labels"
	# Its figures are those of the list.
	[ "$(awk -v id="$id" '$2 == id { print $1, $2, $3, $4, $5 }' "$out" | tail -n 1)" = "$(xlite list | awk -v id="$id" '$2 == id { print $1, $2, $3, $4, $5 }')" ]
	xl rename w renamed
	wait_until 60 listed "$out" running renamed "$id"
	xl rename renamed w

	# While nothing happens it sleeps. Xen has no event for a pause: it is seen at the next one.
	wait_until 120 sleeps "$all"
	xl pause w
	target=$(xenstore-read "/local/domain/$id/memory/target")
	xenstore-write "/local/domain/$id/memory/target" "$target"
	wait_until 60 listed "$out" paused w "$id"
	xl unpause w
	wait_until 60 awk -v id="$id" '$2 == id && $3 == "paused" { paused = 1 } paused && $2 == id && $3 == "running" { found = 1 } END { exit !found }' "$out"

	xlite stop --now -q w
	wait_until 60 listed "$out" stopped w -
	xlite start -q w
	id=$(domid w)
	wait_until 60 listed "$out" running w "$id"
	xl destroy w
	wait_until 60 listed "$out" gone w "$id"
	xlite delete --now -q other
	wait_until 60 listed "$out" gone other
	wait_until 60 listed "$labels" gone w "$id"
	run ! grep other "$labels"
	# To its end it has its name.
	run ! grep -E "^\(unnamed\) .*(dying|gone)" "$out"
	wait_until 60 grep -q '"name":"other".*"state":"gone"' "$json"
	run ! grep -v '^{.*}$' "$json"

	kill -INT $all
	ended_well $all
	kill -TERM $chosen
	ended_well $chosen
	kill -HUP $objects
	ended_well $objects
	xlite apply -q "$SPEC"
	xlite delete --now -q w
}

@test "list -w: ends when nobody reads, and has nothing to write to" {
	local out=$BATS_TEST_TMPDIR/out
	bash -c 'set -o pipefail; xlite list -w | head -n 1' >"$out" 3>&- &
	ended_well $!
	[[ $(cat "$out") == NAME* ]]
	run -1 bash -c 'xlite list -w >&-'
	[[ $output == *"standard output"* ]]
}

# cell NAME TITLE: what the last table of top in $output has for that domain.
cell() {
	awk -v name="$1" -v title="$2" '$1 == "ID" { for (i = 1; i <= NF; i++) if ($i == title) at = i } $2 == name { found = $at } END { print found }' <<<"$output"
}

# hundredths TIME: of top's TIME+, in hundredths.
hundredths() {
	awk -F '[h:.]' '/h/ { print (($1 * 60 + $2) * 60 + $3) * 100; next } { print ($1 * 60 + $2) * 100 + $3 }' <<<"$1"
}

# within LOW NUMBER HIGH
within() {
	awk -v low="$1" -v is="$2" -v high="$3" 'BEGIN { exit !(low <= is && is <= high) }' || { echo "not $1 <= $2 <= $3"; return 1; }
}

# bytes TEXT: of "1.5K".
bytes() {
	awk '{ n = $0 + 0; u = index("KMG", substr($0, length($0))); while (u-- > 0) n *= 1024; print n }' <<<"$1"
}

# used NAME: its CPU time by xl, in hundredths.
used() {
	xl list "$1" | awk 'NR == 2 { print $NF * 100 }'
}

@test "top -b: CPU time, memory, vCPUs and rates are what xl and the kernel count" {
	local dir=$BATS_TEST_TMPDIR id low high link dev ping got
	disk_image "$dir/a.img" 16
	linux_spec seen "xlite.ip=10.99.0.11/24" "vifs: [{bridge: xenbr0, mac: '00:16:3e:99:00:11', ip: 10.99.0.11}]" \
		"vbds: [{vdev: xvda, source: $dir/a.img}]" "labels: {tier: web}"
	linux_up seen "GUEST: ready"
	id=$(domid seen)
	spec tiny "vcpus: 2"
	xlite apply -q "$SPEC"
	link=/sys/class/net/vif$id.0/statistics
	dev=/sys/bus/xen-backend/devices/vbd-$id-51712/statistics
	ip addr add 10.99.0.1/24 dev xenbr0
	wait_until 60 ping -c 1 -W 2 10.99.0.11 >/dev/null
	on_guest seen "(while :; do dd if=/dev/zero of=/dev/xvda bs=64k count=16 seek=32 conv=fsync; done >/dev/null 2>&1 &) ; echo begun" >/dev/null
	ping -s 1000 10.99.0.11 >/dev/null 3>&- &
	ping=$!
	wait_until 60 awk '{ exit !($1 > 0) }' "$dev/wr_sect"

	low=("$(used seen)" "$(cat "$link/rx_bytes")" "$(cat "$link/tx_bytes")" "$(cat "$dev/wr_sect")")
	run -0 xlite top --batch -n 2 -d 5
	high=("$(used seen)" "$(cat "$link/rx_bytes")" "$(cat "$link/tx_bytes")" "$(cat "$dev/wr_sect")")
	kill $ping
	wait $ping || true
	echo "$output"
	[ "$(grep -cE '^[0-9]+ CPUs?, .* busy; memory ' <<<"$output")" -eq 2 ]
	[ "$(cell seen ID)" -eq "$id" ]
	[ "$(cell seen STATE)" = running ]
	within $((low[0] - 10)) "$(hundredths "$(cell seen TIME+)")" $((high[0] + 10))
	within 0.1 "$(cell seen CPU%)" 150
	# Five seconds at this rate are no more than what went through meanwhile.
	within 1 "$(bytes "$(cell seen TX/s)")" $(((high[1] - low[1]) / 5 * 11 / 10 + 1))
	within 1 "$(bytes "$(cell seen RX/s)")" $(((high[2] - low[2]) / 5 * 11 / 10 + 1))
	within 1 "$(bytes "$(cell seen WRITE/s)")" $(((high[3] - low[3]) * 512 / 5 * 11 / 10 + 1))
	[ "$(cell tiny RX/s)$(cell tiny READ/s)" = -- ]
	for got in seen tiny Domain-0; do
		[ "$(cell $got MEMORY)" = "$(xl list $got | awk 'NR == 2 { print $3 }')MiB" ]
		[ "$(cell $got VCPUS)" = "$(xl list $got | awk 'NR == 2 { print $4 }')" ]
	done

	# In order, each vCPU, and only those that are meant.
	for got in id:'0 '"$id $(domid tiny)" name:"0 $id $(domid tiny)" memory:"0 $id $(domid tiny)"; do
		run -0 xlite top -b -n 1 --sort "${got%%:*}"
		[ "$(awk '$1 ~ /^[0-9]+$/ && $2 !~ /^CPU/ { print $1 }' <<<"$output" | xargs)" = "${got#*:}" ]
	done
	run -0 xlite top -b -n 1 --vcpus tiny
	[ "$(awk 'NR > 2 { print $2 }' <<<"$output" | xargs)" = "tiny vcpu0 vcpu1" ]
	run -0 xlite top -b -n 1 -l tier=web
	[ "$(awk '$1 == "ID" { t = 1; next } t { print $2 }' <<<"$output")" = seen ]
	run -0 xlite top -b -n 1 "$(domid tiny)"
	[ "$(awk '$1 == "ID" { t = 1; next } t { print $2 }' <<<"$output")" = tiny ]
	run -1 xlite top -b nobody
	[[ $output == *"nobody: no such domain"* ]]

	# Nobody reads; nothing to write to; a signal.
	bash -c 'set -o pipefail; xlite top -b -d 1 | head -n 1' >"$dir/out" 3>&- &
	ended_well $!
	run -1 bash -c 'xlite top -b >&-'
	[[ $output == *"standard output"* ]]
	xlite top -b -d 1h >"$dir/out" 3>&- &
	got=$!
	wait_until 60 grep -q Domain-0 "$dir/out"
	kill -TERM $got
	ended_well $got
	ip addr del 10.99.0.1/24 dev xenbr0
	xlite delete --now -q seen tiny
}

@test "edit: what was changed is applied, in its set; what cannot be is kept" {
	spec e1 "scheduler: {weight: 300}"
	xlite apply -q --set s1 "$SPEC"
	export TMPDIR=$BATS_TEST_TMPDIR
	# Both of them may be commands with words.
	EDITOR=false VISUAL="sed -i -e s/300/400/" run -0 xlite edit e1
	[[ $output == *"domain/e1 changed" ]]
	[ "$(xl sched-credit2 -d e1 | awk '$1 == "e1" { print $3 }')" -eq 400 ]
	[ "$(xlite list -o json | tr -d ' \n' | grep -o '"set":"[^"]*"')" = '"set":"s1"' ]
	EDITOR=true run -0 xlite edit e1
	[ "$output" = "domain/e1 unchanged" ]
	EDITOR=false run -1 xlite edit e1
	[[ $output == *"e1: the editor (false) has failed; nothing was done" ]]
	[ -z "$(compgen -G "$TMPDIR/xlite-edit-*")" ]

	EDITOR="sed -i s/memory:/memry:/" run -65 xlite edit e1
	[[ $output == *"unknown key"*"what was edited is in $TMPDIR/xlite-edit-"* ]]
	grep -q memry "$TMPDIR"/xlite-edit-*.yaml
	EDITOR="sed -i s/e1/e2/" run -65 xlite edit e1
	[[ $output == *"this would be another domain"* ]]
	EDITOR="sh -c 'printf \"\\n---\\n{kind: volume, name: v, size: 1MiB}\\n\" >>\$0'" run -65 xlite edit e1
	[[ $output == *"e1: it must be the spec of this one domain"* ]]
	EDITOR="sh -c 'xlite pause -q e1; printf \"name: e1\\nmemory: 16MiB\\nkernel: /root/images/tiny.elf\\nlabels: {c: d}\\n\" | xlite apply -q --set s1 -; echo >>\$0'" run -75 xlite edit e1
	[[ $output == *"e1: it was changed meanwhile by another command"* ]]
	run -73 xlite edit 0
	run -1 xlite edit nobody
	run -64 xlite -H ssh://nowhere edit e1
	xlite delete --now -q e1
}

@test "stop, start: a domain goes and comes back as it was, by name, label and uuid; a watch leaves it" {
	local uuid watch
	spec s1 "labels: {a: b}" "vifs: [{bridge: xenbr0, ip: 192.0.2.9/24}]"
	xlite apply -q --set set1 "$SPEC"
	xlite get -o yaml s1 >"$BATS_TEST_TMPDIR/had"
	uuid=$(xlite list -o wide | awk '$1 == "s1" { print $NF }')
	run -0 xlite start s1
	[ "$output" = "domain/s1 unchanged" ]
	run -0 --separate-stderr xlite stop --now --events jsonl s1
	[ "$output" = "domain/s1 stopped" ]
	grep '"type":"step","domain":"s1","step":"destroy","status":"done"' <<<"$stderr"
	grep '"type":"result","domain":"s1","step":null,"status":"stopped"' <<<"$stderr"
	run ! xl domid s1
	[ "$(xlite list | awk '$1 == "s1" { print $2, $3, $4 }')" = "- stopped -" ]
	[ "$(xlite list -o name)" = domain/Domain-0 ]
	xlite get -o json s1 | tr -d ' \n' | grep '"domid":null.*"state":"stopped".*"set":"set1"'
	diff "$BATS_TEST_TMPDIR/had" <(xlite get -o yaml s1 | grep -v '^# stopped')
	[ "$(xlite complete start '' | cut -f 1)" = s1 ]
	run -0 xlite stop s1
	[ "$output" = "domain/s1 unchanged" ]
	run -1 xlite reboot s1
	[[ $output == *"s1: no such domain"*"it was stopped: \`xlite start s1'"* ]]
	run -0 xlite doctor
	# Neither a watch nor its file starts it.
	sed -i 's/16MiB/24MiB/' "$SPEC"
	xlite watch --set set1 "$SPEC" 3>&- 2>"$BATS_TEST_TMPDIR/watch" &
	watch=$!
	wait_until 60 eval '[[ $(xlite watch --status 2>&1) == *"files: status 0"* ]]'
	xlite watch --status | grep "s1.*stopped"
	run ! xl domid s1
	kill $watch
	wait $watch || true
	run -0 xlite start "$uuid"
	[[ $output == "domain/"*" started" ]]
	[ "$(xlite list -o wide | awk '$1 == "s1" { print $3, $7, $8 }')" = "running set1 $uuid" ]
	diff "$BATS_TEST_TMPDIR/had" <(xlite get -o yaml s1)
	[ "$(xlite list | grep -c s1)" -eq 1 ]
	# One that cannot be built stays stopped, and nothing is left of the try.
	xlite stop -q --now -l a=b
	mv "$IMAGES/tiny.elf" "$IMAGES/gone.elf"
	run -1 xlite start -l a
	mv "$IMAGES/gone.elf" "$IMAGES/tiny.elf"
	[[ $output == *"s1: "*"tiny.elf"* ]]
	run -0 xlite start -l a
	[ "$output" = "domain/s1 started" ]
	# It may be applied, and forgotten.
	xlite stop -q --now s1
	run -0 xlite apply --set set1 "$SPEC"
	[ "$output" = "domain/s1 created" ]
	xlite stop -q --now s1
	run -0 xlite delete s1
	[ "$output" = "domain/s1 deleted" ]
	run -1 xlite start s1
	[[ $output == *"s1: no such domain"* ]]
	run -73 xlite stop Domain-0
	run -1 xlite stop nobody
}
