/* SPDX-License-Identifier: GPL-2.0-or-later
 * The device side of a creation: what is checked before, what is opened, which nodes appear, and
 * waiting until the backends have taken over.
 */
#include "xlite/reconcile/create.h"

#include <errno.h>
#include <stdlib.h>

#include "xlite/reconcile/devices_qemu.h"

static int list_kind(struct create_job *job, const struct device_kind *kind, struct xlite_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < device_kind_count(kind, job->want) && !rc; i++) {
		const void *item = device_kind_item(kind, job->want, i);

		if (!device_kind_absent(kind, item))
			rc = device_init(&job->devices[job->nr_devices++], kind, job->domid, item, (unsigned)i, err);
	}
	return rc;
}

static int list_devices(struct create_job *job, struct xlite_error *err)
{
	size_t most = 0;
	int rc = 0;

	for (size_t i = 0; i < nr_device_kinds; i++)
		most += device_kind_count(device_kinds[i], job->want);
	/* One more is for cloud-init. */
	job->devices = calloc(most + 1, sizeof(*job->devices));
	if (!job->devices)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < nr_device_kinds && !rc; i++)
		rc = list_kind(job, device_kinds[i], err);
	return rc;
}

int create_check_devices(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;
	int rc = list_devices(job, err);

	for (size_t i = 0; i < job->nr_devices && !rc; i++)
		rc = job->devices[i].kind->check(job->host, &job->devices[i], DEVICES_NO_DOMID, err);
	return rc;
}

int create_check_cloud(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;

	return job->want->cloud_init.enabled ? cloud_disk_image(job->host, job->want, &job->cloud_image, err) : 0;
}

/*
 * Behind the others, which their checks have listed. Once there is a domain, whose end removes the file, also where
 * this run does not come to it.
 */
int create_write_cloud(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;
	struct device *device;
	int rc;

	if (!job->want->cloud_init.enabled)
		return 0;
	rc = cloud_disk_write(job->want->uuid, &job->cloud_image, err);
	job->cloud_vbd = cloud_disk_vbd(job->want, job->cloud_path);
	if (rc)
		return rc;
	device = &job->devices[job->nr_devices++];
	rc = device_init(device, &device_kind_vbd, job->domid, &job->cloud_vbd, 0, err);
	return rc ? rc : device_open(job->host, device, err);
}

int create_open_devices(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;
	int rc = 0;

	for (size_t i = 0; i < job->nr_devices && !rc; i++)
		rc = device_open(job->host, &job->devices[i], err);
	return rc;
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
	/* A device model is started when there is something for it to emulate. */
	return rc || job->firmware.bios ? rc : devices_qemu_start(job->domid, job->want->uuid, &job->qemu, err);
}

int create_close_devices(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;

	for (size_t i = 0; i < job->nr_devices; i++)
		device_close(&job->devices[i]);
	return 0;
}

void create_device_nodes(struct create_job *job, struct xlite_store_batch *batch)
{
	if (job->qemu)
		xlite_layout_qemu(batch, job->domid, (int)job->qemu);
	for (size_t i = 0; i < job->nr_devices; i++) {
		/* The domain had no number yet when they were listed. */
		job->devices[i].at.domid = job->domid;
		job->devices[i].kind->nodes(batch, &job->devices[i]);
	}
}

int create_settle_devices(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;
	int rc = 0;

	for (size_t i = 0; i < job->nr_devices && !rc; i++) {
		rc = job->devices[i].kind->settle(job->host, &job->devices[i], job->want->uuid, job->deadline_ns, err);
		if (!rc)
			device_close(&job->devices[i]);
	}
	for (size_t i = 0; i < nr_device_kinds && !rc; i++) {
		if (device_kinds[i]->set_common)
			rc = device_kinds[i]->set_common(job->want, NULL, job->want->uuid, err);
	}
	return rc;
}
