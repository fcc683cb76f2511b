/* SPDX-License-Identifier: GPL-2.0-or-later
 * The typed spec: what a document says, with every default filled in. The table of keys
 * (cfg/keys.c) maps YAML to these fields; nothing here knows Xen or whether a named file exists.
 */
#ifndef CFG_SPEC_H
#define CFG_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Where something stands in a file: 1-based; line 0 means "not from a file". file is owned by the set. */
struct cfg_place {
	const char *file;
	unsigned line, column;
};

enum cfg_type { CFG_TYPE_PVH, CFG_TYPE_PV, CFG_TYPE_HVM };
enum cfg_firmware { CFG_FIRMWARE_BIOS, CFG_FIRMWARE_UEFI };
/** What an emulated PC's firmware boots from first. */
enum cfg_boot { CFG_BOOT_DISK, CFG_BOOT_CDROM, CFG_BOOT_NETWORK };
enum cfg_vga { CFG_VGA_STD, CFG_VGA_CIRRUS, CFG_VGA_NONE };
enum cfg_state { CFG_STATE_RUNNING, CFG_STATE_PAUSED, CFG_STATE_STOPPED };
enum cfg_action { CFG_ACTION_DESTROY, CFG_ACTION_RESTART, CFG_ACTION_PRESERVE, CFG_ACTION_RENAME_RESTART,
		  CFG_ACTION_COREDUMP_DESTROY, CFG_ACTION_COREDUMP_RESTART };
enum cfg_vif_kind { CFG_VIF_BRIDGE, CFG_VIF_ROUTE, CFG_VIF_NAT };
/** The card that an emulated PC has beside a vif. */
enum cfg_card { CFG_CARD_AUTO, CFG_CARD_E1000, CFG_CARD_RTL8139, CFG_CARD_NONE };
enum cfg_protocol { CFG_TCP, CFG_UDP };
enum cfg_vbd_mode { CFG_VBD_RO, CFG_VBD_RW };
enum cfg_vbd_format { CFG_FORMAT_RAW, CFG_FORMAT_QCOW2 };

/** How a domain is told the addresses of a vif. */
enum cfg_announce { CFG_ANNOUNCE_NONE, CFG_ANNOUNCE_CMDLINE, CFG_ANNOUNCE_XENSTORE };
/** What a domain that others depend on must have done. */
enum cfg_ready { CFG_READY_RUNNING, CFG_READY_XENSTORE, CFG_READY_TCP, CFG_READY_CONSOLE };

/** A list of strings; owned. */
struct cfg_strings {
	char **items;
	struct cfg_place *places;	/* of each item; NULL where they do not come from a file */
	size_t nr;
};

/** Bits per second, counted in intervals of so many microseconds. */
struct cfg_rate {
	uint64_t bps;			/* 0: unlimited */
	uint64_t interval_us;		/* 0: the device's own */
};

/** One label; owned. */
struct cfg_label {
	char *name, *value;
};

struct cfg_forward {
	struct cfg_place place;
	enum cfg_protocol protocol;
	unsigned port, to;
};

struct cfg_vif {
	struct cfg_place place;
	enum cfg_vif_kind kind;
	char *target;			/* bridge, network or device named by bridge:/route:/nat: */
	struct cfg_place target_place;
	uint8_t mac[6];			/* always set: given, or derived from uuid and position */
	bool mac_given;
	char *ifname;			/* the host's name for it; NULL: Linux's own, vif5.0 */
	struct cfg_place ifname_place;
	struct cfg_strings ip;		/* canonical text, "10.0.0.2" or "10.0.0.2/24" */
	enum cfg_announce announce;	/* how the domain is told of ip */
	struct cfg_strings gateway;	/* and by what routers: one of a family, without prefix length */
	struct cfg_rate rate;
	unsigned mtu;			/* 0: the bridge's */
	unsigned vlan;			/* 0: none; bridge only */
	struct cfg_strings trunk;	/* one canonical list of tagged VLANs, "20,30-39", or none; bridge only */
	struct cfg_place vlan_place, trunk_place;
	char *gatewaydev;		/* route only */
	char *script;			/* NULL: in-process */
	struct cfg_forward *forwards;	/* nat only */
	size_t nr_forwards;
	bool filter;			/* anti-spoofing where ip is given; default true */
	enum cfg_card model;		/* of type hvm only */
};

struct cfg_vbd {
	struct cfg_place place;
	char *vdev;			/* "xvda" */
	/* path, TAG=value or nbd URI; NULL: an empty cdrom drive, or a volume not found yet */
	char *source;
	struct cfg_place source_place;
	char *volume;			/* the volume whose path source is and whose format; or NULL */
	struct cfg_place volume_place;
	enum cfg_vbd_mode mode;
	enum cfg_vbd_format format;
	bool format_given;		/* raw was said: it is taken at its word */
	bool shared, discard, cdrom;	/* discard: default true */
	char *script;			/* NULL: in-process */
};

/** What a guest's cloud-init finds on a disk of its own (data source NoCloud). */
struct cfg_cloud_init {
	bool enabled;			/* whether there is such a disk */
	bool enabled_given;
	struct cfg_strings ssh_keys;	/* absolute paths of files as authorized_keys is one */
	char *user_data, *vendor_data;	/* absolute paths, or NULL */
	char *hostname;			/* NULL: the domain's name */
	bool network;			/* whether the vifs' addresses are on it; default true */
	struct cfg_strings nameservers;	/* addresses without prefix length */
	struct cfg_strings search;	/* DNS domains */
	char *vdev;			/* NULL: xvdz */
	struct cfg_place vdev_place;
};
#define CFG_CLOUD_VDEV "xvdz"

/** A domain that another one needs, and when it is ready. */
struct cfg_dependency {
	struct cfg_place place;
	char *name;
	enum cfg_ready ready;
	char *text;			/* xenstore: node below the domain's own; console: what it prints; else NULL */
	unsigned port;			/* tcp */
	unsigned timeout_s;		/* how long to wait for it; 60 */
};

struct cfg_domain {
	struct cfg_place place;		/* of the document */
	struct cfg_place name_place, uuid_place, kernel_place, ramdisk_place, memory_place;
	char *name;
	uint8_t uuid[16];		/* always set: given, or UUIDv5(namespace, name) */
	bool uuid_given;
	enum cfg_type type;
	unsigned vcpus_max, vcpus_online;
	/* canonical lists "0-3,7", or "all": one for all vCPUs, or one for each of vcpus_max; none: any CPU */
	struct cfg_strings affinity, soft_affinity;
	uint64_t memory_kib;		/* target; 0 only where state is stopped and none was given */
	uint64_t max_memory_kib;	/* >= memory_kib */
	struct cfg_strings memory_nodes;	/* one canonical list of NUMA nodes, or "all"; none: Xen derives them */
	/* absolute path; NULL: the domain boots its own disk (or is stopped; or observed, and nobody knows) */
	char *kernel;
	char *ramdisk, *cmdline;	/* or NULL */
	/* of type hvm only */
	enum cfg_firmware firmware;
	enum cfg_boot boot;
	enum cfg_vga vga;
	bool tablet, hpet, viridian;
	struct cfg_vif *vifs;
	size_t nr_vifs;
	struct cfg_vbd *vbds;
	size_t nr_vbds;
	enum cfg_state state;
	enum cfg_action on_poweroff, on_reboot, on_crash, on_watchdog, on_soft_reset;
	unsigned weight;		/* scheduler; 256 */
	unsigned cap;			/* per cent of one CPU; 0 none */
	char *pool;			/* cpupool name; NULL: Pool-0 */
	struct cfg_cloud_init cloud_init;
	struct cfg_dependency *depends_on;
	size_t nr_depends_on;
	struct cfg_label *labels;
	size_t nr_labels;
	unsigned max_grant_version;	/* 1 */
	unsigned max_grant_frames;	/* 0: Xen's default */
	unsigned max_event_channels;	/* 1023 */
	unsigned shutdown_timeout_s;	/* how long a graceful stop may take; 60 */
};

/** A network that vifs belong to: what of it the host has to have. */
struct cfg_network {
	struct cfg_place place;		/* of the document */
	struct cfg_place name_place, bridge_place, subnet_place;
	char *name;			/* up to 63 bytes */
	enum cfg_vif_kind mode;
	char *bridge;			/* the bridge to make; NULL for mode route, which has none */
	struct cfg_strings subnet;	/* canonical text, "10.77.0.0/24" */
	struct cfg_strings gateway;	/* the bridge's own addresses, "10.77.0.1/24" or without the prefix */
	bool gateway_given;		/* false: derived from the subnets (nat) */
	char *uplink;			/* nat and route; NULL: whichever device the host routes to (nat) */
	struct cfg_strings ports;	/* devices enslaved to the bridge; mode bridge only */
	bool stp, vlan_filtering;
	unsigned forward_delay_s;	/* 0: the system's default */
	unsigned mtu;			/* 0: the system's default */
	struct cfg_label *labels;
	size_t nr_labels;
};

/** What a volume begins as a copy of, if of anything. */
enum cfg_volume_start { CFG_START_IMAGE, CFG_START_VOLUME };

/** A disk that is kept: where it is, how large, and what it begins with. */
struct cfg_volume {
	struct cfg_place place;		/* of the document */
	struct cfg_place name_place, pool_place, size_place, from_place;
	char *name;			/* up to 63 bytes */
	char *pool;			/* the pool that it is in; NULL: CFG_DEFAULT_POOL */
	uint64_t size_kib;		/* 0: that of what it begins with */
	enum cfg_vbd_format format;
	enum cfg_volume_start start;
	/* absolute path of an image that it begins as, or NULL: zeroes, if clone is NULL, too */
	char *from;
	char *clone;			/* another volume that it begins as, or NULL */
	struct cfg_place clone_place;
	enum cfg_vbd_format from_format;
	bool from_format_given;		/* else it follows from the image's name */
	char *sha256, *sha512;		/* of the image, lower case; NULL: it is not checked */
	bool preallocate;		/* raw only: its space is taken when it is made */
	char *path;			/* of its file or device, by its pool (cfg_set_check); NULL before */
	char *vg, *thin_pool;		/* its pool's, by it (cfg_set_check); NULL: its pool has none */
	char *clone_path;		/* of the file of clone, where that is a document, or was found; else NULL */
	enum cfg_vbd_format clone_format;
};

/** What a pool is. */
enum cfg_pool_type { CFG_POOL_FOLDER, CFG_POOL_LVM };

/** Where volumes are kept. */
struct cfg_pool {
	struct cfg_place place;		/* of the document */
	struct cfg_place name_place, folder_place, vg_place;
	char *name;			/* up to 63 bytes */
	enum cfg_pool_type type;
	char *folder;			/* absolute path; CFG_POOL_FOLDER */
	char *vg;			/* a volume group; CFG_POOL_LVM */
	char *thin_pool;		/* the thin pool in it that volumes are made in, or NULL: none */
};
/** The pool of volumes that name none, and its folder where no document says another. */
#define CFG_DEFAULT_POOL "default"
#define CFG_DEFAULT_POOL_FOLDER "/var/lib/xlite/volumes"

/** A parsed set of documents, and what was wrong with them. */
struct cfg_set;

void cfg_domain_free(struct cfg_domain *domain);
void cfg_network_free(struct cfg_network *network);
void cfg_volume_free(struct cfg_volume *volume);
void cfg_pool_free(struct cfg_pool *pool);
/**
 * The path of a volume in that pool: FOLDER/NAME.FORMAT, or /dev/VG/NAME, which is raw; malloc'ed, NULL when out of
 * memory.
 */
char *cfg_volume_path(const struct cfg_pool *pool, const char *name, enum cfg_vbd_format format);
/** "raw", "qcow2" */
const char *cfg_format_name(enum cfg_vbd_format format);
/** Frees what a list of strings owns, and makes it empty. */
void cfg_strings_clear(struct cfg_strings *strings);
/** Adds an item, which is taken over in any case; NULL is a failure as well. 0 or -ENOMEM. */
int cfg_strings_add(struct cfg_strings *strings, char *item);
/** Makes to, which owns nothing, a copy. 0, or -ENOMEM with what there is of it. */
int cfg_strings_copy(struct cfg_strings *to, const struct cfg_strings *from);
/** The name in the guest of the disk that its cloud-init reads. */
const char *cfg_cloud_vdev(const struct cfg_domain *domain);
/** Whether a Linux guest would give disks of these names the same device numbers, so that it has only one of them. */
bool cfg_vdevs_overlap(const char *a, const char *b);
/** Frees what a vif or a vbd owns; the structure itself is the caller's. */
void cfg_vif_clear(struct cfg_vif *vif);
void cfg_vbd_clear(struct cfg_vbd *vbd);
/** Whether the source is an export of an NBD server that QEMU is to use: with a script it is the script's. */
bool cfg_vbd_is_nbd(const struct cfg_vbd *vbd);
/** Whether the domain boots what is on its disks, by a firmware or GRUB, rather than a kernel of the host's. */
bool cfg_boots_own_disk(const struct cfg_domain *domain);
/** Whether it is GRUB that does that. */
bool cfg_boots_by_grub(const struct cfg_domain *domain);
/** Drives of an emulated PC, and its network cards at most. */
#define CFG_DRIVES 4
#define CFG_CARDS 8u
/**
 * Which of them a disk of that domain is, 0 to 3: hda to hdd, or xvda to xvdd. -1: none, the guest reaches it by
 * drivers for Xen alone. A disk that may only be read is none, since emulated disks are written to, and neither is one
 * of a script.
 */
int cfg_vbd_drive(const struct cfg_domain *domain, const struct cfg_vbd *vbd);
/**
 * Whether the domain has an emulated card with the vif's MAC beside it: with a bridge, and nothing that only the vif's
 * own backend does (a script, a rate).
 */
bool cfg_vif_emulated(const struct cfg_domain *domain, const struct cfg_vif *vif);
/** Memory of the emulated display, in KiB, which is beyond the domain's; 0 where there is none. */
uint64_t cfg_video_kib(const struct cfg_domain *domain);
/** Whether the disk needs a process of QEMU's: the kernel's own backend takes block devices only. */
bool cfg_vbd_needs_qemu(const struct cfg_vbd *vbd);

#endif
