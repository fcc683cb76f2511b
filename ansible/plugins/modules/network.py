#!/usr/bin/python
# SPDX-License-Identifier: GPL-2.0-or-later

from __future__ import absolute_import, division, print_function
__metaclass__ = type

DOCUMENTATION = r'''
module: network
short_description: A network of a Xen host, by xlite
description:
  - Hands a document of kind network to C(xlite apply), which makes the bridge, addresses and packet filter that it describes, or corrects what
    differs. See xlite.yaml(5) for the language.
options:
  name:
    description: The network's name. It may be in I(spec) instead.
    type: str
  spec:
    description:
      - The document, with the keys of xlite.yaml(5); C(kind) may be left out. Put addresses in quotes.
      - It is needed for I(state=present), and of no effect otherwise, but for its C(name).
    type: dict
  state:
    description:
      - C(present), the network is as I(spec) says.
      - C(absent), there is no such network. One with vifs in it is not removed.
    type: str
    choices: [present, absent]
    default: present
  force:
    description: Also make a network that cuts the host's own connection (C(--yes)).
    type: bool
    default: false
extends_documentation_fragment:
  - xlite.xen.xlite
  - xlite.xen.xlite.owned
'''

EXAMPLES = r'''
- name: A private network behind the host's address
  xlite.xen.network:
    spec:
      name: lab
      mode: nat
      subnet: "10.9.0.0/24"

- name: It is no more
  xlite.xen.network:
    name: lab
    state: absent
'''

RETURN = r'''
name:
  description: The network's name.
  type: str
  returned: success
  sample: lab
result:
  description: What became of the network, in the words of xlite. In check mode, what would be done, such as C(create) or C(delete).
  type: str
  returned: success
  sample: created
plan:
  description: The network's part of C(xlite plan -o json).
  type: dict
  returned: with I(state=present), in check mode and in diff mode
'''

from ansible_collections.xlite.xen.plugins.module_utils.xlite import OWNED, Xlite


def main():
    xlite = Xlite('network', dict(
        OWNED,
        force=dict(type='bool', default=False),
    ), ['present', 'absent'])
    xlite.params['yes'] = xlite.params['force']
    if xlite.state == 'present':
        xlite.present(['adopt', 'replace', 'yes'], [])
    else:
        xlite.absent(*xlite.flags('adopt'))


if __name__ == '__main__':
    main()
