/* SPDX-License-Identifier: GPL-2.0-or-later
 * The job that the steps of a creation work on.
 */
#ifndef RECONCILE_CREATE_H
#define RECONCILE_CREATE_H

#include "cfg/spec.h"
#include "xlite/lib/build.h"
#include "xlite/lib/layout.h"
#include "xlite/reconcile/cloud_disk.h"
#include "xlite/reconcile/device_kind.h"
#include "xlite/reconcile/firmware.h"
#include "xlite/reconcile/apply.h"
#include "xlite/reconcile/host.h"
#include "xlite/reconcile/step.h"

struct guest_type;

struct create_job {
	struct host *host;
	const struct guest_type *type;
	const struct cfg_domain *want;
	const char *set;
	const struct xlite_record_ends *ends;	/* for the record, or NULL */
	struct xlite_restore *restore;	/* what it is built from in the place of a kernel; or NULL */
	const char *next;		/* with that: the spec that waits for the next boot, or NULL */
	bool paused;			/* with that: not unpaused */
	const struct apply_arrival *arrival; /* with that: from another host; or NULL */
	bool created;			/* domid is ours */
	uint32_t domid;
	uint32_t pool;
	/* that the builder loads: the spec's, or GRUB; or the loader of a firmware; borrowed */
	const char *kernel;
	struct firmware firmware;	/* of an emulated PC */
	char *cmdline;			/* what the domain boots with; build points to it */
	struct xlite_build *build;
	pid_t qemu;			/* that was started for the domain's disks; 0 */
	struct buf cloud_image;		/* of the disk for cloud-init; empty: there is none */
	struct cfg_vbd cloud_vbd;
	char cloud_path[CLOUD_DISK_PATH];
	struct device *devices;		/* of all kinds */
	size_t nr_devices;
	int64_t deadline_ns;		/* for waits on backends */
};

/** type: the row of want's type. */
void create_job_init(struct create_job *job, struct host *host, const struct guest_type *type,
		     const struct cfg_domain *want, const char *set);
void create_job_clear(struct create_job *job);
/** Steps of a creation, in order, ending with a row whose name is NULL. */
extern const struct step create_steps[];
/** The same of a domain that was saved. */
extern const struct step create_restore_steps[];
/** The check of the first: the images, for their own sake. */
int create_check_images(void *job, struct xlite_error *err);
/** What is booted, by type (guest_type.h): the spec's kernel, or GRUB; or Xen's loader and a firmware. */
int create_find_kernel(struct create_job *job, struct xlite_build_config *config, const char **about,
		       struct xlite_error *err);
int create_find_firmware(struct create_job *job, struct xlite_build_config *config, const char **about,
			 struct xlite_error *err);
/** What the layout functions need to know of the domain of the job. */
void create_layout(const struct create_job *job, struct xlite_layout_domain *layout);

/* create_devices.c: the checks and steps that concern devices. */
int create_check_devices(void *job, struct xlite_error *err);
/** The disk for cloud-init: its content, then its file, which is one device more. */
int create_check_cloud(void *job, struct xlite_error *err);
int create_write_cloud(void *job, struct xlite_error *err);
int create_open_devices(void *job, struct xlite_error *err);
int create_start_qemu(void *job, struct xlite_error *err);
int create_close_devices(void *job, struct xlite_error *err);
int create_settle_devices(void *job, struct xlite_error *err);

/* create_model.c: the device model of an emulated PC; nothing for other domains. */
int create_start_model(void *job, struct xlite_error *err);
int create_wait_model(void *job, struct xlite_error *err);
/** Adds the devices' nodes to the batch that makes the domain known. */
void create_device_nodes(struct create_job *job, struct xlite_store_batch *batch);

#endif
