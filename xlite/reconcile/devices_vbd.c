/* SPDX-License-Identifier: GPL-2.0-or-later
 * One vbd on its way: checked, opened, its nodes, and the backend's taking over. Creation and live changes share this.
 */
#include "xlite/reconcile/devices.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "common/auto.h"
#include "common/clock.h"
#include "xlite/reconcile/claims.h"
#include "xlite/reconcile/devices_qemu.h"
#include "xlite/reconcile/disk_claims.h"
#include "xlite/reconcile/plan.h"

/*
 * How long a disk that is in use may go on to be, without and with the kernel being at work on others that nobody
 * has any more.
 */
#define LET_GO_MS 2000
#define ORPHANS_MS 10000

static void claims_clear(struct hotplug_disk_claims *claims)
{
	free(claims->items);
}
#define auto_claims __attribute__((cleanup(claims_clear)))

static void vbd_source(const struct cfg_vbd *vbd, const struct hotplug_disk_claims *claims, struct hotplug_disk_source *source)
{
	*source = (struct hotplug_disk_source){
		.source = vbd->source,
		.claims = claims,
		.readonly = vbd->mode == CFG_VBD_RO,
		.shared = vbd->shared,
		.qcow2 = vbd->format == CFG_FORMAT_QCOW2,
		.raw = vbd->format_given && vbd->format == CFG_FORMAT_RAW,
		.discard = vbd->discard,
	};
}

/*
 * blkback lets go of a disk some time after its device is gone, by work that it leaves for later. So a disk that was
 * just a domain's may be in use still: where a run died that deleted, where xl did not wait, and now and then after
 * anybody's deletion.
 */
static int try_for_a_while(struct host *host,
			   int (*try)(const struct hotplug_disk_source *, struct hotplug_disk *, struct xlite_error *),
			   const struct hotplug_disk_source *source, struct hotplug_disk *disk, struct xlite_error *err)
{
	/* A plan is of what is there now. */
	int64_t last_ns = clock_deadline_ms(host->planning ? 0 : ORPHANS_MS),
		deadline_ns = clock_deadline_ms(host->planning ? 0 : LET_GO_MS);
	int rc;

	while ((rc = try(source, disk, err)) == -EBUSY && clock_now_ns() < deadline_ns) {
		if (host->interrupted && *host->interrupted)
			return xlite_error_set(err, -EINTR, "interrupted while %s is in use", source->source);
		if (clock_now_ns() < last_ns && devices_orphans(host))
			deadline_ns = clock_deadline_ms(LET_GO_MS);
		nanosleep(&(struct timespec){ .tv_nsec = 10 * NS_PER_MS }, NULL);
	}
	if (!rc && err)
		*err = (struct xlite_error){ 0 };
	return rc;
}

/* A file is what its loop devices are: each is asked for by itself. */
static int file_others(struct host *host, uint32_t domid, const struct hotplug_disk *file, bool want_rw,
		       struct xlite_error *err)
{
	auto_free struct hotplug_loop_user *users = NULL;
	size_t nr = 0;
	int rc = hotplug_loop_users(file->file_dev, file->file_ino, &users, &nr, err);

	for (size_t i = 0; i < nr && !rc; i++) {
		struct hotplug_disk loop = { .fd = -1, .major = users[i].major, .minor = users[i].minor };

		snprintf(loop.path, sizeof(loop.path), "/dev/%s", users[i].name);
		rc = devices_disk_free(host, domid, &loop, want_rw, err);
	}
	return rc;
}

/*
 * Of a source that is in use the domain is told that has it, where there is one: the kernel knows loop devices and
 * locks alone.
 */
static int busy_name(struct host *host, const struct cfg_vbd *vbd, const struct hotplug_disk *disk, struct xlite_error *err)
{
	struct cfg_vbd image = *vbd;
	bool want_rw = vbd->mode == CFG_VBD_RW;
	char params[DEVICES_PARAMS_MAX];
	struct xlite_error named = { 0 };
	int rc;

	/* The message of a tag names who has its answer; a block device's is asked for elsewhere. */
	if (!disk->file_ino)
		return -EBUSY;
	rc = file_others(host, DEVICES_NO_DOMID, disk, want_rw, &named);
	/* Those are named by their loop device. */
	if (rc == -EBUSY)
		xlite_error_prefix(&named, "%s", vbd->source);
	image.format = CFG_FORMAT_QCOW2;
	if (!rc)
		rc = devices_params_free(host, DEVICES_NO_DOMID, devices_qemu_params(&image, params), want_rw, &named);
	if (rc == -EBUSY && err)
		*err = named;
	return -EBUSY;
}

static int vbd_check(struct host *host, const struct cfg_vbd *vbd, const struct disk_own *own, bool had,
		     struct xlite_error *err)
{
	auto_claims struct hotplug_disk_claims claims = { NULL };
	struct hotplug_disk_source source;
	struct hotplug_disk disk = { .fd = -1 };
	bool alone = !vbd->shared && !had;
	int rc = disk_claims_collect(host, vbd, own, &claims);

	if (rc)
		return xlite_error_set(err, rc, "out of memory");
	vbd_source(vbd, &claims, &source);
	source.shared = !alone;
	rc = try_for_a_while(host, hotplug_disk_check, &source, &disk, err);
	if (rc == -EBUSY && alone)
		rc = busy_name(host, vbd, &disk, err);
	if (!rc && alone)
		rc = devices_disk_free(host, DEVICES_NO_DOMID, &disk, vbd->mode == CFG_VBD_RW, err);
	return rc;
}

int devices_vbd_foresee(struct host *host, const struct cfg_vbd *vbd, const struct disk_own *own, bool had,
			struct xlite_error *err)
{
	struct cfg_vbd asked = *vbd;
	int rc = 0;

	if (vbd->script || devices_vbd_empty(vbd))
		return 0;
	/* Nothing is there to be looked at before it is made. */
	if (host->planned && plan_makes_volume(host->planned, vbd->source))
		return 0;
	if (host->planned && plan_lacks_volume(host->planned, vbd->source))
		return xlite_error_set(err, -ENOENT, "disk %s: the volume %s is not there, and is refused", vbd->vdev,
				       vbd->volume ? vbd->volume : vbd->source);
	asked.shared = vbd->shared || had;
	if (cfg_vbd_needs_qemu(vbd))
		rc = devices_qemu_check(host, &asked, err);
	if (!rc && !cfg_vbd_is_nbd(vbd))
		rc = vbd_check(host, vbd, own, had, err);
	if (rc && vbd->volume)
		xlite_error_prefix(err, "volume %s", vbd->volume);
	return rc ? xlite_error_prefix(err, "disk %s", vbd->vdev) : 0;
}

int devices_vbd_check(struct host *host, const struct cfg_vbd *vbd, struct xlite_error *err)
{
	return devices_vbd_foresee(host, vbd, NULL, false, err);
}

bool devices_vbd_has(const struct xlite_device *at, const struct cfg_vbd *old, const struct cfg_vbd *vbd)
{
	auto_free struct hotplug_loop_user *users = NULL;
	char path[PATH_MAX];
	struct stat st;
	size_t nr = 0;
	dev_t dev;

	if (!vbd->source || vbd->script || old->script || cfg_vbd_is_nbd(vbd) ||
	    !disk_backend_device(at->domid, at->devid, &dev))
		return claims_same_disk(old, vbd);
	if (hotplug_disk_resolve(vbd->source, NULL, path, sizeof(path), NULL) || stat(path, &st))
		return false;
	if (S_ISBLK(st.st_mode))
		return st.st_rdev == dev;
	if (hotplug_loop_users(st.st_dev, st.st_ino, &users, &nr, NULL))
		return false;
	for (size_t i = 0; i < nr; i++) {
		if (makedev(users[i].major, users[i].minor) == dev)
			return true;
	}
	return false;
}

/*
 * The domain's own device is no hindrance, so it is only found out what the source is; whether it can be had is
 * told when it is opened.
 */
int devices_vbd_check_others(struct host *host, uint32_t domid, const struct cfg_vbd *vbd, struct xlite_error *err)
{
	auto_claims struct hotplug_disk_claims claims = { NULL };
	struct hotplug_disk_source source;
	struct hotplug_disk disk = { .fd = -1 };
	char params[DEVICES_PARAMS_MAX];
	bool want_rw = vbd->mode == CFG_VBD_RW;
	int rc;

	if (vbd->script || devices_vbd_empty(vbd) || vbd->shared)
		return 0;
	if (cfg_vbd_is_nbd(vbd)) {
		rc = devices_params_free(host, domid, devices_qemu_params(vbd, params), want_rw, err);
		return rc ? xlite_error_prefix(err, "disk %s", vbd->vdev) : 0;
	}
	if (disk_claims_collect(host, vbd, &(struct disk_own){ &domid, 1 }, &claims))
		return xlite_error_set(err, -ENOMEM, "out of memory");
	vbd_source(vbd, &claims, &source);
	source.readonly = source.shared = true;
	rc = hotplug_disk_check(&source, &disk, err);
	if (!rc)
		rc = disk.major ? devices_disk_free(host, domid, &disk, want_rw, err)
				: file_others(host, domid, &disk, want_rw, err);
	return rc ? xlite_error_prefix(err, "disk %s", vbd->vdev) : 0;
}

int devices_vbd_open(struct host *host, const struct cfg_vbd *vbd, struct hotplug_disk *disk, struct xlite_error *err)
{
	auto_claims struct hotplug_disk_claims claims = { NULL };
	struct hotplug_disk_source source;
	int rc;

	*disk = (struct hotplug_disk){ .fd = -1 };
	if (vbd->script || devices_vbd_empty(vbd) || cfg_vbd_is_nbd(vbd))
		return 0;
	if (disk_claims_collect(host, vbd, NULL, &claims))
		return xlite_error_set(err, -ENOMEM, "out of memory");
	vbd_source(vbd, &claims, &source);
	rc = try_for_a_while(host, hotplug_disk_open, &source, disk, err);
	if (rc == -EBUSY && !vbd->shared)
		rc = busy_name(host, vbd, disk, err);
	/*
	 * Asked again: since the check another may have got it, and blkback, once it has a disk, claims nothing.
	 * Whoever had the claim before us gave it up with his nodes in place.
	 */
	if (!rc && !vbd->shared)
		rc = devices_disk_free(host, DEVICES_NO_DOMID, disk, vbd->mode == CFG_VBD_RW, err);
	return rc ? xlite_error_prefix(err, "disk %s", vbd->vdev) : 0;
}

void devices_vbd_nodes(struct xlite_store_batch *batch, const struct xlite_device *at, const struct cfg_vbd *vbd,
		       const struct hotplug_disk *disk)
{
	bool qdisk = at->kind == XLITE_DEVICE_QDISK;
	char params[DEVICES_PARAMS_MAX];
	struct xlite_layout_vbd layout = {
		.at = *at,
		.vdev = vbd->vdev,
		.params = qdisk ? devices_qemu_params(vbd, params) : vbd->script ? vbd->source : disk->path,
		.script = vbd->script,
		.major = disk->major,
		.minor = disk->minor,
		.device_path = vbd->script ? NULL : disk->path,
		.readonly = vbd->mode == CFG_VBD_RO,
		.discard = vbd->discard,
		/*
		 * Linux attaches no CD-ROM in a PVH guest (blkfront: ENODEV), since under HVM it is QEMU's: a disk
		 * to be read it takes.
		 */
		.cdrom = false,
	};

	xlite_layout_vbd(batch, &layout);
}

int devices_vbd_settle(struct host *host, const struct xlite_device *at, const uint8_t uuid[16], const struct cfg_vbd *vbd,
		       const struct hotplug_disk *disk, int64_t deadline_ns, struct xlite_error *err)
{
	int rc = 0;

	if (devices_vbd_empty(vbd))
		return 0;
	if (vbd->script)
		rc = devices_vbd_script(host, at, vbd, "add", deadline_ns, err);
	if (at->kind == XLITE_DEVICE_QDISK)
		rc = devices_qemu_attach(at->domid, uuid, vbd, disk, deadline_ns, err);
	else if (!rc)
		rc = hotplug_disk_wait_backend(at->domid, at->devid, deadline_ns, err);
	return rc ? xlite_error_prefix(err, "disk %s", vbd->vdev) : 0;
}
