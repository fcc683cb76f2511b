/* SPDX-License-Identifier: GPL-2.0-or-later
 * What runs on the host: the hypervisor's list joined with names and with our records.
 * observe.c fills it; plan.c only reads it.
 */
#ifndef RECONCILE_STATE_H
#define RECONCILE_STATE_H

#include "cfg/cfg.h"
#include "hotplug/disk.h"
#include "hotplug/lvm.h"
#include "hotplug/qemu.h"
#include "xlite/lib/layout.h"
#include "xlite/lib/xen.h"

/** A source that is no longer what the guest has: another file or device by that name, or a file of another size. */
struct state_resized {
	bool exchanged;			/* sizes are not compared then */
	char device[40];	/* "/dev/loop3" */
	char vdev[16];
	uint64_t offered, bytes;
};

struct state_domain {
	struct xlite_domain_info info;
	char *name;			/* from XenStore; NULL if it has none */
	bool absent;			/* it is not there: only its record is, which was kept */
	bool recorded;			/* the record was looked for */
	struct xlite_record record;	/* format 0: not ours */
	bool detailed;			/* spec below was filled */
	struct cfg_domain *spec;	/* what it is now, as far as can be known; NULL where a record does not parse */
	struct cfg_set *spec_set;	/* owns spec's places */
	struct cfg_domain *next;	/* what waits for its next boot, or NULL */
	/* of an emulated graphics card, beyond spec->memory_kib; looked for where record.asked */
	uint64_t videoram_kib;
	unsigned *devids[XLITE_DEVICE_KINDS]; /* of the devices of spec's lists, one by one */
	struct state_resized *resized;
	size_t nr_resized;
	bool qemu_ended;		/* some of spec->vbds need a QEMU, and it lives no more */
};

/** A network of ours. */
struct state_network {
	char *name;
	struct xlite_record record;
	/* as last applied, with what the kernel has now laid over it; NULL if it does not parse */
	struct cfg_network *spec;
	const char *fault;		/* what of it is gone, or NULL; static, or the next */
	char off[128];
};

/** A volume that is there. */
struct state_volume {
	char *name, *path;
	enum cfg_vbd_format format;
	uint64_t bytes;			/* of the disk */
	uint64_t allocated;		/* what its file takes */
	char *vg, *thin_pool;		/* of LVM, where it is there, or NULL */
	uint64_t grain;			/* bytes that its size is a multiple of, 0: any */
	char *fault;			/* why it cannot be used, or NULL; its numbers are 0 then */
};

/** A volume group of LVM that was looked into. */
struct state_group {
	struct hotplug_lvm lvm;		/* its vg is set, also where there is a fault */
	char *fault;			/* what LVM said of it, or NULL */
};

/** A record whose domain is gone: left by a run that died between destroying and cleaning. */
struct state_stale {
	uint32_t domid;
	struct xlite_record record;
	bool given_up;			/* it was kept so far: state_stale_release */
};

struct state {
	struct state_domain *domains;
	size_t nr;
	struct state_stale *stale;
	size_t nr_stale;
	struct hotplug_qemu *qemus;	/* all that were started for disks and not cleaned up */
	size_t nr_qemus;
	struct state_network *networks;	/* NULL until read */
	size_t nr_networks;
	struct state_group *groups;	/* of LVM, each read once */
	size_t nr_groups;
	struct state_volume *volumes;	/* those that were looked for */
	size_t nr_volumes;
};

/** True if the domain carries our record. */
static inline bool state_owned(const struct state_domain *domain)
{
	return domain->record.format != 0;
}

/**
 * True if its creation never came to the commit: its record says so, or it is as a run leaves it that
 * died before the record was written (never ran, has no name, and yet its handle is one that we look for).
 */
static inline bool state_unfinished(const struct state_domain *domain)
{
	if (!domain->info.paused || domain->info.cpu_time_ns)
		return false;
	return state_owned(domain) ? !domain->record.finished : !domain->name;
}

/** Whether a run began to attach this device and died before it was done. */
bool state_begun(const struct state_domain *domain, enum xlite_device_kind kind, unsigned devid);

/** How far a guest has followed a change that it was asked for. */
struct state_lag {
	bool memory, vcpus;		/* behind: what it has is not what it should have */
	uint64_t memory_kib;		/* that it has */
	unsigned vcpus_online;
};
/** Of a domain whose details were observed. One that does not run is not behind: it cannot follow. */
struct state_lag state_lag(const struct state_domain *domain);

/** Whether the i-th QEMU's domain is gone: xl has ended it, or a run died. */
bool state_qemu_orphaned(const struct state *state, size_t i);
/**
 * Whether the i-th record without a domain is kept (xlite/reconcile/again.h): for one that is being built anew, which
 * is not there yet, or not finished; or for one that is not to be there, by the key for its end or since it was
 * stopped.
 */
bool state_stale_kept(const struct state *state, size_t i);
/**
 * Gives such a record up: what it means (by name or uuid) is to be built from another spec, or to be gone. It is one of
 * the leftovers then. Returns whether there was one.
 */
bool state_stale_release(struct state *state, const char *name, const uint8_t uuid[16]);
/** Such a record, by its domain's name or uuid; NULL: none. */
const struct state_stale *state_find_kept(const struct state *state, const char *name);
/**
 * Such a record, by its domain's name or uuid, that says that the guest was saved, or sent to another host; NULL:
 * none.
 */
const struct xlite_record *state_saved(const struct state *state, const char *name, const uint8_t uuid[16]);
/** Whether there is something that dead runs, or others, left behind and that is to be removed. */
bool state_has_leftovers(const struct state *state);

/** How a domain has ended that has shut down by itself. */
struct state_end {
	const char *word;		/* for tables: "crashed" */
	const char *told;		/* for people: "it has crashed" */
	const char *policy;		/* the key that says what becomes of it, or NULL */
	size_t policy_at;		/* that one's enum cfg_action in struct cfg_domain */
};
/** Of a domain whose info says that it has shut down; static. */
const struct state_end *state_end(const struct xlite_domain_info *info);
/**
 * Whether another host has all of the guest, which is suspended here, and may have let it go on: nothing lets it go
 * on here by itself.
 */
bool state_handed_over(const struct state_domain *domain);
/**
 * One word for tables and JSON: stopped, saved, running, paused, shutdown, rebooting, suspended, crashed, watchdog,
 * soft-reset, dying, unfinished, degraded.
 */
const char *state_word(const struct state_domain *domain);

struct state_domain *state_find_uuid(const struct state *state, const uint8_t uuid[16]);
/** By name; dying domains are passed over. */
struct state_domain *state_find_name(const struct state *state, const char *name);
struct state_network *state_find_network(const struct state *state, const char *name);
/** The volume of that name and format; of any format where none has that one. NULL. */
struct state_volume *state_find_volume(const struct state *state, const char *name, enum cfg_vbd_format format);
/** Another one that has the name of the one that state_find_volume finds; NULL. */
struct state_volume *state_find_twin(const struct state *state, const char *name, enum cfg_vbd_format format);
/**
 * The size of its disk as a spec says it, in steps of 4 KiB: that of an image may lie between two, and counts as
 * the upper one.
 */
uint64_t state_volume_kib(const struct state_volume *volume);
/**
 * Adds a volume with a copy of its name and path, or returns the one that has the path already. NULL when out of
 * memory.
 */
struct state_volume *state_add_volume(struct state *state, const char *name, const char *path,
				      enum cfg_vbd_format format);
void state_network_clear(struct state_network *network);
void state_clear(struct state *state);

/**
 * Notes that the source of a disk is no longer what the guest has; device is the loop device, "" where there is none.
 * One whose names are too long for it is left out. -ENOMEM.
 */
int state_add_resized(struct state_domain *domain, const char *vdev, const char *device,
		      const struct hotplug_disk_now *now);

#endif
