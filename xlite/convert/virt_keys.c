/* SPDX-License-Identifier: GPL-2.0-or-later
 * The table of elements, and the account by it.
 */
#include <string.h>

#include "common/auto.h"
#include "xlite/convert/virt.h"

#define TO(key) .to = (key)
#define HOLDS .to = ""
#define NOTHING(text) .kind = REPORT_NOTHING, .why = (text)
/* What HVM guests have only, and what becomes of it where the guest remains one. */
#define HVM(...) .kind = REPORT_NOTHING, .hvm = true, .why = "PVH guests have no such thing", __VA_ARGS__
#define PC_TO(key) .hvm_to = (key)
#define PC_NOTHING(text) .hvm_kind = REPORT_NOTHING, .hvm_why = (text)
#define PC_HOST(text) .hvm_kind = REPORT_HOST, .hvm_why = (text)
#define PC_GUEST(text) .hvm_kind = REPORT_GUEST, .hvm_why = (text)
#define HOST(text) .kind = REPORT_HOST, .why = (text)
#define GUEST(text) .kind = REPORT_GUEST, .why = (text)
#define LIBVIRT "it is for libvirt itself"
#define IGNORED "libvirt's driver for Xen ignores it"
#define SMBIOS "the guest's SMBIOS strings are hvmloader's"
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
	{ "genid", HVM(PC_GUEST("the guest has no generation ID")) },
	{ "sysinfo", HVM(PC_GUEST(SMBIOS)) },
	{ "pm", HVM(PC_GUEST("the guest is offered to suspend to memory and disk")) },
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
	{ "os/loader", HVM(PC_NOTHING("HVM guests have hvmloader always")) },
	{ "os/nvram", HVM(PC_HOST("the variables of UEFI are not taken over")) },
	{ "os/boot", HVM(PC_TO("boot")) },
	{ "os/bootmenu", HVM(PC_HOST("the firmware shows its own menu")) },
	{ "os/bios", HVM(PC_GUEST("the firmware has its defaults")) },
	{ "os/smbios", HVM(PC_GUEST(SMBIOS)) },
	{ "os/acpi", HVM(PC_GUEST("the guest has no other ACPI tables than hvmloader's")) },
	{ "os/firmware", HVM(PC_NOTHING(IGNORED)) },
	{ "features", HOLDS },
	{ "features/acpi", NOTHING("guests have ACPI tables") },
	{ "features/apic", NOTHING("guests have local APICs") },
	{ "features/pae", NOTHING("guests have it") },
	{ "features/hap", GUEST("xlite uses nested paging") },
	{ "features/viridian", HVM(PC_TO("viridian")) },
	{ "features/hyperv", HVM(PC_HOST(IGNORED)) },
	{ "features/vmport", HVM(PC_HOST(IGNORED)) },
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
	{ "devices/emulator", NOTHING("PVH guests have no device model"), PC_NOTHING("the device model is the host's QEMU") },
	{ "devices/console", NOTHING("every domain has its console") },
	{ "devices/serial", HVM(PC_GUEST("the guest has one serial port, which is its console")) },
	{ "devices/parallel", HVM(PC_GUEST(LACKS)) },
	{ "devices/memballoon", NOTHING("every domain has its balloon") },
	{ "devices/input", HVM(PC_GUEST(LACKS)) },
	{ "devices/video", HVM(PC_TO("vga")) },
	{ "devices/sound", HVM(PC_GUEST(LACKS)) },
	{ "devices/audio", HVM(PC_NOTHING("it is for the sound card")) },
	{ "devices/hub", HVM(PC_GUEST(LACKS)) },
	{ "devices/lease", NOTHING(LIBVIRT) },
	{ "devices/graphics", GUEST("the guest lacks its screen and keyboard"),
	  PC_HOST("VNC is served on a Unix socket of root's, which `xlite vnc` names") },
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
	{ "devices/controller", HVM(PC_HOST("the guest has the controllers of an emulated PC")) },
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
	{ "devices/disk/address", HVM(PC_NOTHING("its name says where it is")) },
	{ "devices/disk/boot", HVM(PC_GUEST("disks are booted from in the order of their names")) },
	{ "devices/disk/serial", HVM(PC_HOST(IGNORED)) },
	{ "devices/disk/wwn", HVM(PC_HOST(IGNORED)) },
	{ "devices/disk/vendor", HVM(PC_HOST(IGNORED)) },
	{ "devices/disk/product", HVM(PC_HOST(IGNORED)) },
	{ "devices/disk/iotune", HOST("the disk's rate is not limited") },
	{ "devices/interface", TO("vifs"), .attributes = "type managed" },
	{ "devices/interface/mac", TO("vifs.mac"), .attributes = "address type" },
	{ "devices/interface/source", TO("vifs.bridge"), .attributes = "bridge network dev portid portgroup" },
	{ "devices/interface/script", TO("vifs.script"), .attributes = "path" },
	{ "devices/interface/target", TO("vifs.ifname"), .attributes = "dev managed" },
	{ "devices/interface/model", HVM(PC_TO("vifs.model")) },
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
	{ "devices/interface/address", HVM(PC_HOST(IGNORED)) },
	{ "devices/interface/boot", HVM(PC_GUEST("the guest does not boot from the network")) },
	{ "devices/interface/rom", HVM(PC_HOST(IGNORED)) },
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
	bool pc = job->becomes == XL_TYPE_HVM && key->hvm_why;
	enum report_kind kind = pc ? key->hvm_kind : key->kind;

	if (pc)
		job_note(job, kind, &node->place, kind == REPORT_NOTHING ? "<%s>: %s" : "<%s>: has no counterpart: %s",
			 path, key->hvm_why);
	else if (key->kind == REPORT_NOTHING && key->hvm && job->type == XL_TYPE_HVM)
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
	const char *to;

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
	to = job->becomes == XL_TYPE_HVM && key->hvm_to ? key->hvm_to : key->to;
	if (!to) {
		account_lost(job, node, buf_str(&path), key);
		return;
	}
	if (*to)
		job_note(job, REPORT_TAKEN, &node->place, "<%s>: became %s", buf_str(&path), to);
	/* What is below it has been looked at with it. */
	if (to != key->to)
		return;
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
		if (key->hvm_to)
			buf_printf(out, "Where an HVM guest remains one, it\nbecomes\n.Ic %s .\n", key->hvm_to);
		else if (key->hvm_why)
			buf_printf(out, "Where an HVM guest remains one, it %s: %s.\n", words[key->hvm_kind], key->hvm_why);
	}
	buf_puts(out, ".El\n");
}
