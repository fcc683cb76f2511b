#!/usr/bin/python
# SPDX-License-Identifier: GPL-2.0-or-later

from __future__ import absolute_import, division, print_function
__metaclass__ = type

DOCUMENTATION = r'''
module: domain
short_description: A domain of a Xen host, by xlite
description:
  - Hands a document to C(xlite apply), which compares it with the host, and changes only what differs, on the running domain where that is
    possible. See xlite.yaml(5) for the language, and xlite(1) for what is said here of options.
  - A domain that is there and does not differ is left as it is.
options:
  name:
    description: The domain's name. It may be in I(spec) instead.
    type: str
  spec:
    description:
      - The document, with the keys of xlite.yaml(5). Put MAC addresses and sizes in quotes.
      - Files that it names are files of the Xen host.
      - It is needed for I(state=present), and of no effect otherwise, but for its C(name).
      - Ansible shows it with B(-vvv) and logs it. A task whose document holds secrets needs C(no_log).
    type: dict
  state:
    description:
      - C(present), the domain is as I(spec) says. Its own key C(state) says whether it runs.
      - C(absent), there is no such domain. The guest is asked to shut down.
      - C(stopped), the domain is shut down and removed, and the host keeps what C(started) needs until it boots.
      - C(started), a domain that was stopped, or has ended by itself, is built again.
    type: str
    choices: [present, absent, started, stopped]
    default: present
  now:
    description: Destroy the domain where its guest would be asked to shut down (C(--now)).
    type: bool
    default: false
  timeout:
    description: How long to wait for the guest's shutdown, such as C(90s) (C(--timeout)). Without it this is C(shutdown_timeout) of its document.
    type: str
  deadline:
    description: With I(state=absent), destroy a guest that does not shut down in I(timeout), or that still runs after this time (C(--deadline)).
    type: str
  wait:
    description: Watch a domain that was built for so long, and fail if it ends, or does not connect to its devices (C(--wait)).
    type: str
notes:
  - Ansible runs a task on as many machines as it likes at once; xlite does one thing at a time with a domain, and waits for its turn.
extends_documentation_fragment:
  - xlite.xen.xlite
  - xlite.xen.xlite.owned
  - xlite.xen.xlite.pools
'''

EXAMPLES = r'''
- name: The web server is as it is described
  xlite.xen.domain:
    spec:
      name: web1
      memory: 256MiB
      kernel: /srv/boot/vmlinuz
      ramdisk: /srv/boot/initrd.img
      vbds: [{vdev: xvda, source: /srv/web1.img}]
      vifs: [{bridge: xenbr0}]

- name: The same from a file of the control node, by ssh from there
  xlite.xen.domain:
    host: ssh://root@xen1
    spec: "{{ lookup('ansible.builtin.template', 'web1.yaml.j2') | from_yaml }}"
    replace: true
  delegate_to: localhost

- name: It is away for the time of a repair
  xlite.xen.domain:
    name: web1
    state: stopped

- name: It is no more, whatever its guest says
  xlite.xen.domain:
    name: web1
    state: absent
    deadline: 5m
'''

RETURN = r'''
name:
  description: The domain's name.
  type: str
  returned: success
  sample: web1
result:
  description:
    - What became of the domain, in the words of xlite, such as C(created), C(changed), C(unchanged), C(replaced), C(deleted), C(absent),
      C(stopped) or C(started). In check mode, what would be done, such as C(create) or C(delete).
  type: str
  returned: success
  sample: created
plan:
  description: The domain's part of C(xlite plan -o json).
  type: dict
  returned: with I(state=present), in check mode and in diff mode
'''

import json

from ansible_collections.xlite.xen.plugins.module_utils.xlite import OWNED, Xlite


def turn(xlite, verb, word, states):
    """stop or start; the states are those in which that does nothing."""
    out = xlite.run('get', '-o', 'json', xlite.object)[1]
    now = json.loads(out)['domains'][0]['state']
    more = {}
    if xlite.module._diff:
        after = now if now in states else states[0]
        more['diff'] = dict(before='state: %s\n' % now, after='state: %s\n' % after, before_header=xlite.object, after_header=xlite.object)
    if xlite.module.check_mode:
        xlite.end(now not in states, 'unchanged' if now in states else word, **more)
    flags = xlite.flags('now', 'timeout') if verb == 'stop' else []
    became = xlite.word(xlite.run(verb, *(flags + [xlite.object]))[1])
    xlite.end(became != 'unchanged', became, **more)


def main():
    xlite = Xlite('domain', dict(
        OWNED,
        pools=dict(type='dict'),
        now=dict(type='bool', default=False),
        timeout=dict(type='str'),
        deadline=dict(type='str'),
        wait=dict(type='str'),
    ), ['present', 'absent', 'started', 'stopped'])
    if xlite.params['deadline'] and xlite.state != 'absent':
        xlite.module.fail_json(msg='deadline goes with state absent, not with %s' % xlite.state)
    if xlite.params['adopt'] and xlite.state in ('started', 'stopped'):
        xlite.module.fail_json(msg='adopt goes with state present and absent, not with %s' % xlite.state)
    if xlite.state == 'present':
        xlite.present(['replace', 'adopt'], ['now', 'timeout', 'wait'])
    elif xlite.state == 'absent':
        xlite.absent(*xlite.flags('adopt', 'now', 'timeout', 'deadline'))
    elif xlite.state == 'stopped':
        turn(xlite, 'stop', 'stopped', ['stopped'])
    else:
        turn(xlite, 'start', 'started', ['running'])


if __name__ == '__main__':
    main()
