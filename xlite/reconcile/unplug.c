/* SPDX-License-Identifier: GPL-2.0-or-later
 * Taking one device away from a domain that lives on. What the guest writes (its frontend's state, its error) is
 * taken as a hint and as text for the message; the backend, which is dom0's, says when it is over.
 */
#include "xlite/reconcile/unplug.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "hotplug/qemu_disk.h"
#include "hotplug/qemu_model.h"
#include "xlite/lib/layout.h"
#include "xlite/reconcile/devices_end.h"
#include "xlite/reconcile/devices_qemu.h"

#define STORE_MS 20000
#define KERNEL_MS 60000
/* As much of the guest's own words as a message carries. */
#define REASON_MAX 100

/* What a device has for a backend. */
struct backend {
	struct xlite_device at;		/* of the kind that it is of */
	struct hotplug_qemu of;
	bool qemu;			/* it is a QEMU of ours */
	bool runs, ended;		/* that one */
	bool dead;			/* it is a QEMU, whoever's, that lives no more */
};

/* Whether the guest's driver has got as far as using the device (XenbusStateInitialised and up). */
static bool is_in_use(struct host *host, const struct xlite_device *at)
{
	char dir[XLITE_DEVICE_PATH], path[XLITE_DEVICE_PATH + 8], *value = NULL;
	size_t len = 0;
	bool used;

	snprintf(path, sizeof(path), "%s/state", xlite_device_path(at, XLITE_DEVICE_FRONT, dir));
	if (xlite_store_read(host->store, 0, path, &value, &len, NULL))
		return false;
	used = len == 1 && *value >= '3' && *value <= '5';
	free(value);
	return used;
}

int unplug_check(struct host *host, const struct xlite_device *at, struct xlite_error *err)
{
	if (!is_in_use(host, at))
		return 0;
	xlite_error_set(err, -EBUSY, "the guest is paused and cannot let go of it");
	xlite_error_hint(err, "unpause it first");
	return -EBUSY;
}

/* The guest's own words on it, printable and short; "" where it has said nothing. */
static void guest_reason(struct host *host, const struct unplug *unplug, char reason[REASON_MAX + 32])
{
	char dir[XLITE_DEVICE_PATH], path[XLITE_DEVICE_PATH + 8], *value = NULL;
	size_t len = 0;

	reason[0] = '\0';
	snprintf(path, sizeof(path), "%s/error", xlite_device_path(&unplug->device->at, XLITE_DEVICE_FRONT_ERROR, dir));
	if (xlite_store_read(host->store, 0, path, &value, &len, NULL))
		return;
	for (size_t i = 0; i < len; i++) {
		if (value[i] < ' ' || value[i] > '~')
			value[i] = '?';
	}
	if (len)
		snprintf(reason, REASON_MAX + 32, " (it says: %.*s)", len < REASON_MAX ? (int)len : REASON_MAX, value);
	free(value);
}

static int commit(struct host *host, struct xlite_store_batch *batch, struct xlite_error *err)
{
	int rc = xlite_store_batch_commit(host->store, batch, clock_deadline_ms(STORE_MS), err);

	xlite_store_batch_free(batch);
	return rc;
}

/*
 * By dom0's own mirror: the record of a device that was never finished says nothing of it. Without a mirror there may be a QEMU
 * that was started for the disk and has not got it.
 */
static void find_backend(struct host *host, const struct unplug *unplug, struct backend *backend)
{
	char dir[XLITE_DEVICE_PATH], path[XLITE_DEVICE_PATH + 8], *value = NULL;
	bool mirrored, known;

	*backend = (struct backend){ .at = unplug->device->at };
	if (!unplug->device->kind->served_as)
		return;
	devices_qemu_of(unplug->device->at.domid, unplug->uuid, &backend->of);
	/* A device model has nothing to do with disks that come and go, and must not end with one. */
	known = hotplug_qemu_known(&backend->of) && !hotplug_qemu_model_is(&backend->of);
	snprintf(path, sizeof(path), "%s/type", xlite_device_path(&unplug->device->at, XLITE_DEVICE_MIRROR, dir));
	mirrored = !xlite_store_read(host->store, 0, path, &value, NULL, NULL);
	if (mirrored ? !strcmp(value, xlite_device_back(XLITE_DEVICE_QDISK)) : known) {
		backend->at.kind = XLITE_DEVICE_QDISK;
		backend->qemu = known;
		backend->runs = known && hotplug_qemu_runs(&backend->of);
		backend->dead = known ? !backend->runs : !devices_qemu_other(host, unplug->device->at.domid, unplug->uuid);
	}
	free(value);
}

/* What both ends say of themselves before the guest is asked; the front is the guest's word. */
struct ends {
	char front, back;
};

static char read_state(struct host *host, const struct xlite_device *at, enum xlite_device_place place)
{
	char dir[XLITE_DEVICE_PATH], path[XLITE_DEVICE_PATH + 8], *value = NULL, state = '\0';
	size_t len = 0;

	snprintf(path, sizeof(path), "%s/state", xlite_device_path(at, place, dir));
	if (!xlite_store_read(host->store, 0, path, &value, &len, NULL) && len == 1)
		state = *value;
	free(value);
	return state;
}

static struct ends read_ends(struct host *host, const struct backend *backend)
{
	return (struct ends){
		.front = read_state(host, &backend->at, XLITE_DEVICE_FRONT),
		.back = read_state(host, &backend->at, XLITE_DEVICE_BACK),
	};
}

/*
 * A guest that has done nothing yet would give the device up some time later, when nobody wants that any more. One that
 * has begun to close it goes on whatever it is told: false.
 */
static bool take_back(struct host *host, const struct backend *backend, const struct ends *before)
{
	const char state[2] = { before->back, '\0' };
	struct ends now = read_ends(host, backend);
	struct xlite_store_batch *batch;

	if (!before->back || now.front != before->front)
		return false;
	batch = xlite_store_batch_new();
	if (!batch)
		return false;
	xlite_layout_reopen_device(batch, &backend->at, state);
	if (commit(host, batch, NULL))
		return false;
	/* It may have read what stood there before. */
	return read_ends(host, backend).front == before->front;
}

static int tell_refused(struct host *host, const struct unplug *unplug, const struct backend *backend,
			const struct ends *before, struct xlite_error *err)
{
	char reason[REASON_MAX + 32];
	bool back;

	guest_reason(host, unplug, reason);
	back = take_back(host, backend, before);
	if (unplug->stands && back)
		*unplug->stands = false;
	xlite_error_status(err, -EBUSY, XLITE_TIMEOUT, "the guest has not let go of it%s", reason);
	xlite_error_hint(
		err,
		back ? "the guest keeps the device and is not asked any more; apply again when the guest does not use it"
		     : "it has begun to, and loses it as soon as the device is not in use there any more; then apply again");
	return -EBUSY;
}

/* QEMU removes its backend's nodes as soon as it has closed it. */
static int ask_guest(struct host *host, const struct unplug *unplug, const struct backend *backend, struct xlite_error *err)
{
	static const char *const closed[] = { "6", NULL }, *const gone[] = { NULL };
	bool qemu = backend->at.kind == XLITE_DEVICE_QDISK;
	struct ends before = read_ends(host, backend);
	struct xlite_store_batch *batch = xlite_store_batch_new();
	char dir[XLITE_DEVICE_PATH], path[XLITE_DEVICE_PATH + 8];
	int rc;

	if (!batch)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	xlite_layout_close_device(batch, &backend->at);
	if (unplug->stands)
		*unplug->stands = true;
	rc = commit(host, batch, err);
	if (rc)
		return rc;
	snprintf(path, sizeof(path), "%s/state", xlite_device_path(&backend->at, XLITE_DEVICE_BACK, dir));
	rc = xlite_store_wait(host->store, path, qemu ? gone : closed, unplug->deadline_ns, NULL, err);
	return rc == -ETIMEDOUT ? tell_refused(host, unplug, backend, &before, err) : rc;
}

/* Of a device that libxl made, or that was never finished: no spec names its script. */
static int run_other_script(struct host *host, const struct unplug *unplug, struct xlite_error *err)
{
	struct devices_end devices = { .items = { unplug->device->at }, .nr = 1 };
	int rc = devices_end_read(host, &devices, err);

	if (!rc)
		devices_end_scripts(host, &devices, false, NULL);
	devices_end_clear(&devices);
	return rc;
}

static int run_script(struct host *host, const struct unplug *unplug, struct xlite_error *err)
{
	const struct device *device = unplug->device;
	bool ran = false;
	int rc = device->spec ? device->kind->end(host, device, &ran, clock_deadline_ms(KERNEL_MS), err) : 0;

	return rc || ran ? rc : run_other_script(host, unplug, err);
}

/*
 * QEMU lets go of a disk when its backend's nodes are gone, and ends with the last. The mirror goes after that: a run that dies
 * between finds the disk still there, and a QEMU that has ended, and goes on.
 */
static int leave_qemu(struct host *host, const struct unplug *unplug, struct backend *backend, struct xlite_error *err)
{
	struct xlite_store_batch *batch;
	char path[XLITE_DEVICE_PATH];
	size_t left = 0;
	int rc;

	backend->ended = backend->qemu && !backend->runs;
	if (!backend->runs)
		return 0;
	batch = xlite_store_batch_new();
	if (!batch)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	xlite_store_batch_rm(batch, "%s", xlite_device_path(&backend->at, XLITE_DEVICE_BACK, path));
	rc = commit(host, batch, err);
	if (!rc)
		rc = hotplug_qemu_detach(&backend->of, unplug->device->at.devid, &left, clock_deadline_ms(KERNEL_MS), err);
	if (rc || left)
		return rc;
	backend->ended = true;
	return hotplug_qemu_end(&backend->of, clock_deadline_ms(KERNEL_MS), err);
}

/*
 * The nodes that the guest may write are removed first, and not in a transaction: a guest that keeps writing there
 * would make the transaction start again for ever (XSA-206). The guest cannot create its frontend again.
 */
static int remove_guest_nodes(struct host *host, const struct unplug *unplug, struct xlite_error *err)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	char path[XLITE_DEVICE_PATH];
	int rc;

	if (!batch)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	xlite_store_batch_rm(batch, "%s", xlite_device_path(&unplug->device->at, XLITE_DEVICE_FRONT, path));
	xlite_store_batch_rm(batch, "%s", xlite_device_path(&unplug->device->at, XLITE_DEVICE_FRONT_ERROR, path));
	rc = xlite_store_batch_apply(host->store, batch, err);
	xlite_store_batch_free(batch);
	return rc;
}

static int remove_device_nodes(struct host *host, const struct unplug *unplug, const struct backend *backend,
			       struct xlite_error *err)
{
	struct xlite_store_batch *batch;
	char path[XLITE_DEVICE_PATH];
	int rc = remove_guest_nodes(host, unplug, err);

	if (rc)
		return rc;
	batch = xlite_store_batch_new();
	if (!batch)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	host->removed = true;
	xlite_layout_remove_device(batch, &backend->at);
	if (unplug->device->spec && unplug->device->kind->remove_nodes)
		unplug->device->kind->remove_nodes(batch, unplug->device);
	if (backend->ended)
		xlite_layout_remove_qemu(batch, backend->at.domid, backend->at.backend_domid);
	xlite_store_batch_rm(batch, "%s", xlite_device_path(&unplug->device->at, XLITE_DEVICE_BACK_ERROR, path));
	return commit(host, batch, err);
}

int unplug_device(struct host *host, const struct unplug *unplug, struct xlite_error *err)
{
	struct backend backend;
	int rc = 0;

	find_backend(host, unplug, &backend);
	if (!unplug->force && !backend.dead && is_in_use(host, &unplug->device->at))
		rc = ask_guest(host, unplug, &backend, err);
	/* By force it goes whatever its script thinks of that. */
	if (!rc)
		rc = run_script(host, unplug, unplug->force ? NULL : err);
	if (rc && !unplug->force)
		return rc;
	/*
	 * It has made any but the newest, and removes it where the guest removes its frontend: what is gone already
	 * is not waited for.
	 */
	if (xlite_device_of_kernel(backend.at.kind))
		devices_wait_seen(host, &unplug->device->at);
	rc = leave_qemu(host, unplug, &backend, err);
	if (!rc)
		rc = remove_device_nodes(host, unplug, &backend, err);
	if (rc)
		return rc;
	if (backend.ended)
		hotplug_qemu_forget(&backend.of);
	rc = devices_wait_gone(&unplug->device->at, 1, clock_deadline_ms(KERNEL_MS), err);
	if (!rc && unplug->device->spec && unplug->device->kind->gone)
		unplug->device->kind->gone(host, &unplug->device->at, unplug->device->spec);
	return rc;
}
