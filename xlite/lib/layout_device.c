/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The nodes of a device, in three places: the backend's directory in dom0 (which the guest may read), the
 * frontend's in the guest (which is the guest's), and a mirror below /libxl that no guest can reach: the
 * only one to be believed when devices are looked up (XSA-175, XSA-178).
 */
#include "xlite/lib/layout.h"

#include <stdio.h>
#include <string.h>

#include "common/mac.h"

/* States of xenbus (xen/io/xenbus.h). */
#define XENBUS_INITIALISING "1"
#define XENBUS_CLOSING "5"

/* One device being written down. */
struct device {
	struct xlite_store_batch *batch;
	uint32_t frontend_domid, backend_domid;
	char front[XLITE_DEVICE_PATH], back[XLITE_DEVICE_PATH], mirror[XLITE_DEVICE_PATH];
	char domid[12], backend[12], devid[12];
};

static void device_init(struct device *device, struct xlite_store_batch *batch, const struct xlite_device *at)
{
	device->batch = batch;
	device->frontend_domid = at->domid;
	device->backend_domid = at->backend_domid;
	xlite_device_path(at, XLITE_DEVICE_FRONT, device->front);
	xlite_device_path(at, XLITE_DEVICE_BACK, device->back);
	xlite_device_path(at, XLITE_DEVICE_MIRROR, device->mirror);
	snprintf(device->domid, sizeof(device->domid), "%u", at->domid);
	snprintf(device->backend, sizeof(device->backend), "%u", at->backend_domid);
	snprintf(device->devid, sizeof(device->devid), "%u", at->devid);
}

/* Writes a node where there is something to write. */
static void device_node(const struct device *device, const char *dir, const char *node, const char *value)
{
	if (value)
		xlite_store_batch_write(device->batch, value, "%s/%s", dir, node);
}

/* In the backend's directory and in the mirror. */
static void device_both(const struct device *device, const char *node, const char *value)
{
	device_node(device, device->back, node, value);
	device_node(device, device->mirror, node, value);
}

/* The backend's directory is its domain's, and the guest may read. */
static void device_back_dir(const struct device *device)
{
	xlite_store_batch_dir(device->batch, device->backend_domid, 'n', (int32_t)device->frontend_domid, "%s", device->back);
}

static void device_open_back(const struct device *device)
{
	device_back_dir(device);
	device_both(device, "frontend", device->front);
	device_node(device, device->mirror, "backend", device->back);
	device_node(device, device->back, "frontend-id", device->domid);
	device_node(device, device->back, "online", "1");
}

/* The frontend's directory belongs to the guest, the backend's domain may read; all that is written after this, too. */
static void device_open_front(const struct device *device)
{
	xlite_store_batch_dir(device->batch, device->frontend_domid, 'n', (int32_t)device->backend_domid, "%s", device->front);
	device_node(device, device->front, "backend", device->back);
	device_node(device, device->front, "backend-id", device->backend);
	device_node(device, device->front, "state", XENBUS_INITIALISING);
}

/* The backend's driver takes a device that has a state: so this comes last. */
static void device_offer(const struct device *device)
{
	device_node(device, device->back, "state", XENBUS_INITIALISING);
}

void xlite_layout_vif(struct xlite_store_batch *batch, const struct xlite_layout_vif *vif)
{
	struct device device;
	char mac[MAC_TEXT], mtu[12], script_mtu[12];

	device_init(&device, batch, &vif->at);
	mac_text(vif->mac, mac);
	snprintf(mtu, sizeof(mtu), "%u", vif->mtu);
	snprintf(script_mtu, sizeof(script_mtu), "%u", vif->script_mtu);
	device_open_back(&device);
	device_both(&device, "mac", mac);
	device_both(&device, "handle", device.devid);
	device_both(&device, "bridge", vif->bridge);
	device_both(&device, "ip", vif->ip);
	device_both(&device, "vifname", vif->ifname);
	device_node(&device, device.back, "script", vif->script);
	device_node(&device, device.back, "mtu", vif->script_mtu ? script_mtu : NULL);
	device_node(&device, device.back, "gatewaydev", vif->gatewaydev);
	device_node(&device, device.back, "rate", vif->rate);
	device_node(&device, device.back, "type", xlite_device_back(vif->at.kind));
	device_node(&device, device.back, "hotplug-status", vif->hotplug_done ? "connected" : "");
	/* Written before the directory is given to the guest, which therefore may read this node, but not change it. */
	device_node(&device, device.front, "mtu", vif->mtu ? mtu : NULL);
	device_open_front(&device);
	device_node(&device, device.front, "mac", mac);
	device_offer(&device);
}

/*
 * A vbd that QEMU serves. The device that QEMU is given by QMP creates the frontend's nodes and the rest of the
 * backend's. QEMU would open the disk that `params' names if these nodes had `online' and `state'.
 */
static void layout_qdisk(struct xlite_store_batch *batch, const struct xlite_layout_vbd *vbd)
{
	struct device device;
	char number[24];

	device_init(&device, batch, &vbd->at);
	snprintf(number, sizeof(number), "%x:%x", vbd->major, vbd->minor);
	device_back_dir(&device);
	device_node(&device, device.mirror, "frontend", device.front);
	device_node(&device, device.mirror, "backend", device.back);
	device_both(&device, "params", vbd->params);
	device_both(&device, "dev", vbd->vdev);
	device_both(&device, "type", xlite_device_back(vbd->at.kind));
	device_both(&device, "mode", vbd->readonly ? "r" : "w");
	device_node(&device, device.mirror, "removable", vbd->removable ? "1" : "0");
	device_node(&device, device.mirror, "device-type", vbd->cdrom ? "cdrom" : "disk");
	device_node(&device, device.back, "physical-device", vbd->major || vbd->minor ? number : NULL);
}

void xlite_layout_vbd(struct xlite_store_batch *batch, const struct xlite_layout_vbd *vbd)
{
	const char *type = vbd->cdrom ? "cdrom" : "disk";
	struct device device;
	char number[24];

	if (vbd->at.kind == XLITE_DEVICE_QDISK) {
		layout_qdisk(batch, vbd);
		return;
	}
	device_init(&device, batch, &vbd->at);
	snprintf(number, sizeof(number), "%x:%x", vbd->major, vbd->minor);
	device_open_back(&device);
	device_both(&device, "params", vbd->params);
	device_both(&device, "dev", vbd->vdev);
	device_both(&device, "type", "phy");
	device_both(&device, "mode", vbd->readonly ? "r" : "w");
	device_node(&device, device.mirror, "removable", vbd->removable ? "1" : "0");
	device_node(&device, device.back, "removable", vbd->removable ? "1" : NULL);
	device_node(&device, device.mirror, "device-type", type);
	device_node(&device, device.back, "script", vbd->script ? vbd->script : XLITE_BLOCK_SCRIPT);
	/* blkback offers discard unless told not to. */
	device_node(&device, device.back, "discard-enable", vbd->discard ? NULL : "0");
	device_node(&device, device.back, "physical-device-path", vbd->device_path);
	device_node(&device, device.back, "physical-device", vbd->major || vbd->minor ? number : NULL);
	device_node(&device, device.back, "hotplug-status", vbd->major || vbd->minor ? "connected" : NULL);
	device_open_front(&device);
	device_node(&device, device.front, "virtual-device", device.devid);
	device_node(&device, device.front, "device-type", type);
	device_offer(&device);
}

void xlite_layout_close_device(struct xlite_store_batch *batch, const struct xlite_device *at)
{
	struct device device;

	device_init(&device, batch, at);
	device_node(&device, device.back, "online", "0");
	device_node(&device, device.back, "state", XENBUS_CLOSING);
}

void xlite_layout_reopen_device(struct xlite_store_batch *batch, const struct xlite_device *at, const char *state)
{
	struct device device;

	device_init(&device, batch, at);
	device_node(&device, device.back, "state", state);
	device_node(&device, device.back, "online", "1");
}

void xlite_layout_remove_device(struct xlite_store_batch *batch, const struct xlite_device *at)
{
	struct device device;

	device_init(&device, batch, at);
	xlite_store_batch_rm(batch, "%s", device.front);
	xlite_store_batch_rm(batch, "%s", device.back);
	xlite_store_batch_rm(batch, "%s", device.mirror);
}

void xlite_layout_qemu(struct xlite_store_batch *batch, uint32_t domid, int pid)
{
	char text[12];

	snprintf(text, sizeof(text), "%d", pid);
	xlite_store_batch_write(batch, text, "/local/domain/%u/image/device-model-pid", domid);
}

void xlite_layout_remove_qemu(struct xlite_store_batch *batch, uint32_t domid, uint32_t backend_domid)
{
	const struct xlite_device disks = { .domid = domid, .backend_domid = backend_domid, .kind = XLITE_DEVICE_QDISK };
	char path[XLITE_DEVICE_PATH];

	xlite_store_batch_rm(batch, "/local/domain/%u/image", domid);
	xlite_store_batch_rm(batch, "/local/domain/%u/device-model/%u", backend_domid, domid);
	xlite_store_batch_rm(batch, "%s", xlite_devices_path(&disks, XLITE_DEVICE_BACK, path));
}
