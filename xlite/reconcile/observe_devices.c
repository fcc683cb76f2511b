/* SPDX-License-Identifier: GPL-2.0-or-later
 * Devices as dom0's mirror below /libxl lists them, which no guest may write: vifs are told by their MAC, vbds by
 * their number, and each that no spec of ours knows (attached by xl, or all of a domain that xl made) is added. What a
 * run began to attach and never finished counts as not there; a CD drive without a disc needs no device.
 */
#include "xlite/reconcile/look.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "hotplug/disk.h"
#include "xlite/reconcile/devices_qemu.h"

/* A guest's devices of one kind that are looked at; more there cannot be in a spec. */
#define DEVICES_MAX 256

struct stranger {
	const struct look *look;
	bool vif;
	unsigned devid;
	uint8_t mac[6];
	size_t first;	/* its requests */
};

struct strangers {
	struct stranger *items;
	size_t nr, room;
	struct xlite_store_batch *batch;
};

static bool mac_parse(const char *text, uint8_t mac[6])
{
	unsigned m[6];

	if (!text || sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5]) != 6)
		return false;
	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)m[i];
	return true;
}

static int stranger_add(struct strangers *strangers, const struct look *look, bool vif, unsigned devid, const uint8_t *mac)
{
	struct stranger *items = strangers->items;
	uint32_t domid = look->domain->info.domid;

	if (strangers->nr == strangers->room) {
		items = realloc(items, (strangers->room + 16) * sizeof(*items));
		if (!items)
			return -ENOMEM;
		strangers->items = items;
		strangers->room += 16;
	}
	items += strangers->nr++;
	*items = (struct stranger){ .look = look, .vif = vif, .devid = devid };
	if (mac)
		memcpy(items->mac, mac, 6);
	if (vif) {
		items->first = xlite_store_batch_read(strangers->batch, "/libxl/%u/device/vif/%u/bridge", domid, devid);
		return 0;
	}
	items->first = xlite_store_batch_read(strangers->batch, "/libxl/%u/device/vbd/%u/params", domid, devid);
	xlite_store_batch_read(strangers->batch, "/libxl/%u/device/vbd/%u/mode", domid, devid);
	xlite_store_batch_read(strangers->batch, "/libxl/%u/device/vbd/%u/device-type", domid, devid);
	xlite_store_batch_read(strangers->batch, "/libxl/%u/device/vbd/%u/discard-enable", domid, devid);
	xlite_store_batch_read(strangers->batch, "/libxl/%u/device/vbd/%u/script", domid, devid);
	return 0;
}

/* libxl's names of formats, before a colon, where QEMU serves a disk. What follows is the source. */
static const char *params_format(const char *params, enum cfg_vbd_format *format)
{
	static const struct { const char *prefix; enum cfg_vbd_format format; } known[] = {
		{ "qcow2:", CFG_FORMAT_QCOW2 }, { "raw:", CFG_FORMAT_RAW }, { "aio:", CFG_FORMAT_RAW },
	};

	for (size_t i = 0; params && i < ARRAY_SIZE(known); i++) {
		size_t len = strlen(known[i].prefix);

		if (strncmp(params, known[i].prefix, len))
			continue;
		*format = known[i].format;
		return params + len;
	}
	return params;
}

static int add_vbd(struct cfg_domain *spec, unsigned devid, const char *params, const char *mode, const char *type,
		   const char *discard, const char *script)
{
	struct cfg_vbd *vbds = realloc(spec->vbds, (spec->nr_vbds + 1) * sizeof(*vbds));
	char name[32];

	if (!vbds)
		return -ENOMEM;
	spec->vbds = vbds;
	vbds += spec->nr_vbds;
	memset(vbds, 0, sizeof(*vbds));
	if (xlite_vdev_name(devid, name, sizeof(name)))
		return 0;
	vbds->vdev = strdup(name);
	params = params_format(params, &vbds->format);
	vbds->format_given = vbds->format != CFG_FORMAT_RAW;
	params = params && *params ? params : NULL;
	vbds->source = params ? strdup(params) : NULL;
	vbds->mode = mode && *mode == 'w' ? CFG_VBD_RW : CFG_VBD_RO;
	/* libxl says so of all that are read-only, where it means nothing. */
	vbds->discard = vbds->mode == CFG_VBD_RO || !discard || strcmp(discard, "0");
	vbds->cdrom = type && !strcmp(type, "cdrom");
	/* Its own for plain disks libxl names with all of them. */
	script = script && strcmp(script, XLITE_BLOCK_SCRIPT) ? script : NULL;
	vbds->script = script ? strdup(script) : NULL;
	spec->nr_vbds++;
	return vbds->vdev && (vbds->source || !params) && (vbds->script || !script) ? 0 : -ENOMEM;
}

static int add_vif(struct state_domain *domain, unsigned devid, const uint8_t mac[6], const char *bridge)
{
	static const uint8_t none[6];
	struct cfg_domain *spec = domain->spec;
	struct cfg_vif *vifs = realloc(spec->vifs, (spec->nr_vifs + 1) * sizeof(*vifs));
	unsigned *devids = vifs ? realloc(domain->vif_devids, (spec->nr_vifs + 1) * sizeof(*devids)) : NULL;

	if (vifs)
		spec->vifs = vifs;
	if (devids)
		domain->vif_devids = devids;
	if (!vifs || !devids)
		return -ENOMEM;
	vifs += spec->nr_vifs;
	memset(vifs, 0, sizeof(*vifs));
	vifs->kind = CFG_VIF_BRIDGE;
	vifs->filter = true;
	vifs->mac_given = memcmp(mac, none, 6);
	memcpy(vifs->mac, mac, 6);
	vifs->target = strdup(bridge ? bridge : "");
	devids[spec->nr_vifs++] = devid;
	return vifs->target ? 0 : -ENOMEM;
}

static int strangers_join(const struct strangers *strangers)
{
	int rc = 0;

	for (size_t i = 0; i < strangers->nr && !rc; i++) {
		const struct stranger *stranger = &strangers->items[i];
		const char *first = xlite_store_batch_value(strangers->batch, stranger->first, NULL);

		if (stranger->vif)
			rc = add_vif(stranger->look->domain, stranger->devid, stranger->mac, first);
		else
			rc = add_vbd(stranger->look->domain->spec, stranger->devid, first,
				     xlite_store_batch_value(strangers->batch, stranger->first + 1, NULL),
				     xlite_store_batch_value(strangers->batch, stranger->first + 2, NULL),
				     xlite_store_batch_value(strangers->batch, stranger->first + 3, NULL),
				     xlite_store_batch_value(strangers->batch, stranger->first + 4, NULL));
	}
	return rc;
}

/* The vifs of one domain; the answers about their MACs begin at *at. */
static int match_vifs(const struct look *look, const struct xlite_store_batch *devices, size_t *at, struct strangers *strangers)
{
	struct cfg_domain *spec = look->domain->spec;
	auto_free bool *there = calloc(spec->nr_vifs + 1, sizeof(*there));
	unsigned *devids = calloc(spec->nr_vifs + 1, sizeof(*devids));
	const char *child;
	size_t kept = 0;

	look->domain->vif_devids = devids;
	if (!there || !devids)
		return -ENOMEM;
	for (size_t k = 0; k < DEVICES_MAX && (child = xlite_store_batch_child(look->batch, look->vifs, k)); k++) {
		unsigned devid = (unsigned)strtoul(child, NULL, 10);
		uint8_t mac[6] = { 0 };
		size_t i = 0;

		mac_parse(xlite_store_batch_value(devices, (*at)++, NULL), mac);
		if (state_half(look->domain, XLITE_DEVICE_VIF, devid))
			continue;
		while (i < spec->nr_vifs && (there[i] || memcmp(spec->vifs[i].mac, mac, 6)))
			i++;
		if (i == spec->nr_vifs && stranger_add(strangers, look, true, devid, mac))
			return -ENOMEM;
		there[i] = i < spec->nr_vifs;
		devids[i] = devid;
	}
	for (size_t i = 0; i < spec->nr_vifs; i++) {
		if (there[i]) {
			devids[kept] = devids[i];
			spec->vifs[kept++] = spec->vifs[i];
		} else {
			cfg_vif_clear(&spec->vifs[i]);
		}
	}
	spec->nr_vifs = kept;
	return 0;
}

/* The device of a vbd of ours, whose source may have grown or been exchanged. */
static int look_at_size(struct state_domain *domain, const struct cfg_vbd *vbd, const char *device)
{
	struct state_resized *resized;
	struct hotplug_disk_now now;

	if (!device || vbd->script || cfg_vbd_needs_qemu(vbd) || strlen(device) >= sizeof(resized->device) ||
	    strlen(vbd->vdev) >= sizeof(resized->vdev) ||
	    !hotplug_disk_look(device, vbd->source, &now) || (!now.other && now.offered == now.bytes))
		return 0;
	resized = realloc(domain->resized, (domain->nr_resized + 1) * sizeof(*resized));
	if (!resized)
		return -ENOMEM;
	domain->resized = resized;
	resized += domain->nr_resized++;
	*resized = (struct state_resized){ .exchanged = now.other, .offered = now.offered, .bytes = now.bytes };
	strcpy(resized->device, device);
	strcpy(resized->vdev, vbd->vdev);
	return 0;
}

/* Without its QEMU a guest's disk answers no more. */
static void look_at_qemu(struct host *host, struct state_domain *domain)
{
	struct hotplug_qemu of;

	if (!devices_need_qemu(domain->spec))
		return;
	devices_qemu_of(domain->info.domid, domain->info.uuid, &of);
	domain->qemu_ended = !hotplug_qemu_runs(&of) && !devices_qemu_other(host, domain->info.domid, domain->info.uuid);
}

/* The vbds of one domain; the answers about their devices begin at *at. */
static int match_vbds(struct host *host, const struct look *look, const struct xlite_store_batch *devices, size_t *at, struct strangers *strangers)
{
	struct cfg_domain *spec = look->domain->spec;
	auto_free bool *there = calloc(spec->nr_vbds + 1, sizeof(*there));
	const char *child;
	size_t kept = 0;

	if (!there)
		return -ENOMEM;
	for (size_t k = 0; k < DEVICES_MAX && (child = xlite_store_batch_child(look->batch, look->vbds, k)); k++) {
		const char *device = look->owned ? xlite_store_batch_value(devices, (*at)++, NULL) : NULL;
		unsigned devid = (unsigned)strtoul(child, NULL, 10);
		size_t i = 0;

		if (state_half(look->domain, XLITE_DEVICE_VBD, devid))
			continue;
		while (i < spec->nr_vbds && (unsigned)xlite_vdev_number(spec->vbds[i].vdev) != devid)
			i++;
		if (i == spec->nr_vbds && stranger_add(strangers, look, false, devid, NULL))
			return -ENOMEM;
		if (i < spec->nr_vbds && spec->vbds[i].source && look_at_size(look->domain, &spec->vbds[i], device))
			return -ENOMEM;
		there[i] = true;
	}
	for (size_t i = 0; i < spec->nr_vbds; i++) {
		if (there[i] || !spec->vbds[i].source)
			spec->vbds[kept++] = spec->vbds[i];
		else
			cfg_vbd_clear(&spec->vbds[i]);
	}
	spec->nr_vbds = kept;
	if (look->owned)
		look_at_qemu(host, look->domain);
	return 0;
}

/* Of each vif its MAC, then of each vbd of ours its block device. */
static int read_devices(struct host *host, const struct look *looks, size_t nr, struct xlite_store_batch *batch,
			struct xlite_error *err)
{
	const char *child;
	size_t total = 0;

	for (size_t i = 0; i < nr; i++) {
		const struct look *look = &looks[i];
		uint32_t domid = look->domain->info.domid;

		for (size_t k = 0; k < DEVICES_MAX && (child = xlite_store_batch_child(look->batch, look->vifs, k)); k++, total++)
			xlite_store_batch_read(batch, "/libxl/%u/device/vif/%s/mac", domid, child);
		for (size_t k = 0; look->owned && k < DEVICES_MAX &&
		     (child = xlite_store_batch_child(look->batch, look->vbds, k)); k++, total++)
			xlite_store_batch_read(batch, "/libxl/%u/device/vbd/%s/params", domid, child);
	}
	return total ? xlite_store_batch_run(host->store, batch, err) : 0;
}

int observe_devices(struct host *host, const struct look *looks, size_t nr, struct xlite_error *err)
{
	struct xlite_store_batch *devices = xlite_store_batch_new();
	struct strangers strangers = { .batch = xlite_store_batch_new() };
	size_t at = 0;
	int rc = devices && strangers.batch ? read_devices(host, looks, nr, devices, err) : -ENOMEM;

	for (size_t i = 0; i < nr && !rc; i++) {
		rc = match_vifs(&looks[i], devices, &at, &strangers);
		if (!rc)
			rc = match_vbds(host, &looks[i], devices, &at, &strangers);
	}
	if (!rc && strangers.nr)
		rc = xlite_store_batch_run(host->store, strangers.batch, err);
	if (!rc)
		rc = strangers_join(&strangers);
	free(strangers.items);
	xlite_store_batch_free(strangers.batch);
	xlite_store_batch_free(devices);
	return rc == -ENOMEM ? xlite_error_set(err, rc, "out of memory") : rc;
}
