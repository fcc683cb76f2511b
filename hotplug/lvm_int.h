/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: running LVM's commands.
 */
#ifndef HOTPLUG_LVM_INT_H
#define HOTPLUG_LVM_INT_H

#include <string.h>

#include "common/buf.h"
#include "common/error.h"
#include "hotplug/lvm.h"

/** LVM takes names of up to 127 bytes; those of volumes never begin with a "_". */
#define LVM_NAME_ROOM 136
#define LVM_PATH_ROOM (2 * LVM_NAME_ROOM + 8)
/** Pieces of the disks that one command takes. */
#define LVM_EXTENTS_MAX 64

/**
 * Runs an LVM command (NULL-terminated, its name first: "lvcreate"). It is waited for, however long it takes, and never
 * killed, nor does it end when we are: that could leave a device that answers nobody. out may be NULL. -EIO with what it
 * said.
 */
int lvm_run(const char *const args[], struct buf *out, struct xlite_error *err);
/**
 * Whether a volume group has so many bytes free; path: who needs them. What a killed run left under the name part is as
 * good as free. -ENOSPC.
 */
int lvm_check_free(const struct hotplug_lvm *group, const char *path, const char *part, uint64_t need,
		   struct xlite_error *err);
/** The name of the volume's logical volume. */
static inline const char *lvm_name(const struct hotplug_volume *volume)
{
	return strrchr(volume->path, '/') + 1;
}
/** Makes one of so many bytes: in a thin pool, or, NULL, from the group's free extents with what was there before. */
int lvm_create(const char *vg, const char *thin_pool, const char *name, uint64_t bytes, struct xlite_error *err);
/** Makes it larger, so that it has that many bytes; by these extents (lvm(8), PV:RANGE), NULL-terminated, or any (NULL). */
int lvm_extend(const char *vg, const char *name, uint64_t bytes, char *const extents[], struct xlite_error *err);
/** Removes it, whoever has it. */
int lvm_remove(const char *vg, const char *name, struct xlite_error *err);
/** Opens the device of a logical volume for us alone, which must have that many bytes at least. */
int lvm_open_device(const char *path, uint64_t bytes, int *fd, struct xlite_error *err);

#endif
