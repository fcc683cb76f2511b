/* SPDX-License-Identifier: GPL-2.0-or-later
 * Devices of a domain that ends, as dom0's own nodes name them: whoever made the domain, and whatever numbers they have.
 */
#include "xlite/reconcile/devices_end.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/script.h"
#include "xlite/lib/layout.h"
#include "xlite/reconcile/devices.h"

#define SCRIPT_MS 60000

/* What is read of each device. */
enum { NODE_SCRIPT, NODE_MAC = 1, NODE_GATEWAYDEV, NODE_PARAMS = 1, NODE_DEVICE_PATH, NR_NODES };
static const char *const end_nodes[][NR_NODES] = {
	[XLITE_DEVICE_VIF] = { "script", "mac", "gatewaydev" },
	[XLITE_DEVICE_VBD] = { "script", "params", "physical-device-path" },
};

size_t devices_end_list(struct xlite_store_batch *batch, uint32_t domid)
{
	char path[XLITE_DEVICE_PATH];
	size_t first = 0;

	for (size_t i = 0; i < ARRAY_SIZE(end_nodes); i++) {
		struct xlite_device devices = devices_at(domid, (enum xlite_device_kind)i, 0);
		size_t at = xlite_store_batch_list(batch, "%s", xlite_devices_path(&devices, XLITE_DEVICE_MIRROR, path));

		first = i ? first : at;
	}
	return first;
}

void devices_end_take(struct devices_end *devices, const struct xlite_store_batch *batch, size_t first, uint32_t domid)
{
	const char *child;

	for (size_t i = 0; i < ARRAY_SIZE(end_nodes); i++) {
		for (size_t k = 0; k < DEVICES_END_MAX && (child = xlite_store_batch_child(batch, first + i, k)); k++)
			devices->items[devices->nr++] = devices_at(domid, (enum xlite_device_kind)i, (unsigned)strtoul(child, NULL, 10));
	}
}

int devices_end_read(struct host *host, struct devices_end *devices, struct xlite_error *err)
{
	char path[XLITE_DEVICE_PATH];

	devices_end_clear(devices);
	devices->nodes = xlite_store_batch_new();
	if (!devices->nodes)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < devices->nr; i++) {
		const struct xlite_device *device = &devices->items[i];

		for (size_t k = 0; k < NR_NODES; k++)
			xlite_store_batch_read(devices->nodes, "%s/%s", xlite_device_path(device, XLITE_DEVICE_BACK, path),
					       end_nodes[device->kind][k]);
	}
	return devices->nr ? xlite_store_batch_run(host->store, devices->nodes, err) : 0;
}

void devices_end_clear(struct devices_end *devices)
{
	xlite_store_batch_free(devices->nodes);
	devices->nodes = NULL;
}

/* The node-th of the device-th. */
static const char *value(const struct devices_end *devices, size_t device, size_t node)
{
	return devices->nodes ? xlite_store_batch_value(devices->nodes, device * NR_NODES + node, NULL) : NULL;
}

static bool has_mac(const char *text, const uint8_t mac[6])
{
	char ours[18];

	snprintf(ours, sizeof(ours), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	return text && !strcasecmp(text, ours);
}

unsigned devices_end_vif(const struct devices_end *devices, const uint8_t mac[6], unsigned otherwise)
{
	for (size_t i = 0; i < devices->nr; i++) {
		if (devices->items[i].kind == XLITE_DEVICE_VIF && has_mac(value(devices, i, NODE_MAC), mac))
			return devices->items[i].devid;
	}
	return otherwise;
}

static const struct cfg_vif *vif_of(const struct cfg_domain *spec, const char *mac)
{
	for (size_t i = 0; spec && i < spec->nr_vifs; i++) {
		if (has_mac(mac, spec->vifs[i].mac))
			return &spec->vifs[i];
	}
	return NULL;
}

static void run(const char *script, const char *action, char **env)
{
	if (env)
		hotplug_script_run(script, action, (const char *const *)env, clock_deadline_ms(SCRIPT_MS), NULL);
	free(env);
}

/*
 * Our own vbds without a script name libxl's, so that xl can end them: there, and where xl was given a block device, that has nothing to do. For a
 * file it has: it is what gave it a loop device.
 */
static bool has_nothing_to_do(const char *script, const char *params, const char *device)
{
	return !strcmp(script, XLITE_BLOCK_SCRIPT) && params && device && !strcmp(params, device);
}

/* One of ours without a script names libxl's, too; what it leaves beside its link is removed without a shell. */
static void end_vif(const struct devices_end *devices, size_t i, bool recorded, const struct cfg_domain *spec)
{
	const struct xlite_device *at = &devices->items[i];
	const char *script = value(devices, i, NODE_SCRIPT), *gatewaydev = value(devices, i, NODE_GATEWAYDEV);
	const struct cfg_vif *vif = vif_of(spec, value(devices, i, NODE_MAC));

	if (!script || (recorded && (!vif || !vif->script)))
		return;
	if (vif && vif->gatewaydev)
		gatewaydev = vif->gatewaydev;
	run(script, "offline", hotplug_script_env_vif(script, at->domid, at->devid, gatewaydev));
}

static void end_vbd(const struct devices_end *devices, size_t i)
{
	const struct xlite_device *at = &devices->items[i];
	const char *script = value(devices, i, NODE_SCRIPT);

	if (script && !has_nothing_to_do(script, value(devices, i, NODE_PARAMS), value(devices, i, NODE_DEVICE_PATH)))
		run(script, "remove", hotplug_script_env_vbd(script, at->domid, at->devid));
}

void devices_end_scripts(struct host *host, const struct devices_end *devices, bool recorded, const struct cfg_domain *spec)
{
	for (size_t i = 0; i < devices->nr; i++) {
		if (devices->items[i].kind == XLITE_DEVICE_VIF)
			end_vif(devices, i, recorded, spec);
		else
			end_vbd(devices, i);
	}
}
