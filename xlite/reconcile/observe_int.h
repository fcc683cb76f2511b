/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside observation only: looks at several domains that share their flights to XenStore.
 */
#ifndef RECONCILE_OBSERVE_INT_H
#define RECONCILE_OBSERVE_INT_H

#include "xlite/reconcile/host.h"
#include "xlite/reconcile/state.h"

/** One domain's requests, by their places in the batch that all looks share. */
struct observe_request {
	struct state_domain *domain;
	struct xlite_store_batch *batch;
	size_t target, static_max, videoram, type, firmware, bios, cpus;
	size_t devices;			/* the lists of each kind, one after the other */
	unsigned nr_cpus;
	bool owned;
};

/** Devices: those of the spec that are not there go, those that are not in it come; fills domain->devids. */
int observe_devices(struct host *host, const struct observe_request *looks, size_t nr, struct xlite_error *err);
/** Where the vifs of running domains of ours are, and their rules. */
int observe_vifs(struct host *host, const struct observe_request *looks, size_t nr, struct xlite_error *err);
/** What waits for the next boot, of domains whose records say that something does. */
int observe_next(struct host *host, const struct observe_request *looks, size_t nr, struct xlite_error *err);
/** Scheduler and affinity, where they are not what the spec says. */
int observe_tuning(struct host *host, const struct observe_request *looks, size_t nr, struct xlite_error *err);

#endif
