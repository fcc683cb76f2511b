/* SPDX-License-Identifier: GPL-2.0-or-later
 * The job that the steps of a creation work on.
 */
#ifndef RECONCILE_CREATE_H
#define RECONCILE_CREATE_H

#include "cfg/spec.h"
#include "hotplug/disk.h"
#include "xlite/lib/build.h"
#include "xlite/lib/layout.h"
#include "xlite/reconcile/devices.h"
#include "xlite/reconcile/host.h"

struct create_job {
	struct host *host;
	const struct cfg_domain *want;
	const char *set;
	bool created;			/* domid is ours */
	uint32_t domid;
	uint32_t pool;
	char *cmdline;			/* what the domain boots with; build points to it */
	struct xlite_build *build;
	pid_t qemu;			/* that was started for the domain's disks; 0 */
	struct hotplug_disk *disks;	/* one per vbd */
	struct devices_vif_host *vifs;	/* one per vif */
	int64_t deadline_ns;		/* for waits on backends */
};

void create_job_init(struct create_job *job, struct host *host, const struct cfg_domain *want, const char *set);
void create_job_clear(struct create_job *job);
/** What the layout functions need to know of the domain of the job. */
void create_layout(const struct create_job *job, struct xlite_layout_domain *layout);

/* create_devices.c: the checks and steps that concern devices. */
int create_check_disks(void *job, struct xlite_error *err);
int create_check_vifs(void *job, struct xlite_error *err);
int create_open_disks(void *job, struct xlite_error *err);
int create_start_qemu(void *job, struct xlite_error *err);
int create_close_disks(void *job, struct xlite_error *err);
int create_attach_vifs(void *job, struct xlite_error *err);
int create_settle_disks(void *job, struct xlite_error *err);
/** Adds the devices' nodes to the batch that makes the domain known. */
int create_device_nodes(struct create_job *job, struct xlite_store_batch *batch, struct xlite_error *err);

#endif
