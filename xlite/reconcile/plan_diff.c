/* SPDX-License-Identifier: GPL-2.0-or-later
 * Differences that no spec has: the size of a disk's file, the process that serves it, the set. Pure.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xlite/reconcile/change_devices.h"
#include "xlite/reconcile/plan.h"

/* Behind a vbd, in the path of a difference: the process that serves it. */
#define QEMU_PATH ".qemu"

/* Adds diff, whose before and after are copied; NULL is absent. */
static int put(struct plan_item *item, const struct cfg_diff *diff)
{
	struct cfg_diff *diffs = realloc(item->diffs, (item->nr_diffs + 1) * sizeof(*diffs));

	if (!diffs)
		return -ENOMEM;
	item->diffs = diffs;
	diffs += item->nr_diffs++;
	*diffs = *diff;
	diffs->before = diff->before ? strdup(diff->before) : NULL;
	diffs->after = diff->after ? strdup(diff->after) : NULL;
	return !diffs->before == !diff->before && !diffs->after == !diff->after ? 0 : -ENOMEM;
}

bool plan_is_qemu(const struct cfg_diff *diff)
{
	size_t len = strlen(diff->path), tail = strlen(QEMU_PATH);

	return len > tail && !strcmp(diff->path + len - tail, QEMU_PATH);
}

/* Whether the disk stays as it is: one that is detached leaves with the device that has the old size. */
static bool keeps_device(const struct plan_item *item, const char *vdev)
{
	char path[64];
	size_t len = (size_t)snprintf(path, sizeof(path), "vbds[%s]", vdev);

	for (size_t i = 0; i < item->nr_diffs; i++) {
		if (!strncmp(item->diffs[i].path, path, len) && change_is_device(&item->diffs[i]))
			return false;
	}
	return true;
}

/* A guest is not given another disk under its feet because a file was put in the place of one: its next boot has it. */
static int put_exchanged(struct plan_item *item, const char *vdev)
{
	struct cfg_diff diff = {
		.change = CFG_ON_REBOOT, .how = '~', .before = (char *)"as attached", .after = (char *)"exchanged since"
	};

	snprintf(diff.path, sizeof(diff.path), "vbds[%s].source", vdev);
	return put(item, &diff);
}

/* A file that has grown is no difference of specs, but shown and made as one; that one has shrunk is not made good live. */
int plan_add_sizes(struct plan_item *item)
{
	const struct state_domain *have = item->have;
	int rc = 0;

	for (size_t i = 0; i < have->nr_resized && !rc; i++) {
		const struct state_resized *resized = &have->resized[i];
		struct cfg_diff diff = { .change = resized->bytes > resized->offered ? CFG_LIVE : CFG_REPLACES, .how = '~' };
		char before[32], after[32];

		if (!keeps_device(item, resized->vdev))
			continue;
		if (resized->exchanged) {
			rc = put_exchanged(item, resized->vdev);
			continue;
		}
		plan_size_path(resized->vdev, diff.path, sizeof(diff.path));
		snprintf(before, sizeof(before), "%llu bytes", (unsigned long long)resized->offered);
		snprintf(after, sizeof(after), "%llu bytes", (unsigned long long)resized->bytes);
		diff.before = before;
		diff.after = after;
		rc = put(item, &diff);
	}
	return rc;
}

void plan_size_path(const char *vdev, char *path, size_t size)
{
	snprintf(path, size, "vbds[%s].size", vdev);
}

static bool keeps_vbd(const struct cfg_domain *want, const char *vdev)
{
	for (size_t i = 0; i < want->nr_vbds; i++) {
		if (!strcmp(want->vbds[i].vdev, vdev))
			return cfg_vbd_needs_qemu(&want->vbds[i]);
	}
	return false;
}

/* A guest cannot be given back the disks of a QEMU that has ended: its driver holds on to what it shared with that one. */
int plan_add_backends(struct plan_item *item)
{
	const struct cfg_domain *old = item->have->spec;
	int rc = 0;

	/* A PC without its device model stands still. */
	if (item->have->qemu_ended && old->type == CFG_TYPE_HVM && item->want->type == CFG_TYPE_HVM) {
		struct cfg_diff diff = {
			.path = "device-model" QEMU_PATH,
			.change = CFG_REPLACES,
			.how = '~',
			.before = (char *)"ended",
			.after = (char *)"running",
		};

		return put(item, &diff);
	}
	for (size_t i = 0; item->have->qemu_ended && i < old->nr_vbds && !rc; i++) {
		struct cfg_diff diff = {
			.change = CFG_REPLACES, .how = '~', .before = (char *)"ended", .after = (char *)"running"
		};

		if (!cfg_vbd_needs_qemu(&old->vbds[i]) || !keeps_vbd(item->want, old->vbds[i].vdev))
			continue;
		snprintf(diff.path, sizeof(diff.path), "vbds[%s]" QEMU_PATH, old->vbds[i].vdev);
		rc = put(item, &diff);
	}
	return rc;
}

static bool has_diff(const struct plan_item *item, const char *path)
{
	for (size_t i = 0; i < item->nr_diffs; i++) {
		if (!strcmp(item->diffs[i].path, path))
			return true;
	}
	return false;
}

/* What was asked of the guest, and is wanted yet, is a difference for as long as the guest has not followed. */
int plan_add_lag(struct plan_item *item)
{
	struct state_lag lag = state_lag(item->have);
	struct cfg_diff diff = { .change = CFG_LIVE, .how = '~' };
	char before[32], after[32];
	int rc = 0;

	diff.before = before;
	diff.after = after;
	if (lag.memory && !has_diff(item, "memory.target")) {
		snprintf(diff.path, sizeof(diff.path), "memory.target");
		snprintf(before, sizeof(before), "%lluMiB", (unsigned long long)lag.memory_kib / 1024);
		snprintf(after, sizeof(after), "%lluMiB", (unsigned long long)item->want->memory_kib / 1024);
		rc = put(item, &diff);
	}
	if (!rc && lag.vcpus && !has_diff(item, "vcpus.online")) {
		snprintf(diff.path, sizeof(diff.path), "vcpus.online");
		snprintf(before, sizeof(before), "%u", lag.vcpus_online);
		snprintf(after, sizeof(after), "%u", item->want->vcpus_online);
		rc = put(item, &diff);
	}
	item->lags = lag.memory || lag.vcpus;
	return rc;
}

/* Without --set an object stays in the set that it is in; with it, it belongs there from now on. */
int plan_add_set(struct plan_item *item, const struct xlite_record *record, const struct plan_options *options)
{
	const struct cfg_diff diff = {
		.path = "set",
		.change = CFG_NOTHING,
		.how = record->set ? '~' : '+',
		.before = record->set,
		.after = (char *)options->set,
	};

	/* What is not ours yet has no record that could say so; it gets one with the set. */
	if (!options->set || !record->format || (record->set && !strcmp(record->set, options->set)))
		return 0;
	return put(item, &diff);
}
