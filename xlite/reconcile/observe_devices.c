/* SPDX-License-Identifier: GPL-2.0-or-later
 * Devices as dom0's mirror below /libxl lists them, which no guest may write. They are told by their kind's key, and
 * each that no spec of ours knows (attached by xl, or all of a domain that xl made) is added. What a run began to
 * attach and never finished counts as not there; a CD drive without a disc needs no device.
 */
#include "xlite/reconcile/observe_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "xlite/reconcile/device_kind.h"
#include "xlite/reconcile/devices_qemu.h"

/* A guest's devices of one kind that are looked at; more there cannot be in a spec. */
#define DEVICES_MAX 256

/* A device that no spec knows. */
struct stranger {
	const struct observe_request *look;
	const struct device_kind *kind;
	unsigned devid;
	const char *mark;
	size_t first;	/* its requests */
	size_t online;	/* one more: "0" where its guest was asked to let go of it */
};

struct strangers {
	struct stranger *items;
	size_t nr, room;
	struct xlite_store_batch *batch;
};

static int stranger_add(struct strangers *strangers, const struct observe_request *look, const struct device_kind *kind,
			unsigned devid, const char *mark)
{
	struct xlite_device at = devices_at(look->domain->info.domid, kind->id, devid);
	struct stranger *items = strangers->items;
	char path[XLITE_DEVICE_PATH];

	if (strangers->nr == strangers->room) {
		items = realloc(items, (strangers->room + 16) * sizeof(*items));
		if (!items)
			return -ENOMEM;
		strangers->items = items;
		strangers->room += 16;
	}
	items += strangers->nr++;
	*items = (struct stranger){ .look = look, .kind = kind, .devid = devid, .mark = mark };
	xlite_device_path(&at, XLITE_DEVICE_MIRROR, path);
	for (size_t i = 0; i < DEVICE_FOREIGN_NODES && kind->foreign[i]; i++) {
		size_t request = xlite_store_batch_read(strangers->batch, "%s/%s", path, kind->foreign[i]);

		items->first = i ? items->first : request;
	}
	items->online = xlite_store_batch_read(strangers->batch, "%s/online", xlite_device_path(&at, XLITE_DEVICE_BACK, path));
	return 0;
}

/* A domain without a record of ours has no marks: whoever began to take the device away, it goes when the guest lets go. */
static int stranger_goes(const struct stranger *stranger)
{
	char **half = &stranger->look->domain->record.begun, *text;

	if (asprintf(&text, "%s%s%s/%u", *half ? *half : "", *half ? " " : "", xlite_device_back(stranger->kind->id),
		     stranger->devid) < 0)
		return -ENOMEM;
	free(*half);
	*half = text;
	return 0;
}

static int stranger_join(const struct strangers *strangers, const struct stranger *stranger)
{
	const struct device_kind *kind = stranger->kind;
	struct state_domain *domain = stranger->look->domain;
	const char *foreign[DEVICE_FOREIGN_NODES] = { NULL },
		   *online = xlite_store_batch_value(strangers->batch, stranger->online, NULL);
	size_t nr = device_kind_count(kind, domain->spec);
	unsigned *devids = realloc(domain->devids[kind->id], (nr + 1) * sizeof(*devids));
	char key[DEVICE_KEY_MAX];
	void *item;

	if (!devids)
		return -ENOMEM;
	domain->devids[kind->id] = devids;
	kind->seen_key(stranger->devid, stranger->mark, key);
	/* A number that no spec could give. */
	if (!key[0])
		return 0;
	if (online && !strcmp(online, "0"))
		return stranger_goes(stranger);
	for (size_t i = 0; i < DEVICE_FOREIGN_NODES && kind->foreign[i]; i++)
		foreign[i] = xlite_store_batch_value(strangers->batch, stranger->first + i, NULL);
	devids[nr] = stranger->devid;
	item = device_kind_add(kind, domain->spec);
	return item ? kind->fill(item, stranger->devid, stranger->mark, foreign) : -ENOMEM;
}

static int strangers_join(const struct strangers *strangers)
{
	int rc = 0;

	for (size_t i = 0; i < strangers->nr && !rc; i++)
		rc = stranger_join(strangers, &strangers->items[i]);
	return rc;
}

/* An image whose name leads to another file by now. */
static int look_at_images(struct state_domain *domain, pid_t pid)
{
	for (size_t i = 0; i < domain->spec->nr_vbds; i++) {
		const struct cfg_vbd *vbd = &domain->spec->vbds[i];
		int rc;

		if (!cfg_vbd_needs_qemu(vbd) || cfg_vbd_is_nbd(vbd) || !vbd->source || !hotplug_disk_other_in(pid, vbd->source))
			continue;
		rc = state_add_resized(domain, vbd->vdev, "", &(struct hotplug_disk_now){ .other = true });
		if (rc)
			return rc;
	}
	return 0;
}

/* Without its QEMU a guest's disk answers no more. */
static int look_at_qemu(struct host *host, struct state_domain *domain)
{
	struct hotplug_qemu of;
	pid_t pid;

	if (!devices_need_qemu(domain->spec))
		return 0;
	devices_qemu_of(domain->info.domid, domain->info.uuid, &of);
	if (hotplug_qemu_runs(&of)) {
		pid = hotplug_qemu_number(&of);
	} else {
		pid = devices_qemu_other(host, domain->info.domid, domain->info.uuid);
		/* Another tool's may run in a domain of its own, and has no process here. */
		domain->qemu_ended = !pid && (hotplug_qemu_known(&of) || devices_qemu_written(host, domain->info.domid));
	}
	return look_at_images(domain, pid);
}

/* The place of the item with that key which no other device has taken; past the last where there is none. */
static size_t find_item(const struct device_kind *kind, const struct cfg_domain *spec, const bool *there, const char *seen)
{
	size_t nr = device_kind_count(kind, spec), i;
	char key[DEVICE_KEY_MAX];

	for (i = 0; i < nr; i++) {
		kind->key(device_kind_item(kind, spec, i), key);
		if (!there[i] && !strcmp(key, seen))
			break;
	}
	return i;
}

/* Items whose device is not there go, unless they need none. */
static void drop_missing(const struct device_kind *kind, struct cfg_domain *spec, const bool *there, unsigned *devids)
{
	char *items = device_kind_items(kind, spec);
	size_t kept = 0;

	for (size_t i = 0; i < device_kind_count(kind, spec); i++) {
		char *item = items + i * kind->item_bytes;

		if (!there[i] && !device_kind_absent(kind, item)) {
			kind->clear(item);
			continue;
		}
		devids[kept] = devids[i];
		memmove(items + kept++ * kind->item_bytes, item, kind->item_bytes);
	}
	device_kind_set_count(kind, spec, kept);
}

/* One domain's devices of one kind; the answers about their marks begin at *at. */
static int match_kind(const struct observe_request *look, size_t k, const struct xlite_store_batch *marks, size_t *at,
		      struct strangers *strangers)
{
	const struct device_kind *kind = device_kinds[k];
	struct state_domain *domain = look->domain;
	size_t nr = device_kind_count(kind, domain->spec);
	auto_free bool *there = calloc(nr + 1, sizeof(*there));
	unsigned *devids = calloc(nr + 1, sizeof(*devids));
	const char *child;

	domain->devids[kind->id] = devids;
	if (!there || !devids)
		return -ENOMEM;
	for (size_t c = 0; c < DEVICES_MAX && (child = xlite_store_batch_child(look->batch, look->devices + k, c)); c++) {
		const char *mark = xlite_store_batch_value(marks, (*at)++, NULL);
		unsigned devid = (unsigned)strtoul(child, NULL, 10);
		char seen[DEVICE_KEY_MAX];
		size_t i;

		if (state_begun(domain, kind->id, devid))
			continue;
		kind->seen_key(devid, mark, seen);
		/* Not of the spec, but of its cloud_init. */
		if (kind == &device_kind_vbd && domain->spec->cloud_init.enabled && !strcmp(seen, cfg_cloud_vdev(domain->spec)))
			continue;
		i = find_item(kind, domain->spec, there, seen);
		if (i == nr && stranger_add(strangers, look, kind, devid, mark))
			return -ENOMEM;
		there[i] = i < nr;
		devids[i] = devid;
		if (i < nr && look->owned && kind->see && kind->see(domain, device_kind_item(kind, domain->spec, i), mark))
			return -ENOMEM;
	}
	drop_missing(kind, domain->spec, there, devids);
	return 0;
}

/* Of each device its mark. */
static int read_marks(struct host *host, const struct observe_request *looks, size_t nr,
		      struct xlite_store_batch *batch, struct xlite_error *err)
{
	const char *child;
	size_t total = 0;

	for (size_t i = 0; i < nr; i++) {
		const struct observe_request *look = &looks[i];

		for (size_t k = 0; k < nr_device_kinds; k++) {
			struct xlite_device devices = devices_at(look->domain->info.domid, device_kinds[k]->id, 0);
			char path[XLITE_DEVICE_PATH];

			xlite_devices_path(&devices, XLITE_DEVICE_MIRROR, path);
			for (size_t c = 0;
			     c < DEVICES_MAX && (child = xlite_store_batch_child(look->batch, look->devices + k, c));
			     c++, total++)
				xlite_store_batch_read(batch, "%s/%s/%s", path, child, device_kinds[k]->mark);
		}
	}
	return total ? xlite_store_batch_run(host->store, batch, err) : 0;
}

int observe_devices(struct host *host, const struct observe_request *looks, size_t nr, struct xlite_error *err)
{
	struct xlite_store_batch *marks = xlite_store_batch_new();
	struct strangers strangers = { .batch = xlite_store_batch_new() };
	size_t at = 0;
	int rc = marks && strangers.batch ? read_marks(host, looks, nr, marks, err) : -ENOMEM;

	for (size_t i = 0; i < nr && !rc; i++) {
		for (size_t k = 0; k < nr_device_kinds && !rc; k++)
			rc = match_kind(&looks[i], k, marks, &at, &strangers);
		if (!rc && looks[i].owned)
			rc = look_at_qemu(host, looks[i].domain);
	}
	if (!rc && strangers.nr)
		rc = xlite_store_batch_run(host->store, strangers.batch, err);
	if (!rc)
		rc = strangers_join(&strangers);
	free(strangers.items);
	xlite_store_batch_free(strangers.batch);
	xlite_store_batch_free(marks);
	return rc == -ENOMEM ? xlite_error_set(err, rc, "out of memory") : rc;
}
