/* SPDX-License-Identifier: GPL-2.0-or-later
 * Disks that QEMU serves: qcow2 images and NBD.
 */
#ifndef RECONCILE_DEVICES_QEMU_H
#define RECONCILE_DEVICES_QEMU_H

#include "hotplug/qemu.h"
#include "xlite/reconcile/devices.h"

#define DEVICES_PARAMS_MAX 4112

/** The name of the domain's QEMU. */
void devices_qemu_of(uint32_t domid, const uint8_t uuid[16], struct hotplug_qemu *of);
/** Whether the domain needs a QEMU: as its device model, or for any of its disks. */
bool devices_need_qemu(const struct cfg_domain *domain);
/**
 * The process of a QEMU that libxl started for a domain which was taken over, as long as it lives; 0: none, or one of
 * ours.
 */
pid_t devices_qemu_other(struct host *host, uint32_t domid, const uint8_t uuid[16]);
/** The number that XenStore has of a domain's QEMU, which is not to be believed (hotplug_qemu_other_runs); 0: none. */
pid_t devices_qemu_written(struct host *host, uint32_t domid);
/** The same from the node's text, which may be NULL. */
pid_t devices_qemu_number(const char *text);
/** "qcow2:/srv/a.img", "raw:nbd://host/export": as libxl names such a disk in XenStore. */
const char *devices_qemu_params(const struct cfg_vbd *vbd, char params[DEVICES_PARAMS_MAX]);
/** What devices_vbd_check asks of such a disk beyond its file: that there is a QEMU, that the server answers. */
int devices_qemu_check(struct host *host, const struct cfg_vbd *vbd, struct xlite_error *err);
/** Starts the domain's QEMU, unless it runs. *pid is its process, 0 where that is not known yet. */
int devices_qemu_start(uint32_t domid, const uint8_t uuid[16], pid_t *pid, struct xlite_error *err);
/** Gives the disk, which devices_vbd_open opened, to the domain's QEMU; its nodes are there. */
int devices_qemu_attach(uint32_t domid, const uint8_t uuid[16], const struct cfg_vbd *vbd,
			const struct hotplug_disk *disk, int64_t deadline_ns, struct xlite_error *err);

#endif
