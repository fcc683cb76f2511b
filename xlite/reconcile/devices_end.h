/* SPDX-License-Identifier: GPL-2.0-or-later
 * Devices of a domain that ends, as dom0's own nodes name them: whoever made the domain, and whatever numbers they
 * have.
 */
#ifndef RECONCILE_DEVICES_END_H
#define RECONCILE_DEVICES_END_H

#include "cfg/spec.h"
#include "xlite/lib/device.h"
#include "xlite/reconcile/host.h"

struct device_kind;
struct xlite_store_batch;

/* Of each kind. */
#define DEVICES_END_MAX 256

struct devices_end {
	struct xlite_device items[XLITE_DEVICE_KINDS * DEVICES_END_MAX];
	size_t nr;
	struct xlite_store_batch *nodes;	/* of the devices' backends; NULL until they were read */
};

/** Asks dom0's own list (/libxl) for the domain's devices. Returns the first request's place in the batch. */
size_t devices_end_list(struct xlite_store_batch *batch, uint32_t domid);
/** Adds the devices that it names, once the batch was run. */
void devices_end_take(struct devices_end *devices, const struct xlite_store_batch *batch, size_t first, uint32_t domid);
/** Reads the nodes of the devices that are there. */
int devices_end_read(struct host *host, struct devices_end *devices, struct xlite_error *err);
void devices_end_clear(struct devices_end *devices);
/**
 * Runs what the nodes name as the script of each device, with "offline" or "remove", as libxl does: one of xlite's from
 * the spec (which may be NULL), or one of libxl's. A domain that is recorded has no vif of libxl's making: those
 * without a script in its spec are not left to a shell. What they report is not heard. The nodes must have been read,
 * and be there still.
 */
void devices_end_scripts(struct host *host, const struct devices_end *devices, bool recorded,
			 const struct cfg_domain *spec);
/** The number of the device that this item of a spec is; `otherwise' where there is none. */
unsigned devices_end_number(const struct devices_end *devices, const struct device_kind *kind, const void *item,
			    unsigned otherwise);

#endif
