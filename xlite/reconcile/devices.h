/* SPDX-License-Identifier: GPL-2.0-or-later
 * Devices on a running host: who has a disk, hotplug scripts, and the end of backends.
 */
#ifndef RECONCILE_DEVICES_H
#define RECONCILE_DEVICES_H

#include "cfg/spec.h"
#include "hotplug/disk.h"
#include "xlite/reconcile/host.h"

/** -EBUSY if the block device is attached to another domain read-write, or is wanted so (want_rw) and attached at all. */
int devices_disk_free(struct host *host, const struct hotplug_disk *disk, bool want_rw, struct xlite_error *err);
/** -EADDRINUSE (XLITE_CONFLICT) if a vif of some domain has that MAC already. */
int devices_mac_free(struct host *host, const uint8_t mac[6], struct xlite_error *err);
/** Runs the vif's script ("online", "offline") and, for "online", waits for its answer in XenStore. */
int devices_vif_script(struct host *host, uint32_t domid, unsigned devid, const struct cfg_vif *vif, const char *action,
		       int64_t deadline_ns, struct xlite_error *err);
/** The same for a vbd ("add", "remove"). */
int devices_vbd_script(struct host *host, uint32_t domid, unsigned devid, const struct cfg_vbd *vbd, const char *action,
		       int64_t deadline_ns, struct xlite_error *err);
/** Waits until the kernel has let go of all backends of the domain. */
int devices_wait_gone(uint32_t domid, const unsigned *vifs, size_t nr_vifs, const unsigned *vbds, size_t nr_vbds,
		      int64_t deadline_ns, struct xlite_error *err);

#endif
