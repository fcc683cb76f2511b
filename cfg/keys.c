/* SPDX-License-Identifier: GPL-2.0-or-later
 * The table of keys itself: rows in the order in which they are printed. To add a key, add a field to
 * spec.h and a row here; to support one, take `.later` away. Vifs and networks are in
 * keys_network.c, volumes and pools in keys_volume.c; words that more than one file needs in words.c.
 */
#include "cfg/keys.h"

#include "cfg/check.h"
#include "cfg/rows.h"

#define MIB UINT64_C(1024)			/* in KiB */
#define TIB (MIB * 1024 * 1024)

static const struct cfg_word firmware_words[] = {
	[CFG_FIRMWARE_BIOS] = { "bios", "SeaBIOS", .aka = "seabios" },
	[CFG_FIRMWARE_UEFI] = { "uefi", "OVMF", .later = true, .aka = "ovmf efi" },
};

static const struct cfg_word boot_words[] = {
	[CFG_BOOT_DISK] = { "disk", "the disks", .aka = "c hd" },
	[CFG_BOOT_CDROM] = { "cdrom", "the CD drives", .aka = "d cd" },
	[CFG_BOOT_NETWORK] = { "network", "the network", .later = true, .aka = "n pxe" },
};

static const struct cfg_word vga_words[] = {
	[CFG_VGA_STD] = { "std", "a display with 16 MiB of memory", .aka = "stdvga vga" },
	[CFG_VGA_CIRRUS] = { "cirrus", "one of a Cirrus Logic card, with 8 MiB, for old systems" },
	[CFG_VGA_NONE] = { "none", "no display" },
};

static const struct cfg_word mode_words[] = {
	[CFG_VBD_RO] = { "ro", "the guest can only read", .aka = "r readonly" },
	[CFG_VBD_RW] = { "rw", "the guest can read and write", .aka = "w w! write" },
};

#define D(field) offsetof(struct cfg_domain, field)
#define AT(field) .offset = D(field)

/* Of keys that only some types of guests have: a bit for each of enum cfg_type. */
#define TYPES(types) .only_at = D(type), .only = (types)
#define TYPE_HVM (1u << CFG_TYPE_HVM)
#define TYPE_PV (1u << CFG_TYPE_PV)

#define BUILT "the most that a domain can be built with so far"

#define EACH "One entry is for all vCPUs, otherwise there is one for each vCPU of max: the first is that of vCPU 0."

static const struct cfg_key vcpus_keys[] = {
	{ "max", SCALAR(uint), AT(vcpus_max), .min = 1, .max = 128, .max_why = BUILT, .def = "1",
	  .change = CFG_ON_REBOOT, .aka = "maxvcpus", .help = "number of vCPUs" },
	{ "online", SCALAR(uint), AT(vcpus_online), .min = 1, .max = 128, .max_why = BUILT, .same_as = D(vcpus_max),
	  .def_text = "as max", .change = CFG_LIVE, .help = "number of vCPUs that are online",
	  .detail = "For an emulated PC (type: hvm) a change waits for its next boot." },
	{ "affinity", LIST(cpus), AT(affinity), .lone = true, .max = 128, .def = "all", .change = CFG_LIVE,
	  .aka = "cpus cpuset pin", .help = "the host's CPUs that the vCPUs may run on", .detail = EACH },
	{ "soft_affinity", LIST(cpus), AT(soft_affinity), .lone = true, .max = 128, .def = "all", .change = CFG_LIVE,
	  .aka = "cpus_soft soft", .help = "the host's CPUs that the vCPUs run on if they can, of those of affinity",
	  .detail = EACH },
};
static const struct cfg_section vcpus_section = {
	"vcpus", vcpus_keys, ARRAY_SIZE(vcpus_keys), .id = -1, .shorthand = true, .check = cfg_check_vcpus,
};

static const struct cfg_key memory_keys[] = {
	{ "target", SCALAR(memory), AT(memory_kib), .min = 4 * MIB, .max = 16 * TIB, .required = true,
	  .change = CFG_LIVE, .aka = "size", .help = "memory that the domain has" },
	{ "max", SCALAR(memory), AT(max_memory_kib), .min = 4 * MIB, .max = 16 * TIB, .same_as = D(memory_kib),
	  .def_text = "as target", .change = CFG_LIVE, .aka = "maxmem",
	  .help = "limit up to which the target may be raised while the domain runs" },
	{ "nodes", LIST(nodes), AT(memory_nodes), .lone = true, .max = 64, .change = CFG_LIVE, .aka = "numa nodemap",
	  .def_text = "those of the CPUs that the vCPUs may run on",
	  .help = "the host's NUMA nodes that the memory comes from",
	  .detail =
		  "Xen takes memory from other nodes where these have none left. Memory that the domain has already stays where it "
		  "is: a change is for what it gets from then on. The guest sees one node." },
};
static const struct cfg_section memory_section = {
	"memory", memory_keys, ARRAY_SIZE(memory_keys), .id = -1, .shorthand = true, .check = cfg_check_memory,
};

static const struct cfg_key scheduler_keys[] = {
	{ "weight", SCALAR(uint), AT(weight), .min = 1, .max = 65535, .def = "256", .change = CFG_LIVE, .aka = "cpu_weight",
	  .help = "share of CPU time, relative to the other domains' weights" },
	{ "cap", SCALAR(uint), AT(cap), .min = 0, .max = 51200, .def = "0", .change = CFG_LIVE,
	  .help = "maximum CPU time, in per cent of one CPU; 0 means no limit" },
};
static const struct cfg_section scheduler_section = {
	"scheduler", scheduler_keys, ARRAY_SIZE(scheduler_keys), .id = -1,
};

static const struct cfg_key limits_keys[] = {
	{ "grant_version", SCALAR(uint), AT(max_grant_version), .min = 1, .max = 2, .def = "1", .change = CFG_ON_REBOOT,
	  .aka = "max_grant_version",
	  .help = "highest version of the grant table interface that the domain is offered; before Xen 4.16 "
		  "the host's gnttab=max-ver alone says that" },
	{ "grant_frames", SCALAR(uint), AT(max_grant_frames), .min = 1, .max = 65535, .def_text = "the hypervisor's",
	  .change = CFG_ON_REBOOT, .aka = "max_grant_frames", .help = "maximum number of frames of the grant table" },
	{ "event_channels", SCALAR(uint), AT(max_event_channels), .min = 1, .max = 131071, .def = "1023",
	  .change = CFG_ON_REBOOT, .aka = "max_event_channels",
	  .help = "highest event channel that the domain may use" },
};
static const struct cfg_section limits_section = {
	"limits", limits_keys, ARRAY_SIZE(limits_keys), .id = -1,
};

#undef AT
#define AT(field) .offset = D(cloud_init.field), .change = CFG_ON_REBOOT
static const struct cfg_key cloud_init_keys[] = {
	{ "enabled", SCALAR(bool), AT(enabled), .given_at = D(cloud_init.enabled_given), .def = "false", .aka = "enable",
	  .help = "whether the guest has a disk for cloud-init; true where another key of cloud_init is given" },
	{ "ssh_keys", LIST(path), AT(ssh_keys), .max = 64, .aka = "ssh_authorized_keys authorized_keys keys public_keys",
	  .help = "files of public keys that may log in as the image's user",
	  .detail =
		  "Each is a file on the host, in the form of authorized_keys or as ssh-keygen writes it (id_ed25519.pub)." },
	{ "user_data", SCALAR(path), AT(user_data), .max = 4095, .aka = "userdata user-data",
	  .help = "the user data, a file on the host",
	  .detail = "It begins as cloud-init wants it, such as with #cloud-config or #!." },
	{ "vendor_data", SCALAR(path), AT(vendor_data), .max = 4095, .aka = "vendordata vendor-data",
	  .help = "the vendor data, a file on the host of the same forms" },
	{ "hostname", SCALAR(host), AT(hostname), .max = 253, .def_text = "the domain's name",
	  .aka = "local_hostname fqdn", .help = "the name that the guest gives itself" },
	{ "network", SCALAR(bool), AT(network), .def = "true",
	  .help = "whether cloud-init configures the guest's interfaces by the vifs of the spec",
	  .detail =
		  "An interface has the vif's addresses, its gateway, or else the one of the nat network; one without addresses asks by DHCP." },
	{ "nameservers", LIST(ip), AT(nameservers), .max = 8, .aka = "dns resolvers",
	  .help = "the DNS servers that the guest asks" },
	{ "search", LIST(host), AT(search), .max = 8, .aka = "domains",
	  .help = "DNS domains that the guest looks up names in" },
	{ "vdev", SCALAR(vdev), AT(vdev), .place_at = D(cloud_init.vdev_place), .def = CFG_CLOUD_VDEV,
	  .aka = "dev device", .help = "the name of that disk in the guest" },
};
static const struct cfg_section cloud_init_section = {
	"cloud_init", cloud_init_keys, ARRAY_SIZE(cloud_init_keys), .id = -1, .shorthand = true, .check = cfg_check_cloud_init,
};

#undef AT
#define V(field) offsetof(struct cfg_vbd, field)
#define AT(field) .offset = V(field)

static const struct cfg_key vbd_keys[] = {
	{ "vdev", SCALAR(vdev), AT(vdev), .required = true, .change = CFG_HOTPLUG, .aka = "dev device name",
	  .help = "the disk's name in the domain" },
	{ "source", SCALAR(source), AT(source), .place_at = V(source_place), .max = 4095, .required = true,
	  .unless_key = "cdrom", .unless_value = "true", .unless_given = "volume", .any_with = "script",
	  .change = CFG_HOTPLUG, .aka = "target path file disk image phy",
	  .help = "the disk's content: a file, a block device, a tag or an NBD export",
	  .detail =
		  "For a CD drive it is the disc. The guest has the drive as long as it has a disc: adding the source attaches the drive, removing it "
		  "detaches the drive. An emulated PC (type: hvm) has its drives also without one, and their discs cannot be changed while it runs." },
	{ "volume", SCALAR(name), AT(volume), .place_at = V(volume_place), .max = 63, .change = CFG_HOTPLUG,
	  .aka = "vol", .help = "the volume that is the disk: source and format follow from it",
	  .detail =
		  "It is a document of kind volume, or is in the default pool already. Beside it, a source may say only where the volume is." },
	{ "mode", ENUM(mode_words), AT(mode), .def = "rw", .change = CFG_HOTPLUG, .aka = "access",
	  .help = "whether the guest may write", .detail = "A CD drive is always ro." },
	{ "format", ENUM(cfg_format_words), AT(format), .given_at = V(format_given), .def = "raw",
	  .change = CFG_HOTPLUG, .aka = "driver", .help = "the format of the source",
	  .detail =
		  "It is never guessed from the content. A source that looks like an image or a compressed file is refused until "
		  "its format is given, even if that is raw. A qcow2 image may have neither a backing file nor an external data file." },
	{ "shared", SCALAR(bool), AT(shared), .def = "false", .change = CFG_HOTPLUG,
	  .help = "whether other domains and programs may use the source at the same time",
	  .detail = "Otherwise a source that is written to has only one user." },
	{ "discard", SCALAR(bool), AT(discard), .def = "true", .change = CFG_HOTPLUG, .aka = "trim",
	  .help = "whether the guest may discard blocks, which frees their space" },
	{ "cdrom", SCALAR(bool), AT(cdrom), .def = "false", .change = CFG_HOTPLUG, .aka = "devtype",
	  .help = "whether the disk is a CD drive, whose disc may be changed",
	  .detail =
		  "The guest gets the disc as a read-only disk, since Linux has no CD-ROM drives in PVH and PV guests. Of an emulated PC (type: hvm) it "
		  "is a drive." },
	{ "script", SCALAR(script), AT(script), .change = CFG_HOTPLUG, .aka = "hotplug",
	  .help = "a hotplug script that attaches the disk, instead of xlite",
	  .detail =
		  "It is called as Xen's tools call their scripts. The node params has the source as it is in the spec." },
};
const struct cfg_section cfg_vbds_section = {
	"vbds", vbd_keys, ARRAY_SIZE(vbd_keys), .size = sizeof(struct cfg_vbd), .id = 0, .id_offset = V(vdev),
	.check = cfg_check_vbd,
};

#undef V
#undef AT
#define AT(field) .offset = offsetof(struct cfg_dependency, field)
#define READY(c) .choice_at = offsetof(struct cfg_dependency, ready), .choice = (c), .change = CFG_NOTHING

static const struct cfg_key dependency_keys[] = {
	{ "name", SCALAR(domain), AT(name), .max = CFG_MAX_DOMAIN_NAME, .required = true, .change = CFG_NOTHING,
	  .aka = "domain",
	  .help = "the domain that is needed, in these documents or on the host" },
	{ "xenstore", SCALAR(node), AT(text), .max = 255, READY(CFG_READY_XENSTORE), .aka = "key node",
	  .help = "the domain is ready when it has written this node of its own in XenStore",
	  .detail = "Without xenstore, tcp or console the domain is ready when it runs." },
	{ "tcp", SCALAR(uint), AT(port), .min = 1, .max = 65535, READY(CFG_READY_TCP), .aka = "port",
	  .help = "the domain is ready when one of its addresses accepts connections on this TCP port",
	  .detail = "One of its vifs needs an ip." },
	{ "console", SCALAR(phrase), AT(text), .max = 255, READY(CFG_READY_CONSOLE), .aka = "text prints",
	  .help = "the domain is ready when it has printed this text on its console" },
	{ "timeout", SCALAR(seconds), AT(timeout_s), .min = 1, .max = 86400, .def = "1m", .change = CFG_NOTHING,
	  .help = "how long to wait for the domain" },
};
const struct cfg_section cfg_dependencies_section = {
	"depends_on", dependency_keys, ARRAY_SIZE(dependency_keys), .size = sizeof(struct cfg_dependency), .id = 0,
	.id_offset = offsetof(struct cfg_dependency, name), .shorthand = true,
};

#undef AT
#define AT(field) .offset = D(field)
#define UNLESS_STOPPED .required = true, .unless_key = "state", .unless_value = "stopped"
#define POLICY \
	"xlite watch, where it runs, does what this says at once, and less and less often where a domain keeps ending. " \
	"Without it a domain that has ended stays as it is until the next apply: with preserve, apply leaves it alone and " \
	"reports an error; with any other value it removes the domain and builds it again."

static const struct cfg_key domain_keys[] = {
	{ "kind", .shape = CFG_KIND, .value = &cfg_value_enum, .words = cfg_kind_words, .nr_words = CFG_NR_KINDS,
	  .def = "domain", .change = CFG_REPLACES, .help = "what the document describes" },
	{ "name", SCALAR(domain), AT(name), .max = CFG_MAX_DOMAIN_NAME, .place_at = D(name_place), .required = true,
	  .identity = true, .change = CFG_LIVE, .aka = "hostname id", .help = "the domain's name, unique on a host" },
	{ "uuid", SCALAR(uuid), AT(uuid), .given_at = D(uuid_given), .place_at = D(uuid_place), .identity = true,
	  .def_text = "derived from the name", .change = CFG_REPLACES, .help = "the domain's handle in the hypervisor",
	  .detail = "If the spec gives it, the domain can be renamed while it runs." },
	{ "pvh", .shape = CFG_SUGAR, .value = &cfg_value_flag, .choice_at = D(type), .choice = CFG_TYPE_PVH,
	  .change = CFG_REPLACES, .help = "short for type: pvh" },
	{ "type", ENUM(cfg_type_words), AT(type), .def = "pvh", .change = CFG_REPLACES, .aka = "builder",
	  .help = "how the domain is virtualised" },
	{ "vcpus", .shape = CFG_SECTION, .section = &vcpus_section, .change = CFG_LIVE, .aka = "cpu",
	  .help = "the virtual CPUs: a number, or a mapping" },
	{ "memory", .shape = CFG_SECTION, .section = &memory_section, .place_at = D(memory_place), UNLESS_STOPPED,
	  .change = CFG_LIVE, .aka = "mem ram", .help = "the memory: a size, or a mapping" },
	{ "kernel", SCALAR(path), AT(kernel), .place_at = D(kernel_place), .max = 4095, UNLESS_STOPPED,
	  .unless_given = "vbds", .change = CFG_ON_REBOOT, .aka = "image vmlinuz",
	  .help = "the kernel that the domain boots, a file on the host",
	  .detail =
		  "Without it the domain boots what is installed on its first disk, by GRUB, which runs in the domain; of type hvm by its "
		  "firmware. A packed kernel is kept as it unpacks, in /var/cache/xlite, until the host's next boot." },
	{ "ramdisk", SCALAR(path), AT(ramdisk), .place_at = D(ramdisk_place), .max = 4095, .needs = "kernel",
	  .change = CFG_ON_REBOOT, .aka = "initrd initramfs", .help = "the initial ramdisk, a file on the host" },
	{ "cmdline", SCALAR(text), AT(cmdline), .max = 4095, .needs = "kernel", .change = CFG_ON_REBOOT,
	  .aka = "extra root append args", .help = "the complete command line of the kernel" },
	{ "firmware", ENUM(firmware_words), AT(firmware), .def = "bios", TYPES(TYPE_HVM), .change = CFG_ON_REBOOT,
	  .aka = "bios", .help = "the firmware of the emulated PC" },
	{ "boot", ENUM(boot_words), AT(boot), .def = "disk", TYPES(TYPE_HVM), .change = CFG_ON_REBOOT,
	  .aka = "boot_order bootorder", .help = "what the firmware boots from first",
	  .detail = "The others follow, disks before CD drives. With kernel none of them is booted from." },
	{ "vga", ENUM(vga_words), AT(vga), .def = "std", TYPES(TYPE_HVM), .change = CFG_ON_REBOOT,
	  .aka = "stdvga display video", .help = "the emulated display",
	  .detail = "Its memory is not a part of what memory says." },
	{ "tablet", SCALAR(bool), AT(tablet), .def = "true", TYPES(TYPE_HVM), .change = CFG_ON_REBOOT,
	  .aka = "usbdevice usb_tablet",
	  .help = "whether the emulated PC has a tablet on USB, so that a viewer's pointer is where the guest's is",
	  .detail = "Without a display (vga: none) it has none." },
	{ "hpet", SCALAR(bool), AT(hpet), .def = "true", TYPES(TYPE_HVM), .change = CFG_ON_REBOOT,
	  .help = "whether the emulated PC has a high precision event timer" },
	{ "viridian", SCALAR(bool), AT(viridian), .def = "false", TYPES(TYPE_HVM), .change = CFG_ON_REBOOT,
	  .aka = "hyperv", .help = "whether the guest is offered interfaces of Hyper-V, which Windows uses",
	  .detail =
		  "These are the ones that xl offers by default: the base and the frequencies, the reference counter, APIC assists, crash "
		  "reports, any number of vCPUs, and their hotplug." },
	{ "vifs", .shape = CFG_ITEMS, .section = &cfg_vifs_section, AT(vifs), .nr_offset = D(nr_vifs), .max = 64,
	  .change = CFG_HOTPLUG, .aka = "vif nics nic network networks", .help = "the network interfaces, in order" },
	{ "vbds", .shape = CFG_ITEMS, .section = &cfg_vbds_section, AT(vbds), .nr_offset = D(nr_vbds), .max = 256,
	  .change = CFG_HOTPLUG, .aka = "disk disks drives vbd", .help = "the disks" },
	{ "cloud_init", .shape = CFG_SECTION, .section = &cloud_init_section, .change = CFG_ON_REBOOT,
	  .aka = "cloudinit cloud-init", .help = "what the guest's cloud-init is told: true, or a mapping",
	  .detail =
		  "The guest has one disk more, read-only and called cidata, which cloud-init finds by itself (data source NoCloud). It is made "
		  "when the domain is built, from the files as they are then." },
	{ "state", ENUM(cfg_state_words), AT(state), .def = "running", .change = CFG_LIVE, .aka = "status",
	  .help = "the state that apply brings the domain into" },
	{ "on_poweroff", ENUM(cfg_action_words), AT(on_poweroff), .def = "destroy", .change = CFG_LIVE,
	  .help = "what becomes of a domain that has powered itself off", .detail = POLICY },
	{ "on_reboot", ENUM(cfg_action_words), AT(on_reboot), .def = "restart", .change = CFG_LIVE, .aka = "restart",
	  .help = "what becomes of a domain that has rebooted itself", .detail = POLICY },
	{ "on_crash", ENUM(cfg_action_words), AT(on_crash), .def = "destroy", .change = CFG_LIVE,
	  .help = "what becomes of a domain that has crashed", .detail = POLICY },
	{ "on_watchdog", ENUM(cfg_action_words), AT(on_watchdog), .def = "destroy", .change = CFG_LIVE,
	  .help = "what becomes of a domain that its watchdog in the hypervisor has ended", .detail = POLICY },
	{ "on_soft_reset", ENUM(cfg_action_words), AT(on_soft_reset), .def = "restart", .change = CFG_LIVE,
	  .help = "what becomes of a domain that has asked for a soft reset, as for kexec",
	  .detail =
		  "The content of its memory is lost, and with it the kernel that kexec has loaded: the domain boots what its spec names. " POLICY },
	{ "scheduler", .shape = CFG_SECTION, .section = &scheduler_section, .change = CFG_LIVE, .aka = "sched",
	  .help = "the domain's share of CPU time" },
	{ "pool", SCALAR(pool), AT(pool), .max = 63, .def = "Pool-0", .change = CFG_LIVE, .aka = "cpupool",
	  .help = "the CPU pool that the domain runs in" },
	{ "limits", .shape = CFG_SECTION, .section = &limits_section, .change = CFG_ON_REBOOT,
	  .help = "limits on what the domain may use of the hypervisor" },
	{ "shutdown_timeout", SCALAR(seconds), AT(shutdown_timeout_s), .min = 1, .max = 86400, .def = "1m",
	  .change = CFG_NOTHING, .aka = "timeout", .help = "how long the guest may take to shut down" },
	{ "depends_on", .shape = CFG_ITEMS, .section = &cfg_dependencies_section, AT(depends_on),
	  .nr_offset = D(nr_depends_on), .max = 64, .change = CFG_NOTHING, .aka = "after requires",
	  .help = "domains that must be ready before this one is started",
	  .detail = "A name alone means that the domain must run." },
	{ "labels", .shape = CFG_LABELS, .value = &cfg_value_label, AT(labels), .nr_offset = D(nr_labels), .max = 64,
	  .change = CFG_LIVE, .aka = "tags annotations metadata",
	  .help = "names and values of your own, by which domains can be selected" },
};
const struct cfg_section cfg_domain_section = {
	"domain", domain_keys, ARRAY_SIZE(domain_keys), .size = sizeof(struct cfg_domain), .id = -1, .check = cfg_check_domain,
};

const struct cfg_section *const cfg_kinds[CFG_NR_KINDS] = {
	[CFG_KIND_DOMAIN] = &cfg_domain_section,
	[CFG_KIND_NETWORK] = &cfg_network_section,
	[CFG_KIND_VOLUME] = &cfg_volume_section,
	[CFG_KIND_POOL] = &cfg_pool_section,
	[CFG_KIND_DEFAULTS] = &cfg_domain_section,
};

_Static_assert(ARRAY_SIZE(domain_keys) <= CFG_MAX_KEYS, "CFG_MAX_KEYS is too small");
