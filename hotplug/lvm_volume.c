/* SPDX-License-Identifier: GPL-2.0-or-later
 * Making volumes that are logical volumes. A new one is called _new.NAME until it is complete and on the disk; nobody ever
 * reads there what was on these disks before. What a killed run left under such a name the next run of the same volume
 * removes. How they grow is lvm_grow.c.
 */
#include "hotplug/lvm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "hotplug/lvm_int.h"
#include "hotplug/qemu_img.h"
#include "hotplug/volume_int.h"

/** A volume on its way. */
struct making {
	const struct hotplug_volume *volume;
	const struct hotplug_volume_watch *watch;
	struct hotplug_lvm group;
	struct volume_image image;
	const char *name;		/* in volume->path */
	uint64_t bytes;			/* of the disk, whole extents */
	char part[LVM_NAME_ROOM];	/* the name until it is complete */
	char path[LVM_PATH_ROOM];	/* of its device */
};

/* What LVM keeps for itself (lvm(8), "Valid names"): some words in front, others anywhere. */
static bool is_reserved(const char *name)
{
	static const char *const begins[] = { "snapshot", "pvmove" };
	static const char *const has[] = { "_cdata", "_cmeta", "_corig", "_cpool", "_cvol", "_imeta", "_iorig", "_mlog", "_mimage",
					   "_pmspare", "_rimage", "_rmeta", "_tdata", "_tmeta", "_vdata", "_vorigin", "_wcorig" };

	for (size_t i = 0; i < ARRAY_SIZE(begins); i++) {
		if (!strncmp(name, begins[i], strlen(begins[i])))
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(has); i++) {
		if (strstr(name, has[i]))
			return true;
	}
	return false;
}

/* Where the volume is to be has room for what is surely written. */
static int check_thin(const struct making *making, struct xlite_error *err)
{
	const struct hotplug_volume *volume = making->volume;
	const struct hotplug_lv *pool = hotplug_lvm_find(&making->group, volume->thin_pool);
	uint64_t need = volume->from ? (uint64_t)making->image.st.st_blocks * 512 : 0, room;

	if (!pool || pool->kind != 't')
		return xlite_error_set(err, -ENOENT, "the volume group %s has no thin pool %s", volume->vg, volume->thin_pool);
	room = (uint64_t)((double)pool->bytes * (100 - pool->used) / 100);
	if (need > (uint64_t)making->image.st.st_size)
		need = (uint64_t)making->image.st.st_size;
	if (need <= room)
		return 0;
	return xlite_error_set(err, -ENOSPC, "%s needs %llu MiB, and the thin pool %s/%s has %llu MiB free", volume->path,
			       (unsigned long long)(need >> 20), volume->vg, volume->thin_pool,
			       (unsigned long long)(room >> 20));
}

static int check_room(struct making *making, struct xlite_error *err)
{
	return making->volume->thin_pool ? check_thin(making, err) :
	       lvm_check_free(&making->group, making->volume->path, making->part, making->bytes, err);
}

static int begin(struct making *making, const struct hotplug_volume *volume, const struct hotplug_volume_watch *watch,
		 struct xlite_error *err)
{
	const char *program;
	int rc;

	*making = (struct making){ .volume = volume, .watch = watch, .image.fd = -1, .name = lvm_name(volume) };
	snprintf(making->part, sizeof(making->part), "_new.%s", making->name);
	snprintf(making->path, sizeof(making->path), "/dev/%s/%s", volume->vg, making->part);
	if (is_reserved(making->name))
		return xlite_error_set(err, -EINVAL, "LVM keeps names such as %s for itself", making->name);
	rc = hotplug_lvm_read(volume->vg, &making->group, err);
	if (!rc && volume->from)
		rc = volume_image_open(volume, &making->image, err);
	if (rc)
		return rc;
	making->bytes = hotplug_lvm_round(&making->group, volume->bytes ? volume->bytes : making->image.bytes);
	if (volume->from && volume->from_qcow2)
		rc = qemu_img_find(&program, err);
	return rc ? rc : check_room(making, err);
}

static void end(struct making *making)
{
	if (making->image.fd >= 0)
		close(making->image.fd);
	hotplug_lvm_clear(&making->group);
}

int hotplug_lvm_check(const struct hotplug_volume *volume, uint64_t *bytes, struct xlite_error *err)
{
	struct making making;
	int rc = begin(&making, volume, NULL, err);

	if (!rc && bytes)
		*bytes = making.bytes;
	end(&making);
	return rc;
}

/* A thin volume that begins as another one of its thin pool shares that one's space, and is there at once. */
static bool is_snapshot(const struct making *making)
{
	const struct hotplug_volume *volume = making->volume;
	size_t len = strlen(volume->vg);
	const struct hotplug_lv *from;

	if (!volume->from_volume || !volume->thin_pool || strncmp(volume->from, "/dev/", 5) ||
	    strncmp(volume->from + 5, volume->vg, len) || volume->from[5 + len] != '/')
		return false;
	from = hotplug_lvm_find(&making->group, strrchr(volume->from, '/') + 1);
	return from && from->kind == 'V' && !strcmp(from->thin_pool, volume->thin_pool);
}

static int create_snapshot(struct making *making, struct xlite_error *err)
{
	const char *from = strrchr(making->volume->from, '/') + 1;
	char lv[LVM_PATH_ROOM];
	const char *const args[] = { "lvcreate", "--yes", "--quiet", "--type", "thin", "--setactivationskip", "n", "--activate", "y",
				     "--thinpool", making->volume->thin_pool, "--name", making->part, lv, NULL };
	int rc;

	snprintf(lv, sizeof(lv), "%s/%s", making->volume->vg, from);
	rc = lvm_run(args, NULL, err);
	if (!rc && making->bytes > making->image.bytes)
		rc = lvm_extend(making->volume->vg, making->part, making->bytes, NULL, err);
	return rc;
}

static int convert(struct making *making, struct xlite_error *err)
{
	const char *const from = making->volume->from;
	const char *const thick[] = { "convert", "-p", "-n", "-f", "qcow2", "-O", "raw", from, making->path, NULL };
	const char *const thin[] = { "convert", "-p", "-n", "--target-is-zero", "-f", "qcow2", "-O", "raw", from, making->path, NULL };

	return qemu_img_run(making->volume->thin_pool ? thin : thick,
			    &(struct files_only){ .read = from, .write = making->path }, making->watch, err);
}

/* From there on. The end of an image that has no whole sectors lies behind it, and is written once more. */
static int zero_rest(const struct making *making, int fd, uint64_t filled, struct xlite_error *err)
{
	const struct volume_image *image = &making->image;
	char sector[VOLUME_SECTOR] = { 0 };
	size_t tail = making->volume->from && !making->volume->from_qcow2 ? (size_t)image->st.st_size % VOLUME_SECTOR : 0;
	int rc;

	filled -= tail ? VOLUME_SECTOR : 0;
	rc = volume_zero(fd, filled, making->bytes, making->watch, err);
	if (rc || !tail)
		return rc;
	return pread(image->fd, sector, tail, (off_t)filled) == (ssize_t)tail &&
			       pwrite(fd, sector, tail, (off_t)filled) == (ssize_t)tail
		       ? 0
		       : xlite_error_set(err, -EIO, "the end of the image could not be copied");
}

/* A thin volume reads as zeroes where nobody wrote; on others is what was on the disk before. */
static int fill(struct making *making, int fd, struct xlite_error *err)
{
	const struct hotplug_volume *volume = making->volume;
	bool zero = !volume->thin_pool;
	uint64_t filled = 0;
	int rc = 0;

	if (volume->from) {
		rc = volume->from_qcow2 ? convert(making, err)
					: volume_copy(fd, &making->image, zero, making->watch, err);
		filled = making->image.bytes;
	}
	if (!rc && zero)
		rc = zero_rest(making, fd, filled, err);
	if (!rc && fsync(fd))
		rc = xlite_error_sys(err, -errno, "write it to the disk");
	return rc;
}

static int rename_lv(const struct making *making, struct xlite_error *err)
{
	const char *const args[] = { "lvrename", "--yes", "--quiet", making->volume->vg, making->part, making->name, NULL };

	return lvm_run(args, NULL, err);
}

static int make(struct making *making, struct xlite_error *err)
{
	const struct hotplug_volume *volume = making->volume;
	auto_close int fd = -1;
	int rc;

	if (is_snapshot(making))
		return create_snapshot(making, err);
	rc = lvm_create(volume->vg, volume->thin_pool, making->part, making->bytes, err);
	if (!rc)
		rc = lvm_open_device(making->path, making->bytes, &fd, err);
	if (!rc)
		rc = fill(making, fd, err);
	if (!rc && volume->from)
		rc = volume_image_same(volume, &making->image, err);
	return rc;
}

static int make_all(struct making *making, struct xlite_error *err)
{
	const struct hotplug_volume *volume = making->volume;
	int rc = 0;

	if (hotplug_lvm_find(&making->group, making->name))
		return xlite_error_status(err, -EEXIST, XLITE_AGAIN, "it is there by now: another run, or somebody else, has made it");
	if (volume->from)
		rc = volume_image_sum(volume, &making->image, making->watch, err);
	if (!rc && hotplug_lvm_find(&making->group, making->part))
		rc = lvm_remove(volume->vg, making->part, err);
	if (rc)
		return rc;
	rc = make(making, err);
	if (!rc)
		rc = rename_lv(making, err);
	if (rc)
		lvm_remove(volume->vg, making->part, NULL);
	return rc;
}

int hotplug_lvm_make(const struct hotplug_volume *volume, const struct hotplug_volume_watch *watch, struct xlite_error *err)
{
	struct making making;
	int rc = begin(&making, volume, watch, err);

	if (!rc)
		rc = make_all(&making, err);
	end(&making);
	return rc;
}
