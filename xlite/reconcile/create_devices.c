/* SPDX-License-Identifier: GPL-2.0-or-later
 * The device side of a creation: what is checked before, what is opened, which nodes appear, and
 * waiting until the backends have taken over.
 */
#include "xlite/reconcile/create.h"

#include <errno.h>
#include <stdlib.h>

#include "xlite/reconcile/devices.h"
#include "xlite/reconcile/devices_qemu.h"

int create_check_disks(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;
	const struct cfg_domain *want = job->want;
	int rc = 0;

	job->disks = calloc(want->nr_vbds + 1, sizeof(*job->disks));
	if (!job->disks)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < want->nr_vbds; i++)
		job->disks[i].fd = -1;
	for (size_t i = 0; i < want->nr_vbds && !rc; i++)
		rc = devices_vbd_check(job->host, &want->vbds[i], err);
	return rc;
}

int create_open_disks(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;

	for (size_t i = 0; i < job->want->nr_vbds; i++) {
		int rc = devices_vbd_open(job->host, &job->want->vbds[i], &job->disks[i], err);

		if (rc)
			return rc;
	}
	return 0;
}

/* QEMU serves what it finds: not what an earlier domain of that number left. */
int create_start_qemu(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;
	struct xlite_store_batch *batch;
	int rc;

	if (!devices_need_qemu(job->want))
		return 0;
	batch = xlite_store_batch_new();
	if (!batch)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	xlite_layout_remove_qemu(batch, job->domid, XLITE_DOM0);
	rc = xlite_store_batch_apply(job->host->store, batch, err);
	xlite_store_batch_free(batch);
	return rc ? rc : devices_qemu_start(job->domid, job->want->uuid, &job->qemu, err);
}

int create_close_disks(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;

	if (!job->disks)
		return 0;
	for (size_t i = 0; i < job->want->nr_vbds; i++)
		hotplug_disk_close(&job->disks[i]);
	return 0;
}

int create_check_vifs(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;
	const struct cfg_domain *want = job->want;
	struct hotplug_net *net;
	int rc = 0;

	if (!want->nr_vifs)
		return 0;
	job->vifs = calloc(want->nr_vifs, sizeof(*job->vifs));
	if (!job->vifs)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	rc = host_net(job->host, &net, err);
	for (size_t i = 0; i < want->nr_vifs && !rc; i++) {
		rc = devices_vif_check(job->host, &want->vifs[i], true, &job->vifs[i], err);
		if (rc)
			xlite_error_prefix(err, "vif %zu", i);
	}
	/* Before the nodes, since the backend makes the link as soon as it sees them. */
	if (!rc)
		rc = hotplug_link_subscribe(net, err);
	return rc;
}

int create_device_nodes(struct create_job *job, struct xlite_store_batch *batch, struct xlite_error *err)
{
	const struct cfg_domain *want = job->want;
	int rc = 0;

	if (job->qemu)
		xlite_layout_qemu(batch, job->domid, (int)job->qemu);
	for (size_t i = 0; i < want->nr_vifs; i++) {
		struct xlite_device at = devices_at(job->domid, XLITE_DEVICE_VIF, (unsigned)i);

		devices_vif_nodes(batch, &at, &want->vifs[i], &job->vifs[i]);
	}
	for (size_t i = 0; i < want->nr_vbds && !rc; i++) {
		struct xlite_device at;

		if (devices_vbd_empty(&want->vbds[i]))
			continue;
		rc = devices_vbd_at(job->domid, &want->vbds[i], &at, err);
		if (!rc)
			devices_vbd_nodes(batch, &at, &want->vbds[i], &job->disks[i]);
	}
	return rc;
}

int create_attach_vifs(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;
	char owner[37];
	int rc = 0;

	xlite_uuid_text(job->want->uuid, owner);
	for (size_t i = 0; i < job->want->nr_vifs && !rc; i++) {
		struct xlite_device at = devices_at(job->domid, XLITE_DEVICE_VIF, (unsigned)i);

		rc = devices_vif_attach(job->host, &at, owner, &job->want->vifs[i], &job->vifs[i], job->deadline_ns, err);
		if (rc)
			xlite_error_prefix(err, "vif %zu", i);
	}
	if (!rc && devices_has_forwards(job->want))
		rc = devices_forwards_set(job->want, owner, false, err);
	return rc;
}

int create_settle_disks(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;
	int rc = 0;

	for (size_t i = 0; i < job->want->nr_vbds && !rc; i++) {
		struct xlite_device at;

		rc = devices_vbd_at(job->domid, &job->want->vbds[i], &at, err);
		if (!rc)
			rc = devices_vbd_settle(job->host, &at, job->want->uuid, &job->want->vbds[i], &job->disks[i],
						job->deadline_ns, err);
		if (!rc)
			hotplug_disk_close(&job->disks[i]);
	}
	return rc;
}
