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

bool change_is_device(const struct cfg_diff *diff)
{
	const char *end = strchr(diff->path, ']');

	if (plan_waits(diff) || (strncmp(diff->path, "vifs[", 5) && strncmp(diff->path, "vbds[", 5)))
		return false;
	/* Growth is another matter: nothing is detached for it. */
	return !end || strcmp(end, "].size");
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_strings(const struct cfg_strings *a, const struct cfg_strings *b)
{
	bool same = a->nr == b->nr;

	for (size_t i = 0; same && i < a->nr; i++)
		same = !strcmp(a->items[i], b->items[i]);
	return same;
}

/* A script is told of a vif when it comes and when it goes: between, only what is done beside it can change. */
static bool script_adjusts(const struct cfg_vif *old, const struct cfg_vif *new)
{
	return same_text(old->script, new->script) && same_text(old->target, new->target) && same_strings(&old->ip, &new->ip) &&
	       same_text(old->gatewaydev, new->gatewaydev) && old->vlan == new->vlan && (new->mtu || !old->mtu);
}

/* What a running vif can take. */
static bool vif_adjusts(const struct cfg_vif *old, const struct cfg_vif *new)
{
	if (old->kind != new->kind)
		return false;
	if (old->script || new->script)
		return script_adjusts(old, new);
	/* What a route leaves on one uplink is not moved to another. */
	return old->kind != CFG_VIF_ROUTE ||
	       (!strcmp(old->target, new->target) && !old->gatewaydev == !new->gatewaydev &&
		(!old->gatewaydev || !strcmp(old->gatewaydev, new->gatewaydev)));
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

static bool vif_differs(const struct plan_item *item, const struct cfg_vif *vif)
{
	char path[40];

	snprintf(path, sizeof(path), "vifs[%02x:%02x:%02x:%02x:%02x:%02x]", vif->mac[0], vif->mac[1], vif->mac[2], vif->mac[3],
		 vif->mac[4], vif->mac[5]);
	return differs(item, path);
}

static bool vbd_differs(const struct plan_item *item, const struct cfg_vbd *vbd)
{
	char path[64];

	snprintf(path, sizeof(path), "vbds[%s]", vbd->vdev);
	return differs(item, path);
}

static const struct cfg_vif *find_vif(const struct cfg_domain *spec, const uint8_t mac[6], size_t *at)
{
	for (size_t i = 0; i < spec->nr_vifs; i++) {
		if (memcmp(spec->vifs[i].mac, mac, 6))
			continue;
		if (at)
			*at = i;
		return &spec->vifs[i];
	}
	return NULL;
}

static const struct cfg_vbd *find_vbd(const struct cfg_domain *spec, const char *vdev)
{
	for (size_t i = 0; i < spec->nr_vbds; i++) {
		if (!strcmp(spec->vbds[i].vdev, vdev))
			return &spec->vbds[i];
	}
	return NULL;
}

static bool is_promised(const struct device_change *change, unsigned devid)
{
	return change->at.kind == XLITE_DEVICE_VIF && device_attaches(change) && change->at.devid == devid;
}

/* The lowest number that no vif keeps and none was promised: what is detached is gone before anything is attached. */
static unsigned free_devid(const struct change_devices *devices, const struct plan_item *item)
{
	const struct cfg_domain *old = item->have->spec;

	for (unsigned devid = 0;; devid++) {
		bool taken = false;

		for (size_t i = 0; i < old->nr_vifs; i++)
			taken = taken || (item->have->vif_devids[i] == devid && find_vif(item->want, old->vifs[i].mac, NULL));
		for (size_t i = 0; i < devices->nr; i++)
			taken = taken || is_promised(&devices->items[i], devid);
		if (!taken)
			return devid;
	}
}

static void list_vifs(const struct plan_item *item, struct change_devices *devices)
{
	const struct cfg_domain *old = item->have->spec, *new = item->want;
	uint32_t domid = item->have->info.domid;
	size_t at = 0;

	for (size_t i = 0; i < old->nr_vifs; i++) {
		const struct cfg_vif *vif = &old->vifs[i], *twin = find_vif(new, vif->mac, NULL);

		if (!vif_differs(item, vif))
			continue;
		devices->items[devices->nr++] = (struct device_change){
			.action = !twin ? DEVICE_DETACH : vif_adjusts(vif, twin) ? DEVICE_ADJUST : DEVICE_CYCLE,
			.at = devices_at(domid, XLITE_DEVICE_VIF, item->have->vif_devids[i]), .old_vif = vif, .new_vif = twin,
		};
	}
	for (size_t i = 0; i < new->nr_vifs; i++) {
		if (find_vif(old, new->vifs[i].mac, &at))
			continue;
		devices->items[devices->nr] = (struct device_change){
			.action = DEVICE_ATTACH, .at = devices_at(domid, XLITE_DEVICE_VIF, free_devid(devices, item)), .new_vif = &new->vifs[i],
		};
		devices->nr++;
	}
}

/* Only the name of the source is another: the guest keeps the disk, and the record learns the name. */
static bool vbd_renamed(const struct xlite_device *at, const struct cfg_vbd *old, const struct cfg_vbd *new)
{
	bool same_script = !old->script == !new->script && (!old->script || !strcmp(old->script, new->script));

	return old->source && new->source && old->mode == new->mode && old->format == new->format && old->shared == new->shared &&
	       old->discard == new->discard && old->cdrom == new->cdrom && same_script && devices_vbd_has(at, old, new);
}

static void list_vbds(const struct plan_item *item, struct change_devices *devices)
{
	const struct cfg_domain *old = item->have->spec, *new = item->want;
	uint32_t domid = item->have->info.domid;

	for (size_t i = 0; i < old->nr_vbds; i++) {
		const struct cfg_vbd *vbd = &old->vbds[i], *twin = find_vbd(new, vbd->vdev);

		struct xlite_device at = devices_at(domid, XLITE_DEVICE_VBD, (unsigned)xlite_vdev_number(vbd->vdev));

		if (!vbd_differs(item, vbd) || (twin && vbd_renamed(&at, vbd, twin)))
			continue;
		devices->items[devices->nr++] = (struct device_change){
			.action = twin ? DEVICE_CYCLE : DEVICE_DETACH, .old_vbd = vbd, .new_vbd = twin, .at = at,
		};
	}
	for (size_t i = 0; i < new->nr_vbds; i++) {
		const struct cfg_vbd *vbd = &new->vbds[i];

		if (find_vbd(old, vbd->vdev))
			continue;
		devices->items[devices->nr++] = (struct device_change){
			.action = DEVICE_ATTACH, .new_vbd = vbd,
			.at = devices_at(domid, XLITE_DEVICE_VBD, (unsigned)xlite_vdev_number(vbd->vdev)),
		};
	}
}

/* What an earlier run began to attach, or asked the guest for in vain, is taken away first, and stays marked until it is. */
static void list_half(const struct plan_item *item, struct change_devices *devices)
{
	const char *half = item->have->record.half;

	struct xlite_device at = devices_at(item->have->info.domid, XLITE_DEVICE_VIF, 0);

	while (xlite_device_next(&half, &at))
		devices->items[devices->nr++] = (struct device_change){ .action = DEVICE_DETACH, .at = at, .asked = true };
}

int device_list(struct change_job *job, struct xlite_error *err)
{
	const struct plan_item *item = job->item;
	size_t most = item->have->spec->nr_vifs + item->have->spec->nr_vbds + item->want->nr_vifs + item->want->nr_vbds;
	struct change_devices *devices = calloc(1, sizeof(*devices));
	const char *half = item->have->record.half;

	job->devices = devices;
	most += half ? strlen(half) / strlen("vif/0 ") + 1 : 0;
	if (devices)
		devices->items = calloc(most + 1, sizeof(*devices->items));
	if (!devices || !devices->items)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	list_half(item, devices);
	list_vifs(item, devices);
	list_vbds(item, devices);
	return 0;
}

/* What a half one has is not known. */
bool device_source_moves(const struct change_devices *devices, const struct cfg_vbd *vbd)
{
	for (size_t i = 0; i < devices->nr; i++) {
		const struct device_change *change = &devices->items[i];

		if (change->at.kind == XLITE_DEVICE_VBD && !change->old_vbd && !change->new_vbd)
			return true;
		if (change->old_vbd && device_detaches(change) && devices_vbd_has(&change->at, change->old_vbd, vbd))
			return true;
	}
	return false;
}
