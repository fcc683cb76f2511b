#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The Ansible collection, by ansible-core; the host that it keeps is a lab that runs already (XLITE_LAB), by -H.

bats_require_minimum_version 1.5.0

setup_file() {
	command -v ansible-playbook >/dev/null || skip "ansible-core is missing"
	export PATH=${XLITE%/*}:$PATH ANSIBLE_HOME=$BATS_FILE_TMPDIR/home ANSIBLE_NOCOLOR=1 ANSIBLE_LOCALHOST_WARNING=False ANSIBLE_NOCOWS=1
	export ANSIBLE_INVENTORY_UNPARSED_WARNING=False ANSIBLE_PYTHON_INTERPRETER=/usr/bin/python3 PYTHONDONTWRITEBYTECODE=1
	# The second is what ansible-core calls it today.
	export ANSIBLE_COLLECTIONS_PATHS=$BATS_FILE_TMPDIR/collections
	export ANSIBLE_COLLECTIONS_PATH=$ANSIBLE_COLLECTIONS_PATHS
	mkdir -p "$ANSIBLE_COLLECTIONS_PATH/ansible_collections/xlite"
	ln -s "$TOP/ansible" "$ANSIBLE_COLLECTIONS_PATH/ansible_collections/xlite/xen"
	"$XLITE" lab exec true
	cd "$BATS_FILE_TMPDIR" || return
	cat >objects.yml <<-'END'
		- hosts: localhost
		  gather_facts: false
		  vars: {cpus: 2, truth: true}
		  module_defaults:
		    xlite.xen.domain: &host {host: lab}
		    xlite.xen.network: *host
		    xlite.xen.volume: *host
		  tasks:
		    - xlite.xen.volume: &volume
		        spec: {name: play, pool: fast, size: 1MiB}
		        pools: {fast: /root/fast}
		      register: volume
		    - xlite.xen.network: &network
		        name: play0
		        spec: {mode: nat, subnet: "10.91.0.0/24"}
		        set: plays
		      register: network
		    - xlite.xen.domain: &domain
		        spec:
		          name: play
		          memory: 16MiB
		          kernel: /root/images/tiny.elf
		          vcpus: "{{ cpus }}"
		          labels: {by: "änsible \" \\", truth: "{{ truth }}"}
		        set: plays
		        now: true
		      register: domain
		    - assert: {that: [volume is changed, network is changed, domain is changed]}
		    - when: not ansible_check_mode
		      block:
		        - assert: {that: [volume.result == 'created', network.result == 'created', domain.result == 'created']}
		        - {xlite.xen.volume: *volume, register: volume}
		        - {xlite.xen.network: *network, register: network}
		        - {xlite.xen.domain: *domain, register: domain}
		        - assert: {that: [volume is not changed, network is not changed, domain is not changed, domain.result == 'unchanged']}
	END
	cat >refused.yml <<-'END'
		- hosts: localhost
		  gather_facts: false
		  tasks:
		    - xlite.xen.domain: {host: lab, spec: {name: play, memory: 16MiB, kernel: /root/images/tiny.elf, vcpu: 3}}
		      ignore_errors: true
		      register: unknown
		    - xlite.xen.domain: &other {host: lab, spec: {name: other, memory: 16MiB, kernel: /root/images/nowhere}}
		      ignore_errors: true
		      register: missing
		    - xlite.xen.domain: *other
		      check_mode: true
		      ignore_errors: true
		      register: planned
		    - xlite.xen.domain: {host: lab, name: nobody, state: stopped}
		      ignore_errors: true
		      register: nobody
		    - xlite.xen.domain: {host: "lab:nowhere", name: nobody, state: absent}
		      ignore_errors: true
		      register: nowhere
		    - xlite.xen.volume: {host: lab, spec: {kind: network, name: a}}
		      ignore_errors: true
		      register: kind
		    - assert:
		        that:
		          - "unknown is failed and unknown.rc == 65 and 'unknown key `vcpu`; did you mean `vcpus`?' in unknown.msg"
		          - "missing is failed and missing.rc == 1 and missing.msg is match('other: /root/images/nowhere: ')"
		          - "planned is failed and planned.msg is match('other: /root/images/nowhere: ')"
		          - "nobody is failed and 'nobody: no such domain' in nobody.msg"
		          - "nowhere is failed and nowhere.rc == 69 and 'no lab is running' in nowhere.msg"
		          - "kind is failed and 'this module is for kind' in kind.msg"
	END
	cat >turns.yml <<-'END'
		- hosts: localhost
		  gather_facts: false
		  tasks:
		    - xlite.xen.domain: &stop {host: lab, name: play, state: stopped, now: true}
		      check_mode: true
		      diff: true
		      register: would
		    - {xlite.xen.domain: *stop, register: first}
		    - {xlite.xen.domain: *stop, register: second}
		    - assert: {that: [would is changed, first is changed, second is not changed, "would.diff.after == 'state: stopped\n'"]}
		    - xlite.xen.domain: &start {host: lab, name: play, state: started}
		      check_mode: true
		      register: would
		    - {xlite.xen.domain: *start, register: first}
		    - {xlite.xen.domain: *start, register: second}
		    - assert: {that: [would is changed, first is changed, second is not changed]}
		    - xlite.xen.domain: &away {host: lab, name: play, state: absent, now: true}
		      check_mode: true
		      diff: true
		      register: would
		    - {xlite.xen.domain: *away, register: first}
		    - {xlite.xen.domain: *away, register: second}
		    - assert: {that: [would is changed, first is changed, second is not changed, "would.diff.before is search('name: play')"]}
		    - {xlite.xen.network: &network {host: lab, name: play0, state: absent}, register: first}
		    - {xlite.xen.network: *network, register: second}
		    - assert: {that: [first is changed, second is not changed]}
		    - {xlite.xen.volume: &volume {host: lab, name: play, state: absent, pools: {fast: /root/fast}}, register: first}
		    - {xlite.xen.volume: *volume, register: second}
		    - assert: {that: [first is changed, second is not changed]}
	END
}

teardown_file() {
	[ -n "${ANSIBLE_HOME:-}" ] || return 0
	"$XLITE" -H lab delete --now -q play || true
	"$XLITE" -H lab delete -q network/play0 || true
	"$XLITE" lab exec rm -rf /root/fast
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return
}

# play STATUS ARGUMENT...
play() {
	run ansible-playbook "${@:2}"
	echo "$output"
	[ "$status" -eq "$1" ]
}

# there: what of the plays is on the host, by other eyes.
there() {
	"$XLITE" lab exec bash -c 'xl list | awk "\$1 == \"play\" { print \$1 }"; ip -br link | grep -o "^play0"; ls /root/fast 2>/dev/null' || true
}

@test "ansible: each module says of its options what they are" {
	ansible-doc -t module -j xlite.xen.domain xlite.xen.network xlite.xen.volume >docs.json
	/usr/bin/python3 - <<-'END'
		import importlib, json, os, sys
		sys.path.insert(0, os.environ["ANSIBLE_COLLECTIONS_PATH"])
		name = "ansible_collections.xlite.xen.plugins."
		utils = importlib.import_module(name + "module_utils.xlite")
		def taken(argument_spec, **rules):
		    taken.spec = argument_spec
		    raise SystemExit
		utils.AnsibleModule = taken
		docs = json.load(open("docs.json"))
		for module in "domain", "network", "volume":
		    try:
		        importlib.import_module(name + "modules." + module).main()
		    except SystemExit:
		        pass
		    said = docs["xlite.xen." + module]["doc"]["options"]
		    for keep in "type", "default", "choices":
		        assert {k: v.get(keep) for k, v in said.items()} == {k: v.get(keep) for k, v in taken.spec.items()}, (module, keep)
		    assert docs["xlite.xen." + module]["examples"] and docs["xlite.xen." + module]["return"]
	END
}

@test "ansible: check mode shows the plan and changes nothing" {
	play 0 --check --diff objects.yml
	[[ $output == *"domain/play: create"* && $output == *"network/play0: create"* && $output == *"volume/play: create"* ]]
	[ -z "$(there)" ]
}

@test "ansible: objects are made once, and what is refused says why" {
	play 0 objects.yml refused.yml
	[ "$(there)" = "play
play0
play.raw" ]
	"$XLITE" -H lab get -o yaml play >got
	cat got
	grep 'vcpus: 2' got
	grep 'by: .*änsible' got
	"$XLITE" -H lab list -o wide | grep '^play .* plays '
}

@test "ansible: a domain is stopped and started, and all goes" {
	play 0 turns.yml
	[ -z "$(there)" ]
}
