/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: the VLANs of a port, for vif.c.
 */
#ifndef HOTPLUG_VIF_VLAN_H
#define HOTPLUG_VIF_VLAN_H

#include "hotplug/link.h"

/** Whether a port of bridge can have these VLANs (any can have none); -EINVAL or -EOPNOTSUPP, with a hint. */
int vif_vlan_check(const char *name, const struct hotplug_link *bridge, const struct hotplug_vif_options *options,
		   struct xlite_error *err);
/** Makes the VLANs of the options (none: 1, untagged) the only ones of a port; writes what differs. */
int vif_vlan_set(struct hotplug_net *net, int ifindex, const struct hotplug_vif_options *options,
		 struct xlite_error *err);

#endif
