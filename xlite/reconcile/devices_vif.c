/* SPDX-License-Identifier: GPL-2.0-or-later
 * One vif on its way: where it goes, its nodes, and its link's place in the host. Creation and live changes share this.
 */
#include "xlite/reconcile/devices.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"

/* netback makes nothing of the name; xl's removal runs it, so it is one that exists everywhere. */
#define VIF_SCRIPT "/etc/xen/scripts/vif-bridge"
#define STORE_MS 20000

int devices_vif_check(struct host *host, const struct cfg_vif *vif, bool new_mac, struct devices_vif_host *place,
		      struct xlite_error *err)
{
	struct hotplug_net *net;
	int rc = host_net(host, &net, err);

	/* A derived MAC is as unique as the uuid that it comes from. */
	if (!rc && new_mac && vif->mac_given)
		rc = devices_mac_free(host, vif->mac, err);
	if (!rc && !vif->script)
		rc = hotplug_bridge_check(net, vif->target, &place->bridge, err);
	return rc;
}

void devices_vif_nodes(struct xlite_store_batch *batch, uint32_t domid, unsigned devid, const struct cfg_vif *vif,
		       const struct devices_vif_host *place)
{
	struct xlite_layout_vif layout = {
		.domid = domid,
		.devid = devid,
		.bridge = vif->target,
		.script = vif->script ? vif->script : VIF_SCRIPT,
		.mtu = vif->mtu ? vif->mtu : place->bridge.mtu,
		.hotplug_done = !vif->script,
	};

	memcpy(layout.mac, vif->mac, 6);
	xlite_layout_vif(batch, &layout);
}

int devices_vif_attach(struct host *host, uint32_t domid, unsigned devid, const struct cfg_vif *vif,
		       const struct devices_vif_host *place, int64_t deadline_ns, struct xlite_error *err)
{
	struct hotplug_net *net;
	struct hotplug_link link;
	char name[32];
	int rc = host_net(host, &net, err);

	snprintf(name, sizeof(name), "vif%u.%u", domid, devid);
	if (!rc)
		rc = hotplug_link_wait(net, name, deadline_ns, &link, err);
	if (rc)
		return rc;
	if (vif->script)
		return devices_vif_script(host, domid, devid, vif, "online", deadline_ns, err);
	return hotplug_vif_bridge(net, &link, &place->bridge, vif->mtu, err);
}

int devices_vif_adjust(struct host *host, uint32_t domid, unsigned devid, const struct cfg_vif *from, const struct cfg_vif *to,
		       const struct devices_vif_host *place, struct xlite_error *err)
{
	struct xlite_store_batch *batch;
	struct hotplug_net *net;
	struct hotplug_link link;
	char name[32], mtu[12];
	int rc = host_net(host, &net, err);

	snprintf(name, sizeof(name), "vif%u.%u", domid, devid);
	snprintf(mtu, sizeof(mtu), "%u", to->mtu ? to->mtu : place->bridge.mtu);
	if (!rc)
		rc = hotplug_link_get(net, name, &link, err);
	if (!rc)
		rc = hotplug_vif_bridge(net, &link, &place->bridge, to->mtu, err);
	if (rc)
		return rc;
	batch = xlite_store_batch_new();
	if (!batch)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	if (strcmp(from->target, to->target)) {
		xlite_store_batch_write(batch, to->target, "/local/domain/0/backend/vif/%u/%u/bridge", domid, devid);
		xlite_store_batch_write(batch, to->target, "/libxl/%u/device/vif/%u/bridge", domid, devid);
	}
	xlite_store_batch_write(batch, mtu, "/local/domain/%u/device/vif/%u/mtu", domid, devid);
	rc = xlite_store_batch_commit(host->store, batch, clock_deadline_ms(STORE_MS), err);
	xlite_store_batch_free(batch);
	return rc;
}
