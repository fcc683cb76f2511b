/* SPDX-License-Identifier: GPL-2.0-or-later
 * Volumes kept as logical volumes of LVM, each named as the volume is. LVM has no library for this: its commands are its
 * interface, and tell in JSON what there is (lvmreport(7)). Nothing else is kept: a logical volume of that name that is
 * complete is the volume. One that is being made is called _new.NAME.
 */
#ifndef HOTPLUG_LVM_H
#define HOTPLUG_LVM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "hotplug/volume.h"

/** A logical volume, as LVM tells of it. */
struct hotplug_lv {
	char *name;
	uint64_t bytes;
	/* the first letter of lv_attr (lvs(8)): V thin volume, t thin pool, s snapshot, o origin of some, - plain... */
	char kind;
	bool active;		/* its device is there */
	bool open;		/* somebody has it open: a domain, or a mount */
	char *thin_pool;	/* "" : none */
	double used;		/* percent of a thin pool, or thin volume, that is taken; 0 otherwise */
	char *extents;		/* where it is, "/dev/sda:0-99 /dev/sdb:5-7", or NULL */
	bool linear;		/* each part of it is on one disk, as it comes */
};

/** A volume group. */
struct hotplug_lvm {
	char *vg;
	uint64_t extent;	/* bytes: sizes are multiples of it */
	uint64_t free;		/* bytes */
	struct hotplug_lv *lvs;	/* those that LVM shows: none that are part of others */
	size_t nr;
};

#define HOTPLUG_LVM_INIT { NULL }

/** Asks LVM for a volume group and all that is in it. -ENOENT: LVM is not installed; -EIO: what LVM says. */
int hotplug_lvm_read(const char *vg, struct hotplug_lvm *group, struct xlite_error *err);
/** The same from the text that `lvm fullreport` prints. -EPROTO: it is not what it should be. */
int hotplug_lvm_parse(const char *text, const char *vg, struct hotplug_lvm *group, struct xlite_error *err);
/** Frees what it owns. */
void hotplug_lvm_clear(struct hotplug_lvm *group);
/** The logical volume of that name; NULL. */
const struct hotplug_lv *hotplug_lvm_find(const struct hotplug_lvm *group, const char *name);
/** Whether it can be a disk, and not such as a thin pool; else why not, as "a thin pool of LVM, and no volume". */
bool hotplug_lvm_is_disk(const struct hotplug_lv *lv, const char **why);
/** bytes as LVM would have them: whole extents, rounded up. */
uint64_t hotplug_lvm_round(const struct hotplug_lvm *group, uint64_t bytes);

/*
 * The following are what hotplug_volume_check, _make, _check_grow and _grow (volume.h) do of a volume that has a vg;
 * their errors are those. No other run may have the volume in hand.
 */
int hotplug_lvm_check(const struct hotplug_volume *volume, uint64_t *bytes, struct xlite_error *err);
int hotplug_lvm_make(const struct hotplug_volume *volume, const struct hotplug_volume_watch *watch,
		     struct xlite_error *err);
int hotplug_lvm_check_grow(const struct hotplug_volume *volume, struct xlite_error *err);
int hotplug_lvm_grow(const struct hotplug_volume *volume, const struct hotplug_volume_watch *watch,
		     struct xlite_error *err);
/** Removes it. -EBUSY while anybody has it open, -ENOENT; -EINVAL: snapshots would go with it, or it is no disk. */
int hotplug_lvm_remove(const char *vg, const char *name, struct xlite_error *err);

#endif
