/* SPDX-License-Identifier: GPL-2.0-or-later
 * Which block devices guests may write to: what such a device calls itself is no answer to another domain's LABEL=.
 */
#ifndef RECONCILE_DISK_CLAIMS_H
#define RECONCILE_DISK_CLAIMS_H

#include "cfg/spec.h"
#include "hotplug/disk.h"
#include "xlite/reconcile/host.h"

/** Domains whose devices count as the asking one's. */
struct disk_own {
	const uint32_t *domids;
	size_t nr;
};

/**
 * Collects what matters to the vbd, if its source is a tag: devices that backends of the kernel have writable for
 * domains other than own, whoever made them, and those that specs of this run (host->specs) name by path. Nothing is
 * excluded for a shared vbd, which others may have. claims->items is malloc'ed, the caller frees it, also after
 * -ENOMEM.
 */
int disk_claims_collect(struct host *host, const struct cfg_vbd *vbd, const struct disk_own *own,
			struct hotplug_disk_claims *claims);

/** The block device that the kernel's backend of a vbd has open; false where there is none. */
bool disk_backend_device(uint32_t domid, unsigned devid, dev_t *dev);

#endif
