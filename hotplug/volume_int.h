/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: what the files of volumes share.
 */
#ifndef HOTPLUG_VOLUME_INT_H
#define HOTPLUG_VOLUME_INT_H

#include <sys/stat.h>

#include "hotplug/volume.h"

#define VOLUME_SECTOR 512

/** An image that a volume begins as. */
struct volume_image {
	int fd;
	struct stat st;		/* as it was when it was opened: it must not change meanwhile */
	uint64_t bytes;		/* of the disk in it, whole sectors */
};

/** Opens and checks the volume's image. */
int volume_image_open(const struct hotplug_volume *volume, struct volume_image *image, struct xlite_error *err);
/** Reads all of it for its checksum, where one was given. */
int volume_image_sum(const struct hotplug_volume *volume, const struct volume_image *image,
		     const struct hotplug_volume_watch *watch, struct xlite_error *err);
/** Whether the name still is that of the image, and nobody has written to it since. */
int volume_image_same(const struct hotplug_volume *volume, const struct volume_image *image, struct xlite_error *err);
/**
 * Copies the image's bytes to an empty file or a device: as a reflink, so that both share their space, where the file
 * system can; else its data without its holes, or with zeroes for these (a device that has others' old data).
 */
int volume_copy(int to, const struct volume_image *image, bool zero_holes, const struct hotplug_volume_watch *watch,
		struct xlite_error *err);
/** Makes bytes of a device zero, as fast as it can; [from, to) in bytes, whole sectors. */
int volume_zero(int fd, uint64_t from, uint64_t to, const struct hotplug_volume_watch *watch, struct xlite_error *err);

/**
 * Opens the folder of the volume, and makes it before where make says so. It must belong to us, and nobody else may
 * write there. *name is the file's name, in volume->path.
 */
int volume_folder_open(const char *path, bool make, int *fd, const char **name, struct xlite_error *err);
/** Opens the volume's file, which must be a regular file and no link. */
int volume_file_open(int folder, const char *name, const char *path, int flags, int *fd, struct stat *st,
		     struct xlite_error *err);
/** Locks the file against domains, other runs and programs that lock it: -EBUSY. */
int volume_file_lock(int fd, const char *path, struct xlite_error *err);
/**
 * Cuts the format off the name of a volume's file, "NAME.raw" or "NAME.qcow2"; false: a file of that name is no
 * volume.
 */
bool volume_cut_format(char *name, bool *qcow2);
/** Takes the space of what there is not yet of a file of that many bytes. */
int volume_preallocate(int fd, const char *path, uint64_t bytes, struct xlite_error *err);

static inline bool volume_interrupted(const struct hotplug_volume_watch *watch)
{
	return watch && watch->interrupted && *watch->interrupted;
}

static inline void volume_progress(const struct hotplug_volume_watch *watch, uint64_t done, uint64_t all)
{
	if (watch && watch->progress && all)
		watch->progress(watch->ctx, (unsigned)((double)done * 100 / (double)all));
}

#endif
