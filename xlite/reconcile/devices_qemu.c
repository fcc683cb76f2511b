/* SPDX-License-Identifier: GPL-2.0-or-later
 * Disks that QEMU serves: qcow2 images and NBD. Their process is hotplug/qemu.h's; here is which disks, of which domain.
 */
#include "xlite/reconcile/devices_qemu.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "hotplug/nbd.h"
#include "hotplug/qemu_disk.h"

/* For an NBD server to greet. */
#define NBD_MS 10000
/* A node of XenStore holds 2048 bytes. */
#define SOURCE_MAX 1900

void devices_qemu_of(uint32_t domid, const uint8_t uuid[16], struct hotplug_qemu *of)
{
	of->domid = domid;
	xlite_uuid_text(uuid, of->uuid);
}

bool devices_need_qemu(const struct cfg_domain *domain)
{
	if (domain->type == CFG_TYPE_HVM)
		return true;
	for (size_t i = 0; i < domain->nr_vbds; i++) {
		if (cfg_vbd_needs_qemu(&domain->vbds[i]) && !devices_vbd_empty(&domain->vbds[i]))
			return true;
	}
	return false;
}

pid_t devices_qemu_number(const char *text)
{
	char *end;
	unsigned long pid = text ? strtoul(text, &end, 10) : 0;

	return pid > 1 && pid <= INT_MAX && !*end ? (pid_t)pid : 0;
}

pid_t devices_qemu_written(struct host *host, uint32_t domid)
{
	char path[64], *value = NULL;
	pid_t pid;

	snprintf(path, sizeof(path), "/local/domain/%u/image/device-model-pid", domid);
	if (xlite_store_read(host->store, 0, path, &value, NULL, NULL))
		return 0;
	pid = devices_qemu_number(value);
	free(value);
	return pid;
}

pid_t devices_qemu_other(struct host *host, uint32_t domid, const uint8_t uuid[16])
{
	struct hotplug_qemu of;
	pid_t pid;

	devices_qemu_of(domid, uuid, &of);
	pid = hotplug_qemu_known(&of) ? 0 : devices_qemu_written(host, domid);
	return pid && hotplug_qemu_other_runs(domid, pid) ? pid : 0;
}

const char *devices_qemu_params(const struct cfg_vbd *vbd, char params[DEVICES_PARAMS_MAX])
{
	snprintf(params, DEVICES_PARAMS_MAX, "%s:%s", vbd->format == CFG_FORMAT_QCOW2 ? "qcow2" : "raw", vbd->source);
	return params;
}

int devices_qemu_check(struct host *host, const struct cfg_vbd *vbd, struct xlite_error *err)
{
	char params[DEVICES_PARAMS_MAX];
	int rc = hotplug_qemu_check(err);

	if (!rc && strlen(vbd->source) > SOURCE_MAX)
		rc = xlite_error_set(err, -ENAMETOOLONG,
				     "its source is longer than the %d bytes that fit into XenStore", SOURCE_MAX);
	if (rc || !cfg_vbd_is_nbd(vbd))
		return rc;
	rc = hotplug_nbd_check(vbd->source, clock_deadline_ms(NBD_MS), err);
	if (!rc && !vbd->shared)
		rc = devices_params_free(host, DEVICES_NO_DOMID, devices_qemu_params(vbd, params),
					 vbd->mode == CFG_VBD_RW, err);
	return rc;
}

int devices_qemu_start(uint32_t domid, const uint8_t uuid[16], pid_t *pid, struct xlite_error *err)
{
	struct hotplug_qemu of;

	devices_qemu_of(domid, uuid, &of);
	return hotplug_qemu_start(&of, pid, err);
}

int devices_qemu_attach(uint32_t domid, const uint8_t uuid[16], const struct cfg_vbd *vbd, const struct hotplug_disk *disk,
			int64_t deadline_ns, struct xlite_error *err)
{
	struct hotplug_qemu_disk served = {
		.devid = (unsigned)xlite_vdev_number(vbd->vdev),
		.vdev = vbd->vdev,
		.fd = disk->path[0] ? -1 : disk->fd,
		.device = disk->path[0] ? disk->path : NULL,
		.nbd = cfg_vbd_is_nbd(vbd) ? vbd->source : NULL,
		.qcow2 = vbd->format == CFG_FORMAT_QCOW2,
		.readonly = vbd->mode == CFG_VBD_RO,
		.shared = vbd->shared,
		.discard = vbd->discard,
		/* As in devices_vbd_nodes. */
		.cdrom = false,
	};
	struct hotplug_qemu of;

	devices_qemu_of(domid, uuid, &of);
	return hotplug_qemu_attach(&of, &served, deadline_ns, err);
}
