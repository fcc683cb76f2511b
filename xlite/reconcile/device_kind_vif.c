/* SPDX-License-Identifier: GPL-2.0-or-later
 * The row of vifs. They are told by their MAC; what is done to one is in devices_vif.c.
 */
#include "xlite/reconcile/device_kind.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/mac.h"
#include "hotplug/nft.h"
#include "hotplug/script.h"
#include "xlite/reconcile/vif_spec.h"

#define NFT_MS 60000

static void vif_name(const struct xlite_device *at, char text[DEVICE_KEY_MAX])
{
	snprintf(text, DEVICE_KEY_MAX, "vif %u", at->devid);
}

static void vif_key(const void *spec, char text[DEVICE_KEY_MAX])
{
	mac_text(((const struct cfg_vif *)spec)->mac, text);
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

static bool vif_adjusts(const void *from, const void *to)
{
	const struct cfg_vif *old = from, *new = to;

	/* A link is renamed before it is up. */
	if (old->kind != new->kind || !same_text(old->ifname, new->ifname))
		return false;
	if (old->script || new->script)
		return script_adjusts(old, new);
	/* What a route leaves on one uplink is not moved to another. */
	return old->kind != CFG_VIF_ROUTE ||
	       (!strcmp(old->target, new->target) && !old->gatewaydev == !new->gatewaydev &&
		(!old->gatewaydev || !strcmp(old->gatewaydev, new->gatewaydev)));
}

static bool vif_may_hold(const void *have, const void *want)
{
	const struct cfg_vif *had = have, *needed = want;

	return !memcmp(had->mac, needed->mac, 6) || (needed->ifname && same_text(had->ifname, needed->ifname));
}

static bool vif_has(const struct device *device, const void *want)
{
	return vif_may_hold(device->spec, want);
}

static int vif_check(struct host *host, struct device *device, uint32_t own, struct xlite_error *err)
{
	return device_result(device, devices_vif_check(host, device->spec, own, &device->found.place, err), err);
}

static int vif_foresee(struct host *host, struct device *device, const struct disk_own *own, bool had, struct xlite_error *err)
{
	return vif_check(host, device, had ? DEVICES_EVERY_DOMID : DEVICES_NO_DOMID, err);
}

/* The kernel makes the link as soon as it sees the nodes. */
static int vif_open(struct host *host, struct device *device, struct xlite_error *err)
{
	struct hotplug_net *net;
	int rc = host_net(host, &net, err);

	if (!rc)
		rc = hotplug_link_subscribe(net, err);
	return device_result(device, rc, err);
}

static void vif_nodes(struct xlite_store_batch *batch, const struct device *device)
{
	devices_vif_nodes(batch, &device->at, device->spec, &device->found.place);
}

static int vif_settle(struct host *host, struct device *device, const uint8_t uuid[16], int64_t deadline_ns,
		      struct xlite_error *err)
{
	char owner[37];

	xlite_uuid_text(uuid, owner);
	return device_result(device,
			     devices_vif_attach(host, &device->at, owner, device->spec, &device->found.place,
						deadline_ns, err),
			     err);
}

static int vif_adjust(struct host *host, const struct device *device, const void *from, const uint8_t uuid[16],
		      struct xlite_error *err)
{
	char owner[37];

	xlite_uuid_text(uuid, owner);
	return device_result(device,
			     devices_vif_adjust(host, &device->at, owner, from, device->spec, &device->found.place, err),
			     err);
}

/* The link goes with the backend, and what else there is of one without a script is removed by vif_gone. */
static int vif_end(struct host *host, const struct device *device, bool *ran, int64_t deadline_ns, struct xlite_error *err)
{
	struct devices_vif_host place = { .uplink = "" };
	const struct cfg_vif *vif = device->spec;

	*ran = true;
	if (!vif->script)
		return 0;
	/* That its network has gone does not keep a vif from leaving it. */
	devices_vif_check(host, vif, DEVICES_EVERY_DOMID, &place, NULL);
	return devices_vif_script(host, &device->at, vif, place.uplink, "offline", deadline_ns, err);
}

static void vif_remove_nodes(struct xlite_store_batch *batch, const struct device *device)
{
	if (((const struct cfg_vif *)device->spec)->announce == CFG_ANNOUNCE_XENSTORE)
		xlite_store_batch_rm(batch, "/local/domain/%u/vm-data/vif/%u", device->at.domid, device->at.devid);
}

static void vif_gone(struct host *host, const struct xlite_device *at, const void *spec)
{
	devices_vif_gone(host, at, spec);
}

/* Forwarded ports are one owner's. */
static int vif_set_common(const struct cfg_domain *domain, const struct cfg_domain *before, const uint8_t uuid[16],
			  struct xlite_error *err)
{
	char owner[37];

	if (!vif_spec_has_forwards(domain) && !(before && vif_spec_has_forwards(before)))
		return 0;
	xlite_uuid_text(uuid, owner);
	return devices_forwards_set(domain, owner, before, err);
}

/* Those of a domain that is gone. */
static int vif_remove_common(const struct cfg_domain *domain, const uint8_t uuid[16], struct xlite_error *err)
{
	char owner[37];

	if (!vif_spec_has_forwards(domain))
		return 0;
	xlite_uuid_text(uuid, owner);
	return hotplug_nft_forwards_remove(owner, NULL, clock_deadline_ms(NFT_MS), err);
}

static void vif_seen_key(unsigned devid, const char *mark, char text[DEVICE_KEY_MAX])
{
	struct cfg_vif vif = { .mac = { 0 } };

	if (mark)
		mac_parse(mark, vif.mac);
	vif_key(&vif, text);
}

static int vif_fill(void *item, unsigned devid, const char *mark, const char *const foreign[DEVICE_FOREIGN_NODES])
{
	struct cfg_vif *vif = item;

	vif->kind = CFG_VIF_BRIDGE;
	vif->filter = true;
	vif->mac_given = mark && mac_parse(mark, vif->mac);
	vif->target = strdup(foreign[0] ? foreign[0] : "");
	vif->ifname = foreign[1] && *foreign[1] ? strdup(foreign[1]) : NULL;
	return vif->target && (vif->ifname || !foreign[1] || !*foreign[1]) ? 0 : -ENOMEM;
}

static void vif_clear(void *item)
{
	cfg_vif_clear(item);
}

static void vif_end_other(const struct xlite_device *at, const char *const values[DEVICE_END_NODES], bool recorded,
			  const struct cfg_domain *spec)
{
	const char *script = values[0], *gatewaydev = values[2];
	const struct cfg_vif *vif = NULL;
	char seen[DEVICE_KEY_MAX], key[DEVICE_KEY_MAX];

	vif_seen_key(at->devid, values[1], seen);
	for (size_t i = 0; spec && i < spec->nr_vifs && !vif; i++) {
		vif_key(&spec->vifs[i], key);
		vif = strcmp(key, seen) ? NULL : &spec->vifs[i];
	}
	/* One of ours without a script names libxl's, too; what it leaves beside its link is removed without a shell. */
	if (!script || (recorded && (!vif || !vif->script)))
		return;
	if (vif && vif->gatewaydev)
		gatewaydev = vif->gatewaydev;
	devices_end_script(script, "offline", hotplug_script_env_vif(script, at->domid, at->devid, gatewaydev));
}

const struct device_kind device_kind_vif = {
	.id = XLITE_DEVICE_VIF,
	.list = "vifs",
	.items = offsetof(struct cfg_domain, vifs),
	.nr_items = offsetof(struct cfg_domain, nr_vifs),
	.item_bytes = sizeof(struct cfg_vif),
	.looks = true,
	.name = vif_name,
	.key = vif_key,
	.adjusts = vif_adjusts,
	.has = vif_has,
	.may_hold = vif_may_hold,
	.check = vif_check,
	.foresee = vif_foresee,
	.open = vif_open,
	.nodes = vif_nodes,
	.settle = vif_settle,
	.adjust = vif_adjust,
	.end = vif_end,
	.remove_nodes = vif_remove_nodes,
	.gone = vif_gone,
	.end_other = vif_end_other,
	.set_common = vif_set_common,
	.remove_common = vif_remove_common,
	.mark = "mac",
	.end_node = "gatewaydev",
	.foreign = { "bridge", "vifname" },
	.seen_key = vif_seen_key,
	.fill = vif_fill,
	.clear = vif_clear,
};
