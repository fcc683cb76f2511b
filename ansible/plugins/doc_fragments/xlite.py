# SPDX-License-Identifier: GPL-2.0-or-later
# Options that all modules have, and those of volumes' pools.

from __future__ import absolute_import, division, print_function
__metaclass__ = type


class ModuleDocFragment(object):

    DOCUMENTATION = r'''
options:
  host:
    description:
      - The Xen host, as C(xlite -H) takes it, such as C(ssh://root@xen1). It is reached by ssh from where the module runs.
      - Without it, the machine that the module runs on.
    type: str
  executable:
    description: The program C(xlite), by its name or path.
    type: str
    default: xlite
requirements:
  - xlite 0.1 or later, where the module runs, and on I(host) if that is given
attributes:
  check_mode:
    support: full
    description: Says whether something would be changed, and changes nothing. For documents this is C(xlite plan).
  diff_mode:
    support: full
    description: Shows the text of C(xlite plan), or what would be removed.
author:
  - The xlite maintainers (@xlite)
'''

    POOLS = r'''
options:
  pools:
    description: The folders of pools of volumes that the document names, each by its name. The pool C(default) needs none.
    type: dict
'''

    OWNED = r'''
options:
  set:
    description:
      - The set that the object belongs to (C(--set)). Without it a new one belongs to none, and another stays in its set.
      - It goes with I(state=present) only.
    type: str
  adopt:
    description: Also change or remove what xlite did not make (C(--adopt)).
    type: bool
    default: false
  replace:
    description: Also build again what has a difference that cannot be applied to it as it is (C(--replace)). A guest is shut down for that.
    type: bool
    default: false
'''
