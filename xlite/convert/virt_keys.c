/* SPDX-License-Identifier: GPL-2.0-or-later
 * The table of elements, and the account by it.
 */
#include <string.h>

#include "common/auto.h"
#include "xlite/convert/virt.h"

#define TO(key) .to = (key)
#define HOLDS .to = ""
#define NOTHING(text) .kind = REPORT_NOTHING, .why = (text)
#define HVM .kind = REPORT_NOTHING, .hvm = true, .why = "PVH guests have no such thing"
#define HOST(text) .kind = REPORT_HOST, .why = (text)
#define GUEST(text) .kind = REPORT_GUEST, .why = (text)
#define LIBVIRT "it is for libvirt itself"
#define IGNORED "libvirt's driver for Xen ignores it"
#define LACKS "the guest lacks this device"

const struct virt_key virt_keys[] = {
	{ "name", TO("name") },
	{ "uuid", TO("uuid") },
	{ "title", NOTHING("it is text for people") },
	{ "description", NOTHING("it is text for people") },
	{ "metadata", NOTHING(LIBVIRT) },
	{ "resource", NOTHING(LIBVIRT) },
	{ "seclabel", NOTHING(LIBVIRT) },
	{ "iothreads", NOTHING("Xen's backends have none") },
	{ "iothreadids", NOTHING("Xen's backends have none") },
	{ "genid", HVM },
	{ "sysinfo", HVM },
	{ "pm", HVM },
	{ "perf", NOTHING(LIBVIRT) },
	{ "memory", TO("memory.max"), .attributes = "unit dumpCore" },
	{ "currentMemory", TO("memory.target"), .attributes = "unit" },
	{ "maxMemory", GUEST("no memory can be plugged beyond memory.max") },
	{ "memtune", HOST(IGNORED) },
	{ "memoryBacking", HOST(IGNORED) },
	{ "numatune", HOST("Xen takes memory from the nodes of the CPUs that the vCPUs may run on") },
	{ "vcpu", TO("vcpus"), .attributes = "placement cpuset current" },
	{ "vcpus", NOTHING("the count is in vcpu") },
	{ "cputune", HOLDS },
	{ "cputune/vcpupin", TO("vcpus.affinity"), .attributes = "vcpu cpuset" },
	{ "cputune/shares", HOST(IGNORED) },
	{ "cputune/period", HOST(IGNORED) },
	{ "cputune/quota", HOST(IGNORED) },
	{ "cputune/global_period", HOST(IGNORED) },
	{ "cputune/global_quota", HOST(IGNORED) },
	{ "cputune/emulator_period", HOST(IGNORED) },
	{ "cputune/emulator_quota", HOST(IGNORED) },
	{ "cputune/iothread_period", HOST(IGNORED) },
	{ "cputune/iothread_quota", HOST(IGNORED) },
	{ "cputune/emulatorpin", HOST(IGNORED) },
	{ "cputune/iothreadpin", HOST(IGNORED) },
	{ "cputune/vcpusched", HOST(IGNORED) },
	{ "cputune/cachetune", HOST(IGNORED) },
	{ "cputune/memorytune", HOST(IGNORED) },
	{ "cpu", GUEST("the guest sees the processor's features as Xen gives them by default") },
	{ "bootloader", HOST("GRUB boots the guest's disk, in the guest; in domain 0 its disk is never read") },
	{ "bootloader_args", NOTHING("no bootloader runs in domain 0") },
	{ "os", HOLDS, .attributes = "firmware" },
	{ "os/type", TO("type"), .attributes = "arch machine" },
	{ "os/kernel", TO("kernel") },
	{ "os/initrd", TO("ramdisk") },
	{ "os/cmdline", TO("cmdline") },
	{ "os/loader", HVM },
	{ "os/nvram", HVM },
	{ "os/boot", HVM },
	{ "os/bootmenu", HVM },
	{ "os/bios", HVM },
	{ "os/smbios", HVM },
	{ "os/acpi", HVM },
	{ "os/firmware", HVM },
	{ "features", HOLDS },
	{ "features/acpi", NOTHING("PVH guests have ACPI tables") },
	{ "features/apic", NOTHING("PVH guests have a local APIC") },
	{ "features/pae", NOTHING("PVH guests have it") },
	{ "features/hap", GUEST("xlite uses nested paging") },
	{ "features/viridian", HVM },
	{ "features/hyperv", HVM },
	{ "features/vmport", HVM },
	{ "features/xen", HOLDS },
	{ "features/xen/e820_host", NOTHING("it is for PV guests") },
	{ "features/xen/passthrough", GUEST("xlite passes no devices through") },
	{ "clock", GUEST("the guest's clock has UTC, and its TSC is as Xen has it by default") },
	{ "on_poweroff", TO("on_poweroff") },
	{ "on_reboot", TO("on_reboot") },
	{ "on_crash", TO("on_crash") },
	{ "on_lockfailure", NOTHING(LIBVIRT) },
	{ "xl:commandline", HOST("QEMU serves disks and nothing else") },
	{ "xen:commandline", HOST("QEMU serves disks and nothing else") },
	{ "devices", HOLDS },
	{ "devices/emulator", NOTHING("PVH guests have no device model") },
	{ "devices/console", NOTHING("every domain has its console") },
	{ "devices/serial", HVM },
	{ "devices/parallel", HVM },
	{ "devices/memballoon", NOTHING("every domain has its balloon") },
	{ "devices/input", HVM },
	{ "devices/video", HVM },
	{ "devices/sound", HVM },
	{ "devices/audio", HVM },
	{ "devices/hub", HVM },
	{ "devices/lease", NOTHING(LIBVIRT) },
	{ "devices/graphics", GUEST("the guest lacks its screen and keyboard") },
	{ "devices/channel", GUEST(LACKS) },
	{ "devices/hostdev", GUEST(LACKS) },
	{ "devices/filesystem", GUEST(LACKS) },
	{ "devices/redirdev", GUEST(LACKS) },
	{ "devices/smartcard", GUEST(LACKS) },
	{ "devices/tpm", GUEST(LACKS) },
	{ "devices/rng", GUEST(LACKS) },
	{ "devices/watchdog", GUEST(LACKS) },
	{ "devices/panic", GUEST(LACKS) },
	{ "devices/shmem", GUEST(LACKS) },
	{ "devices/memory", GUEST(LACKS) },
	{ "devices/vsock", GUEST(LACKS) },
	{ "devices/controller", HVM },
	{ "devices/disk", TO("vbds"), .attributes = "type device snapshot model" },
	{ "devices/disk/driver", TO("vbds.format"),
	  .attributes = "name type cache io discard error_policy rerror_policy iothread queues" },
	{ "devices/disk/source", TO("vbds.source"), .attributes = "file dev startupPolicy index" },
	{ "devices/disk/target", TO("vbds.vdev"), .attributes = "dev bus tray removable" },
	{ "devices/disk/readonly", TO("vbds.mode") },
	{ "devices/disk/shareable", TO("vbds.shared") },
	{ "devices/disk/script", TO("vbds.script"), .attributes = "path" },
	{ "devices/disk/backenddomain", HOLDS, .attributes = "name" },
	{ "devices/disk/backingStore", NOTHING(LIBVIRT) },
	{ "devices/disk/alias", NOTHING(LIBVIRT) },
	{ "devices/disk/address", HVM },
	{ "devices/disk/boot", HVM },
	{ "devices/disk/serial", HVM },
	{ "devices/disk/wwn", HVM },
	{ "devices/disk/vendor", HVM },
	{ "devices/disk/product", HVM },
	{ "devices/disk/iotune", HOST("the disk's rate is not limited") },
	{ "devices/interface", TO("vifs"), .attributes = "type managed" },
	{ "devices/interface/mac", TO("vifs.mac"), .attributes = "address type" },
	{ "devices/interface/source", TO("vifs.bridge"), .attributes = "bridge network dev portid portgroup" },
	{ "devices/interface/script", TO("vifs.script"), .attributes = "path" },
	{ "devices/interface/target", TO("vifs.ifname"), .attributes = "dev managed" },
	{ "devices/interface/model", HVM },
	{ "devices/interface/ip", TO("vifs.ip"), .attributes = "address family prefix" },
	{ "devices/interface/mtu", TO("vifs.mtu"), .attributes = "size" },
	{ "devices/interface/bandwidth", HOLDS },
	{ "devices/interface/bandwidth/outbound", TO("vifs.rate"), .attributes = "average" },
	{ "devices/interface/bandwidth/inbound", HOST("what is sent to the guest is not limited") },
	{ "devices/interface/vlan", TO("vifs.vlan"), .attributes = "trunk" },
	{ "devices/interface/vlan/tag", TO("vifs.trunk"), .attributes = "id nativeMode" },
	{ "devices/interface/virtualport", HOLDS, .attributes = "type" },
	{ "devices/interface/virtualport/parameters", HOST("the script vif-openvswitch does not have them") },
	{ "devices/interface/backenddomain", HOLDS, .attributes = "name" },
	{ "devices/interface/filterref", GUEST("libvirt's filters do not hold for its packets") },
	{ "devices/interface/link", GUEST("the interface is connected") },
	{ "devices/interface/driver", HOST("netback has its own defaults") },
	{ "devices/interface/alias", NOTHING(LIBVIRT) },
	{ "devices/interface/address", HVM },
	{ "devices/interface/boot", HVM },
	{ "devices/interface/rom", HVM },
};
const size_t virt_nr_keys = ARRAY_SIZE(virt_keys);

static const struct virt_key *find(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(virt_keys); i++) {
		if (!strcmp(virt_keys[i].path, path))
			return &virt_keys[i];
	}
	return NULL;
}

static bool among(const char *word, const char *words)
{
	size_t len = strlen(word);

	for (const char *at = words; at && (at = strstr(at, word)); at += len) {
		if ((at == words || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
	}
	return false;
}

/* What stands beside what is converted. */
static void account_attributes(struct job *job, const struct xml_node *node, const char *path, const struct virt_key *key)
{
	for (size_t i = 0; i < node->nr_attributes; i++) {
		const char *name = node->attributes[i].name;

		if (!among(name, key->attributes))
			job_note(job, REPORT_UNKNOWN, &node->place, "<%s %s='%s'>: is not looked at", path, name,
				 node->attributes[i].value);
	}
}

static void account_lost(struct job *job, const struct xml_node *node, const char *path, const struct virt_key *key)
{
	if (key->kind == REPORT_NOTHING && key->hvm && job->type == XL_TYPE_HVM)
		job_note(job, REPORT_HOST, &node->place, "<%s>: %s", path, key->why);
	else if (key->kind == REPORT_NOTHING)
		job_note(job, REPORT_NOTHING, &node->place, "<%s>: %s", path, key->why);
	else
		job_note(job, key->kind, &node->place, "<%s>: has no counterpart: %s", path, key->why);
}

static void account(struct job *job, struct xml_node *node, const char *parent)
{
	auto_buf struct buf path = BUF_INIT;
	const struct virt_key *key;

	buf_printf(&path, "%s%s%s", parent, *parent ? "/" : "", node->name);
	key = find(buf_str(&path));
	job->report->failed = job->report->failed || path.failed;
	if (node->told)
		return;
	if (!key) {
		job_note(job, REPORT_GUEST, &node->place, "<%s>: is not known, nor what the guest loses without it",
			 buf_str(&path));
		return;
	}
	if (!key->to) {
		account_lost(job, node, buf_str(&path), key);
		return;
	}
	if (*key->to)
		job_note(job, REPORT_TAKEN, &node->place, "<%s>: became %s", buf_str(&path), key->to);
	account_attributes(job, node, buf_str(&path), key);
	for (size_t i = 0; i < node->nr_children; i++)
		account(job, node->children[i], buf_str(&path));
}

void virt_account(struct job *job, struct xml_node *domain)
{
	for (size_t i = 0; i < domain->nr_children; i++)
		account(job, domain->children[i], "");
}

void virt_man(struct buf *out)
{
	static const char *const words[] = {
		[REPORT_NOTHING] = "means nothing", [REPORT_HOST] = "has no counterpart", [REPORT_GUEST] = "is lost",
	};

	buf_puts(out, ".Bl -tag -width Ds -compact\n");
	for (size_t i = 0; i < ARRAY_SIZE(virt_keys); i++) {
		const struct virt_key *key = &virt_keys[i];

		if (key->to && !*key->to)
			continue;
		buf_printf(out, ".It Ic %s\n", key->path);
		if (key->to)
			buf_printf(out, "becomes\n.Ic %s .\n", key->to);
		else
			buf_printf(out, "%s: %s.\n", words[key->kind], key->why);
	}
	buf_puts(out, ".El\n");
}
