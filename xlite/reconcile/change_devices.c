/* SPDX-License-Identifier: GPL-2.0-or-later
 * Devices of a running domain: detached, attached, adjusted. What differs in a way that the running device cannot take
 * is detached and attached again. Undoing a detachment attaches what was there before.
 */
#include "xlite/reconcile/change_devices.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/buf.h"
#include "common/clock.h"
#include "xlite/reconcile/devices.h"
#include "xlite/reconcile/unplug.h"

/* How long a backend may take over a new device. */
#define ATTACH_MS 60000

enum device_action { DEVICE_ATTACH, DEVICE_DETACH, DEVICE_CYCLE, DEVICE_ADJUST };

/* One device that differs. */
struct device_change {
	enum device_action action;
	bool vif;
	const struct cfg_vif *old_vif, *new_vif;
	const struct cfg_vbd *old_vbd, *new_vbd;
	unsigned devid;
	struct devices_vif_host old_place, new_place;
	bool detached, attached, adjusted;	/* what was begun, for undo */
};

struct change_devices {
	struct device_change *items;
	size_t nr;
};

static uint32_t domid_of(const struct change_job *job)
{
	return job->item->have->info.domid;
}

static bool detaches(const struct device_change *change)
{
	return change->action == DEVICE_DETACH || change->action == DEVICE_CYCLE;
}

static bool attaches(const struct device_change *change)
{
	return change->action == DEVICE_ATTACH || change->action == DEVICE_CYCLE;
}

void change_devices_free(struct change_devices *devices)
{
	if (!devices)
		return;
	free(devices->items);
	free(devices);
}

bool change_is_device(const char *path)
{
	const char *end = strchr(path, ']');

	if (strncmp(path, "vifs[", 5) && strncmp(path, "vbds[", 5))
		return false;
	/* Growth is another matter: nothing is detached for it. */
	return !end || strcmp(end, "].size");
}

/* What a running vif can take. */
static bool vif_adjusts(const struct cfg_vif *old, const struct cfg_vif *new)
{
	if (old->kind != new->kind || old->script || new->script)
		return false;
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
		const char *other = item->diffs[i].path;

		if (!strncmp(other, path, len) && (!other[len] || other[len] == '.') && change_is_device(other))
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

/* The lowest number that no vif keeps and none was promised: what is detached is gone before anything is attached. */
static unsigned free_devid(const struct change_devices *devices, const struct plan_item *item)
{
	const struct cfg_domain *old = item->have->spec;

	for (unsigned devid = 0;; devid++) {
		bool taken = false;

		for (size_t i = 0; i < old->nr_vifs; i++)
			taken = taken || (item->have->vif_devids[i] == devid && find_vif(item->want, old->vifs[i].mac, NULL));
		for (size_t i = 0; i < devices->nr; i++)
			taken = taken || (devices->items[i].vif && attaches(&devices->items[i]) && devices->items[i].devid == devid);
		if (!taken)
			return devid;
	}
}

static void list_vifs(const struct plan_item *item, struct change_devices *devices)
{
	const struct cfg_domain *old = item->have->spec, *new = item->want;
	size_t at = 0;

	for (size_t i = 0; i < old->nr_vifs; i++) {
		const struct cfg_vif *vif = &old->vifs[i], *twin = find_vif(new, vif->mac, NULL);

		if (!vif_differs(item, vif))
			continue;
		devices->items[devices->nr++] = (struct device_change){
			.action = !twin ? DEVICE_DETACH : vif_adjusts(vif, twin) ? DEVICE_ADJUST : DEVICE_CYCLE,
			.vif = true, .old_vif = vif, .new_vif = twin, .devid = item->have->vif_devids[i],
		};
	}
	for (size_t i = 0; i < new->nr_vifs; i++) {
		if (find_vif(old, new->vifs[i].mac, &at))
			continue;
		devices->items[devices->nr] = (struct device_change){
			.action = DEVICE_ATTACH, .vif = true, .new_vif = &new->vifs[i], .devid = free_devid(devices, item),
		};
		devices->nr++;
	}
}

static void list_vbds(const struct plan_item *item, struct change_devices *devices)
{
	const struct cfg_domain *old = item->have->spec, *new = item->want;

	for (size_t i = 0; i < old->nr_vbds; i++) {
		const struct cfg_vbd *vbd = &old->vbds[i], *twin = find_vbd(new, vbd->vdev);

		if (!vbd_differs(item, vbd))
			continue;
		devices->items[devices->nr++] = (struct device_change){
			.action = twin ? DEVICE_CYCLE : DEVICE_DETACH, .old_vbd = vbd, .new_vbd = twin,
			.devid = (unsigned)xlite_vdev_number(vbd->vdev),
		};
	}
	for (size_t i = 0; i < new->nr_vbds; i++) {
		const struct cfg_vbd *vbd = &new->vbds[i];

		if (find_vbd(old, vbd->vdev))
			continue;
		devices->items[devices->nr++] = (struct device_change){
			.action = DEVICE_ATTACH, .new_vbd = vbd, .devid = (unsigned)xlite_vdev_number(vbd->vdev),
		};
	}
}

/* What an earlier run began to attach is taken away first. */
static void list_half(const struct plan_item *item, struct change_devices *devices)
{
	const char *half = item->have->record.half;

	for (; half && *half; half += strcspn(half, " "), half += strspn(half, " ")) {
		bool vif = !strncmp(half, "vif/", 4);

		if (vif || !strncmp(half, "vbd/", 4))
			devices->items[devices->nr++] = (struct device_change){
				.action = DEVICE_DETACH, .vif = vif, .devid = (unsigned)strtoul(half + 4, NULL, 10),
			};
	}
}

static int list_devices(struct change_job *job, struct xlite_error *err)
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

static int name_it(const struct device_change *change, struct xlite_error *err)
{
	char name[32] = "";

	if (change->vif)
		return xlite_error_prefix(err, "vif %u", change->devid);
	xlite_vdev_name(change->devid, name, sizeof(name));
	return xlite_error_prefix(err, "disk %s", name);
}

/* A source that another vbd of the same domain has until it is detached is free only then. What a half one has is not known. */
static bool source_moves(const struct change_devices *devices, const struct cfg_vbd *vbd)
{
	for (size_t i = 0; i < devices->nr; i++) {
		const struct device_change *change = &devices->items[i];

		if (!change->vif && !change->old_vbd && !change->new_vbd)
			return true;
		if (change->old_vbd && detaches(change) && change->old_vbd->source && vbd->source &&
		    !strcmp(change->old_vbd->source, vbd->source))
			return true;
	}
	return false;
}

static int check_one(struct change_job *job, struct device_change *change, struct xlite_error *err)
{
	int rc = 0;

	/* Only for undo: that its bridge is no more does not keep a vif from leaving it. */
	if (change->old_vif)
		devices_vif_check(job->host, change->old_vif, false, &change->old_place, NULL);
	if (change->new_vif)
		rc = devices_vif_check(job->host, change->new_vif, !change->old_vif, &change->new_place, err);
	if (rc)
		return name_it(change, err);
	if (detaches(change) && job->item->have->info.paused) {
		rc = unplug_check(job->host, domid_of(job), change->vif ? "vif" : "vbd", change->devid, err);
		if (rc)
			return name_it(change, err);
	}
	if (change->new_vbd && attaches(change) && !source_moves(job->devices, change->new_vbd))
		rc = devices_vbd_check(job->host, change->new_vbd, err);
	return rc;
}

int change_check_devices(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;
	int rc = list_devices(job, err);

	xlite_uuid_text(job->item->have->info.uuid, job->owner);

	for (size_t i = 0; !rc && i < job->devices->nr; i++)
		rc = check_one(job, &job->devices->items[i], err);
	return rc;
}

/* Adds to the batch the mark of all devices that were begun: a run that dies before the record leaves them to the next. */
static int mark_half(const struct change_job *job, struct xlite_store_batch *batch, struct xlite_error *err)
{
	auto_buf struct buf half = BUF_INIT;

	for (size_t i = 0; i < job->devices->nr; i++) {
		const struct device_change *change = &job->devices->items[i];

		if (change->attached)
			buf_printf(&half, "%s%s/%u", half.len ? " " : "", change->vif ? "vif" : "vbd", change->devid);
	}
	if (half.failed)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	/* A domain that is being taken over has no record yet. */
	if (state_owned(job->item->have))
		xlite_record_finish(batch, domid_of(job), job->item->have->record.waits, half.len ? buf_str(&half) : NULL);
	return 0;
}

static int attach_vif(struct change_job *job, unsigned devid, const struct cfg_vif *vif, const struct devices_vif_host *place,
		      struct xlite_error *err)
{
	struct xlite_store_batch *batch;
	struct hotplug_net *net;
	int rc = host_net(job->host, &net, err);

	/* Before the nodes, since netback makes the link as soon as it sees them. */
	if (!rc)
		rc = hotplug_link_subscribe(net, err);
	if (rc)
		return rc;
	batch = xlite_store_batch_new();
	if (!batch)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	devices_vif_nodes(batch, domid_of(job), devid, vif, place);
	rc = mark_half(job, batch, err);
	if (!rc)
		rc = xlite_store_batch_commit(job->host->store, batch, clock_deadline_ms(ATTACH_MS), err);
	xlite_store_batch_free(batch);
	return rc ? rc : devices_vif_attach(job->host, domid_of(job), job->owner, devid, vif, place,
					    clock_deadline_ms(ATTACH_MS), err);
}

static int attach_vbd(struct change_job *job, const struct cfg_vbd *vbd, struct xlite_error *err)
{
	struct xlite_store_batch *batch;
	struct hotplug_disk disk = { .fd = -1 };
	int rc;

	if (devices_vbd_empty(vbd))
		return 0;
	batch = xlite_store_batch_new();
	if (!batch)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	rc = devices_vbd_open(vbd, &disk, err);
	if (!rc)
		rc = devices_vbd_nodes(batch, domid_of(job), vbd, &disk, err);
	if (!rc)
		rc = mark_half(job, batch, err);
	if (!rc)
		rc = xlite_store_batch_commit(job->host->store, batch, clock_deadline_ms(ATTACH_MS), err);
	if (!rc)
		rc = devices_vbd_settle(job->host, domid_of(job), vbd, clock_deadline_ms(ATTACH_MS), err);
	hotplug_disk_close(&disk);
	xlite_store_batch_free(batch);
	return rc;
}

static int detach(struct change_job *job, struct device_change *change, const struct cfg_vif *vif, const struct cfg_vbd *vbd,
		  bool force, struct xlite_error *err)
{
	struct unplug unplug = {
		.domid = domid_of(job), .kind = change->vif ? "vif" : "vbd", .devid = change->devid, .vif = vif, .vbd = vbd, .force = force,
		.deadline_ns = clock_deadline_ms(job->timeout_ms),
	};
	int rc;

	if (vbd && devices_vbd_empty(vbd))
		return 0;
	rc = unplug_device(job->host, &unplug, err);
	return rc ? name_it(change, err) : 0;
}

int change_detach_devices(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;
	int rc = 0;

	for (size_t i = 0; i < job->devices->nr && !rc; i++) {
		struct device_change *change = &job->devices->items[i];

		if (!detaches(change))
			continue;
		rc = detach(job, change, change->old_vif, change->old_vbd, false, err);
		change->detached = !rc;
	}
	return rc;
}

int change_undo_detach(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;
	int rc = 0;

	for (size_t i = job->devices->nr; i-- > 0 && !rc;) {
		struct device_change *change = &job->devices->items[i];

		if (!change->detached || (!change->old_vif && !change->old_vbd))
			continue;
		rc = change->old_vif ? attach_vif(job, change->devid, change->old_vif, &change->old_place, err) :
				       attach_vbd(job, change->old_vbd, err);
		if (rc && change->old_vif)
			name_it(change, err);
	}
	return rc;
}

int change_attach_devices(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;
	int rc = 0;

	for (size_t i = 0; i < job->devices->nr && !rc; i++) {
		struct device_change *change = &job->devices->items[i];

		if (!attaches(change))
			continue;
		change->attached = true;
		if (change->new_vbd) {
			rc = attach_vbd(job, change->new_vbd, err);
			continue;
		}
		rc = attach_vif(job, change->devid, change->new_vif, &change->new_place, err);
		if (rc)
			name_it(change, err);
	}
	return rc;
}

static int clear_half(struct change_job *job, struct xlite_error *err)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	int rc = batch ? mark_half(job, batch, err) : xlite_error_set(err, -ENOMEM, "out of memory");

	if (!rc)
		rc = xlite_store_batch_commit(job->host->store, batch, clock_deadline_ms(ATTACH_MS), err);
	xlite_store_batch_free(batch);
	return rc;
}

int change_undo_attach(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;
	int rc = 0;

	for (size_t i = job->devices->nr; i-- > 0;) {
		struct device_change *change = &job->devices->items[i];

		if (!change->attached)
			continue;
		change->attached = detach(job, change, change->new_vif, change->new_vbd, true, rc ? NULL : err);
		rc = change->attached ? -EIO : rc;
	}
	return rc ? rc : clear_half(job, err);
}

int change_adjust_vifs(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;
	int rc = 0;

	for (size_t i = 0; i < job->devices->nr && !rc; i++) {
		struct device_change *change = &job->devices->items[i];

		if (change->action != DEVICE_ADJUST)
			continue;
		change->adjusted = true;
		rc = devices_vif_adjust(job->host, domid_of(job), job->owner, change->devid, change->old_vif, change->new_vif,
					&change->new_place, err);
		if (rc)
			name_it(change, err);
	}
	return rc;
}

int change_undo_adjust(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;
	int rc = 0;

	for (size_t i = job->devices->nr; i-- > 0 && !rc;) {
		struct device_change *change = &job->devices->items[i];

		if (!change->adjusted)
			continue;
		rc = devices_vif_adjust(job->host, domid_of(job), job->owner, change->devid, change->new_vif, change->old_vif,
					&change->old_place, err);
		if (rc)
			name_it(change, err);
	}
	return rc;
}

/* Of all vifs at once, since they are one owner's. */
static int set_forwards(struct change_job *job, const struct cfg_domain *to, const struct cfg_domain *from, struct xlite_error *err)
{
	if (!devices_has_forwards(from) && !devices_has_forwards(to))
		return 0;
	return devices_forwards_set(to, job->owner, true, err);
}

int change_forwards(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;

	return set_forwards(job, job->item->want, job->item->have->spec, err);
}

int change_undo_forwards(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;

	return set_forwards(job, job->item->have->spec, job->item->want, err);
}
