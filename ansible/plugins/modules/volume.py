#!/usr/bin/python
# SPDX-License-Identifier: GPL-2.0-or-later

from __future__ import absolute_import, division, print_function
__metaclass__ = type

DOCUMENTATION = r'''
module: volume
short_description: A volume for disks of a Xen host's domains, by xlite
description:
  - Hands a document of kind volume to C(xlite apply), which makes the volume, or grows it. See xlite.yaml(5) for the language.
  - No volume is ever made smaller.
options:
  name:
    description: The volume's name. It may be in I(spec) instead.
    type: str
  spec:
    description:
      - The document, with the keys of xlite.yaml(5); C(kind) may be left out.
      - It is needed for I(state=present), and of no effect otherwise, but for its C(name).
    type: dict
  state:
    description:
      - C(present), the volume is as I(spec) says.
      - C(absent), the volume is deleted with its data. One that a domain, or another program, has open is not.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - xlite.xen.xlite
  - xlite.xen.xlite.pools
'''

EXAMPLES = r'''
- name: A disk from an image
  xlite.xen.volume:
    spec:
      name: web9-root
      size: 10GiB
      from: /srv/images/debian-13-generic-amd64.qcow2

- name: One in a pool of its own
  xlite.xen.volume:
    spec: {name: scratch, pool: fast, size: 100GiB}
    pools: {fast: /srv/fast/volumes}

- name: It is deleted, with its data
  xlite.xen.volume:
    name: scratch
    pools: {fast: /srv/fast/volumes}
    state: absent
'''

RETURN = r'''
name:
  description: The volume's name.
  type: str
  returned: success
  sample: web9-root
result:
  description: What became of the volume, in the words of xlite. In check mode, what would be done, such as C(create) or C(delete).
  type: str
  returned: success
  sample: created
plan:
  description: The volume's part of C(xlite plan -o json).
  type: dict
  returned: with I(state=present), in check mode and in diff mode
'''

from ansible_collections.xlite.xen.plugins.module_utils.xlite import Xlite


def main():
    xlite = Xlite('volume', dict(pools=dict(type='dict')), ['present', 'absent'])
    if xlite.state == 'present':
        xlite.present([], [])
    else:
        xlite.absent('--delete-volumes')


if __name__ == '__main__':
    main()
