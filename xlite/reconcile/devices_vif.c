/* SPDX-License-Identifier: GPL-2.0-or-later
 * One vif on its way: its nodes, and its link's place in the host. Creation and live changes share this. Where it goes is
 * found by devices_vif_place.c.
 */
#include "xlite/reconcile/devices.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/cfg.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/mac.h"
#include "hotplug/nft.h"
#include "hotplug/tap.h"
#include "xlite/reconcile/vif_spec.h"

/* netback makes nothing of the name; xl's removal runs it, so it is one that exists everywhere. */
#define SCRIPT_BRIDGE "/etc/xen/scripts/vif-bridge"
#define SCRIPT_ROUTE "/etc/xen/scripts/vif-route"
#define SCRIPT_OVS "/etc/xen/scripts/vif-openvswitch"
#define STORE_MS 20000
/* Xen's own choice of how often a vif's credit is renewed. */
#define RATE_INTERVAL_US 50000

/* "BYTES,MICROSECONDS", as netback reads it; "" for no limit. */
static void rate_text(const struct cfg_rate *rate, char text[48])
{
	uint64_t us = rate->interval_us ? rate->interval_us : RATE_INTERVAL_US;

	text[0] = '\0';
	if (rate->bps)
		snprintf(text, 48, "%" PRIu64 ",%" PRIu64, rate->bps / 8 * us / 1000000, us);
}

static void ip_text(const struct cfg_vif *vif, struct buf *out)
{
	struct vif_spec_ips ips;

	vif_spec_ips(vif, &ips);
	for (size_t i = 0; i < ips.nr; i++)
		buf_printf(out, "%s%s", i ? " " : "", ips.items[i]);
}

/* What xl runs when it removes the vif. */
static const char *script_of(const struct cfg_vif *vif, const struct devices_vif_host *place)
{
	if (vif->script)
		return vif->script;
	if (vif->kind == CFG_VIF_ROUTE)
		return SCRIPT_ROUTE;
	return place->link.ovs ? SCRIPT_OVS : SCRIPT_BRIDGE;
}

static unsigned mtu_of(const struct cfg_vif *vif, const struct devices_vif_host *place)
{
	return vif->mtu ? vif->mtu : place->link.mtu;
}

void devices_vif_nodes(struct xlite_store_batch *batch, const struct xlite_device *at, const struct cfg_vif *vif,
		       const struct devices_vif_host *place)
{
	auto_buf struct buf ips = BUF_INIT;
	char rate[48];
	struct xlite_layout_vif layout = {
		.at = *at,
		.bridge = place->bridge[0] ? place->bridge : vif->kind == CFG_VIF_BRIDGE ? vif->target : NULL,
		.script = script_of(vif, place),
		.ifname = vif->ifname,
		.mtu = mtu_of(vif, place),
		.script_mtu = vif->script ? vif->mtu : 0,
		.gatewaydev = vif->script && place->uplink[0] ? place->uplink : NULL,
		.hotplug_done = !vif->script,
	};

	memcpy(layout.mac, vif->mac, 6);
	rate_text(&vif->rate, rate);
	layout.rate = rate[0] ? rate : NULL;
	ip_text(vif, &ips);
	layout.ip = ips.len ? buf_str(&ips) : NULL;
	xlite_layout_vif(batch, &layout);
	if (vif->announce == CFG_ANNOUNCE_XENSTORE)
		devices_vif_announce(batch, at->domid, at->devid, vif);
}

void devices_vif_announce(struct xlite_store_batch *batch, uint32_t domid, unsigned devid, const struct cfg_vif *vif)
{
	char mac[MAC_TEXT];

	xlite_store_batch_write(batch, mac_text(vif->mac, mac), "/local/domain/%u/vm-data/vif/%u/mac", domid, devid);
	for (size_t i = 0; i < vif->ip.nr; i++)
		xlite_store_batch_write(batch, vif->ip.items[i], "/local/domain/%u/vm-data/vif/%u/ip/%zu", domid, devid, i);
	for (size_t i = 0; i < vif->gateway.nr; i++)
		xlite_store_batch_write(batch, vif->gateway.items[i], "/local/domain/%u/vm-data/vif/%u/gateway/%zu",
					domid, devid, i);
}

const char *devices_vif_link(uint32_t domid, unsigned devid, char name[32])
{
	char path[80];
	struct dirent *entry;
	DIR *dir;

	snprintf(name, 32, "vif%u.%u", domid, devid);
	if (if_nametoindex(name))
		return name;
	snprintf(path, sizeof(path), "/sys/bus/xen-backend/devices/vif-%u-%u/net", domid, devid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.' && strlen(entry->d_name) < IF_NAMESIZE)
			snprintf(name, 32, "%.15s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	return name;
}

static int filter(const char *owner, const struct cfg_vif *vif, const char *device, bool had, struct xlite_error *err)
{
	struct hotplug_nft_filter filter;
	struct vif_spec_ips ips;

	if (!vif_spec_filters(vif))
		return had ? hotplug_nft_filter_remove(device, NULL, clock_deadline_ms(VIF_SPEC_NFT_MS), err) : 0;
	vif_spec_ips(vif, &ips);
	vif_spec_filter(owner, vif, device, &ips, &filter);
	return hotplug_nft_filter_set(&filter, NULL, clock_deadline_ms(VIF_SPEC_NFT_MS), err);
}

static int route(struct hotplug_net *net, const char *name, const struct cfg_vif *vif, const struct devices_vif_host *place,
		 struct xlite_error *err)
{
	struct vif_spec_ips ips;
	struct hotplug_vif_route route = { .gatewaydev = place->uplink, .mtu = vif->mtu };

	vif_spec_ips(vif, &ips);
	route.ips = ips.items;
	route.nr_ips = ips.nr;
	return hotplug_vif_route(net, name, &route, NULL, err);
}

/* What a script is not told, or need not heed, is done beside it: the filter before it, the MTU behind it. */
static int attach_by_script(struct host *host, struct hotplug_net *net, const struct xlite_device *at, const char *name,
			    const struct cfg_vif *vif, const struct devices_vif_host *place, int64_t deadline_ns,
			    struct xlite_error *err)
{
	int rc = devices_vif_script(host, at, vif, place->uplink, "online", deadline_ns, err);

	return rc || !vif->mtu ? rc : hotplug_vif_mtu(net, name, vif->mtu, err);
}

/* The map of the VLANs that the vif carries with their tags; NULL: none. */
static const uint8_t *tagged_of(const struct cfg_vif *vif, uint8_t map[HOTPLUG_VLAN_BYTES])
{
	return vif->trunk.nr && !cfg_parse_cpus(vif->trunk.items[0], map, HOTPLUG_VLAN_BYTES) ? map : NULL;
}

/* The link that netback has made, with the name that it is to have; name of 32 bytes. */
static int find_link(struct hotplug_net *net, const struct xlite_device *at, const struct cfg_vif *vif, int64_t deadline_ns,
		     struct hotplug_link *link, char name[32], struct xlite_error *err)
{
	int rc;

	snprintf(name, 32, "vif%u.%u", at->domid, at->devid);
	rc = hotplug_link_wait(net, name, deadline_ns, link, err);
	if (rc || !vif->ifname)
		return rc;
	rc = hotplug_link_rename(net, name, vif->ifname, err);
	snprintf(name, 32, "%s", vif->ifname);
	return rc ? rc : hotplug_link_get(net, name, link, err);
}

/* The filter stands before the first packet can pass. A name that lasts may have the filter of a vif that had it before. */
int devices_vif_attach(struct host *host, const struct xlite_device *at, const char *owner, const struct cfg_vif *vif,
		       const struct devices_vif_host *place, int64_t deadline_ns, struct xlite_error *err)
{
	uint8_t tagged[HOTPLUG_VLAN_BYTES];
	const struct hotplug_vif_options options = { .mtu = vif->mtu, .vlan = vif->vlan, .tagged = tagged_of(vif, tagged) };
	struct hotplug_net *net;
	struct hotplug_link link;
	char name[32];
	int rc = host_net(host, &net, err);

	if (!rc)
		rc = find_link(net, at, vif, deadline_ns, &link, name, err);
	if (!rc)
		rc = filter(owner, vif, name, vif->ifname && hotplug_nft_used(), err);
	if (rc)
		return rc;
	if (vif->script)
		return attach_by_script(host, net, at, name, vif, place, deadline_ns, err);
	if (vif->kind == CFG_VIF_ROUTE)
		return route(net, name, vif, place, err);
	return hotplug_vif_bridge(net, &link, &place->link, &options, err);
}

const char *devices_vif_card(uint32_t domid, unsigned devid, char name[32])
{
	snprintf(name, 32, "vif%u.%u" HOTPLUG_TAP_SUFFIX, domid, devid);
	return name;
}

int devices_vif_emulate(struct host *host, const struct xlite_device *at, const char *owner, const struct cfg_vif *vif,
			const struct devices_vif_host *place, int *fd, struct xlite_error *err)
{
	uint8_t tagged[HOTPLUG_VLAN_BYTES];
	const struct hotplug_vif_options options = { .mtu = vif->mtu, .vlan = vif->vlan, .tagged = tagged_of(vif, tagged) };
	struct hotplug_net *net;
	struct hotplug_link link;
	char name[32];
	int rc = host_net(host, &net, err);

	*fd = -1;
	devices_vif_card(at->domid, at->devid, name);
	if (!rc)
		rc = hotplug_tap_open(name, fd, err);
	if (!rc)
		rc = hotplug_link_get(net, name, &link, err);
	if (!rc)
		rc = filter(owner, vif, name, false, err);
	if (!rc)
		rc = hotplug_vif_bridge(net, &link, &place->link, &options, err);
	return rc;
}

/* A card that the guest has let go of is there no more. */
static int adjust_emulated(struct hotplug_net *net, const struct xlite_device *at, const char *owner,
			   const struct cfg_vif *from, const struct cfg_vif *to, const struct devices_vif_host *place,
			   const struct hotplug_vif_options *options, struct xlite_error *err)
{
	char name[32];
	int rc;

	if (!if_nametoindex(devices_vif_card(at->domid, at->devid, name)))
		return 0;
	rc = filter(owner, to, name, vif_spec_filters(from), err);
	return rc ? rc : hotplug_vif_rebridge(net, name, place->bridge, options, err);
}

/* A link that has gone already has no other name left than that of its spec. */
static void leave_bridge(const struct xlite_device *at, const struct cfg_vif *vif)
{
	char name[32];

	devices_vif_link(at->domid, at->devid, name);
	hotplug_vif_forget(vif->ifname && !if_nametoindex(name) ? vif->ifname : name, NULL);
	hotplug_vif_forget(devices_vif_card(at->domid, at->devid, name), NULL);
}

void devices_vif_gone(struct host *host, const struct xlite_device *at, const struct cfg_vif *vif)
{
	struct devices_vif_host place;
	struct hotplug_vif_route route = { .gatewaydev = place.uplink };
	struct vif_spec_ips ips;
	struct hotplug_net *net;
	char name[32];

	if (vif->kind == CFG_VIF_BRIDGE && !vif->script)
		leave_bridge(at, vif);
	if (vif->kind != CFG_VIF_ROUTE || vif->script || host_net(host, &net, NULL) ||
	    devices_vif_check(host, vif, DEVICES_EVERY_DOMID, &place, NULL))
		return;
	devices_vif_link(at->domid, at->devid, name);
	vif_spec_ips(vif, &ips);
	route.ips = ips.items;
	route.nr_ips = ips.nr;
	hotplug_vif_unroute(net, name, &route, NULL);
}

/*
 * By itself and in no transaction: the directory is the guest's, and one that keeps writing there would make the
 * transaction start again for ever (XSA-206).
 */
static int tell_mtu(struct host *host, const struct xlite_device *at, unsigned mtu, struct xlite_error *err)
{
	char path[XLITE_DEVICE_PATH + 8], front[XLITE_DEVICE_PATH], text[12];

	if (!mtu)
		return 0;
	snprintf(path, sizeof(path), "%s/mtu", xlite_device_path(at, XLITE_DEVICE_FRONT, front));
	snprintf(text, sizeof(text), "%u", mtu);
	return xlite_store_write(host->store, 0, path, text, err);
}

static int adjust_nodes(struct host *host, const struct xlite_device *at, const struct cfg_vif *from, const struct cfg_vif *to,
			const struct devices_vif_host *place, struct xlite_error *err)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	auto_buf struct buf ips = BUF_INIT;
	char text[48], back[XLITE_DEVICE_PATH], mirror[XLITE_DEVICE_PATH];
	int rc;

	if (!batch)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	xlite_device_path(at, XLITE_DEVICE_BACK, back);
	xlite_device_path(at, XLITE_DEVICE_MIRROR, mirror);
	for (int i = 0; i < 2 && strcmp(from->target, to->target) && place->bridge[0]; i++) {
		xlite_store_batch_write(batch, place->bridge, "%s/bridge", i ? mirror : back);
		if (!to->script)
			xlite_store_batch_write(batch, script_of(to, place), "%s/script", i ? mirror : back);
	}
	ip_text(to, &ips);
	for (int i = 0; i < 2; i++) {
		if (ips.len)
			xlite_store_batch_write(batch, buf_str(&ips), "%s/ip", i ? mirror : back);
		else if (from->ip.nr)
			xlite_store_batch_rm(batch, "%s/ip", i ? mirror : back);
	}
	/* netback watches this one. */
	rate_text(&to->rate, text);
	if (text[0])
		xlite_store_batch_write(batch, text, "%s/rate", back);
	else if (from->rate.bps)
		xlite_store_batch_rm(batch, "%s/rate", back);
	/* What the guest was told when it was built, or the vif attached: a change of how waits for the next boot. */
	if (from->announce == CFG_ANNOUNCE_XENSTORE) {
		xlite_store_batch_rm(batch, "/local/domain/%u/vm-data/vif/%u/ip", at->domid, at->devid);
		if (from->gateway.nr)
			xlite_store_batch_rm(batch, "/local/domain/%u/vm-data/vif/%u/gateway", at->domid, at->devid);
		devices_vif_announce(batch, at->domid, at->devid, to);
	}
	rc = xlite_store_batch_commit(host->store, batch, clock_deadline_ms(STORE_MS), err);
	xlite_store_batch_free(batch);
	return rc ? rc : tell_mtu(host, at, mtu_of(to, place), err);
}

int devices_vif_adjust(struct host *host, const struct xlite_device *at, const char *owner, const struct cfg_vif *from,
		       const struct cfg_vif *to, const struct devices_vif_host *place, struct xlite_error *err)
{
	uint8_t tagged[HOTPLUG_VLAN_BYTES];
	const struct hotplug_vif_options options = { .mtu = to->mtu, .vlan = to->vlan, .tagged = tagged_of(to, tagged) };
	struct hotplug_net *net;
	char name[32];
	int rc = host_net(host, &net, err);

	devices_vif_link(at->domid, at->devid, name);
	if (!rc)
		rc = filter(owner, to, name, vif_spec_filters(from), err);
	if (!rc && to->script)
		rc = to->mtu ? hotplug_vif_mtu(net, name, to->mtu, err) : 0;
	else if (!rc && to->kind == CFG_VIF_ROUTE)
		rc = route(net, name, to, place, err);
	else if (!rc)
		rc = hotplug_vif_rebridge(net, name, place->bridge, &options, err);
	if (!rc && !to->script && to->kind != CFG_VIF_ROUTE)
		rc = adjust_emulated(net, at, owner, from, to, place, &options, err);
	return rc ? rc : adjust_nodes(host, at, from, to, place, err);
}

int devices_forwards_set(const struct cfg_domain *domain, const char *owner, bool had, struct xlite_error *err)
{
	struct hotplug_nft_forward *forwards = NULL;
	struct vif_spec_ips *texts = NULL;
	size_t nr = 0;
	int rc = vif_spec_forwards(domain, &forwards, &nr, &texts);

	if (rc)
		rc = xlite_error_set(err, rc, "out of memory");
	else if (nr || had)
		rc = hotplug_nft_forwards_set(owner, forwards, nr, NULL, clock_deadline_ms(VIF_SPEC_NFT_MS), err);
	free(forwards);
	free(texts);
	return rc;
}
