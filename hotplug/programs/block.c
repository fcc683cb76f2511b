/* SPDX-License-Identifier: GPL-2.0-or-later
 * xlite-block: a disk for blkback from a file, a block device or a tag. The descriptor that keeps a loop device, or a
 * claim, is held until blkback has opened the device itself; then it is the kernel's, and there is nothing to remove.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hotplug/disk.h"
#include "hotplug/programs/program.h"

enum block_node { BLOCK_PARAMS, BLOCK_MODE, BLOCK_DEVICE, BLOCK_NODES };
static const char *const block_nodes[BLOCK_NODES] = { "params", "mode", "physical-device" };

/* States of xenbus (xen/io/xenbus.h): InitWait, in which blkback waits for its device, and those in which it gave up. */
static const char *const states[] = { "2", "5", "6", NULL };

/* blkback looks at physical-device only once it watches it. */
static int wait_backend(const struct job *job, struct xlite_error *err)
{
	char path[96];
	size_t which = 0;
	int ret;

	snprintf(path, sizeof(path), "%s/state", job->request->backend);
	ret = xlite_store_wait(job->store, path, states, job->deadline_ns, &which, err);
	if (!ret && which)
		ret = xlite_error_set(err, -ENODEV, "the backend is closing");
	return ret;
}

static int tell_device(const struct job *job, const struct hotplug_disk *disk, struct xlite_error *err)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	char number[32];
	int ret;

	if (!batch)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	snprintf(number, sizeof(number), "%x:%x", disk->major, disk->minor);
	xlite_store_batch_write(batch, disk->path, "%s/physical-device-path", job->request->backend);
	xlite_store_batch_write(batch, number, "%s/physical-device", job->request->backend);
	ret = xlite_store_batch_commit(job->store, batch, job->deadline_ns, err);
	xlite_store_batch_free(batch);
	return ret;
}

static int attach(const struct job *job, const struct hotplug_disk_source *source, struct xlite_error *err)
{
	struct hotplug_disk disk = { .fd = -1 };
	int ret = hotplug_disk_open(source, &disk, err);

	if (ret)
		return ret;
	if (!source->shared)
		ret = sharing_check(job, &disk, err);
	if (!ret)
		ret = tell_device(job, &disk, err);
	if (!ret)
		ret = hotplug_disk_wait_backend(job->request->domid, job->request->devid, job->deadline_ns, err);
	if (!ret)
		ret = answer_connected(job, 0, err);
	/* Ahead of the loop device's end, whose number may soon be another's. */
	if (ret)
		answer_error(job, err->message);
	hotplug_disk_close(&disk);
	return ret;
}

static const char *without_type(const char *params)
{
	if (!strncmp(params, "phy:", 4))
		return params + 4;
	return !strncmp(params, "file:", 5) ? params + 5 : params;
}

static int add(const struct job *job, char *const nodes[], struct xlite_error *err)
{
	const char *mode = nodes[BLOCK_MODE];
	/* It is raw by xl's own rule: disks of other formats are QEMU's there. */
	struct hotplug_disk_source source = { .readonly = !mode || !strchr(mode, 'w'), .shared = mode && strchr(mode, '!'),
					      .raw = true };
	int ret;

	/* A toolstack that calls twice has been answered. */
	if (nodes[BLOCK_DEVICE])
		return 0;
	if (!mode || !nodes[BLOCK_PARAMS])
		return xlite_error_set(err, -EINVAL, "the backend has no %s", mode ? "params" : "mode");
	source.source = without_type(nodes[BLOCK_PARAMS]);
	/* A drive without a disc. */
	if (!*source.source)
		return answer_connected(job, 0, err);
	ret = wait_backend(job, err);
	return ret ? ret : attach(job, &source, err);
}

int block_add(const struct job *job, struct xlite_error *err)
{
	char *nodes[BLOCK_NODES];
	int ret = nodes_read(job, block_nodes, nodes, BLOCK_NODES, err);

	if (!ret)
		ret = add(job, nodes, err);
	nodes_free(nodes, BLOCK_NODES);
	return ret;
}

int block_remove(const struct job *job, struct xlite_error *err)
{
	return 0;
}
