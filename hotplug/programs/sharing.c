/* SPDX-License-Identifier: GPL-2.0-or-later
 * Whether another backend has a block device: blkback opens devices without a claim, so that the kernel does not tell.
 * Files are looked after in hotplug/disk.c, by their loop devices.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hotplug/disk.h"
#include "hotplug/programs/program.h"

#define BACKENDS "/local/domain/0/backend/vbd"

/** All vbds there are: their domains, their numbers, and two nodes of each. */
struct vbds {
	struct xlite_store_batch *domains, *devices, *nodes;
};

static int vbds_read(struct xlite_store *store, struct vbds *vbds, struct xlite_error *err)
{
	const char *domid, *devid;
	size_t i, k;
	int ret;

	xlite_store_batch_list(vbds->domains, BACKENDS);
	ret = xlite_store_batch_run(store, vbds->domains, err);
	for (i = 0; !ret && (domid = xlite_store_batch_child(vbds->domains, 0, i)); i++)
		xlite_store_batch_list(vbds->devices, BACKENDS "/%s", domid);
	if (!ret)
		ret = xlite_store_batch_run(store, vbds->devices, err);
	for (i = 0; !ret && (domid = xlite_store_batch_child(vbds->domains, 0, i)); i++) {
		for (k = 0; (devid = xlite_store_batch_child(vbds->devices, i, k)); k++) {
			xlite_store_batch_read(vbds->nodes, BACKENDS "/%s/%s/physical-device", domid, devid);
			xlite_store_batch_read(vbds->nodes, BACKENDS "/%s/%s/mode", domid, devid);
		}
	}
	return ret ? ret : xlite_store_batch_run(store, vbds->nodes, err);
}

/* Our own backend has no device yet, so that it needs no exception. */
static int vbds_judge(const struct vbds *vbds, const struct hotplug_disk *disk, struct xlite_error *err)
{
	const char *domid, *number, *mode;
	char wanted[32];
	size_t i, k, at = 0;

	snprintf(wanted, sizeof(wanted), "%x:%x", disk->major, disk->minor);
	for (i = 0; (domid = xlite_store_batch_child(vbds->domains, 0, i)); i++) {
		for (k = 0; xlite_store_batch_child(vbds->devices, i, k); k++, at += 2) {
			number = xlite_store_batch_value(vbds->nodes, at, NULL);
			mode = xlite_store_batch_value(vbds->nodes, at + 1, NULL);
			if (!number || strcmp(number, wanted) || (disk->readonly && mode && !strchr(mode, 'w')))
				continue;
			return xlite_error_set(err, -EBUSY, "%s: in use by domid %s%s", disk->path, domid,
					       mode && strchr(mode, 'w') ? ", read-write" : "");
		}
	}
	return 0;
}

int sharing_check(const struct job *job, const struct hotplug_disk *disk, struct xlite_error *err)
{
	struct vbds vbds = { xlite_store_batch_new(), xlite_store_batch_new(), xlite_store_batch_new() };
	int ret = 0;

	if (disk->loop)
		goto out;
	ret = -ENOMEM;
	if (vbds.domains && vbds.devices && vbds.nodes)
		ret = vbds_read(job->store, &vbds, err);
	else
		xlite_error_set(err, ret, "out of memory");
	if (!ret)
		ret = vbds_judge(&vbds, disk, err);
out:
	xlite_store_batch_free(vbds.domains);
	xlite_store_batch_free(vbds.devices);
	xlite_store_batch_free(vbds.nodes);
	return ret;
}
