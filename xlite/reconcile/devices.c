/* SPDX-License-Identifier: GPL-2.0-or-later
 * Devices on a running host: who has a disk, hotplug scripts, and the end of backends.
 */
#include "xlite/reconcile/devices.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/script.h"

/* Past it, there is no driver for it. */
#define SEEN_MS 5000
/* For a script at the end of a device. */
#define END_SCRIPT_MS 60000

#define BACKENDS "/sys/bus/xen-backend/devices"

/* The script's answer: hotplug-status connected or error, with hotplug-error beside it. */
static int script_answer(struct host *host, const char *backend, const char *script, int64_t deadline_ns,
			 struct xlite_error *err)
{
	static const char *const answers[] = { "connected", "error", NULL };
	char path[128];
	char *text = NULL;
	size_t which = 0, len;
	int rc;

	snprintf(path, sizeof(path), "%s/hotplug-status", backend);
	rc = xlite_store_wait(host->store, path, answers, deadline_ns, &which, err);
	if (rc)
		return xlite_error_prefix(err, "script %s", script);
	if (!which)
		return 0;
	snprintf(path, sizeof(path), "%s/hotplug-error", backend);
	xlite_store_read(host->store, 0, path, &text, &len, NULL);
	rc = xlite_error_set(err, -EIO, "script %s: %s", script, text ? text : "failed without saying why");
	free(text);
	return rc;
}

/* Runs the script and, where it was asked to set the device up, waits for its answer. */
static int run_script(struct host *host, const char *script, const char *action, char **env, const char *backend,
		      bool answers, int64_t deadline_ns, struct xlite_error *err)
{
	int rc;

	if (!env)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	rc = hotplug_script_run(script, action, (const char *const *)env, deadline_ns, err);
	free(env);
	return rc || !answers ? rc : script_answer(host, backend, script, deadline_ns, err);
}

void devices_end_script(const char *script, const char *action, char **env)
{
	if (env)
		hotplug_script_run(script, action, (const char *const *)env, clock_deadline_ms(END_SCRIPT_MS), NULL);
	free(env);
}

int devices_vif_script(struct host *host, const struct xlite_device *at, const struct cfg_vif *vif, const char *uplink,
		       const char *action, int64_t deadline_ns, struct xlite_error *err)
{
	char backend[XLITE_DEVICE_PATH];

	xlite_device_path(at, XLITE_DEVICE_BACK, backend);
	return run_script(host, vif->script, action, hotplug_script_env_vif(vif->script, at->domid, at->devid, uplink),
			  backend, !strcmp(action, "online"), deadline_ns, err);
}

int devices_vbd_script(struct host *host, const struct xlite_device *at, const struct cfg_vbd *vbd, const char *action,
		       int64_t deadline_ns, struct xlite_error *err)
{
	char backend[XLITE_DEVICE_PATH];

	xlite_device_path(at, XLITE_DEVICE_BACK, backend);
	return run_script(host, vbd->script, action, hotplug_script_env_vbd(vbd->script, at->domid, at->devid), backend,
			  !strcmp(action, "add"), deadline_ns, err);
}

/* sysfs has no events for this; the kernel is quick, so the wait starts short. */
static int wait_absent(const char *path, int64_t deadline_ns, struct xlite_error *err)
{
	int64_t pause_ns = 200000;

	while (!access(path, F_OK)) {
		struct timespec ts = { .tv_nsec = pause_ns };

		if (clock_now_ns() > deadline_ns)
			return xlite_error_set(err, -ETIMEDOUT, "the kernel does not let go of %s", path);
		nanosleep(&ts, NULL);
		if (pause_ns < 10 * NS_PER_MS)
			pause_ns *= 2;
	}
	return 0;
}

/* XenbusStateInitialising: the kernel has not created the backend yet, or its driver has not finished the initialisation. */
static bool is_unseen(struct host *host, const struct xlite_device *at)
{
	char dir[XLITE_DEVICE_PATH], path[XLITE_DEVICE_PATH + 8], *value = NULL;
	bool unseen;

	snprintf(path, sizeof(path), "%s/state", xlite_device_path(at, XLITE_DEVICE_BACK, dir));
	unseen = !xlite_store_read(host->store, 0, path, &value, NULL, NULL) && !strcmp(value, "1");
	free(value);
	return unseen;
}

/*
 * The kernel creates and removes backends some time after the nodes have changed, by the nodes that it finds then. If
 * nodes are removed and created again before that, the kernel takes them for those of the old backend. A driver that
 * writes to nodes that were removed meanwhile creates them again, without an owner.
 */
void devices_wait_seen(struct host *host, const struct xlite_device *at)
{
	int64_t pause_ns = 200000, deadline_ns = clock_deadline_ms(SEEN_MS);

	while (is_unseen(host, at) && clock_now_ns() < deadline_ns) {
		struct timespec ts = { .tv_nsec = pause_ns };

		nanosleep(&ts, NULL);
		if (pause_ns < 10 * NS_PER_MS)
			pause_ns *= 2;
	}
}

int devices_wait_gone(const struct xlite_device *devices, size_t nr, int64_t deadline_ns, struct xlite_error *err)
{
	char path[96];
	int rc = 0;

	for (size_t i = 0; i < nr && !rc; i++) {
		if (!xlite_device_of_kernel(devices[i].kind) || devices[i].backend_domid != XLITE_DOM0)
			continue;
		snprintf(path, sizeof(path), BACKENDS "/%s-%u-%u", xlite_device_back(devices[i].kind), devices[i].domid,
			 devices[i].devid);
		rc = wait_absent(path, deadline_ns, err);
	}
	return rc;
}

void devices_remove_errors(struct xlite_store_batch *batch, uint32_t domid)
{
	char path[XLITE_DEVICE_PATH];

	for (int kind = 0; kind < XLITE_DEVICE_KINDS; kind++) {
		struct xlite_device devices = devices_at(domid, (enum xlite_device_kind)kind, 0);

		if (xlite_device_of_kernel(devices.kind))
			xlite_store_batch_rm(batch, "%s", xlite_devices_path(&devices, XLITE_DEVICE_BACK_ERROR, path));
	}
}

static bool is_orphan(struct host *host, uint32_t domid)
{
	struct xlite_domain_info info;
	int rc = xlite_domain_info(host->xen, domid, &info, NULL);

	return rc == -ESRCH || (!rc && info.dying);
}

bool devices_orphans(struct host *host)
{
	DIR *dir = opendir(BACKENDS);
	struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir))) {
		unsigned domid;

		found = sscanf(entry->d_name, "vbd-%u-", &domid) == 1 && is_orphan(host, domid);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* The kernel says it by "../../../vif-5-0". */
bool devices_link_owner(const char *name, unsigned *domid)
{
	char path[64], target[256];
	const char *device;
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/class/net/%.15s/device", name);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	device = strrchr(target, '/');
	return sscanf(device ? device + 1 : target, "vif-%u-", domid) == 1;
}

unsigned devices_backend_state(struct host *host, const struct xlite_device *at)
{
	auto_free char *state = NULL;
	char path[XLITE_DEVICE_PATH], node[XLITE_DEVICE_PATH + 8];

	snprintf(node, sizeof(node), "%s/state", xlite_device_path(at, XLITE_DEVICE_BACK, path));
	return xlite_store_read(host->store, 0, node, &state, NULL, NULL) ? 0 : (unsigned)strtoul(state, NULL, 10);
}
