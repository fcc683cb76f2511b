/* SPDX-License-Identifier: GPL-2.0-or-later
 * Networks: their records in XenStore, what the kernel has of them, and making the one like the other.
 */
#ifndef RECONCILE_NETWORK_H
#define RECONCILE_NETWORK_H

#include "cfg/cfg.h"
#include "xlite/lib/layout.h"
#include "xlite/reconcile/host.h"
#include "xlite/reconcile/state.h"

/** Reads the records of all networks of the host into state; a host without any costs one message. */
int networks_read(struct host *host, struct state *state, struct xlite_error *err);
/** Lays what the kernel has over the spec of each network that was read. */
int networks_observe(struct host *host, struct state *state, struct xlite_error *err);

/**
 * The network of that name as it was last applied; *network is the caller's (cfg_network_free). -ENOENT without err
 * where there is none.
 */
int network_find(struct host *host, const char *name, struct cfg_network **network, struct xlite_error *err);

/** Makes the network, or changes it in place; have is NULL for a new one. What fails half-way is undone. */
int network_apply(struct host *host, const struct cfg_network *want, const struct state_network *have, const char *set,
		  struct xlite_error *err);
/** -EBUSY, naming the vifs, while domains of ours have some that are routed by the network. */
int network_unused(struct host *host, const char *name, struct xlite_error *err);
/** Removes bridge, rules and record; -EBUSY while vifs are in it. */
int network_remove(struct host *host, const struct state_network *have, struct xlite_error *err);
/** Whether applying would cut the host's own default route: 1, with the reason; 0; negative errno. */
int network_cuts(struct host *host, const struct cfg_network *want, char *why, size_t size, struct xlite_error *err);
/** -EADDRINUSE if the host reaches a subnet by another link: which, and what to do. */
int network_apart(struct host *host, const struct cfg_network *want, struct xlite_error *err);
/**
 * -EBUSY, naming the vifs, if they keep the network from being changed in place so (its uplink, with mode route) or,
 * with replace, from being removed and made anew.
 */
int network_held(struct host *host, const struct cfg_network *want, const struct cfg_network *have, bool replace,
		 struct xlite_error *err);
/** -EEXIST (XLITE_CONFLICT) if the bridge's name belongs to something that is not this network's. */
int network_possible(struct host *host, const struct cfg_network *want, struct xlite_error *err);

#endif
