/* SPDX-License-Identifier: GPL-2.0-or-later
 * What is the same for all kinds of devices.
 */
#include "xlite/reconcile/device_kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"

size_t device_kind_count(const struct device_kind *kind, const struct cfg_domain *spec)
{
	size_t nr;

	memcpy(&nr, (const char *)spec + kind->nr_items, sizeof(nr));
	return nr;
}

const void *device_kind_item(const struct device_kind *kind, const struct cfg_domain *spec, size_t i)
{
	const char *items;

	memcpy(&items, (const char *)spec + kind->items, sizeof(items));
	return items + i * kind->item_bytes;
}

void *device_kind_items(const struct device_kind *kind, struct cfg_domain *spec)
{
	void *items;

	memcpy(&items, (const char *)spec + kind->items, sizeof(items));
	return items;
}

void device_kind_set_count(const struct device_kind *kind, struct cfg_domain *spec, size_t nr)
{
	memcpy((char *)spec + kind->nr_items, &nr, sizeof(nr));
}

void *device_kind_add(const struct device_kind *kind, struct cfg_domain *spec)
{
	size_t nr = device_kind_count(kind, spec);
	char *items = realloc(device_kind_items(kind, spec), (nr + 1) * kind->item_bytes);

	if (!items)
		return NULL;
	memset(items + nr * kind->item_bytes, 0, kind->item_bytes);
	memcpy((char *)spec + kind->items, &items, sizeof(items));
	device_kind_set_count(kind, spec, nr + 1);
	return items + nr * kind->item_bytes;
}

const void *device_kind_twin(const struct device_kind *kind, const struct cfg_domain *spec, const void *item, size_t *at)
{
	char wanted[DEVICE_KEY_MAX], key[DEVICE_KEY_MAX];

	kind->key(item, wanted);
	for (size_t i = 0; i < device_kind_count(kind, spec); i++) {
		kind->key(device_kind_item(kind, spec, i), key);
		if (strcmp(key, wanted))
			continue;
		if (at)
			*at = i;
		return device_kind_item(kind, spec, i);
	}
	return NULL;
}

bool device_kind_absent(const struct device_kind *kind, const void *item)
{
	return kind->absent && kind->absent(item);
}

int device_init(struct device *device, const struct device_kind *kind, uint32_t domid, const void *item, unsigned number,
		struct xlite_error *err)
{
	int given = kind->number ? kind->number(item, err) : (int)number;

	memset(device, 0, sizeof(*device));
	device->kind = kind;
	device->spec = item;
	device->at = devices_at(domid, kind->id, (unsigned)given);
	return given < 0 ? given : 0;
}

int device_open(struct host *host, struct device *device, struct xlite_error *err)
{
	device->opened = true;
	return device->kind->open(host, device, err);
}

void device_close(struct device *device)
{
	if (device->opened && device->kind->close)
		device->kind->close(device);
	device->opened = false;
}

struct xlite_device device_served(const struct device *device)
{
	struct xlite_device at = device->at;

	if (device->kind->served_as)
		at.kind = device->kind->served_as(device->spec);
	return at;
}

int device_result(const struct device *device, int rc, struct xlite_error *err)
{
	char name[DEVICE_KEY_MAX];

	if (!rc)
		return 0;
	device->kind->name(&device->at, name);
	xlite_error_prefix(err, "%s", name);
	return rc;
}
