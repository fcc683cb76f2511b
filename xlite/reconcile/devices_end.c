/* SPDX-License-Identifier: GPL-2.0-or-later
 * Devices of a domain that ends, as dom0's own nodes name them: whoever made the domain, and whatever numbers they have.
 */
#include "xlite/reconcile/devices_end.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xlite/reconcile/device_kind.h"

enum { NODE_SCRIPT, NODE_MARK, NODE_OTHER };

size_t devices_end_list(struct xlite_store_batch *batch, uint32_t domid)
{
	char path[XLITE_DEVICE_PATH];
	size_t first = 0;

	for (size_t i = 0; i < nr_device_kinds; i++) {
		struct xlite_device devices = devices_at(domid, device_kinds[i]->id, 0);
		size_t at = xlite_store_batch_list(batch, "%s", xlite_devices_path(&devices, XLITE_DEVICE_MIRROR, path));

		first = i ? first : at;
	}
	return first;
}

void devices_end_take(struct devices_end *devices, const struct xlite_store_batch *batch, size_t first, uint32_t domid)
{
	const char *child;

	for (size_t i = 0; i < nr_device_kinds; i++) {
		for (size_t k = 0; k < DEVICES_END_MAX && (child = xlite_store_batch_child(batch, first + i, k)); k++)
			devices->items[devices->nr++] =
				devices_at(domid, device_kinds[i]->id, (unsigned)strtoul(child, NULL, 10));
	}
}

int devices_end_read(struct host *host, struct devices_end *devices, struct xlite_error *err)
{
	devices_end_clear(devices);
	devices->nodes = xlite_store_batch_new();
	if (!devices->nodes)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < devices->nr; i++) {
		const struct device_kind *kind = device_kind_of(devices->items[i].kind);
		const char *nodes[DEVICE_END_NODES] = { "script", kind->mark, kind->end_node };
		char path[XLITE_DEVICE_PATH];

		xlite_device_path(&devices->items[i], XLITE_DEVICE_BACK, path);
		for (size_t k = 0; k < DEVICE_END_NODES; k++)
			xlite_store_batch_read(devices->nodes, "%s/%s", path, nodes[k]);
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
	return devices->nodes ? xlite_store_batch_value(devices->nodes, device * DEVICE_END_NODES + node, NULL) : NULL;
}

unsigned devices_end_number(const struct devices_end *devices, const struct device_kind *kind, const void *item,
			    unsigned otherwise)
{
	char wanted[DEVICE_KEY_MAX], key[DEVICE_KEY_MAX];

	kind->key(item, wanted);
	for (size_t i = 0; i < devices->nr; i++) {
		if (devices->items[i].kind != kind->id)
			continue;
		kind->seen_key(devices->items[i].devid, value(devices, i, NODE_MARK), key);
		if (!strcmp(key, wanted))
			return devices->items[i].devid;
	}
	return otherwise;
}

void devices_end_scripts(struct host *host, const struct devices_end *devices, bool recorded, const struct cfg_domain *spec)
{
	for (size_t i = 0; i < devices->nr; i++) {
		const char *values[DEVICE_END_NODES] = {
			value(devices, i, NODE_SCRIPT), value(devices, i, NODE_MARK), value(devices, i, NODE_OTHER),
		};

		device_kind_of(devices->items[i].kind)->end_other(&devices->items[i], values, recorded, spec);
	}
}
