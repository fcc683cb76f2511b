/* SPDX-License-Identifier: GPL-2.0-or-later
 * Disks and interfaces, as if xl's syntax had described them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "xlite/convert/virt.h"
#include "xlite/convert/xl_disk.h"
#include "xlite/convert/xl_vif.h"

/* Nothing of the element is looked at any more. */
static void give_up(struct job *job, struct xml_node *node, enum report_kind kind, const char *why)
{
	job_note(job, kind, &node->place, "<devices/%s>: %s", node->name, why);
	node->told = true;
}

static char *copy(struct job *job, const char *text)
{
	char *made = text ? strdup(text) : NULL;

	job->report->failed = job->report->failed || (text && !made);
	return made;
}

/* False where the format is none that libvirt's driver for Xen has. */
static bool read_format(struct xl_disk *disk, const char *type)
{
	static const struct { const char *name; enum xl_disk_format format; } formats[] = {
		{ "raw", XL_DISK_RAW }, { "aio", XL_DISK_RAW }, { "qcow", XL_DISK_QCOW }, { "qcow2", XL_DISK_QCOW2 },
		{ "vhd", XL_DISK_VHD }, { "vpc", XL_DISK_VHD }, { "qed", XL_DISK_QED },
	};

	for (size_t i = 0; type && i < ARRAY_SIZE(formats); i++) {
		if (strcmp(type, formats[i].name))
			continue;
		disk->format = formats[i].format;
		disk->format_given = true;
		return true;
	}
	return !type;
}

static void read_disk(struct job *job, const struct xml_node *node, struct xl_disk *disk)
{
	const struct xml_node *source = xml_child(node, "source"), *driver = xml_child(node, "driver");
	const char *path = xml_attribute(source, "file") ? xml_attribute(source, "file") : xml_attribute(source, "dev");

	disk->cdrom = xml_attribute_is(node, "device", "cdrom");
	disk->target = copy(job, path);
	disk->vdev = copy(job, xml_attribute(xml_child(node, "target"), "dev"));
	disk->script = copy(job, xml_attribute(xml_child(node, "script"), "path"));
	disk->backend = copy(job, xml_attribute(xml_child(node, "backenddomain"), "name"));
	disk->readonly = disk->cdrom || xml_child(node, "readonly");
	disk->shared = xml_child(node, "shareable");
	disk->no_discard = xml_attribute_is(driver, "discard", "ignore");
	if (disk->cdrom && !path)
		disk->format = XL_DISK_EMPTY;
}

static void convert_disk(struct job *job, struct xml_node *node)
{
	const char *device = xml_attribute(node, "device"), *type = xml_attribute(node, "type");
	const char *format = xml_attribute(xml_child(node, "driver"), "type");
	struct xl_disk disk = { 0 };

	if (device && !strcmp(device, "floppy")) {
		give_up(job, node, job->becomes == XL_TYPE_HVM ? REPORT_GUEST : REPORT_HOST, "guests have no floppy drive");
	} else if (device && strcmp(device, "disk") && strcmp(device, "cdrom")) {
		give_up(job, node, REPORT_ERROR, "Xen has neither `lun` nor other kinds of disks");
	} else if (!type || (strcmp(type, "file") && strcmp(type, "block"))) {
		give_up(job, node, REPORT_ERROR, "xlite takes disks of the types `file` and `block`; of a volume give "
			"the path");
	} else if (xml_child(xml_child(node, "source"), "encryption") || xml_child(node, "encryption")) {
		give_up(job, node, REPORT_ERROR, "xlite decrypts no disks");
	} else if (!read_format(&disk, format)) {
		give_up(job, node, REPORT_ERROR, "its format is none that libvirt's driver for Xen knows");
	} else {
		read_disk(job, node, &disk);
		if (!disk.vdev || (!disk.target && !disk.cdrom))
			give_up(job, node, REPORT_ERROR, "has no target, or no source that is a file or a block device");
		else
			job_write_disk(job, &node->place, &disk);
	}
	xl_disk_clear(&disk);
}

/* "42" or "10p/20/30" */
static void read_vlans(const struct xml_node *vlan, struct buf *out)
{
	for (size_t i = 0; vlan && i < vlan->nr_children; i++) {
		const struct xml_node *tag = vlan->children[i];
		const char *id = xml_attribute(tag, "id");

		if (strcmp(tag->name, "tag") || !id)
			continue;
		buf_printf(out, "%s%s%s", out->len ? "/" : "", id,
			   xml_attribute_is(tag, "nativeMode", "untagged") ? "p" : "");
	}
}

static void read_ips(const struct xml_node *node, struct buf *out)
{
	for (size_t i = 0; i < node->nr_children; i++) {
		const char *address = xml_attribute(node->children[i], "address");
		const char *prefix = xml_attribute(node->children[i], "prefix");

		if (!strcmp(node->children[i]->name, "ip") && address)
			buf_printf(out, "%s%s%s%s", out->len ? " " : "", address, prefix ? "/" : "", prefix ? prefix : "");
	}
}

/* The script vif-openvswitch reads VLANs from the bridge's name. */
static void read_bridge(const struct xml_node *node, const char *script, const struct buf *vlans, struct buf *out)
{
	const struct xml_node *source = xml_child(node, "source");
	const char *bridge = xml_attribute(source, "bridge");

	buf_puts(out, bridge ? bridge : "");
	if (script && strstr(script, "openvswitch") && vlans->len && bridge)
		buf_printf(out, ".%s", buf_str(vlans));
}

/* Names that libvirt and Xen make up are none. */
static const char *read_ifname(const struct xml_node *node)
{
	const char *name = xml_attribute(xml_child(node, "target"), "dev");

	return name && (!strncmp(name, "vif", 3) || !strncmp(name, "vnet", 4)) ? NULL : name;
}

static void write_vif(struct job *job, struct xml_node *node, size_t position)
{
	const struct xml_node *outbound = xml_child(xml_child(node, "bandwidth"), "outbound");
	const char *average = xml_attribute(outbound, "average"), *model = NULL;
	const char *script = xml_attribute(xml_child(node, "script"), "path");
	auto_buf struct buf bridge = BUF_INIT, ips = BUF_INIT, vlans = BUF_INIT, rate = BUF_INIT;
	bool ovs = xml_attribute_is(xml_child(node, "virtualport"), "type", "openvswitch");

	if (job->becomes == XL_TYPE_HVM)
		model = xml_attribute(xml_child(node, "model"), "type");
	script = script ? script : ovs ? "vif-openvswitch" : NULL;
	read_vlans(xml_child(node, "vlan"), &vlans);
	read_bridge(node, script, &vlans, &bridge);
	read_ips(node, &ips);
	/* libvirt counts in KiB per second. */
	if (average)
		buf_printf(&rate, "%" PRIu64 "B/s", (uint64_t)strtoul(average, NULL, 10) * 1024);
	job->report->failed = job->report->failed || bridge.failed || ips.failed || vlans.failed || rate.failed;
	job_write_vif(job, &node->place,
		      &(struct xl_vif){
			      .mac = xml_attribute(xml_child(node, "mac"), "address"),
			      .bridge = bridge.len ? buf_str(&bridge) : NULL,
			      .ip = ips.len ? buf_str(&ips) : NULL,
			      .script = script,
			      .vifname = read_ifname(node),
			      .backend = xml_attribute(xml_child(node, "backenddomain"), "name"),
			      .rate = rate.len ? buf_str(&rate) : NULL,
			      .mtu = xml_attribute(xml_child(node, "mtu"), "size"),
			      .model = model && strcmp(model, "netfront") ? model : NULL,
			      .type = model && !strcmp(model, "netfront") ? "vif" : NULL,
			      .vlan = vlans.len && !(script && strstr(script, "openvswitch")) ? buf_str(&vlans) : NULL,
		      },
		      position);
}

static void convert_interface(struct job *job, struct xml_node *node, size_t position)
{
	const struct xml_node *source = xml_child(node, "source");
	const char *type = xml_attribute(node, "type");
	struct xml_node *link = xml_child(node, "link");

	if (xml_attribute_is(link, "state", "up")) {
		job_note(job, REPORT_NOTHING, &link->place,
			 "<devices/interface/link>: nothing is lost with this value");
		link->told = true;
	}
	if (type && (!strcmp(type, "bridge") || !strcmp(type, "ethernet")))
		write_vif(job, node, position);
	else if (type && !strcmp(type, "network") && xml_attribute(source, "bridge"))
		write_vif(job, node, position);
	else if (type && !strcmp(type, "network"))
		give_up(job, node, REPORT_ERROR, "the network is libvirt's: name its bridge (virsh net-info) in an "
			"interface of type `bridge`");
	else
		give_up(job, node, REPORT_ERROR, "xlite takes interfaces of the types `bridge` and `ethernet`");
}

/* All of one kind, wherever they stand. */
static void convert_kind(struct job *job, const struct xml_node *devices, bool disks)
{
	const char *name = disks ? "disk" : "interface";
	const struct xml_node *first = xml_child(devices, name);
	size_t position = 0;

	if (!first)
		return;
	draft_open(&job->draft, &first->place, disks ? "vbds" : "vifs", '[');
	for (size_t i = 0; i < devices->nr_children; i++) {
		struct xml_node *node = devices->children[i];

		if (strcmp(node->name, name))
			continue;
		if (disks)
			convert_disk(job, node);
		else
			convert_interface(job, node, position++);
	}
	draft_close(&job->draft, ']');
}

void virt_convert_devices(struct job *job, const struct xml_node *devices)
{
	const struct xml_node *disk = xml_child(devices, "disk"), *interface = xml_child(devices, "interface");
	/* In the order of the file, so that the lines of the draft can be the file's. */
	bool disks_first = !disk || !interface || disk->place.line <= interface->place.line;

	if (!devices)
		return;
	convert_kind(job, devices, disks_first);
	convert_kind(job, devices, !disks_first);
}
