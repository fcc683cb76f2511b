/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The nodes of a domain. New nodes have the permissions of their parent on both xenstoreds, so that one message
 * per subtree sets them; and what a guest owns is made while all of its subtree is the guest's, before anything
 * else is there. The guest does not run meanwhile. Devices are in layout_device.c.
 */
#include "xlite/lib/layout.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"

/* What xenconsoled keeps for a guest whose console nobody reads, in bytes; libxl's value. */
#define CONSOLE_LIMIT "1048576"

/* Nodes that belong to the guest, relative to /local/domain/N. */
static const char *const layout_guest_nodes[] = {
	"control/shutdown", "control/feature-poweroff", "control/feature-reboot", "control/feature-suspend",
	"control/sysrq", "device/suspend/event-channel", "data", "drivers", "feature", "attr", "error",
};

/* Their parents, which do not. */
static const char *const layout_host_dirs[] = { "", "/control", "/device", "/device/suspend" };

static void layout_number(struct xlite_store_batch *batch, uint64_t number, uint32_t domid, const char *node)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	xlite_store_batch_write(batch, text, "/local/domain/%u/%s", domid, node);
}

/* The tree of empty nodes with its owners. */
static void layout_tree(struct xlite_store_batch *batch, uint32_t domid)
{
	xlite_store_batch_dir(batch, domid, 'n', -1, "/local/domain/%u", domid);
	for (size_t i = 0; i < ARRAY_SIZE(layout_guest_nodes); i++)
		xlite_store_batch_mkdir(batch, "/local/domain/%u/%s", domid, layout_guest_nodes[i]);
	for (size_t i = 0; i < ARRAY_SIZE(layout_host_dirs); i++)
		xlite_store_batch_perms(batch, 0, 'n', (int32_t)domid, "/local/domain/%u%s", domid, layout_host_dirs[i]);
}

static void layout_vm(struct xlite_store_batch *batch, const struct xlite_layout_domain *domain, const char *uuid)
{
	char text[40];

	xlite_store_batch_dir(batch, 0, 'n', (int32_t)domain->domid, "/vm/%s", uuid);
	xlite_store_batch_write(batch, domain->name, "/vm/%s/name", uuid);
	xlite_store_batch_write(batch, uuid, "/vm/%s/uuid", uuid);
	snprintf(text, sizeof(text), "%" PRId64 ".%02d", domain->start_time_ns / NS_PER_SEC,
		 (int)(domain->start_time_ns % NS_PER_SEC / (NS_PER_SEC / 100)));
	xlite_store_batch_write(batch, text, "/vm/%s/start_time", uuid);
}

/* What hvmloader reads, and device models, of an emulated PC (xen: docs/misc/xenstore-paths.pandoc). */
static void layout_pc(struct xlite_store_batch *batch, const struct xlite_layout_domain *domain, const char *uuid)
{
	static const struct { const char *node, *value; } nodes[] = {
		/* What device models of today have mapped must stay where it is. */
		{ "hvmloader/allow-memory-relocate", "0" },
		{ "platform/acpi", "1" }, { "platform/acpi_s3", "1" }, { "platform/acpi_s4", "1" },
		{ "platform/acpi_laptop_slate", "0" }, { "platform/device-model", "qemu_xen" },
	};

	xlite_store_batch_write(batch, domain->bios, "/local/domain/%u/hvmloader/bios", domain->domid);
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
		xlite_store_batch_write(batch, nodes[i].value, "/local/domain/%u/%s", domain->domid, nodes[i].node);
	layout_number(batch, domain->video_kib, domain->domid, "memory/videoram");
	xlite_store_batch_write(batch, "", "/vm/%s/rtc/timeoffset", uuid);
	xlite_store_batch_write(batch, "hvm", "/vm/%s/image/ostype", uuid);
}

void xlite_layout_domain(struct xlite_store_batch *batch, const struct xlite_layout_domain *domain)
{
	uint32_t domid = domain->domid;
	char uuid[37], vm[48];

	xlite_uuid_text(domain->uuid, uuid);
	snprintf(vm, sizeof(vm), "/vm/%s", uuid);
	layout_tree(batch, domid);
	xlite_store_batch_write(batch, vm, "/local/domain/%u/vm", domid);
	xlite_store_batch_write(batch, domain->name, "/local/domain/%u/name", domid);
	layout_number(batch, domid, domid, "domid");
	layout_number(batch, domain->max_memory_kib, domid, "memory/static-max");
	layout_number(batch, domain->memory_kib, domid, "memory/target");
	for (unsigned i = 0; i < domain->vcpus_max; i++)
		xlite_store_batch_write(batch, i < domain->vcpus_online ? "online" : "offline",
					"/local/domain/%u/cpu/%u/availability", domid, i);
	layout_number(batch, 1, domid, "control/platform-feature-multiprocessor-suspend");
	layout_number(batch, 1, domid, "control/platform-feature-xs_reset_watches");
	xlite_store_batch_write(batch, "xenconsoled", "/local/domain/%u/console/type", domid);
	xlite_store_batch_write(batch, CONSOLE_LIMIT, "/local/domain/%u/console/limit", domid);
	xlite_layout_rings(batch, domain);
	layout_vm(batch, domain, uuid);
	if (domain->bios)
		layout_pc(batch, domain, uuid);
	/* /libxl and all below is dom0's alone, by inheritance from the root. */
	xlite_store_batch_write(batch, domain->type->name, "/libxl/%u/type", domid);
	xlite_store_batch_write(batch, domain->type->dm_version, "/libxl/%u/dm-version", domid);
}

void xlite_layout_rings(struct xlite_store_batch *batch, const struct xlite_layout_domain *domain)
{
	if (domain->store_port) {
		layout_number(batch, domain->store_port, domain->domid, "store/port");
		layout_number(batch, domain->store_gfn, domain->domid, "store/ring-ref");
	}
	if (domain->console_port) {
		layout_number(batch, domain->console_port, domain->domid, "console/port");
		layout_number(batch, domain->console_gfn, domain->domid, "console/ring-ref");
	}
}

void xlite_layout_remove(struct xlite_store_batch *batch, uint32_t domid, uint32_t backend_domid, const uint8_t uuid[16])
{
	struct xlite_device devices = { .domid = domid, .backend_domid = backend_domid };
	char path[XLITE_DEVICE_PATH], text[37];

	xlite_store_batch_rm(batch, "/local/domain/%u", domid);
	for (devices.kind = 0; devices.kind < XLITE_DEVICE_KINDS; devices.kind++) {
		if (devices.kind != XLITE_DEVICE_QDISK)
			xlite_store_batch_rm(batch, "%s", xlite_devices_path(&devices, XLITE_DEVICE_BACK, path));
	}
	if (uuid) {
		xlite_uuid_text(uuid, text);
		xlite_store_batch_rm(batch, "/vm/%s", text);
	}
	/* Last, since with it goes the record that says whose nodes these are. */
	xlite_store_batch_rm(batch, "/libxl/%u", domid);
}

void xlite_uuid_text(const uint8_t uuid[16], char text[37])
{
	static const char digits[] = "0123456789abcdef";
	char *out = text;

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		*out++ = digits[uuid[i] >> 4];
		*out++ = digits[uuid[i] & 15];
	}
	*out = '\0';
}

static int layout_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int xlite_uuid_parse(const char *text, uint8_t uuid[16])
{
	uint8_t out[16];

	for (int i = 0; i < 16; i++) {
		int high, low;

		if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
			return -EINVAL;
		high = layout_hex(text[0]);
		low = high < 0 ? -1 : layout_hex(text[1]);
		if (low < 0)
			return -EINVAL;
		out[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	if (*text)
		return -EINVAL;
	memcpy(uuid, out, 16);
	return 0;
}
