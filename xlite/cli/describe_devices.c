/* SPDX-License-Identifier: GPL-2.0-or-later
 * describe: a domain's devices, whether its guest is connected to them, and what went through them. The kernel counts
 * from the host's side: what a vif has received, the guest has sent.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/auto.h"
#include "common/mac.h"
#include "hotplug/neighbour.h"
#include "xlite/cli/describe.h"
#include "xlite/reconcile/device_kind.h"

#define SECTOR 512
/* Shown of the addresses of one interface. */
#define MAX_ADDRESSES 8

static const struct {
	unsigned state;
	const char *word;
} states[] = {
	/* xen/io/xenbus.h */
	{ 1, "starting" }, { 2, "waits for the guest" }, { 3, "starting" }, { 4, "connected" },
	{ 5, "closing" },  { 6, "closed by the guest" },
};

/* One of the kernel's counters; false where there is none. */
static bool count_read(uint64_t *value, const char *dir, const char *name)
{
	char path[160];
	auto_fclose FILE *f = NULL;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "re");
	return f && fscanf(f, "%" SCNu64, value) == 1;
}

static void bytes_text(uint64_t bytes, struct buf *out)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB" };
	double value = (double)bytes;
	size_t unit = 0;

	if (bytes < 1024) {
		buf_printf(out, "%" PRIu64 " bytes", bytes);
		return;
	}
	for (value /= 1024; value >= 1024 && unit + 1 < ARRAY_SIZE(units); unit++)
		value /= 1024;
	buf_printf(out, "%.1f %s", value, units[unit]);
}

static const char *state_text(struct host *host, const struct xlite_device *at)
{
	unsigned state = devices_backend_state(host, at);

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		if (state == states[i].state)
			return states[i].word;
	}
	return state ? "in no known state" : "not there";
}

/* "guest has sent 1.2 MiB in 340 packets, 2 dropped". */
static void add_traffic(const char *dir, const char *way, const char *who, struct buf *out)
{
	uint64_t bytes, packets, dropped = 0;
	char name[32];

	snprintf(name, sizeof(name), "%s_bytes", way);
	if (!count_read(&bytes, dir, name))
		return;
	snprintf(name, sizeof(name), "%s_packets", way);
	if (!count_read(&packets, dir, name))
		return;
	buf_printf(out, "    %s ", who);
	bytes_text(bytes, out);
	buf_printf(out, " in %" PRIu64 " packet%s", packets, packets == 1 ? "" : "s");
	snprintf(name, sizeof(name), "%s_dropped", way);
	if (count_read(&dropped, dir, name) && dropped)
		buf_printf(out, ", %" PRIu64 " dropped", dropped);
	buf_puts(out, "\n");
}

static void add_addresses(struct host *host, const struct cfg_vif *vif, struct buf *out)
{
	auto_free struct inet *seen = NULL;
	struct hotplug_net *net;
	char text[INET_TEXT];
	size_t nr = 0;

	if (vif->ip.nr) {
		buf_puts(out, "    addresses by its spec:");
		for (size_t i = 0; i < vif->ip.nr; i++)
			buf_printf(out, " %s", vif->ip.items[i]);
		buf_puts(out, "\n");
	}
	if (host_net(host, &net, NULL) || hotplug_neighbours_of(net, vif->mac, &seen, &nr, NULL) || !nr)
		return;
	buf_puts(out, "    addresses seen:");
	for (size_t i = 0; i < nr && i < MAX_ADDRESSES; i++)
		buf_printf(out, " %s", inet_text(&seen[i], text));
	buf_puts(out, nr > MAX_ADDRESSES ? " ...\n" : "\n");
}

static void add_vif(struct host *host, const struct xlite_device *at, const struct cfg_vif *vif, struct buf *out)
{
	static const char *const kinds[] = { [CFG_VIF_BRIDGE] = "bridge", [CFG_VIF_ROUTE] = "route", [CFG_VIF_NAT] = "nat" };
	char mac[MAC_TEXT], link[32], dir[96];

	devices_vif_link(at->domid, at->devid, link);
	buf_printf(out, "  vif %u: %s, MAC %s, %s %s", at->devid, link, mac_text(vif->mac, mac), kinds[vif->kind],
		   vif->target ? vif->target : "");
	if (vif->vlan)
		buf_printf(out, ", VLAN %u", vif->vlan);
	buf_printf(out, ": %s\n", state_text(host, at));
	add_addresses(host, vif, out);
	snprintf(dir, sizeof(dir), "/sys/class/net/%s/statistics", link);
	add_traffic(dir, "rx", "the guest has sent", out);
	add_traffic(dir, "tx", "the guest was sent", out);
}

/* "read 12.0 MiB in 40 requests". */
static void add_transfer(const char *dir, const char *what, const char *sectors_name, const char *requests_name,
			 struct buf *out)
{
	uint64_t sectors, requests;

	if (!count_read(&sectors, dir, sectors_name) || !count_read(&requests, dir, requests_name))
		return;
	buf_printf(out, "    the guest has %s ", what);
	bytes_text(sectors * SECTOR, out);
	buf_printf(out, " in %" PRIu64 " request%s\n", requests, requests == 1 ? "" : "s");
}

static void add_vbd(struct host *host, const struct xlite_device *at, const struct cfg_vbd *vbd, struct buf *out)
{
	char dir[96];

	buf_printf(out, "  %s: %s, %s", vbd->vdev, vbd->source ? vbd->source : "no disc",
		   vbd->mode == CFG_VBD_RO ? "read-only" : "read-write");
	if (vbd->volume)
		buf_printf(out, ", volume %s", vbd->volume);
	if (vbd->format == CFG_FORMAT_QCOW2)
		buf_puts(out, ", qcow2");
	if (!vbd->source) {
		buf_puts(out, "\n");
		return;
	}
	buf_printf(out, ": %s\n", state_text(host, at));
	snprintf(dir, sizeof(dir), "/sys/bus/xen-backend/devices/vbd-%u-%u/statistics", at->domid, at->devid);
	add_transfer(dir, "read", "rd_sect", "rd_req", out);
	add_transfer(dir, "written", "wr_sect", "wr_req", out);
}

void describe_devices(struct host *host, const struct state_domain *domain, struct buf *out)
{
	const struct cfg_domain *spec = domain->spec;

	if (spec->nr_vifs)
		buf_puts(out, "Network interfaces:\n");
	for (size_t i = 0; i < spec->nr_vifs; i++) {
		struct xlite_device at = devices_at(domain->info.domid, XLITE_DEVICE_VIF, domain->devids[XLITE_DEVICE_VIF][i]);

		add_vif(host, &at, &spec->vifs[i], out);
	}
	if (spec->nr_vbds)
		buf_puts(out, "Disks:\n");
	for (size_t i = 0; i < spec->nr_vbds; i++) {
		bool qemu = cfg_vbd_needs_qemu(&spec->vbds[i]);
		struct xlite_device at = devices_at(domain->info.domid, qemu ? XLITE_DEVICE_QDISK : XLITE_DEVICE_VBD,
						    domain->devids[XLITE_DEVICE_VBD][i]);

		add_vbd(host, &at, &spec->vbds[i], out);
	}
}
