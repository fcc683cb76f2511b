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

#define SCRIPT_MS 60000

/* What is read of each device: first the vifs, then the vbds. */
static const char *const vif_nodes[] = { "script", "mac", "gatewaydev" };
static const char *const vbd_nodes[] = { "script", "params", "physical-device-path" };
#define NR_NODES ARRAY_SIZE(vif_nodes)
_Static_assert(ARRAY_SIZE(vif_nodes) == ARRAY_SIZE(vbd_nodes), "as many of each");

static void add_nodes(struct xlite_store_batch *batch, uint32_t domid, const char *kind, const char *const *nodes, const unsigned *ids, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		for (size_t k = 0; k < NR_NODES; k++)
			xlite_store_batch_read(batch, "/local/domain/0/backend/%s/%u/%u/%s", kind, domid, ids[i], nodes[k]);
	}
}

int devices_end_read(struct host *host, uint32_t domid, struct devices_end *devices, struct xlite_error *err)
{
	devices_end_clear(devices);
	devices->nodes = xlite_store_batch_new();
	if (!devices->nodes)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	add_nodes(devices->nodes, domid, "vif", vif_nodes, devices->vifs, devices->nr_vifs);
	add_nodes(devices->nodes, domid, "vbd", vbd_nodes, devices->vbds, devices->nr_vbds);
	return devices->nr_vifs + devices->nr_vbds ? xlite_store_batch_run(host->store, devices->nodes, err) : 0;
}

void devices_end_clear(struct devices_end *devices)
{
	xlite_store_batch_free(devices->nodes);
	devices->nodes = NULL;
}

/* The node-th of the device-th; vbds come behind all vifs. */
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
	for (size_t i = 0; i < devices->nr_vifs; i++) {
		if (has_mac(value(devices, i, 1), mac))
			return devices->vifs[i];
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

void devices_end_scripts(struct host *host, uint32_t domid, const struct devices_end *devices, bool recorded, const struct cfg_domain *spec)
{
	for (size_t i = 0; i < devices->nr_vifs; i++) {
		const char *script = value(devices, i, 0), *gatewaydev = value(devices, i, 2);
		const struct cfg_vif *vif = vif_of(spec, value(devices, i, 1));

		/* One of ours without a script names libxl's, too; what it leaves beside its link is removed without a shell. */
		if (!script || (recorded && (!vif || !vif->script)))
			continue;
		if (vif && vif->gatewaydev)
			gatewaydev = vif->gatewaydev;
		run(script, "offline", hotplug_script_env_vif(script, domid, devices->vifs[i], gatewaydev));
	}
	for (size_t i = 0; i < devices->nr_vbds; i++) {
		size_t at = devices->nr_vifs + i;
		const char *script = value(devices, at, 0);

		if (script && !has_nothing_to_do(script, value(devices, at, 1), value(devices, at, 2)))
			run(script, "remove", hotplug_script_env_vbd(script, domid, devices->vbds[i]));
	}
}
