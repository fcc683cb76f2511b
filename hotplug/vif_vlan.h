/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: the VLAN of a port, for vif.c.
 */
#ifndef HOTPLUG_VIF_VLAN_H
#define HOTPLUG_VIF_VLAN_H

#include "hotplug/link.h"

/** Whether a port of bridge can have this VLAN (0: any can have none); -EINVAL or -EOPNOTSUPP, with a hint. */
int vif_vlan_check(const char *name, const struct hotplug_link *bridge, unsigned vlan, struct xlite_error *err);
/** Makes vlan (0: 1) the only one of a port, untagged; writes what differs. */
int vif_vlan_set(struct hotplug_net *net, int ifindex, unsigned vlan, struct xlite_error *err);

#endif
