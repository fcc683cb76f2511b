/* SPDX-License-Identifier: GPL-2.0-or-later
 * The device side of a creation: what is checked before, what is opened, which nodes appear, and
 * waiting until the backends have taken over.
 */
#include "xlite/reconcile/create.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/script.h"
#include "xlite/reconcile/devices.h"

static void disk_source(const struct cfg_vbd *vbd, struct hotplug_disk_source *source)
{
	*source = (struct hotplug_disk_source){
		.source = vbd->source,
		.readonly = vbd->mode == CFG_VBD_RO,
		.shared = vbd->shared,
		.discard = vbd->discard,
	};
}

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
	for (size_t i = 0; i < want->nr_vbds && !rc; i++) {
		const struct cfg_vbd *vbd = &want->vbds[i];
		struct hotplug_disk_source source;
		struct hotplug_disk disk = { .fd = -1 };

		if (vbd->script)
			continue;
		disk_source(vbd, &source);
		rc = hotplug_disk_check(&source, &disk, err);
		if (!rc && !vbd->shared)
			rc = devices_disk_free(job->host, &disk, vbd->mode == CFG_VBD_RW, err);
		if (rc)
			xlite_error_prefix(err, "disk %s", vbd->vdev);
	}
	return rc;
}

int create_open_disks(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;

	for (size_t i = 0; i < job->want->nr_vbds; i++) {
		const struct cfg_vbd *vbd = &job->want->vbds[i];
		struct hotplug_disk_source source;
		int rc;

		if (vbd->script)
			continue;
		disk_source(vbd, &source);
		rc = hotplug_disk_open(&source, &job->disks[i], err);
		if (rc) {
			xlite_error_prefix(err, "disk %s", vbd->vdev);
			return rc;
		}
	}
	return 0;
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
	job->bridges = calloc(want->nr_vifs, sizeof(*job->bridges));
	if (!job->bridges)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	rc = host_net(job->host, &net, err);
	for (size_t i = 0; i < want->nr_vifs && !rc; i++) {
		/* A derived MAC is as unique as the uuid that it comes from. */
		if (want->vifs[i].mac_given)
			rc = devices_mac_free(job->host, want->vifs[i].mac, err);
		if (!rc && !want->vifs[i].script)
			rc = hotplug_bridge_check(net, want->vifs[i].target, &job->bridges[i], err);
		if (rc)
			xlite_error_prefix(err, "vif %zu", i);
	}
	/* Before the nodes, since the backend makes the link as soon as it sees them. */
	if (!rc)
		rc = hotplug_link_subscribe(net, err);
	return rc;
}

/* netback makes nothing of the name; xl's removal runs it, so it is one that exists everywhere. */
#define VIF_SCRIPT "/etc/xen/scripts/vif-bridge"

int create_device_nodes(struct create_job *job, struct xlite_store_batch *batch, struct xlite_error *err)
{
	const struct cfg_domain *want = job->want;

	for (size_t i = 0; i < want->nr_vifs; i++) {
		const struct cfg_vif *vif = &want->vifs[i];
		struct xlite_layout_vif layout = {
			.domid = job->domid,
			.devid = (unsigned)i,
			.bridge = vif->target,
			.script = vif->script ? vif->script : VIF_SCRIPT,
			.mtu = vif->mtu ? vif->mtu : job->bridges[i].mtu,
			.hotplug_done = !vif->script,
		};

		memcpy(layout.mac, vif->mac, 6);
		xlite_layout_vif(batch, &layout);
	}
	for (size_t i = 0; i < want->nr_vbds; i++) {
		const struct cfg_vbd *vbd = &want->vbds[i];
		const struct hotplug_disk *disk = &job->disks[i];
		int devid = xlite_vdev_number(vbd->vdev);
		struct xlite_layout_vbd layout = {
			.domid = job->domid,
			.devid = (unsigned)devid,
			.vdev = vbd->vdev,
			.params = vbd->script ? vbd->source : disk->path,
			.script = vbd->script,
			.major = disk->major,
			.minor = disk->minor,
			.device_path = vbd->script ? NULL : disk->path,
			.readonly = vbd->mode == CFG_VBD_RO,
			.discard = vbd->discard,
			.cdrom = vbd->cdrom,
		};

		if (devid < 0)
			return xlite_error_set(err, devid, "disk %s: not a name Xen knows", vbd->vdev);
		xlite_layout_vbd(batch, &layout);
	}
	return 0;
}

static int attach_vif(struct create_job *job, struct hotplug_net *net, size_t i, struct xlite_error *err)
{
	const struct cfg_vif *vif = &job->want->vifs[i];
	struct hotplug_link link;
	char name[32];
	int rc;

	snprintf(name, sizeof(name), "vif%u.%u", job->domid, (unsigned)i);
	rc = hotplug_link_wait(net, name, job->deadline_ns, &link, err);
	if (rc)
		return rc;
	if (vif->script)
		return devices_vif_script(job->host, job->domid, (unsigned)i, vif, "online", job->deadline_ns, err);
	return hotplug_vif_bridge(net, &link, &job->bridges[i], &(struct hotplug_vif_options){ .mtu = vif->mtu }, err);
}

int create_attach_vifs(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;
	struct hotplug_net *net;
	int rc = 0;

	if (!job->want->nr_vifs)
		return 0;
	rc = host_net(job->host, &net, err);
	for (size_t i = 0; i < job->want->nr_vifs && !rc; i++) {
		rc = attach_vif(job, net, i, err);
		if (rc)
			xlite_error_prefix(err, "vif %zu", i);
	}
	return rc;
}

int create_settle_disks(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;
	int rc = 0;

	for (size_t i = 0; i < job->want->nr_vbds && !rc; i++) {
		const struct cfg_vbd *vbd = &job->want->vbds[i];
		unsigned devid = (unsigned)xlite_vdev_number(vbd->vdev);

		if (vbd->script)
			rc = devices_vbd_script(job->host, job->domid, devid, vbd, "add", job->deadline_ns, err);
		if (!rc)
			rc = hotplug_disk_wait_backend(job->domid, devid, job->deadline_ns, err);
		if (rc)
			xlite_error_prefix(err, "disk %s", vbd->vdev);
		else
			hotplug_disk_close(&job->disks[i]);
	}
	return rc;
}
