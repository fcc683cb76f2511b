/* SPDX-License-Identifier: GPL-2.0-or-later
 * xlite-vif-bridge: a vif, or an emulated card's tap, becomes a port of a bridge.
 */
#include "hotplug/programs/vif.h"

static int find_bridge(struct vif *vif, struct hotplug_link *bridge, struct xlite_error *err)
{
	const char *name = vif->nodes[VIF_BRIDGE];

	if (name && *name)
		return hotplug_bridge_check(vif->net, name, bridge, err);
	return hotplug_bridge_only(vif->net, bridge, err);
}

/* Xen's script tells the guest, too, what its MTU is; of a tap the guest has an emulated card. */
static int join(struct vif *vif, const struct hotplug_link *bridge, struct xlite_error *err)
{
	const struct hotplug_vif_options options = { .mtu = vif->mtu };
	int ret = hotplug_vif_bridge(vif->net, &vif->link, bridge, &options, err);

	if (ret || vif->job->request->tap)
		return ret;
	ret = answer_connected(vif->job, vif->mtu ? vif->mtu : bridge->mtu, err);
	if (ret)
		hotplug_vif_offline(vif->net, vif->name, NULL);
	return ret;
}

int vif_bridge_online(const struct job *job, struct xlite_error *err)
{
	struct hotplug_link bridge;
	struct vif *vif;
	int ret = vif_open(job, true, &vif, err);

	if (ret)
		return ret;
	ret = find_bridge(vif, &bridge, err);
	if (ret)
		xlite_error_prefix(err, "%s", vif->name);
	if (!ret)
		ret = vif_prepare(vif, err);
	if (!ret) {
		ret = join(vif, &bridge, err);
		if (ret)
			vif_unprepare(vif);
	}
	vif_free(vif);
	return ret;
}

int vif_bridge_offline(const struct job *job, struct xlite_error *err)
{
	struct vif *vif;
	int ret = vif_open(job, true, &vif, err), other;

	if (ret)
		return ret;
	ret = hotplug_vif_offline(vif->net, vif->name, err);
	other = vif_unfilter(vif, ret ? NULL : err);
	vif_free(vif);
	return ret ? ret : other;
}
