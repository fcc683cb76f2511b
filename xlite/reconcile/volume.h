/* SPDX-License-Identifier: GPL-2.0-or-later
 * Volumes between their documents and their files (hotplug/volume.h).
 */
#ifndef RECONCILE_VOLUME_H
#define RECONCILE_VOLUME_H

#include "hotplug/volume.h"
#include "xlite/reconcile/state.h"

/** What a document asks of the file; it borrows from volume. */
void volume_spec(const struct cfg_volume *volume, struct hotplug_volume *spec);
/**
 * Adds to the state what a pool (NULL: none) has by that name, in each format. What has the name and cannot be a volume, or
 * that its volume group cannot be read, is told by its fault. 0 or -ENOMEM.
 */
int volume_find(struct state *state, const struct cfg_pool *pool, const char *name, struct xlite_error *err);
/** The same in each pool of the documents (set, or NULL: there are none), and in the standard one. */
int volume_find_in_pools(struct state *state, const struct cfg_set *set, const char *name, struct xlite_error *err);
/** Adds to the state all volumes of a pool. */
int volumes_read(struct state *state, const struct cfg_pool *pool, struct xlite_error *err);
/** Removes one, with its data. -EBUSY while anybody has it open; -ENOENT. */
int volume_remove(const struct state_volume *have, struct xlite_error *err);

#endif
