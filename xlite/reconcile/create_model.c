/* SPDX-License-Identifier: GPL-2.0-or-later
 * The emulated PC of a creation: its firmware, and the process that emulates the rest.
 */
#include "xlite/reconcile/create.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "hotplug/qemu_model.h"
#include "xlite/reconcile/devices_qemu.h"

int create_find_firmware(struct create_job *job, struct xlite_build_config *config, const char **about, struct xlite_error *err)
{
	const struct xlite_xen_version *version = xlite_xen_version(job->host->xen);
	const struct cfg_domain *want = job->want;
	int rc = firmware_on(version, err);

	if (rc)
		return rc;
	/* Of a volume the format is not in the spec's text. */
	for (size_t i = 0; i < want->nr_vbds; i++) {
		if (cfg_vbd_needs_qemu(&want->vbds[i]))
			return xlite_error_set(err, -EOPNOTSUPP,
					       "disk %s: with type `hvm` a disk is raw: qcow2 images and NBD are not supported there "
					       "yet",
					       want->vbds[i].vdev);
	}
	rc = firmware_find(version, want->firmware, &job->firmware, err);

	if (!rc)
		rc = hotplug_qemu_check(err);
	if (rc)
		return rc;
	job->kernel = job->firmware.loader;
	config->kernel = job->kernel;
	config->ramdisk = job->firmware.path;
	config->video_kib = cfg_video_kib(want);
	config->hpet = want->hpet;
	config->viridian = want->viridian;
	return 0;
}

_Static_assert(QEMU_MODEL_DRIVES == CFG_DRIVES && QEMU_MODEL_CARDS == CFG_CARDS, "drives and cards");

static void descriptors_close(struct qemu_model *model)
{
	for (size_t i = 0; i < QEMU_MODEL_DRIVES; i++) {
		if (model->drives[i].present && model->drives[i].fd >= 0)
			close(model->drives[i].fd);
	}
	for (unsigned i = 0; i < model->nr_cards; i++)
		close(model->cards[i].tap);
}

/* A second descriptor of what the kernel's backend serves. */
static int drive_open(const struct cfg_domain *want, const struct device *device, struct qemu_model *model,
		      struct xlite_error *err)
{
	const struct hotplug_disk *disk = &device->found.disk;
	const struct cfg_vbd *vbd = device->spec;
	int i = cfg_vbd_drive(want, vbd);
	struct qemu_model_drive *drive = i < 0 ? NULL : &model->drives[i];

	if (!drive)
		return 0;
	*drive = (struct qemu_model_drive){ .present = true, .cdrom = vbd->cdrom, .shared = vbd->shared };
	/* Past the page cache where `cache=none' of hotplug/qemu_model.c asks for that: from QEMU 9.1 on it takes no
	 * descriptor on which that flag differs from what it would open with. */
	drive->fd = open(disk->path, (vbd->cdrom ? O_RDONLY : O_RDWR | O_DIRECT) | O_CLOEXEC);
	return drive->fd < 0 ? xlite_error_sys(err, -errno, "disk %s: open %s", vbd->vdev, disk->path) : 0;
}

static int drives_open(struct create_job *job, struct qemu_model *model, struct xlite_error *err)
{
	int rc = 0;

	/* Drives without a disc have no device. */
	for (size_t i = 0; i < job->want->nr_vbds; i++) {
		const struct cfg_vbd *vbd = &job->want->vbds[i];
		int drive = vbd->cdrom && !vbd->source ? cfg_vbd_drive(job->want, vbd) : -1;

		if (drive >= 0)
			model->drives[drive] = (struct qemu_model_drive){ .present = true, .cdrom = true, .fd = -1 };
	}
	for (size_t i = 0; i < job->nr_devices && !rc; i++) {
		if (job->devices[i].kind == &device_kind_vbd)
			rc = drive_open(job->want, &job->devices[i], model, err);
	}
	return rc;
}

/* The host's end first: QEMU may make none. */
static int cards_open(struct create_job *job, struct qemu_model *model, struct xlite_error *err)
{
	static const char *const names[] = {
		[CFG_CARD_AUTO] = "e1000", [CFG_CARD_E1000] = "e1000", [CFG_CARD_RTL8139] = "rtl8139"
	};
	char owner[37];
	int rc = 0;

	xlite_uuid_text(job->want->uuid, owner);
	for (size_t i = 0; i < job->nr_devices && !rc; i++) {
		const struct device *device = &job->devices[i];
		const struct cfg_vif *vif = device->spec;
		struct qemu_model_card *card = &model->cards[model->nr_cards];

		if (device->kind != &device_kind_vif || !cfg_vif_emulated(job->want, vif))
			continue;
		card->model = names[vif->model];
		memcpy(card->mac, vif->mac, sizeof(card->mac));
		rc = devices_vif_emulate(job->host, &device->at, owner, vif, &device->found.place, &card->tap, err);
		model->nr_cards += card->tap >= 0;
		rc = device_result(device, rc, err);
	}
	return rc;
}

static int pid_write(struct create_job *job, struct xlite_error *err)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	int rc;

	if (!batch)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	xlite_layout_qemu(batch, job->domid, (int)job->qemu);
	rc = xlite_store_batch_apply(job->host->store, batch, err);
	xlite_store_batch_free(batch);
	return rc;
}

int create_start_model(void *ctx, struct xlite_error *err)
{
	static const char *const displays[] = { [CFG_VGA_STD] = "VGA", [CFG_VGA_CIRRUS] = "cirrus-vga", [CFG_VGA_NONE] = NULL };
	static const char *const orders[] = { [CFG_BOOT_DISK] = "cd", [CFG_BOOT_CDROM] = "dc", [CFG_BOOT_NETWORK] = "ncd" };
	struct create_job *job = ctx;
	const struct cfg_domain *want = job->want;
	struct qemu_model model = {
		.name = want->name,
		.memory_mib = want->max_memory_kib / 1024,
		.vcpus = want->vcpus_online,
		.vcpus_max = want->vcpus_max,
		.vga = displays[want->vga],
		.vga_mib = (unsigned)(cfg_video_kib(want) / 1024),
		.order = orders[want->boot],
		.tablet = want->tablet,
		.kernel = want->kernel,
		.ramdisk = want->ramdisk,
		.cmdline = job->cmdline,
	};
	struct hotplug_qemu of;
	int rc;

	if (!job->firmware.bios)
		return 0;
	devices_qemu_of(job->domid, want->uuid, &of);
	rc = drives_open(job, &model, err);
	if (!rc)
		rc = cards_open(job, &model, err);
	if (!rc)
		rc = hotplug_qemu_model_start(&of, &model, &job->qemu, err);
	descriptors_close(&model);
	return rc || !job->qemu ? rc : pid_write(job, err);
}

int create_wait_model(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;
	struct hotplug_qemu of;
	int rc;

	if (!job->firmware.bios)
		return 0;
	devices_qemu_of(job->domid, job->want->uuid, &of);
	rc = hotplug_qemu_model_ready(&of, job->deadline_ns, err);
	return rc ? xlite_error_prefix(err, "device model") : 0;
}
