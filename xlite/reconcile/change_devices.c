/* SPDX-License-Identifier: GPL-2.0-or-later
 * Devices of a running domain: detached, attached, adjusted. What differs in a way that the running device cannot take
 * is detached and attached again. Undoing a detachment attaches what was there before.
 */
#include "xlite/reconcile/change_devices.h"

#include <errno.h>

#include "common/auto.h"
#include "common/buf.h"
#include "common/clock.h"
#include "hotplug/qemu_model.h"
#include "xlite/reconcile/device_list.h"
#include "xlite/reconcile/devices_qemu.h"
#include "xlite/reconcile/unplug.h"

/* How long a backend may take over a new device. */
#define ATTACH_MS 60000

static uint32_t domid_of(const struct change_job *job)
{
	return job->item->have->info.domid;
}

static const uint8_t *uuid_of(const struct change_job *job)
{
	return job->item->have->info.uuid;
}

/* Two processes for one domain's disks would have one number in XenStore, by which xl ends them. */
static int check_qemu(const struct change_job *job, struct xlite_error *err)
{
	struct hotplug_qemu of;

	devices_qemu_of(domid_of(job), uuid_of(job), &of);
	if (hotplug_qemu_model_is(&of))
		return xlite_error_set(err, -EOPNOTSUPP,
				       "with type `hvm` a disk is raw: qcow2 images and NBD are not supported there yet");
	if (!devices_qemu_other(job->host, domid_of(job), uuid_of(job)))
		return 0;
	xlite_error_set(err, -EBUSY, "the domain's QEMU is one that xl started, which xlite can give no disk");
	xlite_error_hint(err, "`xlite reboot %s' builds the domain again, with one of xlite's", job->item->name);
	return -EBUSY;
}

static bool by_qemu(const struct device *device)
{
	return device->spec && !xlite_device_of_kernel(device_served(device).kind);
}

/* Whose devices are no hindrance: one that is only adjusted has what it has. */
static uint32_t owner_of(const struct change_job *job, const struct device_change *change)
{
	if (!device_attaches(change))
		return DEVICES_EVERY_DOMID;
	return device_is_held(job->devices, &change->new) ? domid_of(job) : DEVICES_NO_DOMID;
}

/* A former spec finds its place for undo alone: that its bridge is no more does not keep a vif from leaving it. */
static int check_one(struct change_job *job, struct device_change *change, struct xlite_error *err)
{
	struct device *old = &change->old, *new = &change->new;
	const struct device_kind *kind = new->kind;
	int rc = 0;

	if (old->spec && kind->looks)
		kind->check(job->host, old, DEVICES_EVERY_DOMID, NULL);
	if (new->spec && !job->given && !device_kind_absent(kind, new->spec) && (device_attaches(change) || kind->looks))
		rc = kind->check(job->host, new, owner_of(job, change), err);
	if (rc)
		return rc;
	if (device_detaches(change) && job->item->have->info.paused)
		rc = unplug_check(job->host, &old->at, err);
	/* One that is to be exchanged is one that QEMU must be able to get back. */
	if (!rc && device_attaches(change) && (by_qemu(old) || by_qemu(new)))
		rc = check_qemu(job, err);
	return device_result(new, rc, err);
}

int change_check_devices(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;
	int rc = device_list(job, err);

	for (size_t i = 0; !rc && i < job->devices->nr; i++)
		rc = check_one(job, &job->devices->items[i], err);
	return rc;
}

/*
 * Adds to the batch the mark of all devices that were begun, or that a guest was asked to let go of: a run that dies
 * before the record, or that the guest refuses, leaves them to the next.
 */
static int mark_half(const struct change_job *job, struct xlite_store_batch *batch, struct xlite_error *err)
{
	struct xlite_record record = job->item->have->record;
	auto_buf struct buf half = BUF_INIT;

	for (size_t i = 0; i < job->devices->nr; i++) {
		const struct device_change *change = &job->devices->items[i];

		if (change->attached || change->asked)
			buf_printf(&half, "%s%s/%u", half.len ? " " : "", xlite_device_back(change->new.at.kind),
				   change->new.at.devid);
	}
	if (half.failed)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	/* A domain that is being taken over has no record yet. */
	if (state_owned(job->item->have)) {
		record.begun = half.len ? (char *)buf_str(&half) : NULL;
		xlite_record_finish(batch, domid_of(job), &record);
	}
	return 0;
}

static int commit_half(struct change_job *job, struct xlite_error *err)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	int rc = batch ? mark_half(job, batch, err) : xlite_error_set(err, -ENOMEM, "out of memory");

	if (!rc)
		rc = xlite_store_batch_commit(job->host->store, batch, clock_deadline_ms(ATTACH_MS), err);
	xlite_store_batch_free(batch);
	return rc;
}

/* Marked before there is a QEMU: a run that dies now leaves one without a disk to the next. */
static int start_qemu(struct change_job *job, struct xlite_store_batch *batch, struct xlite_error *err)
{
	pid_t pid = 0;
	int rc = check_qemu(job, err);

	if (!rc)
		rc = commit_half(job, err);
	if (!rc)
		rc = devices_qemu_start(domid_of(job), uuid_of(job), &pid, err);
	if (pid)
		xlite_layout_qemu(batch, domid_of(job), (int)pid);
	return rc;
}

/* Adds the device's nodes, and what goes with them, to the batch, and commits it. */
static int commit_nodes(struct change_job *job, struct device *device, struct xlite_store_batch *batch, struct xlite_error *err)
{
	int rc = by_qemu(device) ? start_qemu(job, batch, err) : 0;

	if (rc)
		return device_result(device, rc, err);
	device->kind->nodes(batch, device);
	rc = mark_half(job, batch, err);
	if (!rc)
		rc = xlite_store_batch_commit(job->host->store, batch, clock_deadline_ms(ATTACH_MS), err);
	return device_result(device, rc, err);
}

static int attach(struct change_job *job, struct device *device, struct xlite_error *err)
{
	struct xlite_store_batch *batch;
	int rc;

	if (device_kind_absent(device->kind, device->spec))
		return 0;
	batch = xlite_store_batch_new();
	if (!batch)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	rc = device_open(job->host, device, err);
	if (!rc)
		rc = commit_nodes(job, device, batch, err);
	if (!rc)
		rc = device->kind->settle(job->host, device, uuid_of(job), clock_deadline_ms(ATTACH_MS), err);
	device_close(device);
	xlite_store_batch_free(batch);
	return rc;
}

static int detach(struct change_job *job, struct device_change *change, const struct device *device, bool force,
		  struct xlite_error *err)
{
	bool half = change->asked, stands = false;
	struct unplug unplug = {
		.device = device, .force = force, .uuid = uuid_of(job), .stands = &stands,
		.deadline_ns = clock_deadline_ms(job->timeout_ms),
	};
	int rc;

	if (device->spec && device_kind_absent(device->kind, device->spec))
		return 0;
	if (!force && !half) {
		change->asked = true;
		rc = commit_half(job, err);
		if (rc)
			return rc;
	}
	rc = unplug_device(job->host, &unplug, err);
	change->asked = rc && (half || stands);
	return device_result(device, rc, err);
}

int change_detach_devices(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;
	int rc = 0;

	for (size_t i = 0; i < job->devices->nr && !rc; i++) {
		struct device_change *change = &job->devices->items[i];

		if (!device_detaches(change))
			continue;
		rc = detach(job, change, &change->old, false, err);
		change->detached = !rc;
	}
	return rc;
}

int change_undo_detach(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;
	int rc = 0;

	for (size_t i = job->devices->nr; i-- > 0 && !rc;) {
		struct device_change *change = &job->devices->items[i];

		if (!change->detached || !change->old.spec)
			continue;
		/* Marked as any other until it is whole. */
		change->attached = true;
		rc = attach(job, &change->old, err);
	}
	for (size_t i = 0; i < job->devices->nr && !rc; i++)
		job->devices->items[i].attached = false;
	return rc ? rc : commit_half(job, err);
}

int change_attach_devices(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;
	int rc = 0;

	for (size_t i = 0; i < job->devices->nr && !rc; i++) {
		struct device_change *change = &job->devices->items[i];

		if (!device_attaches(change))
			continue;
		change->attached = true;
		rc = attach(job, &change->new, err);
	}
	return rc;
}

int change_undo_attach(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;
	int rc = 0;

	for (size_t i = job->devices->nr; i-- > 0;) {
		struct device_change *change = &job->devices->items[i];

		if (!change->attached)
			continue;
		change->attached = detach(job, change, &change->new, true, rc ? NULL : err);
		rc = change->attached ? -EIO : rc;
	}
	return rc ? rc : commit_half(job, err);
}

int change_adjust_devices(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;
	int rc = 0;

	for (size_t i = 0; i < job->devices->nr && !rc; i++) {
		struct device_change *change = &job->devices->items[i];

		if (change->action != DEVICE_ADJUST)
			continue;
		change->adjusted = true;
		rc = change->new.kind->adjust(job->host, &change->new, change->old.spec, uuid_of(job), err);
	}
	return rc;
}

int change_undo_adjust(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;
	int rc = 0;

	for (size_t i = job->devices->nr; i-- > 0 && !rc;) {
		struct device_change *change = &job->devices->items[i];

		if (change->adjusted)
			rc = change->old.kind->adjust(job->host, &change->old, change->new.spec, uuid_of(job), err);
	}
	return rc;
}

static int set_common(struct change_job *job, const struct cfg_domain *to, const struct cfg_domain *from,
		      struct xlite_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < nr_device_kinds && !rc; i++) {
		if (device_kinds[i]->set_common)
			rc = device_kinds[i]->set_common(to, from, uuid_of(job), err);
	}
	return rc;
}

int change_common(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;

	return set_common(job, job->item->want, job->item->have->spec, err);
}

int change_undo_common(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;

	return set_common(job, job->item->have->spec, job->item->want, err);
}
