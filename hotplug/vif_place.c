/* SPDX-License-Identifier: GPL-2.0-or-later
 * Which bridge a link is a port of.
 */
#include "hotplug/link.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "hotplug/link_parse.h"
#include "hotplug/ovs_port.h"
#include "hotplug/ovsdb.h"

int hotplug_vif_bridge_name(struct hotplug_net *net, const struct hotplug_link *vif, char name[16], struct xlite_error *err)
{
	struct link_info of;
	struct ovs_port port;
	int ret;

	name[0] = '\0';
	if (vif->master && !if_indextoname((unsigned)vif->master, name))
		return xlite_error_sys(err, -errno, "%s: its bridge", vif->name);
	if (!ovsdb_there() || (name[0] && (link_info_get(net, name, &of, NULL) || strcmp(of.kind, "openvswitch"))))
		return 0;
	/* In the kernel's datapath all ports have one master, and in that of user space none. */
	ret = ovs_port_get(vif->name, &port, err);
	if (ret)
		return name[0] ? ret : 0;
	snprintf(name, 16, "%s", port.bridge);
	return 0;
}
