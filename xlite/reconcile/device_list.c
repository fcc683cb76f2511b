/* SPDX-License-Identifier: GPL-2.0-or-later
 * Which devices of a running domain differ, and whether each comes, goes, does both or is adjusted. Nothing is changed.
 */
#include "xlite/reconcile/device_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xlite/reconcile/change_devices.h"

void change_devices_free(struct change_devices *devices)
{
	if (!devices)
		return;
	free(devices->items);
	free(devices);
}

/* Whether what follows "[KEY]" of a path is the key that other steps look after. */
static bool is_apart(const struct device_kind *kind, const char *path)
{
	const char *end = strchr(path, ']');

	return kind->apart && end && end[1] == '.' && !strcmp(end + 2, kind->apart);
}

bool change_is_device(const struct cfg_diff *diff)
{
	const struct device_kind *kind = plan_at_next_boot(diff) ? NULL : device_kind_of_path(diff->path);

	return kind && !is_apart(kind, diff->path);
}

/* Whether a difference below the device's own path was found: "vbds[xvda]" or "vbds[xvda].mode". */
static bool differs(const struct plan_item *item, const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < item->nr_diffs; i++) {
		const struct cfg_diff *diff = &item->diffs[i];

		if (!strncmp(diff->path, path, len) && (!diff->path[len] || diff->path[len] == '.') && change_is_device(diff))
			return true;
	}
	return false;
}

static bool item_differs(const struct plan_item *item, const struct device_kind *kind, const void *spec)
{
	char key[DEVICE_KEY_MAX], path[DEVICE_KEY_MAX + 16];

	kind->key(spec, key);
	snprintf(path, sizeof(path), "%s[%s]", kind->list, key);
	return differs(item, path);
}

static bool is_promised(const struct device_change *change, const struct device_kind *kind, unsigned devid)
{
	return change->new.kind == kind && device_attaches(change) && change->new.at.devid == devid;
}

/* The lowest number that no device keeps and none was promised: what is detached is gone before anything is attached. */
static unsigned free_devid(const struct change_devices *devices, const struct plan_item *item, const struct device_kind *kind)
{
	const struct cfg_domain *old = item->have->spec;

	for (unsigned devid = 0;; devid++) {
		bool taken = false;

		for (size_t i = 0; i < device_kind_count(kind, old); i++)
			taken = taken || (item->have->devids[kind->id][i] == devid &&
					  device_kind_twin(kind, item->want, device_kind_item(kind, old, i), NULL));
		for (size_t i = 0; i < devices->nr; i++)
			taken = taken || is_promised(&devices->items[i], kind, devid);
		if (!taken)
			return devid;
	}
}

/* One item that is there now; its twin is what it is to be, or NULL. */
static int add_old(const struct plan_item *item, const struct device_kind *kind, size_t i, struct change_devices *devices,
		   struct xlite_error *err)
{
	const void *old = device_kind_item(kind, item->have->spec, i), *twin = device_kind_twin(kind, item->want, old, NULL);
	struct device_change *change = &devices->items[devices->nr];
	int rc;

	if (!item_differs(item, kind, old))
		return 0;
	*change = (struct device_change){ .action = DEVICE_DETACH };
	rc = device_init(&change->old, kind, item->have->info.domid, old, item->have->devids[kind->id][i], err);
	if (!rc && twin && kind->stays && kind->stays(&change->old, twin))
		return 0;
	change->new = change->old;
	change->new.spec = twin;
	change->action = !twin ? DEVICE_DETACH : kind->adjusts && kind->adjusts(old, twin) ? DEVICE_ADJUST : DEVICE_CYCLE;
	devices->nr++;
	return rc;
}

static int add_new(const struct plan_item *item, const struct device_kind *kind, const void *new,
		   struct change_devices *devices, struct xlite_error *err)
{
	struct device_change *change = &devices->items[devices->nr];
	int rc;

	if (device_kind_twin(kind, item->have->spec, new, NULL))
		return 0;
	rc = device_init(&change->new, kind, item->have->info.domid, new, free_devid(devices, item, kind), err);
	change->old = change->new;
	change->old.spec = NULL;
	change->action = DEVICE_ATTACH;
	devices->nr++;
	return rc;
}

static int list_kind(const struct plan_item *item, const struct device_kind *kind, struct change_devices *devices,
		     struct xlite_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < device_kind_count(kind, item->have->spec) && !rc; i++)
		rc = add_old(item, kind, i, devices, err);
	for (size_t i = 0; i < device_kind_count(kind, item->want) && !rc; i++)
		rc = add_new(item, kind, device_kind_item(kind, item->want, i), devices, err);
	return rc;
}

/* What an earlier run began to attach, or asked the guest for in vain, is taken away first, and stays marked until it is. */
static void list_half(const struct plan_item *item, struct change_devices *devices)
{
	const char *half = item->have->record.begun;
	struct xlite_device at = devices_at(item->have->info.domid, 0, 0);

	while (xlite_device_next(&half, &at)) {
		const struct device_kind *kind = device_kind_of(at.kind);
		struct device device = { .kind = kind, .at = at };

		if (kind)
			devices->items[devices->nr++] = (struct device_change){
				.action = DEVICE_DETACH, .old = device, .new = device, .asked = true,
			};
	}
}

int device_list(struct change_job *job, struct xlite_error *err)
{
	const struct plan_item *item = job->item;
	struct change_devices *devices = calloc(1, sizeof(*devices));
	const char *half = item->have->record.begun;
	size_t most = half ? strlen(half) / strlen("vif/0 ") + 1 : 0;
	int rc = 0;

	for (size_t i = 0; i < nr_device_kinds; i++)
		most += device_kind_count(device_kinds[i], item->have->spec) + device_kind_count(device_kinds[i], item->want);
	job->devices = devices;
	if (devices)
		devices->items = calloc(most + 1, sizeof(*devices->items));
	if (!devices || !devices->items)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	list_half(item, devices);
	for (size_t i = 0; i < nr_device_kinds && !rc; i++)
		rc = list_kind(item, device_kinds[i], devices, err);
	return rc;
}

bool device_is_held(const struct change_devices *devices, const struct device *new)
{
	for (size_t i = 0; i < devices->nr; i++) {
		const struct device_change *change = &devices->items[i];

		if (change->old.kind != new->kind)
			continue;
		if (!change->old.spec && !change->new.spec)
			return true;
		if (change->old.spec && device_detaches(change) && new->kind->has(&change->old, new->spec))
			return true;
	}
	return false;
}
