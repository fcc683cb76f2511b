/* SPDX-License-Identifier: GPL-2.0-or-later
 * Growing volumes that are logical volumes, also while a domain uses them, and removing them. What a volume grows by is
 * made zero before it is the volume's, as a domain must not read what others wrote there: in a logical volume of its own,
 * _grow.NAME, whose place on the disks the volume then takes over.
 */
#include "hotplug/lvm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "hotplug/lvm_int.h"
#include "hotplug/volume_int.h"

/* What a volume grows by, until it is the volume's. */
static void part_name(const struct hotplug_volume *volume, char part[LVM_NAME_ROOM])
{
	snprintf(part, LVM_NAME_ROOM, "_grow.%s", lvm_name(volume));
}

static int find_disk(const struct hotplug_lvm *group, const char *name, const struct hotplug_lv **lv, struct xlite_error *err)
{
	const char *why;

	*lv = hotplug_lvm_find(group, name);
	if (!*lv)
		return xlite_error_set(err, -ENOENT, "the volume group %s has no %s", group->vg, name);
	return hotplug_lvm_is_disk(*lv, &why) ? 0 : xlite_error_set(err, -EINVAL, "%s/%s is %s", group->vg, name, why);
}

static int check_grow(const struct hotplug_volume *volume, const struct hotplug_lvm *group, const struct hotplug_lv **lv,
		      struct xlite_error *err)
{
	uint64_t bytes = hotplug_lvm_round(group, volume->bytes);
	char part[LVM_NAME_ROOM];
	int rc = find_disk(group, lvm_name(volume), lv, err);

	if (rc)
		return rc;
	if (bytes < (*lv)->bytes)
		return xlite_error_set(err, -EINVAL, "%s: it is larger by now", volume->path);
	/* Of a thin volume the space is taken when it is written to. */
	if ((*lv)->kind == 'V')
		return 0;
	if ((*lv)->kind != '-' || !(*lv)->linear) {
		xlite_error_set(err, -EOPNOTSUPP, "%s is not a plain or a thin logical volume, and xlite grows no others",
				volume->path);
		xlite_error_hint(err, "`lvextend -L %lluk %s/%s', then apply again", (unsigned long long)bytes >> 10, group->vg,
				 lvm_name(volume));
		return -EOPNOTSUPP;
	}
	part_name(volume, part);
	return lvm_check_free(group, volume->path, part, bytes - (*lv)->bytes, err);
}

int hotplug_lvm_check_grow(const struct hotplug_volume *volume, struct xlite_error *err)
{
	struct hotplug_lvm group = HOTPLUG_LVM_INIT;
	const struct hotplug_lv *lv;
	int rc = hotplug_lvm_read(volume->vg, &group, err);

	if (!rc)
		rc = check_grow(volume, &group, &lv, err);
	hotplug_lvm_clear(&group);
	return rc;
}

/* As words of lvextend(8), which point into text. */
static size_t split_extents(char *text, char *words[LVM_EXTENTS_MAX + 1])
{
	size_t nr = 0;
	char *save;

	for (char *word = strtok_r(text, " ", &save); word && nr < LVM_EXTENTS_MAX; word = strtok_r(NULL, " ", &save))
		words[nr++] = word;
	words[nr] = NULL;
	return nr;
}

static int zero_device(const char *vg, const char *name, uint64_t bytes, const struct hotplug_volume_watch *watch,
		       struct xlite_error *err)
{
	char path[LVM_PATH_ROOM];
	auto_close int fd = -1;
	int rc;

	snprintf(path, sizeof(path), "/dev/%s/%s", vg, name);
	rc = lvm_open_device(path, bytes, &fd, err);
	if (!rc)
		rc = volume_zero(fd, 0, bytes, watch, err);
	return !rc && fsync(fd) ? xlite_error_sys(err, -errno, "write zeroes to the disk") : rc;
}

/* The zeroed extents become the volume's. Whoever takes some of them in between has the last step fail, with nothing lost. */
static int take_over(const struct hotplug_volume *volume, const char *part, struct xlite_error *err)
{
	struct hotplug_lvm group = HOTPLUG_LVM_INIT;
	char *words[LVM_EXTENTS_MAX + 1];
	const struct hotplug_lv *zeroed;
	int rc = hotplug_lvm_read(volume->vg, &group, err);

	zeroed = rc ? NULL : hotplug_lvm_find(&group, part);
	if (!rc && (!zeroed || !zeroed->extents || !split_extents(zeroed->extents, words)))
		rc = xlite_error_set(err, -EIO, "LVM: it does not say where %s/%s is", volume->vg, part);
	if (!rc)
		rc = lvm_remove(volume->vg, part, err);
	if (!rc)
		rc = lvm_extend(volume->vg, lvm_name(volume), volume->bytes, words, err);
	hotplug_lvm_clear(&group);
	return rc;
}

static int grow_plain(const struct hotplug_volume *volume, const struct hotplug_lvm *group, const struct hotplug_lv *lv,
		      const struct hotplug_volume_watch *watch, struct xlite_error *err)
{
	uint64_t more = hotplug_lvm_round(group, volume->bytes) - lv->bytes;
	char part[LVM_NAME_ROOM];
	int rc = 0;

	part_name(volume, part);
	if (hotplug_lvm_find(group, part))
		rc = lvm_remove(group->vg, part, err);
	if (rc)
		return rc;
	rc = lvm_create(group->vg, NULL, part, more, err);
	if (!rc)
		rc = zero_device(group->vg, part, more, watch, err);
	if (!rc)
		rc = take_over(volume, part, err);
	if (rc)
		lvm_remove(group->vg, part, NULL);
	return rc;
}

int hotplug_lvm_grow(const struct hotplug_volume *volume, const struct hotplug_volume_watch *watch, struct xlite_error *err)
{
	struct hotplug_lvm group = HOTPLUG_LVM_INIT;
	const struct hotplug_lv *lv = NULL;
	int rc = hotplug_lvm_read(volume->vg, &group, err);

	if (!rc)
		rc = check_grow(volume, &group, &lv, err);
	if (!rc && hotplug_lvm_round(&group, volume->bytes) > lv->bytes)
		rc = lv->kind == 'V' ? lvm_extend(volume->vg, lv->name, volume->bytes, NULL, err) :
		     grow_plain(volume, &group, lv, watch, err);
	hotplug_lvm_clear(&group);
	return rc;
}

int hotplug_lvm_remove(const char *vg, const char *name, struct xlite_error *err)
{
	struct hotplug_lvm group = HOTPLUG_LVM_INIT;
	const struct hotplug_lv *lv = NULL;
	int rc = hotplug_lvm_read(vg, &group, err);

	if (!rc)
		rc = find_disk(&group, name, &lv, err);
	if (!rc && lv->open)
		rc = xlite_error_set(err, -EBUSY, "/dev/%s/%s: a domain, or another program, has it open", vg, name);
	if (!rc && (lv->kind == 'o' || lv->kind == 'O'))
		rc = xlite_error_set(err, -EINVAL, "/dev/%s/%s has snapshots, which would be lost with it", vg, name);
	if (!rc)
		rc = lvm_remove(vg, name, err);
	hotplug_lvm_clear(&group);
	return rc;
}
