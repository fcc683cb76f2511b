/* SPDX-License-Identifier: GPL-2.0-or-later
 * What LVM is told to do. Sources: lvcreate(8), lvextend(8), lvremove(8).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "hotplug/lvm_int.h"

int lvm_check_free(const struct hotplug_lvm *group, const char *path, const char *part, uint64_t need, struct xlite_error *err)
{
	const struct hotplug_lv *left = hotplug_lvm_find(group, part);

	if (need <= group->free + (left && left->kind == '-' ? left->bytes : 0))
		return 0;
	return xlite_error_set(err, -ENOSPC, "%s needs %llu MiB, and the volume group %s has %llu MiB free", path,
			       (unsigned long long)(need >> 20), group->vg, (unsigned long long)(group->free >> 20));
}

int lvm_remove(const char *vg, const char *name, struct xlite_error *err)
{
	char lv[LVM_PATH_ROOM];
	const char *const args[] = { "lvremove", "--yes", "--quiet", lv, NULL };

	snprintf(lv, sizeof(lv), "%s/%s", vg, name);
	return lvm_run(args, NULL, err);
}

int lvm_extend(const char *vg, const char *name, uint64_t bytes, char *const extents[], struct xlite_error *err)
{
	char lv[LVM_PATH_ROOM], size[32];
	const char *args[LVM_EXTENTS_MAX + 8] = { "lvextend", "--yes", "--quiet", "--size", size, lv };

	snprintf(lv, sizeof(lv), "%s/%s", vg, name);
	snprintf(size, sizeof(size), "%llub", (unsigned long long)bytes);
	for (size_t i = 0; i < LVM_EXTENTS_MAX && extents && extents[i]; i++)
		args[6 + i] = extents[i];
	return lvm_run(args, NULL, err);
}

/* Its first bytes are not looked at, for they are somebody else's. */
int lvm_create(const char *vg, const char *thin_pool, const char *name, uint64_t bytes, struct xlite_error *err)
{
	char size[32];
	const char *const thick[] = { "lvcreate", "--yes", "--quiet", "--wipesignatures", "n", "--zero", "n", "--activate", "y",
				      "--setactivationskip", "n", "--type", "linear", "--size", size, "--name", name, vg, NULL };
	const char *const thin[] = { "lvcreate", "--yes", "--quiet", "--activate", "y", "--setactivationskip", "n", "--virtualsize",
				     size, "--thinpool", thin_pool, "--name", name, vg, NULL };

	snprintf(size, sizeof(size), "%llub", (unsigned long long)bytes);
	return lvm_run(thin_pool ? thin : thick, NULL, err);
}

int lvm_open_device(const char *path, uint64_t bytes, int *fd, struct xlite_error *err)
{
	uint64_t have;

	*fd = open(path, O_RDWR | O_EXCL | O_CLOEXEC);
	if (*fd < 0 || ioctl(*fd, BLKGETSIZE64, &have) < 0)
		return xlite_error_sys(err, -errno, "open %s", path);
	return have >= bytes ? 0 : xlite_error_set(err, -EIO, "%s: LVM made it smaller than it was asked to", path);
}
