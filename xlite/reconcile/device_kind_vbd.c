/* SPDX-License-Identifier: GPL-2.0-or-later
 * The row of vbds. They are told by their name, which gives their number; what is done to one is in devices_vbd.c.
 */
#include "xlite/reconcile/device_kind.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "hotplug/script.h"
#include "xlite/reconcile/claims.h"

static void vbd_name(const struct xlite_device *at, char text[DEVICE_KEY_MAX])
{
	char vdev[32] = "";

	xlite_vdev_name(at->devid, vdev, sizeof(vdev));
	snprintf(text, DEVICE_KEY_MAX, "disk %s", vdev);
}

static void vbd_key(const void *spec, char text[DEVICE_KEY_MAX])
{
	snprintf(text, DEVICE_KEY_MAX, "%s", ((const struct cfg_vbd *)spec)->vdev);
}

static int vbd_number(const void *spec, struct xlite_error *err)
{
	const struct cfg_vbd *vbd = spec;
	int devid = xlite_vdev_number(vbd->vdev);

	return devid < 0 ? xlite_error_set(err, devid, "disk %s: not a name Xen knows", vbd->vdev) : devid;
}

static enum xlite_device_kind vbd_served_as(const void *spec)
{
	return cfg_vbd_needs_qemu(spec) ? XLITE_DEVICE_QDISK : XLITE_DEVICE_VBD;
}

static bool vbd_absent(const void *spec)
{
	return devices_vbd_empty(spec);
}

static bool vbd_may_hold(const void *have, const void *want)
{
	return claims_same_disk(have, want) || claims_lost_disk(have);
}

static bool vbd_has(const struct device *device, const void *want)
{
	return devices_vbd_has(&device->at, device->spec, want);
}

/* Only the name of the source is another: the guest keeps the disk, and the record learns the name. */
static bool vbd_stays(const struct device *device, const void *to)
{
	const struct cfg_vbd *old = device->spec, *new = to;
	bool same_script = !old->script == !new->script && (!old->script || !strcmp(old->script, new->script));

	return old->source && new->source && old->mode == new->mode && old->format == new->format &&
	       old->shared == new->shared && old->discard == new->discard &&
	       old->cdrom == new->cdrom &&same_script &&devices_vbd_has(&device->at, old, new);
}

static int vbd_check(struct host *host, struct device *device, uint32_t own, struct xlite_error *err)
{
	if (own == DEVICES_NO_DOMID)
		return devices_vbd_check(host, device->spec, err);
	return devices_vbd_check_others(host, own, device->spec, err);
}

static int vbd_foresee(struct host *host, struct device *device, const struct disk_own *own, bool had, struct xlite_error *err)
{
	return devices_vbd_foresee(host, device->spec, own, had, err);
}

static int vbd_open(struct host *host, struct device *device, struct xlite_error *err)
{
	return devices_vbd_open(host, device->spec, &device->found.disk, err);
}

static void vbd_close(struct device *device)
{
	hotplug_disk_close(&device->found.disk);
}

static void vbd_nodes(struct xlite_store_batch *batch, const struct device *device)
{
	struct xlite_device served = device_served(device);

	devices_vbd_nodes(batch, &served, device->spec, &device->found.disk);
}

static int vbd_settle(struct host *host, struct device *device, const uint8_t uuid[16], int64_t deadline_ns,
		      struct xlite_error *err)
{
	struct xlite_device served = device_served(device);

	return devices_vbd_settle(host, &served, uuid, device->spec, &device->found.disk, deadline_ns, err);
}

/* One without a script may have been libxl's, for which its nodes name one. */
static int vbd_end(struct host *host, const struct device *device, bool *ran, int64_t deadline_ns, struct xlite_error *err)
{
	const struct cfg_vbd *vbd = device->spec;

	*ran = vbd->script;
	return vbd->script ? devices_vbd_script(host, &device->at, vbd, "remove", deadline_ns, err) : 0;
}

static void vbd_seen_key(unsigned devid, const char *mark, char text[DEVICE_KEY_MAX])
{
	text[0] = '\0';
	xlite_vdev_name(devid, text, DEVICE_KEY_MAX);
}

/* The device of a vbd of ours, whose source may have grown or been exchanged. */
static int vbd_see(struct state_domain *domain, const void *item, const char *device)
{
	const struct cfg_vbd *vbd = item;
	struct hotplug_disk_now now;

	if (!device || !vbd->source || vbd->script || cfg_vbd_needs_qemu(vbd) ||
	    !hotplug_disk_look(device, vbd->source, &now) || (!now.other && now.offered == now.bytes))
		return 0;
	/* A guest that drops its frontend frees the loop device, whose number another disk may have by now. */
	if (!hotplug_disk_has_backend(domain->info.domid, (unsigned)xlite_vdev_number(vbd->vdev)))
		return 0;
	return state_add_resized(domain, vbd->vdev, device, &now);
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

static int vbd_fill(void *item, unsigned devid, const char *params, const char *const foreign[DEVICE_FOREIGN_NODES])
{
	const char *mode = foreign[0], *type = foreign[1], *discard = foreign[2], *script = foreign[3];
	struct cfg_vbd *vbd = item;
	char name[DEVICE_KEY_MAX];

	vbd_seen_key(devid, params, name);
	vbd->vdev = strdup(name);
	params = params_format(params, &vbd->format);
	vbd->format_given = vbd->format != CFG_FORMAT_RAW;
	params = params && *params ? params : NULL;
	vbd->source = params ? strdup(params) : NULL;
	vbd->mode = mode && *mode == 'w' ? CFG_VBD_RW : CFG_VBD_RO;
	/* libxl says so of all that are read-only, where it means nothing. */
	vbd->discard = vbd->mode == CFG_VBD_RO || !discard || strcmp(discard, "0");
	vbd->cdrom = type && !strcmp(type, "cdrom");
	/* Its own for plain disks libxl names with all of them. */
	script = script && strcmp(script, XLITE_BLOCK_SCRIPT) ? script : NULL;
	vbd->script = script ? strdup(script) : NULL;
	return vbd->vdev && (vbd->source || !params) && (vbd->script || !script) ? 0 : -ENOMEM;
}

static void vbd_clear(void *item)
{
	cfg_vbd_clear(item);
}

/*
 * Our own vbds without a script name libxl's, so that xl can end them: there, and where xl was given a block device,
 * that has nothing to do. For a file it has: it is what gave it a loop device.
 */
static void vbd_end_other(const struct xlite_device *at, const char *const values[DEVICE_END_NODES], bool recorded,
			  const struct cfg_domain *spec)
{
	const char *script = values[0], *params = values[1], *device = values[2];

	if (script && (strcmp(script, XLITE_BLOCK_SCRIPT) || !params || !device || strcmp(params, device)))
		devices_end_script(script, "remove", hotplug_script_env_vbd(script, at->domid, at->devid));
}

const struct device_kind device_kind_vbd = {
	.id = XLITE_DEVICE_VBD,
	.list = "vbds",
	.apart = "size",
	.items = offsetof(struct cfg_domain, vbds),
	.nr_items = offsetof(struct cfg_domain, nr_vbds),
	.item_bytes = sizeof(struct cfg_vbd),
	.name = vbd_name,
	.key = vbd_key,
	.number = vbd_number,
	.served_as = vbd_served_as,
	.absent = vbd_absent,
	.stays = vbd_stays,
	.has = vbd_has,
	.may_hold = vbd_may_hold,
	.check = vbd_check,
	.foresee = vbd_foresee,
	.open = vbd_open,
	.close = vbd_close,
	.nodes = vbd_nodes,
	.settle = vbd_settle,
	.end = vbd_end,
	.end_other = vbd_end_other,
	.mark = "params",
	.end_node = "physical-device-path",
	.foreign = { "mode", "device-type", "discard-enable", "script" },
	.seen_key = vbd_seen_key,
	.see = vbd_see,
	.fill = vbd_fill,
	.clear = vbd_clear,
};
