/* SPDX-License-Identifier: GPL-2.0-or-later
 * Devices of a running domain: detached, attached, adjusted. What differs in a way that the running device cannot take
 * is detached and attached again. Undoing a detachment attaches what was there before.
 */
#include "xlite/reconcile/change_devices.h"

#include <errno.h>

#include "common/auto.h"
#include "common/buf.h"
#include "common/clock.h"
#include "xlite/reconcile/device_list.h"
#include "xlite/reconcile/devices.h"
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

static int name_it(const struct device_change *change, struct xlite_error *err)
{
	char name[32] = "";

	if (change->at.kind == XLITE_DEVICE_VIF)
		return xlite_error_prefix(err, "vif %u", change->at.devid);
	xlite_vdev_name(change->at.devid, name, sizeof(name));
	return xlite_error_prefix(err, "disk %s", name);
}

/* Two processes for one domain's disks would have one number in XenStore, by which xl ends them. */
static int check_qemu(const struct change_job *job, struct xlite_error *err)
{
	if (!devices_qemu_other(job->host, domid_of(job), uuid_of(job)))
		return 0;
	xlite_error_set(err, -EBUSY, "the domain's QEMU is one that xl started, which xlite can give no disk");
	xlite_error_hint(err, "`xlite reboot %s' builds the domain again, with one of xlite's", job->item->name);
	return -EBUSY;
}

/* A disk that is to be exchanged is one that QEMU must be able to get back. */
static bool needs_qemu(const struct device_change *change)
{
	return device_attaches(change) && ((change->new_vbd && cfg_vbd_needs_qemu(change->new_vbd)) ||
					   (change->old_vbd && cfg_vbd_needs_qemu(change->old_vbd)));
}

static int check_one(struct change_job *job, struct device_change *change, struct xlite_error *err)
{
	int rc = 0;

	/* Only for undo: that its bridge is no more does not keep a vif from leaving it. */
	if (change->old_vif)
		devices_vif_check(job->host, change->old_vif, false, &change->old_place, NULL);
	if (change->new_vif)
		rc = devices_vif_check(job->host, change->new_vif, !change->old_vif, &change->new_place, err);
	if (rc)
		return name_it(change, err);
	if (device_detaches(change) && job->item->have->info.paused) {
		rc = unplug_check(job->host, &change->at, err);
		if (rc)
			return name_it(change, err);
	}
	if (needs_qemu(change)) {
		rc = check_qemu(job, err);
		if (rc)
			return name_it(change, err);
	}
	if (!change->new_vbd || !device_attaches(change))
		return 0;
	return device_source_moves(job->devices, change->new_vbd) ? devices_vbd_check_others(job->host, domid_of(job), change->new_vbd, err) :
								    devices_vbd_check(job->host, change->new_vbd, err);
}

int change_check_devices(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;
	int rc = device_list(job, err);

	xlite_uuid_text(uuid_of(job), job->owner);

	for (size_t i = 0; !rc && i < job->devices->nr; i++)
		rc = check_one(job, &job->devices->items[i], err);
	return rc;
}

/*
 * Adds to the batch the mark of all devices that were begun, or that a guest was asked to let go of: a run that dies before the record, or that
 * the guest refuses, leaves them to the next.
 */
static int mark_half(const struct change_job *job, struct xlite_store_batch *batch, struct xlite_error *err)
{
	struct xlite_record record = job->item->have->record;
	auto_buf struct buf half = BUF_INIT;

	for (size_t i = 0; i < job->devices->nr; i++) {
		const struct device_change *change = &job->devices->items[i];

		if (change->attached || change->asked)
			buf_printf(&half, "%s%s/%u", half.len ? " " : "", xlite_device_back(change->at.kind), change->at.devid);
	}
	if (half.failed)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	/* A domain that is being taken over has no record yet. */
	if (state_owned(job->item->have)) {
		record.half = half.len ? (char *)buf_str(&half) : NULL;
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
static int start_qemu(struct change_job *job, const struct cfg_vbd *vbd, pid_t *pid, struct xlite_error *err)
{
	int rc = check_qemu(job, err);

	if (!rc)
		rc = commit_half(job, err);
	if (!rc)
		rc = devices_qemu_start(domid_of(job), uuid_of(job), pid, err);
	if (rc)
		xlite_error_prefix(err, "disk %s", vbd->vdev);
	return rc;
}

static int attach_vif(struct change_job *job, const struct xlite_device *at, const struct cfg_vif *vif,
		      const struct devices_vif_host *place, struct xlite_error *err)
{
	struct xlite_store_batch *batch;
	struct hotplug_net *net;
	int rc = host_net(job->host, &net, err);

	/* Before the nodes, since netback makes the link as soon as it sees them. */
	if (!rc)
		rc = hotplug_link_subscribe(net, err);
	if (rc)
		return rc;
	batch = xlite_store_batch_new();
	if (!batch)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	devices_vif_nodes(batch, at, vif, place);
	rc = mark_half(job, batch, err);
	if (!rc)
		rc = xlite_store_batch_commit(job->host->store, batch, clock_deadline_ms(ATTACH_MS), err);
	xlite_store_batch_free(batch);
	return rc ? rc : devices_vif_attach(job->host, at, job->owner, vif, place, clock_deadline_ms(ATTACH_MS), err);
}

static int attach_vbd(struct change_job *job, const struct cfg_vbd *vbd, struct xlite_error *err)
{
	struct xlite_store_batch *batch;
	struct hotplug_disk disk = { .fd = -1 };
	struct xlite_device at;
	pid_t pid = 0;
	int rc;

	if (devices_vbd_empty(vbd))
		return 0;
	rc = devices_vbd_at(domid_of(job), vbd, &at, err);
	if (rc)
		return rc;
	batch = xlite_store_batch_new();
	if (!batch)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	rc = devices_vbd_open(job->host, vbd, &disk, err);
	if (!rc && at.kind == XLITE_DEVICE_QDISK)
		rc = start_qemu(job, vbd, &pid, err);
	if (pid)
		xlite_layout_qemu(batch, domid_of(job), (int)pid);
	if (!rc)
		devices_vbd_nodes(batch, &at, vbd, &disk);
	if (!rc)
		rc = mark_half(job, batch, err);
	if (!rc)
		rc = xlite_store_batch_commit(job->host->store, batch, clock_deadline_ms(ATTACH_MS), err);
	if (!rc)
		rc = devices_vbd_settle(job->host, &at, uuid_of(job), vbd, &disk, clock_deadline_ms(ATTACH_MS), err);
	hotplug_disk_close(&disk);
	xlite_store_batch_free(batch);
	return rc;
}

static int detach(struct change_job *job, struct device_change *change, const struct cfg_vif *vif, const struct cfg_vbd *vbd,
		  bool force, struct xlite_error *err)
{
	bool half = change->asked, stands = false;
	struct unplug unplug = {
		.at = change->at, .vif = vif, .vbd = vbd, .force = force, .uuid = uuid_of(job), .stands = &stands,
		.deadline_ns = clock_deadline_ms(job->timeout_ms),
	};
	int rc;

	if (vbd && devices_vbd_empty(vbd))
		return 0;
	if (!force && !half) {
		change->asked = true;
		rc = commit_half(job, err);
		if (rc)
			return rc;
	}
	rc = unplug_device(job->host, &unplug, err);
	change->asked = rc && (half || stands);
	if (rc)
		name_it(change, err);
	return rc;
}

int change_detach_devices(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;
	int rc = 0;

	for (size_t i = 0; i < job->devices->nr && !rc; i++) {
		struct device_change *change = &job->devices->items[i];

		if (!device_detaches(change))
			continue;
		rc = detach(job, change, change->old_vif, change->old_vbd, false, err);
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

		if (!change->detached || (!change->old_vif && !change->old_vbd))
			continue;
		/* Marked as any other until it is whole. */
		change->attached = true;
		rc = change->old_vif ? attach_vif(job, &change->at, change->old_vif, &change->old_place, err) :
				       attach_vbd(job, change->old_vbd, err);
		if (rc && change->old_vif)
			name_it(change, err);
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
		if (change->new_vbd) {
			rc = attach_vbd(job, change->new_vbd, err);
			continue;
		}
		rc = attach_vif(job, &change->at, change->new_vif, &change->new_place, err);
		if (rc)
			name_it(change, err);
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
		change->attached = detach(job, change, change->new_vif, change->new_vbd, true, rc ? NULL : err);
		rc = change->attached ? -EIO : rc;
	}
	return rc ? rc : commit_half(job, err);
}

int change_adjust_vifs(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;
	int rc = 0;

	for (size_t i = 0; i < job->devices->nr && !rc; i++) {
		struct device_change *change = &job->devices->items[i];

		if (change->action != DEVICE_ADJUST)
			continue;
		change->adjusted = true;
		rc = devices_vif_adjust(job->host, &change->at, job->owner, change->old_vif, change->new_vif, &change->new_place, err);
		if (rc)
			name_it(change, err);
	}
	return rc;
}

int change_undo_adjust(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;
	int rc = 0;

	for (size_t i = job->devices->nr; i-- > 0 && !rc;) {
		struct device_change *change = &job->devices->items[i];

		if (!change->adjusted)
			continue;
		rc = devices_vif_adjust(job->host, &change->at, job->owner, change->new_vif, change->old_vif, &change->old_place, err);
		if (rc)
			name_it(change, err);
	}
	return rc;
}

/* Of all vifs at once, since they are one owner's. */
static int set_forwards(struct change_job *job, const struct cfg_domain *to, const struct cfg_domain *from, struct xlite_error *err)
{
	if (!devices_has_forwards(from) && !devices_has_forwards(to))
		return 0;
	return devices_forwards_set(to, job->owner, true, err);
}

int change_forwards(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;

	return set_forwards(job, job->item->want, job->item->have->spec, err);
}

int change_undo_forwards(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;

	return set_forwards(job, job->item->have->spec, job->item->want, err);
}
